//! Frames from clients.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::http::{
    body::{Body, Fields, Raw},
    code::Code,
    error::ApiError,
};

/// A frame from a client.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// A message.
    Say(Message),
    /// Whether the client types.
    Typing(Typing),
    /// The client has read up to the message at this position.
    Read(i64),
    /// An agent's new status.
    Status(Message),
    /// Answered with the same `timestamp`.
    Ping(Value),
    /// The client asks for the files of the session.
    FileList,
    /// The client asks whether the company is served.
    CheckStatus,
    /// A frame that nothing is done for.
    Unknown,
}

/// Whether the client types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typing {
    pub(super) is_typing: bool,
    /// Whether the frame names staff or the bot as its sender.
    pub(super) claims_other: bool,
}

/// The members of a frame that is read as the body of a call.
#[derive(Debug, PartialEq)]
pub(super) struct Message(Map<String, Value>);

/// Reads a frame.
///
/// # Errors
/// 400 for text that is not a JSON object, or a position that is not an integer.
pub(super) fn parse(text: &str) -> Result<Frame, ApiError> {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else {
        return Err(ApiError::parse_error("Invalid JSON format"));
    };
    let kind = members.remove("type");
    let kind = match &kind {
        None => "chat_message",
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => "",
    };
    Ok(match kind {
        "chat_message" => Frame::Say(Message(members)),
        "typing" | "typing_indicator" => Frame::Typing(Typing {
            is_typing: members.get("is_typing") == Some(&Value::Bool(true)),
            claims_other: claims_other(&members),
        }),
        "read" => {
            let seq = members.get("seq").and_then(Value::as_i64);
            Frame::Read(seq.ok_or_else(|| ApiError::field("seq", "A valid integer is required."))?)
        }
        "status_update" => Frame::Status(Message(members)),
        "ping" => Frame::Ping(members.remove("timestamp").unwrap_or_default()),
        "request_file_list" => Frame::FileList,
        "check_status" => Frame::CheckStatus,
        _ => Frame::Unknown,
    })
}

fn claims_other(members: &Map<String, Value>) -> bool {
    members.get("sender_type").is_some_and(|sender| sender == "agent" || sender == "bot")
}

impl Message {
    /// Whether the frame names staff or the bot as its sender.
    pub(super) fn claims_other(&self) -> bool {
        claims_other(&self.0)
    }

    /// Whether the frame has neither text nor files.
    pub(super) fn is_blank(&self) -> bool {
        let has_text = match self.0.get("message") {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(_) => true,
        };
        let has_files = match self.0.get("attachment_ids") {
            None | Some(Value::Null) => false,
            Some(Value::Array(ids)) => !ids.is_empty(),
            Some(_) => true,
        };
        !has_text && !has_files
    }

    /// Returns a member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Returns the client's own id of the message, for the refusal of the frame.
    pub(super) fn client_message_id(&self) -> Option<Value> {
        self.0.get("client_message_id").cloned()
    }

    /// Reads the frame as the body of a call. The session is the connection's, not the frame's.
    ///
    /// # Errors
    /// 400 as for the call.
    pub(super) fn read<B: Body>(self) -> Result<B, ApiError> {
        let mut fields = Fields::default();
        for (name, value) in self.0 {
            let is_of_connection = matches!(name.as_str(), "session_id" | "company_id");
            if !is_of_connection {
                fields.push(Cow::Owned(name), Raw::Json(value));
            }
        }
        B::read(fields).map_err(ApiError::fields)
    }
}

/// The refusal of a status that only agents have.
pub(super) fn not_an_agent() -> ApiError {
    ApiError::forbidden(Code::PermissionDenied, "Only agents have a status")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Frame {
        parse(text).unwrap()
    }

    #[test]
    fn a_frame_without_a_type_is_a_message_and_an_unknown_one_is_ignored() {
        assert!(matches!(of(r#"{"message":"Hi"}"#), Frame::Say(_)));
        assert_eq!(of(r#"{"type":"escalate_to_human"}"#), Frame::Unknown);
        assert_eq!(of(r#"{"type":7}"#), Frame::Unknown);
        for text in ["", "[]", "7", "{", "{\"a\":1}}"] {
            assert_eq!(parse(text).unwrap_err().code(), Code::ParseError, "{text}");
        }
    }

    #[test]
    fn a_message_without_text_and_files_is_blank() {
        for text in ["{}", r#"{"message":" \n"}"#, r#"{"message":null,"attachment_ids":[]}"#] {
            let Frame::Say(message) = of(text) else { panic!("{text}") };
            assert!(message.is_blank(), "{text}");
        }
        for text in [r#"{"message":"a"}"#, r#"{"attachment_ids":[1]}"#, r#"{"message":7}"#] {
            let Frame::Say(message) = of(text) else { panic!("{text}") };
            assert!(!message.is_blank(), "{text}");
        }
    }

    #[test]
    fn typing_has_two_names_and_a_ping_keeps_its_timestamp() {
        let typing = |is_typing, claims_other| Frame::Typing(Typing { is_typing, claims_other });
        assert_eq!(of(r#"{"type":"typing","is_typing":true}"#), typing(true, false));
        assert_eq!(of(r#"{"type":"typing_indicator","is_typing":"yes","sender_type":"agent"}"#), typing(false, true));
        assert_eq!(of(r#"{"type":"ping","timestamp":7}"#), Frame::Ping(7.into()));
        assert_eq!(of(r#"{"type":"read","seq":7}"#), Frame::Read(7));
        assert!(parse(r#"{"type":"read","seq":"x"}"#).is_err());
    }
}
