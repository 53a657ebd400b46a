//! The world as the platform's store.

use tenancy::{AssignmentId, CompanyCode, CompanyStatus, StoreError, Timestamp, UserId};

use super::{AccountRow, World};
use crate::{
    accounts::{Account, Role},
    admins::{AdminFilter, AdminList},
    subscriptions::{Owner, Subscription, Subscriptions},
};

impl World {
    fn is_open(&self, code: CompanyCode) -> bool {
        self.companies.iter().any(|company| company.code == code && company.status != CompanyStatus::Closed)
    }

    /// Returns the account of a row, without a plan.
    pub(super) fn account_of(&self, row: &AccountRow) -> Account {
        let user = row.credentials.user;
        Account {
            user,
            role: row.credentials.role,
            agent: self.agents.iter().find(|agent| agent.user == user).map(|agent| agent.id),
            username: row.username.clone(),
            email: row.credentials.email.clone(),
            names: row.names.clone(),
            contact: row.contact.clone(),
            company: self.companies.iter().find(|company| Some(company.code) == row.company).cloned(),
            plan: None,
            date_joined: row.date_joined,
            is_active: row.credentials.active,
        }
    }

    /// Returns a company's oldest admin.
    pub(super) fn oldest_admin(&self, code: CompanyCode) -> Option<&AccountRow> {
        let own = |row: &&AccountRow| row.credentials.role == Role::Admin && row.company == Some(code);
        self.accounts.iter().filter(own).min_by_key(|row| row.credentials.user)
    }
}

impl AdminList for World {
    fn admin(&mut self, user: UserId, _: Timestamp) -> Result<Option<Account>, StoreError> {
        let row = self.stored(user).filter(|row| row.credentials.role == Role::Admin);
        Ok(row.filter(|row| row.company.is_some_and(|code| self.is_open(code))).map(|row| self.account_of(row)))
    }

    fn count_admins(&mut self, _: Option<&str>) -> Result<i64, StoreError> {
        Ok(0)
    }

    fn page_of_admins(&mut self, _: &AdminFilter, _: i64, _: i64, _: Timestamp) -> Result<Vec<Account>, StoreError> {
        Ok(Vec::new())
    }
}

impl Subscriptions for World {
    fn subscription(&mut self, id: AssignmentId) -> Result<Option<Subscription>, StoreError> {
        Ok(self.subscriptions(None)?.into_iter().find(|row| row.assignment.id == id))
    }

    fn subscriptions(&mut self, of: Option<CompanyCode>) -> Result<Vec<Subscription>, StoreError> {
        let shown = |code: CompanyCode| self.is_open(code) && of.is_none_or(|of| of == code);
        let owner = |code| {
            self.oldest_admin(code).map(|row| Owner {
                user: row.credentials.user,
                username: row.username.clone(),
                email: row.credentials.email.clone(),
            })
        };
        let rows = self.assignments.iter().rev().filter(|(code, _)| shown(*code));
        Ok(rows
            .map(|(code, row)| Subscription { company: *code, owner: owner(*code), assignment: row.clone() })
            .collect())
    }
}
