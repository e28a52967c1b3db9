//! SQLite, in the data folder.
//!
//! One connection writes. Transactions that wait for their turn are committed together: whoever
//! finishes while another waits leaves the transaction open for it, and the last one commits for
//! all. So one sync serves as many writers as there are, and nobody is told yes before it.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, types::ValueRef};

use super::{
    StoreError,
    sql::{Cell, Dialect, Row, Sql, Value},
};
use crate::durable;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to sleep until it is tried again. SQLite itself would come to a tenth of a second, and a
/// command would find no gap beside a service that has much to do.
const PAUSE: Duration = Duration::from_millis(5);
/// How many may be committed together.
const MOST_TOGETHER: usize = 64;
/// How many statements each connection keeps prepared.
const STATEMENTS_KEPT: usize = 64;
/// How many connections for reading are kept open; each has a cache of its own.
const READERS_KEPT: usize = 4;

/// How a commit ended, for all who wait for it.
type Outcome = Arc<OnceLock<Result<(), Arc<rusqlite::Error>>>>;

pub(super) struct Sqlite {
    file: PathBuf,
    writer: Mutex<Writer>,
    waiting: AtomicUsize,
    committed: Condvar,
    readers: Mutex<Vec<Connection>>,
}

struct Writer {
    connection: Connection,
    /// The transaction that is open, and how many have written in it.
    open: Option<(Outcome, usize)>,
}

impl Sqlite {
    /// Opens the database, which is made where it is not there, for its owner alone.
    pub(super) fn open(file: &Path) -> Result<Self, StoreError> {
        // SQLite gives the files beside it the same mode.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(durable::PRIVATE)
            .open(file)
            .map_err(StoreError::at(file))?;
        let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_handler(Some(wait))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        // What is erased is overwritten, a commit is on disk when it has returned, and nothing of a
        // record lies in a temporary file elsewhere, on a disk that may be full.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;",
        )?;
        Ok(Self {
            file: file.to_owned(),
            writer: Mutex::new(Writer {
                connection,
                open: None,
            }),
            waiting: AtomicUsize::new(0),
            committed: Condvar::new(),
            readers: Mutex::default(),
        })
    }

    /// Does the work in a transaction. Its effects are on disk when this answers with `Ok`, and
    /// nowhere when it answers with an error.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);

        let outcome = writer.begin()?;
        let worked = catch_unwind(AssertUnwindSafe(|| writer.work(work)));
        let together = writer.open.as_ref().map_or(0, |(_, together)| *together);
        let others_wait = self.waiting.load(Ordering::SeqCst) > 0;
        if together > 0 && !(others_wait && together < MOST_TOGETHER) {
            writer.commit();
        }
        if together == 0 || outcome.get().is_some() {
            self.committed.notify_all();
        }
        let answer = match worked {
            Ok(answer) => answer?,
            Err(panic) => {
                drop(writer);
                resume_unwind(panic)
            }
        };
        self.wait_for(&outcome, writer)?;
        Ok(answer)
    }

    fn wait_for(
        &self,
        outcome: &Outcome,
        mut writer: MutexGuard<Writer>,
    ) -> Result<(), StoreError> {
        loop {
            match outcome.get() {
                Some(Ok(())) => return Ok(()),
                Some(Err(cause)) => return Err(StoreError::Database(Arc::clone(cause) as _)),
                None => {
                    writer = self
                        .committed
                        .wait(writer)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Reads what is committed.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.kept().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => {
                let connection = self.to_read()?;
                connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
                connection.execute_batch(
                    "PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;
                     CREATE VIRTUAL TABLE temp.search_token
                         USING fts5vocab(main, search, instance);",
                )?;
                connection
            }
        };
        let answer = work(&mut Session(&connection))?;
        let mut kept = self.kept();
        if kept.len() < READERS_KEPT {
            kept.push(connection);
        }
        Ok(answer)
    }

    fn to_read(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_handler(Some(wait))?;
        Ok(connection)
    }

    /// Looks at every page of the database for as long as this: what is damaged, a few words each,
    /// and no more than a few. `None` where there was more than there was time for.
    pub(super) fn damages(&self, limit: Duration) -> Result<Option<Vec<String>>, StoreError> {
        let connection = self.to_read()?;
        let interrupt = connection.get_interrupt_handle();
        let (done, end) = mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            if end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let looked = (|| {
            let mut statement = connection.prepare("PRAGMA quick_check(3)")?;
            let said = statement.query_map([], |row| row.get(0))?;
            said.collect::<Result<Vec<String>, rusqlite::Error>>()
        })();
        drop(done);
        let _ = watch.join();
        match looked {
            Ok(said) => {
                let lines = said.iter().flat_map(|said| said.lines());
                let damages = lines.filter(|line| *line != "ok" && !line.starts_with("***"));
                Ok(Some(damages.map(str::to_owned).collect()))
            }
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves everything from the log of changes into the database and empties the log, so that
    /// what was erased is in neither. Waits for those who write or read just now.
    pub(super) fn empty_log(&self) -> Result<(), StoreError> {
        const ATTEMPTS: usize = 100;
        const PAUSE: Duration = Duration::from_millis(20);
        for _ in 0..ATTEMPTS {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            if writer.open.is_none() {
                let mode = "PRAGMA wal_checkpoint(TRUNCATE)";
                let is_busy: bool = writer.connection.query_row(mode, [], |row| row.get(0))?;
                if !is_busy {
                    return Ok(());
                }
            }
            drop(writer);
            std::thread::sleep(PAUSE);
        }
        Err(StoreError::database(
            "the log of changes is in use all the time",
        ))
    }
}

/// Whether a lock that another process holds is to be tried again, after a pause.
fn wait(attempts: i32) -> bool {
    std::thread::sleep(PAUSE);
    PAUSE * attempts.unsigned_abs() < PATIENCE
}

impl Writer {
    /// The open transaction, or a new one.
    fn begin(&mut self) -> Result<Outcome, StoreError> {
        if let Some((outcome, _)) = &self.open {
            return Ok(Arc::clone(outcome));
        }
        self.roll_back();
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        let outcome = Outcome::default();
        self.open = Some((Arc::clone(&outcome), 0));
        Ok(outcome)
    }

    /// Does the work in the open transaction; of work that fails nothing stays. Where that takes
    /// the whole transaction with it, as on a full disk, all who have worked in it are told.
    fn work<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some((_, together)) = &mut self.open {
            *together += 1;
        }
        let say = |words: &str| -> Result<(), rusqlite::Error> {
            self.connection.prepare_cached(words)?.execute([])?;
            Ok(())
        };
        if let Err(error) = say("SAVEPOINT one") {
            self.give_up_if_ended();
            return Err(error.into());
        }
        let worked = catch_unwind(AssertUnwindSafe(|| work(&mut Session(&self.connection))));
        let is_good = matches!(worked, Ok(Ok(_)));
        let ended = if self.connection.is_autocommit() {
            Ok(())
        } else if is_good {
            say("RELEASE one")
        } else {
            say("ROLLBACK TO one").and_then(|()| say("RELEASE one"))
        };
        if ended.is_err() {
            // What cannot be taken back alone must not be committed with the others' work.
            self.roll_back();
            self.give_up();
        }
        self.give_up_if_ended();
        let answer = worked.unwrap_or_else(|panic| resume_unwind(panic))?;
        ended?;
        Ok(answer)
    }

    /// Tells all who have worked in the transaction where SQLite has ended it by itself.
    fn give_up_if_ended(&mut self) {
        if self.connection.is_autocommit() {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        if let Some((outcome, _)) = self.open.take() {
            let words = "the transaction was given up, as the disk failed or is full";
            let cause = rusqlite::Error::ToSqlConversionFailure(words.into());
            let _ = outcome.set(Err(Arc::new(cause)));
        }
    }

    /// Takes back what is not committed, if there is anything.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction that failed could not be taken back");
        }
    }

    fn commit(&mut self) {
        let Some((outcome, _)) = self.open.take() else {
            return;
        };
        let commit = |words: &str| self.connection.prepare_cached(words)?.execute([]);
        let committed = commit("COMMIT").map(drop).map_err(Arc::new);
        self.roll_back();
        let _ = outcome.set(committed);
    }
}

struct Session<'a>(&'a Connection);

