//! Markdown as campaigners write it, made safe for the blog.
//!
//! The blog's kramdown, CommonMark renderers and people disagree about what a text means. So a text
//! is read once, into a small tree that holds only what all of them agree on. Every decision is
//! taken while the tree is built; the writers merely spell it out, as Markdown that reads back as
//! exactly that tree, and as the HTML of the preview. What is not understood stays visible as text.
//!
//! `typed` brings what people type line by line into Markdown, `mask` hides from the parser what it
//! must not see, `read` asks the parser and builds the tree, with `targets` for links, `notes` for
//! footnotes and `layout` for the ends of lines, `settle` brings it into the form on which all agree,
//! `ease` ends lines that would take kramdown long, `write` spells the tree as Markdown, `html` as
//! HTML, and `typography` knows the quotes and dashes that kramdown makes of what is written.
//! `picture` writes the words of a picture.

mod ease;
mod html;
mod layout;
mod mask;
mod notes;
mod picture;
mod read;
mod settle;
mod targets;
mod typed;
mod typography;
mod write;

use std::collections::BTreeSet;

use pulldown_cmark::HeadingLevel;

use super::{
    clean::{clean, clean_line, lines, own_lines},
    links::UrlChange,
};
use mask::mask;
pub use picture::picture_words;
use typed::tidy;

/// Quotes and lists within one another beyond this depth are flattened.
const MAX_DEPTH: usize = 4;
/// How often indented text within indented text is read as Markdown again.
const MAX_REREADS: usize = 3;
/// How many emphases and links that lead nowhere may hold one another.
const MAX_SPANS: usize = 16;

/// What kramdown takes time by the square of, and how much of it a text may have.
#[derive(Clone, Copy)]
struct Limits {
    /// Blocks beside one another; beyond them there are no more lists.
    blocks: usize,
    /// Bytes of a paragraph that are not blank; in longer ones emphasis is not written with `_`.
    paragraph: usize,
    /// Bytes of a word, likewise.
    word: usize,
    /// Marks in one line of Markdown: punctuation and spans, most of which become an element each,
    /// for which kramdown looks for the end of the line. Beyond them the line ends at its next
    /// blank; beyond twice as many code becomes text, and a text without any blank is broken.
    marks: usize,
    /// Whether it was written here, so that nothing in it is to be understood otherwise.
    is_own: bool,
}

/// What a text from outside may have.
const LIMITS: Limits = Limits {
    is_own: false,
    blocks: 400,
    paragraph: 4000,
    word: 200,
    marks: 1000,
};

/// For Markdown that was written within the limits, part by part.
const NO_LIMITS: Limits = Limits {
    is_own: true,
    blocks: usize::MAX,
    paragraph: usize::MAX,
    word: usize::MAX,
    marks: usize::MAX,
};

/// A campaigner's Markdown, parsed into what the blog can show safely: paragraphs, headings, quotes,
/// lists, tables, rules, emphasis, code, footnotes and links to the web. Anything else is kept as
/// literal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    blocks: Vec<Block>,
    notes: Vec<Note>,
}

/// What is done to a text, for the person who wrote it to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The address of a link was changed.
    Url(UrlChange),
    /// A picture is shown by its words.
    Picture,
    /// A link without the address of a site is text: what stands where the address should.
    OwnSite(String),
}

/// What a text has besides what is shown in its place.
#[derive(Debug, Default)]
struct Gathered {
    notes: Vec<Note>,
    notices: BTreeSet<Notice>,
}

/// A footnote.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    label: String,
    paragraphs: Vec<Vec<Inline>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    Paragraph(Vec<Inline>),
    Heading(HeadingLevel, Vec<Inline>),
    Quote(Vec<Block>),
    List(List),
    /// Rows of cells, each as many; the first row names the columns.
    Table(Vec<Vec<Vec<Inline>>>),
    Code(Code),
    Rule,
}

/// Lines of code, and the name of their language, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Code {
    language: String,
    lines: Vec<String>,
}

/// Each item holds at least one block, the first of them a paragraph.
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
    Link(Target, Vec<Inline>),
    Code(String),
    /// A reference to the footnote with this label.
    Note(String),
}

/// Where a link leads, and what is shown of it when somebody points there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    href: String,
    title: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Emphasis,
    Strong,
    Strike,
}

impl Style {
    /// How many delimiters it is written with.
    fn marks(self) -> usize {
        if self == Style::Emphasis { 1 } else { 2 }
    }
}

impl Document {
    /// Reads any text whatever; it cannot fail, and takes time in proportion to the text.
    pub fn parse(source: &str) -> Document {
        Document::parse_noting(source).0
    }

