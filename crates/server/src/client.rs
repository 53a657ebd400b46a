//! The address that a request came from, also when it passed proxies.

use std::{
    future::{Ready, ready},
    net::{IpAddr, SocketAddr},
};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::HeaderMap};
use ipnet::IpNet;

use crate::http::{describe::Argument, error::ApiError};

/// The address a request came from: the socket's peer, or the caller that a trusted proxy names.
/// The edge puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientIp(pub(crate) Option<IpAddr>);

impl ClientIp {
    /// Returns the address of a request.
    ///
    /// # Errors
    /// 500 if the edge is not mounted.
    pub(crate) fn of(req: &HttpRequest) -> Result<Self, ApiError> {
        req.extensions().get::<Self>().copied().ok_or_else(|| ApiError::internal("the edge is not mounted"))
    }
}

impl FromRequest for ClientIp {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}

impl Argument for ClientIp {}

/// The proxies that are trusted to name the caller's address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
pub struct InvalidProxy(String);

const FORWARDED_FOR: &str = "x-forwarded-for";

impl TrustedProxies {
    /// Reads addresses and networks.
    ///
    /// # Errors
    /// The first text that is neither.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidProxy> {
        let network = |text: &str| {
            let text = text.trim();
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())))
                .map_err(|_| InvalidProxy(text.to_owned()))
        };
        texts.into_iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the caller's address: the peer of the socket, or if that is a trusted proxy, the last
    /// address of `X-Forwarded-For` that is not a trusted proxy.
    ///
    /// Addresses to the left of that one are the caller's own claim and are not read. If the header is
    /// missing, or has something else than addresses up to there, the result is the peer.
    pub(crate) fn caller(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer?.to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        Some(self.forwarded(headers).unwrap_or(peer))
    }

    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values: Vec<_> = headers.get_all(FORWARDED_FOR).collect();
        let mut nearest = None;
        for value in values.into_iter().rev() {
            for hop in value.as_bytes().rsplit(|byte| *byte == b',') {
                let hop = address(str::from_utf8(hop).ok()?.trim())?;
                nearest = Some(hop);
                if !self.trusts(hop) {
                    return nearest;
                }
            }
        }
        nearest
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Reads an address: bare, with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn caller(peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]).unwrap();
        let request = forwarded
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header((FORWARDED_FOR, *value)));
        let request = request.to_http_request();
        proxies.caller(Some(peer.parse().unwrap()), request.headers()).unwrap().to_string()
    }

    #[test]
    fn the_peer_counts_unless_it_is_trusted() {
        assert_eq!(caller("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(caller("10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(caller("::ffff:10.1.1.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(caller("10.1.1.1", &[]), "10.1.1.1");
    }

    #[test]
    fn the_header_is_read_from_the_right_past_trusted_proxies() {
        assert_eq!(caller("10.1.1.1", &["6.6.6.6, 198.51.100.1, 10.2.2.2"]), "198.51.100.1");
        assert_eq!(caller("10.1.1.1", &["6.6.6.6", "198.51.100.1,192.0.2.1", "10.2.2.2"]), "198.51.100.1");
        assert_eq!(caller("10.1.1.1", &["10.3.3.3, 10.2.2.2"]), "10.3.3.3");
        assert_eq!(caller("2001:db8::1", &["2606:4700::1"]), "2606:4700::1");
    }

    #[test]
    fn ports_and_brackets_are_dropped() {
        for (value, wanted) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2606:4700::1]:443", "2606:4700::1"),
            ("[2606:4700::1]", "2606:4700::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(caller("10.1.1.1", &[value]), wanted, "{value}");
        }
    }

    #[test]
    fn nonsense_on_the_way_leaves_the_peer_and_beyond_it_is_not_read() {
        for value in ["unknown", "", "198.51.100.1, _hidden", "198.51.100.1, ,10.2.2.2", "198.51.100.256"] {
            assert_eq!(caller("10.1.1.1", &[value]), "10.1.1.1", "{value:?}");
        }
        assert_eq!(caller("10.1.1.1", &["nonsense\u{e9}, 198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn only_addresses_and_networks_are_proxies() {
        assert!(TrustedProxies::parse(["10.0.0.0/8", " ::1"]).is_ok());
        assert_eq!(TrustedProxies::parse(["proxy.local"]), Err(InvalidProxy("proxy.local".to_owned())));
        assert!(TrustedProxies::parse(["10.0.0.0/33"]).is_err());
    }

    proptest! {
        #[test]
        fn what_a_caller_claims_never_changes_who_it_is(claim in "[ -~]{0,40}") {
            prop_assert_eq!(caller("10.1.1.1", &[&format!("{claim},198.51.100.1, 10.2.2.2")]), "198.51.100.1");
            prop_assert_eq!(caller("203.0.113.9", &[&claim]), "203.0.113.9");
        }
    }
}
