//! Hides from the parser what it must not see, and shows it again.
//!
//! Noncharacters stand in for characters that would be markup where people mean the characters. No
//! text from outside holds any, because the rule for characters drops them.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{Event, Parser, Tag};

use super::{
    super::clean::{Shown, plain_start, shown},
    read::OPTIONS,
    targets::is_definable,
};

pub(super) const LESS_THAN: char = '\u{FDD0}';
pub(super) const COLON: char = '\u{FDD1}';
pub(super) const DOUBLE_STAR: char = '\u{FDD2}';
pub(super) const AMPERSAND: char = '\u{FDD3}';
pub(super) const STAR: char = '\u{FDD4}';
pub(super) const UNDERSCORE: char = '\u{FDD5}';
pub(super) const TILDE: char = '\u{FDD6}';
pub(super) const BACKSLASH: char = '\u{FDD7}';
pub(super) const TICK: char = '\u{FDD8}';
pub(super) const LONE_UNDERSCORE: char = '\u{FDDB}';
const LEFT_TO_RIGHT: char = '\u{FDD9}';
const RIGHT_TO_LEFT: char = '\u{FDDA}';

pub(super) fn unmasked(c: char) -> char {
    match c {
        LESS_THAN => '<',
        COLON => ':',
        AMPERSAND => '&',
        STAR => '*',
        UNDERSCORE => '_',
        TILDE => '~',
        BACKSLASH => '\\',
        TICK => '`',
        LEFT_TO_RIGHT => '\u{200e}',
        RIGHT_TO_LEFT => '\u{200f}',
        c => c,
    }
}

/// What stands in for a mark of emphasis or of code.
pub(super) fn masked_mark(c: char) -> char {
    match c {
        '*' => STAR,
        '_' => UNDERSCORE,
        '~' => TILDE,
        '`' => TICK,
        '\\' => BACKSLASH,
        c => c,
    }
}

/// Hides from the parser whatever would start HTML or define a link that nothing leads to, so that
/// neither swallows text, and references to the characters that it is hidden by.
/// What was written here (`is_own`) defines nothing in vain.
pub(super) fn mask(source: &str, is_own: bool) -> String {
    let definitions = definitions(source);
    if definitions.is_empty() {
        return mask_but(source, &BTreeSet::new());
    }
    // Which of them are used, only the parser knows.
    let all = definitions.iter().map(|it| it.colon).collect();
    if is_own {
        return mask_but(source, &all);
    }
    let used = used(&mask_but(source, &all));
    let mut taken = BTreeMap::new();
    for definition in definitions {
        if used.contains(&definition.label) {
            taken.entry(definition.label).or_insert(definition.colon);
        }
    }
    mask_but(source, &taken.into_values().collect())
}

/// Leaves the colons at these places, which define something.
fn mask_but(source: &str, defining: &BTreeSet<usize>) -> String {
    let mut out = String::with_capacity(source.len());
    let mut from = 0;
    for (at, mark) in source.match_indices(['<', ':', '&', '\u{200e}', '\u{200f}']) {
        out.push_str(&source[from..at]);
        from = at + mark.len();
        let rest = &source[from..];
        match mark {
            "<" if !out.ends_with("](") && !starts_autolink(rest) => out.push(LESS_THAN),
            ":" if out.ends_with(']') && !defining.contains(&at) => out.push(COLON),
            // Those that are in the text itself; what references stand for is dropped.
            "\u{200e}" => out.push(LEFT_TO_RIGHT),
            "\u{200f}" => out.push(RIGHT_TO_LEFT),
            "&" if is_reference_to_mark(rest) => out.push(AMPERSAND),
            _ => out.push_str(mark),
        }
    }
    out.push_str(&source[from..]);
    out
}

struct Definition {
    /// As the parser compares it.
    label: String,
    colon: usize,
}

/// The lines that could define a link or a footnote.
fn definitions(source: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    for (end, _) in source.match_indices("]:") {
        let start = source[..end].rfind('\n').map_or(0, |at| at + 1);
        let line = source[start..end].trim_start_matches([' ', '>']);
        let rest = source[end + 2..].split('\n').next().unwrap_or_default();
        let Some(label) = line.strip_prefix('[') else {
            continue;
        };
        let is_note = label.starts_with('^') && label.len() > 1;
        if !label.is_empty()
            && label.len() < 1000
            && !label.contains(['[', ']'])
            && (is_note && !rest.trim().is_empty() || !is_note && is_definable(rest))
        {
            found.push(Definition {
                label: folded(label),
                colon: end + 1,
            });
        }
    }
    found
}

fn folded(label: &str) -> String {
    let words: Vec<String> = label.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// The labels by which something defined is used.
fn used(masked: &str) -> BTreeSet<String> {
    Parser::new_ext(masked, OPTIONS)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) if !id.is_empty() => {
                Some(folded(&id))
            }
            Event::FootnoteReference(label) => Some(folded(&format!("^{label}"))),
            _ => None,
        })
        .collect()
}

/// Whether an `&` before this begins a reference to a character that stands in for another here.
fn is_reference_to_mark(rest: &str) -> bool {
    let number = rest
        .strip_prefix('#')
        .and_then(|rest| Some(rest.split_once(';')?.0))
        .and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(number) => u32::from_str_radix(number, 16).ok(),
            None => number.parse().ok(),
        });
    number
        .and_then(char::from_u32)
        .is_some_and(|c| unmasked(c) != c)
}

/// What the parser read, by the one rule for characters: references may stand for any whatever.
/// Line ends and tabs among them are blanks.
pub(super) fn shown_text(text: &str) -> String {
    if plain_start(text).len() == text.len() {
        return text.to_owned();
    }
    text.chars()
        .filter_map(|c| match shown(c) {
            _ if unmasked(c) != c => Some(unmasked(c)),
            Shown::As('\t') | Shown::LineEnd => Some(' '),
            Shown::As(c) => Some(c),
            Shown::Dropped => None,
        })
        .collect()
}

fn starts_autolink(rest: &str) -> bool {
    let end = rest.find(['>', '<', ' ', '\t', '\n']).unwrap_or(rest.len());
    let (inner, rest) = rest.split_at(end);
    rest.starts_with('>')
        && inner.starts_with(|c: char| c.is_ascii_alphanumeric())
        && inner.contains([':', '@'])
}
