//! What is not there any more: a topic of the blog, a question of the form, an editor. And what
//! comes too often.

use crate::support::{Answers, MailServer, Visitor, eventually};

use super::{
    ANN, Conversation, ZELDA, assert_done, assert_page, id_and_key, settled, with_editors,
};

/// The line of the page that holds these words.
#[track_caller]
fn line<'a>(page: &'a str, words: &str) -> &'a str {
    let mut lines = page.lines();
    lines
        .find(|line| line.contains(words))
        .unwrap_or_else(|| panic!("no {words} in: {page}"))
}

#[test]
fn a_topic_that_the_blog_no_longer_has_and_an_answer_no_longer_asked_are_kept_and_shown() {
    let mut talk = Conversation::begin();
    let methods = talk.answers.methods_used.clone();
    talk.intake.stop();
    talk.intake.case_study(&[(
        "        - name: methods_used\n          label: Methods used\n          hint: Three to six methods, separated by commas.\n          example: training, collective bargaining, lobbying\n          enter: Enter the methods you use, for example “training, lobbying”\n          kind: long_line\n          required: true\n",
        "",
    )]);
    talk.intake
        .set("INTAKE__BLOG__PAGES___TOPICS", "[Health, Work]");
    talk.intake.start_again();

    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    let answer = line(&desk, "(no longer asked)");
    assert!(answer.contains("methods used"), "{answer}");
    assert!(answer.contains(&methods), "{answer}");
    assert!(line(&desk, "Fix before publishing").contains("People and Participation"));

    // An editor changes something else, and a browser sends all that stands in the page.
    let edit = format!("{}/edit", talk.desk);
    let page = talk.ann.get(&talk.intake, &edit).body;
    let topic = line(&page, "value=\"People and Participation\"");
    assert!(
        topic.contains("checked") && topic.contains("(no longer on the list)"),
        "{topic}"
    );
    assert!(!line(&page, "value=\"Health\"").contains("(no longer on the list)"));
    let mut answers = talk.answers.clone();
    answers.title = "Anns title".into();
    answers.topics.push("Health".into());
    let mut fields = answers.sent("", "");
    fields.retain(|(name, _)| !["token", "action", "methods_used"].contains(name));
    fields.extend([
        ("author", "Tim Davies"),
        ("projects", "Catalysing Community Campaigns"),
        ("slug", "anns-slug"),
        ("featured", "yes"),
    ]);
    assert_done(&talk.ann.fill_in(&talk.intake, &edit, &edit, &fields));
    let record = talk.record();
    let now = &record["revisions"][1]["answers"];
    assert_eq!(now["title"], "Anns title");
    let mut topics: Vec<&str> = now["topics"]
        .as_array()
        .expect("topics")
        .iter()
        .filter_map(|topic| topic.as_str())
        .collect();
    topics.sort_unstable();
    assert_eq!(topics, ["Health", "People and Participation"]);
    assert_eq!(now["methods_used"], methods.as_str());
    let desk = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(line(&desk, "(no longer asked)").contains(&methods));
    // What nobody chose before cannot be chosen now.
    let mut fields = fields.clone();
    fields.push(("topics", "Justice"));
    let answer = talk.ann.fill_in(&talk.intake, &edit, &edit, &fields);
    assert_page(&answer, 422);
    assert!(answer.body.contains("href=\"#topics\""));
}

#[test]
fn a_form_that_is_configured_no_longer_keeps_what_was_sent_with_it() {
    let mut talk = Conversation::begin();
    let draft = talk.intake.queue_file(&format!("{}.md", talk.id));
    talk.intake.stop();
    let shipped = include_str!("../../../config/forms/case-study.yaml");
    talk.intake.form("story", shipped);
    talk.intake.set("INTAKE__FORMS", "[story]");
    talk.intake.start_again();
    let desk = talk.ann.get(&talk.intake, &talk.desk);
    assert_page(&desk, 200);
    for words in ["(no longer asked)", "Trade Unions Congress", ZELDA] {
        assert!(desk.body.contains(words), "{words}: {}", desk.body);
    }
    assert_page(
        &talk.ann.get(&talk.intake, &format!("{}/edit", talk.desk)),
        409,
    );
    assert!(talk.private_page().contains("We’ve received"));
    assert_done(&talk.on_the_desk(&[("action", "decline"), ("note", "Too late.")]));
    talk.assert_stage("declined");
    assert_eq!(talk.intake.queue_file(&format!("{}.md", talk.id)), draft);
}

#[test]
fn an_editor_who_has_left_gets_no_mail_any_more() {
    let mut server = MailServer::down(&[]);
    let mut intake = with_editors();
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();
    let (id, _) = id_and_key(&intake.submit(&Answers::seed()));
    intake.stop();
    intake.set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    server.up("accept");
    intake.start_again();
    settled(&intake, &id);
    let (second, _) = id_and_key(&intake.submit(&Answers::number(2)));
    settled(&intake, &second);
    let states: Vec<String> = intake
        .letter_states(&id)
        .into_iter()
        .map(|(state, _)| state)
        .collect();
    assert_eq!(states, ["sent", "dropped", "sent"]);
    for (letter, envelope) in server.letters(4) {
        assert_ne!(envelope["rcpts"][0], ANN);
        assert!(!letter.raw.contains(ANN));
    }
    // That is no failure that somebody should look after.
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(0), "{}", checked.out);
    let shown = intake.run(&["show", &id]).out;
    assert!(
        shown.contains("ann@desk.example: not to be sent any more"),
        "{shown}"
    );
}

#[test]
fn thirty_suggestions_in_a_row_are_kept_small_and_there_is_a_last_one() {
    let talk = Conversation::begin();
    let suggests = |number: usize| {
        let note = format!("Suggestion {number}.");
        let fields = [("action", "suggest"), ("note", note.as_str())];
        Visitor::new().fill_in(&talk.intake, &talk.private, &talk.private, &fields)
    };
    for number in 0..30 {
        assert_done(&suggests(number));
    }
    let record = talk.intake.record_text(&talk.id);
    assert!(record.len() < 60_000, "{} bytes", record.len());
    for number in 30..49 {
        assert_done(&suggests(number));
    }
    // One letter to each editor goes at once; one more will tell of all the others.
    let states = || -> Vec<String> {
        let states = talk.intake.letter_states(&talk.id).into_iter();
        states.map(|(state, _)| state).collect()
    };
    eventually("the first to go", || {
        (states() == [["sent"; 5].as_slice(), &["pending"; 2]].concat()).then_some(())
    });
    let before = talk.intake.record(&talk.id);
    for number in 49..55 {
        let answer = suggests(number);
        assert_page(&answer, 409);
        assert!(
            answer
                .body
                .contains("You have reached the limit of changes")
        );
        let kept = format!("Suggestion {number}.");
        assert!(answer.body.contains(&kept), "words lost: {}", answer.body);
    }
    assert_eq!(talk.intake.record(&talk.id), before);
    assert_eq!(states().len(), 7);
    assert_done(&talk.in_private(&[("action", "withdraw"), ("note", "")]));
}
