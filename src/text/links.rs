//! Addresses of the web: in Markdown, in a form's field, and whether they are ours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use url::{Host, Url};
use validator::ValidateUrl;

use super::email::public_mail_address;

/// The most characters of an address in a field.
pub const MAX_URL: usize = 2000;

/// How often what was wrapped around an address is taken off.
const MAX_UNWRAPS: usize = 5;

/// An address as it will be kept, and what was changed to get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TidyUrl {
    /// Absolute, http or https, without a user's name; international hosts in their ASCII form.
    pub url: String,
    /// Each change once, in the order in which it was made.
    pub changed: Vec<UrlChange>,
}

/// What was changed in an address that somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UrlChange {
    /// It had no scheme: `https://` stands in front of it now.
    SchemeAdded,
    /// It had two schemes: the first is gone.
    SchemeDoubled,
    /// It led through a search engine, a social network or a mail filter: now it leads there
    /// directly.
    RedirectRemoved,
    /// It said where somebody had found it, which is gone. Only links in a text are changed so.
    TrackingRemoved,
}

/// Why an address cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// More than [`MAX_URL`] characters.
    #[error("longer than {MAX_URL} characters")]
    TooLong,
    /// Blanks or line ends in it.
    #[error("blanks in the address")]
    Blank,
    /// Its scheme is neither http nor https.
    #[error("not an address of the web, which begins with https:// or http://")]
    Scheme,
    /// A user's name or a password in it.
    #[error("a user name or password in the address")]
    Credentials,
    /// No host with a dot in it, or no address at all.
    #[error("not an address, as in https://example.org/page")]
    Host,
}

/// Reads what somebody typed or pasted into a field for an address.
///
/// # Errors
/// Why it cannot be used.
pub fn tidy_url(typed: &str) -> Result<TidyUrl, UrlProblem> {
    let mut text = typed.trim().to_owned();
    let mut changed = Vec::new();
    let mut note = |change| {
        if !changed.contains(&change) {
            changed.push(change);
        }
    };
    for unwraps in 0.. {
        if text.chars().count() > MAX_URL {
            return Err(UrlProblem::TooLong);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(UrlProblem::Blank);
        }
        while let Some(rest) = without_doubled_scheme(&text) {
            text = rest;
            note(UrlChange::SchemeDoubled);
        }
        if !has_scheme(&text) {
            text.insert_str(0, "https://");
            note(UrlChange::SchemeAdded);
        }
        let url = web_url(&text)?;
        match destination(&url) {
            Some(inner) if unwraps < MAX_UNWRAPS => {
                text = inner;
                note(UrlChange::RedirectRemoved);
            }
            _ => {
                let url = without_added_slash(&text, url);
                return Ok(TidyUrl { url, changed });
            }
        }
    }
    Err(UrlProblem::Host)
}

/// The address without the slash that every host gets, where nobody typed it.
fn without_added_slash(typed: &str, url: Url) -> String {
    let typed = without_scheme(typed).unwrap_or_default();
    let is_added = url.path() == "/"
        && typed
            .find(['/', '\\', '?', '#'])
            .is_none_or(|at| typed[at..].starts_with(['?', '#']));
    let host_end = url[..url::Position::AfterPort].len();
    let mut url = String::from(url);
    if is_added {
        url.remove(host_end);
    }
    url
}

/// The rest of an address after a scheme that is followed by another one. Of two, a browser's
/// address bar makes `https://https//`.
fn without_doubled_scheme(text: &str) -> Option<String> {
    let rest = without_scheme(text)?;
    for scheme in ["https:", "http:"] {
        if let Some(host) = rest.strip_prefix(&scheme.replace(':', "//")) {
            return Some(format!("{scheme}//{host}"));
        }
    }
    without_scheme(rest).is_some().then(|| rest.to_owned())
}

fn without_scheme(text: &str) -> Option<&str> {
    ["https://", "http://"].into_iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| &text[scheme.len()..])
    })
}

/// Whether it begins with a scheme, and not with a host and a port as in `example.org:8080/page`.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let is_port = scheme.contains('.') && rest.starts_with(|c: char| c.is_ascii_digit());
        is_name && !is_port
    })
}

/// Parses an absolute address of the web, to a host with a dot.
fn web_url(text: &str) -> Result<Url, UrlProblem> {
    let url = Url::parse(text).map_err(|_| UrlProblem::Host)?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(UrlProblem::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Credentials);
    }
    let is_named = match url.host() {
        Some(Host::Domain(host)) => host.trim_matches('.').contains('.') && !host.contains(".."),
        Some(Host::Ipv4(_)) => true,
        Some(Host::Ipv6(_)) | None => false,
    };
    if !is_named || !text.validate_url() {
        return Err(UrlProblem::Host);
    }
    Ok(url)
}

