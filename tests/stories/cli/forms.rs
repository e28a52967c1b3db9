//! Somebody writes a form's file, and is told of every mistake in it.

use crate::support::Intake;

use super::refused;

/// The line of the form's file in which these words stand.
fn line_of(intake: &Intake, words: &str) -> usize {
    let file = intake.folder.path().join("config/forms/case-study.yaml");
    let text = std::fs::read_to_string(file).expect("a form");
    let at = text.lines().position(|line| line.contains(words));
    at.unwrap_or_else(|| panic!("no {words}")) + 1
}

#[test]
fn every_mistake_in_a_forms_file_is_told_at_once_with_line_and_remedy() {
    let intake = Intake::at_rest_with(&[]);
    intake.case_study(&[
        ("lead: Tell us", "laed: Tell us"),
        (
            "          hint: A short name",
            "          hnit: A short name",
        ),
        (
            "contact:\n    title: About you",
            "contact:\n    tilte: About you",
        ),
        ("          max: 120", "          max: many"),
        (
            "          label: Campaign type\n",
            "          label: Campaign type\n          pattern: \"(\"\n",
        ),
        (
            "    title: title\n    by: organisation",
            "    title: title\n    by: orgnisation",
        ),
        (
            "    path: _posts/{date}-{slug}.md",
            "    path: /_posts/{date}.md",
        ),
        (
            "    images: assets/blog/{date}-{slug}-{n}.jpg",
            "    images: assets/{slug}.jpg",
        ),
        ("consent:\n    purposes:", "consents:\n    purposes:"),
    ]);
    let said = refused(&intake);
    let checked = intake.run(&["check"]);
    assert_eq!(checked.status, Some(1));
    for (words, told) in [
        (
            "laed:",
            "the form has an unknown key `laed`; did you mean `lead`?",
        ),
        (
            "hnit:",
            "the field `title` has an unknown key `hnit`; did you mean `hint`?",
        ),
        (
            "tilte:",
            "`contact` has an unknown key `tilte`; did you mean `title`?",
        ),
        ("max: many", "`max` must be a whole number"),
        ("pattern:", "`pattern` is no regular expression: ("),
        (
            "path: /_posts",
            "`post.path` must be a path inside the repository",
        ),
        (
            "images: assets",
            "`post.images`: it must be a path inside the repository with {slug} and {n} in it",
        ),
        (
            "consents:",
            "the form has an unknown key `consents`; did you mean `consent`?",
        ),
        (
            "post:",
            "`post.by` names `orgnisation`, which is no field; did you mean `organisation`?",
        ),
    ] {
        let line = line_of(&intake, words);
        let place = format!("config/forms/case-study.yaml, line {line}: {told}");
        assert!(said.contains(&place), "{place} in: {said}");
        let judged = checked.out.lines().find(|line| line.contains(&place));
        let judged = judged.unwrap_or_else(|| panic!("{place} in: {}", checked.out));
        assert!(judged.starts_with("WRONG"), "{judged}");
    }
    assert!(said.contains("`consent` needs `wording`"), "{said}");
    // Commands that only read say the same.
    for command in [vec!["list"], vec!["export"]] {
        let ran = intake.run(&command);
        assert_eq!(ran.status, Some(1), "{command:?}");
        assert!(ran.err.contains("did you mean `hint`?"), "{}", ran.err);
    }
    assert_eq!(intake.ids(), [""; 0]);
}

#[test]
fn a_form_that_is_not_there_or_stands_there_twice_is_told_by_name() {
    for (forms, told) in [
        ("[petition]", "config/forms/petition.yaml: "),
        ("[case-study, case-study]", "`forms`: “case-study”"),
        ("[../case-study]", "`forms`: “../case-study”"),
        ("[]", "`forms` is empty"),
    ] {
        let intake = Intake::at_rest_with(&[("INTAKE__FORMS", forms)]);
        let said = refused(&intake);
        assert!(said.contains(told), "{forms}: {said}");
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{forms}");
        assert!(checked.out.contains(told), "{forms}: {}", checked.out);
    }
}

