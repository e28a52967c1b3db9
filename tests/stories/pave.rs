//! Another organisation's form, from its file alone: a whole case of a public case book, typed in
//! without JavaScript, published, built by Jekyll and read back by Ruby.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::{
    chromium::Browser,
    desk_browser::sign_in,
    publish::git,
    support::{Intake, Letter, Oracle, eventually, names},
};

const ANN: &str = "ann@desk.example";
const TITLE: &str = "Datos contra el feminicidio: \"contar\" & cuidar #1";
const DESCRIPTION: &str =
    "Una línea: con dos puntos – y “comillas”.\n\n* no es una lista\n{{ site.x }} & <b>";
const FINDINGS: &str = "yes\n\n---\n12:30";
/// Unmistakable, so that a leak is found by searching for them.
const PRIVATE: [&str; 4] = [
    "quetzal.private@canary.example",
    "Observer",
    "Researchcanary of the editors",
    "AI helped, and I’ve checked all of it",
];

/// The service with the example's own files, and the repository of the miniature site.
fn case_book() -> Intake {
    let mut intake = Intake::at_rest_with(&[
        (
            "INTAKE__EDITORS",
            "[{name: Ann Editor, email: ann@desk.example}]",
        ),
        ("INTAKE__BLOG__URL", "site.git"),
    ]);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = intake.folder.path().to_owned();
    let copy = |from: &str, to: &str| {
        let status = Command::new("cp")
            .arg("-r")
            .arg(here.join(from))
            .arg(folder.join(to))
            .status();
        assert!(status.expect("cp runs").success());
    };
    copy("config/examples/pave", "config");
    copy("config/examples/pave/templates", "templates");
    copy("tests/pave", "web");
    let web = folder.join("web");
    git(
        &folder,
        &["init", "--quiet", "--bare", "-b", "main", "site.git"],
    );
    git(&web, &["init", "--quiet", "-b", "main"]);
    git(&web, &["add", "--all"]);
    git(&web, &["commit", "--quiet", "-m", "The case book"]);
    git(&web, &["push", "--quiet", "../site.git", "main"]);
    intake.start_again();
    intake
}

#[test]
fn a_whole_case_is_typed_in_without_javascript_and_comes_out_as_it_was_typed() {
    let intake = case_book();
    let browser = Browser::without_javascript();
    browser.open(&intake.url);

    browser.write("project_title", TITLE);
    browser.click("[name=role][value=Observer]");
    browser.click("[name=lead_organisations][value=data-against-feminicide]");
    browser.write(
        "lead_organisations-new",
        "Universidad de la República\nqueen mary university of LONDON",
    );
    browser.click("[name=scope][value=uruguay]");
    browser.write("project_url", "datoscontrafeminicidio.net/en/home/?a=1&b=2");
    browser.click("#status option[value='In Progress']");
    browser.write("started", "19");
    browser.write("concluded", "2030");
    browser.click("[value='Methods: Create re-usable participation tools & methods']");
    browser.click("[value='AI Development: Shape the development of AI tools']");
    browser.click("[value='Specific AI system(s)']");
    browser.write("description", DESCRIPTION);
    browser.write("findings", FINDINGS);
    browser.click("[value='AI helped, and I’ve checked all of it']");

    browser.push("Add message");
    assert_eq!(browser.focused(), "messages-0-kind");
    browser.click("#messages-0-kind option[value=Quote]");
    browser.write("messages-0-words", "Contamos: para que cuente.\nSiempre.");
    browser.push("Add another message");
    browser.write("messages-1-words", "This one is a mistake");
    browser.push("Add another message");
    browser.click("#messages-2-kind option[value=Issue]");
    browser.write("messages-2-words", "no");
    browser.write("messages-2-credit", "- someone: else");
    browser.push("Remove Message 2");
    assert_eq!(
        browser.texts("#messages > .entry > legend"),
        ["Message 1", "Message 2"]
    );
    assert_eq!(browser.value("messages-2-words"), "no", "the order is kept");

    browser.push("Add group of participants");
    browser.write("participants-0-description", "Periodistas & activistas");
    browser.write("participants-0-number", "1,200");
    browser.write("participants-0-hours", "2,5");
    browser.click("[name=participants-0-methods][value='Citizens’ jury']");
    browser.click("[name=participants-0-methods][value=Walk]");

    browser.write("contact_email", "quetzal.private@canary.example");
    browser.click("#consent");
    browser.press("check");
    assert!(browser.title().starts_with("Error: "));
    let problems = browser.texts(".summary li a");
    assert_eq!(
        problems,
        ["Write “What year did the project start?” with four digits, for example 2026"]
    );
    browser.rewrite("started", "2019");
    browser.press("check");

    assert_eq!(browser.text("h1"), "Check before you send");
    let answers = browser.text("dl.checked");
    for shown in [
        "We put https:// in front of it.",
        "Not provided",
        "Universidad de la República",
        "Kind of message: Quote",
        "1200",
    ] {
        assert!(answers.contains(shown), "{shown} in {answers}");
    }
    browser.push("Change Headline findings");
    assert!(browser.address().ends_with("#findings"));
    assert_eq!(browser.focused(), "findings");
    assert_eq!(browser.value("findings"), FINDINGS);
    browser.press("check");
    browser.press("submit");
    assert!(browser.address().contains("/mine/"));
    assert!(
        !browser.text("main").contains("Observer"),
        "not even on the private page"
    );

    let id = browser
        .address()
        .split('/')
        .nth(4)
        .expect("an id")
        .to_owned();
    let front = published(&browser, &intake, &id);
    assert_eq!(front, expected());
    let log = git(
        &intake.folder.path().join("clone"),
        &["log", "-1", "--name-only", "--format=%s"],
    );
    for file in ["_cases/", "_organisations/universidad-de-la-republica.md"] {
        assert!(log.contains(file), "{file} in {log}");
    }
    builds_and_shows(&intake);
    nothing_private_has_left(&intake);
}

