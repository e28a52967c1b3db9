//! Markdown → tree, by way of pulldown-cmark.

use std::iter::Peekable;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, OffsetIter, Options, Parser, Tag, TagEnd};

use super::{
    super::{
        clean::{Shown, lines, plain_start, shown},
        links::web_address,
    },
    AMPERSAND, Block, COLON, DOUBLE_STAR, Inline, LESS_THAN, Limits, List, MAX_SPANS, Style,
    settle::{
        first_char, last_char, leading_with_paragraph, push_block, push_blocks, push_heading,
        push_paragraph, settle_all,
    },
};

/// Hides from the parser whatever would start HTML or define a link, so that neither swallows text,
/// and references to the characters that it is hidden by.
pub(super) fn mask(source: &str) -> String {
    let source = lines(source);
    let mut out = String::with_capacity(source.len());
    let mut from = 0;
    for (at, mark) in source.match_indices(['<', ':', '&']) {
        out.push_str(&source[from..at]);
        from = at + mark.len();
        let rest = &source[from..];
        match mark {
            "<" if !out.ends_with("](") && !starts_autolink(rest) => out.push(LESS_THAN),
            ":" if out.ends_with(']') => out.push(COLON),
            "&" if is_reference_to_mark(rest) => out.push(AMPERSAND),
            _ => out.push_str(mark),
        }
    }
    out.push_str(&source[from..]);
    out
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

fn unmasked(c: char) -> char {
    match c {
        LESS_THAN => '<',
        COLON => ':',
        AMPERSAND => '&',
        c => c,
    }
}

/// What the parser read, by the one rule for characters: references may stand for any whatever.
/// Line ends and tabs among them are blanks.
fn shown_text(text: &str) -> String {
    if plain_start(text).len() == text.len() {
        return text.to_owned();
    }
    text.chars()
        .map(unmasked)
        .filter_map(|c| match shown(c) {
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

pub(super) fn read(source: &str, depth: usize, rereads: usize, limits: Limits) -> Vec<Block> {
    let events = Parser::new_ext(source, Options::empty()).into_offset_iter();
    let mut reader = Reader {
        source,
        events: events.peekable(),
        rereads,
        limits,
        end: 0,
    };
    reader.blocks(depth)
}

struct Reader<'a> {
    source: &'a str,
    events: Peekable<OffsetIter<'a>>,
    rereads: usize,
    limits: Limits,
    /// Where the inlines read so far end in the source.
    end: usize,
}

/// The spans around an inline. What cannot be within them counts for nothing.
#[derive(Clone, Copy, Default)]
struct Within {
    styles: [bool; 2],
    link: bool,
    spans: usize,
}

impl Reader<'_> {
    /// Reads to the end of the quote, the item or the text that is open.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut uncounted = 0;
        loop {
            let nodes = self.inlines(Within::default());
            let event = self.events.next();
            if let Some((Event::End(TagEnd::Heading(level)), range)) = &event {
                push_heading(
                    &mut blocks,
                    *level,
                    &self.source[range.clone()],
                    nodes,
                    self.limits,
                );
            } else {
                push_paragraph(&mut blocks, nodes, self.limits);
            }
            match event.map(|(event, _)| event) {
                Some(Event::Rule) => blocks.push(Block::Rule),
                Some(Event::Start(Tag::BlockQuote(_))) if depth > 0 => {
                    let inner = self.blocks(depth - 1);
                    if !inner.is_empty() {
                        blocks.push(Block::Quote(inner));
                    }
                }
                Some(Event::Start(Tag::List(first))) if depth > 0 => {
                    self.list(first, depth - 1, &mut blocks);
                }
                Some(Event::Start(Tag::CodeBlock(kind))) => self.code(kind, depth, &mut blocks),
                Some(Event::Start(_)) => uncounted += 1,
                Some(Event::End(_)) if uncounted > 0 => uncounted -= 1,
                Some(Event::End(_)) | None => return blocks,
                Some(_) => {}
            }
        }
    }

    fn list(&mut self, first: Option<u64>, depth: usize, blocks: &mut Vec<Block>) {
        // kramdown forgets where such a list starts, and people mostly mean `1984. It was…`.
        let is_text = first.is_some_and(|first| first != 1);
        let mut list = List {
            bullet: None,
            gap: 1,
            tight: true,
            items: Vec::new(),
        };
        while let Some((Event::Start(_), range)) = self.events.next() {
            // Behind a tab in a quote the range begins with the quote's mark.
            let source = self.source[range].trim_start_matches([' ', '\t', '\n', '>']);
            let marker = source.split([' ', '\t', '\n']).next().unwrap_or_default();
            if list.items.is_empty() {
                list.bullet = source.chars().next().filter(|_| first.is_none());
                let rest = &source[marker.len()..];
                // A wider gap would make the text code.
                let blanks = rest.len() - rest.trim_start_matches(' ').len();
                list.gap = if blanks > 3 { 1 } else { blanks.max(1) };
            }
            let next = self.events.peek();
            list.tight &= !matches!(next, Some((Event::Start(Tag::Paragraph), _)));
            let mut item = self.blocks(depth);
            if is_text {
                let label = Inline::Text(format!("{marker} "));
                if let Some(Block::Paragraph(content)) = item.first_mut() {
                    content.insert(0, label);
                    *content = settle_all(std::mem::take(content), self.limits);
                } else {
                    item.insert(0, Block::Paragraph(settle_all(vec![label], self.limits)));
                }
            }
            list.items.extend(leading_with_paragraph(item, self.limits));
        }
        if is_text {
            push_blocks(blocks, list.items.into_iter().flatten(), self.limits);
        } else if !list.items.is_empty() {
            push_block(blocks, Block::List(list), self.limits);
        }
    }

    /// Fenced text is shown line by line; indented text is mostly a paragraph that someone indented.
    fn code(&mut self, kind: CodeBlockKind<'_>, depth: usize, blocks: &mut Vec<Block>) {
        let mut code = String::new();
        while let Some((Event::Text(text), _)) = self.events.next() {
            code.push_str(&text);
        }
        if kind == CodeBlockKind::Indented && self.rereads > 0 {
            return push_blocks(
                blocks,
                read(&code, depth, self.rereads - 1, self.limits),
                self.limits,
            );
        }
        let mut nodes = Vec::new();
        for line in code.lines().chain([""]) {
            if line.trim().is_empty() {
                push_paragraph(blocks, std::mem::take(&mut nodes), self.limits);
            } else {
                nodes.extend([Inline::Text(shown_text(line)), Inline::HardBreak]);
            }
        }
    }

    /// Reads on while there are inlines.
    fn inlines(&mut self, within: Within) -> Vec<Inline> {
        let mut nodes = Vec::new();
        let mut uncounted = 0;
        let mut star = None;
        let is_inline = |event: &Event<'_>, uncounted: usize| match event {
            Event::Start(tag) => is_span(&tag.to_end()),
            Event::End(tag) => uncounted > 0 && is_span(tag),
            Event::Rule => false,
            _ => true,
        };
        while let Some((event, range)) = self.events.next_if(|(e, _)| is_inline(e, uncounted)) {
            let source = self.source;
            let last_star = star.take();
            match event {
                Event::Start(tag) => {
                    self.end = range.start;
                    match self.span(tag, &source[range.clone()], within) {
                        Some(span) => nodes.extend(span),
                        None => uncounted += 1,
                    }
                }
                Event::End(_) => uncounted -= 1,
                // A `**` that CommonMark leaves alone comes in two; kramdown may think otherwise.
                Event::Text(text) if &*text == "*" => {
                    let before = &source[..range.start];
                    let escaped = || before.len() - before.trim_end_matches('\\').len();
                    if last_star == Some(range.start) && !source[range.end..].starts_with('*') {
                        nodes.pop();
                        nodes.push(Inline::Text(DOUBLE_STAR.into()));
                    } else {
                        nodes.push(Inline::Text("*".into()));
                        let is_first = !before.ends_with('*') && escaped() % 2 == 0;
                        star = is_first.then_some(range.end);
                    }
                }
                Event::SoftBreak => nodes.push(Inline::SoftBreak),
                Event::HardBreak => nodes.push(Inline::HardBreak),
                Event::Code(text) => nodes.push(code(shown_text(&text))),
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    nodes.push(Inline::Text(shown_text(&text)));
                }
                // Extensions, which are not switched on.
                _ => {}
            }
            self.end = range.end;
        }
        restore_bold(nodes)
    }

    /// Reads an emphasis, a link or an image; `None` if it counts for nothing where it stands.
    fn span(&mut self, tag: Tag<'_>, source: &str, mut within: Within) -> Option<Vec<Inline>> {
        within.spans += 1;
        if within.spans > MAX_SPANS {
            return None;
        }
        let href = match tag {
            Tag::Emphasis => return self.styled(Style::Emphasis, source, within),
            Tag::Strong => return self.styled(Style::Strong, source, within),
            _ if within.link => return None,
            Tag::Link {
                link_type: LinkType::Email,
                dest_url,
                ..
            } => web_address(&shown_text(&format!("mailto:{dest_url}"))),
            Tag::Link { dest_url, .. } => web_address(&shown_text(&dest_url)),
            Tag::Image { dest_url, .. } => {
                web_address(&shown_text(&dest_url)).filter(|href| href.starts_with(['h', 'H']))
            }
            _ => None,
        };
        within.link = href.is_some();
        let start = self.end;
        let mut content = self.inlines(within);
        self.events.next();
        if let Some(href) = href {
            return Some(vec![Inline::Link(href, content)]);
        }
        let (opening, rest) = source.split_at(if source.starts_with('!') { 2 } else { 1 });
        let closing = &rest[(self.end - start).saturating_sub(opening.len())..];
        content.insert(0, Inline::Text(shown_text(opening)));
        content.push(Inline::Text(shown_text(closing)));
        Some(content)
    }

    fn styled(&mut self, style: Style, source: &str, mut within: Within) -> Option<Vec<Inline>> {
        if std::mem::replace(&mut within.styles[style as usize], true) {
            return None;
        }
        let delimiter = if source.starts_with('_') { '_' } else { '*' };
        let mut content = self.inlines(within);
        self.events.next();
        Some(vec![match &mut content[..] {
            // `***x***`, which people think of as bold first.
            [Inline::Styled(inner, same, _)] if *same == delimiter => {
                let outer = std::mem::replace(inner, style);
                Inline::Styled(outer, delimiter, content)
            }
            _ => Inline::Styled(style, delimiter, content),
        }])
    }
}

