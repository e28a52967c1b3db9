//! The house rules that a compiler does not see: who may import whom, and who may name what.

use std::{collections::BTreeMap, fs, path::Path};

/// The modules in the order of `src/lib.rs`'s table; each may import only those named.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("form", &["text"]),
    ("case_study", &["text"]),
    ("submission", &["text", "case_study"]),
    ("changes", &["text", "case_study", "submission"]),
    ("post", &["text", "case_study", "submission"]),
    ("config", &["text", "case_study", "submission"]),
    ("templates", &["text"]),
    ("keys", &["text"]),
    ("sessions", &["text"]),
    ("queue", &["case_study", "submission", "post", "templates"]),
    (
        "mail",
        &[
            "text",
            "case_study",
            "submission",
            "changes",
            "config",
            "templates",
            "keys",
            "queue",
        ],
    ),
    (
        "blog",
        &[
            "text",
            "case_study",
            "submission",
            "changes",
            "post",
            "config",
            "queue",
        ],
    ),
    (
        "service",
        &[
            "text",
            "case_study",
            "submission",
            "post",
            "config",
            "templates",
            "keys",
            "sessions",
            "queue",
            "mail",
            "blog",
        ],
    ),
    (
        "web",
        &[
            "text",
            "case_study",
            "submission",
            "changes",
            "post",
            "config",
            "templates",
            "keys",
            "sessions",
            "queue",
            "mail",
            "blog",
            "service",
        ],
    ),
    (
        "cli",
        &[
            "text",
            "case_study",
            "submission",
            "changes",
            "post",
            "config",
            "templates",
            "keys",
            "sessions",
            "queue",
            "mail",
            "blog",
            "service",
            "web",
        ],
    ),
];

/// Words that only the modules named may hold.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("serde_yaml", &["text", "config"]),
    ("lettre", &["mail"]),
    ("mailparse", &["mail"]),
    ("tera::", &["templates"]),
    ("actix_web", &["web", "cli"]),
    ("pulldown_cmark", &["text"]),
    (
        "fs::",
        &[
            "config",
            "templates",
            "keys",
            "sessions",
            "queue",
            "mail",
            "blog",
        ],
    ),
    ("Timestamp::now", &["mail", "blog", "service", "web", "cli"]),
    ("process::", &["blog", "cli"]),
    ("Command::new", &["blog"]),
];

/// Top-level module → its source without comments and tests.
fn sources() -> BTreeMap<String, String> {
    fn collect(folder: &Path, module: Option<&str>, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("the sources") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let name = module.or(stem).expect("a name").to_owned();
            if path.is_dir() {
                collect(&path, Some(&name), into);
                continue;
            }
            // Unit tests that are long have a file of their own.
            if stem == Some("tests") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code: Vec<&str> = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            into.entry(name).or_default().push_str(&code.join("\n"));
        }
    }
    let mut into = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    collect(&source, None, &mut into);
    into.remove("main");
    into.remove("lib");
    into
}

#[test]
fn imports_run_downward_only() {
    let sources = sources();
    let names: Vec<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    let found: Vec<&str> = sources.keys().map(String::as_str).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(found, sorted, "a module without a row in the table");
    for (module, allowed) in MAY_IMPORT {
        // `use crate::{a::…, b}` and `crate::a::…` alike: a name of ours followed by `::` or
        // standing alone inside the braces of a `use crate::{…}`.
        let code = &sources[*module];
        for other in &names {
            if other == module || allowed.contains(other) {
                continue;
            }
            let direct = code.contains(&format!("crate::{other}"));
            let grouped = code
                .split("use crate::{")
                .skip(1)
                .filter_map(|rest| rest.split("};").next())
                .any(|group| {
                    group
                        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                        .any(|word| word == *other)
                });
            assert!(!direct && !grouped, "{module} must not import {other}");
        }
    }
}

#[test]
fn each_library_is_named_where_it_belongs() {
    for (module, code) in sources() {
        for (word, allowed) in ONLY_IN {
            assert!(
                !code.contains(word) || allowed.contains(&module.as_str()),
                "{module} must not name {word}"
            );
        }
        assert!(!code.contains("unsafe "), "{module}");
    }
}
