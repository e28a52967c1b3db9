//! Whether two things that people have sent tell of the same: by their titles, by addresses on the
//! web, or by their texts.
//!
//! An index holds the [names](Marks::names) of each. Two that are alike have a name in common, nearly
//! always; whether they are, [`Marks::likeness`] tells from the whole.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{fingerprint::Fingerprint, search::fold};

/// How much two texts have in common that tell the same in slightly different words: shingles that
/// are in both, among all of them. Two accounts of one organisation, each with the paragraph that it
/// always sends about itself, come to less.
const SAME_TEXT: f64 = 0.35;
/// How much of the shorter text is in the longer one, where one is an excerpt of the other.
const EXCERPT: f64 = 0.5;
/// With fewer shingles in common nothing is said of an excerpt.
const FEWEST_IN_COMMON: usize = 25;
/// How much the texts have in common where an address that leads to a whole website counts.
const SOME_TEXT: f64 = 0.1;
/// How much alike two words are that are one, with another ending or a slip in it.
const SAME_WORD: f32 = 0.8;
/// A word of a title that is no longer says little: “the”, “of”, “der”.
const LITTLE_WORD: usize = 3;
/// So many words of a title are left out one by one.
const MOST_WORDS: usize = 12;
/// So many addresses are looked at.
const MOST_ADDRESSES: usize = 8;

/// What something is compared by. It is made of what is public.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// The words of the title, folded.
    title: Vec<String>,
    addresses: BTreeSet<Address>,
    text: Fingerprint,
}

/// An address on the web, without what makes no difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Address {
    text: String,
    /// Whether it leads to a whole website, which may be an organisation's and tell of much else.
    is_home: bool,
}

/// What two have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness {
    /// Nearly the same title.
    pub title: bool,
    /// Nearly the same text.
    pub text: bool,
    /// An address on the web.
    pub address: bool,
}

impl Likeness {
    /// Whether they have anything in common.
    pub fn is_any(self) -> bool {
        self != Self::default()
    }

    /// How much they have in common.
    pub fn points(self) -> u8 {
        u8::from(self.title) + 2 * u8::from(self.text) + u8::from(self.address)
    }

    /// What they have in common, as part of a sentence.
    pub fn in_words(self) -> String {
        let nearly = match (self.title, self.text) {
            (true, true) => "nearly the same title and text",
            (true, false) => "nearly the same title",
            (false, true) => "nearly the same text",
            (false, false) => "",
        };
        match (nearly, self.address) {
            ("", _) => "the same web address".to_owned(),
            (nearly, true) => format!("{nearly}, and the same web address"),
            (nearly, false) => nearly.to_owned(),
        }
    }
}

impl Marks {
    /// Of something with this title, these addresses on the web and this text.
    pub fn new<'a>(title: &str, addresses: impl IntoIterator<Item = &'a str>, text: &str) -> Self {
        let addresses = addresses.into_iter().filter_map(Address::of);
        Self {
            title: words(title),
            addresses: addresses.take(MOST_ADDRESSES).collect(),
            text: Fingerprint::of(text),
        }
    }

    /// The same without the text, where that is kept elsewhere.
    pub fn without_text(self) -> Self {
        Self {
            text: Fingerprint::default(),
            ..self
        }
    }

    /// The text's shingles.
    pub fn text(&self) -> &Fingerprint {
        &self.text
    }

    /// Numbers for an index.
    pub fn names(&self) -> BTreeSet<i64> {
        let mut names: BTreeSet<i64> = self.title_names();
        names.extend(self.addresses.iter().map(|it| name("address", &it.text)));
        names.extend(self.text.names().into_iter().map(u64::cast_signed));
        names
    }

    /// The numbers of its title alone.
    pub fn title_names(&self) -> BTreeSet<i64> {
        let mut names = BTreeSet::new();
        let squeezed = self.title.concat();
        if squeezed.is_empty() {
            return names;
        }
        let mut add = |kind, text: &str| names.insert(name(kind, text));
        add("squeezed", &squeezed);
        add("title", &sorted(&self.title, None));
        if self.title.len() > 2 {
            // Where a word is another one or one is missing, all the others are the same.
            for left_out in 0..self.title.len().min(MOST_WORDS) {
                add("title", &sorted(&self.title, Some(left_out)));
            }
            return names;
        }
        // Of few words one half is the same where a letter is another one or missing.
        let letters: Vec<char> = squeezed.chars().collect();
        for half in [letters.len() / 2, letters.len().div_ceil(2)] {
            let begins: String = letters[..half].iter().collect();
            let ends: String = letters[letters.len() - half..].iter().collect();
            add("begins", &begins);
            add("ends", &ends);
        }
        names
    }

    /// What these two have in common.
    pub fn likeness(&self, other: &Self) -> Likeness {
        let shared = self.addresses.intersection(&other.addresses);
        let (homes, pages): (Vec<&Address>, Vec<&Address>) = shared.partition(|it| it.is_home);
        let title = are_near(&self.title, &other.title);
        let resemblance = self.text.likeness(&other.text);
        let supports = || resemblance >= SOME_TEXT || share_words(&self.title, &other.title);
        Likeness {
            title,
            text: resemblance >= SAME_TEXT || self.text.is_excerpt(&other.text),
            address: !pages.is_empty() || !homes.is_empty() && supports(),
        }
    }
}

