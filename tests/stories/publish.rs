//! From the desk to the blog: a real clone of a real repository, Debian's Jekyll, and everything
//! that can go wrong between them, made for real.

mod check;
mod clone;
mod examples;
mod existing;
mod journey;
mod pages;
mod together;
mod ways;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Answer, Answers, Intake, Letter, Ran, Visitor, value_of};

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
        Self::prepared(settings, |intake| {
            let own = "https://blog.example/blog/{year}/{month}/{day}/{slug}";
            intake.case_study(&[(PERMALINK, own)]);
        })
    }

    /// With what `prepare` puts into the service's folder.
    fn prepared(settings: &[(&str, &str)], prepare: impl FnOnce(&Intake)) -> Self {
        let mut all = vec![
            ("INTAKE__EDITORS", EDITORS),
            ("INTAKE__BLOG__PATH", "clone"),
        ];
        all.extend(settings);
        let mut intake = Intake::at_rest_with(&all);
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
