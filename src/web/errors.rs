//! What stops a request: fixed words and a request id for the person, the cause for the log.

use std::{fmt, io};

use actix_web::{
    HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use serde::Serialize;

use super::{
    answer::{Answer, Page},
    request_id::RequestId,
};
use crate::{
    service::{CutOff, Outcome, Service, ServiceError, Words},
    store::StoreError,
    templates::TemplateError,
};

/// Where editors sign in, in the words of an error.
const SIGN_IN: &str = "/desk/sign-in";

/// Why a handler has no page of its own to answer with.
#[derive(Debug)]
pub(super) enum Error {
    /// A page that never was, or a private link that does not fit: the same for both.
    NotFound,
    /// The methods that there are.
    WrongMethod {
        allow: String,
    },
    /// A change that was not asked for on our own pages.
    Forged,
    NotSignedIn,
    /// A change from a page that was opened before this session began: a page with its words.
    SendAgain(Answer),
    /// The body of a form took too long.
    TooSlow,
    /// There are too many large bodies at once.
    Busy,
    /// The body of a form ended early.
    CutShort,
    /// `close`: not all of it was read.
    TooLong {
        close: bool,
    },
    /// The same of one with a picture.
    FileTooLarge {
        close: bool,
    },
    NotAForm,
    /// A decision that cannot be made about several at once.
    NotForBulk,
    /// The program was put together without its parts.
    NotSetUp,
    /// What the person at the browser cannot mend.
    Service(ServiceError),
}

impl Error {
    fn words(&self) -> Words {
        let (heading, text) = match self {
            Error::NotFound => return Outcome::<()>::NotThere.words(),
            Error::WrongMethod { .. } => (
                "This page can’t be used in that way",
                "Go to the form and start from there.",
            ),
            Error::Forged => (
                "We couldn’t tell that this came from you",
                "Nothing was changed. Go back, load the page again, then try once more.",
            ),
            Error::SendAgain(_) | Error::NotSignedIn => (
                "You are not signed in",
                "Nothing was changed. Sign in at /desk/sign-in, perhaps in another tab, then come back to this page and send it again.",
            ),
            Error::TooSlow => (
                "The connection was too slow",
                "Your answers did not arrive, and nothing was saved. Go back: your words are still in the form. Then send it again.",
            ),
            Error::Busy => (
                "Too many are sending at once",
                "Your answers were not saved. Go back: your words are still in the form. Send it again in a minute.",
            ),
            Error::CutShort => (
                "Your answers did not arrive whole",
                "Nothing was saved. Go back: your words are still in the form. Then send it again.",
            ),
            Error::TooLong { .. } => (
                "Your answers are too long",
                "Nothing was saved. Go back: your words are still in the form. Shorten them as the limits below the fields say, and send the form again.",
            ),
            Error::FileTooLarge { .. } => (
                "This picture is too large",
                "It has more than 15 MB, and nothing was saved. Go back: your words are still in the form. Choose a smaller picture, or make it smaller first, and add it again.",
            ),
            Error::NotAForm => (
                "That is not our form",
                "Only the form on this site can be sent here. Go to the form and fill it in.",
            ),
            Error::NotForBulk => (
                "That can’t be done for several at once",
                "Nothing was changed. Go back and use one of the buttons.",
            ),
            Error::NotSetUp | Error::Service(_) => (
                "Sorry, there is a problem with the service",
                "Go back and try again in a few minutes. If it happens again, write to us with the reference below.",
            ),
        };
        Words { heading, text }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().heading)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::WrongMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Error::Forged | Error::NotSignedIn | Error::SendAgain(_) => StatusCode::FORBIDDEN,
            Error::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::CutShort => StatusCode::BAD_REQUEST,
            Error::TooLong { .. } | Error::FileTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Error::NotForBulk => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotSetUp | Error::Service(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// In plain text; [`with_pages`] makes a page of it.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Error::WrongMethod { allow } => {
                response.insert_header((header::ALLOW, allow.as_str()));
            }
            Error::Busy => {
                response.insert_header((header::RETRY_AFTER, "60"));
                response.force_close();
            }
            Error::TooLong { close: true } | Error::FileTooLarge { close: true } => {
                response.force_close();
            }
            _ => {}
        }
        let Words { heading, text } = self.words();
        response
            .content_type("text/plain; charset=utf-8")
            .body(format!("{heading}\n{text}\n"))
    }
}

impl From<ServiceError> for Error {
    fn from(cause: ServiceError) -> Self {
        Error::Service(cause)
    }
}

impl From<StoreError> for Error {
    fn from(cause: StoreError) -> Self {
        Error::Service(cause.into())
    }
}

impl From<TemplateError> for Error {
    fn from(cause: TemplateError) -> Self {
        Error::Service(cause.into())
    }
}

impl From<io::Error> for Error {
    fn from(cause: io::Error) -> Self {
        Error::Service(cause.into())
    }
}

impl From<CutOff> for Error {
    fn from(cause: CutOff) -> Self {
        Error::Service(cause.into())
    }
}

#[derive(Serialize)]
struct Message {
    heading: &'static str,
    text: String,
    request: String,
}

impl Message {
    fn of(error: &Error, service: &Service, request: String) -> Self {
        let Words { heading, text } = error.words();
        let base_path = service.public_url.base_path();
        let text = match error {
            // It says where to sign in.
            Error::NotSignedIn => text.replace(SIGN_IN, &format!("{base_path}{SIGN_IN}")),
            _ => text.to_owned(),
        };
        Self {
            heading,
            text,
            request,
        }
    }

    fn render(&self, service: &Service) -> Result<String, TemplateError> {
        Page::new("message.html", self.heading).render(service, self)
    }
}

/// For every address without a route.
pub(super) async fn not_found() -> Result<HttpResponse, Error> {
    Err(Error::NotFound)
}

/// Middleware that writes the cause of an error to the log, once, and makes a page of its words.
pub(super) async fn with_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let error = response.response().error();
    let Some(error) = error.and_then(|error| error.as_error::<Error>()) else {
        return Ok(response);
    };
    let request = RequestId::of(response.request());
    match error {
        Error::Service(cause) => {
            let cause = cause.for_the_log();
            tracing::error!(request, cause, "could not answer");
        }
        Error::NotSetUp => tracing::error!(request, "could not answer: not set up"),
        _ => {}
    }
    let service = response.request().app_data::<Data<Service>>();
    let page = match error {
        Error::SendAgain(Answer::Page(_, page)) => Some(Ok(page.clone())),
        _ => service.map(|service| Message::of(error, service, request).render(service)),
    };
    let Some(Ok(page)) = page else {
        return Ok(response);
    };
    Ok(response.map_body(|head, _| {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        head.headers.insert(header::CONTENT_TYPE, html);
        BoxBody::new(page)
    }))
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    let message = Message::of(&Error::NotFound, service, "0123".to_owned());
    message.render(service).map(drop)
}
