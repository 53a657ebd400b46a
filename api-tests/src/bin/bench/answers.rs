//! What answers by meaning cost, next to a server with `--encoder off` in the same run.

use std::{
    collections::HashMap,
    fs, hint,
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use encoder::Vector;
use knowledge::{Chunk, Document, Index, Snapshot, Version, entry_texts};
use tenancy::DocumentId;

use crate::{
    http::{Connection, get},
    load::Load,
    neighbours::{CALM, calm_turns, percentiles},
    process::{SUPERADMIN, Server},
    world::{World, login},
};

const TURNS: usize = 4_000;
/// Turns with a question that nobody has asked before.
const NEW: usize = 1_200;
const STARTS: usize = 7;
const ENTRIES: usize = 5_000;
const BUILDS: usize = 5;
/// The entries that are encoded while a neighbour asks.
const ENCODED: usize = 1_000;
const SPAN: Duration = Duration::from_secs(6);

/// Sentences of some languages, for entries of an index.
const LANGUAGES: [(&str, [&str; 3]); 5] = [
    (
        "English",
        [
            "How do I change the delivery address of order",
            "You can change the address until the parcel has left our house",
            "Please call us if it has left",
        ],
    ),
    (
        "German",
        [
            "Wie \u{e4}ndere ich die Lieferadresse der Bestellung",
            "Die Adresse l\u{e4}sst sich \u{e4}ndern, bis das Paket unser Haus verlassen hat",
            "Bitte rufen Sie uns danach an",
        ],
    ),
    (
        "Spanish",
        [
            "C\u{f3}mo cambio la direcci\u{f3}n de entrega del pedido",
            "Puede cambiar la direcci\u{f3}n hasta que el paquete salga de nuestra casa",
            "Despu\u{e9}s ll\u{e1}menos por favor",
        ],
    ),
    (
        "Russian",
        [
            "\u{41a}\u{430}\u{43a} \u{438}\u{437}\u{43c}\u{435}\u{43d}\u{438}\u{442}\u{44c} \u{430}\u{434}\u{440}\u{435}\u{441} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}\u{43a}\u{438} \u{437}\u{430}\u{43a}\u{430}\u{437}\u{430}",
            "\u{410}\u{434}\u{440}\u{435}\u{441} \u{43c}\u{43e}\u{436}\u{43d}\u{43e} \u{438}\u{437}\u{43c}\u{435}\u{43d}\u{438}\u{442}\u{44c}, \u{43f}\u{43e}\u{43a}\u{430} \u{43f}\u{43e}\u{441}\u{44b}\u{43b}\u{43a}\u{430} \u{43d}\u{435} \u{43e}\u{442}\u{43f}\u{440}\u{430}\u{432}\u{43b}\u{435}\u{43d}\u{430}",
            "\u{41f}\u{43e}\u{441}\u{43b}\u{435} \u{44d}\u{442}\u{43e}\u{433}\u{43e} \u{43f}\u{43e}\u{437}\u{432}\u{43e}\u{43d}\u{438}\u{442}\u{435} \u{43d}\u{430}\u{43c}",
        ],
    ),
    (
        "Japanese",
        [
            "\u{6ce8}\u{6587}\u{306e}\u{914d}\u{9001}\u{5148}\u{3092}\u{5909}\u{66f4}\u{3059}\u{308b}\u{306b}\u{306f}",
            "\u{8377}\u{7269}\u{304c}\u{767a}\u{9001}\u{3055}\u{308c}\u{308b}\u{307e}\u{3067}\u{4f4f}\u{6240}\u{3092}\u{5909}\u{66f4}\u{3067}\u{304d}\u{307e}\u{3059}",
            "\u{305d}\u{306e}\u{5f8c}\u{306f}\u{304a}\u{96fb}\u{8a71}\u{304f}\u{3060}\u{3055}\u{3044}",
        ],
    ),
];

pub(crate) fn run() -> ExitCode {
    println!("model on {}", encoder::Path::best());
    indexes();
    let (by_meaning, by_words) = (tempfile::tempdir(), tempfile::tempdir());
    let folders = [by_meaning.expect("a temporary folder"), by_words.expect("a temporary folder")];
    let servers = [Server::start(folders[0].path()), Server::start_by_words(folders[1].path())];
    let worlds = [&servers[0], &servers[1]].map(|server| World::build(server.address()));
    until_encoded(servers[0].address());
    turns(&servers, &worlds);
    encoding(&servers[0]);
    drop(servers);
    starts([folders[0].path(), folders[1].path()]);
    ExitCode::SUCCESS
}

/// Measures the processor time of turns, each kind alternately on both servers.
fn turns(servers: &[Server; 2], worlds: &[World; 2]) {
    let cost = |which: usize, requests: usize, question: &(dyn Fn(usize, usize) -> String + Sync)| {
        let (server, world) = (&servers[which], &worlds[which]);
        let load = Load { address: server.address(), connections: 4, requests };
        load.run(server, &|visitor, turn| world.asks(visitor, &question(visitor, turn))).cpu_micros / 1e3
    };
    let questions = worlds[0].questions();
    let known = |visitor: usize, turn: usize| questions[(visitor * 7 + turn) % questions.len()].clone();
    let exact = |visitor: usize, turn: usize| {
        known(visitor, turn).trim_start_matches("Please tell me: ").trim_end_matches(" Thanks").to_owned()
    };
    let each = NEW / 4;
    let new = |visitor: usize, turn: usize| format!("{} {}", known(visitor, turn), visitor * each + turn);
    for which in [0, 1] {
        cost(which, TURNS, &known);
        cost(which, TURNS, &exact);
    }
    let print = |name: &str, question: &(dyn Fn(usize, usize) -> String + Sync)| {
        let rounds: Vec<[f64; 2]> = (0..3).map(|_| [0, 1].map(|which| cost(which, TURNS, question))).collect();
        let best = [0, 1].map(|which| rounds.iter().map(|round| round[which]).fold(f64::MAX, f64::min));
        println!(
            "turn, {name}: {:.3} ms of processor time, {:.3} ms with --encoder off: {:.2} times (target <= 1.1)",
            best[0],
            best[1],
            best[0] / best[1]
        );
    };
    print("exact question", &exact);
    print("question asked before", &known);
    let words = cost(1, NEW, &new);
    let asked = cost(0, NEW, &new);
    println!("turn, new question: {asked:.2} ms of processor time (target <= 3.5), {words:.2} ms with --encoder off");
}

/// Measures what it costs to encode entries in the background, and a neighbour's latency meanwhile.
fn encoding(server: &Server) {
    let calm = World::open(server.address(), "Calm", CALM);
    let busy = World::open(server.address(), "Busy", 1);
    until_encoded(server.address());
    calm_turns(server, &calm, SPAN / 3);
    let alone = percentiles(calm_turns(server, &calm, SPAN));
    let mut call = Connection::open(server.address());
    call.json(&busy.load(ENCODED, 1));
    let mut meanwhile = Vec::new();
    let mut boss = Boss::new(server.address());
    while !boss.is_idle() {
        meanwhile.extend(calm_turns(server, &calm, Duration::from_secs(2)));
    }
    let beside = percentiles(meanwhile);
    let before = server.cpu();
    call.json(&busy.load(ENCODED, 2));
    until_encoded(server.address());
    let spent = (server.cpu() - before).as_secs_f64();
    println!("encoding of {ENCODED} entries: {spent:.1} s of processor time (target <= 25)");
    println!(
        "neighbour's turns meanwhile: p50 {:.1} ms, p99 {:.1} ms; alone {:.1} and {:.1} ms: p99 {:.2} times (target <= 1.5)",
        beside[0],
        beside[1],
        alone[0],
        alone[1],
        beside[1] / alone[1]
    );
}

/// Returns the processor time of this thread.
fn spent() -> Duration {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = statistics.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("nanoseconds"))
}

