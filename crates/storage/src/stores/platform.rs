//! Entering a company's office from the platform.

use identity::admins::{CompanyOffice, Platform};
use tenancy::{CompanyCode, Fault, StoreError, access::Refused};

use crate::store::PlatformStore;

impl Platform for PlatformStore<'_> {
    fn enter(&mut self, company: CompanyCode) -> Result<Box<dyn CompanyOffice + '_>, StoreError> {
        match self.office(company) {
            Ok(office) => Ok(Box::new(office)),
            Err(Refused::Store(error)) => Err(error),
            Err(refused) => Err(StoreError::new(Fault::Broken, refused)),
        }
    }
}
