//! `intake list`: the queue, newest first.

use std::{io::Write, path::Path};

use super::{complain, parts};
use crate::{queue::Listing, submission::Stage};

/// `false` where a record could not be read.
pub(super) fn run(
    file: Option<&Path>,
    stage: Option<Stage>,
    form: Option<&str>,
    json: bool,
) -> anyhow::Result<bool> {
    let Listing {
        mut summaries,
        unreadable,
    } = parts(file)?.queue.list()?;
    summaries.retain(|summary| {
        stage.is_none_or(|stage| summary.stage == stage)
            && form.is_none_or(|form| summary.form == form)
    });
    let mut out = std::io::stdout().lock();
    if json {
        let summaries: Vec<_> = summaries.iter().map(AsRef::as_ref).collect();
        serde_json::to_writer_pretty(&mut out, &summaries).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else if summaries.is_empty() && unreadable.is_empty() {
        writeln!(out, "There is nothing in the queue.")?;
    } else {
        for summary in summaries {
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
                summary.received.strftime("%Y-%m-%d %H:%M"),
                summary.stage.name(),
                summary.title,
            )?;
        }
    }
    for error in &unreadable {
        complain(format_args!("intake: {error}"));
    }
    Ok(unreadable.is_empty())
}
