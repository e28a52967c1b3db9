//! What looks like abuse is put aside, and editors decide about it.

use super::{ANN, EDITORS, all_mail_sent, send_from, stages, with_limits};
use crate::support::{Answers, Hidden, Intake, Visitor, assert_every_word_kept, eventually};

/// A story of its own for each number, fluent and of one's own words.
fn stories(count: usize) -> impl Iterator<Item = Answers> {
    (0..count).map(|number| Answers {
        contact_email: format!("person{number}@elsewhere.example"),
        ..super::corpus::honest(number)
    })
}

fn in_stage(intake: &Intake, stage: &str) -> usize {
    stages(intake).iter().filter(|one| *one == stage).count()
}

#[test]
fn forty_of_one_client_are_put_aside_the_first_of_them_too() {
    let intake = with_limits(&[]);
    let mut who = Visitor::new();
    for answers in stories(40) {
        assert_eq!(
            send_from(&intake, "198.51.100.1", &mut who, &answers).status,
            303
        );
    }
    assert_eq!(in_stage(&intake, "quarantined"), 40);
    all_mail_sent(&intake);
    // Ten receipts to as many people, ten letters to the editor, and one that tells of the rest.
    let letters = eventually("the editor is told", || {
        let letters = intake.letters(intake.mailbox().len());
        let told = letters
            .iter()
            .any(|letter| letter.text.contains("held back as possible spam"));
        told.then_some(letters)
    });
    assert!(letters.len() <= 21, "{}", letters.len());
}

