//! From the desk to the blog: a real clone of a real repository, Debian's Jekyll, and everything
//! that can go wrong between them, made for real.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::json;

use crate::{
    chromium::Browser,
    desk_browser::sign_in,
    queue::SmallDisk,
    support::{
        Answer, Answers, Hidden, Intake, Letter, Oracle, Ran, Visitor, eventually, port_for_later,
    },
};

const ANN: &str = "ann@desk.example";
const EDITORS: &str =
    "[{name: Ann Editor, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]";
const STRICT: &str = "jekyll build --strict_front_matter --quiet";

/// Runs git as somebody who works on the blog, in this folder.
#[track_caller]
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Webmaster",
            "-c",
            "user.email=web@blog.example",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .expect("git is missing: tests/run installs it");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {said}");
    said.trim_end().to_owned()
}

/// The blog's repository on its host, and the service with its clone of it.
struct Desk {
    intake: Intake,
    ann: Visitor,
}

impl Desk {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("INTAKE__EDITORS", EDITORS),
            ("INTAKE__BLOG__PATH", "clone"),
            (
                "INTAKE__BLOG__ADDRESS",
                "https://blog.example/{category}/{year}/{month}/{day}/{slug}",
            ),
        ];
        all.extend(settings);
        let mut intake = Intake::at_rest_with(&all);
        let folder = intake.folder.path().to_owned();
        let blog = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blog");
        let copied = Command::new("cp")
            .args(["-r".as_ref(), blog.as_os_str(), "web".as_ref()])
            .current_dir(&folder)
            .status();
        assert!(copied.expect("cp runs").success());
        let web = folder.join("web");
        git(
            &folder,
            &["init", "--quiet", "--bare", "-b", "main", "blog.git"],
        );
        git(&web, &["init", "--quiet", "-b", "main"]);
        git(&web, &["add", "--all"]);
        git(&web, &["commit", "--quiet", "-m", "The blog"]);
        git(&web, &["remote", "add", "origin", "../blog.git"]);
        git(&web, &["push", "--quiet", "-u", "origin", "main"]);
        git(&folder, &["clone", "--quiet", "blog.git", "clone"]);
        intake.start_again();
        let ann = Visitor::sign_in(&intake, ANN);
        Self { intake, ann }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.intake.folder.path().join(name)
    }

    /// The service's clone.
    fn clone(&self) -> PathBuf {
        self.path("clone")
    }

    /// The repository on its host.
    fn host(&self) -> PathBuf {
        self.path("blog.git")
    }

    /// Somebody changes the blog by other means and pushes that.
    fn webmaster(&self, file: &str, text: Option<&str>) {
        let web = self.path("web");
        git(&web, &["pull", "--quiet", "--ff-only"]);
        match text {
            Some(text) => fs::write(web.join(file), text).expect("a file of the blog"),
            None => fs::remove_file(web.join(file)).expect("a file of the blog"),
        }
        git(&web, &["add", "--all"]);
        git(&web, &["commit", "--quiet", "-m", "By hand"]);
        git(&web, &["push", "--quiet"]);
    }

    /// A case study as it came in, and its id.
    fn submitted(&self, answers: &Answers) -> String {
        let link = self.intake.submit(answers);
        link.split('/').nth(2).expect("an id").to_owned()
    }

    /// One that an editor has approved, under this address and date.
    fn approved(&mut self, answers: &Answers, slug: &str) -> String {
        let id = self.submitted(answers);
        self.edit(&id, answers, &[("slug", slug), ("date", "2025-02-05")]);
        self.decide(&id, "approve");
        id
    }

    #[track_caller]
    fn edit(&mut self, id: &str, answers: &Answers, fields: &[(&str, &str)]) {
        let page = format!("/desk/{id}/edit");
        let mut all = answers.sent("", "");
        all.retain(|(name, _)| !["token", "action"].contains(name));
        let intro = "_An intro._";
        all.extend([
            ("author", "Tim Davies"),
            ("projects", "Catalysing Community Campaigns"),
            ("intro", intro),
            ("outro", "_An outro._"),
            ("featured", "true"),
        ]);
        for (name, value) in fields {
            all.retain(|(known, _)| known != name);
            all.push((name, value));
        }
        let answer = self.ann.fill_in(&self.intake, &page, &page, &all);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    /// Presses the button of the desk, without looking at the letter.
    fn press(&mut self, id: &str, action: &str) -> Answer {
        let page = format!("/desk/{id}");
        self.ann
            .fill_in(&self.intake, &page, &page, &[("action", action)])
    }

    #[track_caller]
    fn decide(&mut self, id: &str, action: &str) {
        let answer = self.press(id, action);
        assert_eq!(answer.status, 303, "{}", answer.body);
    }

    fn review(&mut self, id: &str) -> String {
        self.ann.get(&self.intake, &format!("/desk/{id}")).body
    }

    fn stage(&self, id: &str) -> String {
        let record = self.intake.record(id);
        record["stage"].as_str().expect("a stage").to_owned()
    }

    fn draft(&self, id: &str) -> String {
        self.intake.queue_file(&format!("{id}.md"))
    }

    fn publish(&self) -> Ran {
        self.intake.run(&["publish"])
    }

    #[track_caller]
    fn publish_well(&self) -> String {
        let ran = self.publish();
        assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
        ran.out
    }

    /// The blog's commits on its host since the beginning: author and subject, oldest first.
    fn commits(&self) -> Vec<String> {
        let log = git(
            &self.host(),
            &["log", "--reverse", "--format=%an <%ae>: %s", "main"],
        );
        log.lines().skip(1).map(str::to_owned).collect()
    }

    /// A file of the blog as its host has it.
    fn on_the_host(&self, file: &str) -> Option<String> {
        let output = Command::new("git")
            .args(["show", &format!("main:{file}")])
            .current_dir(self.host())
            .output()
            .expect("git runs");
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).expect("UTF-8"))
    }

    /// All that there is to see of a repository: where it stands, its branches, what git says of
    /// it, and every file outside `.git`.
    fn state(&self, folder: &Path) -> String {
        let mut state = String::new();
        for arguments in [
            &["rev-parse", "HEAD"][..],
            &["branch", "--show-current"],
            &["for-each-ref"],
        ] {
            state += &git(folder, arguments);
            state.push('\n');
        }
        if folder.join(".git").exists() {
            state += &git(folder, &["status", "--porcelain", "-uall", "--ignored"]);
            let mut files = BTreeMap::new();
            collect(folder, &mut files);
            state += &format!("\n{files:#?}");
        }
        state
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.ends_with(".git") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), fs::read(path).expect("a file"));
        }
    }
}

fn letters_of(desk: &Desk, subject: &str) -> Vec<Letter> {
    let folder = desk.path("mailbox");
    desk.intake
        .mailbox()
        .iter()
        .map(|name| Letter::read(&folder.join(name)))
        .filter(|letter| letter.headers["Subject"].contains(subject))
        .collect()
}

const SEED_FILE: &str = "_posts/2025-02-05-case-study-tuc.md";

// ---- the whole way ------------------------------------------------------------------------------

