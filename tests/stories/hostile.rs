//! Hostile drafts in number: whatever thousands of people send, the blog builds as ever, and each
//! page shows what its preview showed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree,
};
use serde_json::{Value, json};

use case_study_intake::{
    case_study::{CaseStudy, CaseStudyForm, Rules},
    config::Config,
    post::Post,
    submission::Editorial,
    templates::Templates,
    text::clean::{clean, clean_line},
};

use crate::{
    blog::{Blog, nasty, run},
    fidelity::{cases, folded, pieces, runner, texts},
    support::{Answers, Intake, Oracle},
};

/// How many of the drafts go through the running service, form, queue and private page.
const THROUGH_THE_SERVICE: usize = 10;

/// References to characters that XML does not have: one in a post, and no reader opens the feed.
const UNREADABLE: &str =
    "A &#xFFFE; b&#65535;, don&#x92;t &#xFDD0; [link](https://example.org/&#xFFFE;a&#x1FFFF;)";

/// The one post that the miniature blog has already, as its listings show it.
const FIRST_NOTE: &str = "<article><h2><a href=\"/blog/2023/11/14/a-first-note\">\
    A first note: listening &amp; learning</a></h2>\
    <div><p>A short note on what we heard this autumn.</p></div></article>";
const FIRST_NOTES_TITLE: &str = "A first note: listening & learning";

/// A draft, and the page on which its campaigner saw how it will look.
struct Draft {
    answers: Answers,
    editorial: Editorial,
    /// As the preview has it: texts as HTML.
    post: Post,
    markdown: String,
    preview: String,
}

fn config() -> Config {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/intake.yaml");
    Config::load(Some(&shipped), []).expect("the shipped configuration")
}

/// A single-line field; line ends in it are blanks.
fn line(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![3 => texts(), 1 => nasty()].prop_map(move |text| text.chars().take(max).collect())
}

fn short_answer(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![5 => line(max), 1 => Just(String::new())]
}

/// Paragraphs of all kinds, and now and then the same piece very many times.
fn story() -> impl Strategy<Value = String> {
    let many = (pieces(), 100..2000_usize)
        .prop_map(|(piece, length)| piece.repeat(length / piece.len().max(1)));
    let paragraph = prop_oneof![60 => texts(), 1 => many];
    prop::collection::vec(paragraph, 1..16).prop_map(|paragraphs| paragraphs.join("\r\n\r\n"))
}

fn answers() -> impl Strategy<Value = Answers> {
    let known = config().blog.topics;
    let count = known.len();
    let topics = prop_oneof![
        4 => subsequence(known, 0..=count),
        1 => prop::collection::vec(line(100), 1..4),
    ];
    let short = (line(120), short_answer(200), short_answer(200));
    let long = (short_answer(500), short_answer(500), short_answer(500));
    (short, long, story(), topics).prop_map(|(short, long, story, topics)| Answers {
        title: short.0,
        campaign_type: short.1,
        organisation: short.2,
        ultimate_goals: long.0,
        communities_involved: long.1,
        methods_used: long.2,
        story,
        topics,
        ..Answers::seed()
    })
}

/// What editors may write themselves, or have configured.
fn editorials() -> impl Strategy<Value = Editorial> {
    let usual = config().post;
    let people = ["Tim Davies", "Guest", "Niamh O'Connor", "Zoë Okonkwo"].map(str::to_owned);
    let projects = ["Catalysing Community Campaigns", "Trust & Public Services"];
    (
        prop_oneof![2 => select(people.to_vec()), 1 => line(80)],
        prop_oneof![
            2 => subsequence(projects.map(str::to_owned).to_vec(), 0..=2),
            1 => prop::collection::vec(line(80), 1..4),
        ],
        prop_oneof![1 => Just(usual.intro.clone()), 1 => texts()],
        prop_oneof![1 => Just(usual.outro.clone()), 1 => texts()],
        prop_oneof![3 => Just(usual.title_prefix.clone()), 1 => line(20)],
        any::<bool>(),
    )
        .prop_map(
            move |(author, projects, intro, outro, title_prefix, featured)| Editorial {
                author: clean_line(&author),
                projects: projects
                    .iter()
                    .map(|project| clean_line(project))
                    .filter(|project| !project.is_empty())
                    .collect(),
                intro: clean(&intro),
                outro: clean(&outro),
                title_prefix: clean_line(&title_prefix) + " ",
                featured,
                ..usual.clone()
            },
        )
}

fn render(
    templates: &Templates,
    answers: Answers,
    editorial: Editorial,
    rules: &Rules,
) -> Option<Draft> {
    let form = CaseStudyForm::from_pairs(answers.sent("", ""));
    let case_study = form.parse(rules).ok()?.case_study;
    let post = Post::preview(&case_study, &editorial);
    Some(Draft {
        markdown: templates
            .render("post.md", &Post::new(&case_study, &editorial))
            .expect("a draft"),
        preview: templates
            .render("preview.html", &json!({ "post": post }))
            .expect("a preview"),
        answers,
        editorial,
        post,
    })
}

