//! Opening companies, their codes, and changes of their status.

use std::fmt;

use crate::{
    Company, CompanyCode, CompanyStatus, StoreError, Timestamp,
    access::{ActingAs, Caller as _, Housekeeper},
    audit::{Action, Audit, Object},
};

/// The three capital letters at the start of a company code.
///
/// They are the first three ASCII letters of the company's name, in upper case, padded with `X`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePrefix([u8; 3]);

impl CodePrefix {
    /// Takes the prefix from a company's name. Any name, even an empty one, gives a prefix.
    pub fn from_name(name: &str) -> Self {
        let mut prefix = [b'X'; 3];
        let letters = name.bytes().filter(u8::is_ascii_alphabetic);
        for (slot, letter) in prefix.iter_mut().zip(letters) {
            *slot = letter.to_ascii_uppercase();
        }
        Self(prefix)
    }

    /// Builds the code from the prefix and a counter, which is padded to three digits.
    ///
    /// # Errors
    /// Fails only for a counter so large that the code would exceed 20 characters.
    pub fn code(self, counter: u64) -> Result<CompanyCode, crate::InvalidId> {
        CompanyCode::parse(&format!("{self}{counter:03}"))
    }
}

impl fmt::Display for CodePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

/// Opening and finding companies. Implemented for the platform.
pub trait Companies {
    /// Raises the counter of a prefix and returns the new value: one above the highest number ever
    /// issued, including those of closed companies. It runs in the caller's transaction, so that
    /// two concurrent openings never get the same number.
    fn next_number(&mut self, prefix: CodePrefix) -> Result<u64, StoreError>;

    /// Stores a new, active company.
    fn insert(&mut self, code: CompanyCode, name: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Returns a company of any status.
    fn find(&mut self, code: CompanyCode) -> Result<Option<Company>, StoreError>;
}

/// The row of the store's own company.
pub trait CompanyRecord {
    /// Returns the company, locked until the transaction ends. Other transactions that depend on
    /// its status, its admins or its subscription take the same lock and wait.
    fn company_for_update(&mut self) -> Result<Company, StoreError>;

    /// Sets the status.
    fn set_status(&mut self, status: CompanyStatus) -> Result<(), StoreError>;

    /// Sets the display name.
    fn rename(&mut self, name: &str, now: Timestamp) -> Result<(), StoreError>;
}

/// Activates, suspends or closes the store's company on behalf of the operator.
///
/// # Errors
/// Fails only when the store fails.
pub fn set_status<S>(store: &mut S, status: CompanyStatus) -> Result<(), StoreError>
where
    S: CompanyRecord + Audit + ActingAs<Housekeeper> + ?Sized,
{
    let company = store.caller().scope().company();
    let action = match status {
        CompanyStatus::Active => Action::CompanyActivated,
        CompanyStatus::Suspended => Action::CompanySuspended,
        CompanyStatus::Closed => Action::CompanyClosed,
    };
    store.record(action, Object::Company(company));
    store.set_status(status)
}

/// Opens a company under a code that was never issued before, and records it in the installation's
/// audit chain.
///
/// # Errors
/// Fails only when the store fails.
pub fn open<S>(store: &mut S, name: &str, now: Timestamp) -> Result<Company, StoreError>
where
    S: Companies + Audit + ?Sized,
{
    let prefix = CodePrefix::from_name(name);
    let number = store.next_number(prefix)?;
    let code = prefix.code(number).map_err(|error| StoreError::new(crate::Fault::Broken, error))?;
    store.insert(code, name, now)?;
    store.record(Action::CompanyOpened, Object::Company(code));
    Ok(Company { code, name: name.to_owned(), status: CompanyStatus::Active })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_made_from_names() {
        for (name, code) in [
            ("Tesla Motors", "TES001"),
            ("SpaceX", "SPA001"),
            ("AI Solutions", "AIS001"),
            ("A1B2C3", "ABC001"),
            ("AB", "ABX001"),
            ("4 U", "UXX001"),
            ("!!!", "XXX001"),
            ("\u{c9}t\u{e9}", "TXX001"),
        ] {
            assert_eq!(CodePrefix::from_name(name).code(1).unwrap().as_str(), code, "{name}");
        }
        assert_eq!(CodePrefix::from_name("Tesla").code(1000).unwrap().as_str(), "TES1000");
    }
}
