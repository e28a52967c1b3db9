//! What was typed into a form: texts by the names of inputs, cleaned but not yet judged.
//!
//! A field's inputs have its name, or begin with it and a hyphen, which no name holds: `NAME-day`,
//! `-month` and `-year` of a date; `NAME-new`, a line for each thing that is not on the list; and
//! of a group `NAME-N-FIELD`, where `N` counts its entries.

use serde::{Deserialize, Serialize};

use super::{Answer, Answers, By, Definition, Field, Item, Kind, built_in, value};
use crate::text::clean::{clean, clean_line};

/// More entries or choices of one field than any form takes are not read.
const MOST: usize = 200;

/// The texts of a form, by the names of inputs, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(Vec<(String, String)>);

/// An input, and whose it is.
struct Input<'a> {
    /// The field itself, of a group the one inside.
    field: &'a Field,
    /// What follows the field's name and its hyphen.
    rest: &'a str,
}

impl<'a> Input<'a> {
    /// Finds the field of an input by its name.
    fn find(definition: &'a Definition, name: &'a str) -> Option<Self> {
        if name.ends_with('-') {
            return None;
        }
        let (top, rest) = name.split_once('-').unwrap_or((name, ""));
        let field = definition.field(top)?;
        if !field.kind.is_group() {
            return Some(Self { field, rest });
        }
        let (number, inner) = rest.split_once('-')?;
        let (inner, rest) = inner.split_once('-').unwrap_or((inner, ""));
        let is_number = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        let field = field.fields.iter().find(|field| field.name == inner)?;
        (is_number && !number.is_empty()).then_some(Self { field, rest })
    }

    fn is_right(&self) -> bool {
        match self.field.kind {
            Kind::Choices => matches!(self.rest, "" | "new"),
            Kind::Date => matches!(self.rest, "" | "day" | "month" | "year"),
            _ => self.rest.is_empty(),
        }
    }

    fn clean(&self, text: &str) -> String {
        if self.field.kind.is_several_lines() || self.rest == "new" {
            clean(text)
        } else {
            clean_line(text)
        }
    }
}

