//! Plain text as people type and paste it, brought into Markdown line by line before it is read.

mod bold;

use super::mask::{BACKSLASH, masked_mark};

/// What people and their programs set before the items of a list.
const BULLETS: &str = "•●▪◦‣∙·➢■○–";

/// A text from outside as the Markdown that its writer means.
pub(super) fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let letters = lettered(&lines);
    let fences = Fences::new(&lines);
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut fence = None;
    let mut bullets = Bullets::default();
    for (nth, line) in lines.iter().enumerate() {
        let was_fenced = fence.is_some();
        fence = fences.after(nth, fence);
        if was_fenced || fence.is_some() {
            bullets = Bullets::default();
            out.push((*line).to_owned());
            continue;
        }
        if is_blank(line) {
            out.push(String::new());
            continue;
        }
        let next = lines.get(nth + 1).copied().unwrap_or_default();
        let is_open = out.last().is_some_and(|last| !last.is_empty());
        let line = if let Some(number) = letters[nth] {
            bullets = Bullets::default();
            let (_, item) = line.split_once(')').unwrap_or_default();
            format!("{number}. {}", item.trim_start())
        } else if let Some(item) = bullets.item(line, next) {
            item
        } else {
            if bullets.end(line) && is_open {
                out.push(String::new());
            }
            heading(line).unwrap_or_else(|| (*line).to_owned())
        };
        let line = hide_marks(&line);
        out.push(bold::with_blanks_outside(&line).unwrap_or(line));
    }
    out.join("\n")
}

/// Whether nobody sees anything in a line: blanks of any kind and characters without a width.
fn is_blank(line: &str) -> bool {
    line.chars().all(|c| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'
            )
    })
}

/// A list that is being read.
#[derive(Default)]
struct Bullets {
    /// The first item's bullet, and how far it is indented.
    open: Option<(char, usize)>,
}

impl Bullets {
    /// The line as an item of a Markdown list, if it begins as one.
    fn item(&mut self, line: &str, next: &str) -> Option<String> {
        let (bullet, indent, text) = bulleted(line)?;
        let is_dash = bullet == '–' || bullet == '·';
        // A single line that begins with a dash is speech, or goes on from the line before.
        let follows = self.open.is_some();
        let is_followed = bulleted(next).is_some_and(|(other, ..)| other == bullet);
        if is_dash && !follows && !is_followed {
            return None;
        }
        let (first, base) = *self.open.get_or_insert((bullet, indent));
        let level = usize::from(indent > base + 1 || bullet != first);
        Some(format!("{}* {text}", "  ".repeat(level)))
    }

    /// Ends the list where another paragraph begins; whether that needs an empty line.
    fn end(&mut self, line: &str) -> bool {
        let goes_on = line.starts_with([' ', '\t']) || line.starts_with(char::is_lowercase);
        self.open.is_some() && !goes_on && self.open.take().is_some()
    }
}

/// Bullet, indentation and text of a line that begins with a bullet.
fn bulleted(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start();
    let bullet = text.chars().next().filter(|c| BULLETS.contains(*c))?;
    let rest = &text[bullet.len_utf8()..];
    let text = rest.trim_start();
    let is_apart = text.len() < rest.len();
    let is_item = is_apart || "•●▪◦".contains(bullet);
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    (is_item && !text.is_empty()).then_some((bullet, indent, text))
}

/// For each line the number of its item, where lines from `a)` on are the items of a list.
fn lettered(lines: &[&str]) -> Vec<Option<usize>> {
    let mut numbers = vec![None; lines.len()];
    let mut run: Vec<usize> = Vec::new();
    let mut end = |run: &mut Vec<usize>| {
        if run.len() > 1 {
            for (nth, line) in run.iter().enumerate() {
                numbers[*line] = Some(nth + 1);
            }
        }
        run.clear();
    };
    for (nth, line) in lines.iter().enumerate() {
        let mut characters = line.trim_start().chars();
        let (first, second, third) = (characters.next(), characters.next(), characters.next());
        let position = first
            .filter(char::is_ascii_lowercase)
            .map(|c| usize::from(c as u8 - b'a'))
            .filter(|_| second == Some(')') && third.is_some_and(char::is_whitespace));
        match position {
            Some(position) if position == run.len() => run.push(nth),
            Some(0) => {
                end(&mut run);
                run.push(nth);
            }
            Some(_) => end(&mut run),
            None => {}
        }
    }
    end(&mut run);
    numbers
}

/// A heading without the id that a word processor adds; a `#` that is a word of it is kept.
fn heading(line: &str) -> Option<String> {
    let trimmed = line.trim();
    let text = trimmed.trim_start_matches('#');
    let level = trimmed.len() - text.len();
    if !(1..=6).contains(&level) || !text.starts_with([' ', '\t']) || line.starts_with("    ") {
        return None;
    }
    let mut text = text.trim();
    if let Some(start) = text.rfind("{#")
        && let Some(id) = text[start + 2..].strip_suffix('}')
        && !id.is_empty()
        && id
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.:".contains(c))
    {
        text = text[..start].trim_end();
    }
    let words = text.trim_end_matches('#');
    let hashes = text.len() - words.len();
    let last = words
        .trim_end()
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    // `## Title ##` is closed; in `We use C #` it is a part of a name.
    let is_closed = hashes == level && last.chars().nth(1).is_some();
    let end = if hashes > 0 && words.ends_with(char::is_whitespace) && !is_closed {
        "\\#".repeat(hashes)
    } else {
        "#".repeat(hashes)
    };
    Some(format!("{} {words}{end}", "#".repeat(level)))
}

