//! Brings blocks and inlines into the form in which kramdown and CommonMark see the same.

use std::collections::VecDeque;

use pulldown_cmark::HeadingLevel;

use super::{
    Block, Inline, Limits, List,
    ease::{count_marks, ease},
    write::inlines_to_markdown,
};

pub(super) fn push_paragraph(blocks: &mut Vec<Block>, nodes: Vec<Inline>, limits: Limits) {
    let content = settle_all(nodes, limits);
    if !content.is_empty() {
        blocks.push(Block::Paragraph(content));
    }
}

/// A line of dashes or equals signs below a text is seldom meant to turn it into a heading.
pub(super) fn push_heading(
    blocks: &mut Vec<Block>,
    level: HeadingLevel,
    source: &str,
    mut nodes: Vec<Inline>,
    limits: Limits,
) {
    let below = source.trim().rsplit_once('\n');
    let below = below.filter(|(text, line)| !limits.is_own && !is_underlined(text, line));
    match below {
        None => {
            let mut content = settle_all(nodes, limits);
            if content.is_empty() {
                content = vec![Inline::Text(source.trim().to_owned())];
                blocks.push(Block::Paragraph(content));
            } else if is_broken(&content) {
                // A heading is one line, so one that had to be broken is none.
                blocks.push(Block::Paragraph(content));
            } else {
                blocks.push(Block::Heading(level.max(HeadingLevel::H2), content));
            }
        }
        Some((_, line)) if level == HeadingLevel::H1 || line.trim().len() < 3 => {
            let text = &line[line.trim_end_matches(['=', '-']).len()..];
            nodes.extend([Inline::SoftBreak, Inline::Text(text.into())]);
            push_paragraph(blocks, nodes, limits);
        }
        Some(_) => {
            push_paragraph(blocks, nodes, limits);
            blocks.push(Block::Rule);
        }
    }
}

/// Whether a line of signs below a text is there to make a heading of it: it is about as long.
fn is_underlined(text: &str, line: &str) -> bool {
    let (line, length) = (line.trim(), text.trim().chars().count());
    let is_alike = line.len().abs_diff(length) <= 2 || line.starts_with('=') && line.len() >= 5;
    !text.contains('\n') && line.len() >= 4 && length <= 100 && is_alike
}

/// Whether a line ends in it, also within emphasis or a link.
pub(super) fn is_broken(nodes: &[Inline]) -> bool {
    nodes.iter().any(|node| match node {
        Inline::SoftBreak | Inline::HardBreak => true,
        Inline::Styled(_, _, content) | Inline::Link(_, content) => is_broken(content),
        Inline::Text(_) | Inline::Code(_) | Inline::Note(_) => false,
    })
}

/// Adds a block to others; lists that would touch become one, as kramdown reads them.
pub(super) fn push_block(blocks: &mut Vec<Block>, block: Block, limits: Limits) {
    let count = blocks.len();
    match (blocks.last_mut(), block) {
        (Some(Block::List(last)), Block::List(next))
            if last.bullet.is_some() == next.bullet.is_some() =>
        {
            last.items.extend(next.items);
            last.tight &= next.tight;
            last.settle();
        }
        (_, Block::List(list)) if count > limits.blocks => {
            push_blocks(blocks, list.items.into_iter().flatten(), limits);
        }
        (_, Block::List(mut list)) => {
            list.settle();
            blocks.push(Block::List(list));
        }
        (_, block) => blocks.push(block),
    }
}

pub(super) fn push_blocks(
    blocks: &mut Vec<Block>,
    more: impl IntoIterator<Item = Block>,
    limits: Limits,
) {
    for block in more {
        push_block(blocks, block, limits);
    }
}

impl List {
    /// A list is loose or tight as a whole, in the cases where kramdown and CommonMark agree.
    fn settle(&mut self) {
        let is_plain = |item: &Vec<Block>| match &item[..] {
            [_] => true,
            [_, Block::List(inner)] => inner.tight,
            _ => false,
        };
        let is_single = self.items.len() == 1 && self.items[0].len() == 1;
        self.tight = is_single || self.tight && self.items.iter().all(is_plain);
    }
}

