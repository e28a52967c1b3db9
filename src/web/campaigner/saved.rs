//! A form that was saved to go on later: opened by its private link, saved again, sent from there.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    form::{self, ClosedPage, From},
    form_page::{self, State},
};
use crate::{
    form::{Definition, Door, Problem, Typed},
    service::{Outcome, Service, ServiceError},
    store::SavedForm,
    text::{clean::clean_line, email::mail_address},
    web::{
        answer::{Answer, Notice, Page, html, see_other},
        body::FormBody,
        errors::Error,
        links::PrivateLink,
    },
};

/// The input for the address that the link is to be sent to.
pub(super) const EMAIL: &str = "saved_email";

/// The saved form that a link leads to, if it leads to one, and its definition.
fn of_link(
    service: &Service,
    link: PrivateLink,
) -> Result<(SavedForm, std::sync::Arc<Definition>), Error> {
    let found = service.store.saved_form(link.id)?;
    let found = found.filter(|_| link.changed == 0);
    let saved = found.ok_or(Error::NotFound)?;
    let definition = service.forms.of(&saved.form);
    Ok((saved, definition))
}

/// The form as it was saved; `asked` is the address's query, which says what was just done.
pub(super) fn page(service: &Service, link: PrivateLink, asked: &str) -> Result<Answer, Error> {
    let (saved, definition) = of_link(service, link)?;
    if saved.is_taken_back() {
        return taken_back(service, &saved.typed, StatusCode::OK);
    }
    if definition.is_gone() {
        let title = "This form is not available any more";
        let text = "It can’t be sent. Your words are below, so you can copy them.";
        let kept = saved.typed.pairs().map(|(_, text)| text);
        return only_words(service, title, text, kept, StatusCode::OK);
    }
    let is_closed = is_closed(service, &definition, &saved);
    let notice = match asked {
        _ if is_closed => Some(Notice::CLOSED_SINCE),
        "saved" => Some(Notice::SAVED),
        "sent" => Some(Notice::LINK_SENT),
        "not-sent" => Some(Notice::LINK_NOT_SENT),
        _ if saved.is_untouched() => Some(Notice::BEGUN),
        _ => None,
    };
    let state = State {
        typed: Typed::read(&definition, saved.typed.pairs()),
        notice,
        is_closed,
        saved: Some(saved),
        ..State::default()
    };
    let page = form_page::render(service, &definition, &service.blog.vocabulary(), &state)?;
    Ok(html(StatusCode::OK, page))
}

/// A page with nothing but what was typed.
fn only_words<'a>(
    service: &Service,
    title: &str,
    text: &str,
    typed: impl Iterator<Item = &'a str>,
    status: StatusCode,
) -> Result<Answer, Error> {
    let own = ClosedPage {
        kept: typed.filter(|text| !text.trim().is_empty()).collect(),
        ..ClosedPage::of(title, text)
    };
    let page = Page::new("closed.html", title).render(service, &own)?;
    Ok(html(status, page))
}

/// The page of an invitation that an editor has taken back.
fn taken_back(service: &Service, typed: &Typed, status: StatusCode) -> Result<Answer, Error> {
    let title = "We’ve taken this invitation back";
    let text = match *typed == Typed::default() {
        true => "There is nothing that you need to do.",
        false => "It can’t be sent. Your words are below, so you can copy them.",
    };
    let kept = typed.pairs().map(|(_, text)| text);
    only_words(service, title, text, kept, status)
}

/// What becomes of a post by a link that leads nowhere any more, because it was changed in another tab or
/// what it led to is deleted: whoever typed these words gets them back, and nothing else.
pub(super) fn nowhere(service: &Service, body: &FormBody) -> Result<Answer, Error> {
    const NOT_TYPED: [&str; 8] = [
        "action", "enter", "purpose", "revision", "saved", "sure", "token", "version",
    ];
    let is_typed = |name: &str, text: &str| !NOT_TYPED.contains(&name) && !text.trim().is_empty();
    let typed = body.texts().filter(|(name, text)| is_typed(name, text));
    let mut typed = typed.map(|(_, text)| text).peekable();
    if typed.peek().is_none() {
        return Err(Error::NotFound);
    }
    let title = "This link doesn’t work any more";
    let text = "Nothing was sent or saved. What you typed is below, so you can copy it.";
    only_words(service, title, text, typed, StatusCode::NOT_FOUND)
}

/// Whether it cannot be sent now, also by whoever began it in time.
fn is_closed(service: &Service, definition: &Definition, saved: &SavedForm) -> bool {
    let now = Timestamp::now();
    let begun = service.keys.made(saved.id).unwrap_or(now);
    let opening = service.store.opening(definition);
    opening.for_one_who_began(begun, now) != Door::Open
}

