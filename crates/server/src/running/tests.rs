use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use storage::testing::Scratch;

use super::*;
use crate::{clock::SystemClock, config::Settings};

const SESSION: &str = "TES001_00000000-0000-4000-8000-000000000001";

/// Waits until this number of sessions is waited for.
fn until_waiting(server: &Running, sessions: usize) {
    let since = Instant::now();
    while server.hub.rows().len() != sessions {
        assert!(since.elapsed() < Duration::from_secs(10), "{} sessions are waited for", server.hub.rows().len());
        thread::yield_now();
    }
}

#[test]
fn a_client_that_goes_away_ends_its_wait() {
    let (scratch, folder) = (Scratch::sqlite(), tempfile::tempdir().unwrap());
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    let settings = Settings::in_folder(folder.path().to_owned()).listening(listen);
    let config = Config { database: scratch.options.target.clone(), bcrypt_cost: 4, ..settings.check().unwrap() };
    let server = start(&config, Extras { clock: Arc::new(SystemClock), model: None }).unwrap();
    scratch
        .execute("INSERT INTO companies (code, name, status, created_at) VALUES ('TES001', 'Tesla', 'active', 0)")
        .unwrap();
    scratch
        .execute(&format!(
            "INSERT INTO sessions (company_id, id, status, step, welcomed, person_acted, last_seq, bot_epoch, revision, \
             last_used, created_at, updated_at) VALUES ('TES001', '{SESSION}', 'active', 'name', 0, 0, 0, 0, 1, 0, 0, 0)"
        ))
        .unwrap();
    let request =
        format!("GET /api/chatbot/messages/?session_id={SESSION}&after=9&wait=25 HTTP/1.1\r\nHost: x\r\n\r\n");
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(server.addresses()[0]).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    until_waiting(&server, 1);
    drop(waiting);
    until_waiting(&server, 0);
}
