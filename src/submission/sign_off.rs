//! Whether the campaigner has agreed to what editors made of the words, where the form asks for it.
//!
//! What there is to agree to is told by comparing answers; what was asked, and what came of it, stands
//! in the record as [`SignOff`]. Everything that publishes asks [`Submission::sign_off_state`].

use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    Action, Actor, Context, Event, MailState, Publication, Stage, Submission, To, Unknown,
};
use crate::{
    form::{Answers, Asks, Audience, By, Definition, built_in},
    text::differences::{Change, pieces},
};

/// The kind of mail that asks for agreement.
pub const ASKS_TO_AGREE: &str = "sign_off";

/// That the campaigner was asked to agree, and what came of it. It goes once that is over: with an
/// agreement, a change by an editor, a decision against publishing, or the publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// When they were asked.
    pub asked: Timestamp,
    /// The last day on which they were asked to answer.
    pub by: Date,
    /// Which of the revisions they were asked about, from 0.
    pub revision: usize,
    /// Whether they were told that no answer counts as agreement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silence_agrees: bool,
    /// What came of it.
    #[serde(default)]
    pub answer: SignOffAnswer,
    /// What this version does not know, kept as it is.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What came of asking for agreement. An agreement itself is an event of the history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOffAnswer {
    /// Nothing yet.
    #[default]
    Awaited,
    /// The campaigner wants something else.
    Suggested,
    /// Nothing, and the time is over.
    None,
}

/// How it stands with the agreement to what would be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOffState {
    /// The form asks nobody, or there is nothing that was not sent or agreed to by the campaigner.
    NotNeeded,
    /// It needs an agreement, and nobody was asked.
    ToAsk,
    /// The campaigner was asked, and can still answer.
    Asked,
    /// The campaigner wants something else.
    Suggested,
    /// The time is over without an answer.
    NoAnswer,
    /// The same, which counts as agreement.
    Silent,
}

impl SignOffState {
    /// Whether an editor can ask for the agreement.
    pub fn can_be_asked(self) -> bool {
        matches!(self, Self::ToAsk | Self::Suggested | Self::NoAnswer)
    }

    /// Whether an editor has to answer, or to ask again.
    pub fn needs_editor(self) -> bool {
        matches!(self, Self::Suggested | Self::NoAnswer)
    }

    /// Whether nothing may be published yet.
    pub fn holds_back(self) -> bool {
        !matches!(self, Self::NotNeeded | Self::Silent)
    }

    /// What stands between a post and the blog, as editors read it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NotNeeded | Self::Silent => "",
            Self::ToAsk => "ask the campaigner to agree",
            Self::Asked => "waiting for the campaigner’s agreement",
            Self::Suggested => "the campaigner suggests a change",
            Self::NoAnswer => "no answer from the campaigner",
        }
    }
}

impl SignOff {
    fn new(context: &Context, revision: usize, answer: SignOffAnswer) -> Self {
        let rule = &context.definition.sign_off;
        Self {
            asked: context.now,
            by: day_of(context.now).saturating_add(rule.days.days()),
            revision,
            silence_agrees: rule.silence_agrees,
            answer,
            unknown: Unknown::new(),
        }
    }

    /// The last day to answer, where the question has gone at this moment: there is as much time then,
    /// too.
    fn by_if_sent(&self, sent: Timestamp) -> Date {
        let days = day_of(self.asked).until(self.by).unwrap_or_default();
        day_of(sent).saturating_add(days).max(self.by)
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned_datetime(TimeZone::UTC).date()
}

/// When this day has ended everywhere on earth.
fn end_of(day: Date) -> Option<Timestamp> {
    const NOON: i8 = 12;
    let next = day.checked_add(Span::new().days(1)).ok()?;
    let end = next.at(NOON, 0, 0, 0).to_zoned_datetime(TimeZone::UTC);
    end.ok().map(|end| end.timestamp())
}

impl Submission {
    /// How it stands with the agreement to what would be published next.
    pub fn sign_off_state(&self, definition: &Definition) -> SignOffState {
        let is_about_it = match self.stage {
            Stage::Approved => true,
            Stage::Published => self.is_to_publish(),
            _ => false,
        };
        let rule = &definition.sign_off;
        // Nobody can be asked any more.
        let is_given_up = rule.asks == Asks::Ask && self.contact.is_none();
        if !is_about_it || !rule.is_on() || is_given_up || !self.lacks_agreement(definition) {
            return SignOffState::NotNeeded;
        }
        let asked = self.sign_off.as_ref();
        let Some(sign_off) = asked.filter(|it| self.is_about_these_words(it, definition)) else {
            return SignOffState::ToAsk;
        };
        match sign_off.answer {
            SignOffAnswer::Awaited => SignOffState::Asked,
            SignOffAnswer::Suggested => SignOffState::Suggested,
            // What they were told counts, and what the form says by now.
            SignOffAnswer::None if sign_off.silence_agrees && rule.silence_agrees => {
                SignOffState::Silent
            }
            SignOffAnswer::None => SignOffState::NoAnswer,
        }
    }

