//! `intake export`: all that is in the queue, for other programs and for spreadsheets.

use std::{io::Write, path::Path};

use serde::Serialize;

use super::{Parts, complain, parts};
use crate::{
    form::{Audience, Contact, Definition, InWords},
    service::{Noted, note},
    store::{Filter, StoreError},
    submission::Submission,
};

/// One submission as it is exported.
#[derive(Serialize)]
struct Exported<'a> {
    id: String,
    form: &'a str,
    stage: &'a str,
    received: String,
    /// Where it is on the blog.
    permalink: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a Contact>,
    answers: serde_json::Value,
}

/// `false` where a record could not be read.
pub(super) fn run(
    file: Option<&Path>,
    csv: bool,
    form: Option<String>,
    private: bool,
) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    let filter = Filter {
        form,
        ..Filter::default()
    };
    if private {
        note(Noted::Exported, "a command", "", "with personal data");
    }
    let out = std::io::stdout().lock();
    write(out, &parts, &filter, csv, private)
}

/// Writes what fits; `false` where a record could not be read, and is left out.
pub(super) fn write(
    mut out: impl Write,
    Parts { forms, store, .. }: &Parts,
    filter: &Filter,
    csv: bool,
    private: bool,
) -> anyhow::Result<bool> {
    let mut submissions = Vec::new();
    let mut good = true;
    store.each_submission(filter, |submission| {
        match submission {
            Ok(submission) => submissions.push((forms.of(&submission.form), submission)),
            Err(error) => {
                complain(format_args!("intake: {error}"));
                good = false;
            }
        }
        Ok::<_, StoreError>(())
    })?;
    if csv {
        write!(out, "{}", table(&submissions, private))?;
    } else {
        let exported: Vec<Exported> = submissions
            .iter()
            .map(|(definition, submission)| exported(definition, submission, private))
            .collect::<Result<_, _>>()?;
        serde_json::to_writer_pretty(&mut out, &exported).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    Ok(good)
}

fn exported<'a>(
    definition: &Definition,
    submission: &'a Submission,
    private: bool,
) -> Result<Exported<'a>, serde_json::Error> {
    let mut answers = submission.answers().clone();
    if !private {
        definition.redact(&mut answers);
    }
    Ok(Exported {
        id: submission.id.to_string(),
        form: &submission.form,
        stage: submission.stage.name(),
        received: submission.received().to_string(),
        permalink: submission
            .publication
            .as_ref()
            .map(|publication| publication.permalink.as_str()),
        contact: submission.contact.as_ref().filter(|_| private),
        answers: serde_json::to_value(answers)?,
    })
}

/// A line each, with a column for every question of every form (RFC 4180).
fn table(submissions: &[(std::sync::Arc<Definition>, Submission)], private: bool) -> String {
    let audience = if private {
        Audience::Editors
    } else {
        Audience::Public
    };
    let words: Vec<Vec<InWords>> = submissions
        .iter()
        .map(|(definition, submission)| definition.in_words(submission.answers(), audience))
        .collect();
    let mut columns: Vec<&str> = Vec::new();
    for one in words.iter().flatten() {
        if !columns.contains(&one.name.as_str()) {
            columns.push(&one.name);
        }
    }
    let mut head = vec!["id", "form", "stage", "received", "permalink"];
    if private {
        head.extend(["contact_name", "contact_email"]);
    }
    let mut out = row(head.iter().chain(&columns).copied());
    for ((_, submission), words) in submissions.iter().zip(&words) {
        let publication = submission.publication.as_ref();
        let contact = submission.contact.as_ref().filter(|_| private);
        let (id, received) = (submission.id.to_string(), submission.received().to_string());
        let mut cells = vec![
            id.as_str(),
            &submission.form,
            submission.stage.name(),
            &received,
            publication.map_or("", |publication| &publication.permalink),
        ];
        if private {
            cells.push(contact.map_or("", |contact| &contact.name));
            cells.push(contact.map_or("", |contact| &contact.email));
        }
        cells.extend(columns.iter().map(|column| {
            let answer = words.iter().find(|one| one.name == *column);
            answer.map_or("", |one| one.words.as_str())
        }));
        out.push_str(&row(cells.into_iter()));
    }
    out
}

fn row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// Spreadsheets calculate what begins with one of these signs, so an apostrophe keeps it a text.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
