//! The world as one company's store shows it.

use tenancy::{
    AgentId, AssignmentId, CompanyCode, PlanId, StoreError, Timestamp, UserId,
    access::{ActingAs, Caller, Office},
    assignments::{Assignment, AssignmentStatus, Assignments},
    plans::Plans,
};

use super::World;
use crate::{
    Email, PasswordHash,
    accounts::{Contact, NewAccount, Reserved},
    agents::{Agent, AgentStatus, NewAgentRow},
    ports::{Accounts, Admins, Agents, Logins},
};

pub(super) struct Bound<'w> {
    pub(super) world: &'w mut World,
    pub(super) office: Office,
}

impl Bound<'_> {
    fn code(&self) -> CompanyCode {
        self.office.scope().company()
    }
}

impl ActingAs<Office> for Bound<'_> {
    fn caller(&self) -> &Office {
        &self.office
    }
}

impl Logins for Bound<'_> {
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<Reserved, StoreError> {
        let company = Some(self.code());
        Ok(self.world.reserve(account, company, now))
    }
}

impl Admins for Bound<'_> {
    fn insert_admin(&mut self, user: UserId, contact: &Contact) -> Result<(), StoreError> {
        self.world.stored_mut(user).contact = Some(contact.clone());
        Ok(())
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
            stored: AgentStatus::Pending,
            first_login: account.first_login,
            is_active: true,
            last_active: None,
            created_at: now,
        };
        self.world.agents.push(agent.clone());
        Ok(agent)
    }

    fn active_agents(&mut self) -> Result<Vec<Agent>, StoreError> {
        let code = self.code();
        Ok(self.world.agents.iter().rev().filter(|agent| agent.company == code && agent.is_active).cloned().collect())
    }

    fn reset_agent_password(&mut self, agent: AgentId, hash: &PasswordHash) -> Result<Option<Email>, StoreError> {
        let code = self.code();
        let own = |row: &&Agent| row.id == agent && row.company == code && row.is_active;
        let Some(user) = self.world.agents.iter().find(own).map(|row| row.user) else {
            return Ok(None);
        };
        self.world.set_password(user, hash)?;
        let credentials = &mut self.world.stored_mut(user).credentials;
        credentials.first_login = true;
        Ok(Some(credentials.email.clone()))
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
        let stored = AssignmentStatus::Active;
        let row = Assignment { id, plan, stored, start, expiry, notes: notes.into(), created_at: start };
        let code = self.code();
        self.world.assignments.push((code, row));
        Ok(id)
    }
}
