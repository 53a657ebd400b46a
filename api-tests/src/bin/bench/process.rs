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
use server::{Extras, SystemClock, accounts, config::Settings};
use storage::Options;

/// The superadmin of the measured server.
pub(crate) const SUPERADMIN: (&str, &str) = ("root", "bench-password");

/// Kernel ticks a second, as Linux reports times to programs.
const TICKS: u64 = 100;

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

/// What the started process does: serve a folder until its standard input ends.
pub(crate) fn serve(folder: &str) -> ExitCode {
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let config = Settings::in_folder(folder.into()).listening(listen).check().expect("a usable configuration");
    let options = Options::new(config.database.clone());
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
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg("serve")
            .arg(folder)
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
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory");
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
