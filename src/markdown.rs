//! Campaigners' Markdown made safe for the blog, and its preview. Pure.
//!
//! Text is parsed as CommonMark into a small tree that can hold nothing dangerous: no HTML, no
//! attribute lists, no Liquid, no tables, footnotes, definitions or maths. The tree is written
//! twice, as Markdown for the blog and as HTML for the preview, so the one cannot promise what the
//! other does not keep. The Markdown is written so that the blog's kramdown (2.4, with its GFM
//! parser) and CommonMark both read that very tree; ordinary prose, links, emphasis, lists and
//! quotations come out as they were typed. What was typed and has no place in the tree is there as
//! plain text.

use std::fmt::Write;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

/// Quotations and lists deeper than this are flattened: kramdown's stack overflows on 2,000.
const MAX_DEPTH: usize = 4;
/// Indented code is read again as text this often.
const MAX_REREADS: usize = 2;

/// A parsed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    Paragraph(Vec<Inline>),
    Heading(u8, Vec<Inline>),
    Quote(Vec<Block>),
    List(List),
    Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct List {
    ordered: bool,
    tight: bool,
    items: Vec<Item>,
}

/// An item begins with a paragraph, always.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    /// As typed, with the blanks behind it: `* `, `-   `, `1. `.
    marker: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inline {
    /// Without line ends.
    Text(String),
    SoftBreak,
    HardBreak,
    Styled {
        strong: bool,
        /// `*` or `_`, such that kramdown and CommonMark both see it here.
        mark: char,
        inner: Vec<Inline>,
    },
    Link {
        href: String,
        inner: Vec<Inline>,
    },
    /// Holds nothing that any reader could take for something else.
    Code(String),
}

impl Document {
    /// Parses any text whatever; never fails. The depth of the result is bounded.
    pub fn parse(source: &str) -> Self {
        Self {
            blocks: parse_blocks(source, 0),
        }
    }

    /// Markdown for the blog, without a line end at its end. It holds no `{`, no `<`, and no line
    /// of dashes.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        write_blocks(&self.blocks, "", false, &mut out);
        out
    }

    /// HTML that shows what the blog will show: paragraphs, headings below the page's own,
    /// emphasis, links, lists, quotations and rules, and text.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        html_blocks(&self.blocks, false, &mut out);
        out
    }

    /// The text that people see, a blank line between blocks.
    pub fn visible_text(&self) -> String {
        let mut out = String::new();
        text_of_blocks(&self.blocks, &mut out);
        out.trim_end().to_owned()
    }
}

// ---- reading -----------------------------------------------------------------------------------

/// Something opened and not yet closed.
struct Open<'a> {
    what: What<'a>,
    blocks: Vec<Block>,
    inlines: Vec<Inline>,
}

enum What<'a> {
    /// The document, or a container whose contents go to what is around it.
    Flat,
    /// A style or link inside its like, which adds nothing.
    Nothing,
    Quote,
    List {
        first: Option<u64>,
        items: Vec<Item>,
        tight: bool,
        number: u64,
    },
    Item {
        marker: String,
        loose: bool,
    },
    Paragraph,
    Heading {
        level: HeadingLevel,
        source: &'a str,
    },
    Styled {
        strong: bool,
        mark: char,
    },
    Link {
        href: Option<String>,
        source: &'a str,
    },
    /// Text to be read once more, or to be shown as it is.
    Code {
        indented: bool,
        text: String,
    },
}

fn parse_blocks(source: &str, rereads: usize) -> Vec<Block> {
    let guarded = without_html(source);
    let mut reader = Reader {
        source: &guarded,
        rereads,
        depth: 0,
        in_strong: false,
        in_emphasis: false,
        in_link: false,
        open: vec![Open::new(What::Flat)],
    };
    for (event, range) in Parser::new_ext(&guarded, Options::empty()).into_offset_iter() {
        reader.read(event, range);
    }
    let mut blocks = match reader.open.pop() {
        Some(mut root) => {
            root.end_paragraph();
            root.blocks
        }
        None => Vec::new(),
    };
    if rereads == 0 {
        settle_blocks(&mut blocks, true);
    }
    blocks
}

