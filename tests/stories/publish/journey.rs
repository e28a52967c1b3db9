//! From the form to the blog, by the desk, the command and a browser.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::{
    chromium::Browser,
    desk_browser::sign_in,
    support::{Answers, Hidden, Oracle, eventually},
};

use super::{Desk, SEED_FILE, STRICT, git, letters_of};

#[test]
fn the_seed_goes_from_the_form_over_the_desk_to_the_blog_and_its_campaigner_hears_where() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__BUILD_COMMAND", STRICT)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");

    let page = format!("/desk/{id}");
    let shown = desk.ann.fill_in(
        &desk.intake,
        &page,
        &page,
        &[("action", "publish"), ("step", "show")],
    );
    assert_eq!(shown.status, 200, "{}", shown.body);
    let address = "https://blog.example/blog/2025/02/05/case-study-tuc";
    assert!(shown.body.contains(address), "{}", shown.body);
    assert_eq!(desk.commits().len(), 0, "so far only shown");
    let hidden = Hidden::in_page(&shown.body);
    let before = hidden.with(&[("action", "publish")]);
    desk.decide(&id, "publish");

    assert_eq!(
        desk.commits(),
        ["Ann Editor <ann@desk.example>: Publish “Case study: Trade Union Campaigns”"]
    );
    let message = git(&desk.host(), &["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains(&format!("Intake-Submission: {id}")),
        "{message}"
    );
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    let head = git(&desk.host(), &["rev-parse", "main"]);
    let record = desk.intake.record(&id);
    assert_eq!(record["stage"], "published");
    assert_eq!(record["publication"]["commit"], head);

    let built = Command::new("jekyll")
        .args(["build", "--strict_front_matter", "--quiet"])
        .current_dir(desk.web())
        .status();
    assert!(
        built
            .expect("jekyll is missing: tests/run installs it")
            .success()
    );
    let site = desk.path("web").join("_site");
    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let mut see = |page: &str, selector: &str| {
        let seen = oracle.ask(&json!([site.join(page), selector]));
        seen["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{seen}"))
            .to_owned()
    };
    let post = "blog/2025/02/05/case-study-tuc.html";
    let title = "Case study: Trade Union Campaigns";
    assert_eq!(see(post, ".post-title"), title);
    assert_eq!(see(post, ".author-link"), "Tim Davies");
    assert_eq!(see(post, ".topic-link"), "People and Participation");
    for listing in [
        "projects/2023-catalysing-communities.html",
        "topics/people-and-participation.html",
        "people/tim-davies.html",
    ] {
        assert!(see(listing, ".listing").contains(title), "{listing}");
    }

    let letter = eventually("the letter with the address", || {
        letters_of(&desk, "is on the blog").pop()
    });
    assert!(letter.headers["To"].contains("zelda.quince@canary.example"));
    assert_eq!(letter.link("https://blog.example"), address);
    assert!(
        letter.html.contains(&format!("href=\"{address}\"")),
        "{}",
        letter.html
    );
    let link = letter.link("http://");
    let (_, private) = link.split_once("/mine/").expect("the private page");
    let mine = desk.intake.get(&format!("/mine/{private}")).body;
    assert!(mine.contains(&format!("href=\"{address}\"")), "{mine}");

    // Nothing of who sent it is in what the world can read now.
    let all = git(&desk.host(), &["log", "-p", "--format=fuller", "main"]);
    assert!(!all.contains("canary.example") && !all.contains("Zelda"));

    desk.publish_well();
    assert_eq!(
        desk.ann.post(&desk.intake, &page, &before).status,
        303,
        "the button pressed twice"
    );
    assert_eq!(desk.commits().len(), 1, "not twice");
}

