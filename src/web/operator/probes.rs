//! For whatever watches over the service. Counts and states only: nothing of a person.

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use jiff::Timestamp;
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

/// After how many failures one after the other a job is more than unlucky.
const SERIOUS: u64 = 3;

/// `GET /readyz`: 200 when a form sent now could be saved and no job fails again and again, else
/// 503 with what is wrong.
pub(in crate::web) async fn readiness(
    service: Data<Service>,
    request: HttpRequest,
) -> HttpResponse {
    let able = service
        .blocking(|service| {
            service
                .store
                .try_to_write(Timestamp::now())
                .map_err(ServiceError::from)
        })
        .await;
    let failing = service.watched.all().into_iter();
    let failing = failing.filter(|(_, health)| health.failing >= SERIOUS);
    let mut wrong: Vec<String> = failing
        .map(|(job, _)| format!("the job {job} fails again and again"))
        .collect();
    if let Err(cause) = able {
        let cause = cause.for_the_log();
        tracing::error!(request = RequestId::of(&request), cause, "not ready");
        wrong.insert(0, "the store cannot be written".to_owned());
    }
    let (mut answer, text) = match wrong.is_empty() {
        true => (HttpResponse::Ok(), "ready\n".to_owned()),
        false => (
            HttpResponse::ServiceUnavailable(),
            format!("not ready: {}\n", wrong.join("; ")),
        ),
    };
    answer.content_type("text/plain").body(text)
}

/// `GET /metrics`: numbers in the Prometheus text format, made from the store's sums at the moment
/// of asking.
pub(in crate::web) async fn metrics(service: Data<Service>) -> Result<HttpResponse, Error> {
    let counts = service
        .blocking(|service| service.store.counts().map_err(ServiceError::from))
        .await?;
    let mut text = String::from(
        "# HELP intake_submissions Submissions in the queue.\n# TYPE intake_submissions gauge\n",
    );
    let mut line = |name: &str, value: usize| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {value}");
    };
    for stage in Stage::VARIANTS {
        let name = format!("intake_submissions{{stage=\"{}\"}}", stage.name());
        line(&name, counts.in_stage(*stage));
    }
    line(
        "# HELP intake_mail Mail not sent.\n# TYPE intake_mail gauge\nintake_mail{state=\"pending\"}",
        counts.mail_pending(),
    );
    line("intake_mail{state=\"failed\"}", counts.mail_failed());
    line(
        "# HELP intake_not_published Drafts whose last attempt to be published failed.\n# TYPE intake_not_published gauge\nintake_not_published",
        counts.publish_errors(),
    );
    line(
        "# HELP intake_clock_believed Whether the clock fits what the store knows; else nothing is erased or given up.\n# TYPE intake_clock_believed gauge\nintake_clock_believed",
        usize::from(service.store.believes_clock()),
    );
    text.push_str("# HELP intake_job_failures_total Runs of a job that failed since the start.\n# TYPE intake_job_failures_total counter\n");
    let jobs = service.watched.all();
    for (job, health) in &jobs {
        let name = format!("intake_job_failures_total{{job=\"{job}\"}}");
        let _ = writeln!(text, "{name} {}", health.failures);
    }
    text.push_str("# HELP intake_job_failing Runs that failed since a job last did well.\n# TYPE intake_job_failing gauge\n");
    for (job, health) in &jobs {
        let _ = writeln!(
            text,
            "intake_job_failing{{job=\"{job}\"}} {}",
            health.failing
        );
    }
    if let Some(seen) = service.blog.seen() {
        let seen = seen.as_millisecond() as f64 / 1_000.0;
        let _ = writeln!(
            text,
            "# HELP intake_blog_seen_seconds When the blog's repository was last looked at.\n# TYPE intake_blog_seen_seconds gauge\nintake_blog_seen_seconds {seen}"
        );
    }
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}
