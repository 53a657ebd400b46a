//! Doors that need more than one of the database's: a fairness key for a claim, and the company
//! that a superadmin's work is about.

use std::hash::Hash;

use storage::{CompanyStore, LobbyStore, Place, PlatformStore, Ticket};
use tenancy::{
    Fault, StoreError,
    access::{Caller, Desk, Office, Refused, Staff, Superadmin, Supervisor},
    audit::Action,
};

use super::App;

/// The result of a job. It is sent from a database thread to the caller.
pub(crate) trait Output: Send + 'static {}

impl<T: Send + 'static> Output for T {}

/// The error of a job, which can be a failure of the store.
pub(crate) trait Failure: From<StoreError> + Send + 'static {}

impl<E: From<StoreError> + Send + 'static> Failure for E {}

/// Work for a database thread in the lobby.
pub(crate) trait LobbyJob<T, E>: FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static {}

impl<T, E, J: FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static> LobbyJob<T, E> for J {}

/// Work for a database thread in one company, as a caller of kind `C`.
pub(crate) trait CompanyJob<C: Caller, T, E>:
    FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static
{
}

impl<C: Caller, T, E, J: FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static> CompanyJob<C, T, E> for J {}

impl App {
    /// Reads before the caller is known. Calls with the same claim (an account, a company, a login,
    /// an address) share one fairness key.
    pub(crate) fn lobby_of<T: Output, E: Failure>(&self, claim: impl Hash, job: impl LobbyJob<T, E>) -> Ticket<T, E> {
        self.db.lobby_in(self.db.fairness_key(&claim), job)
    }

    /// Writes credentials and tokens, with a fairness key as for [`App::lobby_of`].
    pub(crate) fn lobby_write_of<T: Output, E: Failure>(
        &self,
        claim: impl Hash,
        job: impl LobbyJob<T, E>,
    ) -> Ticket<T, E> {
        self.db.lobby_write_in(self.db.fairness_key(&claim), job)
    }

    /// Writes at the desk of the company that `place` belongs to: the caller's own company, or for a
    /// superadmin any company. What a superadmin does is recorded with its purpose.
    ///
    /// Returns `None` if a superadmin named a place that does not exist. For other callers the job
    /// has to find that out.
    pub(crate) async fn desk_write<T: Output, E: Failure>(
        &self,
        staff: Staff,
        place: Place,
        purpose: Action,
        job: impl CompanyJob<Desk, T, E>,
    ) -> Result<Option<T>, E> {
        match desk_of(staff) {
            Ok(desk) => self.db.write(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.db.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// Reads as [`App::desk_write`] writes.
    pub(crate) async fn desk_read<T: Output, E: Failure>(
        &self,
        staff: Staff,
        place: Place,
        job: impl CompanyJob<Desk, T, E>,
    ) -> Result<Option<T>, E> {
        match desk_of(staff) {
            Ok(desk) => self.db.read(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.db.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// Writes as [`App::desk_write`] does, for callers that run companies.
    pub(crate) async fn office_write<T: Output, E: Failure>(
        &self,
        supervisor: Supervisor,
        place: Place,
        purpose: Action,
        job: impl CompanyJob<Office, T, E>,
    ) -> Result<Option<T>, E> {
        match supervisor {
            Supervisor::Admin(admin) => self.db.write(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.db.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// Reads as [`App::office_write`] writes.
    pub(crate) async fn office_read<T: Output, E: Failure>(
        &self,
        supervisor: Supervisor,
        place: Place,
        job: impl CompanyJob<Office, T, E>,
    ) -> Result<Option<T>, E> {
        match supervisor {
            Supervisor::Admin(admin) => self.db.read(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.db.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }
}

/// Returns the caller's own desk. A superadmin has none, because it belongs to no company.
fn desk_of(staff: Staff) -> Result<Desk, Superadmin> {
    match staff {
        Staff::Agent(agent) => Ok(Desk::from(agent)),
        Staff::Admin(admin) => Ok(Desk::from(admin)),
        Staff::Superadmin(superadmin) => Err(superadmin),
    }
}

/// Why a superadmin's work in a company was not done.
enum Entering<E> {
    /// There is no such place. This is an error so that the transaction, and with it the audit record, is
    /// rolled back.
    Nowhere,
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Entering<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a job in the company that `place` belongs to, in the platform's transaction.
fn enter<T, E: From<StoreError>>(
    platform: &mut PlatformStore<'_>,
    place: Place,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E>,
) -> Result<T, Entering<E>> {
    let Some(company) = platform.locate(place)? else { return Err(Entering::Nowhere) };
    let mut office = platform.office(company).map_err(|refused| match refused {
        Refused::Store(error) => error,
        never => StoreError::new(Fault::Broken, never),
    })?;
    job(&mut office).map_err(Entering::Failed)
}

/// Turns [`Entering::Nowhere`] into `None`.
fn found<T, E>(done: Result<T, Entering<E>>) -> Result<Option<T>, E> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Entering::Nowhere) => Ok(None),
        Err(Entering::Failed(error)) => Err(error),
    }
}