#[test]
fn an_editor_takes_one_in_with_one_click_and_declines_all_like_another() {
    let intake = with_limits(&[("INTAKE__LIMITS__PER_CLIENT", "1")]);
    let mut private = Vec::new();
    for answers in stories(4) {
        let sent = send_from(&intake, "198.51.100.1", &mut Visitor::new(), &answers);
        private.push(sent.location);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 4);
    let page = intake.get(&private[0]).body;
    assert!(page.contains("someone checks that it isn’t spam"), "{page}");
    let second = intake.get(&private[1]).body;
    assert!(
        second.contains("We haven’t emailed you the link"),
        "{second}"
    );
    // Nothing that is done with the link causes mail.
    let hidden = Hidden::in_page(&intake.get(&private[3]).body);
    let withdrawn = intake.post(&private[3], &hidden.with(&[("action", "withdraw")]));
    assert_eq!(withdrawn.status, 303);

    let mut ann = Visitor::sign_in(&intake, ANN);
    all_mail_sent(&intake);
    let before = intake.mailbox().len();
    let id = private[2].split('/').nth(2).expect("an id").to_owned();
    let path = format!("/desk/{id}");
    let page = ann.get(&intake, &path).body;
    assert!(
        page.contains("submissions came from one place within an hour."),
        "{page}"
    );
    assert!(page.contains("2 more like it look like spam too"), "{page}");
    let taken = ann.fill_in(&intake, &path, &path, &[("action", "take_in")]);
    assert_eq!(taken.status, 303);
    assert_eq!(in_stage(&intake, "received"), 1);
    all_mail_sent(&intake);
    let letters = intake.mailbox().len() - before;
    assert!(
        (2..=3).contains(&letters),
        "receipt and news, perhaps the day's line: {letters}"
    );
    assert!(
        intake
            .get(&private[2])
            .body
            .contains("We’ve emailed you the link")
    );

    let id = private[1].split('/').nth(2).expect("an id").to_owned();
    let page = ann.get(&intake, &format!("/desk/{id}")).body;
    assert!(page.contains("Decline all 2 as spam"), "{page}");
    let hidden = Hidden::in_page(&page);
    let mut fields = hidden.with(&[]);
    fields.retain(|(name, _)| *name == "token");
    let picks: Vec<String> = page
        .split("name=\"pick\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(picks.len(), 2);
    fields.extend(picks.iter().map(|pick| ("pick", pick.as_str())));
    fields.push(("action", "decline_as_spam"));
    let declined = ann.post(&intake, "/desk", &fields);
    assert_eq!(declined.location, "/desk?done=2-0&action=decline_as_spam");
    assert_eq!(in_stage(&intake, "declined"), 2);
}

#[test]
fn who_makes_many_browsers_known_from_one_place_is_put_aside_all_the_same() {
    let intake = with_limits(&[("INTAKE__LIMITS__PER_CLIENT", "3")]);
    let mut browsers: Vec<Visitor> = (0..3).map(|_| Visitor::new()).collect();
    for (number, answers) in stories(15).enumerate() {
        let who = &mut browsers[number % 3];
        let sent = send_from(&intake, "198.51.100.1", who, &answers);
        assert_eq!(sent.status, 303);
        // With its own private page each browser is one that is counted apart.
        who.get(&intake, &sent.location);
    }
    // Three before they were known, and six from then on.
    assert_eq!(in_stage(&intake, "received"), 9);
    assert_eq!(in_stage(&intake, "quarantined"), 6);
}

#[test]
fn an_advertisement_from_many_places_with_one_address_is_put_aside_too() {
    let intake = with_limits(&[]);
    for (number, mut answers) in stories(15).enumerate() {
        assert_eq!(in_stage(&intake, "quarantined"), 0);
        answers
            .story
            .push_str(" More at best-loans.shop, every day.");
        answers.contact_email = "one@elsewhere.example".to_owned();
        let client = format!("198.51.100.{number}");
        send_from(&intake, &client, &mut Visitor::new(), &answers);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 15);
}

#[test]
fn who_stays_below_the_limit_of_an_hour_comes_to_that_of_a_day() {
    let mut intake = with_limits(&[("INTAKE__LIMITS__PER_CLIENT", "1")]);
    for (number, answers) in stories(5).enumerate() {
        assert_eq!(in_stage(&intake, "quarantined"), 0, "{number}");
        intake.stop();
        crate::clock::at(&mut intake, &format!("+{}h", 2 * number));
        intake.start_again();
        send_from(&intake, "198.51.100.1", &mut Visitor::new(), &answers);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 5);
}

#[test]
fn once_an_editor_has_taken_in_a_workshop_the_next_of_it_are_received() {
    let intake = with_limits(&[("INTAKE__LIMITS__PER_CLIENT", "3")]);
    let mut sent = stories(6).map(|answers| {
        let mut who = Visitor::new();
        send_from(&intake, "198.51.100.1", &mut who, &answers).location
    });
    let first: Vec<String> = sent.by_ref().take(4).collect();
    assert_eq!(in_stage(&intake, "quarantined"), 4);
    let mut ann = Visitor::sign_in(&intake, ANN);
    for private in first {
        let id = private.split('/').nth(2).expect("an id");
        let path = format!("/desk/{id}");
        ann.fill_in(&intake, &path, &path, &[("action", "take_in")]);
    }
    assert_eq!(sent.count(), 2);
    assert_eq!(in_stage(&intake, "received"), 6);
}

#[test]
fn an_editor_who_tries_the_form_out_gets_what_they_sent_and_its_mail() {
    let intake = with_limits(&[]);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let test = Answers {
        story: "test ".repeat(600),
        contact_email: ANN.to_owned(),
        ..Answers::seed()
    };
    let sent = send_from(&intake, "198.51.100.1", &mut ann, &test);
    assert_eq!(stages(&intake), ["received"]);
    let id = sent.location.split('/').nth(2).expect("an id");
    let page = ann.get(&intake, &format!("/desk/{id}")).body;
    assert!(
        page.contains("the same few words again and again"),
        "{page}"
    );
    send_from(&intake, "198.51.100.1", &mut Visitor::new(), &test);
    assert_eq!(in_stage(&intake, "quarantined"), 1);
    // Nobody tries it out forty times: a program has got hold of the browser.
    for answers in stories(40) {
        send_from(&intake, "198.51.100.1", &mut ann, &answers);
    }
    assert_eq!(in_stage(&intake, "received"), 10);
}

#[test]
fn random_letters_and_forms_that_a_program_fills_in_are_put_aside() {
    let intake = with_limits(&[]);
    let mut random = Answers::seed();
    let mut state = 11_u32;
    let mut letters = |count: usize| -> String {
        (0..count)
            .map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let letter = char::from(b'a' + (state >> 24) as u8 % 26);
                if at % 8 == 7 { ' ' } else { letter }
            })
            .collect()
    };
    random.story = letters(600);
    random.title = letters(30);
    random.ultimate_goals = letters(60);
    random.communities_involved = letters(60);
    random.methods_used = letters(60);
    send_from(&intake, "198.51.100.1", &mut Visitor::new(), &random);
    assert_eq!(stages(&intake), ["quarantined"]);

    let token = intake.token();
    let answers = Answers::seed();
    let mut fields = answers.sent(&token, "check");
    fields.push(("contact_website", "https://pills.example/"));
    let checked = intake.post("/", &fields);
    assert!(
        checked.body.contains("pills.example"),
        "it is sent on by the check page"
    );
    fields.retain(|(name, _)| *name != "action");
    fields.push(("action", "submit"));
    assert_eq!(intake.post("/", &fields).status, 303);
    assert_eq!(in_stage(&intake, "quarantined"), 2);
}

