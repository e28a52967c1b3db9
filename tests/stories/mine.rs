//! The private page: what the campaigner can say and do on it at each stage, and that what it tells is
//! true.

use crate::{
    desk::{
        ANN, ANN_AND_BO, BO, Conversation, ZELDA, assert_done, assert_page, assert_without,
        id_and_key, last_letter, letters_of,
    },
    support::{Answers, Hidden, Intake, MailServer, Visitor, eventually},
};

/// What stands in the text field of this id, and whether the fold that it is in is open.
#[track_caller]
fn in_fold(page: &str, id: &str) -> (bool, String) {
    let (before, field) = page
        .split_once(&format!("<textarea id=\"{id}\""))
        .unwrap_or_else(|| panic!("no field {id}: {page}"));
    let (_, fold) = before.rsplit_once("<details").expect("a fold");
    let (_, text) = field.split_once('>').expect("a field");
    let text = text.split("</textarea>").next().unwrap_or_default();
    (fold.starts_with(" open>"), text.trim().to_owned())
}

#[test]
fn a_message_reaches_the_editors_at_every_stage_but_not_after_erasure() {
    let mut talk = Conversation::begin();
    let mut sent = 0;
    let mut writes = |talk: &mut Conversation, stage: &str| {
        talk.assert_stage_soon(stage);
        let words = format!("Question while {stage}.");
        let message = [("action", "message"), ("note", words.as_str())];
        assert_done(&talk.in_private(&message));
        let done = talk.intake.get(&format!("{}?done", talk.private)).body;
        assert!(done.contains("The editors have your message."), "{done}");
        let desk = talk.ann.get(&talk.intake, &talk.desk).body;
        assert!(desk.contains("The campaigner wrote to the editors on") && desk.contains(&words));
        sent += 1;
    };
    writes(&mut talk, "received");
    eventually("the first message at both editors", || {
        let letters = talk.mail_of_kind("message");
        (letters.iter().filter(|(_, state)| state == "sent").count() == 2).then_some(())
    });
    let asked = [("action", "request_changes"), ("note", "Which year?")];
    assert_done(&talk.on_the_desk(&asked));
    writes(&mut talk, "changes_requested");
    for (action, stage) in [
        ("decline", "declined"),
        ("take_back", "received"),
        ("approve", "approved"),
        ("publish", "published"),
    ] {
        assert_done(&talk.on_the_desk(&[("action", action)]));
        writes(&mut talk, stage);
    }
    assert_done(&talk.on_the_desk(&[("action", "unpublish")]));
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "")]));
    writes(&mut talk, "withdrawn");
    assert_eq!(sent, 7);
    // What followed within a quarter of an hour is gathered in one more letter to each.
    let letters = talk.mail_of_kind("message");
    assert_eq!(letters.len(), 4, "{letters:?}");

    assert_done(&talk.in_private(&[("action", "erase"), ("sure", "yes")]));
    let version = talk.intake.record(&talk.id)["version"].to_string();
    let late = [
        ("action", "message"),
        ("note", "Too late."),
        ("version", version.as_str()),
    ];
    let answer = talk.intake.post(&talk.private, &late);
    assert_page(&answer, 409);
    assert!(answer.body.contains("This can’t be done at this stage"));
    assert!(!talk.private_page().contains("value=\"message\""));
}

#[test]
fn ten_messages_a_day_are_taken_and_the_eleventh_is_kept_on_the_page() {
    let talk = Conversation::begin();
    let writes = |number: usize| {
        let words = format!("Message {number}.");
        talk.in_private(&[("action", "message"), ("note", words.as_str())])
    };
    for number in 1..=10 {
        assert_done(&writes(number));
    }
    let before = talk.intake.record(&talk.id)["history"].clone();
    let answer = writes(11);
    assert_page(&answer, 429);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(
        answer
            .body
            .contains("You have sent 10 of these in 24 hours")
    );
    let expected = (true, "Message 11.".to_owned());
    assert_eq!(in_fold(&answer.body, "message"), expected);
    assert_eq!(talk.intake.record(&talk.id)["history"], before);
    let suggestion = [("action", "suggest"), ("note", "It was in May.")];
    assert_done(&talk.in_private(&suggestion));
}

