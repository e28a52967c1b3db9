//! The fields of a case study: one table of name, label, hint and limits, and the one way in.
//!
//! Knows nothing about disks, clocks, HTTP, templates or YAML. What a person typed is a
//! [`CaseStudyForm`]; [`CaseStudyForm::parse`] turns it into an [`Entry`], which is proof of its
//! own validity, or into every [`Problem`] at once.

use serde::{Deserialize, Serialize};
use validator::{Validate, ValidateArgs, ValidationError, ValidationErrorsKind};

use crate::text::{
    clean::{clean, clean_line},
    email::{AddressProblem, mail_address},
};

/// How many characters a field takes, after trimming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The fewest characters of a field that is filled in.
    pub min: u64,
    /// The most characters.
    pub max: u64,
}

const TITLE: Limits = Limits { min: 3, max: 120 };
const STORY: Limits = Limits {
    min: 200,
    max: 20_000,
};
const SHORT: Limits = Limits { min: 1, max: 200 };
const LONG: Limits = Limits { min: 1, max: 500 };
const NAME: Limits = Limits { min: 1, max: 120 };
/// RFC 5321, section 4.5.3.1.3: a path has at most 256 octets, brackets included.
const EMAIL: Limits = Limits { min: 1, max: 254 };

/// The four parts of the form, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the campaign is called and which topics it belongs to.
    Campaign,
    /// The story.
    Story,
    /// The five labelled lines below the story.
    Glance,
    /// Who writes; never published.
    You,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line of plain text.
    Line,
    /// One line of plain text that tends to be long.
    LongLine,
    /// Markdown, many lines.
    Text,
    /// Any of a list of topics.
    Topics,
    /// An e-mail address.
    Email,
    /// A box to tick.
    Consent,
}

/// One row of the field table: all that a page, a message or a test needs to know of a field.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// The name in the form and in the record.
    pub name: &'static str,
    /// The label people see. For [`Part::Glance`] it is also the label in the post.
    pub label: &'static str,
    /// What to write, in one sentence.
    pub hint: &'static str,
    /// An example of a good answer.
    pub example: &'static str,
    /// What to do when the field was left empty.
    pub enter: &'static str,
    /// How long it may be.
    pub limits: Limits,
    /// How it is filled in.
    pub kind: Kind,
    /// Where on the form it stands.
    pub part: Part,
    /// What the browser may fill in by itself (the `autocomplete` attribute).
    pub autocomplete: &'static str,
}

/// The words agreed to with `consent`; they are kept in the record beside the answer.
pub const CONSENT_WORDING: &str = "I agree that you publish this case study on your blog, edited where needed, and that you write to me about it. I have the right to share what I have written.";

