//! The one rule for characters that nobody sees: for every field, for the words of editors, and
//! for what character references in Markdown stand for.

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// It is shown, as this one.
    As(char),
    /// It ends a line.
    LineEnd,
    /// It is dropped.
    Dropped,
}

/// The rule for one character.
///
/// LF, CR, VT, FF, NEL, U+2028 and U+2029 end a line. The other C1 controls become what
/// Windows-1252 means by that byte, as in HTML, because they come from text that was read in the
/// wrong encoding. All other controls but the tab are dropped, and so are the byte order mark, the
/// object replacement character, noncharacters, private-use characters (but for those of a word
/// processor's bullets) and the bidirectional formatting characters (UAX #9: U+061C, U+200E, U+200F,
/// U+202A–202E, U+2066–2069). [`lines`] keeps a U+200E or U+200F that has something to do.
pub(super) fn shown(c: char) -> Shown {
    match c {
        ' '..='~' => Shown::As(c),
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Shown::LineEnd,
        '\t' => Shown::As(c),
        '\u{80}'..='\u{9f}' => windows_1252(c).map_or(Shown::Dropped, Shown::As),
        _ if c.is_control() => Shown::Dropped,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => Shown::Dropped,
        // The bullets of word processors, in the code of their own font.
        '\u{f0a7}' | '\u{f0b7}' => Shown::As('•'),
        '\u{f0d8}' => Shown::As('➢'),
        '\u{f0fc}' => Shown::As('✓'),
        '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffc}' => Shown::Dropped,
        '\u{fdd0}'..='\u{fdef}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => Shown::Dropped,
        _ if u32::from(c) & 0xfffe == 0xfffe => Shown::Dropped,
        _ => Shown::As(c),
    }
}

/// The character of the byte with this number in Windows-1252, for U+0080 to U+009F; five are none.
fn windows_1252(c: char) -> Option<char> {
    const CHARACTERS: &str = "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ";
    let nth = u32::from(c).checked_sub(0x80)?;
    CHARACTERS
        .chars()
        .nth(nth as usize)
        .filter(|shown| *shown != '\0')
}

/// As much of the text's beginning as is printable ASCII, which stays as it is. Most texts are
/// little else, and it costs less to take it at once than by characters.
pub(super) fn plain_start(text: &str) -> &str {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~');
    let end = text.bytes().position(|byte| !is_plain(byte));
    &text[..end.unwrap_or(text.len())]
}

/// The text by the rule for each character, every line end being one LF. Nothing is trimmed.
pub(super) fn lines(text: &str) -> String {
    lines_with(text, parts_directions)
}

/// [`lines`] of what was written here, where every mark of direction has something to do.
pub(super) fn own_lines(text: &str) -> String {
    lines_with(text, |c, _, _| is_direction_mark(c))
}

/// `keeps` says of a character that is dropped else, and of what stands before and after it,
/// whether it stays.
fn lines_with(text: &str, keeps: impl Fn(char, &str, &str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_cr = false;
    let mut rest = text;
    loop {
        let plain = plain_start(rest);
        out.push_str(plain);
        after_cr &= plain.is_empty();
        let mut after = rest[plain.len()..].chars();
        let Some(c) = after.next() else { return out };
        rest = after.as_str();
        match shown(c) {
            Shown::As(c) => out.push(c),
            Shown::LineEnd if after_cr && c == '\n' => {}
            Shown::LineEnd => out.push('\n'),
            Shown::Dropped if keeps(c, &out, rest) => out.push(c),
            Shown::Dropped => {}
        }
        after_cr = c == '\r';
    }
}

/// Whether it is a mark of direction between letters of different directions, where signs would go
/// astray without it.
fn parts_directions(c: char, before: &str, after: &str) -> bool {
    /// How far a letter is looked for.
    const NEAR: usize = 40;
    if !is_direction_mark(c) || before.ends_with(is_direction_mark) {
        return false;
    }
    let letter = |c: &char| c.is_alphabetic();
    let last = before.chars().rev().take_while(|c| *c != '\n').take(NEAR);
    // What follows has not been cleaned yet.
    let next = after.chars().take(4 * NEAR).map(shown);
    let next = next.take_while(|shown| *shown != Shown::LineEnd);
    let next = next.filter_map(|shown| match shown {
        Shown::As(c) => Some(c),
        _ => None,
    });
    let (last, next) = ({ last }.find(letter), next.take(NEAR).find(letter));
    matches!((last, next), (Some(last), Some(next)) if runs_left(last) != runs_left(next))
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}')
}

/// Whether a letter is of a script that is written from right to left.
pub(super) fn runs_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

/// A text of several lines without characters that nobody sees. Every kind of line end (CR LF, CR,
/// VT, FF, NEL, U+2028, U+2029) becomes LF; bytes of Windows-1252 that were read as controls become
/// the characters they were; other controls, the byte order mark, the object replacement character,
/// noncharacters, private-use and bidirectional formatting characters are dropped. Blanks and
/// zero-width characters around the whole text are trimmed.
pub fn clean(text: &str) -> String {
    lines(text)
        .trim_matches(|c: char| {
            let is_zero_width = matches!(
                c,
                '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'
            );
            c.is_whitespace() || is_zero_width
        })
        .to_owned()
}

/// [`clean`] for one line: line ends, with the blanks around them, become one blank, and so does
/// each tab.
pub fn clean_line(text: &str) -> String {
    let text = clean(text).replace('\t', " ");
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.truncate(out.trim_end_matches(' ').len());
        out.push(' ');
        out.push_str(line.trim_start_matches(' '));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_dropped_and_line_ends_are_one_kind() {
        assert_eq!(clean(" a\r\nb\rc\u{85}d\u{2028}e \n"), "a\nb\nc\nd\ne");
        assert_eq!(
            clean("\u{feff}a\0b\u{7f}c\u{202e}d\u{200f}e\u{9d}f\u{fffe}g"),
            "abcdefg"
        );
        assert_eq!(
            clean("a\u{fffc}b\u{f0b7}c\u{e000}\u{f8ff}d\u{f0000}\u{10fffd}e\u{fdd0}f"),
            "ab•cdef"
        );
        assert_eq!(clean("a\u{200e}b א\u{200f}!\u{200f}"), "ab א!");
        assert_eq!(
            clean("כתבנו C++\u{200e} היום"),
            "כתבנו C++\u{200e} היום",
            "a mark between letters of two directions"
        );
        assert_eq!(
            clean("\u{200b}\u{2060} \u{ad}"),
            "",
            "nothing visible is nothing"
        );
        assert_eq!(
            clean("می\u{200c}خواهم 👩\u{200d}🔬"),
            "می\u{200c}خواهم 👩\u{200d}🔬"
        );
        assert_eq!(clean("a\tb \u{fffd}"), "a\tb \u{fffd}");
    }

    #[test]
    fn controls_that_are_bytes_of_windows_1252_become_what_was_meant() {
        assert_eq!(clean("don\u{92}t pay \u{80}5\u{9f}"), "don’t pay €5Ÿ");
        assert_eq!(clean("a\u{81}\u{8d}\u{8f}\u{90}\u{9d}b"), "ab");
    }

    #[test]
    fn in_one_line_every_line_end_is_a_blank() {
        for end in [
            "\n", "\r\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", " \n\n ", "\t",
        ] {
            assert_eq!(
                clean_line(&format!("Clean air{end}for all{end}")),
                "Clean air for all"
            );
        }
        assert_eq!(clean_line("a  b"), "a  b", "blanks within a line are kept");
    }
}
