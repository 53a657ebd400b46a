//! Addresses to listen on, as operators write them.

use std::{net::SocketAddr, str::FromStr};

use serde::Deserialize;

/// The port if only a host is named, as in the default address.
const PORT: u16 = 8000;

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(SocketAddr);

/// A text that is not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address to listen on: give 127.0.0.1:8000, localhost:8000, 8000 (this machine only) or :8000 (all)")]
pub struct InvalidListenAddress;

impl ListenAddress {
    /// The default: port 8000 of the loopback interface.
    pub(crate) fn usual() -> Self {
        Self(SocketAddr::from(([127, 0, 0, 1], PORT)))
    }

    /// Returns the address of the socket.
    pub(crate) fn socket(self) -> SocketAddr {
        self.0
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    /// Reads `ADDRESS:PORT`, `localhost:PORT`, `PORT` (of the loopback interface) or `:PORT` (of all IPv4
    /// interfaces). Other host names are refused, because they may have several addresses.
    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Ok(Self(address));
        }
        let (host, port) = text.rsplit_once(':').map_or(([127, 0, 0, 1], text), |(host, port)| match host {
            "" => ([0, 0, 0, 0], port),
            host if host.eq_ignore_ascii_case("localhost") => ([127, 0, 0, 1], port),
            _ => ([127, 0, 0, 1], ""),
        });
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number).ok_or(InvalidListenAddress)?;
        Ok(Self(SocketAddr::from((host, port))))
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = InvalidListenAddress;

    fn try_from(text: String) -> Result<Self, InvalidListenAddress> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_of_this_machine_and_a_colon_means_all_interfaces() {
        for (text, address) in [
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            (" [::1]:80 ", "[::1]:80"),
            ("localhost:8000", "127.0.0.1:8000"),
            ("LocalHost:1", "127.0.0.1:1"),
            ("8000", "127.0.0.1:8000"),
            ("0", "127.0.0.1:0"),
            (":8000", "0.0.0.0:8000"),
        ] {
            assert_eq!(
                text.parse::<ListenAddress>().map(ListenAddress::socket),
                Ok(address.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ":", "localhost", "localhost:", "70000", ":-1", "+80", "example.com:80", "http://localhost:80"]
        {
            assert_eq!(text.parse::<ListenAddress>(), Err(InvalidListenAddress), "{text}");
        }
    }
}