#[test]
fn the_seed_goes_from_the_form_over_the_desk_to_the_blog_and_its_campaigner_hears_where() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", STRICT)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");

    let page = format!("/desk/{id}");
    let shown = desk.ann.fill_in(
        &desk.intake,
        &page,
        &page,
        &[("action", "publish"), ("step", "show")],
    );
    assert_eq!(shown.status, 200, "{}", shown.body);
    let address = "https://blog.example/blog/2025/02/05/case-study-tuc";
    assert!(shown.body.contains(address), "{}", shown.body);
    assert_eq!(desk.commits().len(), 0, "so far only shown");
    let hidden = Hidden::in_page(&shown.body);
    let before = hidden.with(&[("action", "publish")]);
    desk.decide(&id, "publish");

    assert_eq!(
        desk.commits(),
        ["Ann Editor <ann@desk.example>: Publish “Case study: Trade Union Campaigns”"]
    );
    let message = git(&desk.host(), &["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains(&format!("Intake-Submission: {id}")),
        "{message}"
    );
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    let head = git(&desk.host(), &["rev-parse", "main"]);
    assert_eq!(git(&desk.clone(), &["rev-parse", "HEAD"]), head);
    assert_eq!(git(&desk.clone(), &["status", "--porcelain"]), "");
    let record = desk.intake.record(&id);
    assert_eq!(record["stage"], "published");
    assert_eq!(record["publication"]["commit"], head);

    let built = Command::new("jekyll")
        .args(["build", "--strict_front_matter", "--quiet"])
        .current_dir(desk.clone())
        .status();
    assert!(
        built
            .expect("jekyll is missing: tests/run installs it")
            .success()
    );
    let site = desk.clone().join("_site");
    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let mut see = |page: &str, selector: &str| {
        let seen = oracle.ask(&json!([site.join(page), selector]));
        seen["text"]
            .as_str()
            .unwrap_or_else(|| panic!("{seen}"))
            .to_owned()
    };
    let post = "blog/2025/02/05/case-study-tuc.html";
    let title = "Case study: Trade Union Campaigns";
    assert_eq!(see(post, ".post-title"), title);
    assert_eq!(see(post, ".author-link"), "Tim Davies");
    assert_eq!(see(post, ".topic-link"), "People and Participation");
    for listing in [
        "projects/2023-catalysing-communities.html",
        "topics/people-and-participation.html",
        "people/tim-davies.html",
    ] {
        assert!(see(listing, ".listing").contains(title), "{listing}");
    }

    let letter = eventually("the letter with the address", || {
        letters_of(&desk, "is on the blog").pop()
    });
    assert!(letter.headers["To"].contains("zelda.quince@canary.example"));
    assert_eq!(letter.link("https://blog.example"), address);
    assert!(
        letter.html.contains(&format!("href=\"{address}\"")),
        "{}",
        letter.html
    );
    let link = letter.link("http://");
    let (_, private) = link.split_once("/mine/").expect("the private page");
    let mine = desk.intake.get(&format!("/mine/{private}")).body;
    assert!(mine.contains(&format!("href=\"{address}\"")), "{mine}");

    // Nothing of who sent it is in what the world can read now.
    let all = git(&desk.host(), &["log", "-p", "--format=fuller", "main"]);
    assert!(!all.contains("canary.example") && !all.contains("Zelda"));

    desk.publish_well();
    assert_eq!(
        desk.ann.post(&desk.intake, &page, &before).status,
        303,
        "the button pressed twice"
    );
    assert_eq!(desk.commits().len(), 1, "not twice");
}

#[test]
fn an_editor_publishes_mends_and_takes_down_in_a_browser() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let link = desk.intake.submit(&answers);
    let private_page = format!("{}{link}", desk.intake.url);
    let id = link.split('/').nth(2).expect("an id").to_owned();
    desk.edit(
        &id,
        &answers,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    let browser = Browser::start();
    sign_in(&browser, &desk.intake.url, "bo@desk.example", || {
        let letter = eventually("the link", || {
            letters_of(&desk, "Your link to the desk")
                .into_iter()
                .find(|letter| letter.headers["To"].contains("bo@desk.example"))
        });
        letter.link(&desk.intake.url)
    });
    let page = format!("{}/desk/{id}", desk.intake.url);
    browser.open(&page);
    browser.press("approve");
    browser.press("approve");
    browser.look_closely("to-publish");

    fs::write(desk.clone().join("about.md"), "half a thought").expect("a change");
    browser.press("publish");
    assert_eq!(browser.text("h1"), "Publish “Trade Union Campaigns”");
    assert!(
        browser
            .value("letter")
            .contains("https://blog.example/blog/2025/02/05/case-study-tuc")
    );
    browser.look_closely("publish");
    browser.press("publish");
    assert!(
        browser
            .text("[role=alert]")
            .starts_with("This couldn’t be done on the blog")
    );
    assert!(browser.text("#trouble pre").contains("about.md"));
    browser.look_closely("not-published");
    browser.open(&format!("{}/desk", desk.intake.url));
    assert_eq!(
        browser.texts(".entries .failed"),
        ["could not be published"]
    );
    browser.look_closely("queue-not-published");
    git(&desk.clone(), &["checkout", "--quiet", "about.md"]);

    // Several at once, from the queue.
    browser.click(".entries input");
    browser.press("publish");
    browser.look_closely("several-to-publish");
    browser.press("publish");
    assert_eq!(browser.text(".note"), "1 published.");
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(
        desk.commits(),
        ["Bo <bo@desk.example>: Publish “Case study: Trade Union Campaigns”"]
    );
    browser.open(&private_page);
    assert_eq!(browser.text("h1"), "Published");
    browser.look_closely("private-page-published");

    answers.story.push_str("\n\nOne paragraph more.");
    desk.edit(&id, &answers, &[]);
    browser.open(&page);
    browser.look_closely("published-and-changed");
    browser.push("Publish the changes");
    assert_eq!(desk.commits().len(), 2);
    assert!(
        browser
            .texts("details pre")
            .iter()
            .all(|text| !text.contains("+One paragraph"))
    );
    browser.look_closely("published");
    browser.follow("Edit");
    assert!(browser.texts("#slug").is_empty(), "the address stays");
    browser.look_closely("edit-published");
    browser.open(&page);
    browser.write("note", "It names a minor.");
    browser.press("take_down");
    browser.press("take_down");
    assert_eq!(desk.commits().len(), 3);
    assert_eq!(desk.stage(&id), "received");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn many_drafts_are_published_by_one_command_each_in_a_commit_of_its_own() {
    let mut desk = Desk::new();
    let mut ids = Vec::new();
    for number in 1..=3 {
        let answers = Answers::number(number);
        ids.push(desk.approved(&answers, &format!("campaign-{number}")));
    }
    let waiting = desk.submitted(&Answers::number(4));
    let dry = desk.intake.run(&["publish", "--dry-run"]);
    assert_eq!(dry.status, Some(0), "{}", dry.err);
    let out = desk.publish_well();
    for (number, id) in (1..).zip(&ids) {
        assert!(out.contains(id), "{out}");
        assert!(out.contains(&format!("/campaign-{number} ")), "{out}");
        assert_eq!(desk.stage(id), "published");
    }
    assert_eq!(desk.stage(&waiting), "received");
    assert_eq!(
        desk.commits(),
        [1, 2, 3].map(|number| format!(
            "Ann Editor <ann@desk.example>: Publish “Case study: Campaign {number}”"
        ))
    );
    // The difference that was printed before is the one that came.
    let difference = git(
        &desk.host(),
        &["diff", "--no-color", "--no-renames", "main~3", "main"],
    );
    let without_names_of_objects: Vec<&str> = difference
        .lines()
        .filter(|line| !line.starts_with("index "))
        .collect();
    assert_eq!(dry.out.trim_end(), without_names_of_objects.join("\n"));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    let one = desk.approved(&Answers::number(5), "campaign-5");
    let other = desk.approved(&Answers::number(6), "campaign-6");
    let ran = desk.intake.run(&["publish", &other]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(desk.stage(&one), "approved", "only the one that was named");
    let ran = desk.intake.run(&["publish", &waiting, &other]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains(&waiting), "{}", ran.err);
    assert!(ran.out.contains("nothing to do"), "{}", ran.out);
}

#[test]
fn on_a_terminal_a_bar_tells_how_far_it_is() {
    let mut desk = Desk::new();
    for number in 0..6 {
        desk.approved(&Answers::number(number), &format!("campaign-{number}"));
    }
    let publish = desk.intake.command(&["publish"]);
    let output = Command::new("script")
        .args([
            "-qec",
            &format!("{:?} publish", publish.get_program()),
            "/dev/null",
        ])
        .envs(
            publish
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("TERM", "xterm")
        .current_dir(desk.intake.folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("script is missing: tests/run installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("Fetching the blog") && said.contains("0/6"),
        "{said}"
    );
    assert_eq!(desk.commits().len(), 6);
}

#[test]
fn a_dry_run_shows_what_the_remote_has_by_now_and_touches_nothing() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster(
        "_posts/2025-02-05-case-study-tuc.md",
        Some("---\ntitle: x\n---\n"),
    );
    let mut before = BTreeMap::new();
    collect(&desk.clone(), &mut before);
    collect(&desk.clone().join(".git"), &mut before);
    let record = desk.intake.queue_file(&format!("{id}.json"));
    let ran = desk.intake.run(&["publish", "--dry-run"]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("stands on the blog already"),
        "{}",
        ran.err
    );
    let mut after = BTreeMap::new();
    collect(&desk.clone(), &mut after);
    collect(&desk.clone().join(".git"), &mut after);
    assert!(before == after, "something in the clone changed");
    assert_eq!(desk.intake.queue_file(&format!("{id}.json")), record);
}

// ---- what may not be overwritten ----------------------------------------------------------------

#[test]
fn a_changed_draft_becomes_an_update_of_the_same_file_and_no_second_letter() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    answers.story.push_str("\n\nOne paragraph more.");
    desk.edit(
        &id,
        &answers,
        &[("slug", "another-address"), ("date", "2026-01-01")],
    );
    let page = desk.review(&id);
    assert!(
        page.contains("Changes that are not on the blog yet"),
        "{page}"
    );
    assert!(page.contains("+One paragraph more."), "{page}");
    let queue = desk.ann.get(&desk.intake, "/desk").body;
    assert!(queue.contains("changes not on the blog yet"), "{queue}");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);
    assert!(desk.commits()[1].ends_with("Update “Case study: Trade Union Campaigns”"));
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.stage(&id), "published");
    eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    let owed = desk.intake.record(&id)["letters"].to_string();
    assert_eq!(owed.matches("\"published\"").count(), 1, "{owed}");
}

