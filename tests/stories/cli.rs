//! An editor or operator at the terminal: what the commands say, and what a wrong setting or a
//! broken template is told.

mod backup;
mod export;
mod forms;
mod settings;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::support::{Answers, Intake, eventually, port_for_later};

/// A command whose words come to us.
fn piped(intake: &Intake, arguments: &[&str]) -> Child {
    intake
        .command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

/// A start that fails; what it says.
#[track_caller]
fn refused(intake: &Intake) -> String {
    let mut child = piped(intake, &[]);
    let stdout = child.stdout.take().expect("its standard output");
    if let Some(line) = BufReader::new(stdout).lines().next() {
        let _ = child.kill();
        let _ = child.wait();
        panic!("it has started: {line:?}");
    }
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

/// The project's own templates, in the folder where an installation may change them.
fn with_templates() -> Intake {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("templates") {
            let entry = entry.expect("an entry");
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).expect("copied");
            }
        }
    }
    let intake = Intake::at_rest_with(&[]);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    copy(&own, &intake.folder.path().join("templates"));
    intake
}

#[test]
fn a_broken_template_stops_the_start_with_its_name_and_line() {
    for (name, from, to, told) in [
        // A syntax error, an undefined variable, a filter, an included template and
        // a parent that there are not.
        (
            "letters/receipt/body.txt",
            "{{ private_url }}",
            "{{ private_url",
            "templates/letters/receipt/body.txt, line",
        ),
        (
            "letters/received/subject.txt",
            "{{ title }}",
            "{{ tilte }}",
            "templates/letters/received/subject.txt, line 1:",
        ),
        (
            "letters/letter.html",
            "{{ block }}",
            "{{ block | shout }}",
            "templates/letters/letter.html, line 13: Unknown filter",
        ),
        (
            "check.html",
            "preview.html",
            "nothing.html",
            "templates/check.html, line",
        ),
        (
            "mine.html",
            "{{ reference }}",
            "{{ contact_email }}",
            "templates/mine.html, line",
        ),
        (
            "summary.html",
            "{{ notice.heading }}",
            "{{ notice.headline }}",
            "templates/summary.html, line",
        ),
        (
            "message.html",
            "base.html",
            "bass.html",
            "templates/message.html: ",
        ),
        (
            "base.html",
            "{% block main %}",
            "{% blok main %}",
            "templates/base.html, line",
        ),
        // The post's front matter: no fence, not YAML, another title.
        ("post.md", "---\nlayout", "layout", "templates/post.md: "),
        (
            "post.md",
            "layout: post",
            "layout: [post",
            "templates/post.md: front matter",
        ),
        (
            "post.md",
            "{{ title | yaml_quoted }}",
            "\"{{ title }}\"",
            "templates/post.md: ",
        ),
        (
            "post.md",
            "{{ author | yaml }}",
            "{{ writer | yaml }}",
            "templates/post.md, line 4:",
        ),
    ] {
        let intake = with_templates();
        let file = intake.folder.path().join("templates").join(name);
        let text = fs::read_to_string(&file).expect("a template");
        assert!(text.contains(from), "{name} no longer holds {from}");
        fs::write(&file, text.replacen(from, to, 1)).expect("written");
        let said = refused(&intake);
        assert!(said.contains(told), "{name} with {to}: {said}");
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{name}");
        assert!(checked.out.contains(told), "{}", checked.out);
        assert_eq!(intake.ids(), [""; 0]);
    }
    let intake = with_templates();
    let file = intake.folder.path().join("templates/check.html");
    fs::write(file, b"caf\xe9").expect("written");
    assert!(refused(&intake).contains("templates/check.html"));
}

#[test]
fn templates_of_ones_own_are_used_and_those_left_out_are_the_shipped_ones() {
    let mut intake = Intake::at_rest_with(&[]);
    let folder = intake.folder.path().join("templates/letters/receipt");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("subject.txt"), "Diolch {{ reference }}\n").expect("written");
    intake.start_again();
    intake.submit(&Answers::seed());
    let letters = intake.letters(2);
    assert!(letters[0].headers["Subject"].starts_with("Diolch 0"));
    assert!(letters[1].headers["Subject"].starts_with("New case study"));
}