/// Measures the build of an index from vectors that are there, by language.
fn indexes() {
    for (language, texts) in LANGUAGES {
        let known = snapshot(texts);
        let best = (0..BUILDS).map(|_| {
            let snapshot = known.clone();
            let before = spent();
            hint::black_box(Index::build(snapshot));
            spent() - before
        });
        let best = best.min().unwrap_or_default().as_secs_f64() * 1e3;
        println!("index of {ENTRIES} entries with vectors, {language}: {best:.0} ms of processor time (target <= 150)");
    }
}

fn snapshot([question, answer, more]: [&str; 3]) -> Snapshot {
    let document = Document { id: DocumentId::new(1), title: "Guide".to_owned() };
    let chunk = |number: usize| Chunk {
        document: document.clone(),
        chunk_id: format!("c{number}"),
        section: format!("Section {}", number / 50),
        question: format!("{question} {number}?"),
        alternatives: Vec::new(),
        answer: format!("{answer} {}. {more} {number}. {answer}. {more}.", number * 31 % 997),
        page: 0,
        position: i64::try_from(number).expect("a small number"),
    };
    let chunks: Vec<Chunk> = (0..ENTRIES).map(chunk).collect();
    let mut seed = 1_u32;
    let mut value = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(seed >> 16).expect("16 bits")) / 32_768.0 - 1.0
    };
    let vectors: HashMap<_, _> = chunks
        .iter()
        .flat_map(|chunk| entry_texts(chunk, "Tesla"))
        .map(|text| (text.hash, Vector::unit(&(0..384).map(|_| value()).collect::<Vec<_>>())))
        .collect();
    Snapshot { version: Version::new(1), company_name: "Tesla".to_owned(), chunks, vectors }
}

/// Measures how long a server takes to answer after it was started, and its memory then.
fn starts(folders: [&Path; 2]) {
    let start = |which: usize| {
        let started = Instant::now();
        let server = if which == 0 { Server::start(folders[0]) } else { Server::start_by_words(folders[1]) };
        Connection::open(server.address()).call(&get("/readyz/", None));
        let took = started.elapsed().as_secs_f64() * 1e3;
        thread::sleep(Duration::from_millis(300));
        (took, server.resident_bytes() / 1e6)
    };
    let all: Vec<_> = (0..STARTS).map(|_| [0, 1].map(start)).collect();
    let median = |which: usize, of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = all.iter().map(|round| of(&round[which])).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let start: fn(&(f64, f64)) -> f64 = |it| it.0;
    for (name, unit, of) in [("cold start", "ms", start), ("idle memory", "MB", |it: &(f64, f64)| it.1)] {
        let (on, off) = (median(0, of), median(1, of));
        println!("{name}: {on:.1} {unit}, {off:.1} {unit} with --encoder off: {:.2} times (target <= 1.1)", on / off);
    }
}

/// A superadmin who watches the background jobs.
struct Boss {
    call: Connection,
    token: String,
}

impl Boss {
    fn new(address: SocketAddr) -> Self {
        let mut call = Connection::open(address);
        let token = login(&mut call, SUPERADMIN.0, SUPERADMIN.1);
        Self { call, token }
    }

    fn is_idle(&mut self) -> bool {
        let jobs = self.call.json(&get("/api/platform/jobs/", Some(&self.token)));
        jobs["results"].as_array().is_some_and(Vec::is_empty)
    }
}

/// Waits until all entries have their vectors.
fn until_encoded(address: SocketAddr) {
    let mut boss = Boss::new(address);
    while !boss.is_idle() {
        thread::sleep(Duration::from_millis(200));
    }
}
