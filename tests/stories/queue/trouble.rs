//! A full disk, several processes, broken records, many senders at once, signals.

use std::{
    collections::BTreeSet, fs, net::TcpStream, os::unix::fs::PermissionsExt, path::PathBuf, thread,
};

use crate::support::{
    Answers, Intake, MailServer, assert_every_word_kept, eventually, is_left_out_on_postgres,
    names, value_of,
};

use super::{Connection, PAGE, SmallDisk, all_sent, id_of, is_whole, leftovers, send_signal};

#[test]
fn a_full_disk_is_told_at_once_costs_no_word_and_leaves_nothing_behind() {
    if is_left_out_on_postgres("its disk is not ours to fill") {
        return;
    }
    let mut intake = Intake::at_rest_with(&[("INTAKE__DATA", "disk/submissions")]);
    let disk = SmallDisk::mount(&intake.folder.path().join("disk"), 2048);
    intake.start_again();
    let queue = disk.folder.join("submissions");
    let mut answers = Answers::seed();
    answers.story = "A story that goes on and on. ".repeat(650).trim().into();
    let token = intake.token();
    let filler = disk.fill();
    assert_eq!(intake.watched("/readyz").status, 503);
    let mut refusals = 0;
    // One page more is free at each try, so that the disk is full at every step of the write.
    loop {
        let answer = intake.post("/", &answers.sent(&token, "submit"));
        if answer.status == 303 {
            break;
        }
        refusals += 1;
        assert_eq!(answer.status, 503);
        assert_every_word_kept(&answer, &answers);
        assert_eq!(value_of(&answer.body, "token").as_ref(), Some(&token));
        assert_eq!(names(&queue, ".md"), [""; 0], "left behind");
        assert_eq!(names(&queue.join(".aside"), ""), [""; 0], "left behind");
        let length = filler.metadata().expect("its length").len();
        filler.set_len(length - PAGE).expect("a page freed");
    }
    assert!(refusals > 10, "only {refusals} refusals");
    let draft = fs::read_to_string(queue.join(format!("{}.md", id_of(&token))));
    assert_eq!(draft.expect("a draft").trim_end(), answers.draft());

    // How a letter was sent could not be recorded until there is space again, so none is sent.
    filler.set_len(0).expect("the disk freed");
    let id = id_of(&token);
    eventually("the letters recorded", || {
        let states = intake.letter_states(id);
        states
            .iter()
            .all(|(state, _)| state == "sent")
            .then_some(())
    });
    intake.letters(2);
    assert_eq!(names(&queue, ".md").len(), 1);
    assert_eq!(intake.watched("/readyz").status, 200);
    let log = intake.log();
    assert!(log.contains("No space left on device"), "{log}");
    intake.stop();
}

#[test]
fn two_processes_on_one_queue_lose_nothing_and_double_no_letter() {
    if is_left_out_on_postgres("instances share a folder only with SQLite") {
        return;
    }
    let server = MailServer::start("accept");
    let url = server.url();
    let mut first = Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", &url)]);
    let queue = first.queue();
    let second = Intake::start_with(&[
        ("INTAKE__MAIL__TRANSPORT", &url),
        ("INTAKE__DATA", queue.to_str().expect("a path")),
    ]);
    // Each form is opened at one of them and sent to the other, and half of them to both.
    let send = |numbers: std::ops::Range<usize>| {
        for number in numbers {
            let answers = Answers::number(number);
            let token = first.token();
            let other = second.post("/", &answers.sent(&token, "submit"));
            assert_eq!(other.status, 303);
            if number.is_multiple_of(2) {
                let again = first.post("/", &answers.sent(&token, "submit"));
                assert_eq!(again.location, other.location);
            }
            first.submit(&Answers::number(1000 + number));
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            let send = &send;
            scope.spawn(move || send(thread * 5..thread * 5 + 5));
        }
    });
    // One of them goes while letters are still owed; the other sends the rest.
    first.stop();
    second.submit(&Answers::number(5000));
    let all = 41;
    let letters = server.letters(2 * all);
    let ids: BTreeSet<&str> = letters
        .iter()
        .map(|(letter, _)| letter.headers["Message-ID"].as_str())
        .collect();
    assert_eq!(ids.len(), 2 * all, "no letter twice");
    let listed = second.run(&["list", "--json"]);
    assert_eq!(listed.status, Some(0), "{}", listed.err);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed.out).expect("JSON");
    let titles: BTreeSet<&str> = listed
        .iter()
        .map(|summary| summary["title"].as_str().expect("a title"))
        .collect();
    assert_eq!((listed.len(), titles.len()), (all, all));
    let newest_first: Vec<String> = first.ids().into_iter().rev().collect();
    let ids = listed.iter().map(|summary| summary["id"].as_str());
    assert!(ids.eq(newest_first.iter().map(|id| Some(id.as_str()))));
    assert_eq!(second.run(&["check"]).status, Some(0));
    drop(second);
    assert_eq!(leftovers(&first).len(), 0);
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_hides_no_other() {
    let mut intake = Intake::start();
    let good = Answers::number(1);
    intake.submit(&good);
    intake.letters(2);
    let token = intake.token();
    let answer = intake.post("/", &Answers::seed().sent(&token, "submit"));
    assert_eq!(answer.status, 303);
    intake.letters(4);
    eventually("the letters recorded", || {
        all_sent(&intake, &token).then_some(())
    });
    let record = intake.record_text(id_of(&token));
    intake.stop();
    intake.forget_take_over();

    // An earlier version has left files that nobody can read.
    let spoilt: [(&str, &[u8]); 6] = [
        ("00000000-0000-7000-8000-00000000000a", b""),
        ("00000000-0000-7000-8000-00000000000b", b"\xff\xfe\0garbage"),
        (
            "00000000-0000-7000-8000-00000000000c",
            &record.as_bytes()[..record.len() / 2],
        ),
        // The record of another submission under a wrong name.
        ("00000000-0000-7000-8000-00000000000d", record.as_bytes()),
        ("00000000-0000-7000-8000-00000000000e", b"{}"),
        ("00000000-0000-7000-8000-00000000000f", b"[null]"),
    ];
    for (id, bytes) in spoilt {
        fs::write(intake.queue().join(format!("{id}.json")), bytes).expect("written");
    }
    intake.start_again();
    for (id, _) in spoilt {
        eventually("its line in the log", || {
            intake.log().contains(id).then_some(())
        });
    }
    let listed = intake.run(&["list"]);
    assert_eq!(listed.status, Some(0));
    assert!(listed.out.contains("Campaign 1 ("), "{}", listed.out);
    assert!(listed.out.contains("Trade Union Campaigns ("));
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    for (id, bytes) in spoilt {
        let name = format!("{id}.json");
        let judged = checked.out.lines().find(|line| line.contains(&name));
        assert!(judged.is_some_and(|line| line.starts_with("WRONG")));
        let left = fs::read(intake.queue().join(name)).expect("still there");
        assert_eq!(left, bytes, "left as it was, for people to mend");
    }
    for said in [&listed.err, &checked.out, &checked.err, &intake.log()] {
        assert!(!said.contains("zelda"), "what records hold is private");
    }
    intake.submit(&Answers::number(2));
    intake.letters(6);
}

