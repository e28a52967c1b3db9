//! A record → the words of a message about it: what each kind of mail may say, and nothing else.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use uuid::Uuid;

use super::Outbox;
use crate::{
    config::{Days, PublicUrl, Site, span_in_words},
    form::{Audience, By, Door, PublicAnswers},
    submission::{
        ASKS_TO_AGREE, Action, Actor, Event, Mail, Other, RULES, Recipients, SignOffState, Stage,
        Submission, mail_rule,
    },
    templates::TemplateError,
    text::{day_in_words, differences::as_text},
};

/// What the templates of mail are given: exactly this, so that nothing else can get into a message.
#[derive(Serialize)]
struct Words<'a> {
    /// Who “we” are.
    site: &'a Site,
    /// What was sent, as sentences call it.
    noun: &'a str,
    /// How soon an editor usually answers.
    reply_within: &'a Days,
    /// How long names and addresses are kept after the end, in words.
    retention: &'a str,
    /// Whether the form asks for a name, besides the address.
    asks_name: bool,
    /// Whether another can be sent.
    is_open: bool,
    /// The page that says what is done with them.
    privacy_url: String,
    #[serde(flatten)]
    about: About<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum About<'a> {
    /// To whoever typed the address, which may be anybody's: nothing that was typed.
    Address {
        reference: String,
        private_url: String,
        /// The links of others that were sent from there.
        others: Vec<String>,
    },
    /// To an address that is to be confirmed, which may be anybody's: nothing that was typed, and no
    /// private link.
    NewAddress {
        reference: String,
        confirm_url: String,
    },
    /// To the campaigner, by an editor's decision.
    Campaigner {
        title: String,
        note: &'a str,
        /// Where the post is, in the mail that tells of it.
        address: &'a str,
        is_to_be_merged: bool,
        /// Whether the campaigner asked to have it taken off the blog, and whether it can't be published
        /// again because they don't agree any more.
        is_off_as_asked: bool,
        is_lacking: bool,
        /// Whether the post is on the blog.
        is_published: bool,
        /// Whether it is not published before they have agreed to what an editor has changed.
        is_to_agree: bool,
        /// Where they are asked to agree: the last day to answer, and whether no answer counts.
        answer_by: String,
        silence_agrees: bool,
        at_fields: Vec<AtField<'a>>,
        /// The day on which they are reminded, in the mail that asks for changes; else empty.
        remind_on: String,
    },
    /// To an editor.
    Editor {
        title: String,
        by: String,
        /// The words of all that it tells of.
        note: String,
        /// Whether a draft or changes stand below it.
        has_block: bool,
        /// The words that are agreed to no more.
        revoked: String,
        /// Whether it can be published because the campaigner has not answered.
        silence_agrees: bool,
        /// Whether it is on its way to the blog.
        is_ordered: bool,
        desk_url: String,
        /// Where what was put aside is.
        aside_url: String,
        /// The name of the editor who has done what it tells of; empty where none has.
        assigned_by: &'a str,
        /// What is to be done next, and by when.
        next_action: &'a str,
        due: String,
        /// What it may be a duplicate of.
        alike: Vec<Alike>,
    },
}

/// Something that may tell the same.
#[derive(Serialize)]
struct Alike {
    title: String,
    /// When it came in; empty for a post of the blog.
    received: String,
    /// Where both stand side by side.
    url: String,
}

#[derive(Serialize)]
struct AtField<'a> {
    label: &'a str,
    text: &'a str,
}

/// A message in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// The words that an editor may change before they go.
    pub body: String,
    /// What stands below them whatever they are: the private link.
    pub(super) closing: String,
    /// What the message is about, set apart: a draft, or changes.
    pub block: String,
    /// The language of what is set apart: its tag; may be empty.
    pub(super) lang: String,
    /// The post's address, where the message names it.
    pub(super) address: String,
    /// What stands at the end of every message: who “we” are, and how to reach us.
    pub(super) signature: String,
}

