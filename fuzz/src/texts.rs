//! Texts: what people type and paste, addresses, links, tokens.

use std::{collections::BTreeSet, sync::LazyLock};

use case_study_intake::{
    keys::Keys,
    text::{
        alike,
        clean::{clean, clean_line},
        differences::{PieceKind, merged, pieces},
        domains, email,
        fingerprint::{Fingerprint, is_gibberish},
        harm, language,
        links::{MAX_URL, UrlChange, same_origin, tidy_url},
        markdown::{Document, escape_line, escape_text, text_to_html},
        pasted, search,
    },
};
use jiff::Timestamp;

/// Pasted text is cleaned once and for all.
pub fn pasted_text(text: &str) {
    let once = clean(text);
    assert_eq!(clean(&once), once);
    let is_hidden = |c: char| {
        c.is_control() && !['\n', '\t'].contains(&c)
            || matches!(
                c,
                '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{feff}'
            )
            || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{e000}'..='\u{f8ff}')
    };
    assert!(!once.contains(is_hidden), "{once:?}");
    assert!(once.trim() == once, "{once:?}");
    let line = clean_line(text);
    assert_eq!(clean_line(&line), line);
    assert!(!line.contains(['\n', '\t']), "{line:?}");
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

/// Markdown, cleaned as everything that is typed, is read, written and shown, is harmless, and reads
/// back as the same.
pub fn markdown(text: &str) {
    let text = &clean(text);
    let document = Document::parse(text);
    let (markdown, html) = (document.to_markdown(), document.to_html());
    let own = Document::of_own(&markdown);
    assert_eq!(own.to_html(), html, "{markdown}");
    assert_eq!(own.to_markdown(), markdown);
    let kramdown = Document::of_own(&document.to_kramdown());
    assert_eq!(kramdown.to_html(), html);
    assert!(!markdown.contains(['{', '<']), "{markdown}");
    let plain = text_to_html(text);
    assert_eq!(Document::of_own(&escape_text(text)).to_html(), plain);
    for html in [html, plain] {
        assert!(is_harmless(&html), "{html}");
    }
    assert!(!escape_line(text).contains('\n'));
}

/// A mail address is refused, or good as it is kept.
pub fn mail_address(text: &str) {
    let Ok(kept) = email::mail_address(text) else {
        assert!(email::public_mail_address(text).is_err());
        return;
    };
    assert_eq!(email::mail_address(&kept), Ok(kept.clone()));
    assert!(kept.bytes().all(|byte| byte.is_ascii_graphic()), "{kept:?}");
    assert!(
        kept.matches('@').count() == 1 && kept.len() <= 254,
        "{kept:?}"
    );
    if let Ok(public) = email::public_mail_address(text) {
        assert_eq!(email::public_mail_address(&public), Ok(kept));
        let (_, domain) = public.split_once('@').expect("an address");
        assert!(domain.contains('.') && domain.parse::<std::net::Ipv4Addr>().is_err());
    }
}

/// A link is refused, or leads to the web and is kept as it is.
pub fn link(text: &str) {
    same_origin(text, "https://example.org");
    let Ok(tidy) = tidy_url(text) else {
        return;
    };
    let parsed = url::Url::parse(&tidy.url).expect("an address");
    assert!(["http", "https"].contains(&parsed.scheme()));
    assert!(parsed.username().is_empty() && parsed.password().is_none());
    let is_graphic = tidy.url.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(is_graphic, "{}", tidy.url);
    assert!(same_origin(&tidy.url, &tidy.url));
    // What is wrapped very often is not unwrapped to its end; percent signs make it longer.
    if !tidy.changed.contains(&UrlChange::RedirectRemoved) && tidy.url.len() <= MAX_URL {
        let again = tidy_url(&tidy.url);
        assert_eq!(again.as_ref().map(|it| &it.url), Ok(&tidy.url));
        assert_eq!(again.map(|it| it.changed), Ok(vec![]));
    }
}

/// The time at which [`GOOD_TOKEN`] was made.
static NOW: LazyLock<Timestamp> =
    LazyLock::new(|| Timestamp::from_second(1_800_000_000).expect("a time"));

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(b"one secret"));

/// The token of a form that is good.
pub static GOOD_TOKEN: LazyLock<String> = LazyLock::new(|| KEYS.form_token(*NOW));

/// No token but the good one opens anything, and that one only in its time, `seconds` after it was
/// made.
pub fn token(text: &str, seconds: i32) {
    let later = Timestamp::from_second(NOW.as_second() + i64::from(seconds)).expect("a time");
    let id = KEYS.open_form_token(&GOOD_TOKEN, *NOW).expect("its id");
    let tag = |text: &str| text.split_once('.').map(|(_, tag)| tag.to_owned());
    // Other ways to write the same id are the same id; its tag has one.
    if let Ok(opened) = KEYS.open_form_token(text, later) {
        assert_eq!(opened, id);
        assert_eq!(tag(text), tag(&GOOD_TOKEN));
        assert!((-300..=604_800).contains(&seconds), "{seconds}");
    }
    let key = tag(text).unwrap_or_default();
    assert!(
        !KEYS.is_private_key(id, 0, &key),
        "a form token is no private key"
    );
    assert!(!KEYS.is_signed("desk", text, &key));
}

/// What somebody copied from elsewhere becomes Markdown, which is harmless as every other is.
pub fn pasted_html(html: &str) {
    let Some(pasted) = pasted::markdown_of(html) else {
        return;
    };
    assert!(
        !pasted.contains(|c| matches!(c, '\u{e000}'..='\u{e002}')),
        "{pasted:?}"
    );
    markdown(&pasted);
}

/// What may harm somebody, and which language it is, is found in any text, and where it stands.
pub fn looked_at(text: &str) {
    let findings = harm::look(text, &harm::Known::default());
    let mut end = 0;
    for finding in findings {
        assert!(finding.range.start >= end, "they overlap: {finding:?}");
        assert!(
            text.get(finding.range.clone())
                .is_some_and(|it| !it.is_empty())
        );
        end = finding.range.end;
    }
    if let Some(tag) = language::tag(text) {
        assert_eq!(language::tag(&tag).as_ref(), Some(&tag));
        assert!(!language::name(&tag).is_empty());
    }
    let marks = alike::Marks::new(text, [text], text);
    let likeness = marks.likeness(&marks);
    assert_eq!(likeness.is_any(), likeness.points() > 0);
    assert!(marks.title_names().is_subset(&marks.names()));
}

/// Any two texts can be compared, merged, weighed and searched.
pub fn two_texts(old: &str, new: &str) {
    let told = pieces(old, new);
    let read = |left_out| -> String {
        let kept = told.iter().filter(|piece| piece.kind != left_out);
        kept.map(|piece| piece.text.as_str()).collect()
    };
    assert_eq!(read(PieceKind::New), old);
    assert_eq!(read(PieceKind::Old), new);
    assert_eq!(merged(old, old, new), (new.to_owned(), true));
    assert_eq!(merged(old, new, old), (new.to_owned(), true));
    let own = Fingerprint::of(new);
    assert!(own.likeness(&own) > 0.999 || own.likeness(&own) < 0.001);
    assert!((0.0..=1.0).contains(&own.likeness(&Fingerprint::of(old))));
    is_gibberish(new);
    domains::named(&format!("{old}{new}"));
    // What a text says of itself finds it.
    let words: BTreeSet<String> = search::tokens(new);
    if let Some(query) = search::Query::parse(new) {
        assert!(
            words.is_empty() || query.matches(new),
            "{:?}",
            query.terms()
        );
    }
}
