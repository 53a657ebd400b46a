//! A server as a separate process, which can be killed.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use llm_client::{BoxFuture, ChatModel, Completion, FinishReason, ModelError, Prompt};
use secrecy::SecretSlice;
use server::{Extras, SystemClock, config::Settings};
use storage::Target;

use super::random::Random;
use crate::world::SECRET;

/// Longest time that the model takes, in milliseconds.
const SLOWEST: usize = 40;

/// Runs a server until it is killed or its standard input ends.
///
/// The arguments are the folder for its files, the URL of the database, and on PostgreSQL the URL as the owner of the
/// tables. It prints the address on which it listens.
///
/// # Panics
/// If the server does not start.
pub fn serve(arguments: &[String]) -> ExitCode {
    let [folder, database, owner @ ..] = arguments else { return ExitCode::FAILURE };
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let mut config = Settings::in_folder(folder.into()).listening(listen).check().expect("a usable configuration");
    config.database = Target::parse(database).expect("a database");
    config.owner_database = owner.first().map(|url| Target::parse(url).expect("a database"));
    config.limits = None;
    config.encoder = false;
    config.bcrypt_cost = 4;
    config.secret = SecretSlice::from(SECRET.to_vec());
    // The tokens of a long run do not expire.
    config.access_life = Duration::from_hours(24);
    server::start_logging("info");
    let model: Arc<dyn ChatModel> = Arc::new(SlowModel::default());
    let running =
        server::start(&config, Extras { clock: Arc::new(SystemClock), model: Some(model) }).expect("a server");
    println!("{}", running.addresses()[0]);
    let _ = std::io::stdin().read_line(&mut String::new());
    running.stop();
    ExitCode::SUCCESS
}

/// A model that repeats a text of its sources after a while.
#[derive(Debug, Default)]
struct SlowModel {
    calls: AtomicUsize,
}

impl ChatModel for SlowModel {
    fn complete(&self, _: Prompt) -> BoxFuture<'_, Result<Completion, ModelError>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let seed = u64::try_from(call).expect("a count of 64 bits");
        let pause = u64::try_from(Random::new(seed).below(SLOWEST)).expect("a short pause");
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok(Completion { text: "We are open in the morning.".to_owned(), finish: FinishReason::Stop, usage: None })
        })
    }
}

/// A serving process. It is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Process {
    /// Starts a program that serves, and waits until it listens. `arguments` are those of [`serve`]. The log is
    /// appended to a file.
    pub(super) fn start(program: &Path, arguments: &[String], log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a file for the log");
        let mut child = Command::new(program)
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .expect("a server process");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its address");
        let Ok(address) = line.trim().parse() else {
            let _ = child.wait();
            panic!("the server did not start: {}", std::fs::read_to_string(log).unwrap_or_default())
        };
        Self { child, address }
    }

    /// Sends SIGKILL and waits for the exit.
    pub(super) fn kill(&mut self) {
        self.child.kill().expect("a running server");
        self.child.wait().expect("a killed server");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both calls fail only if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
