//! What people do in a browser: follow, type, press, tab.

use fantoccini::{
    Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::json;

use crate::support::{Answers, eventually};

use super::{Browser, words_of};

impl Browser {
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.wait(self.client.goto(url));
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
    pub fn go_forward(&self) {
        self.leaving(|| self.wait(self.client.forward()));
    }

    #[track_caller]
    pub fn reload(&self) {
        self.leaving(|| self.wait(self.client.refresh()));
    }

    /// Has the browser load everything anew from now on.
    #[track_caller]
    pub fn forget_what_was_loaded(&self) {
        self.devtools("Network.clearBrowserCache", &json!({}));
    }

    /// Opens a page in another tab and comes back to this one; answers where that has led.
    #[track_caller]
    pub fn open_in_another_tab(&self, url: &str) -> String {
        let here = self.wait(self.client.window());
        let new = self.wait(self.client.new_window(true));
        self.wait(self.client.switch_to_window(new.handle));
        self.open(url);
        let address = self.address();
        self.wait(self.client.close_window());
        self.wait(self.client.switch_to_window(here));
        address
    }

    /// Closes the tab and opens a page in a new one.
    #[track_caller]
    pub fn in_a_new_tab_instead(&self, url: &str) {
        let new = self.wait(self.client.new_window(true));
        self.wait(self.client.close_window());
        self.wait(self.client.switch_to_window(new.handle));
        self.open(url);
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
}