#[test]
fn one_form_sent_from_sixteen_places_at_once_is_one_submission() {
    let intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let links: BTreeSet<String> = thread::scope(|scope| {
        let all: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let answer = intake.post("/", &answers.sent(&token, "submit"));
                    assert_eq!(answer.status, 303, "{}", answer.body);
                    answer.location
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    assert_eq!(links.len(), 1, "the same answer to all");
    assert_eq!(intake.ids().len(), 1);
    assert!(is_whole(&intake, &token, &answers));
    intake.letters(2);

    let mut other = answers.clone();
    other.story = "Quite another story, of another campaign. ".repeat(9);
    other.story = other.story.trim().into();
    let answer = intake.post("/", &other.sent(&token, "submit"));
    assert_eq!(answer.status, 409);
    assert_every_word_kept(&answer, &other);
    assert!(is_whole(&intake, &token, &answers), "the first stands");
}

#[test]
fn of_different_texts_sent_at_once_with_one_token_one_wins_and_the_others_are_told() {
    let intake = Intake::start();
    let token = intake.token();
    let told: Vec<(usize, u16)> = thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|number| {
                let (intake, token) = (&intake, &token);
                scope.spawn(move || {
                    let answers = Answers::number(number);
                    let answer = intake.post("/", &answers.sent(token, "submit"));
                    if answer.status == 409 {
                        assert_every_word_kept(&answer, &answers);
                    }
                    (number, answer.status)
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    let winners: Vec<usize> = told
        .iter()
        .filter(|(_, status)| *status == 303)
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(winners.len(), 1, "{told:?}");
    assert!(told.iter().all(|(_, status)| [303, 409].contains(status)));
    assert!(is_whole(&intake, &token, &Answers::number(winners[0])));
    intake.letters(2);
}

#[test]
fn a_stop_signal_lets_the_request_under_way_finish() {
    let mut intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let mut connection = Connection::open(&intake);
    let fields = answers.sent(&token, "submit");
    let (head, body) = Connection::form("/", &fields, "Expect: 100-continue\r\n");
    connection.write(&head);
    let mut under_way = String::new();
    while !under_way.ends_with("\r\n\r\n") {
        under_way.push(connection.read_byte().expect("the service wants the body"));
    }
    assert!(under_way.starts_with("HTTP/1.1 100"), "{under_way}");
    let (early, late) = body.split_at(body.len() / 2);
    connection.write(early);

    send_signal(intake.pid(), "-TERM");
    let address = intake.url.strip_prefix("http://").expect("an address");
    eventually("no new connections", || {
        TcpStream::connect(address).is_err().then_some(())
    });
    connection.write(late);
    let answer = connection.answer();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(is_whole(&intake, &token, &answers));
    let status = intake.wait();
    assert!(status.success(), "ended with {status}:\n{}", intake.log());

    intake.start_again();
    intake.letters(2);
}

#[test]
fn what_is_private_is_for_the_owner_s_eyes_only() {
    if is_left_out_on_postgres("there are no files of a database") {
        return;
    }
    let intake = Intake::start();
    intake.submit(&Answers::seed());
    intake.letters(2);
    let mode = |path: PathBuf| {
        let meta = fs::metadata(&path).expect("a file");
        (meta.permissions().mode() & 0o777, path)
    };
    let draft = intake.queue().join(&intake.queued(".md")[0]);
    for name in ["intake.db", "intake.db-wal", "intake.db-shm"] {
        let (found, path) = mode(intake.queue().join(name));
        assert_eq!(found, 0o600, "{}", path.display());
    }
    let (found, _) = mode(draft);
    assert_eq!(found, 0o600, "a draft holds what is not published yet");
}
