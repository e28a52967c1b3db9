//! Others who push, publish or withdraw at the same time, and kills half way.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use crate::support::{Answers, Visitor, eventually};

use super::{Desk, git};

#[test]
fn what_others_have_pushed_is_brought_in_first() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nNews\n"));
    fs::write(desk.clone().join("a-note-of-the-operator"), "stays").expect("a file");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.stage(&id), "published");
    let about = fs::read_to_string(desk.clone().join("about.md")).expect("a page");
    assert!(about.contains("News"), "the clone has it too");
    assert!(desk.clone().join("a-note-of-the-operator").exists());
}

#[test]
fn a_remote_that_moves_in_the_very_moment_is_met_again() {
    // The check is the moment between fetching and pushing; in it somebody pushes, twice.
    let check = "cd $INTAKE_CHECKOUT/../web && test $(git rev-list --count HEAD) -lt 3 || exit 0; git -c user.name=W -c user.email=w@x commit -q --allow-empty -m 'In between' && git push -q";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.commits().len(), 3, "{:?}", desk.commits());
    assert!(desk.commits()[2].contains("Publish “"));
    let head = git(&desk.host(), &["rev-parse", "main"]);
    assert_eq!(git(&desk.clone(), &["rev-parse", "HEAD"]), head);
}

#[test]
fn a_draft_withdrawn_while_it_is_published_does_not_go_on_the_blog() {
    // The check lasts until the campaigner has acted.
    let check = "touch $INTAKE_CHECKOUT/../checking; until test -e $INTAKE_CHECKOUT/../go-on; do sleep 0.05; done";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let link = desk.intake.submit(&Answers::seed());
    let id = link.split('/').nth(2).expect("an id").to_owned();
    desk.decide(&id, "approve");
    let publishing = desk
        .intake
        .command(&["publish"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    eventually("the check", || desk.path("checking").exists().then_some(()));
    let mut campaigner = Visitor::new();
    let fields = [("action", "withdraw"), ("note", "")];
    let answer = campaigner.fill_in(&desk.intake, &link, &link, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    fs::write(desk.path("go-on"), "").expect("a sign");
    let ended = publishing.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(desk.stage(&id), "withdrawn");
    assert_eq!(desk.commits(), [""; 0]);
}

#[test]
fn a_lock_of_somebody_else_s_git_is_waited_for_and_never_taken_away() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let clone = desk.clone();
    // Somebody adds a file, which takes until we let it go on.
    let filter = "touch ../begun; until test -e ../go-on; do sleep 0.05; done; cat";
    git(&clone, &["config", "filter.slow.clean", filter]);
    fs::write(clone.join(".git/info/attributes"), "new.txt filter=slow").expect("attributes");
    fs::write(clone.join("new.txt"), "hello").expect("a file");
    let adding = Command::new("git")
        .args(["add", "new.txt"])
        .current_dir(&clone)
        .spawn();
    eventually("git at work", || desk.path("begun").exists().then_some(()));
    let publishing = desk
        .intake
        .command(&["publish"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    eventually("the push", || (desk.commits().len() == 1).then_some(()));
    assert!(clone.join(".git/index.lock").exists());
    fs::write(desk.path("go-on"), "").expect("a sign");
    let added = adding.expect("git runs").wait().expect("it ends");
    assert!(added.success(), "somebody's git was disturbed");
    let output = publishing.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "A  new.txt");
}

#[test]
fn two_publishers_at_once_take_turns_and_publish_each_post_once() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", "true")]);
    for number in 0..12 {
        desk.approved(&Answers::number(number), &format!("campaign-{number}"));
    }
    let mut running = Vec::new();
    for _ in 0..3 {
        let child = desk
            .intake
            .command(&["publish"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        running.push(child.expect("the program runs"));
    }
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
    }
    let mut commits = desk.commits();
    commits.sort();
    commits.dedup();
    assert_eq!((commits.len(), desk.commits().len()), (12, 12));
    for id in desk.intake.ids() {
        assert_eq!(desk.stage(&id), "published");
    }
    assert_eq!(git(&desk.clone(), &["status", "--porcelain"]), "");
}

// ---- kills --------------------------------------------------------------------------------------

/// A `git` that kills whoever called it, at one of its calls: before it does its work, after it,
/// or in the midst of it together with itself.
const KILLER: &str = r#"#!/bin/sh
count=$(($(cat "$KILL_FOLDER/count" 2>/dev/null || echo 0) + 1))
echo $count > "$KILL_FOLDER/count"
[ $count -eq "$KILL_AT" ] || exec "$REAL_GIT" "$@"
echo "$@" > "$KILL_FOLDER/killed"
case $KILL_HOW in
before) kill -9 $PPID; exit 1 ;;
after) "$REAL_GIT" "$@"; kill -9 $PPID; exit 1 ;;
midst) kill -9 $PPID; exec "$REAL_GIT" "$@" ;;
esac
"#;

