//! A client that follows one session, sends messages to it, and connects again and again.

use std::{collections::HashMap, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{
    link::{Link, News, Way, rows},
    outlook::{Outlook, Phase, SOON},
    random::Random,
    shown::{Row, Sent},
    site::{Room, Site},
};
use crate::calls::{DeskCalls as _, VisitorCalls as _};

/// Clients of each session: three windows of its visitor, and two of staff.
pub(super) const CLIENTS_PER_SESSION: usize = 5;
/// Longest time until a message is acknowledged on an open connection, and until the last one is shown.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most messages that a client is shown before it connects again.
const MOST_SHOWN: usize = 300;
/// Messages that one of the windows of each side misses now and then: more than a server sends again at once.
const LONG_GAP: i64 = 600;
/// These windows.
const AWAY: [usize; 2] = [2, 4];
/// Why a server may refuse what it takes later.
const LATER: [&str; 3] = ["rate_limited", "request_in_progress", "overloaded"];

type Posting = Pin<Box<dyn Future<Output = reqwest::Result<(u16, Value)>> + Send>>;

/// What has become of a client.
pub(super) struct Finished {
    pub(super) name: String,
    pub(super) room: usize,
    pub(super) shown: Vec<Row>,
    pub(super) sent: Vec<Sent>,
    pub(super) violations: Vec<String>,
    pub(super) counts: Counts,
}

/// What has happened to a client.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) connections: usize,
    /// Messages that were sent again because their acknowledgement did not come.
    pub(super) resent: usize,
    /// Frames that told a client again what it had sent again.
    pub(super) repeats: usize,
    pub(super) resyncs: usize,
}

struct Pending {
    key: String,
    text: String,
    times: usize,
}

/// A client. Its name says which session it follows, and whose window it is.
pub(super) struct Client {
    site: Arc<Site>,
    outlook: Outlook,
    random: Random,
    number: usize,
    who: Who,
    pending: Option<Pending>,
    is_settled: bool,
    /// How often each message was sent on the present connection.
    sent_here: HashMap<String, usize>,
    finished: Finished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Visitor,
    Agent,
    Admin,
}

impl Client {
    pub(super) fn new(number: usize, site: Arc<Site>, outlook: Outlook, random: Random) -> Self {
        let (room, window) = (number / CLIENTS_PER_SESSION, number % CLIENTS_PER_SESSION);
        let who = match window {
            0..=2 => Who::Visitor,
            3 if site.rooms[room].agent.is_some() => Who::Agent,
            _ => Who::Admin,
        };
        let finished = Finished {
            name: format!("{who:?} {window} of {}", site.rooms[room].session),
            room,
            shown: Vec::new(),
            sent: Vec::new(),
            violations: Vec::new(),
            counts: Counts::default(),
        };
        Self {
            site,
            outlook,
            random,
            number,
            who,
            pending: None,
            is_settled: false,
            sent_here: HashMap::new(),
            finished,
        }
    }

    /// Follows the session until the end.
    pub(super) async fn run(mut self) -> Finished {
        while !self.is_finished() {
            let address = self.outlook.place(&mut self.random).await;
            let (way, room) = (self.way(), self.room());
            match Link::open(way, self.caller(address), &room.company, &room.session, self.last()).await {
                Ok(link) => {
                    self.finished.counts.connections += 1;
                    self.sent_here.clear();
                    self.follow(link, address).await;
                    self.stay_away().await;
                }
                Err(_) => self.outlook.another_place().await,
            }
        }
        self.finished
    }

    fn room(&self) -> &Room {
        &self.site.rooms[self.finished.room]
    }

    fn last(&self) -> i64 {
        self.finished.shown.last().map_or(0, |row| row.seq)
    }

    fn caller(&self, address: SocketAddr) -> crate::Client {
        let room = self.room();
        let caller = match (self.who, &room.agent) {
            (Who::Visitor, _) => &self.site.anybody,
            (Who::Agent, Some(agent)) => agent,
            (Who::Agent | Who::Admin, _) => &room.admin,
        };
        caller.at(address)
    }

    fn way(&mut self) -> Way {
        match (self.who, self.random.below(12)) {
            (Who::Visitor, 4..8) => Way::Events,
            (Who::Visitor, 8..) => Way::Poll,
            (Who::Agent | Who::Admin, 10) => Way::Desk,
            (Who::Agent | Who::Admin, 11..) => Way::DeskEvents,
            _ => Way::Socket,
        }
    }

    /// Staff write only where an agent handles the session.
    fn is_writer(&self) -> bool {
        self.who == Who::Visitor || self.room().agent.is_some()
    }

    fn is_finished(&self) -> bool {
        let is_shown_all = match &*self.outlook.phase.borrow() {
            Phase::Ending(heads) => self.last() >= heads[self.finished.room],
            Phase::Writing | Phase::Settling => false,
        };
        is_shown_all || !self.finished.violations.is_empty()
    }

