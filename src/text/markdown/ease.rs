//! Ends lines of Markdown that kramdown would take long to read.

use super::{Inline, Limits, settle::push_inline};

/// How many marks there are: see [`Limits::marks`].
pub(super) fn count_marks(nodes: &[Inline]) -> usize {
    let count = |node: &Inline| match node {
        Inline::Text(text) => text.bytes().filter(u8::is_ascii_punctuation).count(),
        Inline::Code(_) | Inline::Note(_) => 1,
        Inline::SoftBreak | Inline::HardBreak => 0,
        Inline::Styled(_, _, content) | Inline::Link(_, content) => 1 + count_marks(content),
    };
    nodes.iter().map(count).sum()
}

/// Ends lines where they have too many marks; `marks` counts those of the line so far.
pub(super) fn ease(nodes: Vec<Inline>, marks: &mut usize, limits: Limits) -> Vec<Inline> {
    let mut out = Vec::new();
    let last = nodes.len().saturating_sub(1);
    for (nth, node) in nodes.into_iter().enumerate() {
        match node {
            Inline::SoftBreak | Inline::HardBreak => {
                *marks = 0;
                push_inline(&mut out, node);
            }
            Inline::Code(text) if *marks < limits.marks.saturating_mul(2) => {
                *marks += 1;
                push_inline(&mut out, Inline::Code(text));
            }
            Inline::Text(text) | Inline::Code(text) => {
                ease_text(&text, (nth == 0, nth == last), marks, limits, &mut out);
            }
            Inline::Styled(style, delimiter, content) => {
                *marks += 1;
                let content = ease(content, marks, limits);
                out.push(Inline::Styled(style, delimiter, content));
            }
            Inline::Link(target, content) => {
                *marks += 1;
                out.push(Inline::Link(target, ease(content, marks, limits)));
            }
            Inline::Note(label) => {
                *marks += 1;
                out.push(Inline::Note(label));
            }
        }
    }
    out
}

/// `edges` says whether the text begins and ends its run of inlines, where no line can end.
fn ease_text(
    text: &str,
    edges: (bool, bool),
    marks: &mut usize,
    limits: Limits,
    out: &mut Vec<Inline>,
) {
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        *marks += usize::from(c.is_ascii_punctuation());
        let is_inside = (at > 0 || !edges.0) && (end < text.len() || !edges.1);
        let is_due = match c {
            ' ' => is_inside && *marks >= limits.marks,
            c => {
                c.is_ascii_punctuation()
                    && *marks >= limits.marks.saturating_mul(2)
                    && end < text.len()
            }
        };
        if is_due {
            push_inline(out, Inline::Text(text[from..end].to_owned()));
            push_inline(out, Inline::SoftBreak);
            *marks = 0;
            from = end;
        }
    }
    push_inline(out, Inline::Text(text[from..].to_owned()));
}