fn is_span(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link | TagEnd::Image
    )
}

/// Code in which the blog would see more than code is shown as text.
fn code(text: String) -> Inline {
    if text.trim() == text && !text.contains(['{', '}', '|', '\\', '`', '<']) {
        Inline::Code(text)
    } else {
        Inline::Text(text)
    }
}

/// Pairs the `**` that CommonMark left alone, as in `**bold:**text`, where kramdown sees bold.
fn restore_bold(nodes: Vec<Inline>) -> Vec<Inline> {
    let is_star = |n: &Inline| matches!(n, Inline::Text(text) if text.starts_with(DOUBLE_STAR));
    let mut out: Vec<Inline> = Vec::new();
    let mut opener = None;
    let mut nodes = nodes.into_iter().peekable();
    while let Some(node) = nodes.next() {
        let ends_word = out
            .last()
            .is_some_and(|n| !is_star(n) && !last_char(n).is_whitespace());
        let begins_word = nodes.peek().is_some_and(|n| !first_char(n).is_whitespace());
        match opener {
            Some(at) if ends_word && is_star(&node) => {
                let content = out.drain(at..).skip(1).collect();
                out.push(Inline::Styled(Style::Strong, '*', content));
                opener = None;
            }
            _ => {
                if begins_word && is_star(&node) {
                    opener = Some(out.len());
                }
                out.push(node);
            }
        }
    }
    for star in out.iter_mut().filter(|node| is_star(node)) {
        *star = Inline::Text("**".into());
    }
    out
}
