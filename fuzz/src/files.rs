//! Bytes and files: forms that are sent, forms' definitions, records, pages of the blog.

use std::sync::LazyLock;

use case_study_intake::{
    form::{self, By, Definition, Typed, Vocabulary},
    submission::{RecordError, Submission},
    text::{
        front_matter::{self, FrontMatter},
        node::Node,
        yaml::{page_title, top_level, yaml_quoted, yaml_string},
    },
};

/// The files of two real forms.
pub const FORM_FILES: [&str; 2] = [
    include_str!("../../config/forms/case-study.yaml"),
    include_str!("../../config/examples/pave/forms/case.yaml"),
];

/// The same, judged.
pub static FORMS: LazyLock<[Definition; 2]> =
    LazyLock::new(|| FORM_FILES.map(|text| form::judge("case-study", text).expect("a good form")));

/// A post of a form, of any bytes, is judged; what is accepted can be shown again and sent again
/// without a change.
pub fn form_body(form: &Definition, body: &[u8]) {
    let pairs: Vec<_> = form_urlencoded::parse(body).collect();
    let typed = Typed::read(form, pairs.iter().map(|(name, value)| (&**name, &**value)));
    let again = Typed::read(form, typed.pairs());
    assert_eq!(again, typed, "to be sent on");
    match form.parse_entry(&typed, &Vocabulary::default()) {
        Ok(entry) => {
            form.public(&entry.answers);
            form.search_text(&entry.answers);
            let filled_in = Typed::of(form, &entry.answers);
            let none = Vocabulary::default();
            let edited = form.parse_answers(&filled_in, By::Campaigner, &none, &entry.answers, &[]);
            let edited = edited.map(|parsed| parsed.answers);
            assert_eq!(edited, Ok(entry.answers), "edited without a change");
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// The file of a form is taken, and then is good for something, or is refused with words and lines.
pub fn form_definition(text: &str) {
    match form::judge("case", text) {
        Ok(form) => {
            for is_hostile in [false, true] {
                let answers = form.sample(is_hostile);
                form.public(&answers);
                Typed::of(&form, &answers);
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            assert!(mistakes.is_sorted_by_key(|mistake| mistake.line));
            let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}']).count();
            for mistake in mistakes {
                let is_there = (1..=lines + 1).contains(&mistake.line);
                assert!(is_there && mistake.message.len() > 5, "{mistake:?}");
            }
        }
    }
}

/// A record is read to be written as it is, or is refused without a word of what is in it.
pub fn record(bytes: &[u8]) {
    match Submission::read(bytes) {
        Ok(record) => {
            let written = record.write().expect("JSON");
            let again = Submission::read(&written).expect("what was written");
            assert!(again == record, "read back as another");
            assert_eq!(again.write().expect("JSON"), written);
            record.in_stage_since();
            record.changes_requested();
            record.is_to_publish();
        }
        Err(RecordError::Newer(format)) => assert!(format > 1),
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains("canary"), "{said}");
        }
    }
}

/// A page of somebody's repository is read without harm.
pub fn page_of_a_blog(bytes: &[u8]) {
    page_title("tim-davies.md", bytes);
    top_level(bytes, "title");
    let text = String::from_utf8_lossy(bytes);
    let _ = Node::read(&text);
    assert!(text.ends_with(front_matter::body(&text)));
    if let Ok(front) = FrontMatter::read(&text) {
        for (place, found) in front.texts() {
            assert_eq!(front.text(place), Some(found));
        }
    }
}

/// What is written into front matter is read there as the same by every reader, whatever it is.
pub fn written_into_front_matter(text: &str) {
    for written in [yaml_string(text), yaml_quoted(text)] {
        assert!(!written.contains('\n'));
        let file = format!("---\nkey: {written}\nlist:\n    - {written}\n---\n{text}");
        let front = FrontMatter::read(&file).expect("front matter");
        assert_eq!(front.text("key"), Some(text), "{written}");
        assert_eq!(front.text("list.0"), Some(text), "{written}");
        assert_eq!(front_matter::body(&file), text);
        let node = Node::read(&format!("key: {written}\n")).expect("YAML");
        let value = node.get("key").expect("the key");
        assert_eq!(value.text().unwrap_or_default(), text, "{written}");
        let found = top_level(format!("key: {written}").as_bytes(), "key");
        assert_eq!(found.as_deref(), Some(text));
    }
}
