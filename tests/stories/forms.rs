//! An organisation serves several forms, each in its time; another asks things of every kind.

use jiff::{SignedDuration, Timestamp};

use crate::support::{Answer, Answers, Intake, Visitor, eventually, value_of};

const EVERY_KIND: &str = r"
title: Tell us everything
noun: report
parts:
  - name: all
    title: All of it
    fields:
      - {name: heading, label: Heading, kind: line, required: true}
      - {name: summary, label: Summary, kind: text, max: 100}
      - {name: day, label: Day of the march, kind: date, required: true, min: 2000-01-01}
      - {name: since, label: Since when, kind: year, min: 1900}
      - {name: people, label: How many people came, kind: number, min: 1, max: 1000000}
      - {name: again, label: Will you do it again?, kind: yes_no, required: true}
      - {name: site, label: Website, kind: url}
      - {name: press, label: Address for the press, kind: email}
      - name: how
        label: How did you do it
        kind: choice
        options: ['Online: a petition', 'On the street: a march']
      - name: where
        label: Where
        kind: choices
        options: [Berlin, Lagos, Lima]
        max: 2
      - name: partners
        label: Partners
        kind: group
        entry: partner
        min: 1
        max: 3
        fields:
          - {name: partner, label: Name of the partner, kind: line, required: true}
          - {name: role, label: What they did, kind: long_line}
consent: {wording: I agree that this is published.}
post:
  template: report.md
  path: _reports/{slug}.md
  permalink: https://blog.example/{slug}
  title: heading
";
const TEMPLATE: &str = "---\ntitle: {{ title | yaml_quoted }}\n{% for field in fields %}{{ field.value | yaml(key=field.name) }}{% endfor %}---\n";

fn every_kind() -> Intake {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[report]")]);
    intake.form("report", EVERY_KIND);
    intake.template("report.md", TEMPLATE);
    intake.start_again();
    intake
}

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("heading", "The march"),
        ("day-day", "3"),
        ("day-month", "March"),
        ("day-year", "2026"),
        ("since", "1998"),
        ("people", "12,500"),
        ("again", "yes"),
        ("site", "https://https://march.example/a"),
        ("press", "press@march.example"),
        ("how", "Online: a petition"),
        ("where", "Lima"),
        ("where", "Berlin"),
        ("partners-1-partner", "Union"),
        ("contact_name", "미투"),
        ("contact_email", "ana@canary.example"),
        ("consent", "yes"),
    ]
}

#[track_caller]
fn send(intake: &Intake, changed: &[(&str, &str)], action: &str) -> Answer {
    let token = intake.token();
    let mut fields: Vec<(&str, &str)> = good();
    fields.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
    fields.extend(changed);
    fields.extend([("token", token.as_str()), ("action", action)]);
    intake.post("/", &fields)
}

/// What stands in this input.
fn filled<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let (_, rest) = answer.body.split_once(&format!(" name=\"{name}\""))?;
    let (_, value) = rest.split_once('>')?.0.split_once("value=\"")?;
    value.split('"').next()
}

#[test]
fn each_mistake_is_told_in_words_at_its_question() {
    let intake = every_kind();
    let page = intake.get("/").body;
    for limit in [
        "1 January 2000 or later",
        "1900 or later",
        "From 1 to 1,000,000",
    ] {
        assert!(page.contains(&format!(">{limit}</p>")), "{limit}");
    }
    for (name, typed, words) in [
        ("day-year", "26", "four digits"),
        ("day-day", "31", "no such day"),
        ("day-day", "", "day"),
        ("day-year", "1999", "2000"),
        ("since", "98", "four digits"),
        ("since", "1800", "1900"),
        ("people", "many", "number"),
        ("people", "12.500", "in two ways"),
        ("people", "0", "between 1 and 1,000,000"),
        ("again", "", "yes or no"),
        ("site", "ftp://march.example", "https://"),
        ("site", "https://ana:secret@march.example/", "user name"),
        ("press", "march.example", "ana@example.org"),
        ("how", "Online", "not on it"),
    ] {
        let typed_day = [("day-month", "2"), (name, typed)];
        let answer = match typed {
            "31" => send(&intake, &typed_day, "check"),
            _ => send(&intake, &[(name, typed)], "check"),
        };
        assert_eq!(answer.status, 422, "{name} {typed}");
        assert!(answer.body.contains("<title>Error: "), "{name} {typed}");
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{name} {typed}: {problems:?}");
        let (input, message) = &problems[0];
        assert!(
            answer.body.contains(&format!("id=\"{input}\"")),
            "{name} {typed}: no input {input}"
        );
        assert!(message.contains(words), "{name} {typed}: {message}");
        if !typed.is_empty() && name != "how" {
            assert_eq!(filled(&answer, name), Some(typed));
        }
    }
    let too_many = [("where", "Lima"), ("where", "Berlin"), ("where", "Lagos")];
    let no_name = [
        ("partners-1-partner", ""),
        ("partners-1-role", "Printed it"),
    ];
    for (changed, input) in [(&too_many[..], "where"), (&no_name, "partners-1-partner")] {
        let problems = send(&intake, changed, "check").problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].0.starts_with(input), "{problems:?}");
    }
}

