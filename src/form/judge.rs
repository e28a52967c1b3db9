//! A form's file → its definition, or every mistake in it at once, each with its line.

mod afterwards;
mod consent;
mod field;
mod own;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, civil::Date, tz::TimeZone};

use super::{By, Definition, Field, Kind, Opening, Part, Pattern, PostSection, built_in};
use crate::text::{
    clean::clean_line,
    node::{Mistake, Node, Section, Value, nearest},
};

/// The most characters of what is to be done next: it stands in a row of the queue.
const LONGEST_NEXT_ACTION: usize = 60;

/// Judges the text of a form's file. `name` is the file's name without its ending.
///
/// # Errors
/// Every mistake, in the order of the lines.
pub fn judge(name: &str, text: &str) -> Result<Definition, Vec<Mistake>> {
    let root = Node::read(text).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Vec::new();
    let mut section = Section::new(&root, "the form", &mut mistakes);
    let opening = opening(&mut section);
    let sign_off = afterwards::sign_off(&mut section);
    let (follow_up, follow_up_line) = afterwards::follow_up(&mut section);
    let retention = afterwards::retention(&mut section);
    let title = section.required("title");
    let lead = section.text("lead").unwrap_or_default();
    let about = section.text("about").unwrap_or_default();
    let before_sending = section.text("before_sending").unwrap_or_default();
    let noun = section.text("noun").unwrap_or_else(|| "entry".to_owned());
    let next_actions = next_actions(&mut section);
    let mut parts = Vec::new();
    match section.list("parts") {
        Some(nodes) => {
            for node in nodes {
                parts.push(part(node, section.mistakes()));
            }
        }
        None => {
            let line = section.line();
            section.wrong(line, "the form needs `parts`, each with `fields`");
        }
    }
    let contact = section.take("contact").cloned();
    let consent = section.take("consent").cloned();
    let post_node = section.take("post").cloned();
    let end = section.line();
    section.finish();
    let absent = |line| Node {
        line,
        value: Value::Map(Vec::new()),
    };
    let post_line = post_node.as_ref().map_or(end, |node| node.line);
    let post = post(&post_node.unwrap_or_else(|| absent(end)), &mut mistakes);
    let has_date = post.date.is_none() && (post.path.has_date() || post.permalink.has_date());
    let addenda = (!follow_up.is_empty()).then_some(follow_up_line);
    own::built_in_fields(&mut parts, has_date, addenda);
    let credit = own::sender(
        &contact.unwrap_or_else(|| absent(end)),
        &mut parts,
        &mut mistakes,
    );
    let fields = || parts.iter().flat_map(|part| &part.fields);
    let consent = consent::consent(
        &consent.unwrap_or_else(|| absent(end)),
        consent::Asks {
            has_pictures: fields().any(|field| field.kind == Kind::Images),
            has_credit: credit.is_some(),
        },
        &mut mistakes,
    );
    let definition = Definition {
        name: name.to_owned(),
        title,
        lead,
        about,
        before_sending,
        noun,
        next_actions,
        opening,
        parts,
        consent,
        credit,
        sign_off,
        follow_up,
        retention,
        post,
    };
    let mut purposes = definition.consent.purposes.iter();
    if !definition.follow_up.is_empty() && purposes.all(|it| it.name != built_in::CONTACT) {
        mistakes.push(Mistake {
            line: follow_up_line,
            message: "`follow_up` needs a purpose with the name `contact` in `consent`, by which people agree to be written to after publication".to_owned(),
        });
    }
    check_names(&definition, &mut mistakes);
    check_post(&definition, post_line, &mut mistakes);
    if mistakes.is_empty() {
        return Ok(definition);
    }
    mistakes.sort();
    mistakes.dedup();
    Err(mistakes)
}

