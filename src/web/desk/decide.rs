//! Decisions about one submission, and the page that shows the mail before it goes.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{
    list::List,
    submission,
    typed::{self, Typed},
};
use crate::{
    service::{Noted, Outcome, Service, Trial, fingerprint, marks, note},
    submission::{Action, Command, Effect, Plan, Submission},
    templates::TemplateError,
    text::email::public_mail_address,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        body::FormBody,
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
    /// Whether the next one is shown afterwards.
    goes_on: bool,
    /// Whether the campaigner is asked to agree, and the changes that the email shows.
    asks: bool,
    block: &'a str,
    subject: &'a str,
    body: &'a str,
    /// The fingerprint of the mail as it was offered, so that one that was changed is not lost.
    offered: String,
    kept: Vec<(String, String)>,
}

/// What the page says where words were typed that the button does not take.
/// What the page says where an update cannot be taken as it is.
/// `POST /desk/{id}`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let typed = Typed::of(&body);
    if body.has("back") {
        return submission::again(&service, signed_in, id, StatusCode::OK, None, typed).await;
    }
    let mut command = match judged(&service, &body, &typed) {
        Ok(command) => command,
        Err(notice) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return submission::again(&service, signed_in, id, status, Some(notice), typed).await;
        }
    };
    if command.action == Action::ApproveAddendum {
        let (heading, text) = typed.addendum.clone().unwrap_or_default();
        let judging = service.blocking(move |service| {
            let found = service.store.get(id)?.ok_or(Error::NotFound)?;
            let definition = service.forms.of(&found.form);
            let vocabulary = service.blog.vocabulary();
            Ok::<_, Error>(definition.parse_addendum(&heading, &text, &vocabulary).ok())
        });
        let Some(entry) = judging.await? else {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let notice = Some(Notice::UPDATE_NOT_APPROVED);
            return submission::again(&service, signed_in, id, status, notice, typed).await;
        };
        command.effect = Effect::Addendum(Box::new(entry));
    }
    if let Effect::Assign(plan) = &command.effect {
        let editor = plan.editor.as_deref();
        command.note = editor
            .map_or("Nobody", |email| service.editor_name(email))
            .to_owned();
    }
    if command.action == Action::LookedAt {
        let looking = service.blocking(move |service| {
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let definition = service.forms.of(&submission.form);
            let questions = service.may_harm_in(&definition, &submission);
            Ok::<_, Error>(marks(&submission, &questions))
        });
        command.effect = Effect::LookedAt(looking.await?);
    }
    let seen = body.version();
    let action = command.action;
    let goes_on = typed::goes_on(&body);
    let has_words = !typed.note.is_empty() || !typed.mail.is_empty();
    let mut outcome = Outcome::Done(());
    if action.rule().shows_mail() && body.first("step") == "show" && (has_words || !goes_on) {
        let wish = Wish {
            command: command.clone(),
            seen,
            goes_on,
            on: body.first("on").to_owned(),
            list: typed.list.clone(),
            // What was changed of the mail before, if it is for the same decision.
            letter: match typed.mail_for == action.name() {
                true => typed.mail.clone(),
                false => String::new(),
            },
        };
        match shown(&service, &signed_in, id, wish).await? {
            Outcome::Done(Some(page)) => return Ok(html(StatusCode::OK, page)),
            Outcome::Done(None) => {}
            not_possible => outcome = not_possible.map(|_| ()),
        }
    }
    let list = List::parse(&service, &typed.list, &signed_in);
    let mut next = None;
    if goes_on && outcome.is_done() {
        let list = list.clone();
        let looking = service.blocking(move |service| {
            let place = list.place(service, id)?;
            Ok::<_, Error>(list.next(service, id, place.as_ref())?)
        });
        next = looking.await?;
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
            let mut query = list.query();
            if !query.is_empty() {
                query.push('&');
            }
            Ok(see_other(match next {
                Some(next) => format!("/desk/{next}?{query}did={id}"),
                None => format!("/desk/{id}?{query}done"),
            }))
        }
        Outcome::NotThere => Err(Error::NotFound),
        outcome => {
            let (status, notice) = (answer::status(&outcome), Notice::of(&outcome));
            submission::again(&service, signed_in, id, status, Some(notice), typed).await
        }
    }
}

/// The command that was asked for, or why it is none.
fn judged(service: &Service, body: &FormBody, typed: &Typed) -> Result<Command, Notice> {
    let command = typed::command(body, typed).ok_or(Notice::NO_BUTTON)?;
    match &command.effect {
        Effect::Address(email) if public_mail_address(email).is_err() => Err(Notice::NO_ADDRESS),
        Effect::Assign(plan) if !typed.due_on.is_empty() && plan.is_without_day() => {
            Err(Notice::NO_DAY)
        }
        Effect::Assign(Plan {
            editor: Some(email),
            ..
        }) if service.editor(email).is_none() => Err(Notice::NO_BUTTON),
        _ if body.first("step") == "show" && typed.is_left_out_by(&command) => {
            Err(Notice::WORDS_LEFT_OUT)
        }
        _ => Ok(command),
    }
}

/// What an editor wants done, with what the page brings along that shows the mail first.
struct Wish {
    command: Command,
    /// The version that the editor saw.
    seen: Option<u64>,
    /// Whether the next one is shown afterwards.
    goes_on: bool,
    on: String,
    list: String,
    /// The mail as the editor has changed it before; empty where they have not.
    letter: String,
}

/// The page with the mail that a decision will send; `None` where it sends none.
async fn shown(
    service: &Data<Service>,
    signed_in: &SignedIn,
    id: Uuid,
    wish: Wish,
) -> Result<Outcome<Option<String>>, Error> {
    let signed_in = signed_in.clone();
    service
        .blocking(move |service| {
            let by = signed_in.actor();
            let trial = match service.try_decision(id, wish.seen, by, &wish.command)? {
                Outcome::Done(trial) => trial,
                other => return Ok(other.map(|_| None)),
            };
            if trial.mail.is_none() && trial.submission.contact.is_some() {
                return Ok(Outcome::Done(None));
            }
            let page = render(service, &signed_in, &wish, &trial)?;
            Ok(Outcome::Done(Some(page)))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    wish: &Wish,
    trial: &Trial,
) -> Result<String, TemplateError> {
    let command = &wish.command;
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
        version: wish.seen.unwrap_or_default(),
        title,
        heading: heading.clone(),
        button,
        action: command.action.name(),
        goes_on: wish.goes_on,
        asks: trial.submission.sign_off.is_some(),
        block: (trial.mail.as_ref()).map_or("", |mail| mail.block.as_str()),
        subject,
        body: match wish.letter.as_str() {
            "" => body,
            letter => letter,
        },
        offered: fingerprint(body.trim()),
        kept: typed::kept(command, &wish.on, &wish.list),
    };
    Page::new("decide.html", &heading).render(service, &own)
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let trial = Trial {
        submission: sample.clone(),
        mail: None,
    };
    let wish = Wish {
        command: Command::with_note(Action::Decline, "Sample"),
        seen: Some(1),
        goes_on: false,
        on: String::new(),
        list: String::new(),
        letter: String::new(),
    };
    render(service, &SignedIn::sample(), &wish, &trial).map(drop)
}
