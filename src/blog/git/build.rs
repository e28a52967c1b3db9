//! The blog’s own check, in a copy of the tree.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use super::Repository;
use crate::blog::programs::{GitError, checked, said, succeeded, trouble, without_our_settings};

impl Repository {
    /// Runs a command in a copy of this commit's files. `Ok` is what `look` saw in that folder after
    /// it succeeded, `Err` what it said when it failed.
    ///
    /// # Errors
    /// When the copy cannot be made or the command not be started.
    pub fn check<T>(
        &self,
        commit: &str,
        command: &str,
        look: impl FnOnce(&Path) -> T,
    ) -> Result<Result<T, String>, GitError> {
        let tree = self.folder.join("tree");
        let outcome = self.checked_in(&tree, commit, command);
        let outcome = outcome.map(|outcome| outcome.map(|()| look(&tree)));
        let _ = fs::remove_dir_all(&tree);
        let _ = fs::remove_file(self.index());
        outcome
    }

    fn checked_in(
        &self,
        tree: &Path,
        commit: &str,
        command: &str,
    ) -> Result<Result<(), String>, GitError> {
        if let Err(error) = fs::create_dir_all(tree) {
            return trouble(format!("{}: {error}", tree.display()));
        }
        let in_tree = |arguments: &[&str]| {
            let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
            let mut git = self.git(&arguments);
            git.current_dir(tree)
                .env("GIT_WORK_TREE", tree)
                .env("GIT_INDEX_FILE", self.index())
                // What is kept elsewhere stays there: its place is enough for a check.
                .env("GIT_LFS_SKIP_SMUDGE", "1");
            self.run_git(git, None).and_then(succeeded)
        };
        in_tree(&["read-tree", "--reset", "-u", commit])?;
        let has_inner = self
            .files(commit)?
            .values()
            .any(|entry| entry.mode == "160000");
        // Themes, often. Where one cannot be had, the command may still pass without.
        let inner = if has_inner {
            let update = ["submodule", "--quiet", "update", "--init", "--depth=1"];
            in_tree(&[&update[..], &["--recursive"]].concat()).map(drop)
        } else {
            Ok(())
        };
        let mut shell = without_our_settings(Command::new("sh"));
        shell.args(["-c", command]).current_dir(tree);
        let output = checked(shell, &self.stop)?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        let mut words = match said(&output) {
            said if said.is_empty() => format!("it ended with {}", output.status),
            said => said,
        };
        if let Err(GitError(said)) = inner {
            words.push_str(&format!(
                "\nThe repositories inside the blog could not all be had: {said}"
            ));
        }
        Ok(Err(words))
    }

    fn index(&self) -> std::path::PathBuf {
        self.folder.join("index")
    }

    /// The filter through which `.gitattributes` sends each of these files of a commit, where it
    /// does so.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn filters(&self, commit: &str, files: &[&str]) -> Result<Vec<Option<String>>, GitError> {
        let with_index = |arguments: &[&str], input| {
            let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
            let mut git = self.git(&arguments);
            git.env("GIT_INDEX_FILE", self.index());
            self.run_git(git, input).and_then(succeeded)
        };
        with_index(&["read-tree", commit], None)?;
        let asked = files.join("\0") + "\0";
        let answer = with_index(
            &["check-attr", "--cached", "-z", "--stdin", "filter"],
            Some(asked.into_bytes()),
        );
        let _ = fs::remove_file(self.index());
        let answer = answer?;
        let answer = String::from_utf8_lossy(&answer.stdout);
        let values: Vec<&str> = answer.split('\0').skip(2).step_by(3).collect();
        Ok((0..files.len())
            .map(|at| match values.get(at).copied() {
                None | Some("unspecified" | "unset") => None,
                Some(filter) => Some(filter.to_owned()),
            })
            .collect())
    }
}
