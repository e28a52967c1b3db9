//! What campaigners do after they have sent a case study.

use crate::support::{Answers, Hidden, Intake, MailServer, eventually};

use super::{
    ANN, BO, Conversation, ZELDA, assert_done, assert_page, assert_without, id_and_key,
    last_letter, letters_of, settled,
};

#[test]
fn the_campaigner_corrects_answers_agrees_suggests_and_withdraws() {
    let mut talk = Conversation::begin();
    let mut answers = talk.answers.clone();
    answers.title = "Corrected title".into();
    assert_done(&talk.mend(&answers, "correct"));
    let record = talk.record();
    assert!(
        record["draft"]
            .as_str()
            .expect("one")
            .contains("Corrected title")
    );
    assert_eq!(record["contact"]["email"], ZELDA);
    talk.assert_told(4, "Corrected by the campaigner", &[ANN, BO]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(
        letter.text.contains("[-Trade") && letter.text.contains("{+Corrected"),
        "{}",
        letter.text
    );
    let mut wrong = answers.clone();
    wrong.title = String::new();
    let answer = talk.mend(&wrong, "correct");
    assert_page(&answer, 422);
    assert!(answer.body.contains("id=\"title-problem\""));

    // While the campaigner has the form open, an editor begins.
    let edit = format!("{}/edit", talk.private);
    let hidden = Hidden::in_page(&talk.intake.get(&edit).body);
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "I read it.")]));
    let mut late = answers.clone();
    late.title = "Late title".into();
    let mut fields = late.sent("", "correct");
    fields.extend(hidden.version.as_deref().map(|it| ("version", it)));
    let answer = talk.intake.post(&edit, &fields);
    assert_page(&answer, 409);
    assert!(answer.body.contains("Late title"), "words lost");
    assert!(!answer.body.contains("I read it."));
    assert_page(&talk.intake.get(&edit), 409);
    assert!(!talk.private_page().contains("Correct a mistake"));
    assert!(
        talk.record()["draft"]
            .as_str()
            .expect("one")
            .contains("Corrected title")
    );

    let asked = [("action", "request_changes"), ("note", "Which year?")];
    assert_done(&talk.on_the_desk(&asked));
    answers.story.push_str("\n\nIt was in 2024.");
    assert_done(&talk.mend(&answers, "resubmit"));
    talk.assert_stage("received");
    talk.assert_told(7, "Resubmitted", &[ANN, BO]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.text.contains("2024"), "{}", letter.text);
    assert!(
        talk.record()["draft"]
            .as_str()
            .expect("one")
            .contains("It was in 2024.")
    );
    assert!(!talk.private_page().contains("Which year?"), "answered");

    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    assert_page(&talk.in_private(&[("action", "accept")]), 409);
    answers.title = "Edited title".into();
    assert_done(&talk.edit(&answers));
    assert_done(&talk.in_private(&[("action", "accept")]));
    assert_page(&talk.in_private(&[("action", "accept")]), 409);
    talk.assert_told(10, "Campaigner agrees", &[ANN, BO]);
    let suggestion = [("action", "suggest"), ("note", "Say that it was in May.")];
    assert_done(&talk.in_private(&suggestion));
    talk.assert_told(12, "A suggestion", &[ANN, BO]);
    assert!(
        last_letter(&talk.intake, &talk.id)
            .text
            .contains("it was in May")
    );
    talk.assert_stage("approved");
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "We lost.")]));
    talk.assert_stage("withdrawn");
    let told = talk.letters().split_off(&14);
    let to = |number: u32, address: &str| told[&number].headers["To"].contains(address);
    assert_eq!(told.len(), 3);
    assert!(to(14, ANN) && to(15, BO) && to(16, ZELDA));
    assert!(told[&15].text.contains("We lost."));
    assert!(told[&16].text.contains("someone else has the link"));
    assert!(talk.private_page().contains("<h1>Withdrawn</h1>"));
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("The campaigner withdrew it on") && page.contains("We lost."));
    assert_page(&talk.on_the_desk(&[("action", "approve")]), 409);
}

#[test]
fn erasure_is_asked_for_twice_and_then_for_good() {
    let mut talk = Conversation::begin();
    let before = settled(&talk.intake, &talk.id);
    let page = talk.in_private(&[("action", "erase")]);
    assert_page(&page, 422);
    assert!(page.body.contains("Nothing was erased"));
    assert_eq!(settled(&talk.intake, &talk.id), before);
    assert_done(&talk.in_private(&[("action", "erase"), ("sure", "yes")]));
    talk.assert_stage("withdrawn");
    assert_eq!(talk.record()["contact"], serde_json::Value::Null);
    talk.assert_told(4, "Personal data erased", &[ANN, BO]);
    let told = eventually("the last words", || talk.letters().remove(&0));
    assert!(told.headers["To"].contains(ZELDA));
    assert!(told.text.contains("We don’t have your address any more."));
    let page = talk.private_page();
    assert!(!page.contains("value=\"erase\""), "{page}");
    let again = [("action", "erase"), ("sure", "yes"), ("version", "2")];
    assert_page(&talk.intake.post(&talk.private, &again), 409);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("Erased") && !page.contains(ZELDA));
    let again = [("action", "send_again"), ("letter_number", "1")];
    assert_page(&talk.on_the_desk(&again), 409);
    assert_eq!(talk.letters().len(), 6);
}

