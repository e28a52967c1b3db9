//! The section `consent`: one wording, or several purposes.

use super::field::is_name;
use crate::{
    form::{
        built_in,
        consent::{Consent, GivenBy, Purpose},
    },
    text::{
        email::mail_address,
        node::{Mistake, Node, Section},
    },
};

/// Longer words nobody reads before ticking, and records keep them.
const LONGEST: usize = 2_000;
const MOST: usize = 20;

/// What else the form asks, by which people can agree.
#[derive(Clone, Copy)]
pub(super) struct Asks {
    pub(super) has_pictures: bool,
    /// Whether people say how they want to be named.
    pub(super) has_credit: bool,
}

/// What the form asks people to agree to.
pub(super) fn consent(node: &Node, asks: Asks, mistakes: &mut Vec<Mistake>) -> Consent {
    let mut section = Section::new(node, "`consent`", mistakes);
    let purposes = match section.list("purposes") {
        None => vec![alone(&mut section)],
        Some(nodes) => {
            for key in ["wording", "version", "enter"] {
                if let Some(node) = section.take(key) {
                    section.wrong(
                        node.line,
                        format!("`{key}` belongs to one of the `purposes`; move it there"),
                    );
                }
            }
            several(nodes, asks, &mut section)
        }
    };
    let contact = section.text("contact").unwrap_or_default();
    if !contact.is_empty() && mail_address(&contact).is_err() {
        let line = section.take("contact").map_or(node.line, |node| node.line);
        section.wrong(
            line,
            "`consent.contact` must be an email address, as in hello@example.org",
        );
    }
    let consent = Consent {
        purposes,
        controller: section.text("controller").unwrap_or_default(),
        contact,
        notice: section.text("notice").unwrap_or_default(),
    };
    section.finish();
    consent
}

/// The words of a form that asks for one agreement only.
fn alone(section: &mut Section) -> Purpose {
    Purpose {
        name: built_in::PUBLISH.to_owned(),
        wording: wording(section),
        version: section.text("version").unwrap_or_default(),
        is_required: true,
        enter: enter(section),
        given_by: GivenBy::Tick,
        input: built_in::CONSENT.to_owned(),
    }
}

fn several(nodes: &[Node], asks: Asks, section: &mut Section) -> Vec<Purpose> {
    let mut purposes: Vec<Purpose> = Vec::new();
    let line = section.line();
    if nodes.is_empty() || nodes.len() > MOST {
        section.wrong(line, format!("`purposes` must be a list of 1 to {MOST}"));
    }
    for node in nodes {
        let is_first = purposes.is_empty();
        let purpose = purpose(node, is_first, asks, section.mistakes());
        if purposes.iter().any(|other| other.name == purpose.name) && !purpose.name.is_empty() {
            section.wrong(
                node.line,
                format!(
                    "another purpose has the name `{}`; rename one",
                    purpose.name
                ),
            );
        }
        let alike = purposes
            .iter()
            .any(|other| other.given_by == purpose.given_by);
        if alike && purpose.given_by != GivenBy::Tick {
            section.wrong(
                node.line,
                format!(
                    "`{}`: another purpose is given by the same choice, and each would be agreed to and taken back with the other; make one purpose of the two",
                    purpose.name
                ),
            );
        }
        purposes.push(purpose);
    }
    purposes
}

fn purpose(node: &Node, is_first: bool, asks: Asks, mistakes: &mut Vec<Mistake>) -> Purpose {
    let mut section = Section::new(node, "the purpose", mistakes);
    let name = section.required("name");
    if !name.is_empty() && !is_name(&name) {
        section.wrong(
            node.line,
            format!(
                "`{name}` cannot be a name: use a small letter, then small letters, digits and _"
            ),
        );
    }
    let ways = [
        ("tick", GivenBy::Tick),
        ("pictures", GivenBy::Pictures),
        ("credit", GivenBy::Credit),
    ];
    let given_by = section.word("given_by", &ways).unwrap_or(GivenBy::Tick);
    let is_required = section.flag("required").unwrap_or(false);
    let mut wrong = |message: &str| section.wrong(node.line, format!("`{name}`: {message}"));
    if is_first && !(is_required && given_by == GivenBy::Tick) {
        wrong("the first purpose is the one without which nothing is sent; write `required: true`");
    }
    if is_required && given_by != GivenBy::Tick {
        wrong("only what is ticked can be required; take `required` or `given_by` away");
    }
    if given_by == GivenBy::Pictures && !asks.has_pictures {
        wrong("the form asks for no pictures, so nobody can agree by adding one");
    }
    if given_by == GivenBy::Credit && !asks.has_credit {
        wrong("the form does not ask how people want to be named; add `contact.credit`");
    }
    let purpose = Purpose {
        wording: wording(&mut section),
        version: section.required("version"),
        is_required,
        enter: enter(&mut section),
        given_by,
        input: match is_first {
            true => built_in::CONSENT.to_owned(),
            false => format!("{}_{name}", built_in::CONSENT),
        },
        name,
    };
    section.finish();
    purpose
}

fn wording(section: &mut Section) -> String {
    let wording = section.required("wording");
    if wording.chars().count() > LONGEST {
        let line = section.line();
        section.wrong(
            line,
            format!("`wording` takes {LONGEST} characters at most"),
        );
    }
    wording
}

fn enter(section: &mut Section) -> String {
    section.text("enter").unwrap_or_else(|| {
        "Tick the box if you agree. We can’t publish without your agreement.".to_owned()
    })
}
