//! Texts: what people type and paste, addresses, links, tokens.

use std::collections::BTreeSet;

use case_study_intake::{
    keys::Keys,
    text::{
        clean::{clean, clean_line},
        differences::{PieceKind, merged, pieces},
        domains, email,
        fingerprint::{Fingerprint, is_gibberish},
        links::{MAX_URL, UrlChange, same_origin, tidy_url},
        markdown::{Document, escape_line, escape_text, text_to_html},
        search,
    },
};
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

use super::{damaged_texts, fuzz};
use crate::{fidelity, support::SEED};

/// What programs that people copy from leave in a text.
#[rustfmt::skip]
const PASTED: &[&str] = &[
    "\r\n", "\r", "\n", "\t", "\0", "\u{b}", "\u{c}", "\u{85}", "\u{92}", "\u{9d}", "\u{a0}",
    "\u{ad}", "\u{61c}", "\u{180e}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{200e}", "\u{2028}",
    "\u{2029}", "\u{202e}", "\u{2060}", "\u{2066}", "\u{3000}", "\u{feff}", "\u{fffc}", "\u{fffe}",
    "\u{fdd0}", "\u{e000}", "\u{f0000}", "\u{10ffff}", "e\u{301}", "ﬁ", " ", "  ", "日本",
    "👩\u{200d}🔬",
];

#[rustfmt::skip]
const MARKDOWN: &[&str] = &[
    "*", "**", "_", "__", "`", "~~", "[", "](https://example.org/a_b)", "![", "<", ">", "&#x7b;",
    "&amp;", "\\", "|", "{{", "{%", "{:", "{::", "\n", "\n\n", "\n    ", "\n> ", "\n* ", "\n1. ",
    "\n  - ", "\n---\n", "\n===\n", "```", "~~~", "# ", "$$", "^", "[^1]: ", "[a]: b", ": ", "  \n",
    "\\\n", "<!--more-->", "www.example.org", "\t", "\u{a0}", "a", "。", "\"", "'", "...", "--",
];

#[rustfmt::skip]
const ADDRESSES: &[&str] = &[
    "@", ".", "..", "-", "xn--", "é", "ß", "İ", "。", "[", "]", "127.0.0.1", "0x7f.1", "\"", " ",
    "\n", "%", "+", "localhost", ".internal", "\u{ad}", "\u{200d}", "a", "1", "_", "/", ":", "٣",
];

#[rustfmt::skip]
const LINKS: &[&str] = &[
    "https://", "http://", "HTTPS:", "//", ":", "/", "?", "#", "&", "=", "@", "%", "%2F", "..", ".",
    "\\", "\t", " ", "xn--", "é", "。", "[::1]", "0x7f", "[", "]", "(", ")", "\"", "<", "|", "`",
    "url=https://", "www.", "www.google.com/url?q=", "https://www.bing.com/ck/a?u=a1",
    "javascript:", "l.facebook.com/l.php?u=", "x.safelinks.protection.outlook.com/?url=", ":99999",
    "\u{ad}", "{{",
];

#[test]
fn pasted_text_is_cleaned_once_and_for_all() {
    let real = ["", SEED, "می\u{200c}خواهم don\u{92}t pay\r\n\u{feff}"];
    fuzz("pasted text", 3000, damaged_texts(&real, PASTED), |text| {
        let once = clean(&text);
        prop_assert_eq!(&clean(&once), &once);
        let is_hidden = |c: char| {
            c.is_control() && !['\n', '\t'].contains(&c)
                || matches!(
                    c,
                    '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{feff}'
                )
                || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{e000}'..='\u{f8ff}')
        };
        prop_assert!(!once.contains(is_hidden), "{:?}", once);
        prop_assert!(once.trim() == once, "{:?}", once);
        let line = clean_line(&text);
        prop_assert_eq!(&clean_line(&line), &line);
        prop_assert!(!line.contains(['\n', '\t']), "{:?}", line);
        Ok(())
    });
}

