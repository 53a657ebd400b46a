//! The cost of lists as a company grows.

use std::{net::SocketAddr, time::Duration};

use api_tests::bulk;
use serde_json::{Value, json};
use storage::{Durability, testing::Scratch};
use tenancy::Clock as _;

use crate::{
    http::{Connection, get, post},
    load::{Load, Measured},
    process::{SUPERADMIN, Server},
    world::{login, text},
};

/// Number of agents of each company.
const AGENTS: usize = 10;
/// The password of the agent who reads lists.
const CHOSEN: &str = "correct horse battery";

/// A company of a given size, with the tokens of the callers who read its lists.
struct Company {
    size: u32,
    admin: String,
    agent: String,
}

/// A list to measure: one row of the table.
struct Listing {
    name: &'static str,
    requests: usize,
    /// Returns the path for a company of this size, and whether the agent calls it instead of the admin.
    call: fn(u32) -> (String, bool),
}

const LISTINGS: [Listing; 15] = [
    Listing {
        name: "agent/sessions, first page",
        requests: 2_000,
        call: |_| ("/api/human-handoff/agent/sessions/".into(), true),
    },
    Listing {
        name: "agent/sessions, assigned",
        requests: 2_000,
        call: |_| ("/api/human-handoff/agent/sessions/?status=assigned".into(), true),
    },
    Listing {
        name: "agent/sessions, in the middle",
        requests: 40,
        call: |size| {
            let page = size / 10 / 20 + 1;
            (format!("/api/human-handoff/agent/sessions/?page={page}"), true)
        },
    },
    Listing {
        name: "user-profiles, first page",
        requests: 2_000,
        call: |_| ("/api/admin-dashboard/user-profiles/".into(), false),
    },
    Listing {
        name: "user-profiles, last page",
        requests: 2_000,
        call: |size| (format!("/api/admin-dashboard/user-profiles/?page={}", size.div_ceil(10)), false),
    },
    Listing {
        name: "user-profiles, searched",
        requests: 20,
        call: |_| ("/api/admin-dashboard/user-profiles/?search=nobody+is+called+so".into(), false),
    },
    Listing {
        name: "user-profiles, found by search",
        requests: 20,
        call: |_| ("/api/admin-dashboard/user-profiles/?search=%2B977-9812".into(), false),
    },
    Listing {
        name: "user-profiles, by country",
        requests: 20,
        call: |_| ("/api/admin-dashboard/user-profiles/?country_code=%2B977".into(), false),
    },
    Listing {
        name: "user-profiles/stats",
        requests: 20,
        call: |_| ("/api/admin-dashboard/user-profiles/stats/".into(), false),
    },
    Listing { name: "desk/sessions, mine", requests: 1_000, call: |_| ("/api/desk/sessions/?view=mine".into(), true) },
    Listing {
        name: "desk/sessions, queue",
        requests: 1_000,
        call: |_| ("/api/desk/sessions/?view=queue".into(), true),
    },
    Listing {
        name: "desk/sessions, all of an agent",
        requests: 1_000,
        call: |_| ("/api/desk/sessions/?view=all".into(), true),
    },
    Listing { name: "desk/sessions, all", requests: 1_000, call: |_| ("/api/desk/sessions/?view=all".into(), false) },
    Listing {
        name: "desk/sessions, searched",
        requests: 20,
        call: |_| ("/api/desk/sessions/?q=nobody+is+called+so".into(), false),
    },
    Listing {
        name: "desk/sessions, in the middle",
        requests: 1_000,
        // The sessions are spread over the last year.
        call: |_| {
            let at = server::SystemClock.now().minus(Duration::from_hours(180 * 24)).micros();
            (format!("/api/desk/sessions/?view=resolved&cursor=resolved.-.{at}.1"), false)
        },
    },
];

/// Measures on SQLite, and on PostgreSQL if a server is named.
pub(crate) fn run(sizes: &[u32]) {
    measure("SQLite", &Scratch::sqlite_with(Durability::Full), sizes);
    if let Some(database) = Scratch::postgres() {
        measure("PostgreSQL (cpu is the server's alone, without the database's)", &database, sizes);
    }
}

