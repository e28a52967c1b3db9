//! What the blog's own posts name is nobody's advertisement.

use std::fs;

use super::{at_rest_with_limits, corpus::honest, send_from, stages};
use crate::{
    publish::git,
    support::{Answers, Intake, Visitor},
};

/// A service whose blog has had these texts in its repository before there was a service.
fn with_blog(files: &[(&str, &str)]) -> Intake {
    let mut intake = at_rest_with_limits(&[("INTAKE__BLOG__URL", "blog")]);
    let blog = intake.folder.path().join("blog");
    fs::create_dir_all(blog.join("_posts")).expect("a folder for the blog");
    for (file, text) in files {
        fs::write(blog.join(file), text).expect("a file of the blog");
    }
    git(&blog, &["init", "--quiet", "-b", "main"]);
    git(&blog, &["add", "--all"]);
    git(&blog, &["commit", "--quiet", "-m", "The blog"]);
    intake.start_again();
    intake
}

/// Five people in five places send stories that end with these words; none is turned away.
#[track_caller]
fn five_send(intake: &Intake, first: usize, words: &str) {
    for number in first..first + 5 {
        let mut answers: Answers = honest(number);
        answers.contact_email = format!("person{number}@elsewhere.example");
        answers.story.push_str(words);
        let client = format!("198.51.100.{number}");
        let answer = send_from(intake, &client, &mut Visitor::new(), &answers);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
}

#[test]
fn a_page_that_posts_of_the_blog_name_may_be_named_by_many() {
    let too_long = format!("{} Tenants.shop too.", "word ".repeat(20_000));
    let intake = with_blog(&[
        (
            "_posts/2021-02-03-housing.md",
            "---\ntitle: Housing\n---\nSee [them](https://www.Tenants.shop/rents).\n",
        ),
        ("_posts/2021-03-04-long.md", &too_long),
        ("blocked.txt", "loans.shop\n"),
    ]);
    five_send(
        &intake,
        0,
        " All of it is at https://tenants.shop/map since May.",
    );
    assert_eq!(stages(&intake), vec!["received"; 5]);
    // Neither what ends in the same letters, nor what stands elsewhere in the repository.
    five_send(
        &intake,
        10,
        " All of it is at https://nants.shop/map since May.",
    );
    five_send(
        &intake,
        20,
        " All of it is at https://loans.shop/map since May.",
    );
    let aside = stages(&intake);
    let aside = aside.iter().filter(|stage| *stage == "quarantined");
    assert_eq!(aside.count(), 10);
}

#[test]
fn a_clone_that_is_gone_or_cannot_be_read_turns_nobody_away() {
    let post = "Seen at https://tenants.shop/ and https://renters.shop/.";
    let intake = with_blog(&[("_posts/2021-02-03-housing.md", post)]);
    // Nothing that is missing can be fetched again.
    let blog = intake.folder.path().join("blog");
    fs::rename(&blog, blog.with_extension("away")).expect("moved");
    let clone = intake.queue().join("blog/clone.git");
    // The service may be at work in it, so it is moved and not emptied.
    fs::rename(clone.join("objects"), intake.folder.path().join("objects")).expect("moved");
    fs::create_dir(clone.join("objects")).expect("no objects");
    five_send(
        &intake,
        0,
        " All of it is at https://tenants.shop/map since May.",
    );
    fs::rename(&clone, intake.folder.path().join("clone")).expect("moved");
    five_send(
        &intake,
        10,
        " All of it is at https://renters.shop/map since May.",
    );
    assert_eq!(stages(&intake), vec!["quarantined"; 10]);
}
