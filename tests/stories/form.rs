//! A campaigner fills in the form: what is accepted, what is asked again, and that no word is lost.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use proptest::{prelude::*, test_runner::TestRunner};

use crate::support::{
    Answers, Intake, MailServer, SEED, Visitor, assert_every_word_kept, eventually, port_for_later,
    value_of,
};

#[test]
fn the_seed_typed_in_lands_as_that_very_post_and_two_letters_go_out() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    let drafts = intake.queued(".md");
    assert_eq!(drafts.len(), 1);
    assert_eq!(intake.queue_file(&drafts[0]).trim_end(), SEED.trim_end());
    let page = intake.get(&link);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("received your case study"));
    let letters = intake.letters(2);
    assert_eq!(letters[0].headers["To"], "zelda.quince@canary.example");
    assert!(letters[0].link(&intake.url).ends_with(&link));
    assert!(letters[1].text.contains(SEED.trim_end()));
}

#[test]
fn nothing_private_is_in_the_draft_or_the_log_or_the_numbers() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    intake.letters(2);
    assert_eq!(intake.get(&link).status, 200);
    assert_eq!(intake.get(&format!("{link}x")).status, 404);
    assert_eq!(intake.get(&format!("{link}/more")).status, 404);
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    let numbers = intake.watched("/metrics").body;
    assert!(numbers.contains("intake_submissions{stage=\"received\"} 1"));
    let key = link.rsplit('/').next().expect("a key");
    for private in ["Quince", "zelda", "canary.example"] {
        for (place, text) in [
            ("draft", &draft),
            ("log", &intake.log()),
            ("metrics", &numbers),
            ("private page", &intake.get(&link).body),
        ] {
            assert!(!text.contains(private), "{private} in the {place}:\n{text}");
        }
    }
    assert!(!intake.log().contains(key), "the key of the private link");
}

#[test]
fn every_rule_broken_is_told_at_once_and_every_word_is_kept() {
    let intake = Intake::start();
    let mut answers = Answers::seed();
    answers.title = "A \"title\" with <b>&amp; 'all' of it, and far too long: ".repeat(4);
    answers.title = answers.title.trim().into();
    answers.organisation = "Too long. ".repeat(30).trim().into();
    answers.contact_email = "zelda@nowhere".into();
    for action in ["check", "submit"] {
        let answer = intake.post("/", &answers.sent(&intake.token(), action));
        assert_eq!(answer.status, 422);
        assert_every_word_kept(&answer, &answers);
        for field in ["title", "organisation", "contact_email"] {
            assert!(answer.body.contains(&format!("<a href=\"#{field}\">")));
            assert!(answer.body.contains(&format!("id=\"{field}-problem\"")));
        }
        assert!(!answer.body.contains("id=\"story-problem\""));
    }
    assert_eq!(intake.ids(), [""; 0], "nothing was saved");
}

#[test]
fn a_form_without_answers_asks_for_each_that_is_required() {
    let intake = Intake::start();
    let answer = intake.post("/", &[("token", &intake.token()), ("action", "submit")]);
    assert_eq!(answer.status, 422);
    assert_eq!(answer.body.matches("class=\"problem\"").count(), 10);
    assert!(
        answer
            .body
            .contains("Enter the organisation, or “Not named”")
    );

    let mut intake = Intake::at_rest_with(&[]);
    let optional = "kind: long_line\n          required: true";
    intake.case_study(&[
        (optional, "kind: long_line"),
        ("transport\n          enter: Enter the type of campaign, for example “Data governance”\n          kind: line\n          required: true", "transport\n          kind: line"),
    ]);
    intake.start_again();
    let answer = intake.post("/", &[("token", &intake.token()), ("action", "submit")]);
    assert_eq!(answer.body.matches("class=\"problem\"").count(), 6);
    let mut answers = Answers::seed();
    answers.methods_used = String::new();
    answers.topics = Vec::new();
    intake.submit(&answers);
    let draft = intake.queue_file(&intake.queued(".md")[0]);
    assert!(draft.contains("**Organisation:** Trade"));
    assert!(!draft.contains("Methods used"));
    assert!(
        draft.contains("\n    - People and Participation\n"),
        "the default"
    );
}