#[test]
fn killed_at_every_step_a_draft_is_published_once_or_still_approved() {
    let real = Command::new("sh").args(["-c", "command -v git"]).output();
    let real = String::from_utf8(real.expect("sh runs").stdout).expect("UTF-8");
    for push in ["true", "false"] {
        for how in ["before", "after", "midst"] {
            let mut desk = Desk::with(&[
                ("INTAKE__BLOG__PUSH", push),
                ("INTAKE__BLOG__BUILD_COMMAND", "true"),
            ]);
            let tools = desk.path("tools");
            fs::create_dir(&tools).expect("a folder");
            fs::write(tools.join("git"), KILLER).expect("a tool");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(tools.join("git"), mode).expect("an executable");
            let path = format!(
                "{}:{}",
                tools.display(),
                std::env::var("PATH").expect("a path")
            );
            let mut kills = 0;
            loop {
                let step = kills + 1;
                let id = desk.approved(&Answers::number(step), &format!("campaign-{step}"));
                let before = if push == "true" {
                    let news = format!("---\nlayout: page\n---\n{step}\n");
                    desk.webmaster("about.md", Some(&news));
                    desk.commits().len()
                } else {
                    0
                };
                let _ = fs::remove_file(tools.join("count"));
                let status = desk
                    .intake
                    .command(&["publish"])
                    .env("PATH", &path)
                    .env("KILL_FOLDER", &tools)
                    .env("KILL_AT", step.to_string())
                    .env("KILL_HOW", how)
                    .env("REAL_GIT", real.trim())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()
                    .expect("the program runs");
                let file = format!("_posts/2025-02-05-campaign-{step}.md");
                if !status.success() {
                    kills += 1;
                    let at = fs::read_to_string(tools.join("killed")).expect("where");
                    assert!(["approved", "published"].contains(&desk.stage(&id).as_str()));
                    desk.publish_well();
                    assert_eq!(desk.stage(&id), "published", "{how} {at}");
                }
                let standing = fs::read_to_string(desk.clone().join(&file)).expect("the post");
                assert_eq!(standing, desk.draft(&id));
                assert_eq!(git(&desk.clone(), &["status", "--porcelain", "-uall"]), "");
                if push == "true" {
                    assert_eq!(desk.commits().len(), before + 1, "{:?}", desk.commits());
                    assert_eq!(desk.on_the_host(&file), Some(desk.draft(&id)));
                }
                let count = git(&desk.clone(), &["log", "--format=%s", "--", &file]);
                assert_eq!(count.lines().count(), 1, "{count}");
                if status.success() {
                    break;
                }
            }
            println!("push {push}, {how}: {kills} kills");
            assert!(kills > 10, "only {kills} kills");
        }
    }
}

#[test]
fn a_landing_cut_off_half_way_is_undone_and_what_somebody_changed_since_stays() {
    let mut desk = Desk::new();
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nNews that came\n"));
    let clone = desk.clone();
    // As a power cut leaves it in the midst of git's work: the note, git's locks, one file written
    // in part, one wholly, the branch not moved.
    git(&clone, &["fetch", "--quiet", "origin"]);
    git(
        &clone,
        &["update-ref", "refs/intake/landing", "origin/main"],
    );
    fs::write(clone.join("about.md"), "---\nlayout: pa").expect("half a page");
    fs::write(clone.join(".git/index.lock"), "half an index").expect("a lock");
    fs::write(clone.join("index.html"), "somebody’s own work").expect("a change");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("undo them: index.html"), "{}", ran.err);
    let index = fs::read_to_string(clone.join("index.html")).expect("a page");
    assert_eq!(index, "somebody’s own work");
    git(&clone, &["checkout", "--quiet", "index.html"]);
    desk.publish_well();
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    assert_eq!(git(&clone, &["for-each-ref", "refs/intake"]), "");
    let about = fs::read_to_string(clone.join("about.md")).expect("a page");
    assert!(about.contains("News that came"));
}

// ---- other ways of working ----------------------------------------------------------------------
