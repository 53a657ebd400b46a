//! The server as a process of its own, and what the kernel says it used.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use identity::Password;
use secrecy::ExposeSecret as _;
use server::{
    Extras, SystemClock, accounts,
    config::{Limits, Settings},
};
use storage::{Options, Recorder, Target};

/// The superadmin of the measured server.
pub(crate) const SUPERADMIN: (&str, &str) = ("root", "bench-password");

/// Kernel ticks a second, as Linux reports times to programs.
const TICKS: u64 = 100;

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

/// How the measured server limits its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    /// Not at all.
    Nobody,
    /// Companies by their usual budgets; addresses and sessions as good as not at all, since all
    /// load comes from one.
    Companies,
}

impl Limited {
    /// The word that says it to the started process.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Companies => "companies",
        }
    }

    fn limits(word: &str) -> Option<Limits> {
        let many = 10_000_000;
        (word == Self::Companies.as_str()).then(|| Limits {
            public: many,
            staff: many,
            chat: many,
            chat_session: many,
            new_sessions: many,
            upload: many,
            upload_session: many,
            ..Limits::default()
        })
    }
}

/// What the started process does: serve a folder, and another database than its own if one is
/// named with its owner, until its standard input ends.
pub(crate) fn serve(folder: &str, limited: &str, databases: &[&str]) -> ExitCode {
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let settings = Settings::in_folder(folder.into()).listening(listen);
    let mut config = settings.check().expect("a usable configuration");
    config.limits = Limited::limits(limited);
    let mut targets = databases.iter().map(|url| Target::parse(url).expect("a database"));
    if let Some(database) = targets.next() {
        config.database = database;
        config.owner_database = targets.next();
    }
    let recorder = Recorder::new(config.secret.expose_secret(), Arc::new(SystemClock));
    let mut options = Options::new(config.database.clone(), recorder);
    options.owner.clone_from(&config.owner_database);
    let password = Password::new(SUPERADMIN.1.to_owned());
    accounts::ensure_superadmin(&options, 12, SUPERADMIN.0, "root@bench.example", &password).expect("a superadmin");
    server::start_logging("info");
    let running = server::start(&config, Extras { clock: Arc::new(SystemClock), model: None }).expect("a server");
    println!("{}", running.addresses()[0]);
    let _ = std::io::stdin().read_line(&mut String::new());
    running.stop();
    ExitCode::SUCCESS
}

impl Server {
    /// Starts this program again as a server; its log goes where logs cost what they cost and nobody reads.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_limited(folder, None, Limited::Nobody)
    }

    /// The same on a database beside the folder, given as the runtime role and as the owner.
    pub(crate) fn start_on(folder: &Path, urls: Option<(String, Option<String>)>) -> Self {
        Self::start_limited(folder, urls, Limited::Nobody)
    }

    /// The same, with limits.
    pub(crate) fn start_limited(folder: &Path, urls: Option<(String, Option<String>)>, limited: Limited) -> Self {
        let urls = urls.into_iter().flat_map(|(runtime, owner)| std::iter::once(runtime).chain(owner));
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg("serve")
            .arg(folder)
            .arg(limited.as_str())
            .args(urls)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server process");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let address = line.trim().parse().expect("its address");
        Self { child, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// User and system time so far, of all its threads.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The name in brackets may hold anything; times are the 12th and 13th field after it.
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1_000 / TICKS)
    }

    /// Resident memory.
    pub(crate) fn resident_bytes(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// The most resident memory there was since [`Server::forget_peak`].
    pub(crate) fn peak_bytes(&self) -> f64 {
        self.memory("VmHWM:")
    }

    /// Takes what is resident now for the most there was.
    pub(crate) fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("a running server on Linux");
    }

    fn memory(&self, name: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("resident memory");
        let kib: u32 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        f64::from(kib) * 1024.0
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("a running server on Linux")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
