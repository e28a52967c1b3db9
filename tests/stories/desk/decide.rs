//! Decisions, one and several, with the mail that they cause.

use std::collections::{BTreeMap, BTreeSet};

use crate::queue::{Connection, Killer, STEPS, start_after_kill};
use crate::support::{Answers, Hidden, Intake, MailServer, Visitor, eventually, runs_on_postgres};

use super::{
    ANN, BO, Conversation, ZELDA, all_but_to, assert_done, assert_page, id_and_key, last_letter,
    letters_of, settled, with_editors,
};

#[test]
fn a_case_study_is_approved_and_the_campaigner_is_told() {
    let mut talk = Conversation::begin();
    assert!(
        talk.private_page()
            .contains("<h1>Thank you. We’ve received your case study</h1>")
    );
    assert_done(&talk.on_the_desk(&[("action", "approve")]));
    talk.assert_stage("approved");
    talk.assert_told(4, "will be published", &[ZELDA]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(letter.text.contains("“Trade Union Campaigns”"));
    assert!(letter.text.contains(&talk.private), "{}", letter.text);
    assert!(talk.private_page().contains("<h1>Approved</h1>"));
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Ann approved it on"), "{review}");
    // The same button again, from a page that is old by now.
    let hidden = Hidden {
        version: Some("1".into()),
        ..Hidden::in_page(&review)
    };
    let fields = hidden.with(&[("action", "approve")]);
    assert_page(&talk.ann.post(&talk.intake, &talk.desk, &fields), 409);
    assert_page(&talk.on_the_desk(&[("action", "approve")]), 409);
    assert_eq!(talk.letters().len(), 4);
}

#[test]
fn a_letter_is_shown_before_it_goes_and_can_be_changed_or_left_out() {
    let mut talk = Conversation::begin();
    let before = settled(&talk.intake, &talk.id);
    let asked = [
        ("action", "request_changes"),
        ("note", "A general note."),
        ("note_story", "A note at the story."),
    ];
    let mut shown = asked.to_vec();
    shown.push(("step", "show"));
    let page = talk.on_the_desk(&shown);
    assert_page(&page, 200);
    for words in [
        "Please have another look at your case study “Trade Union Campaigns”",
        "A general note.",
        "The story:",
        "A note at the story.",
        "name=\"send\" value=\"yes\" checked",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    for (name, value) in &asked {
        let kept = format!("name=\"{name}\" value=\"{value}\"");
        assert!(page.body.contains(&kept), "{kept}: {}", page.body);
    }
    for action in ["approve", "decline"] {
        let page = talk.on_the_desk(&[("action", action), ("step", "show")]);
        assert_page(&page, 200);
        assert!(page.body.contains("name=\"letter\""));
    }
    assert_eq!(settled(&talk.intake, &talk.id), before, "nothing changed");
    assert_eq!(talk.letters().len(), 3);

    // From the letter's page, in other words.
    let hidden = Hidden::in_page(&page.body);
    let mut fields = asked.to_vec();
    fields.extend([
        ("letter", "Dear Zelda,\r\n\r\nplease look again."),
        ("send", "yes"),
    ]);
    let fields = hidden.with(&fields);
    assert_done(&talk.ann.post(&talk.intake, &talk.desk, &fields));
    talk.assert_stage("changes_requested");
    talk.assert_told(4, "have another look", &[ZELDA]);
    let letter = last_letter(&talk.intake, &talk.id);
    assert!(
        letter
            .text
            .starts_with("Dear Zelda,\n\nplease look again.\n")
    );
    assert!(!letter.text.contains("general note"), "{}", letter.text);
    assert!(letter.text.contains(&talk.private), "{}", letter.text);
    assert!(letter.html.contains("please look again."));
    // The notes are on the private page and at the fields all the same.
    let private = talk.private_page();
    assert!(private.contains("An editor has asked for changes"));
    assert!(private.contains("A general note.") && private.contains("A note at the story."));
    let form = talk.intake.get(&format!("{}/edit", talk.private)).body;
    let (_, at_story) = form.split_once("id=\"story-note\"").expect("a note there");
    let (at_story, _) = at_story.split_once("</div>").expect("its end");
    assert!(at_story.contains("A note at the story."), "{at_story}");

    // Left out: the stage changes, and nobody is told.
    let fields = [("action", "approve"), ("letter", "Not to go.")];
    assert_done(&talk.on_the_desk(&fields));
    talk.assert_stage("approved");
    assert_eq!(talk.letters().len(), 4);
    // As the page had it.
    let page = talk.on_the_desk(&[("action", "take_back"), ("step", "show")]);
    let (_, letter) = page.body.split_once("name=\"letter\"").expect("a field");
    let (_, letter) = letter.split_once(">\n").expect("its text");
    let (letter, _) = letter.split_once("</textarea>").expect("its end");
    let fields = [("action", "take_back"), ("letter", letter), ("send", "yes")];
    assert_done(&talk.on_the_desk(&fields));
    talk.assert_told(5, "at your case study", &[ZELDA]);
    assert!(last_letter(&talk.intake, &talk.id).text.starts_with(letter));
}

#[test]
fn a_decline_goes_with_the_editors_words_can_be_taken_back_and_sent_again() {
    let mut talk = Conversation::begin();
    let note = [("action", "note"), ("note", "Internal: we know them.")];
    assert_done(&talk.on_the_desk(&note));
    assert_eq!(talk.letters().len(), 3, "no letter for a note");
    let words = [("action", "decline"), ("note", "It is not about data.")];
    assert_done(&talk.on_the_desk(&words));
    talk.assert_stage("declined");
    talk.assert_told(4, "About your case study", &[ZELDA]);
    assert!(talk.letters()[&4].text.contains("It is not about data."));
    assert!(talk.private_page().contains("<h1>Not published</h1>"));
    assert_page(
        &talk.ann.get(&talk.intake, &format!("{}/edit", talk.desk)),
        409,
    );

    let again = [("action", "send_again"), ("letter_number", "4")];
    assert_done(&talk.on_the_desk(&again));
    talk.assert_told(5, "About your case study", &[ZELDA]);
    let letters = talk.letters();
    assert_eq!(letters[&4].text, letters[&5].text);
    assert_ne!(
        letters[&4].headers["Message-ID"],
        letters[&5].headers["Message-ID"]
    );
    // A letter to one editor goes again to that one only.
    let again = [("action", "send_again"), ("letter_number", "3")];
    assert_done(&talk.on_the_desk(&again));
    talk.assert_told(6, "New case study", &[BO]);

    assert_done(&talk.on_the_desk(&[("action", "take_back")]));
    talk.assert_stage("received");
    talk.assert_told(7, "We are looking at your case study", &[ZELDA]);
    assert!(
        talk.private_page()
            .contains("<h1>We’re looking at your case study again</h1>")
    );
    assert_done(&talk.on_the_desk(&[("action", "decline_as_spam")]));
    talk.assert_stage("declined");
    assert_eq!(talk.letters().len(), 7, "spam is not answered");
    let review = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(review.contains("Internal: we know them."));
    assert!(!talk.private_page().contains("we know them"));
    for letter in talk.letters().values() {
        assert!(!all_but_to(letter).contains("we know them"));
    }
}

#[test]
fn several_are_decided_at_once_but_for_those_that_have_changed_meanwhile() {
    let mut talk = Conversation::begin();
    let mut ids = vec![talk.id.clone()];
    for number in 1..4 {
        let private = talk.intake.submit(&Answers::number(number));
        ids.push(id_and_key(&private).0);
    }
    let page = talk.ann.get(&talk.intake, "/desk").body;
    let picks: Vec<String> = ids.iter().map(|id| format!("{id}:1")).collect();
    for pick in &picks {
        assert!(page.contains(&format!("name=\"pick\" value=\"{pick}\"")));
    }
    assert_done(&talk.on_the_desk(&[("action", "note"), ("note", "Wait.")]));
    let pick = |action, picks: &[String]| {
        let mut fields = vec![("action", action)];
        fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
        let answer = talk
            .ann
            .clone()
            .fill_in(&talk.intake, "/desk", "/desk", &fields);
        assert_eq!(answer.status, 303);
        answer.location
    };
    // Their letters are shown first, and nothing is done by that.
    let before: Vec<String> = ids.iter().map(|id| settled(&talk.intake, id)).collect();
    let mut fields = vec![("action", "approve"), ("step", "show")];
    fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
    let mut ann = talk.ann.clone();
    let shown = ann.fill_in(&talk.intake, "/desk", "/desk", &fields);
    assert_page(&shown, 200);
    assert!(shown.body.contains("Approve 3 submissions"));
    for (number, pick) in picks.iter().enumerate() {
        let offered = shown
            .body
            .contains(&format!("name=\"pick\" value=\"{pick}\""));
        let letter = format!("approved your case study “Campaign {number}”");
        assert_eq!(offered, number > 0, "what has changed is left");
        assert_eq!(shown.body.contains(&letter), number > 0);
    }
    let after: Vec<String> = ids.iter().map(|id| settled(&talk.intake, id)).collect();
    assert_eq!(before, after);

    assert_eq!(
        pick("approve", &picks[..3]),
        "/desk?done=2-1&action=approve"
    );
    assert_eq!(
        pick("decline_as_spam", &picks[2..]),
        "/desk?done=1-1&action=decline_as_spam"
    );
    let page = talk
        .ann
        .clone()
        .get(&talk.intake, "/desk?done=1-1&action=decline_as_spam")
        .body;
    assert!(
        page.contains("1 declined as spam. 1 not declined as spam"),
        "{page}"
    );
    // Taken back, and approved again without a letter.
    let first = format!("/desk/{}", ids[1]);
    let back = [("action", "take_back"), ("letter", "")];
    assert_done(&talk.ann.fill_in(&talk.intake, &first, &first, &back));
    let pick = format!("{}:3", ids[1]);
    let fields = [("action", "approve"), ("letters", "shown"), ("pick", &pick)];
    let answer = talk.ann.fill_in(&talk.intake, "/desk", "/desk", &fields);
    assert_eq!(answer.location, "/desk?done=1-0&action=approve");
    let stages = ["received", "approved", "approved", "declined"];
    for (id, (stage, letters)) in ids.iter().zip(stages.iter().zip([3, 4, 4, 3])) {
        assert_eq!(talk.intake.record(id)["stage"], *stage);
        assert_eq!(letters_of(&talk.intake, id).len(), letters, "{stage}");
    }
}

#[test]
fn killed_at_every_step_of_a_decision_it_and_its_letter_are_both_there_or_both_not() {
    let mut server = MailServer::start("accept");
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let hidden = Hidden::in_page(&ann.get(&intake, "/desk").body);
    let token = hidden.token.expect("a token");
    let fields = [("action", "approve"), ("version", "1"), ("token", &token)];
    let cookie = format!("Cookie: {}\r\n", ann.cookie_header());
    intake.stop();
    intake.set("INTAKE__MAIL__TRANSPORT", &server.url());
    intake.start_again();

    let mut visited = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut killed_over = BTreeSet::new();
    let (mut there, mut not_there) = (0, 0);
    // Besides the steps of a write those of talking to the mail server.
    let talking = ["connect", "sendto,?sendmsg,?writev", "recvfrom,?recvmsg"];
    // PostgreSQL is talked to alike, and does its steps elsewhere.
    let steps = STEPS.into_iter().filter(|_| !runs_on_postgres());
    for calls in steps.chain(talking) {
        for nth in 1.. {
            assert!(nth < 100, "{calls} is called without end");
            let what = format!("{calls} {nth}");
            let (id, _) = id_and_key(&intake.submit(&Answers::number(ids.len())));
            settled(&intake, &id);
            let path = format!("/desk/{id}");
            let mut connection = Connection::open(&intake);
            let mut killer = Killer::attach(&intake, calls, nth);
            let (head, body) = Connection::form(&path, &fields, &cookie);
            connection.write(&(head + &body));
            let said_yes = connection.answer().starts_with("HTTP/1.1 303");
            let survived = said_yes
                && eventually("the letter sent, or the end", || {
                    if killer.has_killed() {
                        return Some(false);
                    }
                    let record = intake.record_text(&id);
                    (!record.contains("\"pending\"")).then_some(true)
                });
            intake.kill();
            killer.strace.wait().expect("it ends");
            intake.until_nobody_is_connected();
            if !survived {
                visited.extend(killer.place());
                killed_over.insert(id.clone());
            }

            // On the disk, before anything could mend it.
            let on_disk = |intake: &Intake| -> (bool, usize) {
                let record = intake.record_text(&id);
                let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
                let letters = record["mail"].as_array().expect("letters").iter();
                let letters = letters.filter(|letter| letter["kind"] == "approved");
                let events = record["history"].as_array().expect("events").len();
                let approved = record["stage"] == "approved";
                assert_eq!(events, 1 + usize::from(approved), "{what}");
                let draft = intake.queue_file(&format!("{id}.md"));
                assert_eq!(record["draft"], draft, "{what}");
                (approved, letters.count())
            };
            let (approved, letters) = on_disk(&intake);
            assert_eq!(letters, usize::from(approved), "{what}");
            assert!(approved || !said_yes, "{what}: a yes, and nothing there");
            if approved {
                there += 1;
            } else {
                not_there += 1;
            }
            start_after_kill(&mut intake);
            assert_eq!(on_disk(&intake), (approved, letters), "{what}");
            let again = ann.post(&intake, &path, &fields);
            assert_eq!(again.status, if approved { 409 } else { 303 }, "{what}");
            settled(&intake, &id);
            assert_eq!(on_disk(&intake), (true, 1), "{what}");
            ids.insert(id);
            if survived {
                break;
            }
        }
    }
    println!(
        "{} runs, {there} there, {not_there} not, killed at: {visited:#?}",
        ids.len()
    );
    let on_disk = ["pwrite64 log", "fdatasync log"];
    let on_disk = on_disk.into_iter().filter(|_| !runs_on_postgres());
    for step in on_disk.chain(["sendto elsewhere"]) {
        assert!(visited.contains(step), "never killed at: {step}");
    }
    assert!(there > 0 && not_there > 0);

    // Of each letter one, and a second time only with the same name and after a kill.
    intake.stop();
    server.stop();
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for (letter, envelope) in server.taken() {
        *copies
            .entry(letter.headers["Message-ID"].clone())
            .or_default() += 1;
        let is_decision = letter.headers["Subject"].contains("will be published");
        assert_eq!(is_decision, letter.headers["Message-ID"].contains(".4@"));
        assert!(!is_decision || envelope["rcpts"][0] == ZELDA);
    }
    assert_eq!(
        copies.len(),
        4 * ids.len(),
        "letters with a name of their own"
    );
    let mut twice = 0;
    for (name, copies) in copies {
        let id = name
            .trim_start_matches('<')
            .split('.')
            .next()
            .expect("an id");
        let decides = name.contains(".4@");
        let allowed = if decides && killed_over.contains(id) {
            2
        } else {
            1
        };
        assert!(copies <= allowed, "{name}: {copies} times");
        twice += copies - 1;
    }
    println!("{twice} letters twice");
}
