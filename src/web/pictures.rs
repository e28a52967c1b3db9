//! Pictures on the pages where answers can be changed: uploading one, showing them, and whether those
//! that are named are there.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::{Data, Path},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{body::FormBody, errors::Error, links::PrivateLink, session::SignedIn};
use crate::{
    form::{Definition, Kind, Problem, Typed, built_in},
    picture::PictureProblem,
    service::{Sender, Service},
};

/// How a form with these fields is posted; `takes_files`: from a page where files can be uploaded.
pub(super) fn enctype(definition: &Definition, takes_files: bool) -> &'static str {
    match takes_files && definition.has_pictures() {
        true => "multipart/form-data",
        false => "application/x-www-form-urlencoded",
    }
}

/// The button `upload:FIELD` adds a picture to a field, `upload:FIELD-N` puts one in the place of
/// another. Answers with the input to go to, or what is wrong; `None` where it was another button.
pub(super) fn upload(
    service: &Service,
    owner: Uuid,
    definition: &Definition,
    body: &FormBody,
    sender: &Sender,
    typed: &mut Typed,
) -> Result<Option<Result<String, Problem>>, Error> {
    let Some(which) = body.button().strip_prefix("upload:") else {
        return Ok(None);
    };
    let (name, number) = match which.split_once('-') {
        Some((name, number)) => (name, number.parse().ok()),
        None => (which, None),
    };
    let field = definition.field(name);
    let Some(field) = field.filter(|field| field.kind == Kind::Images) else {
        return Ok(None);
    };
    let problem = |message: String| {
        let input = format!("file-{which}");
        Ok(Some(Err(Problem { input, message })))
    };
    let Some(file) = body.file(&format!("file-{which}")) else {
        return problem("Choose a picture first".to_owned());
    };
    let numbers = typed.entries(name);
    if number.is_none() && numbers.len() as u64 >= field.limits.most() {
        return problem(format!("There is room for {} at most", field.limits.most()));
    }
    if number.is_some_and(|number| !numbers.contains(&number)) {
        return problem("This picture isn’t there any more".to_owned());
    }
    let file = match service.add_picture(owner, file, sender, Timestamp::now())? {
        Ok(file) => file,
        Err(reason @ PictureProblem::NotNow) => {
            tracing::error!("a picture could not be read");
            return problem(reason.to_string());
        }
        Err(reason) => return problem(reason.to_string()),
    };
    let number = number.unwrap_or_else(|| {
        typed.add_entry(field);
        typed.entries(name).last().copied().unwrap_or_default()
    });
    typed.put(&format!("{name}-{number}-{}", built_in::PICTURE), &file);
    Ok(Some(Ok(format!("{name}-{number}-{}", built_in::ALT))))
}

/// What is named in these inputs and was never uploaded there.
pub(super) fn missing(
    service: &Service,
    owner: Uuid,
    definition: &Definition,
    typed: &Typed,
) -> Result<Vec<Problem>, Error> {
    let fields = definition
        .fields()
        .filter(|field| field.kind == Kind::Images);
    let inputs = fields.flat_map(|field| {
        let input = |number| format!("{}-{number}-{}", field.name, built_in::PICTURE);
        typed.entries(&field.name).into_iter().map(input)
    });
    let named: Vec<(String, &str)> = inputs
        .map(|input| {
            let file = typed.first(&input);
            (input, file)
        })
        .filter(|(_, file)| !file.is_empty())
        .collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let there = service.store.pictures(owner)?;
    let gone = named.into_iter().filter(|(_, file)| !there.contains(*file));
    Ok(gone
        .map(|(input, _)| Problem {
            input,
            message: "Upload the picture again".to_owned(),
        })
        .collect())
}

/// `GET /mine/{id}/{key}/pictures/{file}`.
pub(super) async fn of_link(
    service: Data<Service>,
    link: PrivateLink,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let file = request
        .match_info()
        .get("file")
        .unwrap_or_default()
        .to_owned();
    service
        .blocking(move |service| {
            let is_saved = || Ok::<_, Error>(service.store.saved_form(link.id)?.is_some());
            match link.submission(service) {
                Err(Error::NotFound) if link.changed == 0 && is_saved()? => {}
                found => drop(found?),
            }
            picture(service, link.id, &file)
        })
        .await
        .map(answer)
}

/// `GET /desk/{id}/pictures/{file}`.
pub(super) async fn of_desk(
    service: Data<Service>,
    _editor: SignedIn,
    path: Path<(Uuid, String)>,
) -> Result<HttpResponse, Error> {
    let (id, file) = path.into_inner();
    service
        .blocking(move |service| picture(service, id, &file))
        .await
        .map(answer)
}

fn picture(service: &Service, owner: Uuid, file: &str) -> Result<(Vec<u8>, bool), Error> {
    let bytes = service.store.picture(owner, file)?.ok_or(Error::NotFound)?;
    Ok((bytes, file.ends_with(".png")))
}

fn answer((bytes, is_png): (Vec<u8>, bool)) -> HttpResponse {
    // Its name is made of what is in it.
    let kept = HeaderValue::from_static("private, max-age=3600, immutable");
    HttpResponse::Ok()
        .content_type(if is_png { "image/png" } else { "image/jpeg" })
        .insert_header((header::CACHE_CONTROL, kept))
        .body(bytes)
}
