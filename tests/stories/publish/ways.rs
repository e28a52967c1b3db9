//! Other ways to publish, what the desk offers, and how long it takes.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Instant};

use crate::support::{Answers, Intake, Visitor, eventually};

use super::{ANN, Desk, EDITORS, PERMALINK, SEED_FILE, STRICT, git, letters_of};

#[test]
fn for_those_who_merge_each_post_gets_a_branch_of_its_own() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__BRANCH", "case-study/{slug}")]);
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    let other = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.commits(), [""; 0], "main waits for the merge");
    let branches = git(
        &desk.host(),
        &["for-each-ref", "--format=%(refname:short)", "refs/heads"],
    );
    assert_eq!(
        branches,
        "case-study/campaign-2\ncase-study/case-study-tuc\nmain"
    );
    let on = |file: &str| {
        git(
            &desk.host(),
            &["show", &format!("case-study/case-study-tuc:{file}")],
        )
    };
    assert_eq!(on(SEED_FILE), desk.draft(&id).trim_end());
    assert_eq!(desk.stage(&id), "approved", "until it is merged");
    assert!(desk.review(&id).contains("shows once the branch is merged"));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    // A change before the merge goes on the same branch.
    answers.story.push_str("\n\nMore.");
    desk.edit(&id, &answers, &[]);
    desk.publish_well();
    let count = ["rev-list", "--count", "main..case-study/case-study-tuc"];
    assert_eq!(git(&desk.host(), &count), "2");

    // It is merged by hand, and that is seen.
    let merge = |desk: &Desk, how: &str, branch: &str| {
        let web = desk.web();
        let branch = format!("origin/{branch}");
        git(&web, &["merge", "--quiet", how, "-m", "Merge", &branch]);
        if how == "--squash" {
            git(&web, &["commit", "--quiet", "-m", "All of it in one"]);
        }
        git(&web, &["push", "--quiet"]);
    };
    merge(&desk, "--no-ff", "case-study/case-study-tuc");
    eventually("the merge seen", || {
        (desk.stage(&id) == "published").then_some(())
    });
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(
        letter
            .text
            .contains("blog.example/blog/2025/02/05/case-study-tuc")
    );
    assert_eq!(desk.stage(&other), "approved");

    // A change after it goes on a new one, which is put into the blog as one commit.
    answers.story.push_str("\n\nStill more.");
    desk.edit(&id, &answers, &[]);
    desk.publish_well();
    assert_eq!(git(&desk.host(), &count), "1");
    assert_eq!(
        on_branch(&desk, "case-study/case-study-tuc", SEED_FILE),
        desk.draft(&id).trim_end()
    );
    assert_eq!(desk.stage(&id), "published");
    merge(&desk, "--squash", "case-study/case-study-tuc");
    eventually("the merge seen", || {
        let publication = &desk.intake.record(&id)["publication"];
        (publication["is_to_be_merged"] == false).then_some(())
    });
    assert_eq!(letters_of(&desk, "is on the blog").len(), 1);

    // The other's branch is changed, then closed, which the desk tells.
    let web = desk.web();
    git(&web, &["switch", "--quiet", "case-study/campaign-2"]);
    git(
        &web,
        &["commit", "--quiet", "--allow-empty", "-m", "By another"],
    );
    git(&web, &["push", "--quiet"]);
    git(&web, &["switch", "--quiet", "main"]);
    eventually("the change seen", || {
        desk.review(&other)
            .contains("someone has changed it")
            .then_some(())
    });
    git(
        &web,
        &["push", "--quiet", "origin", ":case-study/campaign-2"],
    );
    eventually("the end seen", || {
        desk.review(&other)
            .contains("gone from the host")
            .then_some(())
    });

    desk.decide(&id, "unpublish");
    let letter = eventually("the letter", || {
        letters_of(&desk, "about to leave the blog").pop()
    });
    assert!(
        letter.text.contains("It will be gone in a few days"),
        "{}",
        letter.text
    );
    assert!(desk.review(&id).contains("once its branch is merged"));
}

