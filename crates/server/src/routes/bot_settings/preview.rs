//! `bot-settings/preview/`: what the bot would say to a text.

use actix_web::web::{self, Json};
use chatbot::{
    Act, Input, MissingInput, Reply, Sessions as _, Snapshot, Step, plan,
    understanding::{Intent, Language, Reading},
};
use handoff::{Handoffs as _, turn::SEEN};
use schemars::JsonSchema;
use serde::Serialize;
use storage::Place;
use tenancy::{
    StoreError,
    access::{ActingAs as _, Housekeeper, Refused, Supervisor},
};

use super::super::{
    endpoint::{Endpoint, at},
    which_company::which_company,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        params::Params,
        rules::{choice, text},
    },
    turn,
};

pub(super) fn endpoint() -> Endpoint {
    at("/api/admin-dashboard/bot-settings/preview/")
        .post("Shows what the bot would say to a text, and why. Stores nothing.", preview)
        .about(
            "`state` is the step of the intake that the visitor is at; without it the intake is complete. `step` in the \
             reply names the stage that answers: human_handling, person, intake, quick_reply, attachment, small_talk, \
             knowledge, greeting or clarification.",
        )
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
}

body! {
    /// A text of a visitor.
    struct PreviewBody {
        text: String = text().max(2000),
        state: Option<Step> = choice(Step::parse, Step::ALL.map(Step::as_str)).optional(),
        company_id: Option<String> = text().max(20).optional(),
    }
}

/// What the bot would say, and why.
#[derive(Serialize, JsonSchema)]
struct Preview {
    reading: ReadingView,
    /// The stage that answers.
    step: &'static str,
    reply: PreviewReply,
}

/// What the text says.
#[derive(Serialize, JsonSchema)]
struct ReadingView {
    #[schemars(extend("enum" = Intent::WORDS))]
    intent: &'static str,
    #[schemars(extend("enum" = Language::WORDS))]
    language: &'static str,
    values: ValuesView,
}

/// The values for the profile in the text; null where there is none.
#[derive(Serialize, JsonSchema)]
struct ValuesView {
    name: Option<String>,
    country_code: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
}

impl From<Reading> for ReadingView {
    fn from(reading: Reading) -> Self {
        let values = reading.values;
        let code = values.phone.as_ref().map(|phone| phone.country_code.clone());
        Self {
            intent: reading.intent.as_str(),
            language: reading.language.as_str(),
            values: ValuesView {
                name: values.name,
                country_code: code.or(values.country_code),
                phone: values.phone.and_then(|phone| phone.stored),
                email: values.email,
                address: values.address,
            },
        }
    }
}

/// The reply, with the same keys as that of the chat.
#[derive(Serialize, JsonSchema)]
struct PreviewReply {
    response: String,
    #[serde(flatten)]
    #[schemars(with = "super::super::chat::ReplyKeys")]
    reply: Reply,
}

/// Shows what the bot would say to a text.
async fn preview(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<PreviewBody>,
    app: web::Data<App>,
) -> Result<Json<Preview>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let now = app.now();
    let read = app.office_read(supervisor, Place::Company(company), move |store| {
        let keeper = Housekeeper::from(store.caller().clone());
        let snapshot = store.snapshot(None, now)?;
        let is_there = store.agent_is_there(now.minus(SEEN))?;
        Ok::<_, StoreError>((keeper, snapshot, is_there))
    });
    let (keeper, snapshot, is_there) = read.await?.ok_or(Refused::CompanyNotFound)?;
    let snapshot = at_step(snapshot.ok_or(Refused::CompanyNotFound)?, body.state.unwrap_or(Step::Complete));
    let input = Input { text: Some(body.text.trim()), attachments: false, wants_person: false };
    let mut found = None;
    let plan = loop {
        match plan(&snapshot, &input, found.as_ref(), now) {
            Ok(plan) => break plan,
            Err(MissingInput::Knowledge(text)) => {
                found = Some(turn::find(&app, &keeper, &snapshot, &text).await?.after(found));
            }
        }
    };
    let mut session = plan.session;
    let mut reply = match plan.act {
        Act::Silent => Reply::human_handling(),
        Act::Say(reply) => reply,
        Act::Escalate(escalation) => escalation.settle(&mut session, is_there),
        Act::Compose(composition) => composition.fallback,
    };
    let response = std::mem::take(&mut reply.response);
    let (step, reading) = (plan.stage.as_str(), plan.reading.into());
    Ok(Json(Preview { reading, step, reply: PreviewReply { response, reply } }))
}

/// Returns a session that has been asked for a step. The steps before it are skipped.
fn at_step(mut snapshot: Snapshot, step: Step) -> Snapshot {
    let session = &mut snapshot.session;
    session.welcomed = true;
    session.skip_to(step);
    snapshot
}