    /// [`Document::parse`], and what its writer is to know of what became of the text.
    pub fn parse_noting(source: &str) -> (Document, BTreeSet<Notice>) {
        let mut gathered = Gathered::default();
        let source = mask(&tidy(&lines(source)), false);
        let blocks = read::read(&source, MAX_DEPTH, MAX_REREADS, LIMITS, &mut gathered);
        let document = notes::put_in_order(blocks, gathered.notes, LIMITS);
        (document, gathered.notices)
    }

    /// Reads Markdown that was written here, such as the whole body of a draft, which may have more
    /// of everything than one text from outside. What [`Document::to_markdown`] wrote gives the
    /// same HTML again. The mark at which the blog ends its excerpts, `<!--more-->` as a paragraph
    /// of its own, is left out.
    pub fn of_own(markdown: &str) -> Document {
        // Lines are kept as they are: the blanks at the end of one are its hard break.
        let all: Vec<&str> = markdown.lines().collect();
        let is_blank = |at: Option<usize>| {
            at.and_then(|at| all.get(at))
                .is_none_or(|line| line.trim().is_empty())
        };
        let is_mark = |at: usize| {
            ["<!--more-->", "<!-- more -->"].contains(&all[at].trim_end())
                && is_blank(at.checked_sub(1))
                && is_blank(Some(at + 1))
        };
        // What stands on both sides of the mark is parted by it: two lists stay two.
        let mut parts = vec![Vec::new()];
        for (at, line) in all.iter().enumerate() {
            if is_mark(at) {
                parts.push(Vec::new());
            } else if *line == write::RIGHT_TO_LEFT {
                // What it says is seen in the text.
            } else if let Some(part) = parts.last_mut() {
                part.push(*line);
            }
        }
        let mut gathered = Gathered::default();
        let mut blocks = Vec::new();
        for part in parts {
            let source = mask(&own_lines(&part.join("\n")), true);
            let read = read::read(&source, MAX_DEPTH, MAX_REREADS, NO_LIMITS, &mut gathered);
            blocks.extend(read);
        }
        notes::put_in_order(blocks, gathered.notes, NO_LIMITS)
    }

    /// Plain text: a paragraph for each run of lines, with a hard break at each end of a line.
    fn of_plain(text: &str) -> Document {
        let mut blocks = Vec::new();
        let mut nodes = Vec::new();
        for line in clean(text).split('\n').chain([""]) {
            let line = line.replace('\t', " ");
            if line.trim().is_empty() {
                settle::push_paragraph(&mut blocks, std::mem::take(&mut nodes), LIMITS);
            } else {
                nodes.extend([Inline::Text(line.trim().to_owned()), Inline::HardBreak]);
            }
        }
        Document {
            blocks,
            notes: Vec::new(),
        }
    }

    /// Markdown that kramdown and CommonMark read as this document, without a newline at the end.
    pub fn to_markdown(&self) -> String {
        write::document_to_markdown(self, false)
    }

    /// [`Document::to_markdown`] with the attribute by which kramdown alone sets what begins in a
    /// script that is written from right to left. [`Document::of_own`] reads it as well.
    pub fn to_kramdown(&self) -> String {
        write::document_to_markdown(self, true)
    }

    /// [`Document::to_markdown`] for an engine that knows no footnotes: they are numbered paragraphs
    /// at the end.
    pub fn to_commonmark(&self) -> String {
        notes::as_text(self).to_markdown()
    }

    /// HTML for the preview, with the blog's typography and nothing that could run.
    pub fn to_html(&self) -> String {
        html::document_to_html(self)
    }
}

/// Writes plain text so that kramdown and CommonMark show exactly these characters within a line,
/// as after `**Label:** `. It is not read as Markdown; ordinary prose comes out unchanged.
pub fn escape_line(text: &str) -> String {
    let mut out = String::new();
    write::escape(&clean_line(text), None, None, &mut out);
    out
}

/// Writes plain text of several lines so that kramdown and CommonMark show exactly that: blank
/// lines part paragraphs, other line ends are hard breaks. It is not read as Markdown. One line
/// comes out as from [`escape_line`], but that nothing at its start is markup either.
pub fn escape_text(text: &str) -> String {
    Document::of_plain(text).to_markdown()
}

/// Writes plain text of several lines as HTML with the blog's typography: what [`escape_text`]
/// shows.
pub fn text_to_html(text: &str) -> String {
    Document::of_plain(text).to_html()
}

#[cfg(test)]
mod tests;
