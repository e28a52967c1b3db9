//! A server that refuses for good, or wants a password or a certificate.

use std::process::Command;

use crate::support::{Hidden, Intake, MailServer, Visitor, eventually, tool};

use super::{all_letters, assert_arrived_once, intake_with, message_ids, submit, trouble};

/// The server refuses for good: an editor and `intake check` see it, and it is not tried again.
#[track_caller]
fn refused_for_good(mode: &str, code: &str) {
    let mut server = MailServer::start(mode);
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    for trouble in all_letters(&intake, &id, "failed") {
        assert!(trouble.contains(code), "{trouble}");
        assert!(!trouble.contains('@'), "an address in: {trouble}");
    }
    let listed = intake.run(&["list"]);
    assert_eq!(listed.status, Some(0));
    assert!(listed.out.contains("[2 emails failed]"), "{}", listed.out);
    let shown = intake.run(&["show", &id]).out;
    assert!(shown.contains("FAILED"), "{shown}");
    server.mode("accept");
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    let wrong = checked
        .out
        .lines()
        .find(|line| line.starts_with("WRONG"))
        .expect("a judgement");
    assert!(
        wrong.contains("2 of Titlecanary") && wrong.contains(&id),
        "{wrong}"
    );
    let failures = intake.watched("/metrics").body;
    assert!(failures.contains("intake_mail{state=\"failed\"} 2"));

    intake.stop();
    let before = server.attempts();
    intake.start_again();
    // The next case study's letters go out; those given up do not.
    let next = submit(&intake);
    let letters = server.letters(2);
    all_letters(&intake, &next, "sent");
    assert!(
        message_ids(&letters)
            .iter()
            .all(|message| message.contains(&next))
    );
    intake.stop();
    let later = server.attempts().split_off(before.len());
    let tried: Vec<&str> = later
        .iter()
        .filter(|[_, stage, _]| stage == "end-of-data" || stage == "rcpt")
        .map(|[_, _, outcome]| outcome.as_str())
        .collect();
    assert_eq!(tried, ["250", "250"]);
}

#[test]
fn a_refused_recipient_is_given_up_and_seen() {
    refused_for_good("refuse-recipient", "550");
}

#[test]
fn a_refused_message_is_given_up_and_seen() {
    refused_for_good("refuse-message", "554");
}

#[test]
fn what_was_given_up_is_sent_again_all_at_once_and_only_once() {
    let mut server = MailServer::start("accept");
    let editor = "[{name: Ann, email: ann@desk.example}]";
    let url = server.url();
    let intake = Intake::start_with(&[
        ("INTAKE__MAIL__TRANSPORT", url.as_str()),
        ("INTAKE__EDITORS", editor),
    ]);
    let mut ann = Visitor::new();
    ann.post(&intake, "/desk/sign-in", &[("email", "ann@desk.example")]);
    let link = server.letters(1)[0].0.link(&intake.url);
    ann.get(&intake, &link.replace(&intake.url, ""));
    server.mode("refuse-recipient");
    let ids = [submit(&intake), submit(&intake), submit(&intake)];
    for id in &ids {
        all_letters(&intake, id, "failed");
    }
    server.mode("accept");
    let page = ann.get(&intake, "/desk").body;
    assert!(page.contains("6 emails couldn’t be sent"), "{page}");
    let hidden = Hidden::in_page(&page);
    let again = hidden.with(&[("action", "send_again")]);
    let done = ann.post(&intake, "/desk", &again);
    assert_eq!(done.location, "/desk?done=3-0&action=send_again");
    // Pressed twice.
    let done = ann.post(&intake, "/desk", &again);
    assert_eq!(done.location, "/desk?done=0-0&action=send_again");
    assert!(
        ann.get(&intake, &done.location)
            .body
            .contains("There was no email to send again.")
    );
    server.letters(7);
    let page = ann.get(&intake, "/desk").body;
    assert!(
        !page.contains("couldn’t be sent") && !page.contains("emails failed"),
        "{page}"
    );
}