#[test]
fn what_was_mended_is_said_before_it_is_sent_and_every_answer_lands() {
    let intake = every_kind();
    let check = send(&intake, &[], "check");
    assert_eq!(check.status, 200, "{:?}", check.problems());
    for words in [
        "3 March 2026",
        "12500",
        "https://march.example/a",
        "Not provided",
        "Online: a petition",
        "미투",
    ] {
        assert!(check.body.contains(words), "{words}:\n{}", check.body);
    }
    let sent = send(&intake, &[], "submit");
    assert_eq!(sent.status, 303, "{:?}", sent.problems());
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    for line in [
        "day: \"2026-03-03\"",
        "since: 1998",
        "people: 12500",
        "again: true",
        "site: \"https://march.example/a\"",
        "press: \"press@march.example\"",
        "how: \"Online: a petition\"",
        "- partner: Union",
    ] {
        assert!(draft.contains(line), "{line}:\n{draft}");
    }
    let (berlin, lima) = (draft.find("- Berlin"), draft.find("- Lima"));
    assert!(
        berlin.is_some() && berlin < lima,
        "in the list's order:\n{draft}"
    );
    assert!(!draft.contains("미투"));
    assert!(!draft.contains("canary"));
}

#[test]
fn what_an_entry_is_called_keeps_its_letters_and_a_range_tells_its_numbers_as_people_do() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[report]")]);
    let form = EVERY_KIND
        .replace("entry: partner", "entry: Schritt")
        .replace("min: 1, max: 1000000", "min: -5, max: 12500.5");
    intake.form("report", &form);
    intake.template("report.md", TEMPLATE);
    intake.start_again();
    let page = intake.get("/").body;
    assert!(page.contains(">From −5 to 12,500.5</p>"), "{page}");
    assert!(page.contains(">Add Schritt<"), "{page}");
    let problems = send(&intake, &[("people", "-6")], "check").problems();
    assert!(problems[0].1.contains("between −5 and 12,500.5"));

    intake.form("report", EVERY_KIND);
    intake.start_again();
    let page = intake.get("/").body;
    assert!(page.contains(">Add partner<"), "{page}");
    let page = send(&intake, &[], "add:partners").body;
    assert!(page.contains(">Add another partner<"), "{page}");
    assert!(page.contains("<legend>Partner 1</legend>"), "{page}");
}

#[test]
fn a_loop_over_all_questions_shows_readers_words_whatever_their_kind() {
    let template = "---\ntitle: {{ title | yaml_quoted }}\n---\n{% for field in fields %}\n**{{ field.label }}:** {{ field.words }}\n{% endfor %}";
    let form = EVERY_KIND.replace(
        "kind: long_line}\n",
        "kind: markdown}\n          - {name: paid, label: Was it paid?, kind: yes_no}\n          - {name: fee, label: Fee, kind: number, public: false}\n",
    );
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[report]")]);
    intake.form("report", &form);
    intake.template("report.md", template);
    intake.start_again();
    let group = [
        ("partners-1-partner", "- *Union*"),
        ("partners-1-role", "* printed\n* **paid**\n\n{{ x }}"),
        ("partners-1-paid", "no"),
        ("partners-1-fee", "4711"),
        ("partners-2-partner", "Church"),
        ("partners-2-paid", "yes"),
    ];
    let sent = send(&intake, &group, "submit");
    assert_eq!(sent.status, 303, "{:?}", sent.problems());
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    let (_, body) = draft.split_once("\n---\n").expect("a body");
    for line in [
        "**Day of the march:** 3 March 2026",
        "**How many people came:** 12500",
        "**Will you do it again?:** yes",
        "**Where:** Berlin, Lima",
        "**How did you do it:** Online: a petition",
    ] {
        assert!(body.contains(&format!("\n{line}\n")), "{line}: {body}");
    }
    assert!(!body.contains("4711"), "{body}");
    let page = intake.get(&sent.location).body;
    let (_, shown) = page.split_once("class=\"post-body").expect("the preview");
    for html in [
        "<p><strong>Partners:</strong></p>",
        "<strong>Website:</strong> <a href=\"https://march.example/a\">https://march.example/a</a>",
        "<p>Name of the partner: - *Union*<br>\nWhat they did:</p>",
        "<li>printed</li>\n<li><strong>paid</strong></li>",
        "<p>{{ x }}</p>",
        "<p>Was it paid? no</p>",
        "<p>Name of the partner: Church<br>\nWas it paid? yes</p>",
    ] {
        assert!(shown.contains(html), "{html}: {shown}");
    }
}

