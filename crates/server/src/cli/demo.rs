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

/// Returns a whole conversation as six commands to paste.
fn steps(api: &str, sample: &Sample, code: &str) -> String {
    let question = sample.question;
    let agent = sample.agent_email();
    format!(
        r#"
Paste these one after the other.

# 1. A visitor says hello; the bot asks for a name.
SESSION=$(curl -s {api}/chatbot/chat/ -d company_id={code} -d message=Hello | sed -E 's/.*"session_id":"([^"]*)".*/\1/'); echo $SESSION
# 2. The site's own form gives the visitor's profile.
curl -s {api}/chatbot/create-profile/ -d session_id=$SESSION -d name="Ann Ray" -d phone=9841234567; echo
# 3. A question is answered from the company's knowledge, with a citation.
curl -s {api}/chatbot/chat/ -d company_id={code} -d session_id=$SESSION --data-urlencode "message={question}"; echo
# 4. The visitor asks for a person and is put into the queue.
curl -s {api}/chatbot/chat/ -d company_id={code} -d session_id=$SESSION --data-urlencode "message=Can I talk to a person?"; echo
# 5. An agent signs in and answers, which takes the session over.
TOKEN=$(curl -s {api}/auth/login/ -d username={agent} -d password={PASSWORD} | sed -E 's/.*"access":"([^"]*)".*/\1/'); curl -s {api}/human-handoff/send-message/ -H "Authorization: Bearer $TOKEN" -d session_id=$SESSION -d message="Hello Ann, how can I help?"; echo
# 6. The agent resolves it; from now on the bot answers again.
curl -s {api}/human-handoff/resolve/ -H "Authorization: Bearer $TOKEN" -d notes=Answered -d handoff_session_id=$(curl -s "{api}/human-handoff/sessions/?status=assigned" -H "Authorization: Bearer $TOKEN" | sed -E 's/^\[\{{"id":([0-9]+).*/\1/'); echo"#
    )
}
