//! Reading and changing the settings of a company.

use tenancy::{
    StoreError,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

use super::list::{BotSettings, SettingsChange};

/// The bot settings of the store's company.
pub trait SettingsRecord {
    /// Returns the settings. Those that the company has not set have their defaults.
    fn settings(&mut self) -> Result<BotSettings, StoreError>;

    /// Returns the settings as [`SettingsRecord::settings`] does and locks them, so that no other
    /// transaction changes them before this one ends.
    fn lock_settings(&mut self) -> Result<BotSettings, StoreError>;

    /// Stores the settings and raises their version, so that turns in flight are planned again.
    ///
    /// Values that equal their default are not stored: if the default improves later, the company
    /// gets the better one.
    fn put_settings(&mut self, settings: &BotSettings) -> Result<(), StoreError>;
}

/// Returns the settings. Those that the company has not set have their defaults.
///
/// # Errors
/// Only when the store fails.
pub fn current<S>(store: &mut S) -> Result<BotSettings, StoreError>
where
    S: SettingsRecord + ActingAs<Office> + ?Sized,
{
    store.settings()
}

/// Why settings are not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The name is off, but something else is required.
    #[error("the intake requires data of visitors whose name it does not ask for")]
    StepsWithoutName,
    /// The store failed.
    #[error("the settings could not be stored")]
    Store(#[from] StoreError),
}

/// Changes settings and returns all of them. The next message is answered with the new ones.
///
/// # Errors
/// [`ChangeError`]; nothing has changed then.
pub fn change<S>(store: &mut S, change: SettingsChange) -> Result<BotSettings, ChangeError>
where
    S: SettingsRecord + Audit + ActingAs<Office> + ?Sized,
{
    let before = store.lock_settings()?;
    let after = change.of(&before);
    if !after.profile_steps.fit() {
        return Err(ChangeError::StepsWithoutName);
    }
    // Without a difference the version stays, so that turns in flight need not be planned again.
    if after != before {
        store.put_settings(&after)?;
        let company = store.caller().scope().company();
        store.record(Action::SettingsChanged, Object::Company(company));
    }
    Ok(after)
}