#[test]
fn checking_and_going_back_keeps_every_word_and_saves_nothing() {
    let intake = Intake::start();
    let answers = Answers::seed();
    let check = intake.post("/", &answers.sent(&intake.token(), "check"));
    assert_eq!(check.status, 200);
    assert!(check.body.contains("Case study: Trade Union Campaigns"));
    assert!(check.body.contains("zelda.quince@canary.example"));
    let token = value_of(&check.body, "token").expect("a token");
    let back = intake.post("/", &answers.sent(&token, "edit"));
    assert_eq!(back.status, 200);
    assert!(back.body.contains(&answers.contact_email));
    assert!(!back.body.contains("role=\"alert\""));
    assert_eq!(intake.ids(), [""; 0]);
    assert_eq!(
        intake.post("/", &answers.sent(&token, "submit")).status,
        303
    );
}

#[test]
fn a_token_that_is_missing_forged_or_old_costs_no_word() {
    let intake = Intake::start_with(&[(
        "INTAKE__SECRET_KEY",
        "a secret that is only good for this test",
    )]);
    let answers = Answers::seed();
    let keys = case_study_intake::keys::Keys::new(b"a secret that is only good for this test");
    let long_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * 8);
    let old = keys.form_token(long_ago);
    let mut forged = intake.token();
    forged.pop();
    forged.push('x');
    for token in ["", "nonsense", &forged, &old] {
        let answer = intake.post("/", &answers.sent(token, "submit"));
        assert_eq!(answer.status, 422, "{token}");
        assert_every_word_kept(&answer, &answers);
        assert_eq!(intake.ids(), [""; 0]);
        let fresh = value_of(&answer.body, "token").expect("a fresh token");
        assert_ne!(fresh, token);
    }
    let answer = intake.post("/", &answers.sent(&old, "submit"));
    assert!(answer.body.contains("open for more than a week"));
    let fresh = value_of(&answer.body, "token").expect("a fresh token");
    assert_eq!(
        intake.post("/", &answers.sent(&fresh, "submit")).status,
        303
    );
}

#[test]
fn the_same_form_sent_again_is_one_submission_and_another_text_is_not_lost() {
    let intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let first = intake.post("/", &answers.sent(&token, "submit"));
    let again = intake.post("/", &answers.sent(&token, "submit"));
    assert_eq!((first.status, again.status), (303, 303));
    assert_eq!(first.location, again.location);
    let mut other = answers;
    other.title = "Quite another campaign".into();
    let answer = intake.post("/", &other.sent(&token, "submit"));
    assert_eq!(answer.status, 409);
    assert_every_word_kept(&answer, &other);
    assert_eq!(intake.ids().len(), 1);
    intake.letters(2);
    let fresh = value_of(&answer.body, "token").expect("a fresh token");
    assert_eq!(intake.post("/", &other.sent(&fresh, "submit")).status, 303);
    assert_eq!(intake.ids().len(), 2);
}

#[test]
fn what_is_no_form_gets_a_clear_page() {
    let intake = Intake::start();
    const FORM: &str = "application/x-www-form-urlencoded";
    let large = format!("story={}", "x".repeat(3 << 20));
    for (kind, body, status) in [
        (FORM, large.as_bytes(), 413),
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"title=x", 415),
        (FORM, b"", 422),
        (FORM, b"action=submit&title=%FF%FE", 422),
        (FORM, b"action=nonsense", 422),
    ] {
        let answer = intake.post_bytes("/", kind, body);
        assert_eq!(answer.status, status, "{kind}");
        assert!(answer.body.contains("<h1>"), "a page for people");
        assert!(answer.body.to_lowercase().contains("saved") || status == 415 || status == 422);
    }
    let answer = intake.post_bytes("/", FORM, b"action=check&title=Caf\xe9+society");
    assert!(answer.body.contains("Caf\u{fffd} society"));
    assert!(answer.body.contains("did not arrive as you typed them"));
    for (method, path, status) in [("GET", "/nothing", 404), ("DELETE", "/", 405)] {
        assert_eq!(
            raw(
                &intake,
                &format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            ),
            status
        );
    }
}

/// The status that raw bytes get.
fn raw(intake: &Intake, request: &str) -> u16 {
    let address = intake.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split_whitespace().nth(1).expect("a status line");
    status.parse().expect("a number")
}

