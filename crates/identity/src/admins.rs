//! Admins: opening a company with its first one, joining others, listing and changing them.

use tenancy::{
    Company, CompanyCode, CompanyStatus, PlanId, StoreError, Timestamp, UserId,
    assignments::{self, Assignment, TERM},
    audit::{Action, Audit, Object},
    companies::{self, Companies},
    plans::{Plan, Plans},
};

use crate::{
    Email, PasswordHash,
    accounts::{Contact, Names, NewAccount, Reserved, Role, first_version},
    ports::{CompanyOffice, Platform},
};

mod change;

pub(crate) use change::lock;
pub use change::{
    AdminChange, Changed, DeleteAdminError, Deleted, ResetAdminPasswordError, UpdateAdminError, delete, reset_password,
    update,
};

/// What the lists of admins are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminSort {
    /// Contact name, case ignored.
    Name,
    /// E-mail, case ignored.
    Email,
    /// Company code.
    CompanyCode,
    /// When the account was made.
    DateJoined,
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The order of a list of admins; newest first by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminOrder {
    /// What by.
    pub by: AdminSort,
    /// Which way; ties by id go the same way.
    pub direction: Direction,
}

impl Default for AdminOrder {
    fn default() -> Self {
        Self { by: AdminSort::DateJoined, direction: Direction::Descending }
    }
}

impl AdminOrder {
    /// Reads `name`, `email`, `company_id` or `date_joined`, each with an
    /// optional `-`; anything else is the default.
    pub fn parse(word: &str) -> Self {
        let (direction, key) = match word.strip_prefix('-') {
            Some(key) => (Direction::Descending, key),
            None => (Direction::Ascending, word),
        };
        let by = match key {
            "name" => AdminSort::Name,
            "email" => AdminSort::Email,
            "company_id" => AdminSort::CompanyCode,
            "date_joined" => AdminSort::DateJoined,
            _ => return Self::default(),
        };
        Self { by, direction }
    }
}

/// Which admins a page shows, and in what order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminFilter {
    /// Part of name, e-mail or company code, case ignored.
    pub search: Option<String>,
    /// The order.
    pub order: AdminOrder,
}

/// What a new admin needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdmin {
    /// Address; its local part becomes the username.
    pub email: Email,
    /// The hash of a made-up password.
    pub hash: PasswordHash,
    /// The name, from which a new company takes its own, and the rest.
    pub contact: Contact,
}

/// An admin that was made, with where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The account.
    pub user: UserId,
    /// Its company.
    pub company: Company,
    /// The plan of the company's active assignment, if it has one.
    pub plan: Option<Plan>,
}

/// Why no admin was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateAdminError {
    /// Some account has the e-mail.
    #[error("a user with this e-mail already exists")]
    EmailTaken,
    /// No such plan, or not for new subscriptions.
    #[error("the plan does not exist or is not active")]
    PlanInvalid,
    /// No such company, or it is suspended or closed.
    #[error("the company does not exist or is not active")]
    CompanyInvalid,
    /// The store failed.
    #[error("the admin could not be stored")]
    Store(#[from] StoreError),
}

/// Opens a company named like its owner admin, on a plan for one term.
///
/// One platform write.
///
/// # Errors
/// [`CreateAdminError`]; nothing has changed then.
pub fn open<S>(store: &mut S, new: NewAdmin, plan: PlanId, now: Timestamp) -> Result<Created, CreateAdminError>
where
    S: Platform + Companies + Plans + Audit + ?Sized,
{
    let plan = subscribable(store, plan)?;
    let company = companies::open(store, &new.contact.name, now)?;
    let mut office = store.enter(company.code)?;
    office.record(Action::CompanyOpened, Object::Company(company.code));
    let user = add(office.as_mut(), new, now)?;
    start(office.as_mut(), plan.id, now)?;
    Ok(Created { user, company, plan: Some(plan) })
}

/// Adds an admin to an active company.
///
/// A plan is checked if given, and starts only if the company has none active.
/// One platform write.
///
/// # Errors
/// [`CreateAdminError`]; nothing has changed then.
pub fn join<S>(
    store: &mut S,
    new: NewAdmin,
    company: CompanyCode,
    plan: Option<PlanId>,
    now: Timestamp,
) -> Result<Created, CreateAdminError>
where
    S: Platform + Companies + Plans + ?Sized,
{
    let company = Companies::find(store, company)?
        .filter(|company| company.status == CompanyStatus::Active && company.code != CompanyCode::shared_library())
        .ok_or(CreateAdminError::CompanyInvalid)?;
    let wanted = plan.map(|plan| subscribable(store, plan)).transpose()?;
    let mut office = store.enter(company.code)?;
    // The company is locked before the account is stored, as making an agent does
    // it: the other order can deadlock with that. It may have closed meanwhile.
    let company = office.company_for_update()?;
    if company.status != CompanyStatus::Active {
        return Err(CreateAdminError::CompanyInvalid);
    }
    let rows = office.assignments()?;
    let user = add(office.as_mut(), new, now)?;
    let plan = match (assignments::active(&rows, now), wanted) {
        (Some(Assignment { plan, .. }), _) => Some(plan.clone()),
        (None, Some(wanted)) => {
            start(office.as_mut(), wanted.id, now)?;
            Some(wanted)
        }
        (None, None) => None,
    };
    Ok(Created { user, company, plan })
}

fn subscribable<S>(store: &mut S, plan: PlanId) -> Result<Plan, CreateAdminError>
where
    S: Plans + ?Sized,
{
    store.plan(plan)?.filter(|plan| plan.is_active).ok_or(CreateAdminError::PlanInvalid)
}

/// Starts a plan for a term.
fn start(office: &mut dyn CompanyOffice, plan: PlanId, now: Timestamp) -> Result<(), StoreError> {
    let id = office.start(plan, now, now.plus(TERM), "")?;
    office.record(Action::SubscriptionStarted, Object::Assignment(id));
    Ok(())
}

/// Stores account and admin row, under the first free username.
fn add(office: &mut dyn CompanyOffice, new: NewAdmin, now: Timestamp) -> Result<UserId, CreateAdminError> {
    let names = Names::of_admin(&new.contact.name);
    let base = new.email.local_part().to_owned();
    let mut account = NewAccount {
        role: Role::Admin,
        username: base.clone(),
        email: new.email,
        hash: new.hash,
        version: first_version(),
        first_login: false,
        names,
    };
    for suffix in 1_u64.. {
        match office.reserve_login(&account, now)? {
            Reserved::Account(user) => {
                office.insert_admin(user, &new.contact)?;
                office.record(Action::AdminCreated, Object::Account(user));
                return Ok(user);
            }
            Reserved::EmailTaken => break,
            Reserved::UsernameTaken => account.username = format!("{base}{suffix}"),
        }
    }
    Err(CreateAdminError::EmailTaken)
}

#[cfg(test)]
mod tests;
