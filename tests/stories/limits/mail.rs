//! Mail that strangers cause, and whom they cannot shut out by it.

use super::{ANN, all_mail_sent, send_from, with_limits};
use crate::support::{Answers, Hidden, Intake, Letter, Visitor, eventually, value_of};

fn letters_to(intake: &Intake, address: &str) -> Vec<Letter> {
    let folder = intake.folder.path().join("mailbox");
    let letters = intake.mailbox().into_iter();
    let letters = letters.map(|name| Letter::read(&folder.join(name)));
    letters
        .filter(|letter| letter.headers["To"].contains(address))
        .collect()
}

#[test]
fn a_stranger_gets_three_letters_an_hour_whatever_others_do_with_the_address() {
    let intake = with_limits(&[]);
    let mut answers = Answers::seed();
    answers.contact_email = "victim@elsewhere.example".into();
    let mut last = String::new();
    for number in 0..6 {
        answers.story = super::corpus::honest(number).story;
        // Many mailboxes have a name for each word after a plus, and for each dot; and each domain can be
        // written in many ways.
        answers.contact_email = match number % 3 {
            0 => format!("victim+{number}@elsewhere.example"),
            1 => "vic.tim@elsewhere.example".to_owned(),
            _ => "victim@elsewherｅ.example".to_owned(),
        };
        let client = format!("198.51.100.{number}");
        let sent = send_from(&intake, &client, &mut Visitor::new(), &answers);
        assert_eq!(sent.status, 303, "{}", sent.body);
        last = sent.location;
    }
    for number in 0..9 {
        let (path, client) = match number % 2 {
            0 => ("/lost-link", format!("198.51.100.{}", 100 + number)),
            _ => ("/desk/sign-in", format!("198.51.100.{}", 100 + number)),
        };
        let headers = [("x-forwarded-for", client.as_str())];
        let email = [("email", "victim+0@elsewhere.example")];
        let answer = Visitor::new().send(&intake, "POST", path, &headers, &email);
        assert_eq!(answer.status, 200);
    }
    all_mail_sent(&intake);
    assert_eq!(letters_to(&intake, "tim").len(), 3);
    // Whoever got none is told so.
    let page = intake.get(&last).body;
    assert!(page.contains("We haven’t emailed you the link"), "{page}");
}

#[test]
fn strangers_who_ask_for_links_do_not_keep_an_editor_out() {
    let intake = with_limits(&[]);
    let mut ann = Visitor::sign_in(&intake, ANN);
    let stranger = |number: usize| {
        let client = format!("203.0.113.{number}");
        let headers = [("x-forwarded-for", client.as_str())];
        let asked = Visitor::new().send(
            &intake,
            "POST",
            "/desk/sign-in",
            &headers,
            &[("email", ANN)],
        );
        assert_eq!(asked.status, 200);
    };
    for number in 0..20 {
        stranger(number);
    }
    let letters = eventually("their letters", || {
        let letters = letters_to(&intake, ANN);
        (letters.len() == 3).then_some(letters)
    });
    // Her own browser is known.
    let page = ann.get(&intake, "/desk").body;
    ann.post(&intake, "/desk/sign-out", &Hidden::in_page(&page).with(&[]));
    let link = ann.ask_to_sign_in(&intake, ANN);
    assert_eq!(ann.get(&intake, &link).status, 303);
    // In another browser the strangers' letters lead on: whoever can read one is the editor.
    let mut phone = Visitor::new();
    let strange = letters[2].link("http");
    let (_, strange) = strange.split_once("/desk/").expect("a link");
    let strange = format!("/desk/{strange}");
    let page = phone.get(&intake, &strange);
    assert_eq!(page.status, 403);
    assert!(page.body.contains("Send a link for this browser"));
    let before = letters_to(&intake, ANN).len();
    let proof = value_of(&page.body, "proof").expect("the link that leads on");
    let asked = phone.post(&intake, "/desk/sign-in", &[("proof", &proof)]);
    assert_eq!(asked.status, 200);
    let own = eventually("a letter of one's own", || {
        let letters = letters_to(&intake, ANN);
        (letters.len() > before).then(|| {
            let links = letters.iter().map(|letter| letter.link("http"));
            links.collect::<Vec<_>>()
        })
    });
    let opened = own.iter().any(|link| {
        let (_, path) = link.split_once("/desk/").expect("a link");
        phone.get(&intake, &format!("/desk/{path}")).status == 303
    });
    assert!(opened);
    // It proves that only once.
    assert!(
        !Visitor::new()
            .get(&intake, &strange)
            .body
            .contains("for this browser")
    );
}

