//! Editors change a case study, and note things among themselves.

use crate::support::{Answers, Hidden, Visitor, value_of};

use super::{ANN, BO, Conversation, assert_done, assert_page, settled};

#[test]
fn editors_edit_every_field_and_two_at_once_lose_nothing() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.desk);
    let form = talk.ann.get(&talk.intake, &edit).body;
    let hidden = Hidden::in_page(&form);
    let mut bo = Visitor::sign_in(&talk.intake, BO);
    let bos = Hidden::in_page(&bo.get(&talk.intake, &edit).body);
    let mut answers = talk.answers.clone();
    answers.title = "Anns title".into();
    answers.story.push_str("\n\nAnns paragraph.");
    answers.topics = vec!["Health".into(), "Work".into()];
    answers.organisation = "Anns organisation".into();
    let editorial = [
        ("author", "Guest"),
        ("slug", "anns-slug"),
        ("date-day", "31"),
        ("date-month", "3"),
        ("date-year", "2026"),
        ("intro", "Anns *intro*."),
        ("outro", "Anns outro."),
        ("featured", "no"),
    ];
    let with = |answers: &Answers, hidden: &Hidden, editorial: &[(&str, &str)]| {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in answers
            .sent("", "")
            .into_iter()
            .filter(|it| !["token", "action"].contains(&it.0))
        {
            fields.push((name.into(), value.into()));
        }
        for (name, value) in hidden.with(editorial) {
            fields.push((name.into(), value.into()));
        }
        fields
    };
    let send = |visitor: &mut Visitor, fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        visitor.post(&talk.intake, &edit, &fields)
    };

    // Wrong in the editors' own fields: told at each, and every word kept.
    let before = settled(&talk.intake, &talk.id);
    for (name, wrong) in [
        ("slug", "Not A Slug"),
        ("slug", "a--b"),
        ("slug", ""),
        ("slug", "ünicode"),
        ("date", "31.3.2026"),
        ("date", "20260331"),
        ("date-day", "32"),
        ("date-month", "2"),
        ("date-month", ""),
        ("date-year", "26"),
        ("author", ""),
        ("title", ""),
    ] {
        let mut editorial = editorial.to_vec();
        let mut answers = answers.clone();
        match editorial.iter_mut().find(|it| it.0 == name) {
            Some(field) => field.1 = wrong,
            // A program may send the day in one.
            None if name == "date" => {
                editorial.retain(|it| !it.0.starts_with("date-"));
                editorial.push((name, wrong));
            }
            None => answers.title = wrong.into(),
        }
        let answer = send(&mut talk.ann, &with(&answers, &hidden, &editorial));
        assert_page(&answer, 422);
        // Of a day, one of its three boxes.
        let at = match name.starts_with("date") {
            true => "#date-".to_owned(),
            false => format!("#{name}\""),
        };
        assert!(
            answer.body.contains(&format!("href=\"{at}")),
            "{name} {wrong}: {}",
            answer.body
        );
        for kept in [
            "Anns paragraph.",
            "Anns organisation",
            "Anns *intro*.",
            "Anns outro.",
            wrong,
        ] {
            assert!(answer.body.contains(kept), "{kept} lost");
        }
        assert!(answer.body.contains("value=\"Health\" checked"));
        assert_eq!(Hidden::in_page(&answer.body).version.as_deref(), Some("1"));
    }
    let long = "o".repeat(5_001);
    let answer = send(
        &mut talk.ann,
        &with(
            &answers,
            &hidden,
            &[("author", "Guest"), ("slug", "a"), ("outro", &long)],
        ),
    );
    assert_page(&answer, 422);
    assert_eq!(settled(&talk.intake, &talk.id), before, "nothing changed");

    // Right: saved, in the draft, and nobody gets a letter. No tick: no projects.
    assert_done(&send(&mut talk.ann, &with(&answers, &hidden, &editorial)));
    let record = talk.record();
    assert_eq!(record["stage"], "received");
    let revisions = record["revisions"].as_array().expect("revisions");
    assert_eq!(revisions.len(), 2);
    let saved = &revisions[1];
    assert_eq!(saved["by"]["editor"], ANN);
    assert_eq!(saved["answers"]["slug"], "anns-slug");
    assert_eq!(saved["answers"]["date"], "2026-03-31");
    assert_eq!(saved["answers"]["featured"], false);
    assert_eq!(saved["answers"]["projects"], serde_json::Value::Null);
    let draft = record["draft"].as_str().expect("a draft");
    for line in [
        "title: \"Case study: Anns title\"",
        "author: Guest",
        "featured: false",
        "topics:\n    - Health\n    - Work\n",
        "Anns *intro*.\n\n<!--more-->",
        "\n\nAnns paragraph.\n",
        "**Organisation:** Anns organisation",
        "\nAnns outro.",
    ] {
        assert!(draft.contains(line), "{line} in {draft}");
    }
    assert!(!draft.contains("projects:"), "{draft}");
    assert_eq!(talk.letters().len(), 3);
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Ann edited it on"));
    assert!(review.contains("<ins>") && review.contains("<del>"));
    let private = talk.private_page();
    assert!(private.contains("What the editors have changed") && private.contains("Anns"));

    // A note that was written meanwhile changes no answer, so it stands in nobody's way.
    let page = talk
        .ann
        .get(&talk.intake, &format!("{}/edit", talk.desk))
        .body;
    let (hidden, revision) = (Hidden::in_page(&page), value_of(&page, "revision"));
    let note = [("action", "note"), ("note", "Nice.")];
    assert_done(&bo.fill_in(&talk.intake, &talk.desk, &talk.desk, &note));
    let mut editorial = editorial.to_vec();
    editorial.push(("revision", revision.as_deref().expect("a revision")));
    assert_done(&send(&mut talk.ann, &with(&answers, &hidden, &editorial)));
    let record = talk.record();

    // Bo has had the form open all the while, and has changed other things, and emptied some.
    let mut other = talk.answers.clone();
    other.title = "Bos title".into();
    let bo_writes = [
        ("author", "Tim Davies"),
        ("slug", "bos-slug"),
        ("date-day", ""),
        ("date-month", ""),
        ("date-year", ""),
        ("intro", "Bos intro."),
        ("outro", "Bos outro."),
        ("projects", "Catalysing Community Campaigns"),
        ("featured", "yes"),
    ];
    let answer = send(&mut bo, &with(&other, &bos, &bo_writes));
    assert_page(&answer, 409);
    let meanwhile: Vec<&str> = answer
        .body
        .split("Saved here in the meantime:</strong></p><p class=\"kept\" dir=\"auto\">")
        .skip(1)
        .filter_map(|rest| rest.split("</p>").next())
        .collect();
    for words in [
        "Anns title",
        "Health, Work",
        "Anns organisation",
        "Guest",
        "anns-slug",
        "31 March 2026",
        "Anns *intro*.",
        "Anns outro.",
    ] {
        assert!(meanwhile.contains(&words), "{words} in {meanwhile:?}");
    }
    assert!(meanwhile.iter().any(|it| it.contains("Anns paragraph.")));
    assert!(
        meanwhile.contains(&"(nothing)"),
        "the projects: {meanwhile:?}"
    );
    assert!(meanwhile.contains(&"no"), "featured: {meanwhile:?}");
    assert_eq!(meanwhile.len(), 11, "{meanwhile:?}");
    for words in ["Bos title", "bos-slug", "Bos intro.", "Bos outro."] {
        assert!(answer.body.contains(words), "{words} lost");
    }
    assert_eq!(talk.record(), record, "Ann's words stand");
    let bos = Hidden::in_page(&answer.body);
    assert_done(&send(&mut bo, &with(&other, &bos, &bo_writes)));
    let record = talk.record();
    assert_eq!(record["revisions"].as_array().map(Vec::len), Some(3));
    let draft = record["draft"].as_str().expect("a draft");
    for line in [
        "Bos title",
        "featured: true",
        "projects: Catalysing Community Campaigns",
        "Bos outro.",
    ] {
        assert!(draft.contains(line), "{line} in {draft}");
    }
    // Saving without a change is no revision and no fault.
    let same = Hidden::in_page(&bo.get(&talk.intake, &edit).body);
    assert_done(&send(&mut bo, &with(&other, &same, &bo_writes)));
    assert_eq!(talk.record(), record);
    // Any two revisions can be compared.
    let compared = bo
        .get(&talk.intake, &format!("{}?from=1&to=2", talk.desk))
        .body;
    assert!(
        compared.contains("<del>Anns</del>") && compared.contains("<ins>Bos</ins>"),
        "{compared}"
    );
}

