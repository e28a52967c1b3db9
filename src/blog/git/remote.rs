//! The remote.

use std::collections::BTreeMap;

use super::{Checkout, Pushed};
use crate::blog::programs::{GitError, plain, trouble};

impl Checkout {
    /// Whether there is such a remote.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn has_remote(&self) -> Result<bool, GitError> {
        let is_url = self.remote.contains(['/', ':']);
        Ok(is_url
            || self
                .run(&["remote"])?
                .lines()
                .any(|name| name == self.remote))
    }

    /// The commits at which these branches of the remote stand, fetched; without those that it has
    /// not.
    ///
    /// # Errors
    /// When the remote cannot be reached or read.
    pub fn fetch(&self, branches: &[&str]) -> Result<BTreeMap<String, String>, GitError> {
        let refs: Vec<String> = branches
            .iter()
            .map(|branch| format!("refs/heads/{branch}"))
            .collect();
        let mut arguments = vec!["ls-remote", self.remote.as_str()];
        arguments.extend(refs.iter().map(String::as_str));
        let listed = self.run(&arguments)?;
        let tips: BTreeMap<String, String> = listed
            .lines()
            .filter_map(|line| {
                let (commit, name) = line.split_once('\t')?;
                let branch = name.strip_prefix("refs/heads/")?;
                branches
                    .contains(&branch)
                    .then(|| (branch.to_owned(), commit.to_owned()))
            })
            .collect();
        let mut missing = Vec::new();
        for (branch, tip) in &tips {
            if self.commit(tip)?.is_none() {
                missing.push(format!("refs/heads/{branch}"));
            }
        }
        if !missing.is_empty() {
            // Nothing is noted anywhere: no FETCH_HEAD, no remote-tracking branch.
            let mut arguments = vec![
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--refmap=",
                self.remote.as_str(),
            ];
            arguments.extend(missing.iter().map(String::as_str));
            self.run(&arguments)?;
        }
        Ok(tips)
    }

    /// Has the remote's branch point at this commit, if that takes nothing away from it.
    ///
    /// # Errors
    /// When the remote cannot be reached, or refuses.
    pub fn push(&self, commit: &str, branch: &str) -> Result<Pushed, GitError> {
        // Git notes where the remote's branch is by then.
        self.adopt()?;
        let what = format!("{commit}:refs/heads/{branch}");
        let output = self.output(
            &["push", "--porcelain", "--no-verify", &self.remote, &what],
            None,
        )?;
        if output.status.success() {
            return Ok(Pushed::Yes);
        }
        let answer = String::from_utf8_lossy(&output.stdout);
        let reason = answer
            .lines()
            .find(|line| line.starts_with('!'))
            .unwrap_or_default();
        let overtaken = [
            "(fetch first)",
            "(non-fast-forward)",
            "(stale info)",
            "cannot lock ref",
            "failed to update ref",
            "incorrect old value",
        ];
        if overtaken.iter().any(|sign| reason.contains(sign)) {
            let told = plain(reason.rsplit('\t').next().unwrap_or_default().as_bytes());
            return Ok(Pushed::Overtaken(told));
        }
        let reason = reason.rsplit('\t').next().unwrap_or_default();
        let told = plain(&output.stderr);
        trouble(format!("The push failed. {reason}\n{told}"))
    }

    /// Whether the remote would let us push to this branch, as far as it says beforehand.
    ///
    /// # Errors
    /// Why not.
    pub fn try_push(&self, commit: &str, branch: &str) -> Result<(), GitError> {
        let what = format!("{commit}:refs/heads/{branch}");
        let arguments = ["push", "--dry-run", "--quiet", "--no-verify", &self.remote];
        self.run(&[&arguments[..], &[&what]].concat()).map(drop)
    }
}
