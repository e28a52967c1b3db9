//! Telling another program (Matrix, Slack, Mattermost and the like) what happens to submissions, by a
//! webhook: JSON, signed, tried again until it is taken.
//!
//! It tells nothing private: which submission, its form, stage and title, and where the desk shows it.
//! Of what looks like spam it says only that one waits. The only module that knows the HTTP client.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::Sha256;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

use crate::{
    config::{Notify, PublicUrl},
    form::Forms,
    store::{Lease, Notice, Store, StoreError},
    submission::Stage,
    text::hex,
};

/// One process at a time delivers, so that the order is kept.
const LEASE: Lease = Lease {
    name: "webhook",
    lasts: SignedDuration::from_secs(60),
};
/// How many are delivered before the lease is renewed: less than it lasts, should each take its time.
const AT_ONCE: u32 = 3;
/// How long connecting may take, and all of an attempt.
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(15);
/// The first pause after a failed attempt; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest, where nobody answers, and where the notice is not taken.
const LONGEST_UNREACHABLE: SignedDuration = SignedDuration::from_mins(5);
const LONGEST_REFUSED: SignedDuration = SignedDuration::from_hours(2);
/// As mail, it is given up after five days.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What stands in a delivery.
#[derive(Serialize)]
struct Body<'a> {
    /// The same with every attempt, so that one that comes twice can be told.
    id: &'a str,
    event: &'a str,
    submission: &'a str,
    form: &'a str,
    stage: &'a str,
    title: Option<&'a str>,
    at: String,
    url: String,
    /// One sentence, which chat programs show as it is.
    text: String,
}

/// Where notices go, and how they are signed.
pub struct Webhook {
    url: String,
    secret: String,
    public_url: PublicUrl,
    forms: Arc<Forms>,
    agent: Agent,
}

/// Why one was not delivered.
enum Trouble {
    /// Nobody answers there.
    Unreachable(String),
    /// The answer was no.
    Refused(String),
}

impl Webhook {
    /// The webhook of the configuration, if there is one.
    pub fn new(notify: &Notify, public_url: &PublicUrl, forms: &Arc<Forms>) -> Option<Self> {
        let (url, secret) = notify.webhook.clone().zip(notify.secret.clone())?;
        let provider = rustls::crypto::ring::default_provider();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(provider))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ATTEMPT))
            // What is signed for one address must not be sent on to another.
            .max_redirects(0)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .build()
            .new_agent();
        Some(Self {
            url,
            secret,
            public_url: public_url.clone(),
            forms: Arc::clone(forms),
            agent,
        })
    }

    /// Delivers some of what is due. Answers when to come again; `None` when nothing is pending.
    /// Blocks for as long as the other side takes, within limits.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn deliver_some(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(due) = store.next_notice()?.filter(|due| *due <= now) else {
            return store.next_notice();
        };
        if !store.take(LEASE, now)? {
            return Ok(now.saturating_add(LEASE.lasts).ok().or(Some(due)));
        }
        for notice in store.due_notices(now, AT_ONCE)? {
            let (error, longest) = match self.deliver(&notice, Timestamp::now()) {
                Ok(()) => {
                    store.notice_delivered(&notice)?;
                    continue;
                }
                Err(Trouble::Refused(error)) => (error, LONGEST_REFUSED),
                Err(Trouble::Unreachable(error)) => (error, LONGEST_UNREACHABLE),
            };
            let now = Timestamp::now();
            let is_old =
                now.duration_since(notice.since) >= GIVE_UP_AFTER && store.believes_clock();
            let next = now.saturating_add(pause_after(notice.attempts, longest));
            let next = next.ok().filter(|_| !is_old);
            tracing::warn!(submission = %notice.submission, error, "the webhook was not told");
            store.notice_failed(&notice, &error, next)?;
            if let (LONGEST_UNREACHABLE, Some(next)) = (longest, next) {
                store.put_notices_off(next)?;
                break;
            }
        }
        store.give_back(LEASE)?;
        store.next_notice()
    }

    fn deliver(&self, notice: &Notice, now: Timestamp) -> Result<(), Trouble> {
        let refused = |error: serde_json::Error| Trouble::Refused(error.to_string());
        let body = serde_json::to_string(&self.body(notice)).map_err(refused)?;
        let timestamp = now.as_second().to_string();
        let signature = sign(&self.secret, &timestamp, &body);
        let answer = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "intake")
            .header("X-Intake-Delivery", &notice.id)
            .header("X-Intake-Timestamp", &timestamp)
            .header("X-Intake-Signature", format!("sha256={signature}"))
            .send(body);
        // What stands in the answer is not read.
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => Err(Trouble::Refused(format!("it answered {}", status.as_u16()))),
            // The address may hold a secret, so it is not said.
            Err(ureq::Error::Timeout(_)) => Err(Trouble::Unreachable("it took too long".into())),
            Err(ureq::Error::Io(error)) => Err(Trouble::Unreachable(error.kind().to_string())),
            Err(ureq::Error::HostNotFound) => {
                Err(Trouble::Unreachable("its host is not known".into()))
            }
            Err(_) => Err(Trouble::Unreachable("it could not be asked".into())),
        }
    }

    fn body<'a>(&self, notice: &'a Notice) -> Body<'a> {
        let url = format!("{}/desk/{}", self.public_url, notice.submission);
        let form = &self.forms.of(&notice.form).title;
        let label = notice.stage.parse().map_or("", Stage::label);
        let (title, is_new) = (&notice.title, notice.event == Notice::RECEIVED);
        let text = match (plain(title).as_str(), is_new) {
            ("", true) => format!("{form}: one that looks like spam waits to be checked. {url}"),
            ("", false) => format!("{form}: one that looks like spam is now: {label}. {url}"),
            (title, true) => format!("{form}: “{title}” has come in. {url}"),
            (title, false) => format!("{form}: “{title}” is now: {label}. {url}"),
        };
        Body {
            id: &notice.id,
            event: &notice.event,
            submission: &notice.submission,
            form: &notice.form,
            stage: &notice.stage,
            title: Some(title.as_str()).filter(|title| !title.is_empty()),
            at: notice.at.to_string(),
            url,
            text,
        }
    }
}

/// A title in which a chat program sees no call for all (`@channel`, `<!channel>`), link or markup: the
/// signs of those are others that look much the same.
fn plain(title: &str) -> String {
    let plain = title.chars().map(|c| match c {
        '<' => '‹',
        '>' => '›',
        '[' => '［',
        ']' => '］',
        '@' => '＠',
        '`' => '‘',
        '*' => '∗',
        c => c,
    });
    plain.collect()
}

/// HMAC-SHA256 over the moment of sending and the body, so that a delivery that somebody has listened
/// to is not worth repeating.
fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("RFC 2104 takes a key of any length"));
    mac.update(format!("{timestamp}.{body}").as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// 5 s, 10 s, 20 s … up to the longest.
fn pause_after(attempts: u32, longest: SignedDuration) -> SignedDuration {
    let factor = 2_i32.saturating_pow(attempts.min(20));
    let pause = FIRST_PAUSE.checked_mul(factor);
    pause.map_or(longest, |pause| pause.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_calls_nobody_and_hides_no_link_in_a_chat() {
        for title in [
            "<!channel>",
            "@all",
            "[x](https://evil.example)",
            "<https://a|b>",
        ] {
            let plain = plain(title);
            assert!(!plain.contains(['<', '>', '@', '[', ']']), "{plain}");
        }
        assert_eq!(
            plain("Rents & rights: 50% (so far)"),
            "Rents & rights: 50% (so far)"
        );
    }
}
