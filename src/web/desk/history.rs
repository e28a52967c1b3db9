//! History and mail of a submission in the words of the desk.

use serde::Serialize;
use uuid::Uuid;

use super::words::{by, moment};
use crate::{
    form::Definition,
    service::Service,
    submission::{
        ASKS_TO_AGREE, Action, Actor, Event, Mail, MailState, Mailing, Recipient, Submission,
        mail_rule,
    },
    text::capitalised,
    web::session::SignedIn,
};

#[derive(Serialize)]
pub(super) struct HistoryLine {
    text: String,
    words: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct MailView {
    number: u32,
    kind: String,
    to: String,
    state: String,
    failed: bool,
    again: bool,
}

/// One event.
pub(super) fn history_line(
    service: &Service,
    definition: &Definition,
    submission: &Submission,
    event: &Event,
) -> HistoryLine {
    let mut words = vec![event.note.clone()];
    if submission.addendum() == Some(event) {
        // It stands at the top of the page.
        words.clear();
    }
    for (name, text) in &event.at_fields {
        let field = definition.field(name);
        let label = field.map_or(name.as_str(), |field| field.label.as_str());
        words.push(format!("{label}: {text}"));
    }
    let agreement = submission.consent.named(&event.purpose);
    words.extend(agreement.map(|it| it.wording.clone()));
    // What cannot be read just now is left out.
    let other = event.other.as_ref();
    words.extend(other.and_then(|other| service.title_of(other).ok()));
    words.extend(event.permalink.clone());
    words.retain(|text| !text.is_empty());
    let did = match event.action {
        Action::Publish if event.is_again => "published the changes",
        Action::Unpublish if event.is_to_be_merged => {
            "took it off the blog, where it goes once its branch is merged,"
        }
        action => action.rule().did,
    };
    let who = capitalised(match &event.by {
        Actor::Campaigner => "the campaigner",
        actor => by(service, actor),
    });
    let colon = if words.is_empty() { "." } else { ":" };
    HistoryLine {
        text: format!("{who} {did} on {}{colon}", moment(service, event.at)),
        words,
    }
}

/// One mail.
pub(super) fn mail_view(service: &Service, submission: &Submission, mail: &Mail) -> MailView {
    let state = match &mail.state {
        MailState::Sent { at } => format!("sent on {}", moment(service, *at)),
        MailState::Dropped { .. } if submission.contact.is_none() => {
            "not sent: the address is erased".to_owned()
        }
        MailState::Dropped { .. } if is_reminder(submission, mail) => {
            "not sent: nobody waited for it any more".to_owned()
        }
        MailState::Dropped { .. } if is_aside(submission, mail) => {
            "not sent: it looked like spam".to_owned()
        }
        MailState::Dropped { .. } if mail.to == Recipient::NewAddress => {
            "not sent: another address was asked for".to_owned()
        }
        MailState::Dropped { .. } if mail.kind == ASKS_TO_AGREE => {
            "not sent: it wasn’t needed any more".to_owned()
        }
        MailState::Dropped { .. } => "not sent: no longer an editor".to_owned(),
        MailState::Failed { error, .. } => format!("couldn’t be sent: {error}"),
        MailState::Pending { error: None, .. } => "about to be sent".to_owned(),
        MailState::Pending {
            error: Some(error),
            next,
            ..
        } => format!(
            "not sent yet ({error}); next try on {}",
            moment(service, *next)
        ),
    };
    let to = recipient(service, &mail.to);
    let reachable = submission.has_recipient(&mail.to);
    MailView {
        number: mail.number,
        kind: kind(mail),
        to: to.to_owned(),
        state,
        failed: matches!(mail.state, MailState::Failed { .. }),
        again: reachable && !matches!(mail.state, MailState::Pending { error: None, .. }),
    }
}

/// What the desk calls a mail.
fn kind(mail: &Mail) -> String {
    mail_rule(&mail.kind).map_or_else(|| mail.kind.clone(), |rule| rule.label.to_owned())
}

/// Whom mail is for.
fn recipient<'a>(service: &'a Service, to: &'a Recipient) -> &'a str {
    match to {
        Recipient::Campaigner => "the campaigner",
        Recipient::NewAddress => "the campaigner’s new address",
        Recipient::Editor(email) => service.editor_name(email),
    }
}

/// Whether it was to remind somebody.
fn is_reminder(submission: &Submission, mail: &Mail) -> bool {
    let event = submission.history.get(mail.about);
    event.is_some_and(Event::is_reminder)
}

/// Whether it was put aside after this mail was made.
fn is_aside(submission: &Submission, mail: &Mail) -> bool {
    let later = submission.history.iter().skip(mail.about + 1);
    later
        .into_iter()
        .any(|event| event.action == Action::PutAside)
}

/// What this editor has just done, and what was sent for it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Done {
    heading: &'static str,
    /// The other submission that it was done to.
    to: Option<Uuid>,
    title: String,
    /// Whether mail to the campaigner is on its way.
    is_told: bool,
    /// Kind of each mail, and to whom.
    sent: Vec<(String, String)>,
    /// Whether it is to be said that no mail was sent.
    is_quiet: bool,
    /// The editor who was given it and sees that in the mail of the day.
    later: String,
}

impl Done {
    /// To the submission that the page shows.
    pub(super) fn of(service: &Service, submission: &Submission, signed_in: &SignedIn) -> Self {
        let editor = &signed_in.editor.email;
        let last = submission.history.last();
        let is_own = |event: &&Event| matches!(&event.by, Actor::Editor(email) if email == editor);
        let heading = last
            .filter(is_own)
            .map_or("Done", |event| event.action.rule().done);
        let about = submission.history.len().saturating_sub(1);
        let went: Vec<&Mail> = submission
            .mail
            .iter()
            .filter(|mail| {
                mail.about == about
                    && !matches!(
                        mail.state,
                        MailState::Dropped { .. } | MailState::Failed { .. }
                    )
            })
            .collect();
        let sent = went.iter().map(|mail| {
            let to = match (&mail.to, &submission.contact) {
                (Recipient::Campaigner, Some(contact)) if contact.name.is_empty() => {
                    contact.email.clone()
                }
                (Recipient::Campaigner, Some(contact)) => {
                    format!("{}, {}", contact.name, contact.email)
                }
                _ => recipient(service, &mail.to).to_owned(),
            };
            (kind(mail), to)
        });
        let is_assigned = last.is_some_and(|event| event.action == Action::Assign);
        let given_to = (submission.assigned.as_ref())
            .filter(|given_to| is_assigned && *given_to != editor)
            .and_then(|given_to| service.editor(given_to))
            .filter(|given_to| given_to.mail == Mailing::Digest);
        Self {
            heading,
            to: None,
            title: String::new(),
            is_told: went.iter().any(|mail| mail.to == Recipient::Campaigner),
            sent: sent.collect(),
            // Where the heading is about mail, that is said already.
            is_quiet: went.is_empty() && !heading.contains("mail"),
            later: given_to.map_or_else(String::new, |given_to| given_to.name.clone()),
        }
    }

    /// To another one than the page shows.
    pub(super) fn to_another(
        service: &Service,
        submission: &Submission,
        signed_in: &SignedIn,
    ) -> Self {
        let definition = service.forms.of(&submission.form);
        Self {
            to: Some(submission.id),
            title: definition.title_of(submission.answers()).to_owned(),
            ..Self::of(service, submission, signed_in)
        }
    }
}
