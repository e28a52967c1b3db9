//! Full names of people: a given name that is known and what follows it with a capital, or two such
//! words behind a title.
//!
//! The given names are those of the crate `fake`, which keeps lists of them for several languages,
//! and those of `names.txt`, which has other languages, too. A name in a script without capital
//! letters is not found, nor one of which no part is known.

use std::{collections::HashSet, ops::Range, sync::LazyLock};

use fake::locales::{CY_GB, DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR, PT_PT, TR_TR};
use regex::Regex;

use super::{after, before, words};
use crate::text::search::fold;

/// The most words of a name.
const LONGEST: usize = 6;

/// The lists, all folded.
struct Lists {
    given: HashSet<String>,
    /// Those of them that are words, too.
    words: HashSet<&'static str>,
    /// Family names, whatever else they mean.
    family: HashSet<String>,
    /// Family names that mean nothing else.
    plain_family: HashSet<&'static str>,
    /// What stands with a capital in no name.
    not: HashSet<&'static str>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    let own = include_str!("names.txt");
    let section = |name: &str| -> HashSet<&'static str> {
        let start = own
            .find(&format!("\n[{name}]\n"))
            .map_or(own.len(), |at| at + name.len() + 4);
        let end = own[start..]
            .find("\n[")
            .map_or(own.len(), |end| start + end);
        let lines = own[start..end]
            .lines()
            .filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    };
    let given = [
        EN::NAME_FIRST_NAME,
        FR_FR::NAME_FIRST_NAME,
        DE_DE::NAME_FIRST_NAME,
        IT_IT::NAME_FIRST_NAME,
        NL_NL::NAME_FIRST_NAME,
        PT_BR::NAME_FIRST_NAME,
        PT_PT::NAME_FIRST_NAME,
        TR_TR::NAME_FIRST_NAME,
        CY_GB::NAME_FIRST_NAME,
    ];
    let family = [
        EN::NAME_LAST_NAME,
        FR_FR::NAME_LAST_NAME,
        DE_DE::NAME_LAST_NAME,
        IT_IT::NAME_LAST_NAME,
        NL_NL::NAME_LAST_NAME,
        PT_BR::NAME_LAST_NAME,
        PT_PT::NAME_LAST_NAME,
        TR_TR::NAME_LAST_NAME,
        CY_GB::NAME_LAST_NAME,
    ];
    let folded = |lists: &[&[&str]]| -> HashSet<String> {
        lists
            .iter()
            .copied()
            .flatten()
            .map(|name| fold(name))
            .collect()
    };
    let (mut given, mut family) = (folded(&given), folded(&family));
    given.extend(section("given").into_iter().map(str::to_owned));
    let plain_family = section("family");
    family.extend(plain_family.iter().map(|name| (*name).to_owned()));
    Lists {
        given,
        words: section("words"),
        family,
        plain_family,
        not: section("not"),
    }
});

/// A word with a capital and small letters.
struct Word {
    range: Range<usize>,
    folded: String,
    /// Whether it stands where any word has a capital.
    begins: bool,
}

/// What a word that may be part of a name is.
enum Part {
    /// It has a capital.
    Name(Word),
    /// One letter, as in “John F. Kennedy”.
    Initial(Range<usize>),
    /// Small, as in “Ana de Souza”.
    Particle(Range<usize>),
}

impl Part {
    fn range(&self) -> &Range<usize> {
        match self {
            Part::Name(word) => &word.range,
            Part::Initial(range) | Part::Particle(range) => range,
        }
    }
}

/// Where full names stand.
pub(super) fn full(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for row in rows(text) {
        let mut at = 0;
        while at < row.len() {
            match name_at(text, &row, at) {
                Some(end) => {
                    found.push(row[at].range().start..row[end - 1].range().end);
                    at = end;
                }
                None => at += 1,
            }
        }
    }
    found
}

