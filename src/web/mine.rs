//! The campaigner's private page: reference, stage, what happens next, and the post.

use actix_web::{HttpRequest, HttpResponse, web, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::{CaseStudy, Editorial, Post, Service, Stage, TemplateError, error};

#[derive(Serialize)]
struct Mine {
    reference: String,
    stage: &'static str,
    next: &'static str,
    received: String,
    post: Post,
}

/// The private page, for whoever has the key; without it, the same as no page at all.
pub(super) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (id, key) = path.into_inner();
    let id = match id.parse::<Uuid>() {
        Ok(id) if service.keys.is_private_key(id, &key) => id,
        _ => return error::nothing_here(request).await,
    };
    let found = service
        .into_inner()
        .blocking(move |service| {
            let Some(submission) = service.queue.get(id)? else {
                return Ok(None);
            };
            let received = submission.received().strftime("%-d %B %Y").to_string();
            let page = render(
                service,
                id,
                submission.stage,
                received,
                submission.case_study(),
                submission.editorial(),
            );
            Ok::<_, crate::queue::QueueError>(Some(page?))
        })
        .await;
    match found {
        Ok(Ok(Some(html))) => HttpResponse::Ok().content_type(error::mime()).body(html),
        Ok(Ok(None)) => error::nothing_here(request).await,
        Ok(Err(cause)) => error::internal(&request, &cause),
        Err(cause) => error::internal(&request, &cause),
    }
}

fn render(
    service: &Service,
    id: Uuid,
    stage: Stage,
    received: String,
    case_study: &CaseStudy,
    editorial: &Editorial,
) -> Result<String, TemplateError> {
    let (stage, next) = stage.for_the_campaigner();
    let own = Mine {
        reference: id.to_string(),
        stage,
        next,
        received,
        post: Post::preview(case_study, editorial),
    };
    service.page("mine.html", "Your case study", own)
}

pub(super) fn try_page(
    service: &Service,
    case_study: &CaseStudy,
    editorial: &Editorial,
) -> Result<(), TemplateError> {
    Stage::ALL.iter().try_for_each(|stage| {
        let day = "23 November 2026".to_owned();
        render(service, Uuid::nil(), *stage, day, case_study, editorial).map(drop)
    })
}
