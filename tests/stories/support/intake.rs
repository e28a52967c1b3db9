//! The program itself, in a folder of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::{
    Answer, Answers, Letter, Postgres, agent, eventually, names, stored::runs_on_postgres, value_of,
};

/// The setting that says where everything is kept.
const DATA: &str = "INTAKE__DATA";

/// The program in a folder of its own. Stopped when dropped; then nothing half written may lie in
/// the queue.
pub struct Intake {
    pub folder: tempfile::TempDir,
    pub url: String,
    /// Where operators look.
    pub operators: String,
    /// Its first lines on the terminal.
    pub said: Vec<String>,
    settings: Vec<(String, String)>,
    is_bound_by_permissions: bool,
    child: Option<Child>,
}

impl Intake {
    /// Starts the service with the shipped configuration.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts the service with these settings besides, as environment variables.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut intake = Self::at_rest_with(settings);
        intake.start_again();
        intake
    }

    /// A folder for the service, which is not started yet.
    pub fn at_rest_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the service");
        let mut settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if runs_on_postgres() && !settings.iter().any(|(name, _)| name == DATA) {
            settings.push((DATA.to_owned(), Postgres::shared().database()));
        }
        Self {
            folder,
            url: String::new(),
            operators: String::new(),
            said: Vec::new(),
            settings,
            is_bound_by_permissions: false,
            child: None,
        }
    }

    /// Writes a form of the service's own for the next start: the shipped case study with these
    /// texts replaced.
    #[track_caller]
    pub fn case_study(&self, replaced: &[(&str, &str)]) {
        let mut form = include_str!("../../../config/forms/case-study.yaml").to_owned();
        for (shipped, own) in replaced {
            assert!(form.contains(shipped), "the shipped form has no {shipped}");
            form = form.replace(shipped, own);
        }
        self.form("case-study", &form);
    }

    /// Writes the file of a form for the next start.
    pub fn form(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("config/forms");
        fs::create_dir_all(&folder).expect("a folder for forms");
        fs::write(folder.join(format!("{name}.yaml")), text).expect("a form");
    }

    /// Writes a template of the service's own for the next start.
    pub fn template(&self, name: &str, text: &str) {
        let folder = self.folder.path().join("templates");
        fs::create_dir_all(&folder).expect("a folder for templates");
        fs::write(folder.join(name), text).expect("a template");
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// From the next start on, permissions of files mean to it what they mean to any user, also
    /// where the tests are run by root.
    pub fn be_bound_by_permissions(&mut self) {
        let id = Command::new("id").arg("-u").output().expect("id runs");
        self.is_bound_by_permissions = id.stdout == b"0\n";
    }

    /// Any command of the program, in the service's folder and with its settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        const PROGRAM: &str = env!("CARGO_BIN_EXE_intake");
        let mut command = Command::new(PROGRAM);
        if self.is_bound_by_permissions {
            // Root passes over them by two capabilities; nobody else has those.
            command = Command::new("setpriv");
            command.args(["--bounding-set=-dac_override,-dac_read_search", PROGRAM]);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("INTAKE__LISTEN", "127.0.0.1:0")
            .env("INTAKE__OPERATOR_LISTEN", "127.0.0.1:0")
            // Most stories do in a moment what takes people weeks; those of limits set them.
            .env("INTAKE__LIMITS__ENABLED", "false")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program runs");
        Ran {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts the service anew on what the last run left, which is stopped first where it still runs.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.try_to_start(), "it did not start:\n{}", self.log());
    }

    /// The same where it may refuse to; whether it has started.
    pub fn try_to_start(&mut self) -> bool {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log");
        let mut child = self
            .command(&[])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("its standard output");
        let said: Vec<String> = BufReader::new(stdout)
            .lines()
            .take(4)
            .map_while(Result::ok)
            .collect();
        let [form, _, _, operators] = said.as_slice() else {
            let status = child.wait().expect("it ends");
            assert!(!status.success(), "it ended as if all were well");
            return false;
        };
        let address = |line: &str| {
            let address = line
                .split_whitespace()
                .find(|word| word.starts_with("http"));
            address.expect("an address").to_owned()
        };
        self.url = address(form).trim_end_matches('/').to_owned();
        self.operators = address(operators).replace("/metrics", "");
        self.said = said;
        self.child = Some(child);
        true
    }

    /// The address of its database, where that is PostgreSQL's.
    pub fn database(&self) -> Option<&str> {
        let data = self.settings.iter().find(|(name, _)| name == DATA);
        let (_, data) = data?;
        data.starts_with("postgres").then_some(data)
    }

    pub fn is_running(&self) -> bool {
        self.child.is_some()
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running service").id()
    }

    /// Pulls the plug: SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &pid]).status();
            assert!(asked.expect("kill runs").success());
            let status = child.wait().expect("it ends");
            assert!(status.success(), "ended with {status}:\n{}", self.log());
        }
    }

    /// Waits for the process to end by itself, or by a hand other than ours.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().expect("a running service");
        child.wait().expect("it ends")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Where captured mail is shown, as the terminal says.
    pub fn mailbox_url(&self) -> String {
        let words = self.said[2].split_whitespace();
        let mut addresses = words.filter(|word| word.starts_with("http"));
        addresses.next().expect("an address").to_owned()
    }

    /// The private record of a submission, as programs get it.
    pub fn record(&self, id: &str) -> serde_json::Value {
        let ran = self.run(&["show", id, "--json"]);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        serde_json::from_str(&ran.out).expect("JSON")
    }

    /// The state of each letter of a submission: `pending`, `sent` or `failed`; and what went wrong.
    pub fn letter_states(&self, id: &str) -> Vec<(String, String)> {
        let record = self.record(id);
        let letters = record["mail"].as_array().expect("mail");
        letters
            .iter()
            .map(|letter| {
                let (state, more) = letter["state"]
                    .as_object()
                    .and_then(|state| state.iter().next())
                    .expect("a state");
                let trouble = more["error"].as_str().unwrap_or_default();
                (state.clone(), trouble.to_owned())
            })
            .collect()
    }

    /// A form token as the form gives one.
    pub fn token(&self) -> String {
        let page = self.get("/").body;
        value_of(&page, "token").expect("a token in the form")
    }

    pub fn get(&self, path: &str) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().get(&url).call())
    }

    /// What operators are told.
    pub fn watched(&self, path: &str) -> Answer {
        self.get(&format!("{}{path}", self.operators))
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().post(&url).send_form(fields.iter().copied()))
    }

    /// Posts to a service that may be killed meanwhile; `None` when no whole answer came.
    pub fn try_post(&self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        try_post_to(&self.absolute(path), fields)
    }

    /// A form token from a service that may be killed meanwhile.
    pub fn try_token(&self) -> Option<String> {
        try_token_from(&self.url)
    }

    pub fn post_bytes(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().post(&url).content_type(kind).send(body))
    }

    pub(super) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.url)
        } else {
            path.to_owned()
        }
    }

    /// Sends these answers with a fresh token, and follows to the private page's path.
    pub fn submit(&self, answers: &Answers) -> String {
        let answer = self.post("/", &answers.sent(&self.token(), "submit"));
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.location
    }

    /// Names of all captured letters, sorted.
    pub fn mailbox(&self) -> Vec<String> {
        names(&self.folder.path().join("mailbox"), ".eml")
            .into_iter()
            .filter(|name| !name.starts_with('.'))
            .collect()
    }

    /// Waits until this many letters are captured, and reads them: to the campaigner first.
    pub fn letters(&self, count: usize) -> Vec<Letter> {
        let folder = self.folder.path().join("mailbox");
        let names = eventually("captured letters", || {
            let names = names(&folder, ".eml");
            (names.len() >= count).then_some(names)
        });
        assert_eq!(names.len(), count, "{names:?}");
        names
            .iter()
            .map(|name| Letter::read(&folder.join(name)))
            .collect()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ended = self.child.as_mut().map(|child| child.try_wait());
            eprintln!("the service ({ended:?}) had said:\n{}", self.log());
            self.kill();
        } else {
            self.stop();
            let aside = names(&self.queue().join(".aside"), "");
            assert!(aside.is_empty(), "left half written: {aside:?}");
            assert!(!self.log().contains("panicked"), "{}", self.log());
        }
    }
}

/// Posts to a service that may be down, or go down meanwhile; `None` when no whole answer came.
pub fn try_post_to(url: &str, fields: &[(&str, &str)]) -> Option<Answer> {
    Answer::read(agent().post(url).send_form(fields.iter().copied())).ok()
}

/// A form token from a service that may be down.
pub fn try_token_from(url: &str) -> Option<String> {
    let page = Answer::read(agent().get(url).call()).ok()?;
    value_of(&page.body, "token")
}

/// How a command of the program ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}
