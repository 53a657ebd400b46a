//! Settings of the place of uploads.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigError, Switch};
use crate::blobs::{BlobPlace, BucketAccess};

/// The region that S3 servers without regions expect in signatures.
const REGION: &str = "us-east-1";

/// A bucket for uploads. Without a URL, uploads are kept in the data folder.
#[derive(Args, Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct BlobSettings {
    /// Where uploads are kept: a bucket of an S3 server, `s3://BUCKET` or `s3://BUCKET/PREFIX` [default: the data
    /// folder].
    #[arg(long = "blobs", env = "SWITCHBOARD_BLOBS", value_name = "URL")]
    url: Option<String>,
    /// Base URL of the S3 server [default: Amazon's of the region].
    #[arg(long = "blobs-endpoint", env = "SWITCHBOARD_BLOBS_ENDPOINT", value_name = "URL")]
    endpoint: Option<String>,
    /// Region of the bucket [default: us-east-1].
    #[arg(long = "blobs-region", env = "SWITCHBOARD_BLOBS_REGION", value_name = "NAME")]
    region: Option<String>,
    /// Id of the access key for the bucket.
    #[arg(long = "blobs-access-key", env = "SWITCHBOARD_BLOBS_ACCESS_KEY", value_name = "ID")]
    access_key: Option<String>,
    /// Whether the S3 server may be reached without TLS, which shows files to the network between [default: off].
    #[arg(long = "blobs-plain-http", env = "SWITCHBOARD_BLOBS_PLAIN_HTTP", value_name = "on|off")]
    plain_http: Option<Switch>,
    /// The access key; environment `SWITCHBOARD_BLOBS_SECRET_KEY` or file.
    #[arg(skip)]
    pub(super) secret_key: Option<SecretString>,
}

impl BlobSettings {
    /// Returns these settings, and those of the file for the missing ones.
    pub(super) fn or(self, file: Self) -> Self {
        Self {
            url: self.url.or(file.url),
            endpoint: self.endpoint.or(file.endpoint),
            region: self.region.or(file.region),
            access_key: self.access_key.or(file.access_key),
            plain_http: self.plain_http.or(file.plain_http),
            secret_key: self.secret_key.or(file.secret_key),
        }
    }

    /// Returns whether uploads are kept on this machine.
    pub(super) fn is_local(&self) -> bool {
        self.url.is_none()
    }

    /// Returns the place of uploads. `folder` is used unless a bucket was named.
    ///
    /// # Errors
    /// An invalid URL, or a setting that is missing.
    pub(super) fn place(&self, folder: PathBuf) -> Result<BlobPlace, ConfigError> {
        let Some(url) = &self.url else {
            return match self.needless() {
                Some(name) => Err(ConfigError::BlobsMissing(name)),
                None => Ok(BlobPlace::Folder(folder)),
            };
        };
        let (bucket, prefix) = BucketAccess::parse(url)?;
        let allows_plain_http = self.plain_http == Some(Switch::On);
        let endpoint =
            self.endpoint.as_deref().map(|url| BucketAccess::endpoint(url, allows_plain_http)).transpose()?;
        let (Some(access_key), Some(secret_key)) = (self.access_key.clone(), self.secret_key.clone()) else {
            return Err(ConfigError::BlobsKey);
        };
        let region = self.region.clone().unwrap_or_else(|| REGION.to_owned());
        let access = BucketAccess { bucket, prefix, endpoint, region, access_key, secret_key };
        Ok(BlobPlace::Bucket(Box::new(access)))
    }

    /// Returns a flag that has no meaning without a bucket. Secrets of the environment may be there for others.
    fn needless(&self) -> Option<&'static str> {
        let set = [
            ("--blobs-endpoint", self.endpoint.is_some()),
            ("--blobs-region", self.region.is_some()),
            ("--blobs-access-key", self.access_key.is_some()),
            ("--blobs-plain-http", self.plain_http.is_some()),
        ];
        set.into_iter().find_map(|(name, is_set)| is_set.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> BlobSettings {
        BlobSettings {
            url: Some("s3://files/chat".to_owned()),
            access_key: Some("id".to_owned()),
            secret_key: Some("key".into()),
            ..BlobSettings::default()
        }
    }

    fn place(settings: &BlobSettings) -> Result<BlobPlace, ConfigError> {
        settings.place(PathBuf::from("uploads"))
    }

    #[test]
    fn uploads_are_in_the_data_folder_unless_a_bucket_is_named() {
        assert!(matches!(place(&BlobSettings::default()), Ok(BlobPlace::Folder(path)) if path.ends_with("uploads")));
        let Ok(BlobPlace::Bucket(access)) = place(&bucket()) else { panic!("no bucket") };
        assert_eq!((access.bucket.as_str(), access.prefix.as_str()), ("files", "chat"));
        assert_eq!((access.region.as_str(), access.endpoint), (REGION, None));
        let file = BlobSettings { region: Some("eu-west-1".to_owned()), ..bucket() };
        let Ok(BlobPlace::Bucket(access)) = place(&bucket().or(file)) else { panic!("no bucket") };
        assert_eq!(access.region, "eu-west-1");
    }

    #[test]
    fn a_bucket_needs_its_key_and_plain_http_is_asked_for() {
        let keyless = BlobSettings { secret_key: None, ..bucket() };
        assert!(matches!(place(&keyless), Err(ConfigError::BlobsKey)));
        let plain = BlobSettings { endpoint: Some("http://127.0.0.1:9000".to_owned()), ..bucket() };
        assert!(matches!(place(&plain), Err(ConfigError::Blobs(_))));
        let allowed = BlobSettings { plain_http: Some(Switch::On), ..plain };
        assert!(place(&allowed).is_ok());
        let needless = BlobSettings { url: None, ..allowed };
        assert!(matches!(place(&needless), Err(ConfigError::BlobsMissing("--blobs-endpoint"))));
    }

    #[test]
    fn the_key_is_not_shown() {
        let shown = format!("{:?}", place(&bucket()));
        assert!(shown.contains("files") && !shown.contains("\"key\""), "{shown}");
    }
}
