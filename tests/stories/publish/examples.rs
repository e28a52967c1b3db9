//! Events, resources and people: the other forms of `config/examples/`, filled in, published, built
//! and read.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::{
    blog::run,
    generators::{example, install},
    support::Oracle,
};

use super::{Desk, STRICT, git};

/// What YAML, Ruby or HTML would take for something else.
const TITLE: &str = "No: 12:30 #1 & {{ site.email }} <b>* - yes";
/// The same as a blog can show it.
const SHOWN: &str = "No: 12:30 #1 & {{ site.email }} ‹b›* - yes";

/// A service with the one form of this example, and the blog.
fn desk_with(name: &str) -> Desk {
    let settings = [
        ("INTAKE__FORMS", name),
        ("INTAKE__BLOG__BUILD_COMMAND", STRICT),
    ];
    let forms = format!("[{name}]");
    let settings = settings.map(|(key, value)| (key, if value == name { &forms } else { value }));
    Desk::prepared(&settings, |intake| install(&example(name), intake))
}

impl Desk {
    /// Approves and publishes this submission, and answers with where it stands.
    #[track_caller]
    fn goes_out(&mut self, id: &str) -> (String, String) {
        self.decide(id, "approve");
        self.decide(id, "publish");
        self.place(id)
    }

    /// Its file in the repository and its address.
    fn place(&self, id: &str) -> (String, String) {
        let publication = &self.intake.record(id)["publication"];
        let told = |what: &str| publication[what].as_str().expect("published").to_owned();
        (told("path"), told("permalink"))
    }

    /// What the page at this address has where each selector points, after a build.
    fn read(&self, permalink: &str, selectors: &[&str]) -> Vec<Value> {
        run(Command::new("jekyll")
            .args(["build", "--strict_front_matter", "--quiet"])
            .current_dir(self.web()));
        let path = permalink
            .strip_prefix("https://connectedbydata.org/")
            .expect("the blog's address");
        let page: PathBuf = self.path("web").join("_site").join(format!("{path}.html"));
        let seen = Oracle::ruby("inspect.rb", &["--lines"]).ask(&json!([page, selectors]));
        serde_json::from_value(seen.clone()).unwrap_or_else(|_| panic!("{seen}"))
    }
}

/// What Ruby reads in the front matter: of each key the class and the value, in the order of the
/// file.
#[track_caller]
fn front_matter(post: &str) -> Vec<(String, String, Value)> {
    let read = Oracle::ruby("front_matter.rb", &[]).ask(&json!(post));
    let keys: Vec<String> =
        serde_json::from_value(read["keys"].clone()).unwrap_or_else(|_| panic!("{read}"));
    let entry = |key: String| {
        let value = &read["front"][&key];
        let class = value["class"].as_str().expect("a class").to_owned();
        (key, class, value["value"].clone())
    };
    keys.into_iter().map(entry).collect()
}

fn entries(list: &[(&str, &str, Value)]) -> Vec<(String, String, Value)> {
    let owned = |(key, class, value): &(&str, &str, Value)| {
        ((*key).to_owned(), (*class).to_owned(), value.clone())
    };
    list.iter().map(owned).collect()
}

#[test]
fn an_event_that_is_to_come_is_announced_before_its_day() {
    let mut desk = desk_with("event");
    let id = desk.sent(
        "event",
        &[
            ("title", "Open evening"),
            ("event_date-day", "3"),
            ("event_date-month", "4"),
            ("event_date-year", "2999"),
            ("description", "Come all."),
        ],
    );
    let (file, permalink) = desk.goes_out(&id);
    assert_eq!(file, "_events/2999-04-03-open-evening.md");
    let seen = desk.read(&permalink, &[".event-date"]);
    assert_eq!(seen[0]["own"]["datetime"], "2999-04-03");
}

#[test]
fn an_event_stands_under_its_own_day_and_stays_there() {
    let mut desk = desk_with("event");
    let link = "https://example.org/open?evening=1&day=%7B2%7D#at";
    let typed = [
        ("title", TITLE),
        ("event_date-day", "3"),
        ("event_date-month", "4"),
        ("event_date-year", "2026"),
        ("description", "Come *all*.\n\n{{ site.email }} <script>"),
        ("link", link),
    ];
    let id = desk.sent("event", &typed);
    let editors = [
        ("slug", "open-evening"),
        ("author", "Niamh O'Connor"),
        ("project", "Trust & Public Services"),
        ("upcoming", "yes"),
        ("writeup", "no"),
    ];
    desk.save(&id, &[&typed[..], &editors[..]].concat());
    let (file, permalink) = desk.goes_out(&id);
    assert_eq!(file, "_events/2026-04-03-open-evening.md");
    assert_eq!(
        permalink,
        "https://connectedbydata.org/events/2026-04-03-open-evening"
    );
    let post = desk.on_the_host(&file).expect("the event");
    assert_eq!(
        front_matter(&post),
        entries(&[
            ("layout", "String", json!("event")),
            ("title", "String", json!(SHOWN)),
            ("author", "String", json!("Niamh O'Connor")),
            ("category", "String", json!("events")),
            ("date", "Date", json!("2026-04-03")),
            ("upcoming", "TrueClass", json!(true)),
            ("writeup", "FalseClass", json!(false)),
            ("project", "String", json!("Trust & Public Services")),
            ("link", "String", json!(link)),
        ])
    );
    let selectors = [".page-title", ".event-date", ".event-link", ".page-body"];
    let seen = desk.read(&permalink, &selectors);
    assert_eq!(seen[0]["text"], SHOWN);
    assert_eq!(seen[1]["own"]["datetime"], "2026-04-03");
    assert_eq!(seen[2]["own"]["href"], link);
    assert_eq!(seen[3]["text"], "Come all. {{ site.email }} <script>");
    assert_eq!(seen[3]["tags"], json!({"em": 1, "p": 2}));

    // Once it is published, other answers change the page and not where it is.
    let mut moved = [&typed[..], &editors[..]].concat();
    moved.retain(|(name, _)| !["title", "project", "upcoming"].contains(name));
    for (name, value) in &mut moved {
        match *name {
            "slug" => *value = "closed-evening",
            "event_date-day" => *value = "30",
            _ => {}
        }
    }
    moved.extend([("title", "A closed evening"), ("upcoming", "no")]);
    desk.save(&id, &moved);
    desk.publish_well();
    assert_eq!(desk.place(&id), (file.clone(), permalink));
    let post = desk.on_the_host(&file).expect("the event");
    assert!(!post.contains("project:"), "{post}");
    assert!(
        post.contains("title: \"A closed evening\"\n") && post.contains("date: 2026-04-03\n"),
        "{post}"
    );
    let changed = ["diff", "--name-status", "main~2", "main"];
    assert_eq!(git(&desk.host(), &changed), format!("A\t{file}"));
    desk.decide(&id, "unpublish");
    assert_eq!(desk.on_the_host(&file), None);
}

