//! A post as a commit: its author and its message; and the same as a patch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Blog, binary};
use crate::{
    post::blog_title,
    store::{Store, StoreError},
    submission::{Actor, Submission},
    text::differences,
};

/// The line by which a commit of ours is known.
const TRAILER: &str = "Intake-Submission: ";

impl Blog {
    /// Who answers for a commit: the editor who asked for it; where none did, whose words they are last.
    pub(super) fn author(&self, submission: &Submission, by: &Actor) -> String {
        let plain = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
        let email = match by {
            Actor::Editor(email) => Some(email.as_str()),
            Actor::Campaigner | Actor::System => submission.editor_of_the_words(),
        };
        let editor = match email {
            Some(email) => self.editors.iter().find(|editor| editor.email == email),
            None => self.editors.first(),
        };
        match editor {
            Some(editor) => format!("{} <{}>", plain(&editor.name), plain(&editor.email)),
            // RFC 2606, section 2: an address that is nobody's, for those who have left.
            None => "Intake <nobody@localhost.invalid>".to_owned(),
        }
    }

    pub(super) fn message(&self, submission: &Submission, is_to_go: bool) -> String {
        let verb = match submission.publication {
            _ if is_to_go => "Take down",
            Some(_) => "Update",
            None => "Publish",
        };
        let definition = self.forms.of(&submission.form);
        let title = definition.public(submission.answers()).post_title();
        format!(
            "{verb} “{}”\n\n{TRAILER}{}\n",
            without_commands(&blog_title(&title)),
            submission.id
        )
    }

    /// The post as a patch that `git am` and `git apply` take, for a blog without a repository here.
    /// The first one brings the pages that come with the post and that the blog does not have; each
    /// brings the pictures that differ from those that were published.
    ///
    /// # Errors
    /// When such a page cannot be rendered, or a picture not be read.
    pub fn patch(
        &self,
        store: &Store,
        submission: &Submission,
        by: &Actor,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let place = self.place(submission, now);
        let mut difference = String::new();
        if submission.publication.is_none() {
            let definition = self.forms.of(&submission.form);
            let vocabulary = self.vocabulary();
            for page in self.new_files(submission, &definition)? {
                let is_there = vocabulary.pages(&page.folder).iter().any(|known| {
                    if page.is_by_title {
                        known.title == page.title
                    } else {
                        page.path == format!("{}/{}.md", page.folder, known.stem)
                    }
                });
                if is_there {
                    continue;
                }
                difference += &differences::unified(&page.path, None, Some(&page.text));
            }
        }
        difference += &pictures(store, submission)?;
        let before = submission
            .publication
            .as_ref()
            .map(|publication| publication.post.as_str());
        difference += &differences::unified(&place.path, before, Some(&submission.draft));
        let message = self.message(submission, false);
        let (subject, body) = message.split_once("\n\n").unwrap_or((&message, ""));
        Ok(format!(
            "From {nothing} Mon Sep 17 00:00:00 2001\nFrom: {author}\nDate: {date}\nSubject: [PATCH] {subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n---\n{difference}-- \nIntake\n",
            nothing = "0".repeat(40),
            author = self.author(submission, by),
            date = now.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            body = body.trim_end(),
        ))
    }
}

/// The differences of the pictures, from what was published to the draft.
fn pictures(store: &Store, submission: &Submission) -> Result<String, StoreError> {
    let none = BTreeMap::new();
    let published = submission.publication.as_ref();
    let published = published.map_or(&none, |publication| &publication.pictures);
    let paths: BTreeSet<&String> = published.keys().chain(submission.pictures.keys()).collect();
    let mut differences = String::new();
    for path in paths {
        let (before, after) = (published.get(path), submission.pictures.get(path));
        if before == after {
            continue;
        }
        let bytes = |file: Option<&String>| match file {
            Some(file) => store.picture(submission.id, file),
            None => Ok(None),
        };
        let (before, after) = (bytes(before)?, bytes(after)?);
        if before.is_some() || after.is_some() {
            differences += &binary::difference(path, before.as_deref(), after.as_deref());
        }
    }
    Ok(differences)
}

/// The submission that a commit of ours names.
pub(super) fn submission_of(message: &str) -> Option<Uuid> {
    message
        .lines()
        .find_map(|line| line.strip_prefix(TRAILER)?.trim().parse().ok())
}

/// A title is a campaigner's, and hosts obey some words in a commit's message: `[skip ci]`,
/// `Fixes #1`, `@someone`. Brackets become round, and an invisible word joiner (U+2060) parts the
/// others.
fn without_commands(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    for c in title.chars() {
        match c {
            '[' => out.push('('),
            ']' => out.push(')'),
            '#' | '@' | '!' | '~' => out.extend([c, '\u{2060}']),
            ':' if out.ends_with("http") || out.ends_with("https") => out.extend(['\u{2060}', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    for sign in ["GH-", "gh-", "***"] {
        let (first, rest) = sign.split_at(sign.len() - 1);
        out = out.replace(sign, &format!("{first}\u{2060}{rest}"));
    }
    out
}
