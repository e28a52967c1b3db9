//! A checkout of the blog's repository, and what git does in it.
//!
//! Everything is done with git's plumbing beside the work tree: commits are made of objects alone
//! and pushed by their hash, so that whatever fails, or whenever we are killed, the checkout stands
//! as it stood. The one step that moves it ([`Checkout::land`]) is noted before it is made, and
//! undone by [`Checkout::recover`] where it ended half way.

mod build;
mod land;
mod read;
mod remote;
mod write;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::programs::{GitError, ended, succeeded, trouble, without_our_settings};

/// What is set for every call, whatever the installation's own settings say: nothing asks, nothing
/// runs by itself, and what is written is synced.
const SETTINGS: [&str; 20] = [
    "core.hooksPath=/dev/null",
    "core.fsync=all",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.pager=cat",
    "color.ui=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "merge.ff=true",
    "merge.autoStash=false",
    "merge.stat=false",
    "merge.verifySignatures=false",
    "log.showSignature=false",
];

/// A connection that stays open for the next program would hold on to what we read from.
const SSH: &str = "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ControlMaster=no";

/// A commit to be made.
pub struct NewCommit<'a> {
    /// `Name <address>`.
    pub author: String,
    /// Seconds since 1970, UTC.
    pub at: i64,
    /// Subject, empty line, body.
    pub message: String,
    /// The files that it writes, each with its whole text; without a text it is removed.
    pub files: Vec<(&'a str, Option<&'a str>)>,
}

/// How a push ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The remote has it.
    Yes,
    /// Somebody else was faster, in the remote's words; the same may succeed on top of what they
    /// pushed.
    Overtaken(String),
}

/// A file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Git's mode: `100644`, `120000` for a link, `160000` for another repository.
    pub mode: String,
    /// Its content's name.
    pub object: String,
}

/// A clone of the blog's repository, with a work tree.
pub struct Checkout {
    path: PathBuf,
    git_dir: PathBuf,
    objects: PathBuf,
    remote: String,
    /// Whether the installation says itself how to reach the remote by ssh.
    has_own_ssh: bool,
    /// Held by every git that we start, so that a publisher that comes after our death waits
    /// until the last of them has ended.
    turn: Option<File>,
    /// Where new objects go, until [`Checkout::adopt`] takes them into the checkout's own store.
    aside: Option<tempfile::TempDir>,
}

