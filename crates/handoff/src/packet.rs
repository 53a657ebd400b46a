//! The packet: what an agent sees of a session before the first word, made from the stored rows.

use chatbot::{
    Detail, EarlierSession, Message, Messages, Profile, Profiles, Reply, Session, Sessions, Step, kind,
    understanding::{self, Awaited, Intent},
};
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{ActingAs, Desk},
};

use crate::{AgentRef, Feedback, Handoff, Handoffs, Opinions, Transfer, reading::in_sight};

/// How many of the newest messages the summary is made from.
const MESSAGES: i64 = 200;

/// Maximum number of questions in a summary; the newest count.
const MOST_QUESTIONS: usize = 20;

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
    /// What the visitor asked the bot.
    pub summary: Summary,
    /// What has happened to the session, oldest first.
    pub timeline: Vec<Moment>,
    /// Earlier sessions of the same person, newest first.
    pub earlier: Vec<EarlierSession>,
}

/// What a visitor asked the bot, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// The questions.
    pub asked: Vec<Question>,
    /// The bot's answers.
    pub answered: Vec<BotAnswer>,
    /// The questions that the bot had no answer for, or whose answer did not help.
    pub unanswered: Vec<Question>,
}

/// A message of the visitor that the bot looked up in the knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its position.
    pub seq: i64,
    /// Its text.
    pub text: String,
}

/// An answer of the bot from the knowledge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BotAnswer {
    /// Its position.
    pub seq: i64,
    /// The probability that it is right, 0 to 1.
    pub confidence: f64,
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
    let transfers = match &handoff {
        Some(handoff) => store.transfers(handoff.id, MOST_TRANSFERS)?,
        None => Vec::new(),
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
    Ok(Some(Packet { session, profile, handoff, summary, timeline, earlier }))
}

impl Summary {
    /// Summarises messages, oldest first, with what the visitor said of the bot's.
    fn of(messages: &[Message], opinions: &[Feedback]) -> Self {
        let mut summing = Summing::default();
        for message in messages {
            match &message.detail {
                Detail::User { .. } => summing.ask(message),
                Detail::Bot { reply } => {
                    let is_unhelpful = |opinion: &Feedback| opinion.seq == message.seq && !opinion.helpful;
                    summing.answer(message.seq, reply, opinions.iter().any(is_unhelpful));
                }
                Detail::Agent { .. } | Detail::Admin { .. } => summing.last = None,
            }
        }
        let mut summary = summing.summary;
        keep_newest(&mut summary.asked);
        keep_newest(&mut summary.answered);
        keep_newest(&mut summary.unanswered);
        summary
    }
}

/// A summary in the making.
#[derive(Default)]
struct Summing {
    summary: Summary,
    /// The visitor's last message, if nobody else has written since but the bot.
    last: Option<Question>,
    /// Whether the bot has not answered it yet.
    is_open: bool,
    /// The position of the first question that the bot noted during the intake.
    noted: Option<i64>,
    /// The step that the bot's last message asks for.
    step: Option<Step>,
}

impl Summing {
    fn ask(&mut self, message: &Message) {
        self.last = message.content.clone().map(|text| Question { seq: message.seq, text });
        self.is_open = true;
    }

    fn answer(&mut self, seq: i64, reply: &Reply, is_unhelpful: bool) {
        let step = std::mem::replace(&mut self.step, reply.collecting);
        if let Some(answered) = &reply.answered {
            self.summary.answered.push(BotAnswer { seq, confidence: answered.confidence });
        }
        let mut has_answer = reply.answered.is_some();
        if has_answer && reply.kind == kind::PROFILE_COMPLETE && self.noted.is_some() {
            // The end of the intake answers the question that was noted first, and not the last message.
            let noted = self.noted.take();
            self.summary.unanswered.retain(|question| Some(question.seq) != noted);
            has_answer = false;
        }
        let Some(question) = &self.last else { return };
        let is_intake = matches!(reply.kind.as_str(), kind::PROFILE_COLLECTION | kind::PROFILE_COMPLETE);
        if std::mem::take(&mut self.is_open) {
            let is_noted = is_intake && !has_answer && intent(&question.text, step) == Intent::Question;
            let is_missed = is_noted
                || reply.kind == kind::CLARIFICATION_NEEDED
                || reply.kind == kind::ESCALATED && !calls_a_person(intent(&question.text, step));
            if has_answer || is_missed {
                self.summary.asked.push(question.clone());
            }
            if is_missed {
                self.summary.unanswered.push(question.clone());
            }
            if is_noted {
                self.noted.get_or_insert(question.seq);
            }
        }
        // What visitors say to the questions of the intake are no questions of theirs.
        if is_unhelpful && !is_intake && !self.summary.unanswered.contains(question) {
            self.summary.unanswered.push(question.clone());
        }
    }
}

/// Returns what a visitor wants to say with a text, where the bot has asked for a step.
fn intent(text: &str, step: Option<Step>) -> Intent {
    understanding::read(text, &Awaited { step, calling_code: "+1", person_phrases: &[] }).intent
}

/// Whether a text by itself calls a person. Otherwise a person was called because the bot had no answer to it.
const fn calls_a_person(intent: Intent) -> bool {
    matches!(intent, Intent::Person | Intent::Agreement | Intent::Frustration | Intent::Abuse)
}

fn keep_newest<T>(rows: &mut Vec<T>) {
    rows.drain(..rows.len().saturating_sub(MOST_QUESTIONS));
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