#[test]
fn what_was_edited_on_the_blog_since_stops_that_draft_only_and_shows_the_difference() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    let edited = desk.draft(&id).replace("_An intro._", "_Mended by hand._");
    desk.webmaster(SEED_FILE, Some(&edited));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");
    answers.title = "Trade Union Campaigns, anew".into();
    desk.edit(&id, &answers, &[]);
    let other = desk.approved(&Answers::number(2), "campaign-2");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    for sign in [
        "was edited on the blog since",
        "-_Mended by hand._",
        "+_An intro._",
    ] {
        assert!(ran.err.contains(sign), "{}", ran.err);
        assert!(desk.review(&id).contains(sign), "on the desk: {sign}");
    }
    assert!(
        desk.ann
            .get(&desk.intake, "/desk")
            .body
            .contains("could not be published")
    );
    assert_eq!(desk.stage(&other), "published");
    assert_eq!(desk.on_the_host(SEED_FILE).as_ref(), Some(&edited));

    // Nor is it removed with what somebody else has written; removed by hand, it is off the desk's
    // list as well, and can be put on again.
    let ran = desk.intake.run(&["take-down", &id]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("+_Mended by hand._"), "{}", ran.err);
    assert_eq!(desk.on_the_host(SEED_FILE).as_ref(), Some(&edited));
    desk.webmaster(SEED_FILE, None);
    desk.decide(&id, "take_down");
    desk.decide(&id, "approve");
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert!(!desk.review(&id).contains("was edited on the blog since"));
}

#[test]
fn a_post_that_was_moved_on_the_blog_is_not_said_to_be_gone() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    desk.publish_well();
    let web = desk.path("web");
    git(&web, &["pull", "--quiet", "--ff-only"]);
    git(&web, &["mv", SEED_FILE, "_posts/2025-03-01-moved.md"]);
    git(&web, &["commit", "--quiet", "-m", "Moved"]);
    git(&web, &["push", "--quiet"]);
    assert_eq!(desk.press(&id, "take_down").status, 409);
    assert_eq!(desk.stage(&id), "published");
    let told = "was moved to _posts/2025-03-01-moved.md";
    assert!(desk.review(&id).contains(told));
    answers.title.push_str(", anew");
    desk.edit(&id, &answers, &[]);
    assert!(desk.publish().err.contains(told));
    assert!(
        !desk.intake.record(&id)["letters"]
            .to_string()
            .contains("taken_down")
    );

    // Once it has gone from there, too, it is gone; what came in the same commit and has only the
    // usual lines in common with it is another post.
    let web = desk.path("web");
    git(&web, &["rm", "--quiet", "_posts/2025-03-01-moved.md"]);
    let another = desk.draft(&id).replace(
        &Answers::seed().story,
        &"Another story altogether, of another campaign. ".repeat(25),
    );
    desk.webmaster("_posts/2025-04-01-another.md", Some(&another));
    desk.decide(&id, "take_down");
    assert_eq!(desk.stage(&id), "received");
}

#[test]
fn a_file_that_is_not_ours_stops_the_draft_whatever_its_ending() {
    let mut desk = Desk::new();
    let foreign = "---\ntitle: Somebody else’s\n---\nText\n";
    let posts = [
        ("_posts/2025-02-05-one.md", "one"),
        ("_posts/2025-02-05-two.markdown", "two"),
        ("_posts/old/2025-02-05-Four.md", "four"),
        ("_posts/2025-2-5-five.md", "five"),
        ("blog/_posts/2025-02-05-six.md", "six"),
    ];
    for folder in ["_posts/old", "blog/_posts"] {
        fs::create_dir_all(desk.path("web").join(folder)).expect("a folder");
    }
    let ids: Vec<String> = posts
        .iter()
        .map(|(file, slug)| {
            desk.webmaster(file, Some(foreign));
            desk.approved(&Answers::number(file.len()), slug)
        })
        .collect();
    let good = desk.approved(&Answers::number(91), "three");
    let same = desk.approved(&Answers::number(92), "three");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("-title: Somebody else’s"), "{}", ran.err);
    assert!(ran.err.contains("two.markdown"), "{}", ran.err);
    for twin in ["old/2025-02-05-Four.md", "2025-2-5-five.md", "blog/_posts/"] {
        assert!(ran.err.contains(twin), "{twin}: {}", ran.err);
    }
    assert!(ran.err.contains(&format!("another submission, {good}")));
    for id in &ids {
        assert_eq!(desk.stage(id), "approved");
    }
    for (file, _) in posts {
        assert_eq!(desk.on_the_host(file).as_deref(), Some(foreign));
    }
    assert_eq!(desk.stage(&good), "published");
    assert_eq!(
        desk.stage(&same),
        "approved",
        "of two with one address the first"
    );
    assert_eq!(
        desk.on_the_host("_posts/2025-02-05-three.md"),
        Some(desk.draft(&good))
    );
}

#[test]
fn a_post_that_an_editor_has_put_there_by_the_patch_is_known_as_ours() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    answers.title = "Зоë’s “campaign” [skip ci] Fixes #1 @everyone".into();
    let id = desk.approved(&answers, "case-study-tuc");
    let patch = desk
        .ann
        .get(&desk.intake, &format!("/desk/{id}/post.patch"));
    assert_eq!(
        patch.headers["content-disposition"],
        "attachment; filename=\"2025-02-05-case-study-tuc.md.patch\""
    );
    let file = desk.ann.get(&desk.intake, &format!("/desk/{id}/post.md"));
    assert_eq!(file.body, desk.draft(&id));
    let web = desk.path("web");
    fs::write(web.join("../post.patch"), &patch.body).expect("a download");
    git(&web, &["am", "--quiet", "../post.patch"]);
    git(&web, &["push", "--quiet"]);
    let subject = &desk.commits()[0];
    assert!(subject.starts_with("Ann Editor <ann@desk.example>: Publish “Case study: Зоë"));
    for command in ["[skip ci]", "#1", "@everyone"] {
        assert!(!subject.contains(command), "{subject}");
    }
    desk.publish_well();
    assert_eq!(desk.commits().len(), 1, "nothing to add");
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
}

