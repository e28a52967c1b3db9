//! The orders in which the queue is read, and where a submission stands in one.
//!
//! Every order has an index, and so has what is asked for most within it. What no index answers is
//! looked for among [`MOST_LOOKED_AT`] rows at a time, so that no page takes longer because there are
//! more submissions.

use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use super::{
    Filter, Store, StoreError,
    sql::{Row, Sql, Value},
    summary::days,
};
use crate::submission::Stage;

/// How many rows of an order are looked at for one page.
pub(super) const MOST_LOOKED_AT: usize = 2_000;
/// Beyond this nobody wants to know how many there are.
const MOST_COUNTED: usize = 500;

/// In which order the queue is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Sort {
    /// What waits comes first, what has waited longest before the others.
    #[default]
    Waiting,
    /// What came in last comes first.
    Newest,
    /// By the date of the post, the latest first; at the end what has none yet.
    Date,
    /// By the day by which something is to be done, the earliest first; at the end what has none.
    Due,
}

impl Sort {
    /// The name in addresses.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Where a page of the queue ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Whether it has ended, in the order of waiting.
    is_end: i64,
    /// Since when it stands in its stage, or the day of its post, or by which something is to be done.
    at: i64,
    pub(super) seq: i64,
}

impl Cursor {
    /// The place of the submission with this number, where that alone is the order.
    pub(super) fn at(seq: i64) -> Self {
        Self {
            is_end: 0,
            at: 0,
            seq,
        }
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.is_end, self.at, self.seq)
    }
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(is_end)), Some(Ok(at)), Some(Ok(seq)), None) => Ok(Self { is_end, at, seq }),
            _ => Err(()),
        }
    }
}

/// Where a submission stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// How many stand before it, counted up to a limit.
    pub number_before: usize,
    /// How many stand after it, counted up to a limit.
    pub number_after: usize,
    /// The one before it.
    pub before: Option<Uuid>,
    /// The one after it.
    pub after: Option<Uuid>,
}

impl Placed {
    /// Its number in the list, from 1; `None` where that is not counted any more.
    pub fn number(&self) -> Option<usize> {
        (self.number_before < MOST_COUNTED).then_some(self.number_before + 1)
    }

    /// How many the list has; `None` where that is not counted any more.
    pub fn total(&self) -> Option<usize> {
        let is_known = self.number()?.max(self.number_after) < MOST_COUNTED;
        is_known.then_some(self.number_before + 1 + self.number_after)
    }
}

/// A column with what it must be to a value, and that value.
type Condition<'a> = (&'static str, Value<'a>);

/// Statements about a list.
pub(super) struct Listing<'a> {
    sort: Sort,
    is_in_one_stage: bool,
    /// What an index answers.
    indexed: Vec<Condition<'a>>,
    /// What is looked for among what that finds.
    others: Vec<Condition<'a>>,
}

impl<'a> Listing<'a> {
    pub(super) fn of(filter: &'a Filter) -> Self {
        let (is_waiting, is_due) = (filter.sort == Sort::Waiting, filter.sort == Sort::Due);
        // Of these one alone is asked of an index, and there are few of the first two.
        let problem_first = is_waiting && filter.has_problem;
        let editor_first = (is_waiting || is_due) && !problem_first && filter.assigned.is_some();
        let is_free = !problem_first && !editor_first;
        let stage = filter
            .late_since
            .map_or(filter.stage, |_| Some(Stage::Received));
        // The queue of one language is mostly short, that of one form is not.
        let language_first = is_waiting && is_free && stage.is_none();
        let stage_first = is_free && !is_due;
        let asked = [
            (
                filter.has_problem.then_some(("problem =", 1.into())),
                problem_first,
            ),
            (
                filter.assigned.as_ref().map(|it| ("assigned =", it.into())),
                editor_first,
            ),
            (stage.map(|it| ("stage =", it.name().into())), stage_first),
            (
                filter.language.as_ref().map(|it| ("language =", it.into())),
                language_first,
            ),
            (
                filter.form.as_ref().map(|it| ("form =", it.into())),
                is_free && is_waiting && !(language_first && filter.language.is_some()),
            ),
            (
                filter.due_before.map(|day| ("due_on <", days(day).into())),
                is_due,
            ),
            (
                (filter.late_since).map(|at| ("since <", at.as_millisecond().into())),
                is_free && is_waiting,
            ),
        ];
        let those = |are_indexed| {
            let those = asked.iter().filter(move |it| it.1 == are_indexed);
            those.filter_map(|it| it.0).collect()
        };
        Self {
            sort: filter.sort,
            is_in_one_stage: stage_first && stage.is_some(),
            indexed: those(true),
            others: those(false),
        }
    }

