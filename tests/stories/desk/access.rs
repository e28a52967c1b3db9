//! Who may do what on the desk, and what bad input meets there.

use std::collections::BTreeSet;

use case_study_intake::web::{Access, routes};

use crate::{
    pictures::sent_with_a_picture,
    support::{Answers, Hidden, Visitor},
};

use super::{ANN, BO, NOBODY, assert_done, assert_page, id_and_key, settled, with_editors};

#[test]
fn every_route_of_the_desk_is_for_editors_and_every_change_needs_a_token_and_its_own_page() {
    let intake = with_editors();
    let (path, file) = sent_with_a_picture(&intake);
    let (id, _) = id_and_key(&path);
    let (other, _) = id_and_key(&intake.submit(&Answers::seed()));
    settled(&intake, &other);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut bo = Visitor::sign_in(&intake, BO);
    let page = ann.get(&intake, &format!("/desk/{id}")).body;
    let good = Hidden::in_page(&page);
    let others = Hidden::in_page(&bo.get(&intake, "/desk").body);
    assert!(good.token.is_some() && others.token.is_some() && good.token != others.token);
    let forms = intake.token();
    let before = settled(&intake, &id);
    let sessions = intake.table("session");
    let letters = intake.mailbox();

    let pick = format!("{id}:1");
    let slug = "a-slug";
    let fields = [
        ("action", "approve"),
        ("pick", pick.as_str()),
        ("version", "1"),
        ("slug", slug),
    ];
    let mut walked = BTreeSet::new();
    for route in routes() {
        if route.access != Access::Editor {
            continue;
        }
        let mut path = route.path.replace("{id}", &id).replace("{file}", &file);
        if path.ends_with("/duplicate") {
            path.push_str(&format!("?of={other}"));
        }
        assert!(
            !path.contains('{'),
            "{path}: a pattern that this test does not fill in"
        );
        let method = route.method.as_str();
        walked.insert(format!("{method} {}", route.path));
        let mut stranger = Visitor::new();
        if method == "GET" {
            for method in ["GET", "HEAD"] {
                let answer = stranger.send(&intake, method, &path, &[], &[]);
                assert_eq!(answer.status, 303, "{method} {path}");
                assert_eq!(answer.location, "/desk/sign-in");
            }
            // What a page is told while it is open has no end.
            let method = match path.ends_with("/events") {
                true => "HEAD",
                false => "GET",
            };
            let answer = ann.clone().send(&intake, method, &path, &[], &[]);
            assert_eq!(answer.status, 200, "{path}");
            continue;
        }
        let mut with_token = fields.to_vec();
        let token = good.token.as_deref().expect("a token");
        with_token.push(("token", token));
        assert_page(&stranger.post(&intake, &path, &fields), 403);
        assert_page(&stranger.post(&intake, &path, &with_token), 403);
        let mut ann = ann.clone();
        assert_page(&ann.post(&intake, &path, &fields), 403);
        for wrong in [
            "",
            "0",
            &token[1..],
            others.token.as_deref().expect("one"),
            &forms,
        ] {
            let mut fields = fields.to_vec();
            fields.push(("token", wrong));
            assert_page(&ann.post(&intake, &path, &fields), 403);
        }
        for header in [
            ("origin", "https://evil.example"),
            ("origin", "http"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let answer = ann.send(&intake, "POST", &path, &[header], &with_token);
            assert_page(&answer, 403);
        }
        // The token in the address is none.
        let answer = ann.post(&intake, &format!("{path}?token={token}"), &fields);
        assert_page(&answer, 403);
    }
    println!("{walked:#?}");
    assert_eq!(walked.len(), 21, "{walked:?}");
    // And no other route is below /desk but the way in.
    for route in routes() {
        let open = route.path.starts_with("/desk") && route.access != Access::Editor;
        assert!(!open || route.path.starts_with("/desk/sign-in"));
    }
    assert_eq!(settled(&intake, &id), before, "nothing changed");
    assert_eq!(intake.mailbox(), letters, "no letter");
    let now = intake.table("session");
    assert_eq!(now, sessions, "nobody was signed out");
    let origin = intake.url.clone();
    let answer = ann.send(
        &intake,
        "POST",
        &format!("/desk/{id}"),
        &[("origin", &origin), ("sec-fetch-site", "same-origin")],
        &good.with(&[("action", "note"), ("note", "From our own page.")]),
    );
    assert_done(&answer);
}

// ---- what each stage offers ---------------------------------------------------------------------

#[test]
fn bad_input_meets_a_clear_page_and_changes_nothing() {
    let mut intake = with_editors();
    let private = intake.submit(&Answers::seed());
    let (id, key) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    let edit = format!("{desk}/edit");
    let mut visitor = Visitor::new();
    let link = visitor.ask_to_sign_in(&intake, ANN);
    assert_eq!(visitor.get(&intake, &link).status, 303);
    let mut ann = visitor;
    assert_done(&ann.fill_in(
        &intake,
        &desk,
        &desk,
        &[("action", "note"), ("note", "Seen.")],
    ));
    let record = settled(&intake, &id);
    let draft = intake.queue_file(&format!("{id}.md"));
    let letters = intake.mailbox();
    let hidden = Hidden::in_page(&ann.get(&intake, &desk).body);
    assert_eq!(hidden.version.as_deref(), Some("2"));
    let token = hidden.token.expect("a token");
    let long = "n".repeat(100_000);

    // A replayed link, with and without the cookie.
    assert_page(&ann.clone().get(&intake, &link), 403);
    assert_page(&Visitor::new().get(&intake, &link), 403);
    assert_page(&ann.clone().get(&intake, "/desk/sign-in/0123"), 403);

    // Ids that are none, and nobody's.
    for wrong in [
        NOBODY,
        "nonsense",
        "1",
        "%00",
        "..%2f..%2fetc%2fpasswd",
        &id[1..],
    ] {
        for path in [format!("/desk/{wrong}"), format!("/desk/{wrong}/edit")] {
            assert_page(&ann.get(&intake, &path), 404);
            let answers = Answers::seed();
            let mut fields = answers.sent(&token, "approve");
            fields.extend([("version", "1"), ("note", "Words."), ("slug", "a-slug")]);
            fields.extend([("author", "Guest"), ("date", "")]);
            assert_page(&ann.post(&intake, &path, &fields), 404);
        }
        let pick = format!("{wrong}:1");
        let several = [
            ("token", token.as_str()),
            ("action", "approve"),
            ("pick", &pick),
        ];
        assert_eq!(ann.post(&intake, "/desk", &several).status, 303);
    }

    // Wrong keys: another's, a forged one, none.
    let (other, other_key) = id_and_key(&intake.submit(&Answers::number(2)));
    let forged = key.replace(&key[..1], if key.starts_with('0') { "1" } else { "0" });
    for path in [
        format!("/mine/{id}/{other_key}"),
        format!("/mine/{other}/{key}"),
        format!("/mine/{id}/{forged}"),
        format!("/mine/{id}/0"),
        format!("/mine/{NOBODY}/{key}"),
        format!("/mine/nonsense/{key}"),
    ] {
        for path in [path.clone(), format!("{path}/edit")] {
            assert_page(&intake.get(&path), 404);
            let fields = [("action", "withdraw"), ("version", "2")];
            assert_page(&intake.post(&path, &fields), 404);
        }
    }

    // At the desk: action, version, words.
    let say = |fields: &[(&str, &str)], version: &str| {
        let mut all = fields.to_vec();
        all.push(("token", &token));
        all.push(("version", version));
        ann.clone().post(&intake, &desk, &all)
    };
    for action in [
        "", "nonsense", "Approve", "Publish", "erase", "withdraw", "edit",
    ] {
        assert_page(&say(&[("action", action), ("note", "w")], "2"), 422);
    }
    for number in ["", "x", "-1", "99999999999"] {
        let fields = [("action", "send_again"), ("letter_number", number)];
        assert_page(&say(&fields, "2"), 422);
    }
    let again = [("action", "send_again"), ("letter_number", "77")];
    assert_page(&say(&again, "2"), 409);
    for not_yet in ["take_back", "publish", "unpublish"] {
        assert_page(&say(&[("action", not_yet)], "2"), 409);
    }
    for step in ["show", ""] {
        for action in ["take_back", "resubmit"] {
            let status = if action == "take_back" { 409 } else { 422 };
            assert_page(&say(&[("action", action), ("step", step)], "2"), status);
        }
        for version in [
            "1",
            "3",
            "",
            "nonsense",
            "-2",
            "2.0",
            "99999999999999999999999",
        ] {
            let fields = [
                ("action", "request_changes"),
                ("note", "My words"),
                ("step", step),
            ];
            let answer = say(&fields, version);
            assert_page(&answer, 409);
            assert!(answer.body.contains("My words"), "{version}: words lost");
        }
        for action in ["request_changes", "decline", "note"] {
            let answer = say(&[("action", action), ("note", &long), ("step", step)], "2");
            assert_page(&answer, 422);
            assert!(answer.body.contains(&long), "{action}: words lost");
        }
        let fields = [
            ("action", "request_changes"),
            ("note_story", &*long),
            ("step", step),
        ];
        let answer = say(&fields, "2");
        assert_page(&answer, 422);
        assert!(answer.body.contains(&long), "words lost");
        let nothing_said = [
            ("action", "request_changes"),
            ("note", " \n"),
            ("step", step),
        ];
        assert_page(&say(&nothing_said, "2"), 422);
    }
    assert_page(&say(&[("action", "note"), ("note", "")], "2"), 422);
    for letter in [&*long, ""] {
        let fields = [("action", "approve"), ("letter", letter), ("send", "yes")];
        let answer = say(&fields, "2");
        assert_page(&answer, 422);
        assert!(answer.body.contains(letter), "words lost");
    }
    let fields = [
        ("action", "approve"),
        ("letter", "My letter"),
        ("send", "yes"),
    ];
    let answer = say(&fields, "1");
    assert_page(&answer, 409);
    assert!(answer.body.contains("My letter"), "words lost");
    // Without a version no decision is taken, for nobody knows what was seen.
    let no_version = [("token", token.as_str()), ("action", "approve")];
    assert_page(&ann.clone().post(&intake, &desk, &no_version), 409);
    for action in ["", "nonsense", "decline"] {
        let fields = [("token", token.as_str()), ("action", action), ("pick", &id)];
        assert_page(&ann.clone().post(&intake, "/desk", &fields), 422);
    }
    for pick in [
        format!("{id}:1"),
        format!("{id}:x"),
        format!("{id}:"),
        id.clone(),
    ] {
        let fields = [
            ("token", token.as_str()),
            ("action", "approve"),
            ("pick", &pick),
        ];
        let answer = ann.clone().post(&intake, "/desk", &fields);
        assert_eq!(answer.status, 303, "{pick}");
        assert!(answer.location.starts_with("/desk?done=0-"), "{pick}");
        assert_page(&ann.clone().get(&intake, &answer.location), 200);
    }
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "stage=x",
        "q=%FF%00",
        "done=x-y",
        "from=99&to=x",
    ] {
        assert_page(&ann.clone().get(&intake, &format!("/desk?{query}")), 200);
        assert_page(&ann.clone().get(&intake, &format!("{desk}?{query}")), 200);
    }
    assert_page(&ann.clone().post(&intake, &edit, &[("token", &token)]), 422);

    // On the private page.
    let mine = |fields: &[(&str, &str)], version: &str| {
        let mut all = fields.to_vec();
        all.push(("version", version));
        intake.post(&private, &all)
    };
    for action in ["", "nonsense", "approve", "note", "resubmit"] {
        assert_page(&mine(&[("action", action), ("note", "w")], "2"), 422);
    }
    for version in ["1", "3", "", "nonsense", "99999999999999999999999"] {
        let answer = mine(&[("action", "suggest"), ("note", "My words")], version);
        assert_page(&answer, 409);
        assert!(answer.body.contains("My words"), "{version}: words lost");
        assert_page(&mine(&[("action", "erase"), ("sure", "yes")], version), 409);
    }
    for action in ["suggest", "withdraw"] {
        assert_page(&mine(&[("action", action), ("note", &long)], "2"), 422);
    }
    assert_page(&mine(&[("action", "suggest"), ("note", " ")], "2"), 422);
    assert_page(&mine(&[("action", "erase")], "2"), 422);
    assert_page(&mine(&[("action", "erase"), ("sure", "no")], "2"), 422);
    assert_page(&intake.post(&private, &[("action", "withdraw")]), 409);
    // An editor has begun, so there is nothing to correct, and nobody has asked for changes.
    assert_page(&intake.get(&format!("{private}/edit")), 409);
    for action in ["correct", "resubmit"] {
        let answers = Answers::number(3);
        let mut fields = answers.sent("", action);
        fields.push(("version", "2"));
        assert_page(&intake.post(&format!("{private}/edit"), &fields), 409);
    }
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let fields = [("action", "withdraw"), ("version", "2")];
        for path in [private.clone(), format!("{private}/edit")] {
            let answer = Visitor::new().send(&intake, "POST", &path, &[header], &fields);
            assert_page(&answer, 403);
        }
    }

    assert_eq!(intake.record_text(&id), record);
    assert_eq!(intake.queue_file(&format!("{id}.md")), draft);
    settled(&intake, &other);
    assert_eq!(
        intake.mailbox().len(),
        letters.len() + 3,
        "the second receipt"
    );
    intake.stop();
    intake.start_again();
    assert_eq!(intake.record_text(&id), record);
}

// ---- who learns what ----------------------------------------------------------------------------
