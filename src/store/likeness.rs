//! Which submissions tell the same, as far as an index can say it: those that have numbers in common.
//! What the numbers are made of, [`text::alike`](crate::text::alike) says.
//!
//! A new submission's numbers are written with its record; later ones when its answers change, and
//! anew when the forms do. Whatever they find is compared as a whole by who asks.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Store, StoreError, Summary, lists::summary, sql::Sql};
use crate::{
    form::Forms,
    submission::{Other, Submission},
    text::alike::{Marks, name},
};

/// How many that have one number are looked at, the newest first.
const MOST_OF_A_NAME: usize = 50;
/// How many that have the most numbers in common are looked at.
const MOST_LOOKED_AT: usize = 40;
/// How many are told that were merged into one.
const MOST_MERGED: usize = 20;

impl Store {
    /// The submissions that have the most in common with these marks, so many of them: to be compared
    /// in full. Neither this one nor what looks like spam is among them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn candidates(
        &self,
        marks: &Marks,
        but: Option<Uuid>,
        most: usize,
    ) -> Result<Vec<Submission>, StoreError> {
        let names = marks.names();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (found, share_more) = self.engine.read(|sql| {
            let most = with_most(sql, &names, &marks.title_names())?;
            let numbers: Vec<i64> = most.iter().map(|(seq, _)| *seq).collect();
            Ok((summaries(sql, &numbers)?, most))
        })?;
        let share_more: BTreeMap<i64, bool> = share_more.into_iter().collect();
        // Of the many whose titles have words in common, the lists' titles tell enough.
        let may_be_alike = |seq: &i64, one: &Summary| {
            share_more.get(seq).is_some_and(|more| *more) || {
                let definition = self.forms.of(&one.form);
                let title = definition.title_in_short(&one.title);
                marks.likeness(&Marks::new(title, [], "")).title
            }
        };
        let wanted = found
            .into_iter()
            .filter(|(_, one)| Some(one.id) != but && !one.held_back)
            .filter(|(seq, one)| may_be_alike(seq, one))
            .map(|(_, one)| one)
            .take(most);
        let mut candidates = Vec::new();
        for one in wanted {
            // One that this version cannot read is left alone; the desk tells of it.
            match self.get(one.id) {
                Ok(found) => candidates.extend(found),
                Err(error) if error.is_of_one_record() => {}
                Err(other) => return Err(other),
            }
        }
        Ok(candidates)
    }

    /// The submissions that were merged into this one, some of the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn merged_into(&self, kept: Uuid) -> Result<Vec<Summary>, StoreError> {
        self.named(merged_name(&Other::Submission(kept)), MOST_MERGED)
    }

    /// The submission that is published in this file of the blog's repository.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn published_in(&self, path: &str) -> Result<Option<Summary>, StoreError> {
        Ok(self.named(post_name(path), 1)?.pop())
    }

    fn named(&self, name: i64, most: usize) -> Result<Vec<Summary>, StoreError> {
        let statement = "SELECT seq FROM likeness WHERE name = $1 ORDER BY seq DESC LIMIT $2";
        self.engine.read(|sql| {
            let rows = sql.rows(statement, &[name.into(), (most as i64).into()])?;
            let numbers = rows.iter().map(|row| row.int(0));
            let found = summaries(sql, &numbers.collect::<Result<Vec<_>, _>>()?)?;
            Ok(found.into_iter().map(|(_, one)| one).collect())
        })
    }
}

/// The numbers of the submissions that have the most of these names, those first; and whether each has
/// one that is not of the title.
fn with_most(
    sql: &mut dyn Sql,
    names: &BTreeSet<i64>,
    of_title: &BTreeSet<i64>,
) -> Result<Vec<(i64, bool)>, StoreError> {
    let more: BTreeSet<i64> = names.difference(of_title).copied().collect();
    let dialect = sql.dialect();
    let statement = format!(
        "SELECT l.seq, CAST(SUM(wanted.more) AS BIGINT)
         FROM (SELECT value AS name, 0 AS more FROM ({}) titles
               UNION ALL SELECT value, 1 FROM ({}) others) wanted
         CROSS JOIN likeness l WHERE l.name = wanted.name AND l.seq >= COALESCE(
             (SELECT seq FROM likeness WHERE name = wanted.name
              ORDER BY seq DESC LIMIT 1 OFFSET {}), 0)
         GROUP BY l.seq ORDER BY COUNT(*) DESC, l.seq DESC LIMIT {MOST_LOOKED_AT}",
        dialect.numbers_of("$1"),
        dialect.numbers_of("$2"),
        MOST_OF_A_NAME - 1,
    );
    let (of_title, more) = (list(of_title), list(&more));
    let values = [(&of_title).into(), (&more).into()];
    let rows = sql.rows(&statement, &values)?;
    let each = rows.iter().map(|row| Ok((row.int(0)?, row.int(1)? > 0)));
    each.collect()
}

