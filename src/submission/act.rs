//! The one door through which anything happens to a submission.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ASKS_TO_AGREE, Action, Actor, Editor, Event, Limit, MOST_A_DAY, MailState, Next, Other, Plan,
    Publication, Recipients, Rule, Stage, Submission, Suspicion, TakenOver, To, Words,
};
use crate::form::{Answers, Definition, built_in};

/// The most characters of a note, a reason or mail changed by hand.
pub const NOTE_LIMIT: usize = 5_000;
/// How much a campaigner can do besides ending it: each event is kept and mailed.
const MOST_EVENTS: usize = 50;
/// How often a private link can be changed.
pub const MOST_LINKS: u32 = 20;
/// What is limited by the day, is by the last 24 hours.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Something to be done, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    #[allow(missing_docs, reason = "the names say it")]
    pub action: Action,
    /// Words for the whole.
    pub note: String,
    /// Words at single fields, by their names.
    pub at_fields: BTreeMap<String, String>,
    /// What it changes besides stage and history.
    pub effect: Effect,
}

/// What an action changes besides stage and history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or what needs no more than the record.
    Plain,
    /// The answers.
    Revise(Answers),
    /// It is on the blog, in these words; the commit is made.
    Publish(Box<Publication>),
    /// It is on the blog no more; the commit is made.
    Unpublish {
        /// The commit that removed it; absent where that was done by hand.
        commit: Option<String>,
        /// Whether it goes once that commit's branch is merged.
        is_to_be_merged: bool,
    },
    /// What stands on the blog, where somebody has edited it: the text; with a second value, the changes
    /// that are taken over; and what git calls the pictures that were changed, by their paths.
    Stands(String, Option<Box<TakenOver>>, BTreeMap<String, String>),
    /// The mail of this number is pending again.
    SendAgain(u32),
    /// All mail that was given up is pending again.
    SendFailedAgain,
    /// The campaigner's mail goes to this address.
    Address(String),
    /// Who looks after it, and what is to be done next.
    Assign(Plan),
    /// What may harm somebody was looked at: its marks.
    LookedAt(Vec<String>),
    /// The links of these are asked for, too.
    Links(Vec<(Uuid, u32)>),
    /// The purpose of this name is agreed to no more.
    Revoke(String),
    /// An update: its heading and its words.
    Addendum(Box<Answers>),
    /// It looks like abuse, and why.
    PutAside(Box<Suspicion>),
    /// It is merged into this, or no duplicate of it.
    Other(Other),
}

impl Command {
    /// Without words.
    pub fn new(action: Action, effect: Effect) -> Self {
        Self {
            action,
            note: String::new(),
            at_fields: BTreeMap::new(),
            effect,
        }
    }

    /// With words, and no effect but the action's own.
    pub fn with_note(action: Action, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..Self::new(action, Effect::Plain)
        }
    }
}

/// What an action needs to know of the installation.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The submission's form.
    pub definition: &'a Definition,
    /// Who gets the editors' mail.
    pub editors: &'a [Editor],
    #[allow(missing_docs, reason = "the names say it")]
    pub now: Timestamp,
}

/// What an editor has made of the mail that a decision sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailChoice {
    /// As the template has it.
    #[default]
    AsItIs,
    /// In other words.
    Words(String),
    /// Not this time.
    LeftOut,
    /// To the editors alone: the campaigner's address has had enough mail that strangers could cause.
    ToEditors,
}

