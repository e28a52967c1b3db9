//! Commits, made of objects alone.

use super::{NewCommit, Parent, Repository};
use crate::blog::programs::{GitError, said, trouble};

impl Repository {
    /// Makes commits and answers with their names. No branch moves; commits that nothing points at
    /// are forgotten by git in time.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn commit_each(&self, commits: &[NewCommit<'_>]) -> Result<Vec<String>, GitError> {
        let mut stream = Vec::new();
        let mut nothing = String::new();
        for (index, commit) in commits.iter().enumerate() {
            let mark = index + 1;
            let who = format!("{} {} +0000", commit.author, commit.at);
            stream.extend(format!("commit refs/intake/work\nmark :{mark}\n").bytes());
            stream.extend(format!("author {who}\ncommitter {who}\n").bytes());
            data(&mut stream, commit.message.as_bytes());
            match commit.on {
                Parent::Known(commit) => {
                    nothing = "0".repeat(commit.len());
                    stream.extend(format!("from {commit}\n").bytes());
                }
                Parent::Earlier(at) => stream.extend(format!("from :{}\n", at + 1).bytes()),
            }
            for (path, bytes) in &commit.files {
                let path = quoted(path);
                match bytes {
                    Some(bytes) => {
                        stream.extend(format!("M 100644 inline {path}\n").bytes());
                        data(&mut stream, bytes);
                    }
                    None => stream.extend(format!("D {path}\n").bytes()),
                }
            }
            stream.extend(format!("get-mark :{mark}\n").bytes());
        }
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        // The branch that they grew on is given up before it was ever written.
        stream.extend(format!("reset refs/intake/work\nfrom {nothing}\n\ndone\n").bytes());
        let import = ["fast-import", "--quiet", "--done", "--date-format=raw"];
        let output = self.checked(&import, Some(stream))?;
        let names: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        if names.len() != commits.len() {
            return trouble(format!("git did not make the commits: {}", said(&output)));
        }
        Ok(names)
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend(format!("data {}\n", bytes.len()).bytes());
    stream.extend(bytes);
    stream.push(b'\n');
}

/// A path as git's import reads it whatever is in it.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
