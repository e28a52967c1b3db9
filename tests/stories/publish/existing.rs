//! Posts that are on the blog already: changed, moved, foreign, known again, taken down.

use std::fs;

use crate::{
    support::{Answers, Visitor, eventually, value_of},
    valid::Pages,
};

use super::{Desk, SEED_FILE, git, letters_of};

#[test]
fn a_changed_draft_becomes_an_update_of_the_same_file_and_no_second_letter() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    answers.story.push_str("\n\nOne paragraph more.");
    desk.edit(
        &id,
        &answers,
        &[("slug", "another-address"), ("date", "2026-01-01")],
    );
    let page = desk.review(&id);
    assert!(page.contains("Changes not on the blog yet"), "{page}");
    assert!(page.contains("+One paragraph more."), "{page}");
    let queue = desk.ann.get(&desk.intake, "/desk").body;
    assert!(queue.contains("changes not on the blog yet"), "{queue}");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);
    assert!(desk.commits()[1].ends_with("Update “Case study: Trade Union Campaigns”"));
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.stage(&id), "published");
    eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    let mail = desk.intake.record(&id)["mail"].to_string();
    assert_eq!(mail.matches("\"published\"").count(), 1, "{mail}");
}

#[test]
fn what_was_edited_on_the_blog_since_stops_that_draft_only_and_shows_the_difference() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    let edited = desk.draft(&id).replace("_An intro._", "_Mended by hand._");
    desk.webmaster(SEED_FILE, Some(&edited));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");
    answers.title = "Trade Union Campaigns, anew".into();
    desk.edit(&id, &answers, &[]);
    let other = desk.approved(&Answers::number(2), "campaign-2");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    for sign in [
        "was edited on the blog since",
        "-_Mended by hand._",
        "+_An intro._",
    ] {
        assert!(ran.err.contains(sign), "{}", ran.err);
        assert!(desk.review(&id).contains(sign), "on the desk: {sign}");
    }
    assert!(
        desk.ann
            .get(&desk.intake, "/desk")
            .body
            .contains("could not be published")
    );
    assert_eq!(desk.stage(&other), "published");
    assert_eq!(desk.on_the_host(SEED_FILE).as_ref(), Some(&edited));

    // Nor is it removed with what somebody else has written; removed by hand, it is off the desk's
    // list as well, and can be put on again.
    let ran = desk.intake.run(&["take-down", &id]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("+_Mended by hand._"), "{}", ran.err);
    assert_eq!(desk.on_the_host(SEED_FILE).as_ref(), Some(&edited));
    desk.webmaster(SEED_FILE, None);
    desk.decide(&id, "unpublish");
    desk.decide(&id, "approve");
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert!(!desk.review(&id).contains("was edited on the blog since"));
}

