//! JSON shapes that several endpoints share; see docs/compatibility.md, Object shapes.

mod account;
mod agent;
mod assignment;
mod chat;
mod desk;
mod desk_list;
mod file;
mod opening;
mod plan;
mod profile;
pub(crate) mod seats;
mod settings;

pub(crate) use account::{AdminRow, UserView};
pub(crate) use agent::{AgentRow, AgentSessionRow};
pub(crate) use assignment::AssignmentRow;
pub(crate) use chat::{HistoryRow, MessageRow, StoredReply, metadata};
pub(crate) use desk::{ActivityRow, HandoffRow, resolved_at};
pub(crate) use desk_list::DeskListView;
pub(crate) use file::{FileLinks, FileRow};
pub(crate) use opening::{ClientView, OpenedHandoff, QuestionView};
pub(crate) use plan::PlanRow;
pub(crate) use profile::ProfileRow;
pub(crate) use settings::{BotSettingsView, NO_MODEL};

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tenancy::{Company, CompanyCode, CompanyStatus, Date, Money, Timestamp};

/// A value that is written to JSON as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsText<T>(pub(crate) T);

impl<T: std::fmt::Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A value whose text the OpenAPI document describes.
pub(crate) trait Textual {
    /// Returns the JSON Schema of the text.
    fn schema() -> Value;
}

impl<T: Textual> JsonSchema for AsText<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AsText".into()
    }

    fn schema_id() -> Cow<'static, str> {
        std::any::type_name::<Self>().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(T::schema()).unwrap_or_default()
    }
}

impl Textual for Timestamp {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Textual for Date {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date" })
    }
}

impl Textual for Money {
    fn schema() -> Value {
        json!({ "type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$" })
    }
}

impl Textual for CompanyCode {
    fn schema() -> Value {
        json!({ "type": "string", "description": "A company's code." })
    }
}

/// A timestamp in JSON.
pub(crate) type TimestampText = AsText<Timestamp>;
/// A calendar day in JSON.
pub(crate) type DateText = AsText<Date>;
/// A decimal string in JSON.
pub(crate) type MoneyText = AsText<Money>;
/// A company's code in JSON.
pub(crate) type CompanyId = AsText<CompanyCode>;

/// The company of an account.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CompanyView {
    id: CompanyId,
    name: String,
    #[schemars(extend("enum" = CompanyStatus::WORDS))]
    status: &'static str,
}

impl From<&Company> for CompanyView {
    fn from(company: &Company) -> Self {
        Self { id: AsText(company.code), name: company.name.clone(), status: company.status.as_str() }
    }
}

/// Formats a moment as `DD/MM/YYYY HH:MM`; `Never` if there is none.
pub(crate) fn formatted(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "Never".to_owned(), Timestamp::formatted)
}
