//! The list of a company's conversations at the desk, also of those without a handoff.

use std::collections::HashMap;

use chatbot::{Collected, Sender, SessionStatus, Step};
use tenancy::{
    AgentId, HandoffId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Desk},
};

use crate::{AgentRef, Priority, Sight};

/// Maximum number of rows in one page.
pub const MAX_ROWS: usize = 200;

tenancy::word_enum! {
    /// Which conversations a list shows, within what the caller may see.
    pub enum View {
        /// Open handoffs of the calling agent, the one whose visitor wrote last first.
        Mine => "mine",
        /// The queue, most urgent first, and of the same priority the longest wait first.
        Queue => "queue",
        /// Sessions in which the bot answers, newest activity first.
        Bot => "bot",
        /// Sessions that were resolved and in which the visitor has not written since, newest activity first.
        Resolved => "resolved",
        /// Sessions in any state, newest activity first.
        All => "all",
    }
}

/// Which conversations a page shows. A conversation must pass every condition that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFilter {
    /// The view.
    pub view: View,
    /// Only those whose visitor's name, phone or e-mail address has these words, or whose id begins with this.
    pub search: Option<String>,
    /// Only those whose handoff has this priority.
    pub priority: Option<Priority>,
    /// Only those whose handoff names this agent.
    pub agent: Option<AgentId>,
}

/// The position of a row in a list. It is valid for lists of the same view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPosition {
    /// The priority in the queue; `None` in other views.
    pub priority: Option<Priority>,
    /// The moment by which the view is ordered.
    pub at: Timestamp,
    /// The row id of the session, in the queue that of the handoff. It orders rows of the same moment.
    pub id: i64,
}

/// What is known of a visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name.
    pub name: Option<String>,
    /// Phone number, in its stored form.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

impl Contact {
    /// Returns what the intake has so far, `None` if that is nothing.
    pub fn collected(collected: &Collected) -> Option<Self> {
        let contact = Self {
            name: collected.name.value().map(str::to_owned),
            phone: collected.phone.value().map(str::to_owned),
            email: collected.email.value().map(str::to_owned),
        };
        (contact != Self { name: None, phone: None, email: None }).then_some(contact)
    }
}

/// The handoff of a listed conversation, open or resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedHandoff {
    /// Id.
    pub id: HandoffId,
    /// How urgent it is.
    pub priority: Priority,
    /// Why it was last opened.
    pub reason: String,
    /// When it was last opened.
    pub escalated_at: Timestamp,
    /// The agent it names.
    pub agent: Option<AgentRef>,
}

/// The last message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// Position in the session.
    pub seq: i64,
    /// The side that sent it.
    pub from: Sender,
    /// The whole text; `None` if only files were sent.
    pub text: Option<String>,
    /// When it was stored.
    pub at: Timestamp,
}

/// A listed conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Public id of the session.
    pub session: SessionId,
    /// The side that answers.
    pub status: SessionStatus,
    /// The answer that the intake waits for.
    pub step: Step,
    /// The visitor, from the profile or else from the intake.
    pub visitor: Option<Contact>,
    /// The handoff, if there was ever one.
    pub handoff: Option<ListedHandoff>,
    /// When anything last happened: a message, an answer of the intake, or a change of the handoff.
    pub last_active: Timestamp,
    /// The last message.
    pub last_message: Option<LastMessage>,
    /// The number of visitor messages that staff have not read, of the newest 100 messages.
    pub unread: i64,
}

impl ListRow {
    /// Returns since when the conversation is in its state: when an open handoff was opened, else the last activity.
    pub fn since(&self) -> Timestamp {
        match &self.handoff {
            Some(handoff) if self.status.is_escalated() => handoff.escalated_at,
            _ => self.last_active,
        }
    }
}

