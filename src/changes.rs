//! What has changed between two revisions, field by field. Pure.

use crate::{
    case_study::{self, FIELDS},
    submission::{Editorial, Revision},
    text::differences::{Change, pieces},
};

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
