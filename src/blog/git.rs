//! A checkout of the blog's repository, and what git does in it.
//!
//! Everything is done with git's plumbing beside the work tree: commits are made of objects alone
//! and pushed by their hash, so that whatever fails, or whenever we are killed, the checkout stands
//! as it stood. The one step that moves it ([`Checkout::land`]) is noted before it is made, and
//! undone by [`Checkout::recover`] where it ended half way.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use super::programs::{
    GitError, checked, ended, first_line, plain, said, succeeded, trouble, without_our_settings,
};

/// For somebody else's git that is at work in the checkout.
const LOCK_LIMIT: Duration = Duration::from_secs(20);
const LOCK_PAUSE: Duration = Duration::from_millis(50);
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

/// Where the checkout is about to be moved to, while it is.
const LANDING: &str = "refs/intake/landing";

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

    // ---- what there is ---------------------------------------------------------------------

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

    // ---- the remote ------------------------------------------------------------------------

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

    // ---- commits ---------------------------------------------------------------------------

    /// Makes a chain of commits on top of `start` and answers with their names. No branch moves;
    /// commits that nothing points at are forgotten by git in time.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn commit_each(
        &self,
        start: &str,
        commits: &[NewCommit<'_>],
    ) -> Result<Vec<String>, GitError> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let mut stream = Vec::new();
        for (index, commit) in commits.iter().enumerate() {
            let mark = index + 1;
            let who = format!("{} {} +0000", commit.author, commit.at);
            stream.extend(format!("commit refs/intake/work\nmark :{mark}\n").bytes());
            stream.extend(format!("author {who}\ncommitter {who}\n").bytes());
            data(&mut stream, &commit.message);
            if index == 0 {
                stream.extend(format!("from {start}\n").bytes());
            }
            for (path, text) in &commit.files {
                let path = quoted(path);
                match text {
                    Some(text) => {
                        stream.extend(format!("M 100644 inline {path}\n").bytes());
                        data(&mut stream, text);
                    }
                    None => stream.extend(format!("D {path}\n").bytes()),
                }
            }
            stream.extend(format!("get-mark :{mark}\n").bytes());
        }
        // The branch that the chain grew on is given up before it was ever written.
        let nothing = "0".repeat(start.len());
        stream.extend(format!("reset refs/intake/work\nfrom {nothing}\n\ndone\n").bytes());
        let made = self.checked(
            &["fast-import", "--quiet", "--done", "--date-format=raw"],
            Some(stream),
        );
        self.sweep_crash_reports();
        let output = made?;
        let names: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        if names.len() != commits.len() {
            return trouble(format!("git did not make the commits: {}", said(&output)));
        }
        Ok(names)
    }

    /// An import that fails, or whose publisher was killed, leaves a report in the repository. What
    /// went wrong it also says.
    fn sweep_crash_reports(&self) {
        let Ok(files) = fs::read_dir(&self.git_dir) else {
            return;
        };
        for file in files.flatten() {
            let name = file.file_name();
            if name.as_encoded_bytes().starts_with(b"fast_import_crash_") {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// Takes the new objects into the checkout's own store, synced. Before this nothing of the
    /// checkout may point at them, and if it never comes nothing of them is left.
    fn adopt(&self) -> Result<(), GitError> {
        let Some(aside) = &self.aside else {
            return Ok(());
        };
        let failed = |error: io::Error| GitError(format!("new objects: {error}"));
        for folder in fs::read_dir(aside.path()).map_err(failed)?.flatten() {
            let target = self.objects.join(folder.file_name());
            let mut files: Vec<PathBuf> = match fs::read_dir(folder.path()) {
                Ok(files) => files.flatten().map(|file| file.path()).collect(),
                Err(_) => continue,
            };
            // A pack is there once its index is.
            files.sort_by_key(|file| file.extension().is_some_and(|kind| kind == "idx"));
            fs::create_dir_all(&target).map_err(failed)?;
            for file in files {
                if let Some(name) = file.file_name()
                    && !name.as_encoded_bytes().starts_with(b"tmp_")
                {
                    fs::rename(&file, target.join(name)).map_err(failed)?;
                }
            }
            File::open(&target)
                .and_then(|folder| folder.sync_all())
                .map_err(failed)?;
        }
        File::open(&self.objects)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }

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
    fn recover(&self) -> Result<(), GitError> {
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

    // ---- the blog's own check --------------------------------------------------------------

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

    // ---- running ---------------------------------------------------------------------------

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

fn data(stream: &mut Vec<u8>, text: &str) {
    stream.extend(format!("data {}\n", text.len()).bytes());
    stream.extend(text.bytes());
    stream.push(b'\n');
}

/// A path as git's import reads it whatever is in it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
