//! An in-memory store that implements all ports, for this crate's tests.
//!
//! It keeps rows in vectors and does not isolate companies or transactions. The tests of the storage crate
//! check that on real databases.

use std::{collections::BTreeMap, net::IpAddr};

use tenancy::{
    AgentId, Company, CompanyCode, CompanyStatus, Fault, Money, PlanId, SessionId, StoreError, Timestamp, UserId,
    access::{self, AccountState, Directory, SessionLocation, Staff, TokenVersion},
    assignments::Assignment,
    audit::{Action, Audit, AuditActor, Object, Register},
    companies::{CodePrefix, Companies},
    plans::{NewPlan, Plan, PlanFilter, PlanName, Plans},
};

use self::company::Bound;
use crate::{
    Email, Hasher, Origin, Password, PasswordHash,
    accounts::{Account, Accounts, Contact, Credentials, LoginReservation, Logins, NewAccount, PersonName, Role},
    admins::{CompanyOffice, Platform},
    agents::{Agent, AgentStatus, NewAgentRow},
    presence::PresenceRecord,
    refresh::Family,
    sign_in::SignInOrigins,
    tickets::{TicketHash, TicketRecord},
    tokens::{FamilyId, Grant, Lifetimes},
};

mod company;
mod platform;
mod tokens;

pub(crate) const PASSWORD: &str = "a fine secret";

pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) hasher: Hasher,
    pub(crate) companies: Vec<Company>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) accounts: Vec<AccountRow>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) families: Vec<Family>,
    pub(crate) tickets: Vec<(TicketHash, TicketRecord)>,
    pub(crate) assignments: Vec<(CompanyCode, Assignment)>,
    pub(crate) arrivals: Vec<(AgentId, Option<IpAddr>, Timestamp)>,
    pub(crate) connected: BTreeMap<AgentId, Timestamp>,
    pub(crate) origins: Vec<(UserId, Origin, Timestamp)>,
    pub(crate) audit: Vec<(Option<CompanyCode>, AuditActor, Action, Object)>,
}

pub(crate) struct AccountRow {
    pub(crate) credentials: Credentials,
    pub(crate) username: String,
    pub(crate) names: PersonName,
    pub(crate) company: Option<CompanyCode>,
    pub(crate) contact: Option<Contact>,
    pub(crate) date_joined: Timestamp,
}

impl Default for World {
    fn default() -> Self {
        Self {
            now: Timestamp::parse("2026-11-23T00:00:00Z").unwrap(),
            hasher: Hasher::new(4).unwrap(),
            companies: Vec::new(),
            plans: Vec::new(),
            accounts: Vec::new(),
            agents: Vec::new(),
            families: Vec::new(),
            tickets: Vec::new(),
            assignments: Vec::new(),
            arrivals: Vec::new(),
            connected: BTreeMap::new(),
            origins: Vec::new(),
            audit: Vec::new(),
        }
    }
}

impl World {
    pub(crate) fn company(&mut self, name: &str) -> CompanyCode {
        let now = self.now;
        tenancy::companies::open(self, name, now).unwrap().code
    }

    pub(crate) fn offer(&mut self, max_agents: i32, is_active: bool) -> PlanId {
        let now = self.now;
        let new = NewPlan {
            name: PlanName::Pro,
            max_agents,
            price: Money::from_cents(100),
            company_name: String::new(),
            expiry_date: None,
        };
        let plan = self.insert_plan(&new, now).unwrap();
        self.plans.last_mut().unwrap().is_active = is_active;
        plan.id
    }

    /// Stores an account with [`PASSWORD`]. An agent's account gets no agent row.
    pub(crate) fn account(
        &mut self,
        role: Role,
        email: &str,
        company: Option<CompanyCode>,
        first_login: bool,
    ) -> UserId {
        let email = Email::parse(email).unwrap();
        let account = NewAccount {
            role,
            username: email.local_part().to_owned(),
            email,
            hash: self.hasher.hash(&Password::new(PASSWORD)).unwrap(),
            version: TokenVersion(7),
            first_login,
            names: PersonName::default(),
        };
        let now = self.now;
        match self.reserve(&account, company, now) {
            LoginReservation::Account(user) => user,
            taken => panic!("{taken:?}"),
        }
    }

