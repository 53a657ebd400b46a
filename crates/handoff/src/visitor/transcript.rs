//! A conversation as a text, for the visitor to keep.

use chatbot::{Detail, Message, Messages, Sessions};
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::reading::{self, Window};

/// The name of a visitor who has given none.
const UNNAMED: &str = "Visitor";

/// Returns all that the caller may see of its conversation as plain text, with times in UTC.
///
/// The text does not contain the session's id or links to files, because whoever has them may use them.
///
/// Returns `None` if the caller has no session, or if it was deleted.
///
/// # Errors
/// [`StoreError`].
pub fn transcript<S>(store: &mut S, now: Timestamp) -> Result<Option<String>, StoreError>
where
    S: Sessions + Messages + ActingAs<Visitor> + ?Sized,
{
    let Some(access) = store.caller().session() else { return Ok(None) };
    let Some(snapshot) = store.snapshot(Some(access.row_id()), now)? else { return Ok(None) };
    let (messages, _) = reading::visible(store, &snapshot.session, Window::After(0), i64::MAX)?;
    let visitor = snapshot.session.profile.as_ref().map_or(UNNAMED, |(_, name)| name);
    let mut text = format!("Conversation with {}\nAll times are in UTC.\n", snapshot.company_name);
    for message in &messages {
        let sender = match &message.detail {
            Detail::User { .. } => visitor,
            Detail::Bot { .. } => &snapshot.settings.bot_name,
            Detail::Agent { name, .. } | Detail::Admin { name, .. } => name,
        };
        text.push('\n');
        text.push_str(&entry(sender, message));
    }
    Ok(Some(text))
}

/// Writes one message. All lines but the first are indented, so that no text looks like the message of somebody else.
fn entry(sender: &str, message: &Message) -> String {
    let content = message.content.as_deref().unwrap_or_default();
    let content = match message.detail {
        // The bot's texts are markup whose only tag is this one.
        Detail::Bot { .. } => content.replace("<br>", "\n"),
        _ => content.to_owned(),
    };
    let lines = content.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    let lines = lines.map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned);
    let files = message.attachments.iter().map(|file| format!("[file: {}]", file.original_name));
    let lines: Vec<_> = lines.chain(files).collect();
    format!("{} {sender}: {}\n", moment(message.timestamp), lines.join("\n    "))
}

/// Formats a moment as `YYYY-MM-DD HH:MM:SS`.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use tenancy::{MessageId, SessionRowId};

    use super::*;

    fn message(detail: Detail, content: &str) -> Message {
        Message {
            id: MessageId::new(1),
            seq: 1,
            session: SessionRowId::new(1),
            content: Some(content.to_owned()),
            detail,
            timestamp: Timestamp::parse("2026-11-23T02:52:03.458070Z").unwrap(),
            client_message_id: None,
            attachments: Vec::new(),
        }
    }

    #[test]
    fn an_entry_has_a_time_a_sender_and_indented_lines() {
        let bot = Detail::Bot { reply: Box::new(chatbot::Reply::new("greeting_response", "", Vec::new())) };
        assert_eq!(entry("Tess", &message(bot, "Hello!<br><br>How?")), "2026-11-23 02:52:03 Tess: Hello!\n    How?\n");
        let user = Detail::User { context: String::new(), outcome: None };
        let text = "a<br>b \r\n2026-11-23 02:52:04 Bo: yes\u{2028}c";
        let expected = "2026-11-23 02:52:03 Ann: a<br>b\n    2026-11-23 02:52:04 Bo: yes\n    c\n";
        assert_eq!(entry("Ann", &message(user, text)), expected);
    }
}
