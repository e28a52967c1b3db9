//! What stands before every path, where the service is not at the root of its host
//! (`public_url: https://example.org/intake`).
//!
//! Only this file, the templates, which write `{{ base_path }}` before each address, and the
//! cookies' path in `session` know of it. Everywhere else a path is as in the table of routes.

use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse, Url},
    http::{
        Uri,
        header::{self, HeaderValue},
        uri::PathAndQuery,
    },
    middleware::Next,
    web::Data,
};

use super::routes::routes;
use crate::service::Service;

/// A path that could not be told from one of the service's own.
#[derive(Debug, thiserror::Error)]
#[error(
    "`public_url`: its path cannot begin with /{0}, because pages of the service do; choose another, as in https://example.org/intake"
)]
pub struct Taken(String);

/// Judges what stands before every path. Where a proxy takes it off, the service's own paths come
/// as they are, and none of them may begin as it does.
///
/// # Errors
/// When a route begins with the same name.
pub fn judge(base_path: &str) -> Result<(), Taken> {
    fn first(path: &str) -> Option<&str> {
        path.split('/').nth(1).filter(|name| !name.is_empty())
    }
    let Some(name) = first(base_path) else {
        return Ok(());
    };
    let is_taken = routes().iter().any(|route| first(route.path) == Some(name));
    if is_taken {
        Err(Taken(name.to_owned()))
    } else {
        Ok(())
    }
}

/// Middleware that takes the base path off what is asked for, before a route is looked for, and
/// puts it before the path that an answer leads to. Some proxies have taken it off already, so a
/// path without it is good too.
pub(super) async fn taken_off(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let service = request.app_data::<Data<Service>>();
    let service = service.filter(|service| !service.public_url.base_path().is_empty());
    let Some(service) = service.cloned() else {
        return next.call(request).await;
    };
    let base_path = service.public_url.base_path();
    if let Some(uri) = without(base_path, request.uri()) {
        request.match_info_mut().set(Url::new(uri.clone()));
        request.head_mut().uri = uri;
    }
    let mut response = next.call(request).await?;
    if let Some(location) = response.headers_mut().get_mut(header::LOCATION)
        && location.as_bytes().starts_with(b"/")
    {
        let whole = [base_path.as_bytes(), location.as_bytes()].concat();
        *location =
            HeaderValue::from_bytes(&whole).map_err(actix_web::error::ErrorInternalServerError)?;
    }
    Ok(response)
}

/// The address without the base path; `None` where it does not begin with it.
fn without(base_path: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base_path)?;
    let rest = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(rest).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_the_whole_base_path_or_is_left_alone() {
        for (asked, rest) in [
            ("/intake", Some("/")),
            ("/intake/", Some("/")),
            ("/intake?a=/b", Some("/?a=/b")),
            ("/intake/desk?stage=received", Some("/desk?stage=received")),
            ("/intake/intake/desk", Some("/intake/desk")),
            ("/intake/mine/%22", Some("/mine/%22")),
            (
                "http://example.org/intake/desk",
                Some("http://example.org/desk"),
            ),
            ("/", None),
            ("/desk", None),
            ("/intakes/desk", None),
            ("/Intake/desk", None),
            ("/desk/intake", None),
            ("*", None),
        ] {
            let uri = without("/intake", &asked.parse().unwrap());
            assert_eq!(uri.map(|uri| uri.to_string()).as_deref(), rest, "{asked}");
        }
    }

    #[test]
    fn no_page_of_ours_begins_as_the_base_path_does() {
        for free in ["", "/intake", "/desks", "/our/desk"] {
            assert!(judge(free).is_ok(), "{free}");
        }
        for taken in ["/desk", "/forms/ours", "/mine", "/assets", "/healthz"] {
            let told = judge(taken).unwrap_err().to_string();
            assert!(told.contains("`public_url`"), "{told}");
        }
    }
}
