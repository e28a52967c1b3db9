//! From the desk to the blog: a real repository, Debian's Jekyll, and everything
//! that can go wrong between them, made for real.

mod check;
mod clock;
mod duplicates;
mod examples;
mod existing;
mod follow_up;
mod host;
mod journey;
mod pages;
mod pictures;
mod repositories;
mod sign_off;
mod together;
mod ways;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Answer, Answers, Intake, Letter, Ran, Visitor, eventually, value_of};

const ANN: &str = "ann@desk.example";
const EDITORS: &str =
    "[{name: Ann Editor, email: ann@desk.example}, {name: Bo, email: bo@desk.example}]";
/// Where people read a case study, as the shipped form has it.
const PERMALINK: &str = "https://connectedbydata.org/blog/{year}/{month}/{day}/{slug}";
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

/// The blog's repository on its host, and the service that publishes into it.
struct Desk {
    intake: Intake,
    ann: Visitor,
}

impl Desk {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        Self::prepared(settings, |intake| {
            let own = "https://blog.example/blog/{year}/{month}/{day}/{slug}";
            intake.case_study(&[(PERMALINK, own)]);
        })
    }

    /// With what `prepare` puts into the service's folder.
    fn prepared(settings: &[(&str, &str)], prepare: impl FnOnce(&Intake)) -> Self {
        let mut all = vec![
            ("INTAKE__EDITORS", EDITORS),
            ("INTAKE__BLOG__URL", "blog.git"),
            ("INTAKE__BLOG__FETCH_EVERY", "300 milliseconds"),
        ];
        all.extend(settings);
        let mut intake = Intake::at_rest_with(&all);
        // For what the blog's check does there.
        let place = intake.folder.path().to_string_lossy().into_owned();
        intake.set("DESK", &place);
        prepare(&intake);
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
        intake.start_again();
        let ann = Visitor::sign_in(&intake, ANN);
        Self { intake, ann }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.intake.folder.path().join(name)
    }

    /// The files of the blog as they are now, where somebody works on them.
    fn web(&self) -> PathBuf {
        let web = self.path("web");
        git(&web, &["pull", "--quiet", "--ff-only"]);
        web
    }

    /// The repository on its host.
    fn host(&self) -> PathBuf {
        self.path("blog.git")
    }

    /// Somebody changes the blog by other means and pushes that.
    fn webmaster(&self, file: &str, text: Option<&str>) {
        let web = self.web();
        match text {
            Some(text) => fs::write(web.join(file), text).expect("a file of the blog"),
            None => fs::remove_file(web.join(file)).expect("a file of the blog"),
        }
        git(&web, &["add", "--all"]);
        git(&web, &["commit", "--quiet", "-m", "By hand"]);
        git(&web, &["push", "--quiet"]);
    }

    /// Waits until the service has looked at the blog as it is now.
    #[track_caller]
    fn seen(&self) {
        let now = jiff::Timestamp::now().as_millisecond() as f64 / 1_000.0;
        eventually("the blog looked at", || {
            let numbers = self.intake.watched("/metrics").body;
            let seen = numbers
                .lines()
                .find_map(|line| line.strip_prefix("intake_blog_seen_seconds "));
            seen.and_then(|seen| seen.parse::<f64>().ok())
                .filter(|seen| *seen > now)
        });
    }

    /// A form of another kind as it came in with these answers, and its id.
    #[track_caller]
    fn sent(&self, form: &str, fields: &[(&str, &str)]) -> String {
        let page = format!("/forms/{form}");
        let form = self.intake.get(&page).body;
        let token = value_of(&form, "token").expect("a token in the form");
        let mut all = vec![
            ("token", token.as_str()),
            ("contact_name", "Zelda Quince-Canary"),
            ("contact_email", "zelda.quince@canary.example"),
            ("consent", "yes"),
            ("action", "submit"),
        ];
        all.extend(fields);
        let answer = self.intake.post(&page, &all);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let id = answer.location.split('/').nth(2);
        id.expect("an id in the private link").to_owned()
    }

    /// Saves these answers as an editor.
    #[track_caller]
    fn save(&mut self, id: &str, fields: &[(&str, &str)]) {
        let page = format!("/desk/{id}/edit");
        let answer = self.ann.fill_in(&self.intake, &page, &page, fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
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
        self.save(id, &all);
    }

    /// Presses the button of the desk, without looking at the letter, and waits until what is asked
    /// of the blog has ended.
    fn press(&mut self, id: &str, action: &str) -> Answer {
        let page = format!("/desk/{id}");
        let answer = self
            .ann
            .fill_in(&self.intake, &page, &page, &[("action", action)]);
        self.ended(id);
        answer
    }

    /// Waits until nothing is asked of the blog any more with this submission.
    #[track_caller]
    fn ended(&self, id: &str) {
        eventually("the blog", || {
            self.intake.record(id)["order"].is_null().then_some(())
        });
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

    /// All that there is to see of the blog on its host: its branches, and where they stand.
    fn state(&self) -> String {
        git(&self.host(), &["for-each-ref"])
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

/// Breaks something, sees the draft still approved, the host as it was, the reason told;
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
    let host = desk.host().exists().then(|| desk.state());
    for way in ["command", "desk"] {
        if way == "command" {
            let ran = desk.publish();
            assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
            assert!(ran.err.contains(reason), "{}", ran.err);
        } else {
            let answer = desk.press(&id, "publish");
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
        let page = desk
            .review(&id)
            .replace("&#39;", "'")
            .replace("&quot;", "\"");
        assert!(page.contains(reason), "on the desk: {page}");
        assert_eq!(desk.stage(&id), "approved");
        if let Some(host) = &host {
            assert_eq!(desk.state(), *host);
        }
    }
    mends(&mut desk);
    desk.publish_well();
    assert_eq!(desk.on_the_host(SEED_FILE), Some(desk.draft(&id)));
    assert_eq!(desk.stage(&id), "published");
    assert!(!desk.review(&id).contains(reason), "the reason is gone");
}
