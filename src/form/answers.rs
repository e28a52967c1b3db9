//! What was answered, and what of it may leave the desk.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::{Definition, Field, Kind, Options, PageValue, built_in, pattern::page_stem};
use crate::text::{day_in_words, language};

/// One answer, as a record keeps it. An empty answer is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// A text of one or more lines, one choice, or a day as `2026-03-31`.
    Text(String),
    #[allow(missing_docs, reason = "the names say it")]
    YesNo(bool),
    /// A number or a year.
    Number(Number),
    /// What was chosen of several.
    List(Vec<Item>),
    /// The entries of a group.
    Entries(Vec<Answers>),
    /// What this version does not know; it is kept.
    Other(serde_json::Value),
}

/// One thing that was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    /// It was on offer.
    Known(String),
    /// It was typed, and gets a page of its own.
    New {
        /// What stands in the post for it.
        value: String,
        /// The title of its page. No field of a form can have a name with a hyphen.
        #[serde(rename = "new-title")]
        title: String,
    },
}

impl Item {
    /// What stands in the post for it.
    pub fn value(&self) -> &str {
        match self {
            Item::Known(value) | Item::New { value, .. } => value,
        }
    }

    /// What people read.
    pub fn label(&self) -> &str {
        match self {
            Item::Known(value) => value,
            Item::New { title, .. } => title,
        }
    }
}

impl Answer {
    /// Value and label of what was chosen.
    pub fn chosen(&self) -> Vec<(&str, &str)> {
        match self {
            Answer::Text(text) if !text.is_empty() => vec![(text, text)],
            Answer::List(items) => items.iter().map(|it| (it.value(), it.label())).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether what stands for this value was typed anew, and gets a page of its own.
    pub fn adds(&self, value: &str) -> bool {
        matches!(self, Answer::List(items) if items.iter().any(
            |item| matches!(item, Item::New { value: known, .. } if known == value)
        ))
    }

    /// The answer in one text for people.
    pub fn in_words(&self, field: &Field) -> String {
        match self {
            Answer::Text(text) if field.kind == Kind::Date => {
                match text.parse::<jiff::civil::Date>() {
                    Ok(day) => day_in_words(day),
                    Err(_) => text.clone(),
                }
            }
            Answer::Text(tag) if field.kind == Kind::Language => language::name(tag),
            Answer::Entries(entries) => {
                let entry = |answers: &Answers| {
                    // Of a picture its words tell which it is.
                    let inner = field.fields.iter();
                    let inner = inner.filter(|inner| inner.name != built_in::PICTURE);
                    let lines = inner.filter_map(|inner| {
                        let answer = answers.get(&inner.name)?;
                        let colon = if inner.label.ends_with('?') { "" } else { ":" };
                        Some(format!("{}{colon} {}", inner.label, answer.in_words(inner)))
                    });
                    lines.collect::<Vec<_>>().join("\n")
                };
                entries.iter().map(entry).collect::<Vec<_>>().join("\n\n")
            }
            Answer::Text(text) => match &field.options {
                Options::Named(list) => {
                    let mut named = list.iter();
                    let known = named.find(|(value, _)| value == text);
                    known.map_or(text, |(_, label)| label).clone()
                }
                _ => text.clone(),
            },
            other => other.plain(),
        }
    }

    /// The answer in one text, for who does not know the field any more.
    pub fn plain(&self) -> String {
        match self {
            Answer::Text(text) => text.clone(),
            Answer::YesNo(true) => "yes".to_owned(),
            Answer::YesNo(false) => "no".to_owned(),
            Answer::Number(number) => number.to_string(),
            Answer::List(items) => {
                let labels: Vec<&str> = items.iter().map(Item::label).collect();
                let has_comma = labels.iter().any(|label| label.contains(','));
                labels.join(if has_comma { "; " } else { ", " })
            }
            Answer::Entries(entries) => {
                let entry = |answers: &Answers| {
                    let lines = answers
                        .0
                        .iter()
                        .map(|(name, it)| format!("{name}: {}", it.plain()));
                    lines.collect::<Vec<_>>().join("\n")
                };
                entries.iter().map(entry).collect::<Vec<_>>().join("\n\n")
            }
            Answer::Other(value) => value.to_string(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Answer::Text(text) => text.is_empty(),
            Answer::List(items) => items.is_empty(),
            Answer::Entries(entries) => entries.is_empty(),
            Answer::YesNo(_) | Answer::Number(_) | Answer::Other(_) => false,
        }
    }
}

/// The answers of a record, by the names of their fields. Those of fields that a form no longer has
/// are among them. Private as a whole: see [`PublicAnswers`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Answer>);

impl From<BTreeMap<String, Answer>> for Answers {
    fn from(answers: BTreeMap<String, Answer>) -> Self {
        Self(answers)
    }
}

impl Answers {
    /// The answer to the field of this name.
    pub fn get(&self, name: &str) -> Option<&Answer> {
        self.0.get(name)
    }

    /// The answer, where it is a text; else an empty one.
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Answer::Text(text)) => text,
            _ => "",
        }
    }

