//! What the service has stored, as somebody sees it who opens the database or the folder.

use std::{fs, path::PathBuf};

use super::{
    Intake, eventually, names,
    postgres::{query, quoted},
};

/// Whether this run of the stories keeps everything in PostgreSQL, where a story does not say
/// otherwise.
pub fn runs_on_postgres() -> bool {
    match std::env::var("INTAKE_STORIES_STORE").as_deref() {
        Ok("postgres") => true,
        Ok("") | Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("INTAKE_STORIES_STORE is postgres or sqlite, not {other}"),
    }
}

/// Whether a story has nothing to tell in a run on PostgreSQL, and why.
pub fn is_left_out_on_postgres(why: &str) -> bool {
    let is_left_out = runs_on_postgres();
    if is_left_out {
        println!("left out on PostgreSQL: {why}");
    }
    is_left_out
}

impl Intake {
    pub fn queue(&self) -> PathBuf {
        self.folder.path().join("submissions")
    }

    /// Names of the queue's files with this ending, sorted.
    pub fn queued(&self, ending: &str) -> Vec<String> {
        self.wait_for_drafts();
        names(&self.queue(), ending)
    }

    /// The text of a file of the queue.
    pub fn queue_file(&self, name: &str) -> String {
        self.wait_for_drafts();
        fs::read_to_string(self.queue().join(name)).expect("a file of the queue")
    }

    /// With PostgreSQL a job writes the drafts, a moment later.
    fn wait_for_drafts(&self) {
        let Some(database) = self.database().filter(|_| self.is_running()) else {
            return;
        };
        let noted = "SELECT seq FROM todo WHERE job = 'draft'";
        eventually("the drafts written", || {
            query(database, noted)
                .expect("notes")
                .is_empty()
                .then_some(())
        });
    }

    /// Waits until PostgreSQL has done with what a killed service had still said to it.
    pub fn until_nobody_is_connected(&self) {
        let Some(database) = self.database() else {
            return;
        };
        let connected = "SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'intake'";
        eventually("nobody connected", || {
            let connected = query(database, connected).expect("connections");
            connected.is_empty().then_some(())
        });
    }

    fn sqlite(&self) -> Option<rusqlite::Connection> {
        let file = self.queue().join("intake.db");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let store = rusqlite::Connection::open_with_flags(file, flags).ok()?;
        store
            .busy_timeout(std::time::Duration::from_secs(10))
            .expect("patience");
        Some(store)
    }

    /// What a statement brings back, all of it as text; `None` where there is no table yet.
    fn rows(&self, statement: &str) -> Option<Vec<Vec<String>>> {
        if let Some(database) = self.database() {
            return match query(database, statement) {
                Ok(rows) => Some(rows),
                Err(error) => {
                    let undefined = tokio_postgres::error::SqlState::UNDEFINED_TABLE;
                    assert_eq!(error.code(), Some(&undefined), "{error:?}");
                    None
                }
            };
        }
        let store = self.sqlite()?;
        let mut all = store.prepare(statement).ok()?;
        let columns = all.column_count();
        let rows = all.query_map([], |row| {
            let cells = (0..columns).map(|at| {
                Ok(match row.get(at)? {
                    rusqlite::types::Value::Null => String::new(),
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    other => format!("{other:?}"),
                })
            });
            cells.collect::<Result<Vec<_>, rusqlite::Error>>()
        });
        let rows = rows.expect("rows").collect::<Result<Vec<_>, _>>();
        Some(rows.expect("rows"))
    }

    /// Runs a statement; how many rows it has changed.
    pub fn change(&self, statement: &str) -> usize {
        match self.database() {
            Some(database) => {
                let counted = format!("WITH changed AS ({statement} RETURNING 1) TABLE changed");
                query(database, &counted).expect("changed").len()
            }
            None => {
                let store = self.sqlite().expect("a store");
                store.execute(statement, []).expect("changed")
            }
        }
    }

    /// The ids of all submissions, in the order in which they came in.
    pub fn ids(&self) -> Vec<String> {
        let rows = self.rows("SELECT id FROM submission ORDER BY seq");
        rows.unwrap_or_default().into_iter().flatten().collect()
    }

    /// The private record as the store has it, whoever can read it.
    pub fn record_text(&self, id: &str) -> String {
        let statement = format!("SELECT record FROM submission WHERE id = {}", quoted(id));
        let rows = self.rows(&statement).expect("a store");
        rows.into_iter().flatten().next().expect("a record")
    }

    /// Lets the next start take over records that lie in the folder as files.
    pub fn forget_take_over(&self) {
        self.change("DELETE FROM fact WHERE name = 'taken over'");
    }

    /// Everything that a table holds, as text: a line a row, its cells parted by bars.
    pub fn table(&self, name: &str) -> String {
        let rows = self.rows(&format!("SELECT * FROM {name}"));
        let rows = rows.expect("a table").into_iter();
        let lines: Vec<String> = rows.map(|row| row.join("|")).collect();
        lines.join("\n")
    }

    /// Everything in the database, where that is not a file of the queue.
    pub fn dumped(&self) -> Option<String> {
        let database = self.database()?;
        let tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
        let tables = query(database, tables).expect("tables").into_iter();
        let texts: Vec<String> = tables.flatten().map(|name| self.table(&name)).collect();
        Some(texts.join("\n"))
    }

    /// Puts another record in the place of one, as a newer program or a clumsy hand would, with mail
    /// that is due.
    pub fn set_record_text(&self, id: &str, text: &str) {
        let (id, text) = (quoted(id), quoted(text));
        let summary = match self.database() {
            Some(_) => {
                format!("jsonb_set(summary::jsonb, '{{format}}', {text}::jsonb -> 'format')::text")
            }
            None => format!("json_set(summary, '$.format', json_extract({text}, '$.format'))"),
        };
        let changed = self.change(&format!(
            "UPDATE submission SET record = {text}, mail_due = 0, summary = {summary} WHERE id = {id}"
        ));
        assert_eq!(changed, 1, "no submission {id}");
    }

    /// The time has come that a submission waited for, as this record has it.
    #[track_caller]
    pub fn set_due(&self, id: &str, record: &serde_json::Value) {
        let (id, record) = (quoted(id), quoted(&record.to_string()));
        let statement =
            format!("UPDATE submission SET timed = 0, record = {record} WHERE id = {id}");
        assert_eq!(self.change(&statement), 1, "no submission {id}");
    }

    /// Puts something in the place of the words of a saved form.
    #[track_caller]
    pub fn set_saved_words(&self, id: &str, text: &str) {
        let (id, text) = (quoted(id), quoted(text));
        let statement = format!("UPDATE saved_form SET typed = {text} WHERE id = {id}");
        assert_eq!(self.change(&statement), 1, "no saved form {id}");
    }
}
