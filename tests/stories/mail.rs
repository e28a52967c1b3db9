//! Letters on their way: through a real mail server, and through one that is down, slow, busy,
//! full, refusing, or not to be trusted. None of this delays or loses a case study.

use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, Letter, MailServer, Visitor, eventually, tool};

/// A word in every answer by which it is found wherever it goes.
fn canaries() -> Answers {
    Answers {
        title: "Titlecanary of the campaign".into(),
        story: "Storycanary sings. ".repeat(12).trim().into(),
        campaign_type: "Typecanary".into(),
        ultimate_goals: "Goalcanary".into(),
        communities_involved: "Peoplecanary".into(),
        organisation: "Orgcanary".into(),
        methods_used: "Methodcanary".into(),
        topics: vec!["Health".into()],
        contact_name: "Namecanary Quince".into(),
        contact_email: "mailcanary@campaigner.example".into(),
    }
}

fn intake_with(server: &MailServer) -> Intake {
    Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &server.url())])
}

/// Sends a case study, which must not take longer than without any mail. The answer is its id.
#[track_caller]
fn submit(intake: &Intake) -> String {
    let answers = canaries();
    let token = intake.token();
    let started = Instant::now();
    let answer = intake.post("/", &answers.sent(&token, "submit"));
    let took = started.elapsed();
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(took < Duration::from_secs(2), "{took:?} for the answer");
    let page = intake.get(&answer.location);
    assert_eq!(page.status, 200);
    let mut parts = answer.location.split('/').skip(2);
    let id = parts.next().expect("an id").to_owned();
    assert_discreet(intake, parts.next().expect("a key"));
    id
}

/// Nothing private is in the service's log.
#[track_caller]
fn assert_discreet(intake: &Intake, key: &str) {
    let log = intake.log();
    for private in ["canary", "Quince", "campaigner.example", key] {
        assert!(!log.contains(private), "{private} in the log:\n{log}");
    }
}

/// Waits until every letter of the submission is in this state; what went wrong with each.
#[track_caller]
fn all_letters(intake: &Intake, id: &str, wanted: &str) -> Vec<String> {
    eventually(wanted, || {
        let states = intake.letter_states(id);
        states
            .iter()
            .all(|(state, _)| state == wanted)
            .then(|| states.into_iter().map(|(_, trouble)| trouble).collect())
    })
}

/// Waits until some try to send is recorded, and tells what went wrong.
#[track_caller]
fn trouble(intake: &Intake, id: &str) -> String {
    eventually("a recorded failure", || {
        intake
            .letter_states(id)
            .into_iter()
            .find(|(state, trouble)| state == "owed" && !trouble.is_empty())
            .map(|(_, trouble)| trouble)
    })
}

fn message_ids(letters: &[(Letter, serde_json::Value)]) -> BTreeSet<&str> {
    letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .collect()
}

/// Both letters have arrived once each, and the record says so.
#[track_caller]
fn assert_arrived_once(intake: &Intake, server: &MailServer, id: &str) {
    let letters = server.letters(2);
    assert_eq!(message_ids(&letters).len(), 2);
    all_letters(intake, id, "sent");
}

#[test]
fn letters_arrive_whole_and_tell_nobody_more_than_they_should() {
    let server = MailServer::start("accept");
    let mut intake = Intake::at_rest_with(&[("INTAKE__MAIL__TRANSPORT", &server.url())]);
    intake.set(
        "INTAKE__EDITORS",
        "[{name: Ann Éditor, email: ann@desk.example}, {name: Bo, email: bo@bücher.example}]",
    );
    intake.set("INTAKE__MAIL__FROM", "Case studies <studies@blog.example>");
    intake.set("INTAKE__MAIL__REPLY_TO", "desk@blog.example");
    intake.start_again();
    let id = submit(&intake);
    let letters = server.letters(3);
    all_letters(&intake, &id, "sent");

    for (number, (letter, envelope)) in (1..).zip(&letters) {
        let header = |name: &str| letter.headers[name].as_str();
        assert!(header("From").contains("<studies@blog.example>"));
        assert_eq!(header("Reply-To"), "desk@blog.example");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(
            header("Message-ID"),
            format!("<{id}.{number}@blog.example>")
        );
        assert_eq!(envelope["from"], "studies@blog.example");
        assert_eq!(envelope["rcpts"].as_array().map(Vec::len), Some(1));
        let date = mailparse::dateparse(header("Date")).expect("a date");
        let age = jiff::Timestamp::now().as_second() - date;
        assert!((0..600).contains(&age), "{age} s old");
        assert!(header("Content-Type").starts_with("multipart/alternative"));
        assert!(letter.html.contains("<html"), "{}", letter.html);
        assert!(letter.raw.is_ascii(), "any mail server can carry it");
        assert!(letter.raw.lines().all(|line| line.len() <= 998));
        assert!(
            !(letter.headers.contains_key("Cc") || letter.headers.contains_key("Bcc")),
            "nobody sees who else got it"
        );
    }

    let (receipt, envelope) = &letters[0];
    assert_eq!(envelope["rcpts"][0], "mailcanary@campaigner.example");
    assert_eq!(receipt.headers["To"], "mailcanary@campaigner.example");
    let link = receipt.link(&format!("{}/mine/{id}/", intake.url));
    assert!(receipt.html.contains(&link));
    assert!(receipt.text.contains(&format!("Your reference: {id}")));
    assert_eq!(intake.get(&link).status, 200);
    let words = receipt
        .raw
        .replace("mailcanary@campaigner.example", "")
        .to_lowercase()
        + &receipt.text
        + &receipt.html
        + &receipt.headers["Subject"];
    for typed in ["canary", "quince", "health"] {
        assert!(!words.contains(typed), "{typed} in the receipt:\n{words}");
    }

    let key = link.rsplit('/').next().expect("a key");
    let draft = intake.queue_file(&format!("{id}.md"));
    let seen_by = ["ann@desk.example", "bo@xn--bcher-kva.example"];
    for ((letter, envelope), address) in letters[1..].iter().zip(seen_by) {
        assert_eq!(envelope["rcpts"][0], address);
        assert!(letter.headers["To"].contains(address));
        assert_eq!(
            letter.headers["Subject"],
            "New case study: Titlecanary of the campaign"
        );
        assert!(letter.text.contains(draft.trim_end()), "{}", letter.text);
        assert!(letter.text.contains("Orgcanary"));
        let desk = format!("{}/desk/{id}", intake.url);
        assert!(letter.text.contains(&desk) && letter.html.contains(&desk));
        let all = letter.raw.clone() + &letter.text + &letter.html;
        for private in ["Namecanary", "Quince", "mailcanary", "campaigner.e", key] {
            assert!(!all.contains(private), "{private} in an editor's letter");
        }
    }
    assert!(letters[1].0.headers["To"].contains("Ann Éditor"));
}

