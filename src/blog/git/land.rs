//! Moving the checkout, the one step that touches it, and undoing it.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Checkout, lies_there};
use crate::blog::programs::{GitError, trouble};

/// For somebody else's git that is at work in the checkout.
const LOCK_LIMIT: Duration = Duration::from_secs(20);
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Where the checkout is about to be moved to, while it is.
const LANDING: &str = "refs/intake/landing";

impl Checkout {
    /// Moves a branch that the checkout is not on.
    ///
    /// # Errors
    /// When it does not stand at `old` any more, or cannot be written.
    pub fn move_branch(&self, branch: &str, new: &str, old: Option<&str>) -> Result<(), GitError> {
        self.adopt()?;
        let name = format!("refs/heads/{branch}");
        let nothing = "0".repeat(new.len());
        let arguments = ["update-ref", &name, new, old.unwrap_or(&nothing)];
        self.run(&arguments).map(drop)
    }

    /// Moves the checkout (branch, index, work tree) on to `new`, which comes after where it is, or
    /// leaves it as it was.
    ///
    /// # Errors
    /// Why it could not be moved.
    pub fn land(&self, new: &str) -> Result<(), GitError> {
        let old = self.head()?;
        if old == new {
            return Ok(());
        }
        self.adopt()?;
        if let Some(file) = self.in_the_way_of(new)? {
            return trouble(lies_there(&file));
        }
        self.locks_left()?;
        self.run(&["update-ref", LANDING, new])?;
        let landed = self.run(&[
            "merge",
            "--quiet",
            "--ff-only",
            "--no-overwrite-ignore",
            new,
        ]);
        if landed.is_err() && self.head()? == old {
            self.undo(&old, new)?;
        }
        self.run(&["update-ref", "-d", LANDING])?;
        landed.map(drop)
    }

    /// A file in the work tree that git does not know, or is told to ignore, and that stands where
    /// `new` has one.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn in_the_way_of(&self, new: &str) -> Result<Option<String>, GitError> {
        let arguments = [
            "diff",
            "--name-only",
            "--no-renames",
            "--diff-filter=A",
            "-z",
        ];
        let added = self.run(&[&arguments[..], &["HEAD", new]].concat())?;
        Ok(added
            .split('\0')
            .filter(|name| !name.is_empty())
            .find(|name| fs::symlink_metadata(self.path.join(name)).is_ok())
            .map(str::to_owned))
    }

    /// Undoes a landing that ended half way. What somebody has changed since then stays.
    pub(super) fn recover(&self) -> Result<(), GitError> {
        let Some(new) = self.commit(LANDING)? else {
            return Ok(());
        };
        // Git's own locks outlive it when it is killed.
        for lock in self.locks_left()? {
            let _ = fs::remove_file(lock);
        }
        let old = self.head()?;
        if old != new {
            self.undo(&old, &new)?;
        }
        self.run(&["update-ref", "-d", LANDING]).map(drop)
    }

    /// The locks in the way of a landing that nobody holds any more. Waits a while for a git that
    /// is at work here.
    fn locks_left(&self) -> Result<Vec<PathBuf>, GitError> {
        let mut locks = vec!["index.lock".to_owned(), "HEAD.lock".to_owned()];
        if let Some(branch) = self.branch()? {
            locks.push(format!("refs/heads/{branch}.lock"));
        }
        let started = Instant::now();
        loop {
            let left: Vec<PathBuf> = locks
                .iter()
                .map(|lock| self.git_dir.join(lock))
                .filter(|lock| lock.exists())
                .collect();
            let Some(first) = left.first().filter(|_| self.is_at_work()) else {
                return Ok(left);
            };
            if started.elapsed() > LOCK_LIMIT {
                return trouble(format!(
                    "Somebody else's git is at work in the checkout and holds {}. If there is none, remove that file by hand.",
                    first.display()
                ));
            }
            std::thread::sleep(LOCK_PAUSE);
        }
    }

    /// Whether some git runs in the checkout. Where that cannot be seen, it is taken for true: a
    /// lock must not be taken from whom it belongs to.
    fn is_at_work(&self) -> bool {
        let Ok(processes) = fs::read_dir("/proc") else {
            return true;
        };
        processes.flatten().any(|process| {
            let path = process.path();
            let is_git = fs::read_to_string(path.join("comm"))
                .is_ok_and(|name| name == "git\n" || name.starts_with("git-"));
            is_git
                && fs::read_link(path.join("cwd")).map_or_else(
                    |error| error.kind() != io::ErrorKind::NotFound,
                    |place| place.starts_with(&self.path),
                )
        })
    }

    fn undo(&self, old: &str, new: &str) -> Result<(), GitError> {
        let changed = self.run(&["diff", "--name-only", "--no-renames", "-z", old, new])?;
        let (before, after) = (self.files(old)?, self.files(new)?);
        self.run(&["read-tree", old])?;
        for name in changed.split('\0').filter(|name| !name.is_empty()) {
            let path = self.path.join(name);
            let stands = fs::read(&path).ok();
            let is_ours = match (&stands, after.contains_key(name)) {
                (Some(stands), true) => {
                    let arguments = ["cat-file", "--filters", &format!("{new}:{name}")];
                    // Git writes files in place, so one may have been cut off.
                    self.checked(&arguments, None)?.stdout.starts_with(stands)
                }
                (Some(_), false) => false,
                (None, _) => true,
            };
            if !is_ours {
                continue;
            }
            if before.contains_key(name) {
                self.run(&["checkout-index", "--force", "--", name])?;
            } else if stands.is_some()
                && let Err(error) = fs::remove_file(&path)
            {
                return trouble(format!("{}: {error}", path.display()));
            }
        }
        // Exit status 1 where something differs, which is for others to judge.
        self.output(&["update-index", "-q", "--refresh"], None)
            .map(drop)
    }
}
