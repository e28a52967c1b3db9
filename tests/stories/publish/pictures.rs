//! Pictures go to the blog with their post, and from it.

use image::ImageFormat;

use super::{Desk, git};
use crate::{
    pictures::{SECRETS, Saved, multipart, photo, said, sent_with_a_picture, with_notes},
    support::{Answers, Hidden, Visitor, value_of},
    valid::Pages,
};

const PICTURE: &str = "assets/blog/2025-02-05-case-study-tuc-1.jpg";

#[test]
fn a_picture_is_published_in_the_posts_commit_shown_by_the_blog_and_taken_down_with_it() {
    let mut desk = Desk::new();
    let taken = with_notes(&photo(900, 600, ImageFormat::Jpeg), 1);
    let (id, file) = approved_with(&mut desk, &taken);
    desk.decide(&id, "publish");

    assert_eq!(desk.commits().len(), 1, "one commit for both");
    let post = desk.on_the_host(super::SEED_FILE).expect("the post");
    assert!(
        post.contains(&format!(
            "![Nurses hold up a banner outside a hospital](/{PICTURE})"
        )),
        "{post}"
    );
    let shown = std::process::Command::new("git")
        .args(["show", &format!("main:{PICTURE}")])
        .current_dir(desk.host())
        .output()
        .expect("git");
    let picture = image::load_from_memory(&shown.stdout).expect("the picture, byte for byte");
    assert_eq!((picture.width(), picture.height()), (900, 600));
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(!SECRETS.iter().any(|secret| text.contains(secret)));

    let built = std::process::Command::new("jekyll")
        .args(["build", "--quiet"])
        .current_dir(desk.web())
        .status();
    assert!(built.expect("jekyll").success());
    let site = desk.path("web").join("_site");
    let page =
        std::fs::read_to_string(site.join("blog/2025/02/05/case-study-tuc.html")).expect("a page");
    assert!(
        page.contains(&format!(
            "<img src=\"/{PICTURE}\" alt=\"Nurses hold up a banner outside a hospital\""
        )),
        "{page}"
    );
    assert!(page.contains("The march of 2 May"));
    assert!(site.join(PICTURE).is_file());

    // Another one in its place is published anew, though the post's text is the same.
    let before = git(&desk.host(), &["rev-parse", &format!("main:{PICTURE}")]);
    let edit = format!("/desk/{id}/edit");
    let page = desk.ann.get(&desk.intake, &edit).body;
    let hidden = Hidden::in_page(&page);
    let mut fields = hidden.with(&said(&file));
    fields.push(("action", "upload:photos-0"));
    let other = photo(300, 200, ImageFormat::Jpeg);
    let (kind, body) = multipart(&fields, ("file-photos-0", &other));
    let uploaded = desk.ann.post_as(&desk.intake, &edit, &kind, &body);
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    let other = value_of(&uploaded.body, "photos-0-picture").expect("another picture");
    assert_ne!(other, file);
    desk.edit(&id, &Answers::seed(), &said(&other));
    desk.decide(&id, "publish");
    assert_ne!(
        git(&desk.host(), &["rev-parse", &format!("main:{PICTURE}")]),
        before
    );

    desk.decide(&id, "unpublish");
    assert_eq!(
        git(
            &desk.host(),
            &["ls-tree", "-r", "--name-only", "main", "--", "assets/blog"]
        ),
        ""
    );
}

