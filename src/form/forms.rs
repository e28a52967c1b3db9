//! The forms of an installation.

use std::sync::Arc;

use super::{Consent, Definition, Opening, Pattern, PostSection, SignOff};

/// The forms of an installation, in the order of its configuration; never none.
#[derive(Debug, Clone)]
pub struct Forms(Vec<Arc<Definition>>);

impl Forms {
    /// These forms. None at all is a mistake that the configuration refuses.
    pub fn new(definitions: Vec<Definition>) -> Self {
        Self(definitions.into_iter().map(Arc::new).collect())
    }

    /// All, in the order of the configuration.
    pub fn all(&self) -> &[Arc<Definition>] {
        &self.0
    }

    /// The form of this name.
    pub fn named(&self, name: &str) -> Option<&Arc<Definition>> {
        self.0.iter().find(|definition| definition.name == name)
    }

    /// The form of a record. Where it is not configured any more, one that asks nothing, to which
    /// every answer is private.
    pub fn of(&self, name: &str) -> Arc<Definition> {
        self.named(name)
            .cloned()
            .unwrap_or_else(|| Arc::new(Definition::gone(name)))
    }

    /// The longest that all answers to one of the forms can be together, in characters.
    pub fn most_characters(&self) -> u64 {
        self.0
            .iter()
            .map(|definition| definition.most_characters())
            .max()
            .unwrap_or_default()
    }
}

impl Definition {
    fn gone(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: name.to_owned(),
            lead: String::new(),
            about: String::new(),
            before_sending: String::new(),
            noun: "entry".to_owned(),
            next_actions: Vec::new(),
            opening: Opening::default(),
            parts: Vec::new(),
            consent: Consent::default(),
            credit: None,
            sign_off: SignOff::default(),
            follow_up: Vec::new(),
            retention: None,
            post: PostSection {
                template: String::new(),
                path: Pattern::default(),
                permalink: Pattern::default(),
                slug: "{title}".to_owned(),
                title: String::new(),
                title_prefix: String::new(),
                by: None,
                by_line: String::new(),
                is_announced: false,
                date: None,
                images: None,
                images_address: None,
            },
        }
    }

    /// The form with `name` wherever its words have `{site.name}`.
    pub fn named_after(mut self, name: &str) -> Self {
        let words = [
            &mut self.title,
            &mut self.lead,
            &mut self.about,
            &mut self.before_sending,
            &mut self.opening.before,
            &mut self.opening.after,
            &mut self.consent.notice,
            &mut self.post.by_line,
        ];
        let leads = self.parts.iter_mut().map(|part| &mut part.lead);
        let purposes = self.consent.purposes.iter_mut();
        let purposes = purposes.flat_map(|it| [&mut it.wording, &mut it.enter]);
        for text in words.into_iter().chain(leads).chain(purposes) {
            *text = text.replace("{site.name}", name);
        }
        self
    }

    /// Whether its file is not configured any more.
    pub fn is_gone(&self) -> bool {
        self.post.template.is_empty()
    }
}
