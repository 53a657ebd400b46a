//! `bot-settings/`: a company's bot settings.

mod calling_code;
mod documents;
mod preview;
mod quick_replies;
mod rules;

use actix_web::web::{self, Json};
use chatbot::settings::{self, Change, ChangeError, SettingsChange, type_of, types::SettingType};
use serde_json::json;
use storage::Place;
use tenancy::{
    access::{Refused, Supervisor},
    audit::Action,
};

use super::{
    endpoint::{Endpoint, at},
    which_company::which_company,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        describe::parameter,
        error::ApiError,
        params::Params,
        rules::text,
    },
    views::BotSettingsView,
};
use rules::Accept;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let company = || parameter("company_id", "For a superadmin: the company.", json!({ "type": "string" }));
    vec![
        at("/api/admin-dashboard/bot-settings/")
            .get("Shows a company's bot settings, defaults filled in.", show)
            .about("`warnings` lists settings that have no effect, and is missing if there are none.")
            .query(company())
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound)
            .update("Changes the settings that are sent; null gives a setting its default again.", change)
            .about(
                "The next message is answered with them. `{name}`, `{bot_name}`, `{company_name}` and `{language}` in texts \
                 are filled in. The schema of the reply says what each setting is, and which texts have further \
                 placeholders. Lists in a form are JSON, repeated keys or indexed keys; a blank value there counts as null.",
            )
            .query(company())
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound)
            .refuses(ChangeError::StepsWithoutName),
        preview::endpoint(),
    ]
}

/// Declares the body from the list of settings.
macro_rules! body_of_settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr,)*) => {
        body! {
            /// Changes of some settings, and the company that they are of.
            struct BotSettingsBody {
                company_id: Option<String> = text().max(20).optional(),
                $($name: Change<<type_of::$name as SettingType>::Value> = <type_of::$name as Accept>::rule(),)*
            }
        }

        impl From<BotSettingsBody> for SettingsChange {
            fn from(body: BotSettingsBody) -> Self {
                Self { $($name: body.$name,)* }
            }
        }
    };
}

chatbot::bot_settings!(body_of_settings);

/// Shows a company's bot settings.
async fn show(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<BotSettingsView>, ApiError> {
    let company = which_company(supervisor.company(), None, &params)?;
    let settings = app.office_read(supervisor, Place::Company(company), |store| settings::current(store));
    let settings = settings.await?.ok_or(Refused::CompanyNotFound)?;
    Ok(Json(BotSettingsView::new(company, settings, app.model.is_some())))
}

/// Changes the settings that are sent and shows all of them.
async fn change(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(mut body): Valid<BotSettingsBody>,
    app: web::Data<App>,
) -> Result<Json<BotSettingsView>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.take().as_deref(), &params)?;
    let change = SettingsChange::from(body);
    let settings = app.office_write(supervisor, Place::Company(company), Action::SettingsChanged, move |store| {
        settings::change(store, change)
    });
    let settings = settings.await?.ok_or(Refused::CompanyNotFound)?;
    // The change may be that sessions are assigned automatically.
    app.hub.note_assignable(company);
    Ok(Json(BotSettingsView::new(company, settings, app.model.is_some())))
}