#[test]
fn what_was_edited_on_the_blog_is_taken_over_and_stays_or_is_published_over() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    desk.seen();
    let page = format!("/desk/{id}/compare");
    let compare = desk.ann.get(&desk.intake, &page).body;
    assert!(
        compare.contains("has the words that were published from here"),
        "{compare}"
    );

    let mut pages = Pages::default();
    pages.keep_text("compare-same", &compare);
    pages.keep_text("review-published", &desk.review(&id));

    let edited = desk.draft(&id).replace("_An intro._", "_Mended by hand._");
    desk.webmaster(SEED_FILE, Some(&edited));
    desk.seen();
    let compare = desk.ann.get(&desk.intake, &page).body;
    for sign in ["<del>_An intro._</del>", "<ins>_Mended by hand._</ins>"] {
        assert!(compare.contains(sign), "{sign}: {compare}");
    }
    pages.keep_text("compare", &compare);
    let act = |desk: &mut Desk, fields: &[(&str, &str)]| {
        let shown = value_of(&desk.ann.get(&desk.intake, &page).body, "shown");
        let shown = shown.expect("what is shown");
        let fields = [fields, &[("shown", shown.as_str())]].concat();
        desk.ann.fill_in(&desk.intake, &page, &page, &fields)
    };
    // Only what was shown is decided about.
    let of_another = [("action", "take_over"), ("shown", "x")];
    let unseen = desk.ann.fill_in(&desk.intake, &page, &page, &of_another);
    assert_eq!(unseen.status, 409, "{}", unseen.body);
    let taken = act(&mut desk, &[("action", "take_over")]);
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert_eq!(desk.draft(&id), edited);
    assert!(
        desk.review(&id)
            .contains("kept what was changed on the blog")
    );
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    // What is edited on the desk later has both.
    answers.story.push_str("\n\nOne paragraph more.");
    desk.edit(&id, &answers, &[]);
    let both = desk.draft(&id);
    assert!(
        both.contains("_Mended by hand._") && both.contains("One paragraph more."),
        "{both}"
    );
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(both.clone()));

    // Both sides change the same line: it is not taken over, but published over, asked twice.
    let theirs = both.replace("One paragraph more.", "One paragraph, theirs.");
    desk.webmaster(SEED_FILE, Some(&theirs));
    desk.seen();
    answers.story = answers.story.replace("paragraph more", "paragraph, ours");
    desk.edit(&id, &answers, &[]);
    let refused = act(&mut desk, &[("action", "take_over")]);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("The same part was changed here too"));
    let asked = act(&mut desk, &[("action", "overrule")]);
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.body.contains("Replace the changes made on the blog?"));
    pages.keep_text("compare-asked", &asked.body);
    pages.keep_text("compare-refused", &refused.body);
    pages.assert_valid();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(theirs));
    let done = act(&mut desk, &[("action", "overrule"), ("sure", "yes")]);
    assert_eq!(done.status, 303, "{}", done.body);
    desk.ended(&id);
    let ours = desk.draft(&id);
    assert!(ours.contains("One paragraph, ours.") && ours.contains("_Mended by hand._"));
    assert_eq!(desk.on_the_host(SEED_FILE), Some(ours));
    assert_eq!(desk.stage(&id), "published");
}

#[test]
fn a_post_that_was_moved_on_the_blog_is_not_said_to_be_gone() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    let web = desk.web();
    git(&web, &["mv", SEED_FILE, "_posts/2025-03-01-moved.md"]);
    git(&web, &["commit", "--quiet", "-m", "Moved"]);
    git(&web, &["push", "--quiet"]);
    assert_eq!(desk.press(&id, "unpublish").status, 303);
    assert_eq!(desk.stage(&id), "published");
    let told = "was moved to _posts/2025-03-01-moved.md";
    assert!(desk.review(&id).contains(told));
    answers.title.push_str(", anew");
    desk.edit(&id, &answers, &[]);
    assert!(desk.publish().err.contains(told));
    assert!(
        !desk.intake.record(&id)["mail"]
            .to_string()
            .contains("taken_down")
    );

    // Once it has gone from there, too, it is gone; what came in the same commit and has only the
    // usual lines in common with it is another post.
    let web = desk.path("web");
    git(&web, &["rm", "--quiet", "_posts/2025-03-01-moved.md"]);
    let another = desk.draft(&id).replace(
        &Answers::seed().story,
        &"Another story altogether, of another campaign. ".repeat(25),
    );
    desk.webmaster("_posts/2025-04-01-another.md", Some(&another));
    desk.decide(&id, "unpublish");
    assert_eq!(desk.stage(&id), "received");
}

