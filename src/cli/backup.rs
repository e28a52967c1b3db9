//! `intake backup` and `intake restore`: everything but the configuration, in one file.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;

use super::{parts, tell};
use crate::service::{Noted, note};

pub(super) fn back_up(file: Option<&Path>, into: &Path) -> anyhow::Result<bool> {
    let count = parts(file)?.store.back_up(into)?;
    note(Noted::BackedUp, "a command", "", "");
    let what = submissions(count);
    tell(format_args!("{what} in {}.", into.display()));
    Ok(true)
}

pub(super) fn restore(file: Option<&Path>, from: &Path) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    let count = parts.store.restore(from, Timestamp::now());
    let count = count.with_context(|| from.display().to_string())?;
    parts.store.close()?;
    let what = submissions(count);
    tell(format_args!(
        "{what} restored, each verified, with their drafts."
    ));
    Ok(true)
}

fn submissions(count: usize) -> String {
    match count {
        1 => "1 submission".to_owned(),
        many => format!("{many} submissions"),
    }
}