/// Whether HTML holds only the elements that a preview has, each with nothing in it.
fn is_harmless(html: &str) -> bool {
    const ELEMENTS: [&str; 27] = [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "ul",
        "ol",
        "li",
        "em",
        "strong",
        "code",
        "a",
        "br",
        "hr",
        "del",
        "sup",
        "pre",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "div",
    ];
    html.split('<').skip(1).all(|rest| {
        let Some((tag, _)) = rest.split_once('>') else {
            return false;
        };
        let name = tag.trim_start_matches('/');
        let name = name.strip_suffix(" dir=\"rtl\"").unwrap_or(name);
        let is_note = |id: &str| {
            let id = id.strip_prefix("fnref:").or(id.strip_prefix("fn:"));
            id.is_some_and(|id| {
                id.chars()
                    .all(|c| c.is_ascii_alphanumeric() || ":-".contains(c))
            })
        };
        let note = name
            .strip_prefix("li id=\"")
            .or(name.strip_prefix("sup id=\""))
            .or(name.strip_prefix("a href=\"#"))
            .and_then(|it| it.strip_suffix('"'));
        if note.is_some_and(is_note) {
            return true;
        }
        let link = name
            .strip_prefix("a href=\"")
            .and_then(|it| it.strip_suffix('"'));
        // Behind a link's address there may be its title.
        let link = link.map(|link| {
            link.split_once("\" title=\"").map_or(
                link,
                |(href, title)| {
                    if title.contains('"') { "" } else { href }
                },
            )
        });
        ELEMENTS.contains(&name)
            || link.is_some_and(|link| {
                let start = link.to_ascii_lowercase();
                let is_web = ["http://", "https://", "mailto:", "tel:"]
                    .iter()
                    .any(|it| start.starts_with(it));
                is_web && !link.contains(['"', '<'])
            })
    })
}

#[test]
fn markdown_of_any_kind_is_read_written_and_shown_and_reads_back_as_the_same() {
    let real = [
        "",
        SEED,
        "1. a\n   * b\n\n     > c\n\n## d _e_ [f](https://example.org)",
    ];
    let texts = prop_oneof![damaged_texts(&real, MARKDOWN), fidelity::texts()];
    fuzz("Markdown", 1200, texts, |text| {
        let document = Document::parse(&text);
        let (markdown, html) = (document.to_markdown(), document.to_html());
        let own = Document::of_own(&markdown);
        prop_assert_eq!(own.to_html(), html.as_str(), "{}", markdown);
        prop_assert_eq!(own.to_markdown(), markdown.as_str());
        prop_assert_eq!(
            Document::of_own(&document.to_kramdown()).to_html(),
            html.as_str()
        );
        prop_assert!(!markdown.contains(['{', '<']), "{}", markdown);
        let plain = text_to_html(&text);
        prop_assert_eq!(
            Document::of_own(&escape_text(&text)).to_html(),
            plain.as_str()
        );
        for html in [html, plain] {
            prop_assert!(is_harmless(&html), "{}", html);
        }
        prop_assert!(!escape_line(&text).contains('\n'));
        Ok(())
    });
}

#[test]
fn a_mail_address_is_refused_or_good_as_it_is_kept() {
    let real = [
        "",
        "ana@example.org",
        "a+b@bücher.example",
        "o'neil@mail.example.co.uk",
    ];
    fuzz(
        "mail addresses",
        4000,
        damaged_texts(&real, ADDRESSES),
        |text| {
            let Ok(kept) = email::mail_address(&text) else {
                prop_assert!(email::public_mail_address(&text).is_err());
                return Ok(());
            };
            prop_assert_eq!(email::mail_address(&kept), Ok(kept.clone()));
            prop_assert!(
                kept.bytes().all(|byte| byte.is_ascii_graphic()),
                "{:?}",
                kept
            );
            prop_assert!(
                kept.matches('@').count() == 1 && kept.len() <= 254,
                "{:?}",
                kept
            );
            if let Ok(public) = email::public_mail_address(&text) {
                prop_assert_eq!(email::public_mail_address(&public), Ok(kept));
                let (_, domain) = public.split_once('@').expect("an address");
                prop_assert!(domain.contains('.') && domain.parse::<std::net::Ipv4Addr>().is_err());
            }
            Ok(())
        },
    );
}

