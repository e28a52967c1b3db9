//! How much of what has been published elsewhere comes out, typed in as it is, as the blog's own
//! engine would have shown it. The texts are not ours, so they are named by whoever measures:
//! `INTAKE_CORPUS=FOLDER`, with a folder for each blog in it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use case_study_intake::text::{clean::clean, markdown::Document};
use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::support::Oracle;

/// The folder of collections that whoever measures has named.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("INTAKE_CORPUS").map(PathBuf::from)
}

/// The Markdown files below a folder, with their names.
pub fn texts(folder: &Path) -> Vec<(String, String)> {
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
    let is_tag = |rest: &str| {
        let words = rest.split('>').next().unwrap_or_default();
        let is_address = !words.contains(' ') && (words.contains('@') || words.contains("://"));
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) && !is_address
    };
    ["{{", "{%", "{:", "{#", "![", "$$"]
        .iter()
        .any(|mark| text.contains(mark))
        || text
            .match_indices('<')
            .any(|(at, _)| is_tag(&text[at + 1..]))
}

/// What is done on purpose to what people type, of that which published texts hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    LinkWithinASite,
    LinkWithoutScheme,
    LinkWithoutWords,
    TrackingTakenOff,
    BarsWithoutATable,
    EmphasisThatEndsInABlank,
    NumbersKept,
    ListsByOtherMarks,
    SchemeTwice,
    LongLinesApart,
    LineEndsKept,
}

impl Purpose {
    const ALL: [Purpose; 11] = [
        Purpose::LinkWithinASite,
        Purpose::LinkWithoutScheme,
        Purpose::LinkWithoutWords,
        Purpose::TrackingTakenOff,
        Purpose::BarsWithoutATable,
        Purpose::EmphasisThatEndsInABlank,
        Purpose::NumbersKept,
        Purpose::ListsByOtherMarks,
        Purpose::SchemeTwice,
        Purpose::LongLinesApart,
        Purpose::LineEndsKept,
    ];

    fn name(self) -> &'static str {
        match self {
            Purpose::LinkWithinASite => "a link within its site",
            Purpose::LinkWithoutScheme => "a link without https://",
            Purpose::LinkWithoutWords => "a link without words",
            Purpose::TrackingTakenOff => "tracking or a redirect taken off",
            Purpose::BarsWithoutATable => "`|` without a table",
            Purpose::EmphasisThatEndsInABlank => "emphasis that ends in a blank",
            Purpose::NumbersKept => "a number that begins an item",
            Purpose::ListsByOtherMarks => "`1)` or `•` begins a list",
            Purpose::SchemeTwice => "https:// twice",
            Purpose::LongLinesApart => "long lines as paragraphs",
            Purpose::LineEndsKept => "line ends kept",
        }
    }

    /// What kramdown would have to be given to show by itself what is shown on purpose.
    fn spelt_out(self, text: &str) -> String {
        let change = |pattern: &str, by: &dyn Fn(&Captures<'_>) -> String| {
            let pattern = Regex::new(pattern).expect("a pattern");
            pattern.replace_all(text, by).into_owned()
        };
        let is_site = |address: &str| {
            let start = address.split('/').next().unwrap_or_default();
            let is_file = [".html", ".md", ".pdf"]
                .iter()
                .any(|it| start.ends_with(it));
            !address.contains(':') && (!start.contains('.') || is_file)
        };
        match self {
            Purpose::LinkWithinASite => change(r"\[([^\[\]]+)\]\(([^()\s]+)\)", &|found| {
                if is_site(&found[2]) {
                    format!("\\[{}\\]({})", &found[1], found[2].replace('_', "\\_"))
                } else {
                    found[0].to_owned()
                }
            }),
            Purpose::LinkWithoutScheme => change(r"\]\(([^()\s:#]+)\)", &|found| {
                if is_site(&found[1]) {
                    found[0].to_owned()
                } else {
                    format!("](https://{})", &found[1])
                }
            }),
            Purpose::LinkWithoutWords => change(r"\[\]\(([^()\s]+)\)", &|found| {
                format!("[{0}]({0})", &found[1])
            }),
            Purpose::TrackingTakenOff => {
                let redirect = r"https://www\.google\.com/url\?q=([^&)\s]+)[^)\s]*";
                let text = change(redirect, &|found| found[1].to_owned());
                let first =
                    Regex::new(r"\?(?:(?:utm_[a-z]+|igsh)=[^&#)\s]*&)+").expect("a pattern");
                let other = Regex::new(r"[?&](?:utm_[a-z]+|igsh)=[^&#)\s]*").expect("a pattern");
                let text = first.replace_all(&text, "?");
                other.replace_all(&text, "").into_owned()
            }
            Purpose::BarsWithoutATable => {
                let is_line =
                    |line: &str| line.contains("--") && line.chars().all(|c| "-|: ".contains(c));
                by_block(text, &|block| {
                    let is_table = block.lines().any(is_line);
                    (!is_table).then(|| block.replace('|', "\\|"))
                })
            }
            Purpose::EmphasisThatEndsInABlank => {
                let text = change(
                    r#"(?m)(^|[\s(“‘"'])_(\w[^_\n]*?)(\s+)_(\w|$)"#,
                    &|found| format!("{}_{}_{}{}", &found[1], &found[2], &found[3], &found[4]),
                );
                let bold =
                    Regex::new(r"(?m)(^|\s)\*\*(\S[^*\n]*?)(\s+)\*\*(\w|$)").expect("a pattern");
                bold.replace_all(&text, "$1**$2**$3$4").into_owned()
            }
            Purpose::NumbersKept => change(r"(?m)^(\s*[*+-]\s+\d+)\. ", &|found| {
                format!("{}\\. ", &found[1])
            }),
            Purpose::ListsByOtherMarks => {
                let text = change(r"(?m)^(\s*\d+)\) ", &|found| format!("{}. ", &found[1]));
                text.lines()
                    .map(|line| line.replacen("• ", "- ", usize::from(line.starts_with("• "))))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Purpose::SchemeTwice => change(r"\b(https?://)https?://", &|found| found[1].to_owned()),
            Purpose::LongLinesApart => {
                let is_long = |line: &str| line.len() >= 100;
                let ends = |line: &str| line.ends_with(['.', '!', '?', ':', ';']);
                by_block(text, &|block| {
                    let (all, _) = block.rsplit_once('\n')?;
                    let is_prose = block.lines().all(is_long) && all.lines().all(ends);
                    is_prose.then(|| block.replace('\n', "\n\n"))
                })
            }
            // Which they are, is seen in what is shown.
            Purpose::LineEndsKept => text.to_owned(),
        }
    }
}