#[test]
fn a_partner_is_added_and_removed_without_javascript_and_nothing_is_lost() {
    let intake = every_kind();
    let mut fields = vec![("partners-1-role", "Printed it")];
    let answer = send(&intake, &fields, "add:partners");
    assert_eq!(answer.status, 200);
    fields.extend([
        ("partners-2-partner", "Church"),
        ("partners-3-partner", "School"),
    ]);
    let answer = send(&intake, &fields, "remove:partners-1");
    assert_eq!(answer.status, 200);
    assert_eq!(filled(&answer, "partners-2-partner"), Some("Church"));
    assert_eq!(filled(&answer, "partners-3-partner"), Some("School"));
    assert_eq!(filled(&answer, "heading"), Some("The march"));
    assert!(!answer.body.contains("Printed it"));
}

/// A form with a name and a heading only, and these lines besides.
fn small(title: &str, besides: &str) -> String {
    format!(
        "title: {title}\nnoun: note\n{besides}parts:\n  - name: all\n    title: All\n    fields:\n      - {{name: heading, label: Heading, kind: line, required: true}}\nconsent: {{wording: I agree.}}\npost: {{template: small.md, path: '_notes/{{slug}}.md', permalink: 'https://blog.example/{{slug}}', title: heading}}\n"
    )
}

fn note<'a>(token: &'a str, heading: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("heading", heading),
        ("contact_name", "断水"),
        ("contact_email", "ana@canary.example"),
        ("consent", "yes"),
        ("token", token),
        ("action", "submit"),
    ]
}

#[test]
fn two_forms_stand_in_a_list_and_the_desk_tells_them_apart() {
    let mut intake = Intake::at_rest_with(&[
        ("INTAKE__FORMS", "[letter, report, later, past]"),
        ("INTAKE__EDITORS", "[{name: Ed, email: ed@canary.example}]"),
    ]);
    intake.form("letter", &small("Write a letter", "closes: 2999-12-30\n"));
    intake.form("report", EVERY_KIND);
    intake.form(
        "later",
        &small("Not yet", "opens: 2999-01-01\nbefore: Come back in 2999.\n"),
    );
    intake.form(
        "past",
        &small("Gone", "closes: 2020-01-01\nafter: Thank you all.\n"),
    );
    intake.template("small.md", TEMPLATE);
    intake.template("report.md", TEMPLATE);
    intake.start_again();

    let list = intake.get("/").body;
    assert!(list.contains("<a href=\"/forms/letter\">Write a letter</a>"));
    assert!(list.contains("<a href=\"/forms/report\">Tell us everything</a>"));
    assert!(list.contains("Open until 31 December 2999"), "{list}");
    assert!(!list.contains("Not yet") && !list.contains("Gone"));
    assert!(
        intake
            .get("/forms/later")
            .body
            .contains("Come back in 2999.")
    );
    assert!(intake.get("/forms/past").body.contains("Thank you all."));
    assert_eq!(intake.get("/forms/nothing").status, 404);

    for (form, heading) in [("letter", "A letter"), ("letter", "Another")] {
        let page = format!("/forms/{form}");
        let token = value_of(&intake.get(&page).body, "token").expect("a token");
        let sent = intake.post(&page, &note(&token, heading));
        assert_eq!(sent.status, 303, "{:?}", sent.problems());
    }
    let token = value_of(&intake.get("/forms/report").body, "token").expect("a token");
    let mut fields = good();
    fields.extend([("token", token.as_str()), ("action", "submit")]);
    assert_eq!(intake.post("/forms/report", &fields).status, 303);
    for (form, status) in [("later", 422), ("past", 422)] {
        let refused = intake.post(&format!("/forms/{form}"), &note(&token, "Kept words"));
        assert_eq!(refused.status, status);
        assert!(refused.body.contains("Kept words"));
    }

    assert_eq!(
        intake
            .run(&["list", "--form", "letter"])
            .out
            .lines()
            .count(),
        2
    );
    assert_eq!(intake.run(&["list"]).out.lines().count(), 3);
    let mut ed = Visitor::sign_in(&intake, "ed@canary.example");
    let queue = ed.get(&intake, "/desk?form=report").body;
    assert!(
        queue.contains("The march") && !queue.contains("Another"),
        "{queue}"
    );
    let queue = ed.get(&intake, "/desk").body;
    assert!(queue.contains("The march") && queue.contains("Another"));
}

