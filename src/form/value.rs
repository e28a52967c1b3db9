//! One text as people write it → one value: numbers, years, days.

use jiff::civil::Date;
use serde_json::Number;

/// Why a text is no such value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is not one at all.
    Not,
    /// A year of two digits could be any of many.
    TwoDigits,
    /// A day lacks its day, month or year.
    Incomplete,
    /// There is no such day.
    NoSuchDay,
    /// `12.500` is a large number to some and one with decimals to others.
    TwoWays,
}

/// A whole or a decimal number: `1200`, `1,200`, `1 200`, `2.5`, `2,5`, `1,200.50`, `1.200,50`, also with
/// digits of other scripts.
pub(super) fn number(text: &str) -> Result<Number, Wrong> {
    let text = western_digits(text);
    let text = text.replace(['\u{a0}', '\u{202f}', '\'', '’'], " ");
    let (sign, digits) = match text.trim().strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text.trim()),
    };
    // Of two signs the last one begins the decimals; one alone does so where it parts no thousands.
    let plain = match digits.rsplit_once(['.', ',']) {
        None => whole(digits, ' ').ok_or(Wrong::Not)?,
        Some((before, decimals)) => {
            let point = if digits.ends_with(&format!(".{decimals}")) {
                '.'
            } else {
                ','
            };
            let other = if point == '.' { ',' } else { '.' };
            match whole(digits, point) {
                Some(_) if point == '.' && !before.contains('.') => return Err(Wrong::TwoWays),
                Some(thousands) => thousands,
                None if is_digits(decimals) => {
                    let blanks = || whole(before, ' ');
                    let before = whole(before, other).or_else(blanks).ok_or(Wrong::Not)?;
                    format!("{before}.{decimals}")
                }
                None => return Err(Wrong::Not),
            }
        }
    };
    let plain = format!("{sign}{plain}");
    if let Ok(whole) = plain.parse::<i64>() {
        return Ok(whole.into());
    }
    let decimal: f64 = plain.parse().map_err(|_| Wrong::Not)?;
    if plain.len() > 15 {
        // More digits than such a number holds would come out as others.
        return Err(Wrong::Not);
    }
    Number::from_f64(decimal).ok_or(Wrong::Not)
}

/// A number as [`number`] reads it back: `1.2340`, where three decimals could be thousands.
pub(super) fn number_to_type(value: &Number) -> String {
    let text = value.to_string();
    match number(&text) {
        Err(Wrong::TwoWays) => text + "0",
        _ => text,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a whole number whose thousands this sign may part: `0,125` is none.
fn whole(text: &str, sign: char) -> Option<String> {
    let Some((first, rest)) = text.split_once(sign) else {
        return is_digits(text).then(|| text.to_owned());
    };
    let is_first = is_digits(first) && first.len() <= 3 && !first.starts_with('0');
    let mut groups = rest.split(sign);
    (is_first && groups.all(|group| is_digits(group) && group.len() == 3))
        .then(|| text.replace(sign, ""))
}

/// A year of four digits.
pub(super) fn year(text: &str) -> Result<i16, Wrong> {
    let text = western_digits(text);
    let text = text.trim();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Wrong::Not);
    }
    match text.len() {
        4 => text.parse().map_err(|_| Wrong::Not),
        1 | 2 => Err(Wrong::TwoDigits),
        _ => Err(Wrong::Not),
    }
}

/// A day of three texts; the month may be a word. `None` where all are empty.
pub(super) fn day(day: &str, month: &str, year_text: &str) -> Result<Option<Date>, Wrong> {
    let texts = [day, month, year_text].map(|text| western_digits(text).trim().to_owned());
    if texts.iter().all(String::is_empty) {
        return Ok(None);
    }
    if texts.iter().any(String::is_empty) {
        return Err(Wrong::Incomplete);
    }
    let year = year(&texts[2])?;
    let day: i8 = texts[0].parse().map_err(|_| Wrong::NoSuchDay)?;
    let month = month_of(&texts[1]).ok_or(Wrong::NoSuchDay)?;
    Date::new(year, month, day)
        .map(Some)
        .map_err(|_| Wrong::NoSuchDay)
}

fn month_of(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let word = text.trim_end_matches('.').to_lowercase();
    let found = MONTHS
        .iter()
        .position(|month| word.len() >= 3 && month.starts_with(&word))?;
    i8::try_from(found + 1).ok()
}

/// Digits of other scripts as `0` to `9`: whoever types on an Arabic keyboard writes ٢٠١٩.
fn western_digits(text: &str) -> String {
    const ZEROS: [u32; 6] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
    text.chars()
        .map(|c| {
            let code = u32::from(c);
            ZEROS
                .iter()
                .find(|zero| (**zero..**zero + 10).contains(&code))
                .and_then(|zero| char::from_digit(code - zero, 10))
                .unwrap_or(c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, read) in [
            ("12", "12"),
            (" 1,200 ", "1200"),
            ("1 200 000", "1200000"),
            ("2.5", "2.5"),
            ("2,5", "2.5"),
            ("0", "0"),
            ("-3", "-3"),
            ("٢٠", "20"),
            ("1'200", "1200"),
            ("1.200.000", "1200000"),
            ("1,200.50", "1200.5"),
            ("1.200,50", "1200.5"),
            ("1 200,5", "1200.5"),
            ("0,125", "0.125"),
            ("0.125", "0.125"),
            ("3.1415", "3.1415"),
        ] {
            assert_eq!(number(text).unwrap().to_string(), read, "{text}");
        }
        for text in [
            "",
            "about 20",
            "20-30",
            "1,2,3",
            "1,200,5",
            "1.2,3.4",
            "1,5.",
            "1e9",
            ".5",
            "12a",
            &"9".repeat(30),
        ] {
            assert_eq!(number(text), Err(Wrong::Not), "{text}");
        }
        for text in ["12.500", "-1.000"] {
            assert_eq!(number(text), Err(Wrong::TwoWays), "{text}");
        }
        let three = number("3.1420").unwrap();
        assert_eq!(three.to_string(), "3.142");
        assert_eq!(number(&number_to_type(&three)), Ok(three));
    }

    #[test]
    fn years_have_four_digits_and_days_are_real() {
        assert_eq!(year("2019"), Ok(2019));
        assert_eq!(year("１９９９"), Ok(1999));
        assert_eq!(year("19"), Err(Wrong::TwoDigits));
        assert_eq!(year("20199"), Err(Wrong::Not));
        let read = |d, m, y| day(d, m, y).map(|day| day.map(|it| it.to_string()));
        assert_eq!(read("31", "3", "2026"), Ok(Some("2026-03-31".into())));
        assert_eq!(read("1", "Sept.", "2026"), Ok(Some("2026-09-01".into())));
        assert_eq!(read("", "", ""), Ok(None));
        assert_eq!(read("31", "", "2026"), Err(Wrong::Incomplete));
        assert_eq!(read("31", "2", "2026"), Err(Wrong::NoSuchDay));
        assert_eq!(read("1", "ju", "2026"), Err(Wrong::NoSuchDay));
        assert_eq!(read("1", "1", "26"), Err(Wrong::TwoDigits));
    }
}
