//! The service below a path of a host that has other pages too, behind nginx.

mod reader;

use self::reader::{Reader, links};
use crate::{
    chromium::{Browser, words_of},
    pictures::multipart,
    support::{
        Answers, Hidden, Intake, Letter, Nginx, PathIs, Visitor, eventually, port_for_later,
        value_of,
    },
};

const EDITOR: (&str, &str) = ("INTAKE__EDITORS", "[{name: Ann, email: ann@example.org}]");
const ANN: (&str, &str) = ("email", "ann@example.org");
/// More than one page of the queue.
const MANY: usize = 51;

/// nginx, and the service behind it; and the address at which the service itself listens.
fn served(path: PathIs) -> (Nginx, Intake, String) {
    let listen = format!("127.0.0.1:{}", port_for_later());
    let nginx = Nginx::start(&listen, path);
    // A slash at the end means the same.
    let public_url = format!("{}/intake/", nginx.host);
    let intake = Intake::start_with(&[
        EDITOR,
        ("INTAKE__PUBLIC_URL", &public_url),
        ("INTAKE__LISTEN", &listen),
    ]);
    assert_eq!(intake.url, format!("{}/intake", nginx.host));
    (nginx, intake, format!("http://{listen}"))
}

/// The newest captured letter that has this in its text.
fn letter_with(intake: &Intake, words: &str) -> Letter {
    let folder = intake.folder.path().join("mailbox");
    eventually("a letter", || {
        let letters = intake.mailbox().into_iter().rev();
        let mut letters = letters.map(|name| Letter::read(&folder.join(name)));
        letters.find(|letter| letter.text.contains(words))
    })
}

fn sign_in(reader: &mut Reader) {
    let asked = reader.get("/intake/desk");
    assert_eq!(asked.location, "/intake/desk/sign-in");
    let page = reader.get(&asked.location);
    assert_eq!(reader.fill_in(&page, &[ANN]).status, 200);
    let sent = format!("{}/desk/sign-in/", reader.intake.url);
    let link = letter_with(reader.intake, &sent).link(&sent);
    let answer = reader.get(&link.replace(&reader.host, ""));
    assert_eq!(answer.location, "/intake/desk");
}

