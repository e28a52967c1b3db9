//! What arrives, where, and what is not in it.

use crate::support::{Answers, Intake, MailServer, Visitor};

use super::{all_letters, intake_with, submit};

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
    intake.set("INTAKE__SITE__NAME", "The Example Charity");
    intake.set("INTAKE__SITE__CONTACT", "hello@charity.example");
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
        let end = "\n\n-- \nThe Example Charity\nhello@charity.example\n";
        assert!(letter.text.ends_with(end), "{}", letter.text);
        let write = "<a href=\"mailto:hello@charity.example\">hello@charity.example</a>";
        assert!(letter.html.contains(write), "{}", letter.html);
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