/// What is about us is not about the mail: it is tried again until somebody has mended it.
#[track_caller]
fn refused_for_now(mode: &str, code: &str) {
    let mut server = MailServer::start(mode);
    let intake = intake_with(&server);
    let id = submit(&intake);
    for trouble in all_letters(&intake, &id, "pending") {
        assert!(trouble.is_empty() || trouble.contains(code), "{trouble}");
    }
    eventually("the trouble is known", || {
        let log = intake.log();
        log.contains(&format!("({code})")).then_some(())
    });
    server.mode("accept");
    server.letters(2);
    all_letters(&intake, &id, "sent");
}

#[test]
fn a_greeting_that_refuses_is_tried_again() {
    refused_for_now("greeting-554", "554");
}

#[test]
fn a_server_that_does_not_know_us_is_tried_again() {
    refused_for_now("refuse-ehlo", "502");
}

#[test]
fn a_sender_that_is_not_allowed_is_tried_again() {
    refused_for_now("refuse-sender", "550");
}

#[test]
fn a_server_that_takes_no_mail_from_us_for_others_is_tried_again() {
    refused_for_now("refuse-relay", "554");
}

#[test]
fn a_stop_while_the_server_hangs_at_any_step_is_clean_and_the_mail_goes_later() {
    for step in ["ehlo", "mail", "rcpt", "data", "end"] {
        let mut server = MailServer::start(&format!("hang-{step}"));
        let mut intake = intake_with(&server);
        let id = submit(&intake);
        eventually("the server to hang", || {
            (!server.open().is_empty()).then_some(())
        });
        if step == "end" {
            // What it may have got already, it may still take.
            eventually("the message", || {
                server
                    .open()
                    .contains(&"end-of-data".to_owned())
                    .then_some(())
            });
        }
        let begun = std::time::Instant::now();
        intake.stop();
        assert!(
            step == "end" || begun.elapsed().as_secs() < 10,
            "{step}: {:?}",
            begun.elapsed()
        );
        assert!(!intake.log().contains("panicked"), "{step}");
        server.mode("accept");
        intake.start_again();
        all_letters(&intake, &id, "sent");
    }
}

#[test]
fn an_answer_without_end_or_a_byte_a_second_costs_neither_memory_nor_the_mail() {
    for mode in ["endless", "trickle"] {
        let mut server = MailServer::start(mode);
        let intake = intake_with(&server);
        let id = submit(&intake);
        let trouble = match mode {
            "endless" => "has no end",
            _ => "took too long",
        };
        eventually("it is left alone", || {
            intake.log().contains(trouble).then_some(())
        });
        let status = std::fs::read_to_string(format!("/proc/{}/status", intake.pid()));
        let status = status.expect("a process");
        let most = status.lines().find(|line| line.starts_with("VmHWM:"));
        let most = most
            .and_then(|line| line.split_whitespace().nth(1))
            .expect("a number");
        assert!(
            most.parse::<u64>().expect("kilobytes") < 150_000,
            "{most} kB"
        );
        server.mode("accept");
        all_letters(&intake, &id, "sent");
    }
}

#[test]
fn a_wrong_password_waits_for_the_operator_and_is_written_nowhere() {
    let server = MailServer::start_with("accept", &["--auth", "ann:right-pass+word"]);
    let with = |password: &str| {
        let url = server.url();
        let (scheme, host) = url.split_once("://").expect("an address");
        format!("{scheme}://ann:{password}@{host}")
    };
    let wrong = with("wrong-pass");
    let mut intake =
        Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &wrong), ("INTAKE_LOG", "trace")]);
    let id = submit(&intake);
    assert!(trouble(&intake, &id).contains("535"));
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    assert!(checked.out.contains("535"), "{}", checked.out);
    let mut said = checked.out + &checked.err;
    intake.kill();
    let right = with("right-pass%2Bword");
    intake.set("INTAKE__MAIL__TRANSPORT", &right);
    intake.start_again();
    assert_arrived_once(&intake, &server, &id);
    assert_eq!(server.taken()[0].1["auth"], "ann");
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(0), "{}", checked.out);
    said += &(checked.out + &checked.err + &intake.log());
    said += &intake.run(&["show", &id, "--json"]).out;
    // As in the setting, as typed, and as sent: base64 of NUL, user, NUL, password.
    for secret in ["wrong-pass", "right-pass", "AGFubgB3cm9uZy1wYXNz"] {
        assert!(!said.contains(secret), "{secret} in:\n{said}");
    }
}

