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

/// Its name in itself and in English, as in “Español (Spanish)”, and what else the tag tells, as in
/// “Português (Portuguese, Brazil)”. A tag that is none is its own name.
pub fn name(tag: &str) -> String {
    let mut subtags = tag.split('-');
    let code = subtags.next().unwrap_or_default();
    if code == ANOTHER {
        return "Another language".to_owned();
    }
    let Some(language) = language(code) else {
        return tag.to_owned();
    };
    let english = language.to_name().split(" (").next().unwrap_or_default();
    let own = language.to_autonym().map(capitalised);
    let (name, first) = match &own {
        Some(own) if own != english => (own.as_str(), Some(english)),
        _ => (english, None),
    };
    let told: Vec<&str> = first.into_iter().chain(subtags.map(subtag)).collect();
    match told.is_empty() {
        true => name.to_owned(),
        false => format!("{name} ({})", told.join(", ")),
    }
}

/// A script or region as people call it, where languages are often told apart by it; else as the tag
/// has it.
fn subtag(code: &str) -> &str {
    const CALLED: [(&str, &str); 48] = [
        ("Arab", "Arabic script"),
        ("Cyrl", "Cyrillic script"),
        ("Deva", "Devanagari script"),
        ("Hans", "simplified"),
        ("Hant", "traditional"),
        ("Latn", "Latin script"),
        ("001", "worldwide"),
        ("150", "Europe"),
        ("419", "Latin America"),
        ("AR", "Argentina"),
        ("AT", "Austria"),
        ("AU", "Australia"),
        ("BD", "Bangladesh"),
        ("BE", "Belgium"),
        ("BO", "Bolivia"),
        ("BR", "Brazil"),
        ("CA", "Canada"),
        ("CH", "Switzerland"),
        ("CL", "Chile"),
        ("CN", "China"),
        ("CO", "Colombia"),
        ("DE", "Germany"),
        ("EG", "Egypt"),
        ("ES", "Spain"),
        ("FR", "France"),
        ("GB", "United Kingdom"),
        ("GH", "Ghana"),
        ("HK", "Hong Kong"),
        ("IE", "Ireland"),
        ("IN", "India"),
        ("IT", "Italy"),
        ("KE", "Kenya"),
        ("LU", "Luxembourg"),
        ("MA", "Morocco"),
        ("MX", "Mexico"),
        ("NG", "Nigeria"),
        ("NL", "Netherlands"),
        ("NZ", "New Zealand"),
        ("PE", "Peru"),
        ("PH", "Philippines"),
        ("PK", "Pakistan"),
        ("PT", "Portugal"),
        ("SG", "Singapore"),
        ("TW", "Taiwan"),
        ("TZ", "Tanzania"),
        ("US", "United States"),
        ("VE", "Venezuela"),
        ("ZA", "South Africa"),
    ];
    let known = CALLED.iter().find(|(known, _)| *known == code);
    known.map_or(code, |(_, called)| called)
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
            ("pt-BR", "Português (Portuguese, Brazil)"),
            ("en-GB", "English (United Kingdom)"),
            ("es-419", "Español (Spanish, Latin America)"),
            ("zh-Hant-HK", "中文 (Chinese, traditional, Hong Kong)"),
            ("fr-CI", "Français (French, CI)"),
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
