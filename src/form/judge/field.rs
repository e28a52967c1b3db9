//! A field in a form's file → its definition.

use jiff::civil::Date;
use regex::Regex;
use serde_json::Number;

use super::own;
use crate::{
    form::{Answer, By, Field, Item, Kind, Limits, Options, PageValue, built_in, value},
    text::{
        language,
        node::{Mistake, Node, Section, Value, did_you_mean, nearest},
    },
};

/// The kind of a choice whose answers are ready: see [`ai_answers`].
const AI_USE: &str = "ai_use";

/// More characters than this no answer takes: what is larger would not fit into a form post.
const MOST_CHARACTERS: u64 = 60_000;
/// More things than this no list takes.
const MOST_ITEMS: u64 = 100;

/// Pictures of one field.
const USUAL_PICTURES: u64 = 5;
const MOST_PICTURES: u64 = 20;

/// A small letter, then small letters, digits and `_`.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// A field, or with `group` one inside of that.
pub(super) fn field(node: &Node, group: Option<By>, mistakes: &mut Vec<Mistake>) -> Field {
    let name = node.get("name").and_then(Node::text).unwrap_or_default();
    let called = if name.is_empty() {
        "the field".to_owned()
    } else {
        format!("the field `{name}`")
    };
    let mut section = Section::new(node, called, mistakes);
    let name = section.required("name");
    let name_line = section.take("name").map_or(node.line, |node| node.line);
    if !name.is_empty() && !is_name(&name) {
        section.wrong(
            name_line,
            format!(
                "`{name}` cannot be a name: use a small letter, then small letters, digits and _"
            ),
        );
    }
    if built_in::RESERVED.contains(&name.as_str()) {
        section.wrong(
            name_line,
            format!("`{name}` is a name of the service’s own; choose another"),
        );
    }
    let asks_for_ai = node.get("kind").and_then(Node::text) == Some(AI_USE);
    let label = match section.take("label") {
        None if asks_for_ai => "Was AI used to write this?".to_owned(),
        _ => section.required("label"),
    };
    let kind = kind(&mut section, group.is_some());
    let by = match section.word(
        "by",
        &[("campaigner", By::Campaigner), ("editors", By::Editors)],
    ) {
        Some(_) if group.is_some() => {
            let line = section.line();
            section.wrong(
                line,
                "a field of a group is filled in by whoever fills in the group; take `by` away",
            );
            By::Campaigner
        }
        Some(by) => by,
        None => group.unwrap_or(By::Campaigner),
    };
    let options = match asks_for_ai {
        true => ai_answers(&mut section),
        false => options(&mut section, kind),
    };
    let limits = limits(&mut section, kind);
    let fields = match kind {
        Kind::Group => {
            let nodes = section.list("fields").unwrap_or_default();
            if nodes.is_empty() {
                let line = section.line();
                section.wrong(line, format!("`{name}` is a group and needs `fields`"));
            }
            nodes
                .iter()
                .map(|node| field(node, Some(by), section.mistakes()))
                .collect()
        }
        Kind::Images => own::picture_fields(by, name_line),
        _ => Vec::new(),
    };
    let entry = match kind {
        Kind::Group => section.text("entry").unwrap_or_else(|| label.clone()),
        Kind::Images => section
            .text("entry")
            .unwrap_or_else(|| "Picture".to_owned()),
        _ => String::new(),
    };
    let pattern = match kind {
        kind if kind.is_text() => pattern(&mut section),
        _ => None,
    };
    let default = default(&mut section, kind, &options);
    let made = Field {
        enter: section.text("enter").unwrap_or_else(|| match kind {
            _ if asks_for_ai => "Say whether AI was used".to_owned(),
            Kind::Choice | Kind::Choices | Kind::Language => format!("Choose “{label}”"),
            Kind::YesNo => format!("Choose yes or no for “{label}”"),
            Kind::Group | Kind::Images => format!("Add at least one to “{label}”"),
            _ => format!("Enter “{label}”"),
        }),
        hint: section.text("hint").unwrap_or_default(),
        example: section.text("example").unwrap_or_default(),
        is_public: section.flag("public").unwrap_or(true),
        is_required: section.flag("required").unwrap_or(false),
        autocomplete: section.text("autocomplete").unwrap_or_else(|| match kind {
            Kind::Email => "email".to_owned(),
            Kind::Url => "url".to_owned(),
            _ => String::new(),
        }),
        name,
        label,
        entry,
        kind,
        options,
        by,
        limits,
        pattern,
        default,
        fields,
        line: name_line,
    };
    section.finish();
    made
}