#[test]
fn what_nobody_sees_is_dropped_and_an_unknown_topic_is_named() {
    let intake = Intake::start();
    let mut answers = Answers::seed();
    answers.title = "Trade\u{0} Union\u{202e} Cam\u{7}paigns\u{feff}".into();
    answers.organisation = "\u{2067}Trade Unions Congress\u{9d} and other unions.".into();
    intake.submit(&answers);
    assert_eq!(
        intake.queue_file(&intake.queued(".md")[0]).trim_end(),
        SEED.trim_end()
    );
    answers.topics.push("Astrology".into());
    let answer = intake.post("/", &answers.sent(&intake.token(), "submit"));
    assert_eq!(answer.status, 422);
    assert!(
        answer
            .body
            .contains("<a href=\"#topics\">Choose “Topics” from the list")
    );
    assert!(!answer.body.contains("Astrology"));
}

#[test]
fn a_line_end_in_a_line_is_a_blank_and_letters_from_elsewhere_are_what_was_meant() {
    let intake = Intake::start();
    for end in ["\u{b}", "\u{85}", "\u{2028}", "\r\n", " \r\n\t"] {
        let mut answers = Answers::seed();
        answers.title = format!("Clean air{end}for all");
        answers.organisation = format!("\u{e000}Parents{end}of \u{fffc}Ealing");
        answers.story = format!("They don\u{92}t count us &#xFFFE;yet. {}", answers.story);
        let link = intake.submit(&answers);
        let id = link.split('/').nth(2).expect("an id in the link");
        let draft = intake.queue_file(&format!("{id}.md"));
        assert!(
            draft.contains("\ntitle: \"Case study: Clean air for all\"\n"),
            "{draft}"
        );
        assert!(
            draft.contains("**Organisation:** Parents of Ealing\n"),
            "{draft}"
        );
        assert!(draft.contains("They don’t count us yet. "), "{draft}");
    }
}

#[test]
fn an_address_that_mail_cannot_reach_is_told_why() {
    let intake = Intake::start();
    let mut answers = Answers::seed();
    answers.contact_email = "josé@canary.example".into();
    let answer = intake.post("/", &answers.sent(&intake.token(), "submit"));
    assert_eq!(answer.status, 422);
    assert!(
        answer
            .body
            .contains("letters such as “é” before the @. Enter another address")
    );
    assert_every_word_kept(&answer, &answers);
}

#[test]
fn pages_give_away_no_more_than_they_must() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    for path in ["/", link.as_str(), "/mailbox", "/nothing"] {
        let answer = intake.get(path);
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        // The back button must find the same empty form, with the same token; nothing else is kept.
        let kept = if path == "/" {
            "private, no-cache"
        } else {
            "no-store"
        };
        assert_eq!(answer.headers["cache-control"], kept);
        for inline in ["style=", "<style", "onclick", "javascript:"] {
            assert!(!answer.body.contains(inline), "{inline} in {path}");
        }
    }
    for path in [
        "/",
        "/nothing",
        "/assets/style.css",
        "/robots.txt",
        "/healthz",
    ] {
        let answer = intake.get(path);
        assert_eq!(
            answer.headers["cross-origin-resource-policy"],
            "same-origin"
        );
        assert!(!answer.headers.contains_key("strict-transport-security"));
    }
    // Going back to a page with typed words finds them.
    let wrong = intake.post("/", &[("token", "x"), ("action", "check")]);
    assert_eq!(wrong.headers["cache-control"], "private, no-cache");
    let robots = intake.get("/robots.txt").body;
    assert!(robots.contains("Disallow: /mine\n"), "{robots}");
    let mine = intake.get(&link);
    assert_eq!(mine.headers["referrer-policy"], "no-referrer");
    assert_eq!(mine.headers["x-robots-tag"], "noindex, nofollow");
    let (page, key) = link.rsplit_once('/').expect("a key");
    for wrong in [
        format!("{page}/{}", "0".repeat(key.len())),
        format!("{page}/{}", &key[1..]),
        format!("/mine/{}/{key}", uuid::Uuid::now_v7()),
        format!("/mine/x/{key}"),
    ] {
        let answer = intake.get(&wrong);
        assert_eq!(answer.status, 404);
        assert!(!answer.body.contains("Trade Union"));
    }
}