impl Checkout {
    /// The checkout at this path. Touches nothing.
    ///
    /// # Errors
    /// When there is no such checkout, or git does not trust it.
    pub fn open(path: &Path, remote: &str) -> Result<Self, GitError> {
        let shown = path.display();
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) => return trouble(format!("`blog.path`: {shown}: {error}")),
        };
        let mut checkout = Self {
            git_dir: path.clone(),
            objects: path.clone(),
            path,
            remote: remote.to_owned(),
            has_own_ssh: std::env::var_os("GIT_SSH_COMMAND").is_some()
                || std::env::var_os("GIT_SSH").is_some(),
            turn: None,
            aside: None,
        };
        let top = checkout
            .line(&["rev-parse", "--show-toplevel"])
            .map_err(|GitError(said)| {
                GitError(format!(
                    "`blog.path`: {shown} is not a git checkout: {said}"
                ))
            })?;
        if fs::canonicalize(&top).ok().as_ref() != Some(&checkout.path) {
            return trouble(format!(
                "`blog.path`: {shown} is a folder inside the checkout {top}; name the checkout itself"
            ));
        }
        checkout.git_dir = checkout.line(&["rev-parse", "--absolute-git-dir"])?.into();
        checkout.objects =
            checkout
                .path
                .join(checkout.line(&["rev-parse", "--git-path", "objects"])?);
        let own_ssh = checkout.output(&["config", "core.sshCommand"], None)?;
        checkout.has_own_ssh |= own_ssh.status.success();
        Ok(checkout)
    }

    /// From now on this process alone publishes from this checkout, as long as the answer lives,
    /// and the programs that it has started. Waits for its turn, and mends what an earlier one left
    /// half done.
    ///
    /// # Errors
    /// When the lock cannot be made, or what was left cannot be mended.
    pub fn take_turn(mut self) -> Result<Self, GitError> {
        let folder = self.own_folder();
        let failed = |error: io::Error| GitError(format!("{}: {error}", folder.display()));
        let turn = fs::create_dir_all(&folder)
            .and_then(|()| {
                File::options()
                    .create(true)
                    .truncate(false)
                    .read(true)
                    .write(true)
                    .open(folder.join("turn"))
            })
            .and_then(|file| file.lock().map(|()| file));
        self.turn = Some(turn.map_err(failed)?);
        for left in fs::read_dir(&folder).map_err(failed)?.flatten() {
            if left.file_name() != "turn" {
                let _ = fs::remove_dir_all(left.path());
            }
        }
        self.sweep_crash_reports();
        self.recover()?;
        self.put_aside(tempfile::tempdir_in(&folder))
    }

    /// The same checkout, of which nothing will be changed: what must be fetched goes elsewhere.
    ///
    /// # Errors
    /// When there is no place for that.
    pub fn untouched(self) -> Result<Self, GitError> {
        self.put_aside(tempfile::tempdir())
    }

    fn put_aside(mut self, folder: io::Result<tempfile::TempDir>) -> Result<Self, GitError> {
        match folder {
            Ok(folder) => self.aside = Some(folder),
            Err(error) => return trouble(format!("no folder for new objects: {error}")),
        }
        Ok(self)
    }

    fn own_folder(&self) -> PathBuf {
        self.git_dir.join("intake")
    }

    /// Whether we may write here: the objects and the work tree.
    ///
    /// # Errors
    /// Why not.
    pub fn try_to_write(&self) -> Result<(), GitError> {
        for folder in [&self.path, &self.git_dir, &self.objects] {
            if let Err(error) = tempfile::tempfile_in(folder) {
                return trouble(format!("{}: {error}", folder.display()));
            }
        }
        Ok(())
    }

    fn line(&self, arguments: &[&str]) -> Result<String, GitError> {
        Ok(self.run(arguments)?.trim_end_matches('\n').to_owned())
    }

    fn run(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = self.checked(arguments, None)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn checked(&self, arguments: &[&str], input: Option<Vec<u8>>) -> Result<Output, GitError> {
        self.output(arguments, input).and_then(succeeded)
    }

    fn output(&self, arguments: &[&str], input: Option<Vec<u8>>) -> Result<Output, GitError> {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        self.run_git(self.git(&arguments), input)
    }

    fn run_git(&self, git: Command, input: Option<Vec<u8>>) -> Result<Output, GitError> {
        let stdin = match (&input, &self.turn) {
            (Some(_), _) => Stdio::piped(),
            (None, Some(turn)) => match turn.try_clone() {
                Ok(turn) => Stdio::from(turn),
                Err(error) => return trouble(format!("git cannot be run: {error}")),
            },
            (None, None) => Stdio::null(),
        };
        ended(git, stdin, input)
    }

    fn git(&self, arguments: &[&OsStr]) -> Command {
        let mut git = without_our_settings(Command::new("git"));
        for setting in SETTINGS {
            git.args(["-c", setting]);
        }
        git.args(arguments)
            .current_dir(&self.path)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_EDITOR", "true")
            .env("SSH_ASKPASS_REQUIRE", "never");
        // A key that needs a password, or a host that is not known, is an error and not a question.
        if !self.has_own_ssh {
            git.env("GIT_SSH_COMMAND", SSH);
        }
        if let Some(aside) = &self.aside {
            git.env("GIT_OBJECT_DIRECTORY", aside.path());
            git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &self.objects);
        }
        git
    }
}

/// A file that nobody has committed is somebody's.
pub fn lies_there(file: &str) -> String {
    format!("{file} lies in the checkout, but not in its history. Commit it or remove it there.")
}