#[test]
fn words_that_were_not_taken_come_back_in_the_field_they_were_typed_in() {
    let talk = Conversation::begin();
    let fields = [
        ("suggest", "suggestion"),
        ("message", "message"),
        ("withdraw", "reason"),
    ];
    let page = talk.private_page();
    for (_, id) in fields {
        assert_eq!(in_fold(&page, id), (false, String::new()), "{id}");
    }
    for (action, typed_in) in fields {
        // Somebody else has acted since the page was opened.
        let late = [
            ("action", action),
            ("note", "My own words"),
            ("version", "0"),
        ];
        let answer = talk.intake.post(&talk.private, &late);
        assert_page(&answer, 409);
        for (_, id) in fields {
            let expected = match id == typed_in {
                true => (true, "My own words".to_owned()),
                false => (false, String::new()),
            };
            assert_eq!(in_fold(&answer.body, id), expected, "{action}: {id}");
        }
        assert_eq!(answer.body.matches("My own words").count(), 1, "{action}");
    }
    // Words for which there is no form any more are still there to be copied.
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "")]));
    let hidden = Hidden::in_page(&talk.private_page());
    let late = hidden.with(&[("action", "suggest"), ("note", "My own words")]);
    let answer = talk.intake.post(&talk.private, &late);
    assert_page(&answer, 409);
    assert_eq!(answer.body.matches("My own words").count(), 1);
    assert!(answer.body.contains("Your words, which were not sent:"));
}

#[test]
fn who_looks_like_spam_causes_no_mail_by_a_message_not_even_after_withdrawing() {
    let mut talk = Conversation::begin();
    assert_done(&talk.on_the_desk(&[("action", "decline_as_spam")]));
    let before = letters_of(&talk.intake, &talk.id).len();
    assert_done(&talk.in_private(&[("action", "message"), ("note", "Buy canarypills.")]));
    assert_eq!(talk.mail_of_kind("message"), []);
    assert_eq!(letters_of(&talk.intake, &talk.id).len(), before);
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(desk.contains("Buy canarypills."), "it stands on the desk");
    assert_without("the log", &talk.intake.log(), &["canarypills"]);
    // Taken back by an editor, it is heard as all others are.
    assert_done(&talk.on_the_desk(&[("action", "take_back"), ("letter", "")]));
    assert_done(&talk.in_private(&[("action", "message"), ("note", "It was no spam.")]));
    let told = letters_of(&talk.intake, &talk.id);
    let told = told.values().rev().take(2);
    for (letter, editor) in told.zip([BO, ANN]) {
        assert!(letter.headers["To"].contains(editor), "{letter:?}");
        assert!(letter.headers["Subject"].contains("A message from the campaigner"));
        assert!(letter.text.contains("It was no spam."));
    }
}

#[test]
fn a_withdrawal_is_undone_until_an_editor_has_acted_since() {
    let mut talk = Conversation::begin();
    let undo = [("action", "undo_withdraw")];
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "We are not sure.")]));
    talk.assert_stage("withdrawn");
    let before = talk.letters().len();
    let page = talk.private_page();
    assert!(page.contains("<h1>Withdrawn</h1>"));
    assert!(page.contains("You can undo this below until an editor has acted on it."));
    assert_done(&talk.in_private(&undo));
    talk.assert_stage("approved");
    let page = talk.private_page();
    assert!(page.contains("<h1>Approved</h1>") && !page.contains("Undo the withdrawal"));
    let told = talk.letters();
    assert_eq!(told.len(), before + 2, "to each editor, and nobody else");
    for (letter, editor) in told.values().rev().zip([BO, ANN]) {
        assert!(letter.headers["To"].contains(editor), "{letter:?}");
        assert!(letter.headers["Subject"].contains("No longer withdrawn"));
    }
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(
        desk.contains("The campaigner undid the withdrawal on"),
        "{desk}"
    );

    // Withdrawn again, and an editor has made a note of it: now it stays withdrawn.
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "")]));
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "Filed.")]));
    let page = talk.private_page();
    assert!(!page.contains("Undo the withdrawal") && !page.contains("You can undo this"));
    let hidden = Hidden::in_page(&page);
    assert_page(&talk.intake.post(&talk.private, &hidden.with(&undo)), 409);
    talk.assert_stage_soon("withdrawn");
}

