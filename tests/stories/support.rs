//! What all stories need: the real program in a folder of its own, a client, the seed's answers.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The real published case study that the service was made for.
pub const SEED: &str = include_str!("../seed.md");

/// Long enough for a busy machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` sees something.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The path of a tool beside these tests.
pub fn tool(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tools")
        .join(name)
}

/// The program in a folder of its own. Stopped when dropped; then nothing half written may lie in
/// the queue.
pub struct Intake {
    pub folder: tempfile::TempDir,
    pub url: String,
    settings: Vec<(String, String)>,
    child: Option<Child>,
}

impl Intake {
    /// Starts the service with the shipped configuration.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts the service with these settings besides, as environment variables.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the service");
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut intake = Self {
            folder,
            url: String::new(),
            settings,
            child: None,
        };
        intake.start_again();
        intake
    }

    /// Any command of the program, in the service's folder and with its settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_intake"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("INTAKE__LISTEN", "127.0.0.1:0")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the service anew on what the last run left.
    pub fn start_again(&mut self) {
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
        let first = BufReader::new(stdout).lines().next();
        let Some(Ok(line)) = first else {
            panic!("the service did not start:\n{}", self.log());
        };
        self.url = line
            .split_whitespace()
            .last()
            .expect("an address")
            .trim_end_matches('/')
            .to_owned();
        self.child = Some(child);
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
    pub fn wait(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.wait().expect("it ends");
        }
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub fn queue(&self) -> PathBuf {
        self.folder.path().join("submissions")
    }

    /// Names of the queue's files with this ending, sorted.
    pub fn queued(&self, ending: &str) -> Vec<String> {
        names(&self.queue(), ending)
    }

    /// The text of a file of the queue.
    pub fn queue_file(&self, name: &str) -> String {
        fs::read_to_string(self.queue().join(name)).expect("a file of the queue")
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

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().post(&url).send_form(fields.iter().copied()))
    }

    pub fn post_bytes(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().post(&url).content_type(kind).send(body))
    }

    fn absolute(&self, path: &str) -> String {
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
            self.kill();
        } else {
            self.stop();
            let aside = names(&self.queue(), "")
                .into_iter()
                .filter(|name| name.starts_with(".tmp"))
                .collect::<Vec<_>>();
            assert!(aside.is_empty(), "left half written: {aside:?}");
            assert!(!self.log().contains("panicked"), "{}", self.log());
        }
    }
}

/// Names in a folder with this ending, sorted; none if there is no folder.
pub fn names(folder: &Path, ending: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(ending) && name != ".gitignore")
        .collect();
    names.sort();
    names
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// The value of a named input in a page.
pub fn value_of(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// An answer as a browser gets it, redirections not followed.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    #[track_caller]
    fn from(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Self {
        let mut response = response.expect("an answer");
        let headers: BTreeMap<String, String> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        Self {
            status: response.status().as_u16(),
            location: headers.get("location").cloned().unwrap_or_default(),
            body: response.body_mut().read_to_string().expect("a whole body"),
            headers,
        }
    }
}

/// Answers to the form.
#[derive(Debug, Clone)]
pub struct Answers {
    pub title: String,
    pub story: String,
    pub campaign_type: String,
    pub ultimate_goals: String,
    pub communities_involved: String,
    pub organisation: String,
    pub methods_used: String,
    pub topics: Vec<String>,
    pub contact_name: String,
    pub contact_email: String,
}

impl Answers {
    /// The seed's, as its campaigner would have typed them.
    pub fn seed() -> Self {
        let (_, body) = SEED.split_once("<!--more-->").expect("an intro");
        let (story, _) = body.split_once("**Campaign type:**").expect("a story");
        let line = |label: &str| {
            let (_, rest) = body
                .split_once(&format!("**{label}:** "))
                .expect("a labelled line");
            rest.lines().next().unwrap_or_default().trim().to_owned()
        };
        Self {
            title: "Trade Union Campaigns".into(),
            story: story.trim().into(),
            campaign_type: line("Campaign type"),
            ultimate_goals: line("Ultimate goals"),
            communities_involved: line("Communities involved"),
            organisation: line("Organisation"),
            methods_used: line("Methods used"),
            topics: vec!["People and Participation".into()],
            contact_name: "Zelda Quince-Canary".into(),
            contact_email: "zelda.quince@canary.example".into(),
        }
    }

    /// A different case study for each number.
    pub fn number(number: usize) -> Self {
        Self {
            title: format!("Campaign {number}"),
            ..Self::seed()
        }
    }

    /// As a browser sends them.
    pub fn sent<'a>(&'a self, token: &'a str, action: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("token", token),
            ("title", self.title.as_str()),
            ("story", self.story.as_str()),
            ("campaign_type", self.campaign_type.as_str()),
            ("ultimate_goals", self.ultimate_goals.as_str()),
            ("communities_involved", self.communities_involved.as_str()),
            ("organisation", self.organisation.as_str()),
            ("methods_used", self.methods_used.as_str()),
            ("contact_name", self.contact_name.as_str()),
            ("contact_email", self.contact_email.as_str()),
            ("consent", "yes"),
            ("action", action),
        ];
        fields.extend(self.topics.iter().map(|topic| ("topics", topic.as_str())));
        fields
    }
}

/// A letter as its reader gets it.
#[derive(Debug)]
pub struct Letter {
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl Letter {
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).expect("a letter");
        let mail = mailparse::parse_mail(&bytes).expect("a letter that mail programs can read");
        let part = |index: usize| mail.subparts[index].get_body().expect("a part");
        Self {
            headers: mail
                .headers
                .iter()
                .map(|header| (header.get_key(), header.get_value()))
                .collect(),
            text: part(0).replace("\r\n", "\n"),
            html: part(1).replace("\r\n", "\n"),
            raw: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// The first word of the text that begins with this.
    pub fn link(&self, beginning: &str) -> String {
        self.text
            .split_whitespace()
            .find(|word| word.starts_with(beginning))
            .unwrap_or_else(|| panic!("no link {beginning} in:\n{}", self.text))
            .to_owned()
    }
}

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
