//! From what was typed to answers that keep all the rules, or every problem at once.

mod choices;
mod pictures;
mod single;

use validator::ValidateLength;

use super::{
    Answer, Answers, By, Contact, Definition, Field, Item, Kind, Limits, PageValue, Typed,
    Vocabulary, built_in, count::thousands,
};
use crate::text::capitalised;

/// Something to put right: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The id of the input to go to.
    pub input: String,
    /// A sentence that says what to do. Never holds what was typed.
    pub message: String,
}

/// Something that was changed in what was typed, to be told on the check page.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Remark {
    /// The name of the field.
    pub field: String,
    #[allow(missing_docs, reason = "the names say it")]
    pub message: String,
}

/// Answers that keep all the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    #[allow(missing_docs, reason = "the names say it")]
    pub answers: Answers,
    /// What to tell of them.
    pub remarks: Vec<Remark>,
}

/// A whole form that keeps all the rules, consent included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// With the defaults of what was left empty.
    pub answers: Answers,
    #[allow(missing_docs, reason = "the names say it")]
    pub contact: Contact,
    /// The names of the purposes that were agreed to.
    pub agreed: Vec<String>,
    /// What to tell of the answers.
    pub remarks: Vec<Remark>,
}

impl Definition {
    /// Judges a whole form.
    ///
    /// # Errors
    /// Every problem, at most one for an input, in the order of the form.
    pub fn parse_entry(
        &self,
        typed: &Typed,
        vocabulary: &Vocabulary,
    ) -> Result<Entry, Vec<Problem>> {
        let mut parser = Parser::new(self, typed, vocabulary);
        let mut answers = Answers::default();
        let mut contact = Contact {
            name: String::new(),
            email: String::new(),
            unknown: Default::default(),
        };
        for field in self.parts.iter().flat_map(|part| &part.fields) {
            if field.by == By::Editors {
                continue;
            }
            let answer = parser.field(field, &field.name, &field.label, None);
            match (field.name.as_str(), answer) {
                (built_in::CONTACT_NAME, Some(Answer::Text(name))) => contact.name = name,
                (built_in::CONTACT_EMAIL, Some(Answer::Text(email))) => contact.email = email,
                (name, answer) => answers.set(name, answer),
            }
        }
        parser.credit(self, &answers);
        self.settle_credit(&mut answers, &contact.name);
        let agreed = self.agreed(typed, &answers);
        for purpose in &self.consent.purposes {
            if purpose.is_required && !agreed.contains(&purpose.name) {
                parser.wrong(&purpose.input, purpose.enter.clone());
            }
        }
        let remarks = parser.finish()?;
        self.fill_in_defaults(&mut answers, true);
        Ok(Entry {
            answers,
            contact,
            agreed,
            remarks,
        })
    }

    /// Judges the fields that this side fills in, of a record that holds the answers `stands`. What
    /// was chosen there before may stay though it is not on offer any more; all that the side does
    /// not fill in stays as it is, and so do the fields named in `fixed`.
    ///
    /// # Errors
    /// Every problem, at most one for an input, in the order of the form.
    pub fn parse_answers(
        &self,
        typed: &Typed,
        by: By,
        vocabulary: &Vocabulary,
        stands: &Answers,
        fixed: &[&str],
    ) -> Result<Parsed, Vec<Problem>> {
        let mut parser = Parser::new(self, typed, vocabulary);
        let mut answers = stands.clone();
        for field in self.fields_of(by) {
            if !fixed.contains(&field.name.as_str()) {
                let stood = stands.get(&field.name);
                let answer = parser.field(field, &field.name, &field.label, stood);
                answers.set(&field.name, answer);
            }
        }
        if by == By::Campaigner {
            parser.credit(self, &answers);
        }
        let remarks = parser.finish()?;
        if by == By::Campaigner {
            self.fill_in_defaults(&mut answers, false);
        }
        Ok(Parsed { answers, remarks })
    }
}

