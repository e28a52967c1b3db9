//! The rules of the workflow, action by action and stage by stage, without a server.

use std::collections::BTreeSet;

use case_study_intake::submission::{
    Action, Actor, Mail, MailChoice, RULES, Recipient, Refusal, Stage,
};
use strum::VariantArray;

use super::{
    ANN, BO,
    records::{act, actor, ann, command, for_action, moment},
};

/// One line for each action: where it leads from each stage, in the order quarantined, received,
/// changes requested, approved, published, declined, withdrawn (`.`: not offered), whose mail of which
/// kind it causes, and who may do it: campaigner, editor, system. `assigned` is the editor who looks
/// after it from then on.
const TABLE: &str = "
submit            . . . . . . .  -                                        C
approve           . A A . . . .  campaigner:approved                      E
ask_to_agree      . . . A P . .  campaigner:sign_off                      E
no_answer         . . . A P . .  editors:no_answer                        S
ask_follow_up     . . . . P . .  campaigner:follow_up                     S
add_addendum      . . . . P . .  editors:addendum                         C
approve_addendum  . . . . P . .  campaigner:addendum_approved             E
decline_addendum  . . . . P . .  campaigner:addendum_declined             E
request_changes   . C . C . . .  campaigner:changes_requested             E
decline           . D D D . . .  campaigner:declined                      E,S
decline_as_spam   D D . . . . .  -                                        E,S
merge             . D D D . . .  campaigner:merged                        E
not_duplicate     Q R C A P D W  -                                        E
take_back         . . R R . R .  campaigner:taken_back                    E,S
take_in           R . . . . . .  campaigner:receipt,editors:received      E
put_aside         . Q . . . . .  -                                        S
report            Q R C A P D W  editors:report                           S
close_form        . R C A . . .  campaigner:form_closed                   S
remind_editors    . R . . . . .  editors:late                             S
remind_campaigner . . C . . . .  campaigner:changes_reminder              S
publish           . . . P P . .  campaigner:published                     E,S
propose           . . . A P . .  -                                        E,S
cancel            . . . A P . .  -                                        E
take_over         . . . . P . .  -                                        E
overrule          . . . . P . .  -                                        E
unpublish         . . . . R . .  campaigner:taken_down                    E,S
keep_published    . . . . P . .  campaigner:kept_published                E
ask_take_down     . . . . P . .  editors:take_down_asked                  C
revoke_consent    Q R C A P D W  editors:consent_revoked                  C
edit              . R C A P . .  -                                        E
note              Q R C A P D W  -                                        E
looked_at         . R C A P . .  -                                        E
send_again        Q R C A P D W  campaigner:receipt                       E
correct_address   Q R C A P D W  -                                        E
assign            Q R C A P D W  assigned:assigned                        E
correct           . R . . . . .  editors:corrected                        C
resubmit          . . R . . . .  editors:resubmitted                      C
accept            . R . A . . .  editors:accepted                         C
suggest           . R . A P . .  editors:suggested                        C
message           Q R C A P D W  editors:message                          C
withdraw          W W W W . . .  editors:withdrawn,campaigner:withdrawal  C
undo_withdraw     . . . . . . R  editors:withdrawal_undone                C
change_link       . R C A P D W  campaigner:new_link                      C,E
ask_for_link      . R C A P D W  campaigner:link                          C
ask_new_address   . R C A P D W  new_address:confirm_address              C
confirm_address   . R C A P D W  -                                        C
erase             W W W W P D W  editors:erased                           C,S
";

/// A line of the table.
struct Row {
    name: &'static str,
    leads: Vec<Option<Stage>>,
    /// Whom mail goes to, and its kind.
    tells: Vec<(&'static str, &'static str)>,
    who: Vec<&'static str>,
}

fn row(line: &'static str) -> Row {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, leads @ .., tells, who] = words.as_slice() else {
        panic!("no row: {line}");
    };
    assert_eq!(leads.len(), Stage::VARIANTS.len(), "{line}");
    let tells = tells.split(',').filter(|mail| *mail != "-");
    Row {
        name,
        leads: leads.iter().map(|letter| stage_of(letter)).collect(),
        tells: tells
            .map(|it| it.split_once(':').expect("a kind"))
            .collect(),
        who: who.split(',').collect(),
    }
}

/// The row of each rule, in the order of the rules.
fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = TABLE.trim().lines().map(row).collect();
    assert_eq!(rows.len(), RULES.len(), "a row for each action");
    let place = |row: &Row| RULES.iter().position(|rule| rule.action.name() == row.name);
    rows.sort_by_key(|row| place(row).expect("a rule of this name"));
    let named: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(named.len(), rows.len(), "one row for each action");
    rows
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

/// What mail is and whom it is for, in one word each.
fn told(mail: &Mail) -> (&str, String) {
    let to = match &mail.to {
        Recipient::Campaigner => "campaigner".to_owned(),
        Recipient::NewAddress => "new address".to_owned(),
        Recipient::Editor(email) => email.clone(),
    };
    (mail.kind.as_str(), to)
}

/// What the table says of mail, for each whom it goes to.
fn expected_mail((to, kind): &(&'static str, &'static str)) -> Vec<(&'static str, String)> {
    let whom: &[&str] = match *to {
        "campaigner" => &["campaigner"],
        "editors" => &[ANN, BO],
        "assigned" => &[BO],
        "new_address" => &["new address"],
        other => panic!("nobody is {other}"),
    };
    whom.iter().map(|to| (*kind, (*to).to_owned())).collect()
}

#[test]
fn every_action_in_every_stage_does_what_the_table_says_and_owes_that_mail() {
    let choices = [
        MailChoice::AsItIs,
        MailChoice::Words("Other words.".into()),
        MailChoice::LeftOut,
    ];
    let mut tried = 0;
    for (rule, row) in RULES.iter().zip(rows()) {
        let action = rule.action;
        for (stage, leads_to) in Stage::VARIANTS.iter().zip(row.leads) {
            for choice in &choices {
                tried += 1;
                let what = format!("{} in {}, {choice:?}", action.name(), stage.name());
                let before = for_action(action, *stage);
                let mut after = before.clone();
                let (by, command) = (actor(action), command(action, &before));
                let said = act(&mut after, by.clone(), command, choice.clone(), 60);
                let Some(expected) = leads_to else {
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
                // Whoever may be abusing us causes no mail.
                let is_mute = *stage == Stage::Quarantined && by == Actor::Campaigner;
                let expected: Vec<(&str, String)> = match left_out || is_mute {
                    true => vec![],
                    false => row.tells.iter().flat_map(expected_mail).collect(),
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
    assert_eq!(tried, RULES.len() * 7 * 3);
}

#[test]
fn whoever_may_not_do_something_is_refused_in_every_stage() {
    let actors = [("C", Actor::Campaigner), ("E", ann()), ("S", Actor::System)];
    let mut refused = 0;
    for (rule, row) in RULES.iter().zip(rows()) {
        for (stage, leads_to) in Stage::VARIANTS.iter().zip(row.leads) {
            for (letter, by) in &actors {
                let before = for_action(rule.action, *stage);
                let mut after = before.clone();
                let what = format!("{} by {letter} in {}", rule.action.name(), stage.name());
                let command = command(rule.action, &before);
                let said = act(&mut after, by.clone(), command, MailChoice::AsItIs, 60);
                if row.who.contains(letter) && leads_to.is_some() {
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