/// The item or items that an item becomes when each must begin with a paragraph.
pub(super) fn leading_with_paragraph(blocks: Vec<Block>, limits: Limits) -> Vec<Vec<Block>> {
    let mut rest: VecDeque<Block> = blocks.into();
    let mut items = loop {
        match rest.pop_front() {
            None => return Vec::new(),
            Some(Block::Rule) => break vec![vec![rule_as_text()]],
            // A list's item begins with words.
            Some(Block::Code(code)) => {
                let lines = code
                    .lines
                    .into_iter()
                    .map(|line| [Inline::Text(line), Inline::HardBreak]);
                let content = settle_all(lines.flatten().collect(), limits);
                break vec![vec![Block::Paragraph(content)]];
            }
            Some(Block::Table(rows)) => {
                let cells = rows.into_iter().flatten().map(Block::Paragraph);
                prepend(&mut rest, cells.collect());
            }
            Some(Block::Paragraph(content) | Block::Heading(_, content)) => {
                break vec![vec![Block::Paragraph(content)]];
            }
            Some(Block::Quote(inner)) => prepend(&mut rest, inner),
            Some(Block::List(list)) => break list.items,
        }
    };
    if let Some(last) = items.last_mut() {
        for block in rest.iter_mut().filter(|block| **block == Block::Rule) {
            *block = rule_as_text();
        }
        push_blocks(last, rest, limits);
    }
    items
}

/// A rule within a list, which it would end for kramdown.
fn rule_as_text() -> Block {
    Block::Paragraph(vec![Inline::Text("* * *".into())])
}

fn prepend<T>(rest: &mut VecDeque<T>, nodes: Vec<T>) {
    for node in nodes.into_iter().rev() {
        rest.push_front(node);
    }
}

/// What is around a run of inlines as it will be written.
#[derive(Clone, Copy)]
struct Around {
    before: char,
    after: char,
    delimiter: Option<char>,
    styles: [bool; 3],
    underscores: bool,
}

impl Around {
    fn between(self, before: char, after: char) -> Around {
        Around {
            before,
            after,
            ..self
        }
    }
}

/// Brings inlines into the form in which both engines see the same emphasis, and which kramdown
/// reads in time.
pub(super) fn settle_all(nodes: Vec<Inline>, limits: Limits) -> Vec<Inline> {
    let mut nodes = settle_emphasis(nodes, limits);
    if count_marks(&nodes) <= limits.marks {
        return nodes;
    }
    let mut eased = ease(nodes, &mut 0, limits);
    // What became text may have put other emphasis in doubt.
    for _ in 0..4 {
        nodes = settle_emphasis(eased.clone(), limits);
        eased = ease(nodes.clone(), &mut 0, limits);
        if eased == nodes {
            break;
        }
    }
    eased
}

fn settle_emphasis(mut nodes: Vec<Inline>, limits: Limits) -> Vec<Inline> {
    // Most texts hold no emphasis, and need not be written out to tell.
    let underscores = has_emphasis(&nodes) && are_underscores_safe(&nodes, limits);
    let mut around = Around {
        before: ' ',
        after: ' ',
        delimiter: None,
        styles: [false; 3],
        underscores,
    };
    for _ in 0..4 {
        let settled = settle(nodes.clone(), around);
        if settled == nodes {
            return peel_blanks(nodes).1;
        }
        nodes = settled;
    }
    // Emphasis that keeps changing is not worth having.
    around.styles = [true; 3];
    peel_blanks(settle(nodes, around)).1
}

fn has_emphasis(nodes: &[Inline]) -> bool {
    nodes.iter().any(|node| match node {
        Inline::Styled(..) => true,
        Inline::Link(_, content) => has_emphasis(content),
        _ => false,
    })
}