#[test]
fn an_editor_lists_and_shows_what_came_in() {
    let intake = Intake::start();
    let ran = intake.run(&["list"]);
    assert_eq!(ran.out, "There is nothing in the queue.\n");
    assert_eq!(intake.run(&["list", "--json"]).out.trim(), "[]");

    let ids: Vec<String> = (1..=3)
        .map(|number| {
            let link = intake.submit(&Answers::number(number));
            let id = link.split('/').nth(2).expect("an id");
            id.to_owned()
        })
        .collect();
    intake.letters(6);
    let ran = intake.run(&["list"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 3);
    for (line, (number, id)) in lines.iter().rev().zip((1..).zip(&ids)) {
        assert!(line.starts_with(id.as_str()), "newest first: {line}");
        assert!(line.contains(&format!("Campaign {number} (Trade")));
        assert!(line.contains("received"));
    }
    let listed = intake.run(&["list", "--json", "--stage", "received"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(listed[0]["id"], ids[2]);
    assert_eq!(listed[0]["title"], "Campaign 3");
    assert_eq!(listed[2]["stage"], "received");
    assert!(listed[0].get("contact").is_none());
    for stage in ["approved", "declined", "changes_requested", "quarantined"] {
        let ran = intake.run(&["list", "--stage", stage, "--json"]);
        assert_eq!((ran.status, ran.out.trim()), (Some(0), "[]"), "{stage}");
    }
    let ran = intake.run(&["list", "--stage", "lost"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("changes_requested"), "{}", ran.err);

    let post = intake.run(&["show", &ids[1], "--post"]);
    assert_eq!(post.status, Some(0));
    assert_eq!(post.out, intake.queue_file(&format!("{}.md", ids[1])));
    eventually("the letters recorded", || {
        let states = intake.letter_states(&ids[1]);
        states
            .iter()
            .all(|(state, _)| state == "sent")
            .then_some(())
    });
    let record = intake.record_text(&ids[1]);
    assert_eq!(
        intake.record(&ids[1]),
        serde_json::from_str::<serde_json::Value>(&record).expect("JSON")
    );
    let shown = intake.run(&["show", &ids[1]]).out;
    for word in [
        "Campaign 2\n",
        &ids[1],
        "zelda.quince@canary.example",
        "1. receipt to the campaigner: sent",
        "2. received to The editor: sent",
        "**Organisation:**",
    ] {
        assert!(shown.contains(word), "{word} in: {shown}");
    }
    assert!(lines[0].contains(":") && lines[0].contains(" UTC  received"));
    assert!(
        shown.contains(" UTC  received, by the campaigner"),
        "{shown}"
    );
    let ran = intake.run(&["show", "00000000-0000-7000-8000-000000000000"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("no submission 00000000-"), "{}", ran.err);
    let ran = intake.run(&["show", "../../etc/passwd"]);
    assert_eq!(ran.status, Some(2));
    assert!(
        ran.err.contains("a reference has 36 characters"),
        "{}",
        ran.err
    );
    let blanks = format!(" {} ", ids[1]);
    assert_eq!(intake.run(&["show", &blanks]).out, shown);
}

#[test]
fn a_form_whose_name_is_mistyped_is_no_empty_queue() {
    let intake = Intake::start();
    for arguments in [
        &["list", "--form", "case-studdy"][..],
        &["list", "--json", "--form", "case-studdy"],
        &["export", "--form", "case-studdy"],
        &["export", "--csv", "--form", "case-studdy"],
    ] {
        let ran = intake.run(arguments);
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (Some(1), ""),
            "{arguments:?}"
        );
        let told = "there is no form case-studdy; there is case-study";
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    let ran = intake.run(&["list", "--form", "case-study"]);
    assert_eq!(ran.out, "There is nothing like that in the queue.\n");
    intake.submit(&Answers::seed());
    // What a form has sent that is not configured any more is still there.
    let mut intake = intake;
    intake.form(
        "note",
        include_str!("../../config/examples/event/forms/event.yaml"),
    );
    intake.template(
        "event.md",
        include_str!("../../config/examples/event/templates/event.md"),
    );
    intake.set("INTAKE__FORMS", "[note]");
    let ran = intake.run(&["list", "--form", "case-study"]);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.out.contains("received"), "{}", ran.out);
}

#[test]
fn check_is_content_with_what_is_shipped_and_says_so() {
    let intake = Intake::at_rest_with(&[]);
    let ran = intake.run(&["check"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("WRONG"), "{}", ran.out);
    for word in [
        "configuration",
        "templates",
        "form case-study",
        "store",
        "mail",
    ] {
        assert!(ran.out.contains(word), "{word} in: {}", ran.out);
    }
}

#[test]
fn check_says_that_it_is_the_store_that_is_away() {
    let away = format!("postgres://intake@127.0.0.1:{}/intake", port_for_later());
    let intake = Intake::at_rest_with(&[("INTAKE__DATA", &away)]);
    let ran = intake.run(&["check"]);
    assert_eq!(ran.status, Some(1), "{}", ran.out);
    assert!(ran.out.contains("WRONG  store: "), "{}", ran.out);
}

#[test]
fn check_names_what_would_be_wrong_on_the_blog_and_mail_that_goes_nowhere() {
    for (name, shipped, own, word) in [
        (
            "author",
            "default: Tim Davies",
            "default: Nobody",
            "“Nobody”",
        ),
        (
            "projects",
            "default: Catalysing Community Campaigns",
            "default: [Lost]",
            "“Lost”",
        ),
    ] {
        let intake = Intake::at_rest_with(&[]);
        intake.case_study(&[(shipped, own)]);
        let ran = intake.run(&["check"]);
        assert_eq!(ran.status, Some(1), "{own}: {}", ran.out);
        let wrong = ran.out.lines().find(|line| line.contains(word));
        let wrong = wrong.expect("a judgement");
        assert!(wrong.starts_with("WRONG"), "{wrong}");
        assert!(
            wrong.contains("case-study") && wrong.contains(name),
            "{wrong}"
        );
    }
    for (name, value, word) in [
        ("INTAKE__PUBLIC_URL", "https://x.example", "only captured"),
        ("INTAKE__PUBLIC_URL", "http://x.example", "`editors`"),
        ("INTAKE__PUBLIC_URL", "http://x.example", "`mail.from`"),
        ("INTAKE__PUBLIC_URL", "http://x.example", "`site.contact`"),
        (
            "INTAKE__PUBLIC_URL",
            "http://x.example",
            "`privacy.controller`",
        ),
        ("INTAKE__SECURITY__EXPIRES", "2099-01-01", "security"),
        ("INTAKE__DATA", "/proc/queue", "/proc"),
        ("INTAKE__MAIL__TRANSPORT", "smtp://127.0.0.1:1", "mail: "),
    ] {
        let intake = Intake::at_rest_with(&[(name, value)]);
        let ran = intake.run(&["check"]);
        assert_eq!(ran.status, Some(1), "{name}={value}: {}", ran.out);
        let wrong = ran.out.lines().find(|line| line.contains(word));
        assert!(
            wrong.is_some_and(|line| line.starts_with("WRONG")),
            "{name}={value}: {}",
            ran.out
        );
    }
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let intake = Intake::start();
    for number in 0..3 {
        intake.submit(&Answers::number(number));
    }
    intake.letters(6);
    let mut child = piped(&intake, &["list"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_log_that_nobody_reads_stops_neither_the_service_nor_its_end() {
    let mut intake = Intake::at_rest_with(&[]);
    let mut child = piped(&intake, &[]);
    let stdout = child.stdout.take().expect("its standard output");
    let mut said = BufReader::new(stdout).lines().map_while(Result::ok);
    let first = said.next().expect("where the form is");
    let (_, url) = first.split_once("http").expect("an address");
    intake.url = format!("http{}", url.trim_end_matches('/'));
    // More than fits into a pipe, whose size is 64 KiB.
    for _ in 0..1000 {
        assert_eq!(intake.get("/healthz").status, 200);
    }
    let asked = Command::new("kill").arg(child.id().to_string()).status();
    assert!(asked.expect("kill runs").success());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn on_a_terminal_every_command_speaks_as_it_does_elsewhere() {
    let intake = Intake::start();
    intake.submit(&Answers::seed());
    let program = env!("CARGO_BIN_EXE_intake");
    for command in ["list", "check", "publish"] {
        let output = std::process::Command::new("script")
            .args(["-qec", &format!("{program} {command}"), "/dev/null"])
            .current_dir(intake.folder.path())
            .envs(intake.database().map(|data| ("INTAKE__DATA", data)))
            .stdin(std::process::Stdio::null())
            .output()
            .expect("script is missing: tests/run installs it");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command}: {said}");
        assert!(!said.contains("panicked"), "{command}: {said}");
    }
    for (out, err) in [("/dev/full", "/dev/null"), ("/dev/null", "/dev/full")] {
        let shell = format!("{program} check > {out} 2> {err}");
        let status = std::process::Command::new("sh")
            .args(["-c", &shell])
            .current_dir(intake.folder.path())
            .envs(intake.database().map(|data| ("INTAKE__DATA", data)))
            .status();
        assert_eq!(status.expect("sh runs").code(), Some(0), "{shell}");
    }
}

#[test]
fn what_is_published_is_taken_off_by_a_new_name_and_by_the_old_one() {
    let intake = Intake::at_rest_with(&[]);
    let id = uuid::Uuid::now_v7().to_string();
    let said = ["unpublish", "take-down"].map(|name| {
        let ran = intake.run(&[name, &id]);
        assert_eq!(ran.status, Some(1), "{name}: {}", ran.err);
        assert_eq!(intake.run(&[name]).status, Some(2), "which one?");
        ran.err
    });
    assert_eq!(said[0], said[1]);
    let help = intake.run(&["--help"]).out;
    assert!(
        help.contains("unpublish") && help.contains("take-down"),
        "{help}"
    );
}
