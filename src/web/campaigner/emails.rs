//! The mail to the campaigner as the private page lists it: what was really sent, when, and what did
//! not get through.

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    service::Service,
    submission::{Action, Event, Mail, MailState, Recipient, Submission, mail_rule},
};

/// The page lists the newest, so that its length has an end.
const MOST_LISTED: usize = 30;

/// One of them.
#[derive(Serialize)]
pub(super) struct EmailView {
    subject: String,
    state: String,
    /// Whether it was given up, and not sent again since.
    failed: bool,
}

/// The newest first. What was never to be sent is not among them.
pub(super) fn emails(service: &Service, submission: &Submission) -> Vec<EmailView> {
    let failed = submission.failed_mail();
    let own = submission.mail.iter().rev().filter(|mail| {
        !matches!(mail.to, Recipient::Editor(_)) && !matches!(mail.state, MailState::Dropped { .. })
    });
    own.take(MOST_LISTED)
        .map(|mail| {
            let failed = failed.contains(&mail.number);
            EmailView {
                subject: subject(service, submission, mail),
                state: state(service, submission, mail, failed),
                failed,
            }
        })
        .collect()
}

/// As it stands in the mailbox. The page is shown also where a template of mail does not fit.
fn subject(service: &Service, submission: &Submission, mail: &Mail) -> String {
    match service.outbox.render(submission, mail) {
        Ok(rendered) => rendered.subject,
        Err(_) => mail_rule(&mail.kind).map_or_else(|| mail.kind.clone(), |it| it.label.to_owned()),
    }
}

fn state(service: &Service, submission: &Submission, mail: &Mail, failed: bool) -> String {
    let day = |at: &Timestamp| {
        let at = at.to_zoned_datetime(service.blog.zone());
        at.strftime("%-d %B %Y, %H:%M").to_string()
    };
    match &mail.state {
        MailState::Sent { at } => format!("Sent on {}", day(at)),
        MailState::Pending { error: None, .. } => "On its way".to_owned(),
        MailState::Pending { .. } => {
            "On its way. It didn’t get through yet, and we’re trying again".to_owned()
        }
        MailState::Failed { .. } if !failed => "Couldn’t be delivered. Sent again since".to_owned(),
        MailState::Failed { .. } | MailState::Dropped { .. } => match address(submission, mail) {
            Some(email) => format!("Couldn’t be delivered to {}", shortened(email)),
            None => "Couldn’t be delivered".to_owned(),
        },
    }
}

fn address<'a>(submission: &'a Submission, mail: &Mail) -> Option<&'a str> {
    match &mail.to {
        Recipient::Campaigner => submission
            .contact
            .as_ref()
            .map(|contact| contact.email.as_str()),
        Recipient::NewAddress => submission
            .new_address
            .as_ref()
            .map(|new| new.email.as_str()),
        Recipient::Editor(_) => None,
    }
}

/// An address that its owner knows again, though not everybody who sees the page: `a…@example.org`.
pub(super) fn shortened(email: &str) -> String {
    let (name, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// How far the mail with the link has come.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LinkMail {
    None,
    OnItsWay,
    Sent,
}

impl LinkMail {
    /// What was sent before the link was changed last does not count.
    pub(super) fn of(submission: &Submission) -> Self {
        let is_change = |event: &Event| event.action == Action::ChangeLink;
        let since = submission.history.iter().rposition(is_change);
        let with_link = [Action::Submit, Action::AskForLink, Action::ChangeLink];
        let with_link = with_link.map(|action| action.rule().mail);
        let mut state = Self::None;
        for mail in &submission.mail {
            let mut kinds = with_link.iter().copied().flatten();
            let is_about_it = mail.to == Recipient::Campaigner
                && mail.about >= since.unwrap_or_default()
                && kinds.any(|rule| rule.kind == mail.kind);
            match mail.state {
                MailState::Sent { .. } if is_about_it => return Self::Sent,
                MailState::Pending { .. } if is_about_it => state = Self::OnItsWay,
                _ => {}
            }
        }
        state
    }
}

/// Whether something is to be said of the address itself. Else it is not shown, not even shortened:
/// others may have the link.
pub(super) fn is_about_the_address(submission: &Submission) -> bool {
    let corrects = [
        Action::AskNewAddress,
        Action::ConfirmAddress,
        Action::CorrectAddress,
    ];
    let mut history = submission.history.iter();
    !submission.failed_mail().is_empty() || history.any(|event| corrects.contains(&event.action))
}

/// Where emails are to go once that is confirmed.
#[derive(Serialize)]
pub(super) struct NewEmail {
    email: String,
    /// Until when it can be confirmed.
    until: String,
}

impl NewEmail {
    pub(super) fn of(service: &Service, submission: &Submission) -> Option<Self> {
        let new = submission.new_address.as_ref();
        let new = new.filter(|new| Timestamp::now() <= new.until())?;
        let until = new.until().to_zoned_datetime(service.blog.zone());
        Some(Self {
            email: shortened(&new.email),
            until: until.strftime("%-d %B %Y, %H:%M").to_string(),
        })
    }
}
