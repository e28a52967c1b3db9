//! Markdown → tree, by way of pulldown-cmark.

mod blocks;
mod pairs;

use std::{iter::Peekable, ops::Range};

use pairs::{pair_bold, pair_emphasis};
use pulldown_cmark::{Event, LinkType, OffsetIter, Options, Parser, Tag, TagEnd};

use super::{
    Block, Gathered, Inline, Limits, List, MAX_SPANS, Note, Notice, Style, Target, layout,
    mask::{DOUBLE_STAR, LONE_UNDERSCORE, shown_text},
    notes,
    settle::{
        leading_with_paragraph, push_block, push_blocks, push_heading, push_paragraph, settle_all,
    },
    targets::{link_addresses, target},
};

/// What of Markdown is read beyond CommonMark.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH);

pub(super) fn read(
    source: &str,
    depth: usize,
    rereads: usize,
    limits: Limits,
    gathered: &mut Gathered,
) -> Vec<Block> {
    let events = Parser::new_ext(source, OPTIONS).into_offset_iter();
    let mut reader = Reader {
        source,
        events: events.peekable(),
        rereads,
        limits,
        end: 0,
        lists: 0,
        is_note: false,
        pictures: Vec::new(),
        gathered,
    };
    reader.blocks(depth)
}

struct Reader<'a, 'g> {
    source: &'a str,
    events: Peekable<OffsetIter<'a>>,
    rereads: usize,
    limits: Limits,
    /// Where the inlines read so far end in the source.
    end: usize,
    /// How many lists are open.
    lists: usize,
    /// Whether a footnote is being read.
    is_note: bool,
    /// Pictures within the link that is being read.
    pictures: Vec<Target>,
    gathered: &'g mut Gathered,
}

/// The spans around an inline. What cannot be within them counts for nothing.
#[derive(Clone, Copy, Default)]
struct Within {
    styles: [bool; 3],
    link: bool,
    spans: usize,
}

impl Reader<'_, '_> {
    /// Reads to the end of the quote, the item or the text that is open.
    fn blocks(&mut self, depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut uncounted = 0;
        loop {
            let nodes = self.inlines(Within::default());
            let event = self.events.next();
            if let Some((Event::End(TagEnd::Heading(level)), range)) = &event {
                let source = &self.source[range.clone()];
                push_heading(&mut blocks, *level, source, nodes, self.limits);
            } else {
                self.paragraphs(nodes, &mut blocks);
            }
            let Some((event, range)) = event else {
                return blocks;
            };
            match event {
                Event::Rule => blocks.push(Block::Rule),
                Event::Start(Tag::BlockQuote(_)) if depth > 0 => {
                    let inner = self.blocks(depth - 1);
                    if inner.is_empty() {
                        // It may hold a footnote, which stands elsewhere.
                        let marks: String = self.source[range].split_whitespace().collect();
                        if marks.chars().all(|c| c == '>') {
                            push_paragraph(&mut blocks, vec![Inline::Text(marks)], self.limits);
                        }
                    } else {
                        blocks.push(Block::Quote(inner));
                    }
                }
                Event::Start(Tag::List(first)) if depth > 0 => {
                    self.lists += 1;
                    self.list(first, depth - 1, &mut blocks);
                    self.lists -= 1;
                }
                Event::Start(Tag::CodeBlock(kind)) => self.code(kind, range, depth, &mut blocks),
                Event::Start(Tag::Table(_)) => self.table(range, depth, &mut blocks),
                Event::Start(Tag::FootnoteDefinition(label)) => {
                    let was_note = std::mem::replace(&mut self.is_note, true);
                    let inner = self.blocks(depth);
                    self.is_note = was_note;
                    self.gathered.notes.push(Note {
                        label: shown_text(&label),
                        paragraphs: notes::paragraphs(inner),
                    });
                }
                Event::Start(_) => uncounted += 1,
                Event::End(_) if uncounted > 0 => uncounted -= 1,
                Event::End(_) => return blocks,
                _ => {}
            }
        }
    }

