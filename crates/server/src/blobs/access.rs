//! How a bucket is reached, as the operator says it.

use std::fmt;

use actix_web::http::Uri;
use secrecy::SecretString;

/// A bucket, and what is needed to use it.
#[derive(Debug, Clone)]
pub struct BucketAccess {
    /// The name of the bucket.
    pub bucket: String,
    /// What the keys of all objects begin with; may be empty, and does not end with a slash.
    pub prefix: String,
    /// The base URL of the server, `None` for Amazon's in the region.
    pub endpoint: Option<String>,
    /// The region, which is part of signatures.
    pub region: String,
    /// The id of the key that requests are signed with.
    pub access_key: String,
    /// That key.
    pub secret_key: SecretString,
}

/// Why a bucket was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// The text is no URL of a bucket.
    Url,
    /// The endpoint is no URL of a server.
    Endpoint,
    /// The endpoint has no TLS, and nobody said that it need not have it.
    PlainHttp,
}

/// A place that blobs cannot be kept in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidPlace {
    refusal: Refusal,
    text: String,
}

impl fmt::Display for InvalidPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.refusal {
            Refusal::Url => write!(f, "--blobs needs a bucket, such as s3://files or s3://files/chat, not {text:?}"),
            Refusal::Endpoint => {
                write!(f, "--blobs-endpoint needs a scheme and a host, such as https://s3.example.com, not {text:?}")
            }
            Refusal::PlainHttp => {
                write!(f, "{text} has no TLS: files would be sent in the clear; say --blobs-plain-http on to allow it")
            }
        }
    }
}

impl BucketAccess {
    /// Parses the URL of a bucket, `s3://BUCKET` or `s3://BUCKET/PREFIX`, into the bucket and the prefix.
    ///
    /// # Errors
    /// [`InvalidPlace`].
    pub(crate) fn parse(url: &str) -> Result<(String, String), InvalidPlace> {
        let invalid = || InvalidPlace { refusal: Refusal::Url, text: url.to_owned() };
        let (bucket, prefix) = {
            let rest = url.strip_prefix("s3://").ok_or_else(invalid)?;
            rest.split_once('/').unwrap_or((rest, ""))
        };
        let is_bucket_sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
        let is_prefix_sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_prefix_sign);
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_valid = (3..=63).contains(&bucket.len())
            && bucket.bytes().all(is_bucket_sign)
            && bucket.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && (prefix.is_empty() || prefix.split('/').all(is_part));
        if is_valid { Ok((bucket.to_owned(), prefix.to_owned())) } else { Err(invalid()) }
    }

    /// Returns the endpoint without a final slash, if it is the URL of a server with TLS, or plain HTTP is allowed.
    ///
    /// # Errors
    /// [`InvalidPlace`].
    pub(crate) fn endpoint(url: &str, allows_plain_http: bool) -> Result<String, InvalidPlace> {
        let refused = |refusal| InvalidPlace { refusal, text: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_| refused(Refusal::Endpoint))?;
        // A name and password in the URL would be logged with it.
        let is_base = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.query().is_none()
            && !url.contains('#');
        match uri.scheme_str() {
            Some("https") if is_base => {}
            Some("http") if is_base && allows_plain_http => {}
            Some("http") if is_base => return Err(refused(Refusal::PlainHttp)),
            Some(_) | None => return Err(refused(Refusal::Endpoint)),
        }
        Ok(url.trim_end_matches('/').to_owned())
    }
}

impl fmt::Display for BucketAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_name_and_may_have_a_prefix() {
        for (url, bucket, prefix) in [
            ("s3://files", "files", ""),
            ("s3://files/", "files", ""),
            ("s3://my-files.example/chat/eu", "my-files.example", "chat/eu"),
            ("s3://files/chat/", "files", "chat"),
        ] {
            assert_eq!(BucketAccess::parse(url), Ok((bucket.to_owned(), prefix.to_owned())), "{url}");
        }
        for wrong in [
            "",
            "files",
            "s3://",
            "s3:///chat",
            "s3://ab",
            "s3://Files",
            "https://files",
            "s3://files//chat",
            "s3://files/../chat",
            "s3://files/.unfinished",
            "s3://files/a b",
            "s3://-files",
            "s3://user:pass@files",
            "s3://files?x=y",
        ] {
            assert!(BucketAccess::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_endpoint_has_tls_unless_the_operator_allows_less() {
        assert_eq!(BucketAccess::endpoint("https://s3.example.com/", false), Ok("https://s3.example.com".to_owned()));
        assert_eq!(BucketAccess::endpoint("http://127.0.0.1:9000", true), Ok("http://127.0.0.1:9000".to_owned()));
        let plain = BucketAccess::endpoint("http://127.0.0.1:9000", false).unwrap_err();
        assert_eq!(plain.refusal, Refusal::PlainHttp);
        for wrong in ["", "s3.example.com", "ftp://s3.example.com", "https://a:b@s3.example.com", "https://x/?a=b"] {
            let refused = BucketAccess::endpoint(wrong, true).unwrap_err();
            assert_eq!(refused.refusal, Refusal::Endpoint, "{wrong}");
        }
    }
}
