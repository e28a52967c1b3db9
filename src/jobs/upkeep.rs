//! What time alone calls for, where the clock can be believed: personal data to be forgotten, and what
//! has expired; and a look at the drafts, some at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Span, Timestamp};

use super::{Again, State};
use crate::{
    service::{Service, ServiceError},
    submission::{Action, Actor, Command, Context, Effect, MailChoice},
};

const EVERY: Duration = Duration::from_secs(60);
/// How many submissions are forgotten at once.
const AT_ONCE: usize = 100;
/// How many drafts are looked at when the service has started, and then each time: a full queue of
/// 100,000 takes three and a half days, and an idle service does next to nothing.
const DRAFTS_AT_START: usize = 100;
const DRAFTS: usize = 20;

pub(super) async fn run_once(
    service: &Arc<Service>,
    state: &mut State,
) -> Result<Again, ServiceError> {
    let mut place = state.place;
    let has_run = state.has_run;
    let drafts = match std::mem::replace(&mut state.has_run, true) {
        false => DRAFTS_AT_START,
        true => DRAFTS,
    };
    state.place = service
        .blocking(move |service| {
            let now = Timestamp::now();
            let was_believed = service.store.believes_clock();
            let is_believed = service.store.look_at_clock(now, Instant::now())?;
            if is_believed {
                service.store.drop_expired(now)?;
                service.store.drop_traces(now)?;
                service.store.look_through_saved_forms(now)?;
                service.remind(now)?;
                notice_what_is_due(service, now)?;
                let forgotten = forget(service, now)?;
                if forgotten > 0 {
                    tracing::info!(forgotten, "personal data erased after their time");
                }
            } else if was_believed || !has_run {
                tracing::warn!(
                    "the clock is far from when this service last ran; nothing is erased or given up until it has gone right for a day"
                );
            }
            let mended = service.store.look_through_drafts(&mut place, drafts, now)?;
            if mended > 0 {
                tracing::warn!(
                    mended,
                    "drafts that were missing or altered are written anew"
                );
            }
            Ok::<_, ServiceError>(place)
        })
        .await?;
    Ok(Again::After(EVERY))
}

/// Does what time alone has brought: notes that a campaigner has not answered, and asks what happened
/// next.
fn notice_what_is_due(service: &Service, now: Timestamp) -> Result<(), ServiceError> {
    loop {
        let ids = service.store.due(now, AT_ONCE)?;
        let mut noted = 0;
        for id in &ids {
            let done = service.store.update(*id, |submission| {
                let definition = service.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &service.config.editors,
                    now,
                };
                let action = submission.what_is_due(now)?;
                let command = Command::new(action, Effect::Plain);
                let before = submission.sign_off_state(&definition);
                let done = submission.act(Actor::System, command, MailChoice::AsItIs, &context);
                if done.is_err() && action == Action::AskFollowUp {
                    // The form asks it no more.
                    submission.follow_ups.clear();
                }
                done.ok()?;
                service.lead_on(action, before, submission, &context);
                Some(())
            });
            match done {
                Ok(done) => noted += usize::from(done.flatten().is_some()),
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(%error, "what is due could not be noted");
                }
                Err(other) => return Err(other.into()),
            }
        }
        // What cannot be noted is looked at again later.
        if ids.len() < AT_ONCE || noted == 0 {
            return Ok(());
        }
    }
}

/// Erases the personal data of what ended longer ago than they are kept, which a form may say for
/// itself; answers of how many. The editors are not told of each.
fn forget(service: &Service, now: Timestamp) -> Result<usize, ServiceError> {
    let forms = service.forms.all().iter();
    let own: Vec<(&str, Span)> = forms
        .filter_map(|form| Some((form.name.as_str(), form.retention?)))
        .collect();
    let except: Vec<&str> = own.iter().map(|(form, _)| *form).collect();
    let mut count = forget_those(service, now, service.config.retention, None, &except)?;
    for (form, retention) in own {
        count += forget_those(service, now, retention, Some(form), &[])?;
    }
    Ok(count)
}

/// The same for one form, or for all but some.
fn forget_those(
    service: &Service,
    now: Timestamp,
    retention: Span,
    form: Option<&str>,
    except: &[&str],
) -> Result<usize, ServiceError> {
    let before = now
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .checked_sub(retention);
    // A time longer than the calendar reaches back is forever.
    let Ok(before) = before else { return Ok(0) };
    let mut count = 0;
    loop {
        let ids = service
            .store
            .to_forget(before.timestamp(), form, except, AT_ONCE)?;
        let mut erased = 0;
        for id in &ids {
            let done = service.store.update(*id, |submission| {
                let definition = service.forms.of(&submission.form);
                let context = Context {
                    definition: &definition,
                    editors: &[],
                    now,
                };
                let command = Command::new(Action::Erase, Effect::Plain);
                submission.act(Actor::System, command, MailChoice::LeftOut, &context)
            });
            match done {
                Ok(done) => erased += usize::from(matches!(done, Some(Ok(())))),
                Err(error) if error.is_of_one_record() => {
                    tracing::error!(%error, "its personal data could not be erased");
                }
                Err(other) => return Err(other.into()),
            }
        }
        count += erased;
        // Where nothing can be erased, as it is refused, asking again would not end.
        if ids.len() < AT_ONCE || erased == 0 {
            return Ok(count);
        }
    }
}
