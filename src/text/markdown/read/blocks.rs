//! Tables and code.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::{
    super::{
        Block, Code, Inline, MAX_DEPTH,
        mask::{masked_mark, shown_text},
        settle::{is_broken, push_blocks, push_paragraph, settle_all},
    },
    Reader, Within, read,
};

impl Reader<'_, '_> {
    /// A table has a row of names, and rows below it, and does not stand within anything.
    pub(super) fn table(&mut self, range: Range<usize>, depth: usize, blocks: &mut Vec<Block>) {
        let mut rows: Vec<Vec<Vec<Inline>>> = Vec::new();
        let mut end = 0;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => {
                    let nodes = self.inlines(Within::default());
                    let cell = settle_all(nodes, self.limits);
                    if let Some(row) = rows.last_mut() {
                        row.push(cell);
                    }
                    end = range.end;
                }
                // Cells beyond the columns are not parted by the parser, but are somebody's words.
                Event::End(TagEnd::TableHead | TagEnd::TableRow) => {
                    let rest = self.source.get(end..range.end).unwrap_or_default();
                    let rest = rest.trim_matches(|c: char| c.is_whitespace() || "|>".contains(c));
                    if let Some(row) = rows.last_mut()
                        && !rest.is_empty()
                    {
                        row.push(settle_all(
                            vec![Inline::Text(shown_text(rest))],
                            self.limits,
                        ));
                    }
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let columns_only = rows.len() == 1;
        let is_framed = self.source[range.clone()].starts_with('|');
        let line = self.source[range].lines().nth(1).unwrap_or_default();
        let line = shown_text(line.trim_matches([' ', '\t', '>']));
        let below = [Inline::Text(line), Inline::HardBreak];
        let is_shown = depth == MAX_DEPTH
            && self.lists == 0
            && !self.is_note
            && rows.len() > 1
            && !rows.iter().flatten().any(|cell| is_broken(cell));
        if is_shown {
            for row in &mut rows {
                row.resize(columns, Vec::new());
            }
            return blocks.push(Block::Table(rows));
        }
        let mut lines = Vec::new();
        for (nth, row) in rows.into_iter().enumerate() {
            if nth == 1 {
                lines.extend(below.clone());
            }
            let last = row.len().saturating_sub(1);
            for (nth, cell) in row.into_iter().enumerate() {
                if nth > 0 || is_framed {
                    lines.push(Inline::Text(if nth > 0 { " | " } else { "| " }.into()));
                }
                lines.extend(cell);
                if nth == last && is_framed {
                    lines.push(Inline::Text(" |".into()));
                }
            }
            lines.push(Inline::HardBreak);
        }
        if columns_only {
            lines.extend(below);
        }
        push_paragraph(blocks, lines, self.limits);
    }

    /// Fenced text is code; where its end is missing, somebody began with the marks and did not mean
    /// a fence. Indented text is mostly a paragraph that someone indented.
    pub(super) fn code(
        &mut self,
        kind: CodeBlockKind<'_>,
        range: Range<usize>,
        depth: usize,
        blocks: &mut Vec<Block>,
    ) {
        let mut code = String::new();
        while let Some((Event::Text(text), _)) = self.events.next() {
            code.push_str(&text);
        }
        let source = &self.source[range];
        let mut language = String::new();
        let is_text = match &kind {
            CodeBlockKind::Indented => true,
            CodeBlockKind::Fenced(info) => {
                let opening: String = fence_line(source).chars().map(masked_mark).collect();
                let is_open = !is_closed(source);
                if is_open {
                    code = format!("{opening}\n{code}");
                } else if is_language(info) {
                    language = info.to_string();
                } else if !info.trim().is_empty() {
                    code = format!("{info}\n{code}");
                }
                is_open
            }
        };
        if is_text && self.rereads > 0 {
            let inner = read(&code, depth, self.rereads - 1, self.limits, self.gathered);
            return push_blocks(blocks, inner, self.limits);
        }
        let lines: Vec<String> = code.lines().map(code_line).collect();
        if !is_text && is_writable(&lines) {
            return blocks.push(Block::Code(Code { language, lines }));
        }
        if !language.is_empty() {
            code = format!("{language}\n{code}");
        }
        let mut nodes = Vec::new();
        for line in code.lines().chain([""]) {
            if line.trim().is_empty() {
                push_paragraph(blocks, std::mem::take(&mut nodes), self.limits);
            } else {
                nodes.extend([Inline::Text(shown_text(line)), Inline::HardBreak]);
            }
        }
    }
}

/// The line with which fenced text begins.
fn fence_line(source: &str) -> &str {
    source.lines().next().unwrap_or_default().trim_end()
}

/// Whether fenced text ends with a fence of its own.
fn is_closed(source: &str) -> bool {
    let mark = source.chars().next().unwrap_or('`');
    let length = |line: &str| line.len() - line.trim_start_matches(mark).len();
    let mut lines = source.trim_end().lines();
    let opening = lines.next().map_or(0, length);
    let last = lines.next_back().unwrap_or_default();
    let last = last.trim_matches([' ', '\t', '>']);
    length(last) == last.len() && last.len() >= opening
}

/// Whether what stands behind a fence is the name of a language, and no word of the text.
fn is_language(info: &str) -> bool {
    const LANGUAGES: &str = " bash c cpp console cs css csv diff elixir go haskell html http ini java \
        javascript js json jsx julia kotlin latex less liquid lua makefile markdown md perl php \
        plaintext powershell python py r ruby rb rust scala scss sh shell sql swift text toml ts \
        tsx typescript xml yaml yml zsh ";
    !info.contains(' ') && LANGUAGES.contains(&format!(" {info} "))
}

/// A line of code, whose blanks stay as they are.
fn code_line(line: &str) -> String {
    let line = line.replace('\t', "    ");
    shown_text(line.trim_end())
}

/// Whether the blog would show these lines of code, and see nothing else in them.
fn is_writable(lines: &[String]) -> bool {
    let is_harmless = |line: &String| !line.contains(['{', '<']) && line.trim() != "---";
    lines.iter().all(is_harmless) && lines.iter().any(|line| !line.trim().is_empty())
}
