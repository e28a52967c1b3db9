//! Markdown as campaigners write it, made safe for the blog.
//!
//! The blog's kramdown, CommonMark renderers and people disagree about what a text means. So a text
//! is read once, into a small tree that holds only what all of them agree on. Every decision is
//! taken while the tree is built; the writers merely spell it out, as Markdown that reads back as
//! exactly that tree, and as the HTML of the preview. What is not understood stays visible as text.
//!
//! [`read`] asks the parser and builds the tree, [`settle`] brings it into the form on which all
//! agree, [`write`] spells it as Markdown and [`html`] as HTML.

mod html;
mod read;
mod settle;
mod write;

use pulldown_cmark::HeadingLevel;

use super::clean::clean_line;
use html::Typographer;

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
const AMPERSAND: char = '\u{FDD3}';

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
        let blocks = read::read(&read::mask(source), MAX_DEPTH, MAX_REREADS);
        Document { blocks }
    }

    /// Markdown that kramdown and CommonMark read as this document, without a newline at the end.
    pub fn to_markdown(&self) -> String {
        write::blocks_to_markdown(&self.blocks, false)
    }

    /// HTML for the preview, with the blog's typography and nothing that could run.
    pub fn to_html(&self) -> String {
        html::blocks_to_html(&self.blocks, false)
    }
}

/// Writes plain text so that kramdown and CommonMark show exactly these characters within a line,
/// as after `**Label:** `. It is not read as Markdown; ordinary prose comes out unchanged.
pub fn escape_line(text: &str) -> String {
    let mut out = String::new();
    write::escape(&clean_line(text), None, None, &mut out);
    out
}

/// Writes plain text as HTML with the blog's typography.
pub fn line_to_html(text: &str) -> String {
    let mut out = String::new();
    Typographer::default().write(&clean_line(text), &mut out);
    out
}

#[cfg(test)]
mod tests;