#[test]
fn a_picture_has_an_address_of_its_own_and_is_there_before_its_post_is_announced() {
    // As with Hugo, whose site has what is in `static/` at its top.
    const BUILD: &str = "jekyll build --strict_front_matter --quiet && mv _site/static/* _site/";
    const IMAGES: &str = "images: assets/blog/{date}-{slug}-{n}.jpg";
    let stored = "images: static/img/{date}-{slug}-{n}.jpg";
    let mut desk = Desk::prepared(&[("INTAKE__BLOG__BUILD_COMMAND", BUILD)], |intake| {
        intake.case_study(&[(IMAGES, stored)]);
    });
    let (id, file) = approved_with(&mut desk, &photo(900, 600, ImageFormat::Jpeg));
    let page = desk.press(&id, "publish");
    assert_eq!(page.status, 303, "{}", page.body);
    desk.ended(&id);
    assert_eq!(desk.stage(&id), "approved");
    let page = desk.review(&id);
    assert!(
        page.contains("left no file for /static/img/2025-02-05-case-study-tuc-1.jpg"),
        "{page}"
    );

    let read = format!("{stored}\n    images_address: /img/{{date}}-{{slug}}-{{n}}.jpg");
    desk.intake.case_study(&[(IMAGES, &read)]);
    desk.intake.start_again();
    let place = [("slug", "case-study-tuc"), ("date", "2025-02-05")];
    let mut answers = Answers::seed();
    answers.organisation = "The Congress".into();
    desk.edit(&id, &answers, &[&place[..], &said(&file)].concat());
    desk.decide(&id, "publish");
    let post = desk.on_the_host(super::SEED_FILE).expect("the post");
    assert!(
        post.contains("hospital](/img/2025-02-05-case-study-tuc-1.jpg)"),
        "{post}"
    );
    let stored = "static/img/2025-02-05-case-study-tuc-1.jpg";
    assert!(desk.web().join(stored).is_file());
}

#[test]
fn a_blog_that_puts_its_path_before_addresses_is_looked_at_as_it_is_built() {
    // As Eleventy does below a path.
    const BUILD: &str = "jekyll build --strict_front_matter --quiet && find _site -name '*.html' -exec sed -i 's#src=\"/#src=\"/below/#g' {} +";
    const IMAGES: &str = "images: assets/blog/{date}-{slug}-{n}.jpg";
    let below = "https://blog.example/below/blog/{year}/{month}/{day}/{slug}";
    let twice =
        format!("{IMAGES}\n    images_address: /below/assets/blog/{{date}}-{{slug}}-{{n}}.jpg");
    let mut desk = Desk::prepared(&[("INTAKE__BLOG__BUILD_COMMAND", BUILD)], |intake| {
        intake.case_study(&[(super::PERMALINK, below), (IMAGES, &twice)]);
    });
    let (id, file) = approved_with(&mut desk, &photo(900, 600, ImageFormat::Jpeg));
    assert_eq!(desk.press(&id, "publish").status, 303);
    desk.ended(&id);
    assert_eq!(desk.stage(&id), "approved");
    let page = desk.review(&id);
    assert!(
        page.contains(&format!("left no file for /below/below/{PICTURE}")),
        "{page}"
    );

    desk.intake.case_study(&[(super::PERMALINK, below)]);
    desk.intake.start_again();
    let place = [("slug", "case-study-tuc"), ("date", "2025-02-05")];
    let mut answers = Answers::seed();
    answers.organisation = "The Congress".into();
    desk.edit(&id, &answers, &[&place[..], &said(&file)].concat());
    desk.decide(&id, "publish");
    let post = desk.on_the_host(super::SEED_FILE).expect("the post");
    assert!(post.contains(&format!("hospital](/{PICTURE})")), "{post}");
}

