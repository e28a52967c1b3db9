//! The one table of routes: everything that the service answers, and who may enter.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse, guard,
    http::{
        Method,
        header::{self, Header as _},
    },
    middleware::from_fn,
    web::{self, Data},
};

use super::{
    campaigner::{address, copy, edit, form, lost, privacy, status},
    desk::{
        bulk, compare, decide, duplicate, edit as desk_edit, export, files, invite, live, queue,
        sessions, sign_in, submission,
    },
    errors::Error,
    feed,
    operator::{mailbox, probes},
    origin, pictures, session, writing,
};
use crate::service::Service;

/// Who may enter a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Anyone,
    /// Whoever has the private link of a submission; `links::PrivateLink` sees to it.
    LinkHolder,
    /// Editors who are signed in; `session::editors_only` sees to it.
    Editor,
    /// People at this machine while mail is captured; `origin::at_this_machine` sees to it.
    Development,
    /// Whatever watches over the service, on a listener of its own.
    Operator,
}

const HEALTH: &str = "/healthz";

/// One row of the table.
pub struct Route {
    /// `GET` also answers `HEAD`.
    pub method: Method,
    /// The pattern; it is also what the log shows, so that no private link gets there.
    pub path: &'static str,
    /// Who may enter.
    pub access: Access,
    handler: actix_web::Route,
}

impl Route {
    fn get<F, Args>(path: &'static str, access: Access, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head()));
        Self {
            method: Method::GET,
            path,
            access,
            handler: route.to(handler),
        }
    }