fn are_underscores_safe(nodes: &[Inline], limits: Limits) -> bool {
    let text = inlines_to_markdown(nodes);
    let mut words = text.split(|c: char| !c.is_alphabetic());
    let length: usize = text.split_whitespace().map(str::len).sum();
    length < limits.paragraph && words.all(|word| word.len() < limits.word)
}

fn settle(nodes: Vec<Inline>, around: Around) -> Vec<Inline> {
    let mut rest: VecDeque<Inline> = nodes.into();
    let mut out = Vec::new();
    while let Some(node) = rest.pop_front() {
        let mut before = out.last().map_or(around.before, last_char);
        let mut after = rest.front().map_or(around.after, first_char);
        match node {
            Inline::Styled(style, _, content)
                if around.styles[style as usize]
                    || matches!(out.last(), Some(Inline::Styled(..))) =>
            {
                prepend(&mut rest, content);
            }
            Inline::Styled(style, typed, content) => {
                let (start, content, end) = peel(content, before, after);
                before = start.last().map_or(before, last_char);
                after = end.first().map_or(after, first_char);
                prepend(&mut rest, end);
                push_inlines(&mut out, start);
                let other = match typed {
                    '*' => '_',
                    '_' => '*',
                    other => other,
                };
                let mut delimiters = [typed, other].into_iter();
                let clear = delimiters.find(|&d| is_clear(d, before, after, around));
                let Some(delimiter) = clear else {
                    prepend(&mut rest, content);
                    continue;
                };
                let mut inner = around.between(delimiter, delimiter);
                inner.delimiter = Some(delimiter);
                inner.styles[style as usize] = true;
                let content = settle(content, inner);
                if !content.is_empty() {
                    push_inline(&mut out, Inline::Styled(style, delimiter, content));
                }
            }
            Inline::Link(target, content) => {
                let content = settle(content, around.between('[', ']'));
                let (start, mut content, end) = peel_blanks(content);
                if content.is_empty() {
                    content.push(Inline::Text(target.href.clone()));
                }
                prepend(&mut rest, end);
                push_inlines(&mut out, start);
                if matches!(out.last(), Some(Inline::Note(_))) {
                    // `[^1][words](address)` is another kind of link for CommonMark.
                    push_inline(&mut out, Inline::Text(" ".into()));
                }
                out.push(Inline::Link(target, content));
            }
            node => push_inline(&mut out, node),
        }
    }
    out
}

/// Adds an inline to others, with no blanks around line ends and no text or code that touch.
pub(super) fn push_inline(nodes: &mut Vec<Inline>, node: Inline) {
    let is_break = |node: &Inline| matches!(node, Inline::SoftBreak | Inline::HardBreak);
    match (nodes.last_mut(), node) {
        (Some(Inline::Text(last)), Inline::Text(text)) => last.push_str(&text),
        (Some(Inline::Code(_)), Inline::Code(text)) => nodes.push(Inline::Text(text)),
        (last, Inline::Text(mut text)) => {
            if last.is_some_and(|last| is_break(last)) {
                text.drain(..text.len() - text.trim_start_matches(' ').len());
            }
            if !text.is_empty() {
                nodes.push(Inline::Text(text));
            }
        }
        (Some(last), node) if is_break(last) && is_break(&node) => {
            if node == Inline::HardBreak {
                *last = node;
            }
        }
        (Some(Inline::Text(last)), node) if is_break(&node) => {
            last.truncate(last.trim_end_matches(' ').len());
            if last.is_empty() {
                nodes.pop();
                return push_inline(nodes, node);
            }
            nodes.push(node);
        }
        (_, node) => nodes.push(node),
    }
}

fn push_inlines(nodes: &mut Vec<Inline>, more: Vec<Inline>) {
    for node in more {
        push_inline(nodes, node);
    }
}

/// Inlines in three: what is before, within and after an emphasis or a link.
type Peeled = (Vec<Inline>, Vec<Inline>, Vec<Inline>);

