//! The rules of the workflow, action by action and stage by stage, without a server.

use std::collections::{BTreeMap, BTreeSet};

use case_study_intake::{
    form::{Answers, Asks, Contact, Definition, Entry, judge},
    submission::{
        Action, Actor, Agreement, BranchState, Command, Context, Editor, Effect, Mail, MailChoice,
        MailState, Mailing, NewAddress, Order, Other, Plan, Publication, RULES, Reception,
        Recipient, Refusal, Stage, Submission, Suspicion, Unknown, Who,
    },
};
use jiff::Timestamp;
use serde_json::json;
use strum::VariantArray;

use super::{ANN, BO, NOBODY};

/// One row for each action: where it leads from each stage, in the order quarantined, received,
/// changes requested, approved, published, declined, withdrawn (`.`: not offered), whom its mail
/// goes to, and who may do it: campaigner, editor, system.
const TABLE: [(&str, &str, Tells, &str); 47] = [
    ("submit", ". . . . . . .", Tells::Nobody, "C"),
    (
        "approve",
        ". A A . . . .",
        Tells::Campaigner("approved"),
        "E",
    ),
    (
        "ask_to_agree",
        ". . . A P . .",
        Tells::Campaigner("sign_off"),
        "E",
    ),
    (
        "no_answer",
        ". . . A P . .",
        Tells::Editors("no_answer"),
        "S",
    ),
    (
        "ask_follow_up",
        ". . . . P . .",
        Tells::Campaigner("follow_up"),
        "S",
    ),
    (
        "add_addendum",
        ". . . . P . .",
        Tells::Editors("addendum"),
        "C",
    ),
    (
        "approve_addendum",
        ". . . . P . .",
        Tells::Campaigner("addendum_approved"),
        "E",
    ),
    (
        "decline_addendum",
        ". . . . P . .",
        Tells::Campaigner("addendum_declined"),
        "E",
    ),
    (
        "request_changes",
        ". C . C . . .",
        Tells::Campaigner("changes_requested"),
        "E",
    ),
    (
        "decline",
        ". D D D . . .",
        Tells::Campaigner("declined"),
        "E S",
    ),
    ("decline_as_spam", "D D . . . . .", Tells::Nobody, "E S"),
    ("merge", ". D D D . . .", Tells::Campaigner("merged"), "E"),
    ("not_duplicate", "Q R C A P D W", Tells::Nobody, "E"),
    (
        "take_back",
        ". . R R . R .",
        Tells::Campaigner("taken_back"),
        "E S",
    ),
    ("take_in", "R . . . . . .", Tells::All, "E"),
    ("put_aside", ". Q . . . . .", Tells::Nobody, "S"),
    ("report", "Q R C A P D W", Tells::Editors("report"), "S"),
    (
        "close_form",
        ". R C A . . .",
        Tells::Campaigner("form_closed"),
        "S",
    ),
    (
        "remind_editors",
        ". R . . . . .",
        Tells::Editors("late"),
        "S",
    ),
    (
        "remind_campaigner",
        ". . C . . . .",
        Tells::Campaigner("changes_reminder"),
        "S",
    ),
    (
        "publish",
        ". . . P P . .",
        Tells::Campaigner("published"),
        "E S",
    ),
    ("propose", ". . . A P . .", Tells::Nobody, "E S"),
    ("cancel", ". . . A P . .", Tells::Nobody, "E"),
    ("take_over", ". . . . P . .", Tells::Nobody, "E"),
    ("overrule", ". . . . P . .", Tells::Nobody, "E"),
    (
        "unpublish",
        ". . . . R . .",
        Tells::Campaigner("taken_down"),
        "E S",
    ),
    (
        "keep_published",
        ". . . . P . .",
        Tells::Campaigner("kept_published"),
        "E",
    ),
    (
        "ask_take_down",
        ". . . . P . .",
        Tells::Editors("take_down_asked"),
        "C",
    ),
    (
        "revoke_consent",
        "Q R C A P D W",
        Tells::Editors("consent_revoked"),
        "C",
    ),
    ("edit", ". R C A P . .", Tells::Nobody, "E"),
    ("note", "Q R C A P D W", Tells::Nobody, "E"),
    ("looked_at", ". R C A P . .", Tells::Nobody, "E"),
    (
        "send_again",
        "Q R C A P D W",
        Tells::Campaigner("receipt"),
        "E",
    ),
    ("correct_address", "Q R C A P D W", Tells::Nobody, "E"),
    ("assign", "Q R C A P D W", Tells::Assigned("assigned"), "E"),
    ("correct", ". R . . . . .", Tells::Editors("corrected"), "C"),
    (
        "resubmit",
        ". . R . . . .",
        Tells::Editors("resubmitted"),
        "C",
    ),
    ("accept", ". R . A . . .", Tells::Editors("accepted"), "C"),
    ("suggest", ". R . A P . .", Tells::Editors("suggested"), "C"),
    ("message", "Q R C A P D W", Tells::Editors("message"), "C"),
    (
        "withdraw",
        "W W W W . . .",
        Tells::Both("withdrawn", "withdrawal"),
        "C",
    ),
    (
        "undo_withdraw",
        ". . . . . . R",
        Tells::Editors("withdrawal_undone"),
        "C",
    ),
    (
        "change_link",
        ". R C A P D W",
        Tells::Campaigner("new_link"),
        "C E",
    ),
    (
        "ask_for_link",
        ". R C A P D W",
        Tells::Campaigner("link"),
        "C",
    ),
    (
        "ask_new_address",
        ". R C A P D W",
        Tells::NewAddress("confirm_address"),
        "C",
    ),
    ("confirm_address", ". R C A P D W", Tells::Nobody, "C"),
    ("erase", "W W W W P D W", Tells::Editors("erased"), "C S"),
];

