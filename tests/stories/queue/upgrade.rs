//! A queue of the version before forms, gone on with by this one.

mod before;

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::support::{Answer, Answers, Intake, Visitor, assert_every_word_kept, eventually};

use self::before::{
    APPROVED, ASKED, DECLINED, ERASED, Old, PENDING, PUBLISHED, QUEUE, RECEIVED, RESUBMITTED,
    TOKEN, left_behind,
};

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location.ends_with("?done"), "{}", answer.location);
}

/// Names of the captured letters that are about a submission.
fn letters_about(intake: &Intake, old: &Old) -> Vec<String> {
    let mut names = intake.mailbox();
    names.retain(|name| name.contains(&old.id()));
    names
}

/// Waits until the mail that the earlier version could not send is sent.
fn until_sent(intake: &Intake) {
    eventually("the pending mail", || {
        let text = intake.record_text(&PENDING.id());
        (!text.contains("\"owed\"") && !text.contains("\"pending\"")).then_some(())
    });
}

#[test]
fn commands_and_pages_show_it_and_change_nothing() {
    let mut intake = left_behind();
    let first = intake.run(&["list"]);
    assert!(first.err.contains("taken into the store"), "{}", first.err);
    let listed = intake.run(&["list"]);
    assert_eq!((listed.status, listed.err.as_str()), (Some(0), ""));
    for old in &QUEUE {
        let line = listed.out.lines().find(|line| line.contains(&old.id()));
        let line = line.expect("a line of the list");
        assert!(
            line.contains(&format!("{} (Friends of ", old.title)),
            "{line}"
        );
        assert!(line.contains(&format!("  {} ", old.stage)), "{line}");
    }
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(0), "{}", checked.out);
    assert!(checked.out.contains("8 in it"), "{}", checked.out);
    for old in &QUEUE {
        old.assert_untouched(&intake);
    }

    intake.start_again();
    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let desk = ann.get(&intake, "/desk");
    assert_eq!(desk.status, 200);
    until_sent(&intake);
    for old in &QUEUE {
        let page = ann.get(&intake, &old.desk());
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(old.title), "{}", page.body);
        let page = intake.get(&old.private());
        assert_eq!(page.status, 200, "{}: {}", old.name, page.body);
        let told = match old.name {
            "erased" => "Your details are erased",
            _ => old.title,
        };
        assert!(page.body.contains(told), "{}", page.body);
        if old.name != PENDING.name {
            old.assert_untouched(&intake);
        }
    }
    let page = ann.get(&intake, &RESUBMITTED.desk()).body;
    for words in ["notecanary", "askcanary", "fieldcanary", "in 2024"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    for name in ["Ann asked for changes", "Bo made an internal note"] {
        assert!(page.contains(name), "{name} in {page}");
    }
    // Nothing was ever written to her about it, so the record has no address of hers.
    let page = ann.get(&intake, &DECLINED.desk()).body;
    assert!(page.contains("Cleo declined it"), "{page}");
    let page = intake.get(&ASKED.private()).body;
    assert!(page.contains("Please name the hall."), "{page}");
    let page = intake.get(&PUBLISHED.private()).body;
    let address = "https://connectedbydata.org/blog/2025/11/25/case-study-night-trains";
    assert!(page.contains(address), "{page}");
}

#[test]
fn mail_that_could_not_be_sent_goes_out_once_under_its_own_number() {
    let mut intake = left_behind();
    intake.start_again();
    until_sent(&intake);
    let letters = intake.letters(3);
    let told: BTreeSet<(&str, &str)> = letters
        .iter()
        .map(|letter| {
            (
                letter.headers["To"].as_str(),
                letter.headers["Message-ID"].as_str(),
            )
        })
        .collect();
    for (address, number) in [
        ("rosa@canary.example", 4),
        ("ann@desk.example", 5),
        ("bo@desk.example", 6),
    ] {
        let id = format!("<{}.{number}@example.org>", PENDING.id());
        let is_there = told
            .iter()
            .any(|(to, message)| to.contains(address) && *message == id);
        assert!(is_there, "{address} under {id} in {told:?}");
    }
    let to_rosa = letters
        .iter()
        .find(|letter| letter.headers["To"].contains("rosa"))
        .expect("hers");
    assert!(to_rosa.text.contains("bridgecanary"), "{}", to_rosa.text);
    assert!(to_rosa.text.contains(&PENDING.private()));

    let record = PENDING.assert_written(&intake);
    let mail = record["mail"].as_array().expect("mail");
    assert!(mail.iter().all(|mail| mail["state"]["sent"].is_object()));
    assert_eq!(
        intake.queue_file(&format!("{}.md", PENDING.id())),
        PENDING.draft()
    );
    intake.stop();
    intake.start_again();
    Visitor::sign_in(&intake, "bo@desk.example");
    assert_eq!(letters_about(&intake, &PENDING).len(), 3);
    assert_eq!(intake.mailbox().len(), 4, "and the link to sign in");
}