/// Every field of the form, in the order in which people meet them.
pub static FIELDS: [Field; 11] = [
    Field {
        name: "title",
        label: "Name of the campaign",
        hint: "A short name that people will recognise.",
        example: "Trade Union Campaigns",
        enter: "Enter the name of the campaign",
        limits: TITLE,
        kind: Kind::Line,
        part: Part::Campaign,
        autocomplete: "off",
    },
    Field {
        name: "topics",
        label: "Topics",
        hint: "Tick all that fit. If you are not sure, leave them: an editor will choose.",
        example: "",
        enter: "Choose a topic",
        limits: SHORT,
        kind: Kind::Topics,
        part: Part::Campaign,
        autocomplete: "off",
    },
    Field {
        name: "story",
        label: "The story",
        hint: "What was the problem, what did you do, what changed? Two to five paragraphs, with an empty line between them.",
        example: "In 2021 we found that …",
        enter: "Tell the story of the campaign",
        limits: STORY,
        kind: Kind::Text,
        part: Part::Story,
        autocomplete: "off",
    },
    Field {
        name: "campaign_type",
        label: "Campaign type",
        hint: "What kind of campaign it is, in a few words.",
        example: "Data governance",
        enter: "Enter the type of campaign, for example “Data governance”",
        limits: SHORT,
        kind: Kind::Line,
        part: Part::Glance,
        autocomplete: "off",
    },
    Field {
        name: "ultimate_goals",
        label: "Ultimate goals",
        hint: "What will be different when you have succeeded?",
        example: "Workers to be consulted when new technologies are introduced.",
        enter: "Enter what the campaign wants to achieve",
        limits: LONG,
        kind: Kind::LongLine,
        part: Part::Glance,
        autocomplete: "off",
    },
    Field {
        name: "communities_involved",
        label: "Communities involved",
        hint: "Who takes part, and for whom?",
        example: "trade union members, migrant workers",
        enter: "Enter the communities that take part, for example “parents, teachers”",
        limits: LONG,
        kind: Kind::LongLine,
        part: Part::Glance,
        autocomplete: "off",
    },
    Field {
        name: "organisation",
        label: "Organisation",
        hint: "Who leads the campaign. If there are many, write “Various”.",
        example: "Trade Unions Congress",
        enter: "Enter the organisation, or “Various”",
        limits: SHORT,
        kind: Kind::Line,
        part: Part::Glance,
        autocomplete: "organization",
    },
    Field {
        name: "methods_used",
        label: "Methods used",
        hint: "How you work: three to six methods, with commas between them.",
        example: "training, collective bargaining, lobbying",
        enter: "Enter the methods you use, for example “training, lobbying”",
        limits: LONG,
        kind: Kind::LongLine,
        part: Part::Glance,
        autocomplete: "off",
    },
    Field {
        name: "contact_name",
        label: "Your name",
        hint: "So that the editor knows whom to write to.",
        example: "Ana Souza",
        enter: "Enter your name",
        limits: NAME,
        kind: Kind::Line,
        part: Part::You,
        autocomplete: "name",
    },
    Field {
        name: "contact_email",
        label: "Your e-mail address",
        hint: "We send you a private link, and write if there are questions.",
        example: "ana@example.org",
        enter: "Enter your e-mail address, for example “ana@example.org”",
        limits: EMAIL,
        kind: Kind::Email,
        part: Part::You,
        autocomplete: "email",
    },
    Field {
        name: "consent",
        label: CONSENT_WORDING,
        hint: "",
        example: "",
        enter: "Tick the box if you agree; without it we may not publish",
        limits: SHORT,
        kind: Kind::Consent,
        part: Part::You,
        autocomplete: "off",
    },
];

/// The row of the field table with this name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// One of the five labelled lines below the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Glance {
    CampaignType,
    UltimateGoals,
    CommunitiesInvolved,
    Organisation,
    MethodsUsed,
}

/// What this installation asks of a case study.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The labelled lines that must be filled in.
    pub required: Vec<Glance>,
    /// The topics there are.
    pub topics: Vec<String>,
}

/// The form as a person typed it, cleaned by [`clean`] but not yet judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Validate)]
#[validate(context = Rules)]
#[allow(missing_docs)]
pub struct CaseStudyForm {
    #[validate(length(min = TITLE.min, max = TITLE.max), custom(function = "one_line"))]
    pub title: String,
    #[validate(custom(function = "known_topics", use_context))]
    pub topics: Vec<String>,
    #[validate(length(min = STORY.min, max = STORY.max))]
    pub story: String,
    #[validate(length(max = SHORT.max), custom(function = "one_line"))]
    pub campaign_type: String,
    #[validate(length(max = LONG.max), custom(function = "one_line"))]
    pub ultimate_goals: String,
    #[validate(length(max = LONG.max), custom(function = "one_line"))]
    pub communities_involved: String,
    #[validate(length(max = SHORT.max), custom(function = "one_line"))]
    pub organisation: String,
    #[validate(length(max = LONG.max), custom(function = "one_line"))]
    pub methods_used: String,
    #[validate(length(min = NAME.min, max = NAME.max), custom(function = "one_line"))]
    pub contact_name: String,
    #[validate(length(min = EMAIL.min, max = EMAIL.max), custom(function = "deliverable"))]
    pub contact_email: String,
    #[validate(custom(function = "agreed"))]
    pub consent: String,
}

