//! For whatever watches over the service. Counts and states only: nothing of a person.

use std::{collections::BTreeMap, fmt::Write};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use strum::VariantArray;

use crate::{
    service::{Service, ServiceError},
    submission::Stage,
    web::{errors::Error, request_id::RequestId},
};

/// `GET /healthz`: 200 as long as the process answers.
pub(in crate::web) async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: 200 when a form sent now could be saved, else 503.
pub(in crate::web) async fn readiness(
    service: Data<Service>,
    request: HttpRequest,
) -> HttpResponse {
    let able = service
        .blocking(|service| service.queue.try_to_write().map_err(ServiceError::from))
        .await;
    match able {
        Ok(()) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(cause) => {
            let cause = cause.for_the_log();
            tracing::error!(request = RequestId::of(&request), cause, "not ready");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain")
                .body("not ready: the queue cannot be written\n")
        }
    }
}

/// `GET /metrics`: numbers in the Prometheus text format, made from the queue at the moment of
/// asking.
pub(in crate::web) async fn metrics(service: Data<Service>) -> Result<HttpResponse, Error> {
    let listing = service
        .blocking(|service| service.queue.list().map_err(ServiceError::from))
        .await?;
    let mut stages: BTreeMap<&str, usize> = Stage::VARIANTS
        .iter()
        .map(|stage| (stage.name(), 0))
        .collect();
    let (mut pending, mut failed, mut not_published) = (0, 0, 0);
    for summary in &listing.summaries {
        *stages.entry(summary.stage.name()).or_default() += 1;
        pending += summary.mail_pending;
        failed += summary.mail_failed;
        not_published += usize::from(summary.publish_error);
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
        "# HELP intake_mail Mail not sent.\n# TYPE intake_mail gauge\nintake_mail{state=\"pending\"}",
        pending,
    );
    line("intake_mail{state=\"failed\"}", failed);
    line(
        "# HELP intake_not_published Drafts whose last attempt to be published failed.\n# TYPE intake_not_published gauge\nintake_not_published",
        not_published,
    );
    line(
        "# HELP intake_records_unreadable Records that cannot be read.\n# TYPE intake_records_unreadable gauge\nintake_records_unreadable",
        listing.unreadable.len(),
    );
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}
