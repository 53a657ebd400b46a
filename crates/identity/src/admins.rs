//! Admins: opening a company with its first admin, adding, listing and changing admins, and the
//! ports through which the platform works on one company.

use tenancy::{
    Company, CompanyCode, CompanyStatus, PlanId, StoreError, Timestamp, UserId,
    access::{ActingAs, Office},
    assignments::{self, Assignment, Assignments, TERM},
    audit::{Action, Audit, Object},
    companies::{self, Companies, CompanyRecord},
    plans::{Plan, Plans},
};

use crate::{
    Email, PasswordHash,
    accounts::{Account, Contact, LoginReservation, Logins, NewAccount, PersonName, Role, first_version},
    agents::Agents,
};

mod change;

pub use change::{
    AdminChange, AdminChangeOutcome, DeleteAdminError, DeletedAdmin, ResetAdminPasswordError, UpdateAdminError, delete,
    reset_password, update,
};

tenancy::word_enum! {
    /// What a list of admins is sorted by. The words are those of the `ordering` parameter.
    pub enum AdminSort {
        /// Contact name, ignoring case.
        Name => "name",
        /// E-mail address, ignoring case.
        Email => "email",
        /// Company code.
        CompanyCode => "company_id",
        /// When the account was created.
        DateJoined => "date_joined",
    }
}

/// The direction of a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// The order of a list of admins. The default is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdminOrder {
    /// What the list is sorted by.
    pub by: AdminSort,
    /// The direction. Admins that compare equal are sorted by id, in the same direction.
    pub direction: Direction,
}

impl Default for AdminOrder {
    fn default() -> Self {
        Self { by: AdminSort::DateJoined, direction: Direction::Descending }
    }
}

impl AdminOrder {
    /// Parses a word of [`AdminSort`], with an optional `-` in front for descending order. Any other
    /// text gives the default.
    pub fn parse(text: &str) -> Self {
        let (direction, word) = match text.strip_prefix('-') {
            Some(word) => (Direction::Descending, word),
            None => (Direction::Ascending, text),
        };
        AdminSort::parse(word).map_or_else(Self::default, |by| Self { by, direction })
    }
}

/// Which admins a list contains, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminFilter {
    /// A part of the name, the e-mail address or the company code, ignoring case.
    pub search: Option<String>,
    /// The order.
    pub order: AdminOrder,
}

/// The values of an admin to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAdmin {
    /// E-mail address. Its local part becomes the username.
    pub email: Email,
    /// The hash of a generated password.
    pub hash: PasswordHash,
    /// Whether the password is a temporary one, which must be replaced first.
    pub first_login: bool,
    /// Contact details. A new company takes its name from them.
    pub contact: Contact,
}

/// An admin that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedAdmin {
    /// The account.
    pub user: UserId,
    /// The admin's company.
    pub company: Company,
    /// The plan of the company's active assignment, if it has one.
    pub plan: Option<Plan>,
}

/// Why an admin was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAdminError {
    /// Another account has the e-mail address.
    #[error("a user with this e-mail already exists")]
    EmailTaken,
    /// The plan does not exist, or new subscriptions may not use it.
    #[error("the plan does not exist or is not active")]
    PlanInvalid,
    /// The company does not exist, or is suspended or closed.
    #[error("the company does not exist or is not active")]
    CompanyInvalid,
    /// The store failed.
    #[error("the admin could not be stored")]
    Store(#[from] StoreError),
}

/// The admins of all companies that are not closed. Implemented for the platform.
pub trait AdminList {
    /// Returns the account, if its role is admin. [`Account::plan`] is as in
    /// [`Accounts::own_account`](crate::accounts::Accounts::own_account).
    fn admin(&mut self, user: UserId, now: Timestamp) -> Result<Option<Account>, StoreError>;

    /// Counts the admins whose contact name, e-mail address or company code contains the search text,
    /// ignoring case. `None` counts all. The characters `%`, `_` and `\` have no special meaning.
    fn count_admins(&mut self, search: Option<&str>) -> Result<i64, StoreError>;

    /// Returns one page of the admins that match the filter: at most `limit` rows from `offset` on.
    /// Names and e-mail addresses are sorted by their lower-case form, and ties by id in the same
    /// direction. [`Account::plan`] is as in
    /// [`Accounts::own_account`](crate::accounts::Accounts::own_account), without a query for each
    /// row.
    fn page_of_admins(
        &mut self,
        filter: &AdminFilter,
        offset: i64,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Account>, StoreError>;
}

/// The admins of the store's company.
pub trait Admins {
    /// Stores the admin row of an account that [`Logins::reserve_login`] has just stored through the
    /// same store.
    fn insert_admin(&mut self, user: UserId, contact: &Contact) -> Result<(), StoreError>;

    /// Changes the given values of an admin of this company, in the admin row and in the account. It
    /// looks for another account with the e-mail address first. A unique violation that is detected
    /// late gives the same answer.
    fn change_admin(&mut self, user: UserId, change: &AdminChange) -> Result<AdminChangeOutcome, StoreError>;

