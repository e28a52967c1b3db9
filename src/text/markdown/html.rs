//! Tree → HTML of the preview, with the typography of the blog.

use std::vec::IntoIter;

use super::{
    Block, Inline, Style,
    typography::displayed,
    write::{Written, join},
};

pub(super) fn blocks_to_html(blocks: &[Block], tight: bool) -> String {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(content) if tight => inlines(content, &Written::paragraph(content)),
        Block::Paragraph(content) => {
            format!("<p>{}</p>", inlines(content, &Written::paragraph(content)))
        }
        Block::Heading(level, content) => {
            let text = inlines(content, &Written::heading(content));
            format!("<{level}>{text}</{level}>")
        }
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

fn inlines(content: &[Inline], written: &Written) -> String {
    let mut texts = displayed(&written.source, &written.texts).into_iter();
    let mut out = String::new();
    inlines_to_html(content, &mut texts, &mut out);
    out
}

/// `texts` is what the blog shows of each text and each end of a line.
fn inlines_to_html(nodes: &[Inline], texts: &mut IntoIter<String>, out: &mut String) {
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
                let name = if *style == Style::Strong {
                    "strong"
                } else {
                    "em"
                };
                out.push_str(&format!("<{name}>"));
                inlines_to_html(content, texts, out);
                out.push_str(&format!("</{name}>"));
            }
            Inline::Link(href, content) => {
                out.push_str("<a href=\"");
                href.chars().for_each(|c| push_html(c, out));
                out.push_str("\">");
                inlines_to_html(content, texts, out);
                out.push_str("</a>");
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
