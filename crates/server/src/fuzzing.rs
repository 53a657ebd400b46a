//! Entry points of the fuzz targets: the body parsers, with checks that must hold for any input.
//!
//! A failed check panics, because that is what a fuzzer looks for.

use std::{cell::OnceCell, ops::Range, pin::Pin};

use actix_web::{
    FromRequest as _, HttpRequest, ResponseError as _,
    dev::Payload,
    error::PayloadError,
    http::header::{self, HeaderMap, HeaderValue},
    rt::Runtime,
    test::TestRequest,
    web::{self, Bytes},
};
use attachments::{BlobKey, BlobWriter, Blobs, BoxFuture, OpenBlob, StoredBlob, detect::Detected};
use chatbot::settings::Change;
use futures_util::{Stream, stream};
use identity::Email;
use serde_json::{Map, Value};
use tenancy::{Date, Money, StoreError, Timestamp, plans::PlanName};

use crate::{
    http::{
        body::{self, Body, Fields, Upload, body},
        describe::Field,
        error::ApiError,
        field_errors::FieldErrors,
        rules::{
            Resettable as _, boolean, choice, date, decimal, email, file, integer, integer_list, object, ratio, text,
            texts, timestamp,
        },
    },
    routes::file_parts,
};

/// The content type of every form, with its boundary.
const FORM: &str = "multipart/form-data; boundary=xx";
/// Maximum length of the texts of [`Probe`], in characters.
const LONGEST: usize = 20;

body! {
    /// One optional field of each kind.
    struct Probe {
        text: Option<String> = text().max(LONGEST).optional(),
        email: Option<String> = email().optional(),
        integer: Option<i64> = integer().optional(),
        decimal: Option<Money> = decimal().optional(),
        boolean: Option<bool> = boolean().optional(),
        date: Option<Date> = date().optional(),
        timestamp: Option<Timestamp> = timestamp().optional(),
        ratio: Option<f64> = ratio().optional(),
        word: Option<PlanName> = choice(PlanName::parse, PlanName::ALL.map(PlanName::as_str)).optional(),
        object: Option<Map<String, Value>> = object().optional(),
        texts: Change<Vec<String>> = texts(text().max(LONGEST)).at_most(3).or_reset(),
        ids: Vec<i64> = integer_list().optional_or_empty(),
        file: Option<Upload> = file().optional(),
    }
}

/// A body that keeps all fields.
struct Everything(Map<String, Value>);

impl Body for Everything {
    const NAMES: Option<&'static [&'static str]> = None;

    fn read(fields: Fields<'_>) -> Result<Self, FieldErrors> {
        Ok(Self(fields.into_object()))
    }

    fn name() -> String {
        "Everything".to_owned()
    }

    fn describe() -> Vec<Field> {
        Vec::new()
    }
}

/// Reads a body of this content type with declared fields and with all fields.
///
/// # Panics
/// An accepted value is out of bounds, or a refusal is a server error.
pub fn body(kind: &'static str, body: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let body = Bytes::copy_from_slice(body);
    let (probe, everything) = block_on(async {
        (body::parse::<Probe>(&headers, body.clone()).await, body::parse::<Everything>(&headers, body).await)
    });
    if let Some(probe) = accepted(probe) {
        check(&probe);
    }
    if let Some(Everything(fields)) = accepted(everything) {
        assert!(serde_json::to_vec(&fields).is_ok(), "the fields cannot be written");
    }
}

/// Reads a form as a whole, and as an upload in pieces of this many bytes.
///
/// # Panics
/// As [`fn@body`], or if an upload in pieces reads differently from an upload in one piece.
pub fn multipart(piece: usize, content: &[u8]) {
    body(FORM, content);
    let whole = upload(content.len().max(1), content);
    let pieces = upload(piece.max(1), content);
    assert_eq!(whole, pieces, "the length of the pieces matters");
}

/// The fields of a form and its file; `None` if it was refused.
type Form = Option<(Map<String, Value>, Option<(String, Detected)>)>;

