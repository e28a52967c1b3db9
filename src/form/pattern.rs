//! Texts with places in them: the path and the permalink of a post; and slugs.

use jiff::civil::Date;

/// A text with places for what differs from post to post: `{slug}`, `{date}` (2026-03-31) and its
/// parts `{year}`, `{month}`, `{day}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    const PLACES: [&str; 5] = ["slug", "date", "year", "month", "day"];

    /// The text with the places filled in.
    pub fn fill(&self, slug: &str, date: Date) -> String {
        let values = [
            slug.to_owned(),
            date.to_string(),
            date.strftime("%Y").to_string(),
            date.strftime("%m").to_string(),
            date.strftime("%d").to_string(),
        ];
        let mut text = self.0.clone();
        for (place, value) in Self::PLACES.iter().zip(values) {
            text = text.replace(&format!("{{{place}}}"), &value);
        }
        text
    }

    /// Where pictures go: `{n}` stands for the picture's number besides, and the ending becomes that
    /// of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_pictures(text: &str) -> Result<Self, String> {
        if !Self::is_of_pictures(text)? {
            return Err(
                "it must be a path inside the repository with {slug} and {n} in it and without blanks and brackets, as in assets/blog/{date}-{slug}-{n}.jpg".to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// Where readers find pictures, from the root of the blog's host or in full, with the places of
    /// [`Self::of_pictures`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_picture_addresses(text: &str) -> Result<Self, String> {
        let starts = ["https://", "http://", "/"];
        let rest = starts.iter().find_map(|start| text.strip_prefix(start));
        if !Self::is_of_pictures(rest.unwrap_or_default())? {
            return Err(
                "it must be an address that begins with / or https:// and has {slug} and {n} in it, as in /img/{date}-{slug}-{n}.jpg".to_owned(),
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether pictures can be told apart by it, and Markdown reads it as one address.
    fn is_of_pictures(text: &str) -> Result<bool, String> {
        let rest = Self::try_from(text.replace("{n}", ""))?;
        let is_plain = !text.contains([' ', '(', ')', '<', '>', '"', '\'']);
        Ok(text.contains("{n}")
            && rest.has("slug")
            && is_plain
            && Self(text.to_owned()).is_inside())
    }

    /// The path or address of a picture: the number `n` counts from 1, and `file` has the ending.
    pub fn fill_for_picture(&self, slug: &str, date: Date, n: usize, file: &str) -> String {
        let path = self.fill(slug, date).replace("{n}", &n.to_string());
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let ending = file.rsplit_once('.').map_or("jpg", |(_, ending)| ending);
        match folder {
            "" => format!("{stem}.{ending}"),
            folder => format!("{folder}/{stem}.{ending}"),
        }
    }

    /// Scheme and host of an address, as in `https://example.org`.
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[host..]
            .find('/')
            .map_or(self.0.len(), |at| host + at);
        &self.0[..end]
    }

    /// Whether it has this place.
    pub fn has(&self, place: &str) -> bool {
        self.0.contains(&format!("{{{place}}}"))
    }

    /// Whether it holds any part of a date.
    pub fn has_date(&self) -> bool {
        Self::PLACES[1..].iter().any(|place| self.has(place))
    }

    /// The folder that all posts are in, whatever stands for the places; empty for the topmost.
    pub fn folder(&self) -> &str {
        let fixed = self.0.split('{').next().unwrap_or_default();
        fixed.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether it is the same for every post.
    pub fn is_fixed(&self) -> bool {
        !self.0.contains('{')
    }

    /// Whether it is a path that stays inside the repository, a different one for each post.
    pub fn is_inside(&self) -> bool {
        let is_part =
            |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
        self.has("slug")
            && self.0.split('/').all(is_part)
            && !self.0.chars().any(|c| c.is_control() || c == '\\')
    }

    /// Whether git takes it as the name of a branch, as `git check-ref-format` has it.
    pub fn is_branch(&self) -> bool {
        let is_part =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
        let filled = self.fill("slug", Date::constant(2000, 1, 1));
        !filled.starts_with('-')
            && !filled.ends_with('.')
            && !filled.contains("..")
            && !filled.contains("@{")
            && filled != "@"
            && filled.split('/').all(is_part)
            && !filled
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let place = after.split_once('}').map(|(place, _)| place);
            if !place.is_some_and(|place| Self::PLACES.contains(&place)) {
                return Err(format!(
                    "“{text}” has a place that is not known; known are {{{}}}",
                    Self::PLACES.join("}, {")
                ));
            }
            rest = after;
        }
        Ok(Self(text))
    }
}

/// The longest slug that is made; people may write longer ones. Those on the blog have up to 55
/// characters.
const SLUG_LENGTH: usize = 55;

/// A slug for a text: its words in ASCII, as many as fit. Empty where it has none.
pub fn slug(text: &str) -> String {
    let ascii = deunicode::deunicode(text).to_ascii_lowercase();
    let mut slug = String::new();
    // An apostrophe parts no words.
    for word in ascii
        .replace(['\'', '’'], "")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let length = slug.len() + usize::from(!slug.is_empty()) + word.len();
        if length > SLUG_LENGTH && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(SLUG_LENGTH));
    }
    slug
}

/// The name, without its ending, of the file of a page with this title.
pub(super) fn page_stem(title: &str) -> String {
    match slug(title) {
        stem if stem.is_empty() => "page".to_owned(),
        stem => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_whole_words_in_ascii() {
        for (text, made) in [
            (
                "Case study: Trade Union Campaigns",
                "case-study-trade-union-campaigns",
            ),
            ("It's Zoë’s", "its-zoes"),
            ("!?", ""),
        ] {
            assert_eq!(slug(text), made);
        }
        assert_eq!(slug(&"word ".repeat(30)), ["word"; 11].join("-"));
        assert_eq!(slug(&"x".repeat(90)).len(), SLUG_LENGTH);
    }

    #[test]
    fn a_place_that_is_not_known_is_told() {
        let pattern = Pattern::try_from("_posts/{date}-{slug}.md".to_owned()).unwrap();
        let day = jiff::civil::date(2026, 3, 31);
        assert_eq!(pattern.fill("a-b", day), "_posts/2026-03-31-a-b.md");
        assert!(pattern.has_date() && !pattern.is_fixed());
        let wrong = Pattern::try_from("{slog}".to_owned()).unwrap_err();
        assert!(wrong.contains("known are {slug}"), "{wrong}");
    }
}