#[test]
fn a_link_that_others_have_is_changed_for_a_new_one() {
    let mut talk = Conversation::begin();
    let old = talk.private.clone();
    let hidden = Hidden::in_page(&talk.private_page());
    let changed = talk
        .intake
        .post(&old, &hidden.with(&[("action", "change_link")]));
    assert_eq!(changed.status, 303);
    let new = changed.location.trim_end_matches("?done").to_owned();
    assert_ne!(new, old);
    for gone in [old.clone(), format!("{old}/edit")] {
        assert_eq!(talk.intake.get(&gone).status, 404);
    }
    let late = hidden.with(&[("action", "withdraw")]);
    assert_eq!(talk.intake.post(&old, &late).status, 404);
    // Whoever has the old page open in another tab gets back what they typed there, and nothing else.
    let message = [("action", "message"), ("note", "Typed for an hour.")];
    let correction = [("action", "save"), ("title", "Typed for an hour.")];
    for (page, typed) in [
        (old.clone(), hidden.with(&message)),
        (format!("{old}/edit"), hidden.with(&correction)),
    ] {
        let lost = talk.intake.post(&page, &typed);
        assert_page(&lost, 404);
        assert!(lost.body.contains("Typed for an hour."), "{}", lost.body);
        assert!(!lost.body.contains(&talk.answers.title) && !lost.body.contains("<form"));
    }
    let page = talk.intake.get(&changed.location);
    assert_page(&page, 200);
    assert!(page.body.contains("The old one doesn’t work any more."));
    talk.assert_told(4, "The new link", &[ZELDA]);
    let told = last_letter(&talk.intake, &talk.id);
    assert!(told.link("http").ends_with(&new));

    // An editor can do it too, and lost links lead to the newest.
    assert_done(&talk.on_the_desk(&[("action", "change_link")]));
    assert_eq!(talk.intake.get(&new).status, 404);
    let newest = last_letter(&talk.intake, &talk.id).link("http");
    assert_eq!(talk.intake.get(&newest).status, 200);
    talk.intake.post("/lost-link", &[("email", ZELDA)]);
    let lost = eventually("the lost link", || talk.letters().remove(&6));
    assert_eq!(lost.link("http"), newest);
}

#[test]
fn a_lost_link_is_answered_alike_for_all_and_sent_to_the_known_alone() {
    let mut talk = Conversation::begin();
    let mut other = Answers::number(2);
    other.contact_email = "other@campaigner.example".into();
    let (other, _) = id_and_key(&talk.intake.submit(&other));
    let (second, _) = id_and_key(&talk.intake.submit(&Answers::number(3)));
    settled(&talk.intake, &other);
    settled(&talk.intake, &second);
    let ask = |email: &str| {
        let answer = talk.intake.post("/lost-link", &[("email", email)]);
        assert_page(&answer, 200);
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        (answer.status, answer.body, headers, answer.cookies)
    };
    let unknown = ask("stranger@elsewhere.example");
    assert_eq!(ask(""), unknown);
    assert_eq!(ask(&format!(" {} ", ZELDA.to_uppercase())), unknown);
    // One letter with both links, the newest first.
    eventually("the links", || {
        settled(&talk.intake, &second)
            .contains("ask_for_link")
            .then_some(())
    });
    let letters = letters_of(&talk.intake, &second);
    assert_eq!(letters.len(), 4);
    assert!(letters[&4].headers["To"].contains(ZELDA));
    assert_eq!(
        letters[&4].headers["Subject"],
        "The link to your case study"
    );
    let links = letters[&4].text.split_whitespace();
    let links: Vec<&str> = links.filter(|word| word.contains("/mine/")).collect();
    assert_eq!(links.len(), 2);
    for (link, id) in links.iter().zip([&second, &talk.id]) {
        assert!(link.contains(&format!("/mine/{id}/")));
        assert_page(&talk.intake.get(link), 200);
    }
    for id in [&other, &talk.id] {
        assert_eq!(
            letters_of(&talk.intake, id).len(),
            3,
            "nothing else to anybody"
        );
    }
    assert_without("the log", &talk.intake.log(), &["elsewhere", "Quince"]);

    // Not twice while one is owed, nor soon after one has gone.
    let server = MailServer::down(&[]);
    talk.intake.stop();
    talk.intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    talk.intake.start_again();
    let links = |intake: &Intake, id: &str| {
        let record = intake.record(id);
        let letters = record["mail"].as_array().expect("letters").iter();
        letters.filter(|letter| letter["kind"] == "link").count()
    };
    for _ in 0..5 {
        for email in [ZELDA, "other@campaigner.example"] {
            talk.intake.post("/lost-link", &[("email", email)]);
        }
        eventually("a link owed", || {
            (links(&talk.intake, &other) == 1).then_some(())
        });
    }
    talk.intake.stop();
    assert_eq!(
        [&talk.id, &second, &other].map(|id| links(&talk.intake, id)),
        [0, 1, 1]
    );
    talk.intake.start_again();
}

// ---- kills --------------------------------------------------------------------------------------
