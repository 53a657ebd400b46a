//! Accounts, as their owners and superadmins see them.

use identity::accounts::{Account, Role};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{Timestamp, assignments::AssignmentStatus};

use super::{AsText, CompanyId, CompanyView, MoneyText, TimestampText, plan::plan_names};

/// An account, as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UserView {
    id: i64,
    username: String,
    email: String,
    first_name: String,
    last_name: String,
    name: Option<String>,
    #[schemars(extend("enum" = Role::WORDS))]
    role: &'static str,
    address: Option<String>,
    contact_person: Option<String>,
    contact_number: Option<String>,
    phone_number: Option<String>,
    company_id: Option<CompanyId>,
    current_plan: Option<UserPlan>,
    generated_password: Option<()>,
    date_joined: TimestampText,
    is_active: bool,
    company: Option<CompanyView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct UserPlan {
    id: i64,
    #[schemars(extend("enum" = plan_names()))]
    name: &'static str,
    max_agents: i32,
    price: MoneyText,
    #[schemars(extend("enum" = AssignmentStatus::WORDS))]
    status: &'static str,
}

impl UserView {
    pub(crate) fn new(account: &Account, now: Timestamp) -> Self {
        let contact = account.contact.as_ref();
        Self {
            id: account.user.get(),
            username: account.username.clone(),
            email: account.email.to_string(),
            first_name: account.names.first.clone(),
            last_name: account.names.last.clone(),
            name: contact.map(|contact| contact.name.clone()),
            role: account.role.as_str(),
            address: contact.map(|contact| contact.address.clone()),
            contact_person: contact.map(|contact| contact.contact_person.clone()),
            contact_number: contact.map(|contact| contact.contact_number.clone()),
            phone_number: contact.map(|contact| contact.phone_number.clone()),
            company_id: account.company.as_ref().map(|company| AsText(company.code)),
            current_plan: account.plan.as_ref().map(|assignment| UserPlan {
                id: assignment.plan.id.get(),
                name: assignment.plan.name.display(),
                max_agents: assignment.plan.max_agents,
                price: AsText(assignment.plan.price),
                status: assignment.status(now).as_str(),
            }),
            generated_password: None,
            date_joined: AsText(account.date_joined),
            is_active: account.is_active,
            company: account.company.as_ref().map(CompanyView::from),
        }
    }
}

/// An admin with the active plan of the company.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminRow {
    id: i64,
    email: String,
    name: String,
    address: String,
    contact_person: String,
    contact_number: String,
    phone_number: String,
    company_id: Option<CompanyId>,
    current_plan: Option<AdminPlan>,
    generated_password: Option<()>,
    date_joined: TimestampText,
    is_active: bool,
    company: Option<CompanyView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AdminPlan {
    assignment_id: i64,
    plan_id: i64,
    #[schemars(extend("enum" = plan_names()))]
    plan_name: &'static str,
    max_agents: i32,
    price: MoneyText,
    start_date: TimestampText,
    expiry_date: TimestampText,
    #[schemars(extend("enum" = AssignmentStatus::WORDS))]
    status: &'static str,
    days_remaining: u64,
}

impl AdminRow {
    pub(crate) fn new(account: &Account, now: Timestamp) -> Self {
        let contact = account.contact.clone().unwrap_or_default();
        let active = account.plan.as_ref().filter(|plan| plan.status(now) == AssignmentStatus::Active);
        Self {
            id: account.user.get(),
            email: account.email.to_string(),
            name: contact.name,
            address: contact.address,
            contact_person: contact.contact_person,
            contact_number: contact.contact_number,
            phone_number: contact.phone_number,
            company_id: account.company.as_ref().map(|company| AsText(company.code)),
            current_plan: active.map(|assignment| AdminPlan {
                assignment_id: assignment.id.get(),
                plan_id: assignment.plan.id.get(),
                plan_name: assignment.plan.name.display(),
                max_agents: assignment.plan.max_agents,
                price: AsText(assignment.plan.price),
                start_date: AsText(assignment.start),
                expiry_date: AsText(assignment.expiry),
                status: assignment.status(now).as_str(),
                days_remaining: assignment.days_remaining(now),
            }),
            generated_password: None,
            date_joined: AsText(account.date_joined),
            is_active: account.is_active,
            company: account.company.as_ref().map(CompanyView::from),
        }
    }
}
