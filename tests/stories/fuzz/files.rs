//! Bytes and files: forms that are sent, forms' definitions, records, pages of the blog.

use case_study_intake::{form::Typed, submission::Submission};
use image::ImageFormat;
use proptest::prelude::*;

use super::{
    damaged, damaged_texts, fuzz,
    promises::{
        FORM_FILES, FORMS, form_body, form_definition, page_of_a_blog, record,
        written_into_front_matter,
    },
};
use crate::{
    pictures::{Saved, photo},
    support::{Answers, Intake, SEED, Visitor},
};

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
    let answers = Answers::seed();
    let sent = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(answers.sent("token", "submit"))
        .finish();
    let sample = |form, is_hostile| {
        let typed = Typed::of(form, &form.sample(is_hostile));
        form_urlencoded::Serializer::new("consent=yes&".to_owned())
            .extend_pairs(typed.pairs())
            .finish()
    };
    let mut real = vec![String::new(), sent];
    for form in &*FORMS {
        real.extend([sample(form, false), sample(form, true)]);
    }
    let real = real.into_iter().map(String::into_bytes).collect();
    let bodies = (damaged(real, BODY), 0..FORMS.len());
    fuzz("form body", 1500, bodies, |(body, number)| {
        form_body(&FORMS[number], &body);
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
        assert!(answer.status < 500, "{} {}", answer.status, answer.body);
    });
    // The form is there still, and takes what is whole.
    let taken = saved.upload(&picture, &[]);
    assert_eq!(taken.status, 303, "{}", taken.body);
    assert!(saved.file(0).ends_with(".png"));
    assert!(!intake.log().contains("panicked"), "{}", intake.log());
}

#[test]
fn a_form_s_definition_is_taken_or_refused_with_words_and_lines() {
    let texts = damaged_texts(&FORM_FILES, YAML);
    fuzz("form definition", 400, texts, |text| form_definition(&text));
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
    let records = damaged(records(), JSON);
    fuzz("record", 1500, records, |bytes| record(&bytes));
}

#[test]
fn yaml_of_any_kind_is_read_without_harm_and_what_is_written_reads_back() {
    let real = [
        "",
        SEED,
        FORM_FILES[0],
        "title: A\ntags: [a, b]\n",
        "---\ntitle: x\n---\nbody",
    ];
    let texts = damaged_texts(&real, YAML);
    fuzz("YAML and front matter", 800, texts, |text| {
        page_of_a_blog(text.as_bytes());
        written_into_front_matter(&text);
    });
}