/// Rows of words that nothing but a blank parts, and that could be parts of names.
fn rows(text: &str) -> Vec<Vec<Part>> {
    let mut rows: Vec<Vec<Part>> = Vec::new();
    let mut row: Vec<Part> = Vec::new();
    let mut end = 0;
    while let Some(start) = text[end..].find(char::is_alphabetic).map(|at| end + at) {
        let gap = &text[end..start];
        let is_after_initial = matches!(row.last(), Some(Part::Initial(_)));
        let is_near = match gap.strip_prefix('.').filter(|_| is_after_initial) {
            Some(rest) => rest.is_empty() || is_blank(rest),
            None => is_blank(gap),
        };
        if !is_near {
            finish(&mut row, &mut rows);
        }
        end = start + word(&text[start..]).len();
        let whole = &text[start..end];
        let range = start..start + without_possessive(whole).len();
        match part(text, range.clone()) {
            Some(part) => row.push(part),
            None => finish(&mut row, &mut rows),
        }
        // “Maria’s Souza” is no name.
        if range.end != end {
            finish(&mut row, &mut rows);
        }
    }
    finish(&mut row, &mut rows);
    rows
}

/// Keeps the row where it may be a name, and begins another.
fn finish(row: &mut Vec<Part>, rows: &mut Vec<Vec<Part>>) {
    let done = std::mem::take(row);
    if done
        .iter()
        .filter(|part| matches!(part, Part::Name(_)))
        .count()
        > 1
    {
        rows.push(done);
    }
}

/// The word that a text begins with: letters and marks, and single hyphens and apostrophes inside.
fn word(text: &str) -> &str {
    let mut end = 0;
    let mut joint = false;
    for (at, c) in text.char_indices() {
        let is_letter = c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c);
        if is_letter {
            end = at + c.len_utf8();
        } else if joint || !"’'-‐‑".contains(c) {
            break;
        }
        joint = !is_letter;
    }
    &text[..end]
}

fn is_blank(gap: &str) -> bool {
    let one_end = gap.matches('\n').count() < 2;
    one_end && !gap.is_empty() && gap.len() < 6 && gap.chars().all(char::is_whitespace)
}

/// Whether what comes next begins a sentence, a line, a quotation or a heading.
fn begins_sentence(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '\u{a0}', '"', '“', '‘', '(', '*', '_', '[']);
    text.is_empty() || text.ends_with(['.', '!', '?', ':', '\n', '#', '>', '-', '–', '—', '•', '|'])
}

fn without_possessive(word: &str) -> &str {
    let ends = ["’s", "'s"];
    ends.iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word)
}

/// What this word may be in a name.
fn part(text: &str, range: Range<usize>) -> Option<Part> {
    const PARTICLES: &str = " de da do dos das del della dello di du des la le las los van von der den \
        ter ten te zu zur bin bint ibn ben al el y e i ap ab af av ul ";
    let word = &text[range.clone()];
    let mut letters = word.chars();
    if !letters.next()?.is_uppercase() {
        let is_particle = word.len() < 6 && PARTICLES.contains(&format!(" {word} "));
        return is_particle.then_some(Part::Particle(range));
    }
    match letters.next() {
        None => Some(Part::Initial(range)),
        Some(_) => Some(Part::Name(Word {
            folded: fold(word),
            begins: begins_sentence(&text[..range.start]),
            range,
        })),
    }
}

