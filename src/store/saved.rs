//! Forms that were saved to go on later. They are no submissions: only whoever holds the link sees
//! one, and it is in no list and found by no search.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Store, StoreError, pictures,
    sql::{Row, Sql, Value},
};
use crate::form::Typed;

/// How long before its end somebody is reminded of a saved form.
pub const REMINDED_BEFORE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A form as it was saved, with whatever was filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SavedForm {
    /// That of its token; its submission gets the same.
    pub id: Uuid,
    /// The name of the form.
    pub form: String,
    pub typed: Typed,
    /// How often it was saved.
    pub revision: u64,
    pub saved: Timestamp,
    /// When it is erased, unless it is saved again.
    pub expires: Timestamp,
    /// Where mail about it goes; may be empty.
    pub email: String,
    /// Whether that address is still to be reminded before the end.
    pub remind: bool,
    /// Who has begun it for its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
    /// Where these are changes to what was sent: the revision of the answers that the page was filled
    /// with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<usize>,
}

/// How an editor has begun a form for somebody else to complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Invitation {
    /// The address of the editor.
    pub by: String,
    pub at: Timestamp,
    /// The title as the editor has it.
    pub title: String,
    /// The address of a page about it; may be empty.
    pub page: String,
    /// What the editor writes to whoever is invited; may be empty.
    pub message: String,
    /// When an editor took it back; from then on it cannot be completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Timestamp>,
}

/// What became of saving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saving {
    /// It is saved, and synced to disk.
    Saved,
    /// Somebody else has saved something else in between; that stands.
    Changed,
    /// It was sent before.
    Sent,
}

/// What mail about a saved form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedMail {
    /// To bring the link that was asked for.
    Link,
    /// To say that it will soon be erased.
    Reminder,
    /// To invite somebody to complete what an editor has begun.
    Invited,
    /// To tell whoever was invited that the form is closed.
    Closed,
}

impl SavedMail {
    /// The name in the store, and of its templates.
    pub fn name(self) -> &'static str {
        match self {
            SavedMail::Link => "saved",
            SavedMail::Reminder => "reminder",
            SavedMail::Invited => "invited",
            SavedMail::Closed => "invited_closed",
        }
    }

    fn named(name: &str) -> Self {
        let all = [SavedMail::Reminder, SavedMail::Invited, SavedMail::Closed];
        let named = all.into_iter().find(|kind| kind.name() == name);
        named.unwrap_or(SavedMail::Link)
    }
}

/// Mail about a saved form that is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSavedMail {
    /// When it is to be attempted.
    pub due: Timestamp,
    /// What it is for.
    pub kind: SavedMail,
    /// How often it was attempted.
    pub attempts: u32,
    /// What it is about.
    pub form: SavedForm,
}

impl SavedForm {
    /// Whether an editor has begun it, and nobody has saved it since.
    pub fn is_untouched(&self) -> bool {
        self.invitation.is_some() && self.revision == 1
    }

    /// Whether an editor has begun it, and taken the invitation back since.
    pub fn is_taken_back(&self) -> bool {
        (self.invitation.as_ref()).is_some_and(|it| it.taken_back.is_some())
    }

    /// Whether this is neither what was typed nor what the page showed that it was typed on; `seen`
    /// is that page's revision. The page that saves a form first knows of none, 0, and may save again;
    /// that several pages know of no changes to what was sent says nothing.
    pub fn is_news(&self, typed: &Typed, seen: u64) -> bool {
        let is_first = seen == 0 && self.revision == 1 && self.base.is_none();
        let is_seen = self.revision == seen || is_first;
        !is_seen && self.typed != *typed
    }
}

/// Stands in the place of the mail's name, once it was refused for good.
const REFUSED: &str = "refused";

const COLUMNS: &str = "id, form, typed, revision, saved, expires, email, remind, invitation, base";