    /// Deletes an admin row with its account and all its tokens. Returns whether the company had this
    /// admin.
    fn delete_admin(&mut self, user: UserId) -> Result<bool, StoreError>;

    /// Sets the password hash and `first_login` of an active admin, as handed out at `now`, and raises the
    /// token version by one. Returns the e-mail address, or `None` if the company has no such admin or
    /// the admin is not active.
    fn reset_admin_password(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<Email>, StoreError>;

    /// Returns the oldest admin, who owns the company.
    fn owner(&mut self) -> Result<Option<UserId>, StoreError>;
}

/// A company store whose caller runs the company.
pub trait CompanyOffice: Logins + Admins + Agents + Assignments + CompanyRecord + Audit + ActingAs<Office> {}

impl<S> CompanyOffice for S where
    S: Logins + Admins + Agents + Assignments + CompanyRecord + Audit + ActingAs<Office> + ?Sized
{
}

/// Access from the platform to one company.
pub trait Platform {
    /// Returns a store for the company, in the platform's transaction, for the writes of a
    /// superadmin. The company may have been opened in the same transaction. A code that was never
    /// issued is a [`Fault::Broken`](tenancy::Fault::Broken) error.
    fn enter(&mut self, company: CompanyCode) -> Result<Box<dyn CompanyOffice + '_>, StoreError>;
}

/// Locks the company. Returns `None` if it is closed, since it may have been closed after it was found.
pub(crate) fn lock_unless_closed(office: &mut dyn CompanyOffice) -> Result<Option<Company>, StoreError> {
    let company = office.company_for_update()?;
    Ok((company.status != CompanyStatus::Closed).then_some(company))
}

/// Opens a company on a plan for one term, in one platform write. The company gets the name of the
/// admin, who becomes its owner.
///
/// # Errors
/// [`CreateAdminError`]; nothing has changed then.
pub fn open<S>(store: &mut S, new: NewAdmin, plan: PlanId, now: Timestamp) -> Result<CreatedAdmin, CreateAdminError>
where
    S: Platform + Companies + Plans + Audit + ?Sized,
{
    let plan = subscribable(store, plan)?;
    let company = companies::open(store, &new.contact.name, now)?;
    let mut office = store.enter(company.code)?;
    office.record(Action::CompanyOpened, Object::Company(company.code));
    let user = add(office.as_mut(), new, now)?;
    start(office.as_mut(), plan.id, now)?;
    Ok(CreatedAdmin { user, company, plan: Some(plan) })
}

/// Adds an admin to an active company, in one platform write.
///
/// If a plan is given, it must be active. It starts only if the company has no active plan.
///
/// # Errors
/// [`CreateAdminError`]; nothing has changed then.
pub fn join<S>(
    store: &mut S,
    new: NewAdmin,
    company: CompanyCode,
    plan: Option<PlanId>,
    now: Timestamp,
) -> Result<CreatedAdmin, CreateAdminError>
where
    S: Platform + Companies + Plans + ?Sized,
{
    let company = Companies::find(store, company)?
        .filter(|company| company.status == CompanyStatus::Active && company.code != CompanyCode::shared_library())
        .ok_or(CreateAdminError::CompanyInvalid)?;
    let wanted = plan.map(|plan| subscribable(store, plan)).transpose()?;
    let mut office = store.enter(company.code)?;
    // Lock the company before storing the account. Creating an agent locks in the same order, and the
    // opposite order could deadlock with it. The company may have been closed since it was found.
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
    Ok(CreatedAdmin { user, company, plan })
}

/// Returns the plan, if new subscriptions may use it.
fn subscribable<S>(store: &mut S, plan: PlanId) -> Result<Plan, CreateAdminError>
where
    S: Plans + ?Sized,
{
    store.plan(plan)?.filter(|plan| plan.is_active).ok_or(CreateAdminError::PlanInvalid)
}

/// Starts the plan for one term.
fn start(office: &mut dyn CompanyOffice, plan: PlanId, now: Timestamp) -> Result<(), StoreError> {
    let id = office.start(plan, now, now.plus(TERM), "")?;
    office.record(Action::SubscriptionStarted, Object::Assignment(id));
    Ok(())
}

/// Stores the account and the admin row, under the first free username.
fn add(office: &mut dyn CompanyOffice, new: NewAdmin, now: Timestamp) -> Result<UserId, CreateAdminError> {
    let names = PersonName::of_admin(&new.contact.name);
    let base = new.email.local_part().to_owned();
    let mut account = NewAccount {
        role: Role::Admin,
        username: base.clone(),
        email: new.email,
        hash: new.hash,
        version: first_version(),
        first_login: new.first_login,
        names,
    };
    for suffix in 1_u64.. {
        match office.reserve_login(&account, now)? {
            LoginReservation::Account(user) => {
                office.insert_admin(user, &new.contact)?;
                office.record(Action::AdminCreated, Object::Account(user));
                return Ok(user);
            }
            LoginReservation::EmailTaken => break,
            LoginReservation::UsernameTaken => account.username = format!("{base}{suffix}"),
        }
    }
    Err(CreateAdminError::EmailTaken)
}

#[cfg(test)]
mod tests;
