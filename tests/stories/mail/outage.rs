//! A server that is down, busy, slow or silent, and stops on our side.

use std::{collections::BTreeSet, process::Command};

use crate::support::{MailServer, eventually};

use super::{all_letters, assert_arrived_once, intake_with, message_ids, submit, trouble};

#[test]
fn a_mail_server_that_was_down_gets_the_letters_when_it_comes_back() {
    let mut server = MailServer::down(&[]);
    let intake = intake_with(&server);
    let id = submit(&intake);
    trouble(&intake, &id);
    let numbers = intake.watched("/metrics").body;
    assert!(
        numbers.contains("intake_mail{state=\"pending\"} 2"),
        "{numbers}"
    );
    assert_eq!(intake.run(&["check"]).status, Some(1), "no mail server");
    server.up("accept");
    // No restart here: it is tried again by itself, after five seconds at first.
    assert_arrived_once(&intake, &server, &id);
    assert_eq!(intake.run(&["check"]).status, Some(0));
    let numbers = intake.watched("/metrics").body;
    assert!(numbers.contains("intake_mail{state=\"pending\"} 0"));
}

/// Waits until the server has seen that a killed service is gone, and has done with all that it
/// had sent.
fn all_connections_end(server: &mut MailServer) {
    eventually("the connections lost", || {
        server.open().is_empty().then_some(())
    });
}

/// The server puts letters off; the service is killed; the server takes letters again, and the
/// next start sends them.
#[track_caller]
fn put_off(mode: &str, outcome: &str) {
    let mut server = MailServer::start(mode);
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    let said = trouble(&intake, &id);
    assert!(!said.contains('@'), "an address in: {said}");
    let [tried, _, ended] = server.attempts()[0].clone();
    assert_eq!((tried.as_str(), ended.as_str()), (mode, outcome));
    assert!(server.taken().is_empty());
    submit(&intake);
    intake.kill();
    all_connections_end(&mut server);
    server.mode("accept");
    intake.start_again();
    let letters = server.letters(4);
    assert_eq!(message_ids(&letters).len(), 4);
    all_letters(&intake, &id, "sent");
}

#[test]
fn a_busy_mail_server_is_tried_again() {
    put_off("busy", "451");
}

#[test]
fn a_full_mail_server_is_tried_again() {
    put_off("full", "452");
}

#[test]
fn a_mail_server_that_cuts_connections_is_tried_again() {
    put_off("drop-on-connect", "dropped");
}

/// The server keeps the service waiting at this stage, which holds up letters and nothing else.
#[track_caller]
fn kept_waiting(mode: &str, stage: &str) {
    let mut server = MailServer::start(mode);
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    eventually("a connection that waits", || {
        server.open().contains(&stage.to_owned()).then_some(())
    });
    for _ in 0..3 {
        submit(&intake);
    }
    intake.kill();
    all_connections_end(&mut server);
    assert!(server.taken().is_empty());
    server.mode("accept");
    intake.start_again();
    let letters = server.letters(8);
    assert_eq!(message_ids(&letters).len(), 8);
    all_letters(&intake, &id, "sent");
}

#[test]
fn a_slow_mail_server_delays_no_campaigner() {
    kept_waiting("slow 3600", "end-of-data");
}

#[test]
fn a_silent_mail_server_delays_no_campaigner() {
    kept_waiting("silent", "connect");
}

#[test]
fn a_mail_server_that_takes_its_time_gets_each_letter_once() {
    let server = MailServer::start("slow 1");
    let intake = intake_with(&server);
    let id = submit(&intake);
    assert_arrived_once(&intake, &server, &id);
}

#[test]
fn a_stop_signal_lets_the_letter_under_way_finish() {
    let mut server = MailServer::start("slow 3600");
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    eventually("a letter under way", || {
        server
            .open()
            .contains(&"end-of-data".to_owned())
            .then_some(())
    });
    let asked = Command::new("kill").arg(intake.pid().to_string()).status();
    assert!(asked.expect("kill runs").success());
    let address = intake.url.strip_prefix("http://").expect("an address");
    eventually("no new connections", || {
        std::net::TcpStream::connect(address).is_err().then_some(())
    });
    server.mode("accept");
    let status = intake.wait();
    assert!(status.success(), "ended with {status}:\n{}", intake.log());
    let (state, _) = &intake.letter_states(&id)[0];
    assert_eq!(state, "sent", "and that it was sent is recorded");
    intake.start_again();
    assert_arrived_once(&intake, &server, &id);
}

#[test]
fn a_letter_whose_yes_was_lost_comes_again_as_the_very_same() {
    let mut server = MailServer::start("drop-after-data");
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    trouble(&intake, &id);
    intake.kill();
    intake.start_again();
    eventually("two tries", || (server.attempts().len() >= 3).then_some(()));
    intake.kill();
    server.mode("accept");
    intake.start_again();
    all_letters(&intake, &id, "sent");
    let letters = server.taken();
    assert!(letters.len() > 3, "only {} came", letters.len());
    assert_eq!(
        message_ids(&letters).len(),
        2,
        "mail programs show each once"
    );
    let dates: BTreeSet<&str> = letters
        .iter()
        .map(|(letter, _)| letter.headers["Date"].as_str())
        .collect();
    assert_eq!(dates.len(), 1, "and with the date of the event");
}
