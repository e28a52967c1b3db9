//! The one door through which anything happens to a submission.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    ASKS_TO_AGREE, Action, Actor, Editor, Event, Limit, LookedAt, MOST_A_DAY, Mail, MailState,
    NewAddress, Next, Other, Plan, Publication, Recipient, Recipients, Revision, Rule, Stage,
    Submission, Suspicion, TakenOver, To, Unknown, Words,
};
use crate::form::{Answers, Audience, Definition, add_addendum, built_in};

/// The most characters of a note, a reason or mail changed by hand.
pub const NOTE_LIMIT: usize = 5_000;
/// How often a campaigner can change the answers.
const MOST_REVISIONS: usize = 20;
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
    /// What stands on the blog, where somebody has edited it; and with a second value, the changes
    /// that are taken over.
    Stands(String, Option<Box<TakenOver>>),
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
        if matches!(
            rule.action,
            Action::Accept | Action::AskToAgree | Action::NoAnswer
        ) && let Some(order) = &mut self.order
            && order.seen.is_some_and(|seen| seen + 1 == self.version)
        {
            // The words are those that it was given for.
            order.seen = Some(self.version);
        }
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

    /// What the action does besides: the only place that knows single actions.
    fn effect(
        &mut self,
        by: &Actor,
        effect: Effect,
        event: &mut Event,
        context: &Context,
    ) -> Result<(), Refusal> {
        match (event.action, effect) {
            (Action::Publish | Action::Propose, Effect::Publish(publication)) => {
                let is_same = |old: &Publication| {
                    old.post == publication.post
                        && old.pictures == publication.pictures
                        && old.is_to_be_merged == publication.is_to_be_merged
                };
                if self.publication.as_ref().is_some_and(is_same) {
                    return Err(Refusal::NoChange);
                }
                if self.is_held_back_by_sign_off(&publication, context.definition) {
                    return Err(Refusal::NotAgreed);
                }
                if event.action == Action::Publish && context.definition.sign_off.is_on() {
                    // What was changed while it was published was agreed to by nobody.
                    self.is_unagreed = publication.post != self.draft;
                    self.end_sign_off(context.now);
                }
                if event.action == Action::Publish && self.stage != Stage::Published {
                    self.follow_ups = context.definition.follow_ups(context.now);
                }
                event.is_again = self.stage == Stage::Published && self.publication.is_some();
                event.permalink = Some(publication.permalink.clone());
                event.commit.clone_from(&publication.commit);
                event.is_to_be_merged = publication.is_to_be_merged;
                self.publication = Some(*publication);
            }
            (
                Action::Unpublish,
                Effect::Unpublish {
                    commit,
                    is_to_be_merged,
                },
            ) => {
                event.commit = commit;
                event.is_to_be_merged = is_to_be_merged;
                self.publication = None;
                self.follow_ups.clear();
                self.taken_over = None;
            }
            (Action::TakeOver | Action::Overrule, Effect::Stands(text, changes)) => {
                let publication = self.publication.as_mut().ok_or(Refusal::NotOffered)?;
                if publication.post == text {
                    return Err(Refusal::NoChange);
                }
                publication.post = text;
                self.publish_error = None;
                if event.action == Action::TakeOver {
                    self.end_sign_off(context.now);
                    self.taken_over = changes.map(|changes| *changes);
                }
            }
            (Action::Cancel, Effect::Plain) => {
                let is_for_a_day = self.order.as_ref().is_some_and(|order| order.on.is_some());
                if !is_for_a_day {
                    return Err(Refusal::NotOffered);
                }
                self.order = None;
            }
            (Action::Edit, Effect::Revise(mut answers)) => {
                if self.publication.is_some() {
                    for name in fixed_while_published(context.definition) {
                        answers.set(name, self.answers().get(name).cloned());
                    }
                }
                self.leave_out_revoked(context.definition, &mut answers);
                let before = self.answers().clone();
                self.revise(by, answers, context)?;
                let definition = context.definition;
                let changes = definition.changes(&before, self.answers(), Audience::Public);
                if !changes.is_empty() {
                    // What was asked was about other words.
                    self.end_sign_off(context.now);
                }
            }
            (Action::Correct, Effect::Revise(answers)) => {
                if !self.is_untouched() {
                    return Err(Refusal::NotOffered);
                }
                self.revise(by, answers, context)?;
            }
            (Action::Resubmit, Effect::Revise(answers)) => {
                match self.revise(by, answers, context) {
                    Ok(()) => self.is_unagreed = false,
                    Err(Refusal::NoChange) => {}
                    Err(refusal) => return Err(refusal),
                }
            }
            (Action::SendAgain, Effect::SendAgain(number)) => {
                self.send_again(number, context.now)?;
            }
            (Action::AskNewAddress, Effect::Address(email)) => {
                if self.is_held_back() {
                    return Err(Refusal::NotOffered);
                }
                let contact = self.contact.as_ref().ok_or(Refusal::NotOffered)?;
                if contact.email == email {
                    return Err(Refusal::NoChange);
                }
                for mail in &mut self.mail {
                    if mail.to == Recipient::NewAddress {
                        mail.drop_pending(context.now);
                    }
                }
                self.new_address = Some(NewAddress {
                    email,
                    asked: context.now,
                    unknown: Unknown::new(),
                });
            }
            (Action::ConfirmAddress, Effect::Plain) => {
                let new = self.new_address.take_if(|new| context.now <= new.until());
                let new = new.ok_or(Refusal::NotOffered)?;
                self.write_to(new.email, context.now)?;
            }
            (Action::CorrectAddress, Effect::Address(email)) => {
                self.write_to(email, context.now)?;
            }
            (Action::Assign, Effect::Assign(plan)) => self.plan(plan, event, context)?,
            (Action::LookedAt, Effect::LookedAt(marks)) => {
                let Actor::Editor(email) = by else {
                    return Err(Refusal::NotOffered);
                };
                if self.has_looked_at(&marks) {
                    return Err(Refusal::NoChange);
                }
                self.looked_at = Some(LookedAt {
                    at: context.now,
                    by: email.clone(),
                    marks,
                    unknown: Unknown::new(),
                });
            }
            (Action::ChangeLink, Effect::Plain) => {
                if self.link_changed >= MOST_LINKS {
                    return Err(Refusal::TooOften);
                }
                self.link_changed += 1;
            }
            (Action::SendAgain, Effect::SendFailedAgain) => {
                let failed = self.failed_mail();
                if failed.is_empty() {
                    return Err(Refusal::NoChange);
                }
                for number in failed {
                    self.send_again(number, context.now)?;
                }
            }
            (Action::AskForLink, Effect::Links(_)) => {
                if self.has_sent_link(context.now) {
                    return Err(Refusal::NoChange);
                }
                // However often it is asked, the record does not grow by it.
                if self
                    .history
                    .last()
                    .is_some_and(|last| last.action == Action::AskForLink)
                {
                    self.history.pop();
                    let gone = self.history.len();
                    // The last stays, so that its number, which is in its `Message-ID`, is not
                    // given again: mail programs would hide the new mail.
                    let last = self.next_number() - 1;
                    self.mail
                        .retain(|mail| mail.about != gone || mail.number == last);
                }
            }
            (Action::PutAside, Effect::PutAside(suspicion)) => {
                if !self.is_untouched() {
                    return Err(Refusal::NotOffered);
                }
                self.arrival
                    .get_or_insert_default()
                    .suspicions
                    .push(*suspicion);
                for mail in &mut self.mail {
                    mail.drop_pending(context.now);
                }
            }
            (Action::Merge, Effect::Other(other)) => {
                event.other = Some(other.clone());
                self.duplicates.merged_into = Some(other);
            }
            (Action::TakeBack, Effect::Plain) => self.duplicates.merged_into = None,
            (Action::NotDuplicate, Effect::Other(other)) => {
                if self.duplicates.denied.contains(&other) {
                    return Err(Refusal::NoChange);
                }
                event.other = Some(other.clone());
                self.duplicates.denied.push(other);
            }
            (Action::Accept, Effect::Plain) => {
                if !self.can_accept() {
                    return Err(Refusal::NotOffered);
                }
                if !self.asks_to_agree(context.definition) {
                    return Err(Refusal::NoChange);
                }
                self.end_sign_off(context.now);
                self.is_unagreed = false;
            }
            (Action::Suggest, Effect::Plain) => self.note_suggestion(context),
            (Action::AskToAgree, Effect::Plain) => {
                let state = self.sign_off_state(context.definition);
                if self.contact.is_none() || !state.can_be_asked() {
                    return Err(Refusal::NotOffered);
                }
                self.ask_to_agree(context);
            }
            (Action::AskFollowUp, Effect::Plain) => self.note_follow_up(context)?,
            (Action::AddAddendum, Effect::Addendum(entry)) => {
                if !self.can_add_addendum() {
                    return Err(Refusal::NotOffered);
                }
                event.note = entry.text(built_in::TEXT).to_owned();
            }
            (Action::ApproveAddendum, Effect::Addendum(entry)) => {
                let waiting = self.addendum().ok_or(Refusal::NotOffered)?;
                let is_own = waiting.note == entry.text(built_in::TEXT);
                let mut answers = self.answers().clone();
                add_addendum(&mut answers, *entry);
                self.revise(by, answers, context)?;
                if !is_own {
                    self.end_sign_off(context.now);
                }
            }
            (Action::DeclineAddendum, Effect::Plain) => {
                if self.addendum().is_none() {
                    return Err(Refusal::NotOffered);
                }
            }
            (Action::NoAnswer, Effect::Plain) => {
                if !self.note_no_answer(context.now) {
                    return Err(Refusal::NotOffered);
                }
            }
            (Action::RemindEditors | Action::RemindCampaigner, Effect::Plain) => {
                self.may_remind(event.action)?;
            }
            (Action::Approve, Effect::Plain) => {
                if self.consent.is_lacking() {
                    return Err(Refusal::NotOffered);
                }
                let definition = context.definition;
                if definition.sign_off.is_on() && self.lacks_agreement(definition) {
                    self.ask_to_agree(context);
                }
            }
            (Action::RevokeConsent | Action::Withdraw, Effect::Revoke(purpose)) => {
                self.revoke(purpose, event, context)?;
            }
            (Action::AskTakeDown, Effect::Plain) => {
                if self.is_take_down_asked() {
                    return Err(Refusal::NoChange);
                }
            }
            (Action::KeepPublished, Effect::Plain) => {
                if self.take_downs_asked().is_empty() {
                    return Err(Refusal::NotOffered);
                }
            }
            (Action::Erase, Effect::Plain) => {
                if self.contact.is_none() {
                    return Err(Refusal::NoChange);
                }
                self.forget(context);
            }
            (
                Action::Publish
                | Action::Propose
                | Action::TakeOver
                | Action::Overrule
                | Action::Unpublish
                | Action::Edit
                | Action::Correct
                | Action::Resubmit
                | Action::PutAside
                | Action::Merge
                | Action::NotDuplicate
                | Action::AskForLink
                | Action::AskNewAddress
                | Action::CorrectAddress
                | Action::Assign
                | Action::AddAddendum
                | Action::ApproveAddendum
                | Action::LookedAt
                | Action::RevokeConsent
                | Action::SendAgain,
                _,
            ) => return Err(Refusal::NotOffered),
            (_, _) => {}
        }
        Ok(())
    }

    /// From now on the campaigner's mail goes to this address; what could not be delivered goes again.
    fn write_to(&mut self, email: String, now: Timestamp) -> Result<(), Refusal> {
        let contact = self.contact.as_mut().ok_or(Refusal::NotOffered)?;
        if contact.email == email {
            return Err(Refusal::NoChange);
        }
        contact.email = email;
        self.new_address = None;
        let is_own = |mail: &&Mail| mail.to == Recipient::Campaigner;
        let own = self.mail.iter().filter(is_own).map(|mail| mail.number);
        let own: Vec<u32> = own.collect();
        for number in self.failed_mail() {
            if own.contains(&number) {
                self.send_again(number, now)?;
            }
        }
        Ok(())
    }

    fn revise(
        &mut self,
        by: &Actor,
        mut answers: Answers,
        context: &Context,
    ) -> Result<(), Refusal> {
        if let (Actor::Campaigner, Some(contact)) = (by, &self.contact) {
            context
                .definition
                .settle_credit(&mut answers, &contact.name);
        }
        if answers == *self.answers() {
            return Err(Refusal::NoChange);
        }
        let own = |revision: &&Revision| revision.by == Actor::Campaigner;
        if *by == Actor::Campaigner && self.revisions.iter().filter(own).count() > MOST_REVISIONS {
            return Err(Refusal::TooOften);
        }
        if *by == Actor::Campaigner {
            self.consent
                .renew(context.definition, &answers, context.now);
        }
        self.revisions.push(Revision {
            at: context.now,
            by: by.clone(),
            answers,
            unknown: Unknown::new(),
        });
        Ok(())
    }

    /// Name, address, private answers, notes and older versions go; the post and what was decided
    /// stay.
    fn forget(&mut self, context: &Context) {
        let definition = context.definition;
        self.is_unagreed = definition.sign_off.is_on() && self.lacks_agreement(definition);
        self.end_sign_off(context.now);
        self.follow_ups.clear();
        self.contact = None;
        self.new_address = None;
        self.arrival = None;
        self.order = None;
        self.publish_error = None;
        self.looked_at = None;
        let last = self.revisions.len() - 1;
        self.revisions.drain(..last);
        for revision in &mut self.revisions {
            context.definition.redact(&mut revision.answers);
            if self.publication.is_none() {
                context.definition.drop_pictures(&mut revision.answers);
                context.definition.drop_credit(&mut revision.answers);
            }
        }
        for event in &mut self.history {
            event.note.clear();
            event.at_fields.clear();
            event.revision = 0;
        }
        for mail in &mut self.mail {
            mail.forget(context.now);
        }
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
