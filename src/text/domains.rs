//! The domains that a text names, with or without a scheme.

use std::collections::BTreeSet;

/// What of a text leads elsewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// How many web addresses there are.
    pub links: usize,
    /// The domains, each once, as somebody registers them: of `www.one.example.co.uk`,
    /// `example.co.uk`. Where everybody can have a name under a domain, as with a service that keeps
    /// people's sites, theirs counts.
    pub domains: BTreeSet<String>,
}

/// The web addresses and bare domains in a text. Those of mail addresses do not count.
pub fn named(text: &str) -> Named {
    let mut named = Named::default();
    let parts = text.split(|c: char| c.is_whitespace() || "()<>[]{}\"'`|,;“”‘’«»".contains(c));
    for part in parts {
        let lower = part.to_lowercase();
        let (is_link, rest) = match lower.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (lower.starts_with("www."), lower.as_str()),
        };
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let host = match authority.rsplit_once('@') {
            Some((_, host)) if is_link => host,
            Some(_) => continue,
            None => authority,
        };
        let host = host.split(':').next().unwrap_or_default();
        let host = host.trim_matches(|c: char| !c.is_alphanumeric());
        named.links += usize::from(is_link);
        named.domains.extend(registered(host, is_link));
    }
    named
}

/// The part of a host that somebody has registered; without a scheme before it only under an ending
/// that is known, because other texts have points in them too.
fn registered(host: &str, is_link: bool) -> Option<String> {
    // Names for examples (RFC 2606): each stands for another site.
    const EXAMPLES: [&str; 3] = ["example.com", "example.net", "example.org"];
    let host = host.strip_prefix("www.").unwrap_or(host);
    if EXAMPLES.contains(&host) {
        return Some(host.to_owned());
    }
    if let Some((before, name)) = EXAMPLES
        .iter()
        .find_map(|name| Some((host.strip_suffix(name)?.strip_suffix('.')?, name)))
    {
        let label = before.rsplit('.').next().unwrap_or(before);
        return Some(format!("{label}.{name}"));
    }
    let domain = psl::domain(host.as_bytes())?;
    let is_known = domain.suffix().is_known() || host.ends_with(".example");
    let domain = std::str::from_utf8(domain.as_bytes()).ok()?;
    (is_known || is_link).then(|| domain.to_owned())
}

/// Whether a domain is one of these or below one of them.
pub fn is_among<'a>(domain: &str, known: impl IntoIterator<Item = &'a str>) -> bool {
    known.into_iter().any(|known| {
        domain
            .strip_suffix(known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_found_however_they_are_written() {
        let found = |text| Vec::from_iter(named(text).domains);
        for (text, domain) in [
            (
                "See https://www.one.example.co.uk/page?q=a@b.",
                "example.co.uk",
            ),
            ("[words](http://user@pills.shop:8080/x)", "pills.shop"),
            ("Order at PILLS.shop!", "pills.shop"),
            ("(www.pills.shop)", "pills.shop"),
            ("https://ana.github.io/data", "ana.github.io"),
            ("buy-it.example is cheap", "buy-it.example"),
            ("https://x.cheap.example.org/", "cheap.example.org"),
            ("https://пример.рф/", "пример.рф"),
        ] {
            assert_eq!(found(text), [domain], "{text}");
        }
        for text in [
            "ana@pills.shop",
            "e.g. this, i.e.that",
            "v1.2.3 at 10.30",
            "Dr.Smith",
        ] {
            assert_eq!(named(text), Named::default(), "{text}");
        }
        let twice = named("https://a.org/1 and https://a.org/2");
        assert_eq!((twice.links, twice.domains.len()), (2, 1));
        assert!(is_among("data.gov.uk", ["gov.uk"]) && is_among("gov.uk", ["gov.uk"]));
        assert!(!is_among("notgov.uk", ["gov.uk"]));
    }
}
