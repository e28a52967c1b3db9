//! What an answer must keep to, and how it is told.

use jiff::civil::Date;

use super::{Field, Kind, built_in, characters, number_in_words, thousands};
use crate::text::day_in_words;

/// What an answer must keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limits {
    /// Characters of a text, or how many of a list.
    Count {
        /// Of an answer that is not empty.
        min: u64,
        #[allow(missing_docs, reason = "the names say it")]
        max: u64,
    },
    /// The range of a number or a year.
    Number {
        #[allow(missing_docs, reason = "the names say it")]
        min: Option<f64>,
        #[allow(missing_docs, reason = "the names say it")]
        max: Option<f64>,
    },
    /// The range of a day.
    Date {
        #[allow(missing_docs, reason = "the names say it")]
        min: Option<Date>,
        #[allow(missing_docs, reason = "the names say it")]
        max: Option<Date>,
    },
}

impl Limits {
    /// The most characters or items, where those are counted.
    pub fn most(self) -> u64 {
        match self {
            Limits::Count { max, .. } => max,
            _ => 0,
        }
    }
}

impl Field {
    /// The limit in words, and as numbers for a counter; empty and 0 where there is nothing to tell.
    pub fn limit_in_words(&self) -> (String, u64, u64) {
        match self.limits {
            Limits::Count { min, max } if self.kind.is_text() => {
                let words = match self.kind {
                    Kind::Email | Kind::Url => String::new(),
                    _ if min > 1 => format!("{} to {}", thousands(min), characters(max)),
                    _ => format!("Up to {}", characters(max)),
                };
                (words, min, max)
            }
            // A year has four digits anyway.
            Limits::Number { min, max } if self.kind == Kind::Year => {
                let min = min.filter(|min| *min > 1000.0);
                let max = max.filter(|max| *max < 9999.0);
                (range(min, max, ["later", "earlier"]), 0, 0)
            }
            Limits::Number { min, max } => {
                let (min, max) = (min.map(number_in_words), max.map(number_in_words));
                (range(min, max, ["more", "less"]), 0, 0)
            }
            Limits::Date { .. } if self.name == built_in::DATE => (String::new(), 0, 0),
            Limits::Date { min, max } => {
                let (min, max) = (min.map(day_in_words), max.map(day_in_words));
                let words = range(min, max, ["later", "earlier"]);
                (words, 0, 0)
            }
            Limits::Count { .. } => (String::new(), 0, 0),
        }
    }
}

fn range<T: std::fmt::Display>(
    min: Option<T>,
    max: Option<T>,
    [above, below]: [&str; 2],
) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("From {min} to {max}"),
        (Some(min), None) => format!("{min} or {above}"),
        (None, Some(max)) => format!("{max} or {below}"),
        (None, None) => String::new(),
    }
}