/// A backslash before each `<` that could begin HTML, so that the text after it is still read as
/// Markdown. Autolinks stay.
fn without_html(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut escaped = false;
    for (at, c) in source.char_indices() {
        if c == '<' && !escaped && !is_autolink(&source[at + 1..]) {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

fn is_autolink(after: &str) -> bool {
    let end = after.find(|c: char| c == '>' || c == '<' || c.is_whitespace());
    end.is_some_and(|end| after[end..].starts_with('>') && accepted(&after[..end]).is_some())
}

impl Open<'_> {
    fn new(what: What<'_>) -> Open<'_> {
        Open {
            what,
            blocks: Vec::new(),
            inlines: Vec::new(),
        }
    }

    /// Before a container of blocks closes.
    fn end_item(&mut self) {
        if matches!(self.what, What::Flat | What::Quote | What::Item { .. }) {
            self.end_paragraph();
        }
    }

    /// Text that stands in a container without a paragraph around it, as in a tight list.
    fn end_paragraph(&mut self) {
        let inlines = std::mem::take(&mut self.inlines);
        if !inlines.is_empty() {
            self.blocks.push(Block::Paragraph(inlines));
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    rereads: usize,
    /// Of quotations and lists.
    depth: usize,
    in_strong: bool,
    in_emphasis: bool,
    in_link: bool,
    open: Vec<Open<'a>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                let code = code.replace("\\<", "<").replace('\t', " ");
                let safe = !code.contains(['`', '{', '}', '|', '\\', '<', '>', '&'])
                    && !code.starts_with(char::is_whitespace)
                    && !code.ends_with(char::is_whitespace)
                    && !code.is_empty();
                if safe {
                    self.inline(Inline::Code(code));
                } else {
                    self.text(&format!("`{code}`"));
                }
            }
            Event::SoftBreak => self.inline(Inline::SoftBreak),
            Event::HardBreak => self.inline(Inline::HardBreak),
            Event::Rule => self.block(Block::Rule),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            // Only with options that are not asked for.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn top(&mut self) -> &mut Open<'a> {
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn inline(&mut self, inline: Inline) {
        self.top().inlines.push(inline);
    }

    fn block(&mut self, block: Block) {
        let top = self.top();
        top.end_paragraph();
        top.blocks.push(block);
    }

    fn text(&mut self, text: &str) {
        if let What::Code { text: kept, .. } = &mut self.top().what {
            kept.push_str(text);
            return;
        }
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.inline(Inline::SoftBreak);
            }
            if !line.is_empty() {
                self.inline(Inline::Text(line.to_owned()));
            }
        }
    }

    fn start(&mut self, tag: &Tag<'a>, range: Range<usize>) {
        let source = &self.source[range];
        let what = match tag {
            Tag::Paragraph => {
                if let What::Item { loose, .. } = &mut self.top().what {
                    *loose = true;
                }
                What::Paragraph
            }
            Tag::Heading { level, .. } => What::Heading {
                level: *level,
                source,
            },
            Tag::BlockQuote(_) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    What::Flat
                } else {
                    What::Quote
                }
            }
            Tag::List(first) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    What::Flat
                } else {
                    What::List {
                        first: *first,
                        items: Vec::new(),
                        tight: true,
                        number: first.unwrap_or(0),
                    }
                }
            }
            Tag::Item => {
                let ordered = matches!(self.top().what, What::List { first: Some(_), .. });
                What::Item {
                    marker: marker(source, ordered),
                    loose: false,
                }
            }
            Tag::CodeBlock(kind) => What::Code {
                indented: matches!(kind, pulldown_cmark::CodeBlockKind::Indented),
                text: String::new(),
            },
            Tag::Emphasis if self.in_emphasis => What::Nothing,
            Tag::Strong if self.in_strong => What::Nothing,
            Tag::Link { .. } | Tag::Image { .. } if self.in_link => What::Nothing,
            Tag::Emphasis | Tag::Strong => {
                let strong = *tag == Tag::Strong;
                if strong {
                    self.in_strong = true;
                } else {
                    self.in_emphasis = true;
                }
                What::Styled {
                    strong,
                    mark: if source.starts_with('_') { '_' } else { '*' },
                }
            }
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => {
                let href = if *link_type == LinkType::Email {
                    Some(format!("mailto:{dest_url}"))
                } else {
                    accepted(dest_url)
                };
                self.in_link = true;
                What::Link { href, source }
            }
            Tag::Image { dest_url, .. } => {
                self.in_link = true;
                What::Link {
                    href: accepted(dest_url).filter(|href| !href.starts_with("mailto:")),
                    source,
                }
            }
            _ => What::Flat,
        };
        let is_block = !matches!(
            what,
            What::Nothing | What::Styled { .. } | What::Link { .. }
        );
        if is_block {
            self.top().end_paragraph();
        }
        self.open.push(Open::new(what));
    }

    fn end(&mut self, tag: TagEnd) {
        if matches!(tag, TagEnd::BlockQuote(_) | TagEnd::List(_)) {
            self.depth -= 1;
        }
        if self.open.len() < 2 {
            return;
        }
        let Some(mut closed) = self.open.pop() else {
            return;
        };
        closed.end_item();
        match closed.what {
            What::Nothing => self.top().inlines.append(&mut closed.inlines),
            What::Flat => {
                self.top().end_paragraph();
                self.top().blocks.append(&mut closed.blocks);
            }
            What::Quote => {
                if !closed.blocks.is_empty() {
                    self.block(Block::Quote(closed.blocks));
                }
            }
            What::Item { marker, loose } => self.item(marker, loose, closed.blocks),
            What::List {
                first,
                items,
                tight,
                ..
            } => {
                self.top().end_paragraph();
                self.top().blocks.append(&mut closed.blocks);
                if !items.is_empty() {
                    self.block(Block::List(List {
                        ordered: first.is_some(),
                        tight,
                        items,
                    }));
                }
            }
            What::Paragraph => self.block(Block::Paragraph(closed.inlines)),
            What::Heading { level, source } => self.heading(level, source, closed.inlines),
            What::Styled { strong, mark } => {
                if strong {
                    self.in_strong = false;
                } else {
                    self.in_emphasis = false;
                }
                merge_texts(&mut closed.inlines);
                self.inline(Inline::Styled {
                    strong,
                    mark,
                    inner: closed.inlines,
                });
            }
            What::Link { href, source } => {
                self.in_link = false;
                merge_texts(&mut closed.inlines);
                self.link(href, source, closed.inlines);
            }
            What::Code { indented, text } => self.code(indented, &text),
        }
    }

    /// An item goes to its list. A list that does not begin at 1 becomes paragraphs with their
    /// numbers in them, because kramdown would number it from 1; so does an empty item.
    fn item(&mut self, marker: String, loose: bool, blocks: Vec<Block>) {
        let What::List {
            first,
            items,
            tight,
            number,
        } = &mut self.top().what
        else {
            self.top().blocks.extend(blocks);
            return;
        };
        let literal = match first {
            Some(first) if *first != 1 => Some(format!("{number}. ")),
            _ if blocks.is_empty() => Some(marker.clone()),
            _ => None,
        };
        *number = number.saturating_add(1);
        if literal.is_none() {
            *tight &= !loose;
            items.push(Item { marker, blocks });
            return;
        }
        let mut blocks = blocks.into_iter().peekable();
        let mut inlines = vec![Inline::Text(literal.unwrap_or_default())];
        if let Some(Block::Paragraph(first)) =
            blocks.next_if(|block| matches!(block, Block::Paragraph(_)))
        {
            inlines.extend(first);
        }
        let mut literal = vec![Block::Paragraph(inlines)];
        literal.extend(blocks);
        // What came before stays before.
        let finished = std::mem::take(items);
        if !finished.is_empty() {
            let list = List {
                ordered: first.is_some(),
                tight: *tight,
                items: finished,
            };
            self.top().blocks.push(Block::List(list));
        }
        self.top().blocks.extend(literal);
    }

    /// A line of dashes below a text is meant as a rule, and a line of `=` as just that: only `#`
    /// makes headings. The post's own title is the only one of the first level.
    fn heading(&mut self, level: HeadingLevel, source: &str, mut inlines: Vec<Inline>) {
        let after = source.trim_start().trim_start_matches('#');
        if after.len() < source.trim_start().len()
            && after.chars().next().is_none_or(char::is_whitespace)
        {
            let level = (level as u8).max(2);
            if !inlines.is_empty() {
                self.block(Block::Heading(level, inlines));
            }
            return;
        }
        let line = source.trim_end().rsplit('\n').next().unwrap_or_default();
        let line = line.trim_start_matches(['>', ' ', '\t']);
        if line.starts_with("---") {
            self.block(Block::Paragraph(inlines));
            self.block(Block::Rule);
        } else {
            inlines.push(Inline::SoftBreak);
            inlines.push(Inline::Text(line.to_owned()));
            self.block(Block::Paragraph(inlines));
        }
    }

    /// A link that is not to go anywhere is shown as it was typed.
    fn link(&mut self, href: Option<String>, source: &str, inner: Vec<Inline>) {
        let Some(href) = href else {
            let typed = source.replace("\\<", "<");
            for (index, line) in typed.lines().enumerate() {
                if index > 0 {
                    self.inline(Inline::SoftBreak);
                }
                self.text(line.trim());
            }
            return;
        };
        let inner = if text_of(&inner).trim().is_empty() {
            vec![Inline::Text(href.clone())]
        } else {
            inner
        };
        self.inline(Inline::Link { href, inner });
    }

    /// Indented text is mostly no code but a paragraph that somebody has indented; fenced text is
    /// shown as it is, line by line.
    fn code(&mut self, indented: bool, text: &str) {
        if indented && self.rereads < MAX_REREADS {
            let dedented: Vec<&str> = text.lines().map(str::trim_start).collect();
            for block in parse_blocks(&dedented.join("\n"), self.rereads + 1) {
                self.block(block);
            }
            return;
        }
        let mut inlines = Vec::new();
        for line in text.lines() {
            let line = line.trim().replace("\\<", "<");
            if line.is_empty() {
                continue;
            }
            if !inlines.is_empty() {
                inlines.push(Inline::HardBreak);
            }
            inlines.push(Inline::Text(line));
        }
        if !inlines.is_empty() {
            self.block(Block::Paragraph(inlines));
        }
    }
}

