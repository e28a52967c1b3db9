//! Who is signed in to the desk: one-time links asked for, and sessions, in one small file beside
//! the queue, so that both survive a restart. Secrets are kept as SHA-256 hashes only.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{durable, text::hex};

/// How long a link is good.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// How long a session lasts.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// How many links for one address may be waiting: nobody should be able to fill an editor's
/// mailbox, nor easily keep an editor out by asking first.
const LINKS_AT_ONCE: usize = 10;

#[derive(Default, Serialize, Deserialize)]
struct State {
    links: Vec<Link>,
    sessions: Vec<Session>,
}

#[derive(Serialize, Deserialize)]
struct Link {
    hash: String,
    browser: String,
    email: String,
    expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Session {
    hash: String,
    email: String,
    expires: Timestamp,
}

/// The file of links and sessions.
pub struct Sessions {
    file: PathBuf,
}

impl Sessions {
    /// The sessions of the queue in this folder: `<queue>.sessions`.
    pub fn beside(queue: &Path) -> Self {
        Self {
            file: durable::beside(queue, "sessions"),
        }
    }

    /// A one-time link for this address, good only in the browser that holds `browser`. `None`
    /// while too many are waiting.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn ask(&self, email: &str, browser: &str, now: Timestamp) -> io::Result<Option<String>> {
        self.change(now, |state| {
            let waiting = state.links.iter().filter(|link| link.email == email);
            if waiting.count() >= LINKS_AT_ONCE {
                return Ok(None);
            }
            let secret = secret()?;
            state.links.push(Link {
                hash: hash(&secret),
                browser: hash(browser),
                email: email.to_owned(),
                expires: now.saturating_add(LINK_LIFETIME).unwrap_or(now),
            });
            Ok(Some(secret))
        })
    }

    /// Uses a link up: the address and a new session's secret. `None` for a link that is unknown,
    /// used, too old, or asked for in another browser; that last one stays good.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn redeem(
        &self,
        link: &str,
        browser: &str,
        now: Timestamp,
    ) -> io::Result<Option<(String, String)>> {
        let (link, browser) = (hash(link), hash(browser));
        self.change(now, |state| {
            let Some(at) = state
                .links
                .iter()
                .position(|known| known.hash == link && known.browser == browser)
            else {
                return Ok(None);
            };
            let email = state.links.remove(at).email;
            let secret = secret()?;
            state.sessions.push(Session {
                hash: hash(&secret),
                email: email.clone(),
                expires: now.saturating_add(SESSION_LIFETIME).unwrap_or(now),
            });
            Ok(Some((email, secret)))
        })
    }

    /// The address of the session with this secret.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(&self, secret: &str, now: Timestamp) -> io::Result<Option<String>> {
        let hash = hash(secret);
        Ok(self
            .read()?
            .sessions
            .into_iter()
            .find(|session| session.hash == hash && session.expires > now)
            .map(|session| session.email))
    }

    /// Ends the session with this secret.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn end(&self, secret: &str, now: Timestamp) -> io::Result<()> {
        let hash = hash(secret);
        self.change(now, |state| {
            state.sessions.retain(|session| session.hash != hash);
            Ok(())
        })
    }

    /// Ends all sessions and links of addresses that `is_editor` does not know any more. To be
    /// called once at start, so that nobody who comes back later is signed in from before.
    ///
    /// # Errors
    /// When that cannot be kept.
    pub fn keep_only(&self, is_editor: impl Fn(&str) -> bool, now: Timestamp) -> io::Result<()> {
        if !self.file.exists() {
            return Ok(());
        }
        self.change(now, |state| {
            state.links.retain(|link| is_editor(&link.email));
            state.sessions.retain(|session| is_editor(&session.email));
            Ok(())
        })
    }

    fn read(&self) -> io::Result<State> {
        match fs::read(&self.file) {
            // A file that cannot be understood signs everybody out, and no more.
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(error),
        }
    }

    /// One change at a time, on disk before it is answered; what has expired goes with it.
    fn change<T>(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let lock = durable::lock_file(&durable::beside(&self.file, "lock"))?;
        lock.lock()?;
        let mut state = self.read()?;
        state.links.retain(|link| link.expires > now);
        state.sessions.retain(|session| session.expires > now);
        let answer = change(&mut state)?;
        durable::replace(&self.file, &serde_json::to_vec(&state)?, durable::PRIVATE)?;
        Ok(answer)
    }
}

/// 256 random bits in hexadecimal.
///
/// # Errors
/// When the system has none to give.
pub fn secret() -> io::Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(hex(&random))
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_once_for_a_while_and_in_one_browser() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::beside(&folder.path().join("queue"));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let later = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let link = sessions.ask("a@example.org", "mine", now).unwrap().unwrap();
        assert!(sessions.redeem(&link, "other", now).unwrap().is_none());
        assert!(
            sessions
                .redeem(&link, "mine", later(901))
                .unwrap()
                .is_none()
        );
        let link = sessions.ask("a@example.org", "mine", now).unwrap().unwrap();
        // As after a restart: nothing is kept in memory.
        let sessions = Sessions::beside(&folder.path().join("queue"));
        let (email, session) = sessions.redeem(&link, "mine", later(899)).unwrap().unwrap();
        assert_eq!(email, "a@example.org");
        assert!(
            sessions
                .redeem(&link, "mine", later(899))
                .unwrap()
                .is_none()
        );
        assert!(sessions.find(&session, later(900)).unwrap().is_some());
        assert!(
            sessions
                .find(&session, later(899 + 12 * 3600))
                .unwrap()
                .is_none()
        );
        sessions.end(&session, later(901)).unwrap();
        assert!(sessions.find(&session, later(902)).unwrap().is_none());
        let kept = fs::read_to_string(folder.path().join("queue.sessions")).unwrap();
        assert!(!kept.contains(&session) && !kept.contains(&link));
    }

    #[test]
    fn who_has_left_is_signed_out_also_for_the_day_of_coming_back() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::beside(&folder.path().join("queue"));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let link = sessions.ask("a@example.org", "b", now).unwrap().unwrap();
        let (_, session) = sessions.redeem(&link, "b", now).unwrap().unwrap();
        sessions
            .keep_only(|email| email == "a@example.org", now)
            .unwrap();
        assert!(sessions.find(&session, now).unwrap().is_some());
        sessions.keep_only(|_| false, now).unwrap();
        sessions.keep_only(|_| true, now).unwrap();
        assert!(sessions.find(&session, now).unwrap().is_none());
    }

    #[test]
    fn nobody_can_fill_an_editors_mailbox() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Sessions::beside(&folder.path().join("queue"));
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let asked = (0..30).filter(|_| sessions.ask("a@example.org", "b", now).unwrap().is_some());
        assert_eq!(asked.count(), LINKS_AT_ONCE);
    }
}
