//! The address that people use, judged: where the service is, and the path below which all its
//! pages are.

use std::{fmt, net::SocketAddr};

use serde::Deserialize;
use url::{Host, Url};

use crate::text::links::same_origin;

/// Scheme, host, port and perhaps a path: `https://example.org/intake`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    /// Without a slash at its end.
    text: String,
    /// Where in `text` the path begins.
    path_at: usize,
}

impl PublicUrl {
    /// The address of a service that people reach where it listens.
    pub fn of(listens_on: SocketAddr) -> Self {
        let text = format!("http://{listens_on}");
        let path_at = text.len();
        Self { text, path_at }
    }

    /// The whole address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before each path of the service in an address: `/intake`, or nothing.
    pub fn base_path(&self) -> &str {
        &self.text[self.path_at..]
    }

    /// Whether browsers reach it over https.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether only people at this machine can use it.
    pub fn is_loopback(&self) -> bool {
        let host = Url::parse(&self.text).ok();
        match host.as_ref().and_then(Url::host) {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(v4)) => v4.is_loopback(),
            Some(Host::Ipv6(v6)) => v6.to_canonical().is_loopback(),
            None => false,
        }
    }

    /// Whether this is an address of the service. Below the same host there may be others' pages.
    pub fn holds(&self, address: &str) -> bool {
        let base = self.base_path();
        let is_below = |url: Url| {
            let rest = url.path().strip_prefix(base);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        same_origin(address, &self.text) && Url::parse(address).is_ok_and(is_below)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim_end_matches('/');
        let scheme = ["https://", "http://"];
        let Some(rest) = scheme.iter().find_map(|start| text.strip_prefix(start)) else {
            return Err("`public_url` must begin with https:// or http://");
        };
        if rest.contains(['?', '#']) {
            return Err("`public_url` must end with its host or path: no ? and no # can be in it");
        }
        let host = rest.split('/').next().unwrap_or_default();
        let path_at = text.len() - rest.len() + host.len();
        let path = &text[path_at..];
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        if !path.chars().all(is_plain) {
            return Err(
                "`public_url` may have letters from a to z, digits, “-”, “.”, “_”, “~” and “/” in its path, as in https://example.org/intake",
            );
        }
        if path
            .split('/')
            .skip(1)
            .any(|part| matches!(part, "" | "." | ".."))
        {
            return Err("`public_url` must have a name between each two slashes of its path");
        }
        // Browsers read some characters in a host as something else than they are: a backslash, a
        // blank, a line end.
        let is_host = |url: &Url| url.path().trim_end_matches('/') == path;
        let is_odd = |c: char| c.is_whitespace() || c.is_control();
        if host.is_empty()
            || host.contains(is_odd)
            || !Url::parse(text).is_ok_and(|url| is_host(&url))
        {
            return Err("`public_url` must have a host, as in https://example.org");
        }
        Ok(Self {
            text: text.to_owned(),
            path_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public_url(text: &str) -> Result<PublicUrl, &'static str> {
        PublicUrl::try_from(text.to_owned())
    }

    #[test]
    fn an_address_has_a_host_and_perhaps_a_path() {
        for (text, whole, base_path) in [
            ("https://example.org", "https://example.org", ""),
            ("http://localhost:8080/", "http://localhost:8080", ""),
            (
                "https://example.org/intake",
                "https://example.org/intake",
                "/intake",
            ),
            (
                "https://example.org/a/b-._~1/",
                "https://example.org/a/b-._~1",
                "/a/b-._~1",
            ),
            (
                "http://[::1]:80/Intake//",
                "http://[::1]:80/Intake",
                "/Intake",
            ),
        ] {
            let url = public_url(text).unwrap();
            assert_eq!(
                (url.as_str(), url.base_path()),
                (whole, base_path),
                "{text}"
            );
        }
        let url = PublicUrl::of(([127, 0, 0, 1], 8080).into());
        assert_eq!(url, public_url("http://127.0.0.1:8080").unwrap());
    }

    #[test]
    fn what_cannot_stand_before_a_path_is_named() {
        for (text, told) in [
            ("studies.example", "begin with https://"),
            ("ftp://example.org", "begin with https://"),
            ("https://example.org?a", "no ? and no #"),
            ("https://example.org/intake?a=b", "no ? and no #"),
            ("https://example.org/#top", "no ? and no #"),
            ("https://example.org/in take", "letters from a to z"),
            ("https://example.org/%69ntake", "letters from a to z"),
            ("https://example.org/prüfung", "letters from a to z"),
            ("https://example.org/in\"take", "letters from a to z"),
            ("https://example.org/a;b", "letters from a to z"),
            ("https://example.org/{id}", "letters from a to z"),
            ("https://example.org/a//b", "a name between"),
            ("https://example.org//a", "a name between"),
            ("https://example.org/./a", "a name between"),
            ("https://example.org/a/..", "a name between"),
            ("https://", "begin with https://"),
            ("https:///intake", "a host"),
            ("https://example.org\\intake", "a host"),
            ("https://exam\nple.org", "a host"),
            ("https:// /intake", "a host"),
            ("https://example.org:port/intake", "a host"),
        ] {
            let message = public_url(text).unwrap_err();
            assert!(message.contains(told), "{text}: {message}");
        }
    }

    #[test]
    fn only_what_is_below_the_path_is_an_address_of_ours() {
        let url = public_url("https://example.org/intake").unwrap();
        for ours in [
            "https://example.org/intake",
            "https://EXAMPLE.org:443/intake/desk?a#b",
        ] {
            assert!(url.holds(ours), "{ours}");
        }
        for other in [
            "https://example.org",
            "https://example.org/desk",
            "https://example.org/intakes",
            "https://example.org/intake/../desk",
            "https://example.org/intake/%2e%2e/desk",
            "https://example.org.evil.example/intake",
            "http://example.org/intake",
            "/intake",
            "",
        ] {
            assert!(!url.holds(other), "{other}");
        }
    }
}
