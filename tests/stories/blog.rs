//! The blog shows what was written, and runs nothing of it: real builds by Debian's Jekyll, real
//! reading by Ruby.

mod front_matter;

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::{Answers, Intake, Oracle};

pub use front_matter::nasty;

/// A copy of the miniature blog, to be built with some posts in it.
pub struct Blog {
    pub folder: tempfile::TempDir,
}

impl Blog {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the blog");
        let blog = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blog/.");
        run(Command::new("cp").arg("-r").arg(blog).arg(folder.path()));
        Self { folder }
    }

    pub fn add(&self, name: &str, post: &str) {
        fs::write(self.folder.path().join("_posts").join(name), post).expect("a post");
    }

    pub fn build(&self) {
        let mut jekyll = Command::new("jekyll");
        jekyll
            .args(["build", "--strict_front_matter", "--quiet"])
            .current_dir(self.folder.path())
            .env("LANG", "C.UTF-8");
        run(&mut jekyll);
    }

    /// What stands in a built page where the selector points.
    fn look(&self, oracle: &mut Oracle, page: &str, selector: &str) -> Value {
        let file = self.folder.path().join("_site").join(page);
        oracle.ask(&json!([file, selector]))
    }
}

/// Runs a command to its good end, and answers with what it said.
#[track_caller]
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs what is needed"));
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// The text of what `inspect.rb` saw.
#[track_caller]
pub fn text(seen: &Value) -> &str {
    seen["text"].as_str().unwrap_or_else(|| panic!("{seen}"))
}

