//! A wrong setting: what is said of it, and what is never said.

use std::fs;

use crate::support::Intake;

use super::refused;

#[test]
fn an_unknown_key_is_named_wherever_it_stands() {
    let mut intake = Intake::at_rest_with(&[]);
    let config = intake.folder.path().join("config");
    fs::create_dir(&config).expect("a folder");
    let file = config.join("intake.yaml");
    fs::write(&file, "mail:\n    transprot: smtp://localhost\n").expect("written");
    for command in [vec![], vec!["serve"], vec!["list"], vec!["check"]] {
        let ran = intake.run(&command);
        assert_eq!(ran.status, Some(1), "{command:?}");
        let said = ran.out + &ran.err;
        let told =
            "config/intake.yaml, line 2: unknown key `mail.transprot`; did you mean `transport`?";
        assert!(said.contains(told), "{said}");
    }
    fs::write(&file, "mail:\n    reply_to: desk@example.org\n").expect("written");
    assert_eq!(intake.run(&["list"]).status, Some(0));

    fs::write(config.join("other.yaml"), "colour: blue\n").expect("written");
    let ran = intake.run(&["list", "--config", "config/other.yaml"]);
    assert_eq!(ran.status, Some(1));
    let told = "config/other.yaml, line 1: unknown key `colour`";
    assert!(ran.err.contains(told), "{}", ran.err);
    let ran = intake.run(&["list", "--config", "config/nowhere.yaml"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("config/nowhere.yaml"), "{}", ran.err);

    // What a section holds stands below its key; told is the line of the key.
    fs::write(&file, "listen: 127.0.0.1:0\nmial:\n    reply_to: x\n").expect("written");
    let ran = intake.run(&["list"]);
    let told = "config/intake.yaml, line 2: unknown key `mial`; did you mean `mail`?";
    assert!(ran.err.contains(told), "{}", ran.err);
    fs::write(&file, "").expect("written");

    intake.set("INTAKE__MAIL__SENDER", "x");
    let said = refused(&intake);
    assert!(said.contains("INTAKE__MAIL__SENDER: unknown key `mail.sender`"));
    assert_eq!(intake.ids(), [""; 0]);
}

#[test]
fn a_value_that_cannot_be_used_stops_the_start_and_is_named() {
    for (name, value, word) in [
        ("INTAKE__LISTEN", "nowhere", "socket address"),
        ("INTAKE__EDITORS", "[]", "`editors` is empty"),
        ("INTAKE__EDITORS", "[{name: Ann, email: ann}]", "Ann"),
        (
            "INTAKE__EDITORS",
            "[{name: Ann, email: ann@desk.example}, {name: Bo, email: Ann@desk.example}]",
            "Bo has the address of another editor",
        ),
        (
            "INTAKE__EDITORS",
            "[{name: Ann, email: ann@desk.example}, {name: ann, email: bo@desk.example}]",
            "two have the name ann",
        ),
        ("INTAKE__MAIL__FROM", "nobody", "`mail.from`"),
        ("INTAKE__MAIL__TRANSPORT", "post office", "`mail.transport`"),
        ("INTAKE__PUBLIC_URL", "studies.example", "`public_url`"),
        (
            "INTAKE__PUBLIC_URL",
            "https://studies.example/our forms",
            "`public_url` may have letters",
        ),
        (
            "INTAKE__PUBLIC_URL",
            "https://studies.example/?a=b",
            "`public_url` must end with its host or path",
        ),
        (
            "INTAKE__PUBLIC_URL",
            "https://studies.example/desk",
            "`public_url`: its path cannot begin with /desk",
        ),
    ] {
        let intake = Intake::at_rest_with(&[(name, value)]);
        let said = refused(&intake);
        assert!(said.contains(word), "{name}={value}: {said}");
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{name}={value}");
        assert!(checked.out.contains(word), "{}", checked.out);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let said = refused(&Intake::at_rest_with(&[("INTAKE__LISTEN", &address)]));
    assert!(said.contains(&format!("cannot listen on {address}")));
}

#[test]
fn a_secret_is_in_no_message() {
    for (name, value) in [
        ("INTAKE__MAIL__TRANSPORT", "smtp://ann:hunter2!!@"),
        ("INTAKE__MAIL__TRANSPORT", "smtp://ann:hunter2@desk:port"),
        (
            "INTAKE__MAIL__TRANSPORT",
            "smtps://ann:hunter2@desk?tls=none",
        ),
        ("INTAKE__MAIL__TRANSPORT", "imap://ann:hunter2@desk"),
        ("INTAKE__MAIL__TRANSPORT", "smtp://ann:hunt#er2@localhost:1"),
        ("INTAKE__MAIL", "smtp://ann:hunter2@desk"),
        ("INTAKE__SECRET_KEY", "hunter2"),
        ("INTAKE__SECRET_KEY__HUNTER", "hunter2"),
    ] {
        let intake = Intake::at_rest_with(&[(name, value)]);
        let mut said = refused(&intake);
        let checked = intake.run(&["check"]);
        assert_eq!(checked.status, Some(1), "{name}");
        said += &(checked.out + &checked.err);
        assert!(!said.contains("hunt") || name.contains("HUNT"), "{said}");
        assert!(!said.contains("er2"), "{said}");
    }
}
