//! What people mean when they search: which words a text has, and whether a query finds it.
//!
//! A query is plain text. Each of its words must be in the text, in any order, no matter how it is
//! written ([`fold`]). The last word is found by its beginning, as it may still be being typed.
//! Where words are written without blanks between them, what is asked for may stand anywhere.
//!
//! An index does the work: it holds the [`tokens`] of every text, is asked for [`Query::terms`], and
//! needs to know nothing of languages. Every engine that looks tokens up byte by byte, whole or by
//! their beginning, therefore gives the same hits. The tokens follow the tables of Unicode that this
//! was built with, so an index is made anew when this module or those tables change.

use std::collections::BTreeSet;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};

#[cfg(test)]
mod tests;

/// How many characters of a word are in its token.
const LONGEST: usize = 100;

/// How many words of a query count.
const MOST_WORDS: usize = 20;

/// How many terms an index is asked for, at most. Only runs give more than one for each word, and
/// where one does, the hits are checked anyway.
const MOST_TERMS: usize = 2 * MOST_WORDS;

/// The text without what makes no difference to a search: case, accents and other marks of
/// alphabets, vowel points, the forms and widths of letters, ligatures, the scripts of digits, and
/// characters that nobody sees. Marks that make another word stay: those of the scripts of India and
/// South-East Asia, and those of kana. Folding what is folded changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut folded = String::with_capacity(decomposed.len());
    for c in decomposed.chars() {
        if c.is_ascii() {
            folded.push(c.to_ascii_lowercase());
        } else if !is_dropped(c) {
            for lower in c.to_lowercase() {
                match plain(lower) {
                    Some(plain) => folded.push_str(plain),
                    None => folded.push(digit(lower).unwrap_or(lower)),
                }
            }
        }
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&folded);
    composed.into_owned()
}

/// Whether a search does without it, once it stands alone: what nobody sees, the stroke that
/// lengthens Arabic words, and the marks of the Latin, Greek, Cyrillic, Hebrew, Arabic, Syriac and
/// Coptic scripts.
fn is_dropped(c: char) -> bool {
    let is_alphabets = matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{74a}'
            | '\u{897}'..='\u{8ff}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{2cef}'..='\u{2cf1}'
            | '\u{2de0}'..='\u{2dff}'
            | '\u{a66f}'..='\u{a69f}'
            | '\u{fb1e}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{10eab}'..='\u{10eff}'
    );
    c == '\u{640}'
        || is_alphabets && is_in(GeneralCategoryGroup::Mark, c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn is_in(group: GeneralCategoryGroup, c: char) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// What a small letter is taken for, where Unicode does not take it apart: mostly what people type
/// whose keyboard has no key for it.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ɓ' => "b",
        'đ' | 'ð' | 'ɗ' => "d",
        'ɛ' => "e",
        'ƒ' => "f",
        'ħ' => "h",
        'ı' => "i",
        'ƙ' => "k",
        'ł' => "l",
        'ŋ' | 'ɲ' => "n",
        'ø' | 'ɔ' => "o",
        'ĸ' => "q",
        'ŧ' => "t",
        'ƴ' => "y",
        'ς' => "σ",
        'ґ' => "г",
        // Letters that stand for an apostrophe, or are typed as one.
        '\u{2b9}'..='\u{2bf}' | '\u{2c8}' => "'",
        // Alef with wasla; ta marbuta and the Urdu he; alef maksura and the Persian ye; the Persian
        // kaf. Alef, waw and ya with a hamza have lost it as a mark.
        '\u{671}' => "\u{627}",
        '\u{629}' | '\u{6c1}' => "\u{647}",
        '\u{649}' | '\u{6cc}' => "\u{64a}",
        '\u{6a9}' => "\u{643}",
        _ => return None,
    })
}

/// The digit of today's scripts as one of ours.
fn digit(c: char) -> Option<char> {
    // Arabic and Persian; Devanagari, Bengali, Gurmukhi, Gujarati, Odia, Tamil, Telugu, Kannada,
    // Malayalam; Thai, Lao, Tibetan, Myanmar, Khmer.
    const ZEROS: [u32; 16] = [
        0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
        0xf20, 0x1040, 0x17e0,
    ];
    if !('\u{660}'..='\u{17e9}').contains(&c) {
        return None;
    }
    let number = u32::from(c);
    ZEROS
        .iter()
        .find_map(|zero| char::from_digit(number.checked_sub(*zero)?, 10))
}

/// What a piece of folded text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Letters, marks and numbers.
    Word,
    /// Letters and marks of scripts that write words without blanks between them, or, as Korean,
    /// particles onto the word.
    Run,
    /// Anything else.
    Gap,
}

fn kind(c: char) -> Kind {
    const LETTERS_AND_NUMBERS: GeneralCategoryGroup =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    const OF_WORDS: GeneralCategoryGroup = LETTERS_AND_NUMBERS.union(GeneralCategoryGroup::Mark);
    match c {
        'a'..='z' | '0'..='9' => Kind::Word,
        _ if c.is_ascii() || !is_in(OF_WORDS, c) => Kind::Gap,
        // Thai and Lao, Myanmar, Hangul, Khmer.
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}' => Kind::Run,
        // Han and kana with their marks; Hangul and Myanmar again; Han's rarer characters.
        '\u{2e80}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{a9e0}'..='\u{a9ff}'
        | '\u{aa60}'..='\u{aa7f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{1aff0}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}' => Kind::Run,
        _ => Kind::Word,
    }
}

