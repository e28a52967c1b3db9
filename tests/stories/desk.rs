//! The review desk and the campaigner's side of the conversation, over HTTP with the real program:
//! who gets in, what each stage offers, what bad input meets, who learns what, and what a kill
//! leaves.

mod access;
mod campaigner;
mod decide;
mod duplicates;
mod edit;
mod entries;
mod gone;
mod limits;
mod private;
pub(crate) mod records;
mod rules;
mod search;
mod sign_in;
mod sign_off;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Answer, Answers, Intake, Letter, Visitor, eventually};

pub(crate) const ANN: &str = "ann@desk.example";
pub(crate) const BO: &str = "bo@desk.example";
pub(crate) const ANN_AND_BO: &str =
    "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

pub(crate) fn with_editors() -> Intake {
    Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)])
}

/// The id and the key in the path of a private page.
pub(crate) fn id_and_key(path: &str) -> (String, String) {
    let mut parts = path.split('/').skip(2);
    let mut part = || parts.next().expect("a part").to_owned();
    (part(), part())
}

/// A page for people, with this status.
#[track_caller]
pub(crate) fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.body.contains("<h1"), "{}", answer.body);
}

#[track_caller]
pub(crate) fn assert_done(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location.ends_with("?done"), "{}", answer.location);
}

/// Waits until no letter is owed any more, so that nothing but a request changes the record; and
/// reads its bytes.
#[track_caller]
pub(crate) fn settled(intake: &Intake, id: &str) -> String {
    eventually("no letter owed", || {
        let record = intake.record_text(id);
        (!record.contains("\"pending\"")).then_some(record)
    })
}

// ---- who gets in --------------------------------------------------------------------------------

