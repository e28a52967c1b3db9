//! What pages say when something is wrong, and links as mail programs leave them.

use crate::support::{Answer, Answers, Hidden, Intake, Letter, Visitor, eventually};

const EDITOR: (&str, &str) = ("INTAKE__EDITORS", "[{name: Ann, email: ann@example.org}]");

/// Id in a private link.
fn id_in(private: &str) -> &str {
    private.split('/').nth(2).expect("an id")
}

#[track_caller]
fn assert_titled(answer: &Answer, status: u16, beginning: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let title = format!("<title>{beginning}");
    assert!(answer.body.contains(&title), "{title}: {}", answer.body);
}

#[test]
fn the_title_of_every_page_that_comes_back_begins_with_error() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = intake.submit(&Answers::seed());
    let mine_edit = format!("{private}/edit");
    let desk = format!("/desk/{}", id_in(&private));
    let desk_edit = format!("{desk}/edit");
    let mut ann = Visitor::sign_in(&intake, "ann@example.org");
    for (path, title) in [
        ("/", "Tell us"),
        (&private, "Your case study"),
        (&mine_edit, "Correct a mistake"),
        (&desk, "Trade Union"),
        (&desk_edit, "Edit"),
    ] {
        assert_titled(&ann.get(&intake, path), 200, title);
    }
    let wrong = [("action", "nonsense"), ("title", "")];
    for (path, status) in [("/", 422), (&private, 422), (&mine_edit, 422)] {
        let answer = ann.fill_in(&intake, path, path, &wrong);
        assert_titled(&answer, status, "Error: ");
    }
    for path in [&desk, &desk_edit] {
        let answer = ann.fill_in(&intake, path, path, &wrong);
        assert_titled(&answer, 422, "Error: ");
    }
    // Also where somebody else was faster, and for a sign-in link that does not work.
    for path in [&private, &desk] {
        let page = ann.get(&intake, path);
        let mut hidden = Hidden::in_page(&page.body);
        hidden.version = Some("0".into());
        let action = if path == &private {
            "withdraw"
        } else {
            "approve"
        };
        let answer = ann.post(&intake, path, &hidden.with(&[("action", action)]));
        assert_titled(&answer, 409, "Error: ");
    }
    let answer = Visitor::new().get(&intake, "/desk/sign-in/0123");
    assert_titled(&answer, 403, "Error: Sign in");
}

#[test]
fn damaged_words_come_back_on_both_edit_pages_with_the_reason() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = intake.submit(&Answers::seed());
    let id = id_in(&private);
    let ann = Visitor::sign_in(&intake, "ann@example.org");
    let record = intake.queue_file(&format!("{id}.md"));
    for edit in [format!("{private}/edit"), format!("/desk/{id}/edit")] {
        let hidden = Hidden::in_page(&ann.clone().get(&intake, &edit).body);
        let answers = Answers::seed();
        let mut fields = answers.sent("", "correct");
        fields.retain(|(name, _)| !["token", "title"].contains(name));
        fields.extend([("author", "Guest"), ("slug", "a-slug")]);
        let mut body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(hidden.with(&fields))
            .finish()
            .into_bytes();
        body.extend_from_slice(b"&title=Caf%E9+society");
        let answer = ann.post_bytes(&intake, &edit, &body);
        assert_titled(&answer, 422, "Error: ");
        assert!(answer.body.contains("did not arrive as you typed them"));
        assert!(answer.body.contains("Caf\u{fffd} society"), "words lost");
    }
    assert_eq!(intake.queue_file(&format!("{id}.md")), record);
}

#[test]
fn a_private_link_is_found_with_a_mark_behind_it() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = intake.submit(&Answers::seed());
    for mark in [
        ".",
        ",",
        ")",
        ").",
        "]",
        "'",
        "!",
        "%22",
        "%3E",
        "%29",
        "%2E",
        "%E2%80%9D",
        "%E2%80%99,",
        "%20",
    ] {
        let answer = intake.get(&format!("{private}{mark}"));
        assert_eq!(answer.status, 303, "{mark}");
        assert_eq!(answer.location, private, "{mark}");
    }
    for wrong in ["a", ".a", "%61", "/."] {
        let answer = intake.get(&format!("{private}{wrong}"));
        assert_eq!(answer.status, 404, "{wrong}");
    }
    let mut ann = Visitor::new();
    let link = ann.ask_to_sign_in(&intake, "ann@example.org");
    assert_eq!(ann.get(&intake, &format!("{link}%29.")).location, "/desk");
}

#[test]
fn in_captured_mail_only_our_own_addresses_can_be_followed() {
    let intake = Intake::start_with(&[EDITOR]);
    let own = intake.url.as_str();
    let mut answers = Answers::seed();
    answers.title = format!("See {own}@evil.example/ and {own}.evil.example/ now");
    intake.submit(&answers);
    intake.letters(2);
    let mut links = 0;
    for name in intake.mailbox() {
        let page = intake.get(&format!("{}/{name}", intake.mailbox_url()));
        assert_eq!(page.status, 200);
        links += page.body.matches(&format!("href=\"{own}/")).count();
        assert!(
            !page.body.contains(&format!("href=\"{own}.")),
            "{}",
            page.body
        );
        assert!(
            !page.body.contains(&format!("href=\"{own}@")),
            "{}",
            page.body
        );
    }
    assert!(links > 1, "{links}");
}

