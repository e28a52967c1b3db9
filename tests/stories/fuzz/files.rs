//! Bytes and files: forms that are sent, forms' definitions, records, pages of the blog.

use case_study_intake::{
    form::{self, By, Typed, Vocabulary},
    submission::{RecordError, Submission},
    text::{
        front_matter::{self, FrontMatter},
        node::Node,
        yaml::{page_title, top_level, yaml_quoted, yaml_string},
    },
};
use image::ImageFormat;
use proptest::prelude::*;

use super::{damaged, damaged_texts, fuzz};
use crate::{
    pictures::{Saved, photo},
    support::{Answers, Intake, SEED, Visitor},
};

const FORMS: [&str; 2] = [
    include_str!("../../../config/forms/case-study.yaml"),
    include_str!("../../../config/examples/pave/forms/case.yaml"),
];

#[rustfmt::skip]
const BODY: &[&str] = &[
    "&", "=", "%", "%0", "%00", "%FF", "%F0%9F", "+", "-", "-0-", "-999-", "-new=", "-day=",
    "-month=", "-year=", "title=", "story=", "topics=Health&", "contact_email=", "consent=yes&",
    "&facts-0-", "%E2%80%AE", "%0D%0A", "\0", ";", "[]", "99999999999999999999", "-1", "1e9", "é",
];

#[rustfmt::skip]
const KINDS: &[&str] = &[
    "multipart/form-data", "multipart/mixed", "application/x-www-form-urlencoded", "; ", "boundary=",
    "boundary=\"", "\"", "--", ";charset=utf-16", "=", ",",
];

#[rustfmt::skip]
const PARTS: &[&str] = &[
    "\r\n", "\n", "\r", "--", "------edge7261", "\r\n------edge7261\r\n", "\r\n------edge7261--\r\n",
    "Content-Disposition: form-data; name=\"", "; filename=\"", "filename*=UTF-8''%ff", "\"", "\\\"",
    "Content-Type: ", "image/png\r\n", "text/html\r\n", "multipart/mixed; boundary=x\r\n",
    "Content-Transfer-Encoding: base64\r\n", "Content-Length: 99999999999\r\n", "\r\n\r\n", "\0", ":",
    "name=\"file-photos-0\"", "name=\"token\"",
];

#[rustfmt::skip]
const YAML: &[&str] = &[
    ":", ": ", "- ", "\n", "\n  ", "\n- ", "\n    - ", "{", "}", "[", "]", ",", "|", ">", "|-\n",
    "&a ", "*a", "!", "!!binary ", "!ruby/object:X {}", "? ", "<<: ", "%YAML 1.1\n", "---\n",
    "...\n", "#", "'", "\"", "\\", "\t", "~", "null", "true", "0x1f", "1_0", "12:30", ".inf",
    "\u{feff}", "\u{85}", "\u{2028}", "\r", "\0", "title: ", "kind: ", "max: ", "options:",
    "name: ",
];

#[rustfmt::skip]
const JSON: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "0", "-1",
    "1e400", "18446744073709551616", "\"format\":1,", "\"format\":2,", "\"format\":null,",
    "\"format\":-1,", "\"revisions\":[],", "\"mail\":[],", "\"history\":[],", "{\"a\":",
    "\"9999-12-31T23:59:59Z\"", "\"-009999-01-01T00:00:00Z\"", "\"2026-02-30\"", " ", "\n", "é",
];

#[test]
fn a_form_of_any_bytes_is_judged_and_what_is_accepted_can_be_sent_again() {
    let forms: Vec<form::Definition> = FORMS
        .iter()
        .map(|text| form::judge("case-study", text).expect("a good form"))
        .collect();
    let answers = Answers::seed();
    let sent = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(answers.sent("token", "submit"))
        .finish();
    let sample = |form: &form::Definition, is_hostile| {
        let typed = Typed::of(form, &form.sample(is_hostile));
        form_urlencoded::Serializer::new("consent=yes&".to_owned())
            .extend_pairs(typed.pairs())
            .finish()
    };
    let mut real = vec![String::new(), sent];
    for form in &forms {
        real.extend([sample(form, false), sample(form, true)]);
    }
    let real = real.into_iter().map(String::into_bytes).collect();
    let bodies = (damaged(real, BODY), 0..forms.len());
    fuzz("form body", 1500, bodies, |(body, number)| {
        let form = &forms[number];
        let pairs: Vec<_> = form_urlencoded::parse(&body).collect();
        let typed = Typed::read(form, pairs.iter().map(|(name, value)| (&**name, &**value)));
        let again = Typed::read(form, typed.pairs());
        prop_assert_eq!(&again, &typed, "to be sent on");
        match form.parse_entry(&typed, &Vocabulary::default()) {
            Ok(entry) => {
                form.public(&entry.answers);
                form.search_text(&entry.answers);
                let filled_in = Typed::of(form, &entry.answers);
                let none = Vocabulary::default();
                let edited =
                    form.parse_answers(&filled_in, By::Campaigner, &none, &entry.answers, &[]);
                let edited = edited.map(|parsed| parsed.answers);
                prop_assert_eq!(edited, Ok(entry.answers), "edited without a change");
            }
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
        Ok(())
    });
}

#[test]
fn a_form_with_files_of_any_bytes_is_answered_and_harms_nobody() {
    let intake = Intake::start();
    let saved = Saved::new(&intake);
    let picture = photo(12, 8, ImageFormat::Png);
    let (kind, body) = saved.with_file(&picture, &[]);
    let visitor = Visitor::new();
    let whole = Just(kind.clone().into_bytes());
    let kinds = prop_oneof![4 => whole, 1 => damaged(vec![kind.into_bytes()], KINDS)];
    let inputs = (kinds, damaged(vec![body], PARTS));
    fuzz("form with files", 150, inputs, |(kind, body)| {
        // What is no header's value does not reach the service.
        let kind = String::from_utf8_lossy(&kind).replace(|c: char| !(' '..='~').contains(&c), "");
        let answer = visitor.post_as(&intake, &saved.path, &kind, &body);
        prop_assert!(answer.status < 500, "{} {}", answer.status, answer.body);
        Ok(())
    });
    // The form is there still, and takes what is whole.
    let taken = saved.upload(&picture, &[]);
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert!(saved.file(0).ends_with(".png"));
    assert!(!intake.log().contains("panicked"), "{}", intake.log());
}

#[test]
fn a_form_s_definition_is_taken_or_refused_with_words_and_lines() {
    let texts = damaged_texts(&FORMS, YAML);
    fuzz("form definition", 400, texts, |text| {
        match form::judge("case", &text) {
            Ok(form) => {
                for is_hostile in [false, true] {
                    let answers = form.sample(is_hostile);
                    form.public(&answers);
                    Typed::of(&form, &answers);
                }
            }
            Err(mistakes) => {
                prop_assert!(!mistakes.is_empty());
                prop_assert!(mistakes.is_sorted_by_key(|mistake| mistake.line));
                let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}']).count();
                for mistake in mistakes {
                    let is_there = (1..=lines + 1).contains(&mistake.line);
                    prop_assert!(is_there && mistake.message.len() > 5, "{:?}", mistake);
                }
            }
        }
        Ok(())
    });
}