// ---- the campaigner -----------------------------------------------------------------------------

#[test]
fn what_editors_note_among_themselves_does_not_stand_in_the_campaigners_way() {
    let mut talk = Conversation::begin();
    let ask = [("action", "request_changes"), ("note", "Who took part?")];
    assert_done(&talk.on_the_desk(&ask));
    let edit = format!("{}/edit", talk.private);
    let open = talk.intake.get(&edit).body;
    let version = value_of(&open, "version").expect("a version");
    let revision = value_of(&open, "revision").expect("a revision");
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "Ask again on Monday.")]));
    let mut answers = talk.answers.clone();
    answers.organisation = "Nurses and porters".into();
    let mut fields = answers.sent("", "resubmit");
    fields.extend([
        ("version", version.as_str()),
        ("revision", revision.as_str()),
    ]);
    let answer = talk.intake.post(&edit, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let draft = talk.intake.queue_file(&format!("{}.md", talk.id));
    assert!(draft.contains("**Organisation:** Nurses and porters"));
}

#[test]
fn a_save_that_is_pressed_twice_is_told_to_be_done() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.desk);
    let page = Hidden::in_page(&talk.ann.get(&talk.intake, &edit).body);
    let mut answers = talk.answers.clone();
    answers.title = "Anns title".into();
    let mut save = |answers: &Answers| {
        let mut fields = answers.sent("", "");
        fields.retain(|(name, _)| !["token", "action"].contains(name));
        fields.extend([("author", "Guest"), ("slug", "edited"), ("featured", "no")]);
        talk.ann.post(&talk.intake, &edit, &page.with(&fields))
    };
    assert_done(&save(&answers));
    let again = save(&answers);
    assert_page(&again, 409);
    assert!(
        again.body.contains("This is already saved"),
        "{}",
        again.body
    );
    assert!(
        !again.body.contains("Other changes were saved"),
        "{}",
        again.body
    );
    answers.title = "Another title".into();
    let other = save(&answers);
    assert_page(&other, 409);
    assert!(
        other.body.contains("Other changes were saved"),
        "{}",
        other.body
    );
}
