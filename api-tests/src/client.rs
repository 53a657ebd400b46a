//! HTTP requests of a caller.

use std::{
    future::{Future, IntoFuture},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use reqwest::{Method, multipart};
use serde_json::Value;

use crate::{Events, Reply, Socket};

/// A connection that is idle for longer is not used again. The server ends it after five seconds, which a client that is
/// busy with a large body does not notice in time.
const IDLE: Duration = Duration::from_secs(2);

/// A caller's connection to the server, with or without a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    token: Option<String>,
}

/// A request that is sent when it is awaited.
#[must_use = "a call is sent when it is awaited"]
pub struct Call {
    request: reqwest::RequestBuilder,
    what: String,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        // The call fails if a provider is already installed, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .build()
            .expect("a client without special needs");
        Self { http, base: base.into(), token: None }
    }

    /// Returns the same connection with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Returns the same connection without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Returns the access token.
    ///
    /// # Panics
    /// If the client has none.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a caller with a token")
    }

    /// Returns the same caller of another server.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { base: format!("http://{address}").into(), ..self.clone() }
    }

    /// Returns the access token, if the client has one.
    pub(crate) fn try_token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Opens a socket, without a token.
    pub async fn socket(&self, path: &str) -> Socket {
        Socket::open(self.host(), path, &[]).await
    }

    /// Opens a socket with the caller's token in the query.
    pub async fn signed_in_socket(&self, path: &str) -> Socket {
        let separator = if path.contains('?') { '&' } else { '?' };
        self.socket(&format!("{path}{separator}token={}", self.token())).await
    }

    /// Returns the server's host and port.
    pub fn host(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Prepares a GET of a path or absolute URL.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Prepares a POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// Prepares a request without a body.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let what = format!("{method} {path}");
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.http.request(method, url);
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Call { request, what }
    }
}

impl Call {
    /// Adds pairs to the query string.
    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        Self { request: self.request.query(pairs), ..self }
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body), what: format!("{} {body:.200}", self.what) }
    }

    /// Sets an `application/x-www-form-urlencoded` body.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        Self { request: self.request.form(pairs), ..self }
    }

    /// Sets a `multipart/form-data` body with text fields.
    pub fn multipart(self, pairs: &[(&str, &str)]) -> Self {
        let form = pairs
            .iter()
            .fold(multipart::Form::new(), |form, (key, value)| form.text((*key).to_owned(), (*value).to_owned()));
        self.parts(form)
    }

    /// Sets a `multipart/form-data` body.
    pub fn parts(self, form: multipart::Form) -> Self {
        Self { request: self.request.multipart(form), ..self }
    }

    /// Sets a body of these bytes, with this content type.
    pub fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.header("content-type", content_type).body(body.into()), ..self }
    }

    /// Sends the request and takes the stream of events that answers it.
    ///
    /// # Panics
    /// If the server does not begin a stream.
    pub async fn events(self) -> Events {
        Events::of(self.request.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", self.what)))
    }

    /// As [`Call::events`], at a server that may be busy or stop meanwhile. Returns `None` if no stream begins.
    pub async fn try_events(self) -> Option<Events> {
        let response = self.request.send().await.ok()?;
        (response.status() == 200).then(|| Events::of(response))
    }

    /// Sends the request to a server that may stop meanwhile. Returns status and body without the checks of a
    /// [`Reply`]. The body is null if it is not JSON.
    ///
    /// # Errors
    /// If no whole response came.
    pub async fn attempt(self) -> reqwest::Result<(u16, Value)> {
        let response = self.request.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }
}

impl IntoFuture for Call {
    type Output = Reply;
    type IntoFuture = Pin<Box<dyn Future<Output = Reply> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let answer = self.request.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", self.what));
            Reply::read(self.what, answer).await
        })
    }
}