impl Store {
    /// The saved form with this id, which was not sent yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn saved_form(&self, id: Uuid) -> Result<Option<SavedForm>, StoreError> {
        let found = self.engine.read(|sql| saved_form(sql, id, ""))?;
        Ok(found.filter(|it| it.base.is_none()))
    }

    /// Saves a form, where it still stands as the page showed it: `seen` is that revision, 0 where
    /// nothing was saved. The address that mail goes to stays.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn save_form(&self, form: &SavedForm, seen: u64) -> Result<Saving, StoreError> {
        let id = form.id.to_string();
        self.engine.write(|sql| {
            lock(sql, form.id)?;
            let sent = "SELECT seq FROM submission WHERE id = $1";
            if sql.row(sent, &[(&id).into()])?.is_some() {
                return Ok(Saving::Sent);
            }
            let for_update = sql.dialect().for_update();
            let stands = saved_form(sql, form.id, for_update)?;
            if stands.is_some_and(|it| it.is_news(&form.typed, seen)) {
                return Ok(Saving::Changed);
            }
            save(sql, form)?;
            Ok(Saving::Saved)
        })
    }

    /// Keeps where mail about a saved form goes, and that its link is to be sent there now.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn send_saved_link(
        &self,
        id: Uuid,
        email: &str,
        remind: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = "UPDATE saved_form
            SET email = $2, remind = $3, mail = 'saved', mail_due = $4, attempts = 0 WHERE id = $1";
        let id = id.to_string();
        let values = [
            (&id).into(),
            email.into(),
            remind.into(),
            now.as_millisecond().into(),
        ];
        self.write(|sql| sql.run(statement, &values)).map(drop)
    }

    /// Keeps a form that an editor has begun, and that its address is to be invited now.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn invite(&self, form: &SavedForm) -> Result<(), StoreError> {
        let statement = "UPDATE saved_form SET mail = $2, mail_due = $3 WHERE id = $1";
        let id = form.id.to_string();
        let values = [
            (&id).into(),
            SavedMail::Invited.name().into(),
            form.saved.as_millisecond().into(),
        ];
        self.write(|sql| {
            put(sql, form)?;
            sql.run(statement, &values).map(drop)
        })
    }

    /// So many of the forms that editors have begun and that were neither sent nor taken back, the newest
    /// first; with each whether the mail about it was refused for good. What was taken back has no address
    /// any more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invited(&self, most: usize) -> Result<Vec<(SavedForm, bool)>, StoreError> {
        let statement = format!(
            "SELECT {COLUMNS}, mail FROM saved_form
             WHERE invitation IS NOT NULL AND email <> '' ORDER BY id DESC LIMIT {most}"
        );
        let rows = self.engine.read(|sql| sql.rows(&statement, &[]))?;
        let one = |row: &Row| Ok((read(row)?, row.text(10)? == REFUSED));
        rows.iter().map(one).collect()
    }

    /// Takes back an invitation, if there is such a one: nothing of what the editor filled in stays, nor
    /// the address, and no mail about it goes any more. What its holder has saved since stays theirs to
    /// copy.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn take_back_invitation(&self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let statement = "UPDATE saved_form SET typed = $2, invitation = $3, email = '', remind = 0,
            mail_due = NULL WHERE id = $1";
        let is_done = self.write(|sql| {
            let for_update = sql.dialect().for_update();
            let found = saved_form(sql, id, for_update)?.filter(|it| !it.is_taken_back());
            let Some((form, begun)) = found.and_then(|it| Some((it.clone(), it.invitation?)))
            else {
                return Ok(false);
            };
            let invitation = Invitation {
                page: String::new(),
                message: String::new(),
                taken_back: Some(now),
                ..begun
            };
            let typed = match form.is_untouched() {
                true => Typed::default(),
                false => form.typed,
            };
            let typed = serde_json::to_string(&typed).map_err(StoreError::database)?;
            let invitation = serde_json::to_string(&invitation).map_err(StoreError::database)?;
            let id = id.to_string();
            sql.run(
                statement,
                &[(&id).into(), (&typed).into(), (&invitation).into()],
            )?;
            Ok(true)
        })?;
        // Nothing of it may stay behind.
        self.engine.empty_log()?;
        Ok(is_done)
    }

    /// Has those be told that this form is closed who were invited to complete it and haven’t sent it,
    /// once; how many they are. Whose invitation has not gone yet gets neither.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn tell_invited(&self, form: &str, now: Timestamp) -> Result<u64, StoreError> {
        let [invited, closed] = [SavedMail::Invited, SavedMail::Closed].map(SavedMail::name);
        let pending = "UPDATE saved_form SET mail = $3, mail_due = NULL
            WHERE form = $1 AND mail = $2 AND mail_due IS NOT NULL";
        // Taken back is what has no address any more.
        let told = "UPDATE saved_form SET mail = $2, mail_due = $3, attempts = 0
            WHERE form = $1 AND invitation IS NOT NULL AND email <> '' AND expires > $3
            AND mail NOT IN ($2, $4) AND (mail <> $5 OR mail_due IS NULL)";
        let (form, now): (Value, Value) = (form.into(), now.as_millisecond().into());
        self.write(|sql| {
            let values = [form, closed.into(), now, REFUSED.into(), invited.into()];
            let count = sql.run(told, &values)?;
            sql.run(pending, &[form, invited.into(), closed.into()])?;
            Ok(count)
        })
    }

    /// Erases a saved form.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn discard_saved_form(&self, id: Uuid) -> Result<(), StoreError> {
        self.engine.write(|sql| {
            discard(sql, id)?;
            pictures::drop_unnamed(sql, id, &BTreeSet::new(), None)
        })?;
        // Nothing of it may stay behind.
        self.engine.empty_log()
    }

    /// Erases saved forms whose time is over, and has those be reminded of that will soon be erased.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn look_through_saved_forms(&self, now: Timestamp) -> Result<(), StoreError> {
        let soon = now.saturating_add(REMINDED_BEFORE).unwrap_or(now);
        let [now, soon] = [now, soon].map(|at| Value::Int(at.as_millisecond()));
        let due = "expires <= $1 AND remind = 1 AND email <> '' AND mail_due IS NULL";
        let (over, is_due) = self.engine.read(|sql| {
            let over = "SELECT id FROM saved_form WHERE expires <= $1 LIMIT 1";
            let any = format!("SELECT id FROM saved_form WHERE {due} LIMIT 1");
            Ok((
                sql.row(over, &[now])?.is_some(),
                sql.row(&any, &[soon])?.is_some(),
            ))
        })?;
        if over {
            self.engine.write(|sql| {
                let pictures = "DELETE FROM picture
                    WHERE owner IN (SELECT id FROM saved_form WHERE expires <= $1)
                    AND owner NOT IN (SELECT id FROM submission)";
                sql.run(pictures, &[now])?;
                sql.run("DELETE FROM saved_form WHERE expires <= $1", &[now])
            })?;
            self.engine.empty_log()?;
        }
        if is_due {
            let statement = format!(
                "UPDATE saved_form SET mail = 'reminder', mail_due = $2, attempts = 0, remind = 0
                WHERE {due}"
            );
            self.write(|sql| sql.run(&statement, &[soon, now]))?;
        }
        Ok(())
    }

    /// The mail about saved forms that is due first, whether by now or later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_saved_mail(&self) -> Result<Option<PendingSavedMail>, StoreError> {
        let statement = format!(
            "SELECT {COLUMNS}, mail, mail_due, attempts FROM saved_form
            WHERE mail_due IS NOT NULL ORDER BY mail_due LIMIT 1"
        );
        let Some(row) = self.engine.read(|sql| sql.row(&statement, &[]))? else {
            return Ok(None);
        };
        let form = match read(&row) {
            Ok(form) => form,
            Err(error) => {
                // It must not keep other mail from going.
                tracing::error!(%error, "mail about a saved form is given up");
                let statement = "UPDATE saved_form SET mail_due = NULL WHERE id = $1";
                let id = row.text(0)?;
                self.engine.write(|sql| sql.run(statement, &[id.into()]))?;
                return self.next_saved_mail();
            }
        };
        Ok(Some(PendingSavedMail {
            due: time(&row, 11)?,
            kind: SavedMail::named(row.text(10)?),
            attempts: u32::try_from(row.int(12)?).unwrap_or(u32::MAX),
            form,
        }))
    }

    /// Records that mail about a saved form was attempted, when it is due again (`None` for never), and
    /// whether it was refused for good.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn saved_mail_attempted(
        &self,
        pending: &PendingSavedMail,
        again: Option<Timestamp>,
        is_refused: bool,
    ) -> Result<(), StoreError> {
        // Another may have been asked for while it was under way.
        let statement = "UPDATE saved_form SET attempts = attempts + 1, mail_due = $2, mail = $4
            WHERE id = $1 AND mail_due = $3";
        let id = pending.form.id.to_string();
        let values = [
            (&id).into(),
            again.map(Timestamp::as_millisecond).into(),
            pending.due.as_millisecond().into(),
            if is_refused {
                REFUSED
            } else {
                pending.kind.name()
            }
            .into(),
        ];
        self.engine
            .write(|sql| sql.run(statement, &values))
            .map(drop)
    }
}

