//! Decisions about one submission or several, and the letters that they send.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
    web::Data,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    posted,
    review::{Typed, show},
};
use crate::{
    blog::{Order, Wish},
    case_study,
    queue::QueueError,
    submission::{Action, LetterChoice, Party, Refusal, Submission, Verb},
    templates::TemplateError,
    web::{
        ActError, Acted, Service, error,
        guard::FormBody,
        mine::{Notice, refusal_status, refusal_words},
        sign_in::SignedIn,
    },
};

#[derive(Serialize)]
struct Decide<'a> {
    editor: &'a str,
    token: &'a str,
    id: Uuid,
    version: u64,
    title: &'a str,
    heading: &'static str,
    action: &'static str,
    subject: String,
    body: String,
    kept: Vec<(String, String)>,
}

/// `POST /desk/{id}`.
pub(in crate::web) async fn act(
    service: Data<Service>,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let (signed_in, body) = match posted(&request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let typed = Typed::of(&body);
    let Some(decision) = decision_of(&body, &typed) else {
        let notice = Some(Notice {
            text: "Nothing was done. Please use one of the buttons.",
            bad: true,
        });
        return show(
            service,
            request,
            &id,
            StatusCode::UNPROCESSABLE_ENTITY,
            notice,
            typed,
        )
        .await;
    };
    let Ok(uuid) = id.parse::<Uuid>() else {
        return error::nothing_here(request).await;
    };
    let seen = body.first("version");
    let writes = matches!(decision.verb().letter(), Some((_, false)));
    let mut shown = None;
    if writes && body.first("step") == "show" {
        let shared = service.clone().into_inner();
        let letter = shared.letter_for(uuid, seen, &signed_in, &decision).await;
        match letter {
            Ok(Ok(Some(page))) => return error::rendered(&request, StatusCode::OK, Ok(page)),
            Ok(Ok(None)) => {}
            Ok(Err(acted)) => shown = Some(Ok(acted)),
            Err(cause) => shown = Some(Err(cause)),
        }
    }
    let acted = match shown {
        Some(acted) => acted,
        None => {
            let shared = service.clone().into_inner();
            let party = Party::Editor(signed_in.editor.name);
            shared
                .decide(uuid, seen, party, decision, choice(&body))
                .await
        }
    };
    let (status, text) = match acted {
        Ok(Acted::Done) => {
            return HttpResponse::SeeOther()
                .insert_header((header::LOCATION, format!("/desk/{uuid}?done")))
                .finish();
        }
        Ok(Acted::NotThere) => return error::nothing_here(request).await,
        Ok(Acted::Stale) => (
            StatusCode::CONFLICT,
            "Nothing was done: somebody has changed this meanwhile. Below is how it stands now; your words are still in the field.",
        ),
        Ok(Acted::Refused(refusal)) => (refusal_status(refusal), refusal_words(refusal)),
        Err(cause) => return error::internal(&request, &cause),
    };
    let notice = Some(Notice { text, bad: true });
    show(service, request, &id, status, notice, typed).await
}

/// What an editor wants done: with the record alone, or with the blog.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Decision {
    Act(Action),
    Blog(Wish),
}

impl Decision {
    fn verb(&self) -> Verb {
        match self {
            Decision::Act(action) => action.verb(),
            Decision::Blog(Wish::Publish) => Verb::Publish,
            Decision::Blog(Wish::TakeDown { .. }) => Verb::TakeDown,
        }
    }

    /// What it will do to the record of this submission.
    fn action(&self, service: &Service, submission: &Submission, now: Timestamp) -> Action {
        match self {
            Decision::Act(action) => action.clone(),
            Decision::Blog(wish) => wish.done(service.blog.publication_to_be(submission, now)),
        }
    }
}

fn decision_of(body: &FormBody, typed: &Typed) -> Option<Decision> {
    Some(Decision::Act(match body.first("action") {
        "publish" => return Some(Decision::Blog(Wish::Publish)),
        "take_down" => {
            return Some(Decision::Blog(Wish::TakeDown {
                words: typed.note.clone(),
            }));
        }
        "approve" => Action::Approve,
        "request_changes" => Action::RequestChanges {
            note: typed.note.clone(),
            at_fields: typed.at_fields.clone(),
        },
        "decline" => Action::Decline {
            words: typed.note.clone(),
        },
        "decline_as_spam" => Action::DeclineAsSpam,
        "take_back" => Action::TakeBack,
        "note" => Action::Note {
            text: typed.note.clone(),
        },
        "send_again" => Action::SendAgain {
            letter: body.first("letter_number").parse().ok()?,
        },
        _ => return None,
    }))
}

/// What has been made of the letter on its page, if it was shown.
pub(super) fn choice(body: &FormBody) -> LetterChoice {
    if !body.has("letter") {
        LetterChoice::AsItIs
    } else if body.first("send") != "yes" {
        LetterChoice::LeftOut
    } else {
        LetterChoice::Words(case_study::clean(body.first("letter")))
    }
}

