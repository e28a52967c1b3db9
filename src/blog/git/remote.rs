//! The remote: what it has, and what it takes.

use std::collections::BTreeMap;

use super::Repository;
use crate::blog::programs::{GitError, plain, trouble};

/// What is fetched at once: texts, and no pictures, which come when the blog's check needs them.
/// Hosts that cannot leave anything out send all.
const FILTER: &str = "--filter=blob:limit=64k";
/// How many branches are pushed at once.
const AT_ONCE: usize = 500;

/// The remote's branches, all of whose commits we have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// The branch that it shows to who asks for none; a repository's only branch if that is not
    /// there.
    pub default: Option<String>,
    /// Where each branch stands.
    pub tips: BTreeMap<String, String>,
}

impl Remote {
    fn settle_default(&mut self) {
        let is_there = |name: &String| self.tips.contains_key(name);
        if !self.default.as_ref().is_some_and(is_there) {
            let mut names = self.tips.keys();
            self.default = match (names.next(), names.next()) {
                (Some(only), None) => Some(only.clone()),
                _ => None,
            };
        }
    }
}

/// How a push of one branch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has it. With the address that it named for what comes next, as for a pull
    /// request.
    Yes(Option<String>),
    /// Somebody else was faster, in the remote's words; the same may succeed on top of what they
    /// pushed.
    Overtaken(String),
    /// It will not have it, in its words.
    Refused(String),
}

impl Repository {
    /// What the clone knew when it was fetched last.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn known(&self) -> Result<Remote, GitError> {
        let format = "--format=%(HEAD)%(objectname) %(refname:lstrip=2)";
        let mut remote = Remote::default();
        for line in self.run(&["for-each-ref", format, "refs/heads"])?.lines() {
            let (head, rest) = line.split_at(1);
            if let Some((commit, branch)) = rest.split_once(' ') {
                if head == "*" {
                    remote.default = Some(branch.to_owned());
                }
                remote.tips.insert(branch.to_owned(), commit.to_owned());
            }
        }
        remote.settle_default();
        Ok(remote)
    }

    /// Brings the clone up to the remote. One question where nothing has moved.
    ///
    /// # Errors
    /// When the remote cannot be reached or read.
    pub fn fetch(&self) -> Result<Remote, GitError> {
        let cannot = |GitError(said): GitError| {
            GitError(format!("The blog’s repository cannot be read: {said}"))
        };
        let asked = ["ls-remote", "--symref", "origin", "HEAD", "refs/heads/*"];
        let mut there = Remote::default();
        let mut head = None;
        for line in self.run(&asked).map_err(cannot)?.lines() {
            let Some((what, name)) = line.split_once('\t') else {
                continue;
            };
            if let Some(branch) = name.strip_prefix("refs/heads/") {
                there.tips.insert(branch.to_owned(), what.to_owned());
            } else if let Some(branch) = what.strip_prefix("ref: refs/heads/") {
                head = Some(branch.to_owned());
            }
        }
        there.default = head;
        there.settle_default();
        let known = self.known()?;
        if known.tips != there.tips {
            let fetch = ["fetch", "--quiet", "--prune", "--no-tags", FILTER];
            let more = [
                "--no-write-fetch-head",
                "origin",
                "+refs/heads/*:refs/heads/*",
            ];
            self.run(&[&fetch[..], &more].concat()).map_err(cannot)?;
            // Somebody may have pushed between the question and this.
            there.tips = self.known()?.tips;
            there.settle_default();
        }
        if let Some(default) = &there.default
            && known.default.as_ref() != Some(default)
        {
            let name = format!("refs/heads/{default}");
            self.run(&["symbolic-ref", "HEAD", &name])?;
        }
        Ok(there)
    }

    /// Has branches of the remote point at these commits, where that takes nothing away from them.
    /// Answers in the same order.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn push(&self, commits: &[(&str, &str)]) -> Result<Vec<Pushed>, GitError> {
        let mut answers = Vec::new();
        for some in commits.chunks(AT_ONCE) {
            let specs: Vec<String> = some
                .iter()
                .map(|(branch, commit)| format!("{commit}:refs/heads/{branch}"))
                .collect();
            let mut arguments = vec!["push", "--porcelain", "--no-verify", "origin"];
            arguments.extend(specs.iter().map(String::as_str));
            let output = self.output(&arguments, None)?;
            let (told, told_us) = (String::from_utf8_lossy(&output.stdout), &output.stderr);
            let by_branch: BTreeMap<&str, (&str, &str)> = told
                .lines()
                .filter_map(|line| {
                    let (sign, rest) = line.split_once('\t')?;
                    let (spec, reason) = rest.split_once('\t')?;
                    let branch = spec.split_once(":refs/heads/")?.1;
                    Some((branch, (sign, reason)))
                })
                .collect();
            if by_branch.is_empty() && !output.status.success() {
                return trouble(format!("The push failed. {}", plain(told_us)));
            }
            let remote_said = String::from_utf8_lossy(told_us).into_owned();
            for (branch, _) in some {
                answers.push(match by_branch.get(branch) {
                    Some(("!", reason)) => refused(reason, told_us),
                    Some(_) => Pushed::Yes(address_for(branch, some.len() == 1, &remote_said)),
                    None => Pushed::Refused(plain(told_us)),
                });
            }
        }
        self.note_pushed(commits, &answers)?;
        Ok(answers)
    }

    /// Removes a branch from the remote, if it still stands at this commit; answers whether it did.
    ///
    /// # Errors
    /// When the remote cannot be reached.
    pub fn remove_branch(&self, branch: &str, commit: &str) -> Result<bool, GitError> {
        let lease = format!("--force-with-lease=refs/heads/{branch}:{commit}");
        let gone = format!(":refs/heads/{branch}");
        let arguments = [
            "push",
            "--porcelain",
            "--no-verify",
            &lease,
            "origin",
            &gone,
        ];
        Ok(self.output(&arguments, None)?.status.success())
    }

    /// Notes where the remote's branches are by now, so that the next fetch need not ask for what
    /// we have made ourselves.
    fn note_pushed(&self, commits: &[(&str, &str)], answers: &[Pushed]) -> Result<(), GitError> {
        let mut moves = String::new();
        for ((branch, commit), answer) in commits.iter().zip(answers) {
            if let Pushed::Yes(_) = answer {
                moves.push_str(&format!("update refs/heads/{branch} {commit}\n"));
            }
        }
        self.checked(&["update-ref", "--stdin"], Some(moves.into_bytes()))
            .map(drop)
    }

    /// Whether the remote would let us push to this branch, as far as it says beforehand.
    ///
    /// # Errors
    /// Why not.
    pub fn try_push(&self, commit: &str, branch: &str) -> Result<(), GitError> {
        let what = format!("{commit}:refs/heads/{branch}");
        let arguments = ["push", "--dry-run", "--quiet", "--no-verify", "origin"];
        self.run(&[&arguments[..], &[&what]].concat()).map(drop)
    }

    /// The branches of the remote that `commit` comes after.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn merged_into(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let merged = format!("--merged={commit}");
        let arguments = ["for-each-ref", &merged, "--format=%(refname:lstrip=2)"];
        let listed = self.run(&[&arguments[..], &["refs/heads"]].concat())?;
        Ok(listed.lines().map(str::to_owned).collect())
    }
}

