//! Who is signed in to the desk: one-time links asked for, and sessions. Secrets are kept as
//! SHA-256 hashes only.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Store, StoreError, fact, set_fact,
    sql::{Row, Sql, Value},
};
use crate::{keys::secret, text::hex};

/// How long a link is good.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// How long a session lasts, in a browser that others may use, and in an editor's own.
const SESSION_LIFETIMES: [SignedDuration; 2] = [
    SignedDuration::from_hours(12),
    SignedDuration::from_hours(30 * 24),
];
/// When it was used last is known to this.
const NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How many digits of its hash tell a session from others.
const SHORT: usize = 16;
/// How long a link that was not used tells that whoever has it reads that mailbox.
const PROOF_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A one-time link that somebody has asked for, without its secret.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SignIn {
    pub id: Uuid,
    /// The editor's address; empty where the address was no editor's. Such are kept too, so that it
    /// takes as long.
    pub email: String,
    pub expires: Timestamp,
    /// Whether the browser was called the editor's own.
    pub is_own: bool,
}

/// Mail with such a link that is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// That of the link.
    pub id: Uuid,
    /// The editor's address; empty where the address was no editor's.
    pub email: String,
    /// When it is to be attempted.
    pub due: Timestamp,
    /// How often it was attempted.
    pub attempts: u32,
}

/// Where somebody is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// What tells it from others: the beginning of the hash of its secret.
    pub id: String,
    /// The browser, in few words; may be empty.
    pub browser: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub begun: Timestamp,
    /// When it was used last, to the minute.
    pub used: Timestamp,
    #[allow(missing_docs, reason = "the names say it")]
    pub expires: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// A session that has just begun.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Begun {
    /// The editor's address.
    pub email: String,
    pub secret: String,
    pub lifetime: SignedDuration,
}

impl SignIn {
    /// A link for the editor with this address, or for nobody.
    pub fn new(email: &str, now: Timestamp) -> Self {
        Self {
            id: Uuid::now_v7(),
            email: email.to_owned(),
            expires: now.saturating_add(LINK_LIFETIME).unwrap_or(now),
            is_own: false,
        }
    }
}