#[test]
fn of_two_that_are_the_same_the_second_does_not_pass_for_the_first() {
    let mut desk = Desk::new();
    let one = desk.approved(&Answers::seed(), "case-study-tuc");
    let two = desk.approved(&Answers::seed(), "case-study-tuc");
    assert_eq!(desk.draft(&one), desk.draft(&two));
    for _ in 0..2 {
        let ran = desk.publish();
        assert_eq!(ran.status, Some(1));
        let reason = format!("the post of another submission, {one}");
        assert!(ran.err.contains(&reason), "{}", ran.err);
        assert_eq!(desk.stage(&one), "published");
        assert_eq!(desk.stage(&two), "approved");
    }
}

#[test]
fn a_post_whose_record_was_restored_from_an_older_backup_is_known_again() {
    let mut desk = Desk::new();
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    let record = desk.intake.queue().join(format!("{id}.json"));
    let backup = fs::read(&record).expect("a record");
    desk.publish_well();
    desk.intake.stop();
    fs::write(&record, backup).expect("restored");
    desk.intake.start_again();
    assert_eq!(desk.stage(&id), "approved");
    answers.story.push_str("\n\nAnd more.");
    desk.edit(
        &id,
        &answers,
        &[("slug", "case-study-tuc"), ("date", "2025-02-05")],
    );
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.commits().len(), 2);
}

#[test]
fn a_file_that_lies_in_the_clone_and_nobody_has_committed_is_not_written_over() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let lying = desk.clone().join(SEED_FILE);
    fs::write(&lying, "somebody’s own try").expect("a file");
    fs::write(desk.clone().join(".git/info/exclude"), "2025-*").expect("git told not to look");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("but not in its history"), "{}", ran.err);
    let text = fs::read_to_string(&lying).expect("a file");
    assert_eq!(text, "somebody’s own try");
    assert_eq!(desk.stage(&id), "approved");
    fs::remove_file(&lying).expect("gone");
    desk.publish_well();

    // Nor is what comes from others put over it, and that is told.
    fs::write(desk.clone().join(".git/info/exclude"), "news.md").expect("git told not to look");
    fs::write(desk.clone().join("news.md"), "").expect("an empty file");
    desk.webmaster("news.md", Some("---\nlayout: page\n---\nNews\n"));
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("news.md lies in the checkout"),
        "{}",
        ran.err
    );
    let checked = desk.intake.run(&["check"]);
    assert!(
        checked.out.contains("WRONG  blog read: news.md lies"),
        "{}",
        checked.out
    );
    let news = fs::read_to_string(desk.clone().join("news.md"));
    assert_eq!(news.expect("the file"), "");
}

#[test]
fn a_letter_or_a_note_that_cannot_go_stops_it_before_anything_is_done() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let page = format!("/desk/{id}");
    let post = |desk: &mut Desk, fields: &[(&str, &str)]| {
        desk.ann.fill_in(&desk.intake, &page, &page, fields).status
    };
    let empty = [("action", "publish"), ("send", "yes"), ("letter", "  ")];
    assert_eq!(post(&mut desk, &empty), 422);
    assert_eq!(desk.commits(), [""; 0]);
    assert_eq!(desk.stage(&id), "approved");
    let words = [
        ("action", "publish"),
        ("send", "yes"),
        ("letter", "It is out!"),
    ];
    assert_eq!(post(&mut desk, &words), 303);
    let long = "x".repeat(5_001);
    assert_eq!(
        post(&mut desk, &[("action", "take_down"), ("note", &long)]),
        422
    );
    assert_eq!(desk.commits().len(), 1);
    assert_eq!(desk.stage(&id), "published");
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(letter.text.starts_with("It is out!"), "{}", letter.text);
    assert_eq!(
        post(&mut desk, &[("action", "take_down"), ("letter", "x")]),
        303
    );
    assert_eq!(desk.stage(&id), "received");
    let owed = desk.intake.record(&id)["letters"].to_string();
    assert!(owed.contains("\"published\"") && !owed.contains("\"taken_down\""));
}

#[test]
fn who_approved_and_has_left_since_is_the_author_by_name() {
    let mut desk = Desk::new();
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.intake
        .set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    desk.publish_well();
    assert!(desk.commits()[0].starts_with("Ann Editor <nobody@localhost.invalid>: "));
}

#[test]
fn a_published_post_is_taken_down_by_a_commit_that_removes_it() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    let page = format!("/desk/{id}");
    let fields = [("action", "take_down"), ("note", "It names a minor.")];
    let shown = [&fields[..], &[("step", "show")]].concat();
    let shown = desk.ann.fill_in(&desk.intake, &page, &page, &shown);
    assert!(shown.body.contains("It names a minor."), "{}", shown.body);
    let done = desk.ann.fill_in(&desk.intake, &page, &page, &fields);
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(desk.on_the_host(SEED_FILE), None);
    assert!(!desk.clone().join(SEED_FILE).exists());
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.stage(&id), "received");
    let letter = eventually("the letter", || {
        letters_of(&desk, "no longer on the blog").pop()
    });
    assert!(letter.text.contains("It names a minor."));
    assert_eq!(desk.publish_well(), "There is nothing to publish.\n");

    desk.decide(&id, "approve");
    desk.publish_well();
    let ran = desk.intake.run(&["take-down", &id]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert_eq!(desk.on_the_host(SEED_FILE), None);
    assert_eq!(
        desk.intake.run(&["take-down", &id]).status,
        Some(1),
        "it is down"
    );
}

// ---- what goes wrong ----------------------------------------------------------------------------

/// Breaks something, sees the draft still approved, clone and host as they were, the reason told;
/// then mends it and sees the draft published.
#[track_caller]
fn fails_and_recovers(
    settings: &[(&str, &str)],
    breaks: impl FnOnce(&mut Desk),
    reason: &str,
    mends: impl FnOnce(&mut Desk),
) {
    let mut desk = Desk::with(settings);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    breaks(&mut desk);
    let clone = desk.state(&desk.clone());
    let host = desk.host().exists().then(|| desk.state(&desk.host()));
    for way in ["command", "desk"] {
        if way == "command" {
            let ran = desk.publish();
            assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
            assert!(ran.err.contains(reason), "{}", ran.err);
        } else {
            let answer = desk.press(&id, "publish");
            assert_eq!(answer.status, 409, "{}", answer.body);
        }
        let page = desk
            .review(&id)
            .replace("&#39;", "'")
            .replace("&quot;", "\"");
        assert!(page.contains(reason), "on the desk: {page}");
        assert_eq!(desk.stage(&id), "approved");
        assert_eq!(desk.state(&desk.clone()), clone, "by the {way}");
        if let Some(host) = &host {
            assert_eq!(desk.state(&desk.host()), *host);
        }
    }
    mends(&mut desk);
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(git(&desk.clone(), &["status", "--porcelain", "-uno"]), "");
    assert!(!desk.review(&id).contains(reason), "the reason is gone");
}

#[test]
fn a_clone_with_changes_that_are_not_committed_is_left_alone() {
    fails_and_recovers(
        &[],
        |desk| {
            fs::write(desk.clone().join("about.md"), "half a thought").expect("a change");
            fs::write(desk.clone().join("index.html"), "another").expect("a change");
            git(&desk.clone(), &["add", "index.html"]);
            fs::write(desk.clone().join("untracked"), "a note").expect("a file");
        },
        "changes that are not committed; commit or undo them: about.md, index.html",
        |desk| {
            git(&desk.clone(), &["reset", "--quiet", "--hard"]);
        },
    );
}

#[test]
fn a_clone_on_another_branch_is_left_alone() {
    fails_and_recovers(
        &[],
        |desk| {
            git(&desk.clone(), &["switch", "--quiet", "-c", "redesign"]);
        },
        "on the branch redesign, but posts go to main",
        |desk| {
            git(&desk.clone(), &["switch", "--quiet", "main"]);
        },
    );
    fails_and_recovers(
        &[],
        |desk| {
            git(&desk.clone(), &["switch", "--quiet", "--detach"]);
        },
        "not on a branch",
        |desk| {
            git(&desk.clone(), &["switch", "--quiet", "main"]);
        },
    );
}