/// Folds what kramdown's typography and line ends change, so that texts can be compared.
pub fn folded(text: &str) -> String {
    text.replace(['“', '”'], "\"")
        .replace(['‘', '’'], "'")
        .replace('…', "...")
        .replace('—', "---")
        .replace('–', "--")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_seeds_draft_is_a_post_under_its_topic_its_project_and_its_author() {
    let intake = Intake::start();
    intake.submit(&Answers::seed());
    let blog = Blog::new();
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    blog.add("2025-02-05-case-study-tuc.md", &draft);
    blog.build();
    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let mut see =
        |page: &str, selector: &str| text(&blog.look(&mut oracle, page, selector)).to_owned();
    let post = "blog/2025/02/05/case-study-tuc.html";
    assert_eq!(
        see(post, ".post-title"),
        "Case study: Trade Union Campaigns"
    );
    assert_eq!(see(post, ".author-link"), "Tim Davies");
    assert_eq!(see(post, ".topic-link"), "People and Participation");
    assert!(see(post, ".post-body").contains("The Trade Unions Congress (TUC) have developed"));
    for listing in [
        "projects/2023-catalysing-communities.html",
        "topics/people-and-participation.html",
        "people/tim-davies.html",
    ] {
        assert!(see(listing, ".listing").contains("Case study: Trade Union Campaigns"));
    }
    let excerpt = see("index.html", ".listed-excerpt");
    assert!(excerpt.starts_with("As part of our work on the"));
    assert!(!excerpt.contains("The Trade Unions Congress"));
}

/// Only elements, attributes and links that Markdown has.
#[track_caller]
pub fn assert_harmless(shown: &Value) {
    const TAGS: &[&str] = &[
        "p",
        "a",
        "em",
        "strong",
        "ul",
        "ol",
        "li",
        "blockquote",
        "br",
        "hr",
        "code",
        "del",
        "sup",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        // Around footnotes, and around code.
        "div",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        // Zola marks where the summary ends.
        "span",
    ];
    for tag in shown["tags"].as_object().expect("tags").keys() {
        assert!(TAGS.contains(&tag.as_str()), "<{tag}>");
    }
    for attribute in shown["attributes"].as_array().expect("attributes") {
        const NAMES: &[&str] = &["href", "id", "class", "title", "dir", "role", "rel"];
        assert!(NAMES.contains(&attribute.as_str().expect("a name")));
    }
    for href in shown["hrefs"].as_array().expect("links") {
        let href = href.as_str().expect("a link");
        assert!(
            ["https://", "http://", "mailto:", "tel:", "#fn"]
                .iter()
                .any(|start| href.starts_with(start)),
            "{href}"
        );
    }
}

/// One of everything in the list of what breaks the blog, or takes it over.
pub const HOSTILE: &str = r##"Prose with {{ site.email }} and {% for p in site.people %}{{ p.email }}{% endfor %} in it.

{% include nothing.html %} {% raw %} {% endraw %} {% unclosed {{ also unclosed

<script>alert("script")</script> <style>body { display: none }</style> <div> unclosed

<iframe src="https://example.org"></iframe> <form action="/x"><input></form> <meta http-equiv="refresh" content="0">

[one](javascript:alert(1)) [two](data:text/html,x) [three](&#106;avascript:alert(1)) ![four](javascript:alert(1))

Attribute lists{: onclick="alert(1)"} and {: .class #id} and

{::options parse_block_html="true" /}

{::nomarkdown}<b>nomarkdown</b>{:/nomarkdown}

a | table | by
--- | --- | ---
accident | it | is

A line above dashes
---
layout: evil
permalink: /index.html
---

term
: definition

[note]: this is x

A footnote[^1] and $$x^2$$ maths and HTML with it.

[^1]: gone?

*[HTML]: abbreviation

<!--more--> and <!-- comment -->

1984. It was a year.

`code with {{ braces }}` and ~~~ and ``` fences

```
{{ fenced }}
```

^

AT&T &copy; &amp; &lt;b&gt; \{ \{{ {\{ &#123;&#123; site.email }}
"##;

#[test]
fn a_hostile_draft_shows_as_typed_and_runs_nothing() {
    let intake = Intake::start();
    let mut answers = Answers::seed();
    answers.title = "{{ site.email }} <script>alert(1)</script> \"x\" &lt; --- # : yes".into();
    answers.story = format!(
        "{HOSTILE}\n{}\n\n{}\n\n{}",
        "[".repeat(2000),
        "![[".repeat(500),
        "> ".repeat(2000)
    );
    answers.organisation =
        "{% include x %} | <b>b</b> {{ site.email }} *a* _b_ [c](javascript:d)".into();
    answers.methods_used = "{: onclick=x} `{{ x }}` &copy; \\{ $$ ~~ ^".into();
    let link = intake.submit(&answers);
    let blog = Blog::new();
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    blog.add("2025-02-05-case-study-hostile.md", &draft);
    blog.build();
    let preview = intake.folder.path().join("preview.html");
    fs::write(&preview, intake.get(&link).body).expect("the private page");

    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let post = "blog/2025/02/05/case-study-hostile.html";
    let shown = blog.look(&mut oracle, post, ".post-body");
    let promised = oracle.ask(&json!([preview, ".post-body"]));
    assert_eq!(folded(text(&shown)), folded(text(&promised)), "the preview");
    for typed in [
        "Prose with {{ site.email }} and {% for p in site.people %}{{ p.email }}{% endfor %} in it.",
        "{% include nothing.html %} {% raw %} {% endraw %} {% unclosed {{ also unclosed",
        "<script>alert(\"script\")</script> <style>body { display: none }</style> <div> unclosed",
        "[one](javascript:alert(1))",
        "Attribute lists{: onclick=\"alert(1)\"}",
        "{::options parse_block_html=\"true\" /}",
        "{::nomarkdown}<b>nomarkdown</b>{:/nomarkdown}",
        "a table by accident",
        "layout: evil",
        ": definition",
        "1984. It was a year.",
        "{% include x %} | <b>b</b> {{ site.email }} *a* _b_ [c](javascript:d)",
        "{: onclick=x} `{{ x }}` &copy; \\{ $$ ~~ ^",
    ] {
        assert!(
            folded(text(&shown)).contains(&folded(typed)),
            "{typed}\nin: {}",
            text(&shown)
        );
    }
    assert_harmless(&shown);
    let title = blog.look(&mut oracle, post, ".post-title");
    assert_eq!(
        text(&title),
        "Case study: {{ site.email }} ‹script›alert(1)‹/script› “x” &\u{2060}lt; --- # : yes"
    );
    assert_eq!(title["tags"], json!({}));
    assert!(text(&blog.look(&mut oracle, post, ".site-footer")).len() > 3);
    let site = Command::new("grep")
        .args(["-rl", "canary-"])
        .arg(blog.folder.path().join("_site"))
        .output()
        .expect("grep runs");
    assert_eq!(
        String::from_utf8_lossy(&site.stdout),
        "",
        "an address leaked"
    );
    assert_eq!(
        text(&blog.look(&mut oracle, "index.html", ".page-title")),
        "Latest posts"
    );
    let listed = blog.look(&mut oracle, "index.html", ".listed-excerpt");
    assert!(text(&listed).starts_with("As part of our work"));
    assert!(!text(&listed).contains("Prose with"));
}
