//! No word of an editor is lost: not when a session ends, not by a button that takes none, and not by
//! leaving.

use serde_json::json;

use crate::{
    chromium::Browser,
    desk::{ANN, ANN_AND_BO, Conversation, assert_page, id_and_key},
    support::{Answers, Hidden, Intake, Letter, Visitor, eventually, value_of},
};

use super::sign_in;

/// What is in the newest letter with a link to the desk, once there is another than these.
fn new_link(intake: &Intake, before: &[String]) -> String {
    eventually("a sign-in letter", || {
        let names = intake.mailbox().into_iter();
        names
            .filter(|name| !before.contains(name))
            .find_map(|name| {
                let path = intake.folder.path().join("mailbox").join(name);
                let letter = Letter::read(&path);
                letter
                    .text
                    .contains("/desk/sign-in/")
                    .then(|| letter.link("http"))
            })
    })
}

/// Ends every session of Ann’s but the one that does it.
fn end_sessions_of_ann(intake: &Intake) {
    let mut elsewhere = Visitor::sign_in(intake, ANN);
    let others = [("action", "end_others")];
    let ended = elsewhere.fill_in(intake, "/desk/sessions", "/desk/sessions", &others);
    assert_eq!(ended.status, 303);
}

/// Signs Ann in, in this browser.
pub fn let_in(intake: &Intake, browser: &Browser) {
    let before = intake.mailbox();
    sign_in(browser, &intake.url, ANN, || new_link(intake, &before));
}

#[test]
fn words_sent_after_the_session_has_ended_are_saved_by_the_same_button() {
    let intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    let desk = format!("{}/desk/{id}", intake.url);
    for (ann, has_javascript) in [
        (Browser::start(), true),
        (Browser::without_javascript(), false),
    ] {
        let_in(&intake, &ann);
        ann.open(&desk);
        ann.write("note", "By when?\nAnd <where>?");
        end_sessions_of_ann(&intake);
        ann.press("request_changes");
        assert_eq!(ann.text("h1"), "Sign in, then send it again");
        assert_eq!(ann.value("words-1"), "By when?\nAnd <where>?");
        if has_javascript {
            ann.look_closely("signed-out");
        }

        // Signing in right there, in another tab, leads to the submission; the words stay.
        let before = intake.mailbox();
        ann.write("sign-in-email", ANN);
        ann.click("form[target] button");
        let link = new_link(&intake, &before);
        assert_eq!(ann.open_in_another_tab(&link), desk);
        assert_eq!(ann.value("words-1"), "By when?\nAnd <where>?");
        ann.press("request_changes");
        assert!(ann.value("letter").contains("By when?\nAnd <where>?"));
        ann.press("request_changes");
        assert_eq!(ann.text("main .note[role=status] h2"), "Changes requested.");
        assert_eq!(ann.address(), format!("{desk}?done"));
        ann.press("take_back");
        ann.press("take_back");

        assert_eq!(ann.complaints(), [""; 0]);
    }
}

#[test]
fn what_was_sent_without_a_session_comes_back_whole_and_only_its_own_browser_can_send_it_again() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.desk);
    let mut answers = Answers::seed();
    answers.story = format!("{}\"<b>\".\n\nNoch einer.", "Ein anderer Text. ".repeat(15));
    let page = talk.ann.get(&talk.intake, &edit).body;
    let hidden = Hidden::in_page(&page);
    let mut fields = answers.sent("", "");
    fields.retain(|(name, _)| !["token", "action"].contains(name));
    fields.extend([("author", "Guest"), ("slug", "another"), ("featured", "no")]);
    talk.ann.cookies.remove("intake_session");
    let back = talk.ann.post(&talk.intake, &edit, &hidden.with(&fields));
    assert_page(&back, 403);
    for word in ["Noch einer.", "&lt;b&gt;", "another", &answers.organisation] {
        assert!(back.body.contains(word), "{word} is lost: {}", back.body);
    }
    assert_eq!(value_of(&back.body, "version"), hidden.version);
    // Nothing of the record is told to somebody who is not signed in.
    assert!(!back.body.contains(&talk.answers.story[..40]));

    let again = Hidden::in_page(&back.body);
    let sent = again.with(&fields);
    assert_page(&talk.ann.post(&talk.intake, &edit, &sent), 403);
    let mut other = Visitor::sign_in(&talk.intake, ANN);
    assert_page(&other.post(&talk.intake, &edit, &sent), 403);
    let link = talk.ann.ask_to_sign_in(&talk.intake, ANN);
    let signed_in = talk.ann.get(&talk.intake, &link);
    assert_eq!((signed_in.status, &signed_in.location), (303, &edit));
    let elsewhere = [("origin", "https://evil.example")];
    let forged = talk
        .ann
        .send(&talk.intake, "POST", &edit, &elsewhere, &sent);
    assert_page(&forged, 403);
    let saved = talk.ann.post(&talk.intake, &edit, &sent);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("Noch einer."), "{page}");

    // From a page that was opened before this session began.
    let own = [("sec-fetch-site", "same-origin")];
    let old = [
        ("token", "of an old page"),
        ("action", "note"),
        ("note", "Typed before."),
    ];
    let path = talk.desk.clone();
    let back = talk.ann.send(&talk.intake, "POST", &path, &own, &old);
    assert_page(&back, 403);
    assert!(back.body.contains("Please send this again") && back.body.contains("Typed before."));
    let again = Hidden::in_page(&back.body);
    let version = hidden
        .version
        .as_deref()
        .and_then(|it| it.parse::<u64>().ok());
    let version = (version.expect("a version") + 1).to_string();
    let token = again.token.expect("a token");
    let note = [
        ("token", token.as_str()),
        ("version", &version),
        ("action", "note"),
        ("note", "Typed before."),
    ];
    let noted = talk.ann.send(&talk.intake, "POST", &path, &own, &note);
    assert_eq!(noted.status, 303, "{}", noted.body);
}

