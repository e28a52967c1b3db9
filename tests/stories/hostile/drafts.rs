//! Hostile drafts made by the thousand, and ordinary ones that are as long.

use std::path::Path;

use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::ValueTree,
};
use serde_json::json;

use case_study_intake::{
    config::Config,
    form::{self, Answer, Definition, Item, Page, Typed, Vocabulary, judge},
    post::{Post, Preview, below_the_title},
    templates::Templates,
    text::{
        clean::{clean, clean_line},
        markdown::{Document, escape_line},
    },
};

use crate::{
    blog::nasty,
    fidelity::{pieces, runner, texts},
    support::{Answers, Intake},
};

/// How many of the drafts go through the running service, form, queue and private page.
const THROUGH_THE_SERVICE: usize = 10;

/// References to characters that XML does not have: one in a post, and no reader opens the feed.
const UNREADABLE: &str =
    "A &#xFFFE; b&#65535;, don&#x92;t &#xFDD0; [link](https://example.org/&#xFFFE;a&#x1FFFF;)";
/// A draft, and the page on which its campaigner saw how it will look.
pub struct Draft {
    pub typed: Answers,
    /// What became of them, with what the editors fill in.
    pub answers: form::Answers,
    /// The post's title.
    pub title: String,
    pub markdown: String,
    pub preview: String,
}

impl Draft {
    pub fn chose(&self, field: &str, title: &str) -> bool {
        let answer = self.answers.get(field);
        answer.is_some_and(|it| it.chosen().iter().any(|(value, _)| *value == title))
    }
}

/// What editors may write themselves, or have configured.
#[derive(Debug, Clone)]
struct Editorial {
    author: String,
    projects: Vec<String>,
    intro: String,
    outro: String,
    featured: bool,
    title_prefix: String,
}

/// The form that ships.
fn shipped() -> Definition {
    let text = include_str!("../../../config/forms/case-study.yaml");
    judge("case-study", text).expect("the shipped form")
}

/// The same without an answer that must be given at a glance, and with this prefix of the title.
fn lenient(title_prefix: &str) -> Definition {
    let mut form = shipped();
    form.post.title_prefix = title_prefix.to_owned();
    for part in &mut form.parts {
        for field in part.fields.iter_mut().filter(|_| part.name == "glance") {
            field.is_required = false;
        }
    }
    form
}

/// The topics of the shipped configuration.
fn topics() -> Vec<String> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/intake.yaml");
    let config = Config::load(Some(&shipped), []).expect("the shipped configuration");
    config.blog.pages["_topics"].clone()
}

fn vocabulary(topics: &[String]) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    let pages = topics.iter().map(|topic| Page::new(topic)).collect();
    vocabulary.set("_topics", pages);
    vocabulary
}

