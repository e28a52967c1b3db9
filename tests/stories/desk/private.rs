//! What is private stays where it belongs, and goes for good.

use std::path::PathBuf;

use crate::support::{Answer, Answers, Intake, MailServer, Visitor, eventually};

use super::{
    ANN, BO, all_but_to, assert_done, assert_page, assert_without, everything_kept, id_and_key,
    last_letter, letters_of, settled, with_editors,
};

#[test]
fn a_name_an_address_and_an_internal_note_stay_where_they_belong_and_go_for_good() {
    const NAME: &str = "Namecanary";
    const ADDRESS: &str = "addresscanary";
    const NOTE: &str = "notecanary";
    const SAID: [&str; 6] = [
        "askcanary",
        "fieldcanary",
        "suggestcanary",
        "declinecanary",
        "lettercanary",
        "reasoncanary",
    ];
    let mut intake = with_editors();
    let mut answers = Answers::seed();
    answers.contact_name = format!("{NAME} Quince");
    answers.contact_email = format!("{ADDRESS}@campaigner.example");
    let private = intake.submit(&answers);
    let (id, key) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, BO);
    let mut shown = 0;

    let look_around = |intake: &Intake, ann: &mut Visitor| {
        settled(intake, &id);
        let secret = [NAME, ADDRESS, NOTE];
        let draft = intake.queue_file(&format!("{id}.md"));
        assert_without("the draft", &draft, &secret);
        for path in [private.clone(), format!("{private}/edit"), "/".into()] {
            assert_without(&path, &intake.get(&path).body, &secret);
        }
        for path in [
            "/metrics",
            "/healthz",
            "/readyz",
            "/lost-link",
            "/desk/sign-in",
        ] {
            let body = intake.get(path).body;
            assert_without(path, &body, &[NAME, ADDRESS, NOTE, &key, &id]);
        }
        let pages = [
            "/desk".to_owned(),
            "/desk?q=canary".to_owned(),
            format!("{desk}?from=0&to=1"),
            format!("{desk}/edit"),
        ];
        for path in pages {
            let Answer { status, body, .. } = ann.get(intake, &path);
            assert_without(&path, &body, &[&key]);
            // The page of a submission tells editors; it comes too where it cannot be edited.
            if status == 200 && !path.starts_with(&format!("{desk}?")) {
                assert_without(&path, &body, &secret);
            }
        }
        let found = ann.get(intake, "/desk?q=notecanary").body;
        assert!(!found.contains(&id), "notes are not searched");
        for (number, letter) in letters_of(intake, &id) {
            let what = format!("letter {number}");
            let all = all_but_to(&letter);
            assert_without(&what, &all, &secret);
            assert_without(&what, &letter.headers["To"], &[NAME, NOTE]);
            let to_editor = [ANN, BO].iter().any(|it| letter.headers["To"].contains(it));
            assert_eq!(to_editor, !letter.headers["To"].contains(ADDRESS));
            if to_editor {
                assert_without(&what, &(all + &letter.raw), &[&key]);
            }
        }
        assert_without("the log", &intake.log(), &[NAME, ADDRESS, NOTE, &key]);
        for said in SAID {
            assert_without("the log", &intake.log(), &[said]);
        }
    };
    let mut decide = |intake: &Intake, who: &mut Visitor, fields: &[(&str, &str)]| {
        let mut first = fields.to_vec();
        first.push(("step", "show"));
        let answer = who.fill_in(intake, &desk, &desk, &first);
        if answer.status == 200 {
            shown += 1;
            assert_without(
                "the letter's page",
                &answer.body,
                &[NAME, ADDRESS, NOTE, &key],
            );
            assert_done(&who.fill_in(intake, &desk, &desk, fields));
        } else {
            assert_done(&answer);
        }
        look_around(intake, who);
    };
    let mine = |intake: &Intake, fields: &[(&str, &str)]| {
        let answer = Visitor::new().fill_in(intake, &private, &private, fields);
        assert_done(&answer);
    };

    let note = format!("Between us: {NOTE}.");
    decide(&intake, &mut ann, &[("action", "note"), ("note", &note)]);
    decide(
        &intake,
        &mut ann,
        &[
            ("action", "request_changes"),
            ("note", "Please askcanary."),
            ("note_story", "Here fieldcanary."),
        ],
    );
    let mut again = answers.clone();
    again.story.push_str("\n\nAnd more.");
    let edit = format!("{private}/edit");
    let fields = again.sent("", "resubmit");
    assert_done(&Visitor::new().fill_in(&intake, &edit, &edit, &fields));
    mine(
        &intake,
        &[("action", "suggest"), ("note", "I suggestcanary.")],
    );
    decide(&intake, &mut bo, &[("action", "note"), ("note", &note)]);
    decide(
        &intake,
        &mut bo,
        &[("action", "decline"), ("note", "Sorry, declinecanary.")],
    );
    decide(&intake, &mut ann, &[("action", "take_back")]);
    let letter = "Dear campaigner, lettercanary.";
    decide(
        &intake,
        &mut ann,
        &[("action", "approve"), ("letter", letter), ("send", "yes")],
    );
    mine(
        &intake,
        &[("action", "message"), ("note", "I suggestcanary again.")],
    );
    decide(
        &intake,
        &mut bo,
        &[("action", "send_again"), ("letter_number", "1")],
    );
    let asked = [("email", answers.contact_email.as_str())];
    assert_page(&intake.post("/lost-link", &asked), 200);
    eventually("the link again", || {
        settled(&intake, &id).contains("ask_for_link").then_some(())
    });
    mine(
        &intake,
        &[("action", "withdraw"), ("note", "Because reasoncanary.")],
    );
    look_around(&intake, &mut ann);
    assert!(shown >= 4, "{shown} letters shown");

    // Until now it is all there, where editors look for it.
    let review = ann.get(&intake, &desk).body;
    let record = settled(&intake, &id);
    let words = [
        NAME, ADDRESS, NOTE, SAID[0], SAID[1], SAID[2], SAID[3], SAID[5],
    ];
    for word in words {
        assert!(review.contains(word), "{word} on the desk");
        assert!(record.contains(word), "{word} in the record");
    }
    assert!(record.contains(SAID[4]));
    for word in words {
        let found: Vec<PathBuf> = everything_kept(&intake)
            .into_iter()
            .filter(|(_, text)| text.contains(word))
            .map(|(path, _)| path)
            .collect();
        let is_store = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("intake.db"))
        };
        assert!(!found.is_empty(), "{word} is kept");
        assert!(
            found.iter().all(is_store),
            "{word} in the store alone: {found:?}"
        );
    }

    mine(&intake, &[("action", "erase"), ("sure", "yes")]);
    look_around(&intake, &mut ann);
    for _ in 0..2 {
        for (path, text) in everything_kept(&intake) {
            let what = path.display().to_string();
            assert_without(&what, &text, &[NAME, ADDRESS, NOTE, "Quince"]);
            assert_without(&what, &text, &SAID);
        }
        for path in [
            "/desk".to_owned(),
            desk.clone(),
            "/desk?q=canary".to_owned(),
        ] {
            let body = ann.get(&intake, &path).body;
            assert_without(&path, &body, &[NAME, ADDRESS, NOTE]);
            assert_without(&path, &body, &SAID);
        }
        let body = intake.get(&private).body;
        assert_without("the private page", &body, &[NAME, ADDRESS, NOTE]);
        assert_without("the private page", &body, &SAID);
        intake.stop();
        intake.start_again();
    }
    let before = settled(&intake, &id);
    assert_page(&intake.post("/lost-link", &asked), 200);
    let draft = intake.queue_file(&format!("{id}.md"));
    assert!(draft.contains("And more."), "the post stays");
    assert_eq!(intake.record(&id)["stage"], "withdrawn");
    let told = last_letter(&intake, &id);
    assert!(told.headers["Subject"].contains("erased"));
    intake.stop();
    assert_eq!(intake.record_text(&id), before);
    intake.start_again();
}