/// Another submission.
const OTHER: &str = "00000000-0000-7000-8000-000000000001";

#[derive(Clone, Copy)]
enum Tells {
    Nobody,
    Campaigner(&'static str),
    Editors(&'static str),
    /// The editor who looks after it from then on.
    Assigned(&'static str),
    NewAddress(&'static str),
    /// The editors, and the campaigner.
    Both(&'static str, &'static str),
    /// As when it comes in.
    All,
}

fn stage_of(letter: &str) -> Option<Stage> {
    Some(match letter {
        "Q" => Stage::Quarantined,
        "R" => Stage::Received,
        "C" => Stage::ChangesRequested,
        "A" => Stage::Approved,
        "P" => Stage::Published,
        "D" => Stage::Declined,
        "W" => Stage::Withdrawn,
        _ => return None,
    })
}

pub(super) fn editors() -> Vec<Editor> {
    [("Ann", ANN), ("Bo", BO)]
        .map(|(name, email)| Editor {
            name: name.into(),
            email: email.into(),
            mail: Mailing::Each,
        })
        .to_vec()
}

pub(super) fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a moment")
}

/// The shipped form, with a question whose answer is private.
pub(super) fn definition() -> Definition {
    let shipped = include_str!("../../../config/forms/case-study.yaml");
    let with_private = shipped.replacen(
        "    - name: glance\n",
        "    - name: safety\n      title: Safety\n      fields:\n        - name: risks\n          label: Risks\n          kind: text\n          public: false\n    - name: glance\n",
        1,
    );
    judge("case-study", &with_private).expect("a form")
}

pub(super) fn context<'a>(
    definition: &'a Definition,
    editors: &'a [Editor],
    second: i64,
) -> Context<'a> {
    Context {
        definition,
        editors,
        now: moment(second),
    }
}

/// The answers of a record with this title.
pub(super) fn answers(title: &str) -> Answers {
    serde_json::from_value(json!({
        "title": title,
        "story": "What we did.",
        "organisation": "The nurses’ union",
        "topics": ["Health"],
        "risks": "riskcanary",
        "slug": "case-study-seed",
        "no_longer_asked": "gonecanary",
    }))
    .expect("answers")
}

/// An update of a post.
pub(super) fn update(text: &str) -> Answers {
    let entry = json!({"heading": "Update, March 2027", "text": text});
    serde_json::from_value(entry).expect("an update")
}

/// A submission in this stage that nobody has touched, with its first mail sent.
pub(crate) fn in_stage(stage: Stage) -> Submission {
    let entry = Entry {
        answers: answers("Seed"),
        contact: Contact {
            name: "Zelda Quince-Canary".into(),
            email: "zelda.quince@canary.example".into(),
            unknown: Unknown::new(),
        },
        agreed: vec!["publish".into()],
        remarks: Vec::new(),
    };
    let id = NOBODY.parse().expect("an id");
    let (definition, editors) = (definition(), editors());
    let mut submission = Submission::receive(
        id,
        entry,
        Reception::default(),
        &context(&definition, &editors, 0),
    );
    submission.stage = stage;
    // Asked for on a day, which can be taken back.
    let publish = Command::new(Action::Publish, Effect::Plain);
    let order = Order::of(&publish, ann(), MailChoice::AsItIs, None, moment(0));
    submission.order = order.map(|order| Order {
        on: Some(jiff::civil::date(2027, 3, 1)),
        ..order
    });
    for mail in &mut submission.mail {
        mail.state = MailState::Sent { at: moment(1) };
    }
    submission
}

/// The same form, where nothing is published that the campaigner has not agreed to.
pub(super) fn with_sign_off() -> Definition {
    let mut definition = definition();
    definition.sign_off.asks = Asks::Require;
    definition
}

/// The same form, where people are asked after half a year what happened next.
pub(super) fn with_follow_up() -> Definition {
    let shipped = include_str!("../../../config/forms/case-study.yaml");
    let noun = "noun: case study\nfollow_up: [6 months, 18 months]\n";
    let text = shipped.replacen("noun: case study\n", noun, 1);
    judge("case-study", &text).expect("a form")
}

fn is_of_follow_up(action: Action) -> bool {
    matches!(
        action,
        Action::AskFollowUp
            | Action::AddAddendum
            | Action::ApproveAddendum
            | Action::DeclineAddendum
    )
}

fn needs_sign_off(action: Action) -> bool {
    matches!(action, Action::AskToAgree | Action::NoAnswer)
}

/// Does it, a while after it came in.
pub(crate) fn act(
    submission: &mut Submission,
    by: Actor,
    command: Command,
    choice: MailChoice,
    second: i64,
) -> Result<(), Refusal> {
    let definition = match command.action {
        action if needs_sign_off(action) => with_sign_off(),
        action if is_of_follow_up(action) => with_follow_up(),
        _ => definition(),
    };
    let editors = editors();
    submission.act(by, command, choice, &context(&definition, &editors, second))
}

pub(crate) fn ann() -> Actor {
    Actor::Editor(ANN.into())
}

/// The submission as it was published.
fn publication(submission: &Submission) -> Publication {
    Publication {
        pictures: BTreeMap::new(),
        by_hand: BTreeMap::new(),
        at: moment(60),
        date: jiff::civil::date(2027, 1, 15),
        path: "_posts/2027-01-15-seed.md".into(),
        permalink: "https://blog.example/seed".into(),
        branch: None,
        commit: None,
        is_to_be_merged: false,
        pull_request: None,
        branch_state: BranchState::Open,
        post: submission.draft.clone(),
        unknown: Unknown::new(),
    }
}

/// A submission in this stage, with what the action is about.
fn for_action(action: Action, stage: Stage) -> Submission {
    let mut submission = in_stage(stage);
    if matches!(action, Action::TakeOver | Action::Overrule) {
        submission.publication = Some(publication(&submission));
    }
    if action == Action::ConfirmAddress {
        submission.new_address = Some(NewAddress {
            email: "other@canary.example".into(),
            asked: moment(30),
            unknown: Unknown::new(),
        });
    }
    if action == Action::RevokeConsent {
        let first = &submission.consent.first;
        submission.consent.others = vec![Agreement {
            name: "contact".into(),
            is_required: false,
            ..first.clone()
        }];
    }
    let edit = Action::Edit.rule();
    if action == Action::Accept && edit.after(stage).is_some() {
        let edit = command(Action::Edit, &submission);
        let said = act(&mut submission, ann(), edit, MailChoice::AsItIs, 30);
        assert_eq!(said, Ok(()));
    }
    if needs_sign_off(action) && Action::AskToAgree.rule().after(stage).is_some() {
        if stage == Stage::Published {
            let post = "As it was.".into();
            submission.publication = Some(Publication {
                post,
                ..publication(&submission)
            });
        }
        let edit = command(Action::Edit, &submission);
        let said = act(&mut submission, ann(), edit, MailChoice::AsItIs, 30);
        assert_eq!(said, Ok(()));
    }
    if action == Action::NoAnswer && action.rule().after(stage).is_some() {
        let ask = command(Action::AskToAgree, &submission);
        let said = act(&mut submission, ann(), ask, MailChoice::AsItIs, 30);
        assert_eq!(said, Ok(()));
        for mail in &mut submission.mail {
            mail.state = MailState::Sent { at: moment(31) };
        }
        let sign_off = submission.sign_off.as_mut().expect("asked");
        sign_off.by = jiff::civil::date(2020, 1, 1);
    }
    if is_of_follow_up(action) && stage == Stage::Published {
        submission.consent.others = vec![Agreement {
            name: "contact".into(),
            ..submission.consent.first.clone()
        }];
        submission.follow_ups = vec![moment(20)];
        let before = [Action::AskFollowUp, Action::AddAddendum];
        for earlier in before.into_iter().take_while(|it| *it != action) {
            let (by, does) = (actor(earlier), command(earlier, &submission));
            let said = act(&mut submission, by, does, MailChoice::AsItIs, 30);
            assert_eq!(said, Ok(()));
        }
        for mail in &mut submission.mail {
            mail.state = MailState::Sent { at: moment(31) };
        }
    }
    if action == Action::KeepPublished && stage == Stage::Published {
        let ask = command(Action::AskTakeDown, &submission);
        let said = act(
            &mut submission,
            Actor::Campaigner,
            ask,
            MailChoice::AsItIs,
            30,
        );
        assert_eq!(said, Ok(()));
        for mail in &mut submission.mail {
            mail.state = MailState::Sent { at: moment(31) };
        }
    }
    if action == Action::UndoWithdraw && stage == Stage::Withdrawn {
        submission = in_stage(Stage::Received);
        let withdraw = command(Action::Withdraw, &submission);
        let said = act(
            &mut submission,
            Actor::Campaigner,
            withdraw,
            MailChoice::AsItIs,
            30,
        );
        assert_eq!(said, Ok(()));
        for mail in &mut submission.mail {
            mail.state = MailState::Sent { at: moment(31) };
        }
    }
    if action == Action::TakeIn {
        // What has gone already does not go again.
        submission.mail.clear();
    }
    submission
}

/// The action with all that belongs to it.
pub(super) fn command(action: Action, submission: &Submission) -> Command {
    let effect = match action {
        Action::Publish | Action::Propose => Effect::Publish(Box::new(publication(submission))),
        Action::Unpublish => Effect::Unpublish {
            commit: None,
            is_to_be_merged: false,
        },
        Action::Edit | Action::Correct | Action::Resubmit => Effect::Revise(answers("Seed anew")),
        Action::TakeOver | Action::Overrule => {
            Effect::Stands("Edited.".into(), None, BTreeMap::new())
        }
        Action::SendAgain => Effect::SendAgain(1),
        Action::AskForLink => Effect::Links(Vec::new()),
        Action::AskNewAddress | Action::CorrectAddress => {
            Effect::Address("other@canary.example".into())
        }
        Action::Assign => Effect::Assign(Plan {
            editor: Some(BO.into()),
            next: None,
        }),
        Action::LookedAt => Effect::LookedAt(vec!["mark".into()]),
        Action::PutAside => Effect::PutAside(Box::new(Suspicion::new(10, "It has 40 links."))),
        Action::Merge | Action::NotDuplicate => {
            Effect::Other(Other::Submission(OTHER.parse().expect("an id")))
        }
        Action::RevokeConsent => Effect::Revoke("contact".into()),
        Action::AddAddendum | Action::ApproveAddendum => {
            Effect::Addendum(Box::new(update("We won.")))
        }
        _ => Effect::Plain,
    };
    let mut command = Command::new(action, effect);
    let takes_words = [
        Action::Approve,
        Action::TakeBack,
        Action::RequestChanges,
        Action::Decline,
        Action::Unpublish,
        Action::Note,
        Action::Suggest,
        Action::Message,
        Action::AskTakeDown,
        Action::KeepPublished,
        Action::DeclineAddendum,
        Action::Withdraw,
    ];
    if takes_words.contains(&action) {
        command.note = "Some words.".into();
    }
    if action == Action::RequestChanges {
        command.at_fields = BTreeMap::from([("story".to_owned(), "Some words.".to_owned())]);
    }
    command
}

/// Whoever may do it, the one the table names first.
pub(super) fn actor(action: Action) -> Actor {
    match action.rule().who[0] {
        Who::Campaigner => Actor::Campaigner,
        Who::Editor => ann(),
        Who::System => Actor::System,
    }
}

/// What mail is and whom it is for, in one word each.
fn told(mail: &Mail) -> (&str, String) {
    let to = match &mail.to {
        Recipient::Campaigner => "campaigner".to_owned(),
        Recipient::NewAddress => "new address".to_owned(),
        Recipient::Editor(email) => email.clone(),
    };
    (mail.kind.as_str(), to)
}

#[test]
fn every_action_in_every_stage_does_what_the_table_says_and_owes_that_mail() {
    let names: BTreeSet<&str> = TABLE.iter().map(|(action, ..)| *action).collect();
    assert_eq!(names.len(), RULES.len(), "a row for each action");
    let choices = [
        MailChoice::AsItIs,
        MailChoice::Words("Other words.".into()),
        MailChoice::LeftOut,
    ];
    let mut tried = 0;
    for rule in &RULES {
        let action = rule.action;
        let row = TABLE.iter().find(|(name, ..)| *name == action.name());
        let (_, leads, tells, _) = row.expect("a row for each action");
        let leads: Vec<&str> = leads.split(' ').collect();
        assert_eq!(leads.len(), Stage::VARIANTS.len());
        for (stage, leads_to) in Stage::VARIANTS.iter().zip(leads) {
            for choice in &choices {
                tried += 1;
                let what = format!("{} in {}, {choice:?}", action.name(), stage.name());
                let before = for_action(action, *stage);
                let mut after = before.clone();
                let (by, command) = (actor(action), command(action, &before));
                let said = act(&mut after, by.clone(), command, choice.clone(), 60);
                let Some(expected) = stage_of(leads_to) else {
                    assert_eq!(said, Err(Refusal::NotOffered), "{what}");
                    assert!(after == before, "{what}: something changed");
                    continue;
                };
                if action == Action::AskToAgree && *choice == MailChoice::LeftOut {
                    assert_eq!(said, Err(Refusal::NoChange), "{what}");
                    assert!(after == before, "{what}: something changed");
                    continue;
                }
                assert_eq!(said, Ok(()), "{what}");
                assert_eq!(after.stage, expected, "{what}");
                let makes_pages_stale = !matches!(
                    action,
                    Action::AskForLink
                        | Action::Assign
                        | Action::LookedAt
                        | Action::NotDuplicate
                        | Action::SendAgain
                        | Action::Report
                        | Action::AskFollowUp
                        | Action::CloseForm
                        | Action::RemindEditors
                        | Action::RemindCampaigner
                );
                let grows = u64::from(makes_pages_stale);
                assert_eq!(after.version, before.version + grows, "{what}");
                assert_eq!(after.history.len(), before.history.len() + 1, "{what}");
                let event = after.history.last().expect("an event");
                assert_eq!((&event.by, event.stage), (&by, expected), "{what}");
                assert_eq!(event.revision, after.revisions.len() - 1, "{what}");
                let new = &after.mail[before.mail.len()..];
                let left_out = *choice == MailChoice::LeftOut && action != Action::SendAgain;
                let expected: Vec<(&str, String)> = match *tells {
                    _ if left_out => vec![],
                    // Whoever may be abusing us causes no mail.
                    _ if *stage == Stage::Quarantined && by == Actor::Campaigner => vec![],
                    Tells::Nobody => vec![],
                    Tells::NewAddress(kind) => vec![(kind, "new address".to_owned())],
                    Tells::Campaigner(kind) => vec![(kind, "campaigner".to_owned())],
                    Tells::Editors(kind) => [ANN, BO].map(|to| (kind, to.to_owned())).to_vec(),
                    Tells::Assigned(kind) => vec![(kind, BO.to_owned())],
                    Tells::Both(kind, own) => {
                        let told = [ANN, BO].map(|to| (kind, to.to_owned()));
                        let own = (own, "campaigner".to_owned());
                        told.into_iter().chain([own]).collect()
                    }
                    Tells::All => vec![
                        ("receipt", "campaigner".to_owned()),
                        ("received", ANN.to_owned()),
                        ("received", BO.to_owned()),
                    ],
                };
                let pending: Vec<(&str, String)> = new.iter().map(told).collect();
                assert_eq!(pending, expected, "{what}");
                let mut numbers: Vec<u32> = after.mail.iter().map(|it| it.number).collect();
                assert!(numbers.is_sorted(), "{what}");
                numbers.dedup();
                assert_eq!(numbers.len(), after.mail.len(), "{what}");
                for mail in new {
                    assert_eq!(mail.due(), Some(moment(60)), "{what}");
                    let is_decision = action != Action::SendAgain;
                    assert!(!is_decision || mail.about == after.history.len() - 1);
                    let words = match choice {
                        MailChoice::Words(words)
                            if is_decision && mail.to == Recipient::Campaigner =>
                        {
                            Some(words)
                        }
                        _ => None,
                    };
                    assert_eq!(mail.words.as_ref(), words, "{what}");
                }
                let first = &after.mail[..before.mail.len()];
                assert!(first == before.mail, "{what}: the mail sent stays");
            }
        }
    }
    assert_eq!(tried, TABLE.len() * 7 * 3);
}

#[test]
fn whoever_may_not_do_something_is_refused_in_every_stage() {
    let actors = [("C", Actor::Campaigner), ("E", ann()), ("S", Actor::System)];
    let mut refused = 0;
    for rule in &RULES {
        let row = TABLE.iter().find(|(name, ..)| *name == rule.action.name());
        let (_, leads, _, who) = row.expect("a row for each action");
        for (stage, leads_to) in Stage::VARIANTS.iter().zip(leads.split(' ')) {
            for (letter, by) in &actors {
                let before = for_action(rule.action, *stage);
                let mut after = before.clone();
                let what = format!("{} by {letter} in {}", rule.action.name(), stage.name());
                let command = command(rule.action, &before);
                let said = act(&mut after, by.clone(), command, MailChoice::AsItIs, 60);
                if who.contains(letter) && leads_to != "." {
                    assert_eq!(said, Ok(()), "{what}");
                } else {
                    refused += 1;
                    assert_eq!(said, Err(Refusal::NotOffered), "{what}");
                    assert!(!before.offers(rule.action, by), "{what}");
                    assert!(after == before, "{what}: something changed");
                }
            }
        }
    }
    assert!(refused > 200, "{refused}");
}