#[test]
fn a_take_down_is_asked_for_waits_on_the_desk_and_is_answered() {
    let mut talk = Conversation::begin();
    let ask = |reason: &'static str| [("action", "ask_take_down"), ("note", reason)];
    let waits = |talk: &mut Conversation| {
        let queue = talk.ann.get(&talk.intake, "/desk").body;
        let desk = talk.ann.get(&talk.intake, &talk.desk).body;
        let waits = queue.contains("take-down asked for, answer by");
        assert_eq!(desk.contains("id=\"take-down\""), waits, "{desk}");
        assert_eq!(desk.contains("value=\"keep_published\""), waits, "{desk}");
        waits
    };
    for action in ["approve", "publish"] {
        assert_done(&talk.on_the_desk(&[("action", action)]));
    }
    assert!(!waits(&mut talk));
    let answer = talk.in_private(&ask(" "));
    assert_page(&answer, 422);
    assert_eq!(
        in_fold(&answer.body, "take-down-reason"),
        (true, String::new())
    );
    let before = talk.letters().len();
    assert_done(&talk.in_private(&ask("A member is in danger.")));
    let told = talk.letters();
    assert_eq!(told.len(), before + 2, "to each editor");
    let letter = told.values().last().expect("a letter");
    assert!(letter.text.contains("A member is in danger."));
    assert!(
        letter.text.contains("within 10 working days"),
        "{}",
        letter.text
    );
    assert!(waits(&mut talk));
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(desk.contains("A member is in danger.") && desk.contains("Answer by "));
    let page = talk.private_page();
    assert!(page.contains("An editor will answer by ") && page.contains("You asked on "));
    assert!(
        !page.contains("value=\"ask_take_down\""),
        "asked once: {page}"
    );

    // An editor keeps it, but not without saying why.
    let kept = [("action", "keep_published"), ("note", "")];
    assert_page(&talk.on_the_desk(&kept), 422);
    let kept = [
        ("action", "keep_published"),
        ("note", "The name is not in it."),
    ];
    assert_done(&talk.on_the_desk(&kept));
    assert!(!waits(&mut talk));
    talk.assert_stage("published");
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.headers["To"].contains(ZELDA));
    assert!(letter.text.contains("The name is not in it."));
    let page = talk.private_page();
    assert!(page.contains("the editors decided to keep it on the blog."));
    assert!(page.contains("The name is not in it."));

    // Asked again, and taken off.
    assert_done(&talk.in_private(&ask("It is in the second paragraph.")));
    assert!(waits(&mut talk));
    assert_done(&talk.on_the_desk(&[("action", "unpublish"), ("note", "You are right.")]));
    assert!(!waits(&mut talk));
    let page = talk.private_page();
    assert!(page.contains("We took it off the blog on "), "{page}");
    assert!(page.contains("is no longer on the blog"));
}

#[test]
fn who_asked_to_have_it_taken_off_is_not_told_that_it_is_looked_at_again() {
    let mut talk = Conversation::begin();
    let off = |talk: &mut Conversation| {
        assert_done(&talk.on_the_desk(&[("action", "unpublish")]));
        talk.assert_stage("received");
        let letter = last_letter(&talk.intake, &talk.id).text;
        assert!(letter.contains("The post is gone."), "{letter}");
        [talk.private_page(), letter]
    };
    for action in ["approve", "publish"] {
        assert_done(&talk.on_the_desk(&[("action", action)]));
    }
    for words in off(&mut talk) {
        assert!(words.contains("We’re looking at it again"), "{words}");
    }
    for action in ["approve", "publish"] {
        assert_done(&talk.on_the_desk(&[("action", action)]));
    }
    let asks = [("action", "ask_take_down"), ("note", "We are afraid.")];
    assert_done(&talk.in_private(&asks));
    for words in off(&mut talk) {
        let then = "If it shouldn’t be published again, withdraw it";
        assert!(words.contains(then), "{words}");
        assert!(!words.contains("looking at it again"), "{words}");
    }
}

