//! A form is saved to go on later, by people who have little time.

mod changes;

use std::thread;

use crate::{
    chromium::Browser,
    limits::with_limits,
    support::{Answers, Intake, Letter, Postgres, Visitor, eventually, query, value_of},
};

/// Saves these fields from an empty form: the path of the saved form.
fn save(intake: &Intake, fields: &[(&str, &str)]) -> String {
    let token = intake.token();
    let mut all = vec![("token", token.as_str()), ("action", "save")];
    all.extend_from_slice(fields);
    let answer = intake.post("/", &all);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let (path, asked) = answer.location.split_once('?').expect("what was done");
    assert_eq!(asked, "saved");
    path.to_owned()
}

fn in_the_queue(intake: &Intake) -> usize {
    let ran = intake.run(&["list", "--json"]);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&ran.out).expect("a list");
    listed.len()
}

#[test]
fn a_campaigner_is_interrupted_and_goes_on_with_another_device() {
    let intake = Intake::start();
    let phone = Browser::start();
    let seed = Answers::seed();
    phone.open(&intake.url);
    phone.set("title", &seed.title);
    phone.set("contact_email", "not yet an address");
    phone.press("save");
    assert!(phone.text("main").contains("Your answers are saved"));
    assert_eq!(phone.value("title"), seed.title);
    assert_eq!(phone.value("contact_email"), "not yet an address");
    let link = phone.text("section.part a.address");
    assert!(link.starts_with(&format!("{}/mine/", intake.url)), "{link}");
    assert_eq!(phone.address(), format!("{link}?saved"));

    // From now on it saves by itself.
    phone.set("organisation", "Prospect");
    eventually("it says that it is saved", || {
        phone.text("#saving").starts_with("Saved at ").then_some(())
    });
    phone.set("saved_email", "ana@example.org");
    phone.press("send_link");
    assert!(phone.text("main").contains("the link is on its way"));
    let letter = &intake.letters(1)[0];
    assert_eq!(letter.headers["To"], "ana@example.org");
    assert_eq!(letter.link(&intake.url), link);

    let laptop = Browser::without_javascript();
    laptop.open(&letter.link(&intake.url));
    assert_eq!(laptop.value("title"), seed.title);
    assert_eq!(laptop.value("organisation"), "Prospect");
    laptop.fill_in(&seed);
    laptop.press("check");
    assert_eq!(laptop.text("h1"), "Check before you send");
    laptop.press("edit");
    assert_eq!(laptop.value("title"), seed.title);
    laptop.press("check");
    assert_eq!(in_the_queue(&intake), 0, "nothing is sent yet");
    laptop.press("submit");
    assert_eq!(
        laptop.text("h1"),
        "Thank you. We’ve received your case study"
    );
    assert_eq!(laptop.address(), link, "the link is the same");
    assert_eq!(in_the_queue(&intake), 1);
    assert!(
        !intake.table("saved_form").contains("Prospect"),
        "what was sent is saved no more"
    );
}

#[test]
fn what_is_saved_is_whatever_is_there_and_nobodys_but_the_links_holder() {
    let intake = Intake::start();
    let long = "x".repeat(200);
    let path = save(&intake, &[("title", &long), ("methods_used", "one")]);
    let page = intake.get(&path);
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&long), "also what is too long");
    assert_eq!(intake.ids(), [""; 0]);
    assert_eq!(in_the_queue(&intake), 0);
    assert_eq!(intake.mailbox(), [""; 0]);

    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let id = path.split('/').nth(2).expect("an id");
    assert!(!editor.get(&intake, "/desk").body.contains(id));
    let found = editor.get(&intake, "/desk?q=xxxxxxxx").body;
    assert!(!found.contains(id));
    assert_eq!(editor.get(&intake, &format!("/desk/{id}")).status, 404);
    assert_eq!(
        intake.get(&format!("/mine/{id}/{}", "0".repeat(40))).status,
        404
    );
    assert_eq!(intake.run(&["show", id]).status, Some(1));
    assert!(!intake.log().contains("xxxxxxxx"));
}

