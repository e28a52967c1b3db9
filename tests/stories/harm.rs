//! What may harm somebody once it is public is asked about: by the words of a text alone.

use std::time::{Duration, Instant};

use case_study_intake::{
    form::{Answers as Answered, Page, Vocabulary, judge},
    text::harm::{Finding, Known, look},
};
use serde_json::json;

use crate::{
    desk::{BO, Conversation, assert_done, assert_without},
    fidelity::corpus::{folder, texts},
    support::{Answers, Intake, Visitor},
};

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

/// As `fidelity::corpus` has them, whose measure it is. What is true among the findings, a person has
/// to tell.
#[test]
fn the_one_in_the_middle_of_published_posts_raises_two_questions_at_most() {
    let Some(folder) = folder() else {
        return;
    };
    let mut counts = Vec::new();
    for (name, text) in texts(&folder) {
        let findings = found(&text, &Known::default());
        counts.push(findings.len());
        println!("harm | {name} | {} | {findings:?}", findings.len());
    }
    counts.sort_unstable();
    let middle = counts.get(counts.len() / 2).copied().unwrap_or_default();
    println!(
        "harm | {} posts, {middle} in the middle, {counts:?}",
        counts.len()
    );
    assert!(middle <= 2);
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

const MARKED_PHONE: &str = "<mark>07700 900123</mark>";

/// The seed, with a telephone number and a name in its story.
fn with_phone_and_name() -> Answers {
    let mut answers = Answers::seed();
    answers
        .story
        .push_str("\n\nRing Amina Yusuf on 07700 900123 after six. Tim Davies wrote it down.");
    answers
}

#[test]
fn before_sending_a_campaigner_is_asked_and_nothing_is_refused() {
    let intake = Intake::start();
    let harmless = Answers::seed();
    let check = intake.post("/", &harmless.sent(&intake.token(), "check"));
    assert!(
        check.body.contains("Check before you send"),
        "{}",
        check.body
    );
    assert!(!check.body.contains("<mark"), "{}", check.body);

    let mut answers = with_phone_and_name();
    answers.organisation = "Nurses of <Leeds>, write to ana@nurses.example".into();
    let token = intake.token();
    let check = intake.post("/", &answers.sent(&token, "check"));
    for said in [
        "Could any of this harm someone?",
        "Should anyone be able to call this phone number?",
        "<mark dir=\"auto\">07700 900123</mark>",
        "<mark dir=\"auto\">Amina Yusuf</mark>",
        "<mark dir=\"auto\">ana@nurses.example</mark>",
    ] {
        assert!(check.body.contains(said), "{said}\n{}", check.body);
    }
    // A person of the blog, and what the form's own file says.
    assert!(!check.body.contains(">Tim Davies</mark>"));
    assert!(!check.body.contains(">tim@connectedbydata.org</mark>"));
    assert_eq!(
        intake.post("/", &answers.sent(&token, "submit")).status,
        303
    );
    let letters = intake.letters(2);
    for letter in letters {
        assert_without("a letter", &letter.text, &["harm", "phone number"]);
    }
    assert_without("the log", &intake.log(), &["07700", "Amina"]);
}

#[test]
fn an_editor_looks_at_it_before_approving_and_is_asked_again_about_what_is_new() {
    let mut talk = Conversation::begin();
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("Safety: nothing to ask about"), "{page}");
    assert!(!page.contains("<mark>"));

    let mut answers = with_phone_and_name();
    assert_eq!(talk.mend(&answers, "correct").status, 303);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    for said in [MARKED_PHONE, "Ring <mark>Amina Yusuf</mark> on 07700"] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert!(page.find(MARKED_PHONE) < page.find("value=\"approve\""));
    let mut bo = Visitor::sign_in(&talk.intake, BO);
    let bos = bo.get(&talk.intake, &talk.desk);
    assert_done(&talk.on_the_desk(&[("action", "looked_at")]));
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("2 things, looked at"), "{page}");
    assert!(page.contains("Ann looked at these on "), "{page}");
    assert!(page.contains("Ann looked at what may harm somebody on "));
    // A page that was open before is not stale, and whoever looks again changes nothing.
    let hidden = crate::support::Hidden::in_page(&bos.body);
    let again = hidden.with(&[("action", "looked_at")]);
    assert_eq!(bo.post(&talk.intake, &talk.desk, &again).status, 409);

    // The record tells them again by marks, and holds none of the words for it.
    let looked_at = talk.record()["looked_at"].clone();
    assert_eq!(looked_at["marks"].as_array().map(Vec::len), Some(2));
    assert_without("the record", &looked_at.to_string(), &["07700", "amina"]);

    // Less than before, and the same elsewhere, is nothing new; another number is.
    answers.story = answers.story.replace("Ring Amina Yusuf on", "Call");
    assert_eq!(talk.edit(&answers).status, 303);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(page.contains("1 thing, looked at"), "{page}");
    answers.story = answers.story.replace("07700 900123", "07700 900999");
    assert_eq!(talk.edit(&answers).status, 303);
    let page = talk.ann.get(&talk.intake, &talk.desk).body;
    assert!(
        page.contains("Something has changed since Ann looked."),
        "{page}"
    );
    assert!(page.contains("<mark>07700 900999</mark>"));

    // Nobody has to look.
    let approve = [("action", "approve"), ("step", "do")];
    assert_done(&talk.on_the_desk(&approve));
    talk.assert_stage("approved");
    assert_without("the log", &talk.intake.log(), &["07700", "Amina"]);
}

