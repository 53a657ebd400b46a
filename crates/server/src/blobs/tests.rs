use std::{ops::Range, sync::Arc, time::Duration};

use attachments::StoredBlob;
use secrecy::SecretString;
use tempfile::TempDir;
use tenancy::{Clock as _, CompanyCode, Fault, SessionId, StoreError, Timestamp};
use ulid::Ulid;

use super::*;
use crate::clock::SystemClock;

/// The variable with the URL of an S3 server for tests, on which anybody may create buckets.
const S3_VARIABLE: &str = "SWITCHBOARD_TEST_S3_URL";

/// More than one part of a bucket, and no multiple of its length.
const LARGE: usize = 11 * 1024 * 1024 + 7;

/// A store for one test.
struct Place {
    blobs: Arc<dyn Blobs>,
    place: BlobPlace,
    _folder: Option<TempDir>,
}

impl Place {
    fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = BlobPlace::Folder(folder.path().join("uploads"));
        Self { blobs: place.open().unwrap(), place, _folder: Some(folder) }
    }

    #[expect(clippy::disallowed_methods, reason = "names the server for tests")]
    async fn bucket() -> Option<Self> {
        let Ok(endpoint) = std::env::var(S3_VARIABLE) else {
            println!("skipped: {S3_VARIABLE} is not set");
            return None;
        };
        let bucket = format!("blobs-{}", Ulid::generate().to_string().to_lowercase());
        let made = llm_client::openai::http_client().unwrap().put(format!("{endpoint}/{bucket}")).send().await;
        made.unwrap().error_for_status().unwrap();
        let place = BlobPlace::Bucket(Box::new(access(bucket, endpoint)));
        Some(Self { blobs: place.open().unwrap(), place, _folder: None })
    }

    /// Makes one of each kind.
    async fn each() -> Vec<Self> {
        [Some(Self::local()), Self::bucket().await].into_iter().flatten().collect()
    }

    async fn store(&self, key: &BlobKey, content: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.blobs.create().await?;
        for chunk in content.chunks(40_000) {
            writer.append(chunk).await?;
        }
        writer.commit(key).await
    }

    async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Option<Vec<u8>> {
        let mut blob = self.blobs.open(key, range).await.unwrap()?;
        let mut content = Vec::new();
        while let Some(piece) = blob.reader.next().await.unwrap() {
            assert!(!piece.is_empty() && piece.len() <= 64 * 1024, "{}", piece.len());
            content.extend(piece);
        }
        Some(content)
    }

    /// Waits until nothing is left of uploads that were not finished. A bucket removes it after the call.
    async fn is_tidy(&self) {
        let unfinished = async || match &self.place {
            BlobPlace::Folder(folder) => std::fs::read_dir(folder.join(".unfinished")).unwrap().count(),
            BlobPlace::Bucket(access) => {
                let later = SystemClock.now().plus(Duration::from_hours(1));
                let listed = self.blobs.list(later).await.unwrap();
                let objects = listed.iter().filter(|blob| blob.key.as_str().starts_with('.')).count();
                objects + uploads(access).await
            }
        };
        let tidied = async {
            while unfinished().await > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), tidied).await.expect("an unfinished upload is left");
    }
}

/// Returns how many uploads of a bucket have begun and not ended.
async fn uploads(access: &BucketAccess) -> usize {
    let url = format!("{}/{}?uploads", access.endpoint.as_deref().unwrap(), access.bucket);
    let listed = llm_client::openai::http_client().unwrap().get(url).send().await.unwrap();
    let listed = listed.error_for_status().unwrap().text().await.unwrap();
    assert!(listed.contains("ListMultipartUploadsResult"), "{listed}");
    listed.matches("<UploadId>").count()
}

fn access(bucket: String, endpoint: String) -> BucketAccess {
    BucketAccess {
        bucket,
        prefix: "chat".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key: "test".to_owned(),
        secret_key: SecretString::from("test"),
    }
}

