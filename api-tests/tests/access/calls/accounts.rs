//! Sign-in, companies, plans, agents and bot settings.

use api_tests::prelude::*;

use super::{Body, Missing, Sending, about, bare, list, named_company, nothing, plain, results};
use crate::{
    rights::{AGENTS, COMPANIES},
    scene::{Kind, Thing},
};

const NO_ADMIN: Missing = Missing::Error(404, "Admin not found");
const NO_ACTIVE_ASSIGNMENT: Missing = Missing::Error(404, "Active assignment not found");

pub(crate) fn login() -> Sending {
    plain(|thing| Body::Json(json!({"username": thing.email, "password": thing.password})))
}

pub(crate) fn agent_login() -> Sending {
    plain(|thing| Body::Json(json!({"email": thing.email, "password": thing.password})))
}

pub(crate) fn refresh() -> Sending {
    plain(|thing| Body::Json(json!({"refresh": thing.refresh})))
}

fn first_login(thing: &Thing) -> Body {
    let new = "NewPassword123";
    Body::Json(json!({"email": thing.email, "current_password": thing.password,
        "new_password": new, "confirm_password": new}))
}

pub(crate) fn admin_first_login() -> Sending {
    Sending { kind: Kind::NewOwner, ..plain(first_login).spending() }
}

pub(crate) fn agent_first_login() -> Sending {
    Sending { kind: Kind::NewAgent, ..plain(first_login).spending() }
}

pub(crate) fn own_account() -> Sending {
    plain(nothing)
}

/// Every caller of a row needs its password for the next row, so this call is refused for its new password.
/// `tests/passwords.rs` has the calls that change one.
pub(crate) fn same_password() -> Sending {
    plain(|_| Body::Json(json!({"current_password": "the same password", "new_password": "the same password"})))
}

pub(crate) fn create_admin() -> Sending {
    let body = |thing: &Thing| {
        let email = format!("new{}@firm.example", thing.number);
        Body::Json(json!({"name": "Firm", "email": email, "plan_id": thing.plan}))
    };
    plain(body).spending()
}

pub(crate) fn reset_admin_password() -> Sending {
    let missing = Missing::Field("admin_id", "Admin not found or inactive.");
    about(Kind::Company, COMPANIES, missing, |thing| Body::Json(json!({"admin_id": thing.id}))).spending()
}

pub(crate) fn list_admins() -> Sending {
    list(Kind::Company, COMPANIES, results, "/id", |thing| json!(thing.id))
}

pub(crate) fn update_admin() -> Sending {
    about(Kind::Company, COMPANIES, NO_ADMIN, |_| Body::Json(json!({"address": "Main Street 1"})))
}

pub(crate) fn delete_admin() -> Sending {
    about(Kind::Company, COMPANIES, NO_ADMIN, nothing).spending()
}

pub(crate) fn create_plan() -> Sending {
    plain(|_| Body::Json(json!({"plan_name": "basic", "max_agents": 5, "price": "99.99"})))
}

pub(crate) fn change_admin_plan() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"new_plan_id": thing.plan}));
    about(Kind::Company, COMPANIES, NO_ADMIN, body).spending()
}

pub(crate) fn cancel_subscription() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"assignment_id": thing.assignment}));
    about(Kind::Company, COMPANIES, NO_ACTIVE_ASSIGNMENT, body).spending()
}

pub(crate) fn renew_subscription() -> Sending {
    let missing = Missing::Error(404, "Assignment not found");
    let body = |thing: &Thing| Body::Json(json!({"assignment_id": thing.assignment}));
    about(Kind::Company, COMPANIES, missing, body).spending()
}

pub(crate) fn upgrade_plan() -> Sending {
    let body = |thing: &Thing| Body::Json(json!({"assignment_id": thing.assignment, "new_plan_id": thing.plan}));
    about(Kind::Company, COMPANIES, NO_ACTIVE_ASSIGNMENT, body).spending()
}

pub(crate) fn list_plans() -> Sending {
    plain(nothing)
}

pub(crate) fn list_assignments() -> Sending {
    list(Kind::Company, COMPANIES, bare, "/user", |thing| json!(thing.id))
}

pub(crate) fn create_agent() -> Sending {
    let body = |thing: &Thing| {
        let email = format!("new{}@staff.example", thing.number);
        Body::Json(json!({"name": "New", "phone": "1", "email": email, "specialization": "x", "company_id": "SPA001"}))
    };
    Sending { own: |body, company| body["agent"]["company_id"] == company, ..plain(body).spending() }
}

pub(crate) fn check_agent_limit() -> Sending {
    Sending {
        own: |body, company| body["max_allowed"] == if company == "TES001" { 500 } else { 400 },
        ..plain(nothing)
    }
}

pub(crate) fn list_agents() -> Sending {
    list(Kind::Agent, AGENTS, bare, "/id", |thing| json!(thing.id))
}

pub(crate) fn agent_sessions() -> Sending {
    list(Kind::Agent, AGENTS, bare, "/agent_name", |thing| json!(thing.name))
}

const NO_AGENT_HERE: Missing = Missing::Error(404, "Agent not found or does not belong to your company");

pub(crate) fn update_agent() -> Sending {
    about(Kind::Agent, AGENTS, NO_AGENT_HERE, |_| Body::Json(json!({"phone": "555-NEW"})))
}

pub(crate) fn delete_agent() -> Sending {
    about(Kind::Agent, AGENTS, Missing::Error(404, "Agent not found"), nothing).spending()
}

pub(crate) fn reset_agent_password() -> Sending {
    let missing = Missing::Field("agent_id", "Agent not found or inactive.");
    about(Kind::Agent, AGENTS, missing, |thing| Body::Json(json!({"agent_id": thing.id}))).spending()
}

pub(crate) fn update_agent_status() -> Sending {
    plain(|_| Body::Json(json!({"status": "BUSY"})))
}

pub(crate) fn bot_settings() -> Sending {
    named_company(nothing)
}

pub(crate) fn change_bot_settings() -> Sending {
    named_company(|thing| Body::Json(json!({"bot_name": thing.company, "company_id": thing.company})))
}

pub(crate) fn preview_bot() -> Sending {
    named_company(|thing| Body::Json(json!({"text": "hello", "company_id": thing.company})))
}

pub(crate) fn list_jobs() -> Sending {
    plain(nothing)
}

pub(crate) fn audit_log() -> Sending {
    named_company(nothing)
}
