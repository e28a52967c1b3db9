//! Personal data go when they are asked to, or when their time has come; the post stays.

use crate::support::{Answers, Intake, Letter, eventually, value_of};

/// Withdraws with a reason, as on the private page.
fn withdraw(intake: &Intake, link: &str) {
    let version = value_of(&intake.get(link).body, "version").expect("a version");
    let fields = [
        ("version", version.as_str()),
        ("action", "withdraw"),
        ("note", "A reason with canaryword in it"),
    ];
    let answer = intake.post(link, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
}

/// Whether any file of the queue or beside it holds one of the private words.
fn private_words_left(intake: &Intake) -> Vec<String> {
    let mut left = Vec::new();
    let files = intake.queued("").into_iter().map(|name| {
        // What is written aside may have got its name since it was listed.
        let bytes = std::fs::read(intake.queue().join(&name)).unwrap_or_default();
        (name, String::from_utf8_lossy(&bytes).into_owned())
    });
    let dumped = intake
        .dumped()
        .map(|text| ("the database".to_owned(), text));
    for (name, text) in files.chain(dumped) {
        for word in ["Quince", "zelda", "canary.example", "canaryword"] {
            if text.contains(word) {
                left.push(format!("{word} in {name}"));
            }
        }
    }
    left
}

#[test]
fn what_ended_long_ago_is_forgotten_by_itself() {
    let mut intake = Intake::start_with(&[("INTAKE__RETENTION", "1 second")]);
    let link = intake.submit(&Answers::seed());
    let waiting = intake.submit(&Answers::number(2));
    withdraw(&intake, &link);
    assert!(!private_words_left(&intake).is_empty());
    let id = link.split('/').nth(2).expect("an id").to_owned();
    eventually("the time of retention to pass", || {
        intake.stop();
        intake.start_again();
        let record = intake.record_text(&id);
        record.contains("\"contact\":null").then_some(())
    });
    let record = intake.record_text(&id);
    for word in ["Quince", "zelda", "canaryword"] {
        assert!(!record.contains(word), "{word}");
    }
    assert!(
        intake
            .queue_file(&format!("{id}.md"))
            .contains("Trade Union")
    );
    assert_eq!(intake.get(&link).status, 200);
    let other = waiting.split('/').nth(2).expect("an id");
    let record = intake.record_text(other);
    assert!(
        record.contains("Quince"),
        "what is still under way keeps its contact"
    );
}

#[test]
fn the_operator_erases_by_hand() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    intake.letters(2);
    withdraw(&intake, &link);
    let id = link.split('/').nth(2).expect("an id");
    let erased = intake.command(&["erase", id]).output().expect("it runs");
    assert!(erased.status.success(), "{erased:?}");
    assert_eq!(private_words_left(&intake), [""; 0]);
    let again = intake.command(&["erase", id]).output().expect("it runs");
    assert!(again.status.success());
    let unknown = uuid::Uuid::now_v7().to_string();
    let nobody = intake
        .command(&["erase", &unknown])
        .output()
        .expect("it runs");
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn a_form_may_say_for_itself_how_long_personal_data_are_kept() {
    const NOUN: &str = "noun: case study\n";
    let keeps = |intake: &Intake, time: &str| {
        intake.case_study(&[(NOUN, &format!("{NOUN}retention: {time}\n"))]);
    };
    let mut intake = Intake::at_rest_with(&[
        ("INTAKE__RETENTION", "1 second"),
        ("INTAKE__FORMS", "[case-study, other]"),
    ]);
    intake.form("other", include_str!("../../config/forms/case-study.yaml"));
    keeps(&intake, "soon");
    let said = intake.run(&["check"]);
    let wrong = "`retention` must be a length of time, as in 12 months or 90 days";
    assert!(
        said.out.contains(wrong) || said.err.contains(wrong),
        "{}",
        said.err
    );
    keeps(&intake, "10 years");
    intake.start_again();
    let send = |form: &str| {
        let page = format!("/forms/{form}");
        let body = intake.get(&page).body;
        assert_eq!(body.contains("10 years"), form == "case-study", "{body}");
        let token = value_of(&body, "token").expect("a token");
        let answer = intake.post(&page, &Answers::seed().sent(&token, "submit"));
        assert_eq!(answer.status, 303, "{}", answer.body);
        withdraw(&intake, &answer.location);
        answer.location
    };
    let (link, other) = (send("case-study"), send("other"));
    let id = |link: &str| link.split('/').nth(2).expect("an id").to_owned();
    for page in ["/privacy", &link] {
        let body = intake.get(page).body;
        assert!(body.contains("10 years"), "{page}: {body}");
    }
    eventually("the letter says it too", || {
        let letters = intake.letters(intake.mailbox().len());
        let says = |it: &Letter| it.text.contains("after 10 years");
        letters.iter().any(says).then_some(())
    });
    let is_erased =
        |intake: &Intake, link: &str| intake.record_text(&id(link)).contains("\"contact\":null");
    eventually("the time of all others to pass", || {
        intake.start_again();
        is_erased(&intake, &other).then_some(())
    });
    assert!(!is_erased(&intake, &link), "it has a time of its own");

    intake.set("INTAKE__RETENTION", "12 months");
    keeps(&intake, "1 second");
    eventually("its own time to pass", || {
        intake.start_again();
        is_erased(&intake, &link).then_some(())
    });
}