#[test]
fn what_is_withdrawn_before_the_merge_takes_its_branch_along() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__BRANCH", "case-study/{slug}")]);
    let hook = desk.host().join("hooks/post-receive");
    let says = "#!/bin/sh\necho 'Create a pull request:'\necho '  https://git.example/pull/new/case-study/case-study-tuc'\n";
    fs::write(&hook, says).expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("an executable hook");
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.decide(&id, "publish");
    let page = desk.review(&id);
    let link = "href=\"https://git.example/pull/new/case-study/case-study-tuc\"";
    assert!(page.contains(link), "{page}");
    desk.decide(&id, "take_back");
    eventually("the branch removed", || {
        (!desk.state().contains("case-study")).then_some(())
    });
    eventually("that noted", || {
        desk.intake.record(&id)["publication"]
            .is_null()
            .then_some(())
    });
}

fn on_branch(desk: &Desk, branch: &str, file: &str) -> String {
    git(&desk.host(), &["show", &format!("{branch}:{file}")])
}

#[test]
fn without_a_repository_the_desk_gives_the_file_and_takes_the_editors_word() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__EDITORS", EDITORS)]);
    intake.case_study(&[(PERMALINK, "https://blog.example/{slug}")]);
    intake.start_again();
    let ann = Visitor::sign_in(&intake, ANN);
    let mut desk = Desk { intake, ann };
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("`blog.url` is not set"), "{}", ran.err);
    let page = desk.review(&id);
    assert!(
        page.contains("post.patch") && page.contains("I’ve put it on the blog"),
        "{page}"
    );
    desk.decide(&id, "publish");
    assert_eq!(desk.stage(&id), "published");
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(letter.text.contains("https://blog.example/case-study-tuc"));
    desk.decide(&id, "unpublish");
    assert_eq!(desk.stage(&id), "received");
}

// ---- the blog's own words -----------------------------------------------------------------------

#[test]
fn topics_projects_and_authors_are_the_blog_s_and_change_with_it() {
    let mut desk = Desk::new();
    let form = desk.intake.get("/").body;
    assert!(form.contains("value=\"Health\""), "{form}");
    assert!(
        !form.contains("Civil society countervailing power"),
        "not the configured list"
    );
    for (file, text) in [
        (
            "_topics/new.md",
            "---\r\ntitle: \"Housing: a right\"\r\n---\r\n",
        ),
        ("_topics/bom.md", "\u{feff}---\ntitle: With a mark\n---\n"),
        (
            "_projects/new.md",
            "---\ntitle: Old name\ntitle: New name\nsites:\n  -\n---\n",
        ),
        ("_people/jo-new.md", "---\nrole: [\n---\n"),
    ] {
        desk.webmaster(file, Some(text));
    }
    desk.seen();
    let form = desk.intake.get("/").body;
    for title in ["Housing: a right", "With a mark"] {
        assert!(form.contains(&format!("value=\"{title}\"")), "{form}");
    }
    let id = desk.submitted(&Answers::seed());
    let edit = desk.ann.get(&desk.intake, &format!("/desk/{id}/edit")).body;
    for title in ["Housing: a right", "New name", "Jo New"] {
        assert!(
            edit.contains(&format!("value=\"{title}\"")),
            "{title}: {edit}"
        );
    }
    assert!(!edit.contains("Old name"));
    desk.webmaster("_topics/new.md", None);
    desk.seen();
    assert!(!desk.intake.get("/").body.contains("Housing"));
}

#[test]
fn what_the_blog_would_show_wrongly_is_not_published() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let good = desk.approved(&Answers::number(2), "campaign-2");
    let other = desk.approved(&Answers::number(3), "campaign-3");
    desk.edit(
        &other,
        &Answers::number(3),
        &[("author", "Zoë Okonkwo"), ("slug", "campaign-3")],
    );
    desk.webmaster(
        "_projects/2023-catalysing-communities.md",
        Some("---\ntitle: Catalysing Community Campaigns\n---\n"),
    );
    let edit = format!("/desk/{id}/edit");
    let fields = [("author", "Tim Davis"), ("slug", "case-study-tuc")];
    let misspelt = desk.ann.fill_in(&desk.intake, &edit, &edit, &fields);
    assert_eq!(misspelt.status, 422, "{}", misspelt.body);
    // Its author has a page when it is chosen, and none any more when it is published.
    desk.edit(
        &id,
        &Answers::seed(),
        &[("author", "Niamh O'Connor"), ("slug", "case-study-tuc")],
    );
    desk.webmaster("_people/niamh-oconnor.md", None);
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("no page for “Niamh O'Connor” (Author)"),
        "{}",
        ran.err
    );
    assert_eq!(desk.stage(&id), "approved");
    assert_eq!(desk.stage(&good), "published");
    assert_eq!(desk.stage(&other), "published");
}

