//! The web service: one table of routes, what every answer has in common, start and stop.

mod desk;
mod error;
mod form;
mod guard;
mod mailbox;
mod mine;
mod operator;
mod sign_in;

use std::{collections::BTreeMap, net::TcpListener, sync::Arc, time::Instant};

use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse, HttpServer, Route,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    guard as accept,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::{Compress, Next, from_fn},
    web::{self, Data},
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    blog::{Behalf, Blog, Order, Outcome},
    case_study::{CaseStudy, CaseStudyForm, Contact, Rules},
    config::Config,
    keys::Keys,
    mail::Outbox,
    post::Post,
    queue::{Queue, QueueError},
    sessions::Sessions,
    submission::{Action, Editorial, LetterChoice, Party, Refusal, Stage, Submission},
    templates::{TemplateError, Templates},
};

/// All that the handlers share.
pub struct Service {
    /// The settings.
    pub config: Config,
    /// Where people find the service; no slash at the end.
    pub public_url: String,
    /// The pages.
    pub templates: Arc<Templates>,
    /// Tokens and links.
    pub keys: Keys,
    /// The submissions.
    pub queue: Arc<Queue>,
    /// The letters.
    pub outbox: Arc<Outbox>,
    /// Who is signed in to the desk.
    pub sessions: Sessions,
    /// The blog's pages, and the way there.
    pub blog: Blog,
}

/// Who may enter a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everyone.
    Anyone,
    /// Whoever has the private link of a submission; the handler compares the key.
    LinkHolder,
    /// Editors who are signed in; `guard::editors_only` sees to it.
    Editor,
    /// People at this machine while letters are captured; `guard::at_this_machine` sees to it.
    Development,
    /// Whatever watches over the service; nothing private is there.
    Operator,
}

/// One row of the route table.
pub struct Entrance {
    /// `GET` also answers `HEAD`.
    pub method: Method,
    /// The pattern; it is also what the log shows, so that no private link gets there.
    pub path: &'static str,
    /// Who may enter.
    pub who: Who,
    route: Route,
}

impl Entrance {
    fn get<F, Args>(path: &'static str, who: Who, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        let route = web::route().guard(accept::Any(accept::Get()).or(accept::Head()));
        Self {
            method: Method::GET,
            path,
            who,
            route: route.to(handler),
        }
    }

    fn post<F, Args>(path: &'static str, who: Who, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self {
            method: Method::POST,
            path,
            who,
            route: web::post().to(handler),
        }
    }
}

/// The route table: everything that the service answers.
pub fn routes() -> Vec<Entrance> {
    use Who::{Anyone, Development, Editor, LinkHolder, Operator};
    vec![
        Entrance::get("/", Anyone, form::empty),
        Entrance::post("/", Anyone, form::sent),
        Entrance::get("/assets/{name}", Anyone, asset),
        Entrance::get("/mine/{id}/{key}", LinkHolder, mine::page),
        Entrance::post("/mine/{id}/{key}", LinkHolder, mine::act),
        Entrance::get("/mine/{id}/{key}/edit", LinkHolder, mine::edit),
        Entrance::post("/mine/{id}/{key}/edit", LinkHolder, mine::edited),
        Entrance::get("/lost-link", Anyone, mine::lost),
        Entrance::post("/lost-link", Anyone, mine::find),
        Entrance::get("/desk/sign-in", Anyone, sign_in::empty),
        Entrance::post("/desk/sign-in", Anyone, sign_in::ask),
        Entrance::get("/desk/sign-in/{link}", Anyone, sign_in::redeem),
        Entrance::post("/desk/sign-out", Editor, sign_in::sign_out),
        Entrance::get("/desk", Editor, desk::queue),
        Entrance::post("/desk", Editor, desk::several),
        Entrance::get("/desk/{id}", Editor, desk::review),
        Entrance::post("/desk/{id}", Editor, desk::act),
        Entrance::get("/desk/{id}/post.md", Editor, desk::download),
        Entrance::get("/desk/{id}/post.patch", Editor, desk::patch),
        Entrance::get("/desk/{id}/edit", Editor, desk::edit),
        Entrance::post("/desk/{id}/edit", Editor, desk::save),
        Entrance::get("/mailbox", Development, mailbox::list),
        Entrance::get("/mailbox/{name}", Development, mailbox::letter),
        Entrance::get("/healthz", Operator, operator::health),
        Entrance::get("/readyz", Operator, operator::readiness),
        Entrance::get("/metrics", Operator, operator::metrics),
    ]
}