#[test]
fn answers_that_are_sent_twice_from_one_page_are_told_to_be_there() {
    let mut talk = Conversation::begin();
    let edit = format!("{}/edit", talk.private);
    let open = |talk: &Conversation| Hidden::in_page(&talk.intake.get(&edit).body);
    let sends = |talk: &Conversation, page: &Hidden, answers: &Answers, action: &str| {
        let sent = answers.sent("", action);
        talk.intake.post(&edit, &page.with(&sent))
    };
    let mut answers = talk.answers.clone();
    answers.title = "Drivers and their diaries".into();
    let page = open(&talk);
    assert_done(&sends(&talk, &page, &answers, "correct"));
    let again = sends(&talk, &page, &answers, "correct");
    assert_page(&again, 409);
    assert!(
        again.body.contains("You’ve already sent this"),
        "{}",
        again.body
    );

    let asks = [("action", "request_changes"), ("note", "Which company?")];
    assert_done(&talk.on_the_desk(&asks));
    answers.organisation = "Drivers of Depot 7".into();
    let page = open(&talk);
    assert_done(&sends(&talk, &page, &answers, "resubmit"));
    let before = talk.record()["history"].clone();
    let again = sends(&talk, &page, &answers, "resubmit");
    assert_page(&again, 409);
    assert!(
        again.body.contains("You’ve already sent this"),
        "{}",
        again.body
    );
    assert!(!again.body.contains("Error: "), "{}", again.body);
    // Other words are shown beside those that were kept.
    answers.organisation = "Drivers of Depot 8".into();
    let other = sends(&talk, &page, &answers, "resubmit");
    assert_page(&other, 409);
    assert!(
        other.body.contains("Other changes were saved"),
        "{}",
        other.body
    );
    assert!(other.body.contains("Drivers of Depot 8"));
    assert_eq!(talk.record()["history"], before);
}

#[test]
fn who_sends_it_again_as_it_was_is_not_told_of_changes() {
    let mut talk = Conversation::begin();
    let asks = [
        ("action", "request_changes"),
        ("note", "Is this the full name?"),
    ];
    assert_done(&talk.on_the_desk(&asks));
    let answers = talk.answers.clone();
    let done = talk.mend(&answers, "resubmit");
    assert_done(&done);
    let page = talk.intake.get(&format!("{}?done", talk.private)).body;
    assert!(
        page.contains("Your answers have been sent to the editors."),
        "{page}"
    );
    assert!(page.contains("We’ve received your answers"), "{page}");
    talk.record();
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.headers["Subject"].starts_with("Resubmitted"));
    assert!(
        letter
            .text
            .contains("Nothing that will be published has changed.")
    );
    assert!(
        !letter.text.contains("This is what has changed"),
        "{}",
        letter.text
    );
}

#[test]
fn a_link_that_was_asked_for_since_leaves_no_empty_note_on_the_page() {
    let talk = Conversation::begin();
    let done = format!("{}?done", talk.private);
    assert_done(&talk.in_private(&[("action", "message"), ("note", "When is it out?")]));
    assert!(
        talk.intake
            .get(&done)
            .body
            .contains("The editors have your message.")
    );
    talk.intake.post("/lost-link", &[("email", ZELDA)]);
    eventually("the link", || {
        (talk.mail_of_kind("link").len() == 1).then_some(())
    });
    let page = talk.intake.get(&done).body;
    assert!(!page.contains("<h2></h2>"), "{page}");
}

#[test]
fn agreement_is_asked_for_where_an_editor_has_changed_something_and_once() {
    let mut talk = Conversation::begin();
    let asks = |talk: &Conversation| talk.private_page().contains("value=\"accept\"");
    assert!(!asks(&talk), "it is the campaigner’s own text");
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert!(!asks(&talk));
    let mut answers = talk.answers.clone();
    answers.title = "A title by an editor".into();
    assert_done(&talk.edit(&answers));
    assert!(asks(&talk));
    assert!(
        talk.private_page()
            .contains("I’m happy with the edited post")
    );
    assert_done(&talk.in_private(&[("action", "accept")]));
    assert!(!asks(&talk), "it was answered");
    answers.title = "Another title by an editor".into();
    assert_done(&talk.edit(&answers));
    assert!(asks(&talk));
}

