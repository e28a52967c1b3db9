//! A record → the words of a message about it: what each kind of mail may say, and nothing else.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Outbox;
use crate::{
    case_study::FIELDS,
    changes,
    submission::{Happening, Letter, LetterKind, Submission},
    templates::TemplateError,
    text::links::same_origin,
};

/// What the templates of mail are given: exactly this, so that nothing else can get into a message.
#[derive(Serialize)]
#[serde(untagged)]
enum Words<'a> {
    /// To whoever typed the address, which may be anybody's: nothing that was typed.
    Stranger {
        reference: String,
        private_url: String,
    },
    /// To the campaigner, by an editor's decision.
    Campaigner {
        title: &'a str,
        note: &'a str,
        /// Where the post is, in the mail that tells of it.
        address: &'a str,
        to_be_merged: bool,
        at_fields: Vec<AtField<'a>>,
    },
    /// To an editor.
    Editor {
        title: &'a str,
        organisation: &'a str,
        note: &'a str,
        desk_url: String,
    },
}

#[derive(Serialize)]
struct AtField<'a> {
    label: &'a str,
    text: &'a str,
}

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The words that an editor may change before they go.
    pub body: String,
    /// What stands below them whatever they are: the private link.
    pub(super) closing: String,
    /// What the message is about, set apart: a draft, or changes.
    pub(super) block: String,
    /// The post's address, where the message names it.
    pub(super) address: String,
}

impl Outbox {
    /// Renders every kind of mail for this submission, to try the templates.
    ///
    /// # Errors
    /// The first template that does not fit.
    pub fn try_templates(&self, submission: &Submission) -> Result<(), TemplateError> {
        let Some(letter) = submission.letters.first() else {
            return Ok(());
        };
        for kind in LetterKind::ALL {
            let letter = Letter {
                kind,
                ..letter.clone()
            };
            let rendered = self.render(submission, &letter)?;
            self.html(&rendered)?;
        }
        Ok(())
    }

