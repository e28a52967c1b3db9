//! Answers in words for people: lists of questions and answers, and what differs between two.

use serde::Serialize;

use super::{Answer, Answers, By, Definition, Kind};
use crate::text::differences::{Change, pieces};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Editors see all.
    Editors,
    /// Everybody else sees what is public.
    Public,
}

/// A question and its answer, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InWords {
    /// The field's name.
    pub name: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub label: String,
    /// Empty where nothing was answered.
    pub words: String,
    /// The language that the words were typed in: its tag; empty where it is not known, or they were
    /// not typed.
    pub lang: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub is_public: bool,
    /// Whether the form does not ask this any more.
    pub is_gone: bool,
}

impl Definition {
    /// Every question with its answer, in the order of the form; last, for editors, the answers to
    /// what the form does not ask any more.
    pub fn in_words(&self, answers: &Answers, audience: Audience) -> Vec<InWords> {
        let language = self.language_of(answers);
        let mut all: Vec<InWords> = self
            .fields()
            .filter(|field| field.is_public || audience == Audience::Editors)
            .map(|field| {
                let answer = answers.get(&field.name);
                let answer = match audience {
                    Audience::Editors => answer.cloned(),
                    Audience::Public => answer.and_then(|it| super::definition::redact(field, it)),
                };
                InWords {
                    name: field.name.clone(),
                    label: field.label.clone(),
                    words: answer.map_or_else(String::new, |answer| answer.in_words(field)),
                    lang: match field.kind.is_text() && field.by == By::Campaigner {
                        true => language.clone(),
                        false => String::new(),
                    },
                    is_public: field.is_public,
                    is_gone: false,
                }
            })
            .collect();
        if audience == Audience::Editors {
            let gone = answers
                .iter()
                .filter(|(name, _)| self.field(name).is_none());
            all.extend(gone.map(|(name, answer)| InWords {
                name: name.to_owned(),
                label: name.replace('_', " "),
                words: answer.plain(),
                lang: String::new(),
                is_public: false,
                is_gone: true,
            }));
        }
        all
    }

    /// The language that these answers are written in, where the form asks for it: its tag.
    pub fn language_of(&self, answers: &Answers) -> String {
        let field = self.fields().find(|field| field.kind == Kind::Language);
        let answer = field.and_then(|field| answers.get(&field.name).or(field.default.as_ref()));
        match answer {
            Some(Answer::Text(tag)) => tag.clone(),
            _ => String::new(),
        }
    }

    /// The questions whose answers differ, word by word.
    pub fn changes(&self, before: &Answers, after: &Answers, audience: Audience) -> Vec<Change> {
        let has_others = |name: &str| before.get(name) != after.get(name);
        let pictures = self.fields().filter(|field| field.kind == Kind::Images);
        let pictures: Vec<&str> = pictures.map(|field| field.name.as_str()).collect();
        let (before, after) = (
            self.in_words(before, audience),
            self.in_words(after, audience),
        );
        let mut names: Vec<(&str, &str)> = Vec::new();
        for one in before.iter().chain(&after) {
            if !names.iter().any(|(name, _)| *name == one.name) {
                names.push((&one.name, &one.label));
            }
        }
        let words = |all: &[InWords], name: &str| {
            all.iter()
                .find(|one| one.name == name)
                .map_or_else(String::new, |one| one.words.clone())
        };
        names
            .into_iter()
            .map(|(name, label)| {
                let (old, mut new) = (words(&before, name), words(&after, name));
                // Of pictures there are words alone, and these may be the same.
                if old == new && pictures.contains(&name) && has_others(name) {
                    new.push_str("\n(another picture)");
                }
                (label, old, new)
            })
            .filter(|(_, old, new)| old != new)
            .map(|(label, old, new)| Change {
                label: label.to_owned(),
                pieces: pieces(&old, &new),
            })
            .collect()
    }

    /// What editors search in: every public answer of the campaigner's.
    pub fn search_text(&self, answers: &Answers) -> String {
        let words: Vec<String> = self
            .in_words(answers, Audience::Public)
            .into_iter()
            .map(|one| one.words)
            .filter(|words| !words.is_empty())
            .collect();
        words.join("\n")
    }
}
