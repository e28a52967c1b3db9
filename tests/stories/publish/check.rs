//! The blog's own check, and a full disk under it.

use std::{fs, path::Path};

use crate::{
    queue::SmallDisk,
    support::{Answers, eventually},
};

use super::{Desk, SEED_FILE, STRICT, fails_and_recovers, git};

#[test]
fn a_check_that_fails_without_the_posts_stops_all_and_says_so() {
    let broken = "---\ntitle: \"no end\n---\n";
    fails_and_recovers(
        &[("INTAKE__BLOG__BUILD_COMMAND", STRICT)],
        |desk| desk.webmaster("broken.md", Some(broken)),
        "fails its own check even without the new posts",
        |desk| desk.webmaster("broken.md", None),
    );
}

#[test]
fn a_draft_that_the_check_refuses_is_found_among_many_and_the_others_go_on() {
    let check = "echo checking in $(ls | wc -l) files >&2; ! grep -rq POISON _posts || { echo poisoned; exit 3; }";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let mut ids = Vec::new();
    for number in 0..7 {
        let mut answers = Answers::number(number);
        if number == 2 || number == 5 {
            answers.story.push_str("\n\nPOISON");
        }
        ids.push(desk.approved(&answers, &format!("campaign-{number}")));
    }
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("poisoned"), "{}", ran.err);
    for (number, id) in ids.iter().enumerate() {
        let is_bad = number == 2 || number == 5;
        let expected = if is_bad { "approved" } else { "published" };
        assert_eq!(desk.stage(id), expected);
        assert_eq!(desk.review(id).contains("poisoned"), is_bad);
    }
    assert_eq!(desk.commits().len(), 5);
}

#[test]
fn the_check_sees_no_secret_and_leaves_nothing_behind() {
    let check = "env > $DESK/environment; pwd > $DESK/where";
    let mut desk = Desk::with(&[
        ("INTAKE__BLOG__BUILD_COMMAND", check),
        ("INTAKE__SECRET_KEY", "canary-secret-key-canary-secret-key"),
    ]);
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    let environment = fs::read_to_string(desk.path("environment")).expect("what it saw");
    assert!(environment.contains("DESK="));
    assert!(!environment.contains("canary-secret-key"), "{environment}");
    let place = fs::read_to_string(desk.path("where")).expect("where it ran");
    assert!(!Path::new(place.trim()).exists(), "{place}");
}

#[test]
fn the_check_sees_the_repositories_inside_the_blog() {
    let check = "test -e theme/layout.html && echo more >> theme/layout.html && test ! -e needs-news -o -e theme/news";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let theme = desk.path("theme");
    fs::create_dir(&theme).expect("a folder");
    git(&theme, &["init", "--quiet", "-b", "main"]);
    fs::write(theme.join("layout.html"), "<p>").expect("a layout");
    git(&theme, &["add", "--all"]);
    git(&theme, &["commit", "--quiet", "-m", "A theme"]);
    let files = ["-c", "protocol.file.allow=always", "submodule"];
    let web = desk.path("web");
    git(
        &web,
        &[&files[..], &["--quiet", "add", "../theme", "theme"]].concat(),
    );
    git(&web, &["commit", "--quiet", "-m", "With a theme"]);
    git(&web, &["push", "--quiet"]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    let layout = fs::read_to_string(theme.join("layout.html"));
    assert_eq!(layout.expect("a layout"), "<p>", "the copy is a copy");

    // The blog goes on to another commit of the theme, and to one that nobody has.
    fs::write(theme.join("news"), "").expect("a file");
    git(&theme, &["add", "--all"]);
    git(&theme, &["commit", "--quiet", "-m", "News"]);
    let theme_in = |web: &Path, arguments: &[&str]| {
        let files = ["-c", "protocol.file.allow=always"];
        git(&web.join("theme"), &[&files[..], arguments].concat())
    };
    theme_in(&desk.web(), &["pull", "--quiet", "origin", "main"]);
    desk.webmaster("needs-news", Some(""));
    let other = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.stage(&other), "published");
    let lost = desk.approved(&Answers::number(3), "campaign-3");
    theme_in(
        &desk.web(),
        &["commit", "--quiet", "--allow-empty", "-m", "Not pushed"],
    );
    fs::rename(&theme, desk.path("away")).expect("moved away");
    desk.webmaster("needs-more", Some(""));
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    let told = "repositories inside the blog could not all be had";
    assert!(ran.err.contains(told), "{}", ran.err);
    assert_eq!(desk.stage(&lost), "approved");
}

#[test]
fn what_a_check_leaves_running_is_ended_and_nobody_waits_for_it() {
    let check = "sleep 1000 & echo $! > $DESK/left";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    let left = fs::read_to_string(desk.path("left")).expect("a process");
    let process = Path::new("/proc").join(left.trim()).join("cmdline");
    eventually("its end", || {
        let still = fs::read(&process).unwrap_or_default();
        still.is_empty().then_some(())
    });
}

#[test]
fn a_full_disk_under_the_clone_costs_nothing() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.intake.stop();
    let clone = desk.intake.queue().join("blog");
    fs::remove_dir_all(&clone).expect("the clone gone");
    let disk = SmallDisk::mount(&clone, 2048);
    let host = desk.state();
    let filler = disk.fill();
    let mut refusals = 0;
    // One page more is free at each try, so that the disk is full at every step.
    loop {
        let ran = desk.publish();
        if ran.status == Some(0) {
            break;
        }
        refusals += 1;
        assert_eq!(desk.stage(&id), "approved", "{}", ran.err);
        assert_eq!(desk.state(), host);
        let length = filler.metadata().expect("its length").len();
        filler
            .set_len(length.saturating_sub(4096))
            .expect("a page freed");
        assert!(length > 0, "{}", ran.err);
    }
    println!("{refusals} refusals");
    assert!(refusals > 2, "only {refusals} refusals");
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    filler.set_len(0).expect("the disk freed");
    desk.intake.start_again();
    let next = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.stage(&next), "published");
}

// ---- others at work at the same time ------------------------------------------------------------
