//! What needs the campaigner's agreement, without a server: every way around it, tried.

use std::collections::BTreeMap;

use case_study_intake::{
    form::{Answer, Asks, Definition},
    submission::{
        Action, Actor, Agreement, Command, Effect, MailChoice, MailState, Publication, Refusal,
        SignOffState, Stage, Submission, TakenOver, Unknown,
    },
};
use jiff::civil::date;

use super::records::{ann, answers, command, context, editors, in_stage, moment, with_sign_off};

/// One that editors have approved, with the form that it came from.
struct Story {
    submission: Submission,
    definition: Definition,
    second: i64,
}

impl Story {
    /// It has come in, and its mail is sent.
    fn begin() -> Self {
        let mut submission = in_stage(Stage::Received);
        submission.order = None;
        submission.draft = "Seed".into();
        Self {
            submission,
            definition: with_sign_off(),
            second: 60,
        }
    }

    fn does(&mut self, by: Actor, command: Command) -> Result<(), Refusal> {
        self.does_with(by, command, MailChoice::AsItIs)
    }

    fn does_with(&mut self, by: Actor, command: Command, mail: MailChoice) -> Result<(), Refusal> {
        self.second += 60;
        let editors = editors();
        let context = context(&self.definition, &editors, self.second);
        let said = self.submission.act(by, command, mail, &context);
        // As the store does with every change.
        let title = self.submission.answers().text("title").to_owned();
        let pictures = self.submission.answers().text("story").len();
        self.submission.draft = match &self.submission.taken_over {
            Some(taken) => format!("{title} {pictures} {}", taken.to),
            None => format!("{title} {pictures}"),
        };
        said
    }

    #[track_caller]
    fn done(&mut self, by: Actor, command: Command) {
        assert_eq!(self.does(by, command), Ok(()));
    }

    #[track_caller]
    fn plain(&mut self, by: Actor, action: Action) {
        self.done(by, Command::new(action, Effect::Plain));
    }

    /// An editor gives it this title.
    #[track_caller]
    fn edit(&mut self, title: &str) {
        let edit = Command::new(Action::Edit, Effect::Revise(answers(title)));
        self.done(ann(), edit);
    }

    fn state(&self) -> SignOffState {
        self.submission.sign_off_state(&self.definition)
    }

    /// Publishes it as it stands.
    fn publish(&mut self) -> Result<(), Refusal> {
        let publication = self.publication();
        let effect = Effect::Publish(Box::new(publication));
        self.does(ann(), Command::new(Action::Publish, effect))
    }

    fn publication(&self) -> Publication {
        match command(Action::Publish, &self.submission).effect {
            Effect::Publish(publication) => *publication,
            other => panic!("{other:?}"),
        }
    }

    /// The mail has gone, and the days to answer are over.
    fn time_passes(&mut self) {
        for mail in &mut self.submission.mail {
            mail.state = MailState::Sent { at: moment(1) };
        }
        self.days_pass();
    }

    fn days_pass(&mut self) {
        let sign_off = self.submission.sign_off.as_mut().expect("asked");
        sign_off.by = date(2020, 1, 1);
    }

    fn kinds(&self) -> Vec<&str> {
        let mail = self.submission.mail.iter();
        mail.map(|mail| mail.kind.as_str()).collect()
    }
}

#[test]
fn what_nobody_has_changed_is_approved_and_published_as_ever() {
    let mut story = Story::begin();
    story.plain(ann(), Action::Approve);
    assert_eq!(story.state(), SignOffState::NotNeeded);
    assert_eq!(story.kinds().last(), Some(&"approved"));
    assert_eq!(story.publish(), Ok(()));
}

#[test]
fn address_and_date_and_what_is_not_public_ask_for_nothing() {
    let mut story = Story::begin();
    let mut edited = answers("Seed");
    for (name, text) in [("slug", "other"), ("date", "2027-02-03"), ("risks", "None")] {
        edited.set(name, Some(Answer::Text(text.to_owned())));
    }
    story.done(ann(), Command::new(Action::Edit, Effect::Revise(edited)));
    story.plain(ann(), Action::Approve);
    assert_eq!(story.state(), SignOffState::NotNeeded);
}

