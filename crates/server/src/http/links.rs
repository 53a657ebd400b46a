//! Absolute URLs back to this server.

use std::borrow::Cow;

use actix_web::{
    HttpRequest,
    http::{Uri, header},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{connection::Connection, http::params::Params};

/// The URL at which clients reach this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    base: Option<String>,
    hosts: Vec<String>,
}

impl PublicUrl {
    /// Takes the configured base URL, and the hosts that are accepted from a request's `Host` header if
    /// no URL is configured. A host without a port matches all its ports.
    pub(crate) fn new(base: Option<&str>, hosts: impl IntoIterator<Item = String>) -> Self {
        Self { base: base.map(|base| base.trim_end_matches('/').to_owned()), hosts: hosts.into_iter().collect() }
    }

    /// Returns the scheme and host for links in the response to a request.
    ///
    /// A host that is not on the list is replaced by the server's own address, because a forged host
    /// would send readers elsewhere.
    pub(crate) fn of(&self, req: &HttpRequest) -> Cow<'_, str> {
        if let Some(base) = &self.base {
            return Cow::Borrowed(base);
        }
        let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        match host.filter(|host| self.allows(host)) {
            Some(host) => Cow::Owned(format!("http://{host}")),
            None => {
                let own =
                    req.conn_data::<Connection>().map_or_else(|| req.app_config().local_addr(), Connection::local);
                Cow::Owned(format!("http://{own}"))
            }
        }
    }

    /// Returns whether clients are known to reach this server over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.base
            .as_deref()
            .and_then(|base| base.get(..8))
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    fn allows(&self, host: &str) -> bool {
        let bare = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        self.hosts.iter().any(|allowed| {
            allowed.eq_ignore_ascii_case(host) || bare.is_some_and(|(bare, _)| allowed.eq_ignore_ascii_case(bare))
        })
    }
}

/// Links to the other pages of a list.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    base: Cow<'a, str>,
    path: Cow<'a, str>,
    params: &'a Params,
}

impl<'a> Links<'a> {
    /// Creates links to a path, with the parameters of a query other than `page`.
    pub(crate) fn new(base: impl Into<Cow<'a, str>>, path: impl Into<Cow<'a, str>>, params: &'a Params) -> Self {
        Self { base: base.into(), path: path.into(), params }
    }

    /// Creates links to the path of a request.
    pub(crate) fn of(public: &'a PublicUrl, req: &'a HttpRequest, params: &'a Params) -> Self {
        Self::new(public.of(req), Uri::path(req.uri()), params)
    }

    /// Returns the URL of a page.
    pub(crate) fn page(&self, number: i64) -> String {
        let mut url = format!("{}{}?", self.base, self.path);
        for (name, value) in self.params.iter().filter(|(name, _)| *name != "page") {
            url.extend(utf8_percent_encode(name, UNRESERVED));
            url.push('=');
            url.extend(utf8_percent_encode(value, UNRESERVED));
            url.push('&');
        }
        url.push_str("page=");
        url.push_str(&number.to_string());
        url
    }
}

const UNRESERVED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_configured_base_wins_and_a_forged_host_is_never_repeated() {
        let base = PublicUrl::new(Some("https://chat.example/"), []);
        let hosts = PublicUrl::new(None, ["chat.example".to_owned(), "[::1]:8000".to_owned()]);
        let of = |url: &PublicUrl, host: &str| {
            let req = TestRequest::default().insert_header((header::HOST, host)).to_http_request();
            url.of(&req).into_owned()
        };
        assert_eq!(of(&base, "evil.example"), "https://chat.example");
        for host in ["chat.example", "chat.example:8000", "CHAT.example", "[::1]:8000"] {
            assert_eq!(of(&hosts, host), format!("http://{host}"));
        }
        for host in ["evil.example", "chat.example.evil", "chat.example:80@evil", "[::1]:9", ""] {
            assert!(of(&hosts, host).starts_with("http://127.0.0.1:"), "{host}");
        }
    }
}