#[test]
fn the_link_of_a_letter_leads_to_the_submission_after_signing_in_and_a_device_can_be_ones_own() {
    let mut talk = Conversation::begin();
    let mut late = Visitor::new();
    let to = format!("{}?from=0&to=0", talk.desk);
    let answer = late.get(&talk.intake, &to);
    assert_eq!(answer.location, "/desk/sign-in");
    let link = late.ask_to_sign_in(&talk.intake, ANN);
    let answer = late.get(&talk.intake, &link);
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, to.as_str())
    );
    assert_page(&late.get(&talk.intake, &answer.location), 200);
    // Nobody leads an editor elsewhere by that.
    for evil in [
        "//evil.example",
        "https%3A%2F%2Fevil.example",
        "%2Fdesk%2F%5C%0d",
        "/deskevil",
    ] {
        let mut tricked = Visitor::new();
        let link = tricked.ask_to_sign_in(&talk.intake, ANN);
        tricked.cookies.insert("intake_wanted".into(), evil.into());
        assert_eq!(tricked.get(&talk.intake, &link).location, "/desk", "{evil}");
    }

    let mut own = Visitor::new();
    let before = talk.intake.mailbox();
    own.post(
        &talk.intake,
        "/desk/sign-in",
        &[("email", ANN), ("own", "yes")],
    );
    let link = new_link(&talk.intake, &before);
    let path = link.split_once("/desk/").expect("a link").1;
    let signed_in = own.get(&talk.intake, &format!("/desk/{path}"));
    let session = signed_in
        .cookies
        .iter()
        .find(|it| it.contains("intake_session="));
    assert!(session.expect("a session").contains("Max-Age=2592000"));
    let list = talk.ann.get(&talk.intake, "/desk/sessions").body;
    assert!(list.contains("30 days"), "{list}");
}

#[test]
fn what_is_typed_goes_into_the_letter_or_is_asked_about_and_cancel_keeps_it() {
    let intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    let desk = format!("{}/desk/{id}", intake.url);
    let ann = Browser::start();
    let_in(&intake, &ann);
    ann.open(&desk);
    let asks = "const leaving = new Event('beforeunload', {cancelable: true});
        dispatchEvent(leaving);
        return leaving.defaultPrevented";
    assert_eq!(ann.run(asks), json!(false));
    ann.write("note", "We love it.");
    assert_eq!(ann.run(asks), json!(true), "leaving asks");
    // Another form of the page would leave the words behind.
    ann.run("window.confirm = () => false; document.querySelector('.assign').requestSubmit()");
    assert_eq!(ann.value("note"), "We love it.");

    // A button that takes no words asks about them.
    ann.press("decline_as_spam");
    assert_eq!(
        ann.text("main .summary h2"),
        "What you typed wouldn’t be sent"
    );
    assert_eq!(ann.value("note"), "We love it.");
    ann.look_closely("review-not-sent");
    assert_eq!(ann.run(asks), json!(true), "they are still not sent");

    // “Approve and next” shows the email, because there are words in it; “Cancel” keeps them all.
    ann.press("approve_next");
    assert!(ann.value("letter").contains("We love it."));
    ann.write("letter", "\nAnn");
    ann.push("Cancel");
    assert_eq!(ann.value("note"), "We love it.");
    assert!(ann.text(".note .kept").ends_with("Ann"));
    ann.press("approve");
    assert!(
        ann.value("letter").ends_with("\nAnn"),
        "{}",
        ann.value("letter")
    );
    ann.press("approve");
    assert_eq!(ann.text("main .note[role=status] h2"), "Approved.");
    let letter = crate::desk::last_letter(&intake, &id);
    assert!(letter.text.contains("We love it.") && letter.text.contains("Ann"));

    // “Cancel” while editing asks where something was changed, without JavaScript too.
    ann.open(&format!("{desk}/edit"));
    ann.push("Cancel");
    assert_eq!(ann.text("h1"), "Trade Union Campaigns");
    ann.follow("Edit");
    ann.rewrite("title", "Another title");
    ann.push("Cancel");
    assert_eq!(ann.text("#error-summary h2"), "Your changes aren’t saved");
    assert_eq!(ann.value("title"), "Another title");
    ann.look_closely("desk-edit-leaving");
    ann.follow("Leave without saving");
    assert_eq!(ann.text("h1"), "Trade Union Campaigns");
    assert_eq!(ann.complaints(), [""; 0]);
}