#[test]
fn two_devices_with_one_link_are_shown_both_versions() {
    let intake = Intake::start();
    let path = save(&intake, &[("title", "First"), ("organisation", "Ours")]);
    let revision = |page: &str| value_of(page, "revision").expect("a revision");
    let first = revision(&intake.get(&path).body);
    let from_here = [("revision", first.as_str()), ("action", "save")];
    let with = |title: &'static str| {
        let mut all = from_here.to_vec();
        all.extend([("title", title), ("organisation", "Ours")]);
        all
    };
    assert_eq!(intake.post(&path, &with("From the phone")).status, 303);
    let conflict = intake.post(&path, &with("From the laptop"));
    assert_eq!(conflict.status, 409);
    for words in [
        "From the phone",
        "From the laptop",
        "Other changes were saved",
    ] {
        assert!(conflict.body.contains(words), "{words}");
    }
    assert!(
        intake.get(&path).body.contains("From the phone"),
        "that stands"
    );

    // Sending is no way around it, and neither is the page that saved it first.
    let seed = Answers::seed();
    let mut sent = seed.sent("", "submit");
    sent.push(("revision", &first));
    assert_eq!(intake.post(&path, &sent).status, 409);
    assert_eq!(in_the_queue(&intake), 0);

    let second = revision(&conflict.body);
    let mut sent = seed.sent("", "submit");
    sent.push(("revision", &second));
    assert_eq!(intake.post(&path, &sent).status, 303);
    assert_eq!(in_the_queue(&intake), 1);
}

#[test]
fn going_back_to_the_empty_form_and_saving_again_makes_no_second_and_overwrites_nothing_newer() {
    let intake = Intake::start();
    let token = intake.token();
    let save = |title: &str| {
        let fields = [
            ("token", token.as_str()),
            ("title", title),
            ("action", "save"),
        ];
        intake.post("/", &fields)
    };
    let path = save("One").location.replace("?saved", "");
    assert_eq!(save("Two").location.replace("?saved", ""), path);
    let revision = value_of(&intake.get(&path).body, "revision").expect("a revision");
    let fields = [
        ("revision", revision.as_str()),
        ("title", "Three"),
        ("action", "save"),
    ];
    assert_eq!(intake.post(&path, &fields).status, 303);
    let late = save("Four");
    assert_eq!(late.status, 409);
    assert!(late.body.contains("Three") && late.body.contains("Four"));

    // What was sent can't be saved as if it were not.
    let sent = Answers::seed();
    let link = intake.submit(&sent);
    let again = intake.post("/", &{
        let mut fields = sent.sent(&token, "submit");
        fields.retain(|(name, _)| *name != "title");
        fields.push(("title", "Three"));
        fields
    });
    assert_eq!(again.status, 409, "{}", again.body);
    assert!(intake.get(&link).body.contains("Thank you"));
}

