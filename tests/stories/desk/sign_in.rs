//! Signing in by a link, sessions and their cookies.

use crate::support::{
    Answer, Answers, Hidden, Intake, MailServer, Visitor, eventually, port_for_later,
};

use super::{
    ANN, ANN_AND_BO, BO, assert_page, assert_without, everything_kept, id_and_key, settled,
    with_editors,
};

#[track_caller]
fn assert_signed_in(intake: &Intake, visitor: &Visitor, name: &str) {
    let answer = visitor.clone().get(intake, "/desk");
    assert_page(&answer, 200);
    assert!(answer.body.contains(&format!("<span>{name}</span>")));
}

#[track_caller]
fn assert_signed_out(intake: &Intake, visitor: &Visitor) {
    let answer = visitor.clone().get(intake, "/desk");
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/desk/sign-in")
    );
    let answer = visitor
        .clone()
        .post(intake, "/desk", &[("action", "approve")]);
    assert_page(&answer, 403);
}

#[test]
fn a_link_is_good_once_in_the_browser_that_asked_and_after_a_restart() {
    let mut intake = with_editors();
    let mut ann = Visitor::new();
    let link = ann.ask_to_sign_in(&intake, ANN);
    assert_signed_out(&intake, &ann);
    let mut other = Visitor::new();
    // A mail program that looks at links, and somebody else who has asked for one.
    assert_page(&other.get(&intake, &link), 403);
    let others = other.ask_to_sign_in(&intake, BO);
    assert_page(&other.get(&intake, &link), 403);
    assert_page(&ann.clone().get(&intake, &others), 403);
    // Asking whether the link is there does not use it up, not even in the right browser.
    assert_eq!(
        ann.clone().send(&intake, "HEAD", &link, &[], &[]).status,
        200
    );

    intake.stop();
    intake.start_again();
    let kept = everything_kept(&intake);
    let answer = ann.get(&intake, &link);
    assert_eq!((answer.status, answer.location.as_str()), (303, "/desk"));
    assert_signed_in(&intake, &ann, "Ann");
    let mut again = ann.clone();
    assert_page(&again.get(&intake, &link), 403);
    assert_signed_in(&intake, &again, "Ann");
    // The others' link is still good, and theirs only.
    assert_eq!(other.get(&intake, &others).status, 303);
    assert_signed_in(&intake, &other, "Bo");

    intake.stop();
    intake.start_again();
    assert_signed_in(&intake, &ann, "Ann");
    // What would let somebody in stands nowhere on the disk.
    let secret = link.rsplit('/').next().expect("a secret");
    let cookie = ann.cookies["intake_session"]
        .split('.')
        .next()
        .expect("one");
    for (path, text) in kept.into_iter().chain(everything_kept(&intake)) {
        assert_without(&path.display().to_string(), &text, &[secret, cookie]);
    }
    assert_without("the log", &intake.log(), &[secret, cookie, ANN]);
}

#[test]
fn an_unknown_address_gets_the_same_answer_and_no_letter() {
    let intake = with_editors();
    let ask = |email: &str| {
        Visitor::new().send(&intake, "POST", "/desk/sign-in", &[], &[("email", email)])
    };
    let shape = |answer: &Answer| {
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        headers.remove("set-cookie");
        let cookies: Vec<String> = answer
            .cookies
            .iter()
            .map(|cookie| {
                let (name, rest) = cookie.split_once('=').expect("a cookie");
                let (value, rest) = rest.split_once(';').expect("attributes");
                format!("{name}, {} characters;{rest}", value.len())
            })
            .collect();
        (answer.status, answer.body.clone(), headers, cookies)
    };
    let unknown = ask("stranger@elsewhere.example");
    assert_page(&unknown, 200);
    let known = ask(&format!("  {} ", ANN.to_uppercase()));
    assert_eq!(shape(&unknown), shape(&known));
    for odd in [
        "",
        "x",
        "ann@desk.example, evil@elsewhere.example",
        "ann@desk.example\r\nBcc: x@y.example",
    ] {
        assert_eq!(shape(&ask(odd)), shape(&known), "{odd}");
    }
    let letters = intake.letters(1);
    assert!(letters[0].headers["To"].contains(ANN));
    assert_without("the log", &intake.log(), &["elsewhere", ANN]);
}

