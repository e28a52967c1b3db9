//! Other programs that are asked what they read.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::tool;

/// A tool that answers one line of JSON for each line of JSON.
pub struct Oracle {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Oracle {
    /// Starts one of `tests/tools/*.rb` with Debian's Ruby.
    pub fn ruby(script: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("/usr/bin/ruby")
            .arg(tool(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Ruby is missing: tests/run installs it");
        let stdout = child.stdout.take().expect("its standard output");
        Self {
            child,
            answers: BufReader::new(stdout),
        }
    }

    pub fn ask(&mut self, question: &serde_json::Value) -> serde_json::Value {
        use std::io::Write;
        let stdin = self.child.stdin.as_mut().expect("its standard input");
        writeln!(stdin, "{question}").expect("asked");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("answered");
        serde_json::from_str(&line).expect("an answer in JSON")
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
