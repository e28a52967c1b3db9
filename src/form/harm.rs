//! What in public answers may harm somebody, as questions for people.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Answer, Answers, Definition, Field, Item, Kind, Options, Vocabulary, built_in};
use crate::text::{
    harm::{Harm, Known, after, before, look},
    hex,
    search::fold,
};

/// How many characters are shown on either side of what is asked about.
const AROUND: usize = 45;

/// One question about everything of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    #[allow(missing_docs, reason = "the names say it")]
    pub harm: Harm,
    #[allow(missing_docs, reason = "the names say it")]
    pub question: &'static str,
    /// What it is asked about, each once.
    pub about: Vec<About>,
}

/// Words of an answer, with those around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The field's label.
    pub label: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub before: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub words: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub after: String,
}

impl Question {
    /// What tells each of what it is asked about from all else, without its words: `salt` is another
    /// for each submission, so that nobody can tell by it who else wrote the same.
    pub fn marks<'a>(&'a self, salt: &'a str) -> impl Iterator<Item = String> + 'a {
        let kind: &str = self.harm.into();
        self.about.iter().map(move |about| {
            let words = fold(&about.words);
            let hash = Sha256::digest(format!("{salt}\n{kind}\n{words}"));
            hex(&hash[..12])
        })
    }
}

impl Definition {
    /// What in these answers may harm somebody once they are published: of editors and campaigners,
    /// of each field that leaves the desk. No question where there is nothing to ask. `known` is what
    /// is public anyway.
    ///
    /// Names that are the titles of the blog's pages, which a question of the form can choose from, are
    /// known, and those in answers of one line: they are the campaign's own. What the form's file gives
    /// as a default was decided by whoever wrote it.
    pub fn may_harm(
        &self,
        answers: &Answers,
        vocabulary: &Vocabulary,
        mut known: Known,
    ) -> Vec<Question> {
        let public = self.public(answers);
        for field in self.fields() {
            if let Some(Answer::Text(text)) = &field.default {
                known.add(text);
            }
            for field in std::iter::once(field).chain(&field.fields) {
                if let Options::Pages { folder, .. } = &field.options {
                    for page in vocabulary.pages(folder) {
                        known.add_names(&page.title);
                    }
                }
            }
        }
        for it in public.fields() {
            let is_short = it.field.kind == Kind::Line || it.field.name == built_in::CREDIT;
            if let (true, Some(Answer::Text(text))) = (is_short, &it.answer) {
                known.add_names(text);
            }
        }
        let mut questions: Vec<Question> = Vec::new();
        for it in public.fields() {
            if let Some(answer) = &it.answer {
                each_text(it.field, answer, &mut |label, text| {
                    ask(label, text, &known, &mut questions);
                });
            }
        }
        questions.sort_by_key(|question| question.harm);
        questions
    }
}

/// Every text that somebody has typed into an answer, with the label of its field. An address of mail
/// that a question asks for is meant to be published.
fn each_text(field: &Field, answer: &Answer, see: &mut impl FnMut(&str, &str)) {
    match answer {
        Answer::Text(text) if field.name != built_in::PICTURE => {
            let is_typed = field.kind.is_text() && field.options == Options::None;
            if is_typed && field.kind != Kind::Email {
                see(&field.label, text);
            }
        }
        Answer::List(items) => {
            for item in items {
                if let Item::New { title, .. } = item {
                    see(&field.label, title);
                }
            }
        }
        Answer::Entries(entries) => {
            for entry in entries {
                for inner in &field.fields {
                    if let Some(answer) = entry.get(&inner.name) {
                        each_text(inner, answer, see);
                    }
                }
            }
        }
        _ => {}
    }
}

fn ask(label: &str, text: &str, known: &Known, questions: &mut Vec<Question>) {
    for finding in look(text, known) {
        let words = &text[finding.range.clone()];
        let at = match questions.iter().position(|it| it.harm == finding.harm) {
            Some(at) => at,
            None => {
                questions.push(Question {
                    harm: finding.harm,
                    question: finding.harm.question(),
                    about: Vec::new(),
                });
                questions.len() - 1
            }
        };
        let about = &mut questions[at].about;
        if about.iter().all(|it| fold(&it.words) != fold(words)) {
            about.push(About {
                label: label.to_owned(),
                before: begun(before(text, finding.range.start, AROUND)),
                words: words.to_owned(),
                after: ended(after(text, finding.range.end, AROUND)),
            });
        }
    }
}

/// What stands before, from the beginning of a word on.
fn begun(text: &str) -> String {
    match text.split_once(' ') {
        Some((_, rest)) if text.chars().count() == AROUND => format!("… {rest}"),
        _ => text.to_owned(),
    }
}

/// What stands after, to the end of a word.
fn ended(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((rest, _)) if text.chars().count() == AROUND => format!("{rest} …"),
        _ => text.to_owned(),
    }
}
