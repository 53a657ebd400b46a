//! A prepared call whose parts can be replaced before it is sent.

use api_tests::prelude::*;
use reqwest::{
    Method,
    multipart::{Form, Part},
};

use crate::{
    calls::{Body, Sending},
    scene::Thing,
};

/// The place of an identifier in a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Path,
    Query,
    Body,
}

/// A prepared call.
pub(crate) struct Ask {
    method: Method,
    /// The path with placeholders such as `{id}`.
    path: String,
    slots: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    body: Body,
}

/// Splits a call of the table into its method and full path.
pub(crate) fn operation(call: &str) -> (Method, String) {
    let (method, path) = call.split_once(' ').expect("a method and a path");
    let path = path.split('?').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/{path}/") };
    (Method::from_bytes(method.as_bytes()).expect("a method"), path)
}

impl Ask {
    /// Prepares a row's call for an object.
    pub(crate) fn new(call: &str, sending: &Sending, thing: &Thing) -> Self {
        let (method, path) = operation(call);
        let slots = vec![
            ("id", thing.id.to_string()),
            ("session", thing.session.clone()),
            ("company", thing.company.clone()),
            ("file", thing.file.clone()),
            ("link", thing.link.clone()),
            ("entry", thing.entry.clone()),
            ("page", "start.js".to_owned()),
        ];
        let mut ask = Self { method, path, slots, query: Vec::new(), body: (sending.body)(thing) };
        let query = call.split_once('?').map_or("", |(_, query)| query);
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = ask.filled(value);
            ask.query.push((key.to_owned(), value));
        }
        // Existing clients send company_id with any call. It must never widen what the caller may see.
        if !thing.company.is_empty() && !call.contains("company_id=") {
            ask.query.push(("company_id".to_owned(), thing.company.clone()));
        }
        ask
    }

    /// Replaces the value in this place.
    pub(crate) fn set(&mut self, place: Place, name: &str, value: &Value) {
        match place {
            Place::Path => {
                let encoded = encoded(&plain(value));
                self.slots.retain(|(slot, _)| !self.path.contains(&format!("{{{slot}}}")));
                for slot in ["id", "session", "file", "link", "entry"] {
                    self.path = self.path.replace(&format!("{{{slot}}}"), &encoded);
                }
            }
            Place::Query => {
                self.query.retain(|(key, _)| key != name);
                self.query.push((name.to_owned(), plain(value)));
            }
            Place::Body => match &mut self.body {
                Body::Empty => self.body = Body::Json(json!({ name: value })),
                Body::Json(body) => body[name] = value.clone(),
                Body::File(fields) => fields[name] = plain(value).into(),
            },
        }
    }

    /// Sends the call.
    pub(crate) async fn send(self, client: &Client) -> Reply {
        let pairs: Vec<_> = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let call = client.call(self.method.clone(), &self.filled(&self.path));
        let call = if pairs.is_empty() { call } else { call.query(&pairs) };
        match self.body {
            Body::Empty => call.await,
            Body::Json(body) => call.json(&body).await,
            Body::File(fields) => {
                let file = Part::bytes(b"%PDF-".to_vec()).file_name("cv.pdf");
                let texts = fields.as_object().into_iter().flatten();
                let form = texts.fold(Form::new(), |form, (key, value)| form.text(key.clone(), plain(value)));
                call.parts(form.part("file", file)).await
            }
        }
    }

    fn filled(&self, template: &str) -> String {
        self.slots.iter().fold(template.to_owned(), |text, (slot, value)| text.replace(&format!("{{{slot}}}"), value))
    }
}

/// Returns a value as text for a path, query or form.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encodes a text, except for slashes and existing escapes.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
