//! Mail that has waited goes when it can, the right letter first, and letters that belong together
//! say so.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, MailServer, Visitor, eventually};

use super::{all_letters, intake_with, submit, trouble};

#[test]
fn all_that_waited_for_a_server_goes_at_once_when_it_is_back_and_it_is_not_stormed_before() {
    let mut server = MailServer::down(&[]);
    let intake = intake_with(&server);
    let first = submit(&intake);
    trouble(&intake, &first);
    let ids: Vec<String> = (0..9)
        .map(|number| {
            let link = intake.submit(&Answers::number(number));
            link.split('/').nth(2).expect("an id").to_owned()
        })
        .collect();
    // One message tells that the server is down; the others wait for it.
    let attempts = || intake.log().matches("will be tried again").count();
    assert!(attempts() <= 3, "{}", intake.log());
    server.up("accept");
    let letters = server.letters(20);
    assert!(attempts() <= 6, "{}", intake.log());
    for id in ids.iter().chain([&first]) {
        all_letters(&intake, id, "sent");
    }
    // The first attempt after the pause is made with one of those that waited; the others follow
    // in the order in which they were due.
    let order: Vec<&str> = letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .filter(|id| !id.contains(&first))
        .collect();
    let expected: Vec<String> = ids
        .iter()
        .flat_map(|id| [1, 2].map(|number| format!("<{id}.{number}@example.org>")))
        .collect();
    assert_eq!(order, expected);
}

#[test]
fn a_stop_waits_for_no_letter_that_is_not_to_go_yet() {
    let server = MailServer::start("accept");
    let mut intake = Intake::start_with(&[
        ("INTAKE__MAIL__TRANSPORT", &server.url()),
        ("INTAKE__MAIL__PER_MINUTE", "1"),
    ]);
    for number in 0..11 {
        intake.submit(&Answers::number(number));
    }
    // The last one is to wait for a minute.
    let taken = server.letters(21);
    let asked = Instant::now();
    intake.stop();
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(server.taken().len(), taken.len(), "it did not go early");
    intake.start_again();
    server.letters(22);
}

/// The one letter that arrives holds a link with which this browser gets in.
#[track_caller]
fn the_link_works(intake: &Intake, server: &MailServer, editor: &mut Visitor) {
    let letters = server.letters(1);
    let link = letters[0].0.link("http");
    let (_, path) = link.split_once("/desk/").expect("a link to the desk");
    let signed_in = editor.get(intake, &format!("/desk/{path}"));
    assert_eq!(signed_in.location, "/desk");
}

/// Asks for a link while the server is in this state; then it takes mail again.
#[track_caller]
fn a_link_arrives(mut server: MailServer, back: impl FnOnce(&mut MailServer)) {
    let intake = intake_with(&server);
    let mut editor = Visitor::new();
    let asked = editor.post(&intake, "/desk/sign-in", &[("email", "editor@example.org")]);
    assert_eq!(asked.status, 200);
    eventually("an attempt that failed", || {
        intake.log().contains("sign_in").then_some(())
    });
    back(&mut server);
    the_link_works(&intake, &server, &mut editor);
}

#[test]
fn a_link_to_sign_in_outlasts_a_server_that_was_down() {
    a_link_arrives(MailServer::down(&[]), |server| server.up("accept"));
}

#[test]
fn a_link_to_sign_in_outlasts_a_server_that_wants_to_be_asked_again() {
    a_link_arrives(MailServer::start("busy"), |server| server.mode("accept"));
}

#[test]
fn a_link_to_sign_in_that_was_asked_for_before_a_restart_arrives_after_it() {
    let mut server = MailServer::down(&[]);
    let mut intake = intake_with(&server);
    let mut editor = Visitor::new();
    editor.post(&intake, "/desk/sign-in", &[("email", "editor@example.org")]);
    eventually("an attempt that failed", || {
        intake.log().contains("sign_in").then_some(())
    });
    intake.kill();
    server.up("accept");
    intake.start_again();
    the_link_works(&intake, &server, &mut editor);
}

#[test]
fn the_letters_of_one_submission_refer_to_each_other_for_each_who_gets_them() {
    let server = MailServer::start("accept");
    let intake: Intake = intake_with(&server);
    let link = intake.submit(&Answers::seed());
    let id = link.split('/').nth(2).expect("an id").to_owned();
    let suggested = [("action", "suggest"), ("note", "First.")];
    Visitor::new().fill_in(&intake, &link, &link, &suggested);
    Visitor::new().fill_in(
        &intake,
        &link,
        &link,
        &[("action", "message"), ("note", "Second.")],
    );
    let withdrawn = [("action", "withdraw")];
    Visitor::new().fill_in(&intake, &link, &link, &withdrawn);
    let wanted = intake.record(&id)["mail"].as_array().map(Vec::len);
    let letters = server.letters(wanted.expect("mail"));
    let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (letter, _) in &letters {
        assert_eq!(letter.headers["X-Auto-Response-Suppress"], "All");
        let own = letter.headers["Message-ID"].as_str();
        let earlier = before.entry(letter.headers["To"].as_str()).or_default();
        let header = |name| letter.headers.get(name).map(String::as_str);
        assert_eq!(header("In-Reply-To"), earlier.last().copied());
        let references = header("References").unwrap_or_default();
        let references: Vec<&str> = references.split_whitespace().collect();
        assert_eq!(references, *earlier);
        earlier.push(own);
    }
    assert!(
        before.values().any(|letters| letters.len() > 2),
        "{before:?}"
    );
}
