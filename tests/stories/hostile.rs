//! Hostile drafts in number: whatever thousands of people send, the blog builds as ever, and each
//! page shows what its preview showed.

mod drafts;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use case_study_intake::{templates::Templates, text::markdown::Document};

use crate::{
    blog::{Blog, run},
    fidelity::{cases, folded},
    support::Oracle,
};

use drafts::{Draft, Ordinary, drafts};

/// The one post that the miniature blog has already, as its listings show it.
const FIRST_NOTE: &str = "<article><h2><a href=\"/blog/2023/11/14/a-first-note\">\
    A first note: listening &amp; learning</a></h2>\
    <div><p>A short note on what we heard this autumn.</p></div></article>";
const FIRST_NOTES_TITLE: &str = "A first note: listening & learning";
/// Every file of a built blog, by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("a file in it");
                let bytes = fs::read(&path).expect("a file");
                files.insert(name.display().to_string(), bytes);
            }
        }
    }
    files
}

fn timed(build: impl FnOnce()) -> Duration {
    let started = Instant::now();
    build();
    started.elapsed()
}

/// How many of each element a page holds. A paragraph in a list's item is a matter of space only.
fn tags(seen: &Value) -> BTreeMap<String, i64> {
    let mut tags: BTreeMap<String, i64> =
        serde_json::from_value(seen["tags"].clone()).unwrap_or_else(|_| panic!("{seen}"));
    // Nor do those count that the highlighter and footnotes put around and into words.
    for name in ["p", "div", "span"] {
        tags.remove(name);
    }
    tags
}

/// The elements of a page without those of a part of it.
fn frame(page: &Value, part: &Value) -> BTreeMap<String, i64> {
    let mut frame = tags(page);
    for (name, count) in tags(part) {
        *frame.entry(name).or_default() -= count;
    }
    frame.retain(|_, count| *count != 0);
    frame
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    let list = list.as_array().expect("a list");
    list.iter().map(|text| text.as_str().expect("a text"))
}

/// Blanks collapsed, as readers see them.
fn collapsed(text: &str) -> String {
    let words = text.split([' ', '\t', '\n']);
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What in a built page is not as promised: by its preview for the post in it, by the same page
/// of ordinary prose for all around it.
fn troubles(draft: &Draft, built: &[Value], promised: &[Value], ordinary: &[Value]) -> Vec<String> {
    const HARMLESS: &str = "a blockquote br code del em h2 h3 h4 h5 h6 hr li ol pre strong sup \
        table tbody td th thead tr ul";
    let [page, body, heading, title, og_title] = built else {
        panic!("{built:?}");
    };
    let [promised_body, promised_heading] = promised else {
        panic!("{promised:?}");
    };
    let [ordinary_page, ordinary_body] = ordinary else {
        panic!("{ordinary:?}");
    };
    let mut troubles = Vec::new();
    let mut check = |what: &str, found: Value, promised: Value| {
        if found != promised {
            troubles.push(format!("{what}: {found}\n  and not: {promised}"));
        }
    };
    let shown = |seen: &Value| json!([folded(&seen["text"]), tags(seen), seen["hrefs"]]);
    // In the preview, headings stand below the post's title, two levels lower.
    let lowered = |seen: &Value| {
        let mut lowered = BTreeMap::<String, i64>::new();
        for (name, count) in tags(seen) {
            let level = name.strip_prefix('h').and_then(|level| level.parse().ok());
            let name = level.map_or(name, |level: u8| format!("h{}", (level + 2).clamp(4, 6)));
            *lowered.entry(name).or_default() += count;
        }
        json!([folded(&seen["text"]), lowered, seen["hrefs"]])
    };
    let around = |page: &Value, body: &Value| json!([frame(page, body), page["comments"]]);
    check("the text", lowered(body), shown(promised_body));
    check(
        "around it",
        around(page, body),
        around(ordinary_page, ordinary_body),
    );
    let name = collapsed(&draft.title);
    for (place, found) in [
        ("the preview's heading", &promised_heading["text"]),
        ("the heading", &heading["text"]),
        ("<title>", &title["text"]),
        (
            "og:title",
            &json!(collapsed(
                og_title["own"]["content"].as_str().unwrap_or_default()
            )),
        ),
    ] {
        check(place, found.clone(), json!(name));
    }
    check("within the heading", heading["tags"].clone(), json!({}));
    let elements = tags(body);
    for name in elements.keys() {
        if !HARMLESS.split(' ').any(|harmless| harmless == name) {
            troubles.push(format!("<{name}> in the text"));
        }
    }
    for name in strings(&body["attributes"]) {
        // The highlighter gives code a class of its own.
        let is_codes = name == "class" && elements.contains_key("code");
        let is_notes = ["class", "role", "rel"].contains(&name) && elements.contains_key("sup");
        let is_known = ["href", "id", "title", "dir"].contains(&name);
        if !is_known && !is_codes && !is_notes {
            troubles.push(format!("{name}= in the text"));
        }
    }
    for name in strings(&page["attributes"]) {
        let is_known = ["id", "title", "dir", "class", "role", "rel"].contains(&name);
        if !is_known && !strings(&ordinary_page["attributes"]).any(|own| own == name) {
            troubles.push(format!("{name}= in the page"));
        }
    }
    for href in strings(&body["hrefs"]) {
        let href = href.to_ascii_lowercase();
        let kinds = ["http://", "https://", "mailto:", "tel:", "#fn"];
        if !kinds.iter().any(|kind| href.starts_with(kind)) {
            troubles.push(format!("a link to {href}"));
        }
    }
    troubles
}

/// A listing as it should be: newest first, each post with its own title and intro.
fn listing<'a>(listed: impl DoubleEndedIterator<Item = (usize, &'a Draft)>) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let posts = listed.rev().map(|(number, draft)| {
        format!(
            "<article><h2><a href=\"/blog/2025/02/05/{}\">{}</a></h2><div>{}</div></article>\n",
            slug(number),
            escaped(&draft.title),
            Document::parse(draft.answers.text("intro")).to_html()
        )
    });
    posts.collect()
}