impl Session<'_> {
    fn bound<T>(
        &self,
        statement: &str,
        values: &[Value],
        then: impl FnOnce(&mut rusqlite::CachedStatement) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        // `?1` has its number in SQLite, where `$1` is a name.
        let mut statement = self.0.prepare_cached(&statement.replace('$', "?"))?;
        for (index, value) in values.iter().enumerate() {
            match value {
                Value::Null => statement.raw_bind_parameter(index + 1, rusqlite::types::Null)?,
                Value::Int(number) => statement.raw_bind_parameter(index + 1, number)?,
                Value::Text(text) => statement.raw_bind_parameter(index + 1, text)?,
                Value::Bytes(bytes) => statement.raw_bind_parameter(index + 1, bytes)?,
            }
        }
        Ok(then(&mut statement)?)
    }
}

impl Sql for Session<'_> {
    fn run(&mut self, statement: &str, values: &[Value]) -> Result<u64, StoreError> {
        let changed = self.bound(statement, values, |statement| statement.raw_execute())?;
        Ok(changed as u64)
    }

    fn rows(&mut self, statement: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.bound(statement, values, |statement| {
            let count = statement.column_count();
            let mut found = Vec::new();
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                let cells = (0..count).map(|at| {
                    Ok(match row.get_ref(at)? {
                        ValueRef::Integer(number) => Cell::Int(number),
                        ValueRef::Text(text) => Cell::Text(match std::str::from_utf8(text) {
                            Ok(text) => text.to_owned(),
                            Err(_) => String::from_utf8_lossy(text).into_owned(),
                        }),
                        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_owned()),
                        _ => Cell::Null,
                    })
                });
                found.push(Row(cells.collect::<Result<_, rusqlite::Error>>()?));
            }
            Ok(found)
        })
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, _)
                if code.code == rusqlite::ErrorCode::DiskFull =>
            {
                Self::database(io::Error::from(io::ErrorKind::StorageFull))
            }
            other => Self::database(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_fails_and_cannot_be_taken_back_alone_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("intake.db")).unwrap();
        let count = |store: &Sqlite| {
            let rows = store.read(|sql| sql.rows("SELECT number FROM numbers", &[]));
            rows.unwrap().len()
        };
        let made = store.write(|sql| sql.run("CREATE TABLE numbers (number INTEGER)", &[]));
        made.unwrap();
        let failed: Result<(), StoreError> = store.write(|sql| {
            sql.run("INSERT INTO numbers VALUES (1)", &[])?;
            // Stands for a disk that fails while the work is taken back.
            sql.run("RELEASE one", &[])?;
            Err(StoreError::database("it failed"))
        });
        assert!(failed.unwrap_err().to_string().contains("it failed"));
        assert_eq!(count(&store), 0);
        let written = store.write(|sql| sql.run("INSERT INTO numbers VALUES (2)", &[]));
        assert_eq!(written.unwrap(), 1);
        assert_eq!(count(&store), 1);
    }
}