    fn violation(&mut self, what: String) {
        self.finished.violations.push(what);
        let is_settled = std::mem::replace(&mut self.is_settled, true);
        self.outlook.progress.send_modify(|progress| {
            progress.violations += 1;
            progress.settled += usize::from(!is_settled);
        });
    }

    /// Now and then, one window of each side is closed until it has missed more than a server sends again at once.
    async fn stay_away(&mut self) {
        if !AWAY.contains(&(self.number % CLIENTS_PER_SESSION)) || !self.random.one_in(8) {
            return;
        }
        let (room, until) = (self.finished.room, self.last() + LONG_GAP);
        let mut phase = self.outlook.phase.clone();
        tokio::select! {
            _ = phase.wait_for(|phase| !matches!(phase, Phase::Writing)) => {}
            () = self.outlook.wait(|progress| progress.heads.get(&room).is_some_and(|head| *head >= until)) => {}
        }
    }

    /// Prepares the next message, or notes that there is none left.
    fn prepare(&mut self) {
        if self.pending.is_some() || self.is_settled {
            return;
        }
        if !self.outlook.is_writing() {
            self.is_settled = true;
            self.outlook.progress.send_modify(|progress| progress.settled += 1);
        } else if self.is_writer() {
            let number = self.finished.sent.len();
            let text = format!("This is number {number}");
            self.pending = Some(Pending { key: format!("{}-{number}", self.number), text, times: 0 });
        }
    }

    fn acknowledge(&mut self, seq: i64) {
        let Some(Pending { key, text, .. }) = self.pending.take() else { return };
        let sender = if self.who == Who::Visitor { "user" } else { "agent" };
        self.finished.sent.push(Sent { key, text, sender, seq });
        self.outlook.progress.send_modify(|progress| progress.acknowledged += 1);
    }

    /// Sends the prepared message, as a frame if the link takes frames.
    async fn send(&mut self, link: &mut Link, address: SocketAddr) -> Option<Posting> {
        let caller = self.caller(address);
        let (company, session) = (self.room().company.clone(), self.room().session.clone());
        let pending = self.pending.as_mut()?;
        pending.times += 1;
        self.finished.counts.resent += usize::from(pending.times > 1);
        let frame = json!({"type": "chat_message", "message": pending.text, "client_message_id": pending.key});
        if link.send(&frame).await {
            *self.sent_here.entry(pending.key.clone()).or_default() += 1;
            return None;
        }
        let mut body = frame;
        body["session_id"] = session.into();
        body["company_id"] = company.into();
        Some(if self.who == Who::Visitor {
            Box::pin(caller.chat(&body).attempt())
        } else {
            Box::pin(caller.send_message(&body).attempt())
        })
    }

    /// Follows a connection until it ends, or the client gives it up.
    async fn follow(&mut self, mut link: Link, address: SocketAddr) {
        let mut left = 1 + self.random.below(MOST_SHOWN);
        // A client may send again what was not acknowledged at once, or look first whether it has come.
        let mut sends_from = if link.way == Way::Socket && self.random.one_in(2) { i64::MAX } else { 0 };
        let mut posting: Option<Posting> = None;
        let (mut is_sent, mut patience) = (false, Instant::now() + PATIENCE);
        while !self.is_finished() {
            self.prepare();
            if !is_sent && self.pending.is_some() && self.last() >= sends_from {
                posting = self.send(&mut link, address).await;
                (is_sent, patience) = (true, Instant::now() + PATIENCE);
            }
            let is_waiting = is_sent || matches!(*self.outlook.phase.borrow(), Phase::Ending(_));
            if is_waiting && Instant::now() > patience {
                let waits_for = self.pending.as_ref().map_or("the next message", |pending| pending.text.as_str());
                let what = format!("{:?}: {waits_for} did not come after {}", link.way, self.last());
                return self.violation(what);
            }
            let last = self.last();
            tokio::select! {
                posted = async {
                    match &mut posting {
                        Some(posting) => posting.await,
                        None => std::future::pending().await,
                    }
                } => {
                    posting = None;
                    is_sent = false;
                    match posted {
                        Ok((200, reply)) => self.acknowledged_by(&reply),
                        Ok((408 | 409 | 429 | 503, _)) => return self.outlook.another_place().await,
                        Ok((status, refusal)) => self.violation(format!("refused: {status} {refusal}")),
                        Err(_) => return self.outlook.another_place().await,
                    }
                }
                news = link.next(last) => {
                    let Some(shown) = self.take(news, link.way, address).await else { return };
                    if link.way == Way::Socket && self.pending.is_none() {
                        is_sent = false;
                    }
                    sends_from = shown.head.unwrap_or(sends_from);
                    left = left.saturating_sub(shown.messages);
                    if shown.messages > 0 && posting.is_none() && !is_sent {
                        patience = Instant::now() + PATIENCE;
                    }
                    if left == 0 && self.outlook.is_writing() {
                        return;
                    }
                }
                _ = self.outlook.phase.changed() => patience = Instant::now() + PATIENCE,
                () = sleep_until(patience + SOON) => {}
            }
        }
    }

