//! Switchboard without its server: a company is opened, a visitor is answered and asks for a
//! person, an admin answers and resolves. Domain crates and storage alone, no runtime.
//!
//! `cargo run -p storage --example embed --features testing`

use std::{error::Error, sync::Arc};

use chatbot::{Found, NewProfile, Sessions as _, profile};
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
    Index, faq,
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
    let words = OutgoingMessage { text: Some("Good morning, this is Ann.".to_owned()), ..OutgoingMessage::default() };
    let sent = db.write(desk.clone(), move |store| sending::send(store, session, words, now)).wait()?;
    let (Sent::Stored(message) | Sent::Replayed(message)) = sent;
    println!("ann: {}", message.content.unwrap_or_default());

    let waiting =
        db.read(desk.clone(), |store| reading::sessions(store, &handoff::HandoffFilter::default(), None)).wait()?;
    let handoff = waiting.first().ok_or("the handoff is not listed")?.id;
    let resolved = db.write(desk, move |store| desk::resolve(store, handoff, "answered", now)).wait()?;
    println!("the session is {}", resolved.session_status.as_str());
    Ok(())
}

/// Opens a company with an admin and a little knowledge, as a superadmin would.
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
        let admin = NewAdmin { email: Email::parse("ann@bakery.example")?, contact, hash };
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

/// What a token check ends in: the account as the store has it.
fn admit(db: &Database, user: tenancy::UserId) -> Result<Staff, Failure> {
    let admitted = db.lobby(move |lobby| {
        let standing = lobby.account_state(user)?.ok_or(access::Denied::Gone)?;
        access::staff(lobby, user, standing.version)
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

/// One turn: begin, look up what is wanted, commit.
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
        Begun::InProgress { .. } => return Err("somebody else is answering".into()),
    };
    if let Some((text, ..)) = pending.wants_knowledge() {
        // A server keeps indexes in a `knowledge::IndexCache`.
        let text = text.to_owned();
        let chunks = db.read(Housekeeper::from(visitor.clone()), |store| load::snapshot(store)).wait()?;
        let found = Found::look_up(&Index::build(chunks), None, &text, pending.settings());
        pending.supply(found);
    }
    match db.write(visitor, move |store| turn::commit(store, pending, now)).wait()? {
        Committed::Done(exchange) => Ok(*exchange),
        Committed::Again(_) | Committed::Compose(_) => Err("the settings changed meanwhile".into()),
    }
}