#[test]
fn all_that_leaves_the_desk_is_looked_at_and_nothing_else() {
    let shipped = include_str!("../../config/forms/case-study.yaml");
    let form = shipped.replacen(
        "    - name: glance\n",
        "    - name: more\n      title: More\n      fields:
        - {name: risks, label: Risks, kind: text, public: false}
        - {name: site, label: Site, kind: url}
        - {name: press, label: Press, kind: email}
        - name: voices
          label: Voices
          kind: group
          fields:
            - {name: said, label: Said, kind: line}
            - {name: kept, label: Kept, kind: line, public: false}
    - name: glance\n",
        1,
    );
    let form = judge("case-study", &form).expect("a form");
    let answers: Answered = serde_json::from_value(json!({
        "title": "The campaign of Amina Yusuf",
        "story": "We met Amina Yusuf, Niamh Walsh and Oluwaseun Adebayo.",
        "risks": "07700 900001",
        "site": "https://chat.whatsapp.com/AbCdEf",
        "press": "press@campaign.example",
        "voices": [{"said": "Call 07700 900002", "kept": "07700 900003"}],
        "photos": [{"picture": "0770090000407700900004.jpg", "alt": "Plate AB12 CDE", "caption": "Call 07700 900002!"}],
        "intro": "Write to ann@campaign.example, as [all](mailto:tim@connectedbydata.org) do.",
        "author": "Fatima Haddad",
        "credit": "other",
        "credit_name": "Oluwaseun Adebayo",
    }))
    .expect("answers");
    let mut blog = Vocabulary::default();
    blog.set("_people", vec![Page::new("Niamh Walsh")]);
    let mut known = Known::default();
    known.add("hello@site.example");
    let questions = form.may_harm(&answers, &blog, known);
    let asked: Vec<(&str, &str, &str)> = questions
        .iter()
        .flat_map(|question| question.about.iter().map(move |about| (question, about)))
        .map(|(question, about)| {
            (
                question.harm.into(),
                about.label.as_str(),
                about.words.as_str(),
            )
        })
        .collect();
    let expected = [
        ("phone", "Caption", "07700 900002"),
        ("email", "Intro", "ann@campaign.example"),
        ("plate", "Description", "AB12 CDE"),
        ("group", "Site", "https://chat.whatsapp.com/AbCdEf"),
    ];
    assert_eq!(asked.len(), expected.len(), "{asked:?}");
    for ((kind, label, words), (is_kind, is_label, is_words)) in asked.iter().zip(expected) {
        assert_eq!((kind, words), (&is_kind, &is_words));
        assert!(kind == &"plate" || label == &is_label, "{label}");
    }
}
