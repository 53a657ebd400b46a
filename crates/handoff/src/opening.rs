//! What was known when a handoff was opened, kept as it was then.

mod digest;

use std::collections::HashMap;

use chatbot::{ClientInfo, Detail, Message, Messages, Profiles, Session, kind};
use serde::{Deserialize, Serialize};
use tenancy::{HandoffId, StoreError, Timestamp};

use crate::{
    Handoff, Handoffs, Opening, Opinions,
    summary::{Question, Summary},
};

/// How many of the newest messages are looked at.
const MESSAGES: i64 = 100;

/// Maximum number of passages, of the bot's messages and of questions without an answer; the newest count.
const MOST: usize = 10;

/// Maximum length of each text, in Unicode scalar values.
const LONGEST: usize = 300;

/// What was known when a handoff was last opened. It is stored with the handoff, by the transaction that opens it.
///
/// Its size is bounded: at most ten rows of each kind, and 300 characters of each text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningPacket {
    /// Why it was opened.
    pub reason: String,
    /// The position of the last message then.
    pub last_seq: i64,
    /// The newest question of the visitor that had no answer, if the bot was asked one.
    pub question: Option<Question>,
    /// All questions without an answer, oldest first.
    pub unanswered: Vec<Question>,
    /// What the visitor had said of itself.
    pub visitor: KnownVisitor,
    /// The passages that the bot's answers quoted, oldest answer first.
    pub passages: Vec<Passage>,
    /// What the bot had said, oldest first.
    pub turns: Vec<BotTurn>,
    /// What the visitor's client had said of itself, if it said anything.
    pub client: Option<ClientInfo>,
    /// The sentences of the visitor that say most, in their order; empty if there are none.
    pub summary: String,
}

/// A handoff with what was known when it was last opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The handoff.
    pub handoff: Handoff,
    /// What was known; `None` for a handoff that an older version opened.
    pub packet: Option<OpeningPacket>,
}

impl Opened {
    /// Puts packets to the handoffs of a list. `read` returns those of many handoffs at once.
    pub(crate) fn list(
        handoffs: Vec<Handoff>,
        read: impl FnOnce(&[HandoffId]) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError>,
    ) -> Result<Vec<Self>, StoreError> {
        let ids: Vec<_> = handoffs.iter().map(|handoff| handoff.id).collect();
        let mut packets = read(&ids)?;
        Ok(handoffs.into_iter().map(|handoff| Self { packet: packets.remove(&handoff.id), handoff }).collect())
    }
}

/// What a visitor had said of itself, in its profile or during the intake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownVisitor {
    /// Name.
    pub name: Option<String>,
    /// Phone number, in its stored form.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: Option<String>,
}

/// A passage of the knowledge that an answer quoted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The position of the answer.
    pub seq: i64,
    /// The entry.
    pub chunk_id: String,
    /// The title of its document.
    pub title: String,
    /// The beginning of what was quoted.
    pub snippet: String,
    /// The probability that the answer was right, 0 to 1.
    pub confidence: f64,
}

/// A message of the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotTurn {
    /// Its position.
    pub seq: i64,
    /// The type of the reply.
    #[serde(rename = "type")]
    pub kind: String,
    /// The beginning of its text, an HTML fragment whose only tag is `<br>`.
    pub text: String,
}

/// Opens the handoff of a locked session, and stores with it what is known at this moment.
///
/// The messages of the same transaction are stored already.
pub(crate) fn open<S>(
    store: &mut S,
    session: &Session,
    opening: &Opening,
    now: Timestamp,
) -> Result<Handoff, StoreError>
where
    S: Messages + Profiles + Opinions + Handoffs + ?Sized,
{
    let messages = store.newest_messages(session.key, MESSAGES)?;
    let opinions = store.feedback(session.key)?;
    let visitor = match store.profile_of(session.key)? {
        Some(profile) => KnownVisitor {
            name: Some(profile.name),
            phone: Some(profile.phone).filter(|phone| !phone.is_empty()),
            email: profile.email,
            address: profile.address,
        },
        None => KnownVisitor::collected(session),
    };
    let packet = OpeningPacket::of(&opening.reason, visitor, &messages, Summary::of(&messages, &opinions));
    let packet = OpeningPacket { client: session.dialogue.client.clone(), ..packet };
    store.open_handoff(session.key, opening, &packet, now)
}

impl KnownVisitor {
    fn collected(session: &Session) -> Self {
        let collected = &session.collected;
        let [name, phone, email, address] = [&collected.name, &collected.phone, &collected.email, &collected.address]
            .map(|field| field.value().map(beginning));
        Self { name, phone, email, address }
    }
}

