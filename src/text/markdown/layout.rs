//! What the ends of lines mean in a paragraph that somebody typed.

use super::{super::clean, Block, Inline};

/// Characters in a line that is a paragraph of its own, and in one of verse or of an address.
const LONG: usize = 100;
const SHORT: usize = 60;
/// No text is broken into lines as narrow as this by a program.
const NARROW: usize = 45;
/// Marks of a line beyond which it may be one that was eased.
const MANY_MARKS: usize = 500;

/// The paragraphs that a run of lines is: lines of prose are one, each of several long lines is
/// one of its own, and short lines that begin like lines of verse or an address stay lines.
pub(super) fn paragraphs(nodes: Vec<Inline>) -> Vec<Vec<Inline>> {
    let is_break = |node: &Inline| *node == Inline::SoftBreak;
    if !nodes.iter().any(is_break) || nodes.contains(&Inline::HardBreak) {
        return vec![nodes];
    }
    let lines: Vec<Line> = nodes.split(is_break).map(Line::new).collect();
    if lines.iter().any(|line| line.marks > MANY_MARKS) {
        return vec![nodes];
    }
    let (last, rest) = match lines.split_last() {
        Some(parts) => parts,
        None => return vec![nodes],
    };
    let begin_anew = || lines.iter().skip(1).all(|line| line.begins_anew);
    if rest
        .iter()
        .all(|line| line.length >= LONG && line.ends_sentence)
        && last.length >= LONG / 2
        && begin_anew()
    {
        return nodes.split(is_break).map(<[Inline]>::to_vec).collect();
    }
    let longest = lines
        .iter()
        .map(|line| line.length)
        .max()
        .unwrap_or_default();
    let would_fit = |pair: &[Line]| pair[0].length + 1 + pair[1].first_word <= longest;
    let is_verse = longest <= SHORT
        && lines.iter().all(|line| line.begins_anew)
        && (longest <= NARROW || lines.windows(2).any(would_fit));
    if !is_verse {
        return vec![nodes];
    }
    let broken = nodes.into_iter().map(|node| match node {
        Inline::SoftBreak => Inline::HardBreak,
        node => node,
    });
    vec![broken.collect()]
}

struct Line {
    length: usize,
    first_word: usize,
    marks: usize,
    /// It begins with a capital or a digit, or in a script that has no capitals.
    begins_anew: bool,
    ends_sentence: bool,
}

impl Line {
    fn new(nodes: &[Inline]) -> Line {
        let text = text(nodes);
        let text = text.trim();
        let first = text
            .chars()
            .find(|c| !c.is_ascii_punctuation() && !"“‘«¿¡–—".contains(*c));
        let last = text
            .trim_end_matches(['"', '\'', '”', '’', ')', ']', '»', '*', '_'])
            .chars()
            .next_back();
        Line {
            length: text.chars().count(),
            first_word: text.split(' ').next().unwrap_or_default().chars().count(),
            marks: text.bytes().filter(u8::is_ascii_punctuation).count(),
            begins_anew: first
                .is_some_and(|c| c.is_alphanumeric() && !c.is_lowercase() && !joins(c)),
            ends_sentence: last.is_some_and(|c| ".!?…:;".contains(c)),
        }
    }
}

/// The characters that people see.
pub(super) fn text(nodes: &[Inline]) -> String {
    let mut out = String::new();
    collect(nodes, &mut out);
    out
}

fn collect(nodes: &[Inline], out: &mut String) {
    for node in nodes {
        match node {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::SoftBreak | Inline::HardBreak => out.push(' '),
            Inline::Styled(_, _, content) | Inline::Link(_, content) => collect(content, out),
            Inline::Note(_) => out.push('1'),
        }
    }
}

/// Whether the character is of a script that has no blanks between words: Chinese or Japanese.
fn joins(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

/// Takes out the ends of lines that would part Chinese or Japanese words by a blank.
pub(super) fn join_lines(nodes: Vec<Inline>) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    let mut nodes = nodes.into_iter().peekable();
    while let Some(node) = nodes.next() {
        let text = |node: Option<&Inline>| text(node.map(std::slice::from_ref).unwrap_or_default());
        let is_joined = node == Inline::SoftBreak
            && text(out.last()).chars().next_back().is_some_and(joins)
            && text(nodes.peek()).chars().next().is_some_and(joins);
        if !is_joined {
            out.push(node);
        }
    }
    out
}

/// Whether the first letter of a block is of a script that is written from right to left.
pub(super) fn runs_left(block: &Block) -> bool {
    first_letter(block).is_some_and(clean::runs_left)
}

fn first_letter(block: &Block) -> Option<char> {
    let in_text = |nodes: &[Inline]| text(nodes).chars().find(|c| c.is_alphabetic());
    match block {
        Block::Paragraph(content) | Block::Heading(_, content) => in_text(content),
        Block::Quote(inner) => inner.iter().find_map(first_letter),
        Block::List(list) => list.items.iter().flatten().find_map(first_letter),
        Block::Table(rows) => rows.iter().flatten().find_map(|cell| in_text(cell)),
        Block::Code(_) | Block::Rule => None,
    }
}
