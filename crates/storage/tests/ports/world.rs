//! A database with a superadmin, and helpers to fill it.

use identity::{
    Email, Hasher, Password, PasswordHash,
    accounts::{self, Contact, NewSuperadmin},
    admins::{self, CreateAdminError, CreatedAdmin, NewAdmin},
    agents::{self, Agent, CreateAgentError, NewAgent, NewAgentRow},
};
use storage::{Database, Ticket, testing::Scratch};
use tenancy::{
    Date, Money, StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Housekeeper, Office, Staff, Superadmin},
    audit::Action,
    plans::{NewPlan, Plan, PlanName, Plans},
};

pub(crate) const PASSWORD: &str = "a fine secret";

pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) boss: Superadmin,
    pub(crate) scratch: Scratch,
}

/// The time at which all rows are created.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T00:00:00Z").unwrap()
}

pub(crate) fn hash() -> PasswordHash {
    Hasher::new(4).unwrap().hash(&Password::new(PASSWORD)).unwrap()
}

pub(crate) fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

impl World {
    /// Makes a world on each available database.
    pub(crate) fn each() -> Vec<Self> {
        Scratch::each().into_iter().map(Self::new).collect()
    }

    pub(crate) fn new(scratch: Scratch) -> Self {
        let db = scratch.open();
        let new = NewSuperadmin { username: "boss".into(), email: email("boss@example.com"), hash: hash() };
        let user = db.lobby_write(move |store| accounts::create_superadmin(store, new, now())).wait().unwrap();
        let Staff::Superadmin(boss) = admit(&db, user).unwrap() else { panic!("no superadmin") };
        Self { db, boss, scratch }
    }

    pub(crate) fn plan(&self, name: PlanName, max_agents: i32) -> Plan {
        self.offer(NewPlan {
            name,
            max_agents,
            price: Money::from_cents(9_999),
            company_name: String::new(),
            expiry_date: None,
        })
    }

    pub(crate) fn offer(&self, plan: NewPlan) -> Plan {
        self.db
            .platform(self.boss.clone(), Action::PlanCreated, move |store| store.insert_plan(&plan, now()))
            .wait()
            .unwrap()
    }

    /// Opens a company with a plan.
    pub(crate) fn open(&self, name: &str, address: &str, plan: &Plan) -> Result<CreatedAdmin, CreateAdminError> {
        let (new, plan) = (admin(name, address), plan.id);
        self.db
            .platform(self.boss.clone(), Action::CompanyOpened, move |store| admins::open(store, new, plan, now()))
            .wait()
    }

    /// The office of an admin's company.
    pub(crate) fn office(&self, created: &CreatedAdmin) -> Office {
        match self.admit(created.user) {
            Ok(Staff::Admin(admin)) => admin.into(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn housekeeper(&self, created: &CreatedAdmin) -> Housekeeper {
        self.office(created).into()
    }

    pub(crate) fn admit(&self, user: UserId) -> Result<Staff, Denied> {
        admit(&self.db, user)
    }

    /// Starts the creation of an agent.
    pub(crate) fn hire(&self, office: &Office, address: &str) -> Ticket<Agent, CreateAgentError> {
        let row = NewAgentRow { name: "Bo".into(), phone: "555".into(), specialization: "sales".into() };
        let new = NewAgent { email: email(address), hash: hash(), row };
        self.db.write(office.clone(), move |store| agents::create(store, new, now()))
    }

    pub(crate) fn count(&self, from: &str) -> String {
        self.scratch.lines(&format!("SELECT CAST(count(*) AS TEXT) AS line FROM {from}")).concat()
    }
}

pub(crate) fn admin(name: &str, address: &str) -> NewAdmin {
    let contact = Contact { name: name.into(), address: "1 Road".into(), ..Contact::default() };
    NewAdmin { email: email(address), hash: hash(), first_login: false, contact }
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn admit(db: &Database, user: UserId) -> Result<Staff, Denied> {
    db.lobby(move |store| {
        let state = store.account_state(user, None).map_err(Denied::Store)?;
        let version = state.ok_or(Denied::Gone)?.version;
        access::staff(store, user, version)
    })
    .wait()
}

/// The result of a read of a company store.
pub(crate) type Read<T> = Result<T, StoreError>;