fn register(service: &mut web::ServiceConfig) {
    let mut by_path: BTreeMap<&str, (Vec<Route>, Vec<&str>, Who)> = BTreeMap::new();
    for entrance in routes() {
        let (routes, methods, _) = by_path
            .entry(entrance.path)
            .or_insert_with(|| (Vec::new(), Vec::new(), entrance.who));
        if entrance.method == Method::GET {
            methods.extend(["GET", "HEAD"]);
        } else {
            methods.push("POST");
        }
        routes.push(entrance.route);
    }
    for (path, (routes, methods, who)) in by_path {
        let allow = methods.join(", ");
        let mut resource = web::resource(path).default_service(web::to(move |request| {
            error::wrong_method(request, allow.clone())
        }));
        for route in routes {
            resource = resource.route(route);
        }
        match who {
            Who::Development => {
                service.service(resource.guard(accept::fn_guard(guard::at_this_machine)))
            }
            Who::Editor => service.service(resource.wrap(from_fn(guard::editors_only))),
            Who::Anyone | Who::LinkHolder | Who::Operator => service.service(resource),
        };
    }
}

/// Serves until a stop signal; then finishes the requests under way.
///
/// # Errors
/// When the listener cannot be used.
pub async fn run(service: Arc<Service>, listener: TcpListener) -> std::io::Result<()> {
    let data = Data::from(service);
    HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .configure(register)
            .default_service(web::to(error::nothing_here))
            .wrap(Compress::default())
            .wrap(from_fn(every_answer))
    })
    .listen(listener)?
    .shutdown_timeout(30)
    .client_request_timeout(std::time::Duration::from_secs(10))
    .run()
    .await
}

/// The id by which a request is found in the log.
#[derive(Clone, Copy)]
struct RequestId(Uuid);

fn request_id(request: &HttpRequest) -> String {
    request
        .extensions()
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.simple().to_string())
}

/// What every answer has: an id, a line in the log, and headers that give pages no more than they
/// need. The log names the route's pattern, never the address: addresses hold private keys.
async fn every_answer(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let started = Instant::now();
    let id = RequestId(Uuid::now_v7());
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let mut response = next.call(request).await?;

    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "-".to_owned());
    let (referrer, robots) = match route.as_str() {
        "/" => ("same-origin", None),
        path if path.starts_with("/mine") => ("no-referrer", Some("noindex, nofollow")),
        _ => ("same-origin", Some("noindex, nofollow")),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, referrer);
    set(
        header::PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=()",
    );
    set(header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    if let Some(robots) = robots {
        set(HeaderName::from_static("x-robots-tag"), robots);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id.0.simple().to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    tracing::info!(
        request = %id.0.simple(),
        %method,
        route,
        status = response.status().as_u16(),
        ms = started.elapsed().as_millis() as u64,
        "answered"
    );
    Ok(response)
}

/// Style sheet and script, cached for good under the version that pages ask for.
async fn asset(
    service: Data<Service>,
    request: HttpRequest,
    name: web::Path<String>,
) -> HttpResponse {
    let Some(text) = service.templates.asset(&name) else {
        return error::nothing_here(request).await;
    };
    let kind = if name.ends_with(".css") {
        "text/css; charset=utf-8"
    } else {
        "text/javascript; charset=utf-8"
    };
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(text.to_owned())
}

/// What became of something that was to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acted {
    Done,
    NotThere,
    /// Somebody else has acted since.
    Stale,
    Refused(Refusal),
}

