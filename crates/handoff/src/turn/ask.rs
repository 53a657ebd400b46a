//! The message of a visitor, as it was sent.

use std::{net::IpAddr, time::Duration};

use chatbot::{ClientInfo, Input};
use tenancy::AttachmentId;

use crate::{idempotency, opening_key};

/// How long an idempotency key finds the session that its first use opened.
pub(super) const OPENING_WINDOW: Duration = Duration::from_secs(10 * 60);

/// The message of a visitor, as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The text as typed. Blank text counts as none.
    pub text: Option<String>,
    /// Whether the visitor pressed a button for a person. The text is the reason then.
    pub wants_person: bool,
    /// A label that the client gives to this part of the conversation.
    pub context: String,
    /// Files of the session.
    pub attachments: Vec<AttachmentId>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the message.
    pub client_message_id: Option<String>,
    /// The address of the client, if it is known.
    pub ip: Option<IpAddr>,
    /// What the client says of itself. It is no part of the message: a repeat may say something else.
    pub client: Option<ClientInfo>,
}

impl Ask {
    /// Returns the text to store, unless it is blank.
    pub(crate) fn content(&self) -> Option<&str> {
        self.text.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Returns the parts that planning depends on.
    pub(crate) fn input(&self) -> Input<'_> {
        Input {
            text: self.content().map(str::trim),
            attachments: !self.attachments.is_empty(),
            wants_person: self.wants_person,
        }
    }

    /// Hashes the parts that must be the same in a repeated request.
    pub(crate) fn body_hash(&self) -> [u8; 32] {
        let button = self.wants_person.then_some("wants_person");
        let texts: Vec<&str> = [self.content().unwrap_or_default(), &self.context].into_iter().chain(button).collect();
        idempotency::body_hash(&texts, &self.attachments)
    }

    /// Returns the address and the idempotency key by which a repeated request finds the session that
    /// this request opens. Guessable keys find none.
    pub(crate) fn opening_key(&self) -> Option<(IpAddr, &str)> {
        let key = self.key.as_deref().filter(|key| opening_key::is_unguessable(key))?;
        Some((self.ip?, key))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn blank_text_is_no_text() {
        let blank = Ask { text: Some(" \n\t".into()), ..Ask::default() };
        assert_eq!(blank.content(), None);
        assert_eq!(blank.body_hash(), Ask::default().body_hash());
    }

    #[test]
    fn a_key_opens_a_session_only_if_it_is_unguessable_and_the_address_known() {
        let ip = Some(Ipv4Addr::LOCALHOST.into());
        let ask = |key: &str, ip| Ask { key: Some(key.into()), ip, ..Ask::default() };
        let uuid = "9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10";
        assert!(ask(uuid, ip).opening_key().is_some());
        assert!(ask("0123456789abcdef", ip).opening_key().is_none());
        assert!(ask(uuid, None).opening_key().is_none());
        assert!(Ask { ip, ..Ask::default() }.opening_key().is_none());
    }
}
