//! SQL as both engines take it: what is bound, and the rows that come back.

use super::StoreError;

/// A value to be bound to a statement's `$1`, `$2` …
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A value that comes back.
#[derive(Debug)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row that comes back.
#[derive(Debug)]
pub(super) struct Row(pub(super) Vec<Cell>);

impl Row {
    /// The number in this column.
    pub(super) fn int(&self, at: usize) -> Result<i64, StoreError> {
        self.maybe_int(at)?.ok_or_else(|| unexpected(at))
    }

    /// The number in this column, where there is one.
    pub(super) fn maybe_int(&self, at: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(at) {
            Some(Cell::Int(number)) => Ok(Some(*number)),
            Some(Cell::Null) => Ok(None),
            _ => Err(unexpected(at)),
        }
    }

    /// Whether the column holds this value.
    pub(super) fn has(&self, at: usize, value: Value) -> bool {
        match (self.0.get(at), value) {
            (Some(Cell::Null), Value::Null) => true,
            (Some(Cell::Int(there)), Value::Int(number)) => *there == number,
            (Some(Cell::Text(there)), Value::Text(text)) => there == text,
            _ => false,
        }
    }

    /// The text in this column.
    pub(super) fn text(&self, at: usize) -> Result<&str, StoreError> {
        self.maybe_text(at)?.ok_or_else(|| unexpected(at))
    }

    /// The text in this column, where there is one.
    pub(super) fn maybe_text(&self, at: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(at) {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            _ => Err(unexpected(at)),
        }
    }
}

impl Row {
    /// The bytes in this column.
    pub(super) fn bytes(self, at: usize) -> Result<Vec<u8>, StoreError> {
        match self.0.into_iter().nth(at) {
            Some(Cell::Bytes(bytes)) => Ok(bytes),
            _ => Err(unexpected(at)),
        }
    }
}

fn unexpected(at: usize) -> StoreError {
    StoreError::database(format!(
        "column {at} of a row is of another kind than expected"
    ))
}

/// An engine at work on one transaction, or on reading.
pub(super) trait Sql {
    /// Runs a statement; answers with how many rows it changed.
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError>;

    /// Runs a statement and answers with its rows.
    fn rows(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Which engine it is, for the few statements that differ.
    fn dialect(&self) -> Dialect;

    /// The first row, if there is one.
    fn row(&mut self, statement: &str, values: &[Value]) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(statement, values)?.into_iter().next())
    }
}

/// What differs between the engines, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The statement after which no other process does the same before this transaction ends.
    /// SQLite has one writer.
    pub(super) fn one_at_a_time(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT 1::BIGINT FROM pg_advisory_xact_lock(7471201)"),
        }
    }

    /// What begins to read everything as it stands at one moment.
    pub(super) fn begin_snapshot(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["BEGIN"],
            Self::Postgres => &["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"],
        }
    }

    /// What follows a `SELECT` whose row the transaction will change. SQLite has one writer.
    pub(super) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// The statement after which nobody else changes the submission with this number before this
    /// transaction ends. SQLite has one writer.
    pub(super) fn lock_submission(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT seq FROM submission WHERE seq = $1 FOR UPDATE"),
        }
    }

    /// The statement after which nobody else counts under the name that it takes before this
    /// transaction ends. SQLite has one writer.
    pub(super) fn lock_name(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(
                "SELECT 1::BIGINT FROM pg_advisory_xact_lock(7471202, hashtext(CAST($1 AS TEXT)))",
            ),
        }
    }

    /// The statement that tells whether the words of a submission, as it has them in the search, are
    /// these: its number, and the tokens parted by blanks.
    pub(super) fn is_indexed_as(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT words = $2 FROM search WHERE rowid = $1",
            Self::Postgres => {
                "SELECT CAST(CAST(words = array_to_tsvector(string_to_array($2, ' ')) AS INT) AS BIGINT)
                 FROM search WHERE seq = $1"
            }
        }
    }

    /// The statements that take the words of a submission out of the search, and put them in:
    /// its number, and the tokens parted by blanks.
    pub(super) fn index(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => (
                "DELETE FROM search WHERE rowid = $1",
                "INSERT INTO search (rowid, words) VALUES ($1, $2)",
            ),
            Self::Postgres => (
                "DELETE FROM search WHERE seq = $1",
                "INSERT INTO search (seq, words)
                 VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
            ),
        }
    }

    /// The statement that finds the first token in the index from this text on. Only for SQLite,
    /// which gathers all that begins alike before it tells the first, where PostgreSQL has to
    /// look at all that it finds in any case.
    pub(super) fn next_token(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("SELECT term FROM search_token WHERE term >= $1 LIMIT 1"),
            Self::Postgres => None,
        }
    }

    /// The statement that finds submissions, newest first, and these terms as it wants them: the
    /// tokens of which one is wanted, and whether it may go on. Besides, it takes the number
    /// before which to begin, and how many are wanted. No token holds a quote.
    pub(super) fn search(self, terms: &[(Vec<String>, bool)]) -> (&'static str, String) {
        let (statement, quote, goes_on, or, and) = match self {
            Self::Sqlite => (
                "SELECT seq, id, summary FROM search JOIN submission ON seq = search.rowid
                 WHERE search MATCH $1 AND search.rowid < $2
                 ORDER BY search.rowid DESC LIMIT $3",
                '"',
                "*",
                " OR ",
                " AND ",
            ),
            Self::Postgres => (
                "SELECT seq, id, summary FROM search JOIN submission USING (seq)
                 WHERE words @@ CAST(CAST($1 AS TEXT) AS TSQUERY) AND seq < $2
                 ORDER BY seq DESC LIMIT $3",
                '\'',
                ":*",
                " | ",
                " & ",
            ),
        };
        let terms: Vec<String> = terms
            .iter()
            .map(|(tokens, may_go_on)| {
                let goes_on = if *may_go_on { goes_on } else { "" };
                let quoted = tokens
                    .iter()
                    .map(|token| format!("{quote}{token}{quote}{goes_on}"));
                format!("({})", quoted.collect::<Vec<_>>().join(or))
            })
            .collect();
        (statement, terms.join(and))
    }

    /// The numbers of a JSON list that is bound as a text, one a row, as `value`. So a statement is the
    /// same however many there are, and stays prepared.
    pub(super) fn numbers_of(self, place: &str) -> String {
        match self {
            Self::Sqlite => format!("SELECT value FROM json_each({place})"),
            Self::Postgres => format!(
                "SELECT CAST(value AS BIGINT) AS value
                 FROM json_array_elements_text(CAST(CAST({place} AS TEXT) AS JSON)) AS value"
            ),
        }
    }

    /// The shard of the sums to write to.
    pub(super) fn any_shard(self) -> i64 {
        match self {
            Self::Sqlite => 0,
            Self::Postgres => i64::from(uuid::Uuid::now_v7().as_bytes()[15] % 16),
        }
    }

    /// What follows a table that is only ever asked by its key; SQLite then keeps it once, and not
    /// with an index besides.
    pub(super) fn keyed(self) -> &'static str {
        match self {
            Self::Sqlite => " WITHOUT ROWID",
            Self::Postgres => "",
        }
    }

    /// The type of what is neither text nor a number.
    pub(super) fn bytes(self) -> &'static str {
        match self {
            Self::Sqlite => "BLOB",
            Self::Postgres => "BYTEA",
        }
    }

    /// The type of a primary key that counts up.
    pub(super) fn counting_key(self) -> &'static str {
        match self {
            Self::Sqlite => "INTEGER PRIMARY KEY",
            Self::Postgres => "BIGSERIAL PRIMARY KEY",
        }
    }
}
