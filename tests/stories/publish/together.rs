//! Others who push, publish or withdraw at the same time, and kills half way.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Answers, Intake, Postgres, Visitor, eventually};

use super::{Desk, EDITORS, PERMALINK, SEED_FILE};

#[test]
fn what_others_have_pushed_is_brought_in_first() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nNews\n"));
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.stage(&id), "published");
    assert!(
        desk.on_the_host("about.md")
            .is_some_and(|page| page.contains("News"))
    );
}

#[test]
fn a_remote_that_moves_in_the_very_moment_is_met_again() {
    // The check is the moment between fetching and pushing; in it somebody pushes, twice.
    let check = "cd $DESK/web && test $(git rev-list --count HEAD) -lt 3 || exit 0; git -c user.name=W -c user.email=w@x commit -q --allow-empty -m 'In between' && git push -q";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.commits().len(), 3, "{:?}", desk.commits());
    assert!(desk.commits()[2].contains("Publish “"));
}

#[test]
fn a_draft_withdrawn_while_it_is_published_does_not_go_on_the_blog() {
    // The check lasts until the campaigner has acted.
    let check = "touch $DESK/checking; until test -e $DESK/go-on; do sleep 0.05; done";
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
}

#[test]
fn a_stop_or_a_kill_while_the_blog_is_checked_is_carried_on_after_it() {
    // The check lasts for ever until somebody lets it go on.
    let check = "echo $$ > $DESK/checking; until test -e $DESK/go-on; do sleep 0.05; done";
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", check)]);
    let checking = desk.path("checking");
    for (number, is_kill) in [false, true].into_iter().enumerate() {
        let id = desk.approved(&Answers::number(number), &format!("campaign-{number}"));
        let page = format!("/desk/{id}");
        let publish = [("action", "publish")];
        let answer = desk.ann.fill_in(&desk.intake, &page, &page, &publish);
        assert_eq!(answer.status, 303, "at once");
        eventually("the check", || checking.exists().then_some(()));
        let shown = desk.review(&id);
        assert!(shown.contains("It’s being published"), "{shown}");
        assert!(shown.contains("Checking the blog since"), "{shown}");
        assert!(shown.contains("Ann Editor asked for this"), "{shown}");
        if is_kill {
            desk.intake.kill();
        } else {
            let began = Instant::now();
            desk.intake.stop();
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "it waits for the check"
            );
        }
        assert_eq!(desk.stage(&id), "approved");
        fs::write(desk.path("go-on"), "").expect("a sign");
        desk.intake.start_again();
        desk.ended(&id);
        assert_eq!(desk.stage(&id), "published");
        for file in [desk.path("go-on"), checking.clone()] {
            fs::remove_file(file).expect("for the next");
        }
    }
    assert_eq!(desk.commits().len(), 2);
}