#[test]
fn strangers_who_ask_from_many_places_do_not_keep_an_editor_out_whose_browser_is_new() {
    let intake = with_limits(&[]);
    for number in 0..310 {
        let client = format!("2001:db8:0:{:x}00::1", number / 5);
        let headers = [("x-forwarded-for", client.as_str())];
        let email = format!("nobody{number}@elsewhere.example");
        for path in ["/lost-link", "/desk/sign-in"] {
            let fields = [("email", email.as_str())];
            let asked = Visitor::new().send(&intake, "POST", path, &headers, &fields);
            let is_over = path == "/lost-link" && number >= 300;
            assert_eq!(asked.status, if is_over { 429 } else { 200 }, "{number}");
        }
    }
    Visitor::sign_in(&intake, ANN);
}

#[test]
fn asking_again_and_again_from_one_place_is_told_to_wait() {
    let intake = with_limits(&[]);
    let ask = |path: &str, number: usize| {
        let email = format!("somebody{number}@elsewhere.example");
        let headers = [("x-forwarded-for", "2001:db8::1")];
        Visitor::new().send(&intake, "POST", path, &headers, &[("email", &email)])
    };
    for path in ["/lost-link", "/desk/sign-in"] {
        for number in 0..5 {
            assert_eq!(ask(path, number).status, 200);
        }
    }
    for path in ["/lost-link", "/desk/sign-in"] {
        let refused = ask(path, 6);
        assert_eq!(refused.status, 429);
        assert!(refused.body.contains("Wait an hour"), "{}", refused.body);
        let typed = value_of(&refused.body, "email");
        assert_eq!(typed.as_deref(), Some("somebody6@elsewhere.example"));
        let wait: u32 = refused.headers["retry-after"].parse().expect("seconds");
        assert!((3000..=3600).contains(&wait), "{wait}");
    }
    // The neighbours are somebody else.
    let headers = [("x-forwarded-for", "2001:db8:0:100::1")];
    let email = [("email", "another@elsewhere.example")];
    let answer = Visitor::new().send(&intake, "POST", "/lost-link", &headers, &email);
    assert_eq!(answer.status, 200);
}

#[test]
fn a_saved_form_is_no_way_to_write_to_everybody() {
    let intake = with_limits(&[]);
    let mut sent = 0;
    for form in 0..5 {
        let mut who = Visitor::new();
        let headers = [("x-forwarded-for", "192.0.2.7")];
        let token = intake.token();
        let mut fields = vec![("token", token.as_str()), ("action", "save")];
        let saved = who.send(&intake, "POST", "/", &headers, &fields);
        let path = saved.location.replace("?saved", "");
        let mut of_it = 0;
        for number in 0..11 {
            let email = format!("stranger{form}x{number}@elsewhere.example");
            let revision = (number + 1).to_string();
            fields = vec![
                ("revision", &revision),
                ("saved_email", &email),
                ("action", "send_link"),
            ];
            let asked = who.send(&intake, "POST", &path, &headers, &fields);
            assert_eq!(asked.status, 303, "{}", asked.body);
            of_it += usize::from(asked.location.ends_with("?sent"));
        }
        assert!(of_it <= 10, "{of_it}");
        sent += of_it;
    }
    assert_eq!(sent, 40);
    assert!(intake.log().contains("saved_link"), "{}", intake.log());
}

#[test]
fn two_thousand_lost_links_at_once_keep_nobody_waiting() {
    let intake = with_limits(&[]);
    let mut answers = Answers::seed();
    for number in 0..5 {
        answers.story = super::corpus::honest(number).story;
        let client = format!("198.51.100.{number}");
        assert_eq!(
            send_from(&intake, &client, &mut Visitor::new(), &answers).status,
            303
        );
    }
    let zelda = answers.contact_email.clone();
    std::thread::scope(|scope| {
        for thread in 0..20 {
            let (intake, zelda) = (&intake, &zelda);
            scope.spawn(move || {
                for number in 0..100 {
                    let client = format!("10.{thread}.0.{number}");
                    let headers = [("x-forwarded-for", client.as_str())];
                    let email = [("email", zelda.as_str())];
                    let answer =
                        Visitor::new().send(intake, "POST", "/lost-link", &headers, &email);
                    assert!([200, 429].contains(&answer.status));
                }
            });
        }
    });
    let begun = std::time::Instant::now();
    answers.story = super::corpus::honest(9).story;
    assert_eq!(
        send_from(&intake, "192.0.2.1", &mut Visitor::new(), &answers).status,
        303
    );
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
    all_mail_sent(&intake);
    // The receipts have used up what may go to that address.
    assert_eq!(letters_to(&intake, &zelda).len(), 3);
}
