//! What a use case comes to, with its HTTP status and its words.

use jiff::SignedDuration;
use serde::Serialize;

use super::ServiceError;
use crate::submission::Refusal;

/// What became of something that a person wanted done.
#[derive(Debug)]
pub enum Outcome<T = ()> {
    /// It is done, and synced to disk.
    Done(T),
    /// There is no such submission.
    NotThere,
    /// Somebody has acted since the page was opened, perhaps the same person in another tab. Nothing was
    /// changed.
    Conflict,
    /// The form was sent before, with other answers; those stay.
    AlreadySent,
    /// The form was open for too long.
    FormTooOld,
    /// The form’s token was not made here.
    NotOurForm,
    /// More has come from there than anybody writes. The same form may be sent after this time.
    TooMany(SignedDuration),
    /// The queue could not take it. The same form may be sent again.
    NotSaved(ServiceError),
    /// A rule of the workflow does not allow it.
    Refused(Refusal),
}

/// What a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What happened.
    pub heading: &'static str,
    /// What to do now; may be empty.
    pub text: &'static str,
}

impl<T> Outcome<T> {
    /// The status code of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Outcome::Done(_) => 303,
            Outcome::NotThere => 404,
            Outcome::Conflict
            | Outcome::AlreadySent
            | Outcome::Refused(
                Refusal::NotOffered
                | Refusal::NoSuchStep
                | Refusal::NoChange
                | Refusal::TooOften
                | Refusal::Ahead
                | Refusal::NotAgreed
                | Refusal::NotKept
                | Refusal::Overlap,
            ) => 409,
            Outcome::FormTooOld
            | Outcome::NotOurForm
            | Outcome::Refused(Refusal::NoWords | Refusal::TooLong) => 422,
            Outcome::TooMany(_) | Outcome::Refused(Refusal::TooOftenToday) => 429,
            Outcome::NotSaved(_) => 503,
        }
    }

    /// What the page says about it.
    pub fn words(&self) -> Words {
        let (heading, text) = match self {
            Outcome::Done(_) => ("Done", ""),
            Outcome::NotThere => (
                "Page not found",
                "Check that you copied the whole link: some email programs cut long links in two.",
            ),
            Outcome::Conflict => (
                "Nothing was changed",
                "This was changed after you opened the page, perhaps because a button was pressed twice. Check it below, and try again if it’s still needed.",
            ),
            Outcome::AlreadySent => (
                "You have already sent this form",
                "It’s safe with us. What you see below is different and hasn’t been saved. To send it as well, carry on. To change the first one, go to its private page.",
            ),
            Outcome::FormTooOld => (
                "This form was open for more than a week",
                "For your security we haven’t saved it yet. Check your answers below and send it again.",
            ),
            Outcome::NotOurForm => (
                "Something went wrong when you sent this",
                "Nothing was saved; your words are below. Please send it again.",
            ),
            Outcome::TooMany(_) => (
                "That’s more than we can take at once",
                "Nothing has been saved yet; your words are below. Keep this page open and send it again later.",
            ),
            Outcome::NotSaved(_) => (
                "Sorry, we couldn’t save this",
                "Your words are below. Keep this page open and send it again in a few minutes.",
            ),
            Outcome::Refused(Refusal::NotOffered) => {
                ("This can’t be done at this stage", "Nothing was changed.")
            }
            Outcome::Refused(Refusal::NoSuchStep) => (
                "That isn’t among what can be done next",
                "Nothing was changed. The list may have changed since you opened the page: choose from the one below.",
            ),
            Outcome::Refused(Refusal::NoChange) => ("There was nothing to change", ""),
            Outcome::Refused(Refusal::TooOften) => (
                "You have reached the limit of changes",
                "Nothing was changed. To change something else, write to us.",
            ),
            Outcome::Refused(Refusal::TooOftenToday) => (
                "You have sent 10 of these in 24 hours",
                "This one wasn’t sent; what you typed is below. Send it tomorrow, or write to us by email.",
            ),
            Outcome::Refused(Refusal::Ahead) => (
                "Its date is in the future",
                "Nothing was changed. Publish it on that day, or change the date.",
            ),
            Outcome::Refused(Refusal::NotAgreed) => (
                "The campaigner hasn’t agreed to it yet",
                "Nothing was changed. It can be published once they have.",
            ),
            Outcome::Refused(Refusal::NotKept) => (
                "The other one can’t be kept",
                "Nothing was changed. It was declined, withdrawn or merged itself, or looks like spam.",
            ),
            Outcome::Refused(Refusal::Overlap) => (
                "The same part was changed here too",
                "Nothing was changed. Edit it here so that it has both, then replace what the blog has.",
            ),
            Outcome::Refused(Refusal::NoWords) => ("Write a message first", "Nothing was changed."),
            Outcome::Refused(Refusal::TooLong) => (
                "Your message is too long",
                "Nothing was changed. Shorten it to 5,000 characters.",
            ),
        };
        Words { heading, text }
    }

    /// The same with something else made of what was done.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Outcome::Done(done) => Outcome::Done(make(done)),
            Outcome::NotThere => Outcome::NotThere,
            Outcome::Conflict => Outcome::Conflict,
            Outcome::AlreadySent => Outcome::AlreadySent,
            Outcome::FormTooOld => Outcome::FormTooOld,
            Outcome::NotOurForm => Outcome::NotOurForm,
            Outcome::TooMany(wait) => Outcome::TooMany(wait),
            Outcome::NotSaved(cause) => Outcome::NotSaved(cause),
            Outcome::Refused(refusal) => Outcome::Refused(refusal),
        }
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        matches!(self, Outcome::Done(_))
    }
}
