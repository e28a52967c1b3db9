//! Bold as word processors write it, with the blanks around the words marked as well.

/// The line with the blanks outside of what is bold, where each second `**` ends what the one before
/// began and a blank keeps one of them from being read so. CommonMark would look for another end, in
/// this line or in the next.
pub(super) fn with_blanks_outside(line: &str) -> Option<String> {
    if !line.contains("**") || line.contains('`') {
        return None;
    }
    let marks = marks(line)?;
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    let mut is_changed = false;
    for (nth, pair) in marks.chunks(2).enumerate() {
        let [start, end] = pair else {
            return None;
        };
        let before = line[..*start].chars().next_back();
        let content = &line[start + 2..*end];
        let words = content.trim();
        let is_word_part = before.is_some_and(char::is_alphanumeric);
        // It may end what a line before began.
        let is_end = content.starts_with(char::is_whitespace)
            && (nth == 0 || before.is_none_or(char::is_whitespace));
        if is_word_part || is_end || !words.contains(char::is_alphanumeric) {
            return None;
        }
        let (leading, trailing) = content.split_once(words).unwrap_or_default();
        is_changed |= words.len() < content.len();
        out.push_str(&line[from..*start]);
        for part in [leading, "**", words, "**", trailing] {
            out.push_str(part);
        }
        from = end + 2;
    }
    out.push_str(&line[from..]);
    is_changed.then_some(out)
}

/// Where each `**` stands, if there are no other marks that they could be taken for.
fn marks(line: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = line[at..].find('*') {
        let start = at + next;
        let length = line[start..].len() - line[start..].trim_start_matches('*').len();
        if length > 2 || line[..start].ends_with('\\') {
            return None;
        }
        if length == 2 {
            found.push(start);
        }
        at = start + length;
    }
    Some(found)
}
