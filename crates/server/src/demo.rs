//! Two sample companies with staff and knowledge, used only by `switchboard demo`.

use identity::{
    Email, Hasher, Password, PasswordHash,
    accounts::{self, Contact, NewSuperadmin},
    admins::{self, NewAdmin},
    agents::{self, NewAgent, NewAgentRow},
};
use knowledge::{
    faq,
    load::{self, LoadMode},
};
use storage::{Database, PlatformStore};
use tenancy::{
    CompanyCode, Money, Timestamp,
    access::{self, Staff},
    audit::Action,
    plans::{NewPlan, PlanName, Plans as _},
};

/// The password of all accounts. The data is deleted when the demo ends.
pub(crate) const PASSWORD: &str = "demo-password";

/// The username of the superadmin.
pub(crate) const SUPERADMIN: &str = "root";

/// A sample company.
pub(crate) struct Sample {
    /// Name; the company's code is made from it.
    pub(crate) name: &'static str,
    /// Domain of the staff's e-mail addresses.
    pub(crate) domain: &'static str,
    /// Name of the only agent.
    pub(crate) agent: &'static str,
    /// A question that the knowledge answers, worded differently from the stored one.
    pub(crate) question: &'static str,
    /// Another one.
    pub(crate) second_question: &'static str,
    faq: &'static str,
}

/// Both sample companies.
pub(crate) const SAMPLES: [Sample; 2] = [
    Sample {
        name: "Harbour Bikes",
        domain: "harbour-bikes.example",
        agent: "Noor Haddad",
        question: "what is the deposit for a rental bike?",
        second_question: "can i take a test ride before buying?",
        faq: include_str!("../assets/demo/harbour_bikes.json"),
    },
    Sample {
        name: "Lumen Dental",
        domain: "lumen-dental.example",
        agent: "Ivo Marek",
        question: "how much is whitening my teeth?",
        second_question: "where can i park?",
        faq: include_str!("../assets/demo/lumen_dental.json"),
    },
];

impl Sample {
    /// Returns the admin's e-mail address.
    pub(crate) fn admin_email(&self) -> String {
        format!("admin@{}", self.domain)
    }

    /// Returns the agent's e-mail address.
    pub(crate) fn agent_email(&self) -> String {
        format!("agent@{}", self.domain)
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Fills an empty database and returns the codes of the companies.
pub(crate) fn fill(db: &Database, bcrypt_cost: u32, now: Timestamp) -> Result<Vec<CompanyCode>, Failure> {
    let hash = Hasher::new(bcrypt_cost)?.hash(&Password::new(PASSWORD.to_owned()))?;
    let new = NewSuperadmin {
        username: SUPERADMIN.to_owned(),
        email: Email::parse("root@switchboard.example")?,
        hash: hash.clone(),
    };
    let user = db.lobby_write(move |lobby| accounts::create_superadmin(lobby, new, now)).wait()?;
    let admitted = db.lobby(move |lobby| {
        let version = access::Directory::account_state(lobby, user, None)?.map(|state| state.version);
        version.map(|version| access::staff(lobby, user, version)).ok_or(access::Denied::Gone)?
    });
    let Staff::Superadmin(superadmin) = admitted.wait()? else {
        return Err("the new account is not a superadmin".into());
    };
    SAMPLES
        .iter()
        .map(|sample| {
            let opened = hash.clone();
            let open = move |platform: &mut PlatformStore<'_>| open(platform, sample, &opened, now);
            let company = db.platform(superadmin.clone(), Action::CompanyOpened, open).wait()?;
            // A new agent must replace the generated password first. Setting one has the same effect.
            let (login, hash) = (sample.agent_email(), hash.clone());
            db.lobby_write(move |lobby| accounts::set_password(lobby, &login, &hash)).wait()?;
            Ok(company)
        })
        .collect()
}

fn open(
    platform: &mut PlatformStore<'_>,
    sample: &Sample,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<CompanyCode, Failure> {
    let plan = NewPlan {
        name: PlanName::Pro,
        max_agents: 5,
        price: Money::from_cents(9_900),
        company_name: sample.name.to_owned(),
        expiry_date: None,
    };
    let plan = platform.insert_plan(&plan, now)?;
    let contact = Contact { name: sample.name.to_owned(), ..Contact::default() };
    let admin =
        NewAdmin { email: Email::parse(&sample.admin_email())?, contact, hash: hash.clone(), first_login: false };
    let company = admins::open(platform, admin, plan.id, now)?.company.code;
    let mut office = platform.office(company)?;
    let row = NewAgentRow { name: sample.agent.to_owned(), phone: String::new(), specialization: String::new() };
    agents::create(
        &mut office,
        NewAgent { email: Email::parse(&sample.agent_email())?, hash: hash.clone(), row },
        now,
    )?;
    let entries = faq::parse(serde_json::from_str(sample.faq)?)?;
    load::faq(&mut office, &entries, LoadMode::Replace, now)?;
    Ok(company)
}