#[test]
fn the_page_tells_which_emails_went_which_wait_and_which_were_refused() {
    let mut server = MailServer::down(&[]);
    let intake = Intake::start_with(&[
        ("INTAKE__EDITORS", ANN_AND_BO),
        ("INTAKE__MAIL__TRANSPORT", &server.url()),
    ]);
    let private = intake.submit(&Answers::seed());
    let emails = || {
        let page = intake.get(&private).body;
        let (_, list) = page.split_once("id=\"emails\"").expect("the emails");
        list.split("</section>")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let told = |words: &str| {
        eventually(words, || emails().contains(words).then_some(()));
        emails()
    };
    assert!(emails().contains("On its way"), "{}", emails());
    assert!(!emails().contains("Sent on"));
    server.up("refuse-recipient");
    let list = told("Couldn’t be delivered to z…@canary.example");
    assert!(!list.contains("zelda.quince"), "{list}");
    assert!(
        intake
            .get(&private)
            .body
            .contains("We haven’t emailed you the link")
    );
    server.mode("accept");
    let link = [("action", "change_link")];
    let changed = Visitor::new().fill_in(&intake, &private, &private, &link);
    let page = eventually("the new link to be sent", || {
        let page = intake.get(&changed.location).body;
        page.contains("Sent on ").then_some(page)
    });
    assert!(page.contains("The new link to your case study"), "{page}");
    assert!(page.contains("Couldn’t be delivered to"), "it stays told");
}

#[test]
fn after_erasure_the_page_says_what_was_erased_and_when_and_offers_nothing_else() {
    for is_published in [false, true] {
        let mut talk = Conversation::begin();
        if is_published {
            for action in ["approve", "publish"] {
                assert_done(&talk.on_the_desk(&[("action", action)]));
            }
        }
        let erase = [("action", "erase"), ("sure", "yes")];
        assert_done(&talk.in_private(&erase));
        let page = talk.private_page();
        let (_, main) = page.split_once("<main").expect("the page");
        let main = main.split("</main>").next().unwrap_or_default();
        assert!(main.contains("<h1>Your details are erased</h1>"), "{main}");
        assert!(main.contains(" we erased your name, your email address,"));
        let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let month = now.strftime(" %B %Y, we erased").to_string();
        assert!(main.contains(&month), "{month}: {main}");
        assert_eq!(main.contains("The post stays on the blog."), is_published);
        assert_eq!(main.contains("won’t be published."), !is_published);
        assert!(
            !main.contains("<form") && !main.contains("<button"),
            "{main}"
        );
        assert!(!main.contains("We’ve emailed you") && !main.contains("Emails to you"));
        let again = talk.intake.get(&format!("{}?done", talk.private)).body;
        assert!(again.contains("Your details are erased"));
    }
}

#[test]
fn an_editor_corrects_a_wrong_address_and_what_was_refused_goes_there() {
    let mut server = MailServer::start("refuse-recipient");
    let intake = Intake::start_with(&[("INTAKE__EDITORS", ANN_AND_BO)]);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let mut intake = intake;
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();
    let private = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&private);
    let desk = format!("/desk/{id}");
    eventually("all three to be refused", || {
        let states = intake.letter_states(&id);
        let failed = states.iter().filter(|(state, _)| state == "failed");
        (failed.count() == 3).then_some(())
    });
    let page = intake.get(&private).body;
    assert!(
        page.contains("Couldn’t be delivered to z…@canary"),
        "{page}"
    );
    assert!(page.contains("<a href=\"#new-email\">Correct the address</a>"));
    server.mode("accept");
    for wrong in ["", "zelda", "zelda@localhost"] {
        let fields = [("action", "correct_address"), ("email", wrong)];
        assert_page(&ann.fill_in(&intake, &desk, &desk, &fields), 422);
    }
    let right = "zelda@right-canary.example";
    let fields = [("action", "correct_address"), ("email", right)];
    assert_done(&ann.fill_in(&intake, &desk, &desk, &fields));
    let letter = eventually("the receipt at the right address", || {
        let mut letters = server.letters(1).into_iter().map(|(letter, _)| letter);
        letters.find(|letter| letter.headers["To"].contains(right))
    });
    assert!(letter.link("http").ends_with(&private), "{}", letter.text);
    let page = eventually("the page to tell it", || {
        let page = intake.get(&private).body;
        page.contains("Sent again since").then_some(page)
    });
    assert!(!page.contains("Couldn’t be delivered to"), "{page}");
    let review = ann.get(&intake, &desk).body;
    assert!(review.contains(right));
    let (_, history) = review.split_once("id=\"history\"").expect("the history");
    let history = history.split("</section>").next().unwrap_or_default();
    assert!(history.contains("Ann corrected the campaigner’s email address on"));
    assert_without("the history", history, &["right-canary", "zelda"]);
    let log = intake.log();
    assert!(log.contains("address_changed"), "{log}");
    assert_without("the log", &log, &["right-canary"]);
    // Whoever has lost the link finds it with the right address now.
    intake.post("/lost-link", &[("email", right)]);
    eventually("the link", || {
        intake.record(&id)["mail"]
            .to_string()
            .contains("\"link\"")
            .then_some(())
    });
}