/// The item's marker with the blanks behind it, as typed where that can be told.
fn marker(source: &str, ordered: bool) -> String {
    let trimmed = source.trim_start();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let blanks = trimmed
        .get(digits + 1..)
        .unwrap_or_default()
        .bytes()
        .take_while(|byte| *byte == b' ')
        .count();
    let blanks = if blanks > 3 { 1 } else { blanks.max(1) };
    let sign = match trimmed.chars().next() {
        _ if ordered && digits > 0 => format!("{}.", &trimmed[..digits]),
        _ if ordered => "1.".to_owned(),
        Some(bullet @ ('*' | '-' | '+')) => bullet.to_string(),
        _ => "*".to_owned(),
    };
    sign + &" ".repeat(blanks)
}

/// The address that a link may lead to: http, https or mailto, and `www.` for those who leave the
/// scheme out.
fn accepted(url: &str) -> Option<String> {
    let lower = url.trim().to_ascii_lowercase();
    let rest = ["https://", "http://", "mailto:"]
        .iter()
        .find_map(|scheme| lower.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() => Some(encoded(url.trim())),
        None if lower.starts_with("www.") => Some(encoded(&format!("https://{}", url.trim()))),
        _ => None,
    }
}

/// The address with every character as `%XX` that could end it early or mean something to
/// kramdown, CommonMark, HTML or Liquid.
fn encoded(url: &str) -> String {
    let mut depth = 0_i32;
    let balanced = url.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    }) && depth == 0;
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        let risky = c.is_whitespace()
            || c.is_control()
            || "<>{}|\\`\"^".contains(c)
            || (!balanced && (c == '(' || c == ')'));
        if risky {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Writing to a string cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

// ---- settling ----------------------------------------------------------------------------------

/// Brings the blocks into the forms that both readers agree on.
fn settle_blocks(blocks: &mut Vec<Block>, headings: bool) {
    let mut settled: Vec<Block> = Vec::with_capacity(blocks.len());
    for mut block in std::mem::take(blocks) {
        if !headings {
            block = match block {
                Block::Heading(_, inner) => Block::Paragraph(all_bold(inner)),
                Block::Rule => Block::Paragraph(vec![Inline::Text("---".to_owned())]),
                other => other,
            };
        }
        match &mut block {
            Block::Paragraph(inlines) => {
                settle_inlines(inlines);
                if inlines.is_empty() {
                    continue;
                }
            }
            Block::Heading(_, inlines) => {
                for inline in inlines.iter_mut() {
                    if matches!(inline, Inline::SoftBreak | Inline::HardBreak) {
                        *inline = Inline::Text(" ".to_owned());
                    }
                }
                settle_inlines(inlines);
                if inlines.is_empty() {
                    continue;
                }
            }
            Block::Quote(inner) => {
                settle_blocks(inner, false);
                if inner.is_empty() {
                    continue;
                }
            }
            Block::List(list) => {
                for item in &mut list.items {
                    settle_item(item);
                }
                list.items.retain(|item| !item.blocks.is_empty());
                if list.items.is_empty() {
                    continue;
                }
                // Without blank lines only a last list can follow an item's own text.
                list.tight &= list
                    .items
                    .iter()
                    .all(|item| matches!(item.blocks.as_slice(), [_] | [_, Block::List(_)]));
            }
            Block::Rule => {}
        }
        match (settled.last_mut(), block) {
            // kramdown joins neighbours of one kind.
            (Some(Block::Quote(before)), Block::Quote(inner)) => before.extend(inner),
            (Some(Block::List(before)), Block::List(list)) if before.ordered == list.ordered => {
                before.tight = false;
                before.items.extend(list.items);
            }
            (_, block) => settled.push(block),
        }
    }
    *blocks = settled;
}

/// What a heading becomes where none can be.
fn all_bold(mut inlines: Vec<Inline>) -> Vec<Inline> {
    fn without_strong(inlines: Vec<Inline>) -> Vec<Inline> {
        inlines
            .into_iter()
            .flat_map(|inline| match inline {
                Inline::Styled {
                    strong: true,
                    inner,
                    ..
                } => without_strong(inner),
                Inline::Styled { mark, inner, .. } => vec![Inline::Styled {
                    strong: false,
                    mark,
                    inner: without_strong(inner),
                }],
                Inline::Link { href, inner } => vec![Inline::Link {
                    href,
                    inner: without_strong(inner),
                }],
                other => vec![other],
            })
            .collect()
    }
    settle_inlines(&mut inlines);
    if inlines.is_empty() {
        return inlines;
    }
    vec![Inline::Styled {
        strong: true,
        mark: '*',
        inner: without_strong(inlines),
    }]
}

/// An item begins with a paragraph, and holds only paragraphs and lists.
fn settle_item(item: &mut Item) {
    let mut flat = Vec::new();
    for block in std::mem::take(&mut item.blocks) {
        match block {
            Block::Quote(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    settle_blocks(&mut flat, false);
    let mut blocks = Vec::new();
    for block in flat {
        match block {
            // A quotation in a quotation, or a list where the item's own text should be.
            Block::Quote(inner) => blocks.extend(inner),
            Block::List(list) if blocks.is_empty() => {
                blocks.extend(list.items.into_iter().flat_map(|item| item.blocks));
            }
            other => blocks.push(other),
        }
    }
    item.blocks = blocks;
}

fn settle_inlines(inlines: &mut Vec<Inline>) {
    merge_texts(inlines);
    *inlines = bold(std::mem::take(inlines));
    // What one pass unwraps gives the next its neighbours; a style holds at most one other.
    for _ in 0..4 {
        choose_marks(inlines, None, None, None);
        merge_texts(inlines);
    }
    trim(inlines, true);
}

fn merge_texts(inlines: &mut Vec<Inline>) {
    let mut merged: Vec<Inline> = Vec::with_capacity(inlines.len());
    for inline in std::mem::take(inlines) {
        match (merged.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => merged.push(inline),
        }
    }
    *inlines = merged;
}

/// `**bold:**text`, which CommonMark leaves alone, is bold to kramdown and to whoever typed it.
fn bold(inlines: Vec<Inline>) -> Vec<Inline> {
    let mut out = Vec::with_capacity(inlines.len());
    for inline in inlines {
        let Inline::Text(text) = inline else {
            out.push(inline);
            continue;
        };
        let mut rest = text.as_str();
        while let Some((before, inner, after)) = bold_in(rest) {
            if !before.is_empty() {
                out.push(Inline::Text(before.to_owned()));
            }
            out.push(Inline::Styled {
                strong: true,
                mark: '*',
                inner: vec![Inline::Text(inner.to_owned())],
            });
            rest = after;
        }
        if !rest.is_empty() {
            out.push(Inline::Text(rest.to_owned()));
        }
    }
    out
}

fn bold_in(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("**")?;
    let (inner, after) = rest.split_once("**")?;
    let fits = !inner.is_empty()
        && !inner.contains('*')
        && !inner.starts_with(char::is_whitespace)
        && !inner.ends_with(char::is_whitespace)
        && !after.starts_with('*')
        && !before.ends_with('*');
    fits.then_some((before, inner, after))
}

/// Chooses for each style the mark that both readers understand where it stands, and unwraps the
/// style where neither does.
fn choose_marks(
    inlines: &mut Vec<Inline>,
    outer: Option<char>,
    before: Option<char>,
    after: Option<char>,
) {
    let mut out: Vec<Inline> = Vec::with_capacity(inlines.len());
    let mut rest = std::mem::take(inlines).into_iter().peekable();
    while let Some(mut inline) = rest.next() {
        let at_edge = out.is_empty() || rest.peek().is_none();
        let left = out.last().map_or(before, last_char);
        let right = rest.peek().map_or(after, first_char);
        match &mut inline {
            Inline::Styled { mark, inner, .. } => {
                let fits = |mark: char| {
                    let underscore_fits = !left.is_some_and(|c| c.is_alphanumeric() || c == '-')
                        && !right.is_some_and(char::is_alphanumeric);
                    !(at_edge && outer == Some(mark)) && (mark == '*' || underscore_fits)
                };
                let other = if *mark == '*' { '_' } else { '*' };
                let chosen = [*mark, other].into_iter().find(|mark| fits(*mark));
                let touches_another = matches!(out.last(), Some(Inline::Styled { .. }));
                let blank_inside = inner
                    .first()
                    .and_then(first_char)
                    .is_none_or(char::is_whitespace)
                    || inner
                        .last()
                        .and_then(last_char)
                        .is_none_or(char::is_whitespace);
                match chosen {
                    Some(chosen) if !touches_another && !blank_inside => {
                        *mark = chosen;
                        choose_marks(inner, Some(chosen), Some(chosen), Some(chosen));
                        merge_texts(inner);
                        out.push(inline);
                    }
                    _ => out.append(inner),
                }
            }
            Inline::Link { inner, .. } => {
                choose_marks(inner, None, Some('['), Some(']'));
                merge_texts(inner);
                out.push(inline);
            }
            _ => out.push(inline),
        }
    }
    *inlines = out;
}

fn first_char(inline: &Inline) -> Option<char> {
    match inline {
        Inline::Text(text) => text.chars().next(),
        Inline::SoftBreak | Inline::HardBreak => Some('\n'),
        Inline::Styled { mark, .. } => Some(*mark),
        Inline::Link { .. } => Some('['),
        Inline::Code(_) => Some('`'),
    }
}

fn last_char(inline: &Inline) -> Option<char> {
    match inline {
        Inline::Text(text) => text.chars().next_back(),
        Inline::Link { .. } => Some(')'),
        other => first_char(other),
    }
}

/// One break at a time, and no blanks around it; at the ends of a block no breaks or blanks at all.
fn trim(inlines: &mut Vec<Inline>, whole_block: bool) {
    let is_break = |inline: &Inline| matches!(inline, Inline::SoftBreak | Inline::HardBreak);
    let mut out: Vec<Inline> = Vec::with_capacity(inlines.len());
    for mut inline in std::mem::take(inlines) {
        let at_line_start = out.last().map_or(whole_block, is_break);
        match &mut inline {
            Inline::Text(text) if at_line_start => {
                *text = text.trim_start_matches([' ', '\t']).to_owned();
                if text.is_empty() {
                    continue;
                }
            }
            Inline::Styled { inner, .. } | Inline::Link { inner, .. } => trim(inner, false),
            Inline::SoftBreak | Inline::HardBreak => {
                trim_end(&mut out);
                if out.last().map_or(whole_block, is_break) {
                    continue;
                }
            }
            Inline::Text(_) | Inline::Code(_) => {}
        }
        out.push(inline);
    }
    if whole_block {
        trim_end(&mut out);
        while out.last().is_some_and(is_break) {
            out.pop();
            trim_end(&mut out);
        }
    }
    *inlines = out;
}

/// No blanks at the end.
fn trim_end(inlines: &mut Vec<Inline>) {
    while let Some(Inline::Text(text)) = inlines.last_mut() {
        text.truncate(text.trim_end_matches([' ', '\t']).len());
        if !text.is_empty() {
            return;
        }
        inlines.pop();
    }
}

// ---- writing Markdown --------------------------------------------------------------------------

fn write_blocks(blocks: &[Block], indent: &str, tight: bool, out: &mut String) {
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            if !tight {
                out.push('\n');
                out.push_str(indent.trim_end());
            }
            out.push('\n');
            out.push_str(indent);
        }
        match block {
            Block::Paragraph(inlines) => write_inlines(inlines, indent, None, out),
            Block::Heading(level, inlines) => {
                out.push_str(&"#".repeat(usize::from(*level)));
                out.push(' ');
                write_inlines(inlines, indent, None, out);
                // A `#` at the end would be taken for a closing mark.
                if out.ends_with('#') {
                    out.pop();
                    out.push_str("\\#");
                }
            }
            Block::Quote(inner) => {
                out.push_str("> ");
                write_blocks(inner, &format!("{indent}> "), false, out);
            }
            Block::List(list) => {
                for (index, item) in list.items.iter().enumerate() {
                    if index > 0 {
                        if !list.tight {
                            out.push('\n');
                            out.push_str(indent.trim_end());
                        }
                        out.push('\n');
                        out.push_str(indent);
                    }
                    out.push_str(&item.marker);
                    let inner = format!("{indent}{}", " ".repeat(item.marker.len()));
                    write_blocks(&item.blocks, &inner, list.tight, out);
                }
            }
            Block::Rule => out.push_str("* * *"),
        }
    }
}

/// Writes what stands between `around` and its end: nothing for a block, the mark of a style, the
/// bracket of a link.
fn write_inlines(inlines: &[Inline], indent: &str, around: Option<char>, out: &mut String) {
    let is_break = |inline: &Inline| matches!(inline, Inline::SoftBreak | Inline::HardBreak);
    for (index, inline) in inlines.iter().enumerate() {
        match inline {
            Inline::Text(text) => {
                let before = index.checked_sub(1).map(|before| &inlines[before]);
                let at_line_start = before.map_or(around.is_none(), is_break);
                let follows = match inlines.get(index + 1) {
                    Some(next) if is_break(next) => None,
                    Some(next) => first_char(next),
                    None => around,
                };
                escape(text, at_line_start, follows, out);
            }
            Inline::SoftBreak => {
                out.push('\n');
                out.push_str(indent);
            }
            Inline::HardBreak => {
                out.push_str("  \n");
                out.push_str(indent);
            }
            Inline::Styled {
                strong,
                mark,
                inner,
            } => {
                let marks = mark.to_string().repeat(if *strong { 2 } else { 1 });
                out.push_str(&marks);
                write_inlines(inner, indent, Some(*mark), out);
                out.push_str(&marks);
            }
            Inline::Link { href, inner } => {
                out.push('[');
                write_inlines(inner, indent, Some(']'), out);
                out.push_str("](");
                out.push_str(&escape_references(href));
                out.push(')');
            }
            Inline::Code(code) => {
                out.push('`');
                out.push_str(code);
                out.push('`');
            }
        }
    }
}

/// `&` as `&amp;` where a reader would see a character reference.
fn escape_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        out.push(c);
        if c == '&' && begins_reference(text[at + 1..].chars(), None) {
            out.push_str("amp;");
        }
    }
    out
}

