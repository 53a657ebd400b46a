//! The world as the store of one company.

use tenancy::{
    AgentId, AssignmentId, Company, CompanyCode, CompanyStatus, PlanId, StoreError, Timestamp, UserId,
    access::{ActingAs, Caller, Office, Supervisor},
    assignments::{Assignment, AssignmentStatus, Assignments},
    audit::{Action, Audit, AuditActor, Object, Register as _},
    companies::CompanyRecord,
    plans::Plans,
};

use super::{AccountRow, World};
use crate::{
    Email, PasswordHash,
    accounts::{Accounts, Contact, LoginReservation, Logins, NewAccount, PersonName, Role},
    admins::{AdminChange, AdminChangeOutcome, Admins},
    agents::{Agent, AgentSession, AgentStatus, Agents, NewAgentRow},
};

pub(super) struct Bound<'w> {
    pub(super) world: &'w mut World,
    pub(super) office: Office,
}

impl Bound<'_> {
    fn code(&self) -> CompanyCode {
        self.office.scope().company()
    }

    fn company(&mut self) -> &mut Company {
        let code = self.code();
        self.world.companies.iter_mut().find(|company| company.code == code).unwrap()
    }

    fn is_own(&self, admin: UserId) -> bool {
        let own = |row: &AccountRow| row.credentials.role == Role::Admin && row.company == Some(self.code());
        self.world.stored(admin).is_some_and(own)
    }
}

impl CompanyRecord for Bound<'_> {
    fn company_for_update(&mut self) -> Result<Company, StoreError> {
        Ok(self.company().clone())
    }

    fn set_status(&mut self, status: CompanyStatus) -> Result<(), StoreError> {
        self.company().status = status;
        Ok(())
    }

    fn rename(&mut self, name: &str, _: Timestamp) -> Result<(), StoreError> {
        self.company().name = name.to_owned();
        Ok(())
    }
}

impl Audit for Bound<'_> {
    fn record(&mut self, action: Action, object: Object) {
        let actor = match self.office.supervisor() {
            Supervisor::Admin(admin) => AuditActor::Admin(admin.user()),
            Supervisor::Superadmin(superadmin) => AuditActor::Superadmin(superadmin.user()),
        };
        self.world.register(Some(self.code()), actor, action, object);
    }
}

impl ActingAs<Office> for Bound<'_> {
    fn caller(&self) -> &Office {
        &self.office
    }
}

impl Logins for Bound<'_> {
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError> {
        let company = Some(self.code());
        Ok(self.world.reserve(account, company, now))
    }
}

impl Admins for Bound<'_> {
    fn insert_admin(&mut self, user: UserId, contact: &Contact) -> Result<(), StoreError> {
        self.world.stored_mut(user).contact = Some(contact.clone());
        Ok(())
    }

    fn change_admin(&mut self, user: UserId, change: &AdminChange) -> Result<AdminChangeOutcome, StoreError> {
        if !self.is_own(user) {
            return Ok(AdminChangeOutcome::Missing);
        }
        let taken =
            |row: &AccountRow| row.credentials.user != user && Some(&row.credentials.email) == change.email.as_ref();
        if self.world.accounts.iter().any(taken) {
            return Ok(AdminChangeOutcome::EmailTaken);
        }
        let row = self.world.stored_mut(user);
        let contact = row.contact.get_or_insert_default();
        for (field, new) in [
            (&mut contact.name, &change.name),
            (&mut contact.address, &change.address),
            (&mut contact.contact_person, &change.contact_person),
            (&mut contact.contact_number, &change.contact_number),
            (&mut contact.phone_number, &change.phone_number),
            (&mut row.names.first, &change.first_name),
            (&mut row.names.last, &change.last_name),
        ] {
            field.clone_from(new.as_ref().unwrap_or(&field.clone()));
        }
        row.credentials.email = change.email.clone().unwrap_or(row.credentials.email.clone());
        Ok(AdminChangeOutcome::Stored)
    }

    fn delete_admin(&mut self, user: UserId) -> Result<bool, StoreError> {
        let is_own = self.is_own(user);
        self.world.accounts.retain(|row| !is_own || row.credentials.user != user);
        Ok(is_own)
    }

    fn reset_admin_password(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError> {
        if !self.is_own(user) || !self.world.credentials(user).active {
            return Ok(None);
        }
        self.world.set_password(user, hash)?;
        let credentials = &mut self.world.stored_mut(user).credentials;
        (credentials.first_login, credentials.handed_out_at) = (true, Some(now));
        Ok(Some(credentials.email.clone()))
    }

    fn owner(&mut self) -> Result<Option<UserId>, StoreError> {
        Ok(self.world.oldest_admin(self.code()).map(|row| row.credentials.user))
    }
}

