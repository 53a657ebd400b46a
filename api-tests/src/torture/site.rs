//! The companies and sessions of a run.

use std::{net::SocketAddr, sync::Arc};

use serde_json::json;
use server::SystemClock;
use storage::{Recorder, testing::Scratch};

use super::shown::{History, Row};
use crate::{
    Client, Company, Superadmin,
    calls::{Caller as _, DeskCalls as _},
    world::{self, SECRET},
};

/// Sessions of one company.
const PER_COMPANY: usize = 10;
/// Most messages that a page has.
const PAGE: &str = "500";

/// A session with the staff who read it.
pub(super) struct Room {
    pub(super) company: String,
    pub(super) session: String,
    /// An admin of the company, who reads all its sessions.
    pub(super) admin: Client,
    /// The agent who handles the session. Without one the bot answers.
    pub(super) agent: Option<Client>,
}

/// Companies with sessions. The bot answers in every second session, and an agent handles the others.
pub(super) struct Site {
    pub(super) anybody: Client,
    pub(super) rooms: Vec<Room>,
}

/// Signs the superadmin in, on a database with running servers.
pub(super) async fn superadmin(database: &Scratch, anybody: &Client) -> Superadmin {
    let mut options = database.options.clone();
    options.recorder = Recorder::new(SECRET, Arc::new(SystemClock));
    world::ensure_superadmin(&options);
    Superadmin::sign_in(anybody).await
}

impl Site {
    /// Opens this number of sessions.
    pub(super) async fn open(database: &Scratch, address: SocketAddr, sessions: usize) -> Self {
        let anybody = Client::new(&format!("http://{address}"));
        let superadmin = superadmin(database, &anybody).await;
        let mut rooms = Vec::new();
        while rooms.len() < sessions {
            let company = Company::open(&superadmin, "Tesla Motors", 10).await;
            company.admin.set_bot(&json!({"profile_when": "never"})).await.ok();
            let bo = company.agent("Bo Agent").await;
            for number in 0..PER_COMPANY.min(sessions - rooms.len()) {
                let mut visitor = company.stranger();
                visitor.say("Hello").await;
                let is_handled = number % 2 == 0;
                if is_handled {
                    let handoff = visitor.ask_for_a_person(&company.admin).await;
                    company.admin.assign(handoff, bo.id).await.ok();
                }
                rooms.push(Room {
                    company: company.id.clone(),
                    session: visitor.session,
                    admin: company.admin.client().clone(),
                    agent: is_handled.then(|| bo.client().clone()),
                });
            }
        }
        Self { anybody, rooms }
    }

    /// Reads all messages of every session, in the order of the rooms.
    pub(super) async fn histories(&self, address: SocketAddr) -> Vec<History> {
        let mut histories = Vec::new();
        for room in &self.rooms {
            histories.push(history(&room.admin.at(address), &room.session, 0).await);
        }
        histories
    }
}

/// Reads the messages of a session after the one at `after`.
pub(super) async fn history(staff: &Client, session: &str, after: i64) -> History {
    let mut history = History(Vec::new());
    loop {
        let after = history.head().max(after).to_string();
        let call = staff.desk_messages(session, &[("after_seq", &after), ("limit", PAGE)]);
        let (status, page) = call.attempt().await.expect("a running server");
        assert_eq!(status, 200, "{page}");
        history.0.extend(page["results"].as_array().into_iter().flatten().map(Row::of_page));
        if page["has_more"] != true {
            return history;
        }
    }
}
