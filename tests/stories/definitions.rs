//! Whatever a form asks: what is accepted is in the post, Ruby reads it back as it was typed, and
//! the preview shows it; and whatever stands in a form's file, it is judged with words.

use std::{fs, path::Path};

use case_study_intake::{
    form::{self, Answer, Definition, Kind, Typed, Vocabulary},
    post::{Post, Preview},
    templates::Templates,
    text::clean::{clean, clean_line},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::Oracle;

const TEMPLATE: &str = "---\ntitle: {{ title | yaml_quoted }}\n{% for field in fields %}{{ field.value | yaml(key=field.name) }}{% endfor %}---\n";

/// A field of a generated form, and what is typed into it.
#[derive(Debug, Clone)]
struct Asked {
    kind: &'static str,
    label: String,
    public: bool,
    options: Vec<String>,
    typed: Vec<(&'static str, String)>,
}

/// Texts as people and their programs write them, and such as break YAML.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{1,40}",
        "[a-z]{1,8}( [a-z]{1,8}){0,4}",
        prop::sample::select(vec![
            "yes",
            "no",
            "~",
            "null",
            "12:30",
            "2026-11-23",
            "1_000",
            "0x1f",
            ":sym",
            "- a",
            "# b",
            "a: b",
            "a #b",
            "\"",
            "'",
            "\\",
            "&a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "{{ a }}",
            "{% raw %}",
            "---",
            "...",
            "<b>",
            "|",
            ">",
            "[a]",
            "{a}",
            "?",
            "? a",
            "=",
            "<<",
            "É",
            "a\u{85}b",
            "a\u{2028}b",
            "\u{feff}a",
            "1e3",
            ".inf",
            "NaN",
            "0o7",
            "미투",
            "a\tb",
        ])
        .prop_map(str::to_owned),
    ]
}

fn paragraphs() -> impl Strategy<Value = String> {
    prop::collection::vec(words(), 1..5).prop_map(|lines| lines.join("\n"))
}

fn asked() -> impl Strategy<Value = Asked> {
    let one = |kind: &'static str, text: BoxedStrategy<String>| {
        (words(), any::<bool>(), text).prop_map(move |(label, public, text)| Asked {
            kind,
            label,
            public,
            options: Vec::new(),
            typed: vec![("", text)],
        })
    };
    let choices = (
        words(),
        any::<bool>(),
        prop::collection::vec(words(), 1..5),
        any::<u8>(),
    )
        .prop_map(|(label, public, options, chosen)| {
            let mut options: Vec<String> = options
                .iter()
                .map(|option| clean_line(option))
                .filter(|option| !option.is_empty())
                .collect();
            options.sort();
            options.dedup();
            let chosen = options
                .iter()
                .enumerate()
                .filter(|(at, _)| chosen & (1 << at) != 0)
                .map(|(_, option)| ("", option.clone()));
            Asked {
                kind: "choices",
                label,
                public,
                typed: chosen.collect(),
                options,
            }
        });
    let day = (words(), any::<bool>(), 1..29_u32, 1..13_u32, 1000..9999_u32).prop_map(
        |(label, public, day, month, year)| Asked {
            kind: "date",
            label,
            public,
            options: Vec::new(),
            typed: vec![
                ("-day", day.to_string()),
                ("-month", month.to_string()),
                ("-year", year.to_string()),
            ],
        },
    );
    prop_oneof![
        one("line", words().boxed()),
        one("long_line", words().boxed()),
        one("text", paragraphs().boxed()),
        one("number", "[0-9]{1,6}|[0-9]{1,5}\\.[1-9]".boxed()),
        one("year", "[1-9][0-9]{3}".boxed()),
        one("yes_no", "yes|no".boxed()),
        one(
            "url",
            "https://example\\.org/[a-z0-9_~-]{0,12}(\\?[a-z]=[a-z0-9%41]{0,6})?".boxed()
        ),
        one("email", "[a-z]{1,8}@example\\.org".boxed()),
        day,
        choices.prop_filter("something to choose from", |asked| !asked
            .options
            .is_empty()),
    ]
}

/// The file of a form that asks this.
fn file(fields: &[Asked]) -> String {
    let mut text = String::from(
        "title: Generated\nparts:\n  - title: All\n    fields:\n      - {name: heading, label: Heading, kind: line, required: true}\n",
    );
    for (number, asked) in fields.iter().enumerate() {
        // A JSON string is a YAML string.
        let label = json!(format!("{}x{number}", clean_line(&asked.label))).to_string();
        text.push_str(&format!(
            "      - name: field_{number}\n        label: {label}\n        kind: {}\n        public: {}\n",
            asked.kind, asked.public
        ));
        if asked.kind == "choices" {
            text.push_str(&format!("        options: {}\n", json!(asked.options)));
        }
    }
    text + "consent: {wording: Agreed}\npost:\n  template: generated.md\n  path: _x/{slug}.md\n  permalink: https://example.org/{slug}\n  title: heading\n"
}

fn typed(definition: &Definition, fields: &[Asked]) -> Typed {
    let mut pairs = vec![
        ("heading".to_owned(), "A heading".to_owned()),
        ("contact_name".to_owned(), "Ana".to_owned()),
        ("contact_email".to_owned(), "ana@example.org".to_owned()),
        ("consent".to_owned(), "yes".to_owned()),
    ];
    for (number, asked) in fields.iter().enumerate() {
        for (rest, text) in &asked.typed {
            pairs.push((format!("field_{number}{rest}"), text.clone()));
        }
    }
    let pairs = pairs
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    Typed::read(definition, pairs)
}

