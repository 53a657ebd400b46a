//! Wire shapes that several endpoints share: the contract's section 3.

mod account;
mod agent;
mod chat;
mod desk;
mod file;
mod plan;
mod profile;

pub(crate) use account::{AdminRow, UserView};
pub(crate) use agent::AgentRow;
pub(crate) use chat::{HistoryRow, MessageRow, metadata};
pub(crate) use desk::{ActivityRow, HandoffRow, resolved_at};
pub(crate) use file::FileRow;
pub(crate) use plan::PlanRow;
pub(crate) use profile::ProfileRow;

use serde::{Serialize, Serializer};
use tenancy::{Company, CompanyCode, Date, Money, Timestamp};

/// A value that is written to JSON as its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A timestamp in JSON.
pub(crate) type Ts = Shown<Timestamp>;
/// A calendar day in JSON.
pub(crate) type Day = Shown<Date>;
/// A decimal string in JSON.
pub(crate) type Dec = Shown<Money>;
/// A company's code in JSON.
pub(crate) type Code = Shown<CompanyCode>;

/// A company as other objects carry it.
#[derive(Debug, Serialize)]
pub(crate) struct CompanyView {
    id: Code,
    name: String,
    status: &'static str,
}

impl From<&Company> for CompanyView {
    fn from(company: &Company) -> Self {
        Self { id: Shown(company.code), name: company.name.clone(), status: company.status.as_str() }
    }
}

/// `DD/MM/YYYY HH:MM`, or `Never`.
pub(crate) fn formatted(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "Never".to_owned(), Timestamp::formatted)
}