/// Why it could not even be tried.
#[derive(Debug, thiserror::Error)]
enum ActError {
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Blocking(#[from] actix_web::error::BlockingError),
}

/// What `base.html` needs around the page's own values.
#[derive(Serialize)]
struct Page<'a, T: Serialize> {
    page_title: &'a str,
    style: String,
    script: String,
    #[serde(flatten)]
    own: T,
}

impl Service {
    fn page(
        &self,
        template: &str,
        page_title: &str,
        own: impl Serialize,
    ) -> Result<String, TemplateError> {
        let versioned = |name: &str| {
            let text = self.templates.asset(name).unwrap_or_default();
            format!("/assets/{name}?v={}", version(text))
        };
        self.templates.render(
            template,
            &Page {
                page_title,
                style: versioned("style.css"),
                script: versioned("form.js"),
                own,
            },
        )
    }

    /// Renders every page with this sample, so that a template that does not fit stops the start
    /// and not a campaigner.
    ///
    /// # Errors
    /// The first template that does not fit, by name and line.
    pub fn try_pages(&self, submission: &Submission) -> Result<(), TemplateError> {
        form::try_pages(self, &self.rules(), submission.case_study())?;
        mine::try_pages(self, submission)?;
        desk::try_pages(self, submission)?;
        sign_in::try_pages(self)?;
        mailbox::try_pages(self)?;
        error::try_page(self)
    }

    /// Does something with a submission, and wakes the worker for the letters that this causes.
    /// `seen` is the version that whoever acts has seen, as the form sent it along.
    async fn act(
        self: Arc<Self>,
        id: Uuid,
        seen: &str,
        by: Party,
        action: Action,
        letter: LetterChoice,
    ) -> Result<Acted, ActError> {
        let outbox = Arc::clone(&self.outbox);
        let seen = seen.parse().ok();
        let acted = self
            .blocking(move |service| {
                let editors = &service.config.editors;
                service.queue.update(id, |submission| {
                    if seen != Some(submission.version) {
                        return Acted::Stale;
                    }
                    match submission.act(by, action, letter, editors, Timestamp::now()) {
                        Ok(()) => Acted::Done,
                        Err(refusal) => Acted::Refused(refusal),
                    }
                })
            })
            .await??;
        outbox.wake();
        Ok(acted.unwrap_or(Acted::NotThere))
    }

    /// Carries out orders to the blog, in their order. Goes on to its end even where nobody waits
    /// for the answer any more.
    async fn carry_out(
        self: Arc<Self>,
        orders: Vec<Order>,
        by: Party,
        letter: LetterChoice,
    ) -> Result<Vec<Acted>, ActError> {
        let outbox = Arc::clone(&self.outbox);
        let behalf = Behalf { by, letter };
        let reported = self
            .blocking(move |service| {
                service
                    .blog
                    .carry_out(&service.queue, orders, &behalf, &|_, _, _| {})
            })
            .await??;
        outbox.wake();
        Ok(reported
            .into_iter()
            .map(|reported| match reported.outcome {
                Outcome::Published(_)
                | Outcome::TakenDown { .. }
                | Outcome::NothingToDo
                | Outcome::Shown(_) => Acted::Done,
                Outcome::NotThere => Acted::NotThere,
                Outcome::Stale => Acted::Stale,
                Outcome::Refused(refusal) => Acted::Refused(refusal),
                Outcome::Stopped(_) => Acted::Refused(Refusal::Blog),
            })
            .collect())
    }

    /// What a case study must keep to here.
    fn rules(&self) -> Rules {
        Rules {
            required: self.config.form.required.clone(),
            topics: self.blog.vocabulary().topics.clone(),
        }
    }

    /// Runs work that blocks (disk, Markdown) away from the threads that answer.
    async fn blocking<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, actix_web::error::BlockingError> {
        web::block(move || work(&self)).await
    }
}

/// Changes whenever the text does.
fn version(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(text.as_bytes());
    hash.iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
