//! Front matter that Ruby reads back as it was typed, whatever that is.

use std::path::Path;

use case_study_intake::{
    form::{Answer, Item, Page, Typed, Vocabulary, judge},
    post::Post,
    templates::Templates,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::{Answers, Oracle};

/// Words that YAML, Ruby or a page could take for something else, among arbitrary ones.
pub fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{3,60}",
        prop::collection::vec(any::<char>(), 3..40).prop_map(|chars| chars.into_iter().collect()),
        prop::sample::select(
            [
                "yes",
                "No",
                "null",
                "~~~",
                "2021-01-01",
                "12:30:00",
                ":sym",
                "1_000",
                "0x1f",
                "1e3",
                "- a",
                "? a",
                "a: b",
                "#a b",
                "@a b",
                "%a b",
                "`a b",
                "{a: b}",
                "[a, b]",
                "&a b",
                "*a b",
                "!ruby/object:X",
                "---",
                "...",
                "'''",
                "\"\"\"",
                "\\q\\",
                "a\u{85}b",
                "a\u{2028}b",
                "a\u{feff}b",
                "a\u{fffe}b",
                "=====",
                "<<<",
                "1,000",
                "0,5",
                "::1",
                "1.5.2",
                ".inf",
                "NaN",
                "0o17",
                "+.5",
                "2026-11-23 10:00:00 Z",
                "Off",
                "TRUE",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
    ]
}

#[test]
fn any_form_that_parses_gives_front_matter_that_ruby_reads_back_equal() {
    let templates = Templates::load(Path::new("no such folder")).expect("the templates");
    let form = include_str!("../../../config/forms/case-study.yaml");
    let form = judge("case-study", form).expect("the shipped form");
    let mut oracle = Oracle::ruby("front_matter.rb", &[]);
    let strategy = (
        nasty(),
        nasty(),
        prop::collection::vec(nasty(), 1..4),
        prop::collection::vec(nasty(), 0..3),
        any::<bool>(),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let mut tried = 0;
    let oracle = std::cell::RefCell::new(&mut oracle);
    let tried = std::cell::RefCell::new(&mut tried);
    runner
        .run(&strategy, |(title, author, topics, projects, featured)| {
            let answers = Answers {
                title,
                topics,
                ..Answers::seed()
            };
            let sent = Typed::read(&form, answers.sent("", ""));
            let chosen: Vec<String> = sent.all("topics").map(str::to_owned).collect();
            let mut vocabulary = Vocabulary::default();
            let pages = chosen.iter().map(|topic| Page::new(topic)).collect();
            vocabulary.set("_topics", pages);
            let Ok(entry) = form.parse_entry(&sent, &vocabulary) else {
                return Ok(());
            };
            **tried.borrow_mut() += 1;
            let mut answers = entry.answers;
            let items = projects.iter().cloned().map(Item::Known).collect();
            answers.set("author", Some(Answer::Text(author.clone())));
            answers.set("projects", Some(Answer::List(items)));
            answers.set("featured", Some(Answer::YesNo(featured)));
            answers.set("outro", None);
            let topics = answers
                .get("topics")
                .map(Answer::chosen)
                .unwrap_or_default();
            let topics: Vec<String> = topics
                .iter()
                .map(|(topic, _)| (*topic).to_owned())
                .collect();
            let post = Post::new(&form.public(&answers));
            let draft = templates.render_post("post.md", &post).expect("a draft");
            let read = oracle.borrow_mut().ask(&json!(draft));
            let front = &read["front"];
            let plain = |text: &str| json!({"class": "String", "value": text});
            let list =
                |texts: &[String]| -> Value { texts.iter().map(|text| plain(text)).collect() };
            prop_assert_eq!(&front["title"], &plain(&post.title), "{}", read);
            prop_assert_eq!(&front["author"], &plain(&author));
            prop_assert_eq!(&front["topics"]["value"], &list(&topics));
            match projects.as_slice() {
                [] => prop_assert!(front["projects"].is_null()),
                [one] => prop_assert_eq!(&front["projects"], &plain(one)),
                many => prop_assert_eq!(&front["projects"]["value"], &list(many)),
            }
            let kind = if featured { "TrueClass" } else { "FalseClass" };
            prop_assert_eq!(&front["featured"]["class"], kind);
            let mut keys = vec!["layout", "title", "author", "category", "featured"];
            if !projects.is_empty() {
                keys.push("projects");
            }
            keys.push("topics");
            prop_assert_eq!(
                &read["keys"],
                &json!(keys),
                "the documented order, and no more"
            );
            Ok(())
        })
        .expect("the same strings again");
    assert!(**tried.borrow() > 500, "most generated forms are valid");
}
