//! The server as a separate process, and its resource usage as the kernel reports it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
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

/// How long the server must use no processor time until it counts as having nothing to do.
const QUIET: Duration = Duration::from_millis(500);

/// The superadmin of the measured server.
pub(crate) const SUPERADMIN: (&str, &str) = ("root", "bench-password");

/// Kernel ticks per second, the unit of times in `/proc` on Linux.
const TICKS: u64 = 100;

const ENCODER_ON: &str = "on";

/// A running server, which is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

/// The limits of the measured server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    /// No limits.
    Off,
    /// Default budgets for companies. The limits of addresses and sessions are too high to matter, since
    /// all load comes from one address.
    Companies,
}

impl Limited {
    /// Returns the command line argument for the started process.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
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
            conversation: many,
            conversation_session: many,
            ..Limits::default()
        })
    }
}

/// Runs the server in the started process until its standard input ends.
///
/// `databases` holds the URLs of the runtime role and of the owner; without them the server uses the
/// SQLite database in its folder.
pub(crate) fn serve(folder: &str, limited: &str, encoder: &str, databases: &[&str]) -> ExitCode {
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let settings = Settings::in_folder(folder.into()).listening(listen);
    let mut config = settings.check().expect("a usable configuration");
    config.limits = Limited::limits(limited);
    config.encoder = encoder == ENCODER_ON;
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
    /// Starts this program again as a server. It writes its log as usual, but the log is discarded.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_limited(folder, None, Limited::Off)
    }

    /// The same with another database, given as the URLs of the runtime role and of the owner.
    pub(crate) fn start_on(folder: &Path, urls: Option<(String, Option<String>)>) -> Self {
        Self::start_limited(folder, urls, Limited::Off)
    }

    /// The same with limits.
    pub(crate) fn start_limited(folder: &Path, urls: Option<(String, Option<String>)>, limited: Limited) -> Self {
        Self::spawn(folder, urls, limited, ENCODER_ON)
    }

    /// Starts a server whose encoder is off.
    pub(crate) fn start_by_words(folder: &Path) -> Self {
        Self::spawn(folder, None, Limited::Off, "off")
    }

    fn spawn(folder: &Path, urls: Option<(String, Option<String>)>, limited: Limited, encoder: &str) -> Self {
        let urls = urls.into_iter().flat_map(|(runtime, owner)| std::iter::once(runtime).chain(owner));
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        Self::run(command.arg("serve").arg(folder).arg(limited.as_str()).arg(encoder).args(urls))
    }

    /// Starts this program again as one that writes a frame with a payload of `length` bytes to all of its `count`
    /// connections, for each [`Server::send_line`].
    pub(crate) fn start_bare(count: usize, length: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        Self::run(command.arg("bare").arg(count.to_string()).arg(length.to_string()))
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command
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

    /// Ends the process at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a line to the standard input of the process.
    pub(crate) fn send_line(&mut self) {
        self.child.stdin.as_mut().expect("its input").write_all(b"\n").expect("a running process");
    }

    /// Returns the address that the server listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server has nothing to do.
    pub(crate) fn until_quiet(&self) {
        loop {
            let before = self.cpu();
            std::thread::sleep(QUIET);
            if self.cpu() == before {
                return;
            }
        }
    }

    /// Returns the user and system time of all threads so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The process name in brackets may contain spaces; the times are the 12th and 13th field after it.
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1_000 / TICKS)
    }

    /// Returns the resident memory.
    pub(crate) fn resident_bytes(&self) -> f64 {
        self.memory("VmRSS:")
    }

    /// Returns the peak of the resident memory since [`Server::reset_peak`].
    pub(crate) fn peak_bytes(&self) -> f64 {
        self.memory("VmHWM:")
    }

    /// Resets the peak to the current resident memory.
    pub(crate) fn reset_peak(&self) {
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
        self.kill();
    }
}