#[test]
fn every_kind_of_field_is_without_a_barrier() {
    let intake = case_book();
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.push("Add message");
    browser.push("Add group of participants");
    browser.look_closely("pave-form");
    browser.write("started", "19");
    browser.write("messages-0-words", "Words without a kind");
    browser.press("check");
    browser.look_closely("pave-form-with-errors");
    browser.rewrite("started", "2019");
    browser.click("#messages-0-kind option[value=Quote]");
    browser.write("project_title", "A case");
    browser.write("description", "A description");
    browser.write("contact_email", "ana@example.org");
    browser.click("#consent");
    browser.press("check");
    assert_eq!(browser.text("h1"), "Check before you send");
    browser.look_closely("pave-check");
    browser.press("submit");
    browser.look_closely("pave-private-page");
}

/// An editor adds what only editors see, approves and publishes. What Ruby reads in the file.
fn published(browser: &Browser, intake: &Intake, id: &str) -> Value {
    sign_in(browser, &intake.url, ANN, || {
        let folder = intake.folder.path().join("mailbox");
        eventually("a link to the desk", || {
            let letters = intake.mailbox().into_iter();
            let mut letters = letters.map(|name| Letter::read(&folder.join(name)));
            let letter = letters.find(|letter| letter.text.contains("/desk/sign-in/"))?;
            Some(letter.link("http"))
        })
    });
    browser.open(&format!("{}/desk/{id}/edit", intake.url));
    browser.write("research_notes", "Researchcanary of the editors");
    browser.click("#decision option[value='Full Case']");
    browser.push("Save");
    for (offered, sure) in [("Approve …", "Approve"), ("Publish …", "Publish")] {
        browser.push(offered);
        browser.push(sure);
    }
    eventually("the case on the site", || {
        (intake.record(id)["stage"] == "published").then_some(())
    });
    git(
        intake.folder.path(),
        &["clone", "--quiet", "site.git", "clone"],
    );
    let cases = intake.folder.path().join("clone/_cases");
    let file = names(&cases, ".md").pop().expect("a case");
    let text = fs::read_to_string(cases.join(file)).expect("a case");
    let mut ruby = Oracle::ruby("front_matter.rb", &[]);
    let read = ruby.ask(&json!(text));
    assert_eq!(read["body"], "");
    plain(&read["front"])
}

/// Without the names of Ruby's classes.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.len() == 2 && map.contains_key("class") => plain(&map["value"]),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), plain(item)))
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn expected() -> Value {
    json!({
        "layout": "case",
        "title": TITLE,
        "slug": "datos-contra-el-feminicidio-contar-cuidar-1",
        "project-title": TITLE,
        "lead-organisations": [
            "data-against-feminicide",
            "queen-mary-university-of-london-1",
            "universidad-de-la-republica",
        ],
        "geographic-scope": ["uruguay"],
        "project-url": "https://datoscontrafeminicidio.net/en/home/?a=1&b=2",
        "project-status": "In Progress",
        "what-year-did-the-project-start": 2019,
        "what-year-did-the-project-conclude": 2030,
        "project-goals": [
            "AI Development: Shape the development of AI tools",
            "Methods: Create re-usable participation tools & methods",
        ],
        "what-form-of-ai-is-the-project-about": ["Specific AI system(s)"],
        "provide-a-brief-description-of-the-project": DESCRIPTION,
        "headline-findings": FINDINGS,
        "messages": [
            {"kind": "Quote", "words": "Contamos: para que cuente.\nSiempre."},
            {"kind": "Issue", "words": "no", "credit": "- someone: else"},
        ],
        "participants": [{
            "description": "Periodistas & activistas",
            "number": 1200,
            "hours": 2.5,
            "methods": ["Citizens’ jury", "Walk"],
        }],
    })
}

fn builds_and_shows(intake: &Intake) {
    let clone = intake.folder.path().join("clone");
    let built = Command::new("jekyll")
        .args(["build", "--strict_front_matter", "--quiet"])
        .current_dir(&clone)
        .output()
        .expect("jekyll is missing: tests/run installs it");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let page = fs::read_to_string(
        clone.join("_site/cases/datos-contra-el-feminicidio-contar-cuidar-1/index.html"),
    )
    .expect("the case’s page");
    assert!(
        page.contains("<li>Universidad de la República</li>"),
        "{page}"
    );
    assert!(
        page.contains("* no es una lista\n{{ site.x }} &amp; &lt;b&gt;"),
        "{page}"
    );
}

fn nothing_private_has_left(intake: &Intake) {
    let folder = intake.folder.path();
    let export = intake.run(&["export"]).out + &intake.run(&["export", "--csv"]).out;
    let mut places = vec![
        (
            "repository",
            git(&folder.join("clone"), &["log", "-p", "--all"]),
        ),
        ("log", intake.log()),
        ("export", export),
        ("draft", intake.queue_file(&intake.queued(".md")[0])),
    ];
    for name in intake.mailbox() {
        let letter = Letter::read(&folder.join("mailbox").join(name));
        places.push(("letter", letter.text + &letter.html));
    }
    for (place, text) in places {
        for private in PRIVATE {
            assert!(!text.contains(private), "{private} in the {place}:\n{text}");
        }
    }
    let all = intake.run(&["export", "--private"]).out;
    for private in PRIVATE {
        assert!(all.contains(private), "{private} in the private export");
    }
}
