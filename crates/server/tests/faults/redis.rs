//! Two processes on one PostgreSQL database that share a Redis server, which is stopped and started again.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    binary::{Guarded, Home, Server},
    programs,
    raw_socket::RawSocket,
    site::Site,
    wire::Caller,
};

/// Maximum time until a process knows who is connected to the other, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Calls to chat that a session may make in a minute.
const LIMIT: usize = 12;

/// A Redis server of one test.
struct Redis {
    program: std::path::PathBuf,
    address: SocketAddr,
    folder: tempfile::TempDir,
    running: Option<Guarded>,
}

impl Redis {
    fn start() -> Option<Self> {
        let program = programs::find("redis-server")?;
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Self { program, address: programs::free_address(), folder, running: None };
        redis.start_again();
        Some(redis)
    }

    fn start_again(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--port", &self.address.port().to_string(), "--dir"]);
        command.arg(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        self.running = Some(Guarded(command.spawn().unwrap()));
        programs::wait_for(self.address);
    }

    fn stop(&mut self) {
        self.running = None;
    }
}

/// Starts two processes that share a Redis server.
fn two(home: &Home, folder: &tempfile::TempDir) -> (Server, Server) {
    let one = home.serve();
    let mut command = home.command(["serve"]);
    command.env("SWITCHBOARD_DATA_DIR", folder.path());
    (one, Server::start(command))
}

fn home(redis: &Redis) -> Option<Home> {
    let home = Home::postgres()?.with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server");
    Some(home.with("SWITCHBOARD_REDIS", format!("redis://{}", redis.address)))
}

/// Sends a visitor's message to a process; returns the status.
async fn say(site: &Site, caller: &Caller, session: &str) -> u16 {
    caller.post("/api/chatbot/chat/", &site.message(Some(session), "Hello again", None)).await.status
}

#[tokio::test]
async fn pokes_and_presence_reach_the_other_process() {
    let Some(redis) = Redis::start() else { return };
    let Some(home) = home(&redis) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = two(&home, &folder);
    let site = Site::open(&home, one.address).await;
    let session = site.introduced().await;
    let mut socket = RawSocket::open(other.address, &site.company, &session).await;
    site.say(Some(&session), "Hello again", Some("told-by-redis")).await;
    socket.until("told-by-redis").await;
    assert_eq!(home.database.end_channels(), 0, "the database carries pokes too");

    // The visitor's socket is at the other process.
    let online = async || {
        let listed = site.admin.get("/api/desk/sessions/").await.ok();
        let rows = listed["results"].as_array().unwrap().clone();
        rows.iter().find(|row| row["session_id"] == session.as_str()).unwrap()["online"].as_bool().unwrap()
    };
    let since = Instant::now();
    while !online().await {
        assert!(since.elapsed() < PATIENCE, "the visitor is not shown as online");
    }
    drop(socket);
    while online().await {
        assert!(since.elapsed() < 2 * PATIENCE, "the visitor is still shown as online");
    }
}

#[tokio::test]
async fn processes_count_calls_together_and_go_on_without_redis() {
    let Some(mut redis) = Redis::start() else { return };
    let Some(home) = home(&redis) else { return };
    let home = home.with("SWITCHBOARD_RATE_LIMITS", "on").with("SWITCHBOARD_LIMIT_CHAT_SESSION", LIMIT.to_string());
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = two(&home, &folder);
    let site = Site::open(&home, one.address).await;
    let callers = [site.anybody.clone(), site.anybody.moved_to(other.address)];
    let session = site.introduced().await;
    let mut answers = Vec::new();
    for caller in callers.iter().cycle().take(LIMIT) {
        answers.push(say(&site, caller, &session).await);
    }
    for caller in &callers {
        assert_eq!(say(&site, caller, &session).await, 429, "{answers:?}");
    }

    redis.stop();
    // Each process counts for itself now, and refuses nobody for a fault of Redis.
    for caller in &callers {
        for _ in 0..LIMIT / 2 {
            assert_eq!(say(&site, caller, &session).await, 200);
        }
    }
    redis.start_again();
    let since = Instant::now();
    let shared = async || {
        let session = site.introduced().await;
        for caller in callers.iter().cycle().take(LIMIT + 2) {
            if say(&site, caller, &session).await == 429 {
                return true;
            }
        }
        false
    };
    while !shared().await {
        assert!(since.elapsed() < PATIENCE, "the processes do not count together again");
    }
    for log in [one.kill(), other.kill()] {
        let times = |message: &str| log.iter().filter(|line| line.contains(message)).count();
        let (lost, found) = (times("limits are not shared"), times("limits are shared again"));
        assert_eq!((lost, found), (1, 1), "{log:#?}");
        assert!(!log.iter().any(|line| line.contains(&session) || line.contains("\"ERROR\"")), "{log:#?}");
    }
}

#[test]
fn a_redis_server_needs_a_right_url_and_postgresql() {
    let refused = "--redis needs a URL such as redis://:PASSWORD@127.0.0.1:6379/0; there is no TLS";
    Home::sqlite().with("SWITCHBOARD_REDIS", "http://127.0.0.1").run(&["check"], "").refused(refused);
    let alone = "--redis goes with a PostgreSQL --database";
    Home::sqlite().with("SWITCHBOARD_REDIS", "redis://127.0.0.1").run(&["check"], "").refused(alone);
}