fn upload(piece: usize, content: &[u8]) -> Form {
    let chunks: Vec<_> = content.chunks(piece).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let chunks: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(stream::iter(chunks));
    let request: HttpRequest = TestRequest::post().insert_header((header::CONTENT_TYPE, FORM)).to_http_request();
    let read = block_on(async {
        let mut payload = Payload::Stream { payload: chunks };
        #[expect(clippy::expect_used, reason = "the request has a payload")]
        let payload = web::Payload::from_request(&request, &mut payload).await.expect("a payload");
        file_parts(&request, payload, &DiscardBlobs, None).await
    });
    let (fields, file) = accepted(read)?;
    Some((fields.into_object(), file.map(|file| (file.name, file.inspector.finish()))))
}

/// Returns the value if it was accepted.
///
/// # Panics
/// The refusal is a server error.
fn accepted<T>(read: Result<T, ApiError>) -> Option<T> {
    if let Err(refusal) = &read {
        assert!(!refusal.status_code().is_server_error(), "{refusal:?}");
    }
    read.ok()
}

fn check(probe: &Probe) {
    let listed = match &probe.texts {
        Change::To(texts) => texts.as_slice(),
        Change::Keep | Change::Reset => &[],
    };
    assert!(listed.len() <= 3, "{listed:?}");
    for text in probe.text.iter().chain(listed) {
        assert!(!text.contains('\0') && text.chars().count() <= LONGEST && text.trim() == text, "{text:?}");
    }
    // An optional address may be blank.
    let is_address = |email: &String| email.is_empty() || Email::parse(email).is_ok();
    assert!(probe.email.as_ref().is_none_or(is_address), "{:?}", probe.email);
    assert!(probe.ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
    // A value that was read can be written and read again.
    assert!(probe.timestamp.is_none_or(|at| Timestamp::parse(&at.to_string()).is_ok()), "{:?}", probe.timestamp);
    assert!(probe.date.is_none_or(|day| Date::parse(&day.to_string()).is_ok()), "{:?}", probe.date);
    let _ = (probe.integer, probe.decimal, probe.boolean, probe.word, &probe.ids, &probe.object, &probe.file);
}

/// Accepts files and discards them.
struct DiscardBlobs;

impl Blobs for DiscardBlobs {
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>> {
        Box::pin(async {
            let writer: Box<dyn BlobWriter> = Box::new(Self);
            Ok(writer)
        })
    }

    fn size<'a>(&'a self, _: &'a BlobKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn open<'a>(
        &'a self,
        _: &'a BlobKey,
        _: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<OpenBlob>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn list(&self, _: Timestamp) -> BoxFuture<'_, Result<Vec<StoredBlob>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn delete<'a>(&'a self, _: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

impl BlobWriter for DiscardBlobs {
    fn append<'a>(&'a mut self, _: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn commit<'a>(self: Box<Self>, _: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    #[expect(clippy::expect_used, reason = "fuzzing needs a runtime")]
    RUNTIME.with(|runtime| runtime.get_or_init(|| Runtime::new().expect("a runtime")).block_on(future))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    /// The first byte of each seed and the rest of it, as the targets read them.
    fn seeds(target: &str) -> Vec<(u8, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let files = fs::read_dir(&folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        let seeds: Vec<_> = files.filter_map(|seed| Some((*seed.first()?, seed.get(1..)?.to_vec()))).collect();
        assert!(seeds.len() > 5, "{target}");
        seeds
    }

    #[test]
    fn every_seed_of_the_fuzz_targets_is_read_or_refused() {
        for (_, seed) in seeds("body") {
            for kind in ["application/json", "application/x-www-form-urlencoded"] {
                body(kind, &seed);
            }
        }
        for (piece, seed) in seeds("multipart") {
            multipart(usize::from(piece) + 1, &seed);
            multipart(1, &seed);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_form_reads_the_same_in_pieces_of_any_length(
            parts in prop::collection::vec(
                ("[a-z\"; =\\\\]{0,12}", prop::option::of("[ -~\u{e9}]{0,12}"), any::<Vec<u8>>()),
                0..4,
            ),
            piece in 1_usize..40,
            end in prop::sample::select(vec!["--xx--\r\n", "--xx--", "--xx", ""]),
        ) {
            let mut form = Vec::new();
            for (name, file, content) in parts {
                let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
                let header = format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
                form.extend_from_slice(header.as_bytes());
                form.extend_from_slice(&content);
                form.extend_from_slice(b"\r\n");
            }
            form.extend_from_slice(end.as_bytes());
            multipart(piece, &form);
        }
    }
}
