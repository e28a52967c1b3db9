//! For whatever watches over the service. Counts and states only: nothing of a person.

use std::{collections::BTreeMap, fmt::Write};

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{Service, Stage, error};

/// 200 as long as the process answers.
pub(super) async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// 200 when a case study sent now could be saved, else 503.
pub(super) async fn readiness(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let able = service
        .into_inner()
        .blocking(|service| service.queue.try_to_write())
        .await;
    match able {
        Ok(Ok(())) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Ok(Err(cause)) => {
            tracing::error!(request = super::request_id(&request), %cause, "not ready");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain")
                .body("not ready: the queue cannot be written\n")
        }
        Err(cause) => error::internal(&request, &cause),
    }
}

/// Numbers in the Prometheus text format, made from the queue at the moment of asking.
pub(super) async fn metrics(service: Data<Service>, request: HttpRequest) -> HttpResponse {
    let listing = match service
        .into_inner()
        .blocking(|service| service.queue.list())
        .await
    {
        Ok(Ok(listing)) => listing,
        Ok(Err(cause)) => return error::internal(&request, &cause),
        Err(cause) => return error::internal(&request, &cause),
    };
    let mut stages: BTreeMap<&str, usize> =
        Stage::ALL.iter().map(|stage| (stage.name(), 0)).collect();
    let (mut owed, mut failed, mut not_published) = (0, 0, 0);
    for summary in &listing.summaries {
        *stages.entry(summary.stage.name()).or_default() += 1;
        owed += summary.letters_owed;
        failed += summary.letters_failed;
        not_published += usize::from(summary.trouble);
    }
    let mut text = String::from(
        "# HELP intake_submissions Submissions in the queue.\n# TYPE intake_submissions gauge\n",
    );
    let mut line = |name: &str, value: usize| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {value}");
    };
    for (stage, count) in stages {
        line(&format!("intake_submissions{{stage=\"{stage}\"}}"), count);
    }
    line(
        "# HELP intake_letters Letters not sent.\n# TYPE intake_letters gauge\nintake_letters{state=\"owed\"}",
        owed,
    );
    line("intake_letters{state=\"failed\"}", failed);
    line(
        "# HELP intake_not_published Drafts whose last try to be published failed.\n# TYPE intake_not_published gauge\nintake_not_published",
        not_published,
    );
    line(
        "# HELP intake_records_unreadable Records that cannot be read.\n# TYPE intake_records_unreadable gauge\nintake_records_unreadable",
        listing.unreadable.len(),
    );
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text)
}