#[test]
fn a_file_that_is_not_ours_stops_the_draft_whatever_its_ending() {
    let mut desk = Desk::new();
    let foreign = "---\ntitle: Somebody else’s\n---\nText\n";
    let posts = [
        ("_posts/2025-02-05-one.md", "one"),
        ("_posts/2025-02-05-two.markdown", "two"),
        ("_posts/old/2025-02-05-Four.md", "four"),
        ("_posts/2025-2-5-five.md", "five"),
        ("blog/_posts/2025-02-05-six.md", "six"),
    ];
    for folder in ["_posts/old", "blog/_posts"] {
        fs::create_dir_all(desk.path("web").join(folder)).expect("a folder");
    }
    let ids: Vec<String> = posts
        .iter()
        .map(|(file, slug)| {
            desk.webmaster(file, Some(foreign));
            desk.approved(&Answers::number(file.len()), slug)
        })
        .collect();
    let good = desk.approved(&Answers::number(91), "three");
    let same = desk.approved(&Answers::number(92), "three");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("-title: Somebody else’s"), "{}", ran.err);
    assert!(ran.err.contains("two.markdown"), "{}", ran.err);
    for twin in ["old/2025-02-05-Four.md", "2025-2-5-five.md", "blog/_posts/"] {
        assert!(ran.err.contains(twin), "{twin}: {}", ran.err);
    }
    assert!(ran.err.contains(&format!("another submission, {good}")));
    for id in &ids {
        assert_eq!(desk.stage(id), "approved");
    }
    for (file, _) in posts {
        assert_eq!(desk.on_the_host(file).as_deref(), Some(foreign));
    }
    assert_eq!(desk.stage(&good), "published");
    assert_eq!(
        desk.stage(&same),
        "approved",
        "of two with one address the first"
    );
    assert_eq!(
        desk.on_the_host("_posts/2025-02-05-three.md"),
        Some(desk.draft(&good))
    );
}

#[test]
fn a_post_that_an_editor_has_put_there_by_the_patch_is_known_as_ours() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    answers.title = "Зоë’s “campaign” [skip ci] Fixes #1 @everyone".into();
    let id = desk.approved(&answers, "case-study-tuc");
    let patch = desk
        .ann
        .get(&desk.intake, &format!("/desk/{id}/post.patch"));
    assert_eq!(
        patch.headers["content-disposition"],
        "attachment; filename=\"2025-02-05-case-study-tuc.md.patch\""
    );
    let file = desk.ann.get(&desk.intake, &format!("/desk/{id}/post.md"));
    assert_eq!(file.body, desk.draft(&id));
    let web = desk.path("web");
    fs::write(web.join("../post.patch"), &patch.body).expect("a download");
    git(&web, &["am", "--quiet", "../post.patch"]);
    git(&web, &["push", "--quiet"]);
    let subject = &desk.commits()[0];
    assert!(subject.starts_with("Ann Editor <ann@desk.example>: Publish “Case study: Зоë"));
    for command in ["[skip ci]", "#1", "@everyone"] {
        assert!(!subject.contains(command), "{subject}");
    }
    desk.publish_well();
    assert_eq!(desk.commits().len(), 1, "nothing to add");
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
}

#[test]
fn of_two_that_are_the_same_the_second_does_not_pass_for_the_first() {
    let mut desk = Desk::new();
    let one = desk.approved(&Answers::seed(), "case-study-tuc");
    let two = desk.approved(&Answers::seed(), "case-study-tuc");
    assert_eq!(desk.draft(&one), desk.draft(&two));
    for _ in 0..2 {
        let ran = desk.publish();
        assert_eq!(ran.status, Some(1));
        let reason = format!("the post of another submission, {one}");
        assert!(ran.err.contains(&reason), "{}", ran.err);
        assert_eq!(desk.stage(&one), "published");
        assert_eq!(desk.stage(&two), "approved");
    }
}

#[test]
fn a_post_whose_record_was_restored_from_an_older_backup_is_known_again() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.intake.stop();
    let store = desk.intake.queue().join("intake.db");
    let backup = fs::read(&store).expect("a store");
    desk.intake.start_again();
    desk.publish_well();
    desk.intake.stop();
    fs::write(&store, backup).expect("restored");
    desk.intake.start_again();
    assert_eq!(desk.stage(&id), "approved");
    answers.story.push_str("\n\nAnd more.");
    desk.edit(
        &id,
        &answers,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.commits().len(), 2);
}