    /// Whether the words are still those that the campaigner was asked about, whatever has changed them.
    fn is_about_these_words(&self, sign_off: &SignOff, definition: &Definition) -> bool {
        let Some(asked) = self.revisions.get(sign_off.revision) else {
            return false;
        };
        let (mut asked, now) = (asked.answers.clone(), self.answers());
        self.leave_out_what_is_theirs(definition, &self.history, &mut asked, now);
        definition.changes(&asked, now, Audience::Public).is_empty()
    }

    /// Brings earlier answers up to `now` in what nobody has to agree to: what the campaigner took
    /// back or wrote themselves since, and the address and date of the post, which are no words.
    fn leave_out_what_is_theirs(
        &self,
        definition: &Definition,
        events: &[Event],
        earlier: &mut Answers,
        now: &Answers,
    ) {
        self.leave_out_revoked(definition, earlier);
        self.with_own_addenda(events, earlier, now);
        for name in [built_in::SLUG, built_in::DATE] {
            earlier.set(name, now.get(name).cloned());
        }
    }

    /// Whether this may not be published because the campaigner has not agreed to it. What is on a
    /// branch already in the same words was agreed to before it went there.
    pub(super) fn is_held_back_by_sign_off(
        &self,
        publication: &Publication,
        definition: &Definition,
    ) -> bool {
        let is_there = |old: &Publication| old.post == publication.post;
        publication.post == self.draft
            && !self.publication.as_ref().is_some_and(is_there)
            && self.sign_off_state(definition).holds_back()
    }

    /// Whether there is something to agree with: an editor has changed a public answer since the last
    /// version that the campaigner has sent or agreed with.
    pub fn asks_to_agree(&self, definition: &Definition) -> bool {
        match definition.sign_off.is_on() {
            true => self.lacks_agreement(definition),
            false => !self
                .changes_to_agree(definition, self.history.len())
                .is_empty(),
        }
    }

    /// Whether it is to be reviewed again because the campaigner has suggested a change.
    pub fn is_led_back(&self) -> bool {
        let mut events = self.history.iter().rev();
        let led_here = events.find(|event| event.action.rule().to == To::Stage(Stage::Received));
        let by_itself =
            |event: &Event| event.action == Action::TakeBack && event.by == Actor::System;
        self.stage == Stage::Received && led_here.is_some_and(by_itself)
    }

    /// Changes to a post on the blog can be agreed to where that was asked for.
    pub(super) fn can_accept(&self) -> bool {
        self.stage != Stage::Published || self.sign_off.is_some()
    }

    pub(super) fn lacks_agreement(&self, definition: &Definition) -> bool {
        self.is_unagreed
            || !self
                .changes_to_agree(definition, self.history.len())
                .is_empty()
    }

    /// What there is to agree to, as it stood after so many events. Address and date of the post are
    /// no words of anybody, and are left out.
    pub fn changes_to_agree(&self, definition: &Definition, events: usize) -> Vec<Change> {
        let events = &self.history[..events.min(self.history.len())];
        let answers_after = |event: Option<&Event>| {
            let at = event.map_or(0, |event| event.revision);
            self.revisions.get(at).map(|revision| &revision.answers)
        };
        let is_on = definition.sign_off.is_on();
        let last = |fits: &dyn Fn(usize, &Event) -> bool| {
            let mut events = events.iter().enumerate().rev();
            events.find(|(at, event)| fits(*at, event)).map(|it| it.0)
        };
        let suggested = last(&|_, event| event.action == Action::Suggest);
        let known_whole = last(&|at, event| match event.action {
            Action::Submit => true,
            // Who wants something else since then does not agree any more.
            Action::Accept => !is_on || suggested < Some(at),
            Action::Publish => is_on,
            _ => false,
        });
        let sent = last(&|_, event| {
            let revision = self.revisions.get(event.revision);
            matches!(event.action, Action::Correct | Action::Resubmit)
                && revision.is_some_and(|it| it.by == Actor::Campaigner)
        });
        let whole = answers_after(known_whole.map(|at| &events[at]));
        let (Some(whole), Some(now)) = (whole, answers_after(events.last())) else {
            return Vec::new();
        };
        let mut known = match sent.filter(|at| Some(*at) > known_whole) {
            Some(at) => {
                let mut sent = answers_after(Some(&events[at])).unwrap_or(whole).clone();
                // What editors fill in is not on the campaigner's form.
                let editors = definition
                    .fields()
                    .filter(|it| it.by == By::Editors && is_on);
                for field in editors {
                    sent.set(&field.name, whole.get(&field.name).cloned());
                }
                sent
            }
            None => whole.clone(),
        };
        if is_on {
            self.leave_out_what_is_theirs(definition, events, &mut known, now);
        }
        let mut changes = definition.changes(&known, now, Audience::Public);
        changes.extend(self.taken_over_since(known_whole, events).filter(|_| is_on));
        if let Some(publication) = &self.publication
            && self.is_unagreed
            && changes.is_empty()
        {
            changes.push(Change {
                label: "The post".to_owned(),
                pieces: pieces(&publication.post, &self.draft),
            });
        }
        changes
    }