#[test]
fn pictures_that_are_agreed_to_no_more_leave_the_post_at_once_and_then_the_blog() {
    let mut desk = Desk::new();
    let (private, _) = sent_with_a_picture(&desk.intake);
    let id = private.split('/').nth(2).expect("an id").to_owned();
    desk.decide(&id, "approve");
    desk.decide(&id, "publish");
    let pictures = |desk: &Desk| {
        let listed = ["ls-tree", "-r", "--name-only", "main", "--", "assets/blog"];
        git(&desk.host(), &listed)
    };
    assert!(!pictures(&desk).is_empty());
    let given = &desk.intake.record(&id)["consent"]["others"][1];
    assert!(given["name"] == "pictures" && given["given"].is_string());

    let page = desk.intake.get(&private).body;
    assert!(
        page.contains("It’s taken out of the post here at once, and the editors are asked"),
        "{page}"
    );
    let fields = [
        ("action", "revoke_consent"),
        ("purpose", "pictures"),
        ("note", "Somebody in it is afraid."),
    ];
    let answer = Visitor::new().fill_in(&desk.intake, &private, &private, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    let record = desk.intake.record(&id);
    assert_eq!(record["stage"], "published");
    let draft = record["draft"].as_str().expect("a draft");
    assert!(!draft.contains("Nurses hold up a banner"), "{draft}");
    let path = format!("/desk/{id}");
    let page = desk.ann.get(&desk.intake, &path).body;
    assert!(page.contains("asks to have part of it taken off"), "{page}");
    assert!(page.contains("Somebody in it is afraid."));
    // An editor cannot bring them back, and is told so before and after.
    let edit = desk.ann.get(&desk.intake, &format!("{path}/edit")).body;
    assert!(
        edit.contains("Pictures that you add here are left out."),
        "{edit}"
    );
    let file = record["publication"]["pictures"].to_string();
    let file = file.split('"').nth(3).expect("a file").to_owned();
    desk.edit(&id, &Answers::seed(), &said(&file));
    assert!(
        !desk.intake.record(&id)["draft"]
            .to_string()
            .contains("Nurses")
    );
    let fields = [&said(&file)[..], &[("author", "Guest"), ("featured", "no")]].concat();
    let answers = Answers::seed();
    let mut sent = answers.sent("", "");
    sent.retain(|(name, _)| !["token", "action"].contains(name));
    sent.extend(fields);
    let to = format!("{path}/edit");
    let saved = desk.ann.fill_in(&desk.intake, &to, &to, &sent);
    assert_eq!(saved.location, format!("{path}?left-out"), "{}", saved.body);
    let page = desk.ann.get(&desk.intake, &saved.location).body;
    assert!(page.contains("The pictures were left out"), "{page}");

    desk.decide(&id, "publish");
    assert_eq!(pictures(&desk), "");
    let page = desk.intake.get(&private).body;
    assert!(
        page.contains("the post was published without it."),
        "{page}"
    );
    let page = desk.ann.get(&desk.intake, &path).body;
    assert!(!page.contains("asks to have part of it"), "{page}");
}

/// Puts another picture in the place of the first, on the desk, and saves it.
fn replace(desk: &mut Desk, id: &str, file: &str, by: &[u8]) -> String {
    let edit = format!("/desk/{id}/edit");
    let hidden = Hidden::in_page(&desk.ann.get(&desk.intake, &edit).body);
    let mut fields = hidden.with(&said(file));
    fields.push(("action", "upload:photos-0"));
    let (kind, body) = multipart(&fields, ("file-photos-0", by));
    let uploaded = desk.ann.post_as(&desk.intake, &edit, &kind, &body);
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    let other = value_of(&uploaded.body, "photos-0-picture").expect("another picture");
    desk.edit(id, &Answers::seed(), &said(&other));
    other
}

/// Approved, with this picture and an address: its id and the picture's file.
fn approved_with(desk: &mut Desk, picture: &[u8]) -> (String, String) {
    let saved = Saved::new(&desk.intake);
    saved.upload(picture, &[]);
    let file = saved.file(0);
    let sent = saved.post(&[&said(&file)[..], &[("action", "submit")]].concat());
    assert_eq!(sent.status, 303, "{}", sent.body);
    let id = saved.path.split('/').nth(2).expect("an id").to_owned();
    let place = [("slug", "case-study-tuc"), ("date", "2025-02-05")];
    desk.edit(&id, &Answers::seed(), &[&place[..], &said(&file)].concat());
    desk.decide(&id, "approve");
    (id, file)
}

fn picture_in(web: &std::path::Path) -> Option<Vec<u8>> {
    std::fs::read(web.join(PICTURE)).ok()
}

#[test]
fn the_patch_of_a_post_brings_its_pictures_another_in_their_place_and_takes_them_away() {
    let mut desk = Desk::new();
    let (id, file) = approved_with(&mut desk, &photo(900, 600, ImageFormat::Jpeg));
    let web = desk.path("web");
    let apply = |desk: &mut Desk| {
        let patch = desk
            .ann
            .get(&desk.intake, &format!("/desk/{id}/post.patch"));
        std::fs::write(web.join("../post.patch"), &patch.body).expect("a download");
        git(&web, &["apply", "--check", "--index", "../post.patch"]);
        git(&web, &["am", "--quiet", "../post.patch"]);
        git(&web, &["push", "--quiet"]);
    };
    apply(&mut desk);
    let first = picture_in(&web).expect("the picture");
    let shown = desk
        .ann
        .get(&desk.intake, &format!("/desk/{id}/pictures/{file}"));
    assert_eq!(shown.status, 200);
    let read = image::load_from_memory(&first).expect("the picture, byte for byte");
    assert_eq!((read.width(), read.height()), (900, 600));
    desk.publish_well();
    assert_eq!(desk.commits().len(), 1, "it is known as ours");
    // It can be undone.
    git(&web, &["apply", "--check", "-R", "../post.patch"]);

    replace(&mut desk, &id, &file, &photo(300, 200, ImageFormat::Jpeg));
    apply(&mut desk);
    assert_ne!(picture_in(&web), Some(first));
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);

    desk.edit(&id, &Answers::seed(), &[]);
    apply(&mut desk);
    assert_eq!(picture_in(&web), None);
    assert!(web.join(super::SEED_FILE).is_file());
}