#[test]
fn the_private_page_and_the_desk_say_just_what_was_done() {
    let intake = Intake::start_with(&[EDITOR]);
    let private = intake.submit(&Answers::seed());
    let other = intake.submit(&Answers::number(2));
    let desk = format!("/desk/{}", id_in(&private));
    let mut ann = Visitor::sign_in(&intake, "ann@example.org");
    let mut says = |fields: &[(&str, &str)], words: &str, mail: bool| {
        let answer = ann.fill_in(&intake, &desk, &desk, fields);
        let page = ann.get(&intake, &answer.location).body;
        assert!(
            page.contains(&format!("<h2>{words}</h2>")),
            "{words}: {page}"
        );
        assert_eq!(
            page.contains("An email to the campaigner is on its way."),
            mail
        );
        assert!(page.contains(&format!("/desk/{}\">Next to review", id_in(&other))));
    };
    says(&[("action", "approve")], "Approved.", true);
    let quietly = [("action", "take_back"), ("letter", "")];
    says(&quietly, "The decision is withdrawn.", false);
    let note = [("action", "note"), ("note", "Wait.")];
    says(&note, "The note is saved.", false);
    for (fields, words) in [
        (
            [("action", "suggest"), ("note", "It was in May.")],
            "Your suggestion has been sent to the editors",
        ),
        (
            [("action", "withdraw"), ("note", "")],
            "It’s withdrawn, and won’t be published.",
        ),
    ] {
        let answer = Visitor::new().fill_in(&intake, &private, &private, &fields);
        let page = intake.get(&answer.location).body;
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn who_we_are_how_soon_we_answer_and_what_is_done_with_names_stands_where_people_need_it() {
    let intake = Intake::start_with(&[
        EDITOR,
        ("INTAKE__SITE__NAME", "Tide & Turn"),
        ("INTAKE__SITE__CONTACT", "hello@tide.example"),
        ("INTAKE__REPLY_WITHIN", "1 working day"),
        ("INTAKE__RETENTION", "90 days"),
        ("INTAKE__PRIVACY__CONTROLLER", "Tide & Turn, 2 Quay Road"),
        ("INTAKE__PRIVACY__AUTHORITY_URL", "https://watch.example/"),
    ]);
    let form = intake.get("/").body;
    assert!(form.contains("An editor usually replies within 1 working day."));
    assert!(form.contains("I agree that Tide &amp; Turn may edit this case study"));
    for page in [&form, &intake.get("/privacy").body] {
        assert!(page.contains("We erase them 90 days after what you sent is published"));
        assert!(page.contains("Who is responsible: Tide &amp; Turn, 2 Quay Road."));
        assert!(page.contains("<a href=\"https://watch.example/\""));
    }
    let private = intake.submit(&Answers::seed());
    let id = id_in(&private);
    assert!(
        intake.record(id)["consent"]
            .to_string()
            .contains("I agree that Tide & Turn may")
    );
    let desk = format!("/desk/{id}");
    let mut ann = Visitor::sign_in(&intake, "ann@example.org");
    for path in [
        "/",
        "/lost-link",
        "/privacy",
        "/nobody",
        "/desk/sign-in",
        "/desk",
        &private,
        &desk,
    ] {
        let page = ann.get(&intake, path).body;
        assert!(page.contains("– Tide &amp; Turn</title>"), "{path}: {page}");
        let write = "Write to <a href=\"mailto:hello@tide.example\">";
        assert!(page.contains(write), "{path}: {page}");
    }
}

#[test]
fn nobody_is_asked_to_send_another_once_the_form_is_closed() {
    let mut intake = Intake::start_with(&[EDITOR]);
    let withdraw = |intake: &Intake, private: &str| {
        let fields = [("action", "withdraw"), ("note", "")];
        let answer = Visitor::new().fill_in(intake, private, private, &fields);
        let page = intake.get(&answer.location).body;
        assert!(page.contains("It won’t be published."), "{page}");
        let id = id_in(private);
        let letter = eventually("the confirmation", || {
            let names = intake
                .mailbox()
                .into_iter()
                .filter(|name| name.contains(id));
            names
                .map(|name| Letter::read(&intake.folder.path().join("mailbox").join(name)))
                .find(|letter| letter.text.contains("was withdrawn on its private page"))
        });
        (page, letter.text)
    };
    let [one, other] = [1, 2].map(|number| intake.submit(&Answers::number(number)));
    let (page, letter) = withdraw(&intake, &one);
    assert!(page.contains("You’re welcome to send another."), "{page}");
    assert!(letter.contains("You’re welcome to send us another."));
    intake.stop();
    intake.case_study(&[("\nparts:\n", "\ncloses: 2000-01-01\nparts:\n")]);
    intake.start_again();
    let (page, letter) = withdraw(&intake, &other);
    assert!(!page.contains("welcome to send"), "{page}");
    assert!(!letter.contains("welcome to send"), "{letter}");
}