#[test]
fn asking_what_happened_next_needs_a_purpose_and_a_template_that_shows_the_answer() {
    let intake = Intake::at_rest_with(&[]);
    let noun = (
        "noun: case study\n",
        "noun: case study\nfollow_up: [1 year]\n",
    );
    intake.case_study(&[noun, ("- name: contact\n", "- name: writing\n")]);
    let said = refused(&intake);
    let line = line_of(&intake, "follow_up");
    assert!(
        said.contains(&format!(
            "case-study.yaml, line {line}: `follow_up` needs a purpose"
        )),
        "{said}"
    );
    // And an address to write to, by then.
    intake.case_study(&[noun]);
    let checked = intake.run(&["check"]);
    assert!(
        checked.out.contains("by time 1 of `follow_up`"),
        "{}",
        checked.out
    );
    let shipped = include_str!("../../../templates/post.md");
    let without = shipped.replace("addenda", "no_such_thing");
    intake.template("post.md", &without);
    let said = refused(&intake);
    assert!(
        said.contains("templates/post.md: it doesn’t show `addenda`"),
        "{said}"
    );
}

/// A form of four questions, of which two must be answered.
const NOTE: &str = "\
title: Leave a note
parts:
    - title: Note
      fields:
        - name: heading
          label: Title
          kind: line
          required: true
        - name: words
          label: Note
          kind: text
          required: true
        - name: people
          label: People
          kind: choices
          options: [Ana, Bo]
        - name: count
          label: How many
          kind: number
consent:
    wording: I agree.
post:
    template: note.md
    path: content/{slug}.md
    permalink: https://blog.example/{slug}
    title: heading
";

const NOTE_TEMPLATE: &str = "---\ntitle: {{ title | yaml_quoted }}\n{{ count | yaml(key=\"count\") }}{{ people | yaml(key=\"people\") }}---\n{{ words }}\n";

/// What `intake check` says of a form and a template like these.
fn judged(form: &str, template: &str) -> String {
    let intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[note]")]);
    intake.form("note", form);
    intake.template("note.md", template);
    intake.run(&["check"]).out
}

#[test]
fn what_is_no_yaml_is_told_at_its_line_with_what_to_write() {
    let good = judged(NOTE, NOTE_TEMPLATE);
    assert!(!good.contains("WRONG") && !good.contains("note "), "{good}");
    let quotes = "put the whole text between quotes";
    for (right, wrong, line, told) in [
        ("          label: Note\n", "\tlabel: Note\n", 10, "a tab"),
        (
            "label: Note",
            "label:\tNote",
            10,
            "a blank behind the colon",
        ),
        (
            "label: Note",
            "label Note",
            10,
            "a colon and a blank behind the key",
        ),
        (
            "label: Note",
            "label:Note",
            10,
            "a colon and a blank behind the key",
        ),
        (
            "title: Leave",
            "title Leave",
            1,
            "a colon and a blank behind the key",
        ),
        ("label: Note", "label: @note", 10, quotes),
        ("label: Note", "label: %note", 10, quotes),
        ("label: Note", "label: *Note*", 10, quotes),
        ("label: Note", "label: Note: what?", 10, quotes),
        ("label: Note", "label: [your] note", 10, quotes),
        (
            "label: Note",
            "label: \"Your\" note",
            10,
            "between single quotes",
        ),
        ("label: Note", "label: \"Note", 10, "another at its end"),
        (
            "label: Note",
            "label: !Your note",
            10,
            "must stand between quotes",
        ),
        (
            "          kind: text",
            "            kind: text",
            11,
            "in the same column",
        ),
        (
            "          kind: text",
            "        kind: text",
            11,
            "in the same column",
        ),
    ] {
        let said = judged(&NOTE.replacen(right, wrong, 1), NOTE_TEMPLATE);
        let place = format!("config/forms/note.yaml, line {line}: ");
        let at = said.lines().find(|it| it.contains(&place));
        assert!(at.is_some_and(|it| it.contains(told)), "{wrong}: {said}");
    }
    // Nothing behind it is left out without a word.
    let said = judged(&format!("{NOTE}---\ntitle: Second\n"), NOTE_TEMPLATE);
    assert!(said.contains("a second document begins here"), "{said}");
}

#[test]
fn a_file_in_another_encoding_is_told_at_its_line() {
    let intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[note]")]);
    let form = NOTE.replacen("label: Note", "label: Caf\u{fffd}", 1);
    let line = 1 + form.lines().position(|it| it.contains("Caf")).expect("it");
    intake.form("note", &form);
    let file = intake.folder.path().join("config/forms/note.yaml");
    let mut bytes = std::fs::read(&file).expect("the form");
    let at = bytes.windows(3).position(|it| it == "\u{fffd}".as_bytes());
    let at = at.expect("the mark");
    bytes.splice(at..at + 3, [0xe9]);
    std::fs::write(&file, bytes).expect("written");
    let said = intake.run(&["check"]).out;
    let told = format!("note.yaml: line {line} is not written in UTF-8; save the file as UTF-8");
    assert!(said.contains(&told), "{said}");
}