#[test]
fn the_same_advertisement_is_put_aside_and_so_is_a_text_sent_often() {
    let intake = with_limits(&[("INTAKE__SITE__CONTACT", "hello@charity-pages.org")]);
    for (number, mut answers) in stories(20).enumerate() {
        answers
            .story
            .push_str(" More of this at best-loans.shop, every day.");
        let client = format!("198.51.100.{number}");
        send_from(&intake, &client, &mut Visitor::new(), &answers);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 20);
    // The organisation's own pages are no advertisement.
    for (number, mut answers) in stories(40).enumerate().skip(20) {
        answers
            .story
            .push_str(" We read https://www.charity-pages.org/help first.");
        let client = format!("198.51.100.{number}");
        send_from(&intake, &client, &mut Visitor::new(), &answers);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 20);
    let same = super::corpus::honest(77);
    for number in 0..5 {
        let mut answers = same.clone();
        answers.title = format!("Another title {number}");
        answers.contact_email = format!("copy{number}@elsewhere.example");
        let client = format!("203.0.113.{number}");
        send_from(&intake, &client, &mut Visitor::new(), &answers);
    }
    assert_eq!(in_stage(&intake, "quarantined"), 25);
}

#[test]
fn beyond_a_limit_one_is_told_to_wait_with_every_word_kept_and_a_known_browser_is_not() {
    let intake = with_limits(&[("INTAKE__LIMITS__MOST_PER_CLIENT", "3")]);
    let client = "198.51.100.1";
    // Somebody at the same place has sent something, and has opened the private page.
    let mut zelda = Visitor::new();
    let first = send_from(&intake, client, &mut zelda, &super::corpus::honest(1));
    zelda.get(&intake, &first.location);
    assert!(zelda.cookies.contains_key("intake_known"));
    for number in 2..4 {
        let sent = send_from(
            &intake,
            client,
            &mut Visitor::new(),
            &super::corpus::honest(number),
        );
        assert_eq!(sent.status, 303);
    }
    let answers = super::corpus::honest(9);
    let refused = send_from(&intake, client, &mut Visitor::new(), &answers);
    assert_eq!(refused.status, 429);
    assert!(
        refused.headers["retry-after"]
            .parse::<u32>()
            .expect("seconds")
            > 3000
    );
    assert_every_word_kept(&refused, &answers);
    assert_eq!(send_from(&intake, client, &mut zelda, &answers).status, 303);
    // Its own browser does not make others known.
    let sent = send_from(&intake, client, &mut zelda, &super::corpus::honest(10));
    let mut other = Visitor::new();
    other.get(&intake, &sent.location);
    assert!(!other.cookies.contains_key("intake_known"));
    // The private page is open to everybody at that place.
    assert_eq!(intake.get(&first.location).status, 200);
}

#[test]
fn what_was_sent_is_taken_for_sent_also_when_it_comes_again_beyond_the_limit() {
    let intake = with_limits(&[("INTAKE__LIMITS__MOST_PER_CLIENT", "1")]);
    let token = intake.token();
    let answers = Answers::seed();
    let fields = answers.sent(&token, "submit");
    let first = intake.post("/", &fields);
    assert_eq!(first.status, 303);
    assert_eq!(intake.post("/", &fields).location, first.location);
}

#[test]
fn a_real_browser_of_somebody_who_cannot_see_is_told_to_leave_the_field_empty() {
    let intake = with_limits(&[("INTAKE__EDITORS", EDITORS)]);
    let page = intake.get("/").body;
    let field = page
        .split("id=\"contact_website\"")
        .nth(1)
        .expect("the field");
    let field = field.split('>').next().expect("its end");
    assert!(field.contains("autocomplete=\"off\"") && field.contains("tabindex=\"-1\""));
    assert!(page.contains("<label for=\"contact_website\">Leave this field empty</label>"));
}
