//! `intake show`: one submission.

use std::{io::Write, path::Path};

use anyhow::Context;
use uuid::Uuid;

use super::{MINUTE, parts};
use crate::submission::{Actor, MailState, Recipient};

pub(super) fn run(file: Option<&Path>, id: Uuid, post: bool, json: bool) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    let submission = parts
        .store
        .get(id)?
        .with_context(|| format!("there is no submission {id}"))?;
    let mut out = std::io::stdout().lock();
    if post {
        out.write_all(submission.draft.as_bytes())?;
        return Ok(true);
    }
    if json {
        serde_json::to_writer_pretty(&mut out, &submission).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(true);
    }
    let name = |email: &str| {
        let editors = &parts.config.editors;
        let editor = editors.iter().find(|editor| editor.email == email);
        editor.map_or_else(|| email.to_owned(), |editor| editor.name.clone())
    };
    let definition = parts.forms.of(&submission.form);
    writeln!(out, "{}", definition.title_of(submission.answers()))?;
    writeln!(out, "Reference  {}", submission.id)?;
    writeln!(out, "Form       {}", submission.form)?;
    writeln!(out, "Stage      {}", submission.stage.name())?;
    match &submission.contact {
        Some(contact) if contact.name.is_empty() => writeln!(out, "From       {}", contact.email)?,
        Some(contact) => writeln!(out, "From       {} <{}>", contact.name, contact.email)?,
        None => writeln!(out, "From       (erased)")?,
    }
    if let Some(publication) = &submission.publication {
        writeln!(out, "Blog       {}", publication.permalink)?;
        if let Some(commit) = &publication.commit {
            writeln!(out, "Commit     {commit}")?;
        }
    }
    if let Some(error) = &submission.publish_error {
        writeln!(out, "\nNot published\n{}", error.words)?;
    }
    writeln!(out, "\nHistory")?;
    for event in &submission.history {
        let who = match &event.by {
            Actor::Campaigner => "the campaigner".to_owned(),
            Actor::Editor(email) => name(email),
            Actor::System => "the service".to_owned(),
        };
        let when = event.at.strftime(MINUTE);
        writeln!(out, "  {when}  {}, by {who}", event.stage.name())?;
    }
    writeln!(out, "\nMail")?;
    for mail in &submission.mail {
        let to = match &mail.to {
            Recipient::Campaigner => "the campaigner".to_owned(),
            Recipient::NewAddress => "the campaigner’s new address".to_owned(),
            Recipient::Editor(email) => name(email),
        };
        let state = match &mail.state {
            MailState::Dropped { .. } => "not to be sent any more".to_owned(),
            MailState::Sent { at } => format!("sent {}", at.strftime(MINUTE)),
            MailState::Failed { error, .. } => format!("FAILED: {error}"),
            MailState::Pending { error: None, .. } => "to be sent".to_owned(),
            MailState::Pending {
                attempts,
                next,
                error: Some(error),
            } => format!(
                "tried {attempts} times, next at {}: {error}",
                next.strftime(MINUTE)
            ),
        };
        writeln!(out, "  {}. {} to {to}: {state}", mail.number, mail.kind)?;
    }
    writeln!(out, "\n{}", submission.draft)?;
    Ok(true)
}