    /// All that is asked of a row, with its values bound behind those that are bound already.
    pub(super) fn conditions(&self, values: &mut Vec<Value<'a>>) -> Vec<String> {
        let (mut conditions, others) = self.conditions_apart(values);
        conditions.extend(others);
        conditions
    }

    /// What an index answers, and what is left to be asked of each row that it finds.
    pub(super) fn conditions_apart(
        &self,
        values: &mut Vec<Value<'a>>,
    ) -> (Vec<String>, Vec<String>) {
        let indexed = bound(&self.indexed, values);
        (indexed, bound(&self.others, values))
    }

    /// The columns of the order. Within a stage `is_end` is one and the same, and the index does
    /// without it.
    fn keys(&self) -> &'static [&'static str] {
        match self.sort {
            Sort::Waiting if self.is_in_one_stage => &["since", "seq"],
            Sort::Waiting => &["is_end", "since", "seq"],
            Sort::Newest => &["seq"],
            Sort::Date => &["post_date", "seq"],
            Sort::Due => &["due_on", "seq"],
        }
    }

    /// The place of a row whose first columns are [`Listing::PLACE`].
    pub(super) fn cursor(&self, row: &Row) -> Result<Cursor, StoreError> {
        let column = match self.sort {
            Sort::Date => 2,
            Sort::Due => 4,
            Sort::Waiting | Sort::Newest => 1,
        };
        Ok(Cursor {
            is_end: row.int(0)?,
            at: row.int(column)?,
            seq: row.int(3)?,
        })
    }

    /// What [`Listing::cursor`] reads.
    pub(super) const PLACE: &'static str = "is_end, since, post_date, seq, due_on";
    /// How many columns that are.
    pub(super) const PLACES: usize = 5;

    /// The rows that follow `from`, or come before it where it is read `backwards`: the statement,
    /// which selects these columns, and its values.
    fn statement(
        &self,
        columns: &str,
        from: Option<Cursor>,
        backwards: bool,
        most: usize,
    ) -> (String, Vec<Value<'a>>) {
        let keys = self.keys();
        let mut values = Vec::new();
        let mut conditions = bound(&self.indexed, &mut values);
        let rises = matches!(self.sort, Sort::Waiting | Sort::Due) != backwards;
        if let Some(from) = from {
            let first = values.len() + 1;
            let numbers: Vec<String> = (first..first + keys.len())
                .map(|number| format!("${number}"))
                .collect();
            for key in keys {
                values.push(match *key {
                    "is_end" => from.is_end.into(),
                    "seq" => from.seq.into(),
                    _ => from.at.into(),
                });
            }
            let than = if rises { '>' } else { '<' };
            let (keys, numbers) = (keys.join(", "), numbers.join(", "));
            conditions.push(format!("({keys}) {than} ({numbers})"));
        }
        let way = if rises { "ASC" } else { "DESC" };
        let order: Vec<String> = keys.iter().map(|key| format!("{key} {way}")).collect();
        let order = order.join(", ");
        let wherever = match conditions.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", conditions.join(" AND ")),
        };
        let others = bound(&self.others, &mut values);
        let statement = match others.is_empty() {
            true => {
                format!("SELECT {columns} FROM submission {wherever} ORDER BY {order} LIMIT {most}")
            }
            false => format!(
                "SELECT {columns} FROM (
                    SELECT * FROM submission {wherever} ORDER BY {order} LIMIT {MOST_LOOKED_AT}
                 ) AS looked_at WHERE {} ORDER BY {order} LIMIT {most}",
                others.join(" AND ")
            ),
        };
        (statement, values)
    }

    /// So many rows after this place, with the columns of [`Listing::PLACE`], the id and the summary;
    /// and where to go on, where there may be more than `most`.
    pub(super) fn rows(
        &self,
        sql: &mut dyn Sql,
        after: Option<Cursor>,
        most: usize,
    ) -> Result<(Vec<Row>, Option<Cursor>), StoreError> {
        let columns = format!("{}, id, summary", Self::PLACE);
        let (statement, values) = self.statement(&columns, after, false, most + 1);
        let mut rows = sql.rows(&statement, &values)?;
        if rows.len() > most {
            rows.truncate(most);
            let last = rows.last().map(|row| self.cursor(row)).transpose()?;
            return Ok((rows, last));
        }
        if self.others.is_empty() {
            return Ok((rows, None));
        }
        // The last one that was looked at, where another follows it.
        let all = Self {
            others: Vec::new(),
            indexed: self.indexed.clone(),
            ..*self
        };
        let (statement, values) = all.statement(Self::PLACE, after, false, 2);
        let statement = format!("{statement} OFFSET {}", MOST_LOOKED_AT - 1);
        let ends = sql.rows(&statement, &values)?;
        let last = match ends.as_slice() {
            [last, _] => Some(self.cursor(last)?),
            _ => None,
        };
        Ok((rows, last))
    }

    /// How many there are, counted up to a limit.
    fn count(
        &self,
        sql: &mut dyn Sql,
        from: Option<Cursor>,
        backwards: bool,
    ) -> Result<usize, StoreError> {
        let (inner, values) = self.statement("1", from, backwards, MOST_COUNTED);
        let statement = format!("SELECT COUNT(*) FROM ({inner}) AS counted");
        let row = sql.row(&statement, &values)?;
        let count = row.map_or(Ok(0), |row| row.int(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}

/// Conditions as a statement has them, with their values bound behind those that are bound already.
/// `problem` is written out, because an index is for those rows alone.
fn bound<'a>(conditions: &[Condition<'a>], values: &mut Vec<Value<'a>>) -> Vec<String> {
    let condition = |(column, value): &Condition<'a>| match value {
        Value::Int(number) => format!("{column} {number}"),
        value => {
            values.push(*value);
            format!("{column} ${}", values.len())
        }
    };
    conditions.iter().map(condition).collect()
}

