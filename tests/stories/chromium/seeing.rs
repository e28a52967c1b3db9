//! What people see in a browser, and what an inspector of its pages finds.

use std::{env, fs, path::Path};

use fantoccini::{Locator, elements::Element};
use serde_json::json;

use crate::support::Answers;

use super::{Browser, WINDOWS, screenshots, words_of};

impl Browser {
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
        let boxes = self.wait(self.client.find_all(Locator::Css("input:checked")));
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
            // What a browser tells of a sign-out is no complaint.
            .filter(|message| !message.contains("Cleared data types"))
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

    /// The page is three requests and thirty kilobytes at most.
    #[track_caller]
    pub fn assert_light(&self) {
        let loaded = self.run(
            "return ['navigation', 'resource']
                .flatMap((kind) => performance.getEntriesByType(kind))
                .map((entry) => [entry.name, entry.transferSize])",
        );
        let loaded: Vec<(String, u64)> = serde_json::from_value(loaded).expect("names and sizes");
        assert!(loaded.iter().all(|(_, bytes)| *bytes > 0), "{loaded:?}");
        assert!(loaded.len() <= 3, "{loaded:?}");
        let bytes: u64 = loaded.iter().map(|(_, bytes)| bytes).sum();
        assert!(bytes <= 30_000, "{bytes} bytes: {loaded:?}");
        println!("{bytes} bytes in {} requests", loaded.len());
    }

    /// The page as it is now, in the window that it is in, has nothing that axe-core knows to be a
    /// barrier.
    #[track_caller]
    pub fn assert_no_barriers(&self, page: &str) {
        let barriers = self.barriers();
        assert!(barriers.is_empty(), "{page}:\n{}", barriers.join("\n"));
    }

    /// Looks at the pages from now on in a window of this width and height; whether it is a phone’s.
    pub fn be_in(&self, (width, height, phone): (u32, u32, bool)) {
        self.resize(width, height, phone);
    }

    /// Judges the page in these windows besides: nothing is cut off at the side.
    #[track_caller]
    pub fn look_at_in(&self, page: &str, windows: &[(u32, u32, bool)]) {
        for (width, height, phone) in windows {
            self.resize(*width, *height, *phone);
            let needed = self.run("return document.documentElement.scrollWidth");
            assert!(
                needed.as_u64() <= Some((*width).into()),
                "{page} at {width}: {needed}"
            );
            if let Some(folder) = screenshots() {
                let picture = self.wait(self.client.screenshot());
                fs::write(folder.join(format!("{page}-{width}.png")), picture).expect("a picture");
            }
        }
    }

    /// Looks at the pages from now on in the smaller window.
    pub fn be_a_phone(&self) {
        let [(width, height, phone), _] = WINDOWS;
        self.resize(width, height, phone);
    }

    /// Whether all of these stand in the window as a whole.
    #[track_caller]
    pub fn sees(&self, css: &str) -> bool {
        let script = format!(
            "const all = [...document.querySelectorAll({})].map((it) => it.getBoundingClientRect());
            return all.length > 1 && all.every((box) => box.top >= 0 && box.bottom <= innerHeight)",
            json!(css)
        );
        self.run(&script) == json!(true)
    }

    /// Has the page in the reader's own colours, as in the high contrast modes of Windows.
    pub fn force_colours(&self, page: &str) {
        let (width, height, phone) = WINDOWS[1];
        self.resize(width, height, phone);
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "forced-colors", "value": "active"}]}),
        );
        let is_on = "return matchMedia('(forced-colors: active)').matches";
        assert_eq!(self.run(is_on), json!(true));
        if let Some(folder) = screenshots() {
            self.save_picture(&folder.join(format!("{page}.png")), width, phone);
        }
    }

    /// How the first of these looks, by the name of a style.
    #[track_caller]
    pub fn style(&self, css: &str, name: &str) -> String {
        let (css, name) = (json!(css), json!(name));
        self.say(&format!(
            "return getComputedStyle(document.querySelector({css}))[{name}]"
        ))
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
