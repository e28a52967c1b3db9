//! What the server's one secret is good for: form tokens, private links, and the desk's signatures.
//!
//! All are HMAC-SHA256 (RFC 2104) under the secret with a purpose mixed in, so that none can stand
//! for another, and none is stored anywhere.

use std::io;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::text::hex;

/// How long a form may stay open before it has to be sent again.
const FORM_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What clocks may differ by.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// 160 bits of a tag, as hexadecimal digits.
const TAG_DIGITS: usize = 40;

/// Why a form token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTrouble {
    /// None came with the form, or it was not made here.
    Unknown,
    /// The form was open for longer than a week.
    Old,
}

/// The server's secret. Neither printed nor sent anywhere.
#[derive(Clone)]
pub struct Keys {
    mac: Hmac<Sha256>,
}

impl Keys {
    /// Keys from a secret of any length.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            mac: <Hmac<Sha256> as KeyInit>::new_from_slice(secret)
                .unwrap_or_else(|_| unreachable!("RFC 2104 takes a key of any length")),
        }
    }

    fn tag(&self, purpose: &str, what: &[u8]) -> String {
        let mut mac = self.mac.clone();
        mac.update(purpose.as_bytes());
        // Parts the purpose from what follows, whatever that is.
        mac.update(&[0]);
        mac.update(what);
        hex(&mac.finalize().into_bytes()[..TAG_DIGITS / 2])
    }

    fn is_tag(&self, purpose: &str, what: &[u8], tag: &str) -> bool {
        self.tag(purpose, what)
            .as_bytes()
            .ct_eq(tag.as_bytes())
            .into()
    }

    /// A signature for this text, good for this purpose only.
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        self.tag(purpose, text.as_bytes())
    }

    /// Whether [`Keys::sign`] made this signature, compared in constant time.
    pub fn is_signed(&self, purpose: &str, text: &str, signature: &str) -> bool {
        self.is_tag(purpose, text.as_bytes(), signature)
    }

    /// A token for a new form. Token, idempotency key and future id are one: the id is a UUIDv7
    /// of this moment, so the token also tells its own age.
    pub fn form_token(&self, now: Timestamp) -> String {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let time = uuid::Timestamp::from_unix_time(
            millis / 1000,
            (millis % 1000) as u32 * 1_000_000,
            0,
            0,
        );
        let id = Uuid::new_v7(time);
        format!("{id}.{}", self.tag("form", id.as_bytes()))
    }

    /// The id that a form token stands for.
    ///
    /// # Errors
    /// When it was not made here, or too long ago.
    pub fn open_form_token(&self, token: &str, now: Timestamp) -> Result<Uuid, TokenTrouble> {
        let (id, tag) = token.split_once('.').ok_or(TokenTrouble::Unknown)?;
        let id: Uuid = id.parse().map_err(|_| TokenTrouble::Unknown)?;
        if !self.is_tag("form", id.as_bytes(), tag) {
            return Err(TokenTrouble::Unknown);
        }
        let made = self.made(id).ok_or(TokenTrouble::Unknown)?;
        let age = now.duration_since(made);
        if age > FORM_LIFETIME || age < -CLOCK_SKEW {
            return Err(TokenTrouble::Old);
        }
        Ok(id)
    }

    /// When the form was opened whose token stands for this id.
    pub fn made(&self, id: Uuid) -> Option<Timestamp> {
        let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
        let nanoseconds = i32::try_from(nanoseconds).ok()?;
        Timestamp::new(i64::try_from(seconds).ok()?, nanoseconds).ok()
    }

    /// The secret of the one-time link to sign in with that has this id. It can be made again, so
    /// that mail with it can be sent after a restart.
    pub fn sign_in_link(&self, id: Uuid) -> String {
        self.tag("sign in", id.as_bytes())
    }

    /// The key in the link that confirms this new address of a submission's contact, which was asked
    /// for at this moment.
    pub fn address_key(&self, id: Uuid, email: &str, asked: Timestamp) -> String {
        self.tag("new address", &addressed(id, email, asked))
    }

    /// Whether it is that key, compared in constant time.
    pub fn is_address_key(&self, id: Uuid, email: &str, asked: Timestamp, key: &str) -> bool {
        self.is_tag("new address", &addressed(id, email, asked), key)
    }

    /// The key in the private link of this submission, after it was changed so many times: 160 bits,
    /// as strong as a good password.
    pub fn private_key(&self, id: Uuid, changed: u32) -> String {
        self.tag("mine", &keyed(id, changed))
    }

    /// Whether this is that key, compared in constant time.
    pub fn is_private_key(&self, id: Uuid, changed: u32, key: &str) -> bool {
        self.is_tag("mine", &keyed(id, changed), key)
    }
}

fn addressed(id: Uuid, email: &str, asked: Timestamp) -> Vec<u8> {
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(asked.as_nanosecond().to_be_bytes());
    bytes.extend(email.as_bytes());
    bytes
}

/// What the key of a private link is made of. Links that were never changed are as they were before
/// links could be.
fn keyed(id: Uuid, changed: u32) -> Vec<u8> {
    let mut bytes = id.as_bytes().to_vec();
    if changed > 0 {
        bytes.extend(changed.to_be_bytes());
    }
    bytes
}

/// A new secret: 256 random bits in hexadecimal.
///
/// # Errors
/// When the system has none to give.
pub fn secret() -> io::Result<String> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(hex(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_form_token_is_good_for_a_week_and_only_where_it_was_made() {
        let keys = Keys::new(b"one secret");
        let token = keys.form_token(at(1_800_000_000));
        let id = keys.open_form_token(&token, at(1_800_000_000)).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(
            keys.open_form_token(&token, at(1_800_000_000 + 604_801)),
            Err(TokenTrouble::Old)
        );
        assert_eq!(
            Keys::new(b"another").open_form_token(&token, at(1_800_000_000)),
            Err(TokenTrouble::Unknown)
        );
        for forged in ["", "x", ".", &token[..40], &format!("{id}.")] {
            assert_eq!(
                keys.open_form_token(forged, at(1_800_000_000)),
                Err(TokenTrouble::Unknown)
            );
        }
    }

    #[test]
    fn a_form_token_is_no_key_to_the_private_page() {
        let keys = Keys::new(b"one secret");
        let token = keys.form_token(at(1_800_000_000));
        let (id, tag) = token.split_once('.').unwrap();
        let id: Uuid = id.parse().unwrap();
        assert!(!keys.is_private_key(id, 0, tag));
        assert!(!keys.is_private_key(id, 0, ""));
        assert!(keys.is_private_key(id, 0, &keys.private_key(id, 0)));
    }
}
