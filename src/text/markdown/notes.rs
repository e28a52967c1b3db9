//! Footnotes: which of them are referred to, and in what order.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    Block, Document, Inline, Limits, NO_LIMITS, Note, settle::settle_all,
    write::inlines_to_markdown,
};

/// Puts the footnotes in the order in which they are first referred to, as the blog numbers them.
/// One that nothing refers to stays in the text, at its end; a reference to none is text.
pub(super) fn put_in_order(mut blocks: Vec<Block>, notes: Vec<Note>, limits: Limits) -> Document {
    let mut by_label: BTreeMap<String, Note> = BTreeMap::new();
    let mut unused = Vec::new();
    for note in notes {
        match by_label.get(&note.label) {
            Some(same) if *same == note => {}
            None if !note.paragraphs.is_empty() => {
                by_label.insert(note.label.clone(), note);
            }
            _ => unused.push(note),
        }
    }
    let mut order = Order {
        is_text: false,
        names: by_label
            .keys()
            .map(|label| (label.clone(), (usize::MAX, label.clone())))
            .collect(),
        count: 0,
        notes: &by_label,
        limits,
    };
    for block in &mut blocks {
        order.number_in(block);
    }
    let mut ordered = Vec::new();
    for (label, (number, name)) in order.names {
        let Some(note) = by_label.remove(&label) else {
            continue;
        };
        if number == usize::MAX {
            unused.push(note);
        } else {
            ordered.push((
                number,
                Note {
                    label: name,
                    ..note
                },
            ));
        }
    }
    ordered.sort_by_key(|(number, _)| *number);
    for mut note in unused {
        let label = Inline::Text(format!("[^{}]: ", note.label));
        if let Some(first) = note.paragraphs.first_mut() {
            first.insert(0, label);
            *first = settle_all(std::mem::take(first), limits);
        }
        blocks.extend(note.paragraphs.into_iter().map(Block::Paragraph));
    }
    Document {
        blocks,
        notes: ordered.into_iter().map(|(_, note)| note).collect(),
    }
}

/// The document with its footnotes as numbered paragraphs at its end, for engines that know none.
pub(super) fn as_text(document: &Document) -> Document {
    let numbers = document.notes.iter().zip(1..);
    let mut order = Order {
        is_text: true,
        names: numbers
            .map(|(note, number)| (note.label.clone(), (number, String::new())))
            .collect(),
        count: 0,
        notes: &BTreeMap::new(),
        limits: NO_LIMITS,
    };
    let mut blocks = document.blocks.clone();
    for block in &mut blocks {
        order.number_in(block);
    }
    for (note, number) in document.notes.iter().zip(1..) {
        for (nth, content) in note.paragraphs.iter().enumerate() {
            let mut content = content.clone();
            if nth == 0 {
                content.insert(0, Inline::Text(format!("[{number}] ")));
                content = settle_all(content, NO_LIMITS);
            }
            blocks.push(Block::Paragraph(content));
        }
    }
    Document {
        blocks,
        notes: Vec::new(),
    }
}

/// What is known of the footnotes while references to them are read.
struct Order<'a> {
    /// Whether references become text.
    is_text: bool,
    /// Of each label the number and the name under which the note is written.
    names: BTreeMap<String, (usize, String)>,
    count: usize,
    notes: &'a BTreeMap<String, Note>,
    limits: Limits,
}

impl Order<'_> {
    fn number_in(&mut self, block: &mut Block) {
        match block {
            Block::Paragraph(content) | Block::Heading(_, content) => self.number(content),
            Block::Quote(inner) => inner.iter_mut().for_each(|block| self.number_in(block)),
            Block::List(list) => {
                let blocks = list.items.iter_mut().flatten();
                blocks.for_each(|block| self.number_in(block));
            }
            Block::Table(rows) => rows.iter_mut().flatten().for_each(|cell| self.number(cell)),
            Block::Rule | Block::Code(..) => {}
        }
    }

    fn number(&mut self, nodes: &mut Vec<Inline>) {
        let mut is_text_again = false;
        visit(nodes, &mut |node| {
            let Inline::Note(label) = node else {
                return;
            };
            let Some((number, name)) = self.names.get_mut(label) else {
                *node = Inline::Text(format!("[^{label}]"));
                is_text_again = true;
                return;
            };
            if self.is_text {
                *node = Inline::Text(format!("[{number}]"));
                is_text_again = true;
                return;
            }
            if *number == usize::MAX {
                self.count += 1;
                *number = self.count;
                if let Some(note) = self.notes.get(label).filter(|_| !self.limits.is_own) {
                    *name = unique_name(self.count, note);
                }
            }
            label.clone_from(name);
        });
        if is_text_again {
            *nodes = settle_all(std::mem::take(nodes), self.limits);
        }
    }
}

/// Texts of several writers stand in one post, and each may have a first footnote. So its name says
/// which it is by its words.
fn unique_name(number: usize, note: &Note) -> String {
    let text: String = note
        .paragraphs
        .iter()
        .map(|it| inlines_to_markdown(it))
        .collect();
    let digest = Sha256::digest(text.as_bytes());
    format!("{number}-{:02x}{:02x}", digest[0], digest[1])
}

fn visit(nodes: &mut [Inline], see: &mut impl FnMut(&mut Inline)) {
    for node in nodes {
        see(node);
        if let Inline::Styled(_, _, content) | Inline::Link(_, content) = node {
            visit(content, see);
        }
    }
}

/// The paragraphs of a footnote, which holds nothing else.
pub(super) fn paragraphs(blocks: Vec<Block>) -> Vec<Vec<Inline>> {
    let mut out = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading(_, content) => out.push(content),
            Block::Quote(inner) => out.extend(paragraphs(inner)),
            Block::List(list) => out.extend(list.items.into_iter().flat_map(paragraphs)),
            Block::Table(rows) => out.extend(rows.into_iter().flatten()),
            Block::Code(code) => {
                out.extend(code.lines.into_iter().map(|line| vec![Inline::Text(line)]));
            }
            Block::Rule => out.push(vec![Inline::Text("* * *".into())]),
        }
    }
    out.retain(|content| !content.is_empty());
    out
}
