//! The program itself, in a folder of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{http::Client, mail_server::MailServer, process, texts::Typed};

/// The program that is measured.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_intake");
/// The editor of the shipped configuration.
const EDITOR: &str = "editor@example.org";

/// A running service. It is killed when dropped, and its folder is removed.
pub struct Intake {
    pub address: SocketAddr,
    /// Where operators look.
    operators: SocketAddr,
    folder: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
    child: Child,
    /// The cookie of an editor who has signed in.
    session: String,
}

impl Intake {
    /// Starts a service with nothing in its queue, whose mail goes there.
    pub fn start(transport: &str) -> Self {
        Self::start_with(transport, &[])
    }

    /// The same with these settings besides.
    pub fn start_with(transport: &str, settings: &[(&'static str, &str)]) -> Self {
        let folder = folder();
        let mut all = vec![("INTAKE__MAIL__TRANSPORT", transport.to_owned())];
        all.extend(
            settings
                .iter()
                .map(|(key, value)| (*key, (*value).to_owned())),
        );
        let settings = all;
        let (child, address, operators) = spawn(folder.path(), &settings);
        Self {
            address,
            operators,
            folder,
            settings,
            child,
            session: String::new(),
        }
    }

    /// Stops it in good order, starts it anew, and tells how long it took from there to its first
    /// answer. What it reads from disk is in the system's cache, as after an upgrade.
    pub fn start_again(&mut self) -> Duration {
        process::signal(&self.child, "TERM");
        let ended = process::ends_well(&mut self.child, Duration::from_secs(60));
        assert!(ended, "it does not stop:\n{}", self.last_words());
        let started = Instant::now();
        (self.child, self.address, self.operators) = spawn(self.folder.path(), &self.settings);
        self.client().get("/healthz").expect(200);
        started.elapsed()
    }

    /// Stands still, whatever there is to do, until it is to go on.
    pub fn pause(&self) {
        process::signal(&self.child, "STOP");
    }

    pub fn go_on(&self) {
        process::signal(&self.child, "CONT");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("submissions/intake.db")
    }

    /// A connection to where `/metrics` is.
    pub fn operator(&self) -> Client {
        Client::new(self.operators)
    }

    /// How many letters are still to be sent, as `/metrics` says it.
    pub fn letters_pending(&self) -> usize {
        let mut client = self.operator();
        let answer = client.get("/metrics").expect(200);
        let pending = answer
            .body()
            .lines()
            .find_map(|line| line.strip_prefix("intake_mail{state=\"pending\"} "));
        pending
            .and_then(|count| count.parse().ok())
            .expect("the number of pending letters")
    }

    /// Signs an editor in, by the link in the letter that this server takes.
    pub fn sign_in(&mut self, mail: &MailServer) {
        let mut client = self.client();
        let form = format!("email={EDITOR}");
        client.cookies = client
            .post("/desk/sign-in", &form)
            .expect(200)
            .set_cookies();
        let letter = mail.letter();
        let letter = mailparse::parse_mail(&letter).expect("a letter");
        // The first part is the text; a letter without parts is itself the text.
        let part = letter.subparts.first().unwrap_or(&letter);
        let text = part.get_body().expect("a text");
        let link = text.split_whitespace().find_map(|word| {
            let (_, rest) = word.split_once("/desk/sign-in/")?;
            Some(format!("/desk/sign-in/{rest}"))
        });
        let answer = client.get(&link.expect("a link to sign in with"));
        let cookies = answer.expect(303).set_cookies();
        let session = cookies
            .split("; ")
            .find(|pair| pair.starts_with("intake_session="));
        self.session = session.expect("a session").to_owned();
    }

    /// A connection of the editor who has signed in.
    pub fn editor(&self) -> Client {
        let mut client = self.client();
        client.cookies.clone_from(&self.session);
        client
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let begin = log.len().saturating_sub(2000);
        log.get(begin..).unwrap_or_default().to_owned()
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the service had said:\n{}", self.last_words());
        }
    }
}

/// What a person does: opens the form, and sends it filled in. Answers with the id.
pub fn send(client: &mut Client, typed: &Typed) -> String {
    let token = client.get("/").expect(200).hidden("token").to_owned();
    let answer = client.post("/", &typed.sent(&token)).expect(303);
    let page = answer.headers("location").next().expect("a private page");
    let id = page.split('/').nth(2).expect("an id");
    id.to_owned()
}

/// A folder on the disk that programs are built on: the system's own temporary folder may be
/// memory, where to sync costs nothing.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

/// Starts the program and waits until it says where it is. Its log goes to a file, as it would.
fn spawn(folder: &Path, settings: &[(&'static str, String)]) -> (Child, SocketAddr, SocketAddr) {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("a log");
    let mut child = Command::new(PROGRAM)
        .current_dir(folder)
        .env("INTAKE__LISTEN", "127.0.0.1:0")
        .env("INTAKE__OPERATOR_LISTEN", "127.0.0.1:0")
        // It sends more in a second than people do in a month.
        .env("INTAKE__LIMITS__ENABLED", "false")
        .env("INTAKE__MAIL__PER_MINUTE", "1000000")
        .envs(settings.iter().map(|(key, value)| (key, value)))
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the program starts");
    let out = child.stdout.take().expect("its standard output");
    let said: Vec<String> = BufReader::new(out)
        .lines()
        .take(4)
        .map_while(Result::ok)
        .collect();
    let address = |at: usize| {
        let line = said.get(at).expect("its first lines");
        let address = line.split("http://").nth(1);
        let address = address.and_then(|rest| rest.split('/').next()?.parse().ok());
        address.expect("an address in that line")
    };
    (child, address(0), address(3))
}