/// The whole way of one submission among many, and then every link there is.
fn the_whole_way(path: PathIs) {
    let (nginx, intake, inside) = served(path);
    let mut ana = Reader::of(&intake, &nginx.host);

    // The form: with mistakes, changed from the check page, and right.
    let form = ana.get("/intake/");
    let wrong = ana.fill_in(&form, &[("title", "A march"), ("action", "check")]);
    assert_eq!(wrong.status, 422);
    assert!(!wrong.problems().is_empty(), "{}", wrong.body);
    let answers = Answers::seed();
    let token = value_of(&form.body, "token").expect("a token");
    let check = ana.post("/intake/", &answers.sent(&token, "check"));
    assert!(check.body.contains(" formaction=\"/intake/#title\""));
    let changed = ana.post("/intake/", &answers.sent(&token, "edit"));
    assert_eq!((check.status, changed.status), (200, 200));
    let sent = ana.post("/intake/", &answers.sent(&token, "submit"));
    assert_eq!(sent.status, 303, "{}", sent.body);

    // The link in the receipt, and a correction.
    let receipt = letter_with(&intake, "Keep this email");
    let link = receipt.link(&format!("{}/mine/", intake.url));
    assert!(receipt.html.contains(&format!("<a href=\"{link}\"")));
    let private = link.replace(&nginx.host, "");
    assert_eq!(private, sent.location);
    assert_eq!(ana.get(&format!("{private})")).location, private);
    assert_eq!(ana.get(&private).status, 200);
    let edit = ana.get(&format!("{private}/edit"));
    let corrected = Answers::number(1000);
    let mut fields = corrected.sent("", "correct");
    fields.retain(|(name, _)| *name != "token");
    fields.push(("revision", "0"));
    let corrected = ana.fill_in(&edit, &fields);
    assert_eq!(corrected.location, format!("{private}?done"));
    assert!(ana.get(&corrected.location).body.contains("Campaign 1000"));
    let lost = ana.get("/intake/lost-link");
    assert_eq!(
        ana.fill_in(&lost, &[("email", "x@example.org")]).status,
        200
    );
    // Every link, while the correction can still be made.
    let seen = ana.crawl();
    for asset in ["style.css", "form.js"] {
        let start = format!("/intake/assets/{asset}?v=");
        let path = seen
            .iter()
            .find(|path| path.starts_with(&start))
            .expect("an asset");
        assert!(ana.get(path).body.len() > 500, "{path}");
    }

    // The desk: a decision with its mail, a filter, several at once, the next page.
    let id = private.split('/').nth(3).expect("an id");
    let desk = format!("/intake/desk/{id}");
    for number in 0..MANY {
        intake.submit(&Answers::number(number));
    }
    let mut ann = Reader::of(&intake, &nginx.host);
    sign_in(&mut ann);
    let found = ann.get("/intake/desk?stage=received&q=1000");
    assert!(
        found
            .body
            .contains(&format!("href=\"{desk}?stage=received&amp;q=1000\"")),
        "{}",
        found.body
    );
    let page = ann.get(&desk);
    let token = value_of(&page.body, "token").expect("a token");
    let version = value_of(&page.body, "version").expect("a version");
    let decided = [
        ("token", token.as_str()),
        ("version", &version),
        ("action", "approve"),
    ];
    let shown = ann.post(&desk, &[&decided[..], &[("step", "show")]].concat());
    assert!(shown.body.contains("Send this email"), "{}", shown.body);
    let done = ann.fill_in(
        &shown,
        &[("action", "approve"), ("letter", "Yes!"), ("send", "yes")],
    );
    assert_eq!(done.location, format!("{desk}?done"));
    assert!(ann.get(&done.location).body.contains("Approved."));
    let queue = ann.get("/intake/desk?stage=received");
    let pick = value_of(&queue.body, "pick").expect("a submission");
    let many = [
        ("token", token.as_str()),
        ("pick", &pick),
        ("action", "approve"),
    ];
    let shown = ann.post("/intake/desk", &[&many[..], &[("step", "show")]].concat());
    assert_eq!(shown.status, 200);
    let done = ann.fill_in(
        &shown,
        &[("pick", &pick), ("action", "approve"), ("letters", "shown")],
    );
    assert_eq!(done.location, "/intake/desk?done=1-0&action=approve");
    assert!(ann.get(&done.location).body.contains("1 approved."));

    // What is not there, not theirs, or from elsewhere.
    for nowhere in [
        "/intake/nowhere",
        "/intake/mine/a/b",
        "/intake/assets/x",
        "/intake/desk/x",
    ] {
        let answer = ann.get(nowhere);
        assert_eq!(answer.status, 404, "{nowhere}");
        assert!(answer.body.contains("Page not found"));
    }
    let refused = ana.post("/intake/desk", &many);
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("Sign in at /intake/desk/sign-in,"),
        "{}",
        refused.body
    );
    for origin in ["https://evil.example", "null.example"] {
        let headers = [("origin", origin)];
        let url = format!("{}/desk/sign-in", intake.url);
        let answer = Visitor::new().send(&intake, "POST", &url, &headers, &[ANN]);
        assert_eq!(answer.status, 403, "{origin}");
    }

    // Every link of the desk, and of captured mail at this machine.
    let seen = ann.crawl();
    for part in [
        "/intake/desk?stage=",
        "after=",
        "/edit",
        "/post.md",
        "/post.patch",
    ] {
        assert!(
            seen.iter().any(|path| path.contains(part)),
            "{part}: {seen:#?}"
        );
    }
    let mailbox = intake
        .mailbox_url()
        .replace(&format!("{inside}/intake"), "");
    let through = format!("/intake{mailbox}");
    assert_eq!(ann.get(&through).status, 404, "not through a proxy");
    for mailbox in [mailbox.as_str(), through.as_str()] {
        let page = intake.get(&format!("{inside}{mailbox}"));
        let letters = links(mailbox, &page, &intake.url);
        let letters: Vec<&String> = letters
            .iter()
            .filter(|it| it.contains("/mailbox/"))
            .collect();
        assert!(letters.len() > MANY, "{}", page.body);
        let page = intake.get(&format!("{inside}{}", letters[0]));
        assert_eq!(page.status, 200);
        links(letters[0], &page, &intake.url);
    }

    let queue = ann.get("/intake/desk");
    let out = ann.post(
        "/intake/desk/sign-out",
        &Hidden::in_page(&queue.body).with(&[]),
    );
    assert_eq!(out.location, "/intake/desk/sign-in");
    let left: Vec<&String> = ann.cookies.keys().collect();
    assert_eq!(left, ["intake_known"], "the browser stays known");
}

#[test]
fn behind_a_proxy_that_passes_the_path_on_every_way_leads_on() {
    the_whole_way(PathIs::PassedOn);
}

#[test]
fn behind_a_proxy_that_takes_the_path_off_every_way_leads_on() {
    the_whole_way(PathIs::TakenOff);
}

