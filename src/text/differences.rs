//! What changed between two texts: word by word, and line by line.

use std::{ops::Range, time::Duration};

use serde::Serialize;
use similar::{ChangeTag, DiffTag, TextDiff, TextDiffConfig};

/// A text that is not the same in both, under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its label.
    pub label: String,
    /// Both texts in one, in order.
    pub pieces: Vec<Piece>,
}

/// A run of words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    #[allow(missing_docs, reason = "the names say it")]
    pub kind: PieceKind,
    #[allow(missing_docs, reason = "the names say it")]
    pub text: String,
}

/// In which of the two texts a run of words stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// In both.
    Same,
    /// In the earlier.
    Old,
    /// In the later.
    New,
}

/// Of two texts that have nothing in common, finding the fewest changes takes minutes; after this
/// time the rest counts as changed, which it is.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

fn bounded() -> TextDiffConfig {
    let mut config = TextDiff::configure();
    config.timeout(LONG_ENOUGH);
    config
}

/// The changes in one plain text, for letters.
pub fn as_text(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        out.push_str(&change.label);
        out.push_str(":\n");
        for piece in &change.pieces {
            match piece.kind {
                PieceKind::Same => out.push_str(&piece.text),
                PieceKind::Old => out.push_str(&format!("[-{}-]", piece.text)),
                PieceKind::New => out.push_str(&format!("{{+{}+}}", piece.text)),
            }
        }
        out.push_str("\n\n");
    }
    out.trim_end().to_owned()
}

/// The changes of a whole file, line by line, as `git diff` shows them and `git apply` takes them.
/// `None` is a file that is not there. Empty where nothing differs.
pub fn unified(file: &str, before: Option<&str>, after: Option<&str>) -> String {
    let (before_text, after_text) = (before.unwrap_or_default(), after.unwrap_or_default());
    let diff = bounded().diff_lines(before_text, after_text);
    let hunks = diff.unified_diff().to_string();
    if hunks.is_empty() {
        return hunks;
    }
    let (mode, old, new) = match (before, after) {
        (None, _) => (
            "new file mode 100644\n",
            "/dev/null".to_owned(),
            format!("b/{file}"),
        ),
        (_, None) => (
            "deleted file mode 100644\n",
            format!("a/{file}"),
            "/dev/null".to_owned(),
        ),
        _ => ("", format!("a/{file}"), format!("b/{file}")),
    };
    format!("diff --git a/{file} b/{file}\n{mode}--- {old}\n+++ {new}\n{hunks}")
}

/// Both texts in one. Changed words with nothing but blanks between them are one change, so that a new sentence is not
/// shown entwined with the old one.
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |kind, text: &mut String| {
        let text = std::mem::take(text);
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(&text),
            _ => pieces.push(Piece { kind, text }),
        }
    };
    let (mut went, mut came, mut same) = (String::new(), String::new(), String::new());
    for change in bounded().diff_words(old, new).iter_all_changes() {
        let (text, is_changing) = (change.value(), !(went.is_empty() && came.is_empty()));
        match change.tag() {
            ChangeTag::Equal if is_changing && text.chars().all(|c| c == ' ') => {
                same.push_str(text);
                continue;
            }
            ChangeTag::Equal => {
                push(PieceKind::Old, &mut went);
                push(PieceKind::New, &mut came);
                same.push_str(text);
                push(PieceKind::Same, &mut same);
                continue;
            }
            ChangeTag::Delete | ChangeTag::Insert => {
                went.push_str(&same);
                came.push_str(&same);
                same.clear();
            }
        }
        if change.tag() == ChangeTag::Delete {
            went.push_str(text);
        } else {
            came.push_str(text);
        }
    }
    push(PieceKind::Old, &mut went);
    push(PieceKind::New, &mut came);
    push(PieceKind::Same, &mut same);
    pieces
}

/// What two people have made of the same text, both in one. Where they have changed the same lines
/// ours stands, and the second value is `false`.
pub fn merged(base: &str, ours: &str, theirs: &str) -> (String, bool) {
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let mut changes = changed_lines(&base, ours);
    let own = changes.len();
    let mut is_whole = true;
    for change in changed_lines(&base, theirs) {
        let (range, _) = &change;
        let meets = |(own, _): &(Range<usize>, Vec<&str>)| {
            range.start == own.start || range.start < own.end && own.start < range.end
        };
        if changes[..own].contains(&change) {
            continue;
        } else if changes[..own].iter().any(meets) {
            is_whole = false;
        } else {
            changes.push(change);
        }
    }
    changes.sort_by_key(|(range, _)| (range.start, range.end));
    let (mut out, mut at) = (String::new(), 0);
    for (range, lines) in changes {
        out.extend(base[at..range.start].iter().copied());
        out.extend(lines);
        at = range.end;
    }
    out.extend(base[at..].iter().copied());
    (out, is_whole)
}