/// From here to the end of the transaction nobody else sends or saves the form with this id, so that
/// nothing can be saved of what is being sent.
pub(super) fn lock(sql: &mut dyn Sql, id: Uuid) -> Result<(), StoreError> {
    if let Some(statement) = sql.dialect().lock_name() {
        sql.rows(statement, &[(&id.to_string()).into()])?;
    }
    Ok(())
}

/// A form that is open again can be closed again; who has not been told yet that it was is not told.
pub(super) fn forget_closing(sql: &mut dyn Sql, form: &str) -> Result<(), StoreError> {
    let [invited, closed] = [SavedMail::Invited, SavedMail::Closed].map(SavedMail::name);
    let statement =
        "UPDATE saved_form SET mail = $3, mail_due = NULL WHERE form = $1 AND mail = $2";
    let values = [form.into(), closed.into(), invited.into()];
    sql.run(statement, &values).map(drop)
}

/// Erases a saved form, as it is sent or its holder wants it.
pub(super) fn discard(sql: &mut dyn Sql, id: Uuid) -> Result<(), StoreError> {
    let id = id.to_string();
    sql.run("DELETE FROM saved_form WHERE id = $1", &[(&id).into()])
        .map(drop)
}

/// Writes a form as it is saved now; the address that mail goes to stays.
pub(super) fn save(sql: &mut dyn Sql, form: &SavedForm) -> Result<(), StoreError> {
    let typed = serde_json::to_string(&form.typed).map_err(StoreError::database)?;
    let statement = "INSERT INTO saved_form (id, form, typed, revision, saved, expires, base)
        VALUES ($1, $2, $3, 1, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET typed = excluded.typed, saved = excluded.saved,
        expires = excluded.expires, base = excluded.base, revision = saved_form.revision + 1";
    let id = form.id.to_string();
    let values = [
        (&id).into(),
        (&form.form).into(),
        (&typed).into(),
        form.saved.as_millisecond().into(),
        form.expires.as_millisecond().into(),
        base(form).into(),
    ];
    sql.run(statement, &values).map(drop)
}

fn base(form: &SavedForm) -> Option<i64> {
    form.base
        .map(|base| i64::try_from(base).unwrap_or(i64::MAX))
}

/// All saved forms, some at a time, for a backup: those whose id comes after `last`, which becomes the
/// last of these; `None` after all. One that cannot be read is left out, and told.
pub(super) fn after(
    sql: &mut dyn Sql,
    last: &mut String,
) -> Result<Option<Vec<SavedForm>>, StoreError> {
    let statement = format!("SELECT {COLUMNS} FROM saved_form WHERE id > $1 ORDER BY id LIMIT 200");
    let rows = sql.rows(&statement, &[last.as_str().into()])?;
    let Some(row) = rows.last() else {
        return Ok(None);
    };
    row.text(0)?.clone_into(last);
    let mut forms = Vec::new();
    for row in &rows {
        match read(row) {
            Ok(form) => forms.push(form),
            Err(error) => tracing::error!(%error, "a saved form is not in the backup"),
        }
    }
    Ok(Some(forms))
}

/// Puts a saved form into the store as it is, where none has its id.
pub(super) fn put(sql: &mut dyn Sql, form: &SavedForm) -> Result<(), StoreError> {
    let typed = serde_json::to_string(&form.typed).map_err(StoreError::database)?;
    let invitation = form.invitation.as_ref().map(serde_json::to_string);
    let invitation = invitation.transpose().map_err(StoreError::database)?;
    let statement = format!(
        "INSERT INTO saved_form ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let id = form.id.to_string();
    let values = [
        (&id).into(),
        (&form.form).into(),
        (&typed).into(),
        i64::try_from(form.revision).unwrap_or(i64::MAX).into(),
        form.saved.as_millisecond().into(),
        form.expires.as_millisecond().into(),
        (&form.email).into(),
        form.remind.into(),
        invitation.as_ref().into(),
        base(form).into(),
    ];
    sql.run(&statement, &values).map(drop)
}

pub(super) fn saved_form(
    sql: &mut dyn Sql,
    id: Uuid,
    for_update: &str,
) -> Result<Option<SavedForm>, StoreError> {
    let statement = format!("SELECT {COLUMNS} FROM saved_form WHERE id = $1 {for_update}");
    let id = id.to_string();
    let row = sql.row(&statement, &[(&id).into()])?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<SavedForm, StoreError> {
    Ok(SavedForm {
        id: row.text(0)?.parse().map_err(StoreError::database)?,
        form: row.text(1)?.to_owned(),
        // The library's words might quote what was typed.
        typed: serde_json::from_str(row.text(2)?)
            .map_err(|_| StoreError::database("a saved form cannot be read"))?,
        revision: u64::try_from(row.int(3)?).map_err(StoreError::database)?,
        saved: time(row, 4)?,
        expires: time(row, 5)?,
        email: row.text(6)?.to_owned(),
        remind: row.int(7)? != 0,
        invitation: row
            .maybe_text(8)?
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| StoreError::database("an invitation cannot be read"))?,
        base: (row.maybe_int(9)?)
            .map(usize::try_from)
            .transpose()
            .map_err(StoreError::database)?,
    })
}

fn time(row: &Row, at: usize) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(row.int(at)?).map_err(StoreError::database)
}
