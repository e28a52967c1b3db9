//! Everything in one file, and back.

use std::{collections::BTreeSet, fs};

use crate::support::{Answers, Intake, Visitor, eventually};

/// A service with two submissions, one of them approved and then stopped.
fn with_two() -> (Intake, Vec<String>) {
    let mut intake = Intake::start();
    let links = [1, 2].map(|number| intake.submit(&Answers::number(number)));
    let desk = format!("/desk/{}", links[0].split('/').nth(2).expect("an id"));
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let approved = editor.fill_in(&intake, &desk, &desk, &[("action", "approve")]);
    assert_eq!(approved.status, 303, "{}", approved.body);
    for link in &links {
        let id = link.split('/').nth(2).expect("an id").to_owned();
        eventually("the letters recorded", || {
            let states = intake.letter_states(&id);
            states
                .iter()
                .all(|(state, _)| state == "sent")
                .then_some(())
        });
    }
    assert_eq!(intake.queued(".md").len(), 2);
    let ran = intake.run(&["backup", "all.backup"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("2 submissions"), "{}", ran.out);
    intake.stop();
    (intake, links.to_vec())
}

#[test]
fn a_backup_made_while_the_service_runs_brings_everything_back_elsewhere() {
    let (from, links) = with_two();
    let backup = from.folder.path().join("all.backup");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(&backup).expect("a backup").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "it holds all that is private");

    let mut to = Intake::at_rest_with(&[]);
    let ran = to.run(&["restore", backup.to_str().expect("a path")]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("2 submissions restored"), "{}", ran.out);
    assert_eq!(to.ids(), from.ids());
    for id in from.ids() {
        assert_eq!(to.record_text(&id), from.record_text(&id));
        let draft = format!("{id}.md");
        assert_eq!(to.queue_file(&draft), from.queue_file(&draft));
    }
    let names = |intake: &Intake| {
        let table = intake.table("likeness");
        let names = table.lines().filter_map(|row| row.split('|').next());
        names.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert!(names(&to).len() > 10);
    assert_eq!(names(&to), names(&from), "duplicates are found as before");
    // The private links go on, as the secret came along, and nothing is sent again.
    to.start_again();
    for link in &links {
        assert_eq!(to.get(link).status, 200);
    }
    Visitor::sign_in(&to, "editor@example.org");
    assert_eq!(to.mailbox().len(), 1, "the link to sign in");

    let again = to.run(&["restore", backup.to_str().expect("a path")]);
    assert_eq!(again.status, Some(1));
    assert!(again.err.contains("not empty"), "{}", again.err);
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_of_it_restored() {
    let (from, _) = with_two();
    let whole = fs::read(from.folder.path().join("all.backup")).expect("a backup");
    let to = Intake::at_rest_with(&[]);
    let file = to.folder.path().join("damaged");
    let mut damaged: Vec<(String, Vec<u8>)> = Vec::new();
    for cut in [0, 1, 10, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        damaged.push((format!("cut after {cut} bytes"), whole[..cut].to_vec()));
    }
    let step = whole.len() / 40 + 1;
    for at in (0..whole.len() - 1).step_by(step) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x11;
        damaged.push((format!("byte {at}"), bytes));
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    damaged.push((
        "a line left out".into(),
        [&lines[..2], &lines[3..]].concat().concat(),
    ));
    damaged.push((
        "a line twice".into(),
        [&lines[..3], &lines[2..]].concat().concat(),
    ));
    damaged.push((
        "more at the end".into(),
        [&lines[..], &lines[2..3]].concat().concat(),
    ));
    for (what, bytes) in damaged {
        fs::write(&file, bytes).expect("a file");
        let ran = to.run(&["restore", "damaged"]);
        assert_eq!(ran.status, Some(1), "{what}: {}", ran.out);
        assert!(
            ran.err.contains("othing was restored"),
            "{what}: {}",
            ran.err
        );
        assert!(to.ids().is_empty() && to.queued(".md").is_empty(), "{what}");
    }
    fs::write(&file, whole).expect("a file");
    assert_eq!(to.run(&["restore", "damaged"]).status, Some(0));
    assert_eq!(to.ids().len(), 2);
}