#[test]
fn a_clone_that_went_another_way_than_its_remote_is_left_alone() {
    fails_and_recovers(
        &[],
        |desk| {
            git(
                &desk.clone(),
                &["commit", "--quiet", "--allow-empty", "-m", "Mine"],
            );
        },
        "commits of somebody that were never pushed (1)",
        |desk| {
            git(&desk.clone(), &["reset", "--quiet", "--hard", "HEAD~"]);
        },
    );
    fails_and_recovers(
        &[],
        |desk| {
            desk.webmaster("about.md", Some("---\nlayout: page\n---\nTheirs\n"));
            git(
                &desk.clone(),
                &["commit", "--quiet", "--allow-empty", "-m", "Mine"],
            );
        },
        "gone different ways on main",
        |desk| {
            git(&desk.clone(), &["pull", "--quiet", "--rebase"]);
            git(&desk.clone(), &["push", "--quiet"]);
        },
    );
}

#[test]
fn a_host_that_refuses_is_heard_with_its_reason() {
    fails_and_recovers(
        &[],
        |desk| {
            let hook = desk.host().join("hooks/pre-receive");
            fs::write(
                &hook,
                "#!/bin/sh\necho 'The blog sleeps at night.'\nexit 1\n",
            )
            .expect("a hook");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&hook, mode).expect("an executable hook");
        },
        "The blog sleeps at night.",
        |desk| fs::remove_file(desk.host().join("hooks/pre-receive")).expect("no hook"),
    );
}

#[test]
fn a_branch_that_the_host_cannot_move_is_tried_again_and_then_told() {
    fails_and_recovers(
        &[],
        |desk| fs::write(desk.host().join("refs/heads/main.lock"), "").expect("a lock"),
        "Somebody else was faster each time",
        |desk| fs::remove_file(desk.host().join("refs/heads/main.lock")).expect("no lock"),
    );
}

#[test]
fn a_host_that_is_away_is_named_without_the_password_in_its_address() {
    fails_and_recovers(
        &[],
        |desk| fs::rename(desk.host(), desk.path("away")).expect("moved away"),
        "The remote cannot be read",
        |desk| fs::rename(desk.path("away"), desk.host()).expect("moved back"),
    );
    fails_and_recovers(
        &[],
        |desk| {
            let url = format!("http://ann:s3cret@127.0.0.1:{}/blog.git", port_for_later());
            git(&desk.clone(), &["remote", "set-url", "origin", &url]);
        },
        "The remote cannot be read",
        |desk| {
            let ran = desk.publish();
            let page = desk.ann.get(&desk.intake, "/desk?stage=approved").body;
            let id = desk.intake.queued(".json")[0].replace(".json", "");
            for told in [
                &ran.err,
                &ran.out,
                &page,
                &desk.review(&id),
                &desk.intake.log(),
            ] {
                assert!(!told.contains("s3cret"), "{told}");
            }
            git(
                &desk.clone(),
                &["remote", "set-url", "origin", "../blog.git"],
            );
        },
    );
}

#[test]
fn a_key_that_the_host_does_not_know_is_an_error_and_not_a_question() {
    let server = SshServer::start();
    fails_and_recovers(
        &[],
        |desk| {
            let url = format!("ssh://127.0.0.1:{}{}", server.port, desk.host().display());
            git(&desk.clone(), &["remote", "set-url", "origin", &url]);
            git(
                &desk.clone(),
                &["config", "core.sshCommand", &server.ssh_with("wrong")],
            );
        },
        "Permission denied",
        |desk| {
            git(
                &desk.clone(),
                &["config", "core.sshCommand", &server.ssh_with("right")],
            );
        },
    );
}

/// Debian's sshd on this machine, for whoever runs the tests, with one key that it knows.
struct SshServer {
    port: u16,
    folder: tempfile::TempDir,
    child: std::process::Child,
}

impl SshServer {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for keys");
        for key in ["host", "right", "wrong"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", key])
                .current_dir(folder.path())
                .status();
            assert!(
                made.expect("ssh-keygen is missing: tests/run installs it")
                    .success()
            );
        }
        fs::copy(folder.path().join("right.pub"), folder.path().join("known")).expect("a key");
        let port = port_for_later();
        let shown = folder.path().display();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/known\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n"
        );
        let file = folder.path().join("sshd_config");
        fs::write(&file, settings).expect("settings");
        // As root it wants this folder, which Debian makes when the service is started.
        let _ = fs::create_dir_all("/run/sshd");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-q", "-f"])
            .arg(&file)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sshd is missing: tests/run installs it");
        eventually("sshd", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            folder,
            child,
        }
    }

    fn ssh_with(&self, key: &str) -> String {
        format!(
            "ssh -F none -i {}/{key} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            self.folder.path().display()
        )
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_check_that_fails_without_the_posts_stops_all_and_says_so() {
    let broken = "---\ntitle: \"no end\n---\n";
    fails_and_recovers(
        &[("INTAKE__BLOG__CHECK", STRICT)],
        |desk| desk.webmaster("broken.md", Some(broken)),
        "fails its own check even without the new posts",
        |desk| desk.webmaster("broken.md", None),
    );
}

#[test]
fn a_draft_that_the_check_refuses_is_found_among_many_and_the_others_go_on() {
    let check = "echo checking in $(ls | wc -l) files >&2; ! grep -rq POISON _posts || { echo poisoned; exit 3; }";
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", check)]);
    let mut ids = Vec::new();
    for number in 0..7 {
        let mut answers = Answers::number(number);
        if number == 2 || number == 5 {
            answers.story.push_str("\n\nPOISON");
        }
        ids.push(desk.approved(&answers, &format!("campaign-{number}")));
    }
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("poisoned"), "{}", ran.err);
    for (number, id) in ids.iter().enumerate() {
        let is_bad = number == 2 || number == 5;
        let expected = if is_bad { "approved" } else { "published" };
        assert_eq!(desk.stage(id), expected);
        assert_eq!(desk.review(id).contains("poisoned"), is_bad);
    }
    assert_eq!(desk.commits().len(), 5);
    assert_eq!(git(&desk.clone(), &["status", "--porcelain", "-uall"]), "");
}

#[test]
fn the_check_sees_no_secret_and_leaves_nothing_in_the_clone() {
    let check = "env > $INTAKE_CHECKOUT/../environment; touch made-by-the-check; pwd > $INTAKE_CHECKOUT/../where";
    let mut desk = Desk::with(&[
        ("INTAKE__BLOG__CHECK", check),
        ("INTAKE__SECRET_KEY", "canary-secret-key-canary-secret-key"),
    ]);
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    let environment = fs::read_to_string(desk.path("environment")).expect("what it saw");
    assert!(environment.contains("INTAKE_CHECKOUT="));
    assert!(!environment.contains("canary-secret-key"), "{environment}");
    let place = fs::read_to_string(desk.path("where")).expect("where it ran");
    assert!(!Path::new(place.trim()).exists(), "{place}");
    assert!(!desk.clone().join("made-by-the-check").exists());
}

