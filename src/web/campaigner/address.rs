//! The link that confirms a new email address. It was sent there, so whoever opens it reads that mailbox.
//! It does not lead to the private page: the address may have been mistyped, and be a stranger's.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    service::{Letter, Noted, Outcome, Service, note},
    store::StoreError,
    submission::{Action, Actor, Command, Effect, MailChoice, Stage, Submission},
    templates::TemplateError,
    web::{
        answer::{self, Answer, Page, html},
        errors::Error,
        links::tidy,
        origin::OwnForm,
        sender::sender,
    },
};

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Asks,
    Done,
    /// It was used, is too old, or another was asked for since.
    Old,
}

#[derive(Serialize)]
struct Confirm {
    state: State,
    reference: Uuid,
    /// Where the button leads.
    path: String,
}

fn render(service: &Service, id: Uuid, key: &str, state: State) -> Result<String, TemplateError> {
    let own = Confirm {
        state,
        reference: id,
        path: format!("/confirm-address/{id}/{key}"),
    };
    Page::new("confirm_address.html", "Confirm your email address")
        .wrong(state == State::Old)
        .render(service, &own)
}

/// The submission and key that the address names.
fn named(request: &HttpRequest) -> Result<(Uuid, String), Error> {
    let part = |name| request.match_info().get(name).ok_or(Error::NotFound);
    let id = part("id")?.parse().map_err(|_| Error::NotFound)?;
    Ok((id, tidy(part("key")?).to_owned()))
}

/// The submission whose new address the key confirms. What is too old and what never was look alike.
fn found(service: &Service, id: Uuid, key: &str) -> Result<Option<Submission>, StoreError> {
    let found = service.store.get(id)?;
    Ok(found.filter(|it| {
        it.new_address.as_ref().is_some_and(|new| {
            service.keys.is_address_key(id, &new.email, new.asked, key)
                && Timestamp::now() <= new.until()
        })
    }))
}

/// `GET /confirm-address/{id}/{key}`. It changes nothing, because mail programs open links by themselves.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
) -> Result<Answer, Error> {
    let (id, key) = named(&request)?;
    service
        .blocking(move |service| {
            let (status, state) = match found(service, id, &key)? {
                Some(_) => (StatusCode::OK, State::Asks),
                None => (StatusCode::NOT_FOUND, State::Old),
            };
            Ok(html(status, render(service, id, &key, state)?))
        })
        .await
}

/// `POST /confirm-address/{id}/{key}`.
pub(in crate::web) async fn confirm(
    service: Data<Service>,
    request: HttpRequest,
    OwnForm(_): OwnForm,
) -> Result<Answer, Error> {
    let (id, key) = named(&request)?;
    let looked_for = key.clone();
    let finding = service.blocking(move |service| Ok::<_, Error>(found(service, id, &looked_for)?));
    let Some(submission) = finding.await? else {
        return Ok(html(
            StatusCode::NOT_FOUND,
            render(&service, id, &key, State::Old)?,
        ));
    };
    let command = Command::new(Action::ConfirmAddress, Effect::Plain);
    let is_kept_back = submission.stage == Stage::Quarantined;
    let earlier = submission.contact.filter(|_| !is_kept_back);
    let (seen, by) = (Some(submission.version), Actor::Campaigner);
    let acting = service.act(id, seen, by, command, MailChoice::AsItIs);
    let outcome = acting.await?;
    let (status, state) = match &outcome {
        Outcome::Done(()) => {
            let sender = sender(&service, &request);
            let client = sender.client.clone();
            if let Some(earlier) = earlier {
                let to = earlier.email.clone();
                let asking = service.blocking(move |service| {
                    let now = Timestamp::now();
                    let may = service.may_write_to(&to, &sender, Letter::Other, now)?;
                    Ok::<_, Error>(may)
                });
                if asking.await? {
                    let service = service.clone();
                    actix_web::rt::spawn(async move {
                        service.outbox.tell_earlier_address(earlier.email, id).await;
                    });
                }
            }
            note(
                Noted::AddressChanged,
                "the campaigner",
                &client,
                &id.to_string(),
            );
            (StatusCode::OK, State::Done)
        }
        // Somebody was faster; the button can be pressed again.
        Outcome::Conflict => (answer::status(&outcome), State::Asks),
        _ => (answer::status(&outcome), State::Old),
    };
    Ok(html(status, render(&service, id, &key, state)?))
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    for state in [State::Asks, State::Done, State::Old] {
        render(service, sample.id, "sample", state)?;
    }
    Ok(())
}
