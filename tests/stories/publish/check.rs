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
    assert_eq!(git(&desk.clone(), &["status", "--porcelain", "-uall"]), "");
}

#[test]
fn the_check_sees_no_secret_and_leaves_nothing_in_the_clone() {
    let check = "env > $INTAKE_CHECKOUT/../environment; touch made-by-the-check; pwd > $INTAKE_CHECKOUT/../where";
    let mut desk = Desk::with(&[
        ("INTAKE__BLOG__BUILD_COMMAND", check),
        ("INTAKE__SECRET_KEY", "canary-secret-key-canary-secret-key"),
    ]);
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    let environment = fs::read_to_string(desk.path("environment")).expect("what it saw");
    assert!(environment.contains("INTAKE_CHECKOUT="));
    assert!(!environment.contains("canary-secret-key"), "{environment}");
    let place = fs::read_to_string(desk.path("where")).expect("where it ran");
    assert!(!Path::new(place.trim()).exists(), "{place}");
    assert!(!desk.clone().join("made-by-the-check").exists());
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
    let clone = desk.clone();
    git(&clone, &["pull", "--quiet"]);
    git(
        &clone,
        &["config", "submodule.theme.url", &theme.to_string_lossy()],
    );
    git(
        &clone,
        &[&files[..], &["--quiet", "update", "--init"]].concat(),
    );
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    let layout = fs::read_to_string(clone.join("theme/layout.html"));
    assert_eq!(layout.expect("a layout"), "<p>", "the copy is a copy");

    // The blog goes on to a commit of the theme that the clone has not.
    fs::write(theme.join("news"), "").expect("a file");
    git(&theme, &["add", "--all"]);
    git(&theme, &["commit", "--quiet", "-m", "News"]);
    git(&web, &["pull", "--quiet", "--ff-only"]);
    git(
        &web.join("theme"),
        &[
            "-c",
            "protocol.file.allow=always",
            "pull",
            "--quiet",
            "origin",
            "main",
        ],
    );
    desk.webmaster("needs-news", Some(""));
    let other = desk.approved(&Answers::number(2), "campaign-2");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("Run `git submodule update --init`"),
        "{}",
        ran.err
    );
    git(&clone, &["pull", "--quiet", "--ff-only"]);
    git(
        &clone,
        &[&files[..], &["--quiet", "update", "--init"]].concat(),
    );
    desk.publish_well();
    assert_eq!(desk.stage(&other), "published");
}

#[test]
fn what_a_check_leaves_running_is_ended_and_nobody_waits_for_it() {
    let check = "sleep 1000 & echo $! > $INTAKE_CHECKOUT/../left";
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
    let disk = SmallDisk::mount(&desk.path("disk"), 2048);
    git(&disk.folder, &["clone", "--quiet", "../blog.git", "clone"]);
    fs::remove_dir_all(desk.clone()).expect("the other clone gone");
    desk.intake.set("INTAKE__BLOG__PATH", "disk/clone");
    let clone = disk.folder.join("clone");
    // The lock is there from an earlier run.
    fs::create_dir_all(clone.join(".git/intake")).expect("a folder");
    fs::write(clone.join(".git/intake/turn"), "").expect("a lock");
    let (before, host) = (desk.state(&clone), desk.state(&desk.host()));
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
        assert_eq!(desk.state(&clone), before, "{}", ran.err);
        assert_eq!(desk.state(&desk.host()), host);
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
    let next = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.stage(&next), "published");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    let head = git(&desk.host(), &["rev-parse", "main"]);
    assert_eq!(git(&clone, &["rev-parse", "HEAD"]), head);
}

// ---- others at work at the same time ------------------------------------------------------------
