//! YAML as Ruby reads it, and front matter as the blog reads it.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::clean::{Shown, shown};

/// The string as a YAML scalar that Ruby's YAML (1.1) and YAML 1.2 read back as that very string:
/// plain where it is beyond doubt, else [`yaml_quoted`].
pub fn yaml_string(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        yaml_quoted(text)
    }
}

/// ASCII words that begin with a letter and hold nothing that YAML could read otherwise; YAML
/// 1.1's other words for true, false and null are quoted.
fn is_plain(text: &str) -> bool {
    const TYPED: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '(' | ')'))
        && !TYPED.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The string between double quotes, with every character escaped that is not shown as it is,
/// among them all that any YAML reader was seen to misread or refuse (control characters, NEL,
/// U+2028, U+2029, the byte order mark, noncharacters): one line, and the same string again in Ruby and in YAML 1.2.
pub fn yaml_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if shown(c) == Shown::As(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                number @ ..=0xff => format!("\\x{number:02X}"),
                number @ ..=0xffff => format!("\\u{number:04X}"),
                number => format!("\\U{number:08X}"),
            }),
        }
    }
    out.push('"');
    out
}

/// The title of a page of the blog, as Jekyll knows it: from its front matter, or else from its
/// file's name. `None` for a file that is no page, or not published. Front matter between lines of
/// `+++` is TOML.
///
/// Reads what Ruby's YAML reads where ours is stricter or looser: line ends of any kind, a byte
/// order mark, keys given twice (the last one counts), values of any type for the other keys. Where
/// front matter cannot be read as a whole, its last line that begins with `title:` counts.
pub fn page_title(file_name: &str, text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&text[..text.len().min(FRONT_MATTER_LIMIT)]);
    let mut lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim_end);
    let page = match lines.next()? {
        "---" => yaml_page(lines),
        "+++" => toml_page(lines),
        _ => return None,
    };
    let title = page.title.unwrap_or_else(|| titled(file_name));
    // What is not UTF-8 no post can name.
    (!page.is_hidden && !title.contains(char::REPLACEMENT_CHARACTER)).then_some(title)
}

fn yaml_page<'a>(lines: impl Iterator<Item = &'a str>) -> Page {
    let front: Vec<&str> = lines
        .take_while(|line| *line != "---" && *line != "...")
        .collect();
    serde_yaml::from_str::<Page>(&front.join("\n")).unwrap_or_else(|_| Page {
        title: front
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("title:"))
            .and_then(|title| serde_yaml::from_str::<Scalar>(title).ok()?.0),
        is_hidden: false,
    })
}

/// Front matter in TOML, as Hugo and Zola have it: its keys stand above the first table. A string of one
/// line is the same in YAML.
fn toml_page<'a>(lines: impl Iterator<Item = &'a str>) -> Page {
    let mut page = Page::default();
    for (key, value) in toml_keys(lines.take_while(|line| *line != "+++")) {
        match key {
            "title" => page.title = value,
            "draft" => page.is_hidden = value.as_deref() == Some("true"),
            _ => {}
        }
    }
    page
}

fn toml_keys<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = (&'a str, Option<String>)> {
    let above = lines
        .map(str::trim_start)
        .take_while(|line| !line.starts_with('['));
    above
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| {
            let read = serde_yaml::from_str::<Scalar>(value.trim());
            let value = read.ok().and_then(|Scalar(value)| value);
            (key.trim().trim_matches('"'), value)
        })
}

/// The value of a key of a file of settings in TOML, above its first table, as a text; the case of its
/// letters does not matter, as to Hugo.
pub fn top_level_of_toml(text: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    toml_keys(text.trim_start_matches('\u{feff}').lines())
        .find(|(known, _)| known.eq_ignore_ascii_case(key))?
        .1
}

/// The value of a key of a file of settings, as a text, where it can be one; of several the last, as
/// Ruby reads it. Where the file cannot be read as a whole, its last line that begins with the key
/// counts.
pub fn top_level(text: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start_matches('\u{feff}');
    let line = || {
        let mut values = text
            .lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        serde_yaml::from_str::<Scalar>(values.next_back()?).ok()?.0
    };
    match serde_yaml::from_str::<BTreeMap<String, Scalar>>(text) {
        Ok(mut settings) => settings.remove(key)?.0,
        Err(_) => line(),
    }
}

/// What is read of a page; its front matter is far shorter.
const FRONT_MATTER_LIMIT: usize = 16 * 1024;

