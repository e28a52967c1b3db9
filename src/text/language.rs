//! Languages that texts are written in: their tags (BCP 47, RFC 5646) and their names.

use icu_locale_core::LanguageIdentifier;
use isolang::Language;

/// The tag of a text whose language is none of those on offer (ISO 639-2, section 4.3: undetermined).
pub const ANOTHER: &str = "und";

/// The tag as RFC 5646 writes it (section 2.1.1: `pt-BR`, `zh-Hant`). `None` where it is none, or its
/// language is not one of ISO 639.
pub fn tag(text: &str) -> Option<String> {
    let tag = LanguageIdentifier::try_from_str(text.trim()).ok()?;
    let is_known = tag.language.as_str() == ANOTHER || language(tag.language.as_str()).is_some();
    is_known.then(|| tag.to_string())
}

/// Its name in itself and in English, as in “Español (Spanish)”; what follows the language in the tag
/// stands behind it. A tag that is none is its own name.
pub fn name(tag: &str) -> String {
    let (code, rest) = tag.split_once('-').unwrap_or((tag, ""));
    if code == ANOTHER {
        return "Another language".to_owned();
    }
    let Some(language) = language(code) else {
        return tag.to_owned();
    };
    let english = language.to_name().split(" (").next().unwrap_or_default();
    let own = language.to_autonym().map(capitalised);
    let name = match own {
        Some(own) if own != english => format!("{own} ({english})"),
        _ => english.to_owned(),
    };
    match rest {
        "" => name,
        rest => format!("{name}, {rest}"),
    }
}

/// The tags of all languages with a code of two letters (ISO 639-1), in the order of their names, and
/// last [`ANOTHER`].
pub fn all() -> Vec<String> {
    let mut all: Vec<(String, &str)> = isolang::languages()
        .filter_map(|language| language.to_639_1())
        .map(|code| (name(code).to_lowercase(), code))
        .collect();
    all.sort();
    let tags = all.into_iter().map(|(_, code)| code);
    tags.chain([ANOTHER]).map(str::to_owned).collect()
}

fn language(code: &str) -> Option<Language> {
    match code.len() {
        2 => Language::from_639_1(code),
        _ => Language::from_639_3(code),
    }
}

/// The first of several names, with a capital where it has none: “isiZulu” stays.
fn capitalised(name: &str) -> String {
    let name = name.split([',', ';', '/']).next().unwrap_or_default();
    let name = name.split(" (").next().unwrap_or_default();
    // Some end in a left-to-right mark.
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{200e}');
    if name.chars().any(char::is_uppercase) {
        return name.to_owned();
    }
    super::capitalised(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_written_as_the_standard_does_and_what_is_none_is_refused() {
        for (typed, written) in [
            ("en", "en"),
            (" PT-br ", "pt-BR"),
            ("zh-hant", "zh-Hant"),
            ("ceb", "ceb"),
            ("und", "und"),
        ] {
            assert_eq!(tag(typed).as_deref(), Some(written), "{typed}");
        }
        for none in ["", "e", "english", "xx", "en\nx", "en: x", "qqqq", "\"en\""] {
            assert_eq!(tag(none), None, "{none}");
        }
    }

    #[test]
    fn languages_are_called_as_those_who_speak_them_do() {
        for (tag, called) in [
            ("en", "English"),
            ("es", "Español (Spanish)"),
            ("pt-BR", "Português (Portuguese), BR"),
            ("ar", "العربية (Arabic)"),
            ("und", "Another language"),
            ("not one", "not one"),
        ] {
            assert_eq!(name(tag), called, "{tag}");
        }
        let all = all();
        assert!(all.len() > 150);
        assert!(all.iter().all(|it| tag(it).as_ref() == Some(it)));
    }
}