#[test]
fn an_editor_publishes_mends_and_takes_down_in_a_browser() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let link = desk.intake.submit(&answers);
    let private_page = format!("{}{link}", desk.intake.url);
    let id = link.split('/').nth(2).expect("an id").to_owned();
    desk.edit(
        &id,
        &answers,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    let browser = Browser::start();
    sign_in(&browser, &desk.intake.url, "bo@desk.example", || {
        let letter = eventually("the link", || {
            letters_of(&desk, "Your link to the desk")
                .into_iter()
                .find(|letter| letter.headers["To"].contains("bo@desk.example"))
        });
        letter.link(&desk.intake.url)
    });
    let page = format!("{}/desk/{id}", desk.intake.url);
    browser.open(&page);
    browser.press("approve");
    browser.press("approve");
    browser.look_closely("to-publish");

    let hook = desk.host().join("hooks/pre-receive");
    fs::write(
        &hook,
        "#!/bin/sh\necho 'The blog sleeps at night.'\nexit 1\n",
    )
    .expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("an executable hook");
    browser.press("publish");
    assert_eq!(browser.text("h1"), "Publish: “Trade Union Campaigns”");
    assert!(
        browser
            .value("letter")
            .contains("https://blog.example/blog/2025/02/05/case-study-tuc")
    );
    browser.look_closely("publish");
    browser.press("publish");
    // The page shows by itself how it ends.
    eventually("the reason", || {
        let reason = browser.texts("#trouble pre").pop();
        reason.filter(|reason| reason.contains("sleeps at night"))
    });
    browser.look_closely("not-published");
    browser.open(&format!("{}/desk", desk.intake.url));
    assert_eq!(
        browser.texts(".entries .failed"),
        ["could not be published"]
    );
    browser.look_closely("queue-not-published");
    fs::remove_file(&hook).expect("no hook");

    // Several at once, from the queue.
    browser.click(".entries input");
    browser.press("publish");
    browser.look_closely("several-to-publish");
    browser.press("publish");
    assert_eq!(browser.text(".note"), "1 on the way to the blog.");
    desk.ended(&id);
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(
        desk.commits(),
        ["Bo <bo@desk.example>: Publish “Case study: Trade Union Campaigns”"]
    );
    browser.open(&private_page);
    assert_eq!(browser.text("h1"), "Published");
    browser.look_closely("private-page-published");

    answers.story.push_str("\n\nOne paragraph more.");
    desk.edit(&id, &answers, &[]);
    browser.open(&page);
    browser.look_closely("published-and-changed");
    browser.push("Publish the changes");
    browser.look_closely("being-published");
    desk.ended(&id);
    browser.open(&page);
    assert_eq!(desk.commits().len(), 2);
    assert!(
        browser
            .texts("details pre")
            .iter()
            .all(|text| !text.contains("+One paragraph"))
    );
    browser.look_closely("published");
    browser.follow("Edit");
    assert!(browser.texts("#slug").is_empty(), "the address stays");
    browser.look_closely("edit-published");
    browser.open(&page);
    browser.write("note", "It names a minor.");
    browser.press("unpublish");
    browser.press("unpublish");
    desk.ended(&id);
    assert_eq!(desk.commits().len(), 3);
    assert_eq!(desk.stage(&id), "received");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn many_drafts_are_published_by_one_command_each_in_a_commit_of_its_own() {
    let mut desk = Desk::new();
    let mut ids = Vec::new();
    for number in 1..=3 {
        let answers = Answers::number(number);
        ids.push(desk.approved(&answers, &format!("campaign-{number}")));
    }
    let waiting = desk.submitted(&Answers::number(4));
    let dry = desk.intake.run(&["publish", "--dry-run"]);
    assert_eq!(dry.status, Some(0), "{}", dry.err);
    let out = desk.publish_well();
    for (number, id) in (1..).zip(&ids) {
        assert!(out.contains(id), "{out}");
        assert!(out.contains(&format!("/campaign-{number} ")), "{out}");
        assert_eq!(desk.stage(id), "published");
    }
    assert_eq!(desk.stage(&waiting), "received");
    assert_eq!(
        desk.commits(),
        [1, 2, 3].map(|number| format!(
            "Ann Editor <ann@desk.example>: Publish “Case study: Campaign {number}”"
        ))
    );
    // The difference that was printed before is the one that came.
    let difference = git(
        &desk.host(),
        &["diff", "--no-color", "--no-renames", "main~3", "main"],
    );
    let without_names_of_objects: Vec<&str> = difference
        .lines()
        .filter(|line| !line.starts_with("index "))
        .collect();
    assert_eq!(dry.out.trim_end(), without_names_of_objects.join("\n"));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    let one = desk.approved(&Answers::number(5), "campaign-5");
    let other = desk.approved(&Answers::number(6), "campaign-6");
    let ran = desk.intake.run(&["publish", &other]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(desk.stage(&one), "approved", "only the one that was named");
    let ran = desk.intake.run(&["publish", &waiting, &other]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains(&waiting), "{}", ran.err);
    assert!(ran.out.contains("nothing to do"), "{}", ran.out);
}

#[test]
fn on_a_terminal_a_bar_tells_how_far_it_is() {
    let mut desk = Desk::new();
    for number in 0..6 {
        desk.approved(&Answers::number(number), &format!("campaign-{number}"));
    }
    let publish = desk.intake.command(&["publish"]);
    let output = Command::new("script")
        .args([
            "-qec",
            &format!("{:?} publish", publish.get_program()),
            "/dev/null",
        ])
        .envs(
            publish
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("TERM", "xterm")
        .current_dir(desk.intake.folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("script is missing: tests/run installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("Fetching the blog") && said.contains("0/6"),
        "{said}"
    );
    assert_eq!(desk.commits().len(), 6);
}

#[test]
fn a_dry_run_shows_what_the_remote_has_by_now_and_changes_nothing() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster(
        "_posts/2025-02-05-case-study-tuc.md",
        Some("---\ntitle: x\n---\n"),
    );
    let host = desk.state();
    let record = eventually("letters sent", || {
        let record = desk.intake.record_text(&id);
        (!record.contains("\"pending\"")).then_some(record)
    });
    let ran = desk.intake.run(&["publish", "--dry-run"]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("stands on the blog already"),
        "{}",
        ran.err
    );
    assert_eq!(desk.state(), host);
    assert_eq!(desk.intake.record_text(&id), record);
}

// ---- what may not be overwritten ----------------------------------------------------------------