#[test]
fn a_saved_form_is_reminded_of_once_and_then_erased() {
    let mut intake = Intake::start_with(&[("INTAKE__DRAFTS_KEPT", "5 days")]);
    let path = save(&intake, &[("title", "Forgotten words")]);
    let with = |address: &'static str, remind: &'static str| {
        [
            ("revision", "1"),
            ("title", "Forgotten words"),
            ("action", "send_link"),
            ("saved_email", address),
            ("saved_remind", remind),
        ]
    };
    let wrong = intake.post(&path, &with("ana@", "yes"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("Forgotten words"));
    assert_eq!(
        intake.post(&path, &with("ana@example.org", "yes")).status,
        303
    );
    let other = save(&intake, &[("title", "Wants no reminder")]);
    assert_eq!(
        intake.post(&other, &with("bob@example.org", "")).status,
        303
    );
    intake.letters(2);
    // Upkeep comes at the start, and five days before the end is now.
    intake.start_again();
    let letters = intake.letters(3);
    let is_reminder = |letter: &&Letter| letter.headers["Subject"].contains("will be deleted on");
    let reminder = letters.iter().find(is_reminder).expect("a reminder");
    assert_eq!(reminder.headers["To"], "ana@example.org");
    assert!(reminder.text.contains(&path));
    intake.start_again();
    intake.get("/");
    intake.letters(3);

    intake.set("INTAKE__DRAFTS_KEPT", "1 second");
    intake.start_again();
    let short = save(&intake, &[("title", "Short")]);
    eventually("its time is over", || {
        intake.start_again();
        (intake.get(&short).status == 404).then_some(())
    });
    assert_eq!(intake.get(&path).status, 200, "it was saved for longer");
}

#[test]
fn the_reminder_of_a_form_that_was_closed_does_not_ask_to_go_on() {
    let mut intake = Intake::start_with(&[("INTAKE__DRAFTS_KEPT", "5 days")]);
    let path = save(&intake, &[("title", "Too late")]);
    let fields = [
        ("revision", "1"),
        ("title", "Too late"),
        ("action", "send_link"),
        ("saved_email", "ana@example.org"),
        ("saved_remind", "yes"),
    ];
    assert_eq!(intake.post(&path, &fields).status, 303);
    intake.letters(1);
    intake.stop();
    let closed = intake.run(&["close", "case-study", "--yes"]);
    assert_eq!(closed.status, Some(0), "{}", closed.err);
    intake.start_again();
    let letters = intake.letters(2);
    let is_reminder = |letter: &&Letter| letter.headers["Subject"].contains("will be deleted on");
    let reminder = letters.iter().find(is_reminder).expect("a reminder");
    let text = &reminder.text;
    assert!(
        text.contains("you can read and copy what you wrote"),
        "{text}"
    );
    assert!(text.contains(&path), "{text}");
    assert!(!text.contains("save it again"), "{text}");
}

#[test]
fn a_saved_form_can_be_deleted_at_once() {
    let intake = Intake::start();
    let path = save(&intake, &[("title", "Not any more")]);
    let unsure = intake.post(&path, &[("title", "Not any more"), ("action", "discard")]);
    assert_eq!(unsure.status, 422);
    assert!(unsure.body.contains("Not any more"));
    let deleted = intake.post(&path, &[("sure", "yes"), ("action", "discard")]);
    assert_eq!(deleted.status, 200);
    assert!(deleted.body.contains("What you saved is deleted"));
    assert_eq!(intake.get(&path).status, 404);
}

#[test]
fn a_backup_holds_saved_forms_too_and_one_that_is_damaged_does_not_prevent_it() {
    let intake = Intake::start();
    let path = save(&intake, &[("title", "In the middle of it")]);
    let damaged = save(&intake, &[("title", "Damaged later")]);
    intake.set_saved_words(damaged.split('/').nth(2).expect("an id"), "{");
    let ran = intake.run(&["backup", "all.backup"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("a saved form is not in the backup"),
        "{}",
        ran.err
    );
    let backup = intake.folder.path().join("all.backup");
    let mut other = Intake::at_rest_with(&[]);
    let ran = other.run(&["restore", backup.to_str().expect("a path")]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    other.start_again();
    assert!(other.get(&path).body.contains("In the middle of it"));
}

#[test]
fn what_saves_itself_in_the_moment_of_sending_leaves_nothing_behind() {
    let intake = Intake::start();
    let seed = Answers::seed();
    for _ in 0..20 {
        let token = intake.token();
        let sent = thread::scope(|scope| {
            let saving = scope.spawn(|| intake.post("/", &seed.sent(&token, "save")).status);
            let sent = intake.post("/", &seed.sent(&token, "submit")).status;
            // The other was there first, or came too late.
            assert!([303, 409].contains(&saving.join().expect("saved")));
            sent
        });
        assert_eq!(sent, 303);
    }
    assert_eq!(in_the_queue(&intake), 20);
    assert_eq!(intake.table("saved_form"), "");
}

#[test]
fn what_is_being_saved_while_it_is_sent_does_not_outlive_it_on_postgresql() {
    let database = Postgres::shared().database();
    let intake = Intake::start_with(&[("INTAKE__DATA", &database)]);
    let seed = Answers::seed();
    let token = intake.token();
    let id = token.split('.').next().expect("an id");
    let waiting = "(SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database())";
    // Somebody holds the place of the saved form, so that saving stops after it has looked and before
    // it writes, until the form is sent, or waits as well.
    let hold = format!(
        "BEGIN;
        INSERT INTO saved_form (id, form, typed, revision, saved, expires)
            VALUES ('{id}', '', '', 1, 0, 0);
        DO $$ BEGIN FOR attempt IN 1..1000 LOOP
            EXIT WHEN EXISTS (SELECT 1 FROM submission WHERE id = '{id}') OR {waiting} >= 2;
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
        END LOOP; END $$;
        ROLLBACK;"
    );
    let count =
        |what: &str| query(&database, &format!("SELECT {what}")).expect("a count")[0][0].clone();
    thread::scope(|scope| {
        scope.spawn(|| query(&database, &hold).expect("held"));
        eventually("it is held", || {
            let held = count(
                "count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
                WHERE relname = 'saved_form' AND mode = 'RowExclusiveLock'
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            );
            (held != "0").then_some(())
        });
        let saving = scope.spawn(|| intake.post("/", &seed.sent(&token, "save")).status);
        eventually("saving waits", || (count(waiting) != "0").then_some(()));
        assert_eq!(intake.post("/", &seed.sent(&token, "submit")).status, 303);
        assert_eq!(saving.join().expect("saved"), 303);
    });
    assert_eq!(count("count(*) FROM saved_form"), "0");
    assert_eq!(count("count(*) FROM submission"), "1");
}

#[test]
fn saving_counts_against_limits_and_every_word_comes_back() {
    let intake = with_limits(&[("INTAKE__LIMITS__MOST_PER_CLIENT", "2")]);
    let mut who = Visitor::new();
    let mut save = |title: &str| {
        let token = intake.token();
        let fields = [
            ("token", token.as_str()),
            ("title", title),
            ("action", "save"),
        ];
        who.send(
            &intake,
            "POST",
            "/",
            &[("x-forwarded-for", "192.0.2.7")],
            &fields,
        )
    };
    let first = save("One");
    assert_eq!((first.status, save("Two").status), (303, 303));
    let third = save("Three words that stay");
    assert_eq!(third.status, 429);
    assert!(third.headers.contains_key("retry-after"));
    assert!(third.body.contains("Three words that stay"));

    // Strangers can have nobody's mailbox filled.
    let path = first.location.replace("?saved", "");
    let ask = |revision: u32| {
        let revision = revision.to_string();
        let fields = [
            ("revision", revision.as_str()),
            ("title", "One"),
            ("action", "send_link"),
            ("saved_email", "victim@example.org"),
        ];
        intake.post(&path, &fields).location
    };
    let asked: Vec<String> = (1..=5).map(ask).collect();
    assert!(
        asked[2].ends_with("?sent") && asked[3].ends_with("?not-sent"),
        "{asked:?}"
    );
    assert!(
        intake
            .get(&asked[4])
            .body
            .contains("we can’t email the link")
    );
}

#[test]
fn a_page_that_comes_back_for_another_reason_still_knows_what_it_showed() {
    let intake = Intake::start();
    let path = save(&intake, &[("title", "First")]);
    let other = [("revision", "1"), ("title", "Theirs"), ("action", "save")];
    assert_eq!(intake.post(&path, &other).status, 303);
    let mine = |action: &'static str| {
        let fields = [("revision", "1"), ("title", "Mine"), ("action", action)];
        intake.post(&path, &fields)
    };
    for action in ["check", "edit", "discard", "upload:photos"] {
        let page = mine(action);
        assert_eq!(
            value_of(&page.body, "revision").as_deref(),
            Some("1"),
            "{action}"
        );
        assert!(page.body.contains("Mine"), "{action}");
    }
    let conflict = mine("save");
    assert_eq!(conflict.status, 409);
    assert_eq!(value_of(&conflict.body, "revision").as_deref(), Some("2"));
    assert!(conflict.body.contains("Theirs") && conflict.body.contains("Mine"));
}

#[test]
fn words_typed_where_it_was_sent_or_deleted_elsewhere_come_back() {
    let intake = Intake::start();
    let path = save(&intake, &[("title", "First")]);
    let seed = Answers::seed();
    let mut sent = seed.sent("", "submit");
    sent.push(("revision", "1"));
    assert_eq!(intake.post(&path, &sent).status, 303);
    let again = intake.post(&path, &sent);
    assert_eq!(
        (again.status, again.location.as_str()),
        (303, path.as_str())
    );
    let late = [
        ("revision", "1"),
        ("title", "Late words"),
        ("action", "save"),
    ];
    let answer = intake.post(&path, &late);
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.body.contains("Late words"));
    assert_eq!(in_the_queue(&intake), 1);

    let deleted = save(&intake, &[("title", "Second")]);
    intake.post(&deleted, &[("action", "discard"), ("sure", "yes")]);
    let saved_anew = intake.post(&deleted, &late);
    assert_eq!(saved_anew.status, 303, "{}", saved_anew.body);
    assert!(intake.get(&saved_anew.location).body.contains("Late words"));
}

#[test]
fn words_that_the_form_does_not_ask_for_any_more_are_still_there_to_copy() {
    let mut intake = Intake::at_rest_with(&[]);
    const FIELD: &str = "        - name: methods_used\n";
    let extra = "        - name: budget_story\n          label: Budget\n          kind: text\n";
    intake.case_study(&[(FIELD, &format!("{extra}{FIELD}"))]);
    intake.start_again();
    let path = save(&intake, &[("title", "Kept"), ("budget_story", "Old words")]);
    intake.case_study(&[]);
    intake.start_again();
    for _ in 0..2 {
        let page = intake.get(&path).body;
        let (_, old) = page.split_once("id=\"unasked\"").expect("old words");
        assert!(old.contains("they won’t be sent"), "{old}");
        assert!(old.contains("Old words"), "{old}");
        let revision = value_of(&page, "revision").expect("a revision");
        // Saving does not drop them either.
        let fields = [
            ("revision", revision.as_str()),
            ("title", "Kept still"),
            ("action", "save"),
        ];
        assert_eq!(intake.post(&path, &fields).status, 303);
    }
    let page = intake.get(&path).body;
    assert!(page.contains("Kept still") && page.contains("Old words"));
    let browser = Browser::start();
    browser.open(&format!("{}{path}", intake.url));
    browser.look_closely("saved-unasked");
}
