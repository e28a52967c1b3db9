//! The web service: what every answer has in common, start and stop.

mod agreed;
mod answer;
mod base_path;
mod body;
mod campaigner;
mod client;
mod connections;
mod desk;
mod edited;
mod errors;
mod feed;
mod fields;
mod links;
mod notice;
mod operator;
mod origin;
mod pictures;
mod request_id;
mod routes;
mod sender;
mod server;
mod session;
mod writing;

use std::{net::TcpListener, rc::Rc, sync::Arc, time::Instant};

use actix_server::Server;
use actix_web::{
    App, HttpMessage,
    body::MessageBody,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::{Compress, Next, from_fn},
    rt::net::TcpStream,
    web::{self, Data},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use body::Turns;
use connections::Connections;
use desk::live::Stopping;
use request_id::RequestId;
use server::{Answers, Body};

use crate::{form::Definition, service::Service, submission::Submission, templates::TemplateError};

pub use base_path::{Taken, judge as judge_base_path};
pub use routes::{Access, Route, routes};

/// The path of the page with captured mail: only whoever can read the terminal knows it.
pub fn mailbox_path(service: &Service) -> String {
    operator::mailbox::path(service)
}

/// How many threads of each worker may wait for the store, or render: what each has allocated stays
/// with it.
const BLOCKING: usize = 16;

/// Where the service listens.
pub struct Listeners {
    /// For everybody.
    pub people: TcpListener,
    /// For whatever watches over the service.
    pub operators: TcpListener,
}

/// Serves until a stop signal; then finishes the requests under way.
///
/// # Errors
/// When a listener cannot be used.
pub async fn run(service: Arc<Service>, listeners: Listeners) -> std::io::Result<()> {
    let data = Data::from(service);
    let people = data.clone();
    let blanks = Data::new(campaigner::blank::Blanks::default());
    let connections = Connections::new(&data.config.limits);
    let turns = Data::new(Turns::new());
    let (stop, stopping) = watch::channel(false);
    let stopping = Data::new(Stopping(stopping));
    let mut asked_to_stop = signal(SignalKind::terminate())?;
    actix_web::rt::spawn(async move {
        asked_to_stop.recv().await;
        let _ = stop.send(true);
    });
    let is_https = data.public_url.is_https();
    let opened = move |stream: &TcpStream, kept: &mut Extensions| connections.opened(stream, kept);
    let server = Server::build()
        .shutdown_timeout(30)
        .worker_max_blocking_threads(BLOCKING);
    let people = server::listen(server, listeners.people, is_https, opened, move || {
        App::new()
            .app_data(turns.clone())
            .app_data(stopping.clone())
            .app_data(people.clone())
            .app_data(blanks.clone())
            .configure(routes::for_people)
            .default_service(web::to(errors::not_found))
            .wrap(from_fn(errors::with_pages))
            .wrap(from_fn(secrets_uncompressed))
            .wrap(Compress::default())
            .wrap(from_fn(base_path::taken_off))
            .wrap(from_fn(every_answer))
    })?;
    let server = Server::build().shutdown_timeout(1).workers(1);
    let all = |_: &TcpStream, _: &mut Extensions| {};
    let operators = server::listen(server, listeners.operators, is_https, all, move || {
        App::new()
            .app_data(data.clone())
            .configure(routes::for_operators)
            .default_service(web::to(errors::not_found))
            .wrap(from_fn(errors::with_pages))
            .wrap(from_fn(every_answer))
    })?;
    futures_util::future::try_join(people.run(), operators.run())
        .await
        .map(drop)
}

/// Renders every page with this sample, so that a template that does not fit stops the start and
/// not a campaigner.
///
/// # Errors
/// The first template that does not fit, by name and line.
pub fn try_pages(
    service: &Service,
    definition: &Definition,
    sample: &Submission,
) -> Result<(), TemplateError> {
    campaigner::try_pages(service, definition, sample)?;
    desk::try_pages(service, definition, sample)?;
    operator::try_pages(service)?;
    errors::try_page(service)
}

/// Pages that hold secrets, and words that somebody else may have chosen, are not compressed: how
/// much shorter they get would tell what is in both (CVE-2013-3587).
async fn secrets_uncompressed(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let route = response.request().match_pattern().unwrap_or_default();
    let holds_secrets = ["/desk", "/mine", "/mailbox"];
    if holds_secrets.iter().any(|path| route.starts_with(path)) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, AS_IT_IS.clone());
    }
    Ok(response)
}

/// Says to [`Compress`] that nothing is to be done; it is not sent (RFC 9110, section 12.5.3).
static AS_IT_IS: HeaderValue = HeaderValue::from_static("identity");

/// What every answer has: an id, a line in the log, and headers that give pages no more than they
/// need. The log names the route's pattern, never the address: addresses hold private keys.
async fn every_answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let under_way = Answers::begin(request.conn_data::<Rc<Answers>>());
    let started = Instant::now();
    let id = RequestId::new();
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let service = request.app_data::<Data<Service>>();
    let is_https = service.is_some_and(|service| service.public_url.is_https());
    let mut response = next.call(request).await?;

    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "-".to_owned());
    let (referrer, robots) = match route.as_str() {
        "/" | "/forms/{name}" => ("same-origin", None),
        "/robots.txt" => ("same-origin", None),
        path if ["/mine", "/feed"].iter().any(|own| path.starts_with(own)) => {
            ("no-referrer", Some("noindex, nofollow"))
        }
        _ => ("same-origin", Some("noindex, nofollow")),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    for (name, value) in restrictions(is_https) {
        set(name, value);
    }
    set(header::REFERRER_POLICY, referrer);
    if let Some(robots) = robots {
        set(ROBOTS, robots);
    }
    if headers.get(header::CONTENT_ENCODING) == Some(&AS_IT_IS) {
        headers.remove(header::CONTENT_ENCODING);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // Going back to a page with typed words must find them.
        let kept = match method {
            Method::POST => "private, no-cache",
            _ => "no-store",
        };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    let request = id.to_string();
    if let Ok(value) = HeaderValue::from_str(&request) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    tracing::info!(
        request = %request,
        %method,
        route,
        status = response.status().as_u16(),
        ms = started.elapsed().as_millis() as u64,
        "answered"
    );
    Ok(response.map_body(|_, body| Body::new(body, under_way)))
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The headers that give whatever is answered no more than it needs.
fn restrictions(is_https: bool) -> impl Iterator<Item = (HeaderName, &'static str)> {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let https = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::PERMISSIONS_POLICY,
            "camera=(), geolocation=(), microphone=()",
        ),
        (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ]
    .into_iter()
    .chain(is_https.then_some(https))
}
