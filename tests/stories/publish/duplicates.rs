//! What stands on the blog comes in again.

use crate::support::{Answers, eventually};

use super::{Desk, letters_of};

const BY_HAND: &str = "_posts/2024-03-01-case-study-trade-union-campaigns.md";

#[test]
fn a_post_that_stands_on_the_blog_is_told_when_it_comes_in_and_can_be_kept() {
    let mut desk = Desk::new();
    let post = crate::support::SEED.to_owned();
    desk.webmaster(BY_HAND, Some(&post));
    desk.seen();
    desk.seen();
    let id = desk.submitted(&Answers {
        title: "Unions and their data".into(),
        ..Answers::seed()
    });
    let record = desk.intake.record(&id);
    assert_eq!(
        record["duplicates"]["found"][0]["post"], BY_HAND,
        "{record}"
    );
    let told = eventually("the letter", || letters_of(&desk, "New case study").pop());
    assert!(told.text.contains(&format!(
        "It may be a duplicate of a post on the blog, {BY_HAND}"
    )));
    let page = desk.review(&id);
    assert!(
        page.contains("a post on the blog: nearly the same text"),
        "{page}"
    );

    let page = desk
        .ann
        .get(&desk.intake, &format!("/desk/{id}/duplicate?of={BY_HAND}"));
    assert_eq!(page.status, 200, "{}", page.body);
    for words in [
        "<mark>Unions and their data</mark>",
        "Keep the other one …",
        "A post on the blog",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("Keep this one …"), "{}", page.body);
    let path = format!("/desk/{id}");
    let fields = [("action", "merge"), ("of", BY_HAND)];
    let answer = desk.ann.fill_in(&desk.intake, &path, &path, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(
        desk.intake.record(&id)["duplicates"]["merged_into"]["post"],
        BY_HAND
    );
    let page = desk.review(&id);
    assert!(page.contains("Another one is kept instead"), "{page}");
}

#[test]
fn a_post_with_front_matter_in_toml_is_known_too() {
    let mut desk = Desk::new();
    let (_, body) = crate::support::SEED
        .trim_start_matches("---\n")
        .split_once("\n---\n")
        .expect("a post");
    let post = format!("+++\ntitle = \"Unions\"\ndate = 2024-03-01\n+++\n{body}");
    desk.webmaster(BY_HAND, Some(&post));
    desk.seen();
    desk.seen();
    let id = desk.submitted(&Answers {
        title: "Unions and their data".into(),
        ..Answers::seed()
    });
    let page = desk.review(&id);
    assert!(
        page.contains("a post on the blog: nearly the same text"),
        "{page}"
    );
}

#[test]
fn what_was_published_from_here_is_told_once_as_what_was_sent() {
    let mut desk = Desk::new();
    let first = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.decide(&first, "publish");
    desk.seen();
    desk.seen();
    let again = desk.submitted(&Answers::seed());
    let found = desk.intake.record(&again)["duplicates"]["found"].clone();
    assert_eq!(found, serde_json::json!([{ "submission": first }]));
    let page = desk.review(&again);
    assert!(
        page.contains("(published): nearly the same title and text"),
        "{page}"
    );
    assert!(!page.contains("a post on the blog:"), "{page}");
    // Its own post is no duplicate of what is published.
    assert!(!desk.review(&first).contains("a post on the blog:"));
}
