//! What jobs find in the store: work that is noted for them, mail that is due, and the lease by
//! which one of several processes does it.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Store, StoreError, fact, parse, set_fact,
    sql::{Sql, Value},
};
use crate::{durable, submission::Submission};

/// Among the facts: what publishing is doing.
const STEP: &str = "publishing";

/// The job that sees to it that drafts are on disk.
pub(super) const DRAFTS: &str = "draft";
/// The job that indexes words to be searched for.
pub(super) const SEARCH: &str = "search";

/// The job that publishes: what was asked of the blog.
pub(super) const ORDER: &str = "order";
/// The same for a day.
pub(super) const DAY: &str = "day";
/// What waits to be merged into the blog.
pub(super) const MERGE: &str = "merge";

/// What a submission is noted for as long as its record is as it is.
pub(super) fn standing(submission: &Submission) -> Vec<&'static str> {
    let order = submission.order.as_ref();
    let order = order.map(|order| if order.on.is_some() { DAY } else { ORDER });
    let publication = submission.publication.as_ref();
    let merge = publication.filter(|it| it.is_to_be_merged).map(|_| MERGE);
    order.into_iter().chain(merge).collect()
}

/// Brings the notes of a submission from what they stood for to what they stand for now.
pub(super) fn stand(
    sql: &mut dyn Sql,
    seq: i64,
    before: &[&'static str],
    now: &[&'static str],
) -> Result<(), StoreError> {
    for job in now.iter().filter(|job| !before.contains(job)) {
        to_do(sql, job, seq)?;
    }
    for job in before.iter().filter(|job| !now.contains(job)) {
        let statement = "DELETE FROM todo WHERE job = $1 AND seq = $2";
        sql.run(statement, &[(*job).into(), seq.into()])?;
    }
    Ok(())
}

/// Work noted for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) seq: i64,
    /// Tells it from an earlier note about the same submission.
    pub(super) mark: i64,
}

/// Notes that a job has something to do for a submission.
pub(super) fn to_do(sql: &mut dyn Sql, job: &str, seq: i64) -> Result<Note, StoreError> {
    let statement = "INSERT INTO todo (job, seq, mark) VALUES ($1, $2, 1)
        ON CONFLICT (job, seq) DO UPDATE SET mark = todo.mark + 1 RETURNING mark";
    let row = sql.row(statement, &[job.into(), seq.into()])?;
    let mark = row.map_or(Ok(1), |row| row.int(0))?;
    Ok(Note { seq, mark })
}

/// Notes for a job. The newest submissions come first, as somebody may wait for these: the oldest are
/// noted where all are made anew.
pub(super) fn noted(sql: &mut dyn Sql, job: &str, most: i64) -> Result<Vec<Note>, StoreError> {
    let statement = "SELECT seq, mark FROM todo WHERE job = $1 ORDER BY seq DESC LIMIT $2";
    let rows = sql.rows(statement, &[job.into(), most.into()])?;
    let note = |row: &super::Row| {
        Ok(Note {
            seq: row.int(0)?,
            mark: row.int(1)?,
        })
    };
    rows.iter().map(note).collect()
}

/// Strikes out what is done. `false` where it was noted again meanwhile, which stays, or somebody
/// else has done it.
pub(super) fn strike_out(sql: &mut dyn Sql, job: &str, note: Note) -> Result<bool, StoreError> {
    let statement = "DELETE FROM todo WHERE job = $1 AND seq = $2 AND mark = $3";
    let values = [job.into(), note.seq.into(), note.mark.into()];
    Ok(sql.run(statement, &values)? > 0)
}

/// Mail that is due, and of which submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The submission.
    pub id: Uuid,
    /// When its next mail is due.
    pub due: Timestamp,
}

/// The right to do a job, for one process at a time. It ends by itself when it is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// What is done under it.
    pub name: &'static str,
    /// How long it lasts.
    pub lasts: SignedDuration,
}

