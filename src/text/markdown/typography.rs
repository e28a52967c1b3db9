//! The blog's typography: which quotes, dashes and ellipses kramdown makes of Markdown.
//!
//! kramdown decides about a quote by the Markdown around it, not by the text: in `("*so*")` the `*`
//! matters. So this reads what is written, and knows of it what is text and what is the markup
//! between.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// What kramdown shows of each of the given pieces of text in one paragraph of Markdown. What is
/// between the pieces is markup.
pub(super) fn displayed(source: &str, pieces: &[Range<usize>]) -> Vec<String> {
    let mut shown = Shown {
        pieces,
        texts: vec![String::new(); pieces.len()],
        piece: 0,
    };
    let mut at = 0;
    while let Some(next) = shown.next_text(at) {
        let rest = &source[next..];
        let (length, characters) = read(rest);
        for (offset, c) in characters.into_iter().flatten() {
            shown.push(next + offset, c);
        }
        at = next + length;
    }
    shown.texts
}

struct Shown<'a> {
    pieces: &'a [Range<usize>],
    texts: Vec<String>,
    piece: usize,
}

impl Shown<'_> {
    /// The first place from here on that is text.
    fn next_text(&mut self, at: usize) -> Option<usize> {
        while self.pieces.get(self.piece)?.end <= at {
            self.piece += 1;
        }
        Some(at.max(self.pieces[self.piece].start))
    }

    /// Shows a character that stands at this place, maybe in a piece after the one being read.
    fn push(&mut self, at: usize, c: char) {
        let piece = (self.piece..self.pieces.len()).find(|&nth| at < self.pieces[nth].end);
        if let Some(text) = piece.and_then(|nth| self.texts.get_mut(nth)) {
            text.push(c);
        }
    }
}

/// How many bytes kramdown takes at once, and what it shows, each with its offset.
type Read = (usize, [Option<(usize, char)>; 3]);

fn read(rest: &str) -> Read {
    let mut characters = rest.chars();
    let Some(c) = characters.next() else {
        return (1, [None; 3]);
    };
    let one = |length: usize, c: char| (length, [Some((0, c)), None, None]);
    let next = characters.next();
    if c == '[' {
        return one(1, c);
    }
    if is_quote(c) || c != '\\' && next.is_some_and(is_quote) {
        return quotes(rest, c);
    }
    match c {
        '-' if rest.starts_with("---") => one(3, '—'),
        '-' if rest.starts_with("--") => one(2, '–'),
        '.' if rest.starts_with("...") => one(3, '…'),
        '\\' => match next {
            Some(escaped) if escaped.is_ascii_punctuation() => one(2, escaped),
            _ => one(1, c),
        },
        '&' => reference(rest).map_or(one(1, c), |(length, c)| one(length, c)),
        c => one(c.len_utf8(), c),
    }
}

fn is_quote(c: char) -> bool {
    c == '"' || c == '\''
}

/// What is written as a reference to a character: only what would be markup.
fn reference(rest: &str) -> Option<(usize, char)> {
    let end = rest.bytes().take(8).position(|byte| byte == b';')?;
    let c = match &rest[1..end] {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        name => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
    };
    Some((end + 1, c))
}

/// kramdown's rules for a quote, the first that applies; `first` is the quote itself, or what
/// stands before it.
fn quotes(rest: &str, first: char) -> Read {
    let after = |at: usize| rest.get(at..).unwrap_or_default();
    let char_at = |at: usize| after(at).chars().next();
    let is_word_at = |at: usize| char_at(at).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let curly = |quote: char, opens: bool| match (quote, opens) {
        ('"', true) => '“',
        ('"', false) => '”',
        (_, true) => '‘',
        (_, false) => '’',
    };
    if is_quote(first) {
        let is_before_emphasis =
            after(1).starts_with(['*', '_']) && char_at(2).is_some_and(|c| !is_space(c));
        if is_before_emphasis {
            return (1, [Some((0, curly(first, true))), None, None]);
        }
        if is_before_sign(after(1)) {
            return (1, [Some((0, curly(first, false))), None, None]);
        }
    }
    // Where a blank stands before the quote, the quote is behind it.
    let blank = usize::from(is_space(first));
    let before = (blank > 0).then_some((0, first));
    let quote = |offset: usize, c: char| Some((blank + offset, c));
    let from = after(blank);
    if from.starts_with("\"'") && is_word_at(blank + 2) {
        return (blank + 2, [before, quote(0, '“'), quote(1, '‘')]);
    }
    if from.starts_with("'\"") && is_word_at(blank + 2) {
        return (blank + 2, [before, quote(0, '‘'), quote(1, '“')]);
    }
    let digits = after(blank + 1).bytes().take_while(u8::is_ascii_digit);
    if from.starts_with('\'') && digits.count() >= 2 && after(blank + 3).starts_with('s') {
        return (blank + 1, [before, quote(0, '’'), None]);
    }
    if blank > 0 && is_word_at(2) {
        let opening = char_at(1).map(|c| curly(c, true));
        return (2, [before, opening.map(|c| (1, c)), None]);
    }
    let width = first.len_utf8();
    let second = char_at(width).filter(|c| is_quote(*c));
    if let Some(second) = second
        && !is_space(first)
        && !"\\[{(-".contains(first)
    {
        let closing = Some((width, curly(second, false)));
        return (width + 1, [Some((0, first)), closing, None]);
    }
    if is_quote(first) {
        let ends_word = char_at(1).is_none_or(is_space)
            || after(1).starts_with('s') && !char_at(2).is_some_and(is_in_word);
        return (1, [Some((0, curly(first, !ends_word))), None, None]);
    }
    let opening = second.map(|second| (width, curly(second, true)));
    (width + 1, [Some((0, first)), opening, None])
}

/// Whether a sign of ASCII follows that ends no word, unless it begins an ellipsis.
fn is_before_sign(after: &str) -> bool {
    let Some(sign) = after.chars().next() else {
        return false;
    };
    let behind = &after[sign.len_utf8()..];
    let is_in_word = behind.chars().next().is_some_and(is_in_word);
    sign.is_ascii_punctuation()
        && sign != '&'
        && !behind.starts_with("..")
        && is_in_word == (sign == '_')
}

/// What Ruby's `\s` stands for.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// What Ruby takes for a part of a word where it looks for the end of one.
fn is_in_word(c: char) -> bool {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\w").ok());
    let is_joiner = matches!(c, '\u{200c}' | '\u{200d}');
    let is_word = |word: &Regex| word.is_match(c.encode_utf8(&mut [0; 4]));
    !is_joiner && WORD.as_ref().is_some_and(is_word)
}
