//! Public answers → the data of a post, and its preview. Pure.
//!
//! [`Post`] is made of [`PublicAnswers`] alone, so nothing private can reach the blog. A template
//! prints a text so that the blog shows just these characters, unless it says otherwise: `| yaml`
//! for front matter. Answers of the kind `markdown` are ready to be put into the file as they are.

use serde_json::Number;

use crate::{
    form::{Answer, Answers, Field, Kind, PublicAnswers, built_in},
    text::{
        front_matter::{FrontMatter, body},
        markdown::{Document, escape_text, picture_words},
    },
};

/// A line end in Markdown that shows.
const HARD_BREAK: &str = "  \n";

/// What a post's template is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Prefix and title, safe where the blog prints it unescaped: see [`blog_title`].
    pub title: String,
    /// The last part of the post's address.
    pub slug: String,
    /// Every public question that was answered, in the order of the form.
    pub fields: Vec<PostField>,
    /// Name and value of what is in no list: public questions without an answer, and the updates.
    pub others: Vec<(String, PostValue)>,
    /// The names of the form's parts.
    pub parts: Vec<String>,
    /// The pictures, in the order in which they stand.
    pub pictures: Vec<Picture>,
}

/// A picture of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// By which the store has it: its hash, and the ending of its kind.
    pub file: String,
    /// Where it goes in the repository.
    pub path: String,
    /// Where readers find it, as it stands in the post.
    pub address: String,
    /// For people who do not see it, as every engine shows it.
    pub alt: String,
    /// How a post shows it.
    pub markdown: String,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PostField {
    /// The name of the part in which it stands.
    pub part: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub name: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub label: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub value: PostValue,
    /// The answer as readers are shown it, whatever its kind: a text, or Markdown.
    pub words: PostValue,
}

/// A value as a template gets it.
#[derive(Debug, Clone, PartialEq)]
pub enum PostValue {
    /// No number, no day.
    None,
    /// Printed so that these characters show.
    Text(String),
    /// Printed as it is.
    Markdown(String),
    #[allow(missing_docs, reason = "the names say it")]
    Number(Number),
    #[allow(missing_docs, reason = "the names say it")]
    YesNo(bool),
    #[allow(missing_docs, reason = "the names say it")]
    List(Vec<String>),
    /// Of each entry, name and value of every field, answered or not.
    Entries(Vec<Vec<(String, PostValue)>>),
}

impl Post {
    /// The post of these answers.
    pub fn new(answers: &PublicAnswers) -> Self {
        let mut post = Self {
            title: blog_title(&answers.post_title()),
            slug: answers.slug().to_owned(),
            fields: Vec::new(),
            others: Vec::new(),
            parts: answers
                .definition()
                .parts
                .iter()
                .map(|part| part.name.clone())
                .collect(),
            pictures: Vec::new(),
        };
        for public in answers.fields() {
            match &public.answer {
                Some(answer) => {
                    let value = match public.field.kind {
                        Kind::Images => post.add_pictures(answers, public.field, answer),
                        _ => value(public.field, answer),
                    };
                    if public.field.name == built_in::ADDENDA {
                        post.others.push((built_in::ADDENDA.to_owned(), value));
                        continue;
                    }
                    post.fields.push(PostField {
                        part: public.part.to_owned(),
                        name: public.field.name.clone(),
                        label: public.field.label.clone(),
                        words: words(public.field, answer, &value),
                        value,
                    });
                }
                None => post
                    .others
                    .push((public.field.name.clone(), nothing(public.field))),
            }
        }
        post
    }

