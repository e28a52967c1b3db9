//! Markdown as campaigners write it, made safe for the blog.
//!
//! The blog's kramdown, CommonMark renderers and people disagree about what a text means. So a text
//! is read once, into a small tree that holds only what all of them agree on. Every decision is
//! taken while the tree is built; the writers merely spell it out, as Markdown that reads back as
//! exactly that tree, and as the HTML of the preview. What is not understood stays visible as text.

use std::collections::VecDeque;
use std::iter::Peekable;

use pulldown_cmark::{
    CodeBlockKind, Event, HeadingLevel, LinkType, OffsetIter, Options, Parser, Tag, TagEnd,
};

/// Quotes and lists within one another beyond this depth are flattened.
const MAX_DEPTH: usize = 4;
/// How often indented text within indented text is read as Markdown again.
const MAX_REREADS: usize = 3;
/// How many emphases and links that lead nowhere may hold one another.
const MAX_SPANS: usize = 16;

// kramdown takes time by the square of these. Beyond them a text gets no more lists, or no `_` for
// the emphasis in a paragraph.
const MAX_BLOCKS: usize = 400;
const MAX_PARAGRAPH: usize = 4000;
const MAX_WORD: usize = 200;

// Noncharacters stand in for what the parser must not see, or for what it leaves to be decided.
const LESS_THAN: char = '\u{FDD0}';
const COLON: char = '\u{FDD1}';
const DOUBLE_STAR: char = '\u{FDD2}';

/// A campaigner's Markdown, parsed into what the blog can show safely: paragraphs, headings, quotes,
/// lists, rules, emphasis, code and links to the web. Anything else is kept as literal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    Paragraph(Vec<Inline>),
    Heading(HeadingLevel, Vec<Inline>),
    Quote(Vec<Block>),
    List(List),
    Rule,
}

