//! The beginning of a connection: who the caller is, and what it has missed.

use std::rc::Rc;

use actix_web::{HttpRequest, web};
use chatbot::Message;
use handoff::{
    QueuePlace,
    live::{Batch, Standing},
    visitor::Window,
};
use tenancy::{
    CompanyCode, SessionId,
    access::{SessionAccess, Staff},
};

use super::{
    caller::{Caller, Party, locate},
    line::ChatLine,
};
use crate::{
    app::App,
    http::params::Params,
    realtime::{Beginning, Listening, Position, Worker},
    routes::sockets::{
        entry::{self, Closing, Refusal},
        frames,
        wire::{End, Wire},
    },
};

/// A caller who was admitted and has been sent what it asked for.
pub(super) struct Joined {
    pub(super) caller: Rc<Caller>,
    pub(super) listening: Listening,
    pub(super) line: Rc<ChatLine>,
    pub(super) party: Party,
    pub(super) standing: Standing,
    pub(super) queue: Option<QueuePlace>,
}

/// Admits the caller and sends the first frames.
pub(super) async fn join(
    wire: &mut Wire,
    app: web::Data<App>,
    req: HttpRequest,
    company: String,
    session: String,
) -> Result<Joined, End> {
    let after = Params::of(&req).integer("after").map_err(|error| Refusal::new(Closing::Abuse, error))?;
    let (party, session) = admit(&app, &req, &company, &session).await?;
    begin(wire, Rc::new(Caller { app, req, session }), party, after).await
}

/// Sends the first frames to a caller who was admitted: the messages after the one at `after`, or none without it.
pub(super) async fn begin(
    wire: &mut Wire,
    caller: Rc<Caller>,
    party: Party,
    after: Option<i64>,
) -> Result<Joined, End> {
    // Subscribe before reading, so that nothing is missed in between.
    let line = Rc::new(ChatLine::new(Rc::clone(&caller), matches!(party, Party::Visitor(_)), wire.io()));
    let listening = listen(&caller, &party, &line);
    let batch = caller.read(&party, Window::After(after.unwrap_or(i64::MAX))).await?;
    let head = batch.session.last_seq;
    // A client of a stream that loses its connection before the first message names this position when it returns.
    let position = after.unwrap_or(head).max(0);
    wire.send_message(position, frames::connection_established(caller.of(), head)).await?;
    let reason = match Beginning::of(after, head, batch.has_more) {
        Beginning::Continued => None,
        Beginning::AheadOfAll => Some("after_ahead"),
        Beginning::TooFarBehind => Some("gap_too_large"),
    };
    let batch = if reason.is_some() { caller.read(&party, Window::Newest).await? } else { batch };
    let head = batch.session.last_seq;
    if let Some(reason) = reason {
        let from = batch.messages.first().map_or(head + 1, |message| message.seq);
        wire.send(frames::resync(reason, Some((head, from)))).await?;
    }
    listening.has_read(batch.session.head(), batch.queue.is_some());
    let Batch { bot_name, messages, standing, queue, .. } = batch;
    line.begin(Position::at(head), bot_name);
    replay(wire, &line, &messages).await?;
    if let Some(place) = queue {
        wire.send(frames::queue_position(caller.of(), place, caller.app.now())).await?;
    }
    Ok(Joined { caller, listening, line, party, standing, queue })
}

fn listen(caller: &Caller, party: &Party, line: &Rc<ChatLine>) -> Listening {
    let (hub, occupant) = (&caller.app.hub, party.occupant());
    match caller.req.app_data::<Rc<Worker>>() {
        Some(worker) if line.is_socket() => hub.listen_on(worker, Rc::clone(line), caller.session, occupant),
        _ => hub.listen(caller.session, occupant),
    }
}

/// Sends stored messages.
pub(super) async fn replay(wire: &mut Wire, line: &ChatLine, messages: &[Message]) -> Result<(), End> {
    for message in messages {
        wire.send_message(message.seq, line.stored_frame(message, true)).await?;
    }
    Ok(())
}

/// Admits staff with a token, anybody else as the visitor of the session.
async fn admit(app: &App, req: &HttpRequest, company: &str, session: &str) -> Result<(Party, SessionAccess), Refusal> {
    let signed_in = match entry::token(req) {
        Some(token) => Some(entry::admit(app, token).await?),
        None => None,
    };
    let (Ok(company), Ok(session)) = (CompanyCode::parse(company), SessionId::parse(session)) else {
        return Err(Refusal::absent());
    };
    let (visitor, access) = locate(app, company, session).await?;
    let party = match signed_in {
        None => Party::Visitor(visitor),
        Some((sign_in, staff)) if is_at(&staff, company) => Party::Staff(sign_in, staff),
        Some(_) => return Err(Refusal::absent()),
    };
    Ok((party, access))
}

/// Returns whether staff work at a company. Superadmins look into all of them.
fn is_at(staff: &Staff, company: CompanyCode) -> bool {
    staff.company().is_none_or(|own| own == company)
}