#[test]
fn a_resource_has_its_date_in_the_front_matter_and_none_in_its_name() {
    let mut desk = desk_with("resource");
    let reference = "Davies, T. (2023). \"Data: ours\" – #1. <Connected> & others: 12–30.";
    let id = desk.sent(
        "resource",
        &[
            ("title", "Community campaigns on data"),
            ("resource_date", "2023-11-30"),
            ("reference", reference),
            ("link", "example.org/report.pdf"),
            ("summary", "* one\n* two"),
        ],
    );
    let (file, permalink) = desk.goes_out(&id);
    assert_eq!(file, "_resources/community-campaigns-on-data.md");
    let post = desk.on_the_host(&file).expect("the resource");
    assert_eq!(
        front_matter(&post),
        entries(&[
            ("layout", "String", json!("resource")),
            ("title", "String", json!("Community campaigns on data")),
            ("author", "String", json!("Guest")),
            ("date", "Date", json!("2023-11-30")),
            ("status", "String", json!("Final")),
            ("listed", "TrueClass", json!(true)),
            ("reference", "String", json!(reference)),
            ("link", "String", json!("https://example.org/report.pdf")),
        ])
    );
    let selectors = [".page-title", ".resource-date", ".resource-reference"];
    let seen = desk.read(&permalink, &[&selectors[..], &[".page-body"]].concat());
    assert_eq!(seen[0]["text"], "Community campaigns on data");
    assert_eq!(seen[1]["own"]["datetime"], "2023-11-30");
    assert_eq!(seen[2]["text"], reference);
    assert_eq!(seen[2]["hrefs"], json!(["https://example.org/report.pdf"]));
    assert_eq!(seen[3]["tags"], json!({"ul": 1, "li": 2}));
}

#[test]
fn a_person_s_page_has_the_address_for_readers_and_not_the_one_for_us() {
    let mut desk = desk_with("person");
    let form = desk.intake.get("/").body;
    assert!(
        form.contains("the email address for readers on its website"),
        "{form}"
    );
    let id = desk.sent(
        "person",
        &[
            ("title", "Ana Souza"),
            ("role", "Organiser: \"Clean Air\" & more"),
            ("public_email", "hello@readers.example"),
            ("about", "I write about _air_."),
        ],
    );
    let consent = desk.intake.record(&id)["consent"]["wording"].to_string();
    assert!(consent.contains("read and copy them"), "{consent}");
    let (file, permalink) = desk.goes_out(&id);
    assert_eq!(file, "_people/ana-souza.md");
    let post = desk.on_the_host(&file).expect("the page");
    let roles = json!([{"class": "String", "value": "Guest authors"}]);
    assert_eq!(
        front_matter(&post),
        entries(&[
            ("layout", "String", json!("person")),
            ("title", "String", json!("Ana Souza")),
            ("roles", "Array", roles),
            ("role", "String", json!("Organiser: \"Clean Air\" & more")),
            ("email", "String", json!("hello@readers.example")),
        ])
    );
    let seen = desk.read(&permalink, &[".page-title", ".person-role", ".page-body"]);
    assert_eq!(seen[0]["text"], "Ana Souza");
    assert_eq!(seen[1]["text"], "Organiser: \"Clean Air\" & more");
    assert_eq!(seen[2]["text"], "I write about air.");
    let all = git(&desk.host(), &["log", "-p", "--format=fuller", "main"]);
    assert!(!all.contains("canary.example") && !all.contains("Zelda"));

    // Who wants no address there has none, and no empty key.
    let id = desk.sent("person", &[("title", "Jo"), ("role", "yes")]);
    let (file, permalink) = desk.goes_out(&id);
    let post = desk.on_the_host(&file).expect("the page");
    let front = front_matter(&post);
    assert!(!front.iter().any(|(key, ..)| key == "email"), "{post}");
    assert_eq!(front[3], ("role".into(), "String".into(), json!("yes")));
    assert_eq!(desk.read(&permalink, &[".page-body"])[0]["text"], "");
}
