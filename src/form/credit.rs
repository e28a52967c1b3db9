//! How the campaigner is named in the post: by the name, by what another answer says, by another
//! name, or not at all. What is published is one text, made here of the answers.

use super::{Answer, Answers, Definition, built_in};

/// The first way, which is kept as no answer.
pub(super) const NOT_AT_ALL: &str = "none";
/// What can be asked only where the form asks for a name.
pub(super) const NAME: &str = "name";
/// What needs a name besides.
pub(super) const OTHER: &str = "other";

/// That the form asks how people want to be named.
#[derive(Debug, Clone, Default)]
pub struct Credit {
    /// The field whose answer people can be named by, and the name of that way; empty for none.
    pub field: String,
}

impl Definition {
    /// Whether a field of this name says how the campaigner is named. Only the campaigner fills it
    /// in.
    pub fn is_credit(&self, name: &str) -> bool {
        self.credit.is_some() && matches!(name, built_in::CREDIT | built_in::CREDIT_NAME)
    }

    /// The name that the post shows; empty for not at all.
    pub fn credit_of(&self, answers: &Answers) -> String {
        let Some(credit) = &self.credit else {
            return String::new();
        };
        match answers.text(built_in::CREDIT) {
            NAME | OTHER => answers.text(built_in::CREDIT_NAME).to_owned(),
            "" => String::new(),
            way if way == credit.field => answers.text(way).to_owned(),
            _ => String::new(),
        }
    }

    /// Whether the post shows the name that the campaigner gave as theirs.
    pub fn shows_own_name(&self, answers: &Answers) -> bool {
        self.credit.is_some() && answers.text(built_in::CREDIT) == NAME
    }

    /// Whether another name was chosen and not said.
    pub(super) fn lacks_other_name(&self, answers: &Answers) -> bool {
        self.credit.is_some()
            && answers.text(built_in::CREDIT) == OTHER
            && answers.text(built_in::CREDIT_NAME).is_empty()
    }

    /// Keeps the name of the contact among the answers where it was chosen to be shown, and no name
    /// where none is to be shown.
    pub fn settle_credit(&self, answers: &mut Answers, contact_name: &str) {
        let Some(credit) = &self.credit else {
            return;
        };
        let shown = match answers.text(built_in::CREDIT) {
            NAME => Some(Answer::Text(contact_name.to_owned())),
            OTHER => answers.get(built_in::CREDIT_NAME).cloned(),
            "" => return self.drop_credit(answers),
            way if way == credit.field => None,
            _ => return self.drop_credit(answers),
        };
        answers.set(built_in::CREDIT_NAME, shown);
    }

    /// Has the campaigner not named at all.
    pub fn drop_credit(&self, answers: &mut Answers) {
        if self.credit.is_some() {
            answers.set(built_in::CREDIT, None);
            answers.set(built_in::CREDIT_NAME, None);
        }
    }
}