#[test]
fn a_choice_of_pages_that_are_not_there_is_told() {
    let optional = NOTE.replace("[Ana, Bo]", "blog:content/poeple");
    let said = judged(&optional, NOTE_TEMPLATE);
    assert!(
        said.contains("note   form note: `people` offers nothing")
            && said.contains("content/poeple"),
        "the form can be sent without it: {said}"
    );
    let required = NOTE.replace("[Ana, Bo]", "blog:content/poeple\n          required: true");
    let said = judged(&required, NOTE_TEMPLATE);
    assert!(
        said.contains("WRONG  form note: `people` offers nothing"),
        "{said}"
    );
    // Whatever is typed there gets a page, the first one too.
    let form = NOTE.replace("[Ana, Bo]", "blog:content/people\n          add: true");
    let said = judged(&form, NOTE_TEMPLATE);
    assert!(!said.contains("WRONG"), "{said}");
    assert!(
        said.contains("note   form note: `people` offers nothing yet"),
        "the folder may be misspelt: {said}"
    );
}

#[test]
fn a_template_is_tried_without_what_nobody_has_to_answer() {
    for wrong in [
        "{{ people[0] }}",
        "{{ count * 2 }}",
        "{% if people %}{% else %}{{ nobody }}{% endif %}",
    ] {
        let said = judged(NOTE, &format!("{NOTE_TEMPLATE}{wrong}\n"));
        assert!(
            said.contains("templates/note.md, line 5: ") && said.contains("{% if NAME %}"),
            "{wrong}: {said}"
        );
    }
    let with = "{% if people %}{{ people[0] }}{% endif %}\n";
    let said = judged(NOTE, &format!("{NOTE_TEMPLATE}{with}"));
    assert!(!said.contains("WRONG"), "{said}");
}

#[test]
fn a_template_may_come_from_windows_and_is_told_what_breaks_front_matter() {
    let windows = format!("\u{feff}{}", NOTE_TEMPLATE.replace('\n', "\r\n"));
    let said = judged(NOTE, &windows);
    assert!(!said.contains("WRONG"), "{said}");
    let bare = NOTE_TEMPLATE.replace("{{ title | yaml_quoted }}", "{{ title }}");
    let said = judged(NOTE, &bare);
    assert!(
        said.contains("templates/note.md: an answer can break the front matter; write each answer there with the filter `yaml`"),
        "{said}"
    );
}

#[test]
fn what_a_template_leaves_out_is_told_and_not_promised() {
    let mut intake = Intake::at_rest_with(&[("INTAKE__FORMS", "[note]")]);
    intake.form("note", NOTE);
    let loops = "---\ntitle: {{ title | yaml_quoted }}\n{{ count | yaml(key=\"count\") }}---\n{% for it in [\"note\"] %}{% for field in parts[it] %}{% if field.name == \"words\" %}{{ field.words }}{% endif %}{% endfor %}{% endfor %}\n";
    intake.template("note.md", loops);
    let said = intake.run(&["check"]).out;
    let told = "note   form note: templates/note.md shows `people` nowhere";
    assert!(said.contains(told), "{said}");
    for name in ["words", "count", "heading"] {
        assert!(!said.contains(&format!("shows `{name}`")), "{said}");
    }

    let out = NOTE_TEMPLATE.replace("{{ people | yaml(key=\"people\") }}", "");
    for (template, is_once) in [(loops, true), (&out, false)] {
        intake.template("note.md", template);
        intake.start_again();
        let token = intake.token();
        let fields = [
            ("heading", "A note"),
            ("words", "Of all our words"),
            ("people", "Ana"),
            ("count", "12"),
            ("contact_name", "Ana"),
            ("contact_email", "ana@canary.example"),
            ("consent", "yes"),
            ("token", &token),
            ("action", "check"),
        ];
        let page = intake.post("/", &fields).body;
        let (_, post) = page.split_once("class=\"post\"").expect("a preview");
        let (post, answers) = post.split_once("</article>").expect("its end");
        assert_eq!(post.matches("Of all our words").count(), 1, "{post}");
        assert!(!post.contains("People"), "{post}");
        assert_eq!(post.contains("How many"), !is_once, "{post}");
        assert!(answers.contains("People"), "{answers}");
    }
}