fn one_line(text: &str) -> Result<(), ValidationError> {
    if text.contains('\n') {
        return Err(ValidationError::new("one_line"));
    }
    Ok(())
}

fn known_topics(topics: &[String], rules: &Rules) -> Result<(), ValidationError> {
    if topics.iter().all(|topic| rules.topics.contains(topic)) {
        return Ok(());
    }
    Err(ValidationError::new("unknown"))
}

fn agreed(consent: &str) -> Result<(), ValidationError> {
    if consent == "yes" {
        return Ok(());
    }
    Err(ValidationError::new("empty"))
}

fn deliverable(address: &str) -> Result<(), ValidationError> {
    mail_address(address).map(drop).map_err(|problem| {
        ValidationError::new(match problem {
            AddressProblem::Malformed => "email",
            AddressProblem::LocalPart => "local_part",
        })
    })
}

/// Something to mend: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The name of the field.
    pub field: &'static str,
    /// A sentence that says what to do. Never holds what was typed.
    pub message: String,
}

/// A case study that keeps all the rules: what will be published of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStudy {
    /// The campaign's name, one line.
    pub title: String,
    /// The topics chosen, in the vocabulary's order; may be empty.
    pub topics: Vec<String>,
    /// The story, Markdown with LF line ends.
    pub story: String,
    /// One line; empty where the configuration allows it. So are the next four.
    pub campaign_type: String,
    #[allow(missing_docs)]
    pub ultimate_goals: String,
    #[allow(missing_docs)]
    pub communities_involved: String,
    #[allow(missing_docs)]
    pub organisation: String,
    #[allow(missing_docs)]
    pub methods_used: String,
}

impl CaseStudy {
    /// The labelled lines that are filled in: label and text, in the order of the post.
    pub fn at_a_glance(&self) -> Vec<(&'static str, &str)> {
        FIELDS
            .iter()
            .filter(|field| field.part == Part::Glance)
            .filter_map(|field| Some((field.label, self.text(field.name)?)))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    /// What the field of this name holds; nothing for `topics`, which are many, and for what is
    /// not published.
    pub fn text(&self, name: &str) -> Option<&str> {
        Some(match name {
            "title" => &self.title,
            "story" => &self.story,
            "campaign_type" => &self.campaign_type,
            "ultimate_goals" => &self.ultimate_goals,
            "communities_involved" => &self.communities_involved,
            "organisation" => &self.organisation,
            "methods_used" => &self.methods_used,
            _ => return None,
        })
    }
}

/// Who sent the case study. Private: it never reaches a draft, a log line or a metric, which is
/// why `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The campaigner's name, one line.
    pub name: String,
    /// The campaigner's address; ASCII before the `@`, perhaps an international domain after it.
    pub email: String,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(private)")
    }
}

/// A form that kept all the rules, consent included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What is published.
    pub case_study: CaseStudy,
    /// What is not.
    pub contact: Contact,
}

