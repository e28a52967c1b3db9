//! Decisions about several submissions at once.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::list::List;
use crate::{
    service::{Outcome, Service, ServiceError, Tally},
    store::Summary,
    submission::{Action, Command, Effect, MailChoice, Submission},
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html, see_other},
        body::FormBody,
        errors::Error,
        session::{DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct BulkPage<'a> {
    editor: &'a str,
    token: &'a str,
    picked: &'a [Picked],
    left: usize,
    /// The list that they were selected in.
    list: String,
    /// Whether a campaigner is emailed.
    has_mail: bool,
    action: &'static str,
    does: &'static str,
    done: &'static str,
}

#[derive(Serialize)]
struct Picked {
    id: Uuid,
    version: u64,
    title: String,
    subject: String,
    body: String,
}

/// How many can be decided at once by “all that match”.
pub(super) const MOST_AT_ONCE: usize = 200;

/// `POST /desk`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    signed_in: SignedIn,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let list = List::parse(&service, body.first("list"), &signed_in);
    let mut query = list.query();
    if !query.is_empty() {
        query.insert(0, '&');
    }
    let action = match body.first("action").parse() {
        Ok(action @ (Action::Approve | Action::TakeIn | Action::DeclineAsSpam)) => action,
        Ok(Action::SendAgain) => {
            let by = signed_in.actor();
            let sending = service.blocking(move |service| service.send_failed_again(&by));
            let Tally { done, left } = sending.await?;
            return Ok(see_other(format!(
                "/desk?done={done}-{left}&action=send_again{query}"
            )));
        }
        Ok(Action::Publish) if service.blog.has_repository() => Action::Publish,
        _ => return Err(Error::NotForBulk),
    };
    let command = Command::new(action, Effect::Plain);
    let is_all = body.has("all");
    let picks = match is_all {
        true => {
            let list = list.clone();
            let all = service.blocking(move |service| all_of(service, &list, action));
            all.await?
        }
        false => picks(&body),
    };
    // What was not seen is shown before anything is done to it.
    let is_to_show = is_all || action.rule().shows_mail() && body.first("step") == "show";
    if is_to_show && !picks.is_empty() {
        let page = service
            .blocking(move |service| shown(service, &picks, &signed_in, &command, &list))
            .await?;
        return Ok(html(StatusCode::OK, page));
    }
    let mail = if body.has("letters") && body.first("send") != "yes" {
        MailChoice::LeftOut
    } else {
        MailChoice::AsItIs
    };
    let tally = service
        .decide_each(picks, signed_in.actor(), command, mail)
        .await?;
    let (done, left, action) = (tally.done, tally.left, action.name());
    Ok(see_other(format!(
        "/desk?done={done}-{left}&action={action}{query}"
    )))
}

/// Id and version of all in the list to which this can be done, so many at most.
fn all_of(
    service: &Service,
    list: &List,
    action: Action,
) -> Result<Vec<(Uuid, u64)>, ServiceError> {
    let page = list.first(service, MOST_AT_ONCE)?;
    let can_be = |one: &&Summary| match action {
        Action::Publish => one.to_publish && !one.ordered,
        _ => action.rule().after(one.stage).is_some(),
    };
    let all = page.summaries.iter().filter(can_be);
    Ok(all.map(|one| (one.id, one.version)).collect())
}

/// Id and version of those selected.
fn picks(body: &FormBody) -> Vec<(Uuid, u64)> {
    body.texts()
        .filter(|(name, _)| *name == "pick")
        .filter_map(|(_, pick)| {
            let (id, seen) = pick.split_once(':')?;
            Some((id.parse().ok()?, seen.parse().ok()?))
        })
        .collect()
}

/// The page with the mail that the decision will send.
fn shown(
    service: &Service,
    picks: &[(Uuid, u64)],
    signed_in: &SignedIn,
    command: &Command,
    list: &List,
) -> Result<String, ServiceError> {
    let mut picked = Vec::new();
    for (id, seen) in picks {
        let by = signed_in.actor();
        let outcome = service.try_decision(*id, Some(*seen), by, command)?;
        let Outcome::Done(trial) = outcome else {
            continue;
        };
        let mail = trial.mail.map(|mail| (mail.subject, mail.body));
        let (subject, body) = mail.unwrap_or_default();
        picked.push(Picked {
            id: *id,
            version: *seen,
            title: service
                .forms
                .of(&trial.submission.form)
                .title_of(trial.submission.answers())
                .to_owned(),
            subject,
            body,
        });
    }
    let left = picks.len() - picked.len();
    Ok(render(
        service,
        signed_in,
        command.action,
        list,
        &picked,
        left,
    )?)
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    action: Action,
    list: &List,
    picked: &[Picked],
    left: usize,
) -> Result<String, TemplateError> {
    // As in “Approve 3”, and “cannot be approved”.
    let (does, done) = match action {
        Action::Publish => ("Publish", "published"),
        Action::TakeIn => ("Mark as not spam", "marked as not spam"),
        Action::DeclineAsSpam => ("Decline as spam", "declined as spam"),
        _ => ("Approve", "approved"),
    };
    let own = BulkPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        picked,
        left,
        list: list.query(),
        has_mail: picked.iter().any(|one| !one.body.is_empty()),
        action: action.name(),
        does,
        done,
    };
    Page::new("several.html", does).render(service, &own)
}

/// What was done, on top of the queue; `counts` as in `3-1`: three done, one not.
pub(super) fn notice(action: &str, counts: &str) -> String {
    let mut numbers = counts
        .split('-')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    let (done, left) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let did = match action {
        "approve" => "approved",
        "publish" => "on the way to the blog",
        "take_in" => "marked as not spam",
        "decline_as_spam" => "declined as spam",
        _ => "done",
    };
    if action == "send_again" {
        return match (done, left) {
            (0, _) => "There was no email to send again.".to_owned(),
            (1, 0) => "The emails of one submission are on their way again.".to_owned(),
            (_, 0) => format!("The emails of {done} submissions are on their way again."),
            _ => format!(
                "The emails of {done} submissions are on their way again. There are more: press the button again."
            ),
        };
    }
    match left {
        0 if done == 0 => "Nothing was selected.".to_owned(),
        0 => format!("{done} {did}."),
        _ => format!(
            "{done} {did}. {left} not {did}: it was changed since, its stage doesn’t allow it, or its date is in the future. Its page says more."
        ),
    }
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let picked = [Picked {
        id: sample.id,
        version: 1,
        title: "Sample".into(),
        subject: "Sample".into(),
        body: "Sample".into(),
    }];
    let list = List::default();
    render(
        service,
        &SignedIn::sample(),
        Action::Approve,
        &list,
        &picked,
        1,
    )
    .map(drop)
}