    /// What was changed on the blog and taken over after this event.
    fn taken_over_since(&self, known: Option<usize>, events: &[Event]) -> Option<Change> {
        let taken = self.taken_over.as_ref()?;
        let at = events
            .iter()
            .rposition(|event| event.action == Action::TakeOver)?;
        (Some(at) > known).then(|| Change {
            label: "Changed on the blog".to_owned(),
            pieces: pieces(&taken.from, &taken.to),
        })
    }

    /// What was asked is over, and mail about it that has not gone yet with it.
    pub(super) fn end_sign_off(&mut self, now: Timestamp) {
        if self.sign_off.take().is_some() {
            for mail in self.mail.iter_mut().filter(|it| it.kind == ASKS_TO_AGREE) {
                mail.drop_pending(now);
            }
        }
    }

    /// Asks for agreement; the mail goes with the action.
    pub(super) fn ask_to_agree(&mut self, context: &Context) {
        self.end_sign_off(context.now);
        let revision = self.revisions.len() - 1;
        self.sign_off = Some(SignOff::new(context, revision, SignOffAnswer::Awaited));
    }

    /// The campaigner wants something else.
    pub(super) fn note_suggestion(&mut self, context: &Context) {
        let is_about_it = matches!(self.stage, Stage::Approved | Stage::Published);
        if !context.definition.sign_off.is_on() || !is_about_it {
            return;
        }
        match &mut self.sign_off {
            Some(sign_off) => sign_off.answer = SignOffAnswer::Suggested,
            None => {
                let revision = self.revisions.len() - 1;
                self.sign_off = Some(SignOff::new(context, revision, SignOffAnswer::Suggested));
            }
        }
    }

    /// The time is over without an answer. Silence of somebody whom the question has not reached
    /// agrees to nothing. `false` where that moment has not come.
    pub(super) fn note_no_answer(&mut self, now: Timestamp) -> bool {
        if self.no_answer_due().is_none_or(|due| now < due) {
            return false;
        }
        let was_reached = self.first_asked().is_some();
        let Some(sign_off) = &mut self.sign_off else {
            return false;
        };
        sign_off.answer = SignOffAnswer::None;
        sign_off.silence_agrees &= was_reached;
        true
    }

    /// When the mail that asks for agreement was sent.
    fn first_asked(&self) -> Option<Timestamp> {
        let sent = self.sign_off_mail().filter_map(|state| match state {
            MailState::Sent { at } => Some(*at),
            _ => None,
        });
        sent.min()
    }

    fn sign_off_mail(&self) -> impl Iterator<Item = &MailState> {
        let asked = self.sign_off.as_ref().map(|it| it.asked);
        let mail = self.mail.iter();
        mail.filter(move |mail| {
            mail.kind == ASKS_TO_AGREE && asked.is_some_and(|asked| mail.made >= asked)
        })
        .map(|mail| &mail.state)
    }

    /// The last day on which the campaigner can answer.
    pub fn answer_by(&self) -> Option<Date> {
        let sign_off = self.sign_off.as_ref()?;
        let sent = self.first_asked();
        Some(sent.map_or(sign_off.by, |sent| sign_off.by_if_sent(sent)))
    }

    /// When something is to be noticed that time alone brings, and done by the system.
    pub fn due(&self) -> Option<Timestamp> {
        let dues = [self.no_answer_due(), self.follow_up_due()];
        dues.into_iter().flatten().min()
    }

    /// What that is at this moment; `None` where it has not come.
    pub fn what_is_due(&self, now: Timestamp) -> Option<Action> {
        let is_over = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
        match () {
            () if is_over(self.no_answer_due()) => Some(Action::NoAnswer),
            () if is_over(self.follow_up_due()) => Some(Action::AskFollowUp),
            () => None,
        }
    }

    /// When it is to be noticed that nobody has answered. As long as the question is under way, that
    /// has no moment.
    fn no_answer_due(&self) -> Option<Timestamp> {
        let sign_off = self.sign_off.as_ref();
        sign_off.filter(|it| it.answer == SignOffAnswer::Awaited)?;
        let mut mail = self.sign_off_mail();
        let is_under_way = mail.any(|state| matches!(state, MailState::Pending { .. }));
        match self.first_asked().is_none() && is_under_way {
            true => None,
            false => self.answer_by().and_then(end_of),
        }
    }
}
