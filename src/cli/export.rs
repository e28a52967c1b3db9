//! `intake export`: all that is in the queue, for other programs and for spreadsheets.

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use super::{Parts, complain, judge_form, parts};
use crate::{
    service::{Export, ExportError, Noted, note},
    store::Filter,
};

/// `false` where a record could not be read.
pub(super) fn run(
    file: Option<&Path>,
    csv: bool,
    form: Option<String>,
    private: bool,
) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    judge_form(&parts, form.as_deref())?;
    let export = Export {
        filter: Filter {
            form,
            ..Filter::default()
        },
        query: None,
        private,
    };
    if private {
        note(Noted::Exported, "a command", "", "with personal data");
    }
    write(std::io::stdout().lock(), &parts, &export, csv)
}

/// Writes it; `false` where a record could not be read, and is left out.
pub(super) fn write(
    out: impl Write,
    Parts { forms, store, .. }: &Parts,
    export: &Export,
    csv: bool,
) -> anyhow::Result<bool> {
    let mut good = true;
    let mut out = BufWriter::new(out);
    let unreadable = |error| {
        complain(format_args!("intake: {error}"));
        good = false;
    };
    let written = match csv {
        true => export.csv(store, forms, &mut out, unreadable),
        false => export.json(store, forms, &mut out, unreadable),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        // Told apart from other errors by its type.
        Err(ExportError::Output(error)) => Err(error.into()),
        other => Ok(other.map(|()| good)?),
    }
}
