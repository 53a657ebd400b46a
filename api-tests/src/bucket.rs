//! A bucket for the files of one test, on an S3 server that is named by the environment.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use server::config::{BlobPlace, BucketAccess};
use uuid::Uuid;

/// The variable with the URL of an S3 server for tests, on which anybody may create buckets. With it, the servers of all
/// worlds keep their files there.
const S3_VARIABLE: &str = "SWITCHBOARD_TEST_S3_URL";

/// Creates a bucket, if a server is named.
#[expect(clippy::disallowed_methods, reason = "names the server for tests")]
pub(crate) fn make() -> Option<BlobPlace> {
    let endpoint = std::env::var(S3_VARIABLE).ok()?;
    let bucket = format!("world-{}", Uuid::new_v4());
    let address = endpoint.strip_prefix("http://").expect("an http URL");
    let mut connection = TcpStream::connect(address).expect("the S3 server answers");
    write!(connection, "PUT /{bucket} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .expect("the request is sent");
    let mut reply = String::new();
    connection.read_to_string(&mut reply).expect("a reply");
    assert!(reply.split_whitespace().nth(1) == Some("200"), "the bucket was not created: {reply}");
    Some(BlobPlace::Bucket(Box::new(BucketAccess {
        bucket,
        prefix: "chat".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key: "test".to_owned(),
        secret_key: "test".into(),
    })))
}
