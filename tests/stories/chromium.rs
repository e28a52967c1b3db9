//! Debian's Chromium for the stories, driven as a person would, and judged as an exacting friend
//! would. With `INTAKE_SCREENSHOTS` set to a folder, every page that is looked at closely is also
//! saved there as a picture.

mod acting;
mod seeing;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::Answers;

/// Long enough for a busy machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Width and height in CSS pixels, and whether it is a phone.
const WINDOWS: [(u32, u32, bool); 2] = [(360, 800, true), (1280, 900, false)];

/// Name and words of every field that is typed, in the order of the form.
pub fn words_of(answers: &Answers) -> [(&'static str, String); 9] {
    [
        ("title", answers.title.clone()),
        ("story", answers.story.clone()),
        ("campaign_type", answers.campaign_type.clone()),
        ("ultimate_goals", answers.ultimate_goals.clone()),
        ("communities_involved", answers.communities_involved.clone()),
        ("organisation", answers.organisation.clone()),
        ("methods_used", answers.methods_used.clone()),
        ("contact_name", answers.contact_name.clone()),
        ("contact_email", answers.contact_email.clone()),
    ]
}

/// A Chromium of its own, with a new profile. It ends with this value, whatever happens.
pub struct Browser {
    runtime: tokio::runtime::Runtime,
    client: Client,
    /// Where the driver takes commands that the client has no name for.
    session: String,
    /// Dropped last, and in this order.
    driver: Driver,
    _profile: tempfile::TempDir,
}

/// chromedriver; and, should it not be able to end it, the browser's process.
struct Driver {
    child: Child,
    browser: Option<u64>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(browser) = self.browser {
            let _ = Command::new("kill")
                .args(["-KILL", &browser.to_string()])
                .status();
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let closing = self.client.clone().close();
        let closed = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, closing).await });
        if matches!(closed, Ok(Ok(()))) {
            self.driver.browser = None;
        }
    }
}

impl Browser {
    pub fn start() -> Self {
        Self::start_with(&json!({}))
    }

    pub fn without_javascript() -> Self {
        Self::start_with(&json!({"profile.managed_default_content_settings.javascript": 2}))
    }

    fn start_with(preferences: &Value) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", profile.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing: tests/run installs it");
        let stdout = child.stdout.take().expect("its standard output");
        let mut driver = Driver {
            child,
            browser: None,
        };
        let port: u16 = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver tells its port");
        let address = format!("http://127.0.0.1:{port}");

        let capabilities = json!({
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "prefs": preferences,
                "args": [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--window-size=1280,900",
                    format!("--user-data-dir={}", profile.path().join("profile").display()),
                ],
            },
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let capabilities = serde_json::from_value(capabilities).expect("it is written so");
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&address),
            )
            .expect("Chromium starts; tests/run installs it");
        driver.browser = client
            .capabilities()
            .and_then(|capabilities| capabilities.get("goog:processID")?.as_u64());
        let id = runtime
            .block_on(client.session_id())
            .expect("an answer")
            .expect("a session");
        Self {
            runtime,
            client,
            session: format!("{address}/session/{id}"),
            driver,
            _profile: profile,
        }
    }

    /// Waits for the browser's answer.
    #[track_caller]
    fn wait<T>(&self, answer: impl Future<Output = Result<T, CmdError>>) -> T {
        self.try_and_wait(answer)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn try_and_wait<T>(
        &self,
        answer: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, CmdError> {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, answer).await })
            .expect("the browser answers")
    }

    /// What Chromium's driver offers beyond the standard.
    #[track_caller]
    fn command(&self, path: &str, parameters: &Value) -> Value {
        let answer = ureq::post(format!("{}/{path}", self.session))
            .content_type("application/json")
            .send(parameters.to_string())
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .unwrap_or_else(|error| panic!("{path} {parameters}: {error}"));
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["value"].take()
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    fn devtools(&self, command: &str, parameters: &Value) {
        let parameters = json!({"cmd": command, "params": parameters});
        self.command("goog/cdp/execute", &parameters);
    }

    /// What a script in the page returns; it runs with JavaScript off, too.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.wait(self.client.execute(script, Vec::new()))
    }

    #[track_caller]
    fn say(&self, script: &str) -> String {
        let words = self.run(script);
        words.as_str().expect("a text").to_owned()
    }

    // What a person does.

    #[track_caller]
    fn find(&self, css: &str) -> Element {
        self.try_and_wait(self.client.find(Locator::Css(css)))
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }
}

/// Where pictures of the pages are wanted.
fn screenshots() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("INTAKE_SCREENSHOTS")?);
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    Some(folder)
}
