use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{BadReply, Completion, FinishReason, ModelError, Prompt, Role, Usage};

/// The body of a request, see <https://platform.openai.com/docs/api-reference/chat/create>.
///
/// The limit is sent as `max_tokens` instead of its successor `max_completion_tokens`, because compatible servers know
/// only the former.
#[derive(Serialize)]
pub(super) struct RequestBody<'a> {
    model: &'a str,
    messages: Vec<PromptMessage<'a>>,
    max_tokens: u32,
    temperature: f32,
}

pub(super) fn request<'a>(model: &'a str, prompt: &'a Prompt) -> RequestBody<'a> {
    let messages =
        prompt.messages.iter().map(|message| PromptMessage { role: role(message.role), content: &message.text });
    RequestBody { model, messages: messages.collect(), max_tokens: prompt.max_tokens, temperature: prompt.temperature }
}

/// Reads the reply of an endpoint.
///
/// The known differences between servers are accepted: no `usage`, `content: null`, an `error` that is an object or a
/// string, a `code` that is a number or a string, and an `error` with status 200.
pub(super) fn completion(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Result<Completion, ModelError> {
    if !(200..300).contains(&status) {
        let error = serde_json::from_slice::<ErrorBody>(body).map(|body| body.error).unwrap_or_default();
        return Err(failure(status, retry_after, &error));
    }
    let reply: ReplyBody = serde_json::from_slice(body).map_err(|error| ModelError::Malformed(bad_reply(&error)))?;
    if let Some(error) = reply.error {
        return Err(failure(status_in(&error).unwrap_or(status), retry_after, &error));
    }
    let choices = reply.choices.ok_or(ModelError::Malformed(BadReply::NoChoices))?;
    let choice = choices.into_iter().next().ok_or(ModelError::Empty)?;
    let text = choice.message.and_then(|message| message.content).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(ModelError::Empty);
    }
    let finish = match choice.finish_reason.as_deref() {
        Some("stop") => FinishReason::Stop,
        Some("length") => FinishReason::Length,
        _ => FinishReason::Other,
    };
    Ok(Completion { text, finish, usage: reply.usage.as_ref().and_then(usage) })
}

#[derive(Serialize)]
struct PromptMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct ReplyBody {
    choices: Option<Vec<ChoiceBody>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct ChoiceBody {
    message: Option<MessageBody>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct MessageBody {
    content: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: Value,
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn usage(usage: &Value) -> Option<Usage> {
    let tokens = |name| usage.get(name).and_then(Value::as_u64);
    Some(Usage { prompt_tokens: tokens("prompt_tokens")?, completion_tokens: tokens("completion_tokens")? })
}

/// Maps a failure to an error. The texts of the reply only select the variant and are not kept, because they may quote
/// the prompt or the key.
fn failure(status: u16, retry_after: Option<Duration>, error: &Value) -> ModelError {
    let names = [error.get("code"), error.get("type")];
    let too_long = |name: &Value| {
        // The first is sent by OpenAI, the second by llama.cpp.
        matches!(name.as_str(), Some("context_length_exceeded" | "exceed_context_size_error"))
    };
    match status {
        429 | 500..=599 => ModelError::Overloaded { status, retry_after },
        _ if names.into_iter().flatten().any(too_long) => ModelError::PromptTooLong,
        _ => ModelError::Refused { status },
    }
}

/// Returns the HTTP status in `error.code`. Gateways put it there when they report an upstream's failure with status 200.
fn status_in(error: &Value) -> Option<u16> {
    let code = error.get("code")?;
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

fn bad_reply(error: &serde_json::Error) -> BadReply {
    let (line, column) = (error.line(), error.column());
    if error.is_data() { BadReply::Shape { line, column } } else { BadReply::Syntax { line, column } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChatMessage;

    /// Formats an outcome as one line: the text, or the error with its fields.
    fn read(status: u16, body: &str) -> String {
        match completion(status, None, body.as_bytes()) {
            Ok(completion) => format!("{} ({:?})", completion.text, completion.finish),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn a_request_carries_roles_and_limits() {
        let prompt = Prompt {
            messages: vec![ChatMessage::system("s"), ChatMessage::user("u"), ChatMessage::assistant("a")],
            max_tokens: 7,
            temperature: 0.2,
        };
        assert_eq!(
            serde_json::to_string(&request("m", &prompt)).unwrap(),
            concat!(
                r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},"#,
                r#"{"role":"assistant","content":"a"}],"max_tokens":7,"temperature":0.2}"#
            )
        );
    }

    #[test]
    fn dialects_of_success_are_understood() {
        for (body, expected) in [
            (r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#, "hi (Stop)"),
            (r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"length"}]}"#, "hi (Length)"),
            (r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"content_filter"}]}"#, "hi (Other)"),
            (r#"{"choices":[{"message":{"content":"hi"}}],"usage":null,"error":null,"timings":{}}"#, "hi (Other)"),
            (r#"{"choices":[{"message":{"content":"hi"},"finish_reason":null}],"usage":{"x":1}}"#, "hi (Other)"),
            (r#"{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"#, "Empty"),
            (r#"{"choices":[{"message":{"content":" \n"}}]}"#, "Empty"),
            (r#"{"choices":[{"message":{"tool_calls":[]}}]}"#, "Empty"),
            (r#"{"choices":[]}"#, "Empty"),
        ] {
            assert_eq!(read(200, body), expected, "{body}");
        }
    }

    #[test]
    fn usage_is_read_where_it_is_complete() {
        let body = r#"{"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
        let usage = completion(200, None, body.as_bytes()).unwrap().usage;
        assert_eq!(usage, Some(Usage { prompt_tokens: 3, completion_tokens: 1 }));
    }

    #[test]
    fn a_failure_keeps_its_status_and_nothing_of_its_text() {
        for (status, body, expected) in [
            (401, r#"{"error":{"message":"sk-1 is wrong","code":"invalid_api_key"}}"#, "Refused { status: 401 }"),
            (404, r#"{"error":"model not found"}"#, "Refused { status: 404 }"),
            (400, r#"{"error":{"code":400,"message":"no"}}"#, "Refused { status: 400 }"),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, "PromptTooLong"),
            (400, r#"{"error":{"code":400,"type":"exceed_context_size_error","n_ctx":8}}"#, "PromptTooLong"),
            (307, "", "Refused { status: 307 }"),
            (429, "slow down", "Overloaded { status: 429, retry_after: None }"),
            (500, r#"{"error":{"code":"context_length_exceeded"}}"#, "Overloaded { status: 500, retry_after: None }"),
            (200, r#"{"error":{"code":503,"message":"no"}}"#, "Overloaded { status: 503, retry_after: None }"),
            (200, r#"{"error":{"code":"429"}}"#, "Overloaded { status: 429, retry_after: None }"),
            (200, r#"{"error":{"code":"model_not_found"},"choices":[]}"#, "Refused { status: 200 }"),
        ] {
            assert_eq!(read(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_body_of_another_kind_is_malformed_and_not_quoted() {
        for (body, expected) in [
            ("", "Malformed(Syntax { line: 1, column: 0 })"),
            ("<html>", "Malformed(Syntax { line: 1, column: 1 })"),
            (r#"{"choices":"the prompt"}"#, "Malformed(Shape { line: 1, column: 23 })"),
            ("{}", "Malformed(NoChoices)"),
        ] {
            assert_eq!(read(200, body), expected, "{body}");
        }
    }
}