fn slug(number: usize) -> String {
    format!("case-study-{number:05}")
}

/// Reads a feed as strictly as XML is meant to be read, and tells the titles in it.
const TITLES_OF_FEED: &str = r#"
    feed = Nokogiri::XML(File.read(ARGV[0], encoding: "UTF-8"), &:strict)
    titles = feed.css("entry > title").map { |title| Nokogiri::HTML5.fragment(title.text).text }
    puts JSON.generate(titles)
"#;

#[test]
fn two_thousand_hostile_drafts_build_like_ordinary_ones_and_show_what_was_promised() {
    let templates = Templates::load(Path::new("no such folder")).expect("the templates");
    let drafts = drafts(&templates, cases(2000) as usize);
    let ordinary = Ordinary::new(&templates);
    let (hostile, plain) = (Blog::new(), Blog::new());
    let previews = tempfile::tempdir().expect("a folder for previews");
    let previews = previews.path();
    for blog in [&hostile, &plain] {
        // All posts, not the last ten, go into the feed; and both are built at one time, which the
        // site's map tells.
        let file = blog.folder.path().join("_config.yml");
        let config = fs::read_to_string(&file).expect("the blog's configuration");
        let limit = drafts.len() + 1;
        fs::write(
            file,
            format!("{config}\ntime: 2026-01-01 12:00:00\nfeed:\n  posts_limit: {limit}\n"),
        )
        .expect("written");
    }
    for (number, draft) in drafts.iter().enumerate() {
        let slug = slug(number);
        let name = format!("2025-02-05-{slug}.md");
        hostile.add(&name, &draft.markdown);
        plain.add(&name, &ordinary.post(draft, number));
        fs::write(previews.join(format!("{slug}.html")), &draft.preview).expect("a preview");
    }

    // Side by side, so that whatever else the machine does slows both.
    let [time, plain_time] = thread::scope(|scope| {
        [&hostile, &plain]
            .map(|blog| scope.spawn(|| timed(|| blog.build())))
            .map(|build| build.join().expect("a build"))
    });
    let count = drafts.len();
    println!("{count} hostile drafts: {time:.1?}; as many of plain prose: {plain_time:.1?}");
    assert!(
        time < 2 * plain_time + Duration::from_secs(5),
        "{time:.1?}, and {plain_time:.1?} for plain prose"
    );

    let site = &hostile.folder.path().join("_site");
    let plain_site = &plain.folder.path().join("_site");
    let (mut built, mut plain_built) = (files(site), files(plain_site));
    let names: BTreeSet<String> = built.keys().cloned().collect();
    assert_eq!(names, plain_built.keys().cloned().collect(), "the pages");
    for (name, bytes) in &built {
        let leaks = String::from_utf8_lossy(bytes).contains("canary-");
        assert!(!leaks, "{name} shows an address of the site's");
    }

    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let mut look = |folder: &Path, page: &str, selectors: &[&str]| -> Vec<Value> {
        let seen = oracle.ask(&json!([folder.join(page), selectors]));
        serde_json::from_value(seen.clone()).unwrap_or_else(|_| panic!("{page}: {seen}"))
    };
    let og_title = "meta[property='og:title']";
    let parts = ["html", ".post-body", ".post-title", "title", og_title];
    let mut wrong = Vec::new();
    for (number, draft) in drafts.iter().enumerate() {
        let slug = slug(number);
        let page = format!("blog/2025/02/05/{slug}.html");
        assert!(built.remove(&page).is_some() && plain_built.remove(&page).is_some());
        let troubles = troubles(
            draft,
            &look(site, &page, &parts),
            &look(
                previews,
                &format!("{slug}.html"),
                &[".post-body", ".post-title"],
            ),
            &look(plain_site, &page, &["html", ".post-body"]),
        );
        if !troubles.is_empty() {
            let (troubles, draft) = (troubles.join("\n"), &draft.markdown);
            wrong.push(format!("{slug}: {troubles}\n{draft}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} drafts show other things than promised:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n\n")
    );

    // What lists posts lists those that it should, and each with its own words.
    for page in &names {
        let folder = page.split('/').next().unwrap_or_default();
        let lists = ["index.html", "people", "projects", "topics"].contains(&folder);
        if !lists || !page.ends_with(".html") {
            continue;
        }
        assert!(built.remove(page).is_some() && plain_built.remove(page).is_some());
        let parts = ["html", ".page-title", ".listing"];
        let seen = look(site, page, &parts);
        let plain_seen = look(plain_site, page, &parts);
        let title = plain_seen[1]["text"].as_str().expect("a title");
        assert_eq!(seen[1], plain_seen[1], "{page}");
        let listed = drafts.iter().enumerate().filter(|(_, draft)| match folder {
            "people" => draft.chose("author", title),
            "projects" | "topics" => draft.chose(folder, title),
            _ => true,
        });
        let mut promised = listing(listed);
        if plain_seen[2]["text"]
            .as_str()
            .is_some_and(|text| text.contains(FIRST_NOTES_TITLE))
        {
            promised.push_str(FIRST_NOTE);
        }
        let file = previews.join("listing.html");
        fs::write(file, format!("<div class=\"listing\">{promised}</div>")).expect("written");
        let promised = &look(previews, "listing.html", &[".listing"])[0];
        let shown = &seen[2];
        assert_eq!(folded(&shown["text"]), folded(&promised["text"]), "{page}");
        assert_eq!(shown["hrefs"], promised["hrefs"], "{page}");
        assert_eq!(tags(shown), tags(promised), "{page}");
        assert_eq!(
            frame(&seen[0], shown),
            frame(&plain_seen[0], &plain_seen[2]),
            "{page}"
        );
        assert_eq!(seen[0]["comments"], plain_seen[0]["comments"], "{page}");
    }

    // The feed is sound, and holds them all.
    assert!(built.remove("feed.xml").is_some() && plain_built.remove("feed.xml").is_some());
    let mut ruby = Command::new("/usr/bin/ruby");
    ruby.args(["-rjson", "-rnokogiri", "-e", TITLES_OF_FEED])
        .arg(site.join("feed.xml"));
    let titles: Vec<String> = serde_json::from_slice(&run(&mut ruby)).expect("titles");
    let sorted = |titles: &mut dyn Iterator<Item = &str>| {
        let mut titles: Vec<String> = titles
            .map(|title| folded(&json!(collapsed(title))))
            .collect();
        titles.sort();
        titles
    };
    let promised = drafts.iter().map(|draft| draft.title.as_str());
    assert_eq!(
        sorted(&mut titles.iter().map(String::as_str)),
        sorted(&mut promised.chain([FIRST_NOTES_TITLE]))
    );

    // Nothing else is touched.
    for (name, bytes) in &built {
        assert!(*bytes == plain_built[name], "{name} is another");
    }
}
