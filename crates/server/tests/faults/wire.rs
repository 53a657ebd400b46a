//! HTTP requests of a caller.

use std::net::SocketAddr;

use reqwest::{
    header::HeaderMap,
    multipart::{Form, Part},
};
use serde_json::Value;

/// A caller, with or without a token.
#[derive(Clone)]
pub(crate) struct Caller {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// A response of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Caller {
    /// A caller without a token.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { http: llm_client::openai::http_client().unwrap(), base: format!("http://{address}"), token: None }
    }

    /// Returns the same caller for a restarted server. Old connections cannot be reused.
    pub(crate) fn moved_to(&self, address: SocketAddr) -> Self {
        Self { token: self.token.clone(), ..Self::at(address) }
    }

    /// Returns the same connection with this access token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Returns the access token.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    /// As [`Caller::post`], for servers that may stop before they answer.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Downloads a file by its link, without a token, and returns its text.
    pub(crate) async fn download(&self, link: &str) -> String {
        let response = self.http.get(format!("{}{link}", self.base)).send().await.unwrap();
        response.error_for_status().unwrap().text().await.unwrap()
    }

    /// Uploads a file as a visitor.
    pub(crate) async fn upload(&self, session: &str, company: &str, name: &str, content: &str) -> Answer {
        let file = Part::text(content.to_owned()).file_name(name.to_owned());
        let form = Form::new().text("session_id", session.to_owned()).text("company_id", company.to_owned());
        let request = self.http.post(format!("{}/api/chatbot/upload/", self.base)).multipart(form.part("file", file));
        self.send(request).await.unwrap()
    }

    /// Signs in.
    pub(crate) async fn login(&self, username: &str, password: &str) -> Answer {
        self.post("/api/auth/login/", &serde_json::json!({"username": username, "password": password})).await
    }

    /// Signs in; returns the same connection with the access token.
    pub(crate) async fn signed_in(&self, username: &str, password: &str) -> Self {
        let body = self.login(username, password).await.ok();
        self.with_token(body["access"].as_str().unwrap_or_else(|| panic!("no token: {body}")))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Asserts status 200; returns the body.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.expect(200).body
    }

    /// Asserts status 201; returns the body.
    #[track_caller]
    pub(crate) fn created(self) -> Value {
        self.expect(201).body
    }

    /// Asserts a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
    }

    /// Returns a header as text, empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