impl Fingerprint {
    /// Whether the shorter of the two texts is for the most part in the longer one.
    pub fn is_excerpt(&self, other: &Self) -> bool {
        self.is_mostly_in(self.shared(other), self.len().min(other.len()))
    }

    /// Whether so many shared shingles are most of so many.
    pub fn is_mostly_in(&self, shared: usize, of: usize) -> bool {
        shared >= FEWEST_IN_COMMON && shared as f64 >= EXCERPT * of as f64
    }
}

impl Address {
    fn of(typed: &str) -> Option<Self> {
        let typed = typed.trim().to_lowercase();
        let (_, rest) = typed.split_once("://").unwrap_or(("", &typed));
        let (rest, _) = rest.split_once('#').unwrap_or((rest, ""));
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = place.strip_prefix("www.").unwrap_or(place);
        let place = place.trim_end_matches('/');
        // What only tells from where somebody has come.
        let kept = query.split('&').filter(|pair| {
            let key = pair.split('=').next().unwrap_or_default();
            !(key.is_empty() || key.starts_with("utm_") || key == "fbclid" || key == "gclid")
        });
        let query = kept.collect::<Vec<_>>().join("&");
        if place.is_empty() {
            return None;
        }
        let is_home = !place.contains('/') && query.is_empty();
        let text = match query.is_empty() {
            true => place.to_owned(),
            false => format!("{place}?{query}"),
        };
        Some(Self { text, is_home })
    }
}

fn words(title: &str) -> Vec<String> {
    // An apostrophe is part of its word, and left out by many.
    let folded = fold(title).replace(['\'', '’', '‘'], "");
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The words in the order of the alphabet, perhaps without one of them.
fn sorted(words: &[String], left_out: Option<usize>) -> String {
    let kept = words.iter().enumerate();
    let kept = kept.filter(|(at, _)| Some(*at) != left_out);
    let mut kept: Vec<&str> = kept.map(|(_, word)| word.as_str()).collect();
    kept.sort_unstable();
    kept.join(" ")
}

/// The number for an index of this text, which is of this kind.
pub fn name(kind: &str, text: &str) -> i64 {
    let digest = Sha256::digest(format!("{kind}:{text}").as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// Whether two titles are one: the same words, but for a little word, a slip in one of them, or where
/// they are parted. Another number makes another title.
fn are_near(one: &[String], other: &[String]) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    if one.concat() == other.concat() {
        return true;
    }
    let (left, right) = (without(one, other), without(other, one));
    if left.iter().chain(&right).any(|word| has_digit(word)) {
        return false;
    }
    match (left.as_slice(), right.as_slice()) {
        ([], []) => true,
        ([word], []) | ([], [word]) => {
            word.chars().count() <= LITTLE_WORD && one.len().min(other.len()) > 1
        }
        ([one], [other]) => is_slip(one, other),
        (left, right) => left.concat() == right.concat(),
    }
}

/// The words of the first that the second does not have.
fn without<'a>(of: &'a [String], other: &[String]) -> Vec<&'a str> {
    let mut others: Vec<&str> = other.iter().map(String::as_str).collect();
    let mut left = Vec::new();
    for word in of {
        match others.iter().position(|other| other == word) {
            Some(at) => {
                others.swap_remove(at);
            }
            None => left.push(word.as_str()),
        }
    }
    left
}

fn has_digit(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

/// Whether the two are one word, with another ending or a slip. With another beginning a word is
/// another one, as “legal” and “illegal”.
fn is_slip(one: &str, other: &str) -> bool {
    let begins_so = one.chars().next() == other.chars().next();
    begins_so && similar::TextDiff::from_chars(one, other).ratio() > SAME_WORD
}

/// Whether half of the words of the shorter title are in the other one.
fn share_words(one: &[String], other: &[String]) -> bool {
    let shared = one.len() - without(one, other).len();
    shared > 0 && shared * 2 >= one.len().min(other.len())
}

#[cfg(test)]
mod tests;
