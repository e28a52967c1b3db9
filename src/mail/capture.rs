//! The folder of captured mail: each message a file, for development.

use std::{fs, io, path::Path};

use jiff::Timestamp;
use mailparse::MailHeaderMap;
use serde::Serialize;

use crate::durable;

/// The name of a captured message's file, by which the folder is in order of time. `id` tells
/// messages of one second apart.
pub(super) fn file_name(made: Timestamp, id: &str) -> String {
    format!("{}-{id}.eml", made.strftime("%Y%m%dT%H%M%SZ"))
}

/// Writes a message, whole or not at all, and syncs it to disk.
pub(super) fn capture(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    durable::replace(&folder.join(name), message, durable::PRIVATE)
}

/// Removes what a crash left half written; the messages themselves are still pending.
pub(super) fn sweep(folder: &Path) {
    match durable::sweep(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a leftover in the folder of captured mail stays");
        }
        _ => {}
    }
}

/// A captured message, as `/mailbox` shows it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Captured {
    pub name: String,
    pub date: String,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// The captured messages in this folder, newest first; what is no message is passed over.
///
/// # Errors
/// When the folder cannot be read. A folder that is not there holds none.
pub fn captured(folder: &Path) -> io::Result<Vec<Captured>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut messages = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if let Some(message) = name
            .to_str()
            .filter(|name| name.ends_with(".eml") && !name.starts_with('.'))
            .and_then(|name| read_captured(folder, name))
        {
            messages.push(message);
        }
    }
    messages.sort_unstable_by(|a, b| b.name.cmp(&a.name));
    Ok(messages)
}

fn read_captured(folder: &Path, name: &str) -> Option<Captured> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let mail = mailparse::parse_mail(&bytes).ok()?;
    let header = |key| mail.headers.get_first_value(key).unwrap_or_default();
    Some(Captured {
        name: name.to_owned(),
        date: header("Date"),
        to: header("To"),
        subject: header("Subject"),
        text: mail.subparts.first().unwrap_or(&mail).get_body().ok()?,
    })
}
