//! Addresses of mail and of the web: those of persons, and those that let whoever has them in.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::expression;
use crate::text::email::{AddressProblem, public_mail_address};

/// Addresses of the web, in which digits and words mean nothing.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| expression(r#"(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|doi:)[^\s<>"]+"#));
    LINK.find_iter(text).map(|found| found.range()).collect()
}

/// Links to what is meant for those alone who have them.
pub(super) fn groups(text: &str) -> Vec<Range<usize>> {
    static GROUP: LazyLock<Regex> = LazyLock::new(|| {
        let end = r#"[^\s<>"')\]]"#;
        let places = [
            r"chat\.whatsapp\.com/",
            r"(?:t|telegram)\.me/(?:joinchat/|\+)",
            r"tg://join\?",
            r"signal\.group/",
            r"discord\.gg/",
            r"discord(?:app)?\.com/invite/",
            r"(?:[a-z]+\.)?facebook\.com/groups/",
            r"(?:m\.me|messenger\.com)/j/",
            r"join\.skype\.com/",
            r"join\.slack\.com/t/",
            r"invite\.viber\.com/",
            r"line\.me/(?:r/)?ti/g",
            r"teams\.microsoft\.com/l/(?:meetup-join|team|channel)/",
            r"meet\.google\.com/[a-z]{3}-",
            r"meet\.jit\.si/",
            r"(?:[a-z0-9]+\.)?zoom\.us/(?:j|my|w)/[^\s?]*\?(?:[^\s]*&)?pwd=",
            r"docs\.google\.com/[a-z]+/(?:u/\d/)?d/(?:\w|-)+/edit",
            r"drive\.google\.com/(?:drive/)?(?:u/\d/)?folders/",
            r"(?:www\.)?dropbox\.com/(?:scl|sh|s|request)/",
            r"[a-z0-9-]+\.sharepoint\.com/:",
            r"1drv\.ms/",
        ];
        expression(&format!(
            r"(?i)\b(?:https?://)?(?:www\.)?(?:{}){end}*",
            places.join("|")
        ))
    });
    static PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)\b(?:pass ?code|meeting password|meeting id|access code|kenncode|mot de passe|contraseña|senha da reunião)\s*(?:is|[:=])\s*\w(?:\w|[ -]){2,14}\w",
        )
    });
    let mut found: Vec<Range<usize>> = GROUP
        .find_iter(text)
        .map(|link| link.start()..link.start() + trimmed(link.as_str()).len())
        .collect();
    found.extend(PASSWORD.find_iter(text).map(|found| found.range()));
    found
}

/// Links that call somebody or write to them.
pub(super) fn calls(text: &str) -> Vec<Range<usize>> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        expression(
            r"(?i)\b(?:tel:|sms:|callto:|(?:https?://)?(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=|signal\.me/#p/))\+?\d[\d().-]{5,20}",
        )
    });
    CALL.find_iter(text)
        .map(|link| link.start()..link.start() + trimmed(link.as_str()).len())
        .collect()
}

/// Addresses of mail, also where they are written so that programs do not see them. `links` are the
/// addresses of the web.
pub(super) fn mail(text: &str, links: &[Range<usize>]) -> Vec<Range<usize>> {
    static VEILED: LazyLock<Regex> = LazyLock::new(|| {
        let at = r"\s*(?:[\[({<]\s*(?:at|@|arroba|ät|chez|kukac|malpa|małpa)\s*[\])}>])\s*";
        let dot = r"\s*(?:\.|[\[({<]\s*(?:dot|punkt|punto|ponto|point|\.)\s*[\])}>]|\s(?:dot|punkt|punto|ponto|point)\s)\s*";
        let spoken = r"\s+(?:at|arroba|ät|arobase|chiocciola)\s+";
        let spoken_dot = r"\s+(?:dot|punkt|punto|ponto|point)\s+";
        expression(&format!(
            r"(?i)\b(?:\w|[+-])+(?:{dot}(?:\w|[+-])+){{0,2}}{at}(?:\w|-)+(?:{dot}(?:\w|-){{2,}}){{1,3}}|\b(?:\w|[.+-])+(?:{spoken_dot}(?:\w|[+-])+){{0,2}}{spoken}(?:\w|-)+(?:{spoken_dot}(?:\w|-){{2,}}){{1,3}}"
        ))
    });
    let mut found = Vec::new();
    for (at, sign) in text.match_indices(['@', '＠']) {
        let start = text[..at]
            .char_indices()
            .rev()
            .take_while(|(_, c)| c.is_alphanumeric() || "!#$%&'+-=^_{|}~.".contains(*c))
            .last()
            .map_or(at, |(start, _)| start);
        // What stands around the address, as in `'ana@example.org'`.
        let local = text[start..at].trim_start_matches(['\'', '_', '{', '|', '~', '.', '=']);
        let start = at - local.len();
        let end = text[at + sign.len()..]
            .char_indices()
            .find(|(_, c)| !(c.is_alphanumeric() || "-.".contains(*c)))
            .map_or(text.len(), |(end, _)| at + sign.len() + end);
        let domain = text[at + sign.len()..end].trim_end_matches(['.', '-']);
        let end = at + sign.len() + domain.len();
        // `@ana@example.org` is a name in a network, `https://example.org/@ana` a page.
        let is_handle = text[..start].ends_with(['@', '/']);
        let is_in_link = links.iter().any(|link| link.contains(&at));
        let address = format!("{local}@{domain}");
        let is_address = matches!(
            public_mail_address(&address),
            Ok(_) | Err(AddressProblem::LocalPart)
        );
        if is_address && !is_handle && !is_in_link {
            found.push(start..end);
        }
    }
    found.extend(VEILED.find_iter(text).map(|found| found.range()));
    found
}

/// Without the mark that ends a sentence.
fn trimmed(link: &str) -> &str {
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '-', ')'])
}
