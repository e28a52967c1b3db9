//! Our own bare clone of the blog's repository, and what git does in it.
//!
//! The remote is the truth, and the clone can be made anew from it at any time, so nothing in it
//! has to survive. Commits are made of objects alone and pushed by their hash: whatever fails, or
//! whenever we are killed, the remote has all of a commit or nothing.

mod access;
mod build;
mod read;
mod remote;
mod write;

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, atomic::AtomicBool},
};

use super::programs::{GitError, ended, said, succeeded, without_our_settings};

pub use access::Access;
pub use remote::{Pushed, Remote};

/// What is set for every call, whatever the installation's own settings say: nothing asks, and
/// nothing runs by itself but the tidying up that a fetch ends with, which is waited for.
const SETTINGS: [&str; 17] = [
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.fsmonitor=false",
    "core.pager=cat",
    "color.ui=false",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "advice.detachedHead=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.gpgSign=false",
    "log.showSignature=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
];

/// A commit to be made.
pub struct NewCommit<'a> {
    /// What it is put on.
    pub on: Parent<'a>,
    /// `Name <address>`.
    pub author: String,
    /// Seconds since 1970, UTC.
    pub at: i64,
    /// Subject, empty line, body.
    pub message: String,
    /// The files that it writes, each with all that is in it; without that it is removed.
    pub files: Vec<(&'a str, Option<&'a [u8]>)>,
}

/// What a new commit is put on.
#[derive(Debug, Clone, Copy)]
pub enum Parent<'a> {
    /// A commit of the blog.
    Known(&'a str),
    /// One that is made with it, by its number from 0.
    Earlier(usize),
}

/// A file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Git's mode: `100644`, `120000` for a link, `160000` for another repository.
    pub mode: String,
    /// Its content's name.
    pub object: String,
}

/// Our clone, as long as it is our turn to use it.
pub struct Repository {
    /// For the clone and what is needed beside it.
    folder: PathBuf,
    git_dir: PathBuf,
    access: Access,
    /// Held by every git that we start, so that whoever comes after our death waits until the last
    /// of them has ended. `None` where nothing is changed.
    turn: Option<File>,
    /// Says that the service stops.
    stop: Arc<AtomicBool>,
}

impl Repository {
    /// From now on this process alone uses the clone in this folder, as long as the answer lives,
    /// and the programs that it has started. Waits for its turn, and clears away what an earlier
    /// one left half done. The clone is made where there is none.
    ///
    /// # Errors
    /// When the folder cannot be written, or the blog not be cloned.
    pub fn take_turn(
        folder: &Path,
        access: Access,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, GitError> {
        let failed = |error: io::Error| GitError(format!("{}: {error}", folder.display()));
        let folder = std::path::absolute(folder).map_err(failed)?;
        // The blog may be private.
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        let turn = made.and_then(|()| {
            let file = File::options()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(folder.join("turn"))?;
            file.lock().map(|()| file)
        });
        let mut repository = Self {
            git_dir: folder.join(CLONE),
            turn: Some(turn.map_err(failed)?),
            access,
            folder: folder.clone(),
            stop,
        };
        repository.clear_away().map_err(failed)?;
        repository.find_ssh()?;
        if !repository.is_there() {
            repository.make()?;
        }
        Ok(repository)
    }

    /// The clone in this folder, to be read as it is while others may be at work in it; `None` where
    /// there is none.
    pub fn to_read(folder: &Path, access: Access) -> Option<Self> {
        let folder = std::path::absolute(folder).ok()?;
        let mut repository = Self {
            git_dir: folder.join(CLONE),
            folder,
            access,
            turn: None,
            stop: Arc::default(),
        };
        repository.find_ssh().ok()?;
        repository.is_there().then_some(repository)
    }

    /// Looks whether git's own settings say how to reach a host by ssh.
    fn find_ssh(&mut self) -> Result<(), GitError> {
        let asked = ["config", "--get", "core.sshCommand"];
        if !self.access.is_local() && self.output(&asked, None)?.status.success() {
            self.access.leave_ssh();
        }
        Ok(())
    }

    fn is_there(&self) -> bool {
        self.git_dir.join("HEAD").exists()
    }

    /// Clones the blog, beside the place of the clone first, so that it is there whole or not at
    /// all.
    fn make(&self) -> Result<(), GitError> {
        let aside = Self {
            git_dir: self.folder.join("new.git"),
            folder: self.folder.clone(),
            access: self.access.clone(),
            turn: self.held()?,
            stop: Arc::clone(&self.stop),
        };
        aside.run(&["init", "--quiet", "--bare"])?;
        aside.fetch()?;
        if self.git_dir.exists() {
            fs::remove_dir_all(&self.git_dir)?;
        }
        Ok(fs::rename(&aside.git_dir, &self.git_dir)?)
    }

    /// Makes the clone anew where it is damaged; answers whether it was.
    ///
    /// # Errors
    /// When git cannot be run, or the blog not be cloned; then it stays as it was.
    pub fn make_anew_if_damaged(&self) -> Result<bool, GitError> {
        let judged = self.output(&["fsck", "--no-dangling"], None)?;
        if judged.status.success() {
            return Ok(false);
        }
        tracing::warn!(reason = said(&judged), "the blog's clone is made anew");
        self.make().map(|()| true)
    }

    /// What a publisher that was killed has left: half a clone, a copy of the tree, git's own locks
    /// (whoever holds the turn is alone), reports of an import that ended early.
    fn clear_away(&self) -> io::Result<()> {
        for left in fs::read_dir(&self.folder)? {
            let left = left?;
            if left.file_name() != "turn" && left.file_name() != CLONE {
                let path = left.path();
                if path.is_dir() {
                    fs::remove_dir_all(path)?;
                } else {
                    fs::remove_file(path)?;
                }
            }
        }
        clear_of_locks(&self.git_dir, true)
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
        let stdin = match (&input, self.held()?) {
            (Some(_), _) => Stdio::piped(),
            (None, Some(turn)) => Stdio::from(turn),
            (None, None) => Stdio::null(),
        };
        ended(git, stdin, input, &self.stop)
    }

    fn held(&self) -> io::Result<Option<File>> {
        self.turn.as_ref().map(File::try_clone).transpose()
    }

    fn git(&self, arguments: &[&OsStr]) -> Command {
        let mut git = self.git_alone(arguments);
        self.access.give(&mut git);
        git
    }

    /// Git that knows no way to the remote, so that it reads what the clone has and waits for nobody.
    fn git_alone(&self, arguments: &[&OsStr]) -> Command {
        let mut git = without_our_settings(Command::new("git"));
        for setting in SETTINGS {
            git.args(["-c", setting]);
        }
        git.args(arguments)
            .current_dir(&self.folder)
            .env("GIT_DIR", &self.git_dir)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_EDITOR", "true")
            .env("SSH_ASKPASS_REQUIRE", "never");
        git
    }
}

/// The clone's folder.
const CLONE: &str = "clone.git";

fn clear_of_locks(folder: &Path, is_top: bool) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let (entry, path) = match entry {
            Ok(entry) => (entry.file_name(), entry.path()),
            Err(error) => return Err(error),
        };
        let name = entry.to_string_lossy();
        let is_left = name.ends_with(".lock")
            || is_top && name.starts_with("fast_import_crash_")
            || name.starts_with("tmp_");
        if is_left && path.is_file() {
            fs::remove_file(path)?;
        } else if path.is_dir() && (!is_top || ["refs", "objects", "modules"].contains(&&*name)) {
            clear_of_locks(&path, false)?;
        }
    }
    Ok(())
}
