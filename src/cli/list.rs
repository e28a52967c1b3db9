//! `intake list`: the queue, newest first.

use std::{io::Write, path::Path};

use serde::{Serializer, ser::SerializeSeq};

use super::{MINUTE, complain, judge_form, parts};
use crate::{
    store::{Filter, StoreError, Summary},
    submission::Stage,
};

/// `false` where a record could not be read.
pub(super) fn run(
    file: Option<&Path>,
    stage: Option<Stage>,
    form: Option<String>,
    json: bool,
) -> anyhow::Result<bool> {
    let parts = parts(file)?;
    judge_form(&parts, form.as_deref())?;
    let store = parts.store;
    let is_all = stage.is_none() && form.is_none();
    let filter = Filter {
        stage,
        form,
        ..Filter::default()
    };
    let mut good = true;
    let mut readable = |summary: Result<Summary, StoreError>| match summary {
        Ok(summary) => Some(summary),
        Err(error) => {
            complain(format_args!("intake: {error}"));
            good = false;
            None
        }
    };
    let mut out = std::io::stdout().lock();
    if json {
        let mut all = serde_json::Serializer::pretty(&mut out);
        let mut all = all.serialize_seq(None).map_err(std::io::Error::from)?;
        store.each_summary(&filter, |summary| {
            let written = match readable(summary) {
                Some(summary) => all.serialize_element(&summary),
                None => Ok(()),
            };
            written.map_err(|error| anyhow::Error::from(std::io::Error::from(error)))
        })?;
        all.end().map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(good);
    }
    let mut is_empty = true;
    store.each_summary(&filter, |summary| {
        is_empty = false;
        match readable(summary) {
            Some(summary) => line(&mut out, &summary).map_err(anyhow::Error::from),
            None => Ok(()),
        }
    })?;
    if is_empty {
        let words = match is_all {
            true => "There is nothing in the queue.",
            false => "There is nothing like that in the queue.",
        };
        writeln!(out, "{words}")?;
    }
    Ok(good)
}

fn line(out: &mut impl Write, summary: &Summary) -> std::io::Result<()> {
    let mut marks = match summary.mail_failed {
        0 => String::new(),
        1 => "  [an email failed]".to_owned(),
        many => format!("  [{many} emails failed]"),
    };
    if summary.publish_error {
        marks.push_str("  [could not be published]");
    }
    let by = match summary.by.as_str() {
        "" => String::new(),
        by => format!(" ({by})"),
    };
    writeln!(
        out,
        "{}  {}  {:17}  {}{by}{marks}",
        summary.id,
        summary.received.strftime(MINUTE),
        summary.stage.name(),
        summary.title,
    )
}
