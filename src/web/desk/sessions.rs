//! Where an editor is signed in, and the end of that; and the editor's own feed.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use jiff::Timestamp;
use serde::Serialize;

use super::words::moment;
use crate::{
    service::{Noted, Service, note},
    store::Session,
    templates::TemplateError,
    web::{
        answer::{Answer, Page, html, see_other},
        errors::Error,
        session::{self, DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct SessionsPage<'a> {
    editor: &'a str,
    token: &'a str,
    sessions: Vec<SessionView>,
    /// The address of the editor's own feed, and the key in it.
    feed: String,
    feed_key: &'a str,
}

#[derive(Serialize)]
struct SessionView {
    id: String,
    browser: String,
    begun: String,
    used: String,
    until: String,
    is_this: bool,
}

/// `GET /desk/sessions`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<Answer, Error> {
    let (own, _) = session::end(&service, &request);
    service
        .blocking(move |service| {
            let sessions =
                service
                    .store
                    .sessions(&signed_in.editor.email, &own, Timestamp::now())?;
            let feed_key = service.feed_key(&signed_in.editor.email)?;
            let page = render(service, &signed_in, sessions, &feed_key)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// `POST /desk/sessions`: ends one, or all but this one; or changes the address of the feed.
pub(in crate::web) async fn act(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let (own, _) = session::end(&service, &request);
    service
        .blocking(move |service| {
            let email = &signed_in.editor.email;
            let now = Timestamp::now();
            let wanted = body.first("session");
            if body.first("action") == "change_feed" {
                service.store.change_feed(email)?;
                note(Noted::LinkChanged, &signed_in.editor.name, "", "the feed");
                return Ok(see_other("/desk/sessions"));
            }
            for session in service.store.sessions(email, &own, now)? {
                let is_meant = match body.first("action") {
                    "end_others" => !session.is_this,
                    "end" => session.id == wanted,
                    _ => false,
                };
                if is_meant {
                    service.store.end_session(email, &session.id)?;
                    note(Noted::SessionEnded, &signed_in.editor.name, "", "");
                }
            }
            Ok(see_other("/desk/sessions"))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    sessions: Vec<Session>,
    feed_key: &str,
) -> Result<String, TemplateError> {
    let sessions = sessions.into_iter().map(|session| SessionView {
        browser: match session.browser.as_str() {
            "" => "A browser".to_owned(),
            known => known.to_owned(),
        },
        begun: moment(service, session.begun),
        used: moment(service, session.used),
        until: moment(service, session.expires),
        id: session.id,
        is_this: session.is_this,
    });
    let own = SessionsPage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        sessions: sessions.collect(),
        feed: format!("{}/feed/{feed_key}", service.public_url),
        feed_key,
    };
    Page::new("sessions.html", "Where you are signed in").render(service, &own)
}

/// A browser in few words, as in `Firefox on Android`. No more is kept of it.
pub(super) fn in_words(user_agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        let mut known = known.iter();
        known
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|it| it.1)
    };
    // Each claims to be those that stand behind it here.
    let browser = find(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

pub(super) fn try_page(service: &Service) -> Result<(), TemplateError> {
    let sample = |is_this| Session {
        id: "0123".to_owned(),
        browser: "Firefox on Linux".to_owned(),
        begun: Timestamp::UNIX_EPOCH,
        used: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH,
        is_this,
    };
    let sessions = vec![sample(true), sample(false)];
    render(service, &SignedIn::sample(), sessions, "0123").map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_browser_only_few_words_are_kept() {
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                "Firefox on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.0", ""),
        ] {
            assert_eq!(in_words(user_agent), words);
        }
    }
}