#[test]
fn a_change_is_asked_about_and_each_further_change_asks_again() {
    let mut story = Story::begin();
    story.edit("Edited");
    story.plain(ann(), Action::Approve);
    assert_eq!(story.state(), SignOffState::Asked);
    assert_eq!(story.kinds().last(), Some(&"sign_off"));
    assert!(!story.kinds().contains(&"approved"));
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    story.plain(Actor::Campaigner, Action::Accept);
    assert_eq!(story.state(), SignOffState::NotNeeded);
    story.edit("Edited again");
    assert_eq!(story.state(), SignOffState::ToAsk);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    // Back to what was agreed to, there is nothing to ask.
    story.edit("Edited");
    assert_eq!(story.state(), SignOffState::NotNeeded);
    assert_eq!(story.publish(), Ok(()));
    // And so it is with what stands on the blog.
    story.edit("Edited a third time");
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    let accept = Command::new(Action::Accept, Effect::Plain);
    assert_eq!(
        story.does(Actor::Campaigner, accept),
        Err(Refusal::NotOffered)
    );
    story.plain(ann(), Action::AskToAgree);
    story.plain(Actor::Campaigner, Action::Accept);
    assert_eq!(story.publish(), Ok(()));
    assert_eq!(story.submission.sign_off, None);
}

#[test]
fn an_edit_while_the_campaigner_is_asked_ends_the_question_and_its_mail() {
    let mut story = Story::begin();
    story.edit("Edited");
    story.plain(ann(), Action::Approve);
    story.edit("Edited again");
    assert_eq!(story.state(), SignOffState::ToAsk);
    let last = story.submission.mail.last().expect("mail");
    assert!(matches!(last.state, MailState::Dropped { .. }), "{last:?}");
    assert_eq!(story.submission.due(), None);
}

#[test]
fn silence_is_about_the_words_that_were_asked_about_whatever_changes_them_later() {
    let mut story = Story::begin();
    story.definition.sign_off.asks = Asks::Ask;
    story.definition.sign_off.silence_agrees = true;
    story.edit("Edited");
    story.plain(ann(), Action::Approve);
    story.time_passes();
    story.plain(Actor::System, Action::NoAnswer);
    assert_eq!(story.state(), SignOffState::Silent);
    // As an action may that knows nothing of this.
    let mut later = story.submission.revisions[1].clone();
    let title = Answer::Text("Other words".into());
    later.answers.set("title", Some(title));
    story.submission.revisions.push(later);
    assert_eq!(story.state(), SignOffState::ToAsk);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
}

#[test]
fn without_the_mail_nobody_is_asked_and_silence_means_nothing() {
    let mut story = Story::begin();
    story.definition.sign_off.asks = Asks::Ask;
    story.definition.sign_off.silence_agrees = true;
    story.edit("Edited");
    let approve = Command::new(Action::Approve, Effect::Plain);
    assert_eq!(story.does_with(ann(), approve, MailChoice::LeftOut), Ok(()));
    assert_eq!(story.state(), SignOffState::ToAsk);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    // The mail is given up: who was never reached has not been silent.
    story.plain(ann(), Action::AskToAgree);
    let last = story.submission.mail.last_mut().expect("mail");
    last.state = MailState::Failed {
        at: moment(200),
        error: "550".into(),
    };
    story.days_pass();
    story.plain(Actor::System, Action::NoAnswer);
    assert_eq!(story.state(), SignOffState::NoAnswer);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
}

#[test]
fn silence_counts_where_the_file_says_so_then_and_now() {
    for (asks, told, now, state) in [
        (Asks::Ask, true, true, SignOffState::Silent),
        (Asks::Ask, false, true, SignOffState::NoAnswer),
        (Asks::Ask, true, false, SignOffState::NoAnswer),
        (Asks::Require, false, false, SignOffState::NoAnswer),
    ] {
        let mut story = Story::begin();
        story.definition.sign_off.asks = asks;
        story.definition.sign_off.silence_agrees = told;
        story.edit("Edited");
        story.plain(ann(), Action::Approve);
        let early = Command::new(Action::NoAnswer, Effect::Plain);
        let said = story.does(Actor::System, early);
        assert_eq!(said, Err(Refusal::NotOffered), "the time is not over");
        story.time_passes();
        story.definition.sign_off.silence_agrees = now;
        story.plain(Actor::System, Action::NoAnswer);
        assert_eq!(story.state(), state);
        let published = story.publish();
        assert_eq!(
            published.is_ok(),
            state == SignOffState::Silent,
            "{published:?}"
        );
        if published.is_err() {
            // It is never too late.
            story.plain(Actor::Campaigner, Action::Accept);
            assert_eq!(story.publish(), Ok(()));
        }
    }
}