/// The end of the name that begins at this part of a row, if one does.
fn name_at(text: &str, row: &[Part], at: usize) -> Option<usize> {
    let lists = &*LISTS;
    let Part::Name(first) = &row[at] else {
        return None;
    };
    if at > 0 && matches!(&row[at - 1], Part::Name(before) if is_saint(&before.folded)) {
        return None;
    }
    let mut end = at + 1;
    let mut names: Vec<&Word> = vec![first];
    for (place, part) in row.iter().enumerate().skip(at + 1).take(LONGEST) {
        if let Part::Name(word) = part {
            names.push(word);
            end = place + 1;
        }
    }
    let others = &names[1..];
    if others.is_empty() {
        return None;
    }
    let is_caps = |word: &Word| is_all_caps(&text[word.range.clone()]);
    let is_not = |word: &Word| lists.not.contains(word.folded.as_str());
    // An organisation, a title or a heading: some of it, or what stands right before.
    let ends_row = |word: &&Word| is_not(word) || is_caps(word) && !is_family(lists, word);
    if names.iter().take(4).any(ends_row) {
        return None;
    }
    let last = names.last().map_or(first.range.end, |word| word.range.end);
    if is_founder(after(text, last, 14)) {
        return None;
    }
    let is_titled = is_titled(before(text, first.range.start, 14));
    let is_introduced = is_introduced(before(text, first.range.start, 30));
    let knows = |word: &Word| is_given(lists, &word.folded);
    let is_known = knows(first)
        && (!lists.words.contains(first.folded.as_str())
            || others.iter().any(|it| is_family(lists, it)));
    let is_beside_family = !first.begins
        && others.len() < 3
        && others
            .iter()
            .any(|word| lists.plain_family.contains(word.folded.as_str()))
        && !is_title(&first.folded);
    (is_titled || is_introduced || is_known || is_beside_family).then_some(end)
}

fn is_given(lists: &Lists, folded: &str) -> bool {
    let first = folded.split(['-', '‐', '‑']).next().unwrap_or_default();
    lists.given.contains(folded) || first.len() > 2 && lists.given.contains(first)
}

fn is_family(lists: &Lists, word: &Word) -> bool {
    let mut parts = word.folded.split(['-', '‐', '‑']);
    lists.family.contains(&word.folded) || parts.any(|part| lists.family.contains(part))
}

fn is_all_caps(word: &str) -> bool {
    word.chars()
        .filter(|c| c.is_alphabetic())
        .all(char::is_uppercase)
}

/// What stands before the name of a place or a church.
fn is_saint(folded: &str) -> bool {
    const SAINTS: &str = " san santa santo sao saint st sankt mount mont lake port fort cape new ";
    SAINTS.contains(&format!(" {folded} "))
}

/// Whether something that bears somebody's name goes on after it, in small letters.
fn is_founder(after: &str) -> bool {
    const NAMED: [&str; 5] = ["foundation", "institute", "charity", "prize", "memorial"];
    let word = after
        .trim_start()
        .split(|c: char| !c.is_alphabetic())
        .next();
    word.is_some_and(|word| NAMED.contains(&word))
}

const TITLES: &str = " mr mrs ms miss mx dr prof professor sir dame lord lady baroness baron cllr \
    councillor rev reverend father sister imam sheikh rabbi judge justice sr sra srta senor senora don \
    dona mme mlle monsieur madame mademoiselle maitre me herr frau dott dottssa dottoressa signor \
    signora dhr mevr mevrouw meneer pan pani bay bayan hanim president minister mp chief captain \
    sergeant detective inspector constable nurse aunt uncle ";

fn is_title(folded: &str) -> bool {
    TITLES.contains(&format!(" {folded} "))
}

/// Whether the last word before a name is a title.
fn is_titled(before: &str) -> bool {
    let is_blank = before.ends_with([' ', '\u{a0}']);
    let word = before.trim_end().trim_end_matches('.');
    let word = word
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    is_blank && word.starts_with(char::is_uppercase) && is_title(&fold(word))
}

/// Whether somebody gives a name with the words before it.
fn is_introduced(before: &str) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        words(
            r"(?i)\b(?:my name is|her name is|his name is|their name is|names? of|me llamo|se llama|mi nombre es|meu nome é|se chama|je m[’']appelle|s[’']appelle|ich heiße|ich bin|sie heißt|er heißt|mi chiamo|si chiama|ik heet|nazywam się|jina langu ni|benim adım|nama saya)\s+$",
        )
    });
    WORDS.is_match(before)
}