/// A record of each stage by the version before forms, and the same as this version writes it.
fn records() -> Vec<Vec<u8>> {
    const BEFORE: [&str; 8] = [
        include_str!("../../fixtures/before-forms/approved.json"),
        include_str!("../../fixtures/before-forms/asked.json"),
        include_str!("../../fixtures/before-forms/declined.json"),
        include_str!("../../fixtures/before-forms/erased.json"),
        include_str!("../../fixtures/before-forms/pending.json"),
        include_str!("../../fixtures/before-forms/published.json"),
        include_str!("../../fixtures/before-forms/received.json"),
        include_str!("../../fixtures/before-forms/resubmitted.json"),
    ];
    let now = BEFORE.map(|text| {
        let record = Submission::read(text.as_bytes()).expect("a record");
        record.write().expect("JSON")
    });
    let before = BEFORE.map(|text| text.as_bytes().to_vec());
    before.into_iter().chain(now).collect()
}

#[test]
fn a_record_of_any_bytes_is_read_to_be_written_as_it_is_or_refused_without_its_words() {
    fuzz("record", 1500, damaged(records(), JSON), |bytes| {
        match Submission::read(&bytes) {
            Ok(record) => {
                let written = record.write().expect("JSON");
                let again = Submission::read(&written).expect("what was written");
                prop_assert!(again == record, "read back as another");
                prop_assert_eq!(again.write().expect("JSON"), written);
                record.in_stage_since();
                record.changes_requested();
                record.is_to_publish();
            }
            Err(RecordError::Newer(format)) => prop_assert!(format > 1),
            Err(error) => {
                let said = error.to_string();
                prop_assert!(!said.contains("canary"), "{}", said);
            }
        }
        Ok(())
    });
}

#[test]
fn yaml_of_any_kind_is_read_without_harm_and_what_is_written_reads_back() {
    let real = [
        "",
        SEED,
        FORMS[0],
        "title: A\ntags: [a, b]\n",
        "---\ntitle: x\n---\nbody",
    ];
    fuzz(
        "YAML and front matter",
        800,
        damaged_texts(&real, YAML),
        |text| {
            let _ = Node::read(&text);
            page_title("tim-davies.md", text.as_bytes());
            top_level(text.as_bytes(), "title");
            prop_assert!(text.ends_with(front_matter::body(&text)));
            if let Ok(front) = FrontMatter::read(&text) {
                for (place, found) in front.texts() {
                    prop_assert_eq!(front.text(place), Some(found));
                }
            }
            for written in [yaml_string(&text), yaml_quoted(&text)] {
                prop_assert!(!written.contains('\n'));
                let file = format!("---\nkey: {written}\nlist:\n    - {written}\n---\n{text}");
                let front = FrontMatter::read(&file).map_err(TestCaseError::fail)?;
                prop_assert_eq!(front.text("key"), Some(text.as_str()), "{}", written);
                prop_assert_eq!(front.text("list.0"), Some(text.as_str()), "{}", written);
                prop_assert_eq!(front_matter::body(&file), text.as_str());
                let node = Node::read(&format!("key: {written}\n"));
                let node = node.map_err(|mistake| TestCaseError::fail(mistake.message))?;
                let value = node.get("key").expect("the key");
                prop_assert_eq!(
                    value.text().unwrap_or_default(),
                    text.as_str(),
                    "{}",
                    written
                );
                prop_assert_eq!(
                    top_level(format!("key: {written}").as_bytes(), "key"),
                    Some(text.clone())
                );
            }
            Ok(())
        },
    );
}
