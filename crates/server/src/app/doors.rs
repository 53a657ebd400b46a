//! The doors of the database, as handlers use them: each awaited, so that no handler blocks a thread.

use std::hash::Hash;

use storage::{CompanyStore, FairnessKey, LobbyStore, Place, PlatformStore};
use tenancy::{
    Fault, StoreError,
    access::{Caller, Desk, Office, Refused, Staff, Superadmin, Supervisor},
    audit::Action,
};

use super::App;

impl App {
    /// One write of one company.
    pub(crate) async fn write<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.write(caller, job).await
    }

    /// One read of one company.
    pub(crate) async fn read<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.read(caller, job).await
    }

    /// The line of what a caller says of itself: see [`storage::Database::fairness_key`].
    pub(crate) fn fairness_key(&self, claim: impl Hash) -> FairnessKey {
        self.db.fairness_key(&claim)
    }

    /// One read before it is known who calls, taking its turn with whatever claims the same.
    pub(crate) async fn lobby_of<T, E>(
        &self,
        claim: impl Hash,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lobby_in(self.fairness_key(claim), job).await
    }

    /// As [`App::lobby_of`], in a line that is known.
    pub(crate) async fn lobby_in<T, E>(
        &self,
        line: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.lobby_in(line, job).await
    }

    /// One write of credentials and tokens, taking its turn with whatever claims the same.
    pub(crate) async fn lobby_write_of<T, E>(
        &self,
        claim: impl Hash,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lobby_write_in(self.fairness_key(claim), job).await
    }

    /// As [`App::lobby_write_of`], in a line that is known.
    pub(crate) async fn lobby_write_in<T, E>(
        &self,
        line: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.lobby_write_in(line, job).await
    }

    /// One write for the installation, recorded with its purpose.
    pub(crate) async fn platform<T, E>(
        &self,
        caller: Superadmin,
        purpose: Action,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.platform(caller, purpose, job).await
    }

    /// One read over all companies.
    pub(crate) async fn platform_read<T, E>(
        &self,
        caller: Superadmin,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.platform_read(caller, job).await
    }

    /// One write at the desk of the company that `place` belongs to: the caller's own,
    /// or for a superadmin whichever it is. `None` if a superadmin named nothing that
    /// exists; for others that is for the job to find out. What a superadmin does is recorded with
    /// its purpose.
    pub(crate) async fn desk_write<T, E>(
        &self,
        staff: Staff,
        place: Place,
        purpose: Action,
        job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match desk_of(staff) {
            Ok(desk) => self.write(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::desk_write`], reading only.
    pub(crate) async fn desk_read<T, E>(
        &self,
        staff: Staff,
        place: Place,
        job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match desk_of(staff) {
            Ok(desk) => self.read(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::desk_write`], for those who run companies.
    pub(crate) async fn office_write<T, E>(
        &self,
        supervisor: Supervisor,
        place: Place,
        purpose: Action,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match supervisor {
            Supervisor::Admin(admin) => self.write(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::office_write`], reading only.
    pub(crate) async fn office_read<T, E>(
        &self,
        supervisor: Supervisor,
        place: Place,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match supervisor {
            Supervisor::Admin(admin) => self.read(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }
}

/// The desk that a caller sits at; a superadmin has none of its own.
fn desk_of(staff: Staff) -> Result<Desk, Superadmin> {
    match staff {
        Staff::Agent(agent) => Ok(Desk::from(agent)),
        Staff::Admin(admin) => Ok(Desk::from(admin)),
        Staff::Superadmin(superadmin) => Err(superadmin),
    }
}

/// Why a superadmin's work in a company came to nothing.
enum Entering<E> {
    /// There is no such place. An error, so that nothing is recorded of it either.
    Nowhere,
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Entering<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a job in the company that something belongs to, in the platform's transaction.
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

/// `None` for work in a place that does not exist.
fn found<T, E>(done: Result<T, Entering<E>>) -> Result<Option<T>, E> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Entering::Nowhere) => Ok(None),
        Err(Entering::Failed(error)) => Err(error),
    }
}
