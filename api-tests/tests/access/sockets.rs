//! The rights of sockets and of the streams with the same frames: who may open a session, what each connection is sent,
//! and whose messages are taken.

use api_tests::prelude::*;

use crate::{
    callers::{Caller, Home, Who},
    rights::{EVERY_SESSION, Reach, Whose},
    scene::{Kind, Scene, Thing},
};

/// An open connection to a session.
struct Open<'a> {
    caller: &'a Caller,
    socket: Socket,
}

/// Tries every caller on every session, and returns the number of cells.
pub(crate) async fn cells(scene: &mut Scene<'_>) -> usize {
    scene.prepare(Kind::Session, EVERY_SESSION).await;
    let callers = scene.callers().await;
    let mut cells = 0;
    let mut desks = Vec::new();
    for caller in &callers {
        cells += 2;
        desks.extend(desk(scene, caller).await);
        desk_stream(scene, caller).await;
        cells += without_a_token(scene, caller).await;
        cells += as_an_agent(scene, caller).await;
    }
    for whose in EVERY_SESSION {
        let thing = scene.prepared(Kind::Session, *whose);
        let before = scene.record();
        let mut sockets = Vec::new();
        for caller in &callers {
            cells += 2;
            sockets.extend(open(scene, caller, *whose, &thing).await);
            stream(scene, caller, *whose, &thing).await;
        }
        before.is_still(&scene.record(), &format!("opening sockets to {whose:?}"));
        if *whose != Whose::Absent {
            cells += told(scene, *whose, &thing, &mut sockets, &mut desks).await;
        }
        for Open { caller, socket } in &mut sockets {
            cells += 1;
            writes(scene, caller, *whose, &thing, socket).await;
        }
    }
    for Open { caller, socket } in &mut desks {
        let frames = socket.settled().await;
        holds_none(scene, caller, "", &frames, "all sessions");
    }
    cells
}

/// Returns the code with which a connection to a session is closed at once.
fn code(who: Who, whose: Whose) -> Option<u16> {
    let seen = whose.seen_from(who.view());
    match who {
        Who::Garbage | Who::Expired | Who::Deactivated => Some(4001),
        _ if whose == Whose::Absent => Some(4004),
        Who::Anonymous | Who::Visitor | Who::OtherVisitor | Who::Superadmin => None,
        _ if !seen.is_own_company() => Some(4004),
        Who::Assigned | Who::Colleague | Who::Foreigner if !Reach::MineAndQueue.holds(seen) => Some(4003),
        Who::Assigned | Who::Colleague | Who::Foreigner | Who::Admin | Who::ForeignAdmin => None,
    }
}

/// Opens a socket to a session, unless it is to be refused.
async fn open<'a>(scene: &Scene<'_>, caller: &'a Caller, whose: Whose, thing: &Thing) -> Option<Open<'a>> {
    // Another visitor knows the company, but only its own session.
    let own = if caller.who == Who::OtherVisitor { scene.by_another_visitor(thing.clone()) } else { thing.clone() };
    let is_of_company = own.session.starts_with(&format!("{}_", own.company));
    let at = format!("the session {whose:?} by {:?}", caller.who);
    let mut socket = connect(caller, &format!("/ws/chat/{}/{}/", own.company, own.session)).await;
    match code(caller.who, whose).or((!is_of_company).then_some(4004)) {
        Some(code) => {
            refused(scene, caller, &mut socket, code, &at).await;
            None
        }
        None => {
            let first = socket.next().await;
            assert_eq!((&first["type"], &first["session_id"]), (&json!("connection_established"), &json!(own.session)));
            holds_none(scene, caller, &own.company, &[first], &at);
            Some(Open { caller, socket })
        }
    }
}

/// Opens a socket to all sessions of a company, unless it is to be refused.
async fn desk<'a>(scene: &Scene<'_>, caller: &'a Caller) -> Option<Open<'a>> {
    let mut socket = connect(caller, "/ws/agents/").await;
    let code = match caller.who {
        Who::Assigned | Who::Colleague | Who::Foreigner | Who::Admin | Who::ForeignAdmin => None,
        Who::Superadmin => Some(4003),
        _ => Some(4001),
    };
    let at = format!("all sessions by {:?}", caller.who);
    if let Some(code) = code {
        refused(scene, caller, &mut socket, code, &at).await;
        return None;
    }
    let first = socket.next().await;
    assert_eq!(first["type"], "agent_connected", "{at}: {first}");
    assert_eq!(first["agent_info"]["company_id"], scene.code(caller.who.home()), "{at}");
    holds_none(scene, caller, "", &[first], &at);
    Some(Open { caller, socket })
}