#[test]
fn cookies_are_for_this_server_alone_and_over_https_where_there_is_https() {
    for (public_url, secure) in [
        ("https://forms.example.org", true),
        ("http://forms.example.org", false),
    ] {
        let listen = format!("127.0.0.1:{}", port_for_later());
        let server = MailServer::start("accept");
        let mut intake = Intake::start_with(&[
            ("INTAKE__EDITORS", ANN_AND_BO),
            ("INTAKE__PUBLIC_URL", public_url),
            ("INTAKE__LISTEN", &listen),
            ("INTAKE__MAIL__TRANSPORT", &server.url()),
        ]);
        intake.url = format!("http://{listen}");
        let mut ann = Visitor::new();
        let asked = ann.post(&intake, "/desk/sign-in", &[("email", ANN)]);
        let link = server.letters(1)[0].0.link(public_url);
        let signed_in = ann.get(&intake, &link.replace(public_url, ""));
        assert_eq!(signed_in.status, 303);
        let page = ann.get(&intake, "/desk").body;
        let hidden = Hidden::in_page(&page);
        let signed_out = ann.post(&intake, "/desk/sign-out", &hidden.with(&[]));
        assert_eq!(signed_out.status, 303);
        let cookies = [&asked, &signed_in, &signed_out].map(|answer| answer.cookies.clone());
        println!("{cookies:#?}");
        assert_eq!(cookies.each_ref().map(Vec::len), [1, 3, 1]);
        for cookie in cookies.iter().flatten() {
            let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            assert_eq!(cookie.starts_with("__Host-intake_"), secure, "{cookie}");
            let path = match secure || cookie.starts_with("intake_known=") {
                true => "Path=/",
                false => "Path=/desk",
            };
            for wanted in ["HttpOnly", "SameSite=Lax", path] {
                assert!(attributes.contains(&wanted), "{wanted}: {cookie}");
            }
            assert_eq!(attributes.contains(&"Secure"), secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        assert!(cookies[0][0].contains("Max-Age=900"));
        let session = cookies[1].iter().find(|it| it.contains("intake_session="));
        assert!(session.expect("a session").contains("Max-Age=43200"));
        for gone in [
            &cookies[2][0],
            cookies[1]
                .iter()
                .find(|it| it.contains("intake_browser="))
                .expect("gone"),
        ] {
            assert!(gone.contains("=;") && gone.contains("Max-Age=0"), "{gone}");
        }
    }
}

#[test]
fn a_session_ends_with_sign_out_and_with_leaving_the_configuration() {
    let mut intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let elsewhere = Visitor::sign_in(&intake, ANN);
    let bo = Visitor::sign_in(&intake, BO);
    let stolen = ann.clone();
    let answer = ann.fill_in(&intake, "/desk", "/desk/sign-out", &[]);
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/desk/sign-in")
    );
    assert!(!ann.cookies.contains_key("intake_session"));
    assert_signed_out(&intake, &ann);
    assert_signed_out(&intake, &stolen);
    assert_signed_in(&intake, &elsewhere, "Ann");
    assert_signed_in(&intake, &bo, "Bo");
    let mut late = Visitor::new();
    let link = late.ask_to_sign_in(&intake, ANN);

    intake.stop();
    intake.set("INTAKE__EDITORS", "[{name: Bo, email: bo@desk.example}]");
    intake.start_again();
    assert_signed_out(&intake, &elsewhere);
    assert_signed_out(&intake, &stolen);
    assert_page(&late.get(&intake, &link), 403);
    assert_signed_out(&intake, &late);
    assert_signed_in(&intake, &bo, "Bo");
}

#[test]
fn a_forged_or_tampered_cookie_does_nothing() {
    let intake = with_editors();
    let mut asked = Visitor::new();
    let link = asked.ask_to_sign_in(&intake, BO);
    let ann = Visitor::sign_in(&intake, ANN);
    let other = Visitor::sign_in(&intake, ANN);
    let token = Hidden::in_page(&ann.clone().get(&intake, "/desk").body)
        .token
        .expect("a token");
    let value = &ann.cookies["intake_session"];
    let (secret, signature) = value.split_once('.').expect("two parts");
    let (_, other_signature) = other.cookies["intake_session"]
        .split_once('.')
        .expect("two");
    let flip = |text: &str, at: usize| {
        let mut text = text.to_owned().into_bytes();
        text[at] = if text[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(text).expect("text")
    };
    let sessions = intake.table("session");
    let hash = sessions.split('|').next().expect("a hash");
    let browser = &asked.cookies["intake_browser"];
    let forged = [
        secret.to_owned(),
        format!("{secret}."),
        format!(".{signature}"),
        ".".to_owned(),
        format!("{}.{signature}", flip(secret, 0)),
        format!("{}.{signature}", flip(secret, 63)),
        format!("{secret}.{}", flip(signature, 0)),
        format!("{secret}.{}", flip(signature, signature.len() - 1)),
        format!("{secret}.{}", &signature[1..]),
        format!("{secret}.{signature}0"),
        format!("{secret}.{signature}.{signature}"),
        format!("{secret}.{other_signature}"),
        format!("{secret}.{token}"),
        format!("{hash}.{signature}"),
        format!("{}.{signature}", link.rsplit('/').next().expect("a link")),
        format!("{browser}.{signature}"),
        value.to_uppercase(),
        "x".repeat(4_000),
        "%00.%ff".to_owned(),
    ];
    let good = intake.submit(&Answers::seed());
    let (id, _) = id_and_key(&good);
    let before = settled(&intake, &id);
    for forged in forged {
        let mut visitor = Visitor::new();
        visitor
            .cookies
            .insert("intake_session".into(), forged.clone());
        assert_signed_out(&intake, &visitor);
        let fields = [("action", "approve"), ("version", "1"), ("token", &token)];
        let answer = visitor.post(&intake, &format!("/desk/{id}"), &fields);
        assert_page(&answer, 403);
    }
    assert_eq!(settled(&intake, &id), before);
    assert_signed_in(&intake, &ann, "Ann");
}

// ---- decisions ----------------------------------------------------------------------------------

#[test]
fn an_editor_sees_where_they_are_signed_in_and_ends_it_and_the_log_tells_of_each() {
    let intake = with_editors();
    let mut ann = Visitor::sign_in(&intake, ANN);
    let elsewhere = Visitor::sign_in(&intake, ANN);
    let bo = Visitor::sign_in(&intake, BO);
    let page = ann.get(&intake, "/desk/sessions");
    assert_page(&page, 200);
    assert_eq!(page.body.matches("last used").count(), 2, "{}", page.body);
    assert_eq!(page.body.matches("(this one)").count(), 1);
    let hidden = Hidden::in_page(&page.body);
    let others = hidden.with(&[("action", "end_others")]);
    assert_eq!(ann.post(&intake, "/desk/sessions", &others).status, 303);
    assert_signed_out(&intake, &elsewhere);
    assert_signed_in(&intake, &ann, "Ann");
    assert_signed_in(&intake, &bo, "Bo");
    assert_page(
        &Visitor::new().get(&intake, "/desk/sign-in/0123456789"),
        403,
    );
    let log = eventually("their lines", || {
        let log = intake.log();
        log.contains("sign_in_refused").then_some(log)
    });
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("security"))
        .collect();
    let of = |event: &str, who: &str| {
        let marks = [format!("event=\"{event}\""), format!("who=\"{who}\"")];
        let fits = |line: &&&str| marks.iter().all(|mark| line.contains(mark));
        lines.iter().filter(fits).count()
    };
    assert_eq!(
        (of("sign_in", "Ann"), of("sign_in", "Bo")),
        (2, 1),
        "{lines:#?}"
    );
    assert_eq!(of("session_ended", "Ann"), 1, "{lines:#?}");
    assert_eq!(of("sign_in_refused", ""), 1, "{lines:#?}");
    assert_without("the log", &log, &[ANN, BO, "127.0.0.1"]);
}

#[test]
fn an_editor_who_is_taken_out_of_the_file_is_out_without_a_restart() {
    let intake = Intake::at_rest_with(&[]);
    let file = intake.folder.path().join("config/intake.yaml");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let write = |editors: &str| std::fs::write(&file, format!("editors: {editors}\n"));
    write(ANN_AND_BO).expect("a configuration");
    let mut intake = intake;
    intake.start_again();
    let ann = Visitor::sign_in(&intake, ANN);
    let bo = Visitor::sign_in(&intake, BO);
    write("[{name: Bo, email: bo@desk.example}]").expect("a configuration");
    // Something happens, or a quarter of a minute goes by.
    intake.submit(&Answers::seed());
    eventually("Ann to be out", || {
        (ann.clone().get(&intake, "/desk").status == 303).then_some(())
    });
    assert_signed_in(&intake, &bo, "Bo");
    write("[{name: Bo, email: bo@desk.example}, nonsense").expect("a configuration");
    intake.submit(&Answers::number(2));
    eventually("the mistake to be told", || {
        intake.log().contains("cannot be used").then_some(())
    });
    assert_signed_in(&intake, &bo, "Bo");
}