impl Agents for Bound<'_> {
    fn count_agents(&mut self) -> Result<i64, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().filter(|agent| agent.company == code).count() as i64)
    }

    fn agent_has_email(&mut self, email: &Email) -> Result<bool, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().any(|agent| agent.company == code && agent.email == *email))
    }

    fn insert_agent(&mut self, user: UserId, agent: &NewAgentRow, now: Timestamp) -> Result<Agent, StoreError> {
        let account = self.world.credentials(user);
        let agent = Agent {
            id: AgentId::new(self.world.agents.len() as i64 + 101),
            user,
            company: self.code(),
            name: agent.name.clone(),
            email: account.email,
            phone: agent.phone.clone(),
            specialization: agent.specialization.clone(),
            stored_status: AgentStatus::Pending,
            first_login: account.first_login,
            is_active: true,
            last_active: None,
            last_seen: None,
            created_at: now,
        };
        self.world.agents.push(agent.clone());
        Ok(agent)
    }

    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().rev().filter(|agent| agent.company == code && agent.is_active).cloned().collect())
    }

    fn agent(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        Ok(self.active_agents()?.into_iter().find(|agent| agent.id == id))
    }

    fn all_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().rev().filter(|agent| agent.company == code).cloned().collect())
    }

    fn reset_agent_password(
        &mut self,
        agent: AgentId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError> {
        let code = self.code();
        let own = |row: &&Agent| row.id == agent && row.company == code && row.is_active;
        let Some(user) = self.world.agents.iter().find(own).map(|row| row.user) else {
            return Ok(None);
        };
        self.world.set_password(user, hash)?;
        let credentials = &mut self.world.stored_mut(user).credentials;
        (credentials.first_login, credentials.handed_out_at) = (true, Some(now));
        Ok(Some(credentials.email.clone()))
    }

    fn agent_for_update(&mut self, id: AgentId) -> Result<Option<Agent>, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().find(|agent| agent.id == id && agent.company == code).cloned())
    }

    fn write_agent(&mut self, agent: &Agent, names: &PersonName) -> Result<bool, StoreError> {
        let taken = |row: &AccountRow| row.credentials.user != agent.user && row.credentials.email == agent.email;
        if self.world.accounts.iter().any(taken) {
            return Ok(false);
        }
        let account = self.world.stored_mut(agent.user);
        account.username = agent.email.as_str().to_owned();
        account.names = names.clone();
        account.credentials.email = agent.email.clone();
        account.credentials.active = agent.is_active;
        *self.world.agent_mut(agent.id) = agent.clone();
        Ok(true)
    }

    fn send_off(&mut self, agent: &Agent, _: Timestamp) -> Result<AgentStatus, StoreError> {
        self.world.stored_mut(agent.user).credentials.version.0 += 1;
        for family in self.world.families.iter_mut().filter(|family| family.newest.user == agent.user) {
            family.revoked = true;
        }
        let row = self.world.agent_mut(agent.id);
        if row.stored_status != AgentStatus::Pending {
            row.stored_status = AgentStatus::Offline;
        }
        Ok(row.stored_status)
    }

    fn delete_agent(&mut self, agent: &Agent) -> Result<(), StoreError> {
        self.world.agents.retain(|row| row.id != agent.id);
        self.world.families.retain(|family| family.newest.user != agent.user);
        self.world.accounts.retain(|row| row.credentials.user != agent.user);
        Ok(())
    }

    fn agent_sessions(&mut self, _: Option<AgentId>) -> Result<Vec<AgentSession>, StoreError> {
        Ok(Vec::new())
    }
}

impl Assignments for Bound<'_> {
    fn assignments(&mut self) -> Result<Vec<Assignment>, StoreError> {
        let code = self.code();
        Ok(self.world.assignments.iter().rev().filter(|(of, _)| *of == code).map(|(_, row)| row.clone()).collect())
    }

    fn assignments_for_update(&mut self) -> Result<Vec<Assignment>, StoreError> {
        self.assignments()
    }

    fn start(
        &mut self,
        plan: PlanId,
        start: Timestamp,
        expiry: Timestamp,
        notes: &str,
    ) -> Result<AssignmentId, StoreError> {
        let id = AssignmentId::new(self.world.assignments.len() as i64 + 1);
        let plan = self.world.plan(plan)?.unwrap();
        let stored_status = AssignmentStatus::Active;
        let row = Assignment { id, plan, stored_status, start, expiry, notes: notes.into(), created_at: start };
        let code = self.code();
        self.world.assignments.push((code, row));
        Ok(id)
    }

    fn end(&mut self, id: AssignmentId, status: AssignmentStatus, notes: Option<&str>) -> Result<(), StoreError> {
        let code = self.code();
        let row = self.world.assignments.iter_mut().find(|(of, row)| *of == code && row.id == id);
        if let Some((_, row)) = row {
            row.stored_status = status;
            row.notes = notes.map_or_else(|| row.notes.clone(), str::to_owned);
        }
        Ok(())
    }
}
