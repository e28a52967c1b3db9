//! Tree → HTML of the preview, with the typography of the blog.

use super::{Block, Inline, Style, write::join};

pub(super) fn blocks_to_html(blocks: &[Block], tight: bool) -> String {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(content) if tight => inlines(content),
        Block::Paragraph(content) => format!("<p>{}</p>", inlines(content)),
        Block::Heading(level, content) => format!("<{level}>{}</{level}>", inlines(content)),
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

fn inlines(content: &[Inline]) -> String {
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
pub(super) struct Typographer {
    before: Option<char>,
}

impl Typographer {
    pub(super) fn write(&mut self, text: &str, out: &mut String) {
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