/// Each item holds at least one block, the first of them a paragraph, and no rule of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    /// The author's bullet; `None` for a list that counts from 1.
    bullet: Option<char>,
    /// Blanks between the marker and the text.
    gap: usize,
    /// Without blank lines, each item being one paragraph with at most a tight list below.
    tight: bool,
    items: Vec<Vec<Block>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inline {
    Text(String),
    SoftBreak,
    HardBreak,
    /// Emphasis with the delimiter it is written with.
    Styled(Style, char, Vec<Inline>),
    Link(String, Vec<Inline>),
    Code(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Emphasis,
    Strong,
}

impl Document {
    /// Reads any text whatever; it cannot fail, and takes time in proportion to the text.
    pub fn parse(source: &str) -> Document {
        let blocks = read(&mask(source), MAX_DEPTH, MAX_REREADS);
        Document { blocks }
    }

    /// Markdown that kramdown and CommonMark read as this document, without a newline at the end.
    pub fn to_markdown(&self) -> String {
        blocks_to_markdown(&self.blocks, false)
    }

    /// HTML for the preview, with the blog's typography and nothing that could run.
    pub fn to_html(&self) -> String {
        blocks_to_html(&self.blocks, false)
    }
}

/// Writes plain text so that kramdown and CommonMark show exactly these characters within a line,
/// as after `**Label:** `. It is not read as Markdown; ordinary prose comes out unchanged.
pub fn escape_line(text: &str) -> String {
    let mut out = String::new();
    escape(clean(text).trim(), None, None, &mut out);
    out
}

/// Writes plain text as HTML with the blog's typography.
pub fn line_to_html(text: &str) -> String {
    let mut out = String::new();
    Typographer::default().write(clean(text).trim(), &mut out);
    out
}

// Reading

/// Hides from the parser whatever would start HTML or define a link, so that neither swallows text.
fn mask(source: &str) -> String {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(source.len());
    for (at, c) in source.char_indices() {
        match c {
            '<' if out.ends_with("](") || starts_autolink(&source[at + 1..]) => out.push(c),
            '<' => out.push(LESS_THAN),
            ':' if out.ends_with(']') => out.push(COLON),
            '\n' | '\t' => out.push(c),
            c => out.extend(shown(c)),
        }
    }
    out
}

fn starts_autolink(rest: &str) -> bool {
    let end = rest.find(['>', '<', ' ', '\t', '\n']).unwrap_or(rest.len());
    let (inner, rest) = rest.split_at(end);
    rest.starts_with('>')
        && inner.starts_with(|c: char| c.is_ascii_alphanumeric())
        && inner.contains([':', '@'])
}

/// What becomes of a character in text: controls could break lines or reverse the text around them.
fn shown(c: char) -> Option<char> {
    match c {
        LESS_THAN => Some('<'),
        COLON => Some(':'),
        '\u{FDD2}'..='\u{FDEF}' | '\u{FEFF}' | '\u{61C}' | '\u{200E}' | '\u{200F}' => None,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        '\u{2028}' | '\u{2029}' => Some(' '),
        c if c.is_control() => Some(' '),
        c => Some(c),
    }
}

fn clean(text: &str) -> String {
    text.chars().filter_map(shown).collect()
}

fn read(source: &str, depth: usize, rereads: usize) -> Vec<Block> {
    let events = Parser::new_ext(source, Options::empty()).into_offset_iter();
    let mut reader = Reader {
        source,
        events: events.peekable(),
        rereads,
        end: 0,
    };
    reader.blocks(depth)
}

struct Reader<'a> {
    source: &'a str,
    events: Peekable<OffsetIter<'a>>,
    rereads: usize,
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
                push_heading(&mut blocks, *level, &self.source[range.clone()], nodes);
            } else {
                push_paragraph(&mut blocks, nodes);
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
            let source = self.source[range].trim_start();
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
                    *content = settle_all(std::mem::take(content));
                } else {
                    item.insert(0, Block::Paragraph(settle_all(vec![label])));
                }
            }
            list.items.extend(leading_with_paragraph(item));
        }
        if is_text {
            push_blocks(blocks, list.items.into_iter().flatten());
        } else if !list.items.is_empty() {
            push_block(blocks, Block::List(list));
        }
    }

    /// Fenced text is shown line by line; indented text is mostly a paragraph that someone indented.
    fn code(&mut self, kind: CodeBlockKind<'_>, depth: usize, blocks: &mut Vec<Block>) {
        let mut code = String::new();
        while let Some((Event::Text(text), _)) = self.events.next() {
            code.push_str(&text);
        }
        if kind == CodeBlockKind::Indented && self.rereads > 0 {
            return push_blocks(blocks, read(&code, depth, self.rereads - 1));
        }
        let mut nodes = Vec::new();
        for line in code.lines().chain([""]) {
            if line.trim().is_empty() {
                push_paragraph(blocks, std::mem::take(&mut nodes));
            } else {
                nodes.extend([Inline::Text(clean(line)), Inline::HardBreak]);
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
                Event::Code(text) => nodes.push(code(clean(&text))),
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    nodes.push(Inline::Text(clean(&text)));
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
            } => web_address(&format!("mailto:{dest_url}")),
            Tag::Link { dest_url, .. } => web_address(&dest_url),
            Tag::Image { dest_url, .. } => {
                web_address(&dest_url).filter(|href| href.starts_with(['h', 'H']))
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
        content.insert(0, Inline::Text(clean(opening)));
        content.push(Inline::Text(clean(closing)));
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

fn push_paragraph(blocks: &mut Vec<Block>, nodes: Vec<Inline>) {
    let content = settle_all(nodes);
    if !content.is_empty() {
        blocks.push(Block::Paragraph(content));
    }
}

/// A line of dashes or equals signs below a text is never meant to turn it into a heading.
fn push_heading(
    blocks: &mut Vec<Block>,
    level: HeadingLevel,
    source: &str,
    mut nodes: Vec<Inline>,
) {
    match source.trim().rsplit_once('\n') {
        None => {
            let content = settle_all(nodes);
            if !content.is_empty() {
                blocks.push(Block::Heading(level.max(HeadingLevel::H2), content));
            }
        }
        Some((_, line)) if level == HeadingLevel::H1 => {
            let text = &line[line.trim_end_matches('=').len()..];
            nodes.extend([Inline::SoftBreak, Inline::Text(text.into())]);
            push_paragraph(blocks, nodes);
        }
        Some(_) => {
            push_paragraph(blocks, nodes);
            blocks.push(Block::Rule);
        }
    }
}

/// Adds a block to others; lists that would touch become one, as kramdown reads them.
fn push_block(blocks: &mut Vec<Block>, block: Block) {
    let count = blocks.len();
    match (blocks.last_mut(), block) {
        (Some(Block::List(last)), Block::List(next))
            if last.bullet.is_some() == next.bullet.is_some() =>
        {
            last.items.extend(next.items);
            last.tight &= next.tight;
            last.settle();
        }
        (_, Block::List(list)) if count > MAX_BLOCKS => {
            push_blocks(blocks, list.items.into_iter().flatten());
        }
        (_, Block::List(mut list)) => {
            list.settle();
            blocks.push(Block::List(list));
        }
        (_, block) => blocks.push(block),
    }
}

fn push_blocks(blocks: &mut Vec<Block>, more: impl IntoIterator<Item = Block>) {
    for block in more {
        push_block(blocks, block);
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
fn leading_with_paragraph(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut rest: VecDeque<Block> = blocks.into();
    let mut items = loop {
        match rest.pop_front() {
            None => return Vec::new(),
            Some(Block::Rule) => {}
            Some(Block::Paragraph(content) | Block::Heading(_, content)) => {
                break vec![vec![Block::Paragraph(content)]];
            }
            Some(Block::Quote(inner)) => prepend(&mut rest, inner),
            Some(Block::List(list)) => break list.items,
        }
    };
    if let Some(last) = items.last_mut() {
        rest.retain(|block| *block != Block::Rule);
        push_blocks(last, rest);
    }
    items
}

fn prepend<T>(rest: &mut VecDeque<T>, nodes: Vec<T>) {
    for node in nodes.into_iter().rev() {
        rest.push_front(node);
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

/// The address of a link to the web or of a mail, spelt so that both engines find its end.
fn web_address(url: &str) -> Option<String> {
    let url = clean(url);
    let url = url.trim();
    let starts = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let mut out = match url {
        _ if ["http://", "https://", "mailto:"].into_iter().any(starts) => String::new(),
        _ if starts("www.") => String::from("https://"),
        _ => return None,
    };
    let depths = url.chars().scan(0_i32, |depth, c| {
        *depth += i32::from(c == '(') - i32::from(c == ')');
        Some(*depth)
    });
    let in_range = depths.clone().all(|depth| (0..4).contains(&depth));
    let is_balanced = in_range && depths.last() == Some(0);
    for c in url.chars() {
        let breaks = "\"\\`|<>{}".contains(c) || "()".contains(c) && !is_balanced;
        if breaks || c.is_whitespace() {
            for byte in c.to_string().bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    Some(out)
}

// Settling what is emphasised

/// What is around a run of inlines as it will be written.
#[derive(Clone, Copy)]
struct Around {
    before: char,
    after: char,
    delimiter: Option<char>,
    styles: [bool; 2],
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

/// Brings inlines into the form in which both engines see the same emphasis.
fn settle_all(mut nodes: Vec<Inline>) -> Vec<Inline> {
    let text = inlines_to_markdown(&nodes, None);
    let mut words = text.split(|c: char| !c.is_alphabetic());
    let underscores = text.len() < MAX_PARAGRAPH && words.all(|word| word.len() < MAX_WORD);
    let mut around = Around {
        before: ' ',
        after: ' ',
        delimiter: None,
        styles: [false; 2],
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
    around.styles = [true; 2];
    peel_blanks(settle(nodes, around)).1
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
                let other = if typed == '*' { '_' } else { '*' };
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
            Inline::Link(href, content) => {
                let content = settle(content, around.between('[', ']'));
                let (start, mut content, end) = peel_blanks(content);
                if content.is_empty() {
                    content.push(Inline::Text(href.clone()));
                }
                prepend(&mut rest, end);
                push_inlines(&mut out, start);
                out.push(Inline::Link(href, content));
            }
            node => push_inline(&mut out, node),
        }
    }
    out
}

/// Adds an inline to others, with no blanks around line ends and no text or code that touch.
fn push_inline(nodes: &mut Vec<Inline>, node: Inline) {
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
    if let Some(Inline::Text(text)) = content.first_mut()
        && text.starts_with(char::is_whitespace)
    {
        let at = text.len() - text.trim_start().len();
        start.push(Inline::Text(text.drain(..at).collect()));
    }
    if let Some(Inline::Text(text)) = content.last_mut()
        && text.ends_with(char::is_whitespace)
    {
        end.insert(0, Inline::Text(text.split_off(text.trim_end().len())));
    }
    (start, content, end)
}

/// Whether a delimiter between these characters is surely read as one.
fn is_clear(delimiter: char, before: char, after: char, around: Around) -> bool {
    let is_apart = before.is_whitespace() && is_edge(after) && !"*_".contains(after);
    // kramdown takes `a-_b_` for one word.
    let is_underscore = around.underscores && is_edge(before) && before != '-' && is_edge(after);
    (around.delimiter != Some(delimiter) || is_apart) && (delimiter == '*' || is_underscore)
}

/// Whether CommonMark surely counts the character as blank or as punctuation.
fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || "«»¿¡–—‘’“”„†•…、。「」『』！，：？".contains(c)
}

fn first_char(node: &Inline) -> char {
    match node {
        Inline::Text(text) => text.chars().next().unwrap_or(' '),
        Inline::SoftBreak | Inline::HardBreak => ' ',
        Inline::Styled(_, delimiter, _) => *delimiter,
        Inline::Link(..) => '[',
        Inline::Code(_) => '`',
    }
}

fn last_char(node: &Inline) -> char {
    match node {
        Inline::Text(text) => text.chars().next_back().unwrap_or(' '),
        Inline::Link(..) => ')',
        other => first_char(other),
    }
}

// Writing Markdown

fn blocks_to_markdown(blocks: &[Block], tight: bool) -> String {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(content) => {
            let text = inlines_to_markdown(content, None);
            join(text.split('\n').map(guard_line), "\n")
        }
        Block::Heading(level, content) => {
            let text = inlines_to_markdown(content, None);
            let start = text.strip_suffix('#');
            let text = start.map_or(text.clone(), |start| format!("{start}\\#"));
            format!("{} {text}", "#".repeat(*level as usize))
        }
        Block::Quote(inner) => {
            let text = blocks_to_markdown(inner, false);
            let lines = text.split('\n').map(|line| match line {
                "" => ">".into(),
                line => format!("> {line}"),
            });
            join(lines, "\n")
        }
        Block::List(list) => list_to_markdown(list),
        Block::Rule => "* * *".into(),
    });
    join(blocks, if tight { "\n" } else { "\n\n" })
}

fn join(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}

fn list_to_markdown(list: &List) -> String {
    let items = list.items.iter().enumerate().map(|(nth, item)| {
        let bullet = list.bullet.map(String::from);
        let marker = bullet.unwrap_or_else(|| format!("{}.", nth + 1)) + &" ".repeat(list.gap);
        let indent = format!("\n{}", " ".repeat(marker.len()));
        let text = blocks_to_markdown(item, list.tight).replace('\n', &indent);
        marker + &text.replace(&format!("{indent}\n"), "\n\n")
    });
    join(items, if list.tight { "\n" } else { "\n\n" })
}

/// Escapes what would make a line the start of something other than a paragraph.
fn guard_line(line: &str) -> String {
    let ends_at = |at: usize| line[at..].is_empty() || line[at..].starts_with(' ');
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_underline = line.chars().all(|c| matches!(c, '-' | '=' | ' ' | '\t'));
    let escape_at = match line.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 && ends_at(digits + 1) => digits,
        Some(b'#') if digits == 0 => 0,
        Some(b'+' | b'-' | b':') if digits == 0 && ends_at(1) => 0,
        Some(b'-' | b'=') if is_underline => 0,
        Some(b'^') if line.trim_end() == "^" => return line.replace('^', "&#94;"),
        _ => return line.into(),
    };
    format!("{}\\{}", &line[..escape_at], &line[escape_at..])
}

/// Writes inlines; `after` is the delimiter that closes them.
fn inlines_to_markdown(nodes: &[Inline], after: Option<char>) -> String {
    let mut out = String::new();
    for (nth, node) in nodes.iter().enumerate() {
        match node {
            Inline::Text(text) => {
                let next = nodes.get(nth + 1).map(first_char).or(after);
                let outside = out.chars().next_back().or(after);
                escape(text, outside, next, &mut out);
            }
            Inline::SoftBreak => out.push('\n'),
            Inline::HardBreak => out.push_str("  \n"),
            Inline::Code(text) => out.push_str(&format!("`{text}`")),
            Inline::Styled(style, delimiter, content) => {
                let content = inlines_to_markdown(content, Some(*delimiter));
                let delimiter = delimiter.to_string().repeat(*style as usize + 1);
                out.push_str(&format!("{delimiter}{content}{delimiter}"));
            }
            Inline::Link(href, content) => {
                out.push_str(&format!("[{}](", inlines_to_markdown(content, Some(']'))));
                for (at, c) in href.char_indices() {
                    match c {
                        '&' if is_entity(&href[at + 1..], None) => out.push_str("&amp;"),
                        ':' if out.ends_with(']') => out.push_str("&#58;"),
                        c => out.push(c),
                    }
                }
                out.push(')');
            }
        }
    }
    out
}

/// Writes text so that nothing in it is markup to either engine, nor to those that take bare
/// addresses for links and `~x~` for deleted. `outside` is what stands before the text, which is
/// `]` at the start of a link's, and `next` what follows it.
fn escape(text: &str, outside: Option<char>, next: Option<char>, out: &mut String) {
    let mut bracket_end = 0;
    let mut address = 0..0;
    let mut is_plain = true;
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let is_doubled = before == Some(c) || rest.starts_with(c);
        let closes = before.or(outside).is_some_and(|c| {
            !c.is_whitespace() && (!is_edge(c) || !rest.starts_with(char::is_alphanumeric))
        });
        let starts_address = c == ':' && rest.starts_with("//") || c == '.' && out.ends_with("www");
        if starts_address && !address.contains(&at) {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            address = at..at + 1 + end;
            is_plain = is_plain_address(&rest[..end], next.filter(|_| end == rest.len()));
        }
        match c {
            '{' => out.push_str("&#123;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            '&' if is_entity(rest, next) => out.push_str("&amp;"),
            '~' if is_doubled || closes => out.push_str("&#126;"),
            '^' if outside == Some(']') && at == 0 => out.push_str("&#94;"),
            '[' if !matches!(before, Some('!' | ']')) => {
                bracket_end = at + prose_bracket(rest, next).unwrap_or(0);
                out.push_str(if bracket_end > at { "[" } else { "\\[" });
            }
            ']' if at > 0 && at == bracket_end => out.push(c),
            '!' if rest.is_empty() && next == Some('[') => out.push_str("\\!"),
            '$' if is_doubled => out.push_str("\\$"),
            ':' if before == Some(']') => out.push_str("\\:"),
            ':' | '.' if starts_address && !is_plain => out.extend(['\\', c]),
            '`' | '*' | '_' | '|' | '[' | ']' => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = Some(c);
    }
}

/// Whether the rest of a bare address comes out as it stands and is all ASCII, so that a blog which
/// makes it a link shows the same and leads there.
fn is_plain_address(rest: &str, next: Option<char>) -> bool {
    !rest.contains(|c: char| !c.is_ascii() || "{}<>[]\\`*_|~$;".contains(c))
        && next.is_none_or(|next| next.is_whitespace() || next == ']')
}

/// How far on the `]` is, if the text after a `[` is an aside such as `[sic]` or `[the council]`.
fn prose_bracket(rest: &str, next: Option<char>) -> Option<usize> {
    let is_prose = |c: char| c.is_alphanumeric() || " ,.'’‘“”–—-/%£€?".contains(c);
    let end = rest
        .find(|c| !is_prose(c))
        .filter(|&end| rest[..end].chars().nth(1).is_some())?;
    let after = rest[end..].strip_prefix(']')?.chars().next().or(next);
    (!matches!(after, Some('(' | '[' | ':' | '{'))).then_some(end + 1)
}

/// Whether an `&` before this text could be read as the start of an entity. A `_` counts as part of
/// its name, also where it is about to begin or to end emphasis.
fn is_entity(text: &str, next: Option<char>) -> bool {
    let end = text.trim_start_matches(|c: char| c.is_alphanumeric() || "#:._-".contains(c));
    end.starts_with(';') && end.len() < text.len() || end.is_empty() && next == Some('_')
}

// Writing HTML

fn blocks_to_html(blocks: &[Block], tight: bool) -> String {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(content) if tight => text_to_html(content),
        Block::Paragraph(content) => format!("<p>{}</p>", text_to_html(content)),
        Block::Heading(level, content) => format!("<{level}>{}</{level}>", text_to_html(content)),
        Block::Quote(inner) => {
            format!(
                "<blockquote>\n{}\n</blockquote>",
                blocks_to_html(inner, false)
            )
        }
        Block::List(list) => {
            let name = if list.bullet.is_some() { "ul" } else { "ol" };
            let items = list
                .items
                .iter()
                .map(|item| blocks_to_html(item, list.tight));
            let items: String = items.map(|item| format!("<li>{item}</li>\n")).collect();
            format!("<{name}>\n{items}</{name}>")
        }
        Block::Rule => "<hr>".into(),
    });
    join(blocks, "\n")
}

fn text_to_html(content: &[Inline]) -> String {
    let mut out = String::new();
    inlines_to_html(content, &mut Typographer::default(), &mut out);
    out
}

fn inlines_to_html(nodes: &[Inline], typographer: &mut Typographer, out: &mut String) {
    for node in nodes {
        match node {
            Inline::Text(text) => typographer.write(text, out),
            Inline::SoftBreak => typographer.write("\n", out),
            Inline::HardBreak => {
                out.push_str("<br>");
                typographer.write("\n", out);
            }
            Inline::Code(text) => {
                out.push_str("<code>");
                text.chars().for_each(|c| push_html(c, out));
                out.push_str("</code>");
                typographer.before = Some('`');
            }
            Inline::Styled(style, _, content) => {
                let name = if *style == Style::Strong {
                    "strong"
                } else {
                    "em"
                };
                out.push_str(&format!("<{name}>"));
                inlines_to_html(content, typographer, out);
                out.push_str(&format!("</{name}>"));
            }
            Inline::Link(href, content) => {
                out.push_str("<a href=\"");
                href.chars().for_each(|c| push_html(c, out));
                out.push_str("\">");
                inlines_to_html(content, typographer, out);
                out.push_str("</a>");
            }
        }
    }
}

fn push_html(c: char, out: &mut String) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}

/// Sets quotes, dashes and ellipses as the blog does, as far as a preview needs it.
#[derive(Default)]
struct Typographer {
    before: Option<char>,
}

impl Typographer {
    fn write(&mut self, text: &str, out: &mut String) {
        const SYMBOLS: [(&str, char); 3] = [("---", '—'), ("--", '–'), ("...", '…')];
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let symbol = SYMBOLS
                .into_iter()
                .find(|(typed, _)| rest.starts_with(typed));
            let (length, c) = symbol.map_or((c.len_utf8(), c), |(typed, c)| (typed.len(), c));
            rest = &rest[length..];
            let mut next = rest.chars();
            let is_decade = [next.next(), next.next()]
                .iter()
                .flatten()
                .all(char::is_ascii_digit)
                && next.next() == Some('s');
            let opens = self
                .before
                .is_none_or(|b| b.is_whitespace() || "([{-–—\"'".contains(b))
                && rest.starts_with(|next: char| !next.is_whitespace());
            match c {
                '\'' => out.push(if opens && !is_decade { '‘' } else { '’' }),
                '"' => out.push(if opens { '“' } else { '”' }),
                c => push_html(c, out),
            }
            self.before = Some(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markdown(source: &str) -> String {
        Document::parse(source).to_markdown()
    }

    #[test]
    fn ordinary_text_comes_out_as_it_went_in() {
        for text in [
            "AT&T, R&D and Q&A. Campaign #1 (2021) cost $5, or £3 – 50% of a/b: x: y.",
            "“Curly” and \"straight\" quotes, it's the council’s – and -- so on...",
            "~200 people said [sic] or [the council] must act! [The council, in 2021], said",
            "Lines that\nthe author wrapped,\nkept. #hashtag\n\nAnd a  \nhard break.",
            "A [link](https://example.org/a_b?c=d&e=f#g%20h[1]) and [mail](mailto:a@example.org)",
            "A [page](https://en.wikipedia.org/wiki/A_(b)), [*styled* text [sic]](http://example.org)",
            "*One* _two_ **three** __four__ **five *six* seven** **_eight_** _**nine**_ `code`",
            "* **Lead-in:** text\n  over lines\n* **More:** text\n  * nested\n    * deeper\n* last",
            "- a\n\n- b\n\n  more of b\n\n  > quoted\n\n1. one\n2. two\n\n-   wide\n-   list",
            "1. a\n   1. b\n2. c\n3. d\n4. e\n5. f\n6. g\n7. h\n8. i\n9. j\n10. k\n    * l\n11. m",
            "> Quoted *words*\n> go on\n>\n> > deeper\n\n## Heading #1\n\n### Deeper\n\n* * *\n\nEnd",
            "日本語の文。**強調** é – ☎ 🎉 **🎉 party** 5 < 6".trim_end_matches("5 < 6"),
        ] {
            assert_eq!(markdown(text), text.trim_end());
        }
    }

    #[test]
    fn what_the_blog_would_take_for_markup_stays_text() {
        for (source, expected) in [
            ("{{ site.x }}{% a %}", "&#123;&#123; site.x }}&#123;% a %}"),
            ("text\n{: onclick=\"x\"}", "text\n&#123;: onclick=\"x\"}"),
            ("<script>*x*</script>", "&lt;script&gt;*x*&lt;/script&gt;"),
            ("<!--more-->", "&lt;!--more--&gt;"),
            (
                "&lt;b&gt; &copy; \\&copy; &#123;",
                "&lt;b&gt; © &amp;copy; &#123;",
            ),
            ("a | b\n-| -", "a \\| b\n-\\| -"),
            ("term\n: text", "term\n\\: text"),
            ("a[^1]\n\n[^1]: note", "a\\[^1\\]\n\n\\[^1\\]\\: note"),
            (
                "[a]: http://b\n*[AB]: c",
                "\\[a\\]\\: http://b\n\\*\\[AB\\]\\: c",
            ),
            ("*[ab](http://c)* [d]: e", "*[ab](http://c)* \\[d\\]\\: e"),
            (
                "$$x$$ ~~y~~ a_b",
                "\\$\\$x\\$\\$ &#126;&#126;y&#126;&#126; a\\_b",
            ),
            (
                "~x~ a~ *~y~* ~*z*~ ~*~.a* b\n~20 to (~30)",
                "~x&#126; a&#126; *~y&#126;* ~*z*&#126; ~*&#126;.a* b\n~20 to (~30)",
            ),
            (
                "https://a.b/c?d=e&f#g http://a.b/c_d, *www.a.b* www.a.b/c www.a.b/~c_ x://{y} http://é",
                "https://a.b/c?d=e&f#g http\\://a.b/c\\_d, *www\\.a.b* www.a.b/c www\\.a.b/~c\\_ \
                    x\\://&#123;y} http\\://é",
            ),
            ("^", "&#94;"),
            ("back\\slash\\", "back&#92;slash&#92;"),
            (
                "&_c_; _&_; [sic](http://a)",
                "&amp;_c_; _&amp;_; [sic](http://a)",
            ),
            ("* [x] done\n* [ ] not", "* \\[x\\] done\n* \\[ \\] not"),
            ("1984. It was", "1984\\. It was"),
            ("text\n1984. It was", "text\n1984\\. It was"),
            ("1) a\n2) b", "1. a\n2. b"),
            ("text\n---\nmore\n===", "text\n\n* * *\n\nmore\n\\==="),
            ("#hashtag\n---", "\\#hashtag\n\n* * *"),
            ("# Title #", "## Title"),
            ("## C\\#", "## C\\#"),
            ("```\n*a*\n\nb\n```", "\\*a\\*\n\nb"),
            ("    *indented* text", "*indented* text"),
            ("`a{b}` `c|d`", "a&#123;b} c\\|d"),
            ("***x*** *a***b**", "**_x_** *a*b"),
            (
                "**bold:**text\n\n日本**語。**日本",
                "**bold**:text\n\n日本**語**。日本",
            ),
            ("\\*\\*not bold:\\*\\*text", "\\*\\*not bold:\\*\\*text"),
            ("* a\n\n+ b\n\n1. c", "* a\n* b\n\n1. c"),
            ("*\n\n>", ""),
            ("> > > > > > a", "> > > > a"),
        ] {
            assert_eq!(markdown(source), expected, "{source:?}");
        }
    }

    #[test]
    fn links_lead_to_the_web_or_stay_text() {
        for (source, expected) in [
            ("[a](javascript:x)", "\\[a\\](javascript:x)"),
            (
                "[a](java&#10;script:x) [b](/c)",
                "\\[a\\](java&amp;#10;script:x) \\[b\\](/c)",
            ),
            (
                "<javascript:x> <data:y>",
                "&lt;javascript:x&gt; &lt;data:y&gt;",
            ),
            ("[![a](b.png)](data:x)", "\\[!\\[a\\](b.png)\\](data:x)"),
            ("[a](HTTPS://b.c \"title\")", "[a](HTTPS://b.c)"),
            (
                "[a](www.b.c) [](http://d.e)",
                "[a](https://www.b.c) [http://d.e](http://d.e)",
            ),
            ("![a](http://b.c/d.png)", "[a](http://b.c/d.png)"),
            (
                "<https://b.c> <a@b.c>",
                "[https://b.c](https://b.c) [a@b.c](mailto:a@b.c)",
            ),
            (
                "[a](<http://b/c d|{e}\">)",
                "[a](http://b/c%20d%7C%7Be%7D%22)",
            ),
            (
                "[a](http://b/\\(c?d&amp;lt;)",
                "[a](http://b/%28c?d&amp;lt;)",
            ),
            (
                "[a\\]: b](http://c) !\\[d](http://e)",
                "[a\\]\\: b](http://c) !\\[d\\](http://e)",
            ),
            ("[^a](http://b)", "[&#94;a](http://b)"),
        ] {
            assert_eq!(markdown(source), expected, "{source:?}");
        }
    }

    #[test]
    fn html_is_plain_and_set_as_on_the_blog() {
        let source = "# A & \"b\"\n\nIt's 5 < 6 -- or...  \n[so](http://a/?b&c) **x** `d`\n\n* one\n* two\n\n> q";
        let expected = "<h2>A &amp; “b”</h2>\n<p>It’s 5 &lt; 6 – or…<br>\n<a href=\"http://a/?b&amp;c\">so</a> \
            <strong>x</strong> <code>d</code></p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n\
            <blockquote>\n<p>q</p>\n</blockquote>";
        assert_eq!(Document::parse(source).to_html(), expected);
    }

    #[test]
    fn single_lines_are_text_throughout() {
        assert_eq!(
            escape_line("# AT&T, R&D: 'a' – [sic]"),
            "# AT&T, R&D: 'a' – [sic]"
        );
        assert_eq!(
            escape_line("*a*\n{{b}} <c> "),
            "\\*a\\* &#123;&#123;b}} &lt;c&gt;"
        );
        assert_eq!(line_to_html("'80s \"<a>\" &"), "’80s “&lt;a&gt;” &amp;");
    }

    #[test]
    fn anything_is_read_and_reads_back_as_the_same() {
        let parts = [
            "[",
            "![",
            "> ",
            "*",
            "_",
            "`",
            "- ",
            "<",
            "&",
            "\\",
            "](",
            "*_",
            "a**b",
            "- - - -\n",
            "* a\n  ",
            "> - ",
            "[a](",
            "![a](b) ",
            "{",
            "\t",
            "\n",
            "a\n- b\n\n",
            "``` ",
            "</a>",
            "é",
            "_a_ ",
            "***a*** ",
            "<a:b>",
            "\u{FDD0}",
            "\r\u{0}",
        ];
        for first in parts {
            for second in parts {
                let document = Document::parse(&format!("{first}{second}").repeat(200));
                let written = document.to_markdown();
                assert_eq!(Document::parse(&written), document, "{first:?} {second:?}");
                assert!(!written.contains(['{', '<']));
            }
            Document::parse(&first.repeat(20_000 / first.len())).to_html();
        }
    }
}