/// What becomes of a post from the page of a saved form.
pub(super) fn act(
    service: &Service,
    link: PrivateLink,
    body: &FormBody,
    from: From,
) -> Result<Answer, Error> {
    let (saved, definition) = match of_link(service, link) {
        Ok(found) => found,
        Err(Error::NotFound) if body.has("revision") => {
            return elsewhere(service, link, body, from);
        }
        // Which form it is cannot be looked up; where there is one, it is that, with every word.
        Err(Error::Service(cause @ ServiceError::Store(_))) if let [only] = service.forms.all() => {
            let now = Timestamp::now();
            let mut state = State {
                token: service.keys.form_token(now),
                typed: Typed::read(only, body.texts()),
                ..State::default()
            };
            let outcome = Outcome::<()>::NotSaved(cause);
            return form::not_done(service, only, &mut state, &outcome, &from.request, now);
        }
        Err(error) => return Err(error),
    };
    if body.button() == "discard" {
        if body.first("sure") == "yes" {
            service.store.discard_saved_form(link.id)?;
            let title = "What you saved is deleted";
            let own = ClosedPage::of(title, "You can fill in the form again at any time.");
            let page = Page::new("closed.html", title).render(service, &own)?;
            return Ok(html(StatusCode::OK, page));
        }
        let state = State {
            typed: Typed::read(&definition, body.texts()),
            notice: Some(Notice::NOT_DELETED),
            is_closed: is_closed(service, &definition, &saved),
            saved: Some(saved),
            seen: Some(seen(body)),
            ..State::default()
        };
        let page = form_page::render(service, &definition, &service.blog.vocabulary(), &state)?;
        return Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    if saved.is_taken_back() {
        // What the page had when it was taken back is as much theirs as what is saved.
        let typed = Typed::read(&definition, body.texts());
        return taken_back(service, &typed, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let from = From {
        saved: Some(saved),
        ..from
    };
    form::judge(service, &definition, body, from)
}

/// What becomes of a post from the page of a saved form that somebody has sent or deleted since: as if
/// it came from the form itself, so that no word of it is lost.
pub(super) fn elsewhere(
    service: &Service,
    link: PrivateLink,
    body: &FormBody,
    from: From,
) -> Result<Answer, Error> {
    let sent = service.store.get(link.id)?;
    if sent
        .as_ref()
        .is_some_and(|sent| sent.link_changed != link.changed)
    {
        return Err(Error::NotFound);
    }
    let definition = match (&sent, service.forms.all()) {
        (Some(sent), _) => service.forms.of(&sent.form),
        // Which form it was is deleted with it.
        (None, [only]) => std::sync::Arc::clone(only),
        (None, _) => return Err(Error::NotFound),
    };
    let from = From {
        sent: sent.map(|sent| sent.id),
        ..from
    };
    form::judge(service, &definition, body, from)
}

/// The path of a saved form's page; empty where there is none.
pub(super) fn page_of(service: &Service, saved: Option<&SavedForm>) -> String {
    saved.map_or_else(String::new, |saved| service.private_path(saved.id, 0))
}

/// The revision of the saved form that the page was filled with; 0 where it knew of none.
pub(super) fn seen(body: &FormBody) -> u64 {
    body.first("revision").parse().unwrap_or(0)
}

/// Saves what was typed, and leads to where it can be opened again, at the input `anchor`; with the
/// button `send_link` the link is sent by mail too.
pub(super) fn save(
    service: &Service,
    definition: &Definition,
    state: &mut State,
    id: Uuid,
    body: &FormBody,
    from: &From,
    anchor: &str,
) -> Result<Answer, Error> {
    let now = Timestamp::now();
    let outcome = service.save(definition, id, &state.typed, seen(body), &from.sender, now)?;
    match &outcome {
        Outcome::Done(()) => {}
        Outcome::Conflict => {
            is_changed(service, id, state, seen(body))?;
            let page = form_page::render(service, definition, &service.blog.vocabulary(), state)?;
            return Ok(html(StatusCode::CONFLICT, page));
        }
        _ => return form::not_done(service, definition, state, &outcome, &from.request, now),
    }
    let path = service.private_path(id, 0);
    if body.button() != "send_link" {
        let anchor = match anchor {
            "" => String::new(),
            anchor => format!("#{anchor}"),
        };
        return Ok(see_other(format!("{path}?saved{anchor}")));
    }
    let typed = clean_line(body.first(EMAIL));
    match mail_address(&typed) {
        Ok(email) => {
            let remind = body.first("saved_remind") == "yes";
            let goes = service.send_saved_link(id, &email, remind, &from.sender, now)?;
            let what = if goes { "sent" } else { "not-sent" };
            Ok(see_other(format!("{path}?{what}")))
        }
        Err(problem) => {
            state.saved = service.store.saved_form(id)?;
            state.problems = vec![Problem {
                input: EMAIL.to_owned(),
                message: match typed.as_str() {
                    "" => "Enter the email address to send the link to".to_owned(),
                    _ => format!("The link can’t be sent there: this is {problem}"),
                },
            }];
            state.email = Some(typed);
            let page = form_page::render(service, definition, &service.blog.vocabulary(), state)?;
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

/// Whether something else was saved since the page was filled; then the page will show both.
pub(super) fn is_changed(
    service: &Service,
    id: Uuid,
    state: &mut State,
    seen: u64,
) -> Result<bool, Error> {
    let stands = service.store.saved_form(id)?;
    let Some(stands) = stands.filter(|stands| stands.is_news(&state.typed, seen)) else {
        return Ok(false);
    };
    state.saved = Some(stands);
    state.is_conflict = true;
    state.notice = Some(Notice::CONFLICT);
    Ok(true)
}

/// For trying templates.
pub(super) fn sample(definition: &Definition) -> SavedForm {
    SavedForm {
        id: Uuid::nil(),
        form: definition.name.clone(),
        typed: Typed::default(),
        revision: 1,
        saved: Timestamp::UNIX_EPOCH,
        expires: Timestamp::UNIX_EPOCH,
        email: "sample@example.org".to_owned(),
        remind: true,
        invitation: None,
        base: None,
    }
}
