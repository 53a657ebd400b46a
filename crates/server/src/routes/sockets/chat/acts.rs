//! Handles the frames of clients, with the functions that handle the same calls over HTTP.

use std::rc::Rc;

use bytestring::ByteString;
use handoff::{live, reading, sending::SendError, visitor};
use serde_json::Value;
use storage::Place;
use tenancy::access::{Staff, Visitor};

use super::caller::{Caller, Party, locate};
use crate::{
    client::ClientIp,
    http::{error::ApiError, origin},
    limits::{self, BucketName},
    pairing::Transport,
    routes::{
        agent_inbox::{self, Delivered, SendBody},
        chat::{self, ChatBody, Said, Sending},
        sockets::{
            entry::{Closing, Refusal},
            frames,
            incoming::{Frame, Message},
        },
    },
};

/// Why a frame was refused.
pub(super) enum Answer {
    /// The client gets an error, and the connection stays open.
    Refused(ApiError, Option<Value>),
    /// The connection ends.
    End(Refusal),
}

/// What answers a frame.
pub(super) enum Told {
    /// A frame.
    Frame(ByteString),
    /// The frame of a message that was stored before, and its position.
    Again(i64, ByteString),
}

/// What answers a frame, if something does.
pub(super) type Done = Result<Option<Told>, Answer>;

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::End(refusal)
    }
}

/// Handles a frame.
pub(super) async fn act(caller: Rc<Caller>, party: Party, frame: Frame) -> Done {
    match frame {
        Frame::Say(message) => {
            let id = message.client_message_id();
            say(&caller, party, message, id).await
        }
        Frame::Read(seq) => mark_read(&caller, party, seq).await,
        Frame::FileList => file_list(&caller, party).await,
        Frame::Typing(_) | Frame::Status(_) | Frame::Ping(_) | Frame::CheckStatus | Frame::Unknown => Ok(None),
    }
}

async fn say(caller: &Caller, party: Party, message: Message, id: Option<Value>) -> Done {
    if message.is_blank() {
        return Ok(None);
    }
    let refused = |error: ApiError| Answer::Refused(error, id.clone());
    match party {
        Party::Visitor(_) if message.claims_other() => Ok(None),
        Party::Visitor(_) => {
            let session = caller.session;
            // The company may have been suspended, or the session deleted, since the connection was opened.
            let located = locate(&caller.app, session.scope().company(), session.id()).await;
            let (visitor, _) = still_there(located, refused)?;
            let (key, body) = read_as_visitor(message).map_err(&refused)?;
            say_as_visitor(caller, visitor, key, body).await.map_err(refused)
        }
        Party::Staff(sign_in, _) => {
            let staff = still_there(sign_in.admit(&caller.app).await, refused)?;
            say_as_staff(caller, staff, message).await.map_err(refused)
        }
    }
}

/// Ends the connection of a caller who has no access any more. If the database cannot be reached, only the frame is
/// refused.
fn still_there<T>(admitted: Result<T, Refusal>, refused: impl Fn(ApiError) -> Answer) -> Result<T, Answer> {
    admitted.map_err(|refusal| match refusal.closing {
        Closing::Busy | Closing::Failed => refused(refusal.error),
        _ => Answer::End(refusal),
    })
}

fn read_as_visitor(message: Message) -> Result<(Option<String>, ChatBody), ApiError> {
    let body: ChatBody = message.read()?;
    Ok((body.client_message_id.clone(), body))
}

async fn say_as_visitor(
    caller: &Caller,
    visitor: Visitor,
    key: Option<String>,
    body: ChatBody,
) -> Result<Option<Told>, ApiError> {
    let has_id = body.client_message_id.is_some();
    limits::count(&caller.req, BucketName::Chat(origin::of(&caller.req)?)).await?;
    let ClientIp(ip) = ClientIp::of(&caller.req)?;
    let sending = Sending { key, ip, transport: Transport::Socket };
    let said = chat::say(&caller.app, &caller.req, visitor, body, sending).await?;
    Ok(match said {
        // The hub delivers what was stored now. A repeat is answered here.
        Said::Exchange(exchange) if exchange.replayed && has_id => Some(stored(caller, &exchange.user)),
        Said::Exchange(_) | Said::Dropped => None,
    })
}

async fn say_as_staff(caller: &Caller, staff: Staff, message: Message) -> Result<Option<Told>, ApiError> {
    let user = staff.user();
    let desk = agent_inbox::author(staff)?;
    limits::count(&caller.req, BucketName::Staff(user)).await?;
    let body: SendBody = message.read()?;
    let key = body.client_message_id.clone();
    let has_id = key.is_some();
    let delivered = agent_inbox::deliver(&caller.app, desk, caller.session.id(), body, key, Transport::Socket).await?;
    Ok(match delivered {
        Delivered::Replayed(message) if has_id => Some(stored(caller, &message)),
        Delivered::Stored(_) | Delivered::Replayed(_) | Delivered::Dropped => None,
    })
}

/// A message that an earlier request stored. It is the client's own, so no bot has written it.
fn stored(caller: &Caller, message: &chatbot::Message) -> Told {
    Told::Again(message.seq, frames::chat_message(caller.of(), message, "", &caller.links(), true, None))
}

async fn mark_read(caller: &Caller, party: Party, seq: i64) -> Done {
    let (app, id) = (&caller.app, caller.session.id());
    let marked = match party {
        Party::Visitor(visitor) => app.db.write(visitor, move |store| visitor::mark_read(store, seq)).await.map(drop),
        Party::Staff(_, staff) => match agent_inbox::author(staff) {
            Ok(desk) => app.db.write(desk, move |store| live::mark_read_by_staff(store, id, seq)).await.map(drop),
            // Superadmins only listen.
            Err(SendError::Store(error)) => Err(error),
            Err(_) => Ok(()),
        },
    };
    marked.map(|()| None).map_err(|error| Answer::Refused(error.into(), None))
}

async fn file_list(caller: &Caller, party: Party) -> Done {
    let (app, id) = (&caller.app, caller.session.id());
    let files = match party {
        Party::Visitor(visitor) => app.db.read(visitor, |store| live::files_of_visitor(store)).await.map(Some),
        Party::Staff(_, staff) => {
            let found = app.desk_read(staff, Place::Session(id), move |store| reading::files(store, id));
            found.await.map(Option::flatten)
        }
    };
    let files = files.map_err(|error| Answer::Refused(error.into(), None))?.unwrap_or_default();
    Ok(Some(Told::Frame(frames::file_list(caller.of(), &files, &caller.links()))))
}
