//! What all stories need: the real program in a folder of its own, a client, the seed's answers.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
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
        let mut intake = Self::at_rest_with(settings);
        intake.start_again();
        intake
    }

    /// A folder for the service, which is not started yet.
    pub fn at_rest_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the service");
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            folder,
            url: String::new(),
            settings,
            child: None,
        }
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
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

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program runs");
        Ran {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
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

    /// The private record of a submission, as programs get it.
    pub fn record(&self, id: &str) -> serde_json::Value {
        let ran = self.run(&["show", id, "--json"]);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        serde_json::from_str(&ran.out).expect("JSON")
    }

    /// The state of each letter of a submission: `owed`, `sent` or `failed`; and what went wrong.
    pub fn letter_states(&self, id: &str) -> Vec<(String, String)> {
        let record = self.record(id);
        let letters = record["letters"].as_array().expect("letters");
        letters
            .iter()
            .map(|letter| {
                let (state, more) = letter["state"]
                    .as_object()
                    .and_then(|state| state.iter().next())
                    .expect("a state");
                let trouble = more["trouble"].as_str().unwrap_or_default();
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

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let url = self.absolute(path);
        Answer::from(agent().post(&url).send_form(fields.iter().copied()))
    }

    /// Posts to a service that may be killed meanwhile; `None` when no whole answer came.
    pub fn try_post(&self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        let url = self.absolute(path);
        Answer::read(agent().post(&url).send_form(fields.iter().copied())).ok()
    }

    /// A form token from a service that may be killed meanwhile.
    pub fn try_token(&self) -> Option<String> {
        let page = Answer::read(agent().get(&self.url).call()).ok()?;
        value_of(&page.body, "token")
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

/// A browser as far as forms need one: it keeps cookies, and sends on what stands in hidden fields.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a link with this address, takes it from the captured mail, and follows it.
    #[track_caller]
    pub fn sign_in(intake: &Intake, email: &str) -> Self {
        let mut visitor = Self::new();
        let link = visitor.ask_to_sign_in(intake, email);
        let answer = visitor.get(intake, &link);
        assert_eq!((answer.status, answer.location.as_str()), (303, "/desk"));
        visitor
    }

    /// Asks for a link, and answers with its path, from the captured letter.
    #[track_caller]
    pub fn ask_to_sign_in(&mut self, intake: &Intake, email: &str) -> String {
        let before = intake.mailbox();
        let answer = self.post(intake, "/desk/sign-in", &[("email", email)]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let letter = eventually("a sign-in letter", || {
            intake
                .mailbox()
                .into_iter()
                .filter(|name| !before.contains(name))
                .map(|name| Letter::read(&intake.folder.path().join("mailbox").join(name)))
                .find(|letter| letter.text.contains("/desk/sign-in/"))
        });
        assert!(letter.headers["To"].contains(email));
        let link = letter.link("http");
        let (_, path) = link.split_once("/desk/").expect("a link to the desk");
        format!("/desk/{path}")
    }

    pub fn get(&mut self, intake: &Intake, path: &str) -> Answer {
        self.send(intake, "GET", path, &[], &[])
    }

    pub fn post(&mut self, intake: &Intake, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(intake, "POST", path, &[], fields)
    }

    /// Opens this page, and posts the fields to `to` with the token and the version that stand in
    /// it.
    #[track_caller]
    pub fn fill_in(
        &mut self,
        intake: &Intake,
        page: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let answer = self.get(intake, page);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let hidden = Hidden::in_page(&answer.body);
        self.post(intake, to, &hidden.with(fields))
    }

    /// Any request, with these headers besides.
    #[track_caller]
    pub fn send(
        &mut self,
        intake: &Intake,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answer {
        Answer::read(self.try_send(intake, method, path, headers, fields))
            .inspect(|answer| self.keep(answer))
            .expect("a whole answer")
    }

    /// Posts a form whose bytes nobody has written properly.
    pub fn post_bytes(&self, intake: &Intake, path: &str, body: &[u8]) -> Answer {
        let request = ureq::http::Request::builder()
            .method("POST")
            .uri(intake.absolute(path))
            .header("cookie", self.cookie_header())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_vec());
        Answer::from(agent().run(request.expect("a request")))
    }

    fn try_send(
        &self,
        intake: &Intake,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(intake.absolute(path));
        if path.starts_with("/desk") && !self.cookies.is_empty() {
            request = request.header("cookie", self.cookie_header());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "POST" {
            let kind = "application/x-www-form-urlencoded";
            let request = request.header("content-type", kind).body(body);
            agent().run(request.expect("a request"))
        } else {
            agent().run(request.body(()).expect("a request"))
        }
    }

    /// The cookies, as a header has them.
    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What the pages of the desk and the private page have forms bring along.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub token: Option<String>,
    pub version: Option<String>,
}

impl Hidden {
    pub fn in_page(page: &str) -> Self {
        Self {
            token: value_of(page, "token"),
            version: value_of(page, "version"),
        }
    }

    pub fn with<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut all = fields.to_vec();
        all.extend(self.token.as_deref().map(|token| ("token", token)));
        all.extend(self.version.as_deref().map(|version| ("version", version)));
        all
    }
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
    /// Every `Set-Cookie`, as it came.
    pub cookies: Vec<String>,
    pub body: String,
}

impl Answer {
    #[track_caller]
    fn from(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Self {
        Self::read(response).expect("a whole answer")
    }

    fn read(
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Self, ureq::Error> {
        let mut response = response?;
        let headers: BTreeMap<String, String> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let cookies = response
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        Ok(Self {
            cookies,
            status: response.status().as_u16(),
            location: headers.get("location").cloned().unwrap_or_default(),
            body: response.body_mut().read_to_string()?,
            headers,
        })
    }
}

/// How a command of the program ended, and what it said.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The words typed are all in the page that comes back, in fields to send again.
#[track_caller]
pub fn assert_every_word_kept(answer: &Answer, answers: &Answers) {
    assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
    let shown = answer
        .body
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    for text in [
        &answers.title,
        &answers.story,
        &answers.campaign_type,
        &answers.ultimate_goals,
        &answers.communities_involved,
        &answers.organisation,
        &answers.methods_used,
        &answers.contact_name,
        &answers.contact_email,
    ] {
        assert!(shown.contains(text.as_str()), "lost: {text}\nin: {shown}");
    }
    for topic in &answers.topics {
        let ticked = format!("value=\"{topic}\" checked");
        assert!(shown.contains(&ticked), "{ticked}");
    }
    assert!(answer.body.contains("value=\"yes\" checked"));
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

    /// The draft that these answers give, but for blanks at its end; for answers that differ from
    /// the seed's in title and story only.
    pub fn draft(&self) -> String {
        let seed = Self::seed();
        SEED.trim_end()
            .replace(&seed.title, &self.title)
            .replace(&seed.story, &self.story)
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

/// A free port that the system gives to nobody who asks for just any, so that it is still free
/// when it is needed, or needed again.
pub fn port_for_later() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 10_000) as u16;
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
