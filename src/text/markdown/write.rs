//! Tree → Markdown that both engines read as that very tree.

use std::ops::Range;

use super::{
    Block, Code, Document, Inline, List, layout,
    settle::{first_char, is_edge},
};

/// What kramdown reads below a block as an attribute of it. Typed text cannot hold it, because a
/// brace is written as a reference.
pub(super) const RIGHT_TO_LEFT: &str = "{: dir=\"rtl\"}";

/// The whole document, with its footnotes at the end; `directions` says whether to write those too.
pub(super) fn document_to_markdown(document: &Document, directions: bool) -> String {
    let mut parts: Vec<String> = Vec::new();
    for block in &document.blocks {
        let mut part = blocks_to_markdown(std::slice::from_ref(block), false);
        if directions && layout::runs_left(block) {
            part = format!("{part}\n{RIGHT_TO_LEFT}");
        }
        parts.push(part);
    }
    for note in &document.notes {
        let paragraphs = note
            .paragraphs
            .iter()
            .map(|it| Written::paragraph(it).source);
        let text = join(paragraphs, "\n\n").replace('\n', "\n    ");
        parts.push(format!(
            "[^{}]: {}",
            note.label,
            text.replace("\n    \n", "\n\n")
        ));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn blocks_to_markdown(blocks: &[Block], tight: bool) -> String {
    let blocks = blocks.iter().map(|block| match block {
        Block::Paragraph(content) => Written::paragraph(content).source,
        Block::Heading(level, content) => {
            format!(
                "{} {}",
                "#".repeat(*level as usize),
                Written::heading(content).source
            )
        }
        Block::Quote(inner) => {
            let text = blocks_to_markdown(inner, false);
            let lines = text.split('\n').map(|line| match line {
                "" => ">".into(),
                line => format!("> {line}"),
            });
            join(lines, "\n")
        }
        Block::List(list) => list_to_markdown(list),
        Block::Table(rows) => table_to_markdown(rows),
        Block::Code(code) => code_to_markdown(code),
        Block::Rule => "* * *".into(),
    });
    join(blocks, if tight { "\n" } else { "\n\n" })
}

pub(super) fn join(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}

fn list_to_markdown(list: &List) -> String {
    let items = list.items.iter().enumerate().map(|(nth, item)| {
        let bullet = list.bullet.map(String::from);
        let marker = bullet.unwrap_or_else(|| format!("{}.", nth + 1)) + &" ".repeat(list.gap);
        let indent = format!("\n{}", " ".repeat(marker.len()));
        let text = blocks_to_markdown(item, list.tight).replace('\n', &indent);
        marker + &text.replace(&format!("{indent}\n"), "\n\n")
    });
    join(items, if list.tight { "\n" } else { "\n\n" })
}

fn table_to_markdown(rows: &[Vec<Vec<Inline>>]) -> String {
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .map(|cell| format!(" {} |", Written::cell(cell).source));
            format!("|{}", join(cells, ""))
        })
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    lines.insert(1.min(lines.len()), format!("|{}", " --- |".repeat(columns)));
    lines.join("\n")
}

/// Between fences that are longer than any within.
fn code_to_markdown(code: &Code) -> String {
    let runs = code.lines.iter().map(|line| {
        let rest = line.trim_start();
        rest.len() - rest.trim_start_matches('`').len()
    });
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    format!(
        "{fence}{}\n{}\n{fence}",
        code.language,
        code.lines.join("\n")
    )
}

/// Inlines as Markdown, and which parts of it are text.
#[derive(Default)]
pub(super) struct Written {
    pub(super) source: String,
    /// In their order, those of line ends too; what is between them is markup.
    pub(super) texts: Vec<Range<usize>>,
}

impl Written {
    /// What no line of makes the start of something other than a paragraph.
    pub(super) fn paragraph(content: &[Inline]) -> Written {
        let mut written = Written::default();
        written.inlines(content, None);
        let mut edits = Vec::new();
        let mut at = 0;
        for line in written.source.split('\n') {
            edits.extend(guard(line).map(|edit| Edit {
                at: at + edit.at,
                ..edit
            }));
            at += line.len() + 1;
        }
        written.edit(&edits);
        written
    }

    /// One line, whose last `#` is not the end of its markup.
    pub(super) fn heading(content: &[Inline]) -> Written {
        let mut written = Written::default();
        written.inlines(content, None);
        if written.source.ends_with('#') {
            written.edit(&[Edit {
                at: written.source.len() - 1,
                taken: 0,
                put: "\\",
            }]);
        }
        written
    }

