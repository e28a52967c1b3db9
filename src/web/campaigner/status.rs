//! The campaigner's private page: how far the submission has come, the post, and what can be done.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    addendum,
    agreed::{AgreementView, TakeDownView, agreements, take_downs},
    changes::{Changes, ChangesView},
    edit,
    emails::{EmailView, LinkMail, NewEmail, emails, is_about_the_address, shortened},
    form::From,
    saved,
    words::{erased_words, stage_words},
};
use crate::{
    form::{Audience, By, Door},
    post::Preview,
    service::{Known, Letter, Noted, Outcome, Service, note},
    submission::{
        Action, Actor, Agreement, Command, Effect, MailChoice, SignOffState, Stage, Submission,
    },
    templates::TemplateError,
    text::{
        clean::{clean, clean_line},
        differences::Change,
        email::public_mail_address,
    },
    web::{
        agreed::Responsible,
        answer::{self, Answer, Notice, Page, html, see_other},
        errors::Error,
        links::PrivateLink,
        origin::OwnForm,
        sender::{remember, sender},
    },
};

#[derive(Serialize)]
struct Status<'a> {
    notice: Option<Notice>,
    link: String,
    reference: String,
    version: u64,
    noun: &'a str,
    stage: String,
    next: String,
    /// Whether nothing is left but the post; then the page says so and offers nothing else.
    erased: bool,
    /// Where it is on the blog.
    address: &'a str,
    received: String,
    asked: Option<Asked<'a>>,
    /// Changes that were saved and not sent.
    saved: Option<ChangesView>,
    post: Preview,
    edited: bool,
    changes: Vec<Change>,
    /// The update that waits for an editor.
    addendum: &'a str,
    /// What became of the last one; empty where none was decided.
    addendum_decided: &'static str,
    /// Whether nothing is published before they have agreed to the changes, or a time has passed.
    signs_off: bool,
    /// The requests to take it off the blog that wait, or what became of the last one.
    take_downs: Vec<TakeDownView<'a>>,
    /// What was agreed to.
    agreements: Vec<AgreementView<'a>>,
    /// Who answers for it, where the form says it.
    responsible: Responsible<'a>,
    /// Where emails go, and where they are to go once that is confirmed.
    email: String,
    new_email: Option<NewEmail>,
    /// The mail to the campaigner, the newest first.
    emails: Vec<EmailView>,
    link_mail: LinkMail,
    /// Whether nothing more will be done, so that the day comes on which personal data are erased.
    is_end: bool,
    /// Whether another can be sent.
    is_open: bool,
    can: Can,
    /// What was typed and not taken.
    typed: &'a Typed,
    /// The same words, where the form they were typed in is not on the page any more.
    without_a_place: &'a str,
}

#[derive(Serialize)]
struct Asked<'a> {
    note: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

#[derive(Serialize)]
struct Can {
    correct: bool,
    /// Whether there is an edit page.
    edit: bool,
    accept: bool,
    add_addendum: bool,
    suggest: bool,
    message: bool,
    withdraw: bool,
    undo_withdraw: bool,
    ask_take_down: bool,
    ask_new_address: bool,
    change_link: bool,
    erase: bool,
}

/// What was typed on the page and was not taken. It comes back in the form that it was typed in, which
/// is then open.
#[derive(Debug, Default, Serialize)]
pub(super) struct Typed {
    /// The button that was used; empty where there is no such button.
    action: &'static str,
    note: String,
    /// The purpose that is to be taken back.
    purpose: String,
}

/// `GET /mine/{id}/{key}`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    link: PrivateLink,
) -> Result<HttpResponse, Error> {
    let id = link.id;
    if link.is_untidy {
        return Ok(see_other(service.private_path(id, link.changed)).into_response());
    }
    let asked = request.query_string().to_owned();
    let (page, is_to_be_known) = service
        .blocking(move |service| {
            let submission = match link.submission(service) {
                Err(Error::NotFound) => return Ok((saved::page(service, link, &asked)?, false)),
                found => found?,
            };
            let notice = match asked.as_str() {
                "done" => done(&submission),
                "deleted" => Some(Notice::CHANGES_DELETED),
                _ => None,
            };
            let page = render(service, &submission, notice, &Typed::default())?;
            Ok::<_, Error>((html(StatusCode::OK, page), submission.makes_known()))
        })
        .await?;
    let mut answer = page.into_response();
    let cookie = is_to_be_known.then(|| remember(&service, &request, &Known::LinkHolder(id)));
    if let Some(cookie) = cookie.flatten() {
        answer.add_cookie(&cookie).map_err(std::io::Error::other)?;
    }
    Ok(answer)
}