    fn acknowledged_by(&mut self, reply: &Value) {
        let row = if self.who == Who::Visitor { &reply["user_message"] } else { &reply["chat_message"] };
        match row["seq"].as_i64() {
            Some(seq) => self.acknowledge(seq),
            None => self.violation(format!("an acknowledgement without a position: {reply}")),
        }
    }

    /// Takes news. Returns `None` if the client has to connect again.
    async fn take(&mut self, news: News, way: Way, address: SocketAddr) -> Option<Shown> {
        let before = self.finished.shown.len();
        let is_desk = matches!(way, Way::Desk | Way::DeskEvents);
        let mut head_now = None;
        match news {
            News::Nothing => {}
            News::Ended => return None,
            News::Refused(refusal) if LATER.iter().any(|code| refusal["code"] == *code) => return None,
            News::Refused(refusal) => self.violation(format!("{way:?}: refused: {refusal}")),
            News::Begun(_) | News::Resync(..) if is_desk => self.load(address, i64::MAX).await?,
            News::Begun(head) if head < self.last() => {
                self.violation(format!("{way:?}: shown was {}, and the session ends at {head}", self.last()));
            }
            News::Begun(head) => head_now = Some(head),
            News::Resync(reason, from) => {
                self.finished.counts.resyncs += 1;
                match (reason.as_str(), from) {
                    ("lagged", Some(from)) if from == self.last() + 1 => {}
                    ("gap_too_large", Some(from)) if from > self.last() + 1 => self.load(address, from).await?,
                    _ => self.violation(format!("{way:?}: a resync, {reason} from {from:?}, after {}", self.last())),
                }
            }
            News::Message(row, _) if is_desk && row.seq > self.last() + 1 => self.load(address, i64::MAX).await?,
            News::Message(row, replayed) => self.show(row, way, replayed),
            News::Page(page) => {
                for row in page {
                    self.show(row, way, false);
                }
            }
        }
        let messages = self.finished.shown.len() - before;
        if messages > 0 {
            let (room, last) = (self.finished.room, self.last());
            self.outlook.progress.send_modify(|progress| {
                let head = progress.heads.entry(room).or_default();
                *head = last.max(*head);
            });
        }
        Some(Shown { messages, head: head_now })
    }

    /// Loads the messages after the last one, up to the one before `until`, as a page is loaded again.
    async fn load(&mut self, address: SocketAddr, until: i64) -> Option<()> {
        loop {
            let (caller, session, after) = (self.caller(address), self.room().session.clone(), self.last().to_string());
            let call = if self.who == Who::Visitor {
                caller.conversation(&session, &[("after", &after)])
            } else {
                caller.desk_messages(&session, &[("after_seq", &after)])
            };
            let Ok((200, page)) = call.attempt().await else { return None };
            let list = if self.who == Who::Visitor { &page["messages"] } else { &page["results"] };
            let loaded: Vec<_> = rows(list).into_iter().filter(|row| row.seq < until).collect();
            if loaded.is_empty() {
                return Some(());
            }
            for row in loaded {
                self.show(row, Way::Poll, false);
            }
            if !self.finished.violations.is_empty() {
                return Some(());
            }
        }
    }

    /// Shows a message, which has to be the next one. Only a message that the client has sent again may come again.
    fn show(&mut self, row: Row, way: Way, replayed: bool) {
        let next = self.last() + 1;
        let is_own = self.pending.as_ref().is_some_and(|pending| row.key.as_deref() == Some(&pending.key));
        if row.seq == next {
            let seq = row.seq;
            self.finished.shown.push(row);
            if is_own && way == Way::Socket {
                self.acknowledge(seq);
            }
            return;
        }
        let before = usize::try_from(row.seq - 1).ok().and_then(|at| self.finished.shown.get(at));
        let is_same = before == Some(&row);
        let times = row.key.as_ref().and_then(|key| self.sent_here.get_mut(key));
        match times {
            // A company's staff load lists while news come.
            _ if is_same && matches!(way, Way::Desk | Way::DeskEvents) => {}
            Some(times) if is_same && replayed && *times > 0 => {
                *times -= 1;
                self.finished.counts.repeats += 1;
                if is_own {
                    self.acknowledge(row.seq);
                }
            }
            _ => self.violation(format!("{way:?}: {row:?} (sent again: {replayed}) came instead of {next}")),
        }
    }
}

/// What news have shown.
struct Shown {
    messages: usize,
    /// The last message of the session when the connection began, if it has begun with this.
    head: Option<i64>,
}
