//! What the private page says of the stage: what it means for the campaigner, and what happens next.

use jiff::civil::Date;

use crate::{
    config::Days,
    form::Definition,
    service::Service,
    submission::{Action, Actor, MailState, Recipient, SignOffState, Stage, Submission, To},
    text::day_in_words,
};

/// What the stage means for the campaigner, and what happens next and when.
pub(super) fn stage_words(
    submission: &Submission,
    definition: &Definition,
    reply_within: &Days,
    is_open: bool,
    remind_on: Option<Date>,
) -> (String, String) {
    let noun = &definition.noun;
    if let Some(words) = sign_off_words(submission, definition, reply_within) {
        return words;
    }
    let replies = format!("An editor usually replies within {reply_within}.");
    let another = match is_open {
        true => " You’re welcome to send another.",
        false => "",
    };
    let reminder = remind_on.map(|day| day.strftime(" We’ll remind you once, on %-d %B %Y."));
    let reminder = reminder.map_or_else(String::new, |it| it.to_string());
    let nothing_to_do = "You don’t need to do anything.";
    match submission.stage {
        Stage::Quarantined => (
            format!("We’ve received your {noun}"),
            format!(
                "Before an editor reads it, someone checks that it isn’t spam, usually within {reply_within}. {nothing_to_do}"
            ),
        ),
        Stage::Received => received_words(submission, noun, &format!("{nothing_to_do} {replies}")),
        Stage::ChangesRequested => (
            "An editor has asked for changes".to_owned(),
            format!(
                "Their questions are below. There’s no deadline, but we won’t publish your {noun} until you’ve answered and sent it again.{reminder} Once you have, an editor usually replies within {reply_within}."
            ),
        ),
        Stage::Approved => (
            "Approved".to_owned(),
            match submission.order.as_ref().and_then(|order| order.on) {
                Some(day) => format!(
                    "It will be published on {}. We’ll email you the address.",
                    day_in_words(day)
                ),
                None => "We’ll email you the address once it’s published.".to_owned(),
            },
        ),
        Stage::Published => (
            "Published".to_owned(),
            format!("Your {noun} is on the blog. Thank you!"),
        ),
        Stage::Declined => (
            "Not published".to_owned(),
            if submission.merged_into().is_some() {
                format!(
                    "The editors have another {noun} that’s almost the same, and are keeping that one. Yours won’t be published on its own. If the two aren’t about the same thing, tell us below."
                )
            } else if told(submission, Action::Decline) {
                format!(
                    "The editors have decided not to publish this {noun}. They’ve written to you about it.{another}"
                )
            } else {
                format!("The editors have decided not to publish this {noun}.")
            },
        ),
        Stage::Withdrawn => (
            "Withdrawn".to_owned(),
            match submission.offers(Action::UndoWithdraw, &Actor::Campaigner) {
                true => format!(
                    "This {noun} has been withdrawn. It won’t be published. You can undo this below until an editor has acted on it.{another}"
                ),
                false => format!("This {noun} has been withdrawn. It won’t be published.{another}"),
            },
        ),
    }
}