#[test]
fn of_two_instances_one_publishes_and_the_other_goes_on_when_it_dies() {
    const MANY: usize = 6;
    // One check at a time; each lasts until somebody lets it go on.
    let check = "mkdir $DESK/lock || echo two > $DESK/two; pwd > $DESK/checking; until test -e $DESK/go-on; do sleep 0.05; done; rmdir $DESK/lock";
    let database = Postgres::shared().database();
    let settings = [
        ("INTAKE__DATA", database.as_str()),
        ("INTAKE__BLOG__BUILD_COMMAND", check),
    ];
    let mut desk = Desk::with(&settings);
    let place = desk.intake.folder.path().to_string_lossy().into_owned();
    let host = desk.host().to_string_lossy().into_owned();
    let mut other = Intake::at_rest_with(&settings);
    for (name, value) in [
        ("INTAKE__EDITORS", EDITORS),
        ("INTAKE__BLOG__URL", &host),
        ("INTAKE__BLOG__FETCH_EVERY", "300 milliseconds"),
        ("DESK", &place),
    ] {
        other.set(name, value);
    }
    other.case_study(&[(
        PERMALINK,
        "https://blog.example/blog/{year}/{month}/{day}/{slug}",
    )]);
    other.start_again();
    let ids: Vec<String> = (0..MANY)
        .map(|number| desk.approved(&Answers::number(number), &format!("campaign-{number}")))
        .collect();
    for (number, id) in ids.iter().enumerate() {
        let page = format!("/desk/{id}");
        let intake = [&desk.intake, &other][number % 2];
        let answer = desk
            .ann
            .fill_in(intake, &page, &page, &[("action", "publish")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let where_from = eventually("a check", || {
        let place = fs::read_to_string(desk.path("checking")).ok()?;
        (!place.is_empty()).then_some(place)
    });
    let is_first = where_from.starts_with(&place);
    let (dies, lives) = match is_first {
        true => (&mut desk.intake, &other),
        false => (&mut other, &desk.intake),
    };
    assert_eq!(lives.watched("/readyz").status, 200);
    dies.kill();
    // What it had begun is ended with it, as by a restart of the machine.
    let left = Command::new("pkill").args(["-9", "-f", "go-on"]).status();
    assert!(left.expect("pkill runs").success());
    fs::remove_dir(desk.path("lock")).expect("its lock");
    fs::write(desk.path("go-on"), "").expect("a sign");
    let lives = if is_first { &other } else { &desk.intake };
    for id in &ids {
        eventually("the post", || {
            (lives.record(id)["stage"] == "published").then_some(())
        });
    }
    assert_eq!(desk.commits().len(), MANY);
    assert!(!desk.path("two").exists(), "two at once");
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
    for how in ["before", "after", "midst"] {
        let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", "true")]);
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
        // The last one of each kind begins without a clone.
        for is_there in [true, false] {
            let mut step = 0;
            loop {
                step += 1;
                let slug = format!("campaign-{step}-{is_there}");
                let id = desk.approved(&Answers::number(step), &slug);
                let news = format!("---\nlayout: page\n---\n{step} {is_there}\n");
                desk.webmaster("about.md", Some(&news));
                let before = desk.commits().len();
                let _ = fs::remove_file(tools.join("count"));
                if !is_there {
                    desk.intake.stop();
                    let clone = desk.intake.queue().join("blog/clone.git");
                    fs::remove_dir_all(clone).expect("the clone");
                }
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
                if !is_there {
                    desk.intake.start_again();
                }
                if !status.success() {
                    kills += 1;
                    let at = fs::read_to_string(tools.join("killed")).expect("where");
                    assert!(["approved", "published"].contains(&desk.stage(&id).as_str()));
                    desk.publish_well();
                    assert_eq!(desk.stage(&id), "published", "{how} {at}");
                }
                let file = format!("_posts/2025-02-05-{slug}.md");
                assert_eq!(desk.commits().len(), before + 1, "{:?}", desk.commits());
                assert_eq!(desk.on_the_host(&file), Some(desk.draft(&id)));
                if status.success() {
                    break;
                }
            }
        }
        println!("{how}: {kills} kills");
        assert!(kills > 10, "only {kills} kills");
    }
}

#[test]
fn a_clone_that_is_damaged_is_made_anew() {
    let mut desk = Desk::new();
    let clone = desk.intake.queue().join("blog/clone.git");
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    for (number, damage) in ["objects", "HEAD", "refs", "config"]
        .into_iter()
        .enumerate()
    {
        desk.webmaster("about.md", Some(damage));
        let path = clone.join(damage);
        if path.is_dir() {
            fs::remove_dir_all(&path).expect("a part of the clone");
        } else {
            fs::write(&path, "\0damaged").expect("a part of the clone");
        }
        if number > 0 {
            desk.approved(&Answers::number(number), &format!("campaign-{number}"));
        }
        desk.publish_well();
    }
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.commits().len(), 8);
}

// ---- other ways of working ----------------------------------------------------------------------
