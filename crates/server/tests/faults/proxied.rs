//! Two processes on one PostgreSQL database behind nginx, with the configuration of docs/OPERATIONS.md. One process is
//! killed.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
};

use futures_util::future::join;
use serde_json::Value;

use crate::{
    binary::{Guarded, Home, Server},
    programs,
    raw_socket::RawSocket,
    site::Site,
};

/// Number of visitors with a socket; half of them at each process.
const VISITORS: usize = 6;
/// Number of messages to each visitor, and after how many a process is killed.
const MESSAGES: usize = 8;
const KILLED_AT: usize = 4;

/// Returns the code block in the language nginx that follows a heading of the page.
fn block<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, section) = page.split_once(&format!("\n### {heading}\n")).unwrap();
    let (_, rest) = section.split_once("```nginx\n").unwrap();
    rest.split_once("```").unwrap().0
}

/// Makes the page's configuration one for this test: other addresses and files, and no certificate.
fn configuration(folder: &Path, proxy: SocketAddr, servers: [SocketAddr; 2]) -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md")).unwrap();
    let (whole, upstream) = (block(&page, "nginx"), block(&page, "Several processes"));
    let (before, rest) = whole.split_once("upstream switchboard {").unwrap();
    let (_, after) = rest.split_once("}\n").unwrap();
    let mut text = format!("{before}{upstream}{after}");
    let redirects = programs::free_address();
    let changes = [
        ("listen 80;", format!("listen {redirects};")),
        ("listen [::]:80;", String::new()),
        ("listen 443 ssl http2;", format!("listen {proxy};")),
        ("listen [::]:443 ssl http2;", String::new()),
        ("127.0.0.1:8000", servers[0].to_string()),
        ("127.0.0.1:8001", servers[1].to_string()),
        ("/var/log/nginx/switchboard.log", "stderr".to_owned()),
    ];
    for (old, new) in changes {
        assert!(text.contains(old), "{old} is not in the page");
        text = text.replace(old, &new);
    }
    let text: String =
        text.lines().filter(|line| !line.trim_start().starts_with("ssl_")).fold(String::new(), |mut text, line| {
            text.push_str(line);
            text.push('\n');
            text
        });
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {}/pid;\nevents {{ worker_connections 512; }}\nhttp {{\n{paths}{text}}}\n",
        folder.display()
    )
}

/// Starts nginx in front of two servers.
fn proxy(nginx: &Path, folder: &Path, servers: [SocketAddr; 2]) -> (Guarded, SocketAddr) {
    let address = programs::free_address();
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration(folder, address, servers)).unwrap();
    let mut command = Command::new(nginx);
    command.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(&file).stdin(Stdio::null());
    let child = Guarded(command.spawn().unwrap());
    programs::wait_for(address);
    (child, address)
}

/// A visitor whose socket is opened again when it ends.
struct Visitor<'a> {
    site: &'a Site,
    proxy: SocketAddr,
    session: String,
    socket: RawSocket,
    /// How often each message came, by its `seq`.
    came: BTreeMap<i64, usize>,
    /// The `client_message_id` of what came.
    ids: Vec<String>,
    connections: usize,
}

impl<'a> Visitor<'a> {
    async fn new(site: &'a Site, proxy: SocketAddr) -> Self {
        let session = site.introduced().await;
        let socket = RawSocket::open(proxy, &site.company, &session).await;
        Self { site, proxy, session, socket, came: BTreeMap::new(), ids: Vec::new(), connections: 1 }
    }

    /// Sends a message as a client that does not give up: with the same id until it is stored.
    async fn say(&self, id: &str) {
        let body = self.site.message(Some(&self.session), "Hello again", Some(id));
        for _ in 0..20 {
            match self.site.anybody.try_post("/api/chatbot/chat/", &body).await {
                Ok(answer) if answer.status == 200 => return,
                Ok(answer) => assert!(answer.status >= 500, "{answer:?}"),
                Err(_) => {}
            }
        }
        panic!("{id} was not stored");
    }

    fn note(&mut self, frames: Vec<Value>) {
        for frame in frames {
            if frame["type"] == "chat_message" {
                *self.came.entry(frame["seq"].as_i64().unwrap()).or_default() += 1;
                self.ids.extend(frame["client_message_id"].as_str().map(str::to_owned));
            }
        }
    }

    /// Receives until a message has come, and connects again if the connection ends before.
    async fn until(&mut self, id: &str) {
        while !self.ids.iter().any(|came| came == id) {
            let is_open = self.socket.receive().await;
            let frames = self.socket.take_frames();
            self.note(frames);
            if !is_open {
                let after = self.came.keys().next_back().copied().unwrap_or(0);
                self.socket = RawSocket::open_after(self.proxy, &self.site.company, &self.session, after).await;
                self.connections += 1;
            }
        }
    }
}

#[tokio::test]
async fn behind_nginx_every_message_comes_once_although_a_process_is_killed() {
    let (Some(nginx), Some(home)) = (programs::find("nginx"), Home::postgres()) else { return };
    let home = home
        .with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server")
        .with("SWITCHBOARD_TRUSTED_PROXIES", "127.0.0.1/32");
    let mut one = home.serve();
    let folder = tempfile::tempdir().unwrap();
    let mut command = home.command(["serve"]);
    command.env("SWITCHBOARD_DATA_DIR", folder.path());
    let mut other = Server::start(command);
    let files = tempfile::tempdir().unwrap();
    let (_nginx, proxy) = proxy(&nginx, files.path(), [one.address, other.address]);
    let site = Site::open(&home, proxy).await;
    let mut visitors = Vec::new();
    for _ in 0..VISITORS {
        visitors.push(Visitor::new(&site, proxy).await);
    }
    // Events are passed on as they come, not when a buffer is full.
    let mut events = RawSocket::events(proxy, &visitors[0].session).await;

    for number in 0..MESSAGES {
        for visitor in &visitors {
            let id = format!("number-{number}");
            let said = visitor.say(&id);
            if number == KILLED_AT && visitor.session == visitors[0].session {
                // The call is on its way when the process ends.
                let ((), log) = join(said, async { one.kill() }).await;
                assert!(log.iter().any(|line| line.contains("/ws/chat/")), "nginx sent no socket to the first process");
            } else {
                said.await;
            }
        }
        if number == 0 {
            events.until("number-0").await;
        }
    }
    let last = format!("number-{}", MESSAGES - 1);
    for visitor in &mut visitors {
        visitor.until(&last).await;
        let expected: Vec<_> = (0..MESSAGES).map(|number| format!("number-{number}")).collect();
        assert_eq!(visitor.ids, expected);
        assert!(visitor.came.values().all(|times| *times == 1), "{:?}", visitor.came);
        let seqs: Vec<_> = visitor.came.keys().copied().collect();
        assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
    }
    assert!(visitors.iter().any(|visitor| visitor.connections > 1), "no socket was at the killed process");
    assert!(visitors.iter().any(|visitor| visitor.connections == 1), "every socket was at the killed process");
    let log = other.kill();
    assert!(log.iter().any(|line| line.contains("/ws/chat/")), "nginx sent no socket to the second process");
}