impl CaseStudyForm {
    /// Takes the fields of a form post, of which names not in the table are ignored and the first
    /// of a repeated name counts (all of them for `topics`), and cleans each by [`clean`].
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs {
            if name == "topics" {
                let topic = clean_line(value);
                if !topic.is_empty() && !form.topics.contains(&topic) && form.topics.len() < 100 {
                    form.topics.push(topic);
                }
                continue;
            }
            if seen.contains(&name) {
                continue;
            }
            let Some(slot) = form.slot(name) else {
                continue;
            };
            *slot = if name == "story" {
                clean(value)
            } else {
                clean_line(value)
            };
            seen.push(name);
        }
        form
    }

    fn slot(&mut self, name: &'_ str) -> Option<&mut String> {
        Some(match name {
            "title" => &mut self.title,
            "story" => &mut self.story,
            "campaign_type" => &mut self.campaign_type,
            "ultimate_goals" => &mut self.ultimate_goals,
            "communities_involved" => &mut self.communities_involved,
            "organisation" => &mut self.organisation,
            "methods_used" => &mut self.methods_used,
            "contact_name" => &mut self.contact_name,
            "contact_email" => &mut self.contact_email,
            "consent" => &mut self.consent,
            _ => return None,
        })
    }

    /// What the field of this name holds; nothing for `topics`, which are many.
    pub fn text(&self, name: &str) -> &str {
        match name {
            "title" => &self.title,
            "story" => &self.story,
            "campaign_type" => &self.campaign_type,
            "ultimate_goals" => &self.ultimate_goals,
            "communities_involved" => &self.communities_involved,
            "organisation" => &self.organisation,
            "methods_used" => &self.methods_used,
            "contact_name" => &self.contact_name,
            "contact_email" => &self.contact_email,
            "consent" => &self.consent,
            _ => "",
        }
    }

    /// The form filled in with what stands, to be changed.
    pub fn of(case_study: &CaseStudy) -> Self {
        let case_study = case_study.clone();
        Self {
            title: case_study.title,
            topics: case_study.topics,
            story: case_study.story,
            campaign_type: case_study.campaign_type,
            ultimate_goals: case_study.ultimate_goals,
            communities_involved: case_study.communities_involved,
            organisation: case_study.organisation,
            methods_used: case_study.methods_used,
            ..Self::default()
        }
    }

    /// Where nothing was typed since `base`, takes what stands `now`: what somebody else has saved
    /// meanwhile.
    pub fn take_over(&mut self, base: &CaseStudy, now: &CaseStudy) {
        if self.topics == base.topics {
            self.topics.clone_from(&now.topics);
        }
        for field in &FIELDS {
            if let (Some(base), Some(now), Some(slot)) = (
                base.text(field.name),
                now.text(field.name),
                self.slot(field.name),
            ) && slot == base
            {
                now.clone_into(slot);
            }
        }
    }

    /// Judges the form by the rules: a valid [`Entry`], or every problem at once, at most one for
    /// a field, in the order of the field table.
    pub fn parse(&self, rules: &Rules) -> Result<Entry, Vec<Problem>> {
        let problems = self.problems(rules);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Entry {
            case_study: self.case_study(rules),
            contact: Contact {
                name: self.contact_name.clone(),
                email: self.contact_email.clone(),
            },
        })
    }

    /// [`CaseStudyForm::parse`] for those who change a case study that is there: without the part
    /// about the campaigner.
    pub fn parse_case_study(&self, rules: &Rules) -> Result<CaseStudy, Vec<Problem>> {
        let mut problems = self.problems(rules);
        problems.retain(|problem| field(problem.field).is_some_and(|row| row.part != Part::You));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(self.case_study(rules))
    }

    fn case_study(&self, rules: &Rules) -> CaseStudy {
        CaseStudy {
            title: self.title.clone(),
            topics: rules
                .topics
                .iter()
                .filter(|topic| self.topics.contains(topic))
                .cloned()
                .collect(),
            story: self.story.clone(),
            campaign_type: self.campaign_type.clone(),
            ultimate_goals: self.ultimate_goals.clone(),
            communities_involved: self.communities_involved.clone(),
            organisation: self.organisation.clone(),
            methods_used: self.methods_used.clone(),
        }
    }

    fn problems(&self, rules: &Rules) -> Vec<Problem> {
        let failed = match self.validate_with_args(rules) {
            Ok(()) => validator::ValidationErrors::new(),
            Err(errors) => errors,
        };
        FIELDS
            .iter()
            .filter_map(|field| {
                let text = self.text(field.name);
                if text.is_empty() && is_required(field, rules) {
                    return Some(Problem {
                        field: field.name,
                        message: field.enter.to_owned(),
                    });
                }
                let Some(ValidationErrorsKind::Field(errors)) = failed.errors().get(field.name)
                else {
                    return None;
                };
                let codes: Vec<&str> = errors.iter().map(|error| error.code.as_ref()).collect();
                Some(Problem {
                    field: field.name,
                    message: advice(field, text, &codes),
                })
            })
            .collect()
    }
}