    /// Counts the pictures of a field, and gives the template of each how the post shows it, and its
    /// address on the blog, besides what was answered.
    fn add_pictures(
        &mut self,
        answers: &PublicAnswers,
        field: &Field,
        answer: &Answer,
    ) -> PostValue {
        let (Answer::Entries(entries), Some(pattern)) = (answer, &answers.definition().post.images)
        else {
            return nothing(field);
        };
        let PostValue::Entries(mut values) = value(field, answer) else {
            return nothing(field);
        };
        for (entry, values) in entries.iter().zip(&mut values) {
            let file = entry.text(built_in::PICTURE).to_owned();
            let n = self.pictures.len() + 1;
            let path = pattern.fill_for_picture(&self.slug, answers.day(), n, &file);
            let address = match &answers.definition().post.images_address {
                Some(pattern) => pattern.fill_for_picture(&self.slug, answers.day(), n, &file),
                None => format!("/{path}"),
            };
            let alt = picture_words(entry.text(built_in::ALT));
            let markdown = format!("![{alt}]({address})");
            values.retain(|(name, _)| name != built_in::PICTURE);
            values.push((
                built_in::PICTURE.to_owned(),
                PostValue::Markdown(markdown.clone()),
            ));
            values.push(("address".to_owned(), PostValue::Markdown(address.clone())));
            self.pictures.push(Picture {
                file,
                path,
                address,
                alt,
                markdown,
            });
        }
        PostValue::Entries(values)
    }
}

fn value(field: &Field, answer: &Answer) -> PostValue {
    match answer {
        Answer::Text(text) if field.kind == Kind::Markdown => {
            PostValue::Markdown(Document::parse(text).to_markdown())
        }
        Answer::Text(text) => PostValue::Text(text.clone()),
        Answer::YesNo(yes) => PostValue::YesNo(*yes),
        Answer::Number(number) => PostValue::Number(number.clone()),
        Answer::List(items) => {
            PostValue::List(items.iter().map(|item| item.value().to_owned()).collect())
        }
        Answer::Entries(entries) => {
            let entry = |answers: &Answers| {
                let inside = field.fields.iter().filter(|inner| inner.is_public);
                let pair = |inner: &Field| {
                    let value = match answers.get(&inner.name) {
                        Some(answer) => value(inner, answer),
                        None => nothing(inner),
                    };
                    (inner.name.clone(), value)
                };
                inside.map(pair).collect()
            };
            PostValue::Entries(entries.iter().map(entry).collect())
        }
        Answer::Other(_) => nothing(field),
    }
}

/// What readers are shown of an answer. What may have several paragraphs begins in one of its own,
/// below the label that a template writes before it.
fn words(field: &Field, answer: &Answer, value: &PostValue) -> PostValue {
    let blocks: Vec<String> = match (field.kind, answer, value) {
        (Kind::Markdown, _, PostValue::Markdown(text)) => vec![text.clone()],
        (Kind::Images, _, PostValue::Entries(pictures)) => pictures
            .iter()
            .flat_map(|it| picture_and_caption(it))
            .collect(),
        (Kind::Group, Answer::Entries(entries), _) => entries
            .iter()
            .flat_map(|it| entry_blocks(field, it))
            .collect(),
        // An address leads somewhere.
        (Kind::Url | Kind::Email, Answer::Text(text), _) => {
            return PostValue::Markdown(Document::parse(text).to_markdown().trim().to_owned());
        }
        _ => return PostValue::Text(answer.in_words(field)),
    };
    PostValue::Markdown(format!("\n\n{}\n", blocks.join("\n\n").trim_end()))
}

/// The answers of an entry, a line each; what may have several paragraphs stands in its own.
fn entry_blocks(field: &Field, entry: &Answers) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for inner in field.fields.iter().filter(|inner| inner.is_public) {
        let Some(answer) = entry.get(&inner.name) else {
            continue;
        };
        let colon = if inner.label.ends_with('?') { "" } else { ":" };
        let label = escape_text(&format!("{}{colon}", inner.label));
        let text = match words(inner, answer, &value(inner, answer)) {
            PostValue::Markdown(text) => text.trim().to_owned(),
            PostValue::Text(text) => escape_text(&text),
            _ => continue,
        };
        if matches!(inner.kind, Kind::Markdown | Kind::Text) {
            lines.push(label);
            blocks.push(std::mem::take(&mut lines).join(HARD_BREAK));
            blocks.push(text);
        } else {
            lines.push(format!("{label} {text}"));
        }
    }
    if !lines.is_empty() {
        blocks.push(lines.join(HARD_BREAK));
    }
    blocks
}