/// Why something was not done. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stage does not offer it, or not to this actor.
    #[error("this can’t be done at this stage")]
    NotOffered,
    /// The form’s list of what can be done next does not have it, or not any more.
    #[error("this is not among what the form has to do next")]
    NoSuchStep,
    /// It needs words, and there are none.
    #[error("this needs a message")]
    NoWords,
    /// There are more than [`NOTE_LIMIT`] characters.
    #[error("this is too long")]
    TooLong,
    /// It would change nothing.
    #[error("there is nothing to change")]
    NoChange,
    /// The campaigner has done so much already that the record is full.
    #[error("this has been done too often")]
    TooOften,
    /// The campaigner has done it as often as it can be done within 24 hours.
    #[error("this has been done too often today")]
    TooOftenToday,
    /// What should be kept instead is merged itself, or was ended.
    #[error("the other one can’t be kept")]
    NotKept,
    /// What was changed on the blog was changed here, too.
    #[error("the same part was changed on the blog and here")]
    Overlap,
    /// The post’s date lies ahead, and it was not asked for that day.
    #[error("its date lies ahead; on the desk it can be published on that day")]
    Ahead,
    /// Editors have changed something to which the campaigner has not agreed.
    #[error("the campaigner has not agreed to it yet")]
    NotAgreed,
}

impl Submission {
    /// Does what is to be done: changes the record, writes the history, and enqueues the mail.
    ///
    /// # Errors
    /// When the table does not offer it to this actor at this stage, or it lacks what it needs;
    /// then nothing has changed.
    pub fn act(
        &mut self,
        by: Actor,
        command: Command,
        choice: MailChoice,
        context: &Context,
    ) -> Result<(), Refusal> {
        let rule = command.action.rule();
        let mut stage = rule.after(self.stage).ok_or(Refusal::NotOffered)?;
        if !rule.is_for(&by) {
            return Err(Refusal::NotOffered);
        }
        self.allows(rule, &by)?;
        if rule.to == To::Before {
            stage = self.before_withdrawal().ok_or(Refusal::NotOffered)?;
        }
        if rule.limit == Limit::Daily && self.done_within_a_day(rule, context.now) >= MOST_A_DAY {
            return Err(Refusal::TooOftenToday);
        }
        check_words(rule, &command)?;
        if let MailChoice::Words(words) = &choice {
            required_words(words)?;
        }
        let mut event = Event::new(context.now, by.clone(), command.action, stage, 0);
        event.note = command.note;
        event.at_fields = command.at_fields;
        let also = match &command.effect {
            Effect::Links(others) => others.clone(),
            _ => Vec::new(),
        };
        let was_assigned = self.assigned.clone();
        if choice == MailChoice::LeftOut && rule.action == Action::AskToAgree {
            return Err(Refusal::NoChange);
        }
        self.effect(&by, command.effect, &mut event, context)?;
        if choice == MailChoice::LeftOut && rule.action == Action::Approve {
            // Nobody was asked.
            self.end_sign_off(context.now);
        }
        let has_changed = stage != self.stage;
        let was_aside = self.is_held_back();
        if has_changed
            || matches!(
                rule.action,
                Action::Edit | Action::Publish | Action::Propose
            )
        {
            self.publish_error = None;
        }
        if has_changed || matches!(rule.action, Action::Publish | Action::Propose) {
            self.order = None;
        }
        if has_changed {
            self.drop_reminders(context.now);
        }
        if has_changed && stage.is_end() {
            self.set_next(Next::default());
        }
        if has_changed && stage != Stage::Approved {
            self.end_sign_off(context.now);
        }
        self.stage = stage;
        if rule.makes_stale {
            self.version += 1;
        }
        self.carry_order_on(rule, &by, context.now);
        event.revision = self.revisions.len() - 1;
        // Whoever may be abusing us causes no mail, whatever they do then.
        let is_news = match rule.action {
            Action::Assign => self.is_newly_assigned(was_assigned.as_deref(), &by),
            _ => !(event.is_again || was_aside && by == Actor::Campaigner),
        };
        self.history.push(event);
        let for_editors = choice == MailChoice::ToEditors;
        let words = match choice {
            MailChoice::LeftOut => return Ok(()),
            MailChoice::AsItIs | MailChoice::ToEditors => None,
            MailChoice::Words(words) => Some(words),
        };
        if is_news {
            let first = self.mail.len();
            // What was told before it was put aside is not told again.
            let told: Vec<String> = self
                .mail
                .iter()
                .filter(|mail| !matches!(mail.state, MailState::Dropped { .. }))
                .map(|mail| mail.kind.clone())
                .collect();
            let asks = self.sign_off.is_some();
            self.enqueue_some(rule, words, context, |mail| {
                if rule.action == Action::Approve && (mail.kind == ASKS_TO_AGREE) != asks {
                    return false;
                }
                if for_editors && mail.to != Recipients::Editors {
                    return false;
                }
                rule.action != Action::TakeIn || !told.iter().any(|kind| kind == mail.kind)
            });
            for mail in &mut self.mail[first..] {
                mail.also.clone_from(&also);
            }
        }
        Ok(())
    }