/// `POST /mine/{id}/{key}`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    request: HttpRequest,
    link: PrivateLink,
    OwnForm(body): OwnForm,
) -> Result<Answer, Error> {
    let is_saved = service
        .blocking(move |service| match link.submission(service) {
            Err(Error::NotFound) => Ok(true),
            found => found.map(|_| false),
        })
        .await?;
    if is_saved {
        let from = From::of(&service, &request);
        let acting =
            service.blocking(
                move |service| match saved::act(service, link, &body, from) {
                    Err(Error::NotFound) => saved::nowhere(service, &body),
                    acted => acted,
                },
            );
        return acting.await;
    }
    if body.has("revision") && !body.has("version") {
        // From a page of the saved form that this was.
        let from = From::of(&service, &request);
        return service
            .blocking(move |service| saved::elsewhere(service, link, &body, from))
            .await;
    }
    let sender = sender(&service, &request);
    let client = sender.client.clone();
    let is_address = body.first("action") == Action::AskNewAddress.name();
    let note_typed = clean(body.first(if is_address { "email" } else { "note" }));
    let own = [
        Action::Accept,
        Action::Suggest,
        Action::Message,
        Action::Withdraw,
        Action::UndoWithdraw,
        Action::AskTakeDown,
        Action::RevokeConsent,
        Action::AddAddendum,
        Action::AskNewAddress,
        Action::ChangeLink,
        Action::Erase,
    ];
    let action = body.first("action").parse().ok();
    let action = action.filter(|action| own.contains(action));
    let typed = Typed {
        action: action.map_or("", Action::name),
        note: note_typed.clone(),
        purpose: clean_line(body.first("purpose")),
    };
    let command = match action {
        Some(Action::Erase) if body.first("sure") != "yes" => Err(Notice::bad(
            "Nothing was erased",
            "Tick the box if you are sure.",
        )),
        Some(Action::AskNewAddress) => match public_mail_address(note_typed.trim()) {
            Ok(email) => Ok(Command::new(Action::AskNewAddress, Effect::Address(email))),
            Err(_) => Err(Notice::bad(
                "Enter an email address, as in ana@example.org",
                "Nothing was changed.",
            )),
        },
        Some(action) => Ok(Command::with_note(action, note_typed)),
        None => Err(Notice::bad(
            "Nothing was changed",
            "Use one of the buttons.",
        )),
    };
    let id = link.id;
    let (status, notice) = match command {
        Err(notice) => (StatusCode::UNPROCESSABLE_ENTITY, notice),
        Ok(command) => {
            let found = service.blocking(move |service| link.submission(service));
            let found = found.await?;
            let command = match command.action {
                Action::RevokeConsent => found.revoking(&typed.purpose, command.note),
                _ => command,
            };
            let command = match command.action {
                Action::AddAddendum => {
                    let (form, text) = (found.form.clone(), command.note.clone());
                    let judging = service.blocking(move |service| {
                        Ok::<_, Error>(addendum::judged(service, &form, &text))
                    });
                    match judging.await? {
                        Some(command) => command,
                        None => {
                            let status = StatusCode::UNPROCESSABLE_ENTITY;
                            return again(&service, link, status, addendum::NOT_TAKEN, typed).await;
                        }
                    }
                }
                _ => command,
            };
            let leads_to = PrivateLink {
                changed: match command.action {
                    Action::ChangeLink => found.link_changed + 1,
                    _ => link.changed,
                },
                ..link
            };
            let done = command.action;
            let address = found.contact.map(|it| it.email);
            let to_write = address.clone();
            // Whoever holds the link may be a stranger who has typed somebody's address.
            let writes = [Action::Withdraw, Action::ChangeLink, Action::Erase];
            let (to, letter) = match &command.effect {
                Effect::Address(email) => (Some(email.clone()), Letter::ToTyped),
                _ => {
                    let to = to_write.filter(|_| writes.contains(&command.action));
                    (to, Letter::Other)
                }
            };
            let may_write = match to {
                Some(email) if found.stage != Stage::Quarantined => {
                    let asking = service.blocking(move |service| {
                        let now = Timestamp::now();
                        let may = service.may_write_to(&email, &sender, letter, now)?;
                        Ok::<_, Error>(may)
                    });
                    asking.await?
                }
                Some(_) => false,
                None => true,
            };
            if !may_write && matches!(command.effect, Effect::Address(_)) {
                let notice = Notice::bad(
                    "We can’t send another email to that address now",
                    "Nothing was changed. Try again tomorrow.",
                );
                return again(&service, link, StatusCode::TOO_MANY_REQUESTS, notice, typed).await;
            }
            let address = address.filter(|_| may_write);
            let mail = match may_write {
                true => MailChoice::AsItIs,
                false => MailChoice::ToEditors,
            };
            let seen = body.version();
            let acting = service.act(id, seen, Actor::Campaigner, command, mail);
            match acting.await? {
                Outcome::Done(()) => {
                    let about = id.to_string();
                    match done {
                        Action::Erase => note(Noted::Erased, "the campaigner", &client, &about),
                        Action::ChangeLink => {
                            note(Noted::LinkChanged, "the campaigner", &client, &about);
                        }
                        _ => {}
                    }
                    if let (Action::Erase, Some(address)) = (done, address) {
                        let service = service.clone();
                        actix_web::rt::spawn(async move {
                            service.outbox.tell_of_erasure(address, id).await;
                        });
                    }
                    return Ok(to_done(&service, &leads_to));
                }
                Outcome::NotThere => return Err(Error::NotFound),
                outcome => (answer::status(&outcome), Notice::of(&outcome)),
            }
        }
    };
    again(&service, link, status, notice, typed).await
}

