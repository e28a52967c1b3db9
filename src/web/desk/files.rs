//! The post as a file of the blog, and as a patch.

use actix_web::{HttpResponse, http::header, web::Data};
use jiff::Timestamp;

use crate::{
    service::Service,
    store::StoreError,
    submission::Submission,
    web::{errors::Error, links::Reference, session::SignedIn},
};

/// `GET /desk/{id}/post.md`: the post as a file of the blog.
pub(in crate::web) async fn download(
    service: Data<Service>,
    _editor: SignedIn,
    id: Reference,
) -> Result<HttpResponse, Error> {
    let draft = |_: &Service, submission: &Submission, _| Ok(submission.draft.clone());
    file(service, id, "", draft).await
}

/// `GET /desk/{id}/post.patch`: the post as `git am` takes it.
pub(in crate::web) async fn patch(
    service: Data<Service>,
    signed_in: SignedIn,
    id: Reference,
) -> Result<HttpResponse, Error> {
    let by = signed_in.actor();
    let patch = move |service: &Service, submission: &Submission, now| {
        service.blog.patch(&service.store, submission, &by, now)
    };
    file(service, id, ".patch", patch).await
}

async fn file(
    service: Data<Service>,
    Reference(id): Reference,
    ending: &str,
    text: impl FnOnce(&Service, &Submission, Timestamp) -> Result<String, StoreError> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let (path, text) = service
        .blocking(move |service| {
            let now = Timestamp::now();
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let place = service.blog.place(&submission, now);
            Ok::<_, Error>((place.path, text(service, &submission, now)?))
        })
        .await?;
    let name = path.rsplit('/').next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    let disposition = format!("attachment; filename=\"{name}{ending}\"");
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(text))
}
