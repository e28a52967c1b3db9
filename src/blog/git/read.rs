//! What stands in a repository.

use std::{collections::BTreeMap, ffi::OsStr, process::Stdio, time::Duration};

use super::{Entry, Repository};
use crate::blog::programs::{GitError, ended_within, first_line, succeeded, trouble};

/// How long somebody is kept waiting who has sent something.
const MOMENT: Duration = Duration::from_secs(1);
/// How `git grep` ends where no line is found.
const NOT_FOUND: i32 = 1;

impl Repository {
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
    pub fn object_of(&self, content: &[u8]) -> Result<String, GitError> {
        let input = Some(content.to_vec());
        Ok(first_line(
            &self.checked(&["hash-object", "--stdin"], input)?,
        ))
    }

    /// What git calls the file at this place in a commit.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn object_at(&self, commit: &str, file: &str) -> Result<Option<String>, GitError> {
        let listed = self.run(&["ls-tree", "-z", "--full-tree", commit, "--", file])?;
        let object = listed
            .split_once('\t')
            .and_then(|(about, _)| about.split(' ').nth(2));
        Ok(object.map(str::to_owned))
    }

    /// What stands at this place in a commit.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn text_at(&self, commit: &str, file: &str) -> Result<Option<Vec<u8>>, GitError> {
        match self.object_at(commit, file)? {
            Some(object) => Ok(self.contents(&[object.as_str()])?.pop()),
            None => Ok(None),
        }
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

    /// The lines of texts in this folder of a commit that hold one of these words. What the clone does
    /// not have is not fetched: somebody waits for the answer.
    ///
    /// # Errors
    /// When git cannot tell in a moment.
    pub fn lines_with(
        &self,
        words: &[&str],
        folder: &str,
        commit: &str,
    ) -> Result<String, GitError> {
        let mut arguments = vec!["grep", "-h", "-I", "-i", "-F", "--no-line-number"];
        arguments.extend(["--no-column", "--max-depth=-1", "--threads=1"]);
        arguments.extend(words.iter().flat_map(|word| ["-e", word]));
        arguments.extend([commit, "--"]);
        arguments.extend(Some(folder).filter(|folder| !folder.is_empty()));
        let arguments: Vec<&OsStr> = arguments.into_iter().map(OsStr::new).collect();
        let mut git = self.git_alone(&arguments);
        git.env("GIT_NO_LAZY_FETCH", "1");
        let output = ended_within(MOMENT, git, Stdio::null(), None, &self.stop)?;
        match output.status.code() {
            Some(NOT_FOUND) => Ok(String::new()),
            _ if output.stdout.is_empty() => succeeded(output).map(|_| String::new()),
            // A text that is too long for the clone is passed over.
            _ => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        }
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
