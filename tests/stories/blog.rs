//! The blog shows what was written, and runs nothing of it: real builds by Debian's Jekyll, real
//! reading by Ruby.

use std::{fs, path::Path, process::Command};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use case_study_intake::{
    case_study::{CaseStudyForm, Glance, Rules},
    post::Post,
    submission::Editorial,
    templates::Templates,
};

use crate::support::{Answers, Intake, Oracle};

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
        assert!(["href", "id", "class"].contains(&attribute.as_str().expect("a name")));
    }
    for href in shown["hrefs"].as_array().expect("links") {
        let href = href.as_str().expect("a link");
        assert!(
            ["https://", "http://", "mailto:"]
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
        "a | table | by",
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

/// Words that YAML, Ruby or a page could take for something else, among arbitrary ones.
pub fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{3,60}",
        prop::collection::vec(any::<char>(), 3..40).prop_map(|chars| chars.into_iter().collect()),
        prop::sample::select(
            [
                "yes",
                "No",
                "null",
                "~~~",
                "2021-01-01",
                "12:30:00",
                ":sym",
                "1_000",
                "0x1f",
                "1e3",
                "- a",
                "? a",
                "a: b",
                "#a b",
                "@a b",
                "%a b",
                "`a b",
                "{a: b}",
                "[a, b]",
                "&a b",
                "*a b",
                "!ruby/object:X",
                "---",
                "...",
                "'''",
                "\"\"\"",
                "\\q\\",
                "a\u{85}b",
                "a\u{2028}b",
                "a\u{feff}b",
                "a\u{fffe}b",
                "=====",
                "<<<",
                "1,000",
                "0,5",
                "::1",
                "1.5.2",
                ".inf",
                "NaN",
                "0o17",
                "+.5",
                "2026-11-23 10:00:00 Z",
                "Off",
                "TRUE",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
    ]
}

#[test]
fn any_form_that_parses_gives_front_matter_that_ruby_reads_back_equal() {
    let templates = Templates::load(Path::new("no such folder")).expect("the templates");
    let mut oracle = Oracle::ruby("front_matter.rb", &[]);
    let strategy = (
        nasty(),
        nasty(),
        prop::collection::vec(nasty(), 1..4),
        prop::collection::vec(nasty(), 0..3),
        any::<bool>(),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let mut tried = 0;
    let oracle = std::cell::RefCell::new(&mut oracle);
    let tried = std::cell::RefCell::new(&mut tried);
    runner
        .run(&strategy, |(title, author, topics, projects, featured)| {
            let answers = Answers {
                title,
                topics: topics.clone(),
                ..Answers::seed()
            };
            let form = CaseStudyForm::from_pairs(answers.sent("", ""));
            let rules = Rules {
                required: vec![Glance::Organisation],
                topics: form.topics.clone(),
            };
            let Ok(entry) = form.parse(&rules) else {
                return Ok(());
            };
            **tried.borrow_mut() += 1;
            let editorial = Editorial {
                author,
                category: "blog".into(),
                featured,
                projects,
                topics: vec!["Default".into()],
                title_prefix: "Case study: ".into(),
                intro: "_Intro_".into(),
                outro: String::new(),
                slug: "case-study".into(),
                date: None,
            };
            let post = Post::new(&entry.case_study, &editorial);
            let draft = templates.render("post.md", &post).expect("a draft");
            let read = oracle.borrow_mut().ask(&json!(draft));
            let front = &read["front"];
            let plain = |text: &str| json!({"class": "String", "value": text});
            let list =
                |texts: &[String]| -> Value { texts.iter().map(|text| plain(text)).collect() };
            prop_assert_eq!(&front["title"], &plain(&post.title), "{}", read);
            prop_assert_eq!(&front["author"], &plain(&editorial.author));
            prop_assert_eq!(&front["topics"]["value"], &list(&post.topics));
            match editorial.projects.as_slice() {
                [] => prop_assert!(front["projects"].is_null()),
                [one] => prop_assert_eq!(&front["projects"], &plain(one)),
                many => prop_assert_eq!(&front["projects"]["value"], &list(many)),
            }
            let kind = if featured { "TrueClass" } else { "FalseClass" };
            prop_assert_eq!(&front["featured"]["class"], kind);
            let mut keys = vec!["layout", "title", "author", "category", "featured"];
            if !editorial.projects.is_empty() {
                keys.push("projects");
            }
            keys.push("topics");
            prop_assert_eq!(
                &read["keys"],
                &json!(keys),
                "the documented order, and no more"
            );
            Ok(())
        })
        .expect("the same strings again");
    assert!(**tried.borrow() > 500, "most generated forms are valid");
}