/// Whether kramdown may see a character reference in an `&` before this text and then `follows`:
/// to it, names may hold `_`, `:`, `.` and `-`.
fn begins_reference(after: impl Iterator<Item = char>, follows: Option<char>) -> bool {
    let mut name = false;
    for c in after {
        if c == ';' {
            return name;
        }
        if !(c.is_alphanumeric() || "#:_.-".contains(c)) {
            return false;
        }
        name = true;
    }
    follows == Some('_')
}

/// Writes text so that no character of it means anything, and leaves what means nothing as it is.
///
/// From measurements on kramdown 2.4: a `{` must be a character reference because Liquid comes
/// first; a backslash too, because two at a line's end are a break; `]:` anywhere in a line can
/// make the line an abbreviation's definition, escaped or not.
///
/// `follows` is what the text stands before in its line, as it will be written.
fn escape(text: &str, at_line_start: bool, follows: Option<char>, out: &mut String) {
    let chars: Vec<char> = text.chars().collect();
    let mut plain_brackets = plain_brackets(&chars, at_line_start, follows.is_none());
    let number_ends = if at_line_start {
        chars.iter().take_while(|c| c.is_ascii_digit()).count()
    } else {
        0
    };
    for (index, c) in chars.iter().copied().enumerate() {
        let before = index.checked_sub(1).map(|index| chars[index]);
        let after = chars.get(index + 1).copied();
        let first = at_line_start && index == 0;
        let ends = after.is_none_or(char::is_whitespace);
        let doubled = before == Some(c) || after == Some(c);
        match c {
            '{' => out.push_str("&#123;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            '&' if begins_reference(chars[index + 1..].iter().copied(), follows) => {
                out.push_str("&amp;");
            }
            '`' | '*' | '_' | '|' => {
                out.push('\\');
                out.push(c);
            }
            '[' | ']' if plain_brackets.first() == Some(&index) => {
                plain_brackets.remove(0);
                out.push(c);
            }
            ']' if after == Some(':') => out.push_str("&#93;"),
            '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '!' if after.or(follows) == Some('[') => out.push_str("\\!"),
            '~' | '$' if doubled => {
                out.push('\\');
                out.push(c);
            }
            '#' | '=' | ':' if first => {
                out.push('\\');
                out.push(c);
            }
            '^' if index == 0 => out.push_str("&#94;"),
            '+' | '-' if first && (ends || after == Some(c) || after == Some('=')) => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if index > 0 && index == number_ends && ends => {
                out.push('\\');
                out.push(c);
            }
            '\t' => out.push(' '),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
}

/// The places of brackets that are harmless as they are: `[sic]`, `[the council]`. kramdown and
/// CommonMark show them as text, because no link definition is ever written.
fn plain_brackets(chars: &[char], at_line_start: bool, at_line_end: bool) -> Vec<usize> {
    let mut places = Vec::new();
    let mut index = 0;
    while index < chars.len() {
        if chars[index] != '[' {
            index += 1;
            continue;
        }
        let inner = chars[index + 1..]
            .iter()
            .take(80)
            .take_while(|c| c.is_alphanumeric() || " ,.;'’-".contains(**c))
            .count();
        let close = index + 1 + inner;
        let before = index.checked_sub(1).map(|index| chars[index]);
        let after = chars.get(close + 1).copied();
        let harmless = inner >= 2
            && chars.get(close) == Some(&']')
            && before.map_or(at_line_start, |c| c.is_whitespace() || "(“‘\"'".contains(c))
            && after.map_or(at_line_end, |c| {
                c.is_whitespace() || ".,;)!?”’\"'".contains(c)
            });
        if harmless {
            places.extend([index, close]);
            index = close + 1;
        } else {
            index += 1;
        }
    }
    places
}

/// Plain text in one line (no Markdown), written so that kramdown and CommonMark show exactly
/// these characters in the middle of a line; ordinary prose comes out unchanged.
pub fn escape_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escape(&text, false, None, &mut out);
    out
}

// ---- writing HTML and text ---------------------------------------------------------------------

fn html_blocks(blocks: &[Block], tight: bool, out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) if tight => html_inlines(inlines, out),
            Block::Paragraph(inlines) => {
                out.push_str("<p>");
                html_inlines(inlines, out);
                out.push_str("</p>\n");
            }
            Block::Heading(level, inlines) => {
                let _ = write!(out, "<h{level}>");
                html_inlines(inlines, out);
                let _ = writeln!(out, "</h{level}>");
            }
            Block::Quote(inner) => {
                out.push_str("<blockquote>\n");
                html_blocks(inner, false, out);
                out.push_str("</blockquote>\n");
            }
            Block::List(list) => {
                let tag = if list.ordered { "ol" } else { "ul" };
                let _ = writeln!(out, "<{tag}>");
                for item in &list.items {
                    out.push_str("<li>");
                    html_blocks(&item.blocks, list.tight, out);
                    out.push_str("</li>\n");
                }
                let _ = writeln!(out, "</{tag}>");
            }
            Block::Rule => out.push_str("<hr>\n"),
        }
    }
}