#[test]
fn a_wrong_user_s_letters_are_not_given_up_when_the_server_wants_a_password() {
    let mut server = MailServer::start_with("accept", &["--auth", "ann:right"]);
    let mut intake = intake_with(&server);
    let id = submit(&intake);
    assert!(trouble(&intake, &id).contains("530"));
    intake.kill();
    server.stop();
    intake.set(
        "INTAKE__MAIL__TRANSPORT",
        &server.url().replace("://", "://ann:right@"),
    );
    server.up("accept");
    intake.start_again();
    assert_arrived_once(&intake, &server, &id);
}

/// A throw-away authority and its certificates.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("sh")
        .arg(tool("certificate.sh"))
        .arg(folder.path())
        .status();
    assert!(
        made.expect("sh runs").success(),
        "no certificates; is openssl missing? tests/run installs it"
    );
    folder
}

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    let path = folder.path().join(name);
    path.to_str().expect("a path").to_owned()
}

#[test]
fn where_encryption_is_required_nothing_is_sent_without() {
    let server = MailServer::start_with("accept", &["--auth", "ann:secret-pass"]);
    let url = server.url().replace("://", "://ann:secret-pass@") + "?tls=required";
    let intake = Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &url)]);
    let id = submit(&intake);
    let said = trouble(&intake, &id).to_uppercase();
    assert!(said.contains("TLS"), "{said}");
    assert_eq!(intake.run(&["check"]).status, Some(1));
    assert!(server.taken().is_empty());
    for [_, stage, _] in server.attempts() {
        assert!(
            ["connect", "greeting", "helo"].contains(&stage.as_str()),
            "no password, no letter: {stage}"
        );
    }
}

#[test]
fn a_trusted_certificate_is_enough_and_a_self_signed_one_is_not() {
    let made = certificates();
    let (trusted, key) = (path(&made, "cert.pem"), path(&made, "key.pem"));
    let (own, own_key) = (path(&made, "self.pem"), path(&made, "self-key.pem"));
    let authority = path(&made, "ca.pem");
    for implicit in [false, true] {
        let url = |server: &MailServer| {
            if implicit {
                server.url().replace("smtp://", "smtps://ann:right@")
            } else {
                server.url().replace("://", "://ann:right@") + "?tls=required"
            }
        };
        let options = |certificate, key| {
            let mut options = vec!["--auth", "ann:right", "--tls", certificate, key];
            if implicit {
                options.push("--implicit-tls");
            }
            options
        };
        let untrusted = MailServer::start_with("accept", &options(&own, &own_key));
        let mut intake = Intake::start_with(&[
            ("INTAKE__MAIL__TRANSPORT", &url(&untrusted)),
            ("SSL_CERT_FILE", &authority),
        ]);
        let id = submit(&intake);
        trouble(&intake, &id);
        assert_eq!(intake.run(&["check"]).status, Some(1));
        assert!(untrusted.taken().is_empty());
        for [_, stage, _] in untrusted.attempts() {
            assert!(
                !["auth", "mail", "rcpt", "data", "end-of-data"].contains(&stage.as_str()),
                "the password was shown to a stranger"
            );
        }
        intake.kill();

        let server = MailServer::start_with("accept", &options(&trusted, &key));
        intake.set("INTAKE__MAIL__TRANSPORT", &url(&server));
        intake.start_again();
        assert_arrived_once(&intake, &server, &id);
        for (_, envelope) in server.taken() {
            assert_eq!(envelope["tls"], true);
            assert_eq!(envelope["auth"], "ann");
        }
        assert_eq!(intake.run(&["check"]).status, Some(0));
    }
}