#[test]
fn what_is_erased_while_letters_wait_for_a_dead_mail_server_is_not_sent_later() {
    let mut server = MailServer::down(&[]);
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();
    let mut answers = Answers::seed();
    answers.contact_email = "addresscanary@campaigner.example".into();
    let private = intake.submit(&answers);
    let (id, _) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let fields = [("action", "decline"), ("note", "declinecanary")];
    assert_done(&ann.fill_in(&intake, &desk, &desk, &fields));
    eventually("a try", || {
        let states = intake.letter_states(&id);
        states
            .iter()
            .any(|(_, trouble)| !trouble.is_empty())
            .then_some(())
    });
    // How letters were tried does not count as a version, so that nobody's form goes stale by it.
    let fields = [("action", "erase"), ("sure", "yes")];
    assert_done(&Visitor::new().fill_in(&intake, &private, &private, &fields));
    let states: Vec<String> = intake
        .letter_states(&id)
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(
        states,
        [
            "dropped", "pending", "pending", "dropped", "pending", "pending"
        ]
    );
    intake.stop();
    for (path, text) in everything_kept(&intake) {
        let what = path.display().to_string();
        assert_without(&what, &text, &["addresscanary", "declinecanary", "Zelda"]);
    }
    server.up("accept");
    intake.start_again();
    for (letter, envelope) in server.letters(4) {
        let to = envelope["rcpts"][0]
            .as_str()
            .expect("an address")
            .to_owned();
        assert!([ANN, BO].contains(&to.as_str()), "{to}");
        assert_without(
            "a letter",
            &all_but_to(&letter),
            &["addresscanary", "declinecanary"],
        );
    }
    settled(&intake, &id);
}

// ---- signing in ---------------------------------------------------------------------------------
