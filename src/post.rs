//! Case study and editorial fields → the data of a post, and YAML as the blog reads it. Pure.
//!
//! [`Post`] is an allow-list: nothing of a submission but what stands here can reach the blog.
//! Every text in it is ready to be put into a Markdown file as it is; every front matter value is
//! raw, and goes through the template's `yaml` filter ([`yaml_string`]).

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{
    case_study::CaseStudy,
    markdown::{self, Document},
    submission::Editorial,
};

/// What `templates/post.md` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Post {
    /// Prefix and campaign's name, safe where the blog prints it unescaped: see [`blog_title`].
    pub title: String,
    #[allow(missing_docs)]
    pub author: String,
    #[allow(missing_docs)]
    pub category: String,
    #[allow(missing_docs)]
    pub featured: bool,
    #[allow(missing_docs)]
    pub projects: Vec<String>,
    #[allow(missing_docs)]
    pub topics: Vec<String>,
    /// Markdown.
    pub intro: String,
    /// Markdown.
    pub story: String,
    /// The labelled lines that are filled in.
    pub at_a_glance: Vec<Line>,
    /// Markdown.
    pub outro: String,
}

/// A labelled line, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    #[allow(missing_docs)]
    pub label: String,
    #[allow(missing_docs)]
    pub text: String,
}

impl Post {
    /// The post of this case study.
    pub fn new(case_study: &CaseStudy, editorial: &Editorial) -> Self {
        Self::with(
            case_study,
            editorial,
            |markdown| Document::parse(markdown).to_markdown(),
            markdown::escape_line,
        )
    }

    /// The same post with HTML in the place of Markdown: what the blog will show.
    pub fn preview(case_study: &CaseStudy, editorial: &Editorial) -> Self {
        Self::with(
            case_study,
            editorial,
            |markdown| Document::parse(markdown).to_html(),
            markdown::line_to_html,
        )
    }

    fn with(
        case_study: &CaseStudy,
        editorial: &Editorial,
        text: impl Fn(&str) -> String,
        line: impl Fn(&str) -> String,
    ) -> Self {
        Self {
            title: blog_title(&format!("{}{}", editorial.title_prefix, case_study.title)),
            author: editorial.author.clone(),
            category: editorial.category.clone(),
            featured: editorial.featured,
            projects: editorial.projects.clone(),
            topics: editorial.topics_for(case_study).to_vec(),
            intro: text(&editorial.intro),
            story: text(&case_study.story),
            at_a_glance: case_study
                .at_a_glance()
                .into_iter()
                .map(|(label, value)| Line {
                    label: label.to_owned(),
                    text: line(value),
                })
                .collect(),
            outro: text(&editorial.outro),
        }
    }
}