/// The page after something was not done, with what was typed.
async fn again(
    service: &Data<Service>,
    link: PrivateLink,
    status: StatusCode,
    notice: Notice,
    typed: Typed,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = link.submission(service)?;
            let page = render(service, &submission, Some(notice), &typed)?;
            Ok(match status {
                // What counts by the day can be done tomorrow.
                StatusCode::TOO_MANY_REQUESTS => {
                    Answer::Later(SignedDuration::from_hours(24), page)
                }
                _ => html(status, page),
            })
        })
        .await
}

/// To the private page, which then says what was done.
pub(super) fn to_done(service: &Service, link: &PrivateLink) -> Answer {
    let path = service.private_path(link.id, link.changed);
    see_other(format!("{path}?done"))
}

/// What the campaigner has just done; nothing where that was not done on this page, as where the link was
/// asked for again.
fn done(submission: &Submission) -> Option<Notice> {
    let mut events = submission.history.iter().rev();
    let last = events.find(|event| event.by == Actor::Campaigner)?;
    let done = last.action.rule().done;
    (!done.is_empty()).then_some(Notice::good(done, ""))
}

/// The private page, as it stands now.
pub(super) fn render(
    service: &Service,
    submission: &Submission,
    notice: Option<Notice>,
    typed: &Typed,
) -> Result<String, Error> {
    let saved = Changes::on_private_page(service, submission)?;
    Ok(with_changes(service, submission, notice, typed, saved)?)
}