#[test]
fn who_wants_something_else_does_not_agree_any_more() {
    let mut story = Story::begin();
    story.edit("Edited");
    story.plain(ann(), Action::Approve);
    story.plain(Actor::Campaigner, Action::Accept);
    let suggest = Command::with_note(Action::Suggest, "Say that it was in May.");
    story.done(Actor::Campaigner, suggest.clone());
    assert_eq!(story.state(), SignOffState::Suggested);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    assert_eq!(story.submission.stage, Stage::Approved);
    story.plain(ann(), Action::AskToAgree);
    story.done(Actor::Campaigner, suggest);
    assert_eq!(story.submission.due(), None, "an answer has come");
    story.plain(Actor::Campaigner, Action::Accept);
    assert_eq!(story.publish(), Ok(()));
}

#[test]
fn what_is_taken_over_from_the_blog_is_asked_about_too() {
    let mut story = Story::begin();
    story.plain(ann(), Action::Approve);
    assert_eq!(story.publish(), Ok(()));
    let taken = TakenOver {
        from: "Seed".into(),
        to: "Seed, by hand".into(),
        unknown: Unknown::new(),
    };
    let effect = Effect::Stands("By hand.".into(), Some(Box::new(taken)), BTreeMap::new());
    story.done(ann(), Command::new(Action::TakeOver, effect));
    assert_eq!(story.state(), SignOffState::ToAsk);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    story.plain(ann(), Action::AskToAgree);
    let changes = story
        .submission
        .changes_to_agree(&story.definition, usize::MAX);
    assert_eq!(changes[0].label, "Changed on the blog");
    story.plain(Actor::Campaigner, Action::Accept);
    assert_eq!(story.publish(), Ok(()));
}

#[test]
fn what_the_campaigner_takes_back_needs_no_agreement_and_hides_no_change_of_an_editor() {
    let mut story = Story::begin();
    let consent = &mut story.submission.consent;
    consent.others = vec![Agreement {
        name: "named".into(),
        is_required: false,
        ..consent.first.clone()
    }];
    let mut named = answers("Seed");
    named.set("credit", Some(Answer::Text("name".into())));
    named.set("credit_name", Some(Answer::Text("Zelda".into())));
    story.submission.revisions[0].answers = named.clone();
    story.plain(ann(), Action::Approve);
    assert_eq!(story.publish(), Ok(()));
    let revoke = Command::new(Action::RevokeConsent, Effect::Revoke("named".into()));
    story.done(Actor::Campaigner, revoke.clone());
    assert!(story.submission.answers() != &named, "the name is out");
    assert_eq!(story.state(), SignOffState::NotNeeded);

    let mut story = Story::begin();
    let consent = &mut story.submission.consent;
    consent.others = vec![Agreement {
        name: "named".into(),
        is_required: false,
        ..consent.first.clone()
    }];
    story.submission.revisions[0].answers = named.clone();
    named.set("title", Some(Answer::Text("Edited".into())));
    story.done(ann(), Command::new(Action::Edit, Effect::Revise(named)));
    story.plain(ann(), Action::Approve);
    story.done(Actor::Campaigner, revoke);
    assert_eq!(story.state(), SignOffState::Asked);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
}

#[test]
fn what_is_changed_while_it_is_published_and_what_is_erased_is_agreed_to_by_nobody() {
    let mut story = Story::begin();
    story.plain(ann(), Action::Approve);
    let publication = story.publication();
    story.edit("In the very moment");
    let effect = Effect::Publish(Box::new(publication));
    story.done(ann(), Command::new(Action::Publish, effect));
    assert_eq!(story.state(), SignOffState::ToAsk);
    let changes = story
        .submission
        .changes_to_agree(&story.definition, usize::MAX);
    assert!(!changes.is_empty(), "there is something to read");
    story.plain(Actor::Campaigner, Action::Erase);
    assert_eq!(story.state(), SignOffState::ToAsk);
    assert_eq!(story.publish(), Err(Refusal::NotAgreed));
    let ask = Command::new(Action::AskToAgree, Effect::Plain);
    assert_eq!(story.does(ann(), ask), Err(Refusal::NotOffered));
    // Where it is only asked for, nobody can be asked any more.
    story.definition.sign_off.asks = Asks::Ask;
    assert_eq!(story.publish(), Ok(()));
}

#[test]
fn what_is_on_a_branch_is_recorded_once_it_is_merged_whatever_was_suggested_since() {
    let mut story = Story::begin();
    story.plain(ann(), Action::Approve);
    let merged = story.publication();
    let proposed = Publication {
        is_to_be_merged: true,
        ..merged.clone()
    };
    let effect = Effect::Publish(Box::new(proposed));
    story.done(ann(), Command::new(Action::Propose, effect));
    story.submission.is_unagreed = true;
    let effect = Effect::Publish(Box::new(merged));
    story.done(Actor::System, Command::new(Action::Publish, effect));
    assert_eq!(story.submission.stage, Stage::Published);
}