/// The text of everything below a folder, file by file; bytes that are no text are replaced.
fn everything_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(everything_below(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            all.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    all
}

/// Everything in the queue's folder, in the files beside it, and in a database elsewhere.
fn everything_kept(intake: &Intake) -> Vec<(PathBuf, String)> {
    let beside = fs::read_dir(intake.folder.path()).expect("a folder");
    let mut all = everything_below(&intake.queue());
    all.extend(intake.dumped().map(|text| ("intake.db".into(), text)));
    for entry in beside {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if name.starts_with("submissions.") {
            let bytes = fs::read(&path).expect("a file");
            all.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    all
}

/// None of the words stands in the text, in whatever case.
#[track_caller]
pub(crate) fn assert_without(what: &str, text: &str, words: &[&str]) {
    let small = text.to_lowercase();
    for word in words {
        assert!(
            !small.contains(&word.to_lowercase()),
            "{word} in {what}:\n{text}"
        );
    }
}

/// The captured letters of a submission, by their numbers.
pub(crate) fn letters_of(intake: &Intake, id: &str) -> BTreeMap<u32, Letter> {
    settled(intake, id);
    let folder = intake.folder.path().join("mailbox");
    intake
        .mailbox()
        .into_iter()
        .filter_map(|name| {
            let (_, number) = name.strip_suffix(".eml")?.split_once(&format!("{id}-"))?;
            Some((number.parse().ok()?, Letter::read(&folder.join(&name))))
        })
        .collect()
}

/// The newest letter of a submission.
#[track_caller]
pub(crate) fn last_letter(intake: &Intake, id: &str) -> Letter {
    let (_, letter) = letters_of(intake, id).pop_last().expect("a letter");
    letter
}

/// A letter without the line that says where it goes.
fn all_but_to(letter: &Letter) -> String {
    let mut all = format!("{}\n{}\n", letter.text, letter.html);
    for (name, value) in &letter.headers {
        if name != "To" {
            all.push_str(&format!("{name}: {value}\n"));
        }
    }
    all
}

/// What one editor and one campaigner need for a conversation.
pub(crate) struct Conversation {
    pub(crate) intake: Intake,
    pub(crate) ann: Visitor,
    pub(crate) private: String,
    pub(crate) id: String,
    pub(crate) desk: String,
    pub(crate) answers: Answers,
}

impl Conversation {
    pub(crate) fn begin() -> Self {
        Self::begin_with(&[])
    }

    /// The same with these settings besides.
    pub(crate) fn begin_with(settings: &[(&str, &str)]) -> Self {
        let settings = [&[("INTAKE__EDITORS", ANN_AND_BO)], settings].concat();
        let intake = Intake::start_with(&settings);
        let answers = Answers::seed();
        let private = intake.submit(&answers);
        let (id, _) = id_and_key(&private);
        let ann = Visitor::sign_in(&intake, ANN);
        settled(&intake, &id);
        Self {
            desk: format!("/desk/{id}"),
            intake,
            ann,
            private,
            id,
            answers,
        }
    }

    /// Posts these fields from the page on the desk.
    #[track_caller]
    pub(crate) fn on_the_desk(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.ann
            .fill_in(&self.intake, &self.desk, &self.desk, fields)
    }

    /// Posts these fields from the private page.
    #[track_caller]
    pub(crate) fn in_private(&self, fields: &[(&str, &str)]) -> Answer {
        Visitor::new().fill_in(&self.intake, &self.private, &self.private, fields)
    }

    /// Posts these answers from the private page's form.
    #[track_caller]
    pub(crate) fn mend(&self, answers: &Answers, action: &str) -> Answer {
        let edit = format!("{}/edit", self.private);
        Visitor::new().fill_in(&self.intake, &edit, &edit, &answers.sent("", action))
    }

    /// Saves these answers on the desk, as an editor.
    #[track_caller]
    pub(crate) fn edit(&mut self, answers: &Answers) -> Answer {
        let edit = format!("{}/edit", self.desk);
        let mut fields = answers.sent("", "");
        fields.retain(|(name, _)| !["token", "action"].contains(name));
        fields.extend([("author", "Guest"), ("slug", "edited"), ("featured", "no")]);
        self.ann.fill_in(&self.intake, &edit, &edit, &fields)
    }

    pub(crate) fn private_page(&self) -> String {
        let answer = self.intake.get(&self.private);
        assert_page(&answer, 200);
        answer.body
    }

    /// The record, once its letters are sent; the draft beside it must be a copy of its own.
    #[track_caller]
    pub(crate) fn record(&self) -> serde_json::Value {
        let record = settled(&self.intake, &self.id);
        let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        let draft = self.intake.queue_file(&format!("{}.md", self.id));
        assert_eq!(record["draft"], draft, "the draft follows the record");
        record
    }

    /// The same while mail may still be pending.
    #[track_caller]
    pub(crate) fn assert_stage_soon(&self, stage: &str) {
        assert_eq!(self.intake.record(&self.id)["stage"], stage);
    }

    /// Whom each mail of this kind is for, and how far it has come.
    pub(crate) fn mail_of_kind(&self, kind: &str) -> Vec<(String, String)> {
        let record = self.intake.record(&self.id);
        let mail = record["mail"].as_array().expect("mail").iter();
        let of_kind = mail.filter(|mail| mail["kind"] == kind);
        of_kind
            .map(|mail| {
                let state = mail["state"].as_object().expect("a state");
                let state = state.keys().next().expect("a state").clone();
                (mail["to"].to_string(), state)
            })
            .collect()
    }

    #[track_caller]
    pub(crate) fn assert_stage(&self, stage: &str) {
        assert_eq!(self.record()["stage"], stage);
    }

    pub(crate) fn letters(&self) -> BTreeMap<u32, Letter> {
        letters_of(&self.intake, &self.id)
    }

    /// The letters from this number on, each of this subject, go to these addresses.
    #[track_caller]
    pub(crate) fn assert_told(&self, from: u32, subject: &str, addresses: &[&str]) {
        let letters = self.letters().split_off(&from);
        let to: Vec<&str> = letters
            .values()
            .map(|letter| letter.headers["To"].as_str())
            .collect();
        assert_eq!(to.len(), addresses.len(), "{to:?}");
        for (to, address) in to.iter().zip(addresses) {
            assert!(to.contains(address), "{to}, not {address}");
        }
        for letter in letters.values() {
            assert!(letter.headers["Subject"].contains(subject), "{letter:?}");
        }
    }
}

pub(crate) const ZELDA: &str = "zelda.quince@canary.example";