fn kind(section: &mut Section, in_group: bool) -> Kind {
    let Some(node) = section.take("kind") else {
        let line = section.line();
        section.wrong(line, "the field needs `kind`");
        return Kind::Line;
    };
    let text = node.text().unwrap_or_default();
    let found = Kind::NAMES.iter().find(|(name, _)| *name == text);
    match found {
        Some((_, kind)) if in_group && kind.is_group() => {
            section.wrong(node.line, "a group cannot hold another group, or pictures");
            Kind::Line
        }
        Some((_, Kind::Language)) if in_group => {
            let message = "a group cannot ask for the language; ask once for the whole form";
            section.wrong(node.line, message);
            Kind::Line
        }
        Some((_, kind)) => *kind,
        None => {
            let names = Kind::NAMES.iter().map(|(name, _)| *name);
            let advice = did_you_mean(text, names);
            section.wrong(node.line, format!("“{text}” is no kind of field; {advice}"));
            Kind::Line
        }
    }
}

fn options(section: &mut Section, kind: Kind) -> Options {
    if kind == Kind::Language {
        return languages(section);
    }
    if !matches!(kind, Kind::Choice | Kind::Choices) {
        return Options::None;
    }
    let Some(node) = section.take("options") else {
        let line = section.line();
        section.wrong(
            line,
            "a choice needs `options`: a list, or the blog’s pages, as in blog:_topics",
        );
        return Options::None;
    };
    if let Some(folder) = node.text().and_then(|text| text.strip_prefix("blog:")) {
        let folder = folder.trim_matches('/').to_owned();
        let is_inside = !folder.is_empty()
            && folder
                .split('/')
                .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"));
        if !is_inside {
            section.wrong(
                node.line,
                "`options` must name a folder of the blog, as in blog:_topics",
            );
        }
        let value = section
            .word(
                "value",
                &[("title", PageValue::Title), ("file", PageValue::File)],
            )
            .unwrap_or(PageValue::Title);
        let adds = section.flag("add").unwrap_or(false);
        let page = section.text("page").unwrap_or_else(|| "page.md".to_owned());
        if adds && kind == Kind::Choice {
            let line = section.line();
            section.wrong(line, "`add` is for the kind `choices`");
        }
        return Options::Pages {
            folder,
            value,
            add: adds.then_some(page),
        };
    }
    let Value::List(items) = &node.value else {
        section.wrong(node.line, "`options` must be a list, or as in blog:_topics");
        return Options::None;
    };
    let mut list: Vec<String> = Vec::new();
    for item in items {
        match item.text() {
            Some(text) if list.iter().any(|known| known == text) => {
                section.wrong(item.line, format!("the option “{text}” stands there twice"));
            }
            Some(text) => list.push(text.to_owned()),
            None => section.wrong(
                item.line,
                "an option must be a text; put it between quotes if it holds a colon",
            ),
        }
    }
    if items.is_empty() {
        section.wrong(node.line, "`options` is empty");
    }
    Options::List(list)
}

/// The answers to whether AI was used: each can be given honestly.
fn ai_answers(section: &mut Section) -> Options {
    if let Some(node) = section.take("options") {
        let message = "the kind `ai_use` has answers of its own; take `options` away";
        section.wrong(node.line, message);
    }
    let answers = [
        "No, I wrote it myself",
        "AI helped, and I’ve checked all of it",
        "AI wrote it, and I haven’t checked all of it",
    ];
    Options::List(answers.map(str::to_owned).to_vec())
}

/// The languages that the file lists, or all.
fn languages(section: &mut Section) -> Options {
    let Some(nodes) = section.list("options") else {
        return Options::Languages;
    };
    let mut list: Vec<String> = Vec::new();
    for node in nodes {
        let text = node.text().unwrap_or_default();
        match language::tag(text) {
            Some(tag) if list.contains(&tag) => {
                section.wrong(
                    node.line,
                    format!("the language “{tag}” stands there twice"),
                );
            }
            Some(tag) => list.push(tag),
            None => section.wrong(node.line, no_language(text)),
        }
    }
    Options::List(list)
}

fn no_language(text: &str) -> String {
    format!("“{text}” is no tag of a language; write it as in en, pt-BR or zh-Hant")
}

