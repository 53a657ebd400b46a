//! What staff are sent of their company.

use std::time::Duration;

use bytestring::ByteString;
use chatbot::Message;
use handoff::{
    AgentRef, EventKind,
    live::{self, DeskSide},
};
use serde_json::{Value, json};
use tenancy::{
    HandoffId, NoteId,
    access::{Caller as _, Staff},
};
use tokio::time::Instant;

use super::{DeskSocket, counts_view};
use crate::{
    http::error::ApiError,
    realtime::{Happened, News, Next, StatusSet},
    routes::{
        desk_messages::DeskMessageRow,
        sockets::{
            entry::Closing,
            frames::{self, AtDesk, Of},
            wire::End,
        },
    },
    views::AsText,
};

/// How often a client is asked to load its lists again at most, because of changes that no frame describes.
const RELOAD_EVERY: Duration = Duration::from_secs(1);

impl DeskSocket {
    /// Does what the hub asks for.
    pub(super) async fn news(&mut self, next: Next) -> Result<(), End> {
        match next {
            Next::Stopping => Err(End::Closed(Closing::Stopping)),
            Next::StaffChanged => self.readmit().await,
            Next::Lagged => self.reload().await,
            Next::Changed(_) => {
                self.reload_soon();
                Ok(())
            }
            Next::QueueMoved => Ok(()),
            Next::DatabaseLost if self.knows_of_loss => Ok(()),
            Next::DatabaseLost => {
                self.knows_of_loss = true;
                let lost = ApiError::overloaded(Duration::from_secs(2));
                self.wire.send(frames::error(&lost, None)).await
            }
            Next::News(news, _) => match &*news {
                News::Happened(happened) => self.happened(happened).await,
                News::Status(set) => self.status(set).await,
                News::Typing(_) => Ok(()),
            },
        }
    }

    /// Has the client load its lists again, but not too often.
    fn reload_soon(&mut self) {
        let earliest = self.asked_at.map_or_else(Instant::now, |asked| asked + RELOAD_EVERY);
        self.reload_at.get_or_insert(earliest);
    }

    /// Has the client load its lists again.
    pub(super) async fn reload(&mut self) -> Result<(), End> {
        self.reload_at = None;
        self.asked_at = Some(Instant::now());
        self.wire.send(frames::resync("lagged", None)).await?;
        self.send_counts().await
    }

    async fn status(&mut self, set: &StatusSet) -> Result<(), End> {
        let frame = frames::written(&json!({
            "type": "agent_status_update", "agent_id": set.agent.id.get(), "agent_name": set.agent.name,
            "status": set.status.as_str(), "timestamp": AsText(self.app.now()),
        }));
        self.wire.send(frame).await
    }

    async fn happened(&mut self, happened: &Happened) -> Result<(), End> {
        let event = &happened.event;
        let (app, desk, session, now) = (&self.app, &self.desk, event.session, self.app.now());
        let side = match &event.kind {
            EventKind::Message(_) | EventKind::Escalated { .. } => {
                let read = async || app.db.read(desk.clone(), move |store| live::desk_side(store, session, now)).await;
                match happened.desk_side(read).await {
                    Ok(side) => side,
                    // The event cannot be shown, so the client has to reload.
                    Err(_) => return self.wire.send(frames::resync("lagged", None)).await,
                }
            }
            EventKind::NoteAdded(note) => return self.note(happened, *note).await,
            EventKind::Assigned { .. }
            | EventKind::Transferred { .. }
            | EventKind::Resolved { .. }
            | EventKind::Erased
            | EventKind::ProfileSaved
            | EventKind::Prioritised
            | EventKind::FileShared(_)
            | EventKind::Read { .. } => None,
        };
        let of = Of { company: event.company, session };
        let frame = match &event.kind {
            EventKind::Message(message) => {
                return match self.message(happened, message, side) {
                    Some(frame) => self.wire.send_message(message.seq, frame).await,
                    None => Ok(()),
                };
            }
            EventKind::Escalated { handoff, reason, priority } => happened.desk_text(|| {
                let visitor = side.and_then(|side| side.handoff.as_ref()).and_then(|handoff| handoff.visitor.as_ref());
                self.moved(
                    "session_escalated",
                    of,
                    *handoff,
                    json!({
                        "user_name": visitor.map(|visitor| &visitor.name), "reason": reason,
                        "priority": priority.as_str(),
                    }),
                )
            }),
            EventKind::Assigned { handoff, agent } => happened.desk_text(|| {
                self.moved("session_assigned", of, *handoff, json!({ "agent": frames::agent_view(agent) }))
            }),
            EventKind::Transferred { handoff, from, to } => happened.desk_text(|| {
                let (from, to) = (frames::agent_view(from), frames::agent_view(to));
                let agents = json!({ "agent": to, "from_agent": from, "to_agent": to });
                self.moved("session_transferred", of, *handoff, agents)
            }),
            EventKind::Resolved { handoff, agent } => happened.desk_text(|| {
                let agent = agent.as_ref().map(|agent: &AgentRef| frames::agent_view(agent));
                self.moved("session_resolved", of, *handoff, json!({ "agent": agent }))
            }),
            EventKind::Erased => return self.send_counts().await,
            // No frame has the order of the queue.
            EventKind::Prioritised => {
                self.reload_soon();
                return Ok(());
            }
            EventKind::ProfileSaved | EventKind::FileShared(_) | EventKind::Read { .. } | EventKind::NoteAdded(_) => {
                return Ok(());
            }
        };
        self.wire.send(frame).await?;
        self.send_counts().await
    }

