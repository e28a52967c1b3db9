//! Who has a page of a submission in sight, in any instance. What is noted here ends by itself, so that
//! nobody seems to look who is gone.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Store, StoreError};

/// How long a page counts as being in sight from the last time it was noted.
pub const IN_SIGHT: SignedDuration = SignedDuration::from_secs(60);

impl Store {
    /// Notes that an editor has this page of a submission in sight, for [`IN_SIGHT`]. Others are told
    /// where it was not noted before.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn has_in_sight(
        &self,
        page: Uuid,
        submission: Uuid,
        editor: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = (now + IN_SIGHT).as_millisecond();
        let page = page.to_string();
        let values = [(&page).into(), until.into()];
        let statement = "UPDATE viewer SET until = $2 WHERE page = $1";
        if self.engine.write(|sql| sql.run(statement, &values))? > 0 {
            return Ok(());
        }
        let submission = submission.to_string();
        self.write(|sql| {
            let ended = "DELETE FROM viewer WHERE until < $1";
            sql.run(ended, &[now.as_millisecond().into()])?;
            let statement = "INSERT INTO viewer (page, submission, editor, until)
                VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            let values = [
                (&page).into(),
                (&submission).into(),
                editor.into(),
                until.into(),
            ];
            sql.run(statement, &values).map(drop)
        })
    }

    /// The page is not in sight any more.
    ///
    /// # Errors
    /// When the store cannot be written; then it ends by itself.
    pub fn is_out_of_sight(&self, page: Uuid) -> Result<(), StoreError> {
        let page = page.to_string();
        let statement = "DELETE FROM viewer WHERE page = $1";
        self.write(|sql| sql.run(statement, &[(&page).into()]).map(drop))
    }

    /// The addresses of the editors other than this one who have a page of a submission in sight.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn others_looking(
        &self,
        submission: Uuid,
        but: &str,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let statement = "SELECT DISTINCT editor FROM viewer
            WHERE submission = $1 AND until >= $2 AND editor <> $3 ORDER BY editor";
        let submission = submission.to_string();
        let now = now.as_millisecond().into();
        let values = [(&submission).into(), now, but.into()];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }
}