    /// Puts an answer in the place of the one that was there; an empty one takes it away.
    pub fn set(&mut self, name: &str, answer: Option<Answer>) {
        match answer.filter(|answer| !answer.is_empty()) {
            Some(answer) => self.0.insert(name.to_owned(), answer),
            None => self.0.remove(name),
        };
    }

    /// Whether nothing was answered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every answer with its field's name, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Answer)> {
        self.0.iter().map(|(name, answer)| (name.as_str(), answer))
    }
}

/// Who sent it. Private: it never reaches a draft, a log line or a metric, which is why `Debug`
/// prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// One line; empty where the form does not ask.
    pub name: String,
    /// ASCII before the `@`, perhaps an international domain after it.
    pub email: String,
    /// What this version does not know; it is kept.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(private)")
    }
}

/// What may leave the desk of a record's answers: what a post's template and mail to anybody but
/// editors are made of. Only [`Definition::public`] makes one.
#[derive(Debug, Clone)]
pub struct PublicAnswers<'a> {
    definition: &'a Definition,
    fields: Vec<PublicField<'a>>,
    slug: String,
    day: Date,
}

/// A public question, and its answer if there is one.
#[derive(Debug, Clone)]
pub struct PublicField<'a> {
    /// The name of the part in which it stands.
    pub part: &'a str,
    #[allow(missing_docs, reason = "the names say it")]
    pub field: &'a Field,
    #[allow(missing_docs, reason = "the names say it")]
    pub answer: Option<Answer>,
}

impl<'a> PublicAnswers<'a> {
    pub(super) fn new(
        definition: &'a Definition,
        fields: Vec<PublicField<'a>>,
        slug: &str,
    ) -> Self {
        Self {
            definition,
            fields,
            slug: slug.to_owned(),
            day: Date::default(),
        }
    }

    /// With this day for the paths of pictures, where those have a date.
    pub fn on(self, day: Date) -> Self {
        Self { day, ..self }
    }

    /// The day for the paths of pictures.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The form that was filled in.
    pub fn definition(&self) -> &'a Definition {
        self.definition
    }

    /// Every public question, in the order of the form.
    pub fn fields(&self) -> &[PublicField<'a>] {
        &self.fields
    }

    /// The last part of the post's address.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    fn answers(&self) -> Answers {
        let answered = self
            .fields
            .iter()
            .filter_map(|public| Some((public.field.name.clone(), public.answer.clone()?)));
        Answers(answered.collect())
    }

    /// What was sent is called this in lists and mail.
    pub fn title(&self) -> String {
        self.definition.title_of(&self.answers()).to_owned()
    }

    /// What lists and mail show below the title; may be empty.
    pub fn by(&self) -> String {
        self.definition.by_of(&self.answers())
    }

    /// The language that it is written in: its tag; empty where the form does not say.
    pub fn language(&self) -> String {
        self.definition.language_of(&self.answers())
    }

    /// The post's title.
    pub fn post_title(&self) -> String {
        self.definition.post_title(&self.answers())
    }

    /// The pages that were typed anew: their folder, what stands in the post for each, its title,
    /// and its template.
    pub fn new_pages(&self) -> Vec<NewPage<'_>> {
        let mut pages = Vec::new();
        for public in &self.fields {
            collect_new_pages(public.field, public.answer.as_ref(), &mut pages);
        }
        pages
    }
}

/// A page that the blog gets together with a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPage<'a> {
    /// The folder of the repository.
    pub folder: &'a str,
    /// The template of its file.
    pub template: &'a str,
    /// The page's title.
    pub title: &'a str,
    /// Its file's name without the ending.
    pub stem: String,
    /// Whether posts name it by its title; else by its file.
    pub is_by_title: bool,
}

fn collect_new_pages<'a>(
    field: &'a Field,
    answer: Option<&'a Answer>,
    pages: &mut Vec<NewPage<'a>>,
) {
    let Options::Pages {
        folder,
        add: Some(template),
        value: kept,
    } = &field.options
    else {
        if let Some(Answer::Entries(entries)) = answer {
            for entry in entries {
                for inner in &field.fields {
                    collect_new_pages(inner, entry.get(&inner.name), pages);
                }
            }
        }
        return;
    };
    if let Some(Answer::List(items)) = answer {
        for item in items {
            if let Item::New { title, value } = item {
                let page = NewPage {
                    folder,
                    template,
                    title,
                    stem: match kept {
                        PageValue::File => value.clone(),
                        PageValue::Title => page_stem(title),
                    },
                    is_by_title: *kept == PageValue::Title,
                };
                if !pages.contains(&page) {
                    pages.push(page);
                }
            }
        }
    }
}