#[test]
fn the_campaigner_corrects_the_address_by_a_link_that_is_sent_to_it() {
    let mut talk = Conversation::begin();
    let private_key = id_and_key(&talk.private).1;
    let ask = |talk: &Conversation, email: &str| {
        talk.in_private(&[("action", "ask_new_address"), ("email", email)])
    };
    for wrong in ["", "zelda", "zelda@localhost"] {
        let answer = ask(&talk, wrong);
        assert_page(&answer, 422);
        let field = format!("id=\"new-email\" name=\"email\" value=\"{wrong}\"");
        assert!(answer.body.contains(&field), "{}", answer.body);
    }
    assert_page(&ask(&talk, ZELDA), 409);
    let new = "zelda@new-canary.example";
    assert_done(&ask(&talk, new));
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.headers["To"].contains(new));
    let all = format!("{}{}", letter.text, letter.html);
    assert_without(
        "the letter",
        &all,
        &["Quince", "Trade Union", &private_key, "/mine/"],
    );
    let page = talk.private_page();
    assert!(
        page.contains("We’ve sent a link to z…@new-canary.example."),
        "{page}"
    );
    assert!(page.contains("Until then we write to z…@canary.example."));
    assert_eq!(talk.record()["contact"]["email"], ZELDA, "not yet");
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert!(last_letter(&talk.intake, &talk.id).headers["To"].contains(ZELDA));

    // Opening it changes nothing, because mail programs do that by themselves; the button does.
    let link = letter.link("http");
    for bad in [
        format!("{link}0"),
        link.replace("/confirm-address/", "/mine/"),
    ] {
        assert_eq!(talk.intake.get(&bad).status, 404);
    }
    assert_page(&talk.intake.get(&link), 200);
    assert_eq!(talk.record()["contact"]["email"], ZELDA);
    let answer = talk.intake.post(&link, &[]);
    assert_page(&answer, 200);
    assert!(answer.body.contains("Your new email address is confirmed"));
    assert_eq!(talk.record()["contact"]["email"], new);
    assert_eq!(talk.intake.get(&link).status, 404, "it works once");
    let told = eventually("the earlier address is told", || {
        let mut letters = letters_of(&talk.intake, &talk.id);
        letters.remove(&0)
    });
    assert!(told.headers["To"].contains(ZELDA));
    assert_eq!(told.headers["Subject"], "Your email address was changed");
    let words = [private_key.as_str(), "/mine/", "new-canary"];
    assert_without("the letter", &format!("{}{}", told.text, told.html), &words);
    assert!(
        talk.private_page()
            .contains("We write to z…@new-canary.example.")
    );
    assert_done(&talk.on_the_desk(&[("action", "take_back")]));
    assert!(last_letter(&talk.intake, &talk.id).headers["To"].contains(new));
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    let (_, history) = review.split_once("id=\"history\"").expect("the history");
    assert_without("the history", history, &["new-canary"]);
    assert_without("the log", &talk.intake.log(), &["new-canary"]);
}

#[test]
fn only_the_newest_link_confirms_an_address_and_nobodys_mailbox_is_filled_by_asking() {
    let talk = Conversation::begin_with(&[("INTAKE__LIMITS__ENABLED", "true")]);
    let ask = |email: &str| talk.in_private(&[("action", "ask_new_address"), ("email", email)]);
    assert_done(&ask("one@stranger.example"));
    let first = last_letter(&talk.intake, &talk.id).link("http");
    assert_done(&ask("two@stranger.example"));
    let second = last_letter(&talk.intake, &talk.id).link("http");
    assert_page(&talk.intake.get(&first), 404);
    assert_page(&talk.intake.get(&second), 200);
    let mut refused = 0;
    for _ in 0..5 {
        let answer = ask("one@stranger.example");
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            assert!(
                answer
                    .body
                    .contains("We can’t send another email to that address now")
            );
            refused += 1;
        }
    }
    assert!(refused > 0, "nobody’s mailbox is filled from here");
    let record = talk.record();
    let sent = record["mail"].as_array().expect("mail").iter();
    let sent = sent
        .filter(|mail| mail["kind"] == "confirm_address")
        .count();
    assert_eq!(sent, 7 - refused, "what is refused sends nothing");
    assert_done(&talk.in_private(&[("action", "erase"), ("sure", "yes")]));
    assert!(
        !talk
            .intake
            .record_text(&talk.id)
            .contains("stranger.example")
    );
}