impl Outbox {
    /// Renders every kind of mail for this submission, to try the templates.
    ///
    /// # Errors
    /// The first template that does not fit.
    pub fn try_templates(&self, submission: &Submission) -> Result<(), TemplateError> {
        let Some(sample) = submission.mail.first() else {
            return Ok(());
        };
        for rule in RULES.iter().flat_map(|rule| rule.mail) {
            let mail = Mail {
                kind: rule.kind.to_owned(),
                ..sample.clone()
            };
            let rendered = self.render(submission, &mail)?;
            self.html(&rendered)?;
        }
        Ok(())
    }

    /// The message in words, as it would go now.
    ///
    /// # Errors
    /// When a template does not fit.
    pub fn render(&self, submission: &Submission, mail: &Mail) -> Result<Rendered, TemplateError> {
        let definition = self.forms.of(&submission.form);
        let answers = definition.public(submission.answers());
        let opening = self.store.opening(&definition);
        let is_open = opening.at(Timestamp::now()) == Door::Open;
        let retention = definition.retention.as_ref().map(span_in_words);
        let words = |about| Words {
            site: &self.site,
            noun: &definition.noun,
            reply_within: &self.reply_within,
            retention: retention.as_ref().unwrap_or(&self.retention),
            asks_name: definition.asks_name(),
            is_open: is_open && !definition.is_gone(),
            privacy_url: format!("{}/privacy", self.public_url),
            about,
        };
        let to = mail_rule(&mail.kind).map_or(Recipients::Address, |rule| rule.to);
        let block = match to {
            Recipients::Editors | Recipients::Assigned => self.block(submission, mail),
            Recipients::Campaigner if mail.kind == ASKS_TO_AGREE => {
                as_text(&submission.changes_to_agree(&definition, mail.about + 1))
            }
            Recipients::Campaigner | Recipients::Address | Recipients::NewAddress => String::new(),
        };
        let about = words(match to {
            Recipients::Address => self.private(submission, &mail.also),
            Recipients::NewAddress => self.for_new_address(submission),
            Recipients::Campaigner => {
                for_campaigner(submission, mail, &answers, self.remind_after.as_ref())
            }
            Recipients::Editors | Recipients::Assigned => {
                self.for_editor(submission, mail, &answers, !block.is_empty())
            }
        });
        let closing = match to {
            Recipients::Campaigner => {
                let private = words(self.private(submission, &[]));
                self.templates.render("letters/closing.txt", &private)?
            }
            Recipients::Address
            | Recipients::NewAddress
            | Recipients::Editors
            | Recipients::Assigned => String::new(),
        };
        let part = |file: &str| {
            self.templates
                .render(&format!("letters/{}/{file}", mail.kind), &about)
        };
        let body = match &mail.words {
            Some(words) => words.clone(),
            None => part("body.txt")?,
        };
        let address = submission.history.get(mail.about);
        let address = address.and_then(|event| event.permalink.clone());
        Ok(Rendered {
            subject: part("subject.txt")?
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            body: body.trim().to_owned(),
            closing: closing.trim().to_owned(),
            block,
            lang: answers.language(),
            address: address.unwrap_or_default(),
            signature: self.signature()?,
        })
    }

