//! What a company says about its bot.

use chatbot::{BotSettings, SettingsRecord};
use diesel::prelude::*;
use serde_json::{Map, Value};
use tenancy::{Fault, StoreError, access::Caller};

use crate::{conn::Db, error::IntoStoreError as _, schema::companies, store::CompanyStore, types::Json};

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
            // Not FOR UPDATE: that would also hold up every insert that merely refers to the company.
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
        let said = said(settings)?;
        let document = if said.is_empty() { None } else { Some(Json::of(&said)?) };
        diesel::update(companies::table.find(self.code().as_str()))
            .set((companies::settings.eq(document), companies::settings_version.eq(companies::settings_version + 1)))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }
}

/// The settings that are not their defaults.
fn said(settings: &BotSettings) -> Result<Map<String, Value>, StoreError> {
    let (mut said, defaults) = (keys(settings)?, keys(&BotSettings::default())?);
    said.retain(|key, value| defaults.get(key) != Some(value));
    Ok(said)
}

fn keys(settings: &BotSettings) -> Result<Map<String, Value>, StoreError> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(keys)) => Ok(keys),
        Ok(_) => Err(StoreError::new(Fault::Broken, "bot settings are not an object")),
        Err(error) => Err(StoreError::new(Fault::Broken, error)),
    }
}