/// `tim-davies.md` → `Tim Davies`, as Jekyll does for a page without a title.
fn titled(file_name: &str) -> String {
    let stem = file_name
        .rsplit_once('.')
        .map_or(file_name, |(stem, _)| stem);
    stem.split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + &letters.as_str().to_lowercase()
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// What matters in the front matter of a page.
#[derive(Default)]
struct Page {
    title: Option<String>,
    is_hidden: bool,
}

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Page;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("front matter")
            }
            fn visit_unit<E>(self) -> Result<Page, E> {
                Ok(Page::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
                let mut page = Page::default();
                while let Some(Scalar(key)) = map.next_key()? {
                    match key.as_deref() {
                        Some("title") => page.title = map.next_value::<Scalar>()?.0,
                        Some("published") => {
                            page.is_hidden =
                                map.next_value::<Scalar>()?.0.as_deref() == Some("false");
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(page)
            }
        }
        from.deserialize_any(Reader)
    }
}

/// A value as a text, where it can be one.
struct Scalar(Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Scalar;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("any value")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(text.to_owned())))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar, A::Error> {
                IgnoredAny.visit_seq(seq).map(|_| Scalar(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar, A::Error> {
                IgnoredAny.visit_map(map).map(|_| Scalar(None))
            }
            fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Scalar, A::Error> {
                IgnoredAny.visit_enum(tagged).map(|_| Scalar(None))
            }
        }
        from.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_titles_of_pages_are_read_as_the_blog_reads_them() {
        for (page, title) in [
            ("---\ntitle: Tim Davies\n---\nText", Some("Tim Davies")),
            (
                "---\r\ntitle: Tim Davies\r\nrole:\r\n---\r\n",
                Some("Tim Davies"),
            ),
            (
                "\u{feff}---\ntitle: 'Tim: Davies'\n---\n",
                Some("Tim: Davies"),
            ),
            ("--- \ntitle: One\ntitle: Two\n...\n", Some("Two")),
            (
                "---\ntags:\n  -\n  - a\ntitle: Null item\n---\n",
                Some("Null item"),
            ),
            (
                "---\na: 1\na: [x]\n? [b]\n: c\n3: d\ntitle: Types\n---\n",
                Some("Types"),
            ),
            ("---\ntitle: 2024\n---\n", Some("2024")),
            (
                "---\nat: !ruby/object:X {}\ntitle: Tagged\n---\n",
                Some("Tagged"),
            ),
            ("---\ntitle: \"Broken\"\nbad: [\n---\n", Some("Broken")),
            ("---\ntitle:\n---\n", Some("Zoe Oconnor")),
            ("---\n---\n", Some("Zoe Oconnor")),
            ("---\ntitle: Hidden\npublished: false\n---\n", None),
            ("title: No page\n", None),
            ("+++\r\ntitle = 'A \"b\"' # c\r\n+++\r\n", Some("A \"b\"")),
            (
                "+++\ntags = [\n  \"x\",\n]\ntitle = \"Zo\\u00eb: \\\"=\\\"\"\n[extra]\ntitle = \"x\"\n+++\n",
                Some("Zoë: \"=\""),
            ),
            (
                "+++\ntitle = \"\"\"\nLong\"\"\"\n+++\n",
                Some("Zoe Oconnor"),
            ),
            ("+++\ntitle = \"Hidden\"\ndraft = true\n+++\n", None),
            ("", None),
        ] {
            let read = page_title("zoe-oconnor.md", page.as_bytes());
            assert_eq!(read.as_deref(), title, "{page:?}");
        }
    }

    #[test]
    fn a_setting_is_read_also_from_a_file_that_is_not_all_right() {
        for (settings, zone) in [
            ("title: x\ntimezone: Europe/London\n", Some("Europe/London")),
            (
                "\u{feff}timezone: \"Asia/Tokyo\" # here\r\n",
                Some("Asia/Tokyo"),
            ),
            ("timezone: A\ntimezone: B\n", Some("B")),
            ("timezone: B\nbad: [\n", Some("B")),
            ("a:\n  timezone: B\n", None),
            ("timezone:\n", None),
            ("", None),
        ] {
            let read = top_level(settings.as_bytes(), "timezone");
            assert_eq!(read.as_deref(), zone, "{settings:?}");
        }
        for (settings, address) in [
            (
                "# x\nbaseUrl = 'https://a/b/' # c\n[p]\nbaseURL = \"no\"\n",
                Some("https://a/b/"),
            ),
            ("[p]\nbaseURL = \"no\"\n", None),
        ] {
            let read = top_level_of_toml(settings.as_bytes(), "baseURL");
            assert_eq!(read.as_deref(), address, "{settings:?}");
        }
    }

    #[test]
    fn only_what_is_beyond_doubt_is_plain_yaml() {
        for plain in [
            "Tim Davies",
            "People and Participation",
            "blog",
            "Tim's (own)",
        ] {
            assert_eq!(yaml_string(plain), plain);
        }
        for (text, yaml) in [
            ("yes", "\"yes\""),
            ("No", "\"No\""),
            ("2026-11-23", "\"2026-11-23\""),
            ("12:30", "\"12:30\""),
            ("Campaign #1", "\"Campaign #1\""),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("~", "\"~\""),
            ("Zoë", "\"Zoë\""),
            (
                "a\u{85}\0\u{2028}\u{fffe}\u{1fffe}\\",
                "\"a\\x85\\x00\\u2028\\uFFFE\\U0001FFFE\\\\\"",
            ),
        ] {
            assert_eq!(yaml_string(text), yaml);
        }
    }
}