    /// Sends a private note, if the caller may see its session.
    async fn note(&mut self, happened: &Happened, note: NoteId) -> Result<(), End> {
        let (app, desk, of) =
            (&self.app, &self.desk, Of { company: happened.event.company, session: happened.event.session });
        let read = async || app.db.read(desk.clone(), move |store| live::desk_note(store, of.session, note)).await;
        let found = match happened.desk_note(read).await {
            Ok(Some(found)) if found.is_for(self.desk.agent()) => found,
            // The session may have been erased since.
            Ok(_) => return Ok(()),
            // The note cannot be shown, so the client has to reload.
            Err(_) => return self.wire.send(frames::resync("lagged", None)).await,
        };
        let frame = happened.desk_text(|| {
            let at_desk = AtDesk::new(of.company, found.handoff.as_ref().map(|handoff| handoff.id));
            frames::note_added(of, at_desk, DeskMessageRow::of_note(found.note.clone()))
        });
        self.wire.send(frame).await
    }

    /// Returns the frame of a message, if the caller gets it: an agent gets those of its own open handoffs, an admin
    /// those of all sessions.
    fn message(&self, happened: &Happened, message: &Message, side: Option<&DeskSide>) -> Option<ByteString> {
        let side = side?;
        if let Staff::Agent(agent) = &self.staff {
            let has_it = side.handoff.as_ref().is_some_and(|handoff| handoff.state.is_assigned_to(agent.id()));
            if !has_it {
                return None;
            }
        }
        let event = &happened.event;
        let of = Of { company: event.company, session: event.session };
        let at_desk = AtDesk::new(event.company, side.handoff.as_ref().map(|handoff| handoff.id));
        let links = self.links();
        let make = || frames::chat_message(of, message, &side.bot_name, &links, false, Some(at_desk));
        // Links depend on the address that the client called.
        Some(if message.attachments.is_empty() { happened.desk_text(make) } else { make() })
    }

    fn moved(&self, kind: &str, of: Of, handoff: HandoffId, more: Value) -> ByteString {
        let mut frame = json!({
            "type": kind, "handoff_id": handoff.get(), "session_id": of.session.as_str(),
            "company_id": AsText(self.desk.scope().company()), "timestamp": AsText(self.app.now()),
        });
        if let (Value::Object(frame), Value::Object(more)) = (&mut frame, more) {
            frame.extend(more);
        }
        frames::written(&frame)
    }

    async fn send_counts(&mut self) -> Result<(), End> {
        let counts = self.app.db.read(self.desk.clone(), |store| live::queue_counts(store)).await;
        let frame = match counts {
            Ok(counts) => {
                self.knows_of_loss = false;
                let mut frame = counts_view(counts);
                if let Value::Object(members) = &mut frame {
                    members.insert("type".to_owned(), "queue_counts".into());
                }
                frames::written(&frame)
            }
            Err(error) => frames::error(&error.into(), None),
        };
        self.wire.send(frame).await
    }
}
