//! What in a text may harm somebody once it is public: telephone numbers, addresses, names and the
//! like. Nothing is refused for it. Whoever wrote the text, and the editor, are asked.
//!
//! [`look`] marks words and says of what kind they are. It goes by their form and by the words around
//! them, so it takes some for what they are not, and does not see everything: a name in a script that
//! has no capital letters, a first name alone, a street without its number. `docs/harm.md` says how
//! much it finds, and how that was measured.
//!
//! `links` finds addresses of the web and of mail, `numbers` telephone numbers and number plates,
//! `people` dates of birth, ages and schools, `places` where something is, `names` full names.
//! Every expression is one of the crate `regex`, which takes time in proportion to the text.

mod links;
mod names;
mod numbers;
mod people;
mod places;

use std::ops::Range;

use regex::Regex;
use serde::Serialize;
use strum::IntoStaticStr;

use super::search::fold;

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Harm {
    /// A telephone number.
    Phone,
    /// A mail address.
    Email,
    /// A postal address, or a part of one that tells the house.
    Address,
    /// A date of birth.
    Birth,
    /// A person's full name.
    Name,
    /// The age or the school of a child.
    Child,
    /// The number plate of a vehicle.
    Plate,
    /// A place that is told to the metre.
    Place,
    /// A link that lets whoever has it in: to a group, a call or a document.
    Group,
}

impl Harm {
    /// What is asked about it.
    pub fn question(self) -> &'static str {
        match self {
            Harm::Phone => "Should anyone be able to call this phone number?",
            Harm::Email => "Should anyone be able to see this email address?",
            Harm::Address => "Is this somebody’s home? Would the town or the area be enough?",
            Harm::Birth => "Is this somebody’s date of birth? Would the year be enough?",
            Harm::Name => "Do these people know that their full names will be published?",
            Harm::Child => "Could people tell which child this is? Are the age and school needed?",
            Harm::Plate => "Is this a vehicle’s number plate? Can you leave it out?",
            Harm::Place => {
                "Does this show exactly where somebody lives or meets? Would the area do?"
            }
            Harm::Group => "Does this link let anyone join or edit? Should readers have it?",
        }
    }
}

/// Words of a text, and what kind of thing they may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    #[allow(missing_docs, reason = "the names say it")]
    pub harm: Harm,
    /// Where they stand, in bytes.
    pub range: Range<usize>,
}

/// What is known to be no finding, because it is public already or was decided by somebody else.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Folded, between blanks, with blanks alone between words.
    all: Vec<String>,
    /// The same, where only names are known by it.
    names: Vec<String>,
}

impl Known {
    /// Whatever stands in this text is known.
    pub fn add(&mut self, text: &str) {
        self.all.push(plain(text));
    }

    /// The names in this text are known.
    pub fn add_names(&mut self, text: &str) {
        self.names.push(plain(text));
    }

    fn has(&self, harm: Harm, words: &str) -> bool {
        let names = match harm {
            Harm::Name => self.names.as_slice(),
            _ => &[],
        };
        let words = plain(words);
        self.all
            .iter()
            .chain(names)
            .any(|text| text.contains(&words))
    }
}

/// The words without what makes no difference, so that they can be compared.
fn plain(text: &str) -> String {
    let folded = fold(text);
    let mut plain = String::with_capacity(folded.len() + 2);
    plain.push(' ');
    for word in folded.split(|c: char| !(c.is_alphanumeric() || "@.+_".contains(c))) {
        let word = word.trim_matches('.');
        if !word.is_empty() {
            plain.push_str(word);
            plain.push(' ');
        }
    }
    plain
}

/// What in this text may harm somebody, in the order in which it stands, no two overlapping.
pub fn look(text: &str, known: &Known) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let links = links::spans(text);
    let near = Near::digits(text);
    let mut add = |harm: Harm, ranges: Vec<Range<usize>>| {
        for range in ranges {
            let is_apart =
                |other: &Finding| other.range.end <= range.start || range.end <= other.range.start;
            if findings.iter().all(is_apart) && !known.has(harm, &text[range.clone()]) {
                findings.push(Finding { harm, range });
            }
        }
    };
    // Where two see the same words, the first has them.
    add(Harm::Group, links::groups(text));
    add(Harm::Place, places::precise(text, &near));
    add(Harm::Email, links::mail(text, &links));
    add(Harm::Phone, links::calls(text));
    add(Harm::Birth, people::births(text, &near));
    add(Harm::Plate, outside(&links, numbers::plates(text, &near)));
    add(
        Harm::Address,
        outside(&links, places::addresses(text, &near)),
    );
    add(Harm::Phone, outside(&links, numbers::phones(text, &near)));
    add(Harm::Child, outside(&links, people::children(text)));
    add(Harm::Name, outside(&links, names::full(text)));
    findings.sort_by_key(|finding| finding.range.start);
    findings
}