/// The text with those of its blocks changed for which there is a change.
fn by_block(text: &str, change: &dyn Fn(&str) -> Option<String>) -> String {
    let blocks = text.split("\n\n");
    let blocks = blocks.map(|block| change(block).unwrap_or_else(|| block.to_owned()));
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// The purposes without which the two would be the same, if there is nothing else to it.
fn purposes(text: &str, preview: &str, oracle: &mut Oracle) -> Option<Vec<Purpose>> {
    let mut needed = Purpose::ALL.to_vec();
    if !is_explained(text, preview, &needed, oracle) {
        return None;
    }
    for purpose in Purpose::ALL {
        let others: Vec<Purpose> = needed.iter().copied().filter(|it| *it != purpose).collect();
        if is_explained(text, preview, &others, oracle) {
            needed = others;
        }
    }
    Some(needed)
}

fn is_explained(text: &str, preview: &str, by: &[Purpose], oracle: &mut Oracle) -> bool {
    let text = by
        .iter()
        .fold(text.to_owned(), |text, it| it.spelt_out(&text));
    let mut seen = oracle.ask(&json!({"markdown": text, "preview": preview, "lenient": true}));
    if by.contains(&Purpose::LineEndsKept) {
        for side in ["blog", "preview"] {
            let structure = seen[side]["structure"].as_str().expect("a structure");
            let without = structure.replace("br()", " ");
            let names: Vec<&str> = without.split_whitespace().collect();
            seen[side]["structure"] = json!(names.join(" ").replace("( ", "(").replace(" )", ")"));
        }
    }
    difference(&seen["blog"], &seen["preview"]).is_none()
}

/// Links, of which those to and from footnotes are named otherwise in a post.
fn links(value: &Value) -> Vec<&str> {
    let links = value["links"].as_array().expect("links");
    let links = links.iter().map(|link| link.as_str().expect("a link"));
    links
        .map(|link| match link {
            link if link.starts_with("#fnref:") => "#fnref",
            link if link.starts_with("#fn:") => "#fn",
            link => link,
        })
        .collect()
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
    } else if links(blog) != links(preview) {
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
    let Some(folder) = folder() else {
        return;
    };
    let mut oracle = Oracle::ruby("kramdown.rb", &[]);
    for entry in fs::read_dir(&folder).expect("INTAKE_CORPUS is a folder") {
        let entry = entry.expect("an entry");
        let texts = texts(&entry.path());
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let mut on_purpose: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut beyond, mut same, mut meant) = (0, 0, 0);
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
            let (blog, shown) = (&seen["blog"], &seen["preview"]);
            let Some(kind) = difference(blog, shown) else {
                same += 1;
                continue;
            };
            let part = match kind {
                "structure" | "links" => kind,
                _ => "text",
            };
            if let Some(purposes) = purposes(text, &preview, &mut oracle) {
                meant += 1;
                for purpose in purposes {
                    *on_purpose.entry(purpose.name()).or_default() += 1;
                }
                println!("{name}: {kind}, on purpose");
            } else {
                *kinds.entry(kind).or_default() += 1;
                println!("{name}: {kind}");
            }
            println!("{}", beginning(&blog[part], &shown[part]));
        }
        let plain = texts.len() - beyond;
        let share = |count: usize| 100.0 * count as f64 / plain.max(1) as f64;
        println!(
            "corpus | {:30} | {same} of {plain} the same ({:.0} %) | {meant} more but for what is \
             done on purpose ({:.0} %): {on_purpose:?} | {kinds:?} | {beyond} hold what nobody can send",
            entry.file_name().display(),
            share(same),
            share(same + meant),
        );
    }
}
