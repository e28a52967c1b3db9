//! Marks that CommonMark leaves alone, and people do not.

use super::{
    super::{
        Inline, Style, layout,
        mask::{DOUBLE_STAR, LONE_UNDERSCORE},
        settle::{first_char, last_char},
    },
    is_meant,
};

/// Pairs the `_` that CommonMark left alone in `_words _and more`, as word processors write it where
/// the blank behind the words was marked as well.
pub(super) fn pair_emphasis(nodes: Vec<Inline>) -> Vec<Inline> {
    let is_mark = |n: &Inline| matches!(n, Inline::Text(text) if text.starts_with(LONE_UNDERSCORE));
    if !nodes.iter().any(is_mark) {
        return nodes;
    }
    let mut out: Vec<Inline> = Vec::new();
    let mut opener = None;
    let mut nodes = nodes.into_iter().peekable();
    while let Some(node) = nodes.next() {
        let begins_word = nodes
            .peek()
            .is_some_and(|n| first_char(n).is_alphanumeric());
        let before = out.last().map(last_char);
        match opener {
            Some(at)
                if is_mark(&node) && begins_word && before.is_some_and(char::is_whitespace) =>
            {
                let content = out.drain(at..).skip(1).collect();
                out.push(Inline::Styled(Style::Emphasis, '_', content));
                opener = None;
            }
            _ if is_mark(&node) => {
                let is_apart = |c: char| c.is_whitespace() || "(“‘\"'".contains(c);
                let opens = begins_word && before.is_none_or(is_apart);
                opener = opens.then_some(out.len());
                out.push(node);
            }
            _ => {
                // It holds nothing but words of one line, and no `_name_of_something`.
                let is_words = matches!(
                    &node,
                    Inline::Text(text) if !text.starts_with(DOUBLE_STAR) && !text.contains('_')
                );
                opener = opener.filter(|_| is_words);
                out.push(node);
            }
        }
    }
    for mark in out.iter_mut().filter(|node| is_mark(node)) {
        *mark = Inline::Text("_".into());
    }
    out
}

/// Pairs the `**` that CommonMark left alone, as in `**bold:**text`, where kramdown sees bold, and
/// in `**bold **text`, where people do.
pub(super) fn pair_bold(nodes: Vec<Inline>) -> Vec<Inline> {
    let is_star = |n: &Inline| matches!(n, Inline::Text(text) if text.starts_with(DOUBLE_STAR));
    let mut out: Vec<Inline> = Vec::new();
    let mut opener = None;
    let mut nodes = nodes.into_iter().peekable();
    while let Some(node) = nodes.next() {
        let ends_word = out
            .last()
            .is_some_and(|n| !is_star(n) && !last_char(n).is_whitespace());
        let next = nodes.peek().map(first_char);
        let begins_word = next.is_some_and(|c| !c.is_whitespace());
        let is_closing = |at: usize| {
            let before = at.checked_sub(1).and_then(|at| out.get(at)).map(last_char);
            let text = layout::text(&out[at + 1..]);
            is_meant(Style::Strong, before, &text, next)
        };
        // A point behind a word, of which alone nobody means that it is bold.
        let is_point = |at: usize| {
            let is_behind_word = at > 0 && !last_char(&out[at - 1]).is_whitespace();
            let is_alone = matches!(
                &out[at + 1..],
                [Inline::Text(text)] if text.chars().all(|c| ".,:;!?…".contains(c))
            );
            is_behind_word && is_alone && next.is_none_or(|c| !c.is_alphanumeric())
        };
        match opener {
            Some(at) if is_star(&node) && is_point(at) => {
                out.remove(at);
                opener = None;
            }
            Some(at) if is_star(&node) && (ends_word || begins_word) && is_closing(at) => {
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
