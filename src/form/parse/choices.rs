//! Answers that are chosen of a list, and what is typed that is not on it.

use validator::ValidateLength;

use super::Parser;
use crate::{
    form::{
        Answer, Field, Item, Limits, Options, PageValue,
        count::{characters, thousands},
        pattern::page_stem,
    },
    text::clean::clean_line,
};

impl Parser<'_> {
    pub(super) fn choices(
        &mut self,
        field: &Field,
        input: &str,
        label: &str,
        stood: Option<&Answer>,
    ) -> Option<Answer> {
        let ticked: Vec<&str> = self.typed.all(input).collect();
        let choices = field.choices(self.vocabulary, stood);
        if ticked
            .iter()
            .any(|it| !choices.iter().any(|choice| choice.value == *it))
        {
            let message = format!("Choose “{label}” from the list: one of those sent is not on it");
            self.wrong(input, message);
            return None;
        }
        // In the order of the list, so that the same choice is the same answer.
        let chosen = choices
            .iter()
            .filter(|choice| ticked.contains(&choice.value.as_str()));
        let stood_items = match stood {
            Some(Answer::List(items)) => items.as_slice(),
            _ => &[],
        };
        let mut items: Vec<Item> = chosen
            .map(|choice| {
                let stood = stood_items.iter().find(|item| item.value() == choice.value);
                stood
                    .filter(|_| choice.is_gone)
                    .cloned()
                    .unwrap_or(Item::Known(choice.value.clone()))
            })
            .collect();
        if field.takes_new() {
            self.new_items(field, input, label, stood_items, &mut items)?;
            let place = |item: &Item| choices.iter().position(|it| it.value == item.value());
            items.sort_by_key(|item| place(item).unwrap_or(usize::MAX));
        }
        let count = items.len() as u64;
        if let Limits::Count { min, max } = field.limits
            && !items.is_empty()
            && !items.validate_length(Some(min), Some(max), None)
        {
            let message = if count > max {
                format!(
                    "Choose at most {} for “{label}”: now there are {count}",
                    thousands(max)
                )
            } else {
                format!("Choose at least {} for “{label}”", thousands(min))
            };
            self.wrong(input, message);
            return None;
        }
        (!items.is_empty()).then_some(Answer::List(items))
    }

    /// The lines of what is not on the list: those that are there after all are taken from there.
    fn new_items(
        &mut self,
        field: &Field,
        input: &str,
        label: &str,
        stood: &[Item],
        items: &mut Vec<Item>,
    ) -> Option<()> {
        const LONGEST: usize = 120;
        let Options::Pages { folder, value, .. } = &field.options else {
            return Some(());
        };
        let at = format!("{input}-new");
        let lines: Vec<String> = self
            .typed
            .first(&at)
            .lines()
            .map(clean_line)
            .filter(|line| !line.is_empty())
            .collect();
        for title in lines {
            if title.chars().count() > LONGEST {
                let message = format!(
                    "Shorten what you added to “{label}”: each takes {} at most",
                    characters(LONGEST as u64)
                );
                self.wrong(&at, message);
                return None;
            }
            let item = match self.vocabulary.titled(folder, &title) {
                Some(page) => Item::Known(page.choice(*value).value),
                None => self.new_item(folder, *value, title, stood, items),
            };
            if !items.iter().any(|known| known.value() == item.value()) {
                items.push(item);
            }
        }
        Some(())
    }

    /// What is not on the list: as it stands in another field, as it stood before, or with a file
    /// that no other page has.
    fn new_item(
        &mut self,
        folder: &str,
        value: PageValue,
        title: String,
        stood: &[Item],
        items: &[Item],
    ) -> Item {
        let lower = title.to_lowercase();
        let added = self
            .added
            .iter()
            .filter(|(known, by, _)| known == folder && *by == value)
            .map(|(_, _, item)| item);
        if let Some(item) = added
            .clone()
            .find(|item| item.label().to_lowercase() == lower)
        {
            return item.clone();
        }
        let pages = self.vocabulary.pages(folder);
        // Another page's file must not be taken for this one's.
        let is_free = |stem: &str| {
            value == PageValue::Title
                || !pages.iter().any(|page| page.stem == stem)
                    && !added.clone().chain(items).any(|item| item.value() == stem)
        };
        let stood = stood.iter().find(|item| {
            matches!(item, Item::New { value, title: known } if *known == title && is_free(value))
        });
        let item = match stood {
            Some(item) => item.clone(),
            None => {
                let stem = match value {
                    PageValue::Title => title.clone(),
                    PageValue::File => page_stem(&title),
                };
                let mut free = stem.clone();
                let mut number = 1;
                while !is_free(&free) {
                    number += 1;
                    free = format!("{stem}-{number}");
                }
                Item::New { value: free, title }
            }
        };
        self.added.push((folder.to_owned(), value, item.clone()));
        item
    }
}