impl Service {
    /// Does what an editor has decided; without a checkout, what the blog is to be is the editor's
    /// own work, and only recorded here.
    async fn decide(
        self: Arc<Self>,
        id: Uuid,
        seen: &str,
        by: Party,
        decision: Decision,
        letter: LetterChoice,
    ) -> Result<Acted, ActError> {
        match decision {
            Decision::Act(action) => self.act(id, seen, by, action, letter).await,
            Decision::Blog(wish) if self.blog.has_checkout() => {
                let Ok(seen) = seen.parse() else {
                    return Ok(Acted::Stale);
                };
                let order = Order {
                    id,
                    seen: Some(seen),
                    wish,
                };
                let acted = self.carry_out(vec![order], by, letter).await?;
                Ok(acted.first().copied().unwrap_or(Acted::NotThere))
            }
            Decision::Blog(_) => {
                let found = Arc::clone(&self)
                    .blocking(move |service| service.queue.get(id))
                    .await??;
                let Some(found) = found else {
                    return Ok(Acted::NotThere);
                };
                let action = decision.action(&self, &found, Timestamp::now());
                self.act(id, seen, by, action, letter).await
            }
        }
    }

    /// The page with the letter that a decision will send, `None` where it sends none, or why the
    /// decision cannot be made. Changes nothing.
    async fn letter_for(
        self: Arc<Self>,
        id: Uuid,
        seen: &str,
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<Result<Option<String>, Acted>, ActError> {
        let seen = seen.parse().ok();
        let (signed_in, decision) = (signed_in.clone(), decision.clone());
        self.blocking(move |service| {
            let Some(found) = service.queue.get(id)? else {
                return Ok(Err(Acted::NotThere));
            };
            if seen != Some(found.version) {
                return Ok(Err(Acted::Stale));
            }
            let verb = decision.verb();
            let (trial, letter) = match service.tried(&found, &signed_in, &decision)? {
                Ok(tried) => tried,
                Err(refusal) => return Ok(Err(Acted::Refused(refusal))),
            };
            if letter.is_none() && trial.contact.is_some() {
                return Ok(Ok(None));
            }
            let (subject, body) = letter.unwrap_or_else(|| {
                (
                    "(none: the address is erased)".to_owned(),
                    "(none)".to_owned(),
                )
            });
            let own = Decide {
                editor: &signed_in.editor.name,
                token: &signed_in.token,
                id,
                version: found.version,
                title: &trial.case_study().title,
                heading: heading(verb),
                action: verb.name(),
                subject,
                body,
                kept: kept(&decision),
            };
            Ok(Ok(Some(service.page("decide.html", heading(verb), own)?)))
        })
        .await?
    }

    /// The submission as it would be after the decision, and subject and words of the letter that
    /// it would send.
    #[allow(clippy::type_complexity)]
    fn tried(
        &self,
        found: &Submission,
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<Result<(Submission, Option<(String, String)>), Refusal>, TemplateError> {
        let mut trial = found.clone();
        let now = Timestamp::now();
        let action = decision.action(self, found, now);
        let party = Party::Editor(signed_in.editor.name.clone());
        if let Err(refusal) = trial.act(party, action, LetterChoice::AsItIs, &[], now) {
            return Ok(Err(refusal));
        }
        let letter = match trial.letters.last() {
            Some(letter) if trial.letters.len() > found.letters.len() => {
                let rendered = self.outbox.render(&trial, letter)?;
                Some((rendered.subject, rendered.body))
            }
            _ => None,
        };
        Ok(Ok((trial, letter)))
    }
}

#[derive(Serialize)]
struct Several<'a> {
    editor: &'a str,
    token: &'a str,
    picked: Vec<Picked>,
    left: usize,
    action: &'static str,
    does: &'static str,
    done: &'static str,
}

#[derive(Serialize)]
struct Picked {
    id: Uuid,
    version: u64,
    title: String,
    subject: String,
    body: String,
}

impl Service {
    /// The page with the letters that a decision about several will send. Changes nothing.
    fn letters_for(
        &self,
        picks: &[(Uuid, u64)],
        signed_in: &SignedIn,
        decision: &Decision,
    ) -> Result<String, QueueError> {
        let mut picked = Vec::new();
        for (id, seen) in picks {
            let Some(found) = self.queue.get(*id)?.filter(|found| found.version == *seen) else {
                continue;
            };
            let Ok((trial, letter)) = self.tried(&found, signed_in, decision)? else {
                continue;
            };
            let (subject, body) = letter.unwrap_or_default();
            picked.push(Picked {
                id: *id,
                version: *seen,
                title: trial.case_study().title.clone(),
                subject,
                body,
            });
        }
        let verb = decision.verb();
        let own = Several {
            editor: &signed_in.editor.name,
            token: &signed_in.token,
            left: picks.len() - picked.len(),
            action: verb.name(),
            does: several_words(verb).0,
            done: several_words(verb).1,
            picked,
        };
        Ok(self.page("several.html", several_words(verb).0, own)?)
    }
}

/// As in “Approve 3 case studies”, and “cannot be approved”.
fn several_words(verb: Verb) -> (&'static str, &'static str) {
    match verb {
        Verb::Publish => ("Publish", "published"),
        _ => ("Approve", "approved"),
    }
}

fn heading(verb: Verb) -> &'static str {
    match verb {
        Verb::Approve => "Approve it",
        Verb::RequestChanges => "Ask for these changes",
        Verb::Decline => "Decline it",
        Verb::Publish => "Publish it",
        Verb::TakeDown => "Take it off the blog",
        _ => "Take the decision back",
    }
}

