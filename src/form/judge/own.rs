//! The fields that every form has: the post's own place, and who sends it.

use jiff::civil::Date;
use regex::Regex;

use crate::{
    form::{
        By, Credit, Field, Kind, Limits, Options, Part, built_in,
        credit::{NAME, NOT_AT_ALL, OTHER},
        follow_up,
    },
    text::node::{Mistake, Node, Section, Value},
};

/// The post's slug, and its date where the path or the permalink has one, are fields of the
/// editors; so are the updates that come later, with the line at which the file asks for them. They
/// stand in the last part that has fields of theirs.
pub(super) fn built_in_fields(parts: &mut Vec<Part>, has_date: bool, addenda: Option<usize>) {
    let is_editors = |part: &Part| part.fields.iter().any(|field| field.by == By::Editors);
    let at = match parts.iter().rposition(is_editors) {
        Some(at) => at,
        None => {
            parts.push(Part {
                name: "post".to_owned(),
                title: "For the blog".to_owned(),
                lead: String::new(),
                fields: Vec::new(),
            });
            parts.len() - 1
        }
    };
    let plain = |name: &str, label: &str, hint: &str, enter: &str, kind, limits| Field {
        hint: hint.to_owned(),
        enter: enter.to_owned(),
        is_required: kind == Kind::Line,
        limits,
        ..Field::plain(name, label, kind, By::Editors, 1)
    };
    let mut slug = plain(
        built_in::SLUG,
        "Address",
        "The last part of the post’s address: small letters, digits and hyphens.",
        "Write the address in small letters and digits with single hyphens between them, for example “trade-unions”",
        Kind::Line,
        Limits::Count { min: 1, max: 100 },
    );
    slug.pattern = Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").ok();
    parts[at].fields.push(slug);
    if has_date {
        let limits = Limits::Date {
            min: Date::new(1970, 1, 1).ok(),
            max: Date::new(2999, 12, 31).ok(),
        };
        parts[at].fields.push(plain(
            built_in::DATE,
            "Date",
            "The post’s date. Empty: the day it is published.",
            "",
            Kind::Date,
            limits,
        ));
    }
    parts[at].fields.extend(addenda.map(follow_up::field));
}

