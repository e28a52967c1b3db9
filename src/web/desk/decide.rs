//! Decisions about one submission, and the page that shows the mail before it goes.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{
    submission,
    typed::{self, Typed},
};
use crate::{
    service::{Noted, Outcome, Service, Trial, note},
    submission::{Action, Command, Effect, Submission},
    templates::TemplateError,
    text::email::public_mail_address,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        errors::Error,
        links::Reference,
        session::{DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct DecidePage<'a> {
    editor: &'a str,
    token: &'a str,
    id: Uuid,
    version: u64,
    title: &'a str,
    heading: String,
    /// What the button says.
    button: &'static str,
    action: &'static str,
    subject: &'a str,
    body: &'a str,
    kept: Vec<(String, String)>,
}

/// `POST /desk/{id}`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let typed = Typed::of(&body);
    let Some(command) = typed::command(&body, &typed) else {
        let notice = Notice::bad("Nothing was changed", "Use one of the buttons.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return submission::again(&service, signed_in, id, status, notice, typed).await;
    };
    if let Effect::Address(email) = &command.effect
        && public_mail_address(email).is_err()
    {
        let notice = Notice::bad(
            "Enter an email address, as in ana@example.org",
            "Nothing was changed.",
        );
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return submission::again(&service, signed_in, id, status, notice, typed).await;
    }
    let seen = body.version();
    let action = command.action;
    let mut outcome = Outcome::Done(());
    if command.action.rule().shows_mail() && body.first("step") == "show" {
        match shown(&service, &signed_in, id, seen, &command, body.first("on")).await? {
            Outcome::Done(Some(page)) => return Ok(html(StatusCode::OK, page)),
            Outcome::Done(None) => {}
            not_possible => outcome = not_possible.map(|_| ()),
        }
    }
    if outcome.is_done() {
        let mail = typed::choice(&body);
        let on = body.first("on").parse().ok();
        let deciding = service.decide(id, seen, signed_in.actor(), command, mail, on);
        outcome = deciding.await?;
    }
    match outcome {
        Outcome::Done(()) => {
            if action == Action::CorrectAddress {
                let name = &signed_in.editor.name;
                note(Noted::AddressChanged, name, "", &id.to_string());
            }
            Ok(see_other(format!("/desk/{id}?done")))
        }
        Outcome::NotThere => Err(Error::NotFound),
        outcome => {
            let (status, notice) = (answer::status(&outcome), Notice::of(&outcome));
            submission::again(&service, signed_in, id, status, notice, typed).await
        }
    }
}

/// The page with the mail that a decision will send; `None` where it sends none.
async fn shown(
    service: &Data<Service>,
    signed_in: &SignedIn,
    id: Uuid,
    seen: Option<u64>,
    command: &Command,
    on: &str,
) -> Result<Outcome<Option<String>>, Error> {
    let (signed_in, command, on) = (signed_in.clone(), command.clone(), on.to_owned());
    service
        .blocking(move |service| {
            let by = signed_in.actor();
            let trial = match service.try_decision(id, seen, by, &command)? {
                Outcome::Done(trial) => trial,
                other => return Ok(other.map(|_| None)),
            };
            if trial.mail.is_none() && trial.submission.contact.is_some() {
                return Ok(Outcome::Done(None));
            }
            let version = seen.unwrap_or_default();
            let page = render(service, &signed_in, version, &command, &trial, &on)?;
            Ok(Outcome::Done(Some(page)))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    version: u64,
    command: &Command,
    trial: &Trial,
    on: &str,
) -> Result<String, TemplateError> {
    let button = command.action.rule().heading;
    let definition = service.forms.of(&trial.submission.form);
    let title = definition.title_of(trial.submission.answers());
    let heading = format!("{button}: “{title}”");
    let (subject, body) = match &trial.mail {
        Some(mail) => (mail.subject.as_str(), mail.body.as_str()),
        None => ("(none: the address is erased)", "(none)"),
    };
    let own = DecidePage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        id: trial.submission.id,
        version,
        title,
        heading: heading.clone(),
        button,
        action: command.action.name(),
        subject,
        body,
        kept: typed::kept(command, on),
    };
    Page::new("decide.html", &heading).render(service, &own)
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let trial = Trial {
        submission: sample.clone(),
        mail: None,
    };
    let command = Command::with_note(Action::Decline, "Sample");
    render(service, &SignedIn::sample(), 1, &command, &trial, "").map(drop)
}