    pub(crate) fn agent(&mut self, email: &str, company: CompanyCode, first_login: bool) -> (UserId, AgentId) {
        let user = self.account(Role::Agent, email, Some(company), first_login);
        let row = NewAgentRow { name: "Bo".into(), phone: "555-TEST".into(), specialization: String::new() };
        let now = self.now;
        let agent = self.enter(company).unwrap().insert_agent(user, &row, now).unwrap();
        (user, agent.id)
    }

    /// Starts a refresh token family, as a sign-in does.
    pub(crate) fn sign_in(&mut self, user: UserId) -> Grant {
        let version = self.credentials(user).version;
        let staff = access::staff(self, user, version).unwrap();
        let grant = Grant::new(&staff, version, FamilyId::random(), Lifetimes::default(), self.now);
        self.families.push(Family::new(grant.clone()));
        grant
    }

    pub(crate) fn credentials(&self, user: UserId) -> Credentials {
        self.stored(user).unwrap().credentials.clone()
    }

    pub(crate) fn stored_mut(&mut self, user: UserId) -> &mut AccountRow {
        self.accounts.iter_mut().find(|row| row.credentials.user == user).unwrap()
    }

    fn stored(&self, user: UserId) -> Option<&AccountRow> {
        self.accounts.iter().find(|row| row.credentials.user == user)
    }

    fn agent_mut(&mut self, id: AgentId) -> &mut Agent {
        self.agents.iter_mut().find(|agent| agent.id == id).unwrap()
    }

    fn reserve(&mut self, new: &NewAccount, company: Option<CompanyCode>, now: Timestamp) -> LoginReservation {
        if self.accounts.iter().any(|row| row.credentials.email == new.email) {
            return LoginReservation::EmailTaken;
        }
        if self.accounts.iter().any(|row| row.username == new.username) {
            return LoginReservation::UsernameTaken;
        }
        let user = UserId::new(self.accounts.iter().map(|row| row.credentials.user.get()).max().unwrap_or(0) + 1);
        let credentials = Credentials {
            user,
            role: new.role,
            email: new.email.clone(),
            hash: new.hash.clone(),
            version: new.version,
            active: true,
            first_login: new.first_login,
            handed_out_at: new.first_login.then_some(now),
        };
        self.accounts.push(AccountRow {
            credentials,
            username: new.username.clone(),
            names: new.names.clone(),
            company,
            contact: None,
            date_joined: now,
        });
        LoginReservation::Account(user)
    }
}

impl Directory for World {
    fn account_state(&mut self, user: UserId, family: Option<FamilyId>) -> Result<Option<AccountState>, StoreError> {
        let Some(row) = self.stored(user) else { return Ok(None) };
        let role = match (row.credentials.role, row.company) {
            (Role::Admin, Some(company)) => access::Role::Admin { company, name: String::new() },
            (Role::Agent, Some(company)) => match self.agents.iter().find(|agent| agent.user == user) {
                Some(agent) => access::Role::Agent { company, id: agent.id, name: agent.name.clone() },
                None => return Ok(None),
            },
            _ => access::Role::Superadmin,
        };
        let open = |code| self.companies.iter().any(|c| c.code == code && c.status == CompanyStatus::Active);
        let active = row.credentials.active && row.company.is_none_or(open);
        let lasts =
            |family| self.families.iter().any(|of| of.newest.family == family && of.newest.user == user && !of.revoked);
        let signed_out = family.is_some_and(|family| !lasts(family));
        Ok(Some(AccountState { role, active, version: row.credentials.version, signed_out }))
    }

    fn company(&mut self, code: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
        Ok(Companies::find(self, code)?.map(|company| (company.name, company.status)))
    }

