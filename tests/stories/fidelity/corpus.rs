//! How much of what has been published elsewhere comes out, typed in as it is, as the blog's own
//! engine would have shown it. The texts are not ours, so they are named by whoever measures:
//! `INTAKE_CORPUS=FOLDER`, with a folder for each blog in it.

use std::{collections::BTreeMap, fs, path::Path};

use case_study_intake::text::{clean::clean, markdown::Document};
use serde_json::{Value, json};

use crate::support::Oracle;

/// The Markdown files below a folder.
fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let is_markdown = path
                .extension()
                .is_some_and(|ending| ["md", "markdown", "text"].iter().any(|it| ending == *it));
            if path.is_dir() {
                folders.push(path);
            } else if is_markdown && let Ok(text) = fs::read_to_string(&path) {
                found.push((path.display().to_string(), story(&text)));
            }
        }
    }
    found.sort();
    found
}

/// What stands below the front matter, as somebody would type it into the form.
fn story(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let body = text
        .strip_prefix("---\n")
        .and_then(|rest| Some(rest.split_once("\n---")?.1.split_once('\n')?.1))
        .unwrap_or(&text);
    clean(&body.replace("<!--more-->", ""))
}

/// Whether it holds what the form takes from nobody: HTML, Liquid, kramdown's own, pictures.
fn is_beyond(text: &str) -> bool {
    let starts_tag =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    ["{{", "{%", "{:", "{#", "![", "$$"]
        .iter()
        .any(|mark| text.contains(mark))
        || text
            .match_indices('<')
            .any(|(at, _)| starts_tag(&text[at + 1..]) && !text[at..].starts_with("<http"))
}

/// In what the two differ; the first that applies.
fn difference(blog: &Value, preview: &Value) -> Option<&'static str> {
    let letters = |value: &Value| -> String {
        let text = value["text"].as_str().expect("a text");
        text.chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let blanks = |value: &Value| -> String {
        let text = super::folded(&value["text"]);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    if letters(blog) != letters(preview) {
        Some("letters and digits")
    } else if blanks(blog) != blanks(preview) {
        Some("signs")
    } else if blog["structure"] != preview["structure"] {
        Some("structure")
    } else if blog["links"] != preview["links"] {
        Some("links")
    } else if blog["text"] != preview["text"] {
        Some("quotes")
    } else {
        None
    }
}

/// Where two texts begin to differ, with a little around it.
fn beginning(one: &Value, other: &Value) -> String {
    let shown = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let (one, other) = (shown(one), shown(other));
    let same = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let part = |text: &str| -> String {
        text.chars()
            .skip(same.saturating_sub(40))
            .take(100)
            .collect()
    };
    format!(
        "    blog    {:?}\n    preview {:?}",
        part(&one),
        part(&other)
    )
}

#[test]
fn what_was_published_elsewhere_comes_out_as_it_was() {
    let Ok(folder) = std::env::var("INTAKE_CORPUS") else {
        return;
    };
    let mut oracle = Oracle::ruby("kramdown.rb", &[]);
    for entry in fs::read_dir(&folder).expect("INTAKE_CORPUS is a folder") {
        let entry = entry.expect("an entry");
        let texts = texts(&entry.path());
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut beyond, mut same) = (0, 0);
        for (name, text) in &texts {
            if is_beyond(text) {
                beyond += 1;
                continue;
            }
            let document = Document::parse(text);
            let preview = document.to_html();
            let written =
                oracle.ask(&json!({"markdown": document.to_markdown(), "preview": preview}));
            if written["blog"] != written["preview"] {
                println!("{name}: the preview");
                for part in ["text", "structure", "links"] {
                    println!(
                        "{}",
                        beginning(&written["blog"][part], &written["preview"][part])
                    );
                }
                *kinds.entry("the preview").or_default() += 1;
            }
            let seen = oracle.ask(&json!({"markdown": text, "preview": preview, "lenient": true}));
            let (blog, preview) = (&seen["blog"], &seen["preview"]);
            let Some(kind) = difference(blog, preview) else {
                same += 1;
                continue;
            };
            *kinds.entry(kind).or_default() += 1;
            let part = if ["structure", "links"].contains(&kind) {
                kind
            } else {
                "text"
            };
            println!("{name}: {kind}\n{}", beginning(&blog[part], &preview[part]));
        }
        let plain = texts.len() - beyond;
        println!(
            "corpus | {:30} | {same} of {plain} the same ({:.0} %) | {beyond} more hold what nobody can send | {kinds:?}",
            entry.file_name().display(),
            100.0 * same as f64 / plain.max(1) as f64
        );
    }
}
