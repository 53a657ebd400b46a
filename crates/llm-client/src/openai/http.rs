use reqwest::Response;
use reqwest::redirect::Policy;

use crate::ModelError;

/// Maximum size of a reply in bytes.
const MAX_REPLY_BYTES: usize = 1024 * 1024;

/// Builds the HTTP client of this crate: rustls with the ring provider, no redirects, no proxy from the environment.
///
/// # Errors
/// If the TLS setup fails, for example because the machine has no root certificates.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    // An error means that a provider is installed already, which is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()
}

/// Keeps the chain of causes, but drops the URL, because its query may contain a credential.
pub(super) fn unreachable(error: reqwest::Error) -> ModelError {
    ModelError::Unreachable(Box::new(error.without_url()))
}

/// Reads a whole body, and stops as soon as it exceeds [`MAX_REPLY_BYTES`].
pub(super) async fn bounded_body(mut response: Response) -> Result<Vec<u8>, ModelError> {
    let too_large = ModelError::TooLarge { limit: MAX_REPLY_BYTES };
    let declared = response.content_length().unwrap_or_default();
    if usize::try_from(declared).map_or(true, |declared| declared > MAX_REPLY_BYTES) {
        return Err(too_large);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
