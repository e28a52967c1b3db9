//! The house rules that a compiler does not see: who may import whom, and who may name what.

use std::{collections::BTreeMap, fs, path::Path};

/// Words that only the modules named may hold.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("serde_yaml", &["text", "config"]),
    ("lettre", &["mail"]),
    ("ureq", &["notify"]),
    ("mailparse", &["mail"]),
    ("tera::", &["templates"]),
    ("actix_web", &["web", "cli"]),
    ("actix_http", &["web", "cli"]),
    ("actix_server", &["web", "cli"]),
    ("pulldown_cmark", &["text"]),
    (
        "fs::",
        &["durable", "config", "templates", "store", "mail", "blog"],
    ),
    (
        "Timestamp::now",
        &["mail", "notify", "blog", "service", "jobs", "web", "cli"],
    ),
    ("rusqlite", &["store"]),
    ("image::", &["picture"]),
    ("process::", &["blog", "cli", "store", "durable", "picture"]),
    ("process::{", &["blog", "cli", "durable", "picture"]),
    ("process::Command", &["blog", "cli"]),
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

/// Each row of the table in `src/lib.rs`: the module, and those that it may import.
fn table() -> Vec<(String, Vec<String>)> {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let lib = fs::read_to_string(lib).expect("src/lib.rs");
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let (module, rest) = line.split_once('`').expect("a module");
        let imports = rest.rsplit('|').nth(1).expect("three columns").trim();
        let above = rows.iter().map(|(module, _)| module.clone());
        let imports: Vec<String> = match imports {
            "all above" => above.collect(),
            "nothing of ours" => Vec::new(),
            names => {
                let above: Vec<String> = above.collect();
                let names = names
                    .split(", ")
                    .map(|name| name.trim_matches('`').to_owned());
                names
                    .inspect(|name| assert!(above.contains(name), "{module}: {name} is not above"))
                    .collect()
            }
        };
        rows.push((module.to_owned(), imports));
    }
    rows
}

#[test]
fn imports_run_downward_only() {
    let (sources, table) = (sources(), table());
    let names: Vec<&str> = table.iter().map(|(name, _)| name.as_str()).collect();
    let found: Vec<&str> = sources.keys().map(String::as_str).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(found, sorted, "a module without a row in the table");
    for (module, allowed) in &table {
        // `use crate::{a::…, b}` and `crate::a::…` alike: a name of ours followed by `::` or
        // standing alone inside the braces of a `use crate::{…}`.
        let code = &sources[module];
        for other in &names {
            if other == module || allowed.iter().any(|allowed| allowed == other) {
                continue;
            }
            let direct = code.contains(&format!("crate::{other}::"));
            let grouped = code
                .split("use crate::{")
                .skip(1)
                .filter_map(|rest| rest.split("};").next())
                .any(|group| {
                    // Only the names at the top of the braces are modules.
                    let mut depth = 0;
                    let top: String = group
                        .chars()
                        .filter(|c| {
                            depth += i32::from(*c == '{') - i32::from(*c == '}');
                            depth == 0
                        })
                        .collect();
                    top.split(',')
                        .filter_map(|path| path.trim().split("::").next())
                        .any(|first| first == *other)
                });
            assert!(!direct && !grouped, "{module} must not import {other}");
        }
    }
}

#[test]
fn no_field_of_the_case_study_stands_in_the_code() {
    let form = include_str!("../../config/forms/case-study.yaml");
    let names: Vec<&str> = form
        .lines()
        .filter_map(|line| line.strip_prefix("        - name: "))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    for (module, code) in sources() {
        // These two are everyday words of the code, too.
        for name in names
            .iter()
            .filter(|name| !["title", "author"].contains(name))
        {
            let stands = code.match_indices(name).any(|(at, _)| {
                !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
            });
            assert!(!stands, "{name} in {module}");
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

#[test]
fn every_address_in_a_page_begins_with_the_base_path() {
    /// What begins an address that is whole as it stands.
    const WHOLE: &[&str] = &[
        "{{ base_path }}",
        "#",
        "data:",
        "mailto:",
        "{{ word.text",
        "{{ publishing.permalink }}",
        "{{ publishing.pull_request }}",
        "{{ address }}",
        "{{ privacy.authority_url }}",
        "{{ responsible.notice_url }}",
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for entry in fs::read_dir(folder).expect("the templates") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "html") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a template");
        for attribute in ["href", "src", "action", "formaction"] {
            for address in text.split(&format!(" {attribute}=\"")).skip(1) {
                let is_whole = WHOLE.iter().any(|start| address.starts_with(start));
                let begun: String = address.chars().take(30).collect();
                assert!(is_whole, "{}: {attribute}=\"{begun}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 50, "{seen}");
}