    /// Who “we” are, and how to reach us.
    pub(super) fn signature(&self) -> Result<String, TemplateError> {
        #[derive(Serialize)]
        struct Words<'a> {
            site: &'a Site,
        }
        let words = Words { site: &self.site };
        let text = self.templates.render("letters/signature.txt", &words)?;
        Ok(text.trim().to_owned())
    }

    fn private<'a>(&self, submission: &Submission, also: &[(Uuid, u32)]) -> About<'a> {
        let url = |id, changed| {
            let key = self.keys.private_key(id, changed);
            format!("{}/mine/{id}/{key}", self.public_url)
        };
        About::Address {
            reference: submission.id.to_string(),
            private_url: url(submission.id, submission.link_changed),
            others: also
                .iter()
                .map(|(id, changed)| url(*id, *changed))
                .collect(),
        }
    }

    fn for_new_address<'a>(&self, submission: &Submission) -> About<'a> {
        let id = submission.id;
        let new = submission.new_address.as_ref();
        let key = new.map(|new| self.keys.address_key(id, &new.email, new.asked));
        About::NewAddress {
            reference: id.to_string(),
            confirm_url: format!(
                "{}/confirm-address/{id}/{}",
                self.public_url,
                key.unwrap_or_default()
            ),
        }
    }

    fn for_editor<'a>(
        &'a self,
        submission: &'a Submission,
        mail: &Mail,
        answers: &PublicAnswers,
        has_block: bool,
    ) -> About<'a> {
        About::Editor {
            title: answers.title(),
            by: answers.by(),
            has_block,
            note: gathered(submission, mail)
                .map(|event| event.note.as_str())
                .filter(|note| !note.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n"),
            revoked: gathered(submission, mail)
                .filter_map(|event| submission.consent.named(&event.purpose))
                .map(|agreement| agreement.wording.as_str())
                .collect::<Vec<_>>()
                .join("\n\n"),
            silence_agrees: submission.sign_off_state(answers.definition()) == SignOffState::Silent,
            is_ordered: submission.order.is_some(),
            desk_url: format!("{}/desk/{}", self.public_url, submission.id),
            aside_url: format!("{}/desk?stage=quarantined", self.public_url),
            assigned_by: match submission.history.get(mail.about).map(|event| &event.by) {
                Some(Actor::Editor(email)) => self.editor(email).map_or("", |it| &it.name),
                _ => "",
            },
            next_action: &submission.next_action,
            due: submission.due_on.map(day_in_words).unwrap_or_default(),
            alike: self.alike(submission),
        }
    }

    /// What it may be a duplicate of. What cannot be read just now is left to the desk.
    fn alike(&self, submission: &Submission) -> Vec<Alike> {
        let found = submission.duplicates.open().filter_map(|other| {
            let (title, received) = match other {
                Other::Submission(id) => {
                    let other = self.store.get(*id).ok()??;
                    let definition = self.forms.of(&other.form);
                    let received = other.received().to_zoned_datetime(TimeZone::UTC).date();
                    let title = definition.public(other.answers()).title();
                    (title, day_in_words(received))
                }
                Other::Post(path) => (path.clone(), String::new()),
            };
            Some(Alike {
                title,
                received,
                url: format!("{}{}", self.public_url, other.path_beside(submission.id)),
            })
        });
        found.collect()
    }

    /// What mail to an editor is about: the draft of what is new, or what a campaigner has changed.
    /// What is private stays on the desk.
    fn block(&self, submission: &Submission, mail: &Mail) -> String {
        let Some(event) = submission.history.get(mail.about) else {
            return String::new();
        };
        let last = gathered(submission, mail).last();
        let after = last.map_or(event.revision, |event| event.revision);
        let before = match mail.about.checked_sub(1) {
            Some(before) => submission.history[before].revision,
            None => return submission.draft.clone(),
        };
        let answers = |at: usize| submission.revisions.get(at).map(|it| &it.answers);
        match (answers(before), answers(after)) {
            (Some(before), Some(after)) if before != after => {
                let definition = self.forms.of(&submission.form);
                as_text(&definition.changes(before, after, Audience::Public))
            }
            _ => String::new(),
        }
    }

    /// The message as a page of HTML.
    pub(super) fn html(&self, rendered: &Rendered) -> Result<String, TemplateError> {
        #[derive(Serialize)]
        struct Html<'a> {
            subject: &'a str,
            paragraphs: Vec<Vec<Line<'a>>>,
            block: &'a str,
            lang: &'a str,
            signature: Vec<Vec<Line<'a>>>,
        }
        let mut paragraphs = self.paragraphs(&rendered.body, &rendered.address);
        paragraphs.extend(self.paragraphs(&rendered.closing, &rendered.address));
        let html = Html {
            subject: &rendered.subject,
            paragraphs,
            block: rendered.block.trim_end(),
            lang: &rendered.lang,
            signature: self.paragraphs(&rendered.signature, ""),
        };
        self.templates.render("letters/letter.html", &html)
    }

    /// The lines of each paragraph. A line is a link where it is an address of ours, that of the
    /// post, or the one to write to, and nothing else.
    fn paragraphs<'a>(&self, text: &'a str, post: &str) -> Vec<Vec<Line<'a>>> {
        let line = |text: &'a str| Line {
            text,
            href: match text {
                _ if is_own(text, &self.public_url) => text.to_owned(),
                _ if !text.is_empty() && text == post => text.to_owned(),
                _ if text == self.site.contact => format!("mailto:{text}"),
                _ => String::new(),
            },
        };
        text.split("\n\n")
            .map(str::trim)
            .filter(|paragraph| !paragraph.is_empty())
            .map(|paragraph| paragraph.lines().map(line).collect())
            .collect()
    }
}