/// Where an address leads that only passes people on.
fn destination(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_google = host
        .strip_prefix("google.")
        .is_some_and(|country| country.matches('.').count() < 2);
    let names: &[&str] = match (host, url.path()) {
        (_, "/url") if is_google => &["url", "q"],
        ("bing.com", "/ck/a") => {
            let packed = parameter(url, "u")?;
            let bytes = URL_SAFE_NO_PAD
                .decode(packed.strip_prefix("a1")?.trim_end_matches('='))
                .ok()?;
            return String::from_utf8(bytes).ok().filter(|it| is_web(it));
        }
        ("duckduckgo.com", "/l/") => &["uddg"],
        ("l.facebook.com", "/l.php") => &["u"],
        (host, _) if host.ends_with(".safelinks.protection.outlook.com") => &["url"],
        _ => &[],
    };
    names
        .iter()
        .filter_map(|name| parameter(url, name))
        .find(|it| is_web(it))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn is_web(text: &str) -> bool {
    without_scheme(text).is_some()
}

/// Whether two addresses have the same scheme, host and port, and neither a user name. An address
/// that cannot be parsed is of no origin.
pub fn same_origin(url: &str, base: &str) -> bool {
    let origin = |text: &str| {
        let url = Url::parse(text).ok()?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        (is_plain && url.origin().is_tuple()).then(|| url.origin())
    };
    origin(url).is_some_and(|own| origin(base) == Some(own))
}

/// The address of a link to the web, of a mail or of a telephone, spelt so that both engines find
/// its end. What was left out before it, as in `[write to us](ana@example.org)`, is added.
pub(super) fn web_address(url: &str) -> Option<String> {
    const SCHEMES: [&str; 4] = ["http://", "https://", "mailto:", "tel:"];
    let url = url.trim();
    let starts = |prefix: &str| {
        url.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let mut out = match url {
        _ if SCHEMES.into_iter().any(starts) => String::new(),
        _ if starts("www.") || is_host(url) => String::from("https://"),
        _ if public_mail_address(url).is_ok() => String::from("mailto:"),
        _ => return None,
    };
    let depths = url.chars().scan(0_i32, |depth, c| {
        *depth += i32::from(c == '(') - i32::from(c == ')');
        Some(*depth)
    });
    let in_range = depths.clone().all(|depth| (0..4).contains(&depth));
    let is_balanced = in_range && depths.last() == Some(0);
    for c in url.chars() {
        let breaks = "\"\\`|<>{}".contains(c) || "()".contains(c) && !is_balanced;
        if breaks || c.is_whitespace() {
            for byte in c.to_string().bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    Some(out)
}

/// Whether an address without a scheme begins with a host, as in `example.org/page`, and is not the
/// name of a file.
fn is_host(url: &str) -> bool {
    const FILES: &str = " asp bmp css csv doc docx gif htm html jpeg jpg js json md odt pdf php png \
        ppt pptx py rb rs rtf sh svg txt webp xls xlsx xml yaml yml zip ";
    let (host, rest) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
    let mut labels = host.rsplit('.');
    let is_top = |top: &str| {
        let is_file = rest.is_empty() && FILES.contains(&format!(" {} ", top.to_ascii_lowercase()));
        top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic()) && !is_file
    };
    let is_label = |label: &str| {
        let is_inside = |c: char| c.is_alphanumeric() || c == '-';
        label.starts_with(char::is_alphanumeric) && label.chars().all(is_inside)
    };
    labels.next().is_some_and(is_top) && labels.clone().next().is_some() && labels.all(is_label)
}

/// An address in a text without what was wrapped around it or counts who follows it. What is left
/// stays as it was typed.
pub(super) fn unwrapped(address: &str, changed: &mut impl FnMut(UrlChange)) -> String {
    let mut text = address.to_owned();
    for _ in 0..MAX_UNWRAPS {
        while let Some(rest) = without_doubled_scheme(&text) {
            text = rest;
            changed(UrlChange::SchemeDoubled);
        }
        let parsed = Url::parse(&text).ok().filter(|_| is_web(&text));
        let Some(inner) = parsed.as_ref().and_then(destination) else {
            break;
        };
        if inner.contains(|c: char| c.is_whitespace() || c.is_control()) {
            break;
        }
        text = inner;
        changed(UrlChange::RedirectRemoved);
    }
    let Some(rest) = without_tracking(&text).filter(|_| is_web(&text)) else {
        return text;
    };
    changed(UrlChange::TrackingRemoved);
    rest
}

/// The address without the parameters that say where somebody found it, if it has any.
fn without_tracking(address: &str) -> Option<String> {
    const NAMES: &str = " fbclid gclid gclsrc dclid wbraid gbraid msclkid yclid twclid ttclid igsh \
        igshid mc_cid mc_eid mkt_tok _ga _gl _hsenc _hsmi vero_id oly_anon_id oly_enc_id ";
    let (before, query) = address.split_once('?')?;
    let (query, fragment) = query.split_at(query.find('#').unwrap_or(query.len()));
    let is_tracking = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && (name.starts_with("utm_") || NAMES.contains(&format!(" {name} ")))
    };
    let pairs = || query.split('&');
    if before.contains('#') || !pairs().any(|pair| is_tracking(&pair)) {
        return None;
    }
    let kept: Vec<&str> = pairs().filter(|pair| !is_tracking(pair)).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    Some(format!("{before}{mark}{}{fragment}", kept.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use UrlChange::{RedirectRemoved, SchemeAdded, SchemeDoubled};

    fn tidy(typed: &str) -> (String, Vec<UrlChange>) {
        let tidy = tidy_url(typed).unwrap_or_else(|problem| panic!("{typed}: {problem}"));
        (tidy.url, tidy.changed)
    }

    #[test]
    fn an_address_is_kept_as_typed_where_nothing_is_wrong() {
        for url in [
            "https://example.org",
            "https://example.org/",
            "http://example.org:8080/a/?b=c&d#e",
            "https://example.org/a/b",
            "https://example.org?x=https://other.example",
            "https://192.0.2.1/a",
            "https://web.archive.org/web/2020/https://example.org/",
            "https://www.google.com/search?q=https://example.org",
        ] {
            assert_eq!(tidy(url), (url.into(), Vec::new()));
        }
        assert_eq!(tidy(" HTTPS://Example.org/A ").0, "https://example.org/A");
        for typed in ["https:/example.org/a?b", "https:example.org/a?b"] {
            assert_eq!(tidy(typed).0, "https://example.org/a?b", "{typed}");
        }
        assert_eq!(
            tidy("https://bücher.example").0,
            "https://xn--bcher-kva.example"
        );
    }

    #[test]
    fn what_is_wrapped_around_an_address_is_taken_off_and_told() {
        for (typed, url, changed) in [
            ("example.org/a", "https://example.org/a", vec![SchemeAdded]),
            (
                "example.org:8080/a",
                "https://example.org:8080/a",
                vec![SchemeAdded],
            ),
            (
                "https://https://example.org",
                "https://example.org",
                vec![SchemeDoubled],
            ),
            (
                "https://https//example.org/a//b",
                "https://example.org/a//b",
                vec![SchemeDoubled],
            ),
            (
                "http://https://https://example.org/",
                "https://example.org/",
                vec![SchemeDoubled],
            ),
            (
                "https://www.google.co.uk/url?sa=t&q=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc&usg=x",
                "https://example.org/a?b=c",
                vec![RedirectRemoved],
            ),
            (
                "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9leGFtcGxlLm9yZy9h&ntb=1",
                "https://example.org/a",
                vec![RedirectRemoved],
            ),
            (
                "duckduckgo.com/l/?uddg=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttp%253A%252F%252Fexample.org",
                "http://example.org",
                vec![SchemeAdded, RedirectRemoved],
            ),
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2F&data=05",
                "https://example.org/",
                vec![RedirectRemoved],
            ),
        ] {
            assert_eq!(tidy(typed), (url.into(), changed), "{typed}");
        }
    }

    #[test]
    fn redirects_within_one_another_are_taken_off_five_times() {
        let mut url = "https://example.org/".to_owned();
        for _ in 0..6 {
            let inner: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
            url = format!("https://google.com/url?q={inner}");
        }
        assert_eq!(
            tidy(&url).0,
            "https://google.com/url?q=https%3A%2F%2Fexample.org%2F"
        );
    }

    #[test]
    fn what_is_no_address_of_the_web_is_told_why() {
        for (typed, problem) in [
            ("", UrlProblem::Host),
            ("nonsense", UrlProblem::Host),
            ("https://localhost/a", UrlProblem::Host),
            ("https://[::1]/", UrlProblem::Host),
            ("https://", UrlProblem::Host),
            ("javascript:alert(1)", UrlProblem::Scheme),
            ("mailto:ana@example.org", UrlProblem::Scheme),
            ("ftp://example.org", UrlProblem::Scheme),
            ("https://ana:secret@example.org", UrlProblem::Credentials),
            ("ana@example.org", UrlProblem::Credentials),
            ("https://example.org/a b", UrlProblem::Blank),
            ("https://exa\nmple.org", UrlProblem::Blank),
        ] {
            assert_eq!(tidy_url(typed), Err(problem), "{typed:?}");
        }
        let long = format!("https://example.org/{}", "a".repeat(MAX_URL));
        assert_eq!(tidy_url(&long), Err(UrlProblem::TooLong));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let base = "https://forms.example.org/intake/";
        for same in [
            "https://forms.example.org",
            "https://FORMS.example.org:443/x?y",
        ] {
            assert!(same_origin(same, base), "{same}");
        }
        for other in [
            "",
            "null",
            "/intake",
            "http://forms.example.org",
            "https://forms.example.org:8443",
            "https://forms.example.org.evil.example/intake/",
            "https://forms.example.org@evil.example/",
        ] {
            assert!(!same_origin(other, base), "{other}");
        }
        assert!(!same_origin("data:x", "data:x") && !same_origin("", ""));
    }
}
