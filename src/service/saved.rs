//! Forms that are saved to go on later, on any device, by whoever holds the link.

use std::io;

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Letter, Outcome, Sender, Service, ServiceError,
    reception::{DAY, HOUR},
};
use crate::{
    form::{Definition, Typed},
    picture::{PictureProblem, make_harmless},
    store::{Invitation, Rate, SavedForm, Saving},
    text::hex,
};

/// How often one form can be saved in an hour: by itself every half minute, and by hand besides.
const MOST_SAVED: u32 = 300;
/// How many files may be uploaded for one form or submission in an hour, and from one network, so that
/// nobody fills the disk by saving many forms; and how many may be kept of one at once.
const MOST_UPLOADED: u32 = 40;
const MOST_UPLOADED_FROM_ONE: u32 = 300;
const MOST_PICTURES: usize = 60;
/// How often the link to one saved form may be mailed in a day.
const MOST_MAILED: u32 = 10;

impl Service {
    /// Saves a form as it stands, whatever is missing. `seen` is the revision that the page showed, 0
    /// where nothing was saved before.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn save(
        &self,
        definition: &Definition,
        id: Uuid,
        typed: &Typed,
        seen: u64,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Outcome, ServiceError> {
        if let Some(wait) = self.saves_too_often(id, sender, now)? {
            Self::limit_reached(sender, "save");
            return Ok(Outcome::TooMany(wait));
        }
        let form = self.to_save(definition, id, typed, now);
        Ok(match self.store.save_form(&form, seen) {
            Ok(Saving::Saved) => Outcome::Done(()),
            Ok(Saving::Changed) => Outcome::Conflict,
            Ok(Saving::Sent) => Outcome::AlreadySent,
            Err(cause) => Outcome::NotSaved(cause.into()),
        })
    }

    fn to_save(
        &self,
        definition: &Definition,
        id: Uuid,
        typed: &Typed,
        now: Timestamp,
    ) -> SavedForm {
        let kept = now
            .to_zoned_datetime(TimeZone::UTC)
            .checked_add(self.config.drafts_kept);
        SavedForm {
            id,
            form: definition.name.clone(),
            typed: typed.clone(),
            revision: 0,
            saved: now,
            // A time longer than the calendar reaches is forever.
            expires: kept.map_or(Timestamp::MAX, |kept| kept.timestamp()),
            email: String::new(),
            remind: false,
            invitation: None,
            base: None,
        }
    }

    /// Saves changes to a submission as they stand, filled in on a page that showed the revision `base`
    /// of its answers. `seen` is the revision of what was saved before, 0 where nothing was.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn save_changes(
        &self,
        definition: &Definition,
        id: Uuid,
        typed: &Typed,
        base: usize,
        seen: u64,
        now: Timestamp,
    ) -> Result<Outcome, ServiceError> {
        let rates = [Rate {
            name: format!("saved:{id}"),
            most: MOST_SAVED,
            per: HOUR,
        }];
        if let Some(wait) = self.count(&rates, now)? {
            return Ok(Outcome::TooMany(wait));
        }
        let form = SavedForm {
            base: Some(base),
            ..self.to_save(definition, id, typed, now)
        };
        Ok(match self.store.save_changes(&form, seen) {
            Ok(Saving::Saved) => Outcome::Done(()),
            Ok(Saving::Changed | Saving::Sent) => Outcome::Conflict,
            Err(cause) => Outcome::NotSaved(cause.into()),
        })
    }

    /// Begins a form for somebody else, who is invited by mail to complete and send it. What was filled
    /// in is theirs from then on; nothing of it is a submission before they send it.
    ///
    /// # Errors
    /// When it cannot be kept; then nobody is invited.
    pub fn invite(
        &self,
        definition: &Definition,
        typed: &Typed,
        email: &str,
        invitation: Invitation,
    ) -> Result<(), ServiceError> {
        let now = invitation.at;
        let token = self.keys.form_token(now);
        let id = self.keys.open_form_token(&token, now);
        let id = id.map_err(|_| io::Error::other("a token that was just made is not good"))?;
        let form = SavedForm {
            revision: 1,
            email: email.to_owned(),
            remind: true,
            invitation: Some(invitation),
            ..self.to_save(definition, id, typed, now)
        };
        Ok(self.store.invite(&form)?)
    }

    /// How long to wait, where too much was saved from there: new forms count as what is sent does.
    fn saves_too_often(
        &self,
        id: Uuid,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Option<jiff::SignedDuration>, ServiceError> {
        let limits = &self.config.limits;
        let rate = |name: String, most| Rate {
            name,
            most,
            per: HOUR,
        };
        let rates = match self.store.saved_form(id)? {
            Some(_) => vec![rate(format!("saved:{id}"), MOST_SAVED)],
            None => vec![
                rate(format!("saved:{}", sender.name()), limits.most_per_client),
                rate("saved".to_owned(), limits.most_in_all),
            ],
        };
        Ok(self.count(&rates, now)?)
    }

    /// Makes a picture harmless and keeps it for this submission or saved form: the name of its file.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn add_picture(
        &self,
        owner: Uuid,
        file: &[u8],
        sender: &Sender,
        now: Timestamp,
    ) -> Result<Result<String, PictureProblem>, ServiceError> {
        if self.store.pictures(owner)?.len() >= MOST_PICTURES {
            return Ok(Err(PictureProblem::TooMany));
        }
        let rate = |name, most| Rate {
            name: format!("picture:{name}"),
            most,
            per: HOUR,
        };
        let rates = [
            rate(owner.to_string(), MOST_UPLOADED),
            rate(sender.client.clone(), MOST_UPLOADED_FROM_ONE),
        ];
        if self.count(&rates, now)?.is_some() {
            Self::limit_reached(sender, "picture");
            return Ok(Err(PictureProblem::TooOften));
        }
        let harmless = match make_harmless(file) {
            Ok(harmless) => harmless,
            Err(problem) => return Ok(Err(problem)),
        };
        let hash = hex(&Sha256::digest(&harmless.bytes));
        let name = format!("{hash}.{}", harmless.ending);
        self.store.add_picture(owner, &name, &harmless.bytes, now)?;
        Ok(Ok(name))
    }

    /// Has the link to a saved form sent to this address, which is kept for a reminder if that is
    /// wanted. `false` where strangers have had us write there too often, or it was mailed too often.
    ///
    /// # Errors
    /// When that cannot be read or kept.
    pub fn send_saved_link(
        &self,
        id: Uuid,
        email: &str,
        remind: bool,
        sender: &Sender,
        now: Timestamp,
    ) -> Result<bool, ServiceError> {
        let mut rates = self.rates_of_letters(email, sender, Letter::ToTyped);
        rates.push(Rate {
            name: format!("mail-saved:{id}"),
            most: MOST_MAILED,
            per: DAY,
        });
        if self.count(&rates, now)?.is_some() {
            Self::limit_reached(sender, "saved_link");
            return Ok(false);
        }
        self.store.send_saved_link(id, email, remind, now)?;
        Ok(true)
    }
}
