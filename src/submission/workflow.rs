//! The workflow: one table, a row for each thing that can be done with a submission.
//!
//! Whether something is allowed, the desk's buttons, the lines of the history and the mail that is
//! sent are all read from [`RULES`]. What a row's action does to the record besides stands in
//! `effect`, in the file of that name.
//!
//! It is longer than other files because the table is read as a whole: which actions there are, and
//! how they differ, is seen only where all rows stand together.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{ASKS_TO_AGREE, Actor, Stage};

/// The name of something that can be done with a submission: the value of the button that does it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Action {
    Submit,
    Approve,
    AskToAgree,
    NoAnswer,
    AskFollowUp,
    AddAddendum,
    ApproveAddendum,
    DeclineAddendum,
    RequestChanges,
    Decline,
    DeclineAsSpam,
    Merge,
    NotDuplicate,
    TakeBack,
    TakeIn,
    PutAside,
    Report,
    CloseForm,
    RemindEditors,
    RemindCampaigner,
    Publish,
    Propose,
    Cancel,
    TakeOver,
    Overrule,
    Unpublish,
    KeepPublished,
    Edit,
    Note,
    LookedAt,
    SendAgain,
    CorrectAddress,
    Assign,
    Correct,
    Resubmit,
    Accept,
    Suggest,
    Message,
    Withdraw,
    UndoWithdraw,
    AskTakeDown,
    RevokeConsent,
    AskForLink,
    AskNewAddress,
    ConfirmAddress,
    ChangeLink,
    Erase,
}

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever holds the private link.
    Campaigner,
    /// Somebody who is signed in to the desk.
    Editor,
    /// A command on the server, or time.
    System,
}

/// Where an action leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The stage stays.
    Same,
    /// To this stage.
    Stage(Stage),
    /// Back to the stage before it was withdrawn, which the history tells.
    Before,
    /// It stays where it has ended, and is withdrawn where it has not.
    End,
}

/// Whether an action takes words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// It takes none.
    None,
    #[allow(missing_docs, reason = "the names say it")]
    Optional,
    #[allow(missing_docs, reason = "the names say it")]
    Required,
    /// They are required, and may stand at single fields instead.
    AtFields,
}

/// How often a campaigner can do within 24 hours what is limited by the day.
pub const MOST_A_DAY: usize = 10;

/// How often a campaigner may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// As often as they like: it ends something.
    None,
    /// As long as the record has room for events by campaigners.
    Counted,
    /// Counted, and no more than [`MOST_A_DAY`] times in 24 hours.
    Daily,
}

/// Mail that an action causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRule {
    /// The folder of its templates, below `templates/letters/`.
    pub kind: &'static str,
    /// Whom it is for.
    pub to: Recipients,
    /// What the desk calls it.
    pub label: &'static str,
}

/// Whom the mail of an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients {
    /// The submission's contact, in words that an editor sees first and may change.
    Campaigner,
    /// Whoever typed the address, which may be anybody's: the mail holds nothing that was typed.
    Address,
    /// The address that the campaigner wants to be written to instead, which may be anybody's: the mail
    /// holds nothing that was typed, and no private link.
    NewAddress,
    /// Each editor.
    Editors,
    /// The editor who looks after it; each, where nobody does.
    Assigned,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    #[allow(missing_docs, reason = "the names say it")]
    pub action: Action,
    /// Who may do it.
    pub who: &'static [Who],
    /// At which stages; empty: it begins a submission.
    pub from: &'static [Stage],
    /// Where it leads.
    pub to: To,
    /// The mail that it causes.
    pub mail: &'static [MailRule],
    /// Whether it takes words.
    pub words: Words,
    /// How often a campaigner may do it.
    pub limit: Limit,
    /// Whether a page that shows the submission is out of date afterwards.
    pub makes_stale: bool,
    /// The button beside the field for words on the desk; empty where it has a place of its own.
    pub button: &'static str,
    /// What the page says on which its mail is shown first, and its button: “Approve”.
    pub heading: &'static str,
    /// What the history says after a name: “approved it”.
    pub did: &'static str,
    /// What the page says when it is done.
    pub done: &'static str,
}

use Stage::{Approved, ChangesRequested, Declined, Published, Quarantined, Received, Withdrawn};

const ALL: &[Stage] = Stage::VARIANTS;
/// Not what may be abuse.
const TAKEN_IN: &[Stage] = &[
    Received,
    ChangesRequested,
    Approved,
    Published,
    Declined,
    Withdrawn,
];
const EDITOR: &[Who] = &[Who::Editor];
const CAMPAIGNER: &[Who] = &[Who::Campaigner];
const SYSTEM: &[Who] = &[Who::System];

