//! Forms that were closed by a command. Each is a row among the facts, so that every instance sees it
//! while it runs, and what was read last is kept in memory, so that showing a form asks no database.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Sql, Store, StoreError, fact, saved, set_fact};
use crate::form::{Definition, Opening};

/// Their names among the facts begin with it.
const CLOSED: &str = "closed form ";

/// Since when a form is closed, and what people read from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    #[allow(missing_docs, reason = "the names say it")]
    pub at: Timestamp,
    /// Empty: what the form's file says.
    pub words: String,
}

/// The closed forms as they were read last.
#[derive(Debug, Default)]
pub(super) struct Closed(RwLock<BTreeMap<String, Closing>>);

/// The closed forms by their names.
pub(super) fn all(sql: &mut dyn Sql) -> Result<BTreeMap<String, Closing>, StoreError> {
    let like = format!("{CLOSED}%");
    let statement = "SELECT name, value FROM fact WHERE name LIKE $1";
    let mut closed = BTreeMap::new();
    for row in &sql.rows(statement, &[(&like).into()])? {
        if let Some(form) = row.text(0)?.strip_prefix(CLOSED) {
            let closing = serde_json::from_str(row.text(1)?).map_err(StoreError::database)?;
            closed.insert(form.to_owned(), closing);
        }
    }
    Ok(closed)
}

pub(super) fn set(sql: &mut dyn Sql, form: &str, closing: &Closing) -> Result<(), StoreError> {
    let text = serde_json::to_string(closing).map_err(StoreError::database)?;
    set_fact(sql, &format!("{CLOSED}{form}"), &text)
}

impl Store {
    /// Closes a form, and answers since when it is closed. Where it was closed before, that moment
    /// stays, and so do its words unless there are others.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn close_form(
        &self,
        form: &str,
        words: Option<&str>,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let name = format!("{CLOSED}{form}");
        let at = self.write(|sql| {
            let mut closing = match fact(sql, &name)? {
                Some(text) => serde_json::from_str(&text).map_err(StoreError::database)?,
                None => Closing {
                    at: now,
                    words: String::new(),
                },
            };
            if let Some(words) = words {
                words.clone_into(&mut closing.words);
            }
            set(sql, form, &closing)?;
            Ok(closing.at)
        })?;
        self.look_for_closed_forms()?;
        Ok(at)
    }

    /// Opens a form again that was closed so; whether it was.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reopen_form(&self, form: &str) -> Result<bool, StoreError> {
        let name = format!("{CLOSED}{form}");
        let was_closed = self.write(|sql| {
            let was_closed = fact(sql, &name)?.is_some();
            sql.run("DELETE FROM fact WHERE name = $1", &[(&name).into()])?;
            saved::forget_closing(sql, form)?;
            Ok(was_closed)
        })?;
        self.look_for_closed_forms()?;
        Ok(was_closed)
    }

    /// Reads which forms are closed now.
    ///
    /// # Errors
    /// When the store cannot be read; then what was read before holds.
    pub fn look_for_closed_forms(&self) -> Result<(), StoreError> {
        let closed = self.engine.read(all)?;
        *self
            .closed
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner) = closed;
        Ok(())
    }

    /// Since when this form is closed by a command, as far as was read last.
    pub fn closing(&self, form: &str) -> Option<Closing> {
        let closed = self.closed.0.read();
        let closed = closed.unwrap_or_else(PoisonError::into_inner);
        closed.get(form).cloned()
    }

    /// When this form can be filled in: as its file says, and not once it is closed by a command.
    pub fn opening(&self, definition: &Definition) -> Opening {
        let mut opening = definition.opening.clone();
        if let Some(closing) = self.closing(&definition.name) {
            let closes = opening.closes.map_or(closing.at, |it| it.min(closing.at));
            opening.closes = Some(closes);
            // One that was closed before its time came does not wait for it any more.
            opening.opens = opening.opens.filter(|opens| *opens < closes);
            if !closing.words.is_empty() {
                opening.after = closing.words;
            }
        }
        opening
    }

    /// How many saved forms of this name are kept that were not sent, and until when the last is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn saved_of(&self, form: &str) -> Result<(usize, Timestamp), StoreError> {
        let statement = "SELECT COUNT(*), COALESCE(MAX(expires), 0) FROM saved_form
            WHERE form = $1 AND base IS NULL";
        let row = self.engine.read(|sql| sql.row(statement, &[form.into()]))?;
        let Some(row) = row else {
            return Ok((0, Timestamp::UNIX_EPOCH));
        };
        let expires = Timestamp::from_millisecond(row.int(1)?).map_err(StoreError::database)?;
        Ok((usize::try_from(row.int(0)?).unwrap_or_default(), expires))
    }
}
