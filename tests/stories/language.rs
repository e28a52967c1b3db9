//! A story is not in English, and everybody who shows it knows.

use std::fs;

use serde_json::json;

use crate::{
    blog::Blog,
    support::{Answers, Intake, Oracle, Visitor},
};

const ARABIC: &str = "جمعنا بيانات عن جودة الهواء في أحيائنا، لأن أحدا لم يكن يقيسها.";

fn in_arabic() -> Answers {
    Answers {
        title: "هواء نظيف".into(),
        story: [
            ARABIC,
            "We called it “Clean air” in English.",
            ARABIC,
            ARABIC,
        ]
        .join("\n\n"),
        ..Answers::seed()
    }
}

#[test]
fn a_story_in_arabic_is_marked_as_such_wherever_it_is_shown() {
    let intake = Intake::start();
    let page = intake.get("/").body;
    for option in [
        "<option value=\"en\" selected>English</option>",
        "<option value=\"ar\">العربية (Arabic)</option>",
        "<option value=\"und\">Another language</option>",
    ] {
        assert!(page.contains(option), "{option}");
    }
    let answers = in_arabic();
    let token = intake.token();
    let send = |action: &str| {
        let mut sent = answers.sent(&token, action);
        sent.push(("written_in", "ar"));
        intake.post("/", &sent)
    };
    let back = send("edit");
    assert!(back.body.contains("<option value=\"ar\" selected>"));
    let check = send("check");
    assert!(
        check
            .body
            .contains("<div class=\"post-body\" dir=\"auto\" lang=\"ar\">")
    );
    assert!(
        check
            .body
            .contains("<p class=\"kept\" dir=\"auto\" lang=\"ar\">هواء نظيف</p>")
    );
    assert!(check.body.contains("العربية (Arabic)"));
    let sent = send("submit");
    assert_eq!(sent.status, 303, "{}", sent.body);

    let mine = intake.get(&sent.location).body;
    assert!(mine.contains("<div class=\"post-body\" dir=\"auto\" lang=\"ar\">"));
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let [id] = &intake.ids()[..] else {
        panic!("one submission");
    };
    let desk = editor.get(&intake, &format!("/desk/{id}")).body;
    assert!(desk.contains("<div class=\"post-body\" dir=\"auto\" lang=\"ar\">"));
    assert!(desk.contains("<dd class=\"kept\" dir=\"auto\" lang=\"ar\">هواء نظيف</dd>"));
    let letters = intake.letters(3);
    let received = letters.iter().find(|letter| letter.html.contains("<pre"));
    let received = received.expect("a letter with the draft");
    assert!(received.html.contains("<pre dir=\"auto\" lang=\"ar\""));
    // The words of the service in it are not.
    assert!(received.html.contains("<html lang=\"en-GB\">"));

    // What the blog knows of it.
    let draft = intake.queue_file(&format!("{id}.md"));
    assert!(draft.contains("\nlang: ar\n"), "{draft}");
    let blog = Blog::new();
    blog.add("2025-02-05-clean-air.md", &draft);
    // As the webmaster would have it.
    let layout = blog.folder.path().join("_layouts/default.html");
    let html = fs::read_to_string(&layout).expect("a layout");
    let own = html.replace(
        "<html lang=\"en-GB\">",
        "<html lang=\"{{ page.lang | default: 'en-GB' }}\">",
    );
    assert_ne!(own, html);
    fs::write(layout, own).expect("written");
    blog.build();
    let built = blog
        .folder
        .path()
        .join("_site/blog/2025/02/05/clean-air.html");
    let mut oracle = Oracle::ruby("inspect.rb", &["--lines"]);
    let seen = oracle.ask(&json!([built, "html"]));
    assert_eq!(seen["own"]["lang"], "ar");
    let seen = oracle.ask(&json!([built, ".post-body"]));
    let shown = seen["text"].as_str().expect("a text");
    assert!(shown.contains(ARABIC), "{shown}");
}