impl Store {
    /// The submissions whose mail is due by `until`, the longest due first; `None` is all with
    /// pending mail.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn due_mail(
        &self,
        until: Option<Timestamp>,
        most: usize,
    ) -> Result<Vec<Pending>, StoreError> {
        let until = until.map_or(i64::MAX, Timestamp::as_millisecond);
        let statement = "SELECT id, mail_due FROM submission
            WHERE mail_due <= $1 ORDER BY mail_due LIMIT $2";
        let values = [Value::Int(until), Value::Int(most as i64)];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        let pending = |row: &super::Row| {
            Ok(Pending {
                id: row.text(0)?.parse().map_err(StoreError::database)?,
                due: Timestamp::from_millisecond(row.int(1)?).map_err(StoreError::database)?,
            })
        };
        rows.iter().map(pending).collect()
    }

    /// The submissions with which time alone has brought something by now, the longest ago first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn due(&self, now: Timestamp, most: usize) -> Result<Vec<Uuid>, StoreError> {
        let statement = "SELECT id FROM submission WHERE timed <= $1 ORDER BY timed LIMIT $2";
        let values = [now.as_millisecond().into(), Value::Int(most as i64)];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        let id = |row: &super::Row| row.text(0)?.parse().map_err(StoreError::database);
        rows.iter().map(id).collect()
    }

    /// The submissions with which something was asked of the blog; with those for a day, if wanted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn ordered(&self, with_days: bool) -> Result<Vec<Submission>, StoreError> {
        let mut ordered = self.noted_for(ORDER)?;
        if with_days {
            ordered.extend(self.noted_for(DAY)?);
        }
        Ok(ordered)
    }

    /// The submissions whose post waits to be merged into the blog.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn to_be_merged(&self) -> Result<Vec<Submission>, StoreError> {
        self.noted_for(MERGE)
    }

    /// A record that this version cannot read is left alone; lists and the desk tell of it.
    fn noted_for(&self, job: &str) -> Result<Vec<Submission>, StoreError> {
        let statement = "SELECT s.id, s.record FROM todo t JOIN submission s ON s.seq = t.seq
            WHERE t.job = $1 ORDER BY t.seq";
        let rows = self.engine.read(|sql| sql.rows(statement, &[job.into()]))?;
        let mut found = Vec::new();
        for row in &rows {
            let id = row.text(0)?.parse().map_err(StoreError::database)?;
            found.extend(parse(id, row, 1).ok());
        }
        Ok(found)
    }

    /// Notes what publishing is doing, for the desks of all instances; `None` when it is done.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn note_step(&self, what: Option<&str>, now: Timestamp) -> Result<(), StoreError> {
        let what = what.unwrap_or_default();
        self.engine.write(|sql| {
            let noted = fact(sql, STEP)?.unwrap_or_default();
            match noted.split_once('\t') {
                Some((_, same)) if same == what => Ok(()),
                _ => set_fact(sql, STEP, &format!("{now}\t{what}")),
            }
        })
    }

    /// What publishing is doing, and since when.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn step(&self) -> Result<Option<(String, Timestamp)>, StoreError> {
        let noted = self.engine.read(|sql| fact(sql, STEP))?.unwrap_or_default();
        Ok(noted
            .split_once('\t')
            .filter(|(_, what)| !what.is_empty())
            .and_then(|(since, what)| Some((what.to_owned(), since.parse().ok()?))))
    }

    /// Sets when mail of a submission is looked for next. For a record that this version cannot
    /// read, or that somebody has changed by hand.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn set_mail_due(&self, id: Uuid, due: Option<Timestamp>) -> Result<(), StoreError> {
        let statement = "UPDATE submission SET mail_due = $2
            WHERE id = $1 AND mail_due IS NOT NULL";
        let id = id.to_string();
        let values = [(&id).into(), due.map(Timestamp::as_millisecond).into()];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }

    /// Takes or renews the right to do a job. `false` while another process has it.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn take(&self, lease: Lease, now: Timestamp) -> Result<bool, StoreError> {
        let statement = "INSERT INTO lease (name, holder, expires) VALUES ($1, $2, $3)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
            WHERE lease.holder = excluded.holder OR lease.expires <= $4 OR lease.holder = $5
            RETURNING name";
        let expires = now.saturating_add(lease.lasts).unwrap_or(now);
        self.engine.write(|sql| {
            let holder = "SELECT holder FROM lease WHERE name = $1";
            let held = sql.row(holder, &[lease.name.into()])?;
            let held = held.map(|row| row.text(0).map(str::to_owned)).transpose()?;
            // Who is dead holds nothing; and where nobody can know, the lease ends by itself.
            let dead = held.filter(|holder| self.holder.knows_dead(holder));
            let values = [
                lease.name.into(),
                self.holder.name().into(),
                expires.as_millisecond().into(),
                now.as_millisecond().into(),
                dead.as_deref().unwrap_or_default().into(),
            ];
            Ok(sql.row(statement, &values)?.is_some())
        })
    }

    /// Gives the right to do a job back.
    ///
    /// # Errors
    /// When that cannot be kept; then it ends by itself.
    pub fn give_back(&self, lease: Lease) -> Result<(), StoreError> {
        let statement = "DELETE FROM lease WHERE name = $1 AND holder = $2";
        let values = [lease.name.into(), self.holder.name().into()];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }
}

/// Who holds a lease: a process, on a machine.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    name: String,
    machine: String,
}

impl Holder {
    /// This process. Two stores opened by one process are two holders.
    pub(super) fn this() -> Self {
        let part = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let space = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let boot = part("/proc/sys/kernel/random/boot_id");
        let machine = format!("{} {}", boot.trim(), space.display());
        let own = Uuid::now_v7();
        Self {
            name: format!("{machine}|{}|{own}", std::process::id()),
            machine,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether that holder is a process of this machine that is no more.
    fn knows_dead(&self, other: &str) -> bool {
        let mut parts = other.split('|');
        let is_here = parts.next() == Some(&self.machine) && self.machine.len() > 1;
        let process = parts.next().and_then(|process| process.parse().ok());
        is_here && process.is_some_and(durable::is_gone)
    }
}
