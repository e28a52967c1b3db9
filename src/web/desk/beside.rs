//! What the page of a submission is made of besides its record: where it stands among others, what may
//! be the same, and how far publishing is.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::list::{List, PlaceView};
use crate::{
    service::{Duplicate, Service},
    store::{StoreError, Summary},
    submission::{Other, Stage, Submission},
};

/// All of it, as it is read before the page is made.
#[derive(Default, Serialize)]
pub(super) struct Beside {
    /// The one to go on with: of the list, or the one that has waited longest for a first review.
    next: Option<Uuid>,
    /// Where it stands in the list.
    place: Option<PlaceView>,
    /// The title of one whose post would have the same address.
    #[serde(skip)]
    pub(super) same_address: Option<String>,
    /// What publishing is doing.
    #[serde(skip)]
    pub(super) step: Option<(String, Timestamp)>,
    /// Where it is put aside, what else is that has something in common.
    alike: Vec<AlikeView>,
    /// What it may be a duplicate of, each with the page that shows both.
    duplicates: Vec<OtherView>,
    /// What is kept instead of it, and what it is kept instead of.
    merged_into: Option<OtherView>,
    merged: Vec<OtherView>,
}

#[derive(Serialize)]
struct OtherView {
    title: String,
    /// Empty for a post of the blog.
    url: String,
    about: String,
}

#[derive(Serialize)]
struct AlikeView {
    id: Uuid,
    version: u64,
    title: String,
}

impl Beside {
    pub(super) fn of(
        service: &Service,
        submission: &Submission,
        list: &List,
    ) -> Result<Self, StoreError> {
        let id = submission.id;
        let place = list.place(service, id)?;
        let next = list.next(service, id, place.as_ref())?;
        let same_address = service.store.with_address_of(submission)?;
        let (duplicates, merged_into) = match submission.merged_into() {
            Some(other) => (Vec::new(), Some(OtherView::kept(service, other)?)),
            None => (OtherView::duplicates(service, submission)?, None),
        };
        let merged = service.store.merged_into(id)?.into_iter();
        Ok(Self {
            duplicates,
            merged_into,
            merged: merged.map(OtherView::merged).collect(),
            next,
            place,
            same_address: same_address.map(|other| other.title),
            step: match submission.order {
                Some(_) => service.store.step()?,
                None => None,
            },
            alike: match submission.stage {
                Stage::Quarantined => service
                    .aside_like(submission, Timestamp::now())?
                    .into_iter()
                    .map(|one| AlikeView {
                        id: one.id,
                        version: one.version,
                        title: one.title,
                    })
                    .collect(),
                _ => Vec::new(),
            },
        })
    }

    /// For trying templates: something of everything.
    pub(super) fn sample(sample: &Submission) -> Self {
        Self {
            next: Some(sample.id),
            place: Some(PlaceView::sample()),
            same_address: Some("Sample".to_owned()),
            step: None,
            duplicates: vec![OtherView::sample()],
            merged_into: Some(OtherView::sample()),
            merged: vec![OtherView::sample()],
            alike: vec![AlikeView {
                id: sample.id,
                version: 1,
                title: "Sample".to_owned(),
            }],
        }
    }
}

impl OtherView {
    /// What may tell the same. What looks like spam is judged as such first.
    fn duplicates(service: &Service, submission: &Submission) -> Result<Vec<Self>, StoreError> {
        let found = match submission.is_held_back() {
            true => Vec::new(),
            false => service.duplicates_of(submission)?,
        };
        let view = |one: Duplicate| {
            let what = match one.at {
                Some((stage, at)) => {
                    let at = service.day_in_words(at);
                    format!("received on {at} ({})", stage.label().to_lowercase())
                }
                None => "a post on the blog".to_owned(),
            };
            Self {
                url: one.other.path_beside(submission.id),
                about: format!("{what}: {}", one.likeness.in_words()),
                title: one.title,
            }
        };
        Ok(found.into_iter().map(view).collect())
    }

    fn kept(service: &Service, other: &Other) -> Result<Self, StoreError> {
        let id = other.id();
        Ok(Self {
            title: service.title_of(other)?,
            url: id.map_or_else(String::new, |id| format!("/desk/{id}")),
            about: String::new(),
        })
    }

    fn merged(one: Summary) -> Self {
        Self {
            title: one.title,
            url: format!("/desk/{}", one.id),
            about: String::new(),
        }
    }

    fn sample() -> Self {
        Self {
            title: "Sample".to_owned(),
            url: "/desk".to_owned(),
            about: "sample".to_owned(),
        }
    }
}
