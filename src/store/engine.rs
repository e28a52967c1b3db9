//! The engine that the configuration names, and the steps that bring its tables up.

use std::time::Duration;

use tokio::sync::watch;

use super::{
    Store, StoreError,
    drafts::have_lost_their_database,
    postgres::Postgres,
    sql::{Dialect, Sql, Value},
    sqlite::Sqlite,
};
use crate::config::Data;

/// The tables, step by step: what both engines take, and what only one does. A step that was
/// released is never changed.
const MIGRATIONS: [Migration; 15] = [
    Migration {
        both: include_str!("migrations/0001.sql"),
        sqlite: include_str!("migrations/0001.sqlite.sql"),
        postgres: include_str!("migrations/0001.postgres.sql"),
    },
    Migration {
        both: include_str!("migrations/0002.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0003.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0004.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0005.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0006.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0007.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0008.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0009.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0010.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0011.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0012.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0013.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0014.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        both: include_str!("migrations/0015.sql"),
        sqlite: "",
        postgres: "",
    },
];

struct Migration {
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

pub(super) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Engine {
    /// Does the work in a transaction: wholly and on disk when this answers with `Ok`, else not at
    /// all.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.write(work),
            Self::Postgres(postgres) => postgres.write(false, work),
        }
    }

    /// The same for a change that jobs may have to do with, also those of other instances.
    pub(super) fn write_and_tell<T>(
        &self,
        changed: &watch::Sender<()>,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let answer = match self {
            Self::Sqlite(sqlite) => sqlite.write(work),
            Self::Postgres(postgres) => postgres.write(true, work),
        }?;
        changed.send_replace(());
        Ok(answer)
    }

    /// Passes on what other instances tell of their changes, where the engine can.
    pub(super) fn listen(&self, changed: &watch::Sender<()>) {
        if let Self::Postgres(postgres) = self {
            postgres.listen(changed.clone());
        }
    }

    /// Reads what is committed.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.read(work),
            Self::Postgres(postgres) => postgres.read(work),
        }
    }

    /// Whether other instances on other machines may use it. Then one of them writes the drafts, by
    /// its job, and not whoever serves a request.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Sees to it that nothing of what was erased is left in a log.
    pub(super) fn empty_log(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.empty_log(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// What is damaged, where the engine does not look after that itself; `None` where that was not
    /// found out in this time.
    pub(super) fn damages(&self, limit: Duration) -> Result<Option<Vec<String>>, StoreError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.damages(limit),
            Self::Postgres(_) => Ok(Some(Vec::new())),
        }
    }

    /// Opens the database, and brings its tables up to this version.
    pub(super) fn open(data: &Data) -> Result<Self, StoreError> {
        let engine = match data {
            Data::Folder(folder) => {
                let file = folder.join("intake.db");
                if have_lost_their_database(folder, &file).map_err(StoreError::at(folder))? {
                    return Err(StoreError::Lost(file));
                }
                Self::Sqlite(Sqlite::open(&file)?)
            }
            Data::Postgres(url) => Self::Postgres(Postgres::open(url)?),
        };
        engine.migrate()?;
        Ok(engine)
    }

    /// Brings the tables up to this version; one process at a time, all steps or none.
    fn migrate(&self) -> Result<(), StoreError> {
        self.write(|sql| {
            if let Some(statement) = sql.dialect().one_at_a_time() {
                sql.rows(statement, &[])?;
            }
            sql.run(
                "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)",
                &[],
            )?;
            let last = "SELECT COALESCE(MAX(number), 0) FROM migration";
            let done = match sql.row(last, &[])? {
                Some(row) => row.int(0)?,
                None => 0,
            };
            if done > MIGRATIONS.len() as i64 {
                return Err(StoreError::Newer);
            }
            let numbered = (1_i64..).zip(&MIGRATIONS);
            for (number, migration) in numbered.filter(|(number, _)| *number > done) {
                let own = match sql.dialect() {
                    Dialect::Sqlite => migration.sqlite,
                    Dialect::Postgres => migration.postgres,
                };
                let both = migration
                    .both
                    .replace("{seq}", sql.dialect().counting_key())
                    .replace("{bytes}", sql.dialect().bytes())
                    .replace("{keyed}", sql.dialect().keyed());
                for statement in statements(&both).chain(statements(own)) {
                    sql.run(&statement, &[])?;
                }
                sql.run(
                    "INSERT INTO migration (number) VALUES ($1)",
                    &[Value::Int(number)],
                )?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// What is damaged in the database's file, a few words each, and no more than a few. Goes through
    /// all of it, for as long as this; `None` where there was more than there was time for.
    ///
    /// # Errors
    /// When it cannot even be looked at.
    pub fn damages(&self, limit: Duration) -> Result<Option<Vec<String>>, StoreError> {
        self.engine.damages(limit)
    }
}

/// The statements of a step, without its comments. None holds a semicolon of its own.
fn statements(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect();
    let statements: Vec<String> = lines
        .join("\n")
        .split(';')
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect();
    statements.into_iter()
}
