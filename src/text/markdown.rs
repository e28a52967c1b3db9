//! Markdown as campaigners write it, made safe for the blog.
//!
//! The blog's kramdown, CommonMark renderers and people disagree about what a text means. So a text
//! is read once, into a small tree that holds only what all of them agree on. Every decision is
//! taken while the tree is built; the writers merely spell it out, as Markdown that reads back as
//! exactly that tree, and as the HTML of the preview. What is not understood stays visible as text.
//!
//! `read` asks the parser and builds the tree, `settle` brings it into the form on which all agree,
//! `ease` ends lines that would take kramdown long, `write` spells the tree as Markdown, `html` as
//! HTML, and `typography` knows the quotes and dashes that kramdown makes of what is written.

mod ease;
mod html;
mod read;
mod settle;
mod typography;
mod write;

use pulldown_cmark::HeadingLevel;

use super::clean::{clean, clean_line};

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
}

/// What a text from outside may have.
const LIMITS: Limits = Limits {
    blocks: 400,
    paragraph: 4000,
    word: 200,
    marks: 1000,
};

/// For Markdown that was written within the limits, part by part.
const NO_LIMITS: Limits = Limits {
    blocks: usize::MAX,
    paragraph: usize::MAX,
    word: usize::MAX,
    marks: usize::MAX,
};

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
        let blocks = read::read(&read::mask(source), MAX_DEPTH, MAX_REREADS, LIMITS);
        Document { blocks }
    }

    /// Reads Markdown that was written here, such as the whole body of a draft, which may have more
    /// of everything than one text from outside. What [`Document::to_markdown`] wrote gives the
    /// same HTML again. The mark at which the blog ends its excerpts, `<!--more-->` as a paragraph
    /// of its own, is left out.
    pub fn of_own(markdown: &str) -> Document {
        // Lines are kept as they are: the blanks at the end of one are its hard break.
        let lines: Vec<&str> = markdown.lines().collect();
        let is_blank = |at: Option<usize>| {
            at.and_then(|at| lines.get(at))
                .is_none_or(|line| line.trim().is_empty())
        };
        let is_mark = |at: usize| {
            ["<!--more-->", "<!-- more -->"].contains(&lines[at].trim_end())
                && is_blank(at.checked_sub(1))
                && is_blank(Some(at + 1))
        };
        // What stands on both sides of the mark is parted by it: two lists stay two.
        let mut parts = vec![Vec::new()];
        for (at, line) in lines.iter().enumerate() {
            if is_mark(at) {
                parts.push(Vec::new());
            } else if let Some(part) = parts.last_mut() {
                part.push(*line);
            }
        }
        let read = |part: Vec<&str>| {
            read::read(
                &read::mask(&part.join("\n")),
                MAX_DEPTH,
                MAX_REREADS,
                NO_LIMITS,
            )
        };
        Document {
            blocks: parts.into_iter().flat_map(read).collect(),
        }
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

/// Writes a picture, with the words for people who do not see it. kramdown and CommonMark keep
/// character references there, so all that might be markup stands as one. `path` is taken as it is.
pub fn picture(alt: &str, path: &str) -> String {
    let mut out = String::from("![");
    for c in clean_line(alt).chars() {
        if c.is_ascii_punctuation() && !",.-()'".contains(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push_str(&format!("]({path})"));
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
