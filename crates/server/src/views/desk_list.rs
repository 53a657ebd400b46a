//! Conversations as the desk lists them.

use std::hash::{DefaultHasher, Hasher as _};

use chatbot::{Sender, SessionStatus, Step};
use handoff::{
    AgentRef, Priority,
    desk_list::{Contact, LastMessage, ListCounts, ListPage, ListRow},
};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{SessionId, Timestamp};

use super::{AsText, TimestampText};
use crate::realtime::Present;

/// Maximum length of the text of a last message, in Unicode scalar values.
const TEXT: usize = 160;

/// A page of conversations.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeskListView {
    results: Vec<ConversationRow>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
    counts: CountsView,
    /// Differs if the page or one of the counts differs. The seconds of `oldest_wait_s` do not count.
    version: u64,
}

/// A conversation, with or without a handoff.
#[derive(Debug, Serialize, JsonSchema)]
struct ConversationRow {
    session_id: String,
    /// The handoff, open or resolved; null if there never was one. The same holds for `priority` and `reason`.
    handoff_id: Option<i64>,
    #[schemars(extend("enum" = SessionStatus::WORDS))]
    status: &'static str,
    priority: Option<&'static str>,
    reason: Option<String>,
    /// From the profile, or else from the answers of the intake so far; null if there are none.
    visitor: Option<ContactView>,
    /// The step at which the intake is or was abandoned; null if it is complete.
    step: Option<&'static str>,
    /// The agent that the handoff names, also after it was resolved.
    agent: Option<HandlingAgentView>,
    /// When an open handoff was opened; otherwise the last activity.
    since: TimestampText,
    last_message: Option<LastMessageView>,
    /// Messages of the visitor that staff have not read, among the newest 100 messages.
    unread: i64,
    /// Whether the visitor is connected: by a socket, a stream of events or a long poll.
    online: bool,
    /// Names of agents and admins who are connected to the conversation. In alphabetical order.
    viewers: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ContactView {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct HandlingAgentView {
    id: i64,
    name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LastMessageView {
    seq: i64,
    #[schemars(extend("enum" = Sender::WORDS))]
    from: &'static str,
    /// The first 160 characters, without markup; null if only files were sent.
    text: Option<String>,
    at: TimestampText,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CountsView {
    /// Open handoffs of the calling agent; 0 for an admin.
    mine: i64,
    /// How many of them have an unread message, among the 200 whose visitors wrote last.
    mine_unread: i64,
    /// Handoffs in the queue.
    queue: i64,
    /// How long the longest of them has waited, in seconds; 0 if the queue is empty.
    oldest_wait_s: i64,
}

impl DeskListView {
    /// Makes the view of a page. `next` is the cursor of the next page, and `present` says who is connected to a
    /// session.
    pub(crate) fn new(
        page: ListPage,
        next: Option<String>,
        present: impl Fn(SessionId) -> Present,
        now: Timestamp,
    ) -> Self {
        let counts = page.counts;
        let row = |row: ListRow| ConversationRow::new(present(row.session), row);
        let results: Vec<ConversationRow> = page.rows.into_iter().map(row).collect();
        let version = version(&results, next.as_deref(), counts);
        Self { results, next, counts: CountsView::new(counts, now), version }
    }
}

/// Returns a number below 2^53 that differs, except by chance, if anything that is hashed differs.
fn version(results: &[ConversationRow], next: Option<&str>, counts: ListCounts) -> u64 {
    let ListCounts { mine, mine_unread, queue, longest_wait_since } = counts;
    let hashed = (results, next, mine, mine_unread, queue, longest_wait_since.map(AsText));
    let mut hasher = DefaultHasher::new();
    hasher.write(&serde_json::to_vec(&hashed).unwrap_or_default());
    hasher.finish() >> 11
}

impl CountsView {
    fn new(counts: ListCounts, now: Timestamp) -> Self {
        let ListCounts { mine, mine_unread, queue, longest_wait_since } = counts;
        let waited = longest_wait_since.map_or(0, |since| now.seconds() - since.seconds());
        Self { mine, mine_unread, queue, oldest_wait_s: waited.max(0) }
    }
}

impl ConversationRow {
    fn new(present: Present, row: ListRow) -> Self {
        let since = AsText(row.since());
        let (handoff_id, priority, reason, agent) = match row.handoff {
            None => (None, None, None, None),
            Some(handoff) => (Some(handoff.id), Some(handoff.priority), Some(handoff.reason), handoff.agent),
        };
        Self {
            session_id: row.session.as_str().to_owned(),
            handoff_id: handoff_id.map(tenancy::HandoffId::get),
            status: row.status.as_str(),
            priority: priority.map(Priority::as_str),
            reason,
            visitor: row.visitor.map(ContactView::from),
            step: (row.step != Step::Complete).then(|| row.step.as_str()),
            agent: agent.map(HandlingAgentView::from),
            since,
            last_message: row.last_message.map(LastMessageView::from),
            unread: row.unread,
            online: present.visitor,
            viewers: present.staff,
        }
    }
}

impl From<Contact> for ContactView {
    fn from(Contact { name, phone, email }: Contact) -> Self {
        Self { name, phone, email }
    }
}

impl From<AgentRef> for HandlingAgentView {
    fn from(AgentRef { id, name }: AgentRef) -> Self {
        Self { id: id.get(), name }
    }
}

impl From<LastMessage> for LastMessageView {
    fn from(message: LastMessage) -> Self {
        // The bot's texts have line breaks as markup; other texts are plain.
        let plain = |text: String| match message.from {
            Sender::Bot => text.replace("<br>", "\n"),
            Sender::User | Sender::Agent => text,
        };
        Self {
            seq: message.seq,
            from: message.from.as_str(),
            text: message.text.map(|text| plain(text).chars().take(TEXT).collect()),
            at: AsText(message.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(from: Sender, text: &str) -> Option<String> {
        let message = LastMessage { seq: 1, from, text: Some(text.to_owned()), at: Timestamp::from_micros(0) };
        LastMessageView::from(message).text
    }

    #[test]
    fn a_text_is_cut_after_whole_characters_and_only_the_bots_has_markup() {
        assert_eq!(last(Sender::User, &"\u{e4}".repeat(200)), Some("\u{e4}".repeat(160)));
        assert_eq!(last(Sender::Bot, "one<br>two").as_deref(), Some("one\ntwo"));
        assert_eq!(last(Sender::User, "one<br>two").as_deref(), Some("one<br>two"));
    }

    #[test]
    fn a_version_follows_the_counts_and_not_the_time() {
        let page = |queue, since: i64, now: i64| {
            let longest_wait_since = Some(Timestamp::from_micros(since));
            let counts = ListCounts { queue, longest_wait_since, ..ListCounts::default() };
            let page = ListPage { rows: Vec::new(), next: None, counts };
            let view = DeskListView::new(page, None, |_| Present::default(), Timestamp::from_micros(now));
            (view.version, view.counts.oldest_wait_s)
        };
        let first = page(1, 0, 1_000_000);
        assert!(first.0 < 1 << 53);
        assert_eq!(page(1, 0, 61_000_000), (first.0, 61));
        assert_ne!(page(2, 0, 1_000_000).0, first.0);
        assert_ne!(page(1, 5, 1_000_000).0, first.0);
        assert_eq!(page(1, 9_000_000, 0).1, 0);
    }
}