/// Splits off what emphasis cannot begin or end with: blanks, and signs that touch a word outside.
fn peel(content: Vec<Inline>, before: char, after: char) -> Peeled {
    let (mut start, mut content, mut end) = peel_blanks(content);
    let before = start.last().map_or(before, last_char);
    let after = end.first().map_or(after, first_char);
    let fits = |inner: char, outer: char| inner.is_alphanumeric() || is_edge(outer);
    match content.first_mut() {
        Some(first) if fits(first_char(first), before) => {}
        Some(Inline::Text(text)) => {
            let at = text.find(char::is_alphanumeric).unwrap_or(text.len());
            start.push(Inline::Text(text.drain(..at).collect()));
        }
        _ => start.append(&mut content),
    }
    match content.last_mut() {
        Some(last) if fits(last_char(last), after) => {}
        Some(Inline::Text(text)) => {
            let at = text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
            end.insert(0, Inline::Text(text.split_off(at)));
        }
        _ => start.append(&mut content),
    }
    (start, content, end)
}

fn peel_blanks(mut content: Vec<Inline>) -> Peeled {
    let is_blank = |node: &Inline| match node {
        Inline::Text(text) => text.trim().is_empty(),
        node => first_char(node) == ' ',
    };
    let last = content.iter().rposition(|node| !is_blank(node));
    let mut end = content.split_off(last.map_or(0, |last| last + 1));
    let first = content.iter().position(|node| !is_blank(node));
    let mut start: Vec<_> = content.drain(..first.unwrap_or(0)).collect();
    let blank = content.first_mut().map(leading_blank).unwrap_or_default();
    if !blank.is_empty() {
        start.push(Inline::Text(blank));
    }
    let blank = content.last_mut().map(trailing_blank).unwrap_or_default();
    if !blank.is_empty() {
        end.insert(0, Inline::Text(blank));
    }
    (start, content, end)
}

/// Takes off the blanks that an inline begins with, also within a link or an emphasis.
fn leading_blank(node: &mut Inline) -> String {
    match node {
        Inline::Text(text) => {
            let at = text.len() - text.trim_start().len();
            text.drain(..at).collect()
        }
        Inline::Styled(_, _, content) | Inline::Link(_, content) => {
            content.first_mut().map(leading_blank).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Takes off the blanks that an inline ends with.
fn trailing_blank(node: &mut Inline) -> String {
    match node {
        Inline::Text(text) => text.split_off(text.trim_end().len()),
        Inline::Styled(_, _, content) | Inline::Link(_, content) => {
            content.last_mut().map(trailing_blank).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Whether a delimiter between these characters is surely read as one.
fn is_clear(delimiter: char, before: char, after: char, around: Around) -> bool {
    if delimiter == '~' {
        return around.delimiter != Some('~') && before != '~' && after != '~';
    }
    let is_apart = before.is_whitespace() && is_edge(after) && !"*_".contains(after);
    // kramdown takes `a-_b_` for one word.
    let is_underscore = around.underscores && is_edge(before) && before != '-' && is_edge(after);
    (around.delimiter != Some(delimiter) || is_apart) && (delimiter == '*' || is_underscore)
}

/// Whether CommonMark surely counts the character as blank or as punctuation.
pub(super) fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || "«»¿¡–—‘’“”„†•…、。「」『』！，：？".contains(c)
}

pub(super) fn first_char(node: &Inline) -> char {
    match node {
        Inline::Text(text) => text.chars().next().unwrap_or(' '),
        Inline::SoftBreak | Inline::HardBreak => ' ',
        Inline::Styled(_, delimiter, _) => *delimiter,
        Inline::Link(..) | Inline::Note(_) => '[',
        Inline::Code(_) => '`',
    }
}

pub(super) fn last_char(node: &Inline) -> char {
    match node {
        Inline::Text(text) => text.chars().next_back().unwrap_or(' '),
        Inline::Link(..) => ')',
        Inline::Note(_) => ']',
        other => first_char(other),
    }
}