#[test]
fn a_link_is_refused_or_leads_to_the_web_and_is_kept_as_it_is() {
    let real = [
        "",
        "https://example.org/a/b?c=d#e",
        "example.org:8080/page",
        "https://www.google.com/url?q=https%3A%2F%2Fexample.org&sa=D",
        "https://bücher.example/ä",
    ];
    fuzz("links", 4000, damaged_texts(&real, LINKS), |text| {
        same_origin(&text, "https://example.org");
        let Ok(tidy) = tidy_url(&text) else {
            return Ok(());
        };
        let parsed = url::Url::parse(&tidy.url).expect("an address");
        prop_assert!(["http", "https"].contains(&parsed.scheme()));
        prop_assert!(parsed.username().is_empty() && parsed.password().is_none());
        prop_assert!(
            tidy.url.bytes().all(|byte| byte.is_ascii_graphic()),
            "{}",
            tidy.url
        );
        prop_assert!(same_origin(&tidy.url, &tidy.url));
        // What is wrapped very often is not unwrapped to its end; percent signs make it longer.
        if !tidy.changed.contains(&UrlChange::RedirectRemoved) && tidy.url.len() <= MAX_URL {
            let again = tidy_url(&tidy.url);
            prop_assert_eq!(again.as_ref().map(|it| &it.url), Ok(&tidy.url));
            prop_assert_eq!(again.map(|it| it.changed), Ok(vec![]));
        }
        Ok(())
    });
}

#[test]
fn no_token_that_was_changed_opens_anything() {
    let keys = Keys::new(b"one secret");
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    let token = keys.form_token(now);
    let id = keys.open_form_token(&token, now).expect("its id");
    let other = Keys::new(b"another").form_token(now);
    let marks = &["-", ".", "{", "}", "urn:uuid:", "0", "f", "F", "\0", " "];
    let seconds = prop_oneof![
        Just(0),
        -1_000_000..1_000_000_i64,
        any::<i32>().prop_map(i64::from)
    ];
    let tried = (damaged_texts(&[&token, &other, ""], marks), seconds);
    fuzz("tokens", 4000, tried, |(text, seconds)| {
        let later = Timestamp::from_second(now.as_second() + seconds).expect("a time");
        let opened = keys.open_form_token(&text, later);
        // Other ways to write the same id are the same id; its tag has one.
        let tag = |text: &str| text.split_once('.').map(|(_, tag)| tag.to_owned());
        if let Ok(opened) = opened {
            prop_assert_eq!(opened, id);
            prop_assert_eq!(tag(&text), tag(&token));
            prop_assert!((-300..=604_800).contains(&seconds), "{}", seconds);
        }
        let key = tag(&text).unwrap_or_default();
        prop_assert!(
            !keys.is_private_key(id, 0, &key),
            "a form token is no private key"
        );
        prop_assert!(!keys.is_signed("desk", &text, &key));
        Ok(())
    });
}

#[test]
fn any_two_texts_can_be_compared_searched_and_weighed() {
    let real = [
        "",
        SEED,
        "Night trains\nfor all\n",
        "東京の夜行列車 naïve Łódź",
    ];
    let texts = || damaged_texts(&real, PASTED);
    let domains_of = select(LINKS);
    fuzz(
        "two texts",
        500,
        (texts(), texts(), domains_of),
        |(old, new, link)| {
            let told = pieces(&old, &new);
            let read = |left_out| -> String {
                let kept = told.iter().filter(|piece| piece.kind != left_out);
                kept.map(|piece| piece.text.as_str()).collect()
            };
            prop_assert_eq!(read(PieceKind::New), old.as_str());
            prop_assert_eq!(read(PieceKind::Old), new.as_str());
            prop_assert_eq!(merged(&old, &old, &new), (new.clone(), true));
            prop_assert_eq!(merged(&old, &new, &old), (new.clone(), true));
            let own = Fingerprint::of(&new);
            prop_assert!(own.likeness(&own) > 0.999 || own.likeness(&own) < 0.001);
            prop_assert!((0.0..=1.0).contains(&own.likeness(&Fingerprint::of(&old))));
            is_gibberish(&new);
            domains::named(&format!("{old}{link}{new}"));
            // What a text says of itself finds it.
            let words: BTreeSet<String> = search::tokens(&new);
            if let Some(query) = search::Query::parse(&new) {
                prop_assert!(
                    words.is_empty() || query.matches(&new),
                    "{:?}",
                    query.terms()
                );
            }
            Ok(())
        },
    );
}
