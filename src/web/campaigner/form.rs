//! A form, the list of forms, and what happens when one is sent.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    blank::Blanks,
    check,
    form_page::{State, action_url, form_url, render},
    saved,
};
use crate::{
    form::{Definition, Door, Typed, built_in},
    keys::TokenTrouble,
    service::{Outcome, Sender, Service, ServiceError},
    store::SavedForm,
    templates::TemplateError,
    text::clean::clean_line,
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        body::FormBody,
        errors::Error,
        fields::changed_group,
        origin, pictures,
        request_id::RequestId,
        sender::sender,
    },
};

#[derive(Serialize)]
struct ListPage<'a> {
    forms: Vec<ListedForm<'a>>,
}

#[derive(Serialize)]
struct ListedForm<'a> {
    url: String,
    title: &'a str,
    lead: &'a str,
    /// When it closes; may be empty.
    closes: String,
}

#[derive(Serialize)]
pub(super) struct ClosedPage<'a> {
    pub(super) title: &'a str,
    pub(super) text: String,
    /// What was typed into a form that is gone.
    pub(super) kept: Vec<&'a str>,
}

impl<'a> ClosedPage<'a> {
    pub(super) fn of(title: &'a str, text: impl Into<String>) -> Self {
        Self {
            title,
            text: text.into(),
            kept: Vec::new(),
        }
    }
}

/// Where a form post comes from.
pub(super) struct From {
    pub(super) sender: Sender,
    /// From one of our own pages, as far as the browser says.
    pub(super) is_own: bool,
    /// The id of the request.
    pub(super) request: String,
    /// The saved form that it was sent from.
    pub(super) saved: Option<SavedForm>,
    /// The submission that this form has become since, by whoever holds its link.
    pub(super) sent: Option<Uuid>,
}

impl From {
    pub(super) fn of(service: &Service, request: &HttpRequest) -> Self {
        Self {
            sender: sender(service, request),
            is_own: origin::is_own(request.headers(), service.public_url.as_str()),
            request: RequestId::of(request),
            saved: None,
            sent: None,
        }
    }
}

/// `GET /`: the form, or the list of forms where more than one is open.
pub(in crate::web) async fn home(
    service: Data<Service>,
    blanks: Data<Blanks>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let query = request.query_string();
    let now = Timestamp::now();
    let forms = service.forms.all();
    let open: Vec<&Arc<Definition>> = forms
        .iter()
        .filter(|definition| service.store.opening(definition).at(now) == Door::Open)
        .collect();
    match open.as_slice() {
        [] => empty(
            &service,
            &blanks,
            forms.first().ok_or(Error::NotFound)?,
            query,
            now,
        ),
        [only] => empty(&service, &blanks, only, query, now),
        several => {
            let listed = several.iter().map(|definition| ListedForm {
                url: match query {
                    "" => form_url(&service, definition),
                    query => format!("{}?{query}", form_url(&service, definition)),
                },
                title: &definition.title,
                lead: &definition.lead,
                closes: service
                    .store
                    .opening(definition)
                    .closes
                    .map_or_else(String::new, moment),
            });
            let own = ListPage {
                forms: listed.collect(),
            };
            let page = Page::new("forms.html", "What would you like to send?");
            let page = page.render(&service, &own)?;
            Ok(html(StatusCode::OK, page).into_response())
        }
    }
}

/// `GET /forms/{name}`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    blanks: Data<Blanks>,
    request: HttpRequest,
    name: Path<String>,
) -> Result<HttpResponse, Error> {
    let definition = service.forms.named(&name).ok_or(Error::NotFound)?;
    let query = request.query_string();
    empty(&service, &blanks, definition, query, Timestamp::now())
}

/// The form with nothing but what its address fills in; outside its time, the words for that.
fn empty(
    service: &Service,
    blanks: &Blanks,
    definition: &Definition,
    query: &str,
    now: Timestamp,
) -> Result<HttpResponse, Error> {
    let opening = service.store.opening(definition);
    let text = match opening.at(now) {
        Door::Open => {
            let vocabulary = service.blog.vocabulary();
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            let pairs = pairs.iter().map(|(name, value)| (&**name, &**value));
            let typed = Typed::prefilled(definition, pairs);
            let rendered = |token: &str, typed: Typed| {
                let state = State {
                    token: token.to_owned(),
                    is_prefilled: typed != Typed::default(),
                    typed,
                    ..State::default()
                };
                render(service, definition, &vocabulary, &state)
            };
            let token = || service.keys.form_token(now);
            let page = match typed == Typed::default() {
                true => blanks.page(&definition.name, &vocabulary, token, |token| {
                    rendered(token, Typed::default())
                })?,
                false => rendered(&token(), typed)?,
            };
            let mut answer = html(StatusCode::OK, page).into_response();
            // May be kept for the back button, also without JavaScript: with the same token, the
            // same words sent again are no second submission. Nobody's words are in it yet.
            let may_be_kept = header::HeaderValue::from_static("private, no-cache");
            answer
                .headers_mut()
                .insert(header::CACHE_CONTROL, may_be_kept);
            return Ok(answer);
        }
        Door::NotYet if !opening.before.is_empty() => opening.before,
        Door::NotYet => format!(
            "You can fill in this form from {}.",
            opening.opens.map(moment).unwrap_or_default()
        ),
        Door::Closed if !opening.after.is_empty() => opening.after,
        Door::Closed => "This form is closed.".to_owned(),
    };
    let title = &definition.title;
    let page = Page::new("closed.html", title)
        .about(definition)
        .render(service, &ClosedPage::of(title, text))?;
    Ok(html(StatusCode::OK, page).into_response())
}

fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// `POST /`: the first form.
pub(in crate::web) async fn send(
    service: Data<Service>,
    request: HttpRequest,
    body: FormBody,
) -> Result<Answer, Error> {
    let first = service.forms.all().first().ok_or(Error::NotFound)?;
    let definition = Arc::clone(first);
    sent(&service, definition, &request, body).await
}

/// `POST /forms/{name}`.
pub(in crate::web) async fn send_named(
    service: Data<Service>,
    request: HttpRequest,
    name: Path<String>,
    body: FormBody,
) -> Result<Answer, Error> {
    let named = service.forms.named(&name).ok_or(Error::NotFound)?;
    let definition = Arc::clone(named);
    sent(&service, definition, &request, body).await
}

async fn sent(
    service: &Data<Service>,
    definition: Arc<Definition>,
    request: &HttpRequest,
    body: FormBody,
) -> Result<Answer, Error> {
    let from = From::of(service, request);
    service
        .blocking(move |service| judge(service, &definition, &body, from))
        .await
}

/// What becomes of a form post. Where the store does not answer, every word is on the page.
pub(super) fn judge(
    service: &Service,
    definition: &Definition,
    body: &FormBody,
    from: From,
) -> Result<Answer, Error> {
    let now = Timestamp::now();
    let brought = body.first("token");
    // Whoever has the link to a saved form needs no token.
    let known = from.saved.as_ref().map(|saved| saved.id).or(from.sent);
    let opened = match known {
        Some(id) => Ok(id),
        None => service.keys.open_form_token(brought, now),
    };
    let mut state = State {
        // A token that is not good is replaced: it only matters when the form is sent.
        token: match (opened, &from.saved) {
            (_, Some(_)) => String::new(),
            (Ok(_), None) if from.sent.is_none() => brought.to_owned(),
            (_, None) => service.keys.form_token(now),
        },
        typed: typed(definition, body, from.saved.as_ref()),
        left_empty: clean_line(body.first(built_in::LEAVE_EMPTY)),
        saved: from.saved.clone(),
        seen: from.saved.as_ref().map(|_| saved::seen(body)),
        ..State::default()
    };
    match judge_opened(service, definition, body, &from, opened, &mut state, now) {
        Err(Error::Service(cause @ ServiceError::Store(_))) => {
            let outcome = Outcome::<()>::NotSaved(cause);
            not_done(
                service,
                definition,
                &mut state,
                &outcome,
                &from.request,
                now,
            )
        }
        judged => judged,
    }
}

/// What was typed, and what was saved of it where the form does not ask for that any more.
fn typed(definition: &Definition, body: &FormBody, saved: Option<&SavedForm>) -> Typed {
    let mut typed = Typed::read(definition, body.texts());
    if let Some(saved) = saved {
        typed.keep_unasked(&saved.typed, definition);
    }
    typed
}