    fn post<F, Args>(path: &'static str, access: Access, handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: actix_web::Responder + 'static,
    {
        Self {
            method: Method::POST,
            path,
            access,
            handler: web::post().to(handler),
        }
    }
}

/// The table.
pub fn routes() -> Vec<Route> {
    use Access::{Anyone, Development, Editor, LinkHolder, Operator};
    vec![
        Route::get("/", Anyone, form::home),
        Route::post("/", Anyone, form::send),
        Route::get("/forms/{name}", Anyone, form::page),
        Route::post("/forms/{name}", Anyone, form::send_named),
        Route::post("/paste", Anyone, writing::paste),
        Route::post("/preview", Anyone, writing::preview),
        Route::get("/assets/{name}", Anyone, asset),
        Route::get("/robots.txt", Anyone, robots),
        Route::get("/.well-known/security.txt", Anyone, security),
        Route::get("/mine/{id}/{key}", LinkHolder, status::page),
        Route::post("/mine/{id}/{key}", LinkHolder, status::act),
        Route::get("/mine/{id}/{key}/copy", LinkHolder, copy::page),
        Route::get("/mine/{id}/{key}/copy.txt", LinkHolder, copy::file),
        Route::get("/mine/{id}/{key}/edit", LinkHolder, edit::page),
        Route::post("/mine/{id}/{key}/edit", LinkHolder, edit::save),
        Route::get(
            "/mine/{id}/{key}/pictures/{file}",
            LinkHolder,
            pictures::of_link,
        ),
        Route::get("/confirm-address/{id}/{key}", Anyone, address::page),
        Route::post("/confirm-address/{id}/{key}", Anyone, address::confirm),
        Route::get("/lost-link", Anyone, lost::page),
        Route::post("/lost-link", Anyone, lost::ask),
        Route::get("/feed/{key}", Anyone, feed::page),
        Route::get("/privacy", Anyone, privacy::page),
        Route::get("/desk/sign-in", Anyone, sign_in::page),
        Route::post("/desk/sign-in", Anyone, sign_in::ask),
        Route::get("/desk/sign-in/{link}", Anyone, sign_in::redeem),
        Route::post("/desk/sign-out", Editor, sign_in::sign_out),
        Route::get("/desk", Editor, queue::page),
        Route::post("/desk", Editor, bulk::act),
        Route::get("/desk/events", Editor, live::queue),
        Route::get("/desk/export.csv", Editor, export::csv),
        Route::get("/desk/export.json", Editor, export::json),
        Route::get("/desk/new", Editor, invite::page),
        Route::post("/desk/new", Editor, invite::begin),
        Route::get("/desk/sessions", Editor, sessions::page),
        Route::post("/desk/sessions", Editor, sessions::act),
        Route::get("/desk/{id}", Editor, submission::page),
        Route::post("/desk/{id}", Editor, decide::act),
        Route::get("/desk/{id}/events", Editor, live::submission),
        Route::get("/desk/{id}/post.md", Editor, files::download),
        Route::get("/desk/{id}/post.patch", Editor, files::patch),
        Route::get("/desk/{id}/compare", Editor, compare::page),
        Route::post("/desk/{id}/compare", Editor, compare::act),
        Route::get("/desk/{id}/duplicate", Editor, duplicate::page),
        Route::get("/desk/{id}/pictures/{file}", Editor, pictures::of_desk),
        Route::get("/desk/{id}/edit", Editor, desk_edit::page),
        Route::post("/desk/{id}/edit", Editor, desk_edit::save),
        Route::get("/mailbox/{key}", Development, mailbox::list),
        Route::get("/mailbox/{key}/{name}", Development, mailbox::mail),
        Route::get(HEALTH, Anyone, probes::health),
        Route::get("/readyz", Operator, probes::readiness),
        Route::get("/metrics", Operator, probes::metrics),
    ]
}

/// What the listener for everybody answers.
pub(super) fn for_people(app: &mut web::ServiceConfig) {
    register(app, |route| route.access != Access::Operator);
}

/// What the listener for operators answers: what is theirs alone, and whether the process is there.
pub(super) fn for_operators(app: &mut web::ServiceConfig) {
    register(app, |route| {
        route.access == Access::Operator || route.path == HEALTH
    });
}

fn register(app: &mut web::ServiceConfig, is_served: fn(&Route) -> bool) {
    let mut by_path: BTreeMap<&str, Vec<Route>> = BTreeMap::new();
    for route in routes().into_iter().filter(is_served) {
        by_path.entry(route.path).or_default().push(route);
    }
    for (path, routes) in by_path {
        let mut methods = Vec::new();
        let mut access = Access::Anyone;
        let mut resource = web::resource(path);
        for route in routes {
            if route.method == Method::GET {
                methods.extend(["GET", "HEAD"]);
            } else {
                methods.push("POST");
            }
            access = route.access;
            resource = resource.route(route.handler);
        }
        let allow = methods.join(", ");
        let resource = resource.default_service(web::to(move || {
            let error = Error::WrongMethod {
                allow: allow.clone(),
            };
            async { Err::<HttpResponse, _>(error) }
        }));
        match access {
            Access::Development => {
                app.service(resource.guard(guard::fn_guard(origin::at_this_machine)))
            }
            Access::Editor => app.service(resource.wrap(from_fn(session::editors_only))),
            Access::Anyone | Access::LinkHolder | Access::Operator => app.service(resource),
        };
    }
}

/// What search engines are asked to leave alone (RFC 9309).
async fn robots(service: Data<Service>) -> HttpResponse {
    let base_path = service.public_url.base_path();
    let paths = ["desk", "feed", "lost-link", "mailbox", "mine"];
    let lines: String = paths
        .iter()
        .map(|path| format!("Disallow: {base_path}/{path}\n"))
        .collect();
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!("User-agent: *\n{lines}"))
}

/// Whom to tell of a weakness (RFC 9116).
async fn security(service: Data<Service>) -> Result<HttpResponse, Error> {
    let security = &service.config.security;
    let (Some(contact), Some(expires)) = (&security.contact, security.expires) else {
        return Err(Error::NotFound);
    };
    let url = &service.public_url;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(format!(
            "Contact: {contact}\nExpires: {expires}T00:00:00Z\nPreferred-Languages: en\nCanonical: {url}/.well-known/security.txt\n"
        )))
}

/// Style sheet and script, cached for good under the version that pages ask for.
async fn asset(
    service: Data<Service>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let text = service.templates.asset(&name).ok_or(Error::NotFound)?;
    let kind = if name.ends_with(".css") {
        "text/css; charset=utf-8"
    } else {
        "text/javascript; charset=utf-8"
    };
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "accept-encoding"));
    // Smaller than what is compressed anew for each answer, and it costs nothing.
    match service.templates.compressed_asset(&name) {
        Some(compressed) if takes_gzip(&request) => Ok(answer
            .insert_header(header::ContentEncoding::Gzip)
            .body(compressed.to_vec())),
        _ => Ok(answer.body(text.to_owned())),
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = header::AcceptEncoding::parse(request).ok();
    let gzip = [header::Encoding::gzip()];
    accepted.is_some_and(|it| it.negotiate(gzip.iter()) == Some(header::Encoding::gzip()))
}