#[test]
fn editors_and_campaigners_go_on_where_they_were() {
    let mut intake = left_behind();
    intake.start_again();
    let mut ann = Visitor::sign_in(&intake, "ann@desk.example");
    let mut on_the_desk = |old: &Old, fields: &[(&str, &str)]| {
        assert_done(&ann.fill_in(&intake, &old.desk(), &old.desk(), fields));
        old.assert_written(&intake)
    };
    let in_private = |old: &Old, fields: &[(&str, &str)]| {
        let link = old.private();
        assert_done(&Visitor::new().fill_in(&intake, &link, &link, fields));
        old.assert_written(&intake)
    };

    let record = on_the_desk(&RECEIVED, &[("action", "approve")]);
    assert_eq!(record["stage"], "approved");
    assert_eq!(record["version"], 2);
    let record = on_the_desk(&DECLINED, &[("action", "take_back")]);
    assert_eq!(record["stage"], "received");
    let record = in_private(&RESUBMITTED, &[("action", "withdraw"), ("note", "Enough.")]);
    assert_eq!(record["stage"], "withdrawn");
    let record = in_private(&ASKED, &[("action", "withdraw")]);
    assert_eq!(record["stage"], "withdrawn");
    // None of that touches the words of a post.
    for old in [&RECEIVED, &DECLINED, &RESUBMITTED, &ASKED] {
        assert_eq!(intake.queue_file(&format!("{}.md", old.id())), old.draft());
    }
    // It is on the blog in these words already.
    let again = [("action", "publish")];
    let answer = ann.fill_in(&intake, &PUBLISHED.desk(), &PUBLISHED.desk(), &again);
    assert_ne!(answer.status, 303, "{}", answer.location);
    PUBLISHED.assert_untouched(&intake);
    let erase = [("action", "erase"), ("sure", "yes")];
    let record = in_private(&PUBLISHED, &erase);
    assert_eq!(record["stage"], "published");
    assert_eq!(record["contact"], Value::Null);
    assert_eq!(record["publication"]["post"], PUBLISHED.draft());
    assert_eq!(
        record["publication"]["path"],
        "_posts/2025-11-25-case-study-night-trains.md"
    );
}

#[test]
fn an_edit_changes_the_draft_where_it_was_edited_and_nowhere_else() {
    let mut intake = left_behind();
    intake.start_again();
    let mut bo = Visitor::sign_in(&intake, "bo@desk.example");
    let record = APPROVED.record();
    let answers = &record["revisions"][1]["case_study"];
    let mut fields = vec![
        ("title", "Silent Streets"),
        ("topics", "Justice"),
        ("author", "Guest"),
        ("projects", "Catalysing Community Campaigns"),
        ("intro", "_An intro by Bo._"),
        ("featured", "no"),
        ("slug", "quieter-streets"),
        ("date", "2026-03-31"),
    ];
    for name in [
        "story",
        "campaign_type",
        "ultimate_goals",
        "communities_involved",
        "organisation",
        "methods_used",
    ] {
        fields.push((name, answers[name].as_str().expect("a text")));
    }
    let edit = format!("{}/edit", APPROVED.desk());
    assert_done(&bo.fill_in(&intake, &edit, &edit, &fields));
    let after = APPROVED.assert_written(&intake);
    let changed = APPROVED
        .draft()
        .replace("Quieter Streets", "Silent Streets");
    assert_eq!(after["draft"], changed);
    assert_eq!(intake.queue_file(&format!("{}.md", APPROVED.id())), changed);
    let revisions = after["revisions"].as_array().expect("revisions");
    assert_eq!(revisions.len(), 3);
    let (mut before, mut now) = (
        revisions[1]["answers"].clone(),
        revisions[2]["answers"].clone(),
    );
    before["title"] = Value::Null;
    now["title"] = Value::Null;
    assert_eq!(before, now);
}

/// Every text of a record, but for what is only a name in it.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => into.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| texts(item, into)),
        Value::Object(object) => object.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