#[test]
fn the_check_sees_the_repositories_inside_the_blog() {
    let check = "test -e theme/layout.html && echo more >> theme/layout.html && test ! -e needs-news -o -e theme/news";
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", check)]);
    let theme = desk.path("theme");
    fs::create_dir(&theme).expect("a folder");
    git(&theme, &["init", "--quiet", "-b", "main"]);
    fs::write(theme.join("layout.html"), "<p>").expect("a layout");
    git(&theme, &["add", "--all"]);
    git(&theme, &["commit", "--quiet", "-m", "A theme"]);
    let files = ["-c", "protocol.file.allow=always", "submodule"];
    let web = desk.path("web");
    git(
        &web,
        &[&files[..], &["--quiet", "add", "../theme", "theme"]].concat(),
    );
    git(&web, &["commit", "--quiet", "-m", "With a theme"]);
    git(&web, &["push", "--quiet"]);
    let clone = desk.clone();
    git(&clone, &["pull", "--quiet"]);
    git(
        &clone,
        &["config", "submodule.theme.url", &theme.to_string_lossy()],
    );
    git(
        &clone,
        &[&files[..], &["--quiet", "update", "--init"]].concat(),
    );
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    let layout = fs::read_to_string(clone.join("theme/layout.html"));
    assert_eq!(layout.expect("a layout"), "<p>", "the copy is a copy");

    // The blog goes on to a commit of the theme that the clone has not.
    fs::write(theme.join("news"), "").expect("a file");
    git(&theme, &["add", "--all"]);
    git(&theme, &["commit", "--quiet", "-m", "News"]);
    git(&web, &["pull", "--quiet", "--ff-only"]);
    git(
        &web.join("theme"),
        &[
            "-c",
            "protocol.file.allow=always",
            "pull",
            "--quiet",
            "origin",
            "main",
        ],
    );
    desk.webmaster("needs-news", Some(""));
    let other = desk.approved(&Answers::number(2), "campaign-2");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("Run `git submodule update --init`"),
        "{}",
        ran.err
    );
    git(&clone, &["pull", "--quiet", "--ff-only"]);
    git(
        &clone,
        &[&files[..], &["--quiet", "update", "--init"]].concat(),
    );
    desk.publish_well();
    assert_eq!(desk.stage(&other), "published");
}

#[test]
fn what_a_check_leaves_running_is_ended_and_nobody_waits_for_it() {
    let check = "sleep 1000 & echo $! > $INTAKE_CHECKOUT/../left";
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", check)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    let left = fs::read_to_string(desk.path("left")).expect("a process");
    let process = Path::new("/proc").join(left.trim()).join("cmdline");
    eventually("its end", || {
        let still = fs::read(&process).unwrap_or_default();
        still.is_empty().then_some(())
    });
}

#[test]
fn a_full_disk_under_the_clone_costs_nothing() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let disk = SmallDisk::mount(&desk.path("disk"), 2048);
    git(&disk.folder, &["clone", "--quiet", "../blog.git", "clone"]);
    fs::remove_dir_all(desk.clone()).expect("the other clone gone");
    desk.intake.set("INTAKE__BLOG__PATH", "disk/clone");
    let clone = disk.folder.join("clone");
    // The lock is there from an earlier run.
    fs::create_dir_all(clone.join(".git/intake")).expect("a folder");
    fs::write(clone.join(".git/intake/turn"), "").expect("a lock");
    let (before, host) = (desk.state(&clone), desk.state(&desk.host()));
    let filler = disk.fill();
    let mut refusals = 0;
    // One page more is free at each try, so that the disk is full at every step.
    loop {
        let ran = desk.publish();
        if ran.status == Some(0) {
            break;
        }
        refusals += 1;
        assert_eq!(desk.stage(&id), "approved", "{}", ran.err);
        assert_eq!(desk.state(&clone), before, "{}", ran.err);
        assert_eq!(desk.state(&desk.host()), host);
        let length = filler.metadata().expect("its length").len();
        filler
            .set_len(length.saturating_sub(4096))
            .expect("a page freed");
        assert!(length > 0, "{}", ran.err);
    }
    println!("{refusals} refusals");
    assert!(refusals > 2, "only {refusals} refusals");
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    filler.set_len(0).expect("the disk freed");
    let next = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.stage(&next), "published");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    let head = git(&desk.host(), &["rev-parse", "main"]);
    assert_eq!(git(&clone, &["rev-parse", "HEAD"]), head);
}

// ---- others at work at the same time ------------------------------------------------------------

#[test]
fn what_others_have_pushed_is_brought_in_first() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nNews\n"));
    fs::write(desk.clone().join("a-note-of-the-operator"), "stays").expect("a file");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 2);
    assert_eq!(desk.stage(&id), "published");
    let about = fs::read_to_string(desk.clone().join("about.md")).expect("a page");
    assert!(about.contains("News"), "the clone has it too");
    assert!(desk.clone().join("a-note-of-the-operator").exists());
}

#[test]
fn a_remote_that_moves_in_the_very_moment_is_met_again() {
    // The check is the moment between fetching and pushing; in it somebody pushes, twice.
    let check = "cd $INTAKE_CHECKOUT/../web && test $(git rev-list --count HEAD) -lt 3 || exit 0; git -c user.name=W -c user.email=w@x commit -q --allow-empty -m 'In between' && git push -q";
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", check)]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.commits().len(), 3, "{:?}", desk.commits());
    assert!(desk.commits()[2].contains("Publish “"));
    let head = git(&desk.host(), &["rev-parse", "main"]);
    assert_eq!(git(&desk.clone(), &["rev-parse", "HEAD"]), head);
}

