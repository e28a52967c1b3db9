//! Everything about text, whoever wrote it and wherever it goes. Pure, and on nothing else of ours.
//!
//! | module | holds |
//! | --- | --- |
//! | [`clean`] | the one rule for characters that nobody sees, and for line ends |
//! | [`markdown`] | Markdown made safe for the blog, and its preview |
//! | [`links`] | addresses of the web: in Markdown, in a form's field, and whether they are ours |
//! | [`language`] | the tags and names of languages |
//! | [`domains`] | the domains that a text names |
//! | [`fingerprint`] | whether two texts are nearly the same, and whether one is written at all |
//! | [`harm`] | what may harm somebody once it is public |
//! | [`alike`] | whether two things that were sent tell of the same, and the numbers by which an index finds them |
//! | [`email`] | the one rule for addresses that mail can reach |
//! | [`search`] | what people mean when they search, and the tokens that an index holds for it |
//! | [`differences`] | what changed between two texts, word by word and line by line |
//! | [`yaml`] | YAML as Ruby reads it, and the titles of the blog's pages |
//! | [`front_matter`] | what reads back from a file that a template of ours made |
//! | [`node`] | YAML files of the installation's own, with lines for their mistakes |

pub mod alike;
pub mod clean;
pub mod differences;
pub mod domains;
pub mod email;
pub mod fingerprint;
pub mod front_matter;
pub mod harm;
pub mod language;
pub mod links;
pub mod markdown;
pub mod node;
pub mod pasted;
pub mod search;
pub mod yaml;

use jiff::civil::Date;

/// A day as people read it: `5 February 2025`.
pub fn day_in_words(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// The text with its first letter as a capital.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// The bytes as hexadecimal digits, two for each, in small letters.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            digits.push(char::from(DIGITS[usize::from(half)]));
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_byte_has_two_digits() {
        let all: Vec<u8> = (0..=255).collect();
        let digits = super::hex(&all);
        assert_eq!(digits.len(), 512);
        for (byte, two) in std::iter::zip(all, digits.as_bytes().chunks(2)) {
            assert_eq!(format!("{byte:02x}").as_bytes(), two);
        }
    }
}
