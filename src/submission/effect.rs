//! What each action does to the record besides stage, history and mail.

use jiff::Timestamp;

use super::{
    Action, Actor, ByHand, Context, Effect, Event, LookedAt, MOST_LINKS, Mail, NewAddress,
    Publication, Recipient, Refusal, Revision, Stage, Submission, Unknown, fixed_while_published,
};
use crate::form::{Answers, Audience, add_addendum, built_in};

/// How often a campaigner can change the answers.
const MOST_REVISIONS: usize = 20;

impl Submission {
    /// What the action does besides: the only place that knows single actions.
    pub(super) fn effect(
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
                        && old.by_hand == publication.by_hand
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
            (Action::TakeOver | Action::Overrule, Effect::Stands(text, changes, pictures)) => {
                let publication = self.publication.as_mut().ok_or(Refusal::NotOffered)?;
                let is_same = publication.post == text;
                if is_same && pictures.is_empty() {
                    return Err(Refusal::NoChange);
                }
                publication.post = text;
                let stays = event.action == Action::TakeOver;
                publication
                    .by_hand
                    .extend(pictures.into_iter().map(|(path, object)| {
                        let by_hand = ByHand {
                            object,
                            stays,
                            unknown: Unknown::new(),
                        };
                        (path, by_hand)
                    }));
                self.publish_error = None;
                if stays && !is_same {
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
}