#[test]
fn a_form_sent_from_another_site_comes_back_with_every_word_and_nothing_is_saved() {
    let intake = Intake::start();
    let answers = Answers::seed();
    let token = intake.token();
    let fields = answers.sent(&token, "submit");
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let answer = Visitor::new().send(&intake, "POST", "/", &[header], &fields);
        assert_eq!(answer.status, 403);
        assert_every_word_kept(&answer, &answers);
        let email = [("email", answers.contact_email.as_str())];
        let lost = Visitor::new().send(&intake, "POST", "/lost-link", &[header], &email);
        assert_eq!(lost.status, 403);
    }
    assert!(intake.queued(".md").is_empty());
    let own = [("sec-fetch-site", "same-origin")];
    let sent = Visitor::new().send(&intake, "POST", "/", &own, &fields);
    assert_eq!(sent.status, 303);
}

#[test]
fn what_tells_of_weaknesses_and_of_https_is_there_where_it_is_configured() {
    let server = MailServer::start("accept");
    let listen = format!("127.0.0.1:{}", port_for_later());
    let mut intake = Intake::start_with(&[
        ("INTAKE__LISTEN", &listen),
        ("INTAKE__PUBLIC_URL", "https://forms.example.org"),
        ("INTAKE__MAIL__TRANSPORT", &server.url()),
        ("INTAKE__SECURITY__CONTACT", "mailto:security@forms.example"),
        ("INTAKE__SECURITY__EXPIRES", "2099-06-30"),
    ]);
    intake.url = format!("http://{listen}");
    let told = intake.get("/.well-known/security.txt");
    assert_eq!(told.status, 200);
    assert!(
        told.body
            .contains("Contact: mailto:security@forms.example\n")
    );
    assert!(told.body.contains("Expires: 2099-06-30T00:00:00Z\n"));
    for path in ["/", "/nothing", "/assets/style.css"] {
        let answer = intake.get(path);
        assert_eq!(
            answer.headers["strict-transport-security"],
            "max-age=31536000"
        );
    }
    assert_eq!(Intake::start().get("/.well-known/security.txt").status, 404);
}

#[test]
fn pages_with_secrets_are_as_long_as_they_are_and_others_are_compressed() {
    let intake = Intake::start();
    let link = intake.submit(&Answers::seed());
    let encoding = |path: &str| {
        let headers = [("accept-encoding", "gzip")];
        let answer = Visitor::new().send(&intake, "GET", path, &headers, &[]);
        answer.headers.get("content-encoding").cloned()
    };
    assert_eq!(encoding(&link), None);
    assert_eq!(encoding("/desk/sign-in"), None);
    assert_eq!(encoding("/lost-link").as_deref(), Some("gzip"));
}

#[test]
fn everybody_gets_the_same_form_with_a_token_of_their_own() {
    let intake = Intake::start();
    let [one, other] = [(); 2].map(|()| intake.get("/"));
    let [token, another] = [&one, &other].map(|page| value_of(&page.body, "token"));
    let [token, another] = [token, another].map(|token| token.expect("a token in the form"));
    assert_ne!(token, another);
    assert_eq!(one.body.replace(&token, &another), other.body);
    // The page is the one that a post is answered with, too.
    let unsent = intake.post("/", &[("token", &another), ("action", "edit")]);
    assert_eq!(unsent.body, other.body);
    assert_ne!(
        one.headers["x-request-id"], other.headers["x-request-id"],
        "found in the log by its own id"
    );
    for page in [one, other] {
        let id = &page.headers["x-request-id"];
        let line = eventually("its line in the log", || {
            let log = intake.log();
            let line = log.lines().find(|line| line.contains(id));
            line.map(str::to_owned)
        });
        assert!(line.contains("route=\"/\" status=200"), "{line}");
    }
}

