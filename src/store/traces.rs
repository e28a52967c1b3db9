//! What limits count, for all instances together; and what submissions have in common.
//!
//! A trace is a name and a moment. Names tell nobody who it was: callers make them with the
//! server's secret.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError, Summary, fact,
    lists::summary,
    parse, set_fact,
    sql::{Sql, Value},
};
use crate::submission::{Stage, Submission};

/// How long it is known which submissions had something in common.
pub const ALIKE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long it is known that something happened without a submission.
const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Among the facts: when the editors were last told what came in besides.
const REPORTED: &str = "reported";
/// How far the clocks of instances may be apart.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// How many submissions with something in common are looked at, the newest first.
const MOST_ALIKE: usize = 200;

/// At most so many under a name in so long a time.
#[derive(Debug, Clone)]
pub struct Rate {
    /// What is counted.
    pub name: String,
    /// How many may happen.
    pub most: u32,
    /// In which time.
    pub per: SignedDuration,
}

/// A submission that has something in common with another.
pub struct Alike {
    /// Which one, and where it stands.
    pub summary: Summary,
    /// The hash of its contact's address; absent after erasure.
    pub contact: Option<String>,
}

impl Store {
    /// Counts one more under each of these names. Where that would be too many under one of them,
    /// nothing is counted, and the answer is how long to wait until it would not.
    ///
    /// # Errors
    /// When that cannot be read or kept.
    pub fn count(
        &self,
        rates: &[Rate],
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        // Whoever is over a limit costs no more than a look.
        let over = self.over(rates, now)?;
        if over.is_some() {
            return Ok(over);
        }
        self.engine.write(|sql| count(sql, rates, now))
    }

    /// The same without counting anything.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn over(
        &self,
        rates: &[Rate],
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        self.engine.read(|sql| wait(sql, rates, now))
    }

    /// Under which of these names others than this submission have left a trace since then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn left_by_others(
        &self,
        names: &[&str],
        id: Uuid,
        since: Timestamp,
    ) -> Result<BTreeSet<String>, StoreError> {
        let id = id.to_string();
        let mut values = vec![since.as_millisecond().into(), id.as_str().into()];
        let places: Vec<String> = (values.len() + 1..)
            .take(names.len())
            .map(|at| format!("(${at})"))
            .collect();
        values.extend(names.iter().map(|name| Value::from(*name)));
        // Of a name under which many have left a trace, no more than two are looked at.
        let statement = format!(
            "SELECT column1 FROM (VALUES {}) names WHERE EXISTS (SELECT 1 FROM trace
             WHERE name = column1 AND at > $1
             AND seq <> COALESCE((SELECT seq FROM submission WHERE id = $2), -1))",
            places.join(", ")
        );
        let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// The submissions that have left a trace under this name since then, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn alike(&self, name: &str, since: Timestamp) -> Result<Vec<Alike>, StoreError> {
        let statement = format!(
            "SELECT s.id, s.summary, COALESCE(s.contact, '')
             FROM trace t JOIN submission s ON s.seq = t.seq
             WHERE t.name = $1 AND t.at > $2 ORDER BY t.at DESC LIMIT {MOST_ALIKE}"
        );
        let values = [name.into(), since.as_millisecond().into()];
        let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
        let mut alike = Vec::new();
        for row in &rows {
            // One that this version cannot read is left alone; the desk tells of it.
            let Ok(summary) = summary(row, 0) else {
                continue;
            };
            let contact = Some(row.text(2)?.to_owned()).filter(|contact| !contact.is_empty());
            alike.push(Alike { summary, contact });
        }
        Ok(alike)
    }

    /// How many submissions have come to this stage since then, and the newest of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn come_to(
        &self,
        stage: Stage,
        since: Timestamp,
    ) -> Result<Option<(i64, Uuid)>, StoreError> {
        let statement = "SELECT COUNT(*), COALESCE(MAX(id), '') FROM submission
            WHERE stage = $1 AND since > $2";
        let values = [stage.name().into(), since.as_millisecond().into()];
        let row = self.engine.read(|sql| sql.row(statement, &values))?;
        match row {
            Some(row) if row.int(0)? > 0 => Ok(Some((
                row.int(0)?,
                row.text(1)?.parse().map_err(StoreError::database)?,
            ))),
            _ => Ok(None),
        }
    }

    /// When the editors were last told what came in besides.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reported(&self) -> Result<Timestamp, StoreError> {
        let kept = self.engine.read(|sql| fact(sql, REPORTED))?;
        Ok(kept
            .and_then(|kept| kept.parse().ok())
            .unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Takes on to tell them now. `false` where another instance has done so since `before`.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn report(&self, before: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.engine.write(|sql| {
            if let Some(statement) = sql.dialect().lock_name() {
                sql.rows(statement, &[REPORTED.into()])?;
            }
            let kept = fact(sql, REPORTED)?.and_then(|kept| kept.parse().ok());
            if kept.unwrap_or(Timestamp::UNIX_EPOCH) != before {
                return Ok(false);
            }
            set_fact(sql, REPORTED, &now.to_string())?;
            Ok(true)
        })
    }

    /// The submissions of a form that are on the blog, some of the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn published(&self, form: &str) -> Result<Vec<Submission>, StoreError> {
        let statement = format!(
            "SELECT id, record FROM submission WHERE form = $1 AND stage = $2
             ORDER BY since DESC LIMIT {MOST_ALIKE}"
        );
        let values = [form.into(), Stage::Published.name().into()];
        let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
        let mut found = Vec::new();
        for row in &rows {
            let id = row.text(0)?.parse().map_err(StoreError::database)?;
            found.extend(parse(id, row, 1).ok());
        }
        Ok(found)
    }

    /// Forgets traces that nothing counts any more.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn drop_traces(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = |age: SignedDuration| now.saturating_sub(age).unwrap_or(now).as_millisecond();
        self.engine.write(|sql| {
            let old = "DELETE FROM trace WHERE at < $1 OR (at < $2 AND seq IS NULL) OR at > $3";
            let ahead = now.saturating_add(COUNTED_FOR).unwrap_or(now);
            let values = [
                before(ALIKE_FOR).into(),
                before(COUNTED_FOR).into(),
                ahead.as_millisecond().into(),
            ];
            sql.run(old, &values).map(drop)
        })
    }

    /// Notes that the private links of this address were asked for again; once, however often.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn ask_for_links(&self, email: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = "INSERT INTO lost_link (contact, asked) VALUES ($1, $2)
            ON CONFLICT (contact) DO NOTHING";
        let contact = super::address_hash(email);
        let values = [(&contact).into(), now.as_millisecond().into()];
        self.write(|sql| sql.run(statement, &values).map(drop))
    }

    /// Whose links were asked for again, some at once: of each hash of an address the newest
    /// submission that is not put aside.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn links_asked_for(&self) -> Result<Vec<(String, Option<Uuid>)>, StoreError> {
        const AT_ONCE: usize = 100;
        let statement = format!(
            "SELECT l.contact, COALESCE((SELECT s.id FROM submission s
                WHERE s.contact = l.contact AND s.stage <> $1 ORDER BY s.seq DESC LIMIT 1), '')
             FROM lost_link l ORDER BY l.asked LIMIT {AT_ONCE}"
        );
        let values = [Stage::Quarantined.name().into()];
        let rows = self.engine.read(|sql| sql.rows(&statement, &values))?;
        let asked = |row: &super::Row| {
            let id = row.text(1)?;
            let id = (!id.is_empty()).then(|| id.parse().map_err(StoreError::database));
            Ok((row.text(0)?.to_owned(), id.transpose()?))
        };
        rows.iter().map(asked).collect()
    }

    /// Strikes out that the links of this hash were asked for.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn links_are_sent(&self, contact: &str) -> Result<(), StoreError> {
        let statement = "DELETE FROM lost_link WHERE contact = $1";
        self.engine
            .write(|sql| sql.run(statement, &[contact.into()]).map(drop))
    }
}

