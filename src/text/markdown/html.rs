//! Tree → HTML of the preview, with the typography of the blog.

use std::{collections::BTreeMap, vec::IntoIter};

use super::{Block, Document, Inline, Note, Style, layout, typography::displayed, write::Written};

/// The whole document, with its footnotes at the end.
pub(super) fn document_to_html(document: &Document) -> String {
    let mut html = Html::default();
    for note in &document.notes {
        let number = html.references.len() + 1;
        html.references.insert(note.label.clone(), (number, 0));
    }
    let mut parts: Vec<String> = Vec::new();
    for block in &document.blocks {
        let mut part = html.block(block, false);
        if layout::runs_left(block) {
            let name_end = part.find('>').unwrap_or_default();
            part.insert_str(name_end, " dir=\"rtl\"");
        }
        parts.push(part);
    }
    let notes: String = document.notes.iter().map(|note| html.note(note)).collect();
    if !notes.is_empty() {
        parts.push(format!("<div><ol>\n{notes}</ol></div>"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

#[derive(Default)]
struct Html {
    /// The number of each footnote, and how often it was referred to so far.
    references: BTreeMap<String, (usize, usize)>,
}

impl Html {
    fn blocks(&mut self, blocks: &[Block], tight: bool) -> String {
        let blocks: Vec<String> = blocks
            .iter()
            .map(|block| self.block(block, tight))
            .collect();
        blocks.join("\n")
    }

    fn block(&mut self, block: &Block, tight: bool) -> String {
        match block {
            Block::Paragraph(content) if tight => {
                self.inlines(content, &Written::paragraph(content))
            }
            Block::Paragraph(content) => {
                format!(
                    "<p>{}</p>",
                    self.inlines(content, &Written::paragraph(content))
                )
            }
            Block::Heading(level, content) => {
                let text = self.inlines(content, &Written::heading(content));
                format!("<{level}>{text}</{level}>")
            }
            Block::Quote(inner) => {
                format!("<blockquote>\n{}\n</blockquote>", self.blocks(inner, false))
            }
            Block::List(list) => {
                let name = if list.bullet.is_some() { "ul" } else { "ol" };
                let items: String = list
                    .items
                    .iter()
                    .map(|item| format!("<li>{}</li>\n", self.blocks(item, list.tight)))
                    .collect();
                format!("<{name}>\n{items}</{name}>")
            }
            Block::Table(rows) => self.table(rows),
            Block::Code(code) => {
                let mut out = String::from("<pre><code>");
                for line in &code.lines {
                    line.chars().for_each(|c| push_html(c, &mut out));
                    out.push('\n');
                }
                out + "</code></pre>"
            }
            Block::Rule => "<hr>".into(),
        }
    }

    fn table(&mut self, rows: &[Vec<Vec<Inline>>]) -> String {
        let mut row = |cells: &[Vec<Inline>], name: &str| -> String {
            let cells: String = cells
                .iter()
                .map(|cell| {
                    let text = self.inlines(cell, &Written::cell(cell).without_escaped_bars());
                    // kramdown fills an empty cell with a blank.
                    let text = if text.is_empty() { "\u{a0}" } else { &text };
                    format!("<{name}>{text}</{name}>\n")
                })
                .collect();
            format!("<tr>{cells}</tr>\n")
        };
        let head = rows
            .first()
            .map(|cells| row(cells, "th"))
            .unwrap_or_default();
        let body: String = rows.iter().skip(1).map(|cells| row(cells, "td")).collect();
        format!("<table>\n<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n</table>")
    }

    /// A footnote, with a way back to each reference.
    fn note(&mut self, note: &Note) -> String {
        let label = &note.label;
        let (_, references) = self.references.get(label).copied().unwrap_or_default();
        let mut text = String::new();
        let last = note.paragraphs.len().saturating_sub(1);
        for (nth, content) in note.paragraphs.iter().enumerate() {
            let words = self.inlines(content, &Written::paragraph(content));
            text.push_str(&format!("<p>{words}"));
            for reference in 0..if nth == last { references } else { 0 } {
                let (place, count) = match reference {
                    0 => (String::new(), String::new()),
                    nth => (format!(":{nth}"), format!("<sup>{}</sup>", nth + 1)),
                };
                text.push_str(&format!(
                    "\u{a0}<a href=\"#fnref:{label}{place}\">↩{count}</a>"
                ));
            }
            text.push_str("</p>\n");
        }
        format!("<li id=\"fn:{label}\">\n{text}</li>\n")
    }

    fn inlines(&mut self, content: &[Inline], written: &Written) -> String {
        let mut texts = displayed(&written.source, &written.texts).into_iter();
        let mut out = String::new();
        self.push(content, &mut texts, &mut out);
        out
    }

    /// `texts` is what the blog shows of each text and each end of a line.
    fn push(&mut self, nodes: &[Inline], texts: &mut IntoIter<String>, out: &mut String) {
        for node in nodes {
            match node {
                Inline::Text(_) | Inline::SoftBreak => push_text(texts.next(), out),
                Inline::HardBreak => {
                    out.push_str("<br>");
                    push_text(texts.next(), out);
                }
                Inline::Code(text) => {
                    out.push_str("<code>");
                    text.chars().for_each(|c| push_html(c, out));
                    out.push_str("</code>");
                }
                Inline::Styled(style, _, content) => {
                    let name = match style {
                        Style::Emphasis => "em",
                        Style::Strong => "strong",
                        Style::Strike => "del",
                    };
                    out.push_str(&format!("<{name}>"));
                    self.push(content, texts, out);
                    out.push_str(&format!("</{name}>"));
                }
                Inline::Link(target, content) => {
                    out.push_str("<a href=\"");
                    target.href.chars().for_each(|c| push_html(c, out));
                    if !target.title.is_empty() {
                        out.push_str("\" title=\"");
                        target.title.chars().for_each(|c| push_html(c, out));
                    }
                    out.push_str("\">");
                    self.push(content, texts, out);
                    out.push_str("</a>");
                }
                Inline::Note(label) => {
                    let (number, count) = self.references.entry(label.clone()).or_default();
                    let place = if *count > 0 {
                        format!(":{count}")
                    } else {
                        String::new()
                    };
                    *count += 1;
                    out.push_str(&format!(
                    "<sup id=\"fnref:{label}{place}\"><a href=\"#fn:{label}\">{number}</a></sup>"
                    ));
                }
            }
        }
    }
}

fn push_text(text: Option<String>, out: &mut String) {
    for c in text.unwrap_or_default().chars() {
        push_html(c, out);
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