#[test]
fn what_was_typed_cannot_make_headers_or_addresses() {
    let server = MailServer::start("accept");
    let intake = intake_with(&server);
    let mut answers = Answers::seed();
    answers.title = "A campaign, Bcc: all@list.example — ünïcode, \"quotes\", =?UTF-8?Q?x?=".into();
    answers.contact_name = "Eve <eve@evil.example>, Mallory".into();
    answers.contact_email = "zoë@bücher.example".into();
    let answer = intake.post("/", &answers.sent(&intake.token(), "submit"));
    if answer.status == 422 {
        // Then the form says which; an address that mail cannot carry must not get further.
        assert!(answer.body.contains("id=\"contact_email-problem\""));
        answers.contact_email = "zoe@bücher.example".into();
    }
    intake.submit(&answers);
    for (letter, envelope) in server.letters(2) {
        assert_eq!(envelope["rcpts"].as_array().map(Vec::len), Some(1));
        assert!(!letter.headers.contains_key("Bcc"));
        assert!(!letter.raw.contains("evil.example"));
        if letter.headers["To"].contains("xn--bcher-kva.example") {
            assert_eq!(letter.headers["To"], "zoe@xn--bcher-kva.example");
        } else {
            let subject = &letter.headers["Subject"];
            assert!(subject.contains("ünïcode"), "{subject}");
            assert_eq!(subject.lines().count(), 1);
        }
    }
}

#[test]
fn an_address_that_only_begins_like_ours_is_no_link_for_editors() {
    let intake = Intake::start();
    let private = intake.submit(&Answers::seed());
    let id = private.split('/').nth(2).expect("an id").to_owned();
    let desk = format!("/desk/{id}");
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let approved = editor.fill_in(&intake, &desk, &desk, &[("action", "approve")]);
    assert_eq!(approved.status, 303, "{}", approved.body);

    let lure = format!("{}@evil.example/desk/sign-in", intake.url);
    let note = format!("Please sign in again:\n\n{lure}");
    let suggestion = [("action", "suggest"), ("note", note.as_str())];
    let suggested = Visitor::new().fill_in(&intake, &private, &private, &suggestion);
    assert_eq!(suggested.status, 303, "{}", suggested.body);

    // Receipt, word to the editor, sign-in link, approval, and then the suggestion.
    let letters = intake.letters(5);
    let letter = letters
        .iter()
        .find(|letter| letter.text.contains("evil.example"))
        .expect("the suggestion");
    assert!(letter.html.contains(&lure), "its words are all there");
    assert!(!letter.html.contains(&format!("href=\"{lure}")));
    let ours = format!("href=\"{}{desk}\"", intake.url);
    assert!(letter.html.contains(&ours), "{}", letter.html);
}

#[test]
fn a_mail_server_that_was_down_gets_the_letters_when_it_comes_back() {
    let mut server = MailServer::down(&[]);
    let intake = intake_with(&server);
    let id = submit(&intake);
    trouble(&intake, &id);
    let numbers = intake.get("/metrics").body;
    assert!(
        numbers.contains("intake_letters{state=\"owed\"} 2"),
        "{numbers}"
    );
    assert_eq!(intake.run(&["check"]).status, Some(1), "no mail server");
    server.up("accept");
    // No restart here: it is tried again by itself, after five seconds at first.
    assert_arrived_once(&intake, &server, &id);
    assert_eq!(intake.run(&["check"]).status, Some(0));
    let numbers = intake.get("/metrics").body;
    assert!(numbers.contains("intake_letters{state=\"owed\"} 0"));
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
    assert!(listed.out.contains("[2 letters failed]"), "{}", listed.out);
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
    let failures = intake.get("/metrics").body;
    assert!(failures.contains("intake_letters{state=\"failed\"} 2"));

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
fn a_greeting_that_refuses_is_given_up_and_seen() {
    refused_for_good("greeting-554", "554");
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
