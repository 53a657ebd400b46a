//! The packet: what an agent sees of a session before the first word, made from the stored rows.

use chatbot::{EarlierSession, Messages, Profile, Profiles, Session, Sessions};
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{ActingAs, Desk},
};

pub use crate::summary::{BotAnswer, Question, Summary};
use crate::{AgentRef, Handoff, Handoffs, Opinions, Transfer, opening::OpeningPacket, reading::in_sight};

/// How many of the newest messages the summary is made from.
const MESSAGES: i64 = 200;

/// Maximum number of transfers in a timeline; the newest count.
const MOST_TRANSFERS: i64 = 50;

/// Maximum number of earlier sessions.
const MOST_EARLIER: i64 = 20;

/// Everything about a session but its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// The session.
    pub session: Session,
    /// Its visitor, once there is a profile.
    pub profile: Option<Profile>,
    /// Its handoff, open or resolved.
    pub handoff: Option<Handoff>,
    /// What was known when the handoff was last opened; `None` for one that an older version opened.
    pub opening: Option<OpeningPacket>,
    /// What the visitor asked the bot.
    pub summary: Summary,
    /// What has happened to the session, oldest first.
    pub timeline: Vec<Moment>,
    /// Earlier sessions of the same person, newest first.
    pub earlier: Vec<EarlierSession>,
}

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: MomentKind,
}

/// What happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MomentKind {
    /// It began.
    Started,
    /// Its handoff was last opened.
    Escalated,
    /// It passed from one agent to another. An agent who was deleted since is `None`.
    Transferred {
        /// The agent who had it before.
        from: Option<AgentRef>,
        /// The agent who had it then.
        to: Option<AgentRef>,
    },
    /// Its handoff was closed.
    Resolved(Option<AgentRef>),
    /// The visitor left.
    Left,
}

/// Returns the packet of a session that the caller may see, as for [`history`](crate::reading::history). `None` for
/// any other session.
///
/// # Errors
/// [`StoreError`].
pub fn read<S>(store: &mut S, session: SessionId) -> Result<Option<Packet>, StoreError>
where
    S: Sessions + Handoffs + Messages + Profiles + Opinions + ActingAs<Desk> + ?Sized,
{
    let Some(session) = in_sight(store, session)? else { return Ok(None) };
    let profile = store.profile_of(session.key)?;
    let handoff = store.handoff_of(session.key)?;
    let (transfers, opening) = match &handoff {
        Some(handoff) => (store.transfers(handoff.id, MOST_TRANSFERS)?, store.opening_packet(handoff.id)?),
        None => (Vec::new(), None),
    };
    let mut earlier = match &profile {
        Some(profile) => store.earlier_sessions(profile, MOST_EARLIER)?,
        None => Vec::new(),
    };
    if store.caller().agent().is_some() {
        // The id of a session opens it, so an agent gets only those that it may see.
        let mut seen = Vec::new();
        for row in earlier {
            if in_sight(store, row.session_id)?.is_some() {
                seen.push(row);
            }
        }
        earlier = seen;
    }
    let opinions = store.feedback(session.key)?;
    let summary = Summary::of(&store.newest_messages(session.key, MESSAGES)?, &opinions);
    let timeline = timeline(&session, handoff.as_ref(), transfers);
    Ok(Some(Packet { session, profile, handoff, opening, summary, timeline, earlier }))
}

fn timeline(session: &Session, handoff: Option<&Handoff>, transfers: Vec<Transfer>) -> Vec<Moment> {
    let mut moments = vec![Moment { at: session.created_at, kind: MomentKind::Started }];
    if let Some(handoff) = handoff {
        moments.push(Moment { at: handoff.escalated_at, kind: MomentKind::Escalated });
        if let crate::State::Resolved { agent, at } = &handoff.state {
            moments.push(Moment { at: *at, kind: MomentKind::Resolved(agent.clone()) });
        }
    }
    let passed = |Transfer { from, to, at }| Moment { at, kind: MomentKind::Transferred { from, to } };
    moments.extend(transfers.into_iter().map(passed));
    if let Some(at) = session.left_at {
        moments.push(Moment { at, kind: MomentKind::Left });
    }
    // Moments at the same time stay in this order, except that a transfer comes before the end.
    moments.sort_by_key(|moment| (moment.at, rank(&moment.kind)));
    moments
}

fn rank(kind: &MomentKind) -> u8 {
    match kind {
        MomentKind::Started => 0,
        MomentKind::Escalated => 1,
        MomentKind::Transferred { .. } => 2,
        MomentKind::Resolved(_) => 3,
        MomentKind::Left => 4,
    }
}