/// What lists show of these, in this order, each with its number.
fn summaries(sql: &mut dyn Sql, numbers: &[i64]) -> Result<Vec<(i64, Summary)>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!(
        "SELECT seq, id, summary FROM submission WHERE seq IN ({})",
        sql.dialect().numbers_of("$1")
    );
    let rows = sql.rows(&statement, &[(&list(numbers)).into()])?;
    let mut found = BTreeMap::new();
    for row in &rows {
        if let Ok(summary) = summary(row, 1) {
            found.insert(row.int(0)?, summary);
        }
    }
    let in_order = numbers
        .iter()
        .filter_map(|number| Some((*number, found.remove(number)?)));
    Ok(in_order.collect())
}

/// The names under which a submission is found.
pub(super) fn names(forms: &Forms, submission: &Submission) -> BTreeSet<i64> {
    let definition = forms.of(&submission.form);
    names_with(&definition.marks(submission.answers()), submission)
}

/// The same where the marks of its answers are known.
pub(super) fn names_with(marks: &Marks, submission: &Submission) -> BTreeSet<i64> {
    let mut names = marks.names();
    names.extend(decided_names(submission));
    names
}

/// Those of its names that no answer has to do with.
fn decided_names(submission: &Submission) -> BTreeSet<i64> {
    let publication = submission.publication.as_ref();
    let path = publication.map(|publication| post_name(&publication.path));
    let merged = submission.merged_into().map(merged_name);
    path.into_iter().chain(merged).collect()
}

/// Writes the names that a change has brought, in the place of those that it has taken away. The words
/// are looked at only where they have changed: that takes longer than all the rest.
pub(super) fn update(
    sql: &mut dyn Sql,
    seq: i64,
    forms: &Forms,
    before: &Submission,
    after: &Submission,
) -> Result<(), StoreError> {
    if before.answers() != after.answers() {
        return rename(sql, seq, &names(forms, after));
    }
    let (old, new) = (decided_names(before), decided_names(after));
    for gone in old.difference(&new) {
        let statement = "DELETE FROM likeness WHERE seq = $1 AND name = $2";
        sql.run(statement, &[seq.into(), (*gone).into()])?;
    }
    write(sql, seq, &new.difference(&old).copied().collect())
}

/// Writes these names, in the place of those that there were.
pub(super) fn rename(sql: &mut dyn Sql, seq: i64, names: &BTreeSet<i64>) -> Result<(), StoreError> {
    let found = sql.rows("SELECT name FROM likeness WHERE seq = $1", &[seq.into()])?;
    let found = found.iter().map(|row| row.int(0));
    if found.collect::<Result<BTreeSet<_>, _>>()? == *names {
        return Ok(());
    }
    sql.run("DELETE FROM likeness WHERE seq = $1", &[seq.into()])?;
    write(sql, seq, names)
}

/// Writes names besides those that there are.
pub(super) fn write(sql: &mut dyn Sql, seq: i64, names: &BTreeSet<i64>) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let statement = format!(
        "INSERT INTO likeness (name, seq) SELECT value, $1 FROM ({}) names WHERE TRUE
         ON CONFLICT DO NOTHING",
        sql.dialect().numbers_of("$2")
    );
    let names = list(names);
    sql.run(&statement, &[seq.into(), (&names).into()])
        .map(drop)
}

/// Numbers as one text for a statement.
fn list<'a>(numbers: impl IntoIterator<Item = &'a i64>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

fn post_name(path: &str) -> i64 {
    name("post", path)
}

fn merged_name(kept: &Other) -> i64 {
    name("merged into", &kept.to_string())
}
