//! Answers that are one text, number or day.

use std::{borrow::Cow, sync::LazyLock};

use jiff::civil::Date;
use regex::{Captures, Regex};
use validator::{ValidateLength, ValidateRange, ValidateRegex};

use super::{Parser, Remark};
use crate::{
    form::{
        Answer, Field, Kind, Limits, Options,
        count::{characters, number_in_words, thousands},
        value::{self, Wrong},
    },
    text::{
        day_in_words,
        email::{AddressProblem, public_mail_address},
        language,
        links::{UrlChange, UrlProblem, tidy_url},
        markdown::{Document, Notice},
    },
};

impl Parser<'_> {
    pub(super) fn text(
        &mut self,
        field: &Field,
        input: &str,
        label: &str,
        stood: Option<&Answer>,
    ) -> Option<Answer> {
        let text = self.typed.first(input).to_owned();
        if text.is_empty() {
            return None;
        }
        let read = match field.kind {
            Kind::YesNo => match text.to_lowercase().as_str() {
                "yes" | "true" | "on" | "1" => Ok(Answer::YesNo(true)),
                "no" | "false" | "off" | "0" => Ok(Answer::YesNo(false)),
                _ => Err(format!("Choose yes or no for “{label}”")),
            },
            Kind::Number => number(field, label, &text),
            Kind::Year => year(field, label, &text),
            Kind::Choice => {
                let choices = field.choices(self.vocabulary, stood);
                if choices.iter().any(|choice| choice.value == text) {
                    Ok(Answer::Text(text))
                } else {
                    Err(format!(
                        "Choose “{label}” from the list: what was sent is not on it"
                    ))
                }
            }
            Kind::Language => self.language(field, &text, stood).ok_or_else(|| {
                format!("Choose “{label}” from the list: what was sent is not on it")
            }),
            Kind::Email => email(field, label, text),
            Kind::Url => self.url(field, label, &text),
            Kind::Markdown => fits(field, label, &text).map(|()| {
                let text = self.with_whole_links(field, text);
                self.notices(field, &text);
                Answer::Text(text)
            }),
            _ => fits(field, label, &text).map(|()| Answer::Text(text)),
        };
        read.map_err(|message| self.wrong(input, message)).ok()
    }

    /// One on the list; where that has all languages, also one of a region or in a script.
    fn language(&self, field: &Field, text: &str, stood: Option<&Answer>) -> Option<Answer> {
        let tag = language::tag(text)?;
        let mut choices = field.choices(self.vocabulary, stood).into_iter();
        let is_on_offer =
            field.options == Options::Languages || choices.any(|choice| choice.value == tag);
        is_on_offer.then_some(Answer::Text(tag))
    }

    /// Links to pages that the blog has, as in `[it](/projects/name)` or `[it]: /projects/name`, get
    /// the blog's address put in front.
    fn with_whole_links(&mut self, field: &Field, text: String) -> String {
        static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"(?m)(\]\(\s*<?|^ {0,3}\[[^\]\n]+\]:[ \t]*<?)(/[^\s()<>]*)").ok()
        });
        let permalink = &self.definition.post.permalink;
        let site = permalink.origin();
        let post = &permalink.as_str()[site.len()..];
        let mut is_changed = false;
        let with_site = |found: &Captures| {
            let [before, path] = found.extract().1;
            let whole = self.vocabulary.whole_path(path, post);
            is_changed |= whole.is_some();
            match whole {
                Some(whole) => format!("{before}{site}{whole}"),
                None => format!("{before}{path}"),
            }
        };
        let whole = match PLACE.as_ref() {
            Some(place) => place.replace_all(&text, with_site).into_owned(),
            None => text,
        };
        if is_changed {
            self.remarks.push(Remark {
                field: field.name.clone(),
                message: "We completed a link to a page of the blog to its whole address."
                    .to_owned(),
            });
        }
        whole
    }

    /// Tells what becomes of links and pictures in a text.
    fn notices(&mut self, field: &Field, text: &str) {
        for notice in Document::parse_noting(text).1 {
            let message = match notice {
                Notice::Url(UrlChange::SchemeAdded) => continue,
                Notice::Url(UrlChange::SchemeDoubled) => {
                    "A link began with https:// twice. We took one off."
                }
                Notice::Url(UrlChange::RedirectRemoved) => {
                    "A link went through another site. It now goes straight to the page."
                }
                Notice::Url(UrlChange::TrackingRemoved) => {
                    "We took tracking codes off a link. It still goes to the same page."
                }
                Notice::Picture => {
                    "Pictures in the text are shown as their descriptions. You add pictures in a step of their own."
                }
                Notice::OwnSite(path) if path.starts_with('/') => {
                    "A link leads to a page that the blog doesn’t have, so it is shown as text. Start it with https:// to link to another site."
                }
                Notice::OwnSite(_) => {
                    "A link without a full web address is shown as text. Start it with https:// to make it a link."
                }
            };
            self.remarks.push(Remark {
                field: field.name.clone(),
                message: message.to_owned(),
            });
        }
    }

    fn url(&mut self, field: &Field, label: &str, text: &str) -> Result<Answer, String> {
        let tidy = tidy_url(text).map_err(|problem| match problem {
            UrlProblem::Scheme => {
                format!("Enter a web address for “{label}”, one that begins with https://")
            }
            UrlProblem::Credentials => {
                format!("Take the user name and password out of the address for “{label}”")
            }
            UrlProblem::Host | UrlProblem::Blank => {
                format!(
                    "Check the address for “{label}”: it should look like “https://example.org”"
                )
            }
            UrlProblem::TooLong => format!("Enter a shorter address for “{label}”"),
        })?;
        fits(field, label, &tidy.url)?;
        for change in tidy.changed {
            self.remarks.push(Remark {
                field: field.name.clone(),
                message: match change {
                    UrlChange::SchemeAdded => "We put https:// in front of it.",
                    UrlChange::SchemeDoubled => "It began with https:// twice; we took one off.",
                    UrlChange::RedirectRemoved => {
                        "It led through another site; now it leads there directly."
                    }
                    UrlChange::TrackingRemoved => "We took tracking codes off it.",
                }
                .to_owned(),
            });
        }
        Ok(Answer::Text(tidy.url))
    }

    pub(super) fn day(&mut self, field: &Field, input: &str, label: &str) -> Option<Answer> {
        let part = |name: &str| self.typed.first(&format!("{input}-{name}"));
        let read = value::day(part("day"), part("month"), part("year"));
        let (at, message) = match read {
            Ok(None) => return None,
            Ok(Some(day)) => match out_of(field.limits, day) {
                None => return Some(Answer::Text(day.to_string())),
                Some(message) => ("day", format!("“{label}” {message}")),
            },
            Err(Wrong::TwoDigits) => (
                "year",
                format!("Write the year of “{label}” with four digits, for example 2026"),
            ),
            Err(Wrong::Incomplete) => {
                let missing = ["day", "month", "year"]
                    .into_iter()
                    .find(|name| part(name).is_empty())
                    .unwrap_or("day");
                (
                    missing,
                    format!("“{label}” needs a day, a month and a year"),
                )
            }
            Err(Wrong::Not | Wrong::NoSuchDay | Wrong::TwoWays) => (
                "day",
                format!("Check “{label}”: there is no such day. For example: 31 3 2026"),
            ),
        };
        let at = format!("{input}-{at}");
        self.wrong(&at, message);
        None
    }
}

