//! HTTP requests of one caller.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use reqwest::{Method, multipart};
use serde_json::Value;

use crate::Reply;

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
        // A second call finds the provider installed, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without special needs");
        Self { http, base: base.into(), token: None }
    }

    /// The same connection with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same connection without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The access token.
    ///
    /// # Panics
    /// Without one.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a caller with a token")
    }

    /// A GET of a path, or of a whole address.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// A request without a body.
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
    /// Adds to the query string.
    pub fn query(self, pairs: &[(&str, &str)]) -> Self {
        Self { request: self.request.query(pairs), ..self }
    }

    /// Sends JSON.
    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body), what: format!("{} {body:.200}", self.what) }
    }

    /// Sends `application/x-www-form-urlencoded`.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        Self { request: self.request.form(pairs), ..self }
    }

    /// Sends `multipart/form-data` of text fields.
    pub fn multipart(self, pairs: &[(&str, &str)]) -> Self {
        let form = pairs
            .iter()
            .fold(multipart::Form::new(), |form, (key, value)| form.text((*key).to_owned(), (*value).to_owned()));
        self.parts(form)
    }

    /// Sends `multipart/form-data`.
    pub fn parts(self, form: multipart::Form) -> Self {
        Self { request: self.request.multipart(form), ..self }
    }

    /// Sends these bytes as this content type.
    pub fn raw(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.header("content-type", content_type).body(body.into()), ..self }
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