/// Those that do not stand in an address of the web.
fn outside(links: &[Range<usize>], mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let is_in = |range: &Range<usize>| {
        let after = links.partition_point(|link| link.end <= range.start);
        links.get(after).is_some_and(|link| link.start < range.end)
    };
    ranges.retain(|range| !is_in(range));
    ranges
}

/// An expression for whole texts. `\b` goes by ASCII's letters in it: where it goes by all, the
/// library takes a slower way through every text that has others.
fn expression(text: &str) -> Regex {
    words(&text.replace(r"\b", r"(?-u:\b)"))
}

/// The letters of all scripts, near enough, in few ranges. With exactly those that Unicode calls so, the
/// programs that the library makes of the expressions had ten megabytes; with these they have one.
const LETTERS: &str = r"A-Za-z\u{c0}-\u{1fff}\u{2c00}-\u{2dff}\u{3005}-\u{3007}\u{3041}-\u{d7ff}\u{f900}-\u{fdff}\u{10000}-\u{1efff}\u{20000}-\u{3ffff}";
/// The digits of ours, of Arabic, Persian, Devanagari and Bengali, and wide ones, for the same reason.
const DIGITS: &str = "0-9٠-٩۰-۹०-९০-৯０-９";

/// An expression for the few words around something. `\b` goes by the letters of all scripts.
fn words(text: &str) -> Regex {
    let text = text
        .replace(r"\p{Alphabetic}", &format!("(?-i:[{LETTERS}])"))
        .replace(r"\w", &format!("(?-i:[{LETTERS}{DIGITS}_])"))
        .replace(r"\W", &format!("(?-i:[^{LETTERS}{DIGITS}_])"))
        .replace(r"\d", &format!("[{DIGITS}]"))
        .replace(r"\D", &format!("[^{DIGITS}]"));
    #[allow(
        clippy::expect_used,
        reason = "each is written here, and made in the tests"
    )]
    Regex::new(&text).expect("an expression")
}

/// The parts of a text in which something stands that an expression needs, with as many bytes on
/// either side, up to a blank. Most of a story is in none, so most expressions look at little of it.
struct Near(Vec<Range<usize>>);

impl Near {
    fn new(text: &str, spots: impl Iterator<Item = usize>, reach: usize) -> Self {
        let mut parts: Vec<Range<usize>> = Vec::new();
        for spot in spots {
            let start = text.floor_char_boundary(spot.saturating_sub(reach));
            let end = text.ceil_char_boundary((spot + reach).min(text.len()));
            let end = text[end..]
                .find(char::is_whitespace)
                .map_or(text.len(), |more| end + more);
            match parts.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => parts.push(start..end),
            }
        }
        Self(parts)
    }

    /// Around digits of any script.
    fn digits(text: &str) -> Self {
        let digits = text.char_indices().filter(|(_, c)| c.is_numeric());
        Self::new(text, digits.map(|(at, _)| at), 90)
    }

    /// Where the expression matches there.
    fn find(&self, expression: &Regex, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for part in &self.0 {
            let mut start = part.start;
            while let Some(one) = expression.find_at(&text[..part.end], start) {
                // What is empty would be found for ever.
                start = one.end().max(one.start() + 1);
                found.push(one.range());
            }
        }
        found
    }
}

/// As many characters before this place, or fewer where the line is shorter.
pub fn before(text: &str, at: usize, characters: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = &text[line..at];
    match line.char_indices().rev().nth(characters.saturating_sub(1)) {
        Some((start, _)) => &line[start..],
        None => line,
    }
}

/// As many characters after this place, or fewer where the line is shorter.
pub fn after(text: &str, at: usize, characters: usize) -> &str {
    let line = text[at..].lines().next().unwrap_or_default();
    match line.char_indices().nth(characters) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}
