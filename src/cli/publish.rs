//! `intake publish` and `intake unpublish`.

use std::{io::Write, path::Path};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Parts, complain, parts};
use crate::{
    blog::{Blog, Outcome},
    submission::{Action, Actor, Command, Effect, MailChoice, Order},
};

/// `false` when something was to be done and was not.
pub(super) fn run(
    file: Option<&Path>,
    ids: Vec<Uuid>,
    dry_run: bool,
    action: Action,
) -> anyhow::Result<bool> {
    let Parts {
        config,
        forms,
        templates,
        store,
    } = parts(file)?;
    let blog = Blog::new(
        &config.blog,
        config.data.drafts(),
        &config.editors,
        forms,
        templates,
    );
    let mut good = true;
    let ids = match ids.as_slice() {
        [] => store.to_publish()?,
        _ => ids,
    };
    let (by, mail) = (Actor::System, MailChoice::AsItIs);
    let order = Order::of(
        &Command::new(action, Effect::Plain),
        by,
        mail,
        None,
        Timestamp::now(),
    );
    let order = order.context("nothing that is done to the blog")?;
    let mut orders: Vec<(Uuid, Order)> = Vec::new();
    for id in ids {
        if !orders.iter().any(|(known, _)| *known == id) {
            orders.push((id, order.clone()));
        }
    }
    let mut out = std::io::stdout().lock();
    if orders.is_empty() {
        writeln!(out, "There is nothing to publish.")?;
        return Ok(good);
    }
    let reported = if dry_run {
        blog.show(&store, orders)?
    } else {
        let bar = progress_bar(orders.len());
        let reported = blog.carry_out(&store, orders, &|what, done, of| {
            bar.set_message(what.to_owned());
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        reported?
    };
    let mut told = None;
    for report in reported {
        good &= report.outcome.is_good();
        let (id, title) = (report.id, report.title);
        match report.outcome {
            Outcome::Published(publication) => writeln!(
                out,
                "{id}  published at {}  {title} ({})",
                publication.permalink,
                publication.commit.as_deref().unwrap_or_default()
            )?,
            Outcome::Unpublished { is_to_be_merged } => {
                let when = if is_to_be_merged {
                    ", once its branch is merged"
                } else {
                    ""
                };
                writeln!(out, "{id}  off the blog{when}  {title}")?;
            }
            Outcome::NothingToDo => writeln!(out, "{id}  nothing to do  {title}")?,
            Outcome::Shown(difference) => write!(out, "{difference}")?,
            Outcome::NotThere => complain(format_args!("intake: there is no submission {id}")),
            Outcome::Stale => complain(format_args!(
                "intake: {id} was changed in the meantime  {title}"
            )),
            Outcome::Refused(refusal) => complain(format_args!("intake: {id}: {refusal}  {title}")),
            Outcome::Stopped(words) => {
                // What stops all of them is said once.
                let words = match &told {
                    Some(before) if *before == words => " (for the same reason)".to_owned(),
                    _ => {
                        told = Some(words.clone());
                        format!("\n{words}")
                    }
                };
                complain(format_args!("intake: {id} was not done  {title}{words}"));
            }
        }
    }
    Ok(good)
}

/// On a terminal, and where there are many.
fn progress_bar(count: usize) -> ProgressBar {
    const MANY: usize = 5;
    if count < MANY {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