impl OpeningPacket {
    /// Makes the packet from messages, oldest first.
    fn of(reason: &str, visitor: KnownVisitor, messages: &[Message], summary: Summary) -> Self {
        let asked = |mut questions: Vec<Question>| {
            questions.drain(..questions.len().saturating_sub(MOST));
            questions.iter_mut().for_each(|question| question.text = beginning(&question.text));
            questions
        };
        let unanswered = asked(summary.unanswered);
        let (mut passages, mut turns) = (Vec::new(), Vec::new());
        for message in messages {
            let Detail::Bot { reply } = &message.detail else { continue };
            let text = beginning(message.content.as_deref().unwrap_or_default());
            turns.push(BotTurn { seq: message.seq, kind: beginning(&reply.kind), text });
            let answered = reply.answered.iter();
            passages.extend(answered.flat_map(|answered| &answered.citations).map(|citation| Passage {
                seq: message.seq,
                chunk_id: beginning(&citation.chunk_id),
                title: beginning(&citation.title),
                snippet: beginning(&citation.snippet),
                confidence: reply.answered.as_ref().map_or(0.0, |answered| answered.confidence),
            }));
        }
        passages.drain(..passages.len().saturating_sub(MOST));
        turns.drain(..turns.len().saturating_sub(MOST));
        Self {
            reason: beginning(reason),
            last_seq: messages.last().map_or(0, |message| message.seq),
            question: unanswered.last().cloned(),
            unanswered,
            visitor,
            passages,
            turns,
            client: None,
            summary: digest::of(&said(messages)),
        }
    }
}

/// Returns what a visitor said besides its answers to the questions of the intake, oldest first.
fn said(messages: &[Message]) -> Vec<&str> {
    let (mut said, mut is_intake) = (Vec::new(), false);
    for message in messages {
        match &message.detail {
            Detail::User { .. } if !is_intake => said.extend(message.content.as_deref()),
            Detail::User { .. } | Detail::Agent { .. } | Detail::Admin { .. } => {}
            Detail::Bot { reply } => is_intake = reply.kind == kind::PROFILE_COLLECTION,
        }
    }
    said
}

/// Cuts a text off after [`LONGEST`] characters.
fn beginning(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use chatbot::{Reply, Step};
    use tenancy::{MessageId, SessionRowId};

    use super::*;

    fn message(seq: i64, detail: Detail, text: &str) -> Message {
        Message {
            id: MessageId::new(seq),
            seq,
            session: SessionRowId::new(1),
            content: Some(text.to_owned()),
            detail,
            timestamp: Timestamp::from_micros(0),
            client_message_id: None,
            attachments: Vec::new(),
        }
    }

    fn user(seq: i64, text: &str) -> Message {
        message(seq, Detail::User { context: String::new(), outcome: None }, text)
    }

    fn bot(seq: i64, reply: Reply) -> Message {
        let text = reply.response.clone();
        message(seq, Detail::Bot { reply: Box::new(reply) }, &text)
    }

    #[test]
    fn a_packet_is_bounded_however_long_the_conversation_is() {
        let long = "x".repeat(5_000);
        let messages: Vec<_> = (0..50)
            .flat_map(|turn| {
                let reply = Reply::new(kind::CLARIFICATION_NEEDED, long.as_str(), Vec::new());
                [user(2 * turn + 1, &format!("{turn} {long}?")), bot(2 * turn + 2, reply)]
            })
            .collect();
        let summary = Summary::of(&messages, &[]);
        let packet = OpeningPacket::of(&long, KnownVisitor::default(), &messages, summary);
        assert_eq!((packet.unanswered.len(), packet.turns.len(), packet.last_seq), (MOST, MOST, 100));
        assert_eq!(packet.question.as_ref().map(|question| question.seq), Some(99));
        assert!(serde_json::to_string(&packet).unwrap().len() < 10_000);
    }

    #[test]
    fn answers_to_the_intake_are_not_what_a_visitor_said() {
        let asks = Reply { collecting: Some(Step::Name), ..Reply::new(kind::PROFILE_COLLECTION, "Name?", Vec::new()) };
        let thanks = Reply::new(kind::PROFILE_COMPLETE, "Thanks", Vec::new());
        let messages =
            [user(1, "My bike broke"), bot(2, asks), user(3, "Ann Ray"), bot(4, thanks), user(5, "Can you help?")];
        assert_eq!(said(&messages), ["My bike broke", "Can you help?"]);
    }
}