/// Counts one more under each of these names, as [`Store::count`] does.
pub(super) fn count(
    sql: &mut dyn Sql,
    rates: &[Rate],
    now: Timestamp,
) -> Result<Option<SignedDuration>, StoreError> {
    let mut names: Vec<&str> = rates.iter().map(|rate| rate.name.as_str()).collect();
    // In one order, so that two who count the same names do not wait for each other in a circle.
    names.sort_unstable();
    names.dedup();
    if let Some(statement) = sql.dialect().lock_name() {
        for name in &names {
            sql.rows(statement, &[(*name).into()])?;
        }
    }
    let over = wait(sql, rates, now)?;
    if over.is_none() {
        for name in &names {
            leave(sql, name, now, None)?;
        }
    }
    Ok(over)
}

/// How long to wait until one more is within all these rates; `None` where it is.
fn wait(
    sql: &mut dyn Sql,
    rates: &[Rate],
    now: Timestamp,
) -> Result<Option<SignedDuration>, StoreError> {
    let mut longest = None;
    for rate in rates {
        // The one that has to be past before there is room for another.
        // Those of a clock that was ahead do not count.
        let statement = "SELECT at FROM trace WHERE name = $1 AND at > $2 AND at <= $4
            ORDER BY at DESC LIMIT 1 OFFSET $3";
        let since = now.saturating_sub(rate.per).unwrap_or(now);
        let Some(offset) = rate.most.checked_sub(1) else {
            longest = longest.max(Some(rate.per));
            continue;
        };
        let values = [
            (&rate.name).into(),
            since.as_millisecond().into(),
            i64::from(offset).into(),
            now.saturating_add(AHEAD)
                .unwrap_or(now)
                .as_millisecond()
                .into(),
        ];
        if let Some(row) = sql.row(statement, &values)? {
            let at = Timestamp::from_millisecond(row.int(0)?).map_err(StoreError::database)?;
            let free = at.saturating_add(rate.per).unwrap_or(now);
            longest = longest.max(Some(free.duration_since(now)));
        }
    }
    Ok(longest)
}

/// Leaves a trace.
pub(super) fn leave(
    sql: &mut dyn Sql,
    name: &str,
    at: Timestamp,
    seq: Option<i64>,
) -> Result<(), StoreError> {
    let statement = "INSERT INTO trace (name, at, seq) VALUES ($1, $2, $3)";
    let values = [name.into(), at.as_millisecond().into(), seq.into()];
    sql.run(statement, &values).map(drop)
}

/// Removes the traces that a submission left when it came in.
pub(super) fn remove(sql: &mut dyn Sql, seq: i64, at: Timestamp) -> Result<(), StoreError> {
    let statement = "DELETE FROM trace WHERE at = $1 AND seq = $2";
    sql.run(statement, &[at.as_millisecond().into(), seq.into()])
        .map(drop)
}