    fn session(&mut self, _: SessionId) -> Result<Option<SessionLocation>, StoreError> {
        Ok(None)
    }

    fn agent(&mut self, _: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
        Ok(None)
    }
}

impl Accounts for World {
    fn credentials_by_login(&mut self, login: &str, email_key: &str) -> Result<Option<Credentials>, StoreError> {
        let by_name = self.accounts.iter().find(|row| row.username == login).map(|row| row.credentials.clone());
        by_name.map_or_else(|| self.credentials_by_email(email_key), |found| Ok(Some(found)))
    }

    fn credentials_by_email(&mut self, email_key: &str) -> Result<Option<Credentials>, StoreError> {
        let found = self.accounts.iter().find(|row| row.credentials.email.key() == email_key);
        Ok(found.map(|row| row.credentials.clone()))
    }

    fn credentials_of(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        Ok(self.stored(user).map(|row| row.credentials.clone()))
    }

    fn credentials_for_update(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        self.credentials_of(user)
    }

    fn set_password(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError> {
        let credentials = &mut self.stored_mut(user).credentials;
        credentials.hash = hash.clone();
        credentials.version.0 += 1;
        (credentials.first_login, credentials.handed_out_at) = (false, None);
        Ok(())
    }

    fn renew_hash(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError> {
        self.stored_mut(user).credentials.hash = hash.clone();
        Ok(())
    }

    fn highest_cost(&mut self) -> Result<u32, StoreError> {
        let costs = self.accounts.iter().filter_map(|row| row.credentials.hash.as_str().get(4..6)?.parse().ok());
        Ok(costs.max().unwrap_or(0))
    }

    fn end_tokens(&mut self, user: UserId) -> Result<(), StoreError> {
        self.stored_mut(user).credentials.version.0 += 1;
        Ok(())
    }

    fn own_account(&mut self, caller: &Staff, _: Timestamp) -> Result<Option<Account>, StoreError> {
        let Some(row) = self.stored(caller.user()) else {
            return Ok(None);
        };
        Ok(Some(self.account_of(row)))
    }
}

impl Register for World {
    fn register(&mut self, chain: Option<CompanyCode>, actor: AuditActor, action: Action, object: Object) {
        self.audit.push((chain, actor, action, object));
    }
}

/// Records in the installation's chain, as the platform's store does.
impl Audit for World {
    fn record(&mut self, action: Action, object: Object) {
        self.register(None, AuditActor::Anonymous, action, object);
    }
}

impl Logins for World {
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError> {
        Ok(self.reserve(account, None, now))
    }
}

impl SignInOrigins for World {
    fn has_signed_in_from(&mut self, user: UserId, origin: Origin, since: Timestamp) -> Result<bool, StoreError> {
        Ok(self.origins.iter().any(|(who, from, at)| (*who, *from) == (user, origin) && *at >= since))
    }

    fn note_sign_in(
        &mut self,
        user: UserId,
        origin: Origin,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        self.origins.retain(|(who, from, at)| *who != user || *from != origin && *at >= since);
        self.origins.push((user, origin, now));
        Ok(())
    }
}

impl PresenceRecord for World {
    fn agent_arrived(&mut self, agent: &access::Agent, ip: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        self.agent_mut(agent.id()).stored_status = AgentStatus::Available;
        self.arrivals.push((agent.id(), ip, now));
        Ok(())
    }

    fn agent_set_offline(&mut self, agent: &access::Agent) -> Result<(), StoreError> {
        self.agent_mut(agent.id()).stored_status = AgentStatus::Offline;
        Ok(())
    }

    fn agent_left(&mut self, agent: &access::Agent, _: Option<IpAddr>, now: Timestamp) -> Result<(), StoreError> {
        let row = self.agent_mut(agent.id());
        (row.stored_status, row.last_active) = (AgentStatus::Offline, Some(now));
        Ok(())
    }

    fn agent_set_status(
        &mut self,
        agent: &access::Agent,
        status: AgentStatus,
        _: Option<IpAddr>,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.agent_mut(agent.id()).stored_status = status;
        Ok(())
    }

    fn agent_status(&mut self, agent: &access::Agent) -> Result<Option<AgentStatus>, StoreError> {
        Ok(Some(self.agent_mut(agent.id()).stored_status))
    }

    fn agent_lost(&mut self, agent: &access::Agent, now: Timestamp) -> Result<(), StoreError> {
        let row = self.agent_mut(agent.id());
        (row.stored_status, row.last_active) = (AgentStatus::Offline, Some(now));
        Ok(())
    }

    fn agent_seen(&mut self, _: &access::Agent, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    fn agent_connected(&mut self, agent: &access::Agent, until: Timestamp) -> Result<(), StoreError> {
        self.connected.insert(agent.id(), until);
        Ok(())
    }

    fn agent_stays(&mut self, agent: &access::Agent, until: Timestamp) -> Result<bool, StoreError> {
        let known = self.connected.get_mut(&agent.id());
        Ok(known.map(|connected| *connected = until).is_some())
    }

    fn agents_gone(&mut self, now: Timestamp, _: i64) -> Result<Vec<(CompanyCode, AgentId)>, StoreError> {
        let gone = self.connected.iter().filter(|(_, until)| **until <= now);
        Ok(gone.map(|(id, _)| (self.agents.iter().find(|agent| agent.id == *id).unwrap().company, *id)).collect())
    }
}

impl Companies for World {
    fn next_number(&mut self, prefix: CodePrefix) -> Result<u64, StoreError> {
        let prefix = prefix.to_string();
        Ok(self.companies.iter().filter(|company| company.code.as_str().starts_with(&prefix)).count() as u64 + 1)
    }

    fn insert(&mut self, code: CompanyCode, name: &str, _: Timestamp) -> Result<(), StoreError> {
        self.companies.push(Company { code, name: name.into(), status: CompanyStatus::Active });
        Ok(())
    }

    fn find(&mut self, code: CompanyCode) -> Result<Option<Company>, StoreError> {
        Ok(self.companies.iter().find(|company| company.code == code).cloned())
    }
}

impl Plans for World {
    fn insert_plan(&mut self, plan: &NewPlan, now: Timestamp) -> Result<Plan, StoreError> {
        let plan = Plan {
            id: PlanId::new(self.plans.len() as i64 + 1),
            name: plan.name,
            max_agents: plan.max_agents,
            price: plan.price,
            is_active: true,
            created_at: now,
            company_name: plan.company_name.clone(),
            expiry_date: plan.expiry_date,
        };
        self.plans.push(plan.clone());
        Ok(plan)
    }

    fn plan(&mut self, id: PlanId) -> Result<Option<Plan>, StoreError> {
        Ok(self.plans.iter().find(|plan| plan.id == id).cloned())
    }

    fn active_plans(&mut self) -> Result<Vec<Plan>, StoreError> {
        Ok(self.plans.clone())
    }

    fn page_of_plans(&mut self, _: &PlanFilter, _: i64, _: i64) -> Result<(i64, Vec<Plan>), StoreError> {
        Ok((0, Vec::new()))
    }
}

impl Platform for World {
    fn enter(&mut self, company: CompanyCode) -> Result<Box<dyn CompanyOffice + '_>, StoreError> {
        let boss = self.accounts.iter().find(|row| row.credentials.role == Role::Superadmin);
        let (user, version) = match boss {
            Some(row) => (row.credentials.user, row.credentials.version),
            None => (self.account(Role::Superadmin, "boss@example.com", None, false), TokenVersion(7)),
        };
        let Ok(Staff::Superadmin(boss)) = access::staff(self, user, version) else { panic!("no superadmin") };
        let office = boss.enter(self, company).map_err(|error| StoreError::new(Fault::Broken, error))?;
        Ok(Box::new(Bound { world: self, office }))
    }
}
