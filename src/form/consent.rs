//! What people agree to before they send a form: each purpose by itself.

use super::{Answers, Definition, Typed, built_in};

/// What a form asks people to agree to, and who answers for what they send.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// In the order of the page. The first is required: without it nothing is sent.
    pub purposes: Vec<Purpose>,
    /// Who is responsible for personal data; empty: who the configuration names.
    pub controller: String,
    /// The mail address for questions about it; empty: the one of the configuration.
    pub contact: String,
    /// What is done with personal data, or the address of a page that says it; may be empty.
    pub notice: String,
}

/// One purpose, with the words that people agree to.
#[derive(Debug, Clone)]
pub struct Purpose {
    /// By which the record knows it.
    pub name: String,
    /// The words on the page; they are kept in the record.
    pub wording: String,
    /// Which version of the words it is; may be empty.
    pub version: String,
    /// Whether nothing is sent without it.
    pub is_required: bool,
    /// What to do where it is required and was not ticked.
    pub enter: String,
    /// How people agree.
    pub given_by: GivenBy,
    /// The name of the box to tick.
    pub input: String,
}

/// How people agree to a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenBy {
    /// They tick a box.
    Tick,
    /// They add a picture, beside which the words stand.
    Pictures,
    /// They choose a name for the post.
    Credit,
}

impl Consent {
    /// Whether an input of this name is the box of a purpose.
    pub(super) fn has_input(&self, name: &str) -> bool {
        let mut boxes = self.boxes();
        boxes.any(|purpose| purpose.input == name)
    }

    /// The names of all purposes.
    pub fn names(&self) -> Vec<String> {
        let purposes = self.purposes.iter();
        purposes.map(|purpose| purpose.name.clone()).collect()
    }

    /// The purposes that have a box to tick.
    pub fn boxes(&self) -> impl Iterator<Item = &Purpose> {
        let purposes = self.purposes.iter();
        purposes.filter(|purpose| purpose.given_by == GivenBy::Tick)
    }
}

impl Definition {
    /// Whether these answers agree to a purpose without a tick.
    pub fn agrees_by_answers(&self, purpose: &Purpose, answers: &Answers) -> bool {
        match purpose.given_by {
            GivenBy::Tick => false,
            GivenBy::Pictures => !self.pictures(answers).is_empty(),
            GivenBy::Credit => !self.credit_of(answers).is_empty(),
        }
    }

    /// Takes out of these answers what the purpose of this name allows to be published.
    pub fn take_back(&self, purpose: &str, answers: &mut Answers) {
        let mut purposes = self.consent.purposes.iter();
        let purpose = purposes.find(|it| it.name == purpose);
        match purpose.map(|it| it.given_by) {
            Some(GivenBy::Pictures) => self.drop_pictures(answers),
            Some(GivenBy::Credit) => self.drop_credit(answers),
            Some(GivenBy::Tick) | None => {}
        }
    }

    /// Whether pictures are what the purpose of this name is about.
    pub fn is_about_pictures(&self, purpose: &str) -> bool {
        let mut purposes = self.consent.purposes.iter();
        purposes.any(|it| it.name == purpose && it.given_by == GivenBy::Pictures)
    }

    /// The names of the purposes that were agreed to.
    pub(super) fn agreed(&self, typed: &Typed, answers: &Answers) -> Vec<String> {
        let is_agreed = |purpose: &&Purpose| match purpose.given_by {
            GivenBy::Tick => typed.first(&purpose.input) == built_in::YES,
            GivenBy::Pictures | GivenBy::Credit => self.agrees_by_answers(purpose, answers),
        };
        let agreed = self.consent.purposes.iter().filter(is_agreed);
        agreed.map(|purpose| purpose.name.clone()).collect()
    }
}
