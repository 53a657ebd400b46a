//! How quick replies are read.

use chatbot::{
    QuickReply, kind,
    settings::limits::{self, KIND, MATCHES, PHRASE, QUICK_REPLIES, SUGGESTION, SUGGESTIONS, TEXT},
};
use serde_json::{Map, Value, json};

use crate::http::{
    body::{Fields, List, Raw},
    field_errors::{FieldError, FieldErrors},
    rules::{Resettable, Rule as _, Single as _, Texts, each, nullable, object, text, texts},
};

/// A list of quick replies.
pub(super) struct QuickReplies;

impl Resettable for QuickReplies {
    type Value = Vec<QuickReply>;

    fn accept(&self, list: List) -> Result<Vec<QuickReply>, FieldError> {
        let replies = each(list, QUICK_REPLIES, |member| match member {
            Raw::Json(Value::Null) => Err(FieldError::new("This field may not be null.")),
            member => quick_reply(object().accept(member)?),
        })?;
        match limits::clash(&replies) {
            None => Ok(replies),
            Some((index, text)) => {
                let message = format!("match: Another quick reply matches \"{text}\" already.");
                Err(FieldError::Members(vec![(index, message.into())]))
            }
        }
    }

    fn schema(&self) -> Value {
        let mut matches = phrases(MATCHES).schema();
        if let Some(schema) = matches.as_object_mut() {
            schema.insert("minItems".to_owned(), 1.into());
        }
        let reply = json!({
            "type": "object",
            "properties": {
                "match": matches,
                "reply": text().max(TEXT).schema(),
                "suggestions": nullable(suggestions().schema()),
                "type": {
                    "type": ["string", "null"],
                    "pattern": r"^\s*([a-z][a-z0-9]*(_[a-z0-9]+)*)?\s*$",
                    "maxLength": KIND,
                    "examples": ["opening_hours"],
                },
            },
            "required": ["match", "reply"],
        });
        json!({ "type": "array", "items": reply, "maxItems": QUICK_REPLIES })
    }
}

/// A list of at most `count` phrases that messages are compared with.
pub(super) fn phrases(count: usize) -> Texts {
    texts(text().max(PHRASE)).at_most(count).that(limits::can_match, "A phrase needs a letter or a digit.")
}

/// A list of buttons below a text.
fn suggestions() -> Texts {
    texts(text().max(SUGGESTION)).at_most(SUGGESTIONS)
}

fn quick_reply(item: Map<String, Value>) -> Result<QuickReply, FieldError> {
    let mut fields = Fields::default();
    for (name, value) in item {
        // Null counts as a missing key, so a required key that is null is refused as missing.
        if !value.is_null() {
            fields.push(name.into(), Raw::Json(value));
        }
    }
    let mut errors = FieldErrors::default();
    let matches = phrases(MATCHES).read(&mut fields, "match").and_then(|matches| {
        if matches.is_empty() { Err(FieldError::new("This list may not be empty.")) } else { Ok(matches) }
    });
    let matches = errors.keep("match", matches);
    let reply = errors.keep("reply", text().max(TEXT).read(&mut fields, "reply"));
    let suggestions = match fields.take_list("suggestions") {
        None => Ok(Vec::new()),
        Some(list) => suggestions().accept(list),
    };
    let suggestions = errors.keep("suggestions", suggestions);
    let kind = text().max(KIND).optional().read(&mut fields, "type").and_then(reply_type);
    let kind = errors.keep("type", kind);
    match (matches, reply, suggestions, kind) {
        (Some(matches), Some(reply), Some(suggestions), Some(kind)) => {
            Ok(QuickReply { matches, reply, suggestions, kind })
        }
        _ => Err(FieldError::new(errors.summary())),
    }
}

/// Checks the type of a quick reply; none or a blank one is the default type.
fn reply_type(kind: Option<String>) -> Result<String, FieldError> {
    match kind.filter(|kind| !kind.is_empty()) {
        None => Ok(kind::QUICK_REPLY.to_owned()),
        Some(kind) if !kind::is_snake_case(&kind) => Err(FieldError::new("A type is written in lower_snake_case.")),
        Some(kind) if !kind::is_free(&kind) => Err(FieldError::new(format!("\"{kind}\" is a type of the bot's own."))),
        Some(kind) => Ok(kind),
    }
}