/// The words and runs of a folded text, in order.
fn pieces(folded: &str) -> impl Iterator<Item = (Kind, &str)> {
    let mut rest = folded;
    let next = move || {
        let kind_of_first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != kind_of_first);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        Some((kind_of_first, piece))
    };
    std::iter::from_fn(next).filter(|(kind, _)| *kind != Kind::Gap)
}

/// As much of a word as is in its token.
fn cut(word: &str) -> &str {
    let end = word.char_indices().nth(LONGEST);
    end.map_or(word, |(end, _)| &word[..end])
}

/// Each two characters that are neighbours in a run, in order; of a run of one, that one.
fn pairs(run: &str) -> impl Iterator<Item = &str> {
    let starts = run.char_indices().map(|(at, _)| at);
    let ends = starts.clone().skip(2).chain([run.len()]);
    starts.zip(ends).map(|(start, end)| &run[start..end])
}

/// What an index holds for a text, in the order of their bytes: the first 100 characters of each
/// word; of runs that are written without blanks, each pair of neighbours and the last character. A
/// token has 1 to 400 bytes, which are a–z, 0–9 and characters beyond ASCII, never a blank. Texts
/// that are joined by a line end have the tokens of each.
pub fn tokens(text: &str) -> BTreeSet<String> {
    let folded = fold(text);
    let mut tokens = BTreeSet::new();
    for (kind, piece) in pieces(&folded) {
        if kind == Kind::Run {
            tokens.extend(pairs(piece));
            tokens.extend(piece.char_indices().next_back().map(|(at, _)| &piece[at..]));
        } else {
            tokens.insert(cut(piece));
        }
    }
    tokens.into_iter().map(str::to_owned).collect()
}

/// A token that an index is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// It, or its beginning.
    pub token: String,
    /// Whether a token that only begins so is as good.
    pub is_prefix: bool,
}

/// What somebody looks for: at least one word, at most 20.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    wanted: Vec<Wanted>,
    terms: Vec<Term>,
}

/// A folded word of a query, and where it must be in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// As a word.
    Word(String),
    /// At the beginning of a word.
    Beginning(String),
    /// Anywhere in a run.
    Part(String),
}

impl Query {
    /// The query that was typed; `None` if there is no word in it. Its first 20 words count.
    pub fn parse(query: &str) -> Option<Query> {
        let folded = fold(query);
        let mut pieces = pieces(&folded).peekable();
        let mut wanted = Vec::new();
        while let Some((kind, piece)) = pieces.next_if(|_| wanted.len() < MOST_WORDS) {
            let piece = piece.to_owned();
            wanted.push(match kind {
                Kind::Run => Wanted::Part(piece),
                _ if pieces.peek().is_none() => Wanted::Beginning(piece),
                _ => Wanted::Word(piece),
            });
        }
        let mut terms = Vec::new();
        for term in wanted.iter().flat_map(Wanted::terms) {
            if terms.len() < MOST_TERMS && !terms.contains(&term) {
                terms.push(term);
            }
        }
        (!wanted.is_empty()).then_some(Query { wanted, terms })
    }

    /// What an index is asked for: at least one term and at most 40, each once. The text of every
    /// hit has them all among its [`tokens`].
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether a text that has all the terms may still be no hit, so that
    /// [`matches`](Query::matches) must tell: for runs of three characters or more, as their pairs
    /// may stand apart, and for words as long as a token can be.
    pub fn needs_check(&self) -> bool {
        self.wanted.iter().any(|wanted| match wanted {
            Wanted::Word(word) => word.chars().count() >= LONGEST,
            Wanted::Beginning(word) => word.chars().count() > LONGEST,
            Wanted::Part(run) => run.chars().count() > 2,
        })
    }

    /// Whether the text is a hit.
    pub fn matches(&self, text: &str) -> bool {
        let folded = fold(text);
        let pieces: Vec<_> = pieces(&folded).map(|(_, piece)| piece).collect();
        let is_there = |wanted: &Wanted| match wanted {
            Wanted::Word(word) => pieces.contains(&word.as_str()),
            Wanted::Beginning(word) => pieces.iter().any(|piece| piece.starts_with(word)),
            Wanted::Part(run) => pieces.iter().any(|piece| piece.contains(run)),
        };
        self.wanted.iter().all(is_there)
    }
}

impl Wanted {
    fn terms(&self) -> Vec<Term> {
        let term = |token: &str, is_prefix| Term {
            token: token.to_owned(),
            is_prefix,
        };
        match self {
            Wanted::Word(word) => vec![term(cut(word), false)],
            Wanted::Beginning(word) => vec![term(cut(word), true)],
            Wanted::Part(run) => {
                let is_one = run.chars().nth(1).is_none();
                let pairs = pairs(run).take(MOST_TERMS);
                pairs.map(|pair| term(pair, is_one)).collect()
            }
        }
    }
}