/// The last parts: who sends it, and how they are named.
pub(super) fn sender(
    node: &Node,
    parts: &mut Vec<Part>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Credit> {
    let mut section = Section::new(node, "`contact`", mistakes);
    let title = section
        .text("title")
        .unwrap_or_else(|| "About you".to_owned());
    let lead = section.text("lead");
    let is_name = |field: &Field| field.name == built_in::CONTACT_NAME;
    let credit = section.take("credit").cloned();
    let mut fields = Vec::new();
    for (key, name, kind, label, hint, enter) in [
        (
            "name",
            built_in::CONTACT_NAME,
            Kind::Line,
            "Your name",
            match credit {
                Some(_) => {
                    "So we know who to write to. It won’t be published unless you ask us to."
                }
                None => "So we know who to write to. It won’t be published.",
            },
            "Enter your name",
        ),
        (
            "email",
            built_in::CONTACT_EMAIL,
            Kind::Email,
            "Your email address",
            "We’ll email you a private link to follow what you send, and any questions.",
            "Enter your email address, for example “ana@example.org”",
        ),
    ] {
        let stands = section.take(key).cloned();
        if stands.as_ref().and_then(Node::text) == Some("false") && key == "name" {
            continue;
        }
        let empty = Node {
            line: section.line(),
            value: Value::Map(Vec::new()),
        };
        let node = stands.unwrap_or(empty);
        let mut own = Section::new(&node, format!("`contact.{key}`"), section.mistakes());
        fields.push(Field {
            label: own.text("label").unwrap_or_else(|| label.to_owned()),
            hint: own.text("hint").unwrap_or_else(|| hint.to_owned()),
            example: own.text("example").unwrap_or_default(),
            enter: own.text("enter").unwrap_or_else(|| enter.to_owned()),
            is_public: false,
            limits: Limits::Count {
                min: 1,
                max: if kind == Kind::Email { 254 } else { 120 },
            },
            autocomplete: key.to_owned(),
            ..Field::plain(name, label, kind, By::Campaigner, node.line)
        });
        own.finish();
    }
    let credit = credit.map(|node| {
        let has_name = fields.iter().any(is_name);
        naming(&node, has_name, parts, section.mistakes())
    });
    section.finish();
    let (part, credit) = credit.unzip();
    let has_name = fields.iter().any(is_name);
    let lead = lead.unwrap_or_else(|| {
        match (has_name, &credit) {
            (true, Some(_)) => {
                "Only the editors see your name and email address. We never publish the address, and your name only if you ask us to."
            }
            (true, None) => {
                "Only the editors see your name and email address. We never publish them."
            }
            (false, _) => "Only the editors see your email address. We never publish it.",
        }
        .to_owned()
    });
    parts.push(Part {
        name: "you".to_owned(),
        title,
        lead,
        fields,
    });
    parts.extend(part);
    credit
}

/// How people are named in the post.
fn naming(
    node: &Node,
    has_name: bool,
    parts: &[Part],
    mistakes: &mut Vec<Mistake>,
) -> (Part, Credit) {
    let mut section = Section::new(node, "`contact.credit`", mistakes);
    let title = section
        .text("label")
        .unwrap_or_else(|| "How shall we name you?".to_owned());
    let hint = section.text("hint").unwrap_or_default();
    let from = section.text("field").unwrap_or_default();
    let is_own = |name: &str| [NOT_AT_ALL, NAME, OTHER].contains(&name);
    let known = parts.iter().flat_map(|part| &part.fields).find(|field| {
        field.name == from && field.is_public && field.kind == Kind::Line && !is_own(&from)
    });
    if !from.is_empty() && known.is_none() {
        let line = section.take("field").map_or(node.line, |it| it.line);
        section.wrong(
            line,
            format!(
                "`contact.credit.field` names `{from}`, which is no public field of the kind `line`"
            ),
        );
    }
    section.finish();
    let mut ways = vec![(NOT_AT_ALL.to_owned(), "Not at all".to_owned())];
    if has_name {
        ways.push((NAME.to_owned(), "By my name".to_owned()));
    }
    if let Some(field) = known {
        let label = format!("By my {}", field.label.to_lowercase());
        ways.push((from.clone(), label));
    }
    ways.push((OTHER.to_owned(), "By another name".to_owned()));
    let field = |name: &str, label: &str, hint: &str, kind, options| Field {
        hint: hint.to_owned(),
        options,
        is_required: false,
        ..Field::plain(name, label, kind, By::Campaigner, node.line)
    };
    let part = Part {
        name: "naming".to_owned(),
        // Not the question itself, which stands right below.
        title: "Your name in the post".to_owned(),
        lead: String::new(),
        fields: vec![
            field(
                built_in::CREDIT,
                &title,
                &hint,
                Kind::Choice,
                Options::Named(ways),
            ),
            field(
                built_in::CREDIT_NAME,
                "The name to show",
                "Fill this in if you chose “By another name”.",
                Kind::Line,
                Options::None,
            ),
        ],
    };
    (part, Credit { field: from })
}

/// What is asked about each picture.
pub(in crate::form) fn picture_fields(by: By, line: usize) -> Vec<Field> {
    let field = |name: &str, label: &str, hint: &str, kind, max, options: &[&str]| Field {
        hint: hint.to_owned(),
        enter: format!("Answer “{label}”"),
        options: match options {
            [] => Options::None,
            options => Options::List(options.iter().map(|it| (*it).to_owned()).collect()),
        },
        limits: Limits::Count { min: 1, max },
        ..Field::plain(name, label, kind, by, line)
    };
    let optional = |field: Field| Field {
        is_required: false,
        ..field
    };
    let picture = Field {
        enter: "Upload the picture again".to_owned(),
        pattern: Regex::new("^[0-9a-f]{64}\\.(?:jpg|png)$").ok(),
        ..field(built_in::PICTURE, "File", "", Kind::Line, 68, &[])
    };
    let alt = Field {
        enter: "Describe the picture".to_owned(),
        ..field(
            built_in::ALT,
            "What can be seen?",
            "A sentence for people who can’t see the picture. For example: Nurses hold up a banner outside a hospital.",
            Kind::LongLine,
            300,
            &[],
        )
    };
    let people = Field {
        is_public: false,
        ..field(
            "people",
            "People in the picture",
            "",
            Kind::Choice,
            1,
            &[
                "Nobody can be recognised",
                "Everyone who can be recognised has agreed",
            ],
        )
    };
    vec![
        picture,
        alt,
        optional(field(
            built_in::CAPTION,
            "Caption",
            "Shown below the picture.",
            Kind::LongLine,
            300,
            &[],
        )),
        optional(field(
            "credit",
            "Who took or made it?",
            "Shown below the picture.",
            Kind::Line,
            120,
            &[],
        )),
        field(
            built_in::LICENCE,
            "Who may use it?",
            "",
            Kind::Choice,
            1,
            &[
                "You may publish it here",
                "CC BY 4.0",
                "CC BY-SA 4.0",
                "CC0 1.0 (public domain)",
            ],
        ),
        people,
        field(
            "ai",
            "Was AI used to make or change it?",
            "",
            Kind::Choice,
            1,
            &["No", "Changed with AI", "Made with AI"],
        ),
    ]
}