fn opening(section: &mut Section) -> Opening {
    let mut moment = |key: &'static str, at_end: bool| {
        let node = section.take(key)?;
        let text = node.text().unwrap_or_default();
        let read = match text.parse::<Date>() {
            // The whole day that a form closes on is still open.
            Ok(day) if text.len() == 10 => day
                .checked_add(Span::new().days(i64::from(at_end)))
                .and_then(|day| day.at(0, 0, 0, 0).to_zoned_datetime(TimeZone::UTC))
                .map(|zoned| zoned.timestamp())
                .ok(),
            _ => text.parse::<Timestamp>().ok(),
        };
        if read.is_none() {
            section.wrong(
                node.line,
                format!(
                    "`{key}` must be a day or a moment, as in 2026-03-31 or 2026-03-31T18:00:00Z"
                ),
            );
        }
        read
    };
    let (opens, closes) = (moment("opens", false), moment("closes", true));
    let finish_within = match section.take("finish_within") {
        None => SignedDuration::ZERO,
        Some(node) => {
            let days = SpanRelativeTo::days_are_24_hours();
            let read = node
                .text()
                .and_then(|text| text.parse::<Span>().ok()?.to_duration(days).ok())
                .filter(SignedDuration::is_positive);
            if read.is_none() {
                section.wrong(
                    node.line,
                    "`finish_within` must be a length of time, as in 2 days or 12 hours",
                );
            }
            read.unwrap_or_default()
        }
    };
    if let (Some(opens), Some(closes)) = (opens, closes)
        && opens >= closes
    {
        let line = section.take("closes").map_or(1, |node| node.line);
        section.wrong(line, "`closes` must come after `opens`");
    }
    Opening {
        opens,
        closes,
        finish_within,
        before: section.text("before").unwrap_or_default(),
        after: section.text("after").unwrap_or_default(),
    }
}

/// What editors can choose as the next thing to do: each in one short line.
fn next_actions(section: &mut Section) -> Vec<String> {
    let mut actions: Vec<String> = Vec::new();
    for node in section.list("next_actions").unwrap_or_default() {
        let text = node.text().unwrap_or_default();
        let is_line = !text.is_empty()
            && text.chars().count() <= LONGEST_NEXT_ACTION
            && clean_line(text) == text;
        if !is_line {
            section.wrong(
                node.line,
                format!("each of `next_actions` must be one line of at most {LONGEST_NEXT_ACTION} characters, as in Check the facts"),
            );
        } else if actions.iter().any(|other| other == text) {
            let message = format!("“{text}” stands in `next_actions` twice; leave one out");
            section.wrong(node.line, message);
        } else {
            actions.push(text.to_owned());
        }
    }
    actions
}

fn part(node: &Node, mistakes: &mut Vec<Mistake>) -> Part {
    let mut section = Section::new(node, "the part", mistakes);
    let title = section.required("title");
    let name = section
        .text("name")
        .unwrap_or_else(|| super::pattern::slug(&title).replace('-', "_"));
    let lead = section.text("lead").unwrap_or_default();
    let nodes = section.list("fields").unwrap_or_default();
    if nodes.is_empty() {
        let line = section.line();
        section.wrong(line, "the part needs `fields`");
    }
    let fields = nodes
        .iter()
        .map(|node| field::field(node, None, section.mistakes()))
        .collect();
    section.finish();
    Part {
        name,
        title,
        lead,
        fields,
    }
}

fn post(node: &Node, mistakes: &mut Vec<Mistake>) -> PostSection {
    let mut section = Section::new(node, "`post`", mistakes);
    let mut place = |key: &'static str| {
        let text = section.required(key);
        let line = section.take(key).map_or(node.line, |node| node.line);
        Pattern::try_from(text).unwrap_or_else(|message| {
            section.wrong(line, format!("`post.{key}`: {message}"));
            Pattern::default()
        })
    };
    let (path, permalink) = (place("path"), place("permalink"));
    let line = |section: &mut Section, key| section.take(key).map_or(node.line, |node| node.line);
    if !path.as_str().is_empty() && !path.is_inside() {
        let line = line(&mut section, "path");
        section.wrong(
            line,
            "`post.path` must be a path inside the repository with {slug} in it, as in _posts/{date}-{slug}.md",
        );
    }
    let address = permalink.as_str();
    let is_web = ["https://", "http://"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    if !address.is_empty() && !is_web {
        let line = line(&mut section, "permalink");
        section.wrong(line, "`post.permalink` must begin with https:// or http://");
    }
    let post = PostSection {
        template: section.required("template"),
        path,
        permalink,
        slug: section.text("slug").unwrap_or_else(|| "{title}".to_owned()),
        title: section.required("title"),
        title_prefix: section.text("title_prefix").unwrap_or_default(),
        by: section.text("by"),
        by_line: section.text("by_line").unwrap_or_default(),
        date: section.text("date"),
        is_announced: section
            .word("before_date", &[("wait", false), ("publish", true)])
            .unwrap_or(false),
        images: pictures(&mut section, "images", Pattern::of_pictures),
        images_address: pictures(
            &mut section,
            "images_address",
            Pattern::of_picture_addresses,
        ),
    };
    section.finish();
    post
}

