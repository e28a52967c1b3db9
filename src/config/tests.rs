//! The configuration as an installation may have it.

use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("intake.yaml");
    fs::write(&path, file).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&path), environment).map_err(|error| error.to_string())
}

#[test]
fn a_file_needs_only_what_differs_and_the_environment_wins() {
    let config = load(
        "listen: 127.0.0.1:1\nmail:\n    from: A <a@example.org>\n",
        &[
            ("INTAKE__LISTEN", "127.0.0.1:2"),
            ("INTAKE__REPLY_WITHIN", "1  working day"),
            ("INTAKE__RETENTION", "1 year 6 months"),
            ("INTAKE__BLOG__FETCH_EVERY", "2 minutes"),
            ("INTAKE__EDITORS", "[{name: Ann, email: ann@example.org}]"),
            ("INTAKE_LOG", "not ours"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.mail.from, "A <a@example.org>");
    assert_eq!(config.mail.transport, "folder:mailbox");
    assert_eq!(config.reply_within.to_string(), "1 working day");
    assert_eq!(config.retention_in_words(), "1 year, 6 months");
    assert_eq!(config.blog.fetch_every, Duration::from_secs(120));
    assert_eq!(config.editors[0].name, "Ann");
    assert!(load("", &[]).is_ok(), "an empty file says nothing");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (file, environment, expected) in [
        (
            "mail:\n    transprot: x\n",
            None,
            "intake.yaml, line 2: unknown key `mail.transprot`; did you mean `transport`?",
        ),
        (
            "",
            Some(("INTAKE__MAIL__FORM", "x")),
            "INTAKE__MAIL__FORM: unknown key `mail.form`",
        ),
        (
            "",
            Some(("INTAKE__NOPE", "x")),
            "INTAKE__NOPE: unknown key `nope`",
        ),
        ("mail: 3\n", None, "`mail` must be a section with keys"),
        (
            "remind_after: soon\n",
            None,
            "`remind_after` must be a number of days or of working days, as in 14 days, or never",
        ),
        ("reply_within: 3\n", None, "`reply_within` must be a text"),
        (
            "reply_within: soon\n",
            None,
            "`reply_within` must be a number of days or of working days",
        ),
        ("reply_within: 0 days\n", None, "not “0 days”"),
        (
            "site:\n    contact: us\n",
            None,
            "`site.contact` must be an email address",
        ),
        ("site:\n    name: ' '\n", None, "words in one line"),
        (
            "privacy:\n    authority_url: javascript:x\n",
            None,
            "`privacy.authority_url` must be the address of a web page",
        ),
        (
            "editors:\n    - {name: A, email: a@example.org}\n    - {name: B, email: A@example.org}\n",
            None,
            "B has the address of another editor",
        ),
        (
            "editors:\n    - {name: A, email: a@example.org}\n    - {name: a, email: b@example.org}\n",
            None,
            "two have the name a",
        ),
        ("listen: nowhere\n", None, "invalid socket address"),
        (
            "editors:\n    - name: A\n      mail: a@example.org\n",
            None,
            "`mail` of an editor must be each, digest or none",
        ),
        (
            "editors:\n    - name: A\n      adress: a@example.org\n",
            None,
            "unknown field `adress`",
        ),
        (
            "secret_key: short\n",
            None,
            "`secret_key` needs at least 32 characters",
        ),
        (
            "retention: soon\n",
            None,
            "`retention` must be a length of time",
        ),
        (
            "a: [\n",
            None,
            "intake.yaml, line 2: look at this line and the one above it (this is not YAML",
        ),
    ] {
        let environment: Vec<_> = environment.into_iter().collect();
        let message = load(file, &environment).map(|_| ()).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}
