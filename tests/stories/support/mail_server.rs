//! A mail server with faults on demand.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{Letter, eventually, names, port_for_later, tool};

/// A real mail server that fails on demand: `tests/tools/smtp_server.py`, whose head says how.
pub struct MailServer {
    pub port: u16,
    folder: tempfile::TempDir,
    options: Vec<String>,
    running: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl MailServer {
    /// A server in this mode.
    pub fn start(mode: &str) -> Self {
        Self::start_with(mode, &[])
    }

    /// A server in this mode, with these options besides.
    pub fn start_with(mode: &str, options: &[&str]) -> Self {
        let mut server = Self::down(options);
        server.up(mode);
        server
    }

    /// A server that is down: nobody listens on its port.
    pub fn down(options: &[&str]) -> Self {
        Self {
            port: port_for_later(),
            folder: tempfile::tempdir().expect("a folder for mail"),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            running: None,
        }
    }

    /// Starts it, or starts it again on the same port.
    pub fn up(&mut self, mode: &str) {
        let mut child = Command::new("/usr/bin/python3")
            .arg(tool("smtp_server.py"))
            .arg("--folder")
            .arg(self.folder.path())
            .args(["--port", &self.port.to_string(), "--mode", mode])
            .args(&self.options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3 is missing: tests/run installs it");
        let stdin = child.stdin.take().expect("its standard input");
        let mut answers = BufReader::new(child.stdout.take().expect("its standard output"));
        let mut line = String::new();
        answers.read_line(&mut line).expect("a line");
        assert!(
            line.starts_with("listening"),
            "the mail server did not start; is python3-aiosmtpd missing? tests/run installs it"
        );
        self.running = Some((child, stdin, answers));
    }

    /// Stops it; connections are refused from now on.
    pub fn stop(&mut self) {
        if let Some((mut child, stdin, _)) = self.running.take() {
            drop(stdin);
            child.wait().expect("it ends");
        }
    }

    fn ask(&mut self, command: &str) -> String {
        use std::io::Write;
        let (_, stdin, answers) = self.running.as_mut().expect("a running mail server");
        writeln!(stdin, "{command}").expect("asked");
        let mut line = String::new();
        answers.read_line(&mut line).expect("answered");
        line
    }

    /// Changes what it does from now on.
    pub fn mode(&mut self, mode: &str) {
        assert_eq!(self.ask(mode), "ok\n");
    }

    /// The stage of each open connection.
    pub fn open(&mut self) -> Vec<String> {
        let status: serde_json::Value = serde_json::from_str(&self.ask("status")).expect("JSON");
        serde_json::from_value(status["open"].clone()).expect("stages")
    }

    /// For `mail.transport`, or the part of it after `user:password@`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Mode, furthest stage and outcome of every attempt, oldest first.
    pub fn attempts(&self) -> Vec<[String; 3]> {
        fs::read_to_string(self.folder.path().join("attempts.log"))
            .unwrap_or_default()
            .lines()
            .map(|line| {
                let mut fields = line.split('\t').skip(1).map(str::to_owned);
                std::array::from_fn(|_| fields.next().expect("four fields"))
            })
            .collect()
    }

    /// Every letter taken, oldest first, with its envelope.
    pub fn taken(&self) -> Vec<(Letter, serde_json::Value)> {
        names(self.folder.path(), ".eml")
            .into_iter()
            .filter(|name| !name.starts_with('.'))
            .map(|name| {
                let path = self.folder.path().join(name);
                let envelope = fs::read(path.with_extension("json")).expect("an envelope");
                let envelope = serde_json::from_slice(&envelope).expect("JSON");
                (Letter::read(&path), envelope)
            })
            .collect()
    }

    /// Waits until this many letters are taken.
    #[track_caller]
    pub fn letters(&self, count: usize) -> Vec<(Letter, serde_json::Value)> {
        eventually("letters taken by the mail server", || {
            (names(self.folder.path(), ".eml").len() >= count).then_some(())
        });
        let taken = self.taken();
        assert_eq!(taken.len(), count, "letters taken");
        taken
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}