#[test]
fn a_draft_withdrawn_while_it_is_published_does_not_go_on_the_blog() {
    // The check lasts until the campaigner has acted.
    let check = "touch $INTAKE_CHECKOUT/../checking; until test -e $INTAKE_CHECKOUT/../go-on; do sleep 0.05; done";
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", check)]);
    let link = desk.intake.submit(&Answers::seed());
    let id = link.split('/').nth(2).expect("an id").to_owned();
    desk.decide(&id, "approve");
    let publishing = desk
        .intake
        .command(&["publish"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    eventually("the check", || desk.path("checking").exists().then_some(()));
    let mut campaigner = Visitor::new();
    let fields = [("action", "withdraw"), ("note", "")];
    let answer = campaigner.fill_in(&desk.intake, &link, &link, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    fs::write(desk.path("go-on"), "").expect("a sign");
    let ended = publishing.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(desk.stage(&id), "withdrawn");
    assert_eq!(desk.commits(), [""; 0]);
}

#[test]
fn a_lock_of_somebody_else_s_git_is_waited_for_and_never_taken_away() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let clone = desk.clone();
    // Somebody adds a file, which takes until we let it go on.
    let filter = "touch ../begun; until test -e ../go-on; do sleep 0.05; done; cat";
    git(&clone, &["config", "filter.slow.clean", filter]);
    fs::write(clone.join(".git/info/attributes"), "new.txt filter=slow").expect("attributes");
    fs::write(clone.join("new.txt"), "hello").expect("a file");
    let adding = Command::new("git")
        .args(["add", "new.txt"])
        .current_dir(&clone)
        .spawn();
    eventually("git at work", || desk.path("begun").exists().then_some(()));
    let publishing = desk
        .intake
        .command(&["publish"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    eventually("the push", || (desk.commits().len() == 1).then_some(()));
    assert!(clone.join(".git/index.lock").exists());
    fs::write(desk.path("go-on"), "").expect("a sign");
    let added = adding.expect("git runs").wait().expect("it ends");
    assert!(added.success(), "somebody's git was disturbed");
    let output = publishing.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "A  new.txt");
}

#[test]
fn two_publishers_at_once_take_turns_and_publish_each_post_once() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__CHECK", "true")]);
    for number in 0..12 {
        desk.approved(&Answers::number(number), &format!("campaign-{number}"));
    }
    let mut running = Vec::new();
    for _ in 0..3 {
        let child = desk
            .intake
            .command(&["publish"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        running.push(child.expect("the program runs"));
    }
    for child in running {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
    }
    let mut commits = desk.commits();
    commits.sort();
    commits.dedup();
    assert_eq!((commits.len(), desk.commits().len()), (12, 12));
    for record in desk.intake.queued(".json") {
        assert_eq!(desk.stage(record.trim_end_matches(".json")), "published");
    }
    assert_eq!(git(&desk.clone(), &["status", "--porcelain"]), "");
}

// ---- kills --------------------------------------------------------------------------------------

/// A `git` that kills whoever called it, at one of its calls: before it does its work, after it,
/// or in the midst of it together with itself.
const KILLER: &str = r#"#!/bin/sh
count=$(($(cat "$KILL_FOLDER/count" 2>/dev/null || echo 0) + 1))
echo $count > "$KILL_FOLDER/count"
[ $count -eq "$KILL_AT" ] || exec "$REAL_GIT" "$@"
echo "$@" > "$KILL_FOLDER/killed"
case $KILL_HOW in
before) kill -9 $PPID; exit 1 ;;
after) "$REAL_GIT" "$@"; kill -9 $PPID; exit 1 ;;
midst) kill -9 $PPID; exec "$REAL_GIT" "$@" ;;
esac
"#;

#[test]
fn killed_at_every_step_a_draft_is_published_once_or_still_approved() {
    let real = Command::new("sh").args(["-c", "command -v git"]).output();
    let real = String::from_utf8(real.expect("sh runs").stdout).expect("UTF-8");
    for push in ["true", "false"] {
        for how in ["before", "after", "midst"] {
            let mut desk = Desk::with(&[
                ("INTAKE__BLOG__PUSH", push),
                ("INTAKE__BLOG__CHECK", "true"),
            ]);
            let tools = desk.path("tools");
            fs::create_dir(&tools).expect("a folder");
            fs::write(tools.join("git"), KILLER).expect("a tool");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(tools.join("git"), mode).expect("an executable");
            let path = format!(
                "{}:{}",
                tools.display(),
                std::env::var("PATH").expect("a path")
            );
            let mut kills = 0;
            loop {
                let step = kills + 1;
                let id = desk.approved(&Answers::number(step), &format!("campaign-{step}"));
                let before = if push == "true" {
                    let news = format!("---\nlayout: page\n---\n{step}\n");
                    desk.webmaster("about.md", Some(&news));
                    desk.commits().len()
                } else {
                    0
                };
                let _ = fs::remove_file(tools.join("count"));
                let status = desk
                    .intake
                    .command(&["publish"])
                    .env("PATH", &path)
                    .env("KILL_FOLDER", &tools)
                    .env("KILL_AT", step.to_string())
                    .env("KILL_HOW", how)
                    .env("REAL_GIT", real.trim())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()
                    .expect("the program runs");
                let file = format!("_posts/2025-02-05-campaign-{step}.md");
                if !status.success() {
                    kills += 1;
                    let at = fs::read_to_string(tools.join("killed")).expect("where");
                    assert!(["approved", "published"].contains(&desk.stage(&id).as_str()));
                    desk.publish_well();
                    assert_eq!(desk.stage(&id), "published", "{how} {at}");
                }
                let standing = fs::read_to_string(desk.clone().join(&file)).expect("the post");
                assert_eq!(standing, desk.draft(&id));
                assert_eq!(git(&desk.clone(), &["status", "--porcelain", "-uall"]), "");
                if push == "true" {
                    assert_eq!(desk.commits().len(), before + 1, "{:?}", desk.commits());
                    assert_eq!(desk.on_the_host(&file), Some(desk.draft(&id)));
                }
                let count = git(&desk.clone(), &["log", "--format=%s", "--", &file]);
                assert_eq!(count.lines().count(), 1, "{count}");
                if status.success() {
                    break;
                }
            }
            println!("push {push}, {how}: {kills} kills");
            assert!(kills > 10, "only {kills} kills");
        }
    }
}

#[test]
fn a_landing_cut_off_half_way_is_undone_and_what_somebody_changed_since_stays() {
    let mut desk = Desk::new();
    desk.approved(&Answers::seed(), "case-study-tuc");
    desk.webmaster("about.md", Some("---\nlayout: page\n---\nNews that came\n"));
    let clone = desk.clone();
    // As a power cut leaves it in the midst of git's work: the note, git's locks, one file written
    // in part, one wholly, the branch not moved.
    git(&clone, &["fetch", "--quiet", "origin"]);
    git(
        &clone,
        &["update-ref", "refs/intake/landing", "origin/main"],
    );
    fs::write(clone.join("about.md"), "---\nlayout: pa").expect("half a page");
    fs::write(clone.join(".git/index.lock"), "half an index").expect("a lock");
    fs::write(clone.join("index.html"), "somebody’s own work").expect("a change");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("undo them: index.html"), "{}", ran.err);
    let index = fs::read_to_string(clone.join("index.html")).expect("a page");
    assert_eq!(index, "somebody’s own work");
    git(&clone, &["checkout", "--quiet", "index.html"]);
    desk.publish_well();
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    assert_eq!(git(&clone, &["for-each-ref", "refs/intake"]), "");
    let about = fs::read_to_string(clone.join("about.md")).expect("a page");
    assert!(about.contains("News that came"));
}

// ---- other ways of working ----------------------------------------------------------------------

#[test]
fn without_pushing_the_commits_wait_in_the_clone_and_go_with_the_next_push() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__PUSH", "false")]);
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    desk.publish_well();
    assert_eq!(desk.stage(&id), "published");
    assert_eq!(desk.commits(), [""; 0]);
    let post = fs::read_to_string(desk.clone().join(SEED_FILE)).expect("the post");
    assert_eq!(post, desk.draft(&id));
    desk.intake.set("INTAKE__BLOG__PUSH", "true");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 1, "with nothing else to publish");
    desk.intake.set("INTAKE__BLOG__PUSH", "false");
    desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    desk.intake.set("INTAKE__BLOG__PUSH", "true");
    desk.approved(&Answers::number(3), "campaign-3");
    desk.publish_well();
    assert_eq!(desk.commits().len(), 3);
}

#[test]
fn for_those_who_merge_each_post_gets_a_branch_of_its_own() {
    let mut desk = Desk::with(&[("INTAKE__BLOG__BRANCH", "case-study/{slug}")]);
    let mut answers = Answers::seed();
    let id = desk.approved(&answers, "case-study-tuc");
    let other = desk.approved(&Answers::number(2), "campaign-2");
    desk.publish_well();
    assert_eq!(desk.commits(), [""; 0], "main waits for the merge");
    let branches = git(
        &desk.host(),
        &["for-each-ref", "--format=%(refname:short)", "refs/heads"],
    );
    assert_eq!(
        branches,
        "case-study/campaign-2\ncase-study/case-study-tuc\nmain"
    );
    let on = |file: &str| {
        git(
            &desk.host(),
            &["show", &format!("case-study/case-study-tuc:{file}")],
        )
    };
    assert_eq!(on(SEED_FILE), desk.draft(&id).trim_end());
    assert_eq!(git(&desk.clone(), &["branch", "--show-current"]), "main");
    assert!(
        desk.review(&id)
            .contains("once the branch case-study/case-study-tuc is merged")
    );
    let letter = eventually("the letter", || {
        letters_of(&desk, "about to go on the blog").pop()
    });
    assert!(
        letter.text.contains("Within the next days"),
        "{}",
        letter.text
    );

    // A change before the merge goes on the same branch, one after it on a new one.
    answers.story.push_str("\n\nMore.");
    desk.edit(&id, &answers, &[]);
    desk.publish_well();
    let count = ["rev-list", "--count", "main..case-study/case-study-tuc"];
    assert_eq!(git(&desk.host(), &count), "2");
    let web = desk.path("web");
    git(&web, &["fetch", "--quiet"]);
    git(
        &web,
        &[
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            "Merge",
            "origin/case-study/case-study-tuc",
        ],
    );
    git(&web, &["push", "--quiet"]);
    answers.story.push_str("\n\nStill more.");
    desk.edit(&id, &answers, &[]);
    desk.publish_well();
    assert_eq!(git(&desk.host(), &count), "1");
    assert_eq!(
        on_branch(&desk, "case-study/case-study-tuc", SEED_FILE),
        desk.draft(&id).trim_end()
    );
    assert_eq!(desk.stage(&other), "published");

    desk.decide(&id, "take_down");
    let letter = eventually("the letter", || {
        letters_of(&desk, "about to leave the blog").pop()
    });
    assert!(
        letter.text.contains("within the next days it will be gone"),
        "{}",
        letter.text
    );
    assert!(desk.review(&id).contains("once its branch is merged"));
}

fn on_branch(desk: &Desk, branch: &str, file: &str) -> String {
    git(&desk.host(), &["show", &format!("{branch}:{file}")])
}