    /// A cell of a table: no code begins in it that the row's own reading would see, and it is not
    /// taken for a line between rows.
    pub(super) fn cell(content: &[Inline]) -> Written {
        let mut written = Written::default();
        written.inlines(content, None);
        let is_line = written.source.chars().all(|c| "+|: \t-=".contains(c));
        let edits: Vec<Edit> = written
            .source
            .char_indices()
            .filter_map(|(at, c)| match c {
                '\\' if written.source[at + 1..].starts_with('`') => Some(Edit {
                    at,
                    taken: 2,
                    put: "&#96;",
                }),
                '-' | '=' if is_line => Some(Edit {
                    at,
                    taken: 0,
                    put: "\\",
                }),
                _ => None,
            })
            .collect();
        written.edit(&edits);
        written
    }

    /// The cell as kramdown reads it after it has parted the row.
    pub(super) fn without_escaped_bars(mut self) -> Written {
        let bars = self.source.match_indices("\\|");
        let edits: Vec<Edit> = bars
            .map(|(at, _)| Edit {
                at,
                taken: 1,
                put: "",
            })
            .collect();
        self.edit(&edits);
        self
    }

    /// Changes the source; each edit belongs to the text that begins there or goes on.
    fn edit(&mut self, edits: &[Edit]) {
        if edits.is_empty() {
            return;
        }
        let mut source = String::with_capacity(self.source.len() + edits.len() * 5);
        let mut texts = self
            .texts
            .iter_mut()
            .flat_map(|it| [&mut it.start, &mut it.end])
            .peekable();
        let mut from = 0;
        for edit in edits {
            while let Some(place) = texts.next_if(|place| **place <= edit.at) {
                *place += source.len();
                *place -= from;
            }
            source.push_str(&self.source[from..edit.at]);
            source.push_str(edit.put);
            from = edit.at + edit.taken;
        }
        for place in texts {
            *place += source.len();
            *place -= from;
        }
        source.push_str(&self.source[from..]);
        self.source = source;
    }

    fn text(&mut self, from: usize) {
        self.texts.push(from..self.source.len());
    }

    /// Writes inlines; `after` is the delimiter that closes them.
    fn inlines(&mut self, nodes: &[Inline], after: Option<char>) {
        let start = self.source.len();
        for (nth, node) in nodes.iter().enumerate() {
            let from = self.source.len();
            match node {
                Inline::Text(text) => {
                    let next = nodes.get(nth + 1).map(first_char).or(after);
                    let outside = self.source[start..].chars().next_back().or(after);
                    escape(text, outside, next, &mut self.source);
                    self.text(from);
                }
                Inline::SoftBreak => {
                    self.source.push('\n');
                    self.text(from);
                }
                Inline::HardBreak => {
                    self.source.push_str("  \n");
                    self.text(from + 2);
                }
                Inline::Code(text) => self.source.push_str(&format!("`{text}`")),
                Inline::Styled(style, delimiter, content) => {
                    let markup = delimiter.to_string().repeat(style.marks());
                    self.source.push_str(&markup);
                    self.inlines(content, Some(*delimiter));
                    self.source.push_str(&markup);
                }
                Inline::Note(label) => self.source.push_str(&format!("[^{label}]")),
                Inline::Link(target, content) => {
                    let href = &target.href;
                    self.source.push('[');
                    self.inlines(content, Some(']'));
                    self.source.push_str("](");
                    for (at, c) in href.char_indices() {
                        match c {
                            '&' if is_entity(&href[at + 1..], None) => {
                                self.source.push_str("&amp;");
                            }
                            ':' if self.source.ends_with(']') => self.source.push_str("&#58;"),
                            c => self.source.push(c),
                        }
                    }
                    if !target.title.is_empty() {
                        self.source
                            .push_str(&format!(" \"{}\"", title(&target.title)));
                    }
                    self.source.push(')');
                }
            }
        }
    }
}

/// A change of what is written, so that it is not read as something else.
struct Edit {
    at: usize,
    /// How many bytes it replaces.
    taken: usize,
    put: &'static str,
}

/// What keeps a line from being the start of something other than a paragraph.
fn guard(line: &str) -> Option<Edit> {
    let ends_at = |at: usize| line[at..].is_empty() || line[at..].starts_with(' ');
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_underline = line.chars().all(|c| matches!(c, '-' | '=' | ' ' | '\t'));
    let escape = |at| Edit {
        at,
        taken: 0,
        put: "\\",
    };
    match line.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 && ends_at(digits + 1) => Some(escape(digits)),
        Some(b'#') if digits == 0 => Some(escape(0)),
        Some(b'+' | b'-' | b':') if digits == 0 && ends_at(1) => Some(escape(0)),
        Some(b'-' | b'=') if is_underline => Some(escape(0)),
        Some(b'^') if line.trim_end() == "^" => Some(Edit {
            at: 0,
            taken: 1,
            put: "&#94;",
        }),
        _ => None,
    }
}

