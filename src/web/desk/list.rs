//! A list of the queue as an address asks for it, and where a submission stands in it.

use form_urlencoded::Serializer;
use jiff::{Span, Timestamp};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::{
    service::Service,
    store::{Cursor, Filter, Page, Placed, Sort, StoreError},
    submission::Stage,
    text::{clean::clean, search::Query},
    web::session::SignedIn,
};

/// The most characters that are searched for.
const LONGEST_SEARCH: usize = 200;
/// Among so many that a search finds first, the place of a submission is looked for.
const MOST_FOUND: usize = 100;

/// What is asked for of what has a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Due {
    /// What should have been done before today.
    Overdue,
    /// The same, and what is to be done within seven days.
    Week,
    /// What waits longer than `reply_within`.
    Late,
}

/// What the address asks for.
#[derive(Debug, Default, Clone)]
pub(super) struct List {
    pub(super) wanted: Filter,
    /// What is to be done by when, where that is asked for.
    pub(super) due: Option<Due>,
    pub(super) q: String,
}

/// Where a submission stands in the list that it was opened from.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlaceView {
    /// As in `3 of 12`.
    text: String,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

impl Due {
    /// The name in addresses.
    pub(super) fn name(self) -> &'static str {
        self.into()
    }
}

impl List {
    /// Reads the parts of a query that are about the list; the others are for somebody else.
    pub(super) fn parse(service: &Service, query: &str, signed_in: &SignedIn) -> Self {
        let mut list = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "stage" => list.wanted.stage = value.parse().ok(),
                "form" if !value.is_empty() => list.wanted.form = Some(value.into_owned()),
                "assigned" if value == "me" => {
                    list.wanted.assigned = Some(signed_in.editor.email.clone());
                }
                "assigned" if !value.is_empty() => list.wanted.assigned = Some(value.into_owned()),
                "language" if !value.is_empty() => list.wanted.language = Some(value.into_owned()),
                "problems" => list.wanted.has_problem = value == "yes",
                "due" => list.due = value.parse().ok(),
                "sort" => list.wanted.sort = value.parse().unwrap_or_default(),
                "q" => list.q = clean(&value).chars().take(LONGEST_SEARCH).collect(),
                _ => {}
            }
        }
        let now = Timestamp::now();
        let today = service.day_of(now);
        let within = |days| today.saturating_add(Span::new().days(days));
        match list.due {
            Some(Due::Overdue) => list.wanted.due_before = Some(today),
            Some(Due::Week) => list.wanted.due_before = Some(within(8)),
            Some(Due::Late) => list.wanted.late_since = Some(service.late_since(now)),
            None => {}
        }
        if list.wanted.due_before.is_some() {
            // An index answers both.
            list.wanted.sort = Sort::Due;
        }
        list
    }

    /// What stands behind the `?` of its address; empty where everything is asked for.
    pub(super) fn query(&self) -> String {
        self.query_with(self.wanted.stage)
    }

    /// The same of another stage.
    pub(super) fn query_with(&self, stage: Option<Stage>) -> String {
        let mut query = Serializer::new(String::new());
        let wanted = &self.wanted;
        let pairs = [
            ("stage", stage.map_or("", Stage::name)),
            ("form", wanted.form.as_deref().unwrap_or_default()),
            ("assigned", wanted.assigned.as_deref().unwrap_or_default()),
            ("language", wanted.language.as_deref().unwrap_or_default()),
            ("due", self.due.map_or("", Due::name)),
            ("problems", if wanted.has_problem { "yes" } else { "" }),
            ("q", &self.q),
        ];
        query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
        if wanted.sort != Sort::default() {
            query.append_pair("sort", wanted.sort.name());
        }
        query.finish()
    }

    /// Whether anything is left out.
    pub(super) fn is_narrowed(&self) -> bool {
        !Self {
            wanted: Filter {
                sort: Sort::default(),
                ..self.wanted.clone()
            },
            q: self.q.clone(),
            due: self.due,
        }
        .query()
        .is_empty()
    }

    /// So many of it, after this place.
    pub(super) fn page(
        &self,
        service: &Service,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<Page, StoreError> {
        match Query::parse(&self.q) {
            Some(query) => service.store.search(&query, &self.wanted, after, most),
            None => service.store.queue(&self.wanted, after, most),
        }
    }

    /// The first of it.
    pub(super) fn first(&self, service: &Service, most: usize) -> Result<Page, StoreError> {
        self.page(service, None, most)
    }

    /// The one to go on with after this one: the next of the list, or its first; where everything is
    /// listed, the one that has waited longest for a first review.
    pub(super) fn next(
        &self,
        service: &Service,
        id: Uuid,
        place: Option<&PlaceView>,
    ) -> Result<Option<Uuid>, StoreError> {
        if self.query().is_empty() {
            return service.store.longest_in(Stage::Received, id);
        }
        if let Some(after) = place.and_then(|place| place.after) {
            return Ok(Some(after));
        }
        let first = self.first(service, 2)?.summaries;
        let mut ids = first.into_iter().map(|one| one.id);
        Ok(ids.find(|other| *other != id))
    }

    /// Where this submission stands in it; `None` where it is not in it, or too far down a search.
    pub(super) fn place(
        &self,
        service: &Service,
        id: Uuid,
    ) -> Result<Option<PlaceView>, StoreError> {
        if Query::parse(&self.q).is_none() {
            let placed = service.store.place_in(&self.wanted, id)?;
            return Ok(placed.map(|placed| PlaceView::of(&placed)));
        }
        let page = self.first(service, MOST_FOUND)?;
        let ids: Vec<Uuid> = page.summaries.iter().map(|one| one.id).collect();
        let found = ids.iter().position(|found| *found == id);
        Ok(found.map(|at| PlaceView {
            text: match page.next {
                None => format!("{} of {}", at + 1, ids.len()),
                Some(_) => format!("{} of more than {}", at + 1, ids.len()),
            },
            before: at.checked_sub(1).map(|before| ids[before]),
            after: ids.get(at + 1).copied(),
        }))
    }
}

impl PlaceView {
    fn of(placed: &Placed) -> Self {
        Self {
            text: match (placed.number(), placed.total()) {
                (Some(number), Some(total)) => format!("{number} of {total}"),
                (Some(number), None) => format!("{number} of many"),
                (None, _) => "Far down the list".to_owned(),
            },
            before: placed.before,
            after: placed.after,
        }
    }

    /// For trying templates.
    pub(super) fn sample() -> Self {
        Self {
            text: "2 of 3".to_owned(),
            before: Some(Uuid::nil()),
            after: Some(Uuid::nil()),
        }
    }
}
