//! What the private page says of each agreement, and of the requests that follow from taking one back.

use serde::Serialize;

use crate::{
    form::{Definition, GivenBy},
    service::Service,
    submission::{Action, Agreement, Asks, Stage, Submission},
    web::agreed::Agreed,
};

/// A purpose, and whether it is agreed to.
#[derive(Serialize)]
pub(super) struct AgreementView<'a> {
    name: &'a str,
    #[serde(flatten)]
    agreed: Agreed<'a>,
    /// What follows from taking it back.
    follows: Follows,
    /// Whether it can be taken back now.
    can_revoke: bool,
}

/// What follows from taking an agreement back.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Follows {
    /// It is withdrawn.
    Withdrawal,
    /// The editors are asked to take the post off the blog.
    TakeDown,
    /// A part goes from the draft, and where the post is on the blog, the editors are asked to take
    /// the part off it.
    WithoutPart,
    /// It is not published any more, or again.
    NotPublished,
    /// The editors are told.
    News,
}

/// Every purpose of this submission.
pub(super) fn agreements<'a>(
    service: &Service,
    definition: &Definition,
    submission: &'a Submission,
) -> Vec<AgreementView<'a>> {
    let view = |it: &'a Agreement| AgreementView {
        name: &it.name,
        agreed: Agreed::of(it, &definition.consent, |at| service.day_in_words(at)),
        follows: follows(definition, submission, it),
        can_revoke: it.holds() && submission.contact.is_some(),
    };
    submission.consent.all().map(view).collect()
}

fn follows(definition: &Definition, submission: &Submission, it: &Agreement) -> Follows {
    let mut purposes = definition.consent.purposes.iter();
    let given_by = purposes
        .find(|purpose| purpose.name == it.name)
        .map(|purpose| purpose.given_by);
    match given_by {
        _ if submission.withdraws(&it.name) => Follows::Withdrawal,
        _ if !submission.consent.is_required(it) => match given_by {
            Some(GivenBy::Pictures | GivenBy::Credit) => Follows::WithoutPart,
            Some(GivenBy::Tick) | None => Follows::News,
        },
        _ if submission.stage == Stage::Published => Follows::TakeDown,
        _ => Follows::NotPublished,
    }
}

/// A request to take the post, or a part of it, off the blog.
#[derive(Serialize)]
pub(super) struct TakeDownView<'a> {
    asked: String,
    /// The words that are agreed to no more; empty where it is for another reason.
    revoked: &'a str,
    is_part: bool,
    /// By when an editor answers.
    by: String,
    /// When an editor decided.
    decided: Option<String>,
    /// Whether that was to keep it on the blog.
    is_kept: bool,
    /// Whether that was to publish it without the part.
    is_without: bool,
    is_to_be_merged: bool,
    note: &'a str,
}

/// The requests that wait, or else the last one.
pub(super) fn take_downs<'a>(
    service: &Service,
    submission: &'a Submission,
) -> Vec<TakeDownView<'a>> {
    let mut shown = submission.take_downs_asked();
    if shown.is_empty() {
        shown.extend(submission.take_downs().next_back());
    }
    let view = |it: &crate::submission::TakeDown<'a>| TakeDownView {
        asked: service.day_in_words(it.asked.at),
        revoked: (submission.consent.named(&it.asked.purpose)).map_or("", |it| &it.wording),
        is_part: it.asks == Asks::Part,
        by: service.answer_by(it.asked.at),
        decided: it.answer.map(|event| service.day_in_words(event.at)),
        is_kept: (it.answer).is_some_and(|event| event.action == Action::KeepPublished),
        is_without: (it.answer).is_some_and(|event| event.action == Action::Publish),
        is_to_be_merged: it.answer.is_some_and(|event| event.is_to_be_merged),
        note: it.answer.map_or("", |event| &event.note),
    };
    shown.iter().map(view).collect()
}