const fn rule(action: Action, who: &'static [Who], from: &'static [Stage], to: To) -> Rule {
    Rule {
        action,
        who,
        from,
        to,
        mail: &[],
        words: Words::None,
        limit: Limit::Counted,
        makes_stale: true,
        button: "",
        heading: "",
        did: "",
        done: "",
    }
}

const fn mail(kind: &'static str, to: Recipients, label: &'static str) -> MailRule {
    MailRule { kind, to, label }
}

/// The mail about something new: at once, or when it is taken in.
const ARRIVED: &[MailRule] = &[
    mail("receipt", Recipients::Address, "Receipt"),
    mail("received", Recipients::Editors, "New submission"),
];

/// Where editors have changed something, the mail that asks for agreement to it.
const SIGN_OFF: MailRule = mail(ASKS_TO_AGREE, Recipients::Campaigner, "Agreement asked for");

/// All that can be done, the desk's buttons in their order.
pub const RULES: [Rule; 47] = [
    Rule {
        mail: ARRIVED,
        did: "sent it",
        ..rule(Action::Submit, CAMPAIGNER, &[], To::Stage(Received))
    },
    Rule {
        // One of them: see `Submission::act`.
        mail: &[
            mail("approved", Recipients::Campaigner, "Approval"),
            SIGN_OFF,
        ],
        words: Words::Optional,
        button: "Approve …",
        heading: "Approve",
        did: "approved it",
        done: "Approved.",
        ..rule(
            Action::Approve,
            EDITOR,
            &[Received, ChangesRequested],
            To::Stage(Approved),
        )
    },
    Rule {
        mail: &[SIGN_OFF],
        words: Words::Optional,
        button: "Ask them to agree …",
        heading: "Ask for agreement",
        did: "asked the campaigner to agree",
        done: "The campaigner is asked to agree.",
        ..rule(Action::AskToAgree, EDITOR, &[Approved, Published], To::Same)
    },
    Rule {
        mail: &[mail("no_answer", Recipients::Editors, "No answer")],
        did: "noted that the campaigner hadn’t answered",
        ..rule(Action::NoAnswer, SYSTEM, &[Approved, Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "follow_up",
            Recipients::Campaigner,
            "What happened next?",
        )],
        makes_stale: false,
        did: "asked the campaigner what happened next",
        ..rule(Action::AskFollowUp, SYSTEM, &[Published], To::Same)
    },
    Rule {
        mail: &[mail("addendum", Recipients::Editors, "Update")],
        limit: Limit::Daily,
        did: "wrote what happened next",
        done: "Thank you. The editors have your update.",
        ..rule(Action::AddAddendum, CAMPAIGNER, &[Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "addendum_approved",
            Recipients::Campaigner,
            "Update approved",
        )],
        heading: "Approve the update",
        did: "approved the update",
        done: "The update is in the post now. Publish the changes to put it on the blog.",
        ..rule(Action::ApproveAddendum, EDITOR, &[Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "addendum_declined",
            Recipients::Campaigner,
            "Update declined",
        )],
        words: Words::Required,
        heading: "Decline the update",
        did: "declined the update",
        done: "The update is declined.",
        ..rule(Action::DeclineAddendum, EDITOR, &[Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "changes_requested",
            Recipients::Campaigner,
            "Request for changes",
        )],
        words: Words::AtFields,
        button: "Ask for changes …",
        heading: "Ask for changes",
        did: "asked for changes",
        done: "Changes requested.",
        ..rule(
            Action::RequestChanges,
            EDITOR,
            &[Received, Approved],
            To::Stage(ChangesRequested),
        )
    },
    Rule {
        mail: &[mail("declined", Recipients::Campaigner, "Decline")],
        words: Words::Optional,
        button: "Decline …",
        heading: "Decline",
        did: "declined it",
        done: "Declined.",
        ..rule(
            Action::Decline,
            &[Who::Editor, Who::System],
            &[Received, ChangesRequested, Approved],
            To::Stage(Declined),
        )
    },
    Rule {
        mail: &[mail(
            "taken_back",
            Recipients::Campaigner,
            "Decision withdrawn",
        )],
        words: Words::Optional,
        button: "Withdraw the decision …",
        heading: "Withdraw the decision",
        did: "withdrew the decision",
        done: "The decision is withdrawn.",
        ..rule(
            Action::TakeBack,
            &[Who::Editor, Who::System],
            &[ChangesRequested, Approved, Declined],
            To::Stage(Received),
        )
    },
    Rule {
        mail: ARRIVED,
        did: "marked it as not spam",
        done: "It’s in the queue now. The emails that were held back are on their way.",
        ..rule(Action::TakeIn, EDITOR, &[Quarantined], To::Stage(Received))
    },
    Rule {
        did: "held it back, because it looked like spam",
        ..rule(
            Action::PutAside,
            SYSTEM,
            &[Received],
            To::Stage(Quarantined),
        )
    },
    Rule {
        mail: &[mail("report", Recipients::Editors, "What else has come in")],
        makes_stale: false,
        did: "told the editors what else has come in",
        ..rule(Action::Report, SYSTEM, ALL, To::Same)
    },
    Rule {
        mail: &[mail("form_closed", Recipients::Campaigner, "Form closed")],
        words: Words::Optional,
        makes_stale: false,
        did: "closed the form, and told the campaigner",
        ..rule(
            Action::CloseForm,
            SYSTEM,
            &[Received, ChangesRequested, Approved],
            To::Same,
        )
    },
    Rule {
        mail: &[mail("late", Recipients::Assigned, "Waiting too long")],
        makes_stale: false,
        did: "reminded the editors, because it waits too long,",
        ..rule(Action::RemindEditors, SYSTEM, &[Received], To::Same)
    },
    Rule {
        mail: &[mail(
            "changes_reminder",
            Recipients::Campaigner,
            "Reminder of the changes",
        )],
        makes_stale: false,
        did: "reminded the campaigner of the changes",
        ..rule(
            Action::RemindCampaigner,
            SYSTEM,
            &[ChangesRequested],
            To::Same,
        )
    },
    Rule {
        mail: &[mail("published", Recipients::Campaigner, "Published")],
        heading: "Publish",
        did: "published it",
        done: "Published.",
        ..rule(
            Action::Publish,
            &[Who::Editor, Who::System],
            &[Approved, Published],
            To::Stage(Published),
        )
    },
    Rule {
        did: "put it on a branch, to be merged into the blog,",
        done: "It’s waiting to be merged.",
        ..rule(
            Action::Propose,
            &[Who::Editor, Who::System],
            &[Approved, Published],
            To::Same,
        )
    },
    Rule {
        did: "decided not to publish it on its day",
        done: "It won’t be published on that day.",
        ..rule(Action::Cancel, EDITOR, &[Approved, Published], To::Same)
    },
    Rule {
        did: "kept what was changed on the blog",
        done: "The changes from the blog are in the post now.",
        ..rule(Action::TakeOver, EDITOR, &[Published], To::Same)
    },
    Rule {
        did: "decided to replace what was changed on the blog",
        done: "The post will replace what was changed on the blog.",
        ..rule(Action::Overrule, EDITOR, &[Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "taken_down",
            Recipients::Campaigner,
            "Taken off the blog",
        )],
        words: Words::Optional,
        button: "Take it off the blog …",
        heading: "Take it off the blog",
        did: "took it off the blog",
        done: "It’s off the blog.",
        ..rule(
            Action::Unpublish,
            &[Who::Editor, Who::System],
            &[Published],
            To::Stage(Received),
        )
    },
    Rule {
        mail: &[mail(
            "kept_published",
            Recipients::Campaigner,
            "Take-down declined",
        )],
        words: Words::Required,
        button: "Keep it on the blog …",
        heading: "Keep it on the blog",
        did: "decided to keep it on the blog",
        done: "It stays on the blog.",
        ..rule(Action::KeepPublished, EDITOR, &[Published], To::Same)
    },
    Rule {
        button: "Decline as spam",
        did: "declined it as spam",
        done: "Declined as spam. No email was sent.",
        ..rule(
            Action::DeclineAsSpam,
            &[Who::Editor, Who::System],
            &[Quarantined, Received],
            To::Stage(Declined),
        )
    },
    Rule {
        mail: &[mail(
            "merged",
            Recipients::Campaigner,
            "Merged with another",
        )],
        words: Words::Optional,
        heading: "Keep the other one",
        did: "merged it into another one",
        done: "It’s merged. The other one is kept.",
        ..rule(
            Action::Merge,
            EDITOR,
            &[Received, ChangesRequested, Approved],
            To::Stage(Declined),
        )
    },
    Rule {
        makes_stale: false,
        did: "said that it’s not a duplicate",
        done: "It’s marked as not a duplicate.",
        ..rule(Action::NotDuplicate, EDITOR, ALL, To::Same)
    },
    Rule {
        words: Words::Required,
        button: "Save as internal note",
        did: "made an internal note",
        done: "The note is saved.",
        ..rule(Action::Note, EDITOR, ALL, To::Same)
    },
    Rule {
        did: "edited it",
        done: "Your changes are saved.",
        ..rule(
            Action::Edit,
            EDITOR,
            &[Received, ChangesRequested, Approved, Published],
            To::Same,
        )
    },
    Rule {
        makes_stale: false,
        did: "looked at what may harm somebody",
        done: "It’s noted that you’ve looked at these.",
        ..rule(
            Action::LookedAt,
            EDITOR,
            &[Received, ChangesRequested, Approved, Published],
            To::Same,
        )
    },
    Rule {
        makes_stale: false,
        did: "had an email sent again",
        done: "The email is on its way again.",
        ..rule(Action::SendAgain, EDITOR, ALL, To::Same)
    },
    Rule {
        did: "corrected the campaigner’s email address",
        done: "The email address is corrected.",
        ..rule(Action::CorrectAddress, EDITOR, ALL, To::Same)
    },
    Rule {
        mail: &[mail("assigned", Recipients::Assigned, "Assigned")],
        makes_stale: false,
        did: "changed who looks after it, or what’s next",
        done: "Saved.",
        ..rule(Action::Assign, EDITOR, ALL, To::Same)
    },
    Rule {
        mail: &[mail("corrected", Recipients::Editors, "Corrected")],
        did: "corrected it",
        done: "Your correction is saved.",
        ..rule(Action::Correct, CAMPAIGNER, &[Received], To::Same)
    },
    Rule {
        mail: &[mail("resubmitted", Recipients::Editors, "Resubmitted")],
        did: "sent it again",
        done: "Your answers have been sent to the editors.",
        ..rule(
            Action::Resubmit,
            CAMPAIGNER,
            &[ChangesRequested],
            To::Stage(Received),
        )
    },
    Rule {
        mail: &[mail("accepted", Recipients::Editors, "Campaigner agrees")],
        did: "agreed with the post",
        done: "Thank you. The editors know that you’re happy with the post.",
        ..rule(
            Action::Accept,
            CAMPAIGNER,
            &[Received, Approved, Published],
            To::Same,
        )
    },
    Rule {
        mail: &[mail("suggested", Recipients::Editors, "Suggestion")],
        words: Words::Required,
        did: "suggested a change",
        done: "Your suggestion has been sent to the editors.",
        ..rule(
            Action::Suggest,
            CAMPAIGNER,
            &[Received, Approved, Published],
            To::Same,
        )
    },
    Rule {
        mail: &[mail("message", Recipients::Editors, "Message")],
        words: Words::Required,
        limit: Limit::Daily,
        did: "wrote to the editors",
        done: "Thank you. The editors have your message.",
        ..rule(Action::Message, CAMPAIGNER, ALL, To::Same)
    },
    Rule {
        mail: &[
            mail("withdrawn", Recipients::Editors, "Withdrawn"),
            mail("withdrawal", Recipients::Campaigner, "Withdrawal confirmed"),
        ],
        words: Words::Optional,
        limit: Limit::None,
        did: "withdrew it",
        done: "It’s withdrawn, and won’t be published.",
        ..rule(
            Action::Withdraw,
            CAMPAIGNER,
            &[Quarantined, Received, ChangesRequested, Approved],
            To::Stage(Withdrawn),
        )
    },
    Rule {
        mail: &[mail(
            "withdrawal_undone",
            Recipients::Editors,
            "Withdrawal undone",
        )],
        did: "undid the withdrawal",
        done: "It’s no longer withdrawn. The editors will be told.",
        ..rule(Action::UndoWithdraw, CAMPAIGNER, &[Withdrawn], To::Before)
    },
    Rule {
        mail: &[mail(
            "take_down_asked",
            Recipients::Editors,
            "Take-down asked for",
        )],
        words: Words::Required,
        did: "asked to have it taken off the blog",
        done: "Your request has been sent to the editors.",
        ..rule(Action::AskTakeDown, CAMPAIGNER, &[Published], To::Same)
    },
    Rule {
        mail: &[mail(
            "consent_revoked",
            Recipients::Editors,
            "Agreement taken back",
        )],
        words: Words::Optional,
        limit: Limit::None,
        did: "took back an agreement",
        done: "You’ve taken it back. The editors will be told.",
        ..rule(Action::RevokeConsent, CAMPAIGNER, ALL, To::Same)
    },
    Rule {
        mail: &[mail("link", Recipients::Address, "Link again")],
        limit: Limit::None,
        makes_stale: false,
        did: "asked for the link again",
        ..rule(Action::AskForLink, CAMPAIGNER, TAKEN_IN, To::Same)
    },
    Rule {
        mail: &[mail(
            "confirm_address",
            Recipients::NewAddress,
            "Link to confirm an address",
        )],
        limit: Limit::Daily,
        did: "asked to have emails sent to another address",
        done: "Now check your email at the new address",
        ..rule(Action::AskNewAddress, CAMPAIGNER, TAKEN_IN, To::Same)
    },
    Rule {
        did: "confirmed another email address",
        done: "Your new email address is confirmed.",
        ..rule(Action::ConfirmAddress, CAMPAIGNER, TAKEN_IN, To::Same)
    },
    Rule {
        mail: &[mail("new_link", Recipients::Address, "New link")],
        button: "Change the private link",
        did: "changed the private link",
        done: "The private page has a new address. The old one doesn’t work any more.",
        ..rule(
            Action::ChangeLink,
            &[Who::Campaigner, Who::Editor],
            TAKEN_IN,
            To::Same,
        )
    },
    Rule {
        mail: &[mail("erased", Recipients::Editors, "Details erased")],
        limit: Limit::None,
        did: "had the personal data erased",
        done: "Your details are erased.",
        ..rule(Action::Erase, &[Who::Campaigner, Who::System], ALL, To::End)
    },
];