#[test]
fn every_word_of_it_is_kept() {
    let intake = left_behind();
    for old in &QUEUE {
        let (before, after) = (old.record(), intake.record(&old.id()));
        let (mut had, mut has) = (Vec::new(), Vec::new());
        texts(&before, &mut had);
        texts(&after, &mut has);
        // Editors are known by their addresses, what happened has other names, and the usual topics
        // are the form's.
        let renamed: BTreeSet<&str> = before["history"]
            .as_array()
            .expect("history")
            .iter()
            .filter_map(|event| event["what"].as_str())
            .chain(["Ann", "Bo", "People and Participation"])
            .collect();
        for text in had.iter().filter(|text| !renamed.contains(text.as_str())) {
            assert!(has.contains(text), "{}: {text}", old.name);
        }
        for same in ["id", "version", "stage", "contact", "consent", "draft"] {
            assert_eq!(after[same], before[same], "{}: {same}", old.name);
        }
        for list in ["revisions", "history"] {
            let count = |record: &Value| record[list].as_array().expect("a list").len();
            assert_eq!(count(&after), count(&before), "{}: {list}", old.name);
        }
    }

    let resubmitted = intake.record(&RESUBMITTED.id());
    let history = &resubmitted["history"];
    assert_eq!(history[0]["action"], "submit");
    assert_eq!(history[1]["by"], json!({"editor": "bo@desk.example"}));
    assert_eq!(
        history[1]["note"],
        "notecanary: I know them from the choir."
    );
    assert_eq!(history[2]["action"], "request_changes");
    assert_eq!(
        history[2]["at_fields"],
        json!({"story": "fieldcanary: which year?"})
    );
    assert_eq!(history[3]["action"], "resubmit");
    assert_eq!(history[3]["revision"], 1);
    // Which topics counted is kept: those chosen, or the usual ones where none was.
    let answers = &resubmitted["revisions"][0]["answers"];
    assert_eq!(answers["topics"], json!(["People and Participation"]));
    assert_eq!(answers["featured"], json!(true));
    assert_eq!(answers["slug"], "case-study-school-scores");
    assert_eq!(answers.get("date"), None);
    let received = intake.record(&RECEIVED.id());
    let answers = &received["revisions"][0]["answers"];
    assert_eq!(answers["topics"], json!(["Health", "Work"]));
    let asked = intake.record(&ASKED.id());
    let words = asked["mail"][3]["words"].as_str().expect("words");
    assert!(words.starts_with("lettercanary"), "{words}");
    let published = intake.record(&PUBLISHED.id());
    let event = &published["history"][2];
    assert_eq!(event["permalink"], published["publication"]["permalink"]);
    assert_eq!(event["commit"], published["publication"]["commit"]);
    let declined = intake.record(&DECLINED.id());
    assert_eq!(declined["history"][1]["by"], json!({"editor": "Cleo"}));
    let erased = intake.record(&ERASED.id());
    assert_eq!(erased["contact"], Value::Null);
    assert_eq!(erased["mail"][0]["to"], "campaigner");
}

#[test]
fn a_form_opened_before_the_upgrade_can_be_sent_after_it() {
    let record = RECEIVED.record();
    let answer = |name: &str| {
        let text = record["revisions"][0]["case_study"][name].as_str();
        text.expect("a text").to_owned()
    };
    let answers = Answers {
        title: answer("title"),
        story: answer("story"),
        campaign_type: answer("campaign_type"),
        ultimate_goals: answer("ultimate_goals"),
        communities_involved: answer("communities_involved"),
        organisation: answer("organisation"),
        methods_used: answer("methods_used"),
        topics: vec!["Health".into(), "Work".into()],
        contact_name: "Zelda Quince".into(),
        contact_email: "zelda@canary.example".into(),
    };
    let upgraded = left_behind().record(&RECEIVED.id());
    let mut intake = left_behind();
    // As if it had been opened then, but is sent only now.
    for ending in ["json", "md"] {
        let file = format!("{}.{ending}", RECEIVED.id());
        fs::remove_file(intake.queue().join(file)).expect("removed");
    }
    intake.start_again();
    let answer = intake.post("/", &answers.sent(TOKEN, "submit"));
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.location, RECEIVED.private());

    // And what this version makes of these answers is what it has made of the earlier record.
    let new = intake.record(&RECEIVED.id());
    let mut expected = upgraded["revisions"][0]["answers"].clone();
    let answers = &new["revisions"][0]["answers"];
    for own in ["intro", "outro"] {
        expected[own] = answers[own].clone();
    }
    let expected = expected.as_object_mut().expect("answers");
    for no_longer_asked in ["category", "title_prefix"] {
        assert!(expected.remove(no_longer_asked).is_some());
    }
    // What is asked now and was not then has its default.
    expected.insert("written_in".to_owned(), "en".into());
    assert_eq!(answers.as_object(), Some(&*expected));
    for same in ["format", "form", "version", "stage", "contact"] {
        assert_eq!(new[same], upgraded[same], "{same}");
    }
    let kinds = |record: &Value| {
        let mail = record["mail"].as_array().expect("mail").iter();
        mail.map(|mail| (mail["kind"].clone(), mail["to"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&new), kinds(&upgraded));
}

#[test]
fn another_form_under_a_token_that_is_used_up_keeps_its_words() {
    let mut intake = left_behind();
    intake.start_again();
    let answers = Answers::seed();
    let answer = intake.post("/", &answers.sent(TOKEN, "submit"));
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_every_word_kept(&answer, &answers);
    RECEIVED.assert_untouched(&intake);
}
