//! What a submission is compared with others by.

use super::{Answer, Answers, By, Definition, Field, Kind, definition::without_prefix};
use crate::text::alike::Marks;

/// What was found in the answers.
#[derive(Default)]
struct Found<'a> {
    addresses: Vec<&'a str>,
    /// Texts of several lines.
    long: Vec<&'a str>,
    /// Texts of one line.
    short: Vec<&'a str>,
}

impl Definition {
    /// What a submission with these answers is compared with others by: the campaigner's own public
    /// answers. Of a form that asks for texts of several lines these alone, because the short answers
    /// of one organisation are the same for all that it sends.
    pub fn marks(&self, answers: &Answers) -> Marks {
        let mut found = Found::default();
        let title = self.post.title.as_str();
        let own = self.fields_of(By::Campaigner);
        for field in own.filter(|field| field.name != title && !self.is_credit(&field.name)) {
            found.collect(field, answers.get(&field.name));
        }
        let text = match found.long.is_empty() {
            true => found.short.join("\n"),
            false => found.long.join("\n"),
        };
        let title = self.title_in_short(self.title_of(answers));
        Marks::new(title, found.addresses, &text)
    }

    /// A title without what stands before the titles of all posts of this form.
    pub fn title_in_short<'a>(&self, title: &'a str) -> &'a str {
        without_prefix(title, &self.post.title_prefix)
    }
}

impl<'a> Found<'a> {
    fn collect(&mut self, field: &Field, answer: Option<&'a Answer>) {
        if !field.is_public {
            return;
        }
        match answer {
            Some(Answer::Text(text)) => match field.kind {
                Kind::Url => self.addresses.push(text),
                kind if kind.is_several_lines() => self.long.push(text),
                Kind::Line | Kind::LongLine => self.short.push(text),
                _ => {}
            },
            Some(Answer::Entries(entries)) => {
                for entry in entries {
                    for inner in &field.fields {
                        self.collect(inner, entry.get(&inner.name));
                    }
                }
            }
            _ => {}
        }
    }
}