#[test]
fn the_check_command_tells_whether_the_blog_can_be_published_to() {
    let desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", STRICT)]);
    let ran = desk.intake.run(&["check"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    for line in [
        "ok     blog read: up to",
        "ok     blog pushed: it takes main",
        "ok     blog check: passes",
        "ok     form case-study: its fields, template and defaults fit",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let wrong = |setting: (&str, &str), line: &str| {
        let mut command = desk.intake.command(&["check"]);
        let output = command.env(setting.0, setting.1).output().expect("it runs");
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{out}");
        assert!(out.contains(line), "{line} in {out}");
    };
    wrong(
        ("INTAKE__BLOG__URL", "nowhere"),
        "WRONG  blog read: The blog’s repository cannot be read",
    );
    wrong(
        ("INTAKE__BLOG__BRANCH", "live"),
        "has no branch live; it has main",
    );
    wrong(
        ("INTAKE__BLOG__BUILD_COMMAND", "echo it is late; false"),
        "fails: it is late",
    );
    for (shipped, own, line) in [
        (
            "default: Tim Davies",
            "default: Nobody",
            "WRONG  form case-study: the default of `author` is “Nobody”, which is not among the blog’s pages",
        ),
        (
            "default: People and Participation",
            "default: [Sport]",
            "the default of `topics` is “Sport”",
        ),
    ] {
        desk.intake.case_study(&[(shipped, own)]);
        let ran = desk.intake.run(&["check"]);
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.out.contains(line), "{line} in {}", ran.out);
    }
    desk.intake.case_study(&[]);
    let hook = desk.host().join("hooks/pre-receive");
    assert!(!hook.exists());
    fs::rename(desk.host(), desk.path("away")).expect("moved away");
    wrong(
        ("INTAKE__BLOG__SITE", "_site"),
        "WRONG  blog read: The blog’s repository cannot be read",
    );
    fs::rename(desk.path("away"), desk.host()).expect("moved back");
}

// ---- many ---------------------------------------------------------------------------------------

#[test]
fn a_thousand_drafts_take_a_fraction_of_the_time_of_committing_them_by_hand() {
    const MANY: usize = 1_000;
    let mut desk = Desk::new();
    let template = desk.approved(&Answers::seed(), "case-study-tuc");
    // The same record under other ids and addresses, as files that an earlier version has left.
    let record = eventually("letters sent", || {
        let record = desk.intake.record_text(&template);
        (!record.contains("\"pending\"")).then_some(record)
    });
    desk.intake.stop();
    desk.intake.forget_take_over();
    for number in 1..MANY {
        let id = format!("{}{number:012x}", &template[..24]);
        let slug = format!("campaign-{number}");
        let text = record
            .replace(&template, &id)
            .replace("case-study-tuc", &slug)
            .replace("Trade Union Campaigns", &format!("Campaign {number}"));
        fs::write(desk.intake.queue().join(format!("{id}.json")), text).expect("a record");
    }
    // They are taken over by the first command.
    assert_eq!(desk.intake.run(&["list"]).status, Some(0));
    let started = Instant::now();
    desk.publish_well();
    let ours = started.elapsed();
    assert_eq!(desk.commits().len(), MANY);

    let by_hand = desk.path("by-hand");
    git(
        desk.intake.folder.path(),
        &["clone", "--quiet", "blog.git", "by-hand"],
    );
    git(
        &by_hand,
        &["reset", "--quiet", "--hard", &format!("HEAD~{MANY}")],
    );
    let posts: Vec<PathBuf> = fs::read_dir(desk.web().join("_posts"))
        .expect("posts")
        .map(|entry| entry.expect("a post").path())
        .filter(|path| path.to_string_lossy().contains("2025-02-05"))
        .collect();
    assert_eq!(posts.len(), MANY);
    let started = Instant::now();
    for post in &posts {
        let name = post.file_name().expect("a name");
        let file = by_hand.join("_posts").join(name);
        fs::copy(post, &file).expect("a copy");
        git(&by_hand, &["add", &file.to_string_lossy()]);
        git(&by_hand, &["commit", "--quiet", "-m", "By hand"]);
    }
    let hand = started.elapsed();
    println!("{MANY} drafts: published in {ours:?}, committed by hand in {hand:?}");
    // 0.11 to 0.24 of it, as much else as the machine does.
    assert!(ours * 3 < hand, "{ours:?} against {hand:?}");
    desk.intake.start_again();
}
