//! Several instances of the service on one PostgreSQL, as behind a load balancer: people do not
//! notice which of them they have met, nor that one of them dies or is started anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    Answers, Hidden, Intake, Letter, MailServer, Postgres, Visitor, eventually, port_for_later,
    try_post_to, try_token_from,
};

use super::{SetAtEnd, id_of, send_signal};

const EDITORS: (&str, &str) = (
    "INTAKE__EDITORS",
    "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]",
);

/// Two instances on one new database, with these settings besides.
fn two_with(settings: &[(&str, &str)]) -> [Intake; 2] {
    let database = Postgres::shared().database();
    let mut all = settings.to_vec();
    all.push(("INTAKE__DATA", &database));
    [Intake::start_with(&all), Intake::start_with(&all)]
}

fn message_ids(letters: &[(Letter, serde_json::Value)]) -> BTreeSet<&str> {
    letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .collect()
}

/// Sends these case studies to the first and the second in turn.
fn send(instances: &[Intake; 2], numbers: std::ops::Range<usize>) {
    for number in numbers {
        instances[number % 2].submit(&Answers::number(number));
    }
}

#[test]
fn what_came_in_at_one_is_at_once_at_the_other_and_each_letter_goes_once() {
    let server = MailServer::start("accept");
    let url = server.url();
    let [first, second] = two_with(&[("INTAKE__MAIL__TRANSPORT", &url)]);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (first, second) = (&first, &second);
            scope.spawn(move || {
                for number in thread * 5..thread * 5 + 5 {
                    // Opened at one, sent to the other, and half of them to both.
                    let answers = Answers::number(number);
                    let token = first.token();
                    let sent = second.post("/", &answers.sent(&token, "submit"));
                    assert_eq!(sent.status, 303, "{}", sent.body);
                    let page = first.get(&sent.location);
                    assert_eq!(page.status, 200, "the private link works at both");
                    assert!(first.ids().contains(&id_of(&token).to_owned()));
                    if number % 2 == 0 {
                        let again = first.post("/", &answers.sent(&token, "submit"));
                        assert_eq!(again.location, sent.location);
                    }
                    let private = first.submit(&Answers::number(1000 + number));
                    assert_eq!(second.get(&private).status, 200);
                }
            });
        }
    });
    let letters = server.letters(80);
    assert_eq!(message_ids(&letters).len(), 80, "no letter twice");
    for intake in [&first, &second] {
        let listed = intake.run(&["list", "--json"]);
        let listed: Vec<serde_json::Value> = serde_json::from_str(&listed.out).expect("JSON");
        let newest_first: Vec<String> = first.ids().into_iter().rev().collect();
        let ids = listed.iter().map(|summary| summary["id"].as_str());
        assert!(ids.eq(newest_first.iter().map(|id| Some(id.as_str()))));
        assert_eq!(newest_first.len(), 40);
    }
    eventually("the letters recorded", || {
        let numbers = second.watched("/metrics").body;
        let none_pending = "intake_mail{state=\"pending\"} 0";
        numbers.contains(none_pending).then_some(())
    });
}