/// Where pictures go, or are read.
fn pictures(
    section: &mut Section,
    key: &'static str,
    read: fn(&str) -> Result<Pattern, String>,
) -> Option<Pattern> {
    let node = section.take(key)?;
    let pattern = read(node.text().unwrap_or_default());
    if let Err(message) = &pattern {
        section.wrong(node.line, format!("`post.{key}`: {message}"));
    }
    pattern.ok()
}

/// No two fields may have one name, nor two parts.
fn check_names(definition: &Definition, mistakes: &mut Vec<Mistake>) {
    let fields = || definition.parts.iter().flat_map(|part| &part.fields);
    let groups = fields().filter(|field| field.kind.is_group());
    let inside = groups.map(|group| group.fields.iter().collect());
    for siblings in std::iter::once(fields().collect()).chain(inside) {
        let siblings: Vec<&Field> = siblings;
        for (at, field) in siblings.iter().enumerate() {
            let is_taken = siblings[..at].iter().any(|other| other.name == field.name);
            if is_taken && !field.name.is_empty() {
                mistakes.push(Mistake {
                    line: field.line,
                    message: format!("another field has the name `{}`; rename one", field.name),
                });
            }
        }
    }
    let languages = fields().filter(|field| field.kind == Kind::Language);
    for second in languages.skip(1) {
        mistakes.push(Mistake {
            line: second.line,
            message: "another field asks for the language; a form has one".to_owned(),
        });
    }
    for purpose in &definition.consent.purposes {
        if let Some(field) = fields().find(|field| field.name == purpose.input) {
            mistakes.push(Mistake {
                line: field.line,
                message: format!(
                    "`{}` is the box of the purpose `{}`; rename one",
                    field.name, purpose.name
                ),
            });
        }
    }
    for (at, part) in definition.parts.iter().enumerate() {
        if definition.parts[..at]
            .iter()
            .any(|other| other.name == part.name)
        {
            mistakes.push(Mistake {
                line: part.fields.first().map_or(1, |field| field.line),
                message: format!(
                    "another part has the name `{}`; give one a `name`",
                    part.name
                ),
            });
        }
    }
}

/// The fields that `post` names must be there and fit.
fn check_post(definition: &Definition, line: usize, mistakes: &mut Vec<Mistake>) {
    let post = &definition.post;
    let mut wrong = |message: String| mistakes.push(Mistake { line, message });
    let names = || definition.fields().map(|field| field.name.as_str());
    let mut named = |key: &str, name: &str, fits: &dyn Fn(&Field) -> bool, must: &str| {
        if name.is_empty() {
            return;
        }
        match definition.field(name) {
            None => {
                let advice = match nearest(name, names()) {
                    Some(right) => format!("; did you mean `{right}`?"),
                    None => String::new(),
                };
                wrong(format!(
                    "`post.{key}` names `{name}`, which is no field{advice}"
                ));
            }
            Some(field) if !fits(field) => {
                wrong(format!("`post.{key}` names `{name}`, which must be {must}"));
            }
            Some(_) => {}
        }
    };
    named(
        "title",
        &post.title,
        &|field| {
            matches!(field.kind, Kind::Line | Kind::LongLine)
                && field.is_public
                && field.is_required
                && field.by == By::Campaigner
        },
        "a `line` that campaigners must fill in, and public",
    );
    named(
        "by",
        post.by.as_deref().unwrap_or_default(),
        &|field| field.is_public && !field.kind.is_group(),
        "public and no group",
    );
    named(
        "date",
        post.date.as_deref().unwrap_or_default(),
        &|field| field.kind == Kind::Date && field.is_public && field.is_required,
        "a `date` that must be filled in, and public",
    );
    if definition.has_pictures() && post.images.is_none() {
        wrong("`post` needs `images`: where pictures go in the repository, as in assets/blog/{date}-{slug}-{n}.jpg".to_owned());
    }
    if post.title != "title" && definition.field("title").is_some() {
        wrong(
            "a field named `title` must be the one that `post.title` names: templates know the post’s title by it".to_owned(),
        );
    }
}