fn measure(title: &str, database: &Scratch, sizes: &[u32]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start_on(folder.path(), Some(database.urls()));
    let opened: Vec<_> = sizes.iter().map(|size| (*size, Opened::open(server.address(), *size))).collect();
    for (size, opened) in &opened {
        bulk::fill(database, &opened.company, *size, server::SystemClock.now());
    }
    // Sign in after filling, which may take longer than the lifetime of a token.
    let companies: Vec<Company> =
        opened.into_iter().map(|(size, opened)| opened.sign_in(server.address(), size)).collect();
    let boss = login(&mut Connection::open(server.address()), SUPERADMIN.0, SUPERADMIN.1);

    println!("\n{title}");
    println!(
        "{:<32} {:>9} {:>6} {:>11} {:>9} {:>9}   to the first",
        "request", "sessions", "count", "cpu us/req", "p50 ms", "p99 ms"
    );
    for listing in &LISTINGS {
        let mut first: Option<Measured> = None;
        for company in &companies {
            let (path, by_agent) = (listing.call)(company.size);
            let request = get(&path, Some(if by_agent { &company.agent } else { &company.admin }));
            let measured = load(&server, listing.requests, &request);
            print(listing.name, Some(company.size), &measured, first.as_ref());
            first.get_or_insert(measured);
        }
    }
    let all = get("/api/admin-dashboard/user-profiles/", Some(&boss));
    print("user-profiles of all companies", None, &load(&server, 2_000, &all), None);
    for company in &companies {
        stream("human-handoff/sessions, streamed", &server, Some(company.size), &company.admin);
    }
    stream("the same of all companies", &server, None, &boss);
}

/// Measures requests over one connection, after some unmeasured ones.
fn load(server: &Server, requests: usize, request: &[u8]) -> Measured {
    let load = |requests| Load { address: server.address(), connections: 1, requests };
    load(requests.div_ceil(20)).run(server, &|_, _| request.to_vec());
    load(requests).run(server, &|_, _| request.to_vec())
}

fn print(name: &str, size: Option<u32>, measured: &Measured, first: Option<&Measured>) {
    let size = size.map_or_else(|| "all".to_owned(), |size| size.to_string());
    let ratio = first.map_or_else(String::new, |first| {
        let p50 = measured.p50.as_secs_f64() / first.p50.as_secs_f64();
        // A few cheap requests may take less than one tick of the kernel's clock.
        if first.cpu_micros == 0.0 {
            return format!("p50 x{p50:.2}");
        }
        format!("p50 x{p50:.2}, cpu x{:.2}", measured.cpu_micros / first.cpu_micros)
    });
    println!(
        "{name:<32} {size:>9} {:>6} {:>11.0} {:>9.2} {:>9.2}   {ratio}",
        measured.count,
        measured.cpu_micros,
        millis(measured.p50),
        millis(measured.p99)
    );
}

fn stream(name: &str, server: &Server, size: Option<u32>, token: &str) {
    let size = size.map_or_else(|| "all".to_owned(), |size| size.to_string());
    server.reset_peak();
    let before = server.cpu();
    let drained = Connection::open(server.address()).drain(&get("/api/human-handoff/sessions/", Some(token)));
    println!(
        "{name:<32} {size:>9} first byte {:.1} ms, whole {:.2} s, {:.1} MB, cpu {:.2} s, peak resident {:.1} MB",
        millis(drained.first),
        drained.whole.as_secs_f64(),
        drained.megabytes,
        (server.cpu() - before).as_secs_f64(),
        server.peak_bytes() / 1e6
    );
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// A company with staff and without sessions.
struct Opened {
    company: String,
    admin: (String, String),
    agent: String,
}

impl Opened {
    fn open(address: SocketAddr, size: u32) -> Self {
        let mut call = Connection::open(address);
        let boss = login(&mut call, SUPERADMIN.0, SUPERADMIN.1);
        let plan = json!({ "plan_name": "pro", "max_agents": AGENTS, "price": "10.00" });
        let plan = call.json(&post("/api/auth/create-plan/", Some(&boss), &plan))["id"].clone();
        let admin = json!({ "name": "Bench", "email": format!("ann@of{size}.example"), "plan_id": plan });
        let admin = call.json(&post("/api/auth/create-admin/", Some(&boss), &admin));
        let (email, password) = (text(&admin["email"]), text(&admin["password"]));
        let token = login(&mut call, &email, &password);
        let agents: Vec<Value> = (0..AGENTS)
            .map(|n| {
                let agent = json!({ "name": format!("Agent {n}"), "email": format!("agent{n}@of{size}.example"),
                    "phone": "555", "specialization": "sales" });
                call.json(&post("/api/admin-dashboard/create-agent/", Some(&token), &agent))
            })
            .collect();
        let agent = text(&agents[0]["email"]);
        let choice = json!({ "email": agent, "current_password": agents[0]["password"],
            "new_password": CHOSEN, "confirm_password": CHOSEN });
        call.json(&post("/api/admin-dashboard/agent-first-login/", None, &choice));
        Self { company: text(&admin["company_id"]), admin: (email, password), agent }
    }

    fn sign_in(self, address: SocketAddr, size: u32) -> Company {
        let mut call = Connection::open(address);
        let admin = login(&mut call, &self.admin.0, &self.admin.1);
        Company { size, admin, agent: login(&mut call, &self.agent, CHOSEN) }
    }
}