impl Store {
    /// Keeps a one-time link for this address, good only in the browser that holds `browser`, and
    /// the mail that brings it.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn ask_to_sign_in(
        &self,
        asked: &SignIn,
        link: &str,
        browser: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|sql| {
            drop_expired(sql, now)?;
            let statement = "INSERT INTO sign_in
                (hash, id, browser, email, expires, attempts, mail_due, is_own)
                VALUES ($1, $2, $3, $4, $5, 0, $6, $7)";
            let (link, browser, id) = (hash(link), hash(browser), asked.id.to_string());
            let values = [
                (&link).into(),
                (&id).into(),
                (&browser).into(),
                (&asked.email).into(),
                asked.expires.as_millisecond().into(),
                now.as_millisecond().into(),
                asked.is_own.into(),
            ];
            sql.run(statement, &values).map(drop)
        })
    }

    /// Takes a link that was not used, in whichever browser, as a proof that whoever has it reads the
    /// mailbox that it was sent to: the address. It is used up.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn use_as_proof(&self, link: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let link = hash(link);
        self.write(|sql| {
            drop_expired(sql, now)?;
            let used = "DELETE FROM sign_in WHERE hash = $1 AND email <> '' RETURNING email";
            let row = sql.row(used, &[(&link).into()])?;
            row.map(|row| Ok(row.text(0)?.to_owned())).transpose()
        })
    }

    /// Whether this link was sent, and not used yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_proof(&self, link: &str, now: Timestamp) -> Result<bool, StoreError> {
        let statement =
            "SELECT email FROM sign_in WHERE hash = $1 AND email <> '' AND expires > $2";
        let link = hash(link);
        let since = now.saturating_sub(PROOF_LIFETIME).unwrap_or(now);
        let values = [(&link).into(), since.as_millisecond().into()];
        let row = self.engine.read(|sql| sql.row(statement, &values))?;
        Ok(row.is_some())
    }

    /// The mail with a link that is due first, whether by now or later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_sign_in_mail(&self, now: Timestamp) -> Result<Option<PendingSignIn>, StoreError> {
        let statement = "SELECT id, email, mail_due, attempts FROM sign_in
            WHERE mail_due IS NOT NULL AND expires > $1 ORDER BY mail_due LIMIT 1";
        let values = [now.as_millisecond().into()];
        let row = self.engine.read(|sql| sql.row(statement, &values))?;
        let pending = |row: &Row| {
            Ok(PendingSignIn {
                id: row.text(0)?.parse().map_err(StoreError::database)?,
                email: row.text(1)?.to_owned(),
                due: Timestamp::from_millisecond(row.int(2)?).map_err(StoreError::database)?,
                attempts: u32::try_from(row.int(3)?).unwrap_or(u32::MAX),
            })
        };
        row.as_ref().map(pending).transpose()
    }

    /// Records that the mail with this link was attempted, and when it is due again; `None` for
    /// never.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn sign_in_mail_attempted(
        &self,
        id: Uuid,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let statement = "UPDATE sign_in SET attempts = attempts + 1, mail_due = $2 WHERE id = $1";
        let id = id.to_string();
        let values = [(&id).into(), again.map(Timestamp::as_millisecond).into()];
        self.write(|sql| sql.run(statement, &values)).map(drop)
    }

    /// Uses a link up, and begins a session. `described` is the browser in few words. `None` for a
    /// link that is unknown, used, too old, or asked for in another browser; that last one stays good.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn sign_in(
        &self,
        link: &str,
        browser: &str,
        described: &str,
        now: Timestamp,
    ) -> Result<Option<Begun>, StoreError> {
        let secret = random()?;
        let (link, browser) = (hash(link), hash(browser));
        self.write(|sql| {
            drop_expired(sql, now)?;
            let used = "DELETE FROM sign_in
                WHERE hash = $1 AND browser = $2 AND expires > $3 AND email <> ''
                RETURNING email, is_own";
            let values = [
                (&link).into(),
                (&browser).into(),
                now.as_millisecond().into(),
            ];
            let Some(row) = sql.row(used, &values)? else {
                return Ok(None);
            };
            let email = row.text(0)?.to_owned();
            let is_own = row.int(1)? == 1;
            let lifetime = SESSION_LIFETIMES[usize::from(is_own)];
            let session = "INSERT INTO session (hash, email, expires, begun, used, browser)
                VALUES ($1, $2, $3, $4, $4, $5)";
            let hash = hash(&secret);
            let values = [
                (&hash).into(),
                (&email).into(),
                after(now, lifetime),
                now.as_millisecond().into(),
                described.into(),
            ];
            sql.run(session, &values)?;
            Ok(Some(Begun {
                email,
                secret,
                lifetime,
            }))
        })
    }

    /// The address of the session with this secret.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn session(&self, secret: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
        let statement = "SELECT email, used FROM session WHERE hash = $1 AND expires > $2";
        let hash = hash(secret);
        let now = now.as_millisecond();
        let values = [(&hash).into(), now.into()];
        let Some(row) = self.engine.read(|sql| sql.row(statement, &values))? else {
            return Ok(None);
        };
        let is_to_be_noted = now - row.int(1)? > NOTED_EVERY.as_millis() as i64;
        if is_to_be_noted {
            let statement = "UPDATE session SET used = $2 WHERE hash = $1";
            let noted = self
                .engine
                .write(|sql| sql.run(statement, &[(&hash).into(), now.into()]));
            // A full disk must not keep an editor from reading.
            if let Err(error) = noted {
                tracing::warn!(%error, "when a session was used cannot be noted");
            }
        }
        Ok(Some(row.text(0)?.to_owned()))
    }

    /// Where the editor with this address is signed in, the newest first; `own` is the secret of the
    /// session that asks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(
        &self,
        email: &str,
        own: &str,
        now: Timestamp,
    ) -> Result<Vec<Session>, StoreError> {
        let statement = "SELECT hash, browser, begun, used, expires FROM session
            WHERE email = $1 AND expires > $2 ORDER BY begun DESC";
        let values = [email.into(), now.as_millisecond().into()];
        let rows = self.engine.read(|sql| sql.rows(statement, &values))?;
        let own = hash(own);
        let session = |row: &super::Row| {
            let time = |at| Timestamp::from_millisecond(row.int(at)?).map_err(StoreError::database);
            let hash = row.text(0)?;
            Ok(Session {
                id: hash.chars().take(SHORT).collect(),
                browser: row.text(1)?.to_owned(),
                begun: time(2)?,
                used: time(3)?,
                expires: time(4)?,
                is_this: hash == own,
            })
        };
        rows.iter().map(session).collect()
    }

    /// Ends the session of this editor with this id.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn end_session(&self, email: &str, id: &str) -> Result<(), StoreError> {
        let statement = "DELETE FROM session WHERE email = $1 AND SUBSTR(hash, 1, 16) = $2";
        self.write(|sql| sql.run(statement, &[email.into(), id.into()]))
            .map(drop)
    }

    /// Ends the session with this secret.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn sign_out(&self, secret: &str) -> Result<(), StoreError> {
        let hash = hash(secret);
        let statement = "DELETE FROM session WHERE hash = $1";
        self.write(|sql| sql.run(statement, &[(&hash).into()]))
            .map(drop)
    }

    /// Ends all sessions and links of addresses that `is_editor` does not know any more. To be
    /// called once at start, so that nobody who comes back later is signed in from before.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn sign_out_all_but(&self, is_editor: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        self.write(|sql| {
            let known = "SELECT email FROM session UNION SELECT email FROM sign_in";
            for row in sql.rows(known, &[])? {
                let email = row.text(0)?;
                if !is_editor(email) {
                    sql.run("DELETE FROM session WHERE email = $1", &[email.into()])?;
                    sql.run("DELETE FROM sign_in WHERE email = $1", &[email.into()])?;
                }
            }
            Ok(())
        })
    }

    /// How often the editor with this address has changed the address of their feed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed_changed(&self, email: &str) -> Result<u32, StoreError> {
        let changed = self.engine.read(|sql| fact(sql, &feed(email)))?;
        let changed = changed.and_then(|changed| changed.parse().ok());
        Ok(changed.unwrap_or_default())
    }

    /// Changes the address of this editor's feed for a new one.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn change_feed(&self, email: &str) -> Result<(), StoreError> {
        self.write(|sql| {
            let changed = fact(sql, &feed(email))?;
            let changed: u32 = changed.map_or(Ok(0), |it| it.parse()).unwrap_or_default();
            set_fact(sql, &feed(email), &changed.saturating_add(1).to_string())
        })
    }

    /// Drops links and sessions that have expired.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn drop_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(|sql| drop_expired(sql, now))
    }
}

fn drop_expired(sql: &mut dyn Sql, now: Timestamp) -> Result<(), StoreError> {
    let proved = now.saturating_sub(PROOF_LIFETIME).unwrap_or(now);
    let [now, proved] = [now, proved].map(|at| [Value::Int(at.as_millisecond())]);
    sql.run("DELETE FROM sign_in WHERE expires <= $1", &proved)?;
    sql.run("DELETE FROM session WHERE expires <= $1", &now)?;
    Ok(())
}

/// The name, among the facts, of how often this editor has changed the address of their feed.
fn feed(email: &str) -> String {
    format!("feed {email}")
}

fn after(now: Timestamp, lifetime: SignedDuration) -> Value<'static> {
    let then = now.saturating_add(lifetime).unwrap_or(now);
    Value::Int(then.as_millisecond())
}

fn random() -> Result<String, StoreError> {
    secret().map_err(StoreError::database)
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}
