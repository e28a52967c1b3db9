//! Pictures in a patch, as `git diff --binary` writes them and `git apply` and `git am` read them.

use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};

use crate::text::hex;

/// The digits of git's base 85.
const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
/// How many bytes stand in a line.
const LINE: usize = 52;

/// The difference of a file that is no text; `None` is a file that is not there. It can be undone, too.
pub(super) fn difference(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let nothing = "0".repeat(40);
    let name = |bytes: Option<&[u8]>| bytes.map_or_else(|| nothing.clone(), name_of);
    let (old, new) = (name(before), name(after));
    let mode = match (before, after) {
        (None, _) => "new file mode 100644\n",
        (_, None) => "deleted file mode 100644\n",
        _ => "",
    };
    let same_mode = if mode.is_empty() { " 100644" } else { "" };
    format!(
        "diff --git a/{path} b/{path}\n{mode}index {old}..{new}{same_mode}\nGIT binary patch\n{}\n{}\n",
        literal(after.unwrap_or_default()),
        literal(before.unwrap_or_default()),
    )
}

/// What git calls a file with this content.
fn name_of(bytes: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", bytes.len()));
    hash.update(bytes);
    hex(&hash.finalize())
}

fn literal(bytes: &[u8]) -> String {
    let mut out = format!("literal {}\n", bytes.len());
    for line in squeezed(bytes).unwrap_or_default().chunks(LINE) {
        // A line begins with how many bytes it has: A to Z are 1 to 26, a to z are 27 to 52.
        let length = u8::try_from(line.len()).unwrap_or_default();
        out.push(char::from(match length {
            ..=26 => b'A' + length.saturating_sub(1),
            _ => b'a' + (length - 27),
        }));
        for four in line.chunks(4) {
            let mut number = [0; 4];
            number[..four.len()].copy_from_slice(four);
            let mut rest = u32::from_be_bytes(number) as usize;
            let mut five = [b'0'; 5];
            for digit in five.iter_mut().rev() {
                *digit = DIGITS[rest % DIGITS.len()];
                rest /= DIGITS.len();
            }
            out.extend(five.map(char::from));
        }
        out.push('\n');
    }
    out
}

/// Writing to memory does not fail.
fn squeezed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut squeezed = ZlibEncoder::new(Vec::new(), Compression::default());
    squeezed.write_all(bytes)?;
    squeezed.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_named_as_git_names_it() {
        assert_eq!(
            name_of(b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
        let taken_away = difference("a.png", Some(b"hello\n"), None);
        assert!(taken_away.contains("deleted file mode 100644\nindex ce01362"));
    }
}