fn html_inlines(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) => {
                let before = out.chars().next_back();
                out.push_str(&html(&typographic(text, before)));
            }
            Inline::SoftBreak => out.push('\n'),
            Inline::HardBreak => out.push_str("<br>\n"),
            Inline::Styled { strong, inner, .. } => {
                let tag = if *strong { "strong" } else { "em" };
                let _ = write!(out, "<{tag}>");
                html_inlines(inner, out);
                let _ = write!(out, "</{tag}>");
            }
            Inline::Link { href, inner } => {
                let _ = write!(out, "<a href=\"{}\">", html(href));
                html_inlines(inner, out);
                out.push_str("</a>");
            }
            Inline::Code(code) => {
                let _ = write!(out, "<code>{}</code>", html(code));
            }
        }
    }
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Curly quotes, dashes and ellipses, much as kramdown makes them.
fn typographic(text: &str, before: Option<char>) -> String {
    let text = text
        .replace("---", "—")
        .replace("--", "–")
        .replace("...", "…");
    let mut out = String::with_capacity(text.len());
    let mut last = before;
    for c in text.chars() {
        let opens = last.is_none_or(|c| c.is_whitespace() || "([{>“‘–—".contains(c));
        let shown = match c {
            '"' if opens => '“',
            '"' => '”',
            '\'' if opens => '‘',
            '\'' => '’',
            other => other,
        };
        out.push(shown);
        last = Some(c);
    }
    out
}

/// Plain text in one line as HTML, as the blog shows what [`escape_line`] writes.
pub fn line_to_html(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    html(&typographic(&text, None))
}

fn text_of_blocks(blocks: &[Block], out: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading(_, inlines) => {
                out.push_str(&text_of(inlines));
                out.push_str("\n\n");
            }
            Block::Quote(inner) => text_of_blocks(inner, out),
            Block::List(list) => {
                for item in &list.items {
                    text_of_blocks(&item.blocks, out);
                }
            }
            Block::Rule => {}
        }
    }
}

fn text_of(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::SoftBreak | Inline::HardBreak => out.push('\n'),
            Inline::Styled { inner, .. } | Inline::Link { inner, .. } => {
                out.push_str(&text_of(inner));
            }
        }
    }
    out
}