/// Opens the stream of a session. As for the visitor's other calls, only the session's id counts.
async fn stream(scene: &Scene<'_>, caller: &Caller, whose: Whose, thing: &Thing) {
    let own = if caller.who == Who::OtherVisitor { scene.by_another_visitor(thing.clone()) } else { thing.clone() };
    let at = format!("the stream of {whose:?} by {:?}", caller.who);
    let call = caller.client.get("/api/chatbot/events/").query(&[("after", "0")]).header("X-Session-Id", &own.session);
    if whose == Whose::Absent && caller.who != Who::OtherVisitor {
        call.await.error(404, "not_found", "Session not found");
        return;
    }
    let mut events = call.events().await;
    let mut frames = vec![events.next_of("connection_established").await.frame];
    let head = frames[0]["head_seq"].clone();
    while frames.last().is_some_and(|frame| frame["seq"] != head) {
        frames.push(events.next().await.unwrap_or_else(|| panic!("{at}: the stream ended")).frame);
    }
    assert!(frames.iter().all(|frame| frame["session_id"] == own.session), "{at}: another session in {frames:?}");
    // The id of a session admits every caller to it.
    let of = own.session.split('_').next().unwrap_or_default();
    for canary in scene.forbidden(caller.who.home(), of) {
        assert!(frames.iter().all(|frame| !frame.to_string().contains(canary)), "{at}: {canary} is in {frames:?}");
    }
}

/// Opens the stream of a company's staff.
async fn desk_stream(scene: &Scene<'_>, caller: &Caller) {
    let at = format!("the stream of all sessions by {:?}", caller.who);
    let call = caller.client.get("/api/desk/events/");
    match caller.who {
        Who::Assigned | Who::Colleague | Who::Foreigner | Who::Admin | Who::ForeignAdmin => {
            let first = call.events().await.next_of("agent_connected").await.frame;
            assert_eq!(first["agent_info"]["company_id"], scene.code(caller.who.home()), "{at}");
            holds_none(scene, caller, "", &[first], &at);
        }
        who => who.refused(&at, &call.await),
    }
}

/// Opens the sockets that everybody may open, and asserts that they say nothing about a company.
async fn without_a_token(scene: &Scene<'_>, caller: &Caller) -> usize {
    let agents = scene.agents().map(|id| format!("/ws/agent/{id}/"));
    let companies = scene.codes().map(|code| [format!("/ws/subscription/{code}/"), format!("/ws/config/{code}/")]);
    let paths: Vec<_> = agents.into_iter().chain(companies.into_iter().flatten()).collect();
    for path in &paths {
        let mut frames = caller.client.socket(path).await.settled().await;
        frames.retain(|frame| !(frame["type"] == "session_update" && frame["data"] == json!({})));
        for canary in scene.canaries() {
            assert!(
                frames.iter().all(|frame| !frame.to_string().contains(canary)),
                "{path}: {canary} is in {frames:?}"
            );
        }
        assert!(frames.len() <= 1, "{path}: {frames:?}");
    }
    paths.len()
}

/// Opens the socket of each agent with the caller's token. Only the agent itself is taken for the agent.
async fn as_an_agent(scene: &Scene<'_>, caller: &Caller) -> usize {
    if matches!(caller.who, Who::Anonymous | Who::Visitor | Who::OtherVisitor) {
        return 0;
    }
    let [own, foreign, nobody] = scene.agents();
    for (id, itself) in [(own, Who::Assigned), (foreign, Who::Foreigner), (nobody, Who::Anonymous)] {
        let at = format!("the socket of agent {id} by {:?}", caller.who);
        let mut socket = caller.client.signed_in_socket(&format!("/ws/agent/{id}/")).await;
        match caller.who {
            Who::Garbage | Who::Expired | Who::Deactivated => refused(scene, caller, &mut socket, 4001, &at).await,
            who if who == itself => assert_eq!(socket.next().await["type"], "connection_established", "{at}"),
            _ => refused(scene, caller, &mut socket, 4003, &at).await,
        }
    }
    3
}

async fn connect(caller: &Caller, path: &str) -> Socket {
    match caller.who {
        Who::Anonymous | Who::Visitor | Who::OtherVisitor => caller.client.socket(path).await,
        _ => caller.client.signed_in_socket(path).await,
    }
}

async fn refused(scene: &Scene<'_>, caller: &Caller, socket: &mut Socket, code: u16, at: &str) {
    let (error, closed) = socket.closed().await;
    assert_eq!(closed, code, "{at}: {error:?}");
    holds_none(scene, caller, "", &[error.unwrap_or_else(|| panic!("{at}: closed without a reason"))], at);
}