pub(super) struct Parser<'a> {
    definition: &'a Definition,
    typed: &'a Typed,
    vocabulary: &'a Vocabulary,
    problems: Vec<Problem>,
    remarks: Vec<Remark>,
    /// What was typed so far that is not on a list: its folder, and how it is named there.
    added: Vec<(String, PageValue, Item)>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(
        definition: &'a Definition,
        typed: &'a Typed,
        vocabulary: &'a Vocabulary,
    ) -> Self {
        Self {
            definition,
            typed,
            vocabulary,
            problems: Vec::new(),
            remarks: Vec::new(),
            added: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Result<Vec<Remark>, Vec<Problem>> {
        if self.problems.is_empty() {
            Ok(self.remarks)
        } else {
            Err(self.problems)
        }
    }

    fn wrong(&mut self, input: &str, message: impl Into<String>) {
        self.problems.push(Problem {
            input: input.to_owned(),
            message: message.into(),
        });
    }

    /// Another name must be said.
    fn credit(&mut self, definition: &Definition, answers: &Answers) {
        let mut told = self.problems.iter();
        if definition.lacks_other_name(answers)
            && told.all(|problem| problem.input != built_in::CREDIT_NAME)
        {
            self.wrong(
                built_in::CREDIT_NAME,
                "Enter the name to show, or choose another way",
            );
        }
    }

    /// The answer in the inputs that begin with `input`. `label` names the field in sentences.
    pub(super) fn field(
        &mut self,
        field: &Field,
        input: &str,
        label: &str,
        stood: Option<&Answer>,
    ) -> Option<Answer> {
        let before = self.problems.len();
        let answer = match field.kind {
            Kind::Group => self.group(field, stood),
            Kind::Images => {
                let answer = self.group(field, stood);
                self.pictures(field);
                answer
            }
            Kind::Choices => self.choices(field, input, label, stood),
            Kind::Date => self.day(field, input, label),
            _ => self.text(field, input, label, stood),
        };
        if answer.is_none() && field.is_required && self.problems.len() == before {
            let at = match field.kind {
                Kind::Date => format!("{input}-day"),
                _ => input.to_owned(),
            };
            self.wrong(&at, field.enter.clone());
        }
        answer
    }

    /// Entries without any answer are passed over.
    fn group(&mut self, field: &Field, stood: Option<&Answer>) -> Option<Answer> {
        let stood = match stood {
            Some(Answer::Entries(entries)) => entries.as_slice(),
            _ => &[],
        };
        let mut entries = Vec::new();
        for number in self.typed.entries(&field.name) {
            let prefix = format!("{}-{number}", field.name);
            let is_filled = self.typed.pairs().any(|(name, text)| {
                !text.is_empty()
                    && name
                        .strip_prefix(&prefix)
                        .is_some_and(|rest| rest.starts_with('-'))
            });
            if !is_filled {
                continue;
            }
            let mut answers = Answers::default();
            for inner in &field.fields {
                let input = format!("{prefix}-{}", inner.name);
                let entry = capitalised(&field.entry);
                let label = format!("{entry} {}: {}", entries.len() + 1, inner.label);
                // What was chosen in any entry may stay, also where entries have moved.
                let stands = stood.iter().find_map(|entry| {
                    let answer = entry.get(&inner.name)?;
                    let values = answer.chosen();
                    let is_sent = |(value, _): &(&str, &str)| {
                        self.typed.all(&input).any(|sent| sent == *value)
                    };
                    values.iter().any(is_sent).then(|| answer.clone())
                });
                let before = self.problems.len();
                let answer = self.field(inner, &input, &label, stands.as_ref());
                if answer.is_none() && inner.is_required && self.problems.len() == before + 1 {
                    let heading = format!("{} {}", capitalised(&field.entry), entries.len() + 1);
                    if let Some(problem) = self.problems.last_mut()
                        && problem.message == inner.enter
                    {
                        problem.message = format!("{heading}: {}", inner.enter);
                    }
                }
                answers.set(&inner.name, answer);
            }
            entries.push(answers);
        }
        let count = entries.len() as u64;
        if let Limits::Count { min, max } = field.limits
            && !entries.is_empty()
            && !entries.validate_length(Some(min), Some(max), None)
        {
            let message = if count > max {
                format!(
                    "“{}” takes {} at most: now there are {count}",
                    field.label,
                    thousands(max)
                )
            } else {
                format!("“{}” needs at least {}", field.label, thousands(min))
            };
            self.wrong(&field.name, message);
        }
        (!entries.is_empty()).then_some(Answer::Entries(entries))
    }
}