/// What must stand in the post for a field, by what was typed alone.
fn expected(asked: &Asked) -> Option<Value> {
    let text = asked.typed.first().map_or("", |(_, text)| text.as_str());
    Some(match asked.kind {
        "line" | "long_line" => json!(clean_line(text)),
        "text" => json!(clean(text)),
        "number" if text.contains('.') => json!(text.parse::<f64>().ok()?),
        "number" | "year" => json!(text.parse::<i64>().ok()?),
        "yes_no" => json!(text == "yes"),
        "date" => {
            let part = |at: usize| asked.typed[at].1.parse::<u32>().unwrap_or_default();
            json!(format!("{:04}-{:02}-{:02}", part(2), part(1), part(0)))
        }
        "choices" => {
            let chosen: Vec<&String> = asked.typed.iter().map(|(_, text)| text).collect();
            json!(chosen)
        }
        _ => json!(text),
    })
    .filter(|value| !matches!(value, Value::String(text) if text.is_empty()))
    .filter(|value| !matches!(value, Value::Array(items) if items.is_empty()))
}

#[test]
fn what_is_accepted_is_published_read_back_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("generated.md"), TEMPLATE).expect("a template");
    let templates = Templates::load(folder.path()).expect("templates");
    let ruby = std::cell::RefCell::new(Oracle::ruby("front_matter.rb", &[]));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let forms = prop::collection::vec(asked(), 1..8);
    runner
        .run(&forms, |fields| {
            let definition = form::judge("generated", &file(&fields))
                .map_err(|mistakes| TestCaseError::fail(format!("{mistakes:?}")))?;
            let typed = typed(&definition, &fields);
            let entry = definition
                .parse_entry(&typed, &Vocabulary::default())
                .map_err(|problems| TestCaseError::fail(format!("{problems:?}")))?;
            let answers = definition.public(&entry.answers);
            let draft = templates
                .render_post("generated.md", &Post::new(&answers))
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
            let read = ruby.borrow_mut().ask(&json!(draft));
            let preview = Preview::new(&draft, TEMPLATE, &answers, &|picture| {
                format!("/{}", picture.path)
            });
            for (number, asked) in fields.iter().enumerate() {
                let name = format!("field_{number}");
                let stands = read["front"].get(&name).map(plain);
                if asked.public {
                    prop_assert_eq!(&stands, &expected(asked), "{}\n{}", name, draft);
                } else {
                    prop_assert_eq!(&stands, &None, "private: {}\n{}", name, draft);
                }
                let field = definition.field(&name).expect("the field");
                let shown = preview.facts.iter().any(|(label, words)| {
                    *label == field.label
                        && entry
                            .answers
                            .get(&name)
                            .map(|it| it.in_words(field))
                            .as_ref()
                            == Some(words)
                });
                prop_assert_eq!(shown, asked.public && stands.is_some(), "{}", name);
            }
            // To be changed and sent on, it is the same again.
            let again = Typed::of(&definition, &entry.answers);
            for field in definition.fields() {
                if !matches!(field.kind, Kind::Number | Kind::Url) && field.name != "slug" {
                    prop_assert!(again.is_same(&typed, field), "{}: {again:?}", field.name);
                }
            }
            let json = serde_json::to_value(&entry.answers).expect("JSON");
            let back: std::collections::BTreeMap<String, Answer> =
                serde_json::from_value(json).expect("answers");
            prop_assert_eq!(form::Answers::from(back), entry.answers);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Without the names of Ruby's classes.
fn plain(value: &Value) -> Value {
    match &value["value"] {
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_form_s_file_that_is_damaged_is_refused_with_words() {
    let good = include_str!("../../config/examples/pave/forms/case.yaml");
    assert!(form::judge("case", good).is_ok());
    let lines: Vec<&str> = good.lines().collect();
    let damage = (
        0..lines.len(),
        0..7_usize,
        "[a-z:\\[\\]{}&*!|>'\"%@#\\- ]{1,6}",
        0..60_usize,
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&damage, |(at, how, noise, column)| {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let line = &mut lines[at];
            let place = line
                .char_indices()
                .nth(column)
                .map_or(line.len(), |(place, _)| place);
            match how {
                0 => line.clear(),
                1 => line.insert_str(place, &noise),
                2 => line.truncate(place),
                3 => line.insert(0, ' '),
                4 => *line = line.replace(':', ""),
                5 => *line = line.replacen("kind", &noise, 1),
                _ => {
                    let copy = line.clone();
                    lines.insert(at, copy);
                }
            }
            if let Err(mistakes) = form::judge("case", &lines.join("\n")) {
                prop_assert!(!mistakes.is_empty());
                for mistake in mistakes {
                    prop_assert!((1..=lines.len() + 1).contains(&mistake.line), "{mistake:?}");
                    prop_assert!(mistake.message.len() > 10, "{mistake:?}");
                }
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn every_example_is_a_good_form() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples");
    let mut count = 0;
    for example in fs::read_dir(examples).expect("examples").flatten() {
        let Ok(forms) = fs::read_dir(example.path().join("forms")) else {
            continue;
        };
        for file in forms.flatten() {
            let text = fs::read_to_string(file.path()).expect("a form");
            let judged = form::judge("example", &text);
            assert!(
                judged.is_ok(),
                "{}: {:?}",
                file.path().display(),
                judged.err()
            );
            count += 1;
        }
    }
    assert!(count >= 5, "{count} examples");
}
