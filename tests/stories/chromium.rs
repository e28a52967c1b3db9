//! Debian's Chromium for the stories, driven as a person would, and judged as an exacting friend
//! would. With `INTAKE_SCREENSHOTS` set to a folder, every page that is looked at closely is also
//! saved there as a picture.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    elements::Element,
    error::CmdError,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::{Answers, eventually};

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
    pub fn open(&self, url: &str) {
        self.wait(self.client.goto(url));
    }

    #[track_caller]
    fn find(&self, css: &str) -> Element {
        self.try_and_wait(self.client.find(Locator::Css(css)))
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Does what leads to another page, and waits until the old one is gone.
    #[track_caller]
    pub fn leaving(&self, leave: impl FnOnce()) {
        let old = self.find("html");
        leave();
        eventually("another page", || {
            let error = self.try_and_wait(old.tag_name()).err()?;
            (error.is_stale_element_reference() || error.is_no_such_element()).then_some(())
        });
    }

    /// Presses the first button with this action.
    #[track_caller]
    pub fn press(&self, action: &str) {
        let button = self.find(&format!("button[name=action][value={action}]"));
        self.leaving(|| self.wait(button.click()));
    }

    /// Presses the button with these words.
    #[track_caller]
    pub fn push(&self, words: &str) {
        let path = format!("//button[normalize-space()='{words}']");
        let button = self
            .try_and_wait(self.client.find(Locator::XPath(&path)))
            .unwrap_or_else(|error| panic!("{words}: {error}"));
        self.leaving(|| self.wait(button.click()));
    }

    /// Clicks what leads to no other page: a box to tick, something to unfold.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.wait(self.find(css).click());
    }

    #[track_caller]
    pub fn click_link(&self, words: &str) {
        let link = self
            .try_and_wait(self.client.find(Locator::LinkText(words)))
            .unwrap_or_else(|error| panic!("{words}: {error}"));
        self.wait(link.click());
    }

    #[track_caller]
    pub fn follow(&self, words: &str) {
        self.leaving(|| self.click_link(words));
    }

    #[track_caller]
    pub fn go_back(&self) {
        self.leaving(|| self.wait(self.client.back()));
    }

    #[track_caller]
    pub fn write(&self, field: &str, words: &str) {
        self.wait(self.find(&format!("#{field}")).send_keys(words));
    }

    /// Types these words over those that stand there.
    #[track_caller]
    pub fn rewrite(&self, field: &str, words: &str) {
        self.wait(self.find(&format!("#{field}")).clear());
        self.write(field, words);
    }

    /// Types every answer, ticks the topics and agrees.
    #[track_caller]
    pub fn type_in(&self, answers: &Answers) {
        for (field, words) in words_of(answers) {
            self.write(field, &words);
        }
        for topic in &answers.topics {
            self.wait(self.find(&format!("[value='{topic}']")).click());
        }
        self.wait(self.find("#consent").click());
    }

    /// Has every answer in the form at once, where the typing is not the story.
    #[track_caller]
    pub fn fill_in(&self, answers: &Answers) {
        for (field, words) in words_of(answers) {
            self.set(field, &words);
        }
        self.run("document.getElementById('consent').checked = true");
    }

    /// Sets a field, also one that people can't see.
    #[track_caller]
    pub fn set(&self, field: &str, value: &str) {
        let script = "for (const field of document.getElementsByName(arguments[0])) {
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', {bubbles: true}));
        }";
        let arguments = vec![json!(field), json!(value)];
        self.wait(self.client.execute(script, arguments));
    }

    #[track_caller]
    pub fn keys(&self, keys: &[char]) {
        let down_and_up = |key: &char| {
            let value = *key;
            [KeyAction::Down { value }, KeyAction::Up { value }]
        };
        let actions = keys
            .iter()
            .flat_map(down_and_up)
            .fold(KeyActions::new("keyboard".into()), InputSource::then);
        self.wait(self.client.perform_actions(actions));
    }

    #[track_caller]
    pub fn type_keys(&self, words: &str) {
        self.keys(&words.chars().collect::<Vec<_>>());
    }

    #[track_caller]
    pub fn tab(&self) {
        self.keys(&[Key::Tab.into()]);
    }

    /// Enter, which leads to another page.
    #[track_caller]
    pub fn enter(&self) {
        self.leaving(|| self.keys(&[Key::Enter.into()]));
    }

    /// Tabs on to the field, link or button with this id or these words; every stop on the way
    /// must show where the focus is.
    #[track_caller]
    pub fn tab_to(&self, goal: &str) {
        let mut stops = Vec::new();
        while stops.last().is_none_or(|stop| stop != goal) {
            self.tab();
            let outline = self.say(
                "const style = getComputedStyle(document.activeElement);
                return `${style.outlineStyle} ${style.outlineWidth}`",
            );
            stops.push(self.focused());
            assert_eq!(outline, "solid 3px", "after {stops:?}");
            assert!(stops.len() < 40, "no way to {goal}: {stops:?}");
        }
    }

    // What a person sees.

    #[track_caller]
    pub fn address(&self) -> String {
        self.wait(self.client.current_url()).to_string()
    }

    #[track_caller]
    pub fn title(&self) -> String {
        self.wait(self.client.title())
    }

    /// The words of the only element.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let mut texts = self.texts(css);
        assert_eq!(texts.len(), 1, "{css} in {}: {texts:?}", self.address());
        texts.remove(0)
    }

    #[track_caller]
    pub fn texts(&self, css: &str) -> Vec<String> {
        let elements = self.wait(self.client.find_all(Locator::Css(css)));
        let words = |element: &Element| {
            let text = self.wait(element.prop("textContent")).unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        elements.iter().map(words).collect()
    }

    #[track_caller]
    pub fn value(&self, field: &str) -> String {
        let value = self.wait(self.find(&format!("#{field}")).prop("value"));
        value.expect("a field")
    }

    #[track_caller]
    pub fn attribute(&self, id: &str, name: &str) -> String {
        let value = self.wait(self.find(&format!("#{id}")).attr(name));
        value.unwrap_or_default()
    }

    /// What stands in the form, as [`words_of`] tells it.
    #[track_caller]
    pub fn words(&self) -> [(&'static str, String); 9] {
        words_of(&Answers::seed()).map(|(field, _)| (field, self.value(field)))
    }

    /// The values of the boxes that are ticked.
    #[track_caller]
    pub fn ticked(&self) -> Vec<String> {
        let boxes = self.wait(self.client.find_all(Locator::Css(":checked")));
        let value = |ticked: &Element| self.wait(ticked.prop("value")).unwrap_or_default();
        boxes.iter().map(value).collect()
    }

    /// Id or words of what has the focus.
    #[track_caller]
    pub fn focused(&self) -> String {
        self.say(
            "const it = document.activeElement;
            return it.id || (it.labels?.[0] ?? it).textContent.trim()",
        )
    }

    /// What the browser's console has held against the page since the last call. That a page has
    /// the status it should have is no complaint.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({"type": "browser"}));
        let messages = log.as_array().expect("a log").iter();
        messages
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|message| !message.contains("the server responded with a status of 4"))
            .collect()
    }

    // What an exacting friend sees.

    /// Judges the page in both schemes and both windows: nothing in the console, no scrolling
    /// sideways, nothing that axe-core knows to be a barrier.
    #[track_caller]
    pub fn look_closely(&self, page: &str) {
        assert_eq!(self.complaints(), [""; 0], "{page}");
        for (width, height, phone) in WINDOWS {
            self.resize(width, height, phone);
            for scheme in ["light", "dark"] {
                self.paint(scheme);
                let place = format!("{page}-{width}-{scheme}");
                let needed = self.run("return document.documentElement.scrollWidth");
                assert!(needed.as_u64() <= Some(width.into()), "{place}: {needed}");
                if let Some(folder) = screenshots() {
                    self.save_picture(&folder.join(format!("{place}.png")), width, phone);
                    self.resize(width, height, phone);
                }
                let barriers = self.barriers();
                assert!(barriers.is_empty(), "{place}:\n{}", barriers.join("\n"));
            }
        }
    }

    fn resize(&self, width: u32, height: u32, phone: bool) {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}),
        );
        let script = format!("return matchMedia('(width: {width}px)').matches");
        assert_eq!(self.run(&script), json!(true));
    }

    fn paint(&self, scheme: &str) {
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]}),
        );
        let script = format!("return matchMedia('(prefers-color-scheme: {scheme})').matches");
        assert_eq!(self.run(&script), json!(true));
    }

    /// All that axe-core finds, also what it can't decide by itself.
    fn barriers(&self) -> Vec<String> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node_modules/axe-core/axe.min.js");
        let axe = fs::read_to_string(path)
            .expect("axe-core is missing: `npm ci --prefix tests` installs it");
        let script = format!(
            "{axe};
            const done = arguments[arguments.length - 1];
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            axe.run({{runOnly: tags}}).then(
                (found) => done([...found.violations, ...found.incomplete].flatMap((rule) =>
                    rule.nodes.map((node) => `${{rule.id}}: ${{node.html}} ${{node.failureSummary}}`))),
                (error) => done([String(error)]),
            );"
        );
        let found = self.wait(self.client.execute_async(&script, Vec::new()));
        serde_json::from_value(found).expect("a list of texts")
    }

    /// The whole page, as high as it is.
    fn save_picture(&self, path: &Path, width: u32, phone: bool) {
        let height = self.run("return document.documentElement.scrollHeight");
        let height = height.as_u64().and_then(|height| height.try_into().ok());
        self.resize(width, height.expect("a height"), phone);
        let picture = self.wait(self.client.screenshot());
        fs::write(path, picture).expect("a picture");
    }
}

/// Where pictures of the pages are wanted.
fn screenshots() -> Option<PathBuf> {
    let folder = PathBuf::from(env::var_os("INTAKE_SCREENSHOTS")?);
    fs::create_dir_all(&folder).expect("a folder for screenshots");
    Some(folder)
}
