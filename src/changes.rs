//! What has changed between two revisions: field by field, word by word. Pure.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::{
    case_study::{self, FIELDS},
    submission::{Editorial, Revision},
};

/// A field that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The field's label.
    pub label: String,
    /// Both texts in one, in order.
    pub pieces: Vec<Piece>,
}

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    #[allow(missing_docs)]
    pub kind: PieceKind,
    #[allow(missing_docs)]
    pub text: String,
}

/// In which of the two revisions a run of words stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// In both.
    Same,
    /// In the earlier.
    Old,
    /// In the later.
    New,
}

/// The fields that differ, in the order of the form and then of the editorial fields.
pub fn between(before: &Revision, after: &Revision) -> Vec<Change> {
    fields(before)
        .into_iter()
        .zip(fields(after))
        .filter(|((_, old), (_, new))| old != new)
        .map(|((label, old), (_, new))| Change {
            label,
            pieces: pieces(&old, &new),
        })
        .collect()
}

/// The changes in one plain text, for letters.
pub fn as_text(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str(&change.label);
        out.push_str(":\n");
        for piece in &change.pieces {
            match piece.kind {
                PieceKind::Same => out.push_str(&piece.text),
                PieceKind::Old => out.push_str(&format!("[-{}-]", piece.text)),
                PieceKind::New => out.push_str(&format!("{{+{}+}}", piece.text)),
            }
        }
        out.push_str("\n\n");
    }
    out.trim_end().to_owned()
}

/// Label and text of every field.
pub fn fields(revision: &Revision) -> Vec<(String, String)> {
    let content = &revision.case_study;
    let mut fields: Vec<(String, String)> = FIELDS
        .iter()
        .filter_map(|field| {
            let text = match field.kind {
                case_study::Kind::Topics => content.topics.join(", "),
                _ => content.text(field.name)?.to_owned(),
            };
            Some((field.label.to_owned(), text))
        })
        .collect();
    fields.extend(editorial_fields(&revision.editorial));
    fields
}

fn editorial_fields(editorial: &Editorial) -> Vec<(String, String)> {
    [
        ("Author", editorial.author.clone()),
        ("Projects", editorial.projects.join(", ")),
        ("Address", editorial.slug.clone()),
        (
            "Date",
            editorial
                .date
                .map(|date| date.to_string())
                .unwrap_or_default(),
        ),
        ("Intro", editorial.intro.clone()),
        ("Outro", editorial.outro.clone()),
        (
            "Featured",
            if editorial.featured { "yes" } else { "no" }.to_owned(),
        ),
    ]
    .into_iter()
    .map(|(label, text)| (label.to_owned(), text))
    .collect()
}

fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(old, new).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PieceKind::Same,
            ChangeTag::Delete => PieceKind::Old,
            ChangeTag::Insert => PieceKind::New,
        };
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => pieces.push(Piece {
                kind,
                text: change.value().to_owned(),
            }),
        }
    }
    pieces
}