#[test]
fn any_language_can_be_named_and_what_is_none_is_sent_back() {
    let intake = Intake::start();
    for (typed, kept) in [
        // YAML takes this for “false” where it stands without quotes.
        ("no", Some("lang: \"no\"")),
        ("pt-br", Some("lang: pt-BR")),
        ("ceb", Some("lang: ceb")),
        ("und", Some("lang: und")),
        ("en-GB", None),
        ("", None),
    ] {
        let answers = in_arabic();
        let token = intake.token();
        let mut sent = answers.sent(&token, "submit");
        sent.push(("written_in", typed));
        let answer = intake.post("/", &sent);
        assert_eq!(answer.status, 303, "{typed}: {}", answer.body);
        let id = token.split('.').next().expect("an id");
        let draft = intake.queue_file(&format!("{id}.md"));
        let lang = draft.lines().find(|line| line.starts_with("lang:"));
        assert_eq!(lang, kept, "{typed}");
    }
    let answers = in_arabic();
    let token = intake.token();
    for typed in ["xx", "Arabic", "ar\"><b>", "en: x"] {
        let mut sent = answers.sent(&token, "submit");
        sent.push(("written_in", typed));
        let answer = intake.post("/", &sent);
        assert_eq!(answer.status, 422, "{typed}");
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].0, "written_in");
    }
}

#[test]
fn a_form_lists_its_languages_and_mistakes_in_it_are_told_with_their_lines() {
    let mut intake = Intake::at_rest_with(&[]);
    let asked = "kind: language\n          default: en\n";
    let with = |lines: &str| format!("kind: language\n          {lines}\n");
    intake.case_study(&[(asked, &with("options: [en-GB, cy]\n          default: cy"))]);
    intake.start_again();
    let page = intake.get("/").body;
    assert!(page.contains("<option value=\"cy\" selected>Cymraeg (Welsh)</option>"));
    assert!(page.contains("<option value=\"en-GB\">English (United Kingdom)</option>"));
    assert!(!page.contains("<option value=\"ar\">"));
    intake.stop();
    for (lines, told) in [
        ("options: [en, Welsh]", "“Welsh” is no tag of a language"),
        ("options: [en, EN]", "the language “en” stands there twice"),
        (
            "options: [en, cy]\n          default: es",
            "`default` is “es”, which is not among the options",
        ),
        (
            "default: English",
            "`default` does not fit this kind of field",
        ),
    ] {
        intake.case_study(&[(asked, &with(lines))]);
        let ran = intake.run(&["check"]);
        assert!(ran.out.contains(told), "{told}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn editors_who_read_spanish_find_what_is_written_in_it() {
    let intake = Intake::start();
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let send = |title: &str, language: &str| {
        let answers = Answers {
            title: title.into(),
            ..Answers::seed()
        };
        let token = intake.token();
        let mut sent = answers.sent(&token, "submit");
        sent.push(("written_in", language));
        assert_eq!(intake.post("/", &sent).status, 303, "{title}");
    };
    send("Clean air", "en");
    let mut queue = |query: &str| editor.get(&intake, &format!("/desk{query}")).body;
    // There is nothing to choose from.
    assert!(!queue("").contains("name=\"language\""));

    send("Aire limpio", "es");
    send("Agua limpia", "es");
    send("Clean water", "en");
    let page = queue("");
    assert!(page.contains("<option value=\"es\">Español (Spanish)</option>"));
    assert!(!page.contains("value=\"fr\""));
    for query in [
        "?language=es",
        "?language=es&sort=newest",
        "?language=es&stage=received",
        "?language=es&q=limpi",
        "?language=es&form=case-study&sort=date",
    ] {
        let page = queue(query);
        assert!(page.contains("<option value=\"es\" selected>"), "{query}");
        assert!(page.contains(">Aire limpio</a>"), "{query}");
        assert!(page.contains(">Agua limpia</a>"), "{query}");
        assert!(!page.contains(">Clean"), "{query}");
    }
    assert!(queue("?language=fr").contains("Nothing here matches"));
    let file = editor.get(&intake, "/desk/export.csv?language=es").body;
    assert!(file.contains("Aire limpio") && file.contains("Agua limpia"));
    assert!(!file.contains("Clean"));
}