impl Typed {
    /// Takes the inputs of a form post and cleans each. Names that are no input of this form are
    /// passed over; the first of a repeated name counts, of `choices` all.
    pub fn read<'a>(
        definition: &Definition,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            if definition.consent.has_input(name) {
                typed.set_first(name, clean_line(value));
                continue;
            }
            let Some(input) = Input::find(definition, name).filter(Input::is_right) else {
                continue;
            };
            let text = input.clean(value);
            match (input.field.kind, input.rest) {
                (Kind::Choices, "") => {
                    let known: Vec<&str> = typed.all(name).collect();
                    if !text.is_empty() && known.len() < MOST && !known.contains(&text.as_str()) {
                        typed.0.push((name.to_owned(), text));
                    }
                }
                (Kind::Date, "") => typed.set_day(name, &text),
                _ => typed.set_first(name, text),
            }
        }
        typed
    }

    /// What the address of a form fills in, for links on other pages: public answers of campaigners, so
    /// that nobody agrees to anything, or says who they are, by following a link.
    pub fn prefilled<'a>(
        definition: &Definition,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let is_meant = |name: &str| {
            let input = Input::find(definition, name);
            let top = name.split_once('-').map_or(name, |(top, _)| top);
            definition.can_be_begun(top) && input.is_some_and(|input| input.field.is_public)
        };
        let meant = pairs
            .into_iter()
            .filter(|(name, value)| !value.is_empty() && is_meant(name));
        Self::read(definition, meant)
    }

    /// The inputs filled in with what stands, to be changed.
    pub fn of(definition: &Definition, answers: &Answers) -> Self {
        let mut typed = Self::default();
        for field in definition.fields() {
            if let Some(answer) = answers.get(&field.name) {
                typed.fill(&field.name, field, answer);
            }
        }
        typed
    }

    fn fill(&mut self, name: &str, field: &Field, answer: &Answer) {
        let mut push = |name: &str, text: String| self.0.push((name.to_owned(), text));
        match answer {
            Answer::Entries(entries) => {
                for (number, entry) in entries.iter().enumerate() {
                    for inner in &field.fields {
                        let name = format!("{name}-{number}-{}", inner.name);
                        match entry.get(&inner.name) {
                            Some(answer) => self.fill(&name, inner, answer),
                            None => self.0.push((name, String::new())),
                        }
                    }
                }
            }
            Answer::List(items) => {
                let new: Vec<&str> = items
                    .iter()
                    .filter(|item| matches!(item, Item::New { .. }))
                    .map(Item::label)
                    .collect();
                for item in items {
                    if let Item::Known(value) = item {
                        push(name, value.clone());
                    }
                }
                if !new.is_empty() {
                    push(&format!("{name}-new"), new.join("\n"));
                }
            }
            Answer::Text(text) if field.kind == Kind::Date => self.set_day(name, text),
            Answer::Number(number) => push(name, value::number_to_type(number)),
            other => push(name, other.plain()),
        }
    }

    /// `2026-03-31` into three boxes; what is no such day stands in the first, to be seen.
    fn set_day(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let is_day = text.bytes().all(|c| c.is_ascii_digit() || c == b'-');
        let parts: Vec<&str> = text.splitn(3, '-').collect();
        let (day, month, year) = match parts.as_slice() {
            [year, month, day] if is_day => (
                day.trim_start_matches('0'),
                month.trim_start_matches('0'),
                year.trim_start_matches('0'),
            ),
            _ => (text, "", ""),
        };
        for (part, shown) in [("day", day), ("month", month), ("year", year)] {
            let name = format!("{name}-{part}");
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, shown.to_owned()));
        }
    }

    fn set_first(&mut self, name: &str, text: String) {
        if !self.0.iter().any(|(known, _)| known == name) {
            self.0.push((name.to_owned(), text));
        }
    }

    /// What stands in the input of this name; of several, in the first.
    pub fn first(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// What stands in the inputs of this name.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }

    /// Every input with its text, to be sent on.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// What was typed into inputs that the form does not have any more, names and texts.
    pub fn unasked<'a>(
        &'a self,
        definition: &'a Definition,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_picture = |name: &str| name.rsplit('-').next() == Some(built_in::PICTURE);
        self.pairs().filter(move |(name, text)| {
            let is_asked = definition.consent.has_input(name)
                || Input::find(definition, name).is_some_and(|input| input.is_right());
            !is_asked && !text.is_empty() && !is_picture(name)
        })
    }

    /// Keeps, beside what was typed here, what was typed into inputs that the form does not have any
    /// more.
    pub fn keep_unasked(&mut self, before: &Self, definition: &Definition) {
        for (name, text) in before.unasked(definition) {
            self.set_first(name, text.to_owned());
        }
    }

    /// The inputs of this field of the form.
    fn of_field<'a>(&'a self, field: &str) -> impl Iterator<Item = &'a (String, String)> {
        self.0.iter().filter(move |(name, _)| belongs(name, field))
    }

    /// All that was typed into this field, a line for each input.
    pub fn in_words(&self, field: &Field) -> String {
        let texts = self.of_field(&field.name).map(|(_, text)| text.as_str());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        texts.join("\n")
    }

    /// The numbers of a group's entries, in their order.
    pub fn entries(&self, group: &str) -> Vec<usize> {
        let mut numbers: Vec<usize> = self
            .of_field(group)
            .filter_map(|(name, _)| {
                name.strip_prefix(group)?
                    .strip_prefix('-')?
                    .split('-')
                    .next()
            })
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.truncate(MOST);
        numbers
    }

    /// Adds an empty entry at the end of a group.
    pub fn add_entry(&mut self, group: &Field) {
        let number = self.entries(&group.name).last().map_or(0, |last| last + 1);
        for inner in &group.fields {
            let name = format!("{}-{number}-{}", group.name, inner.name);
            self.0.push((name, String::new()));
        }
    }

    /// Puts a text into an input, in the place of what stood there.
    pub fn put(&mut self, name: &str, text: &str) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), text.to_owned()));
    }

    /// Has an entry of a group and the one before it change their places.
    pub fn move_up(&mut self, group: &str, number: usize) {
        let numbers = self.entries(group);
        let at = numbers.iter().position(|known| *known == number);
        let Some(before) = at.and_then(|at| numbers.get(at.checked_sub(1)?)) else {
            return;
        };
        let (this, other) = (format!("{group}-{number}"), format!("{group}-{before}"));
        for (name, _) in &mut self.0 {
            let (from, to) = match () {
                () if belongs(name, &this) => (&this, &other),
                () if belongs(name, &other) => (&other, &this),
                () => continue,
            };
            *name = format!("{to}{}", &name[from.len()..]);
        }
    }

    /// Removes an entry of a group.
    pub fn remove_entry(&mut self, group: &str, number: usize) {
        let entry = format!("{group}-{number}");
        self.0.retain(|(name, _)| !belongs(name, &entry));
    }

    /// Where nothing was typed since `base`, takes what stands `now`: what somebody else has saved
    /// in between.
    pub fn take_over(&mut self, definition: &Definition, by: By, base: &Answers, now: &Answers) {
        let (base, now) = (Self::of(definition, base), Self::of(definition, now));
        for field in definition.fields_of(by) {
            if self.is_same(&base, field) {
                self.0.retain(|(name, _)| !belongs(name, &field.name));
                self.0.extend(now.of_field(&field.name).cloned());
            }
        }
    }

    /// Whether this field holds the same in both, an empty input being none.
    pub fn is_same(&self, other: &Self, field: &Field) -> bool {
        let typed = |typed: &Self| {
            let mut inputs: Vec<_> = typed
                .of_field(&field.name)
                .filter(|(_, text)| !text.is_empty())
                .cloned()
                .collect();
            inputs.sort();
            inputs
        };
        typed(self) == typed(other)
    }
}

/// Whether an input of this name is `field`'s, or inside the entry of that name.
fn belongs(name: &str, field: &str) -> bool {
    name.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_ends_with_a_hyphen_is_no_input() {
        const FORM: &str = include_str!("../../config/forms/case-study.yaml");
        let form = crate::form::judge("case-study", FORM).unwrap();
        let typed = Typed::read(&form, [("title-", "x"), ("date-", "1"), ("date-day", "2")]);
        assert!(typed.pairs().eq([("date-day", "2")]), "{typed:?}");
    }

    #[test]
    fn what_is_no_day_stands_in_the_first_box_as_it_is() {
        const FORM: &str = include_str!("../../config/forms/case-study.yaml");
        let form = crate::form::judge("case-study", FORM).unwrap();
        let boxes = |text| {
            let typed = Typed::read(&form, [("date", text)]);
            ["date-day", "date-month", "date-year"].map(|name| typed.first(name).to_owned())
        };
        assert_eq!(boxes("2026-03-31"), ["31", "3", "2026"]);
        assert_eq!(boxes("early - or late"), ["early - or late", "", ""]);
        assert_eq!(boxes("0 - two - three"), ["0 - two - three", "", ""]);
    }
}
