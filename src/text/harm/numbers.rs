//! Telephone numbers and number plates.
//!
//! There are crates that hold the plans of every country's telephone numbers. They judge a number
//! whose country is known, which is not so in a story; and they would make the program larger by more
//! than all other parts of this check. So a number is told by how people group it.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{Near, after, before, expression, words};

/// Words that say before a number that it is one to call.
static CALLS: LazyLock<Regex> = LazyLock::new(|| {
    words(
        r"(?i)\b(?:tele?phone|phone|tel|call(?:ed|ing|s)?|ring|mobile|cell|text(?:ed|ing)?|sms|fax|hotline|helpline|whats ?app|signal|viber|telegram|dial|tel[ée]fonos?|m[óo]vil|celular|ll[áa]m\w*|tel[ée]fones?|telem[óo]vel|telem[óo]veis|ligue\w*|lig(?:ar|ou)|t[ée]l[ée]phone\w*|portable|appel\w*|telefon\w*|handy\w*|ruf\w*|anruf\w*|mobil\w*|cellulare|chiam\w*|telefoon\w*|bel|mobiel|numer|zadzwo\w*|kom[óo]rk\w*|simu|namba|nambari)\b|هاتف|جوال|تلفون|телефон|тел\.|电话|電話|手机",
    )
});

/// Numbers that somebody could be called at.
pub(super) fn phones(text: &str, near: &Near) -> Vec<Range<usize>> {
    static RUN: LazyLock<Regex> =
        LazyLock::new(|| expression(r"(?:\+ ?|\()?\d(?:[  .\-‐‑–()/]{0,3}\d){5,18}"));
    let mut found = Vec::new();
    for run in near.find(&RUN, text) {
        if !is_part(text, run.clone()) && is_phone(text, run.start, &text[run.clone()]) {
            found.push(run);
        }
    }
    found
}

/// Whether it is a part of a word, a decimal, a time or an amount.
fn is_part(text: &str, range: Range<usize>) -> bool {
    let (left, right) = (&text[..range.start], &text[range.end..]);
    let is_bound = |c: char| c.is_alphanumeric() || "_#$€£¥₹=&".contains(c);
    let money = before(left, left.len(), 3).trim_end();
    left.ends_with(is_bound)
        || left.ends_with(['.', ',', '-'])
            && left[..left.len() - 1].ends_with(char::is_alphanumeric)
        || money.ends_with(['$', '€', '£', '¥', '₹'])
        || right.starts_with(is_bound)
        || right.starts_with([',', ':', '%']) && right[1..].starts_with(|c: char| c.is_numeric())
        || right.trim_start().starts_with(['%', '€', '$', '£', '₹'])
}

fn is_phone(text: &str, start: usize, run: &str) -> bool {
    let digits = run.chars().filter(|c| c.is_numeric()).count();
    let groups: Vec<&str> = run
        .split(|c: char| !c.is_numeric())
        .filter(|group| !group.is_empty())
        .collect();
    let sizes: Vec<usize> = groups.iter().map(|group| group.chars().count()).collect();
    let first = groups.first().copied().unwrap_or_default();
    let is_called = CALLS.is_match(before(text, start, 40));
    if is_date(run) {
        return false;
    }
    if run.starts_with('+') {
        return (8..=15).contains(&digits);
    }
    let is_decimal = run.contains('.') && sizes.len() == 2 && sizes[0] < 3;
    let is_apart = !is_decimal && !run.contains('/');
    let begins_with = |digit: &str| first.starts_with(digit) || value(first) == digit;
    // The trunk prefix, or that of another country.
    if first.starts_with(['0', '٠', '۰', '०', '０']) && !is_decimal {
        let is_german = run.contains('/') && sizes.len() == 2 && sizes[0] >= 3;
        return (is_apart || is_german) && (9..=14).contains(&digits)
            || is_called && (7..=14).contains(&digits);
    }
    // An area between brackets.
    if run.starts_with('(') && (9..=12).contains(&digits) && (2..=5).contains(&sizes[0]) {
        return true;
    }
    let is_grouped = match sizes.as_slice() {
        // North America, with or without the country.
        [3, 3, 4] | [1, 3, 3, 4] => true,
        // Spain, Denmark, Norway, China, India.
        [3, 2, 2, 2] => {
            begins_with("6") || begins_with("7") || begins_with("8") || begins_with("9")
        }
        [2, 2, 2, 2] | [3, 4, 4] => is_apart && !run.contains('.') && !run.contains('–'),
        [5, 5] => ["6", "7", "8", "9"]
            .iter()
            .any(|digit| first.starts_with(digit)),
        _ => false,
    };
    is_apart && is_grouped || is_called && (6..=15).contains(&digits) && !is_years(&groups)
}

/// The digits as ASCII has them, as far as they are such.
fn value(digits: &str) -> &str {
    &digits[..digits.chars().next().map_or(0, char::len_utf8)]
}

/// Whether it is, or begins with, a day such as `01.02.2024` or `2024-02-01`.
fn is_date(run: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"^(?:\d{1,2}[./\-–]\d{1,2}[./\-–](?:19|20)?\d\d(?:\D|$)|(?:19|20)\d\d[./\-–]\d{1,2}[./\-–]\d{1,2}(?:\D|$))",
        )
    });
    DATE.is_match(run)
}

/// Whether all groups look like years.
fn is_years(groups: &[&str]) -> bool {
    let is_year =
        |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    groups.iter().all(is_year)
}

/// Plates of vehicles: those whose form nothing else has, and others where a word says so.
pub(super) fn plates(text: &str, near: &Near) -> Vec<Range<usize>> {
    static PLATE: LazyLock<Regex> = LazyLock::new(|| {
        let forms = [
            // Britain, India, Brazil and its neighbours, France and Italy, Germany.
            r"[A-Z]{2}[0-9]{2} ?[A-Z]{3}",
            r"[A-Z]{2}[ -][0-9]{1,2}[ -][A-Z]{1,3}[ -][0-9]{4}",
            r"[A-Z]{2}[0-9]{2}[A-Z]{2}[0-9]{4}",
            r"[A-Z]{3}[0-9][A-Z][0-9]{2}",
            r"[A-Z]{2}-[0-9]{3}-[A-Z]{2}",
            r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} [0-9]{1,4}[EH]?",
        ];
        expression(&format!(r"\b(?:{})\b", forms.join("|")))
    });
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)\b(?:number ?plate|licen[cs]e ?plate|plate|registration|reg|matr[íi]cula|patente|placas?|(?:auto)?kennzeichen|plaque|immatricul\w*|targ(?:a|ata)|kenteken\w*|rejestrac\w*|tablic\w*|plaka\w*|rendszám\w*)\b",
        )
    });
    static TOKEN: LazyLock<Regex> =
        LazyLock::new(|| expression(r"\b[A-Z0-9]{1,5}(?:[ \-·][A-Z0-9]{1,5}){0,3}\b"));
    let mut found = near.find(&PLATE, text);
    for word in near.find(&WORD, text) {
        let rest = after(text, word.end, 40);
        let is_plate = |token: &str| {
            let letters = token.chars().filter(char::is_ascii_uppercase).count();
            let digits = token.chars().filter(char::is_ascii_digit).count();
            letters > 0 && digits > 1 && (4..=9).contains(&(letters + digits))
        };
        if let Some(token) = TOKEN.find_iter(rest).find(|token| is_plate(token.as_str())) {
            found.push(word.end + token.start()..word.end + token.end());
        }
    }
    found
}