#[test]
fn a_picture_that_somebody_has_changed_on_the_blog_is_kept_or_replaced_as_an_editor_decides() {
    let mut desk = Desk::new();
    let (id, file) = approved_with(&mut desk, &photo(900, 600, ImageFormat::Jpeg));
    desk.publish_well();
    let web = desk.web();
    let by_hand = |desk: &Desk, bytes: &[u8]| {
        let web = desk.web();
        std::fs::write(web.join(PICTURE), bytes).expect("a picture");
        git(
            &web,
            &["commit", "--quiet", "--all", "-m", "A better picture"],
        );
        git(&web, &["push", "--quiet"]);
    };
    let theirs = photo(400, 400, ImageFormat::Jpeg);
    by_hand(&desk, &theirs);
    let mut answers = Answers::seed();
    answers.title = "Trade Union Campaigns, anew".into();
    desk.edit(&id, &answers, &said(&file));
    let ran = desk.publish();
    let told = format!("The picture {PICTURE} was changed on the blog");
    assert!(ran.err.contains(&told), "{}", ran.err);
    assert!(desk.review(&id).contains(&told));
    desk.seen();

    let page = format!("/desk/{id}/compare");
    let act = |desk: &mut Desk, fields: &[(&str, &str)]| {
        let compare = desk.ann.get(&desk.intake, &page).body;
        let words = "Someone has changed this picture on the blog";
        assert!(
            compare.contains(words) && compare.contains(PICTURE),
            "{compare}"
        );
        let shown = value_of(&compare, "shown").expect("what is shown");
        let fields = [fields, &[("shown", shown.as_str())]].concat();
        let answer = desk.ann.fill_in(&desk.intake, &page, &page, &fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
    };
    let mut pages = Pages::default();
    pages.keep("compare-picture", 200, &desk.ann.get(&desk.intake, &page));
    pages.assert_valid();
    act(&mut desk, &[("action", "take_over")]);
    desk.publish_well();
    desk.web();
    assert_eq!(picture_in(&web), Some(theirs.clone()), "theirs stays");
    let post = desk.on_the_host(super::SEED_FILE).expect("the post");
    assert!(post.contains("Trade Union Campaigns, anew"), "{post}");

    // It stays with the next change, too, until another is put in its place here.
    answers.title = "Trade Union Campaigns, once more".into();
    desk.edit(&id, &answers, &said(&file));
    desk.publish_well();
    desk.web();
    assert_eq!(picture_in(&web), Some(theirs.clone()));
    let other = replace(&mut desk, &id, &file, &photo(300, 200, ImageFormat::Jpeg));
    desk.publish_well();
    desk.web();
    let ours = picture_in(&web).expect("a picture");
    assert_eq!(image::load_from_memory(&ours).expect("ours").width(), 300);

    // Replacing it publishes at once, though nothing else has changed.
    by_hand(&desk, &theirs);
    desk.seen();
    act(&mut desk, &[("action", "overrule"), ("sure", "yes")]);
    desk.ended(&id);
    desk.web();
    assert_eq!(picture_in(&web), Some(ours));
    assert_eq!(desk.stage(&id), "published");
    assert!(
        desk.intake.record(&id)["publication"]["pictures"]
            .to_string()
            .contains(&other)
    );
    desk.seen();
    let compare = desk.ann.get(&desk.intake, &page).body;
    assert!(
        compare.contains("has the words that were published from here"),
        "{compare}"
    );
}
