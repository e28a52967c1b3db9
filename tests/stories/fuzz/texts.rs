//! Texts: what people type and paste, addresses, links, tokens.

use case_study_intake::keys::Keys;
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

use super::{
    damaged_texts, fuzz,
    promises::{self, GOOD_TOKEN},
};
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

/// What the clipboard's HTML is made of.
#[rustfmt::skip]
const HTML: &[&str] = &[
    "<b>", "</b>", "<b style=\"font-weight:normal\">", "<span style=\"font-weight:700;font-style:italic\">",
    "</span>", "<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'>", "<!--[if !supportLists]-->",
    "<!--[endif]-->", "<![endif]>", "<!--", "-->", "<ul>", "<ol start=7>", "<li>", "</li>", "</ul>",
    "<table>", "<tr>", "<td>", "<th>", "</table>", "<a href=\"https://example.org/(a)_b\">",
    "<a href=\"javascript:x\">", "<a name=\"_Toc1\">", "</a>", "<h2>", "</h2>", "<pre>", "<code>",
    "<blockquote>", "<br>", "<hr>", "<div dir=rtl>", "</div>", "<img alt=\"a]\" src=\"data:x\">",
    "<script>", "</script>", "<style>", "<svg>", "<template>", "<math>", "<select>", "&nbsp;", "&lt;b&gt;",
    "&#x200b;", "&amp;amp;", "<o:p>", "<sup>", "<del>", "*", "_", "`", "[", "]", "|", "\n", "1. ", "# ", "<",
];

/// What private words are made of.
#[rustfmt::skip]
const PRIVATE: &[&str] = &[
    "+44 20 7946 0958", "020", "(0)", "ana@example.org", "@", "12 Rose Lane", "born on 3 May 1988", "3/5/1988",
    "Mrs ", "Dr. Ana Silva", "aged 9", "KA-RL 123", "51.5007, -0.1246", "°", "https://chat.whatsapp.com/x",
    "plus.codes/", "9C3XGV", "٣", "é", "\u{202f}", "\n", ". ", ", ", "-", "/",
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
    let texts = damaged_texts(&real, PASTED);
    fuzz("pasted text", 3000, texts, |text| {
        promises::pasted_text(&text);
    });
}

#[test]
fn markdown_of_any_kind_is_read_written_and_shown_and_reads_back_as_the_same() {
    let real = [
        "",
        SEED,
        "1. a\n   * b\n\n     > c\n\n## d _e_ [f](https://example.org)",
    ];
    let texts = prop_oneof![damaged_texts(&real, MARKDOWN), fidelity::texts()];
    fuzz("Markdown", 1200, texts, |text| promises::markdown(&text));
}

#[test]
fn what_is_copied_from_elsewhere_becomes_harmless_markdown() {
    let real = [
        "",
        "<b style=\"font-weight:normal\" id=\"docs-internal-guid-1\"><p dir=\"ltr\"><span \
         style=\"font-weight:700\">Night trains</span> for <a href=\"https://example.org/\">all</a></p></b>",
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><!--[if !supportLists]--><span>\u{b7}\
         <span>&nbsp; </span></span><!--[endif]-->One<o:p></o:p></p><table><tr><td>A</td><td>B</td></tr></table>",
        "<h2>a</h2><ul><li>b<ol><li>c</li></ol></li></ul><blockquote>d<br>e</blockquote><pre>f</pre>",
    ];
    let pages = damaged_texts(&real, HTML);
    fuzz("pasted HTML", 1000, pages, |html| {
        promises::pasted_html(&html);
    });
}

#[test]
fn what_may_harm_somebody_is_found_where_it_stands_in_any_text() {
    let real = [
        "",
        SEED,
        include_str!("../../fixtures/harm/planted.txt"),
        include_str!("../../fixtures/harm/harmless.txt"),
    ];
    let texts = damaged_texts(&real, PRIVATE);
    fuzz("looked at for harm", 150, texts, |text| {
        promises::looked_at(&text);
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
    let texts = damaged_texts(&real, ADDRESSES);
    fuzz("mail addresses", 4000, texts, |text| {
        promises::mail_address(&text);
    });
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
    let texts = damaged_texts(&real, LINKS);
    fuzz("links", 4000, texts, |text| promises::link(&text));
}

#[test]
fn no_token_that_was_changed_opens_anything() {
    let other = Keys::new(b"another").form_token(Timestamp::now());
    let marks = &["-", ".", "{", "}", "urn:uuid:", "0", "f", "F", "\0", " "];
    let seconds = prop_oneof![Just(0), -1_000_000..1_000_000_i32, any::<i32>()];
    let tried = (damaged_texts(&[&GOOD_TOKEN, &other, ""], marks), seconds);
    fuzz("tokens", 4000, tried, |(text, seconds)| {
        promises::token(&text, seconds);
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
    let tried = (texts(), texts(), select(LINKS));
    fuzz("two texts", 500, tried, |(old, new, link)| {
        promises::two_texts(&old, &format!("{link}{new}"));
    });
}
