//! `bot-settings/`: what a company says about its bot.

mod quick;

use actix_web::web::{self, Json};
use chatbot::{
    QuickReply,
    settings::{
        self, Change, SettingsChange,
        limits::{self, NAME, PHRASE, PHRASES, TEXT},
    },
};
use knowledge::Mode;
use serde_json::json;
use storage::Place;
use tenancy::{
    CompanyCode,
    access::{Caller as _, Refused, Supervisor},
    audit::Action,
};

use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        describe::parameter,
        error::ApiError,
        params::Params,
        routes::{Endpoint, at},
        rules::{Resettable as _, boolean, choice, or_reset, ratio, text, texts},
    },
    views::BotSettingsView,
};
use quick::{CallingCode, NO_KEY, QuickReplies, suggestions};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let company = || parameter("company_id", "For a superadmin: the company.", json!({ "type": "string" }));
    vec![
        at("/api/admin-dashboard/bot-settings/")
            .get("Shows a company's bot settings, defaults filled in.", show)
            .query(company())
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound)
            .update("Changes the settings that are sent; null gives a setting its default again.", change)
            .about(
                "The next message is answered with them. `{name}`, `{bot_name}` and `{company_name}` in texts are filled \
                 in. Lists in a form are JSON, repeated keys or indexed keys; a blank value there counts as null.",
            )
            .query(company())
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
    ]
}

body! {
    /// Some settings, and whose they are.
    struct BotSettingsBody {
        company_id: Option<String> = text().max(20).optional(),
        bot_name: Change<String> = or_reset(text().max(NAME)),
        welcome_text: Change<String> = or_reset(text().max(TEXT)),
        profile_done_text: Change<String> = or_reset(text().max(TEXT)),
        profile_suggestions: Change<Vec<String>> = suggestions().or_reset(),
        answer_suggestions: Change<Vec<String>> = suggestions().or_reset(),
        greeting_text: Change<String> = or_reset(text().max(TEXT)),
        greeting_suggestions: Change<Vec<String>> = suggestions().or_reset(),
        clarification_text: Change<String> = or_reset(text().max(TEXT)),
        clarification_suggestions: Change<Vec<String>> = suggestions().or_reset(),
        escalation_text: Change<String> = or_reset(text().max(TEXT)),
        escalation_phrases: Change<Vec<String>> =
            texts(text().max(PHRASE)).at_most(PHRASES).that(limits::can_match, NO_KEY).or_reset(),
        default_country_code: Change<String> = or_reset(CallingCode),
        quick_replies: Change<Vec<QuickReply>> = QuickReplies.or_reset(),
        use_shared_library: Change<bool> = or_reset(boolean()),
        confidence_threshold: Change<f64> = or_reset(ratio()),
        answer_mode: Change<Mode> = or_reset(choice(Mode::parse, Mode::ALL.map(Mode::as_str))),
    }
}

impl From<BotSettingsBody> for SettingsChange {
    fn from(body: BotSettingsBody) -> Self {
        Self {
            bot_name: body.bot_name,
            welcome_text: body.welcome_text,
            profile_done_text: body.profile_done_text,
            profile_suggestions: body.profile_suggestions,
            answer_suggestions: body.answer_suggestions,
            greeting_text: body.greeting_text,
            greeting_suggestions: body.greeting_suggestions,
            clarification_text: body.clarification_text,
            clarification_suggestions: body.clarification_suggestions,
            escalation_text: body.escalation_text,
            escalation_phrases: body.escalation_phrases,
            default_country_code: body.default_country_code,
            quick_replies: body.quick_replies,
            use_shared_library: body.use_shared_library,
            confidence_threshold: body.confidence_threshold,
            answer_mode: body.answer_mode,
        }
    }
}

/// Shows a company's bot settings.
async fn show(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<BotSettingsView>, ApiError> {
    let company = company(&supervisor, params.text("company_id"))?;
    let settings = app.office_read(supervisor, Place::Company(company), |store| settings::current(store));
    let settings = settings.await?.ok_or(Refused::CompanyNotFound)?;
    Ok(Json(BotSettingsView::new(company, settings)))
}

/// Changes the settings that are sent and shows all of them.
async fn change(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(mut body): Valid<BotSettingsBody>,
    app: web::Data<App>,
) -> Result<Json<BotSettingsView>, ApiError> {
    let named = body.company_id.take().filter(|code| !code.is_empty());
    let company = company(&supervisor, named.as_deref().or(params.text("company_id")))?;
    let change = SettingsChange::from(body);
    let settings = app.office_write(supervisor, Place::Company(company), Action::SettingsChanged, move |store| {
        settings::change(store, change)
    });
    let settings = settings.await?.ok_or(Refused::CompanyNotFound)?;
    Ok(Json(BotSettingsView::new(company, settings)))
}

/// An admin's own company, whatever is named; for a superadmin the one that is.
fn company(supervisor: &Supervisor, named: Option<&str>) -> Result<CompanyCode, ApiError> {
    match supervisor {
        Supervisor::Admin(admin) => Ok(admin.scope().company()),
        Supervisor::Superadmin(_) => {
            let code = named.ok_or_else(|| ApiError::required("company_id"))?;
            Ok(CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?)
        }
    }
}
