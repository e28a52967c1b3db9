//! The words of a picture, for people who do not see it.
//!
//! Engines do not agree there on anything but plain characters (measured with kramdown 2.4, its GFM
//! reader, goldmark in Hugo 0.111, pulldown-cmark in Zola 0.17 and markdown-it 14): a backslash stays
//! in some and a character reference is shown as it is typed or left out in others, and each has its
//! own typography. So the words are written as they are to be shown, with the blog's typography, and
//! what one of them might take for markup is another character that looks and is read alike.

use super::typography;
use crate::text::clean::clean_line;

/// What every engine shows of a picture's words. `text` is a line.
pub fn picture_words(text: &str) -> String {
    let text = clean_line(text);
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '`' => safe.push('\''),
            '\\' => safe.push(full_width(c)),
            '&' if begins_reference(&text[at + 1..]) => safe.push(full_width(c)),
            _ => safe.push(c),
        }
    }
    let all = 0..safe.len();
    let shown = typography::displayed(&safe, std::slice::from_ref(&all)).concat();
    let mut before = None;
    let mut words = String::with_capacity(shown.len());
    for (at, c) in shown.char_indices() {
        let after = &shown[at + c.len_utf8()..];
        words.push(if may_be_markup(c, before, after, &shown) {
            full_width(c)
        } else {
            c
        });
        before = Some(c);
    }
    words
}

/// Whether an engine may take this character of a picture's words for markup.
fn may_be_markup(c: char, before: Option<char>, after: &str, all: &str) -> bool {
    let is_within_a_word = || {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        is_part(before) && is_part(after.chars().next())
    };
    match c {
        '[' | ']' | '{' | '}' | '<' | '>' | '|' | '^' => true,
        '_' => !is_within_a_word(),
        '*' | '~' => all.matches(c).nth(1).is_some(),
        ':' => begins_emoji(after),
        _ => false,
    }
}

/// The full-width form of an ASCII character, from U+FF01 on in the same order.
fn full_width(c: char) -> char {
    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
}

/// Whether what follows a `&` makes a character reference of it.
fn begins_reference(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.len() < rest.len() && name.starts_with(';')
}

/// Whether what follows a `:` makes the name of an emoji of it.
fn begins_emoji(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_+-".contains(c));
    name.len() < rest.len() && name.starts_with(':')
}