#[test]
fn a_letter_or_a_note_that_cannot_go_stops_it_before_anything_is_done() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let page = format!("/desk/{id}");
    let post = |desk: &mut Desk, fields: &[(&str, &str)]| {
        let answer = desk.ann.fill_in(&desk.intake, &page, &page, fields);
        desk.ended(&id);
        answer.status
    };
    let empty = [("action", "publish"), ("send", "yes"), ("letter", "  ")];
    assert_eq!(post(&mut desk, &empty), 422);
    assert_eq!(desk.commits(), [""; 0]);
    assert_eq!(desk.stage(&id), "approved");
    let words = [
        ("action", "publish"),
        ("send", "yes"),
        ("letter", "It is out!"),
    ];
    assert_eq!(post(&mut desk, &words), 303);
    let long = "x".repeat(5_001);
    assert_eq!(
        post(&mut desk, &[("action", "unpublish"), ("note", &long)]),
        422
    );
    assert_eq!(desk.commits().len(), 1);
    assert_eq!(desk.stage(&id), "published");
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(letter.text.starts_with("It is out!"), "{}", letter.text);
    assert_eq!(
        post(&mut desk, &[("action", "unpublish"), ("letter", "x")]),
        303
    );
    assert_eq!(desk.stage(&id), "received");
    let mail = desk.intake.record(&id)["mail"].to_string();
    assert!(mail.contains("\"published\"") && !mail.contains("\"taken_down\""));
}

#[test]
fn who_approved_and_has_left_since_is_not_named_as_the_author() {
    let mut desk = Desk::new();
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.intake
        .set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    desk.publish_well();
    let commit = &desk.commits()[0];
    assert!(
        commit.starts_with("Intake <nobody@localhost.invalid>: "),
        "{commit}"
    );
}

#[test]
fn whoever_asks_for_publishing_is_the_author_of_the_commit_whoever_wrote_last() {
    let mut desk = Desk::new();
    desk.intake.set(
        "INTAKE__EDITORS",
        "[{name: Ann, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]",
    );
    desk.intake.stop();
    desk.intake.start_again();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let mut bo = Visitor::sign_in(&desk.intake, "bo@desk.example");
    let page = format!("/desk/{id}");
    let done = bo.fill_in(&desk.intake, &page, &page, &[("action", "publish")]);
    assert_eq!(done.status, 303, "{}", done.body);
    desk.ended(&id);
    let commit = &desk.commits()[0];
    assert!(commit.starts_with("Bo <bo@desk.example>: "), "{commit}");
}

#[test]
fn a_published_post_is_taken_down_by_a_commit_that_removes_it() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    let page = format!("/desk/{id}");
    let fields = [("action", "unpublish"), ("note", "It names a minor.")];
    let shown = [&fields[..], &[("step", "show")]].concat();
    let shown = desk.ann.fill_in(&desk.intake, &page, &page, &shown);
    assert!(shown.body.contains("It names a minor."), "{}", shown.body);
    let done = desk.ann.fill_in(&desk.intake, &page, &page, &fields);
    assert_eq!(done.status, 303, "{}", done.body);
    desk.ended(&id);
    assert_eq!(desk.on_the_host(SEED_FILE), None);
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.stage(&id), "received");
    let letter = eventually("the letter", || {
        letters_of(&desk, "no longer on the blog").pop()
    });
    assert!(letter.text.contains("It names a minor."));
    let gone = "The post is gone";
    let copies = "Search engines and other websites may keep a copy for a while";
    let private = desk.intake.get(&letter.link(&desk.intake.url)).body;
    assert!(private.contains("<h1>Your case study is no longer on the blog</h1>"));
    for page in [&letter.text, &private] {
        assert!(page.contains(gone) && page.contains(copies), "{page}");
    }
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    desk.decide(&id, "approve");
    desk.publish_well();
    let ran = desk.intake.run(&["take-down", &id]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(desk.on_the_host(SEED_FILE), None);
    assert_eq!(
        desk.intake.run(&["take-down", &id]).status,
        Some(1),
        "it is down"
    );
}

// ---- what goes wrong ----------------------------------------------------------------------------
