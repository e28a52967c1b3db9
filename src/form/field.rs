//! One question of a form: its kind, what there is to choose from, and what an answer must keep to.

use regex::Regex;
use serde::Serialize;

use super::{Answer, Choice, Limits, Vocabulary};
use crate::text::language;

/// One question.
#[derive(Debug, Clone)]
pub struct Field {
    /// `[a-z][a-z0-9_]*`: the name in the form, in the record and in the post's template.
    pub name: String,
    /// The question.
    pub label: String,
    /// What to write, in a sentence.
    pub hint: String,
    /// An example of a good answer.
    pub example: String,
    /// What to do when it was left empty.
    pub enter: String,
    /// What one of a group is called, as in a sentence: “message”.
    pub entry: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub kind: Kind,
    /// What there is to choose from.
    pub options: Options,
    /// Who fills it in.
    pub by: By,
    /// Whether it may leave the desk.
    pub is_public: bool,
    #[allow(missing_docs, reason = "the names say it")]
    pub is_required: bool,
    /// How much, how many, from when to when.
    pub limits: Limits,
    /// What the whole text must match.
    pub pattern: Option<Regex>,
    /// What the browser may fill in by itself (the `autocomplete` attribute); may be empty.
    pub autocomplete: String,
    /// What stands there where nothing was answered.
    pub default: Option<Answer>,
    /// The fields of each entry of a group.
    pub fields: Vec<Field>,
    /// Where it stands in its file, from 1.
    pub(super) line: usize,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line of plain text.
    Line,
    /// One line of plain text that tends to be long.
    LongLine,
    /// Plain text of several lines.
    Text,
    /// Markdown, several lines.
    Markdown,
    /// One of several.
    Choice,
    /// Any of several.
    Choices,
    #[allow(missing_docs, reason = "the names say it")]
    YesNo,
    /// A whole or a decimal number.
    Number,
    /// A year of four digits.
    Year,
    /// A day.
    Date,
    /// A mail address.
    Email,
    /// An address on the web.
    Url,
    /// A group of fields, any number of times.
    Group,
    /// Pictures, each with the fields that every picture has.
    Images,
    /// The language that the other answers are written in: its tag.
    Language,
}

/// Whose question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    #[allow(missing_docs, reason = "the names say it")]
    Campaigner,
    #[allow(missing_docs, reason = "the names say it")]
    Editors,
}

/// What there is to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Options {
    /// Nothing: the kind is not a choice.
    None,
    /// What the form's file lists.
    List(Vec<String>),
    /// Every language.
    Languages,
    /// What is kept, and what people read. The first stands for no answer.
    Named(Vec<(String, String)>),
    /// The pages of a folder of the blog.
    Pages {
        /// Its path in the repository, as in `_topics`.
        folder: String,
        /// What of a page is kept as the answer.
        value: PageValue,
        /// Where a new one may be typed: the template of the page that it gets.
        add: Option<String>,
    },
}

/// What of a page is kept as the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageValue {
    #[allow(missing_docs, reason = "the names say it")]
    Title,
    /// Its file's name without the ending.
    File,
}

impl Kind {
    /// Every kind, by its name in a form's file. `ai_use` is a choice whose answers are ready.
    pub const NAMES: [(&'static str, Kind); 16] = [
        ("line", Kind::Line),
        ("long_line", Kind::LongLine),
        ("text", Kind::Text),
        ("markdown", Kind::Markdown),
        ("choice", Kind::Choice),
        ("choices", Kind::Choices),
        ("ai_use", Kind::Choice),
        ("yes_no", Kind::YesNo),
        ("number", Kind::Number),
        ("year", Kind::Year),
        ("date", Kind::Date),
        ("email", Kind::Email),
        ("url", Kind::Url),
        ("group", Kind::Group),
        ("images", Kind::Images),
        ("language", Kind::Language),
    ];

    /// Whether its answer is entries of several fields each.
    pub fn is_group(self) -> bool {
        matches!(self, Kind::Group | Kind::Images)
    }

    /// Whether line ends are part of the answer.
    pub fn is_several_lines(self) -> bool {
        matches!(self, Kind::Text | Kind::Markdown)
    }

    /// Whether it is one text, whose characters count.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Kind::Line | Kind::LongLine | Kind::Text | Kind::Markdown | Kind::Email | Kind::Url
        )
    }
}

impl Field {
    /// A public field that has to be answered, with nothing else said of it: what the service's own
    /// fields begin from.
    pub(super) fn plain(name: &str, label: &str, kind: Kind, by: By, line: usize) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            hint: String::new(),
            example: String::new(),
            enter: String::new(),
            entry: String::new(),
            kind,
            options: Options::None,
            by,
            is_public: true,
            is_required: true,
            limits: Limits::Count { min: 1, max: 120 },
            pattern: None,
            autocomplete: String::new(),
            default: None,
            fields: Vec::new(),
            line,
        }
    }

    /// What there is to choose from now. What stands in the record and is not on offer any more
    /// comes last, and is marked as gone.
    pub fn choices(&self, vocabulary: &Vocabulary, stands: Option<&Answer>) -> Vec<Choice> {
        let mut choices = match &self.options {
            Options::None => Vec::new(),
            Options::List(list) => list.iter().map(|text| self.choice(text)).collect(),
            Options::Languages => language::all().iter().map(|tag| self.choice(tag)).collect(),
            Options::Named(list) => list
                .iter()
                .map(|(value, label)| Choice {
                    value: value.clone(),
                    label: label.clone(),
                    is_gone: false,
                })
                .collect(),
            Options::Pages { folder, value, .. } => vocabulary
                .pages(folder)
                .iter()
                .map(|page| page.choice(*value))
                .collect(),
        };
        for (value, label) in stands.map(Answer::chosen).unwrap_or_default() {
            if !choices.iter().any(|choice| choice.value == value) {
                choices.push(match self.options {
                    // Those of a region or a script are taken, but not listed.
                    Options::Languages => self.choice(value),
                    _ => Choice {
                        value: value.to_owned(),
                        label: label.to_owned(),
                        is_gone: true,
                    },
                });
            }
        }
        choices
    }

    /// Something that is kept as it stands in the list.
    fn choice(&self, value: &str) -> Choice {
        Choice {
            value: value.to_owned(),
            label: match self.kind {
                Kind::Language => language::name(value),
                _ => value.to_owned(),
            },
            is_gone: false,
        }
    }

    /// What it means, in words, that nothing was answered; empty where it means nothing.
    pub fn unanswered(&self) -> &str {
        match &self.options {
            Options::Named(list) => list.first().map_or("", |(_, label)| label.as_str()),
            _ => "",
        }
    }

    /// Whether somebody may type what is not on offer.
    pub fn takes_new(&self) -> bool {
        matches!(&self.options, Options::Pages { add: Some(_), .. })
    }
}
