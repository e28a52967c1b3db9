//! `intake serve`: the web service and its jobs.

use std::{io::Write, net::TcpListener, path::Path, pin::pin, sync::Arc};

use anyhow::Context as _;
use jiff::Timestamp;

use super::{assemble, configuration, public_url};
use crate::{
    service::Service,
    submission::{Action, Actor, Command, Context, Effect, MailChoice},
    web,
};

/// How long a stop waits for the mail under way; service managers lose patience after 90 s.
const LAST_MAIL: std::time::Duration = std::time::Duration::from_secs(30);

pub(super) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = configuration(file)?;
    let listener = TcpListener::bind(config.listen).with_context(|| {
        format!(
            "cannot listen on {}; stop what listens there, or set `listen`",
            config.listen
        )
    })?;
    let address = listener.local_addr()?;
    let url = public_url(&config, address);
    let service = Arc::new(assemble(config, url)?);
    let swept = service.queue.recover()?;
    if swept.leftovers + swept.drafts > 0 {
        tracing::warn!(
            leftovers = swept.leftovers,
            drafts = swept.drafts,
            "mended what the last stop left half done"
        );
    }
    let shared = Arc::clone(&service);
    // A publisher at work may take minutes, and nobody need wait for that.
    std::thread::spawn(move || {
        if let Err(reason) = shared.blog.recover() {
            tracing::error!(
                reason,
                "the blog's checkout is not ready; see `intake check`"
            );
        }
    });
    let editors = &service.config.editors;
    let is_editor = |email: &str| editors.iter().any(|editor| editor.email == email);
    if let Err(error) = service.sessions.keep_only(is_editor, Timestamp::now()) {
        tracing::error!(%error, "sessions of editors who have left could not be ended");
    }
    for error in service.queue.list()?.unreadable {
        tracing::error!(%error, "a record cannot be read; the others are served");
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let outbox = Arc::clone(&service.outbox);
    let worker = actix_web::rt::spawn(async move { outbox.run(stopped).await });
    let forgetting = actix_web::rt::spawn(forget_in_time(Arc::clone(&service)));
    let mut serving = pin!(web::run(Arc::clone(&service), listener));
    // Its first step takes hold of the stop signals; only then are people told where it is.
    let served = tokio::select! {
        biased;
        served = &mut serving => served,
        () = std::future::ready(()) => {
            announce(&service, address);
            serving.await
        }
    };
    // Requests are finished; now the mail under way, if there is any.
    let _ = stop.send(true);
    forgetting.abort();
    // Mail that is cut off here goes again after the next start, under the same Message-ID.
    match tokio::time::timeout(LAST_MAIL, worker).await {
        Ok(worker) => worker.context("the mail worker failed")?,
        Err(_) => tracing::warn!("the mail server took too long for the mail under way"),
    }
    served.context("the web service failed")
}

/// Every hour: what `retention` says is to be forgotten. The editors are not told of each.
async fn forget_in_time(service: Arc<Service>) {
    loop {
        let shared = Arc::clone(&service);
        let forgotten = tokio::task::spawn_blocking(move || forget(&shared, Timestamp::now()));
        match forgotten.await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(count, "personal data erased after their time"),
            Ok(Err(error)) => tracing::error!(%error, "personal data could not be erased"),
            Err(error) => tracing::error!(%error, "personal data could not be erased"),
        }
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    }
}

/// Erases the personal data of what ended longer than `retention` ago; answers of how many.
fn forget(service: &Service, now: Timestamp) -> anyhow::Result<usize> {
    let before = now
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .checked_sub(service.config.retention)?
        .timestamp();
    let mut count = 0;
    for summary in service.queue.list()?.summaries {
        if summary.erased || !summary.stage.is_end() || summary.since > before {
            continue;
        }
        let definition = service.forms.of(&summary.form);
        let context = Context {
            definition: &definition,
            editors: &[],
            now,
        };
        let erased = service.queue.update(summary.id, |submission| {
            let command = Command::new(Action::Erase, Effect::Plain);
            submission.act(Actor::System, command, MailChoice::LeftOut, &context)
        })?;
        count += usize::from(matches!(erased, Some(Ok(()))));
    }
    Ok(count)
}

/// The first lines on the terminal. Nobody need be there to read them.
fn announce(service: &Service, address: std::net::SocketAddr) {
    let mail = match service.outbox.folder() {
        Some(folder) if address.ip().is_loopback() => format!(
            "Captured mail: http://{address}/mailbox (files in {}/)",
            folder.display()
        ),
        Some(folder) => format!("Captured mail: files in {}/", folder.display()),
        None => "Mail:          sent through the configured server".to_owned(),
    };
    let url = &service.public_url;
    let mut out = std::io::stdout();
    let _ = writeln!(
        out,
        "Form:          {url}/\nDesk:          {url}/desk\n{mail}"
    );
    let _ = out.flush();
}
