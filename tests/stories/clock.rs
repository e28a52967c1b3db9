//! A clock that goes wrong, with the real program under another time (Debian's faketime).

use crate::support::{Hidden, Intake, MailServer, Visitor, eventually};

const ANN: &str = "ann@desk.example";
const EDITOR: (&str, &str) = ("INTAKE__EDITORS", "[{name: Ann, email: ann@desk.example}]");

/// Puts Debian's faketime between the next start and the system's clock.
pub fn preload(intake: &mut Intake) {
    let library = std::fs::read_dir("/usr/lib")
        .expect("the system's libraries")
        .filter_map(|entry| Some(entry.ok()?.path().join("faketime/libfaketime.so.1")))
        .find(|path| path.exists())
        .expect("faketime; tests/run installs it");
    intake.set("LD_PRELOAD", &library.display().to_string());
    intake.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// Has the next start believe another time.
pub fn at(intake: &mut Intake, offset: &str) {
    preload(intake);
    intake.set("FAKETIME", offset);
}

fn doubted(intake: &Intake) {
    eventually("the clock to be doubted", || {
        intake.log().contains("the clock is far").then_some(())
    });
    let metrics = intake.watched("/metrics").body;
    assert!(metrics.contains("intake_clock_believed 0"), "{metrics}");
}

#[test]
fn a_clock_a_year_ahead_erases_nothing_and_the_right_one_is_believed_again() {
    let mut intake = Intake::start_with(&[EDITOR]);
    let private = intake.submit(&crate::support::Answers::seed());
    let id = private.split('/').nth(2).expect("an id").to_owned();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let desk = format!("/desk/{id}");
    let hidden = Hidden::in_page(&ann.get(&intake, &desk).body);
    let spam = hidden.with(&[("action", "decline_as_spam")]);
    assert_eq!(ann.post(&intake, &desk, &spam).status, 303);
    eventually("the clock to be noted", || {
        let metrics = intake.watched("/metrics").body;
        metrics.contains("intake_clock_believed 1").then_some(())
    });
    intake.stop();
    at(&mut intake, "+400d");
    intake.start_again();
    doubted(&intake);
    assert_eq!(intake.record(&id)["contact"]["name"], "Zelda Quince-Canary");
    intake.stop();
    at(&mut intake, "+0d");
    intake.start_again();
    eventually("the clock to be believed", || {
        let metrics = intake.watched("/metrics").body;
        metrics.contains("intake_clock_believed 1").then_some(())
    });
    assert_eq!(intake.record(&id)["contact"]["name"], "Zelda Quince-Canary");
}

#[test]
fn a_clock_a_week_ahead_gives_no_mail_up() {
    let mut server = MailServer::down(&[]);
    let mut intake = Intake::start_with(&[EDITOR]);
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();
    let private = intake.submit(&crate::support::Answers::seed());
    let id = private.split('/').nth(2).expect("an id").to_owned();
    let failed_once = |intake: &Intake| {
        eventually("an attempt", || {
            let states = intake.letter_states(&id);
            states
                .iter()
                .any(|(_, trouble)| !trouble.is_empty())
                .then_some(())
        });
    };
    failed_once(&intake);
    intake.stop();
    at(&mut intake, "+7d");
    intake.start_again();
    doubted(&intake);
    eventually("another attempt", || {
        let record = intake.record(&id);
        let attempts = record["mail"][0]["state"]["pending"]["attempts"].as_u64();
        (attempts.expect("pending") > 1).then_some(())
    });
    server.up("accept");
    eventually("the mail", || {
        let states = intake.letter_states(&id);
        states
            .iter()
            .all(|(state, _)| state == "sent")
            .then_some(())
    });
}
