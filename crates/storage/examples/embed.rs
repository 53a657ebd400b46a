//! Switchboard without its server, with the domain crates and storage only, and without a runtime. A company is
//! opened, the bot answers a visitor, the visitor asks for a person, and an admin answers and resolves the
//! handoff.
//!
//! `cargo run -p storage --example embed --features testing`

use std::{error::Error, sync::Arc};

use chatbot::{NewProfile, Search, Sessions as _, profile};
use handoff::{
    desk, reading,
    sending::{self, OutgoingMessage, Sent},
    turn::{self, Ask, Begun, Committed, Exchange},
};
use identity::{
    Email, Hasher, Password,
    accounts::{self, Contact, NewSuperadmin},
    admins::{self, NewAdmin},
};
use knowledge::{
    Index, Meanings, faq,
    load::{self, LoadMode},
};
use storage::{Database, testing::Scratch};
use tenancy::{
    CompanyCode, Money, SessionId, Timestamp,
    access::{self, Admin, Desk, Directory as _, Housekeeper, Staff, Superadmin, Visitor},
    audit::Action,
    plans::{NewPlan, PlanName, Plans as _},
};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let scratch = Scratch::sqlite();
    let db = scratch.open();
    let now = Timestamp::parse("2026-11-23T09:00:00Z")?;

    let (company, admin) = open_company(&db, now)?;
    println!("opened {company}");

    let hello = say(&db, company, None, "Hello", now)?;
    println!("bot: {}", hello.reply.response);
    let session = hello.session;
    give_profile(&db, company, session, now)?;

    let answered = say(&db, company, Some(session), "when is the bakery open?", now)?;
    let found = answered.reply.answered.as_ref().ok_or("the bot has no answer")?;
    println!("bot: {} (confidence {:.2}, {} citation)", found.answer, found.confidence, found.citations.len());

    let escalated = say(&db, company, Some(session), "I want to talk to a person", now)?;
    println!("bot: {}", escalated.reply.response);

    let desk = Desk::from(admin);
    let message = OutgoingMessage { text: Some("Good morning, this is Ann.".to_owned()), ..OutgoingMessage::default() };
    let sent = db.write(desk.clone(), move |store| sending::send(store, session, message, now)).wait()?;
    let (Sent::Stored(message) | Sent::Replayed(message)) = sent;
    println!("ann: {}", message.content.unwrap_or_default());

    let waiting =
        db.read(desk.clone(), |store| reading::sessions(store, &handoff::HandoffFilter::default(), None)).wait()?;
    let handoff = waiting.first().ok_or("the handoff is not listed")?.handoff.id;
    let resolved = db.write(desk, move |store| desk::resolve(store, handoff, "answered", now)).wait()?;
    println!("the session is {}", resolved.session_status.as_str());
    Ok(())
}

/// Opens a company with an admin and some knowledge, as a superadmin.
fn open_company(db: &Database, now: Timestamp) -> Result<(CompanyCode, Admin), Failure> {
    let hash = Hasher::new(4)?.hash(&Password::generate())?;
    let boss =
        NewSuperadmin { username: "root".to_owned(), email: Email::parse("root@example.com")?, hash: hash.clone() };
    let user = db.lobby_write(move |lobby| accounts::create_superadmin(lobby, boss, now)).wait()?;
    let Staff::Superadmin(superadmin) = admit(db, user)? else { return Err("not a superadmin".into()) };

    let opened = db.platform(superadmin.clone(), Action::CompanyOpened, move |platform| {
        let plan = NewPlan {
            name: PlanName::Basic,
            max_agents: 2,
            price: Money::from_cents(1_000),
            company_name: "Corner Bakery".to_owned(),
            expiry_date: None,
        };
        let plan = platform.insert_plan(&plan, now)?;
        let contact = Contact { name: "Corner Bakery".to_owned(), ..Contact::default() };
        let admin = NewAdmin { email: Email::parse("ann@bakery.example")?, contact, hash, first_login: false };
        Ok::<_, Failure>(admins::open(platform, admin, plan.id, now)?)
    });
    let opened = opened.wait()?;
    let company = opened.company.code;
    teach(db, superadmin, company, now)?;
    let Staff::Admin(admin) = admit(db, opened.user)? else { return Err("not an admin".into()) };
    Ok((company, admin))
}

fn teach(db: &Database, superadmin: Superadmin, company: CompanyCode, now: Timestamp) -> Result<(), Failure> {
    let entries = faq::parse(serde_json::json!({ "Shop": { "Opening": [
        { "question": "When is the bakery open?", "answer": "Every day from 7 to 18 o'clock." },
        { "question": "Do you bake without gluten?", "answer": "Yes, two kinds of bread, on Fridays." },
    ] } }))?;
    let taught = db.platform(superadmin, Action::KnowledgeLoaded, move |platform| {
        Ok::<_, Failure>(load::faq(&mut platform.office(company)?, &entries, LoadMode::Replace, now)?)
    });
    taught.wait()?;
    Ok(())
}

/// Admits a member of staff, as the check of a token does.
fn admit(db: &Database, user: tenancy::UserId) -> Result<Staff, Failure> {
    let admitted = db.lobby(move |lobby| {
        let account = lobby.account_state(user, None)?.ok_or(access::Denied::Gone)?;
        access::staff(lobby, user, account.version)
    });
    Ok(admitted.wait()?)
}

fn visitor(db: &Database, company: CompanyCode, session: Option<SessionId>) -> Result<Visitor, Failure> {
    Ok(db.lobby(move |lobby| access::visitor(lobby, Some(company), session)).wait()?)
}

fn give_profile(db: &Database, company: CompanyCode, session: SessionId, now: Timestamp) -> Result<(), Failure> {
    let profile = NewProfile {
        name: "Bo Lind".to_owned(),
        phone: "+977-9841234567".to_owned(),
        email: None,
        address: None,
        country_code: "+977".to_owned(),
    };
    let saved = db.write(visitor(db, company, Some(session))?, move |store| {
        let key = store.session(session)?.ok_or(profile::SaveProfileError::SessionNotFound)?.key;
        profile::save(store, key, profile, now)
    });
    saved.wait()?;
    Ok(())
}

/// Runs one turn: begin, look up the knowledge that it needs, commit.
fn say(
    db: &Database,
    company: CompanyCode,
    session: Option<SessionId>,
    text: &str,
    now: Timestamp,
) -> Result<Exchange, Failure> {
    let visitor = visitor(db, company, session)?;
    let ask = Arc::new(Ask { text: Some(text.to_owned()), context: "embedded".to_owned(), ..Ask::default() });
    let mut pending = match db.read(visitor.clone(), move |store| turn::begin(store, &ask, now)).wait()? {
        Begun::Ready(pending) => pending,
        Begun::Replay(exchange) => return Ok(*exchange),
        Begun::InProgress { .. } => return Err("the same turn is already being answered".into()),
    };
    while let Some((text, ..)) = pending.wants_knowledge() {
        // A server caches indexes in a `knowledge::IndexCache`.
        let text = text.to_owned();
        let chunks = db.read(Housekeeper::from(visitor.clone()), |store| load::snapshot(store, None)).wait()?;
        let found = Search::new(&Index::build(chunks), None, pending.settings(), pending.previous_question())
            .find(&text, &Meanings::default());
        pending.supply(found);
    }
    match db.write(visitor, move |store| turn::commit(store, pending, now)).wait()? {
        Committed::Done(exchange) => Ok(*exchange),
        Committed::Again(_) | Committed::Compose(_) => Err("the settings changed meanwhile".into()),
    }
}