fn with_changes(
    service: &Service,
    submission: &Submission,
    notice: Option<Notice>,
    typed: &Typed,
    saved: Option<ChangesView>,
) -> Result<String, TemplateError> {
    let definition = service.forms.of(&submission.form);
    let noun = &definition.noun;
    let opening = service.store.opening(&definition);
    let is_open = opening.at(Timestamp::now()) == Door::Open && !definition.is_gone();
    let (stage, next) = match submission.contact {
        Some(_) => {
            let remind_on = service.reminder_day(submission, Timestamp::now());
            let reply_within = &service.config.reply_within;
            stage_words(submission, &definition, reply_within, is_open, remind_on)
        }
        None => erased_words(service, submission, noun),
    };
    let published = submission.publication.as_ref();
    // What waits on a branch is not on the blog yet.
    let published = published.filter(|_| submission.stage == Stage::Published);
    let can = |action| submission.offers(action, &Actor::Campaigner);
    let sent = submission
        .revisions
        .iter()
        .rev()
        .find(|revision| revision.by == Actor::Campaigner);
    let sign_off = submission.sign_off_state(&definition);
    let is_to_agree = match submission.stage {
        // Nobody is asked yet, and an editor may still be at it.
        _ if sign_off == SignOffState::ToAsk => false,
        Stage::Published => sign_off != SignOffState::NotNeeded,
        _ => submission.asks_to_agree(&definition),
    };
    let changes = match sign_off {
        SignOffState::NotNeeded => sent.map_or_else(Vec::new, |sent| {
            definition.changes(&sent.answers, submission.answers(), Audience::Public)
        }),
        _ => submission.changes_to_agree(&definition, submission.history.len()),
    };
    let own = Status {
        notice,
        link: service.private_path(submission.id, submission.link_changed),
        reference: submission.id.to_string(),
        version: submission.version,
        noun,
        stage,
        next,
        erased: submission.contact.is_none(),
        address: published.map_or("", |published| published.permalink.as_str()),
        received: submission.received().strftime("%-d %B %Y").to_string(),
        asked: submission.changes_requested().map(|event| Asked {
            note: &event.note,
            fields: definition
                .fields_of(By::Campaigner)
                .filter_map(|field| {
                    let words = event.at_fields.get(&field.name)?;
                    Some((field.label.as_str(), words.as_str()))
                })
                .collect(),
        }),
        saved,
        post: service.preview(
            &definition,
            submission,
            &service.private_path(submission.id, submission.link_changed),
        ),
        take_downs: take_downs(service, submission),
        agreements: agreements(service, &definition, submission),
        responsible: Responsible::of(&definition.consent),
        edited: !changes.is_empty(),
        addendum: submission.addendum().map_or("", |event| &event.note),
        addendum_decided: addendum::decided(submission),
        signs_off: sign_off != SignOffState::NotNeeded,
        changes,
        email: submission
            .contact
            .as_ref()
            .filter(|_| is_about_the_address(submission))
            .map_or_else(String::new, |contact| shortened(&contact.email)),
        new_email: NewEmail::of(service, submission),
        emails: match submission.contact {
            Some(_) => emails(service, submission),
            None => Vec::new(),
        },
        link_mail: LinkMail::of(submission),
        is_end: submission.stage.is_end(),
        is_open,
        can: Can {
            correct: can(Action::Correct),
            edit: !definition.is_gone() && edit::action(submission).is_some(),
            accept: can(Action::Accept) && is_to_agree,
            add_addendum: can(Action::AddAddendum) && !definition.follow_up.is_empty(),
            suggest: can(Action::Suggest),
            message: can(Action::Message),
            withdraw: can(Action::Withdraw),
            undo_withdraw: can(Action::UndoWithdraw),
            ask_take_down: can(Action::AskTakeDown),
            ask_new_address: can(Action::AskNewAddress),
            change_link: can(Action::ChangeLink),
            erase: submission.contact.is_some() && can(Action::Erase),
        },
        without_a_place: match typed.action.parse() {
            Ok(Action::RevokeConsent)
                if !(submission.consent.named(&typed.purpose)).is_some_and(Agreement::holds) =>
            {
                &typed.note
            }
            Ok(action) if can(action) => "",
            _ => &typed.note,
        },
        typed,
    };
    let title = format!("Your {noun}");
    Page::new("mine.html", &title)
        .about(&definition)
        .wrong(notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let typed = Typed::default();
    let saved = Some(ChangesView::sample());
    with_changes(service, sample, None, &typed, saved)?;
    with_changes(service, sample, Some(Notice::SENT_BEFORE), &typed, None).map(drop)
}
