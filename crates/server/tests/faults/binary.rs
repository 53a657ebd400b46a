//! The `switchboard` binary as a child process.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;
use storage::{Durability, testing::Scratch};
use tempfile::TempDir;

/// Maximum time for a server to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A database, a data folder and environment variables, which several processes may use one after the other.
pub(crate) struct Home {
    pub(crate) database: Scratch,
    pub(crate) folder: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Home {
    /// Makes one on SQLite, with durable commits.
    pub(crate) fn sqlite() -> Self {
        Self::on(Scratch::sqlite_with(Durability::Full))
    }

    /// Makes one on PostgreSQL, if a server is named.
    pub(crate) fn postgres() -> Option<Self> {
        Scratch::postgres().map(Self::on)
    }

    /// Makes one on each available database.
    pub(crate) fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// Makes one on this database.
    pub(crate) fn on(database: Scratch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (url, owner) = database.urls();
        let home = Self { database, folder, env: Vec::new() }
            .with("SWITCHBOARD_DATABASE", url)
            .with("SWITCHBOARD_LISTEN", "127.0.0.1:0")
            .with("SWITCHBOARD_BCRYPT_COST", "4")
            .with("SWITCHBOARD_RATE_LIMITS", "off")
            // Most tests do not need vectors, and computing them would disturb those that measure time.
            .with("SWITCHBOARD_ENCODER", "off");
        let data = home.folder.path().display().to_string();
        let home = home.with("SWITCHBOARD_DATA_DIR", data);
        match owner {
            Some(owner) => home.with("SWITCHBOARD_OWNER_DATABASE", owner),
            None => home,
        }
    }

    /// Adds an environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Configures a model at this URL.
    pub(crate) fn with_model(self, url: &str) -> Self {
        self.with("SWITCHBOARD_LLM_URL", url).with("SWITCHBOARD_LLM_MODEL", "double")
    }

    /// Removes an environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| *known != name);
        self
    }

    /// Returns the refusal of a command that needs the SQLite file before there is one.
    pub(crate) fn without_a_database(&self) -> String {
        let url = self.database.urls().0;
        let file = url.strip_prefix("sqlite:").unwrap();
        format!("there is no database yet at {file}: switchboard migrate makes it, and so does serve")
    }

    /// Returns a command that runs the binary with these environment variables only.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = switchboard(args);
        command.envs(self.env.iter().map(|(name, value)| (name, value))).current_dir(self.folder.path());
        command
    }

    /// Runs a command to completion, with `input` on its standard input.
    pub(crate) fn run(&self, args: &[&str], input: &str) -> CommandOutput {
        run(self.command(args), input)
    }

    /// Starts `serve` and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.command(["serve"]))
    }
}

/// Returns a command that runs the binary with an empty environment.
pub(crate) fn switchboard<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(args).env_clear();
    command
}

/// Exit status and output of a finished command.
pub(crate) struct CommandOutput {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl CommandOutput {
    /// Asserts that the command succeeded; returns its standard output.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert!(self.status.success(), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts that the command failed with exactly this message on standard error.
    #[track_caller]
    pub(crate) fn refused(&self, message: &str) {
        assert_eq!(self.status.code(), Some(1), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stderr, format!("switchboard: {message}\n"));
    }
}

/// Runs a command to completion.
pub(crate) fn run(mut command: Command, input: &str) -> CommandOutput {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    // A command that does not read its input may have exited already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    CommandOutput { status, stdout: String::from_utf8(stdout).unwrap(), stderr: String::from_utf8(stderr).unwrap() }
}

/// A child process that is killed when this is dropped.
pub(crate) struct Guarded(pub(crate) Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // Both calls fail only if the process has already been awaited.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Guarded {
    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

/// A serving process.
pub(crate) struct Server {
    child: Guarded,
    pub(crate) address: SocketAddr,
    log: Option<JoinHandle<Vec<String>>>,
}

impl Server {
    /// Runs a command that serves, and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guarded(command.spawn().expect("the binary runs"));
        let (announce, announcements) = mpsc::channel();
        // The server should print nothing on standard output. If it does, treat it as part of the log.
        let output = lines_of(child.0.stdout.take().unwrap());
        let output = thread::spawn(move || output.collect::<Vec<_>>());
        let lines = lines_of(child.0.stderr.take().unwrap());
        let log = thread::spawn(move || {
            lines
                .inspect(|line| {
                    if let Some(address) = announced(line) {
                        // Only the first address is received; sending another one fails.
                        let _ = announce.send(address);
                    }
                })
                .collect::<Vec<_>>()
                .into_iter()
                .chain(output.join().unwrap())
                .collect()
        });
        match announcements.recv_timeout(PATIENCE) {
            Ok(address) => Self { child, address, log: Some(log) },
            Err(_) => {
                drop(child);
                panic!("the server did not come up: {:#?}", log.join().unwrap())
            }
        }
    }

    /// Sends SIGKILL, waits for the exit and returns the log.
    pub(crate) fn kill(&mut self) -> Vec<String> {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.child.terminate();
    }

    /// Waits for the exit; returns the exit status and the log.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.0.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }
}

/// Returns the lines of a stream until it ends.
pub(crate) fn lines_of(stream: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(stream).lines().map_while(Result::ok)
}

/// Returns the address that a log line announces, if it does.
fn announced(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] == "listening" { line["address"].as_str()?.parse().ok() } else { None }
}
