//! A post that somebody has edited on the blog: what they have changed, word by word, and what is
//! to become of it.

use actix_web::{http::StatusCode, web::Data};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    blog::Stands,
    service::{Outcome, Service, fingerprint},
    submission::{Action, Submission},
    templates::TemplateError,
    text::differences::{Piece, pieces},
    web::{
        answer::{self, Answer, Notice, Page, html, see_other},
        errors::Error,
        links::Reference,
        session::{DeskForm, SignedIn},
    },
};

#[derive(Serialize)]
struct ComparePage<'a> {
    editor: &'a str,
    token: &'a str,
    notice: Option<Notice>,
    id: Uuid,
    version: u64,
    title: &'a str,
    /// Why it cannot be compared; empty where it can.
    reason: &'a str,
    /// Whether the blog has other words than were published from here.
    differs: bool,
    pieces: Vec<Piece>,
    /// The paths of pictures that are others on the blog than were published from here.
    pictures: Vec<&'a str>,
    /// The fingerprint of what the blog has, so that only what was seen is decided about.
    shown: String,
    /// Whether it is asked once more before their words are written over.
    is_question: bool,
}

/// `GET /desk/{id}/compare`.
pub(in crate::web) async fn page(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
) -> Result<Answer, Error> {
    show(&service, signed_in, id, StatusCode::OK, None, false).await
}

/// `POST /desk/{id}/compare`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    signed_in: SignedIn,
    Reference(id): Reference,
    DeskForm(body): DeskForm,
) -> Result<Answer, Error> {
    let (seen, by, shown) = (
        body.version(),
        signed_in.actor(),
        body.first("shown").to_owned(),
    );
    let outcome = match body.first("action").parse() {
        Ok(Action::TakeOver) => service.take_over(id, seen, by, shown).await?,
        Ok(Action::Overrule) if body.first("sure") == "yes" => {
            service.overrule(id, seen, by, shown).await?
        }
        Ok(Action::Overrule) => {
            return show(&service, signed_in, id, StatusCode::OK, None, true).await;
        }
        _ => {
            let (status, notice) = (StatusCode::UNPROCESSABLE_ENTITY, Notice::NO_BUTTON);
            return show(&service, signed_in, id, status, Some(notice), false).await;
        }
    };
    match outcome {
        Outcome::Done(()) => Ok(see_other(format!("/desk/{id}?done"))),
        Outcome::NotThere => Err(Error::NotFound),
        outcome => {
            let (status, notice) = (answer::status(&outcome), Notice::of(&outcome));
            show(&service, signed_in, id, status, Some(notice), false).await
        }
    }
}

async fn show(
    service: &Data<Service>,
    signed_in: SignedIn,
    id: Uuid,
    status: StatusCode,
    notice: Option<Notice>,
    is_question: bool,
) -> Result<Answer, Error> {
    service
        .blocking(move |service| {
            let submission = service.store.get(id)?.ok_or(Error::NotFound)?;
            let stands = service.blog.stands(&service.store, &submission);
            let page = render(
                service,
                &signed_in,
                &submission,
                &stands,
                notice,
                is_question,
            )?;
            Ok(html(status, page))
        })
        .await
}

fn render(
    service: &Service,
    signed_in: &SignedIn,
    submission: &Submission,
    stands: &Result<Stands, String>,
    notice: Option<Notice>,
    is_question: bool,
) -> Result<String, TemplateError> {
    let definition = service.forms.of(&submission.form);
    let title = definition.title_of(submission.answers());
    let published = submission.publication.as_ref();
    let published = published.map_or("", |publication| publication.post.as_str());
    let own = ComparePage {
        editor: &signed_in.editor.name,
        token: &signed_in.token,
        notice,
        id: submission.id,
        version: submission.version,
        title,
        reason: stands.as_ref().err().map_or("", String::as_str),
        differs: (stands.as_ref())
            .is_ok_and(|stands| stands.text != published || !stands.pictures.is_empty()),
        pieces: match stands {
            Ok(stands) if stands.text != published => pieces(published, &stands.text),
            _ => Vec::new(),
        },
        pictures: (stands.iter())
            .flat_map(|stands| stands.pictures.keys().map(String::as_str))
            .collect(),
        shown: (stands.as_ref()).map_or_else(|_| String::new(), |it| fingerprint(&it.whole())),
        is_question,
    };
    Page::new("compare.html", title)
        .wrong(notice.is_some_and(|notice| notice.bad))
        .render(service, &own)
}

pub(super) fn try_page(service: &Service, sample: &Submission) -> Result<(), TemplateError> {
    let signed_in = SignedIn::sample();
    let wrong = Err("Sample".to_owned());
    render(service, &signed_in, sample, &wrong, None, false)?;
    let edited = Ok(Stands {
        text: "Sample".to_owned(),
        pictures: [("sample.jpg".to_owned(), String::new())].into(),
    });
    render(service, &signed_in, sample, &edited, None, true).map(drop)
}
