//! Decisions about one submission, and the page that shows the mail before it goes.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{
    submission,
    typed::{self, Typed},
};
use crate::{
    blog::Wish,
    service::{Decision, Outcome, Service, Trial},
    submission::{Action, Submission, Verb},
    templates::TemplateError,
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
    let Some(decision) = typed::decision(&body, &typed) else {
        let notice = Notice::bad("Nothing was changed", "Use one of the buttons.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return submission::again(&service, signed_in, id, status, notice, typed).await;
    };
    let seen = body.version();
    let writes = matches!(decision.verb().letter(), Some((_, false)));
    let mut outcome = Outcome::Done(());
    if writes && body.first("step") == "show" {
        match shown(&service, &signed_in, id, seen, &decision).await? {
            Outcome::Done(Some(page)) => return Ok(html(StatusCode::OK, page)),
            Outcome::Done(None) => {}
            not_possible => outcome = not_possible.map(|_| ()),
        }
    }
    if outcome.is_done() {
        let letter = typed::choice(&body);
        let deciding = service.decide(id, seen, signed_in.party(), decision, letter);
        outcome = deciding.await?;
    }
    match outcome {
        Outcome::Done(()) => Ok(see_other(format!("/desk/{id}?done"))),
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
    decision: &Decision,
) -> Result<Outcome<Option<String>>, Error> {
    let (signed_in, decision) = (signed_in.clone(), decision.clone());
    service
        .blocking(move |service| {
            let by = signed_in.party();
            let trial = match service.try_decision(id, seen, by, &decision)? {
                Outcome::Done(trial) => trial,
                other => return Ok(other.map(|_| None)),
            };
            if trial.mail.is_none() && trial.submission.contact.is_some() {
                return Ok(Outcome::Done(None));
            }
            let version = seen.unwrap_or_default();
            let page = render(service, &signed_in, version, &decision, &trial)?;
            Ok(Outcome::Done(Some(page)))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    version: u64,
    decision: &Decision,
    trial: &Trial,
) -> Result<String, TemplateError> {
    let verb = decision.verb();
    let title = &trial.submission.case_study().title;
    let heading = heading(verb, title);
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
        button: button(verb),
        action: verb.name(),
        subject,
        body,
        kept: kept(decision),
    };
    Page::new("decide.html", &heading).render(service, &own)
}

fn heading(verb: Verb, title: &str) -> String {
    match verb {
        Verb::Approve => format!("Approve “{title}”"),
        Verb::RequestChanges => format!("Ask for changes to “{title}”"),
        Verb::Decline => format!("Decline “{title}”"),
        Verb::Publish => format!("Publish “{title}”"),
        Verb::TakeDown => format!("Take “{title}” off the blog"),
        _ => format!("Withdraw the decision about “{title}”"),
    }
}

fn button(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "Approve",
        Verb::RequestChanges => "Ask for changes",
        Verb::Decline => "Decline",
        Verb::Publish => "Publish",
        Verb::TakeDown => "Take off the blog",
        _ => "Withdraw the decision",
    }
}

/// The words of the decision, to be sent on with it.
fn kept(decision: &Decision) -> Vec<(String, String)> {
    match decision {
        Decision::Act(Action::RequestChanges { note, at_fields }) => {
            let mut kept = vec![("note".to_owned(), note.clone())];
            kept.extend(
                at_fields
                    .iter()
                    .map(|(name, text)| (format!("note_{name}"), text.clone())),
            );
            kept
        }
        Decision::Act(Action::Decline { words }) | Decision::Blog(Wish::TakeDown { words }) => {
            vec![("note".to_owned(), words.clone())]
        }
        _ => Vec::new(),
    }
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let trial = Trial {
        submission: sample.clone(),
        mail: None,
    };
    let words = "Sample".to_owned();
    let decision = Decision::Act(Action::Decline { words });
    render(service, &SignedIn::sample(), 1, &decision, &trial).map(drop)
}
