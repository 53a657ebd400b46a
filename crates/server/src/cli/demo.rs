//! `switchboard demo`.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder};
use tenancy::Clock as _;

use super::Failure;
use crate::{
    clock::SystemClock,
    config::{Config, Limits, ListenAddress, Settings},
    demo::{self, PASSWORD, SAMPLES, SUPERADMIN, Sample},
    logging,
    running::{Extras, StartError, start},
};

/// Low, so that the demo starts quickly. Its passwords are printed anyway.
const BCRYPT_COST: u32 = 8;

/// Serves a temporary database until a signal stops it.
pub(super) fn demo(listen: Option<ListenAddress>) -> Result<(), Failure> {
    logging::start("warn");
    let folder = tempfile::tempdir()?;
    let wanted = listen.unwrap_or_else(ListenAddress::usual).socket();
    let settings = Settings::in_folder(folder.path().to_owned()).listening(vec![free(wanted)?]);
    let config = settings.check()?;
    // One person uses both companies, so they need no budgets against each other.
    let limits = config.limits.map(Limits::without_budgets);
    let config = Config { bcrypt_cost: BCRYPT_COST, limits, ..config };
    let recorder = Recorder::new(config.secret.expose_secret(), Arc::new(SystemClock));
    let db = Database::open(&Options::new(config.database.clone(), recorder))?;
    let codes = demo::fill(&db, BCRYPT_COST, SystemClock.now())?;
    drop(db);
    let running = start(&config, Extras { clock: Arc::new(SystemClock), model: None })?;
    for address in running.addresses() {
        println!(
            "Switchboard listens on http://{address} with two sample companies; Ctrl-C stops it and deletes them.\n"
        );
        println!("Sign in with the password {PASSWORD} as");
        println!("  {SUPERADMIN:<34} superadmin");
        for (sample, code) in SAMPLES.iter().zip(&codes) {
            println!("  {:<34} admin of {} ({code})", sample.admin_email(), sample.name);
            println!("  {:<34} agent {}", sample.agent_email(), sample.agent);
        }
        if let (Some(sample), Some(code)) = (SAMPLES.first(), codes.first()) {
            println!("{}", steps(&format!("http://{address}/api"), sample, code.as_str()));
        }
    }
    running.wait();
    Ok(())
}

/// Returns the address, or the next one whose port is free.
fn free(wanted: SocketAddr) -> Result<SocketAddr, Failure> {
    let mut address = wanted;
    loop {
        match TcpListener::bind(address) {
            Ok(_) => return Ok(address),
            Err(error) if error.kind() == ErrorKind::AddrInUse && address.port() < u16::MAX => {
                address.set_port(address.port() + 1);
            }
            Err(source) => return Err(StartError::Listen { address, source }.into()),
        }
    }
}

/// Returns a whole conversation as eight commands to paste.
fn steps(api: &str, sample: &Sample, code: &str) -> String {
    let (question, second) = (sample.question, sample.second_question);
    let agent = sample.agent_email();
    format!(
        r#"
Paste these one after the other.

# 1. A visitor begins with a question. The bot answers it, with its source, and asks for a name.
SESSION=$(curl -s {api}/chatbot/chat/ -d company_id={code} --data-urlencode "message={question}" | tee /dev/stderr | sed -E 's/.*"session_id":"([^"]*)".*/\1/'); echo
# 2. Name, phone number and e-mail address are taken out of one sentence.
curl -s {api}/chatbot/chat/ -d company_id={code} -d session_id=$SESSION --data-urlencode "message=I'm Ann Ray, +977 984-1234567, ann@example.com"; echo
# 3. A question in the middle is answered too, and the bot goes on asking.
curl -s {api}/chatbot/chat/ -d company_id={code} -d session_id=$SESSION --data-urlencode "message={second}"; echo
# 4. An agent signs in, so that somebody is there.
TOKEN=$(curl -s {api}/auth/login/ -d username={agent} -d password={PASSWORD} | sed -E 's/.*"access":"([^"]*)".*/\1/'); echo signed in
# 5. The visitor asks for a person in plain words and is put into the queue.
curl -s {api}/chatbot/chat/ -d company_id={code} -d session_id=$SESSION --data-urlencode "message=hm, can somebody real help me please"; echo
# 6. The agent looks at what the visitor has said, what the bot has quoted and what had no answer.
curl -s {api}/desk/sessions/$SESSION/ -H "Authorization: Bearer $TOKEN"; echo
# 7. The agent answers, which takes the session over.
curl -s {api}/human-handoff/send-message/ -H "Authorization: Bearer $TOKEN" -d session_id=$SESSION -d message="Hello Ann, how can I help?"; echo
# 8. The visitor reads what the agent wrote. With wait=25 the call waits for the next message.
curl -s "{api}/chatbot/messages/?after=6" -H "X-Session-Id: $SESSION"; echo
# 9. The agent resolves it; from now on the bot answers again.
curl -s {api}/human-handoff/resolve/ -H "Authorization: Bearer $TOKEN" -d notes=Answered -d handoff_session_id=$(curl -s "{api}/human-handoff/sessions/?status=assigned" -H "Authorization: Bearer $TOKEN" | sed -E 's/^\[\{{"id":([0-9]+).*/\1/'); echo"#
    )
}
