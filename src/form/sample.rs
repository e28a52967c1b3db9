//! Answers made up, to try templates with.

use serde_json::Number;

use super::{Answer, Answers, By, Definition, Field, Item, Kind, Limits, built_in, credit::OTHER};

/// Holds what breaks front matter and Markdown that is not written with care.
const HOSTILE: &str = "A: \"b\" 'c' # d {{ e }} {% f %} \\n <b> - *g* [h] & | `i`";

impl Definition {
    /// Answers to every question: harmless ones, or such as break templates that are not written
    /// with care.
    pub fn sample(&self, is_hostile: bool) -> Answers {
        let mut answers = Answers::default();
        for field in self.fields() {
            answers.set(&field.name, sample(field, is_hostile));
        }
        if self.credit.is_some() {
            let chosen = Answer::Text(OTHER.to_owned());
            answers.set(built_in::CREDIT, Some(chosen));
        }
        let slug = Answer::Text("sample".to_owned());
        answers.set(built_in::SLUG, Some(slug));
        answers
    }

    /// The least that can come in: harmless answers to what campaigners must answer, and the defaults.
    pub fn least_sample(&self) -> Answers {
        let mut answers = Answers::default();
        for field in self.fields() {
            if field.is_required && field.by == By::Campaigner {
                answers.set(&field.name, sample(field, false));
            }
        }
        self.fill_in_defaults(&mut answers, true);
        answers
    }
}

fn sample(field: &Field, is_hostile: bool) -> Option<Answer> {
    let line = if is_hostile { HOSTILE } else { "Sample" };
    let text = Answer::Text(line.to_owned());
    Some(match field.kind {
        Kind::Line | Kind::LongLine | Kind::Choice => text,
        Kind::Text | Kind::Markdown => Answer::Text(format!("{line}\n\n---\n{line}\n* {line}")),
        Kind::Choices => Answer::List(vec![
            Item::Known(line.to_owned()),
            Item::Known("no".to_owned()),
        ]),
        Kind::YesNo => Answer::YesNo(true),
        Kind::Number => Answer::Number(Number::from(12)),
        Kind::Year => Answer::Number(Number::from(2026)),
        Kind::Date => match field.limits {
            Limits::Date { min: Some(day), .. } => Answer::Text(day.to_string()),
            _ => Answer::Text("2026-03-31".to_owned()),
        },
        Kind::Language => Answer::Text("en".to_owned()),
        Kind::Email => Answer::Text("sample@example.org".to_owned()),
        Kind::Url => Answer::Text("https://example.org/a_b?c=d&e=%7Bf#g".to_owned()),
        Kind::Group | Kind::Images => {
            let mut entry = Answers::default();
            for inner in &field.fields {
                entry.set(&inner.name, sample(inner, is_hostile));
            }
            if field.kind == Kind::Images {
                let name = format!("{}.jpg", "0".repeat(64));
                entry.set(built_in::PICTURE, Some(Answer::Text(name)));
            }
            Answer::Entries(vec![entry.clone(), entry])
        }
    })
}