/// This many hostile drafts, the first of them through the service.
fn drafts(templates: &Templates, count: usize) -> Vec<Draft> {
    let mut runner = runner(count as u32);
    let strategy = (answers(), editorials());
    let intake = Intake::start();
    let config = config();
    let mut drafts: Vec<Draft> = Vec::new();
    let mut refused = 0;
    while drafts.len() < count {
        let tree = strategy.new_tree(&mut runner).expect("a case");
        let (mut answers, editorial) = tree.current();
        if drafts.is_empty() {
            answers.story = format!("{UNREADABLE}\r\n\r\n{}", answers.story);
        }
        if drafts.len() < THROUGH_THE_SERVICE {
            let usual = config.post.clone();
            let rules = Rules {
                required: config.form.required.clone(),
                topics: config.blog.topics.clone(),
            };
            let Some(draft) = render(templates, answers, usual, &rules) else {
                continue;
            };
            let link = intake.submit(&draft.answers);
            let id = link.split('/').nth(2).expect("an id in the link");
            assert_eq!(intake.queue_file(&format!("{id}.md")), draft.markdown);
            let preview = intake.get(&link).body;
            drafts.push(Draft { preview, ..draft });
            continue;
        }
        let rules = Rules {
            required: Vec::new(),
            topics: CaseStudyForm::from_pairs(answers.sent("", "")).topics,
        };
        match render(templates, answers, editorial, &rules) {
            Some(draft) => drafts.push(draft),
            None => refused += 1,
        }
    }
    assert!(refused < count, "most generated forms are valid");
    drafts
}

/// Posts as long as hostile ones, of the seed's prose.
struct Ordinary<'a> {
    templates: &'a Templates,
    editorial: Editorial,
    words: Vec<String>,
}

impl<'a> Ordinary<'a> {
    fn new(templates: &'a Templates) -> Self {
        let words = Answers::seed().story;
        Self {
            templates,
            editorial: config().post,
            words: words.split_whitespace().map(str::to_owned).collect(),
        }
    }

    /// Prose from the nth word on, as long as the text.
    fn prose(&self, text: &str, nth: usize, paragraph: &str) -> String {
        let mut out = String::new();
        let words = self.words.iter().cycle().skip(nth % self.words.len());
        for (count, word) in words.enumerate() {
            if out.len() >= text.len() {
                break;
            }
            if count > 0 {
                out.push_str(if count % 60 == 0 { paragraph } else { " " });
            }
            out.push_str(word);
        }
        out
    }

    /// The counterpart of a draft. It differs from number to number, because Jekyll converts equal
    /// texts once.
    fn post(&self, draft: &Draft, number: usize) -> String {
        let line = |text: &str, nth| self.prose(text, number + nth, " ");
        let text = |text: &str, nth| self.prose(text, number + nth, "\n\n");
        let answers = &draft.answers;
        let case_study = CaseStudy {
            title: line(&answers.title, 1),
            topics: draft.post.topics.clone(),
            story: text(&answers.story, 2),
            campaign_type: line(&answers.campaign_type, 3),
            ultimate_goals: line(&answers.ultimate_goals, 4),
            communities_involved: line(&answers.communities_involved, 5),
            organisation: line(&answers.organisation, 6),
            methods_used: line(&answers.methods_used, 7),
        };
        let editorial = Editorial {
            intro: text(&draft.editorial.intro, 8),
            outro: text(&draft.editorial.outro, 9),
            title_prefix: self.editorial.title_prefix.clone(),
            ..draft.editorial.clone()
        };
        self.templates
            .render("post.md", &Post::new(&case_study, &editorial))
            .expect("a post")
    }
}

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
    tags.remove("p");
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
    const HARMLESS: &str = "a blockquote br code em h2 h3 h4 h5 h6 hr li ol strong ul";
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
    let around = |page: &Value, body: &Value| json!([frame(page, body), page["comments"]]);
    check("the text", shown(body), shown(promised_body));
    check(
        "around it",
        around(page, body),
        around(ordinary_page, ordinary_body),
    );
    let name = collapsed(&draft.post.title);
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
        if !["href", "id"].contains(&name) && !is_codes {
            troubles.push(format!("{name}= in the text"));
        }
    }
    for name in strings(&page["attributes"]) {
        if name != "id" && !strings(&ordinary_page["attributes"]).any(|own| own == name) {
            troubles.push(format!("{name}= in the page"));
        }
    }
    for href in strings(&body["hrefs"]) {
        let href = href.to_ascii_lowercase();
        let kinds = ["http://", "https://", "mailto:"];
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
            escaped(&draft.post.title),
            draft.post.intro
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
        // All posts, not the last ten, go into the feed.
        let file = blog.folder.path().join("_config.yml");
        let config = fs::read_to_string(&file).expect("the blog's configuration");
        let limit = drafts.len() + 1;
        fs::write(file, format!("{config}\nfeed:\n  posts_limit: {limit}\n")).expect("written");
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
            "people" => draft.post.author == title,
            "projects" => draft.post.projects.iter().any(|project| project == title),
            "topics" => draft.post.topics.iter().any(|topic| topic == title),
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
    let promised = drafts.iter().map(|draft| draft.post.title.as_str());
    assert_eq!(
        sorted(&mut titles.iter().map(String::as_str)),
        sorted(&mut promised.chain([FIRST_NOTES_TITLE]))
    );

    // Nothing else is touched.
    for (name, bytes) in &built {
        assert!(*bytes == plain_built[name], "{name} is another");
    }
}
