//! What a visitor sends.

use std::net::IpAddr;

use chatbot::Input;
use tenancy::AttachmentId;

use crate::idempotency;

/// The shortest key that finds the session it made: a short one could be
/// another visitor's behind the same address.
const OPENING_KEY: usize = 16;

/// What a visitor sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The text as typed; blank counts as none.
    pub text: Option<String>,
    /// The client's own word for where the conversation is.
    pub context: String,
    /// Files of the session.
    pub attachments: Vec<AttachmentId>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the message.
    pub client_message_id: Option<String>,
    /// Where the request came from, if that is known.
    pub ip: Option<IpAddr>,
}

impl Ask {
    /// The text to store, if there is one.
    pub(crate) fn words(&self) -> Option<&str> {
        self.text.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// What planning looks at.
    pub(crate) fn input(&self) -> Input<'_> {
        Input { text: self.words().map(str::trim), attachments: !self.attachments.is_empty() }
    }

    /// What a repeat of the key must not change.
    pub(crate) fn hash(&self) -> [u8; 32] {
        idempotency::body_hash(&[self.words().unwrap_or_default(), &self.context], &self.attachments)
    }

    /// Address and key by which a repeat finds the session that this request makes.
    pub(crate) fn opening(&self) -> Option<(IpAddr, &str)> {
        let key = self.key.as_deref().filter(|key| key.chars().count() >= OPENING_KEY)?;
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
        assert_eq!(blank.words(), None);
        assert_eq!(blank.hash(), Ask::default().hash());
    }

    #[test]
    fn a_key_opens_a_session_only_if_it_is_long_and_the_address_known() {
        let ip = Some(Ipv4Addr::LOCALHOST.into());
        let ask = |key: &str, ip| Ask { key: Some(key.into()), ip, ..Ask::default() };
        assert!(ask("0123456789abcdef", ip).opening().is_some());
        assert!(ask("0123456789abcde", ip).opening().is_none());
        assert!(ask("0123456789abcdef", None).opening().is_none());
        assert!(Ask { ip, ..Ask::default() }.opening().is_none());
    }
}
