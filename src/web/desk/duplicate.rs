//! A submission beside what may be the same: another one, or a post of the blog. Their answers one by
//! one, what differs marked, and which of the two is to be kept.

use actix_web::{HttpRequest, http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use super::words::moment;
use crate::{
    form::{Audience, InWords},
    service::Service,
    submission::{Action, Actor, Other, Stage, Submission},
    templates::TemplateError,
    text::{
        differences::{Piece, PieceKind, pieces},
        front_matter::body,
    },
    web::{
        answer::{Answer, Page, html},
        errors::Error,
        links::Reference,
        session::SignedIn,
    },
};

#[derive(Serialize)]
struct DuplicatePage<'a> {
    editor: &'a str,
    token: &'a str,
    this: Side,
    other: Side,
    /// What differs, and what is the same.
    differing: Vec<Row>,
    same: Vec<Row>,
    /// Whether somebody has said that they are none of each other already.
    is_denied: bool,
}

/// One of the two.
#[derive(Serialize)]
struct Side {
    /// As addresses and forms have it.
    of: String,
    /// Absent for a post.
    id: Option<Uuid>,
    version: u64,
    title: String,
    /// Name and words of its stage; empty for a post.
    stage: &'static str,
    label: &'static str,
    /// When it came in.
    received: String,
    /// Who sent it; empty after erasure.
    from: String,
    /// Whether it can be kept, and whether it can be ended for the other one.
    is_keepable: bool,
    can_go: bool,
    is_published: bool,
    can_edit: bool,
}

/// A question, and what each of the two has answered.
#[derive(Serialize)]
struct Row {
    label: String,
    this: Vec<Piece>,
    other: Vec<Piece>,
}

/// `GET /desk/{id}/duplicate`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    request: HttpRequest,
    signed_in: SignedIn,
    Reference(id): Reference,
) -> Result<Answer, Error> {
    let asked = form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(name, _)| name == "of")
        .and_then(|(_, other)| Other::parse(&other));
    service
        .blocking(move |service| {
            let this = service.store.get(id)?.ok_or(Error::NotFound)?;
            let other = match asked.ok_or(Error::NotFound)? {
                Other::Submission(other) if other != id => {
                    Beside::Submission(Box::new(service.store.get(other)?.ok_or(Error::NotFound)?))
                }
                Other::Submission(_) => return Err(Error::NotFound),
                Other::Post(path) => match service.blog.post(&path) {
                    Ok(text) => Beside::Post(path, text),
                    Err(_) => return Err(Error::NotFound),
                },
            };
            let page = render(service, &signed_in, &this, &other)?;
            Ok(html(StatusCode::OK, page))
        })
        .await
}

/// What stands on the right.
enum Beside {
    Submission(Box<Submission>),
    /// Its file and what that holds.
    Post(String, String),
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    this: &Submission,
    beside: &Beside,
) -> Result<String, TemplateError> {
    let by = signed_in.actor();
    let left = side(service, this, &by);
    let (right, rows, is_denied) = match beside {
        Beside::Submission(other) => {
            let denies =
                |one: &Submission, id| one.duplicates.denied.contains(&Other::Submission(id));
            (
                side(service, other, &by),
                answers(service, this, other),
                denies(this, other.id) || denies(other, this.id),
            )
        }
        Beside::Post(path, text) => {
            let title = service.blog.title_of_post(path);
            let title = title.unwrap_or_else(|| path.clone());
            let definition = service.forms.of(&this.form);
            let own = definition.post_title(this.answers());
            let rows = vec![
                row("Title", &own, &title),
                row("Post", body(&this.draft).trim(), body(text).trim()),
            ];
            let other = Other::Post(path.clone());
            let is_denied = this.duplicates.denied.contains(&other);
            (of_post(path, title), rows, is_denied)
        }
    };
    let is_same = |row: &Row| row.this == row.other;
    let (same, differing) = rows.into_iter().partition(is_same);
    let own = DuplicatePage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        this: left,
        other: right,
        differing,
        same,
        is_denied,
    };
    Page::new("duplicate.html", "Side by side").render(service, &own)
}

fn side(service: &Service, submission: &Submission, by: &Actor) -> Side {
    let definition = service.forms.of(&submission.form);
    let is_ended = matches!(submission.stage, Stage::Declined | Stage::Withdrawn);
    let contact = submission.contact.as_ref();
    Side {
        of: submission.id.to_string(),
        id: Some(submission.id),
        version: submission.version,
        title: definition.title_of(submission.answers()).to_owned(),
        stage: submission.stage.name(),
        label: submission.stage.label(),
        received: moment(service, submission.received()),
        from: contact.map_or_else(String::new, |contact| contact.name.clone()),
        is_keepable: !is_ended && !submission.is_held_back(),
        can_go: submission.offers(Action::Merge, by),
        is_published: submission.stage == Stage::Published,
        can_edit: submission.offers(Action::Edit, by) && !definition.is_gone(),
    }
}

fn of_post(path: &str, title: String) -> Side {
    Side {
        of: path.to_owned(),
        id: None,
        version: 0,
        title,
        stage: "",
        label: "",
        received: String::new(),
        from: String::new(),
        is_keepable: true,
        can_go: false,
        is_published: true,
        can_edit: false,
    }
}

/// The answers of both, in the order of the first one's form; what neither has answered is left out.
fn answers(service: &Service, this: &Submission, other: &Submission) -> Vec<Row> {
    let in_words = |it: &Submission| {
        let definition = service.forms.of(&it.form);
        definition.in_words(it.answers(), Audience::Editors)
    };
    let (left, right) = (in_words(this), in_words(other));
    let words = |all: &[InWords], name: &str| {
        let found = all.iter().find(|one| one.name == name);
        found.map_or_else(String::new, |one| one.words.clone())
    };
    let only_right = right
        .iter()
        .filter(|one| !left.iter().any(|it| it.name == one.name));
    left.iter()
        .chain(only_right)
        .map(|one| (one, words(&left, &one.name), words(&right, &one.name)))
        .filter(|(_, this, other)| !(this.is_empty() && other.is_empty()))
        .map(|(one, this, other)| row(&one.label, &this, &other))
        .collect()
}

fn row(label: &str, this: &str, other: &str) -> Row {
    let both = pieces(this, other);
    let without = |kind: PieceKind| {
        let kept = both.iter().filter(|piece| piece.kind != kind);
        kept.cloned().collect()
    };
    Row {
        label: label.to_owned(),
        this: without(PieceKind::New),
        other: without(PieceKind::Old),
    }
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn::sample();
    let other = Beside::Submission(Box::new(sample.clone()));
    render(service, &signed_in, sample, &other)?;
    let post = Beside::Post("_posts/sample.md".to_owned(), "Sample".to_owned());
    render(service, &signed_in, sample, &post).map(drop)
}