/// A text's length and pattern.
fn fits(field: &Field, label: &str, text: &str) -> Result<(), String> {
    if let Limits::Count { min, max } = field.limits
        && !text.validate_length(Some(min), Some(max), None)
    {
        let count = text.chars().count() as u64;
        return Err(if count > max {
            format!(
                "Shorten “{label}” by {}: it takes {} at most",
                characters(count - max),
                characters(max)
            )
        } else {
            format!(
                "Write at least {} for “{label}”: so far there are {}",
                characters(min),
                thousands(count)
            )
        });
    }
    match &field.pattern {
        Some(pattern) if !text.validate_regex(pattern) => Err(if field.example.is_empty() {
            field.enter.clone()
        } else {
            format!("Check “{label}”: it should look like “{}”", field.example)
        }),
        _ => Ok(()),
    }
}

fn email(field: &Field, label: &str, text: String) -> Result<Answer, String> {
    fits(field, label, &text)?;
    match public_mail_address(&text) {
        Ok(_) => Ok(Answer::Text(text)),
        Err(AddressProblem::LocalPart) => Err(
            "We can’t send email to an address with letters such as “é” before the @. Enter another address".to_owned(),
        ),
        Err(AddressProblem::Malformed) => Err(format!(
            "Check “{label}”: it should look like “{}”",
            if field.example.is_empty() { "ana@example.org" } else { &field.example }
        )),
    }
}

fn number(field: &Field, label: &str, text: &str) -> Result<Answer, String> {
    let number = value::number(text).map_err(|wrong| match wrong {
        Wrong::TwoWays => format!(
            "“{label}” could be read in two ways. Write it without a point before three digits, for example 12500 or 12.5"
        ),
        _ => format!("Write “{label}” as a number in digits, for example 1200 or 2.5"),
    })?;
    in_range(field, label, number.as_f64().unwrap_or(f64::NAN))?;
    Ok(Answer::Number(number))
}

fn year(field: &Field, label: &str, text: &str) -> Result<Answer, String> {
    let year = value::year(text)
        .map_err(|_| format!("Write “{label}” with four digits, for example 2026"))?;
    in_range(field, label, f64::from(year))?;
    Ok(Answer::Number(year.into()))
}

fn in_range(field: &Field, label: &str, number: f64) -> Result<(), String> {
    let Limits::Number { min, max } = field.limits else {
        return Ok(());
    };
    if number.validate_range(min, max, None, None) {
        return Ok(());
    }
    // A year is written without a comma.
    let words = |number: f64| match field.kind {
        Kind::Year => number.to_string(),
        _ => number_in_words(number),
    };
    Err(match (min.map(words), max.map(words)) {
        (Some(min), Some(max)) => format!("“{label}” must be between {min} and {max}"),
        (Some(min), None) => format!("“{label}” must be {min} or more"),
        (_, max) => format!("“{label}” must be {} or less", max.unwrap_or_default()),
    })
}

fn out_of(limits: Limits, day: Date) -> Option<Cow<'static, str>> {
    let Limits::Date { min, max } = limits else {
        return None;
    };
    match (min, max) {
        (Some(min), _) if day < min => {
            Some(format!("must be {} or later", day_in_words(min)).into())
        }
        (_, Some(max)) if day > max => {
            Some(format!("must be {} or earlier", day_in_words(max)).into())
        }
        _ => None,
    }
}