impl Action {
    /// Its name: the value of the button that does it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Its row of the table.
    pub fn rule(self) -> &'static Rule {
        // A test holds that each action has its row.
        RULES
            .iter()
            .find(|rule| rule.action == self)
            .unwrap_or(&RULES[0])
    }
}

impl Rule {
    /// The stage that it leads to from this one, as far as the table tells it; `None` where it is not
    /// offered.
    pub fn after(&self, stage: Stage) -> Option<Stage> {
        self.from.contains(&stage).then_some(match self.to {
            To::Same | To::Before => stage,
            To::Stage(next) => next,
            To::End if stage.is_end() => stage,
            To::End => Withdrawn,
        })
    }

    /// Whether this actor may do it at all.
    pub fn is_for(&self, actor: &Actor) -> bool {
        self.who.contains(&match actor {
            Actor::Campaigner => Who::Campaigner,
            Actor::Editor(_) => Who::Editor,
            Actor::System => Who::System,
        })
    }

    /// Whether its mail is shown to the editor first, who may change it or leave it out.
    pub fn shows_mail(&self) -> bool {
        self.who.contains(&Who::Editor)
            && self
                .mail
                .iter()
                .any(|mail| mail.to == Recipients::Campaigner)
    }
}

/// The mail of this kind, in whichever row it stands.
pub fn mail_rule(kind: &str) -> Option<&'static MailRule> {
    RULES
        .iter()
        .flat_map(|rule| rule.mail)
        .find(|mail| mail.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_its_row_and_each_mail_its_kind() {
        for (at, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.action.rule().action, rule.action);
            assert!(!rule.did.is_empty());
            assert!(RULES[..at].iter().all(|other| other.action != rule.action));
        }
        // The last variant of the enum: as many rows as actions.
        assert_eq!(RULES.len(), Action::Erase as usize + 1);
        for mail in RULES.iter().flat_map(|rule| rule.mail) {
            assert_eq!(mail_rule(mail.kind), Some(mail), "one kind, one meaning");
        }
    }

    #[test]
    fn nothing_leaves_an_end_but_what_the_table_says() {
        let from_withdrawn: Vec<Action> = RULES
            .iter()
            .filter(|rule| rule.after(Withdrawn).is_some())
            .map(|rule| rule.action)
            .collect();
        use Action::{
            AskForLink, AskNewAddress, Assign, ChangeLink, ConfirmAddress, CorrectAddress, Erase,
            Message, NotDuplicate, Note, Report, RevokeConsent, SendAgain, UndoWithdraw,
        };
        assert_eq!(
            from_withdrawn,
            [
                Report,
                NotDuplicate,
                Note,
                SendAgain,
                CorrectAddress,
                Assign,
                Message,
                UndoWithdraw,
                RevokeConsent,
                AskForLink,
                AskNewAddress,
                ConfirmAddress,
                ChangeLink,
                Erase
            ]
        );
    }
}