/// Whether the field must be filled in under these rules.
pub fn is_required(field: &Field, rules: &Rules) -> bool {
    let configurable = match field.name {
        "topics" => return false,
        "campaign_type" => Glance::CampaignType,
        "ultimate_goals" => Glance::UltimateGoals,
        "communities_involved" => Glance::CommunitiesInvolved,
        "organisation" => Glance::Organisation,
        "methods_used" => Glance::MethodsUsed,
        _ => return true,
    };
    rules.required.contains(&configurable)
}

fn advice(field: &Field, text: &str, codes: &[&str]) -> String {
    let Limits { min, max } = field.limits;
    let count = text.chars().count() as u64;
    if codes.contains(&"length") && count > max {
        return format!(
            "Shorten “{}” by {}: it takes {} at most",
            field.label,
            characters(count - max),
            characters(max)
        );
    }
    if codes.contains(&"length") {
        return format!(
            "Write at least {} for “{}”: so far there are {}",
            characters(min),
            field.label,
            thousands(count)
        );
    }
    if codes.contains(&"one_line") {
        return format!("Write “{}” in one line, without line breaks", field.label);
    }
    if codes.contains(&"unknown") {
        return "Choose topics from the list: one of those sent is not on it".to_owned();
    }
    if codes.contains(&"local_part") {
        return "We can't send mail to addresses with letters like é before the @. Enter another address"
            .to_owned();
    }
    if codes.contains(&"email") {
        return "Check your e-mail address: it should look like “ana@example.org”".to_owned();
    }
    field.enter.to_owned()
}

fn characters(number: u64) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} character{plural}", thousands(number))
}

/// A number with commas between its thousands, as people read it.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            required: vec![Glance::Organisation],
            topics: vec!["Health".into(), "Work".into()],
        }
    }

    fn good() -> CaseStudyForm {
        CaseStudyForm {
            title: "Clean air now".into(),
            story: "word ".repeat(50).trim().into(),
            organisation: "Various".into(),
            contact_name: "Ana".into(),
            contact_email: "ana@example.org".into(),
            consent: "yes".into(),
            ..CaseStudyForm::default()
        }
    }

    #[test]
    fn all_problems_come_at_once_in_the_order_of_the_form() {
        let form = CaseStudyForm {
            topics: vec!["Nonsense".into()],
            ..CaseStudyForm::default()
        };
        let problems = form.parse(&rules()).unwrap_err();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(
            fields,
            [
                "title",
                "topics",
                "story",
                "organisation",
                "contact_name",
                "contact_email",
                "consent"
            ]
        );
        assert_eq!(problems[3].message, "Enter the organisation, or “Various”");
    }

    #[test]
    fn limits_count_characters_and_messages_say_by_how_much() {
        let mut form = good();
        form.title = "é".repeat(120);
        assert!(form.parse(&rules()).is_ok());
        form.title = "é".repeat(121);
        form.story = "x".repeat(199);
        let problems = form.parse(&rules()).unwrap_err();
        assert_eq!(
            problems[0].message,
            "Shorten “Name of the campaign” by 1 character: it takes 120 characters at most"
        );
        assert_eq!(
            problems[1].message,
            "Write at least 200 characters for “The story”: so far there are 199"
        );
    }

    #[test]
    fn a_line_break_in_a_line_is_refused_by_name() {
        let mut form = good();
        form.organisation = "A\nB".into();
        assert_eq!(
            form.parse(&rules()).unwrap_err()[0].message,
            "Write “Organisation” in one line, without line breaks"
        );
    }

    #[test]
    fn topics_come_in_the_order_of_the_vocabulary_and_once() {
        let form = CaseStudyForm {
            topics: CaseStudyForm::from_pairs([
                ("topics", "Work"),
                ("topics", "Health"),
                ("topics", "Work"),
            ])
            .topics,
            ..good()
        };
        assert_eq!(
            form.parse(&rules()).unwrap().case_study.topics,
            ["Health", "Work"]
        );
    }

    #[test]
    fn the_table_has_a_slot_for_every_field_but_topics() {
        let mut form = CaseStudyForm::default();
        for field in &FIELDS {
            assert_eq!(form.slot(field.name).is_some(), field.name != "topics");
        }
    }
}
