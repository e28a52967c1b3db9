//! Commits, made of objects alone.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use super::{Checkout, NewCommit};
use crate::blog::programs::{GitError, said, trouble};

impl Checkout {
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
    pub(super) fn sweep_crash_reports(&self) {
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
    pub(super) fn adopt(&self) -> Result<(), GitError> {
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
