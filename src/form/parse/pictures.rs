//! Pictures: words for people who do not see them must be such.

use regex::Regex;

use super::Parser;
use crate::form::{Field, built_in};

impl Parser<'_> {
    /// Sends back words that tell nothing of what can be seen.
    pub(super) fn pictures(&mut self, field: &Field) {
        for number in self.typed.entries(&field.name) {
            let input = |name: &str| format!("{}-{number}-{name}", field.name);
            let alt = self.typed.first(&input(built_in::ALT)).trim().to_owned();
            let caption = self.typed.first(&input(built_in::CAPTION)).trim();
            let said = if is_file_name(&alt) {
                "Describe what the picture shows: this is the name of a file"
            } else if says_that_it_is_one(&alt) {
                "Leave out that it is a picture, and say what can be seen"
            } else if !alt.is_empty() && alt.to_lowercase() == caption.to_lowercase() {
                "Describe what the picture shows in other words than the caption, which is read out too"
            } else {
                continue;
            };
            self.wrong(&input(built_in::ALT), said);
        }
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn is_file_name(text: &str) -> bool {
    matches(r"(?i)\.(?:jpe?g|png|webp|gif|heic|tiff?|bmp|svg)$", text)
        || matches(
            r"(?i)^(?:img|dsc[fn]?|pxl|image|photo|picture|screenshot|whatsapp image|unnamed|untitled)[-_ ]*[\d_ .-]*(?:at [\d_ .-]+)?$",
            text,
        )
}

fn says_that_it_is_one(text: &str) -> bool {
    matches(
        r"(?i)^(?:an? |the )?(?:image|picture|photo|photograph|pic|graphic|screenshot) (?:of|showing|that shows)\b",
        text,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_and_empty_phrases_are_told_from_descriptions() {
        for name in [
            "IMG_2034.JPG",
            "DSC00012",
            "image1",
            "Screenshot 2026-11-01 at 10.22.11",
            "photo",
            "banner final.png",
        ] {
            assert!(is_file_name(name), "{name}");
        }
        for said in [
            "Image of a march",
            "a photo showing nurses",
            "The picture of it",
        ] {
            assert!(says_that_it_is_one(said), "{said}");
        }
        for good in [
            "Nurses hold up a banner",
            "Photographers at work",
            "A page of the report, with a chart",
            "Imagine 2030: a poster",
        ] {
            assert!(!is_file_name(good) && !says_that_it_is_one(good), "{good}");
        }
    }
}