/// Lets the visitor write, and asserts that the connections which may see it are sent it once, and no others.
async fn told(
    scene: &Scene<'_>,
    whose: Whose,
    thing: &Thing,
    sockets: &mut [Open<'_>],
    desks: &mut [Open<'_>],
) -> usize {
    let text = format!("Good evening {}", thing.secret);
    let frame = json!({"message": text, "client_message_id": thing.secret});
    let visitor = sockets.iter_mut().find(|open| open.caller.who == Who::Visitor).expect("the visitor is connected");
    visitor.socket.send(&frame).await;
    // The same message again is answered by the stored one, so the first has been told to everybody by then.
    visitor.socket.next_of("chat_message").await;
    let reply = json!({"session_id": thing.session, "company_id": thing.company, "message": text,
        "client_message_id": thing.secret});
    let replayed = scene.world.anybody().post("/api/chatbot/chat/", &reply).await;
    assert_eq!((replayed.status, replayed.header("idempotency-replayed")), (200, "true"), "{replayed:?}");
    let mut cells = 0;
    for Open { caller, socket } in sockets {
        cells += 1;
        let frames = socket.settled().await;
        let expected = match caller.who {
            Who::OtherVisitor => 0,
            // Received above.
            Who::Visitor => 0,
            _ => 1,
        };
        let at = format!("a message in {whose:?} to {:?}", caller.who);
        assert_eq!(count(&frames, &text), expected, "{at}: {frames:?}");
        let of = if caller.who == Who::OtherVisitor { scene.codes()[0] } else { &thing.company };
        holds_none(scene, caller, of, &frames, &at);
    }
    for Open { caller, socket } in desks {
        cells += 1;
        let seen = whose.seen_from(caller.who.view());
        let expected = match caller.who {
            Who::Admin | Who::ForeignAdmin => seen.is_own_company(),
            _ => seen == Whose::Mine,
        };
        let at = format!("a message in {whose:?} to all sessions of {:?}", caller.who);
        let frames = socket.settled().await;
        assert_eq!(count(&frames, &text), usize::from(expected), "{at}: {frames:?}");
        holds_none(scene, caller, "", &frames, &at);
    }
    cells
}

fn count(frames: &[Value], text: &str) -> usize {
    frames.iter().filter(|frame| frame["type"] == "chat_message" && frame["message"] == text).count()
}

/// Sends a message over an open connection and asserts whether it is taken, and whose it is.
async fn writes(scene: &mut Scene<'_>, caller: &Caller, whose: Whose, thing: &Thing, socket: &mut Socket) {
    let at = format!("a message to {whose:?} from {:?}", caller.who);
    let id = format!("{}-{:?}", thing.number, caller.who);
    let frame = json!({"message": "Good morning", "client_message_id": id});
    let is_agent = matches!(caller.who, Who::Assigned | Who::Colleague | Who::Foreigner);
    let mut fresh = None;
    if is_agent && whose == Whose::Queued {
        // The first agent who writes takes the session, so each has one of its own.
        let thing = scene.fresh(Kind::Session, whose).await;
        fresh = open(scene, caller, whose, &thing).await.map(|open| open.socket);
    }
    let socket = fresh.as_mut().unwrap_or(socket);
    socket.send(&frame).await;
    let answer = loop {
        let frame = socket.next().await;
        if frame["client_message_id"] == id {
            break frame;
        }
    };
    let is_open = matches!(whose, Whose::Mine | Whose::Queued | Whose::Colleagues | Whose::Foreign);
    let expected = match caller.who {
        Who::Superadmin => ("error", json!("permission_denied")),
        Who::Anonymous | Who::Visitor | Who::OtherVisitor => ("chat_message", json!("user")),
        _ if !is_open => ("error", json!("not_escalated")),
        _ => ("chat_message", json!("agent")),
    };
    let shown = if answer["type"] == "error" { &answer["code"] } else { &answer["sender_type"] };
    assert_eq!((answer["type"].as_str().unwrap_or_default(), shown), (expected.0, &expected.1), "{at}: {answer}");
}

/// Asserts that frames contain no text that the caller may not see. Texts of the company `of` are allowed.
#[track_caller]
fn holds_none(scene: &Scene<'_>, caller: &Caller, of: &str, frames: &[Value], at: &str) {
    let of = if caller.who.home() == Home::None { of } else { "" };
    for canary in scene.forbidden(caller.who.home(), of) {
        let frame = frames.iter().find(|frame| frame.to_string().contains(canary));
        assert!(frame.is_none(), "{at}: another company's {canary} is in {frame:?}");
    }
}