/// Inlines as Markdown, wherever they stand.
pub(super) fn inlines_to_markdown(nodes: &[Inline]) -> String {
    let mut written = Written::default();
    written.inlines(nodes, None);
    written.source
}

/// The title of a link, in which every mark is a reference.
fn title(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || !c.is_ascii() || " ,.;:/()?'%@#+-".contains(c);
    let written = text.chars().map(|c| match c {
        c if is_plain(c) => c.to_string(),
        c => format!("&#{};", u32::from(c)),
    });
    written.collect()
}

/// Writes text so that nothing in it is markup to either engine, nor to those that take bare
/// addresses for links and `~x~` for deleted. `outside` is what stands before the text, which is
/// `]` at the start of a link's, and `next` what follows it.
pub(super) fn escape(text: &str, outside: Option<char>, next: Option<char>, out: &mut String) {
    let mut bracket_end = 0;
    let mut address = 0..0;
    let mut is_plain = true;
    let mut from = 0;
    for (at, mark) in text.match_indices(is_special) {
        out.push_str(&text[from..at]);
        from = at + mark.len();
        let rest = &text[from..];
        let c = char::from(mark.as_bytes()[0]);
        let before = text[..at].chars().next_back();
        let is_doubled =
            || before.or(outside) == Some(c) || rest.chars().next().or(next) == Some(c);
        let closes = || {
            before.or(outside).is_some_and(|c| {
                !c.is_whitespace() && (!is_edge(c) || !rest.starts_with(char::is_alphanumeric))
            })
        };
        let starts_address = c == ':' && rest.starts_with("//") || c == '.' && out.ends_with("www");
        if starts_address && !address.contains(&at) {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            address = at..at + 1 + end;
            is_plain = is_plain_address(&rest[..end], next.filter(|_| end == rest.len()));
        }
        match c {
            '{' => out.push_str("&#123;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' => out.push_str("&#92;"),
            '&' if is_entity(rest, next) => out.push_str("&amp;"),
            '~' if is_doubled() || closes() => out.push_str("&#126;"),
            '^' if outside == Some(']') && at == 0 => out.push_str("&#94;"),
            '[' if !matches!(before.or(outside), Some('!' | ']')) => {
                bracket_end = at + prose_bracket(rest, next).unwrap_or(0);
                out.push_str(if bracket_end > at { "[" } else { "\\[" });
            }
            ']' if at > 0 && at == bracket_end => out.push(c),
            '!' if rest.is_empty() && next == Some('[') => out.push_str("\\!"),
            '$' if is_doubled() => out.push_str("\\$"),
            ':' if before.or(outside) == Some(']') => out.push_str("\\:"),
            // Behind the mark of a footnote it would begin an address.
            '(' if at == 0 && outside == Some(']') => out.push_str("\\("),
            ':' | '.' if starts_address && !is_plain => out.extend(['\\', c]),
            '`' | '*' | '_' | '|' | '[' | ']' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push_str(&text[from..]);
}

/// Whether [`escape`] may have to do something about this character of ASCII.
fn is_special(c: char) -> bool {
    matches!(
        c,
        '{' | '<'
            | '>'
            | '\\'
            | '&'
            | '~'
            | '^'
            | '['
            | '('
            | ']'
            | '!'
            | '$'
            | ':'
            | '.'
            | '`'
            | '*'
            | '_'
            | '|'
    )
}

/// Whether the rest of a bare address comes out as it stands and is all ASCII, so that a blog which
/// makes it a link shows the same and leads there.
fn is_plain_address(rest: &str, next: Option<char>) -> bool {
    !rest.contains(|c: char| !c.is_ascii() || "{}<>[]\\`*_|~$;".contains(c))
        && next.is_none_or(|next| next.is_whitespace() || next == ']')
}

/// How far on the `]` is, if the text after a `[` is an aside such as `[sic]` or `[the council]`.
fn prose_bracket(rest: &str, next: Option<char>) -> Option<usize> {
    let is_prose = |c: char| c.is_alphanumeric() || " ,.'’‘“”–—-/%£€?".contains(c);
    let end = rest
        .find(|c| !is_prose(c))
        .filter(|&end| rest[..end].chars().nth(1).is_some())?;
    let after = rest[end..].strip_prefix(']')?.chars().next().or(next);
    (!matches!(after, Some('(' | '[' | ':' | '{'))).then_some(end + 1)
}

/// Whether an `&` before this text could be read as the start of an entity. A `_` counts as part of
/// its name, also where it is about to begin or to end emphasis.
fn is_entity(text: &str, next: Option<char>) -> bool {
    let end = text.trim_start_matches(|c: char| c.is_alphanumeric() || "#:._-".contains(c));
    end.starts_with(';') && end.len() < text.len() || end.is_empty() && next == Some('_')
}
