use std::{
    io::ErrorKind,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use identity::Origin;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use tempfile::TempDir;
use tenancy::Timestamp;

use super::*;
use crate::{
    limits::{
        BucketName, MemoryBuckets,
        bucket_name::Quota,
        buckets::{Buckets, Taken},
    },
    realtime::{
        relay::{Poke, Relay as _},
        roster::Roster as _,
    },
};

/// The variable that makes a test fail if it lacks a program. Without it, such a test is skipped.
const REQUIRE_VARIABLE: &str = "SWITCHBOARD_TEST_REQUIRE_PROGRAMS";

/// Maximum time for a server to start, or to be noticed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis server of one test.
struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "asks whether tests may be skipped")]
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        match Self::spawn(port, &folder) {
            Ok(child) => Some(Self { child, port, folder }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                assert!(std::env::var_os(REQUIRE_VARIABLE).is_none(), "redis-server is not installed");
                println!("skipped: redis-server is not installed");
                None
            }
            Err(error) => panic!("redis-server does not start: {error}"),
        }
    }

    fn spawn(port: u16, folder: &TempDir) -> std::io::Result<Child> {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string(), "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < PATIENCE, "redis-server does not listen");
            thread::yield_now();
        }
        Ok(child)
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(self.port, &self.folder).unwrap();
    }

    fn space(&self, secret: &str) -> RedisSpace {
        let server = RedisServer::parse(&format!("redis://127.0.0.1:{}", self.port)).unwrap();
        RedisSpace::new(server, secret.as_bytes())
    }

    fn buckets(&self) -> SharedBuckets {
        SharedBuckets::start(self.space("one secret")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const QUOTA: Quota = Quota { calls: 3, window: Duration::from_secs(60) };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_796_000_000_123_456 + seconds * 1_000_000)
}

fn bucket(number: u8) -> BucketName {
    BucketName::Public(Origin::of(Some(std::net::IpAddr::from([10, 0, 0, number]))))
}

#[actix_web::test]
async fn processes_count_together_and_installations_do_not() {
    let Some(server) = Server::start() else { return };
    let (one, other) = (server.buckets(), server.buckets());
    let name = bucket(1);
    for buckets in [&one, &other, &one] {
        assert!(matches!(buckets.take(&name, QUOTA, at(0)).await, Taken::Counted(_)));
    }
    let Taken::Refused(level) = other.take(&name, QUOTA, at(10)).await else { panic!("a fourth call was counted") };
    assert_eq!((level.remaining, level.reset), (0, Duration::from_secs(50)));
    assert!(matches!(other.take(&bucket(2), QUOTA, at(10)).await, Taken::Counted(_)));
    let foreign = SharedBuckets::start(server.space("another secret")).unwrap();
    assert_eq!(foreign.look(&name, QUOTA, at(10)).await.remaining, 3);
    // The window is over.
    assert!(matches!(one.take(&name, QUOTA, at(60)).await, Taken::Counted(level) if level.remaining == 2));
}

/// What is done to a bucket.
#[derive(Debug, Clone, Copy)]
enum Step {
    Take,
    Look,
    GiveBack(i64),
}

#[actix_web::test]
async fn a_shared_count_is_the_same_as_one_in_memory() {
    let Some(server) = Server::start() else { return };
    let shared = server.buckets();
    let step = prop_oneof![3 => Just(Step::Take), 1 => Just(Step::Look), 1 => (0_i64..200).prop_map(Step::GiveBack)];
    let steps = prop::collection::vec((step, 0_i64..200), 40);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    for run in 0..100_u8 {
        let memory = MemoryBuckets::new();
        let steps = steps.new_tree(&mut runner).unwrap().current();
        for (place, (step, second)) in steps.iter().enumerate() {
            // Clocks may be set back. Each run has a bucket of its own.
            let (name, now) = (bucket(run), at(*second));
            let (found, expected) = match *step {
                Step::Take => (
                    format!("{:?}", shared.take(&name, QUOTA, now).await),
                    format!("{:?}", memory.take(&name, QUOTA, now).await),
                ),
                Step::Look => (
                    format!("{:?}", shared.look(&name, QUOTA, now).await),
                    format!("{:?}", memory.look(&name, QUOTA, now).await),
                ),
                Step::GiveBack(taken) => (
                    format!("{:?}", shared.give_back(&name, QUOTA, at(taken), now).await),
                    format!("{:?}", memory.give_back(&name, QUOTA, at(taken), now).await),
                ),
            };
            assert_eq!(found, expected, "step {place} of {steps:?}");
        }
    }
}

