//! Changes to a submission that its campaigner has saved and not sent: a saved form that belongs to what
//! was sent. Nobody else reads them, and sending them or erasing the submission erases them.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{SavedForm, Saving, Store, StoreError, pictures, read, saved, sql::Sql};
use crate::submission::{Action, Submission};

impl Store {
    /// The changes to the submission with this id that were saved and not sent.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn saved_changes(&self, id: Uuid) -> Result<Option<SavedForm>, StoreError> {
        let found = self.engine.read(|sql| saved::saved_form(sql, id, ""))?;
        Ok(found.filter(|it| it.base.is_some()))
    }

    /// Saves changes to a submission, where both the submission and what was saved before still stand
    /// as the page showed them: `seen` is the revision of the latter, 0 where nothing was saved.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn save_changes(&self, form: &SavedForm, seen: u64) -> Result<Saving, StoreError> {
        self.engine.write(|sql| {
            // Nobody sends or erases it from here to the end of the transaction.
            let for_update = sql.dialect().for_update();
            let submission = read(sql, form.id, for_update)?;
            let revision = submission.and_then(|it| {
                it.contact.as_ref()?;
                it.revisions.len().checked_sub(1)
            });
            let stands = saved::saved_form(sql, form.id, for_update)?;
            if revision != form.base || stands.is_some_and(|it| it.is_news(&form.typed, seen)) {
                return Ok(Saving::Changed);
            }
            saved::save(sql, form)?;
            Ok(Saving::Saved)
        })
    }

    /// Deletes changes that were saved, and the pictures that only they had.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn discard_saved_changes(&self, id: Uuid) -> Result<(), StoreError> {
        self.engine.write(|sql| {
            let for_update = sql.dialect().for_update();
            let Some(submission) = read(sql, id, for_update)? else {
                return Ok(());
            };
            saved::discard(sql, id)?;
            let published = submission.publication.iter();
            let published = published.flat_map(|it| it.pictures.values());
            let kept = published.chain(submission.pictures.values());
            let definition = self.forms.of(&submission.form);
            let named = definition.pictures(submission.answers()).into_iter();
            let named = named.chain(kept.map(String::as_str)).collect();
            pictures::drop_unnamed(sql, id, &named, None)
        })?;
        // Nothing of it may stay behind.
        self.engine.empty_log()
    }
}

/// Erases the changes that were saved, where this change to a submission sends them or erases what is
/// personal.
pub(super) fn end(
    sql: &mut dyn Sql,
    before: &Submission,
    after: &Submission,
) -> Result<(), StoreError> {
    let mut new = after.history.iter().skip(before.history.len());
    let is_sent = new.any(|event| matches!(event.action, Action::Correct | Action::Resubmit));
    if is_sent || after.contact.is_none() && before.contact.is_some() {
        saved::discard(sql, after.id)?;
    }
    Ok(())
}

/// The pictures that saved changes name.
pub(super) fn named_pictures(sql: &mut dyn Sql, id: Uuid) -> Result<BTreeSet<String>, StoreError> {
    let stands = saved::saved_form(sql, id, "")?;
    let named = |form: SavedForm| {
        form.typed
            .pairs()
            .map(|(_, text)| text.to_owned())
            .collect()
    };
    Ok(stands.map(named).unwrap_or_default())
}