impl Store {
    /// How many the list has; `None` where there are more than anybody counts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn how_many(&self, filter: &Filter) -> Result<Option<usize>, StoreError> {
        let listing = Listing::of(filter);
        let count = self.engine.read(|sql| listing.count(sql, None, false))?;
        Ok((count < MOST_COUNTED).then_some(count))
    }

    /// Where a submission stands in the list; `None` where it is not in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn place_in(&self, filter: &Filter, id: Uuid) -> Result<Option<Placed>, StoreError> {
        let listing = Listing::of(filter);
        let id = id.to_string();
        self.engine.read(|sql| {
            let mut values = Vec::new();
            let mut conditions = listing.conditions(&mut values);
            conditions.extend(bound(&[("id =", (&id).into())], &mut values));
            let statement = format!(
                "SELECT {} FROM submission WHERE {}",
                Listing::PLACE,
                conditions.join(" AND ")
            );
            let Some(row) = sql.row(&statement, &values)? else {
                return Ok(None);
            };
            let here = Some(listing.cursor(&row)?);
            let mut beside = |backwards| {
                let (statement, values) = listing.statement("id", here, backwards, 1);
                let row = sql.row(&statement, &values)?;
                let id = row.map(|row| row.text(0)?.parse().map_err(StoreError::database));
                let number = listing.count(sql, here, backwards)?;
                Ok::<_, StoreError>((id.transpose()?, number))
            };
            let ((before, number_before), (after, number_after)) = (beside(true)?, beside(false)?);
            Ok(Some(Placed {
                number_before,
                number_after,
                before,
                after,
            }))
        })
    }
}
