//! Where a request came from, at the granularity at which callers are distinguished.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// An IPv4 address, or the /64 network of an IPv6 address. A client with one address of such a network
/// can usually use all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(IpAddr);

/// The mask for the network half of an IPv6 address.
const NETWORK: u128 = u128::MAX << 64;

impl Origin {
    /// Returns the origin of an address. An IPv4-mapped IPv6 address counts as its IPv4 address. All
    /// requests without an address share one origin.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V6(address)) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
            Some(address) => address,
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(address: &str) -> String {
        Origin::of(Some(address.parse().unwrap())).to_string()
    }

    #[test]
    fn an_ipv6_network_is_one_origin_and_an_ipv4_address_is_one() {
        assert_eq!(origin("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(origin("2001:db8:1:2:ffff::1"), origin("2001:db8:1:2::"));
        assert_ne!(origin("2001:db8:1:3::1"), origin("2001:db8:1:2::1"));
        assert_eq!(origin("192.0.2.7"), "192.0.2.7");
        assert_eq!(origin("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(Origin::of(None).to_string(), "0.0.0.0");
    }
}