#[test]
fn of_two_decisions_made_at_two_instances_one_wins_and_the_other_editor_is_told() {
    let database = Postgres::shared().database();
    let first = Intake::start_with(&[EDITORS, ("INTAKE__DATA", &database)]);
    // Letters may be sent by either, so both put them into one mailbox.
    let mailbox = format!("folder:{}", first.folder.path().join("mailbox").display());
    let second = Intake::start_with(&[
        EDITORS,
        ("INTAKE__DATA", &database),
        ("INTAKE__MAIL__TRANSPORT", &mailbox),
    ]);
    let mut ann = Visitor::sign_in(&first, "ann@desk.example");
    let mut bo = Visitor::sign_in(&first, "bo@desk.example");
    // A session is good wherever one comes to.
    assert_eq!(ann.get(&second, "/desk").status, 200);
    assert_eq!(bo.get(&first, "/desk").status, 200);

    let mut won = BTreeMap::new();
    for number in 0..12 {
        let private = [&first, &second][number % 2].submit(&Answers::number(number));
        let id = private.split('/').nth(2).expect("an id");
        let desk = format!("/desk/{id}");
        let seen = |visitor: &mut Visitor, intake: &Intake| {
            let page = visitor.get(intake, &desk);
            assert_eq!(page.status, 200, "{}", page.body);
            Hidden::in_page(&page.body)
        };
        let (by_ann, by_bo) = (seen(&mut ann, &first), seen(&mut bo, &second));
        let approves = by_ann.with(&[("action", "approve")]);
        let declines = by_bo.with(&[("action", "decline")]);
        let [anns, bos] = thread::scope(|scope| {
            let anns = scope.spawn(|| ann.post(&first, &desk, &approves));
            let bos = scope.spawn(|| bo.post(&second, &desk, &declines));
            [anns, bos].map(|answer| answer.join().expect("an answer"))
        });
        let (stage, loser) = match (anns.status, bos.status) {
            (303, 409) => ("approved", bos),
            (409, 303) => ("declined", anns),
            other => panic!("{other:?}:\n{}\n{}", anns.body, bos.body),
        };
        assert!(loser.body.contains("Nothing was changed"), "{}", loser.body);
        for intake in [&first, &second] {
            let record = intake.record(id);
            assert_eq!(record["stage"], stage);
            assert_eq!(record["history"].as_array().map(Vec::len), Some(2));
        }
        *won.entry(stage).or_insert(0) += 1;
    }
    println!("{won:?}");

    // Who signs out at one is signed out at both.
    let token = Hidden::in_page(&ann.get(&first, "/desk").body);
    let mut elsewhere = ann.clone();
    let out = ann.post(&first, "/desk/sign-out", &token.with(&[]));
    assert_eq!(out.status, 303, "{}", out.body);
    assert_ne!(elsewhere.get(&second, "/desk").status, 200);
}

/// Which of the two sends mail just now, and is in the midst of it.
fn sender(instances: &[Intake; 2], server: &MailServer) -> usize {
    eventually("letters on their way", || {
        let lease = instances[0].table("lease");
        let pid: u32 = lease.split('|').nth(2)?.parse().ok()?;
        let sends = instances.iter().position(|intake| intake.pid() == pid)?;
        (server.attempts().len() >= 10).then_some(sends)
    })
}

/// Waits until all these letters have come; how many came twice.
#[track_caller]
fn all_come(server: &MailServer, count: usize) -> usize {
    eventually("every letter", || {
        let taken = server.taken();
        (message_ids(&taken).len() == count).then(|| taken.len() - count)
    })
}

const SLOW: (&str, &str) = ("INTAKE__MAIL__PER_MINUTE", "600");

#[test]
fn one_that_is_killed_while_it_sends_leaves_the_rest_to_the_other() {
    let server = MailServer::start("accept");
    let url = server.url();
    let mut instances = two_with(&[("INTAKE__MAIL__TRANSPORT", &url), SLOW]);
    send(&instances, 0..30);
    let dies = sender(&instances, &server);
    instances[dies].kill();
    let killed = Instant::now();
    let before = server.taken().len();
    let twice = all_come(&server, 60);
    let took = killed.elapsed();
    println!("{before} before the kill; the rest after {took:?}; {twice} twice");
    assert!(before < 60, "it was not killed in the midst of it");
    assert!(twice <= 1, "{twice} letters came twice");
    let other = &instances[1 - dies];
    eventually("the letters recorded", || {
        let numbers = other.watched("/metrics").body;
        let none_pending = "intake_mail{state=\"pending\"} 0";
        numbers.contains(none_pending).then_some(())
    });
    instances[dies].start_again();
    assert_eq!(server.taken().len(), 60 + twice, "and nothing again");
}