/// Numbers next to a list. They depend on the caller, but on no filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListCounts {
    /// Open handoffs of the calling agent; 0 for other callers.
    pub mine: i64,
    /// How many of these have an unread visitor message, of the 200 whose visitors wrote last.
    pub mine_unread: i64,
    /// Handoffs in the queue.
    pub queue: i64,
    /// When the handoff that has waited longest was opened; `None` if the queue is empty.
    pub longest_wait_since: Option<Timestamp>,
}

/// A page of conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// The rows, in the order of the view.
    pub rows: Vec<ListRow>,
    /// The position after which the next page begins; `None` after the last row.
    pub next: Option<ListPosition>,
    /// The numbers next to the list.
    pub counts: ListCounts,
}

/// The conversations of the store's company as lists.
pub trait DeskLists {
    /// Returns the rows after a position that pass the filter and are within `sight`, at most `limit`, and the
    /// position to go on from.
    ///
    /// The cost does not depend on the number of conversations. So if the filter has a condition without an index
    /// (a search, or a priority outside the queue), one call looks at 2,000 conversations at most. Then there can
    /// be fewer than `limit` rows, or none, and still a position to go on from.
    fn conversations(
        &mut self,
        filter: &ListFilter,
        sight: Sight,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<(Vec<ListRow>, Option<ListPosition>), StoreError>;

    /// Returns the number of open handoffs of each agent that has some.
    fn open_of_agents(&mut self) -> Result<HashMap<AgentId, i64>, StoreError>;

    /// Returns the numbers for an agent, or for other staff if `agent` is `None`.
    fn list_counts(&mut self, agent: Option<AgentId>) -> Result<ListCounts, StoreError>;
}

/// Returns a page of at most `limit` conversations, and at most [`MAX_ROWS`], that the caller may see.
///
/// An agent sees those whose handoff names it and the queue; other staff see all of the company's.
///
/// # Errors
/// [`StoreError`].
pub fn page<S>(
    store: &mut S,
    filter: &ListFilter,
    after: Option<ListPosition>,
    limit: usize,
) -> Result<ListPage, StoreError>
where
    S: DeskLists + ActingAs<Desk> + ?Sized,
{
    let agent = store.caller().agent();
    let sight = agent.map_or(Sight::All, Sight::MineAndQueue);
    let (rows, next) = store.conversations(filter, sight, after, limit.clamp(1, MAX_ROWS))?;
    let counts = store.list_counts(agent)?;
    Ok(ListPage { rows, next, counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intake_without_answers_has_no_contact() {
        let skipped = Collected { email: chatbot::Field::Skipped, ..Collected::default() };
        assert_eq!([Collected::default(), skipped].map(|collected| Contact::collected(&collected)), [None, None]);
        let named = Collected { name: chatbot::Field::Given("Ann".into()), ..Collected::default() };
        let contact = Contact { name: Some("Ann".into()), phone: None, email: None };
        assert_eq!(Contact::collected(&named), Some(contact));
    }

    #[test]
    fn an_open_handoff_waits_since_it_was_opened_and_others_since_the_last_activity() {
        let (opened, active) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let handoff = ListedHandoff {
            id: HandoffId::new(1),
            priority: Priority::Low,
            reason: String::new(),
            escalated_at: opened,
            agent: None,
        };
        let row = ListRow {
            session: SessionId::parse("TES001_7be419cd-3f64-4b0f-9a52-0c2f4a1d8e11").unwrap(),
            status: SessionStatus::Escalated,
            step: Step::Name,
            visitor: None,
            handoff: Some(handoff),
            last_active: active,
            last_message: None,
            unread: 0,
        };
        for (status, since) in [
            (SessionStatus::Escalated, opened),
            (SessionStatus::Assigned, opened),
            (SessionStatus::Resolved, active),
            (SessionStatus::Active, active),
        ] {
            assert_eq!(ListRow { status, ..row.clone() }.since(), since, "{status:?}");
        }
        assert_eq!(ListRow { handoff: None, ..row }.since(), active);
    }
}
