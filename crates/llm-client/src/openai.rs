//! Models that speak the chat-completions protocol of OpenAI, hosted or local.

mod http;
mod retry;
mod wire;

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};

pub use self::http::http_client;
use crate::{BoxFuture, ChatModel, Completion, ModelError, Prompt};

/// The endpoint of a model, and the limits of a call.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// The `http` or `https` address that `/chat/completions` is appended to, such as `https://api.openai.com/v1`.
    /// A query is kept. User and password are rejected, because `Debug` prints this field.
    pub base_url: String,
    /// The name of the model at this endpoint.
    pub model: String,
    /// Sent as a bearer token. Local servers often need none.
    pub api_key: Option<SecretString>,
    /// Maximum duration of a call, including all retries and pauses.
    pub deadline: Duration,
    /// Maximum number of retries.
    pub max_retries: u32,
}

impl OpenAiConfig {
    /// Makes the configuration of an endpoint without a key, with a deadline of 15 s and 2 retries.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            api_key: None,
            deadline: Duration::from_secs(15),
            max_retries: 2,
        }
    }
}

/// Why an [`OpenAiConfig`] cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address is not an `http` or `https` URL, or it contains a user or password.
    #[error("the model's base URL must be http or https, without user and password")]
    BaseUrl,
    /// The key has characters that are not allowed in an HTTP header.
    #[error("the model's API key cannot be sent in an HTTP header")]
    ApiKey,
    /// The HTTP client could not be set up, for example because the machine has no root certificates.
    #[error("the HTTP client for the model could not be set up")]
    Client(#[source] reqwest::Error),
}

/// A model behind an OpenAI-compatible endpoint.
///
/// Calls need a tokio runtime with I/O and time enabled. Calls share a pool of connections.
#[derive(Debug)]
pub struct OpenAi {
    client: reqwest::Client,
    endpoint: Url,
    authorization: Option<HeaderValue>,
    model: String,
    deadline: Duration,
    max_retries: u32,
}

impl OpenAi {
    /// Makes the adapter. Nothing is sent before the first call.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: OpenAiConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            client: http_client().map_err(ConfigError::Client)?,
            endpoint: endpoint(&config.base_url).ok_or(ConfigError::BaseUrl)?,
            authorization: config.api_key.as_ref().map(bearer).transpose()?,
            model: config.model,
            deadline: config.deadline,
            max_retries: config.max_retries,
        })
    }

    async fn attempts(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let started = Instant::now();
        let body = wire::request(&self.model, prompt);
        let mut failed = 0;
        loop {
            let error = match self.attempt(&body).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            if failed == self.max_retries {
                return Err(error);
            }
            let left = self.deadline.saturating_sub(started.elapsed());
            let Some(pause) = retry::pause(&error, failed, retry::jitter(), left) else {
                return Err(error);
            };
            sleep(pause).await;
            failed += 1;
        }
    }

    async fn attempt(&self, body: &wire::RequestBody<'_>) -> Result<Completion, ModelError> {
        let mut request = self.client.post(self.endpoint.clone()).json(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(http::unreachable)?;
        let status = response.status();
        let retry_after = retry::retry_after(response.headers());
        match http::bounded_body(response).await {
            Ok(body) => wire::completion(status.as_u16(), retry_after, &body),
            // The status alone tells the failure. An unreadable body does not change it.
            Err(_) if !status.is_success() => wire::completion(status.as_u16(), retry_after, &[]),
            Err(error) => Err(error),
        }
    }
}

impl ChatModel for OpenAi {
    fn complete(&self, prompt: Prompt) -> BoxFuture<'_, Result<Completion, ModelError>> {
        Box::pin(
            async move { timeout(self.deadline, self.attempts(&prompt)).await.unwrap_or(Err(ModelError::Timeout)) },
        )
    }
}

/// Appends to the path instead of the text, so that a trailing slash or a query (`?api-version=..`) is handled.
fn endpoint(base_url: &str) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    if !web || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().extend(["chat", "completions"]);
    Some(url)
}

fn bearer(key: &SecretString) -> Result<HeaderValue, ConfigError> {
    let mut value =
        HeaderValue::try_from(format!("Bearer {}", key.expose_secret())).map_err(|_| ConfigError::ApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_appended_to_any_web_address() {
        for (base, expected) in [
            ("https://api.openai.com/v1", Some("https://api.openai.com/v1/chat/completions")),
            ("https://api.openai.com/v1/", Some("https://api.openai.com/v1/chat/completions")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080/chat/completions")),
            ("https://x.test/d?api-version=1", Some("https://x.test/d/chat/completions?api-version=1")),
            ("https://user:secret@x.test/v1", None),
            ("ftp://x.test/v1", None),
            ("mailto:a@x.test", None),
            ("api.openai.com/v1", None),
            ("", None),
        ] {
            assert_eq!(endpoint(base).as_ref().map(Url::as_str), expected, "{base}");
        }
    }
}