#[test]
fn one_that_stands_still_while_it_sends_is_replaced_when_its_lease_ends() {
    let server = MailServer::start("accept");
    let url = server.url();
    let instances = two_with(&[("INTAKE__MAIL__TRANSPORT", &url), SLOW]);
    send(&instances, 0..30);
    let stands = sender(&instances, &server);
    // As a machine does that swaps or is moved. Nobody can know that it is not at work.
    send_signal(instances[stands].pid(), "-STOP");
    let stopped = Instant::now();
    let before = server.taken().len();
    let first_of_the_other = eventually("the other sends", || {
        (server.taken().len() > before + 2).then(|| stopped.elapsed())
    });
    send_signal(instances[stands].pid(), "-CONT");
    let twice = all_come(&server, 60);
    println!("{before} before; the other began after {first_of_the_other:?}; {twice} twice");
    assert!(before < 60, "it was not stopped in the midst of it");
    // The lease lasts for 15 seconds, and the other looks every five.
    let limit = Duration::from_secs(30);
    assert!(first_of_the_other < limit, "{first_of_the_other:?}");
    assert!(twice <= 1, "{twice} letters came twice");
}

#[test]
fn a_rolling_restart_is_noticed_by_nobody() {
    let server = MailServer::start("accept");
    let url = server.url();
    let ports = [port_for_later(), port_for_later()].map(|port| format!("127.0.0.1:{port}"));
    let database = Postgres::shared().database();
    let mut instances = ports.clone().map(|listen| {
        Intake::start_with(&[
            ("INTAKE__MAIL__TRANSPORT", &url),
            ("INTAKE__MAIL__PER_MINUTE", "6000"),
            ("INTAKE__DATA", &database),
            ("INTAKE__LISTEN", &listen),
        ])
    });
    let said_yes = Mutex::new(Vec::new());
    let (refused, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for thread in 0..3 {
            let (said_yes, refused, is_over, ports) = (&said_yes, &refused, &is_over, &ports);
            scope.spawn(move || {
                let mut number = thread * 1000;
                // A load balancer takes the other one where a connection is refused.
                let mut turns = (0..).map(|turn| format!("http://{}/", ports[turn % 2]));
                let mut until_it_works = |ask: &dyn Fn(&str) -> Option<_>| {
                    eventually("an answer", || {
                        let answer = ask(&turns.next().expect("a turn"));
                        refused.fetch_add(usize::from(answer.is_none()), Ordering::Relaxed);
                        answer
                    })
                };
                while !is_over.load(Ordering::Relaxed) {
                    number += 1;
                    let answers = Answers::number(number);
                    let (token, _) = until_it_works(&|url| {
                        let token = try_token_from(url)?;
                        Some((token, 0))
                    });
                    let fields = answers.sent(&token, "submit");
                    let (body, status) = until_it_works(&|url| {
                        let answer = try_post_to(url, &fields)?;
                        Some((answer.body, answer.status))
                    });
                    assert_eq!(status, 303, "{body}");
                    said_yes.lock().expect("a list").push((token, answers));
                }
            });
        }
        let _over = SetAtEnd(&is_over);
        let more = |much: usize| {
            let before = said_yes.lock().expect("a list").len();
            eventually("more submissions", || {
                let now = said_yes.lock().expect("a list").len();
                (now >= before + much).then_some(())
            });
        };
        for _ in 0..2 {
            for intake in &mut instances {
                more(8);
                intake.stop();
                more(8);
                intake.start_again();
            }
        }
        more(8);
    });
    let said_yes = said_yes.into_inner().expect("a list");
    let refused = refused.into_inner();
    let all = said_yes.len();
    println!("{all} were told yes; {refused} connections refused");
    let ids: BTreeSet<String> = instances[0].ids().into_iter().collect();
    assert_eq!(instances[0].ids().len(), all, "each once");
    for (token, _) in &said_yes {
        assert!(ids.contains(id_of(token)), "{token} is lost");
    }
    // The drafts lie with whichever instance has written them.
    for (token, answers) in said_yes.iter().take(10) {
        let id = id_of(token);
        let record = instances[1].record(id);
        assert_eq!(record["contact"]["email"], answers.contact_email);
        let draft = record["draft"].as_str().expect("a draft");
        assert_eq!(draft.trim_end(), answers.draft());
    }
    let letters = server.letters(2 * all);
    assert_eq!(message_ids(&letters).len(), 2 * all, "no letter twice");
}