#[test]
fn a_file_that_is_too_large_comes_through_the_proxy_to_who_can_say_so() {
    let (_nginx, intake, _) = served(PathIs::PassedOn);
    let seed = Answers::seed();
    let sent = intake.post("/", &seed.sent(&intake.token(), "save"));
    assert_eq!(sent.status, 303, "{}", sent.body);
    let saved = sent
        .location
        .replace("?saved", "")
        .replacen("/intake", "", 1);
    let revision = value_of(&intake.get(&saved).body, "revision").expect("a revision");
    let mut fields = seed.sent("", "upload:photos");
    fields.retain(|(name, _)| *name != "token");
    fields.push(("revision", &revision));
    for (megabytes, status, words) in [
        (14, 422, "This is no JPEG, PNG or WebP picture."),
        (15, 422, "This file is larger than 15 MB."),
        (20, 413, "<h1>This picture is too large</h1>"),
    ] {
        let file = vec![b'x'; (megabytes << 20) + 1];
        let (kind, body) = multipart(&fields, ("file-photos", &file));
        let answer = intake.post_bytes(&saved, &kind, &body);
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(words), "{}", answer.body);
        let is_form = answer.body.contains(&seed.campaign_type);
        assert_eq!(is_form, status == 422, "{}", answer.body);
    }
}

#[test]
fn a_browser_asks_for_nothing_outside_the_path_and_sends_nothing_twice() {
    let seed = Answers::seed();
    let (nginx, intake, _) = served(PathIs::TakenOff);
    let browser = Browser::start();
    browser.open(&intake.url);
    browser.type_in(&seed);
    browser.press("check");
    browser.press("submit");
    let private = browser.address();
    assert!(
        private.starts_with(&format!("{}/mine/", intake.url)),
        "{private}"
    );
    // Back to the form: the check page is not kept.
    browser.go_back();
    browser.go_back();
    assert_eq!(browser.words(), words_of(&seed));
    browser.press("check");
    browser.press("submit");
    assert_eq!(browser.address(), private, "the same answer again");

    browser.open(&format!("{}/desk", intake.url));
    browser.write("email", ANN.1);
    browser.push("Send me a link");
    let sent = format!("{}/desk/sign-in/", intake.url);
    browser.open(&letter_with(&intake, &sent).link(&sent));
    assert_eq!(browser.address(), format!("{}/desk", intake.url));
    browser.follow(&seed.title);
    assert_eq!(browser.complaints(), [""; 0]);
    assert!(nginx.asked().len() > 10, "{:?}", nginx.asked());
    for path in nginx.asked() {
        assert!(path.starts_with("/intake"), "{path}");
    }
}

const REPORT: &str = r"
title: Reports
noun: report
parts:
  - title: All
    fields:
      - {name: heading, label: Heading, kind: line, required: true}
      - name: partners
        label: Partners
        kind: group
        entry: partner
        min: 1
        fields:
          - {name: partner, label: Name, kind: line}
consent: {wording: I agree.}
post:
  template: report.md
  path: _reports/{slug}.md
  permalink: https://blog.example/{slug}
  title: heading
";

#[test]
fn a_list_of_forms_a_group_of_fields_and_the_first_lines_know_the_path() {
    let listen = format!("127.0.0.1:{}", port_for_later());
    let mut intake = Intake::at_rest_with(&[
        ("INTAKE__PUBLIC_URL", "http://localhost:8080/our/intake"),
        ("INTAKE__FORMS", "[case-study, report]"),
        ("INTAKE__LISTEN", &listen),
    ]);
    intake.form("report", REPORT);
    intake.template("report.md", "---\ntitle: {{ title | yaml_quoted }}\n---\n");
    intake.start_again();
    let starts = [
        "Form:          http://localhost:8080/our/intake/".to_owned(),
        "Desk:          http://localhost:8080/our/intake/desk".to_owned(),
        format!("Captured mail: http://{listen}/our/intake/mailbox/"),
    ];
    assert_eq!(intake.said[..2], starts[..2]);
    assert!(intake.said[2].starts_with(&starts[2]), "{}", intake.said[2]);
    let page = |path: &str| intake.get(&format!("http://{listen}{path}")).body;
    for base_path in ["", "/our/intake"] {
        let list = page(&format!("{base_path}/"));
        assert!(
            list.contains("<a href=\"/our/intake/forms/report\">"),
            "{list}"
        );
        let form = page(&format!("{base_path}/forms/report"));
        for begun in [
            " action=\"/our/intake/forms/report\"",
            " formaction=\"/our/intake/forms/report#partners-",
        ] {
            assert!(form.contains(begun), "{begun}: {form}");
        }
    }
    assert!(page("/our/intake").contains("<a href=\"/our/intake/forms/report\">"));
    for other in ["/our/intakes/", "/our/", "/our/intake/our/intake/"] {
        assert!(page(other).contains("Page not found"), "{other}");
    }
}
