//! The server processes on one database.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    thread,
};

use storage::testing::Scratch;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use super::{process::Process, random::Random};

/// What a server logs that is too busy for a call.
const BUSY: &str = "the store is unavailable";

/// Where the servers listen now. A server that was killed has no place until it runs again.
pub(super) type Places = watch::Receiver<Vec<Option<SocketAddr>>>;

/// Server processes that are killed and started again.
pub(super) struct Cluster {
    program: PathBuf,
    /// What is appended to the folder of each process as its arguments.
    urls: Vec<String>,
    folder: TempDir,
    processes: Vec<Option<Process>>,
    places: watch::Sender<Vec<Option<SocketAddr>>>,
    kills: usize,
}

impl Cluster {
    /// Starts this number of processes.
    pub(super) fn start(program: &Path, database: &Scratch, processes: usize) -> Self {
        let (url, owner) = database.urls();
        let urls = std::iter::once(url).chain(owner).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (places, _) = watch::channel(vec![None; processes]);
        let mut cluster = Self { program: program.to_owned(), urls, folder, processes: Vec::new(), places, kills: 0 };
        for number in 0..processes {
            let process = cluster.starting(number)();
            cluster.places.send_modify(|places| places[number] = Some(process.address));
            cluster.processes.push(Some(process));
        }
        cluster
    }

    /// Returns how a process is started.
    fn starting(&self, number: usize) -> impl FnOnce() -> Process + Send + 'static {
        let folder = self.folder.path().join(number.to_string());
        fs::create_dir_all(&folder).expect("a folder of the server");
        let arguments: Vec<String> =
            std::iter::once(folder.display().to_string()).chain(self.urls.iter().cloned()).collect();
        let (program, log) = (self.program.clone(), folder.join("log"));
        move || Process::start(&program, &arguments, &log)
    }

    /// Returns where one of the servers listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.processes.iter().flatten().next().expect("a running server").address
    }

    /// Returns where the servers listen.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.processes.iter().flatten().map(|process| process.address).collect()
    }

    pub(super) fn places(&self) -> Places {
        self.places.subscribe()
    }

    /// Returns how often a process was killed.
    pub(super) fn kills(&self) -> usize {
        self.kills
    }

    /// Kills one of the processes at once, sometimes all of them, and starts them again.
    pub(super) async fn kill_one(&mut self, random: &mut Random) {
        let count = self.processes.len();
        let first = random.below(count);
        let victims = if random.one_in(8) { 0..count } else { first..first + 1 };
        for number in victims.clone() {
            let mut process = self.processes[number].take().expect("a running server");
            process.kill();
            self.places.send_modify(|places| places[number] = None);
            self.kills += 1;
        }
        for number in victims {
            let (starting, (tell, told)) = (self.starting(number), oneshot::channel());
            thread::spawn(move || tell.send(starting()));
            let process = told.await.expect("a server that was started again");
            self.places.send_modify(|places| places[number] = Some(process.address));
            self.processes[number] = Some(process);
        }
    }

    /// Returns the lines that the servers have logged as errors, except that they were too busy for a call.
    pub(super) fn logged_errors(&self) -> Vec<String> {
        let logs = (0..self.processes.len()).map(|number| self.folder.path().join(number.to_string()).join("log"));
        let text: String = logs.map(|log| fs::read_to_string(log).unwrap_or_default()).collect();
        text.lines().filter(|line| line.contains(r#""ERROR""#) && !line.contains(BUSY)).map(str::to_owned).collect()
    }
}
