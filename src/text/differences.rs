//! What changed between two texts: word by word, and line by line.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

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
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
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
    for change in TextDiff::from_words(old, new).iter_all_changes() {
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
}
