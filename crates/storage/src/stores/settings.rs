//! The settings of a company's bot.

use chatbot::{BotSettings, SettingsRecord};
use diesel::prelude::*;
use knowledge::Mode;
use serde_json::{Map, Value};
use tenancy::{Fault, StoreError, access::Caller};

use crate::{
    conn::{Db, Purpose, open},
    error::IntoStoreError as _,
    schema::companies,
    scope::Door,
    store::CompanyStore,
    target::Target,
    types::Json,
};

impl<C: Caller> SettingsRecord for CompanyStore<'_, C> {
    fn settings(&mut self) -> Result<BotSettings, StoreError> {
        let document: Option<Json> = companies::table
            .find(self.code().as_str())
            .select(companies::settings)
            .first(self.conn)
            .into_store_error()?;
        document.map_or_else(|| Ok(BotSettings::default()), |document| document.read())
    }

    fn lock_settings(&mut self) -> Result<BotSettings, StoreError> {
        let code = self.code();
        if let Db::Pg(conn) = &mut *self.conn {
            // Not FOR UPDATE, which would also block inserts that only refer to the company.
            companies::table
                .find(code.as_str())
                .select(companies::code)
                .for_no_key_update()
                .first::<String>(conn)
                .into_store_error()?;
        }
        self.settings()
    }

    fn put_settings(&mut self, settings: &BotSettings) -> Result<(), StoreError> {
        let changed = differing_from_defaults(settings)?;
        let document = if changed.is_empty() { None } else { Some(Json::of(&changed)?) };
        diesel::update(companies::table.find(self.code().as_str()))
            .set((companies::settings.eq(document), companies::settings_version.eq(companies::settings_version + 1)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }
}

/// Returns the codes of the companies, except closed ones, with `answer_mode` `llm`.
pub(crate) fn companies_with_model(target: &Target) -> Result<Vec<String>, StoreError> {
    let mut conn = open(target, Purpose::Read).map_err(|error| StoreError::new(Fault::Unavailable, error))?;
    let begin = match target {
        Target::Sqlite(_) => "BEGIN".to_owned(),
        Target::Postgres(_) => format!("BEGIN READ ONLY; {}", Door::Platform.settings()),
    };
    conn.begin(&begin).into_store_error()?;
    let rows: Vec<(String, Option<Json>)> = companies::table
        .filter(companies::status.ne("closed"))
        .order(companies::code)
        .select((companies::code, companies::settings))
        .load(&mut conn)
        .into_store_error()?;
    let mut codes = Vec::new();
    for (code, document) in rows {
        let settings = document.map_or_else(|| Ok(BotSettings::default()), |document| document.read())?;
        if settings.answer_mode == Mode::Llm {
            codes.push(code);
        }
    }
    Ok(codes)
}

/// Returns the settings that differ from their defaults.
fn differing_from_defaults(settings: &BotSettings) -> Result<Map<String, Value>, StoreError> {
    let (mut values, defaults) = (to_map(settings)?, to_map(&BotSettings::default())?);
    values.retain(|name, value| defaults.get(name) != Some(value));
    Ok(values)
}

fn to_map(settings: &BotSettings) -> Result<Map<String, Value>, StoreError> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(StoreError::new(Fault::Broken, "bot settings are not an object")),
        Err(error) => Err(StoreError::new(Fault::Broken, error)),
    }
}