/// The lines of `base` that stand otherwise in `text`, and what stands there.
fn changed_lines<'a>(base: &[&str], text: &'a str) -> Vec<(Range<usize>, Vec<&'a str>)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    bounded()
        .diff_slices(base, &lines)
        .ops()
        .iter()
        .filter(|op| op.tag() != DiffTag::Equal)
        .map(|op| (op.old_range(), lines[op.new_range()].to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        let change = Change {
            label: "Words".into(),
            pieces: pieces(old, new),
        };
        as_text(&[change]).replacen("Words:\n", "", 1)
    }

    #[test]
    fn changes_of_two_people_come_together_unless_they_meet() {
        let base = "one\ntwo\nthree\nfour\n";
        let whole = |text: &str| (text.to_owned(), true);
        let both = merged(
            base,
            "ONE\ntwo\nthree\nfour\n",
            "one\ntwo\nthree\nfour, too\nfive\n",
        );
        assert_eq!(both, whole("ONE\ntwo\nthree\nfour, too\nfive\n"));
        assert_eq!(merged(base, base, "two\n"), whole("two\n"));
        assert_eq!(merged(base, "x\n", "x\n"), whole("x\n"));
        let meet = merged(base, "one\nTWO\nthree\nfour\n", "one\ntwo!\nthree\nfour!\n");
        assert_eq!(meet, ("one\nTWO\nthree\nfour!\n".to_owned(), false));
    }

    #[test]
    fn words_side_by_side_change_as_one() {
        assert_eq!(told("by the sea", "by the lake"), "by the [-sea-]{+lake+}");
        assert_eq!(
            told("one two three", "four five six"),
            "[-one two three-]{+four five six+}"
        );
        assert_eq!(told("we met", "we met twice"), "we met{+ twice+}");
        assert_eq!(told("we never met", "we met"), "we [-never -]met");
        assert_eq!(
            told("one\n\ntwo", "three\n\nfour"),
            "[-one-]{+three+}\n\n[-two-]{+four+}"
        );
    }

    #[test]
    fn both_texts_can_be_read_from_the_pieces() {
        let texts = ["", "a b  c", "x b y c z", "a\nb c", "c b a ", " x  y "];
        for old in texts {
            for new in texts {
                let side = |other: PieceKind| -> String {
                    let kept = pieces(old, new)
                        .into_iter()
                        .filter(|piece| piece.kind != other);
                    kept.map(|piece| piece.text).collect()
                };
                assert_eq!(
                    (side(PieceKind::New), side(PieceKind::Old)),
                    (old.into(), new.into())
                );
            }
        }
    }

    /// Two texts of so many words in no order, with this between them.
    fn unlike(words: u32, between: char) -> (String, String) {
        let mut bits = 1_u32;
        let mut text = || -> String {
            let words = (0..words).map(|_| {
                bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                format!("{}{between}", char::from(b'a' + (bits >> 28) as u8))
            });
            words.collect()
        };
        (text(), text())
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_brought_together_in_a_moment() {
        let (base, theirs) = unlike(100_000, '\n');
        let ours = format!("{base}and more\n");
        let begun = std::time::Instant::now();
        let (both, is_whole) = merged(&base, &ours, &theirs);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(both == format!("{theirs}and more\n") || !is_whole && both == ours);
        assert_eq!(merged(&base, &base, &theirs), (theirs, true));
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_compared_in_a_moment() {
        let (old, new) = unlike(10_000, ' ');
        let begun = std::time::Instant::now();
        let pieces = pieces(&old, &new);
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        let left = |kind| -> String {
            let kept = pieces
                .iter()
                .filter(|it| it.kind == kind || it.kind == PieceKind::Same);
            kept.map(|it| it.text.as_str()).collect()
        };
        assert_eq!((left(PieceKind::Old), left(PieceKind::New)), (old, new));
    }
}