#[test]
fn without_a_clone_the_desk_gives_the_file_and_takes_the_editors_word() {
    let mut intake = Intake::at_rest_with(&[
        ("INTAKE__EDITORS", EDITORS),
        ("INTAKE__BLOG__ADDRESS", "https://blog.example/{slug}"),
    ]);
    intake.start_again();
    let ann = Visitor::sign_in(&intake, ANN);
    let mut desk = Desk { intake, ann };
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("`blog.path` is not set"), "{}", ran.err);
    let page = desk.review(&id);
    assert!(
        page.contains("post.patch") && page.contains("I have put it on the blog"),
        "{page}"
    );
    desk.decide(&id, "publish");
    assert_eq!(desk.stage(&id), "published");
    let letter = eventually("the letter", || letters_of(&desk, "is on the blog").pop());
    assert!(letter.text.contains("https://blog.example/case-study-tuc"));
    desk.decide(&id, "take_down");
    assert_eq!(desk.stage(&id), "received");
}

// ---- the blog's own words -----------------------------------------------------------------------

#[test]
fn topics_projects_and_authors_are_the_clone_s_and_change_with_it() {
    let mut desk = Desk::new();
    let form = desk.intake.get("/").body;
    assert!(form.contains("value=\"Health\""), "{form}");
    assert!(
        !form.contains("Civil society countervailing power"),
        "not the configured list"
    );
    let clone = desk.clone();
    for (file, text) in [
        (
            "_topics/new.md",
            "---\r\ntitle: \"Housing: a right\"\r\n---\r\n",
        ),
        ("_topics/bom.md", "\u{feff}---\ntitle: With a mark\n---\n"),
        (
            "_projects/new.md",
            "---\ntitle: Old name\ntitle: New name\nsites:\n  -\n---\n",
        ),
        ("_people/jo-new.md", "---\nrole: [\n---\n"),
    ] {
        fs::write(clone.join(file), text).expect("a page");
    }
    let form = desk.intake.get("/").body;
    assert!(form.contains("value=\"Housing: a right\""), "{form}");
    assert!(form.contains("value=\"With a mark\""), "{form}");
    let id = desk.submitted(&Answers::seed());
    let edit = desk.ann.get(&desk.intake, &format!("/desk/{id}/edit")).body;
    for title in ["Housing: a right", "New name", "Jo New"] {
        assert!(
            edit.contains(&format!("value=\"{title}\"")),
            "{title}: {edit}"
        );
    }
    assert!(!edit.contains("Old name"));
    fs::remove_file(clone.join("_topics/new.md")).expect("gone");
    assert!(!desk.intake.get("/").body.contains("Housing"));
}

#[test]
fn what_the_blog_would_show_wrongly_is_not_published() {
    let mut desk = Desk::new();
    let id = desk.approved(&Answers::seed(), "case-study-tuc");
    let good = desk.approved(&Answers::number(2), "campaign-2");
    let other = desk.approved(&Answers::number(3), "campaign-3");
    desk.edit(
        &other,
        &Answers::number(3),
        &[("author", "Zoë Okonkwo"), ("slug", "campaign-3")],
    );
    desk.webmaster(
        "_projects/2023-catalysing-communities.md",
        Some("---\ntitle: Catalysing Community Campaigns\n---\n"),
    );
    desk.edit(
        &id,
        &Answers::seed(),
        &[("author", "Tim Davis"), ("slug", "case-study-tuc")],
    );
    let ran = desk.publish();
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("no page for the author “Tim Davis”"),
        "{}",
        ran.err
    );
    assert_eq!(desk.stage(&id), "approved");
    assert_eq!(desk.stage(&good), "published");
    assert_eq!(desk.stage(&other), "published");
}

#[test]
fn the_check_command_tells_whether_the_blog_can_be_published_to() {
    let desk = Desk::with(&[("INTAKE__BLOG__CHECK", STRICT)]);
    let ran = desk.intake.run(&["check"]);
    assert_eq!(ran.status, Some(0), "{}", ran.out);
    for line in [
        "ok     blog written: clone can be written",
        "ok     blog read: up to",
        "ok     blog pushed: origin takes main",
        "ok     blog check: passes",
        "ok     author: “Tim Davies” is on the blog",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let wrong = |setting: (&str, &str), line: &str| {
        let mut command = desk.intake.command(&["check"]);
        let output = command.env(setting.0, setting.1).output().expect("it runs");
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{out}");
        assert!(out.contains(line), "{line} in {out}");
    };
    wrong(
        ("INTAKE__BLOG__PATH", "nowhere"),
        "WRONG  blog: `blog.path`: nowhere",
    );
    wrong(
        ("INTAKE__BLOG__PATH", "clone/_posts"),
        "is a folder inside the checkout",
    );
    wrong(("INTAKE__BLOG__BRANCH", "live"), "posts go to live");
    wrong(
        ("INTAKE__BLOG__REMOTE", "upstream"),
        "has no remote upstream",
    );
    wrong(
        ("INTAKE__BLOG__CHECK", "echo it is late; false"),
        "fails: it is late",
    );
    wrong(
        ("INTAKE__POST__AUTHOR", "Nobody"),
        "WRONG  author: `post.author` is “Nobody”, which is not among the blog's pages",
    );
    wrong(("INTAKE__POST__TOPICS", "[Sport]"), "names “Sport”");
    let hook = desk.host().join("hooks/pre-receive");
    assert!(!hook.exists());
    fs::rename(desk.host(), desk.path("away")).expect("moved away");
    wrong(
        ("INTAKE__BLOG__PUSH", "true"),
        "WRONG  blog read: The remote cannot be read",
    );
    fs::rename(desk.path("away"), desk.host()).expect("moved back");
}

// ---- many ---------------------------------------------------------------------------------------

#[test]
fn a_thousand_drafts_take_no_longer_than_committing_the_same_files_by_hand() {
    const MANY: usize = 1_000;
    let mut desk = Desk::new();
    let template = desk.approved(&Answers::seed(), "case-study-tuc");
    // The same record under other ids and addresses, as if each had come in by the form.
    let record = eventually("letters sent", || {
        let record = desk.intake.queue_file(&format!("{template}.json"));
        (!record.contains("\"owed\"")).then_some(record)
    });
    let draft = desk.draft(&template);
    desk.intake.stop();
    for number in 1..MANY {
        let id = format!("{}{number:04x}", &template[..32]);
        let slug = format!("campaign-{number}");
        let text = record
            .replace(&template, &id)
            .replace("case-study-tuc", &slug)
            .replace("Trade Union Campaigns", &format!("Campaign {number}"));
        fs::write(desk.intake.queue().join(format!("{id}.json")), text).expect("a record");
        let text = draft.replace("Trade Union Campaigns", &format!("Campaign {number}"));
        fs::write(desk.intake.queue().join(format!("{id}.md")), text).expect("a draft");
    }
    let started = Instant::now();
    desk.publish_well();
    let ours = started.elapsed();
    assert_eq!(desk.commits().len(), MANY);

    let by_hand = desk.path("by-hand");
    git(
        desk.intake.folder.path(),
        &["clone", "--quiet", "blog.git", "by-hand"],
    );
    git(
        &by_hand,
        &["reset", "--quiet", "--hard", &format!("HEAD~{MANY}")],
    );
    let posts: Vec<PathBuf> = fs::read_dir(desk.clone().join("_posts"))
        .expect("posts")
        .map(|entry| entry.expect("a post").path())
        .filter(|path| path.to_string_lossy().contains("2025-02-05"))
        .collect();
    assert_eq!(posts.len(), MANY);
    let started = Instant::now();
    for post in &posts {
        let name = post.file_name().expect("a name");
        let file = by_hand.join("_posts").join(name);
        fs::copy(post, &file).expect("a copy");
        git(&by_hand, &["add", &file.to_string_lossy()]);
        git(&by_hand, &["commit", "--quiet", "-m", "By hand"]);
    }
    let hand = started.elapsed();
    println!("{MANY} drafts: published in {ours:?}, committed by hand in {hand:?}");
    assert!(ours < hand, "{ours:?} against {hand:?}");
    desk.intake.start_again();
}