/// A line of a message.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    /// Where it leads; empty where it is no link.
    href: String,
}

/// What mail to an editor tells of: what it was made for, and what the same person has done of the same
/// kind since.
fn gathered<'a>(submission: &'a Submission, mail: &Mail) -> impl Iterator<Item = &'a Event> {
    let events = submission.history.get(mail.about..).unwrap_or_default();
    let first = events.first();
    events.iter().filter(move |event| {
        first.is_some_and(|first| (first.action, &first.by) == (event.action, &event.by))
    })
}

fn for_campaigner<'a>(
    submission: &'a Submission,
    mail: &Mail,
    answers: &PublicAnswers<'a>,
    remind_after: Option<&Days>,
) -> About<'a> {
    // A reminder has the words of what it reminds of.
    let event = (submission.history.get(mail.about))
        .filter(|event| !event.is_reminder())
        .or_else(|| submission.changes_requested());
    let asked = event.filter(|event| event.action == Action::RequestChanges);
    let asked = asked.map(|event| event.at.to_zoned_datetime(TimeZone::UTC).date());
    let remind_on = asked
        .zip(remind_after)
        .map(|(asked, days)| days.after(asked));
    let definition = answers.definition();
    About::Campaigner {
        title: answers.title(),
        note: event.map_or("", |event| &event.note),
        remind_on: remind_on.map(day_in_words).unwrap_or_default(),
        address: event
            .and_then(|event| event.permalink.as_deref())
            .unwrap_or_default(),
        is_to_be_merged: event.is_some_and(|event| event.is_to_be_merged),
        is_off_as_asked: submission.is_off_as_asked(),
        is_lacking: submission.consent.is_lacking(),
        is_published: submission.stage == Stage::Published,
        is_to_agree: submission.sign_off_state(definition).holds_back(),
        answer_by: submission.answer_by().map(day_in_words).unwrap_or_default(),
        silence_agrees: (submission.sign_off.as_ref()).is_some_and(|it| it.silence_agrees),
        at_fields: definition
            .fields_of(By::Campaigner)
            .filter_map(|field| {
                Some(AtField {
                    label: &field.label,
                    text: event?.at_fields.get(&field.name)?,
                })
            })
            .collect(),
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
        // What mail programs know as the beginning of a signature (RFC 3676, section 4.3).
        text.push_str("\n\n-- \n");
        text.push_str(&self.signature);
        text.push('\n');
        text
    }
}

/// Whether the text is an address of ours and nothing else. What people type stands in mail to
/// editors too, so an address that only begins like ours must not become a link.
fn is_own(text: &str, public_url: &PublicUrl) -> bool {
    !text.contains(char::is_whitespace) && public_url.holds(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_our_own_origin_is_a_link() {
        let ours = PublicUrl::try_from("https://forms.example.org".to_owned()).unwrap();
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
            assert_eq!(is_own(text, &ours), own, "{text}");
        }
    }
}
