//! Values of the configuration that are more than a text or a number.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use jiff::{SignedDuration, Span, tz::TimeZone};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{Data, Days};
use crate::form::Pattern;

/// Addresses and networks: `127.0.0.1`, `10.0.0.0/8`.
pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: String| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map_err(|_| {
            D::Error::custom(format!(
                "`limits.proxies` takes addresses and networks, as in 127.0.0.1 or 10.0.0.0/8, not “{text}”"
            ))
        })
    };
    /// A list, or one text, as the environment has it.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Many(Vec<String>),
        One(String),
    }
    let texts = match Texts::deserialize(from)? {
        Texts::Many(texts) => texts,
        Texts::One(text) => text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect(),
    };
    texts.into_iter().map(network).collect()
}

pub(super) fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pattern>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(Pattern::try_from)
        .transpose()
        .map_err(D::Error::custom)
}

/// A time between two tries, in words: `10 minutes`.
pub(super) fn pause<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let pause = text.parse::<SignedDuration>().ok();
    pause
        .and_then(|pause| Duration::try_from(pause).ok())
        .filter(|pause| !pause.is_zero())
        .ok_or_else(|| {
            D::Error::custom(format!(
                "`blog.fetch_every` must be a length of time, as in 10 minutes, not “{text}”"
            ))
        })
}

pub(super) fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Option<TimeZone>, D::Error> {
    let Some(name) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    TimeZone::get(&name).map(Some).map_err(|_| {
        D::Error::custom(format!(
            "`blog.timezone` must be the name of a time zone, as in Europe/London, not “{name}”"
        ))
    })
}

/// A number of days, or `never`.
pub(super) fn remind_after<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Days>, D::Error> {
    let text = String::deserialize(from)?;
    if text == "never" {
        return Ok(None);
    }
    Days::try_from(text.clone()).map(Some).map_err(|_| {
        D::Error::custom(format!(
            "`remind_after` must be a number of days or of working days, as in 14 days, or never, not “{text}”"
        ))
    })
}

pub(super) fn retention<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    span(from, "retention")
}

pub(super) fn drafts_kept<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    span(from, "drafts_kept")
}

/// A length of time in words: `12 months`.
fn span<'de, D: Deserializer<'de>>(from: D, key: &str) -> Result<Span, D::Error> {
    let text = String::deserialize(from)?;
    match text.parse::<Span>() {
        Ok(span) if span.signum() > 0 => Ok(span),
        _ => Err(D::Error::custom(format!(
            "`{key}` must be a length of time, as in 12 months or 90 days, not “{text}”"
        ))),
    }
}

pub(super) fn data<'de, D: Deserializer<'de>>(from: D) -> Result<Data, D::Error> {
    let text = String::deserialize(from)?;
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(Data::Postgres(text));
    }
    // Without a slash at its end, so that what stands beside it has one name.
    let folder: PathBuf = Path::new(&text).components().collect();
    if folder.file_name().is_none() || text.contains("://") {
        return Err(D::Error::custom(
            "`data` must be a folder of its own, as in submissions, or postgres://user:password@host/database",
        ));
    }
    Ok(Data::Folder(folder))
}