/// The words of the decision, to be sent on with it.
fn kept(decision: &Decision) -> Vec<(String, String)> {
    match decision {
        Decision::Act(Action::RequestChanges { note, at_fields }) => {
            let mut kept = vec![("note".to_owned(), note.clone())];
            kept.extend(
                at_fields
                    .iter()
                    .map(|(name, text)| (format!("note_{name}"), text.clone())),
            );
            kept
        }
        Decision::Act(Action::Decline { words }) | Decision::Blog(Wish::TakeDown { words }) => {
            vec![("note".to_owned(), words.clone())]
        }
        _ => Vec::new(),
    }
}

/// `POST /desk`: several at once.
pub(in crate::web) async fn several(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let (signed_in, body) = match posted(&request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let decision = match body.first("action") {
        "approve" => Decision::Act(Action::Approve),
        "decline_as_spam" => Decision::Act(Action::DeclineAsSpam),
        "publish" if service.blog.has_checkout() => Decision::Blog(Wish::Publish),
        _ => {
            return error::message(
                &request,
                StatusCode::UNPROCESSABLE_ENTITY,
                "That cannot be done for several at once",
                "Nothing was changed. Please go back and use one of the buttons.",
            );
        }
    };
    let picks: Vec<(Uuid, u64)> = body
        .texts()
        .filter(|(name, _)| *name == "pick")
        .filter_map(|(_, pick)| {
            let (id, seen) = pick.split_once(':')?;
            Some((id.parse().ok()?, seen.parse().ok()?))
        })
        .collect();
    let writes = decision != Decision::Act(Action::DeclineAsSpam);
    if writes && body.first("step") == "show" && !picks.is_empty() {
        let shared = service.clone().into_inner();
        let page = shared
            .blocking(move |service| service.letters_for(&picks, &signed_in, &decision))
            .await;
        return match page {
            Ok(Ok(page)) => error::rendered(&request, StatusCode::OK, Ok(page)),
            Ok(Err(cause)) => error::internal(&request, &cause),
            Err(cause) => error::internal(&request, &cause),
        };
    }
    let letter = if body.has("letters") && body.first("send") != "yes" {
        LetterChoice::LeftOut
    } else {
        LetterChoice::AsItIs
    };
    let party = Party::Editor(signed_in.editor.name);
    let (mut done, mut left) = (0, 0);
    let mut count = |acted: &Acted| match acted {
        Acted::Done => done += 1,
        _ => left += 1,
    };
    match decision {
        Decision::Act(action) => {
            for (id, seen) in picks {
                let shared = service.clone().into_inner();
                let (party, letter) = (party.clone(), letter.clone());
                let seen = seen.to_string();
                match shared.act(id, &seen, party, action.clone(), letter).await {
                    Ok(acted) => count(&acted),
                    Err(cause) => return error::internal(&request, &cause),
                }
            }
        }
        Decision::Blog(wish) => {
            let orders = picks
                .into_iter()
                .map(|(id, seen)| Order {
                    id,
                    seen: Some(seen),
                    wish: wish.clone(),
                })
                .collect();
            let shared = service.clone().into_inner();
            match shared.carry_out(orders, party, letter).await {
                Ok(all) => all.iter().for_each(&mut count),
                Err(cause) => return error::internal(&request, &cause),
            }
        }
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("/desk?done={done}-{left}")))
        .finish()
}

pub(super) fn try_pages(service: &Service, submission: &Submission) -> Result<(), TemplateError> {
    let own = Decide {
        editor: "Sample",
        token: "0123",
        id: submission.id,
        version: 1,
        title: "Sample",
        heading: heading(Verb::Approve),
        action: Verb::Approve.name(),
        subject: "Sample".into(),
        body: "Sample".into(),
        kept: vec![("note".into(), "Sample".into())],
    };
    service.page("decide.html", "Sample", own)?;
    let own = Several {
        editor: "Sample",
        token: "0123",
        left: 1,
        action: "approve",
        does: "Approve",
        done: "approved",
        picked: vec![Picked {
            id: submission.id,
            version: 1,
            title: "Sample".into(),
            subject: "Sample".into(),
            body: "Sample".into(),
        }],
    };
    service.page("several.html", "Sample", own).map(drop)
}
