//! What may harm somebody once it is public is asked about: by the words of a text alone.

use std::time::{Duration, Instant};

use case_study_intake::text::harm::{Finding, Known, look};

const PLANTED: &str = include_str!("../fixtures/harm/planted.txt");
const HARMLESS: &str = include_str!("../fixtures/harm/harmless.txt");

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// What is found in a text, as kind and words.
fn found(text: &str, known: &Known) -> Vec<(String, String)> {
    let tell = |finding: Finding| {
        let kind = serde_json::to_value(finding.harm).expect("a kind");
        let kind = kind.as_str().expect("a word").to_owned();
        (kind, text[finding.range].to_owned())
    };
    look(text, known).into_iter().map(tell).collect()
}

#[test]
fn of_a_hundred_planted_things_at_least_ninety_are_found() {
    let mut missed = Vec::new();
    for line in lines(PLANTED) {
        let (kind, text) = line.split_once(" | ").expect("a kind");
        let (before, rest) = text.split_once("[[").expect("a mark");
        let (planted, after) = rest.split_once("]]").expect("its end");
        let text = format!("{before}{planted}{after}");
        let is_it = |(it, words): &(String, String)| {
            it == kind && (words.contains(planted) || planted.contains(words.as_str()))
        };
        if !found(&text, &Known::default()).iter().any(is_it) {
            missed.push(line);
        }
    }
    assert_eq!(lines(PLANTED).count(), 100);
    assert!(missed.len() <= 10, "{missed:#?}");
    println!("{} of 100 found; not {missed:#?}", 100 - missed.len());
}

#[test]
fn figures_laws_and_organisations_are_no_findings() {
    for line in lines(HARMLESS) {
        assert_eq!(found(line, &Known::default()), [], "{line}");
    }
}

#[test]
fn people_of_the_blog_and_what_was_said_in_short_are_known() {
    let text = "Tim Davies met Amina Yusuf of the Maria Souza Trust; write to tim@example.org.";
    let name = |name: &str| ("name".to_owned(), name.to_owned());
    let mail = ("email".to_owned(), "tim@example.org".to_owned());
    let all = [name("Tim Davies"), name("Amina Yusuf"), mail];
    assert_eq!(found(text, &Known::default()), all);
    let mut known = Known::default();
    known.add("tim davies");
    known.add("The campaign of Amina Yusuf");
    known.add("[Write](mailto:tim@example.org)");
    assert_eq!(found(text, &known), []);
}

#[test]
fn a_text_that_is_made_to_take_long_does_not() {
    let texts = [
        "0 1 2 3 4 5 6 7 8 9 ".repeat(1_250),
        "(".repeat(25_000),
        "Ana ".repeat(6_250),
        "a@".repeat(12_500),
        "12 Ana Ana Ana Ana ".repeat(1_300),
        "daughter 9 Ana School ".repeat(1_100),
        "١٢ é ".repeat(5_000),
        "ana (at) b (dot) ".repeat(1_500),
        "https://".repeat(3_100),
        PLANTED.repeat(3),
    ];
    for text in texts {
        let begun = Instant::now();
        look(&text, &Known::default());
        let took = begun.elapsed();
        let begins: String = text.chars().take(20).collect();
        // Without the compiler's optimisations, and beside other stories.
        assert!(took < Duration::from_secs(6), "{begins}: {took:?}");
    }
}