/// Hides marks that are no markup: within bare addresses, between digits, and backslashes of paths.
fn hide_marks(line: &str) -> String {
    if !line.contains(['*', '_', '~', '\\']) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    let mut before = ' ';
    while let Some(c) = line[from..].chars().next() {
        let rest = &line[from..];
        let is_word_start = !before.is_alphanumeric();
        let length = if is_word_start && starts_address(rest) {
            address(rest).len()
        } else if is_word_start && starts_path(rest) {
            rest.find(char::is_whitespace).unwrap_or(rest.len())
        } else {
            0
        };
        if length > 0 {
            out.extend(rest[..length].chars().map(masked_mark));
            before = rest[..length].chars().next_back().unwrap_or(before);
            from += length;
            continue;
        }
        let stars = rest.len() - rest.trim_start_matches('*').len();
        if stars > 0 {
            let is_product =
                before.is_ascii_digit() && rest[stars..].starts_with(|c: char| c.is_ascii_digit());
            let masked = if is_product { masked_mark('*') } else { '*' };
            out.extend(std::iter::repeat_n(masked, stars));
            before = '*';
            from += stars;
            continue;
        }
        // One `~` alone means about, and must not pair with another.
        if c == '~' && before != '~' && !rest[1..].starts_with('~') {
            out.push(masked_mark(c));
            before = c;
            from += 1;
            continue;
        }
        let is_arm = c == '\\' && before == '¯' && rest[1..].starts_with('_');
        out.push(if is_arm { BACKSLASH } else { c });
        before = c;
        from += c.len_utf8();
    }
    out
}

fn starts_address(rest: &str) -> bool {
    if !rest.starts_with(['h', 'H', 'w', 'W']) {
        return false;
    }
    let start = rest.get(..8).unwrap_or(rest).to_ascii_lowercase();
    ["http://", "https://", "www."]
        .iter()
        .any(|it| start.starts_with(it))
}

/// `\\server\share` and `C:\folder`.
fn starts_path(rest: &str) -> bool {
    let mut characters = rest.chars();
    let first = characters.next();
    if first == Some('\\') {
        return characters.next() == Some('\\')
            && characters.next().is_some_and(char::is_alphanumeric);
    }
    first.is_some_and(|c| c.is_ascii_alphabetic()) && rest[1..].starts_with(":\\")
}

/// The address that a text begins with, without what stands behind it.
pub(super) fn address(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            c.is_whitespace() || "<>[]{}\"“”‘’«»`|\\…、。，；：！？（）「」『』【】".contains(*c)
        })
        .map_or(text.len(), |(at, _)| at);
    let mut address = &text[..end];
    loop {
        let shorter = address.trim_end_matches(|c: char| ".,;:!?'*_~".contains(c));
        let shorter = match shorter.strip_suffix(')') {
            Some(inner) if inner.matches('(').count() <= inner.matches(')').count() => inner,
            _ => shorter,
        };
        if shorter.len() == address.len() {
            return address;
        }
        address = shorter;
    }
}

/// Which lines begin and end fenced text.
struct Fences {
    /// For each line the mark and its length, and whether nothing follows it.
    marks: Vec<Option<(char, usize, bool)>>,
    /// For each line the longest run of `` ` `` and of `~` that stands alone on a later line.
    later: Vec<[usize; 2]>,
}

impl Fences {
    fn new(lines: &[&str]) -> Fences {
        let marks: Vec<_> = lines.iter().map(|line| fence_mark(line)).collect();
        let mut later = vec![[0; 2]; lines.len()];
        let mut longest = [0; 2];
        for nth in (0..lines.len()).rev() {
            later[nth] = longest;
            if let Some((mark, length, true)) = marks[nth] {
                let of_mark = &mut longest[usize::from(mark == '~')];
                *of_mark = length.max(*of_mark);
            }
        }
        Fences { marks, later }
    }

    /// The fence that is open after a line, by the one that was open before.
    fn after(&self, nth: usize, open: Option<(char, usize)>) -> Option<(char, usize)> {
        match (open, self.marks[nth]) {
            (Some((mark, length)), Some((other, longer, true)))
                if mark == other && longer >= length =>
            {
                None
            }
            (Some(open), _) => Some(open),
            (None, Some((mark, length, _))) => {
                let later = self.later[nth][usize::from(mark == '~')];
                (later >= length).then_some((mark, length))
            }
            (None, None) => None,
        }
    }
}

fn fence_mark(line: &str) -> Option<(char, usize, bool)> {
    let text = line.trim_start_matches([' ', '>']);
    let mark = text.chars().next().filter(|c| "`~".contains(*c))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    (length >= 3 && !(mark == '`' && rest.contains('`')))
        .then(|| (mark, length, rest.trim().is_empty()))
}

#[cfg(test)]
mod tests;
