//! A store that is damaged, cut, lost or of another format: it is refused with words and left as it
//! is, or what can be read of it is served. With the good file back, everything is there.

use std::{fs, path::Path};

use crate::support::{Answers, Intake, is_left_out_on_postgres};

use super::{Crowd, line};

/// The unit in which SQLite writes.
const PAGE: usize = 4096;

/// A service that has accepted some and is at rest again; its database is one good file.
fn at_rest_with_some(crowd: &Crowd) -> (Intake, Vec<u8>) {
    let mut intake = Intake::start();
    crowd.meanwhile(&intake, || crowd.more_accepted(6));
    intake.letters(2 * crowd.accepted());
    intake.stop();
    let good = fs::read(intake.queue().join("intake.db")).expect("a store");
    (intake, good)
}

/// Puts this in the place of the database, or nothing; without what belonged to another.
fn put(folder: &Path, database: Option<&[u8]>) {
    for name in ["intake.db", "intake.db-wal", "intake.db-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
    if let Some(bytes) = database {
        fs::write(folder.join("intake.db"), bytes).expect("written");
    }
}

/// What a start says that comes to nothing.
#[track_caller]
fn refused(intake: &mut Intake) -> String {
    let before = intake.log().len();
    let has_started = intake.try_to_start();
    assert!(!has_started, "started all the same");
    intake.log().split_off(before)
}

#[test]
fn a_store_that_is_cut_lost_or_of_another_format_is_refused_and_left_as_it_is() {
    if is_left_out_on_postgres("there are no files of a database") {
        return;
    }
    let crowd = Crowd::default();
    let (mut intake, good) = at_rest_with_some(&crowd);
    let newer = {
        let file = intake.queue().join("intake.db");
        let store = rusqlite::Connection::open(&file).expect("a store");
        let insert = "INSERT INTO migration VALUES (1000)";
        store.execute(insert, []).expect("a migration of tomorrow");
        drop(store);
        fs::read(file).expect("a store")
    };
    let mut headless = good.clone();
    headless[..100].fill(0);
    let damages: [(&str, Option<&[u8]>, &str); 8] = [
        ("lost", None, "missing or empty"),
        ("empty", Some(b""), "missing or empty"),
        (
            "a text",
            Some(b"This is a note, and no database.\n"),
            "not a database",
        ),
        ("without its head", Some(&headless), "not a database"),
        ("cut in half", Some(&good[..good.len() / 2]), "malformed"),
        (
            "cut by a page",
            Some(&good[..good.len() - PAGE]),
            "malformed",
        ),
        ("cut in its first page", Some(&good[..1000]), "database"),
        ("of a newer version", Some(&newer), "newer version"),
    ];
    for (damage, bytes, words) in damages {
        put(&intake.queue(), bytes);
        let said = refused(&mut intake);
        assert!(said.contains(words), "{damage}: {said}");
        assert!(!said.contains("panicked"), "{damage}: {said}");
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{damage}: {}", checked.out);
        assert!(checked.out.contains(words), "{damage}: {}", checked.out);
        let left = fs::read(intake.queue().join("intake.db")).ok();
        assert_eq!(left.as_deref(), bytes, "{damage}: for people to mend");
    }
    put(&intake.queue(), Some(&good));
    intake.start_again();
    crowd.sum_up("store cut, lost, of another format", damages.len(), &intake);
}

/// The pages that hold nothing, as the list in the file says (SQLite's file format, section 1.5).
fn unused_pages(database: &[u8]) -> Vec<usize> {
    let number = |page: usize, at: usize| {
        let bytes = &database[page * PAGE + at..][..4];
        u32::from_be_bytes(bytes.try_into().expect("four bytes")) as usize
    };
    let mut unused = Vec::new();
    let mut list = number(0, 32);
    while list > 0 {
        let page = list - 1;
        unused.extend((0..number(page, 4)).map(|at| number(page, 8 + 4 * at) - 1));
        list = number(page, 0);
    }
    unused
}

#[test]
fn whichever_page_of_the_store_is_damaged_it_is_said_and_nothing_else_breaks() {
    if is_left_out_on_postgres("there are no files of a database") {
        return;
    }
    let crowd = Crowd::default();
    let (mut intake, good) = at_rest_with_some(&crowd);
    let names = intake.queued(".md");
    let unused = unused_pages(&good);
    let (mut served, mut refusals, mut holding_nothing) = (0, 0, 0);
    // Every third page, with what is not in one at all and with what was erased.
    for (number, page) in (0..good.len() / PAGE).step_by(3).enumerate() {
        let mut damaged = good.clone();
        let filler = [0, 0xa5][number % 2];
        damaged[page * PAGE..(page + 1) * PAGE].fill(filler);
        put(&intake.queue(), Some(&damaged));
        let checked = intake.run(&["check"]);
        if unused.contains(&page) {
            holding_nothing += 1;
        } else {
            assert_eq!(checked.status, Some(1), "page {page}: {}", checked.out);
        }
        if !intake.try_to_start() {
            refusals += 1;
        } else {
            served += 1;
            assert_eq!(intake.get("/").status, 200, "page {page}");
            let answers = Answers::number(1_000_000 + page);
            let token = intake.token();
            let answer = intake.post("/", &answers.sent(&token, "submit"));
            assert!([303, 503].contains(&answer.status), "page {page}");
            intake.kill();
        }
        assert!(!intake.log().contains("panicked"), "page {page}");
    }
    line(
        "a page of the store damaged",
        served + refusals,
        0,
        &[
            ("served all the same", served),
            ("refused to start", refusals),
            ("of pages that hold nothing", holding_nothing),
        ],
    );
    put(&intake.queue(), Some(&good));
    for name in intake.queued(".md") {
        // Those sent meanwhile are in none of its records.
        if !names.contains(&name) {
            fs::remove_file(intake.queue().join(name)).expect("removed");
        }
    }
    intake.start_again();
    crowd.sum_up("then the good store put back", served + refusals, &intake);
}