    /// Whether what a campaigner may do has its limit here.
    fn allows(&self, rule: &Rule, by: &Actor) -> Result<(), Refusal> {
        if *by != Actor::Campaigner {
            return Ok(());
        }
        if self.contact.is_none() && rule.action != Action::Erase {
            return Err(Refusal::NotOffered);
        }
        let own = |event: &&Event| event.by == Actor::Campaigner;
        let is_full = self.history.iter().filter(own).count() >= MOST_EVENTS;
        if is_full && rule.limit != Limit::None {
            return Err(Refusal::TooOften);
        }
        Ok(())
    }

    /// How often the campaigner has done this within the last 24 hours.
    fn done_within_a_day(&self, rule: &Rule, now: Timestamp) -> usize {
        let since = now.saturating_sub(A_DAY).unwrap_or(now);
        let done = self.history.iter().filter(|event| {
            event.by == Actor::Campaigner && event.action == rule.action && event.at > since
        });
        done.count()
    }

    /// Whether an editor has looked at all of this: the marks of what may harm somebody.
    pub fn has_looked_at(&self, marks: &[String]) -> bool {
        let seen = self.looked_at.as_ref().map_or(&[][..], |it| &it.marks);
        marks.iter().all(|mark| seen.contains(mark))
    }

    /// Whether this actor can do it now, as far as that can be told without trying.
    pub fn offers(&self, action: Action, by: &Actor) -> bool {
        let rule = action.rule();
        let fits = match action {
            Action::Publish => self.is_to_publish(),
            Action::Accept => self.can_accept(),
            Action::AddAddendum => self.can_add_addendum(),
            Action::ApproveAddendum | Action::DeclineAddendum => self.addendum().is_some(),
            Action::Correct => self.is_untouched(),
            Action::CorrectAddress => self.contact.is_some(),
            Action::AskNewAddress => !self.is_held_back(),
            Action::ConfirmAddress => self.new_address.is_some(),
            Action::Approve => !self.consent.is_lacking(),
            Action::AskTakeDown => !self.is_take_down_asked(),
            Action::KeepPublished => !self.take_downs_asked().is_empty(),
            Action::UndoWithdraw => self.before_withdrawal().is_some(),
            _ => true,
        };
        fits && rule.is_for(by) && rule.after(self.stage).is_some() && self.allows(rule, by).is_ok()
    }

    /// Whether it stands at its end since before this moment, with personal data still in it.
    pub fn is_to_forget(&self, before: Timestamp) -> bool {
        self.contact.is_some() && self.stage.is_end() && self.in_stage_since() <= before
    }
}

/// The fields that make the post's address, which stays as long as it is on the blog.
pub fn fixed_while_published(definition: &Definition) -> Vec<&str> {
    let date = definition.post.date.as_deref().unwrap_or(built_in::DATE);
    vec![built_in::SLUG, date]
}

fn check_words(rule: &Rule, command: &Command) -> Result<(), Refusal> {
    for text in command.at_fields.values().chain([&command.note]) {
        fits(text)?;
    }
    match rule.words {
        Words::Required => required_words(&command.note),
        Words::AtFields if command.at_fields.is_empty() => required_words(&command.note),
        Words::AtFields | Words::Optional | Words::None => Ok(()),
    }
}

fn fits(text: &str) -> Result<(), Refusal> {
    if text.chars().count() > NOTE_LIMIT {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

fn required_words(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::NoWords);
    }
    fits(text)
}