fn judge_opened(
    service: &Service,
    definition: &Definition,
    body: &FormBody,
    from: &From,
    opened: Result<Uuid, TokenTrouble>,
    state: &mut State,
    now: Timestamp,
) -> Result<Answer, Error> {
    let vocabulary = service.blog.vocabulary();
    let page = |status, state: &State| {
        let page = render(service, definition, &vocabulary, state)?;
        Ok(html(status, page))
    };
    let begun = opened.ok().and_then(|id| service.keys.made(id));
    if body.button() == "submit" {
        // What was closed a moment ago by another process is closed. Where the store cannot be asked,
        // nothing can be saved either, and that is said then.
        if let Err(error) = service.store.look_for_closed_forms() {
            tracing::warn!(%error, "which forms are closed could not be read");
        }
    }
    let door = service
        .store
        .opening(definition)
        .for_one_who_began(begun.unwrap_or(now), now);
    if door != Door::Open {
        state.notice = Some(Notice::CLOSED);
        state.is_closed = true;
        return page(StatusCode::UNPROCESSABLE_ENTITY, state);
    }
    if !from.is_own {
        state.notice = Some(Notice::FOREIGN);
        return page(StatusCode::FORBIDDEN, state);
    }
    let action = body.button();
    if let Some(saved) = &from.saved
        && !body.damaged
        && let Some(uploaded) = pictures::upload(
            service,
            saved.id,
            definition,
            body,
            &from.sender,
            &mut state.typed,
        )?
    {
        return match uploaded {
            Ok(input) => saved::save(service, definition, state, saved.id, body, from, &input),
            Err(problem) => {
                state.problems = vec![problem];
                page(StatusCode::UNPROCESSABLE_ENTITY, state)
            }
        };
    }
    if action == "edit" || changed_group(definition, action, &mut state.typed) {
        return page(StatusCode::OK, state);
    }
    if let "save" | "send_link" = action
        && !body.damaged
    {
        let id = opened.or_else(|_| service.keys.open_form_token(&state.token, now));
        if let Ok(id) = id {
            return saved::save(service, definition, state, id, body, from, "");
        }
    }
    state.notice = match action {
        _ if body.damaged => Some(Notice::DAMAGED),
        "submit" | "check" => None,
        _ => Some(Notice::WHICH_BUTTON),
    };
    let missing = match opened {
        Ok(id) => pictures::missing(service, id, definition, &state.typed)?,
        Err(_) => Vec::new(),
    };
    let entry = match definition.parse_entry(&state.typed, &vocabulary) {
        Ok(entry) if state.notice.is_none() && missing.is_empty() => entry,
        parsed => {
            state.problems = parsed.err().unwrap_or_default();
            state.problems.extend(missing);
            return page(StatusCode::UNPROCESSABLE_ENTITY, state);
        }
    };
    if action == "check" {
        let page = saved::page_of(service, state.saved.as_ref());
        let kept = check::Kept {
            action_url: action_url(service, definition, state.saved.as_ref()),
            page: &page,
            token: state.token.clone(),
            revision: saved::seen(body),
            typed: &state.typed,
            left_empty: &state.left_empty,
        };
        let page = check::render(service, definition, kept, &entry)?;
        return Ok(html(StatusCode::OK, page));
    }
    if let Ok(id) = opened
        && saved::is_changed(service, id, state, saved::seen(body))?
    {
        return page(StatusCode::CONFLICT, state);
    }
    let sender = Sender {
        fell_for_it: !state.left_empty.is_empty(),
        ..from.sender.clone()
    };
    let outcome = service.submit(definition, opened, entry, &sender, now)?;
    if let Outcome::Done(id) = &outcome {
        return Ok(see_other(service.private_path(*id, 0)));
    }
    not_done(service, definition, state, &outcome, &from.request, now)
}

/// The form with all that was typed, and why it could not be sent or saved.
pub(super) fn not_done<T>(
    service: &Service,
    definition: &Definition,
    state: &mut State,
    outcome: &Outcome<T>,
    request: &str,
    now: Timestamp,
) -> Result<Answer, Error> {
    match outcome {
        Outcome::AlreadySent => {
            state.token = service.keys.form_token(now);
            state.saved = None;
        }
        // With the same token, sending again what could not be saved cannot make two of it.
        Outcome::NotSaved(cause) => {
            let cause = cause.for_the_log();
            tracing::error!(request, cause, "what was sent could not be saved");
        }
        _ => {}
    }
    state.notice = Some(Notice::of(outcome));
    let page = render(service, definition, &service.blog.vocabulary(), state)?;
    Ok(match outcome {
        Outcome::TooMany(wait) => Answer::Later(*wait, page),
        _ => html(answer::status(outcome), page),
    })
}

pub(super) fn try_pages(service: &Service, definition: &Definition) -> Result<(), TemplateError> {
    let empty = State::default();
    let vocabulary = service.blog.vocabulary();
    render(service, definition, &vocabulary, &empty)?;
    let problems = definition.parse_entry(&empty.typed, &vocabulary);
    let wrong = State {
        typed: Typed::of(definition, &definition.sample(false)),
        notice: Some(Notice::WHICH_BUTTON),
        problems: problems.err().unwrap_or_default(),
        ..State::default()
    };
    render(service, definition, &vocabulary, &wrong)?;
    let saved = State {
        saved: Some(saved::sample(definition)),
        ..wrong
    };
    render(service, definition, &vocabulary, &saved)?;
    let (title, text) = ("Sample", "Sample");
    Page::new("closed.html", title).render(service, &ClosedPage::of(title, text))?;
    let own = ListPage {
        forms: vec![ListedForm {
            url: "/".to_owned(),
            title: "Sample",
            lead: "Sample",
            closes: "Sample".to_owned(),
        }],
    };
    Page::new("forms.html", "Sample")
        .render(service, &own)
        .map(drop)
}