    /// The message in words, as it would go now.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn render(
        &self,
        submission: &Submission,
        letter: &Letter,
    ) -> Result<Rendered, TemplateError> {
        let id = submission.id;
        let case_study = submission.case_study();
        let event = submission.history.get(letter.about);
        let no_fields = BTreeMap::new();
        let (note, at_fields) = match event.map(|event| &event.what) {
            Some(Happening::ChangesRequested { note, at_fields }) => (note.as_str(), at_fields),
            Some(
                Happening::Declined { words: note }
                | Happening::TakenDown { words: note, .. }
                | Happening::Suggested { text: note }
                | Happening::Withdrawn { reason: note },
            ) => (note.as_str(), &no_fields),
            _ => ("", &no_fields),
        };
        let (address, to_be_merged) = match event.map(|event| &event.what) {
            Some(Happening::Published {
                address,
                to_be_merged,
                ..
            }) => (address.as_str(), *to_be_merged),
            Some(Happening::TakenDown { to_be_merged, .. }) => ("", *to_be_merged),
            _ => ("", false),
        };
        let private = || Words::Stranger {
            reference: id.to_string(),
            private_url: format!(
                "{}/mine/{id}/{}",
                self.public_url,
                self.keys.private_key(id)
            ),
        };
        let words = match letter.kind {
            LetterKind::Receipt | LetterKind::Link => private(),
            LetterKind::Approved
            | LetterKind::ChangesRequested
            | LetterKind::Declined
            | LetterKind::TakenBack
            | LetterKind::Published
            | LetterKind::TakenDown => Words::Campaigner {
                title: &case_study.title,
                note,
                address,
                to_be_merged,
                at_fields: FIELDS
                    .iter()
                    .filter_map(|field| {
                        Some(AtField {
                            label: field.label,
                            text: at_fields.get(field.name)?,
                        })
                    })
                    .collect(),
            },
            LetterKind::Received
            | LetterKind::Corrected
            | LetterKind::Resubmitted
            | LetterKind::Accepted
            | LetterKind::Suggested
            | LetterKind::Withdrawn
            | LetterKind::Erased => Words::Editor {
                title: &case_study.title,
                organisation: &case_study.organisation,
                note,
                desk_url: format!("{}/desk/{id}", self.public_url),
            },
        };
        let block = match letter.kind {
            LetterKind::Received => submission.draft.clone(),
            LetterKind::Corrected | LetterKind::Resubmitted => {
                let after = event.map_or(0, |event| event.revision);
                let revision = |index: usize| submission.revisions.get(index);
                match (after.checked_sub(1).and_then(revision), revision(after)) {
                    (Some(before), Some(after)) => {
                        crate::text::differences::as_text(&changes::between(before, after))
                    }
                    _ => String::new(),
                }
            }
            _ => String::new(),
        };
        let closing = match words {
            Words::Campaigner { .. } => self.templates.render("letters/closing.txt", &private())?,
            Words::Stranger { .. } | Words::Editor { .. } => String::new(),
        };
        let part = |file: &str| {
            self.templates
                .render(&format!("letters/{}/{file}", letter.kind.name()), &words)
        };
        let body = match &letter.words {
            Some(words) => words.clone(),
            None => part("body.txt")?,
        };
        Ok(Rendered {
            subject: part("subject.txt")?
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            body: body.trim().to_owned(),
            closing: closing.trim().to_owned(),
            block,
            address: address.to_owned(),
        })
    }

    /// The message as a page of HTML.
    pub(super) fn html(&self, rendered: &Rendered) -> Result<String, TemplateError> {
        #[derive(Serialize)]
        struct Html<'a> {
            paragraphs: Vec<Vec<Line<'a>>>,
            block: &'a str,
        }
        #[derive(Serialize)]
        struct Line<'a> {
            text: &'a str,
            link: bool,
        }
        let paragraphs = rendered
            .body
            .split("\n\n")
            .chain(rendered.closing.split("\n\n"))
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| {
                let line = |text| Line {
                    text,
                    link: is_own(text, &self.public_url)
                        || (!text.is_empty() && text == rendered.address),
                };
                paragraph.trim().lines().map(line).collect()
            })
            .collect();
        let block = rendered.block.trim_end();
        self.templates
            .render("letters/letter.html", &Html { paragraphs, block })
    }
}

impl Rendered {
    /// The message as plain text.
    pub(super) fn text(&self) -> String {
        const RULE: &str =
            "------------------------------------------------------------------------";
        let mut text = self.body.clone();
        if !self.closing.is_empty() {
            text.push_str("\n\n");
            text.push_str(&self.closing);
        }
        if !self.block.is_empty() {
            text.push_str(&format!("\n\n{RULE}\n\n{}", self.block.trim_end()));
        }
        text.push('\n');
        text
    }
}

/// Whether the text is an address of ours and nothing else. What people type stands in mail to
/// editors too, so an address that only begins like ours must not become a link.
fn is_own(text: &str, public_url: &str) -> bool {
    !text.contains(char::is_whitespace) && same_origin(text, public_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_our_own_origin_is_a_link() {
        let ours = "https://forms.example.org";
        for (text, own) in [
            ("https://forms.example.org", true),
            ("https://forms.example.org/mine/1/2?x=y#z", true),
            ("https://FORMS.example.org:443/desk", true),
            ("https://forms.example.org.evil.example/desk", false),
            ("https://forms.example.org@evil.example/desk", false),
            ("https://me:secret@forms.example.org/desk", false),
            ("https://forms.example.org:8443/desk", false),
            ("http://forms.example.org/desk", false),
            ("https://forms.example.org/desk and more", false),
            ("javascript:alert(1)//https://forms.example.org", false),
            ("forms.example.org/desk", false),
            ("/desk", false),
            ("", false),
        ] {
            assert_eq!(is_own(text, ours), own, "{text}");
        }
    }
}