    /// Adds the paragraphs that a run of inlines is.
    fn paragraphs(&mut self, nodes: Vec<Inline>, blocks: &mut Vec<Block>) {
        if self.limits.is_own || self.lists > 0 {
            return push_paragraph(blocks, nodes, self.limits);
        }
        for nodes in layout::paragraphs(nodes) {
            push_paragraph(blocks, nodes, self.limits);
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
        let mut empty = Vec::new();
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
            if item.is_empty() {
                empty.push((list.items.len(), marker.to_owned()));
                continue;
            }
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
        // A bullet without words is left out of a list, where it is nothing but a slip.
        if list.items.is_empty() || first.is_some() {
            for (at, marker) in empty.into_iter().rev() {
                let label = vec![Block::Paragraph(vec![Inline::Text(marker)])];
                list.items.insert(at, label);
            }
        }
        let is_text = is_text || list.items.iter().all(|item| is_marker(item));
        if is_text {
            push_blocks(blocks, list.items.into_iter().flatten(), self.limits);
        } else if !list.items.is_empty() {
            push_block(blocks, Block::List(list), self.limits);
        }
    }

    /// Reads on while there are inlines.
    fn inlines(&mut self, within: Within) -> Vec<Inline> {
        let mut nodes = Vec::new();
        let mut uncounted = 0;
        let mut star = None;
        let is_escaped =
            |before: &str| (before.len() - before.trim_end_matches('\\').len()) % 2 == 1;
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
                    match self.span(tag, range.clone(), within) {
                        Some(span) => nodes.extend(span),
                        None => uncounted += 1,
                    }
                }
                Event::End(_) => uncounted -= 1,
                // A `**` that CommonMark leaves alone comes in two; kramdown may think otherwise.
                Event::Text(text) if &*text == "*" => {
                    let before = &source[..range.start];
                    if last_star == Some(range.start) && !source[range.end..].starts_with('*') {
                        nodes.pop();
                        nodes.push(Inline::Text(DOUBLE_STAR.into()));
                    } else {
                        nodes.push(Inline::Text("*".into()));
                        let is_first = !before.ends_with('*') && !is_escaped(before);
                        star = is_first.then_some(range.end);
                    }
                }
                Event::Text(text) if &*text == "_" && !is_escaped(&source[..range.start]) => {
                    nodes.push(Inline::Text(LONE_UNDERSCORE.into()));
                }
                Event::SoftBreak => nodes.push(Inline::SoftBreak),
                Event::HardBreak => nodes.push(Inline::HardBreak),
                Event::Code(text) => {
                    // CommonMark takes a blank off both ends, which may part it from words beside it.
                    let inside = source[range.clone()].trim_matches('`');
                    let is_parted = inside.len() > text.len();
                    let blank = |is_at_words: bool| {
                        (is_parted && is_at_words).then(|| Inline::Text(" ".into()))
                    };
                    nodes.extend(blank(
                        source[..range.start].ends_with(char::is_alphanumeric),
                    ));
                    nodes.push(code(shown_text(&text)));
                    nodes.extend(blank(
                        source[range.end..].starts_with(char::is_alphanumeric),
                    ));
                }
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    nodes.push(Inline::Text(shown_text(&text)));
                }
                Event::FootnoteReference(label) if !within.link && !self.is_note => {
                    nodes.push(Inline::Note(shown_text(&label)));
                }
                Event::FootnoteReference(label) => {
                    nodes.push(Inline::Text(shown_text(&format!("[^{label}]"))));
                }
                // Extensions, which are not switched on.
                _ => {}
            }
            self.end = range.end;
        }
        let mut nodes = pair_bold(pair_emphasis(nodes));
        if self.limits.is_own {
            return nodes;
        }
        if !within.link {
            nodes = link_addresses(nodes, self.gathered);
        }
        layout::join_lines(nodes)
    }

    /// Reads an emphasis, a link or an image; `None` if it counts for nothing where it stands.
    fn span(
        &mut self,
        tag: Tag<'_>,
        range: Range<usize>,
        mut within: Within,
    ) -> Option<Vec<Inline>> {
        within.spans += 1;
        let is_deep = within.spans > MAX_SPANS;
        let style = match tag {
            Tag::Emphasis => Some(Style::Emphasis),
            Tag::Strong => Some(Style::Strong),
            Tag::Strikethrough => Some(Style::Strike),
            _ => None,
        };
        if let Some(style) = style {
            return if is_deep {
                None
            } else {
                self.styled(style, range, within)
            };
        }
        let is_own = self.limits.is_own;
        let source = &self.source[range];
        let (destination, title) = match tag {
            Tag::Link {
                link_type: LinkType::Email,
                dest_url,
                ..
            } => (format!("mailto:{dest_url}"), String::new()),
            Tag::Link {
                dest_url, title, ..
            } => (dest_url.to_string(), shown_text(&title)),
            Tag::Image {
                dest_url, title, ..
            } => return Some(self.picture(&dest_url, &shown_text(&title), within)),
            _ => (String::new(), String::new()),
        };
        let destination = shown_text(&destination);
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_possible = !within.link && !is_deep;
        let target = is_possible.then(|| target(&destination, &title, is_own, self.gathered));
        within.link |= target.is_some();
        let start = self.end;
        let mut content = self.inlines(within);
        self.events.next();
        let pictures = std::mem::take(&mut self.pictures);
        let mut out = if let Some(target) = target.flatten() {
            // An address that was changed is shown as it is now.
            if matches!(&content[..], [Inline::Text(text)] if *text == destination)
                && !target.href.contains(&destination)
            {
                content = vec![Inline::Text(target.href.clone())];
            }
            vec![Inline::Link(target, content)]
        } else {
            let (opening, rest) = source.split_at(if source.starts_with('!') { 2 } else { 1 });
            let closing = &rest[(self.end - start).saturating_sub(opening.len())..];
            content.insert(0, Inline::Text(shown_text(opening)));
            content.push(Inline::Text(shown_text(closing)));
            content
        };
        for picture in pictures {
            let address = Inline::Text(picture.href.clone());
            out.extend([
                Inline::Text(" (".into()),
                Inline::Link(picture, vec![address]),
                Inline::Text(")".into()),
            ]);
        }
        Some(out)
    }

    /// Reads a picture: its words are shown, and lead to it where it is on the web.
    fn picture(&mut self, destination: &str, title: &str, mut within: Within) -> Vec<Inline> {
        let target = target(&shown_text(destination), title, true, self.gathered)
            .filter(|target| target.href.starts_with(['h', 'H']));
        self.gathered.notices.insert(Notice::Picture);
        let is_inside = std::mem::replace(&mut within.link, true);
        let mut content = self.inlines(within);
        self.events.next();
        match target {
            Some(target) if is_inside => self.pictures.push(target),
            Some(target) => return vec![Inline::Link(target, content)],
            None if !title.is_empty() => {
                content.push(Inline::Text(format!(" ({title})")));
            }
            None => {}
        }
        content
    }

    fn styled(
        &mut self,
        style: Style,
        range: Range<usize>,
        mut within: Within,
    ) -> Option<Vec<Inline>> {
        if std::mem::replace(&mut within.styles[style as usize], true) {
            return None;
        }
        let source = &self.source[range.clone()];
        let delimiter = source.chars().next().unwrap_or('*');
        // A single `~` is read as well, and means about.
        let is_single = style == Style::Strike && !source.starts_with("~~");
        let marks = if is_single { 1 } else { style.marks() };
        let inner = &source[marks..source.len() - marks];
        let before = self.source[..range.start].chars().next_back();
        let after = self.source[range.end..].chars().next();
        let is_meant = self.limits.is_own || is_meant(style, before, inner, after);
        let mut content = self.inlines(within);
        self.events.next();
        if !is_meant || is_single {
            let marks = Inline::Text(source[..marks].into());
            content.insert(0, marks.clone());
            content.push(marks);
            return Some(content);
        }
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

/// Whether marks around text are emphasis, and not the signs of `f*ck`, `2*3*4` or `^_^`.
fn is_meant(style: Style, before: Option<char>, inner: &str, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (inner.chars().next(), inner.chars().next_back());
    let is_face = |outer: Option<char>, inner: Option<char>| {
        outer.is_some_and(|c| "-^".contains(c)) && inner.is_some_and(|c| "-^".contains(c))
    };
    let begins_inside = is_word(before) && is_word(first);
    let ends_inside = is_word(last) && is_word(after);
    let has_words = inner.contains(|c: char| !c.is_ascii_punctuation() && !c.is_whitespace());
    let is_word_part = begins_inside && ends_inside && inner.contains(char::is_whitespace);
    let is_sign = !has_words || is_face(before, first) || is_face(after, last) || is_word_part;
    style == Style::Strike || !is_sign
}

/// Whether an item is a marker without words.
fn is_marker(item: &[Block]) -> bool {
    let [Block::Paragraph(content)] = item else {
        return false;
    };
    let [Inline::Text(text)] = &content[..] else {
        return false;
    };
    let marker = text.trim_start_matches(|c: char| c.is_ascii_digit());
    matches!(marker, "*" | "-" | "+" | "." | ")")
}

fn is_span(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
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