fn limits(section: &mut Section, kind: Kind) -> Limits {
    let (line_min, line_max) = (
        section.take("min").map_or(1, |node| node.line),
        section.take("max").map_or(1, |node| node.line),
    );
    match kind {
        Kind::YesNo | Kind::Choice | Kind::Language => {
            if section.take("min").is_some() || section.take("max").is_some() {
                let line = line_min.max(line_max);
                section.wrong(line, "this kind of field takes no `min` or `max`");
            }
            Limits::Count { min: 0, max: 1 }
        }
        Kind::Number | Kind::Year => {
            let (low, high) = match kind {
                Kind::Year => (Some(1000.0), Some(9999.0)),
                _ => (None, None),
            };
            let min = section.parsed("min", "a number").or(low);
            let max = section.parsed("max", "a number").or(high);
            if let (Some(min), Some(max)) = (min, max)
                && min > max
            {
                section.wrong(line_min, "`min` is larger than `max`");
            }
            Limits::Number { min, max }
        }
        Kind::Date => {
            let min: Option<Date> = section.parsed("min", "a day, as in 2026-03-31");
            let max: Option<Date> = section.parsed("max", "a day, as in 2026-03-31");
            if min.zip(max).is_some_and(|(min, max)| min > max) {
                section.wrong(line_min, "`min` is later than `max`");
            }
            Limits::Date { min, max }
        }
        _ => {
            let (usual, most) = match kind {
                Kind::Line => (200, MOST_CHARACTERS),
                Kind::LongLine => (500, MOST_CHARACTERS),
                Kind::Text => (5_000, MOST_CHARACTERS),
                Kind::Markdown => (20_000, MOST_CHARACTERS),
                // RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, brackets included.
                Kind::Email => (254, 254),
                Kind::Url => (2_000, 2_000),
                Kind::Images => (USUAL_PICTURES, MOST_PICTURES),
                _ => (MOST_ITEMS, MOST_ITEMS),
            };
            let min = section.parsed("min", "a whole number").unwrap_or(1);
            let max = section.parsed("max", "a whole number").unwrap_or(usual);
            if max > most || max == 0 {
                section.wrong(line_max, format!("`max` must be between 1 and {most}"));
            } else if min > max {
                section.wrong(
                    line_min,
                    format!("`min` is larger than `max`, which is {max}"),
                );
            }
            Limits::Count { min, max }
        }
    }
}

fn pattern(section: &mut Section) -> Option<Regex> {
    let node = section.take("pattern")?;
    let text = node.text().unwrap_or_default();
    match Regex::new(&format!("^(?:{text})$")) {
        Ok(pattern) => Some(pattern),
        Err(_) => {
            section.wrong(
                node.line,
                format!("`pattern` is no regular expression: {text}"),
            );
            None
        }
    }
}

fn default(section: &mut Section, kind: Kind, options: &Options) -> Option<Answer> {
    let node = section.take("default")?;
    let text = node.text();
    let made = match kind {
        Kind::YesNo => text.and_then(|text| text.parse().ok()).map(Answer::YesNo),
        Kind::Number => text
            .and_then(|text| value::number(text).ok())
            .map(Answer::Number),
        Kind::Year => text
            .and_then(|text| value::year(text).ok())
            .map(|year| Answer::Number(Number::from(year))),
        Kind::Date => text
            .and_then(|text| text.parse::<Date>().ok())
            .map(|day| Answer::Text(day.to_string())),
        Kind::Choices => section.list("default").map(|items| {
            let items = items.iter().filter_map(Node::text);
            Answer::List(items.map(|text| Item::Known(text.to_owned())).collect())
        }),
        Kind::Group | Kind::Images => None,
        Kind::Language => text.and_then(language::tag).map(Answer::Text),
        _ => text.map(|text| Answer::Text(text.to_owned())),
    };
    let Some(made) = made else {
        section.wrong(node.line, "`default` does not fit this kind of field");
        return None;
    };
    if let Options::List(list) = options {
        for (value, _) in made.chosen() {
            if !list.iter().any(|option| option == value) {
                let advice = match nearest(value, list.iter().map(String::as_str)) {
                    Some(right) => format!("; did you mean “{right}”?"),
                    None => String::new(),
                };
                section.wrong(
                    node.line,
                    format!("`default` is “{value}”, which is not among the options{advice}"),
                );
            }
        }
    }
    Some(made)
}
