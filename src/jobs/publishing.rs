//! Publishing: what editors have asked of the blog, on the day it is meant for; and what the blog
//! has by now.

use std::{pin::pin, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Again, State};
use crate::{
    blog::Merge,
    service::{Service, ServiceError},
    store::Lease,
    submission::{Action, Actor, Command, Context, Effect, MailChoice, Order},
};

/// Of several instances one publishes.
const LEASE: Lease = Lease {
    name: "publishing",
    lasts: SignedDuration::from_secs(60),
};
/// How often it is renewed meanwhile.
const RENEWED: Duration = Duration::from_secs(20);

pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
) -> Result<Again, ServiceError> {
    if !service.blog.has_repository() {
        return Ok(Again::After(service.config.blog.fetch_every));
    }
    // What was seen at the start is new enough; the day of an order may have come before it.
    let is_first = state.looked.is_none();
    let looked = *state.looked.get_or_insert_with(Timestamp::now);
    let every = SignedDuration::try_from(service.config.blog.fetch_every).unwrap_or_default();
    let now = Timestamp::now();
    let is_to_look = now.duration_since(looked) >= every;
    let orders = service
        .blocking(move |service| orders(service, is_to_look || is_first, now))
        .await?;
    if !orders.is_empty() {
        carry_out(service, orders).await?;
    }
    if is_to_look {
        state.looked = Some(now);
        service
            .blocking(|service| {
                // A host that is away is no trouble of ours, and comes back.
                match service.blog.refresh(&service.store.to_be_merged()?) {
                    Ok(merges) => record(service, merges),
                    Err(reason) => {
                        tracing::warn!(reason, "the blog could not be looked at");
                        Ok(())
                    }
                }
            })
            .await?;
    }
    service
        .blocking(|service| {
            if let Err(reason) = service.blog.read_posts() {
                tracing::warn!(reason, "the blog’s posts could not be read");
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    let next = state.looked.unwrap_or(now).saturating_add(every);
    Ok(next.map_or(Again::AfterChange, Again::At))
}

/// What is to be done now. Orders for a day are looked at as often as the blog is, and wait for the
/// campaigner's agreement, where there is to be one.
fn orders(
    service: &Service,
    with_days: bool,
    now: Timestamp,
) -> Result<Vec<(Uuid, Order)>, ServiceError> {
    let mut orders = Vec::new();
    for submission in service.store.ordered(with_days)? {
        let definition = service.forms.of(&submission.form);
        if let Some(order) = &submission.order
            && (order.on.is_none()
                || service.blog.date_ahead(&submission, now).is_none()
                    && !submission.sign_off_state(&definition).holds_back())
        {
            orders.push((submission.id, order.clone()));
        }
    }
    orders.sort_by_key(|(_, order)| order.at);
    Ok(orders)
}

/// Records how it stands with posts that wait to be merged.
fn record(service: &Service, merges: Vec<(Uuid, Merge)>) -> Result<(), ServiceError> {
    for (id, merge) in merges {
        service.store.update(id, |submission| {
            let definition = service.forms.of(&submission.form);
            let context = Context {
                definition: &definition,
                editors: &[],
                now: Timestamp::now(),
            };
            match merge {
                Merge::Merged(publication) => {
                    let command = Command::new(Action::Publish, Effect::Publish(publication));
                    let done =
                        submission.act(Actor::System, command, MailChoice::AsItIs, &context);
                    if let Err(refusal) = done {
                        tracing::warn!(submission = %id, %refusal, "merged, though it is not to be published");
                    }
                }
                Merge::Waits(state) => {
                    if let Some(publication) = &mut submission.publication {
                        publication.branch_state = state;
                    }
                }
                Merge::GivenUp => submission.publication = None,
            }
        })?;
    }
    Ok(())
}

/// Carries out orders, if no other instance is at it.
async fn carry_out(service: &Arc<Service>, orders: Vec<(Uuid, Order)>) -> Result<(), ServiceError> {
    let take = |service: &Service| {
        let taken = service.store.take(LEASE, Timestamp::now());
        taken.map_err(ServiceError::from)
    };
    if !service.blocking(take).await? {
        return Ok(());
    }
    let mut publishing = pin!(service.blocking(move |service| {
        let note = |what: &str, _, _| {
            // It is only shown.
            if let Err(error) = service.store.note_step(Some(what), Timestamp::now()) {
                tracing::warn!(%error, "how far publishing is could not be noted");
            }
        };
        let done = service.blog.carry_out(&service.store, orders, &note);
        service.store.note_step(None, Timestamp::now())?;
        service.store.give_back(LEASE)?;
        Ok::<_, ServiceError>(done.map(drop)?)
    }));
    loop {
        tokio::select! {
            done = &mut publishing => return done,
            () = tokio::time::sleep(RENEWED) => {
                if let Err(error) = service.blocking(take).await {
                    tracing::error!(%error, "the lease for publishing could not be renewed");
                }
            }
        }
    }
}
