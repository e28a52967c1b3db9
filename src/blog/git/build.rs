//! The blog’s own check, in a copy of the tree.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::Checkout;
use crate::blog::programs::{GitError, checked, said, succeeded, trouble, without_our_settings};

impl Checkout {
    /// Runs a command in a copy of this commit's files, outside the work tree. `Some` is what it
    /// said when it failed.
    ///
    /// # Errors
    /// When the copy cannot be made or the command not be started.
    pub fn check(&self, commit: &str, command: &str) -> Result<Option<String>, GitError> {
        let folder = self.own_folder();
        let tree = folder.join("tree");
        let made = fs::remove_dir_all(&tree)
            .or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
            .and_then(|()| fs::create_dir_all(&tree));
        if let Err(error) = made {
            return trouble(format!("{}: {error}", tree.display()));
        }
        let copied = self
            .copy(commit, &tree, &folder)
            .and_then(|()| self.copy_repositories(commit, &tree));
        let checked = copied.and_then(|missing| {
            let mut shell = without_our_settings(Command::new("sh"));
            shell
                .args(["-c", command])
                .current_dir(&tree)
                .env("INTAKE_CHECKOUT", &self.path);
            Ok((checked(shell)?, missing))
        });
        let _ = fs::remove_dir_all(&tree);
        let (output, missing) = checked?;
        if output.status.success() {
            return Ok(None);
        }
        let mut words = match said(&output) {
            said if said.is_empty() => format!("it ended with {}", output.status),
            said => said,
        };
        if !missing.is_empty() {
            words.push_str(&format!(
                "\nNot at hand at the commit that the blog names: {}. Run `git submodule update --init` in the checkout.",
                missing.join(", ")
            ));
        }
        Ok(Some(words))
    }

    /// Repositories inside the blog (themes, often) are in no commit of it; the copy gets the
    /// commit that the blog names from those in the checkout. Answers with those that lack it.
    fn copy_repositories(&self, commit: &str, tree: &Path) -> Result<Vec<String>, GitError> {
        let mut missing = Vec::new();
        for (name, entry) in self.files(commit)? {
            if entry.mode != "160000" {
                continue;
            }
            let inner = Self {
                path: self.path.join(&name),
                git_dir: PathBuf::new(),
                objects: PathBuf::new(),
                remote: String::new(),
                has_own_ssh: true,
                turn: None,
                aside: None,
            };
            let is_there = inner.path.join(".git").exists()
                && inner.commit(&entry.object).is_ok_and(|it| it.is_some());
            if is_there {
                inner.copy(&entry.object, &tree.join(&name), &self.own_folder())?;
            } else {
                missing.push(name);
            }
        }
        Ok(missing)
    }

    /// Writes the files of a commit to a folder, with an index of its own in `beside`.
    fn copy(&self, commit: &str, to: &Path, beside: &Path) -> Result<(), GitError> {
        let index = beside.join("index");
        let run = |arguments: &[&OsStr]| {
            let mut git = self.git(arguments);
            git.env("GIT_INDEX_FILE", &index);
            self.run_git(git, None).and_then(succeeded)
        };
        let mut prefix = std::ffi::OsString::from("--prefix=");
        prefix.push(to);
        prefix.push("/");
        let copied = run(&["read-tree".as_ref(), commit.as_ref()])
            .and_then(|_| run(&["checkout-index".as_ref(), "--all".as_ref(), &prefix]));
        let _ = fs::remove_file(&index);
        copied.map(drop)
    }
}