fn list(items: &[String]) -> Answer {
    Answer::List(items.iter().cloned().map(Item::Known).collect())
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
    let known = topics();
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

fn editorials() -> impl Strategy<Value = Editorial> {
    let form = shipped();
    let usual = |name: &str| match form.field(name).and_then(|field| field.default.clone()) {
        Some(Answer::Text(text)) => text,
        other => panic!("the default of {name}: {other:?}"),
    };
    let (intro, outro) = (usual("intro"), usual("outro"));
    let people = ["Tim Davies", "Guest", "Niamh O'Connor", "Zoë Okonkwo"].map(str::to_owned);
    let projects = ["Catalysing Community Campaigns", "Trust & Public Services"];
    (
        prop_oneof![2 => select(people.to_vec()), 1 => line(80)],
        prop_oneof![
            2 => subsequence(projects.map(str::to_owned).to_vec(), 0..=2),
            1 => prop::collection::vec(line(80), 1..4),
        ],
        prop_oneof![1 => Just(intro), 1 => texts()],
        prop_oneof![1 => Just(outro), 1 => texts()],
        prop_oneof![3 => Just(form.post.title_prefix.clone()), 1 => line(20)],
        any::<bool>(),
    )
        .prop_map(
            |(author, projects, intro, outro, title_prefix, featured)| Editorial {
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
            },
        )
}

/// The draft of a form as it was typed, where that keeps the form's rules; with an editor's own
/// words, or with what the form has for those.
fn render(
    templates: &Templates,
    form: &Definition,
    vocabulary: &Vocabulary,
    typed: Answers,
    editorial: Option<Editorial>,
) -> Option<Draft> {
    let sent = Typed::read(form, typed.sent("", ""));
    let mut answers = form.parse_entry(&sent, vocabulary).ok()?.answers;
    if let Some(editorial) = editorial {
        for (name, answer) in [
            ("author", Answer::Text(editorial.author)),
            ("projects", list(&editorial.projects)),
            ("intro", Answer::Text(editorial.intro)),
            ("outro", Answer::Text(editorial.outro)),
            ("featured", Answer::YesNo(editorial.featured)),
        ] {
            answers.set(name, Some(answer));
        }
    }
    let public = form.public(&answers);
    let post = Post::new(&public);
    let markdown = templates.render_post("post.md", &post).expect("a draft");
    let source = templates.source("post.md").expect("the template");
    let preview = Preview::new(&markdown, source, &public, &|picture| {
        format!("/{}", picture.path)
    });
    let own = own_words(form, &answers);
    if own.contains("<div><ol>") {
        // Footnotes are counted through the post, and stand at its end.
    } else if answers.iter().any(|(name, _)| is_at_a_glance(form, name)) {
        assert_eq!(preview.body, own, "in {markdown}");
    } else {
        // With no line between them, a list at the story's end and one below it are one list.
        assert_eq!(bare(&preview.body), bare(&own), "in {markdown}");
    }
    Some(Draft {
        typed,
        title: post.title,
        preview: templates
            .render("preview.html", &json!({ "post": preview }))
            .expect("a preview"),
        markdown,
        answers,
    })
}

fn is_at_a_glance(form: &Definition, name: &str) -> bool {
    let mut parts = form.parts.iter().filter(|part| part.name == "glance");
    parts.any(|part| part.fields.iter().any(|field| field.name == name))
}

/// The words of HTML without its elements and blanks.
fn bare(html: &str) -> String {
    let parts = html.split('<').map(|part| match part.split_once('>') {
        Some((_, words)) => words,
        None => part,
    });
    parts.flat_map(str::split_whitespace).collect()
}

/// What the body must show: each text by itself, read as its writer has written it.
fn own_words(form: &Definition, answers: &form::Answers) -> String {
    let html = |name: &str| Document::parse(answers.text(name)).to_html();
    let mut texts = vec![html("intro"), html("story")];
    for part in form.parts.iter().filter(|part| part.name == "glance") {
        for field in &part.fields {
            let words = escape_line(answers.text(&field.name));
            if !words.is_empty() {
                let line = format!("**{}:** {words}", field.label);
                texts.push(Document::of_own(&line).to_html());
            }
        }
    }
    texts.push(html("outro"));
    texts.retain(|text| !text.is_empty());
    below_the_title(&texts.join("\n"))
}

/// This many hostile drafts, the first of them through the service.
pub fn drafts(templates: &Templates, count: usize) -> Vec<Draft> {
    let mut runner = runner(count as u32);
    let strategy = (answers(), editorials());
    let intake = Intake::start();
    let (shipped, known) = (shipped(), vocabulary(&topics()));
    let mut drafts: Vec<Draft> = Vec::new();
    let mut refused = 0;
    while drafts.len() < count {
        let tree = strategy.new_tree(&mut runner).expect("a case");
        let (mut typed, editorial) = tree.current();
        if drafts.is_empty() {
            typed.story = format!("{UNREADABLE}\r\n\r\n{}", typed.story);
        }
        if drafts.len() < THROUGH_THE_SERVICE {
            let Some(draft) = render(templates, &shipped, &known, typed, None) else {
                continue;
            };
            let link = intake.submit(&draft.typed);
            let id = link.split('/').nth(2).expect("an id in the link");
            assert_eq!(intake.queue_file(&format!("{id}.md")), draft.markdown);
            let preview = intake.get(&link).body;
            drafts.push(Draft { preview, ..draft });
            continue;
        }
        let form = lenient(&editorial.title_prefix);
        let sent: Vec<String> = typed.topics.iter().map(|topic| clean_line(topic)).collect();
        match render(templates, &form, &vocabulary(&sent), typed, Some(editorial)) {
            Some(draft) => drafts.push(draft),
            None => refused += 1,
        }
    }
    assert!(refused < count, "most generated forms are valid");
    drafts
}

/// Posts as long as hostile ones, of the seed's prose.
pub struct Ordinary<'a> {
    templates: &'a Templates,
    form: Definition,
    words: Vec<String>,
}

impl<'a> Ordinary<'a> {
    pub fn new(templates: &'a Templates) -> Self {
        let words = Answers::seed().story;
        Self {
            templates,
            form: shipped(),
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
    pub fn post(&self, draft: &Draft, number: usize) -> String {
        const LINES: [&str; 6] = [
            "title",
            "campaign_type",
            "ultimate_goals",
            "communities_involved",
            "organisation",
            "methods_used",
        ];
        let mut answers = draft.answers.clone();
        for (nth, (name, paragraph)) in LINES
            .map(|name| (name, " "))
            .into_iter()
            .chain(["story", "intro", "outro"].map(|name| (name, "\n\n")))
            .enumerate()
        {
            let prose = self.prose(answers.text(name), number + nth, paragraph);
            answers.set(name, Some(Answer::Text(prose)));
        }
        self.templates
            .render_post("post.md", &Post::new(&self.form.public(&answers)))
            .expect("a post")
    }
}