#[actix_web::test]
async fn without_the_server_each_process_counts_for_itself() {
    let Some(mut server) = Server::start() else { return };
    let (one, other) = (server.buckets(), server.buckets());
    let name = bucket(1);
    for buckets in [&one, &one, &other] {
        assert!(matches!(buckets.take(&name, QUOTA, at(0)).await, Taken::Counted(_)));
    }
    server.stop();
    for buckets in [&one, &other] {
        for _ in 0..3 {
            assert!(matches!(buckets.take(&name, QUOTA, at(1)).await, Taken::Counted(_)));
        }
        assert!(matches!(buckets.take(&name, QUOTA, at(1)).await, Taken::Refused(_)));
    }
    server.start_again();
    // The server has forgotten its counts, so a bucket has room again once it is asked.
    let since = Instant::now();
    while one.look(&name, QUOTA, at(2)).await.remaining == 0 {
        assert!(since.elapsed() < PATIENCE, "the server is not used again");
        tokio::task::yield_now().await;
    }
}

#[actix_web::test]
async fn a_server_that_takes_no_writes_is_as_one_that_is_away() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.space("one secret").connect(PATIENCE).unwrap();
    let mut follow =
        |host: &str, port: &str| redis::cmd("REPLICAOF").arg(host).arg(port).exec(&mut connection).unwrap();
    follow("127.0.0.1", "1");
    let (one, other) = (server.buckets(), server.buckets());
    for buckets in [&one, &other] {
        for _ in 0..QUOTA.calls {
            assert!(matches!(buckets.take(&bucket(1), QUOTA, at(1)).await, Taken::Counted(_)));
        }
        assert!(matches!(buckets.take(&bucket(1), QUOTA, at(1)).await, Taken::Refused(_)));
    }
    follow("NO", "ONE");
    let since = Instant::now();
    while one.look(&bucket(1), QUOTA, at(2)).await.remaining == 0 {
        assert!(since.elapsed() < PATIENCE, "the server is not used again");
        tokio::task::yield_now().await;
    }
}

#[test]
fn pokes_reach_the_others_and_not_the_sender() {
    let Some(mut server) = Server::start() else { return };
    let space = server.space("one secret");
    let (mut one, mut other) = (RedisRelay::open(&space).unwrap(), RedisRelay::open(&space).unwrap());
    let mut foreign = RedisRelay::open(&server.space("another secret")).unwrap();
    let pokes: Vec<_> = (0..3).map(|_| Poke::Staff(None)).collect();
    one.send(&pokes).unwrap();
    assert_eq!(other.receive().unwrap(), pokes);
    assert_eq!(
        (other.receive().unwrap(), one.receive().unwrap(), foreign.receive().unwrap()),
        (vec![], vec![], vec![])
    );
    server.stop();
    assert!(one.send(&pokes).and_then(|()| one.receive().map(drop)).is_err());
    assert!(other.receive().is_err());
    assert!(RedisRelay::open(&space).is_err());
}

#[test]
fn names_show_nothing_and_differ_by_installation_and_kind() {
    let server = || RedisServer::parse("redis://127.0.0.1").unwrap();
    let one = RedisSpace::new(server(), b"one secret").names;
    let name = one.name("calls", "SignIn(10.0.0.1)");
    assert!(name.starts_with("switchboard:calls:") && !name.contains("10.0"), "{name}");
    assert_eq!(name, RedisSpace::new(server(), b"one secret").names.name("calls", "SignIn(10.0.0.1)"));
    assert_ne!(name, RedisSpace::new(server(), b"another").names.name("calls", "SignIn(10.0.0.1)"));
    assert_ne!(name, one.name("pokes", "SignIn(10.0.0.1)").replace("pokes", "calls"));
}

#[test]
fn processes_read_what_the_others_have_told() {
    let Some(mut server) = Server::start() else { return };
    let open = |secret, process: &str| RedisRoster::open(&server.space(secret), process.to_owned()).unwrap();
    let (mut one, mut other) = (open("one secret", "one"), open("one secret", "other"));
    let mut foreign = open("another secret", "one");
    assert_eq!(one.exchange("a").unwrap(), [""; 0], "a process is not elsewhere than here");
    assert_eq!(other.exchange("b").unwrap(), ["a"]);
    assert_eq!(foreign.exchange("c").unwrap(), [""; 0]);
    assert_eq!(one.exchange("d").unwrap(), ["b"]);
    assert_eq!(other.exchange("b").unwrap(), ["d"]);
    one.leave().unwrap();
    assert_eq!(other.exchange("b").unwrap(), [""; 0]);
    let space = server.space("one secret");
    server.stop();
    assert!(other.exchange("b").is_err());
    assert!(RedisRoster::open(&space, "third".to_owned()).is_err());
}