fn key() -> BlobKey {
    let company = CompanyCode::parse("TES001").unwrap();
    BlobKey::generate(company, SessionId::generate(company), "cv.pdf", Timestamp::from_micros(0))
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[actix_web::test]
async fn a_blob_is_whole_under_its_key_or_not_there() {
    for place in Place::each().await {
        let key = key();
        let mut writer = place.blobs.create().await.unwrap();
        writer.append(b"hello ").await.unwrap();
        writer.append(b"world").await.unwrap();
        assert_eq!((place.blobs.size(&key).await.unwrap(), place.read(&key, None).await), (None, None));
        writer.commit(&key).await.unwrap();
        assert_eq!(place.blobs.size(&key).await.unwrap(), Some(11));
        assert_eq!(place.read(&key, None).await.unwrap(), b"hello world");
        place.blobs.delete(&key).await.unwrap();
        place.blobs.delete(&key).await.unwrap();
        assert_eq!((place.blobs.size(&key).await.unwrap(), place.read(&key, None).await), (None, None));
        place.is_tidy().await;
    }
}

#[actix_web::test]
async fn a_large_blob_and_an_empty_one_are_kept_as_they_are() {
    for place in Place::each().await {
        // The lengths around one part of a bucket, and more than two.
        for length in [0, 5 * 1024 * 1024, 5 * 1024 * 1024 + 1, LARGE] {
            let (key, content) = (key(), bytes(length));
            place.store(&key, &content).await.unwrap();
            assert_eq!(place.blobs.open(&key, None).await.unwrap().unwrap().size, u64::try_from(length).unwrap());
            assert!(place.read(&key, None).await.unwrap() == content, "{length} bytes differ");
        }
        place.is_tidy().await;
    }
}

#[actix_web::test]
async fn a_part_of_a_blob_is_read() {
    for place in Place::each().await {
        let (key, content) = (key(), bytes(300_000));
        place.store(&key, &content).await.unwrap();
        for range in [0..1_usize, 5..17, 0..300_000, 70_000..299_999, 299_999..300_000] {
            let asked = u64::try_from(range.start).unwrap()..u64::try_from(range.end).unwrap();
            assert!(place.read(&key, Some(asked)).await.unwrap() == content[range.clone()], "{range:?}");
        }
        assert_eq!(place.blobs.open(&key, Some(5..17)).await.unwrap().unwrap().size, 300_000);
    }
}

#[actix_web::test]
async fn a_taken_key_is_refused_and_keeps_its_blob() {
    for place in Place::each().await {
        let key = key();
        place.store(&key, b"first").await.unwrap();
        for second in [&b"second"[..], &bytes(LARGE)] {
            let refused = place.store(&key, second).await.unwrap_err();
            assert_eq!(refused.fault(), Fault::Broken, "{refused:?}");
        }
        assert_eq!(place.read(&key, None).await.unwrap(), b"first");
        place.is_tidy().await;
    }
}

#[actix_web::test]
async fn a_dropped_writer_leaves_nothing() {
    for place in Place::each().await {
        for length in [4, LARGE] {
            let mut writer = place.blobs.create().await.unwrap();
            writer.append(&bytes(length)).await.unwrap();
            if let BlobPlace::Bucket(access) = &place.place {
                assert_eq!(uploads(access).await, usize::from(length == LARGE));
            }
            drop(writer);
            place.is_tidy().await;
        }
        let later = SystemClock.now().plus(Duration::from_hours(1));
        assert_eq!(place.blobs.list(later).await.unwrap(), []);
    }
}

#[actix_web::test]
async fn blobs_are_listed_by_their_age() {
    for place in Place::each().await {
        let (one, other) = (key(), key());
        place.store(&one, b"one").await.unwrap();
        place.store(&other, b"other").await.unwrap();
        let now = SystemClock.now();
        let mut listed = place.blobs.list(now.plus(Duration::from_hours(1))).await.unwrap();
        listed.sort_by_key(|blob| blob.size);
        assert_eq!(listed, [StoredBlob { key: one, size: 3 }, StoredBlob { key: other, size: 5 }]);
        assert_eq!(place.blobs.list(now.minus(Duration::from_hours(1))).await.unwrap(), []);
    }
}

#[actix_web::test]
async fn a_bucket_that_is_not_there_is_unavailable_and_says_so() {
    let Some(Place { place: BlobPlace::Bucket(access), .. }) = Place::bucket().await else { return };
    let missing = BlobPlace::Bucket(Box::new(BucketAccess { bucket: "no-such-bucket".to_owned(), ..*access }));
    let error = missing.check().unwrap_err();
    assert!(error.is_lasting(), "{error:?}");
    let text = crate::logging::chain(&error);
    assert!(text.starts_with("files cannot be kept in s3://no-such-bucket/chat: the bucket"), "{text}");
    let missing = Place { blobs: missing.open().unwrap(), place: missing, _folder: None };
    let (key, unavailable) = (key(), Fault::Unavailable);
    assert_eq!(missing.store(&key, b"text").await.unwrap_err().fault(), unavailable);
    assert_eq!(missing.store(&key, &bytes(LARGE)).await.unwrap_err().fault(), unavailable);
    assert_eq!(missing.blobs.open(&key, None).await.map(|_| ()).unwrap_err().fault(), unavailable);
    assert_eq!(missing.blobs.size(&key).await.unwrap_err().fault(), unavailable);
    assert_eq!(missing.blobs.list(SystemClock.now()).await.unwrap_err().fault(), unavailable);
}

#[actix_web::test]
async fn a_server_that_does_not_answer_is_unavailable_and_the_file_is_not_named() {
    // Nothing listens on a port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = BlobPlace::Bucket(Box::new(access("files".to_owned(), format!("http://127.0.0.1:{port}"))));
    let error = place.check().unwrap_err();
    assert!(!error.is_lasting(), "{error:?}");
    let gone = Place { blobs: place.open().unwrap(), place, _folder: None };
    let key = key();
    let errors = [
        gone.store(&key, b"text").await.unwrap_err(),
        gone.blobs.size(&key).await.unwrap_err(),
        gone.blobs.delete(&key).await.unwrap_err(),
        gone.blobs.open(&key, None).await.map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.fault(), Fault::Unavailable);
        let text = crate::logging::chain(&error);
        assert!(text.contains("the bucket does not answer") && !text.contains("cv.pdf"), "{text}");
    }
}

#[test]
fn work_is_done_without_a_runtime_and_a_panic_is_an_error() {
    assert_eq!(block_on(async { 7 }).unwrap(), 7);
    assert!(block_on(async { panic!("on purpose") }).is_err());
}