#[test]
fn captured_mail_is_only_for_people_at_this_machine() {
    let intake = Intake::start();
    let url = intake.mailbox_url();
    let path = url.replace(&intake.url, "");
    // Nobody can guess the address, who may have come through a web server at this machine.
    for other in [
        "/mailbox",
        "/mailbox/",
        &format!("{}0", &path[..path.len() - 1]),
    ] {
        assert!(other == path || intake.get(other).status == 404, "{other}");
    }
    let ask = |lines: &str| {
        raw(
            &intake,
            &format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n"),
        )
    };
    assert_eq!(ask("Host: localhost:8080\r\n"), 200);
    assert_eq!(ask("Host: intake.example.org\r\n"), 404);
    assert_eq!(
        ask("Host: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n"),
        404
    );
    let intake = Intake::start_with(&[("INTAKE__MAIL__TRANSPORT", "smtp://127.0.0.1:9")]);
    assert_eq!(intake.get("/mailbox").status, 404);
}

#[test]
fn arbitrary_bytes_never_break_the_service() {
    let intake = Intake::start();
    let token = intake.token();
    let pieces = prop::collection::vec(
        prop_oneof![
            Just(format!("token={token}&").into_bytes()),
            Just(b"action=submit&".to_vec()),
            Just(b"action=check&".to_vec()),
            Just(b"action=edit&".to_vec()),
            Just(b"topics=Health&".to_vec()),
            Just(b"consent=yes&".to_vec()),
            "(title|story|organisation|contact_name|contact_email)=[a-z%0-9+]{0,40}&"
                .prop_map(String::into_bytes),
            "(title|story|contact_email)=\\PC{0,80}&".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..60),
        ],
        0..20,
    );
    let kinds = prop_oneof![
        9 => Just("application/x-www-form-urlencoded"),
        1 => Just("multipart/form-data"),
        1 => Just("application/x-www-form-urlencoded; charset=\"utf-16"),
    ];
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&(pieces, kinds), |(pieces, kind)| {
            let answer = intake.post_bytes("/", kind, &pieces.concat());
            prop_assert!(answer.status < 500, "{}", answer.body);
            Ok(())
        })
        .expect("never a 5xx");
    assert!(!intake.log().contains("panicked"));
    assert_eq!(intake.watched("/readyz").status, 200);
}

#[test]
fn a_link_on_another_page_fills_in_what_is_known_and_never_who_somebody_is() {
    let intake = Intake::start();
    let known = [
        ("title", "Clean \"air\" <b>now</b>"),
        ("organisation", "Łódź Residents’ Network"),
        ("topics", "Health"),
        ("written_in", "pl"),
        ("story", "We measured.\n\nThe city listened."),
        // Who somebody is, what they agree to, and what is for editors, no link can say.
        ("contact_name", "Mallory"),
        ("contact_email", "mallory@example.org"),
        ("consent", "yes"),
        ("consent_contact", "yes"),
        ("credit", "other"),
        ("credit_as", "Mallory"),
        ("author", "Mallory"),
        ("slug", "mallory"),
        ("intro", "Mallory"),
        ("nonsense", "Mallory"),
    ];
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(known)
        .finish();
    for path in ["/", "/forms/case-study"] {
        let page = intake.get(&format!("{path}?{query}"));
        assert_eq!(page.status, 200);
        for words in [
            "Clean &quot;air&quot; &lt;b&gt;now",
            "Łódź Residents’ Network",
        ] {
            assert!(page.body.contains(words), "{words}");
        }
        assert!(
            page.body
                .contains("We measured.\n\nThe city listened.</textarea>")
        );
        assert!(page.body.contains("<option value=\"pl\" selected>"));
        assert!(!page.body.contains("<b>now"));
        assert!(!page.body.contains("allory"), "{}", page.body);
        let ticked = page.body.matches(" checked").count();
        assert_eq!(ticked, 1 + intake.get("/").body.matches(" checked").count());
        // Nothing is complained of before somebody has sent it.
        assert_eq!(page.problems(), []);
    }
    // Whoever opens the form next gets an empty one, with a token of their own.
    let empty = intake.get("/").body;
    assert!(!empty.contains("Clean"));
    let page = intake.get("/?written_in=English").body;
    assert!(page.contains("<option value=\"en\" selected>"), "{page}");
    let page = intake.get("/?title=Clean+air").body;
    assert_ne!(value_of(&page, "token"), value_of(&empty, "token"));

    // It is sent as any other.
    let answers = Answers {
        title: "Clean air".into(),
        ..Answers::seed()
    };
    let token = value_of(&page, "token").expect("a token");
    assert_eq!(
        intake.post("/", &answers.sent(&token, "submit")).status,
        303
    );
}