/// A picture, and below it what is shown with it: “Caption (Ana, CC BY 4.0)”.
fn picture_and_caption(values: &[(String, PostValue)]) -> Vec<String> {
    let text = |name: &str| match values.iter().find(|(known, _)| known == name) {
        Some((_, PostValue::Text(text) | PostValue::Markdown(text))) => text.as_str(),
        _ => "",
    };
    let credit = match text(built_in::LICENCE) {
        licence if licence.starts_with("CC") => [text(built_in::CREDIT), licence].join(", "),
        _ => text(built_in::CREDIT).to_owned(),
    };
    let mut below = text(built_in::CAPTION).to_owned();
    match credit.trim_start_matches(", ") {
        "" => {}
        credit => below.push_str(&format!(" ({credit})")),
    }
    let mut blocks = vec![text(built_in::PICTURE).to_owned()];
    if !below.is_empty() {
        blocks.push(escape_text(below.trim_start()));
    }
    blocks
}

fn nothing(field: &Field) -> PostValue {
    match field.kind {
        Kind::Choices => PostValue::List(Vec::new()),
        Kind::Group | Kind::Images => PostValue::Entries(Vec::new()),
        Kind::YesNo => PostValue::YesNo(false),
        Kind::Number | Kind::Year | Kind::Date => PostValue::None,
        _ => PostValue::Text(String::new()),
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

/// What the blog will show of a draft.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Preview {
    #[allow(missing_docs, reason = "the names say it")]
    pub title: String,
    /// The language that it is written in: its tag; may be empty.
    pub lang: String,
    /// Label and words of the answers that stand in front matter alone.
    pub facts: Vec<(String, String)>,
    /// Under whose name it appears; may be empty.
    pub by_line: String,
    /// HTML; empty where the file has no body.
    pub body: String,
}

impl Preview {
    /// The preview of a draft. `template` is the source of the post's template, which tells what
    /// of the answers the body shows.
    /// `picture_at` says where the service shows a picture.
    pub fn new(
        draft: &str,
        template: &str,
        answers: &PublicAnswers,
        picture_at: &dyn Fn(&Picture) -> String,
    ) -> Self {
        let in_text = |text: &str, part: &str, name: &str| {
            mentions(text, "fields")
                || mentions(text, name)
                || mentions(text, &format!("parts.{part}"))
                || text.contains("parts[")
        };
        let body_text = template_body(template);
        // The address and the date are in the file's name. Of a form that is gone there is no template.
        let is_in_file = |part: &str, name: &str| {
            template.is_empty()
                || matches!(name, built_in::SLUG | built_in::DATE)
                || in_text(template, part, name)
        };
        let title = answers.definition().post.title.as_str();
        let facts = answers
            .fields()
            .iter()
            .filter(|public| !in_text(body_text, public.part, &public.field.name))
            .filter(|public| is_in_file(public.part, &public.field.name))
            .filter(|public| public.field.name != title)
            .filter_map(|public| {
                let words = public.answer.as_ref()?.in_words(public.field);
                Some((public.field.label.clone(), words))
            })
            .collect();
        Self {
            title: blog_title(&answers.post_title()),
            lang: answers.language(),
            facts,
            by_line: answers.definition().post.by_line.clone(),
            body: below_the_title(&body_to_html(
                body(draft),
                &Post::new(answers).pictures,
                picture_at,
            )),
        }
    }
}

/// Pictures stand in a draft as they were written there, each on a line of its own; what is between
/// them is Markdown.
fn body_to_html(
    body: &str,
    pictures: &[Picture],
    picture_at: &dyn Fn(&Picture) -> String,
) -> String {
    let mut out = String::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in body.lines() {
        let Some(picture) = pictures.iter().find(|it| it.markdown == line.trim()) else {
            lines.push(line);
            continue;
        };
        out.push_str(&Document::of_own(&std::mem::take(&mut lines).join("\n")).to_html());
        out.push_str(&format!(
            "\n<p><img src=\"{}\" alt=\"{}\"></p>\n",
            escape_html(&picture_at(picture)),
            escape_html(&picture.alt)
        ));
    }
    out.push_str(&Document::of_own(&lines.join("\n")).to_html());
    out
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// HTML with its headings two levels lower: in the preview, its title is one of the third level on
/// a page that is not about it alone. Every `<` of a text is escaped, so what is replaced are tags.
pub fn below_the_title(html: &str) -> String {
    (1..=6).rev().fold(html.to_owned(), |html, level: u8| {
        let lower = (level + 2).clamp(4, 6);
        html.replace(&format!("<h{level}"), &format!("<h{lower}"))
            .replace(&format!("</h{level}>"), &format!("</h{lower}>"))
    })
}

/// What a template has below its front matter, whose end may follow what a template prints.
fn template_body(template: &str) -> &str {
    let front = template.strip_prefix("---\n").unwrap_or(template);
    front
        .match_indices("---\n")
        .find(|(at, _)| front[..*at].ends_with(['\n', '}']))
        .map_or("", |(at, fence)| &front[at + fence.len()..])
}

/// Whether the text below a template's front matter has this answer.
pub fn shows(template: &str, name: &str) -> bool {
    mentions(template_body(template), name)
}

/// Whether this name stands in a template's text as a word of its own.
fn mentions(template: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    template.match_indices(name).any(|(at, _)| {
        !template[..at].ends_with(|c: char| is_part(c) || c == '.')
            && !template[at + name.len()..].starts_with(is_part)
    })
}

/// Holds a template to what every post needs, by what it makes of harmless answers and of such as
/// break front matter that is not written with care: it begins with front matter, with a `title`,
/// and what was answered changes no key and reads back as it was answered.
///
/// # Errors
/// What is wrong, for the person who wrote the template.
pub fn check_template(
    harmless: &str,
    hostile: &str,
    answers: &PublicAnswers,
) -> Result<(), String> {
    let harmless = FrontMatter::read(harmless)?;
    let hostile = FrontMatter::read(hostile).map_err(|error| {
        format!("an answer can break the front matter; write each answer there with the filter `yaml`, and the title as title: {{{{ title | yaml_quoted }}}} ({error})")
    })?;
    let mut texts = vec![answers.post_title(), blog_title(&answers.post_title())];
    for field in Post::new(answers).fields {
        collect_texts(&field.value, &mut texts);
        collect_texts(&field.words, &mut texts);
    }
    match hostile.text("title") {
        Some(title) if texts.iter().any(|text| text == title) => {}
        Some(_) => {
            return Err("the front matter’s `title` is not the post’s; write it as title: {{ title | yaml_quoted }}".to_owned());
        }
        None => return Err("the front matter has no `title`, or one that is no text".to_owned()),
    }
    if harmless.places() != hostile.places() {
        return Err("an answer can change the keys of the front matter; write each answer there with the filter `yaml`".to_owned());
    }
    for (place, text) in hostile.texts() {
        let is_own = harmless.text(place) == Some(text);
        if !is_own && !texts.iter().any(|known| known == text) {
            return Err(format!(
                "in the front matter, `{place}` does not read back as it was answered; write it with the filter `yaml`"
            ));
        }
    }
    Ok(())
}

fn collect_texts(value: &PostValue, texts: &mut Vec<String>) {
    match value {
        PostValue::Text(text) | PostValue::Markdown(text) => texts.push(text.clone()),
        PostValue::List(list) => texts.extend(list.iter().cloned()),
        PostValue::Entries(entries) => {
            for (_, value) in entries.iter().flatten() {
                collect_texts(value, texts);
            }
        }
        PostValue::None | PostValue::Number(_) | PostValue::YesNo(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_a_story_stand_below_the_title_of_its_post() {
        let html =
            "<h2>A</h2>\n<h3>B</h3>\n<h4>C</h4>\n<h6 dir=\"rtl\">D</h6>\n<hr>\n<p>&lt;h2&gt;</p>";
        assert_eq!(
            below_the_title(html),
            "<h4>A</h4>\n<h5>B</h5>\n<h6>C</h6>\n<h6 dir=\"rtl\">D</h6>\n<hr>\n<p>&lt;h2&gt;</p>"
        );
    }

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
}
