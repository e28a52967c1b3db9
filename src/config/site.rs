//! Who “we” are, how soon we answer, and who answers for personal data: what people read on every
//! page and in every letter.

use std::fmt;

use jiff::{
    Span,
    civil::{Date, Weekday},
};
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::text::email::mail_address;

/// The section `site`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Site {
    #[serde(deserialize_with = "words")]
    pub name: String,
    #[serde(deserialize_with = "address")]
    pub contact: String,
}

/// The section `privacy`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "config/intake.yaml says what each key means")]
pub struct Privacy {
    #[serde(deserialize_with = "words")]
    pub controller: String,
    #[serde(deserialize_with = "words")]
    pub authority: String,
    #[serde(deserialize_with = "web_address")]
    pub authority_url: String,
}

/// A number of days, or of working days: `10 working days`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Days {
    count: u16,
    are_working: bool,
}

impl Days {
    /// The last day of so many, counted from the day after this one. Saturdays and Sundays are no
    /// working days; public holidays are not known here.
    pub fn after(&self, day: Date) -> Date {
        let (mut last, mut left) = (day, self.count);
        while let (1.., Ok(next)) = (left, last.tomorrow()) {
            last = next;
            left -= u16::from(self.counts(last));
        }
        last
    }

    /// The last day of which so many are over on this one: after it, they are not.
    pub fn before(&self, day: Date) -> Date {
        let (mut first, mut left) = (day.yesterday().unwrap_or(day), self.count);
        while let (1.., Ok(before)) = (left, first.yesterday()) {
            left -= u16::from(self.counts(first));
            first = before;
        }
        first
    }

    /// How many of the same kind have begun after this day, up to and with another.
    pub fn passed(&self, from: Date, to: Date) -> Self {
        let days = from.series(Span::new().days(1)).skip(1);
        let days = days
            .take_while(|day| *day <= to)
            .filter(|day| self.counts(*day));
        let count = days.take(usize::from(u16::MAX)).count();
        Self {
            count: u16::try_from(count).unwrap_or(u16::MAX),
            ..*self
        }
    }

    fn counts(&self, day: Date) -> bool {
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !(self.are_working && is_weekend)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let working = if self.are_working { "working " } else { "" };
        let end = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {working}day{end}", self.count)
    }
}

impl From<Days> for String {
    fn from(days: Days) -> Self {
        days.to_string()
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (count, are_working) = match words.as_slice() {
            [count, "day" | "days"] => (count, false),
            [count, "working", "day" | "days"] => (count, true),
            _ => (&"", false),
        };
        match count.parse() {
            Ok(count) if count > 0 => Ok(Self { count, are_working }),
            _ => Err(format!(
                "`reply_within` must be a number of days or of working days, as in 10 working days, not “{text}”"
            )),
        }
    }
}

/// One line that is not empty.
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(serde::de::Error::custom(
            "`site.name`, `privacy.controller` and `privacy.authority` must each be words in one line",
        ));
    }
    Ok(text.trim().to_owned())
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    mail_address(&text).map_err(|_| {
        serde::de::Error::custom(format!(
            "`site.contact` must be an email address, as in hello@example.org, not “{text}”"
        ))
    })
}

fn web_address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match Url::parse(&text) {
        Ok(url) if ["https", "http"].contains(&url.scheme()) => Ok(text),
        _ => Err(serde::de::Error::custom(format!(
            "`privacy.authority_url` must be the address of a web page, as in https://example.org/complain, not “{text}”"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn working_days_leave_out_the_weekend() {
        let day = |days: &str, from| Days::try_from(days.to_owned()).unwrap().after(from);
        // 27 November 2026 is a Friday.
        let friday = date(2026, 11, 27);
        assert_eq!(day("1 day", friday), date(2026, 11, 28));
        assert_eq!(day("1 working day", friday), date(2026, 11, 30));
        assert_eq!(day("10 working days", friday), date(2026, 12, 11));
        assert_eq!(day("10 days", friday), date(2026, 12, 7));
        assert_eq!(day("3 days", Date::MAX), Date::MAX);
    }

    #[test]
    fn what_is_late_today_began_on_no_day_after_the_one_before() {
        let mut today = date(2026, 11, 1);
        for text in ["1 day", "1 working day", "10 working days", "10 days"] {
            let days = Days::try_from(text.to_owned()).unwrap();
            for _ in 0..30 {
                today = today.tomorrow().unwrap();
                let last = days.before(today);
                assert!(days.after(last) < today, "{text} before {today}");
                let next = last.tomorrow().unwrap();
                assert!(days.after(next) >= today, "{text} before {today}");
                assert!(days.passed(last, today).count >= days.count);
            }
        }
        let days = Days::try_from("10 working days".to_owned()).unwrap();
        let passed = days.passed(date(2026, 11, 27), date(2026, 12, 15));
        assert_eq!(passed.to_string(), "12 working days");
        assert_eq!(days.before(Date::MIN), Date::MIN);
    }
}
