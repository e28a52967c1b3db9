//! Which network a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::{HttpRequest, http::header};
use ipnet::IpNet;

/// What one household or office gets of IPv6 addresses at most (RIPE-690, section 4.2): whoever has
/// one of them has all.
const HOUSEHOLD: u8 = 56;

/// A network that counts as one client: an IPv4 address, or a /56 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client(IpAddr);

impl Client {
    /// The network of this address.
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let bits = u128::from(v6) >> (128 - HOUSEHOLD) << (128 - HOUSEHOLD);
                IpAddr::V6(Ipv6Addr::from(bits))
            }
            v4 => v4,
        })
    }

    /// Who sent a request: its peer, or, where that is one of the proxies, whom the last of these
    /// names. What stands before that anybody can write there.
    pub(super) fn behind(request: &HttpRequest, proxies: &[IpNet]) -> Option<Self> {
        let mut address = request.peer_addr()?.ip().to_canonical();
        let named = forwarded_for(request);
        let mut named = named.iter().rev();
        while is_among(proxies, address) {
            match named.next() {
                Some(Some(before)) => address = *before,
                Some(None) | None => break,
            }
        }
        Some(Self::of(address))
    }
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether an address is one of these or in one of these networks.
fn is_among(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// Whom the proxies name, the nearest last; `None` for what is no address. Nobody, where the two
/// headers that there are name different ones.
fn forwarded_for(request: &HttpRequest) -> Vec<Option<IpAddr>> {
    let texts = |name: header::HeaderName| -> Vec<String> {
        let values = request.headers().get_all(name);
        // What is no text stays, as no address: what is left out would let something else count.
        let texts: Vec<String> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let parts = texts.iter().flat_map(|text| text.split(','));
        parts.map(|part| part.trim().to_owned()).collect()
    };
    let plain = texts(header::X_FORWARDED_FOR);
    let plain: Vec<Option<IpAddr>> = plain.iter().map(|part| address(part)).collect();
    // RFC 7239, section 4.
    let forwarded = texts(header::FORWARDED);
    let named = forwarded.iter().map(|element| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
        address(value.trim().trim_matches('"'))
    });
    let named: Vec<Option<IpAddr>> = named.collect();
    match (plain.last(), named.last()) {
        // A proxy that sets one of them may pass on what a visitor has written into the other.
        (Some(one), Some(other)) if one != other => Vec::new(),
        (Some(_), _) => plain,
        (None, _) => named,
    }
}

/// An address, with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split(']').next());
    let plain = text.parse::<IpAddr>().ok();
    plain
        .or_else(|| bare?.parse().ok())
        .or_else(|| text.rsplit_once(':')?.0.parse().ok())
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn behind(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies: Vec<IpNet> = ["127.0.0.0/8", "10.1.0.0/16", "::1/128"]
            .map(|it| it.parse().unwrap())
            .to_vec();
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        let request = request.to_http_request();
        Client::behind(&request, &proxies).unwrap().to_string()
    }

    #[test]
    fn only_what_our_own_proxies_say_is_believed() {
        let xff = "x-forwarded-for";
        for (peer, headers, client) in [
            ("192.0.2.1:9", vec![(xff, "198.51.100.7")], "192.0.2.1"),
            ("127.0.0.1:9", vec![], "127.0.0.1"),
            ("127.0.0.1:9", vec![(xff, "198.51.100.7")], "198.51.100.7"),
            (
                "127.0.0.1:9",
                vec![(xff, "6.6.6.6, 198.51.100.7")],
                "198.51.100.7",
            ),
            (
                "127.0.0.1:9",
                vec![(xff, "6.6.6.6"), (xff, "198.51.100.7")],
                "198.51.100.7",
            ),
            (
                "127.0.0.1:9",
                vec![(xff, "198.51.100.7, 10.1.2.3")],
                "198.51.100.7",
            ),
            (
                "127.0.0.1:9",
                vec![(xff, "198.51.100.7, nonsense")],
                "127.0.0.1",
            ),
            (
                "127.0.0.1:9",
                vec![(
                    "forwarded",
                    "for=6.6.6.6, for=\"198.51.100.7:80\";proto=https",
                )],
                "198.51.100.7",
            ),
            (
                "127.0.0.1:9",
                vec![(xff, "6.6.6.6"), ("forwarded", "for=198.51.100.7")],
                "127.0.0.1",
            ),
            (
                "[::1]:9",
                vec![("forwarded", "For=\"[2001:db8:1:2ff::3]:80\"")],
                "2001:db8:1:200::",
            ),
            (
                "[::ffff:127.0.0.1]:9",
                vec![(xff, "::ffff:198.51.100.7")],
                "198.51.100.7",
            ),
            ("[2001:db8:1:2ff:3:4:5:6]:9", vec![], "2001:db8:1:200::"),
        ] {
            assert_eq!(behind(peer, &headers), client, "{peer} {headers:?}");
        }
    }
}