/// The same where the editors have changed something, and nothing is published before the campaigner
/// has agreed or has had their time.
fn sign_off_words(
    submission: &Submission,
    definition: &Definition,
    reply_within: &Days,
) -> Option<(String, String)> {
    let state = submission.sign_off_state(definition);
    let is_published = submission.stage == Stage::Published;
    let (what, them) = match is_published {
        true => ("the changes", "them"),
        false => ("the edited post", "it"),
    };
    let before = match is_published {
        true => format!("Your {} is on the blog, as you know it. ", definition.noun),
        false => String::new(),
    };
    let question = format!("Are you happy with {what}?");
    let waits =
        format!("We won’t publish {them} until you’ve told us that you’re happy with {them}.");
    let by = submission.answer_by().unwrap_or_default();
    let by = day_in_words(by);
    let silence_agrees = submission
        .sign_off
        .as_ref()
        .is_some_and(|it| it.silence_agrees);
    Some(match state {
        SignOffState::NotNeeded => return None,
        SignOffState::Asked => {
            let then = match silence_agrees {
                true => format!(
                    "If we don’t hear from you by then, we’ll publish {them} as you see {them} here."
                ),
                false => waits,
            };
            let wish = match is_published {
                true => "An editor would like to change some of it: see below.",
                false => {
                    "An editor would like to publish it, and has changed some of it: see below."
                }
            };
            (
                question,
                format!("{before}{wish} Please answer by {by}. {then}"),
            )
        }
        SignOffState::NoAnswer => (
            question,
            format!("{before}We asked you to answer by {by}. You still can. {waits}"),
        ),
        SignOffState::Suggested => (
            "We have your suggestion".to_owned(),
            format!(
                "{before}An editor will read it and ask you again, usually within {reply_within}. {waits}"
            ),
        ),
        SignOffState::ToAsk => (
            submission.stage.label().to_owned(),
            format!(
                "{before}An editor has changed some of it since you last saw it: see below. We’ll email you when they’re ready to ask whether you’re happy with {what}. {waits}"
            ),
        ),
        SignOffState::Silent => (
            submission.stage.label().to_owned(),
            format!(
                "{before}We asked whether you’re happy with {what}, and haven’t heard from you by {by}. So we’ll publish {them}. Until then you can still suggest a change."
            ),
        ),
    })
}

/// What was erased and when, and what stays.
pub(super) fn erased_words(
    service: &Service,
    submission: &Submission,
    noun: &str,
) -> (String, String) {
    let mut events = submission.history.iter().rev();
    let erased = events.find(|event| event.action == Action::Erase);
    let on = erased.map_or_else(String::new, |event| {
        let at = event.at.to_zoned_datetime(service.blog.zone());
        at.strftime("On %-d %B %Y, ").to_string()
    });
    let stays = match submission.stage {
        Stage::Published => "The post stays on the blog. To ask about it, write to us.".to_owned(),
        _ => format!("The {noun} won’t be published."),
    };
    let we = if on.is_empty() { "We" } else { "we" };
    (
        "Your details are erased".to_owned(),
        format!(
            "{on}{we} erased your name, your email address, answers that aren’t published, older versions, messages and notes, for good. We can’t email you any more. {stays}"
        ),
    )
}

/// What waits for an editor may have been there before.
fn received_words(submission: &Submission, noun: &str, next: &str) -> (String, String) {
    let mut events = submission.history.iter().rev();
    let led_here = events.find(|event| {
        event.stage == Stage::Received && event.action.rule().to == To::Stage(Stage::Received)
    });
    if submission.is_led_back() {
        return ("We have your suggestion".to_owned(), next.to_owned());
    }
    match led_here.map(|event| (event.action, event.is_to_be_merged)) {
        Some((Action::Resubmit, _)) => (
            "Thank you. We’ve received your answers".to_owned(),
            next.to_owned(),
        ),
        Some((Action::TakeBack, _)) => (
            format!("We’re looking at your {noun} again"),
            format!("We’ve withdrawn our decision. {next}"),
        ),
        Some((Action::Unpublish, is_to_be_merged)) => {
            let (heading, gone) = match is_to_be_merged {
                true => ("is leaving the blog", "It will be gone in a few days"),
                false => ("is no longer on the blog", "The post is gone"),
            };
            let then = if submission.consent.is_lacking() {
                "We won’t publish it again.".to_owned()
            } else if submission.is_off_as_asked() {
                "You asked for this. If it shouldn’t be published again, withdraw it below."
                    .to_owned()
            } else {
                format!("We’re looking at it again. {next}")
            };
            (
                format!("Your {noun} {heading}"),
                format!(
                    "{gone}. Search engines and other websites may keep a copy for a while. {then}"
                ),
            )
        }
        _ => (
            format!("Thank you. We’ve received your {noun}"),
            next.to_owned(),
        ),
    }
}

/// Whether the campaigner has got mail about this, or is about to.
fn told(submission: &Submission, action: Action) -> bool {
    let kinds = action.rule().mail;
    submission.mail.iter().any(|mail| {
        mail.to == Recipient::Campaigner
            && !matches!(
                mail.state,
                MailState::Dropped { .. } | MailState::Failed { .. }
            )
            && kinds.iter().any(|rule| rule.kind == mail.kind)
    })
}
