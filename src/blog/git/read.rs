//! What stands in a repository.

use std::{collections::BTreeMap, fs};

use super::{Checkout, Entry};
use crate::blog::programs::{GitError, first_line, said, trouble};

impl Checkout {
    /// The branch that the checkout is on; `None` between branches.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn branch(&self) -> Result<Option<String>, GitError> {
        let output = self.output(&["symbolic-ref", "--quiet", "--short", "HEAD"], None)?;
        Ok(output.status.success().then(|| first_line(&output)))
    }

    /// The commit that the checkout is at.
    ///
    /// # Errors
    /// When there is none yet.
    pub fn head(&self) -> Result<String, GitError> {
        match self.commit("HEAD")? {
            Some(head) => Ok(head),
            None => trouble("The checkout has no commit yet."),
        }
    }

    /// The commit that this name stands for.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn commit(&self, name: &str) -> Result<Option<String>, GitError> {
        let name = format!("{name}^{{commit}}");
        let output = self.output(&["rev-parse", "--quiet", "--verify", &name], None)?;
        Ok(output.status.success().then(|| first_line(&output)))
    }

    /// Whether a file lies in the work tree that git does not know.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn has_untracked(&self, file: &str) -> Result<bool, GitError> {
        Ok(fs::symlink_metadata(self.path.join(file)).is_ok()
            && self.run(&["ls-files", "--", file])?.is_empty())
    }

    /// The files under git's eyes that were changed and not committed.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn changed_files(&self) -> Result<Vec<String>, GitError> {
        let status = self.run(&[
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=no",
            "--ignore-submodules=all",
        ])?;
        Ok(status
            .split('\0')
            .filter_map(|entry| Some(entry.get(3..)?.to_owned()))
            .filter(|name| !name.is_empty())
            .collect())
    }

    /// Whether `old` is `new` or comes before it.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn leads_to(&self, old: &str, new: &str) -> Result<bool, GitError> {
        let output = self.output(&["merge-base", "--is-ancestor", old, new], None)?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => trouble(said(&output)),
        }
    }

    /// The messages of the commits that `new` has and `old` has not.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn messages(&self, old: &str, new: &str) -> Result<Vec<String>, GitError> {
        let log = self.run(&["log", "-z", "--format=%B", &format!("{old}..{new}")])?;
        Ok(log
            .split('\0')
            .filter(|message| !message.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// The last commit in which this file was changed, with its message.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn last_change(&self, of: &str, at: &str) -> Result<(String, String), GitError> {
        let log = self.run(&["log", "-1", "--format=%H%n%B", at, "--", of])?;
        let (commit, message) = log.split_once('\n').unwrap_or((&log, ""));
        Ok((commit.to_owned(), message.to_owned()))
    }

    /// Where this file was moved to by the commit that took it away, if that was so: where four
    /// fifths of it went, for two posts have much in common.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn moved_to(&self, file: &str, at: &str) -> Result<Option<String>, GitError> {
        let (commit, _) = self.last_change(file, at)?;
        if commit.is_empty() {
            return Ok(None);
        }
        let arguments = [
            "diff-tree",
            "-r",
            "-z",
            "--find-renames=80%",
            "--diff-filter=R",
        ];
        let more = ["--name-status", "--no-commit-id", commit.as_str()];
        let renames = self.run(&[&arguments[..], &more].concat())?;
        let mut parts = renames.split('\0').skip(1);
        while let (Some(old), Some(new)) = (parts.next(), parts.next()) {
            if old == file {
                return Ok(Some(new.to_owned()));
            }
            parts.next();
        }
        Ok(None)
    }

    /// The name that git gives to this content.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn object_of(&self, content: &str) -> Result<String, GitError> {
        let input = Some(content.as_bytes().to_vec());
        Ok(first_line(
            &self.checked(&["hash-object", "--stdin"], input)?,
        ))
    }

    /// Every file of a commit.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn files(&self, commit: &str) -> Result<BTreeMap<String, Entry>, GitError> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        Ok(listed
            .split('\0')
            .filter_map(|line| {
                let (about, name) = line.split_once('\t')?;
                let mut about = about.split(' ');
                let mode = about.next()?.to_owned();
                let object = about.nth(1)?.to_owned();
                Some((name.to_owned(), Entry { mode, object }))
            })
            .collect())
    }

    /// The contents of these objects, in order.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn contents(&self, objects: &[&str]) -> Result<Vec<Vec<u8>>, GitError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let asked = objects.join("\n") + "\n";
        let output = self.checked(&["cat-file", "--batch"], Some(asked.into_bytes()))?;
        let mut rest = output.stdout.as_slice();
        let mut contents = Vec::with_capacity(objects.len());
        for object in objects {
            let read = (|| {
                let end = rest.iter().position(|byte| *byte == b'\n')?;
                let head = std::str::from_utf8(&rest[..end]).ok()?;
                let size: usize = head.rsplit(' ').next()?.parse().ok()?;
                let content = rest.get(end + 1..end + 1 + size)?;
                rest = rest.get(end + 2 + size..)?;
                Some(content.to_vec())
            })();
            match read {
                Some(content) => contents.push(content),
                None => return trouble(format!("git has no object {object}")),
            }
        }
        Ok(contents)
    }
}