fn refused(reason: &str, told_us: &[u8]) -> Pushed {
    let overtaken = [
        "(fetch first)",
        "(non-fast-forward)",
        "(stale info)",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
    ];
    let reason = plain(reason.as_bytes());
    if overtaken.iter().any(|sign| reason.contains(sign)) {
        return Pushed::Overtaken(reason);
    }
    let mut words = format!("The push failed. {reason}\n{}", plain(told_us));
    if reason.contains("branch is currently checked out") {
        words.push_str("\nThat repository has a work tree: run `git config receive.denyCurrentBranch updateInstead` there.");
    }
    Pushed::Refused(words)
}

/// The address that the host names for a branch just pushed, as GitHub, GitLab and Forgejo do, to
/// open a pull request: in its `remote:` lines, with the branch's name in it.
fn address_for(branch: &str, is_only: bool, said: &str) -> Option<String> {
    let addresses: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
        .collect();
    let encoded = branch.replace('/', "%2F");
    let names_it = |address: &&&str| {
        [branch, encoded.as_str()].iter().any(|name| {
            address.match_indices(name).any(|(at, _)| {
                let after = address[at + name.len()..].chars().next();
                after.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-' && c != '%')
            })
        })
    };
    let named = addresses.iter().find(names_it);
    let only = addresses
        .first()
        .filter(|_| is_only && addresses.len() == 1);
    named.or(only).map(|address| (*address).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_pull_request_is_the_one_with_the_branch_in_it() {
        let github = "remote: \nremote: Create a pull request for 'case-study/tuc' on GitHub by visiting:        \nremote:      https://github.com/o/r/pull/new/case-study/tuc        \nremote: \nTo github.com:o/r.git\n";
        let gitlab = "remote: \nremote: To create a merge request for case-study/tuc, visit:\nremote:   https://gitlab.com/o/r/-/merge_requests/new?merge_request%5Bsource_branch%5D=case-study%2Ftuc\nremote: \n";
        let other = "remote: See https://example.org/status for news\n";
        assert_eq!(
            address_for("case-study/tuc", false, github).as_deref(),
            Some("https://github.com/o/r/pull/new/case-study/tuc")
        );
        let merge = address_for("case-study/tuc", false, gitlab).unwrap();
        assert!(merge.ends_with("=case-study%2Ftuc"), "{merge}");
        assert_eq!(address_for("case-study/tuc", false, other), None);
        let longer = github.replace("tuc", "tuc-2");
        assert_eq!(address_for("case-study/tuc", false, &longer), None);
        assert_eq!(
            address_for("case-study/tuc", false, "To /srv/x.git\n"),
            None
        );
    }
}
