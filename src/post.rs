//! Case study and editorial fields → the data of a post. Pure.
//!
//! [`Post`] is an allow-list: nothing of a submission but what stands here can reach the blog.
//! Every text in it is ready to be put into a Markdown file as it is; every front matter value is
//! raw, and goes through the template's `yaml` filter ([`yaml::yaml_string`]).

use serde::Serialize;

use crate::{
    case_study::CaseStudy,
    submission::Editorial,
    text::{
        markdown::{self, Document},
        yaml,
    },
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

/// Checks that what `templates/post.md` makes of this post begins with front matter that holds a
/// `title` equal to the post's: the first thing a changed template gets wrong.
///
/// # Errors
/// What is wrong, for the person who changed the template.
pub fn check_front_matter(rendered: &str, post: &Post) -> Result<(), String> {
    if yaml::front_title(rendered)? != post.title {
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
}
