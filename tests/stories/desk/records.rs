//! Records in every stage, made without a server, and each action with all that belongs to it.

use std::collections::BTreeMap;

use case_study_intake::{
    form::{Answers, Asks, Contact, Definition, Entry, judge},
    submission::{
        Action, Actor, Agreement, BranchState, Command, Context, Editor, Effect, MailChoice,
        MailState, Mailing, NewAddress, Order, Other, Plan, Publication, Reception, Refusal, Stage,
        Submission, Suspicion, Unknown, Who,
    },
};
use jiff::Timestamp;
use serde_json::json;

use super::{ANN, BO, NOBODY};

/// Another submission.
const OTHER: &str = "00000000-0000-7000-8000-000000000001";

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
    all_sent(&mut submission, 1);
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

/// Has whoever may do it first do it, half a minute after the submission came in.
#[track_caller]
fn done(submission: &mut Submission, action: Action) {
    let (by, does) = (actor(action), command(action, submission));
    let said = act(submission, by, does, MailChoice::AsItIs, 30);
    assert_eq!(said, Ok(()));
}

fn all_sent(submission: &mut Submission, second: i64) {
    for mail in &mut submission.mail {
        mail.state = MailState::Sent { at: moment(second) };
    }
}

/// A submission in this stage, with what the action is about.
pub(super) fn for_action(action: Action, stage: Stage) -> Submission {
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
        done(&mut submission, Action::Edit);
    }
    if needs_sign_off(action) && Action::AskToAgree.rule().after(stage).is_some() {
        if stage == Stage::Published {
            let post = "As it was.".into();
            submission.publication = Some(Publication {
                post,
                ..publication(&submission)
            });
        }
        done(&mut submission, Action::Edit);
    }
    if action == Action::NoAnswer && action.rule().after(stage).is_some() {
        done(&mut submission, Action::AskToAgree);
        all_sent(&mut submission, 31);
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
            done(&mut submission, earlier);
        }
        all_sent(&mut submission, 31);
    }
    if action == Action::KeepPublished && stage == Stage::Published {
        done(&mut submission, Action::AskTakeDown);
        all_sent(&mut submission, 31);
    }
    if action == Action::UndoWithdraw && stage == Stage::Withdrawn {
        submission = in_stage(Stage::Received);
        done(&mut submission, Action::Withdraw);
        all_sent(&mut submission, 31);
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