#[test]
fn who_has_begun_can_still_finish_when_the_form_has_closed() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[letter]")]);
    intake.template("small.md", TEMPLATE);
    // Long enough to start the service and to open the form.
    let closes = Timestamp::now() + SignedDuration::from_secs(6);
    let times = format!("closes: {closes}\nfinish_within: 1 hour\n");
    intake.form("letter", &small("Write a letter", &times));
    intake.start_again();
    let begun = intake.token();
    eventually("the form to close", || {
        intake
            .get("/")
            .body
            .contains("This form is closed")
            .then_some(())
    });
    let late = intake.post("/", &note("", "Too late"));
    assert_eq!(late.status, 422);
    assert!(late.body.contains("Too late") && late.body.contains("This form is closed"));
    let token = value_of(&late.body, "token").expect("a token");
    let again = intake.post("/", &note(&token, "Too late"));
    assert_eq!(
        again.status, 422,
        "the token of a closed form opens nothing"
    );
    let finished = intake.post("/", &note(&begun, "In time"));
    assert_eq!(finished.status, 303, "{:?}", finished.problems());
    assert_eq!(intake.queued(".md").len(), 1);
}

#[test]
fn whether_ai_was_used_has_three_honest_answers() {
    let form = |own: &str| {
        let asked = format!("        - {{name: ai, kind: ai_use, required: true{own}}}\n");
        let shipped = include_str!("../../config/forms/case-study.yaml");
        let before = "    - name: glance\n";
        let part = format!("    - name: ai\n      title: AI\n      fields:\n{asked}{before}");
        shipped.replacen(before, &part, 1)
    };
    let intake = Intake::at_rest_with(&[]);
    intake.form("case-study", &form(", options: [Yes]"));
    let refused = intake.run(&["check"]);
    let said = "the kind `ai_use` has answers of its own; take `options` away";
    assert!(refused.out.contains(said) || refused.err.contains(said));

    let mut intake = Intake::at_rest_with(&[]);
    intake.form("case-study", &form(""));
    intake.start_again();
    let page = intake.get("/").body;
    assert!(page.contains("Was AI used to write this?"), "{page}");
    let helped = "AI helped, and I’ve checked all of it";
    for answer in [
        "No, I wrote it myself",
        helped,
        "AI wrote it, and I haven’t checked all of it",
    ] {
        assert!(page.contains(&format!("value=\"{answer}\"")), "{answer}");
    }
    assert!(
        !page.contains("I wrote it myself\" checked"),
        "nobody says it for them"
    );
    let answers = Answers::seed();
    let token = intake.token();
    let nothing_said = intake.post("/", &answers.sent(&token, "check"));
    assert!(
        nothing_said.body.contains("Say whether AI was used"),
        "{}",
        nothing_said.body
    );
    let mut sent = answers.sent(&token, "submit");
    sent.push(("ai", helped));
    assert_eq!(intake.post("/", &sent).status, 303);
    let [id] = &intake.ids()[..] else {
        panic!("one submission");
    };
    assert_eq!(intake.record(id)["revisions"][0]["answers"]["ai"], helped);
}

#[test]
fn a_form_that_asks_for_no_name_speaks_of_none() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[report]")]);
    intake.form("report", &format!("{EVERY_KIND}contact: {{name: false}}\n"));
    intake.template("report.md", TEMPLATE);
    intake.start_again();
    let sent = send(&intake, &[("contact_name", "")], "submit");
    assert_eq!(sent.status, 303, "{}", sent.body);
    let link = sent.location;
    let mut said: Vec<String> = ["", "/copy", "/edit"]
        .into_iter()
        .map(|page| intake.get(&format!("{link}{page}")).body)
        .collect();
    said.extend(intake.letters(2).into_iter().map(|letter| letter.text));
    said.extend(["/", "/privacy"].map(|page| intake.get(page).body));
    let mut editor = Visitor::sign_in(&intake, "editor@example.org");
    let id = link.split('/').nth(2).expect("an id");
    let desk = editor.get(&intake, &format!("/desk/{id}")).body;
    assert!(!desk.contains("<dt>Name</dt>") && !desk.contains(">from </span>"));
    let erased = [("action", "erase"), ("sure", "yes"), ("version", "1")];
    assert_eq!(intake.post(&link, &erased).status, 303);
    said.push(editor.get(&intake, &format!("/desk/{id}")).body);
    for words in said {
        let words = words.to_lowercase();
        let (main, _) = words
            .split_once("what you see here")
            .unwrap_or((&words, ""));
        for name in [
            "your name",
            "my name",
            "name and email",
            "names or addresses",
        ] {
            assert!(!main.contains(name), "{name} in {main}");
        }
    }
}
