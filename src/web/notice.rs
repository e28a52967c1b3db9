//! What pages say on top of themselves, when something was done or could not be done.

use serde::Serialize;

use crate::service::{Outcome, Words};

/// Something to say on top of a page.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Notice {
    #[serde(flatten)]
    words: Words,
    /// Whether something is wrong.
    pub(super) bad: bool,
}

impl Notice {
    pub(super) const fn good(heading: &'static str, text: &'static str) -> Self {
        let words = Words { heading, text };
        Self { words, bad: false }
    }

    pub(super) const fn bad(heading: &'static str, text: &'static str) -> Self {
        let words = Words { heading, text };
        Self { words, bad: true }
    }

    /// Why something was not done.
    pub(super) fn of<T>(outcome: &Outcome<T>) -> Self {
        let words = outcome.words();
        Self { words, bad: true }
    }
}

/// On the form.
impl Notice {
    pub(super) const WHICH_BUTTON: Self = Self::bad(
        "Use one of the buttons",
        "Nothing has been saved yet. Your words are below.",
    );

    /// It was sent from another site.
    pub(super) const FOREIGN: Self = Self::bad(
        "This didn’t come from our own page",
        "Nothing has been saved yet. Your words are below. Check them, and send the form from here.",
    );

    pub(super) const CLOSED: Self = Self::bad(
        "This form is closed",
        "It can’t be sent any more, and nothing was saved. Your words are below, so you can copy them.",
    );

    /// Bytes were damaged on their way; edit pages say so too.
    pub(super) const DAMAGED: Self = Self::bad(
        "Some characters did not arrive as you typed them",
        "They are shown as � below. Correct them and send it again. Nothing has been saved yet.",
    );
}

/// On the page of a saved form.
impl Notice {
    pub(super) const SAVED: Self = Self::good(
        "Your answers are saved",
        "Nothing has been sent to the editors yet.",
    );

    pub(super) const LINK_SENT: Self = Self::good(
        "Your answers are saved, and the link is on its way",
        "If it isn’t in your mailbox in a few minutes, check your spam folder. Nothing has been sent to the editors yet.",
    );

    pub(super) const LINK_NOT_SENT: Self = Self::bad(
        "Your answers are saved, but we can’t email the link",
        "Several emails have been sent lately to this address, or with this link. Copy the link on this page instead, or try again tomorrow.",
    );

    /// An editor has begun it, and nobody has saved it since.
    pub(super) const BEGUN: Self = Self::good(
        "We’ve begun this for you",
        "What we know is filled in, and you can change all of it. Nothing has been sent to the editors yet.",
    );

    /// The form was closed after it was saved.
    pub(super) const CLOSED_SINCE: Self = Self::bad(
        "This form is closed",
        "It can’t be sent any more. Your words are below, so you can copy them.",
    );

    pub(super) const NOT_DELETED: Self =
        Self::bad("Nothing was deleted", "Tick the box if you are sure.");
}

/// On a page where a submission is edited.
impl Notice {
    /// Somebody has saved before, perhaps the same person in another tab; the page of a saved form says
    /// so too.
    pub(super) const CONFLICT: Self = Self::bad(
        "Other changes were saved while you were editing",
        "What you typed here is still here. Where the same answer was changed both times, the saved one is shown beside yours. Combine them, then save.",
    );

    /// The same answers, by a button that was pressed twice.
    pub(super) const SAVED_BEFORE: Self = Self::good(
        "This is already saved",
        "What you typed is what’s saved, perhaps because the button was pressed twice. Nothing else was changed.",
    );

    /// The same by the campaigner, on the private page.
    pub(super) const SENT_BEFORE: Self = Self::good(
        "You’ve already sent this",
        "We have the answers that you typed, perhaps because the button was pressed twice. Nothing else was changed.",
    );

    /// By the campaigner, to be sent later.
    pub(super) const CHANGES_SAVED: Self = Self::good(
        "Your changes are saved",
        "They haven’t been sent to the editors yet. Open your private link on any device to continue.",
    );

    pub(super) const CHANGES_DELETED: Self =
        Self::good("The changes that you saved are deleted", "");

    /// Pictures to which the campaigner does not agree any more.
    pub(super) const PICTURES_LEFT_OUT: Self = Self::bad(
        "The pictures were left out",
        "The campaigner took back their agreement to pictures. Everything else is saved.",
    );

    pub(super) const LEAVING: Self = Self::bad(
        "Your changes aren’t saved",
        "Save them, or leave without saving.",
    );
}

/// On the desk, where something is decided.
impl Notice {
    pub(super) const NO_BUTTON: Self = Self::bad("Nothing was changed", "Use one of the buttons.");

    pub(super) const NO_ADDRESS: Self = Self::bad(
        "Enter an email address, as in ana@example.org",
        "Nothing was changed.",
    );

    pub(super) const NO_DAY: Self =
        Self::bad("Enter a day, as in 2026-12-03", "Nothing was changed.");

    /// What was typed belongs to no mail that this decision sends.
    pub(super) const WORDS_LEFT_OUT: Self = Self::bad(
        "What you typed wouldn’t be sent",
        "Nothing was changed. Comments on particular answers go with “Ask for changes”, a message with a decision that sends an email. Save your words as an internal note or clear them, then try again.",
    );

    pub(super) const UPDATE_NOT_APPROVED: Self = Self::bad(
        "The update wasn’t approved",
        "It needs a heading of up to 100 characters, and a text of up to 20,000. What you typed is below.",
    );
}

/// On the desk, where an entry is begun.
impl Notice {
    pub(super) const INVITED: Self = Self::good(
        "The invitation is on its way",
        "You’ll be told by email when they send it. Until then it’s in the list below.",
    );

    pub(super) const NOT_INVITED: Self = Self::bad(
        "This form isn’t open",
        "Nobody could send it, so nobody can be invited.",
    );

    pub(super) const TAKEN_BACK: Self = Self::good(
        "The invitation is taken back",
        "Its link leads to nothing that can be sent any more.",
    );

    pub(super) const NOT_TAKEN_BACK: Self = Self::bad(
        "There is no such invitation any more",
        "It was sent, deleted or taken back in the meantime. Nothing was changed.",
    );
}