/// A title that is the same text where the blog prints it raw (heading, `<title>`, `og:title`)
/// and where it escapes it (listings), and breaks neither.
///
/// Straight double quotes become curly, as the blog's typography makes them elsewhere; `<` and
/// `>` become ‹ and ›; and an `&` that HTML would take for the start of a character reference is
/// parted from what follows by an invisible word joiner (U+2060).
pub fn blog_title(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut chars = title.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => out.push('‹'),
            '>' => out.push('›'),
            '"' => {
                let opens = out
                    .chars()
                    .next_back()
                    .is_none_or(|before| before.is_whitespace() || "([{‹“‘–—/-".contains(before));
                out.push(if opens { '“' } else { '”' });
            }
            '&' => {
                out.push('&');
                if chars
                    .peek()
                    .is_some_and(|next| next.is_ascii_alphanumeric() || *next == '#')
                    && !is_harmless_ampersand(chars.clone())
                {
                    out.push('\u{2060}');
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// `R&D`, `Q&A`: HTML has no character reference of fewer than two letters.
fn is_harmless_ampersand(mut after: impl Iterator<Item = char>) -> bool {
    after.next().is_some_and(|c| c.is_ascii_alphabetic())
        && after.next().is_none_or(|c| !c.is_ascii_alphanumeric())
}

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

/// The string between double quotes, with every character escaped that any YAML reader was seen
/// to misread or refuse (control characters, NEL, U+2028, U+2029, the byte order mark,
/// noncharacters): one line, and the same string again in Ruby and in YAML 1.2.
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
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {
                out.push_str(&format!("\\x{:02X}", u32::from(c)));
            }
            '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fdd0}'..='\u{fdef}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            _ if u32::from(c) & 0xfffe == 0xfffe => {
                out.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The title of a page of the blog, as Jekyll knows it: from its front matter, or else from its
/// file's name. `None` for a file that is no page, or not published.
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
    if lines.next() != Some("---") {
        return None;
    }
    let front: Vec<&str> = lines
        .take_while(|line| *line != "---" && *line != "...")
        .collect();
    let page = serde_yaml::from_str::<Page>(&front.join("\n")).unwrap_or_else(|_| Page {
        title: front
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("title:"))
            .and_then(|title| serde_yaml::from_str::<Scalar>(title).ok()?.0),
        is_hidden: false,
    });
    let title = page.title.unwrap_or_else(|| titled(file_name));
    // What is not UTF-8 no post can name.
    (!page.is_hidden && !title.contains(char::REPLACEMENT_CHARACTER)).then_some(title)
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

/// Checks that what `templates/post.md` makes of this post begins with front matter that holds a
/// `title` equal to the post's: the first thing a changed template gets wrong.
///
/// # Errors
/// What is wrong, for the person who changed the template.
pub fn check_front_matter(rendered: &str, post: &Post) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Front {
        title: String,
    }
    let front = rendered
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map(|(front, _)| front)
        .ok_or("the post does not begin with front matter between two lines of ---")?;
    let front: Front =
        serde_yaml::from_str(front).map_err(|error| format!("front matter: {error}"))?;
    if front.title != post.title {
        return Err(
            "the front matter's title is not the post's; write it as {{ title | yaml_quoted }}"
                .to_owned(),
        );
    }
    Ok(())
}

/// A post with everything in it, to try templates with.
pub fn sample() -> (CaseStudy, Editorial) {
    let text = "Sample: \"quotes\", 'marks' & {{ braces }} \\n # 50%".to_owned();
    (
        CaseStudy {
            title: text.clone(),
            topics: vec!["One".into(), "no".into()],
            story: "A story\n\n* with a list\n* of [links](https://example.org)".into(),
            campaign_type: text.clone(),
            ultimate_goals: text.clone(),
            communities_involved: text.clone(),
            organisation: text.clone(),
            methods_used: text.clone(),
        },
        Editorial {
            author: "Ann Editor".into(),
            category: "blog".into(),
            featured: true,
            projects: vec!["First".into(), text],
            topics: Vec::new(),
            title_prefix: "Case study: ".into(),
            intro: "_Intro_".into(),
            outro: "_Outro_".into(),
            slug: "case-study-sample".into(),
            date: None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_safe_where_the_blog_prints_them_raw_and_where_it_escapes_them() {
        for (typed, shown) in [
            ("Trade Union Campaigns", "Trade Union Campaigns"),
            ("\"Our\" data (\"theirs\")", "“Our” data (“theirs”)"),
            ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
            ("R&D, Q&A, you & me", "R&D, Q&A, you & me"),
            (
                "&lt;b&gt; &copy &#60;",
                "&\u{2060}lt;b&\u{2060}gt; &\u{2060}copy &\u{2060}#60;",
            ),
            ("People’s data – it's ours", "People’s data – it's ours"),
        ] {
            assert_eq!(blog_title(typed), shown);
        }
    }

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
            ("", None),
        ] {
            let read = page_title("zoe-oconnor.md", page.as_bytes());
            assert_eq!(read.as_deref(), title, "{page:?}");
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
