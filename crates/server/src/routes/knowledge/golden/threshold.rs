//! `knowledge/golden/threshold/`: finds the threshold at which enough of the golden questions is answered right.

use actix_web::web::{self, Json};
use chatbot::settings::{self, Change, SettingsChange};
use knowledge::golden::{Calibrated, CalibrationError, FEWEST_ANSWERABLE, calibrate};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::{CompanyStore, Place};
use tenancy::{
    access::{Office, Refused, Staff, Supervisor},
    audit::Action,
};

use super::super::{
    super::{
        endpoint::{Endpoint, at},
        which_company::which_company,
    },
    asking::{self, Ready},
};
use crate::{
    app::App,
    auth::Auth,
    background,
    http::{
        body::{Valid, body},
        code::Code,
        error::ApiError,
        params::Params,
        rules::{boolean, ratio, text},
    },
};

pub(super) fn endpoint() -> Endpoint {
    at("/api/knowledge/golden/threshold/")
        .post("Finds the lowest threshold at which this share of the golden questions that are answered is answered right.", find)
        .about(
            "Tried are the confidences of the golden questions, since between two of them nothing changes. An answer to a \
             question that expects `clarify` is not right. With `apply`, the threshold becomes the setting \
             `confidence_threshold`. There is none with fewer than ten questions that expect an entry, and if no threshold \
             reaches the precision; then `reason` says so, and with `apply` the answer is 409.",
        )
        .refuses(CalibrationError::TooFew { answerable: 3 })
        .refuses(CalibrationError::OutOfReach { best: None })
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
}

body! {
    /// The precision to reach.
    struct ThresholdBody {
        precision: f64 = ratio(),
        apply: Option<bool> = boolean().optional().not_null(),
        company_id: Option<String> = text().max(20).optional(),
    }
}

/// The threshold for a precision, or why there is none.
#[derive(Serialize, JsonSchema)]
struct ThresholdReport {
    /// The lowest threshold that reaches the precision; null if there is none.
    threshold: Option<f64>,
    /// Why there is none: `too_few_questions` expect an entry, or the precision is `out_of_reach` at every threshold.
    #[schemars(extend("enum" = ["too_few_questions", "out_of_reach", null]))]
    reason: Option<&'static str>,
    /// How the golden questions do at the threshold; without one, at that with the greatest precision.
    reached: Option<ThresholdView>,
    /// The threshold of the company before this call.
    current: f64,
    /// Whether the threshold is the setting `confidence_threshold` now.
    applied: bool,
}

/// A threshold, and how the golden questions do at it.
#[derive(Serialize, JsonSchema)]
struct ThresholdView {
    threshold: f64,
    /// The share of the answered questions whose answer is right.
    precision: f64,
    /// The share of the questions that expect an entry and are answered with it.
    recall: f64,
    /// The number of questions that are answered, right or wrong.
    answered: usize,
}

impl From<Calibrated> for ThresholdView {
    fn from(Calibrated { threshold, precision, recall, answered }: Calibrated) -> Self {
        Self { threshold, precision, recall, answered }
    }
}

impl From<CalibrationError> for ApiError {
    fn from(error: CalibrationError) -> Self {
        match error {
            CalibrationError::TooFew { answerable } => Self::conflict(
                Code::GoldenTooFew,
                format!("At least {FEWEST_ANSWERABLE} golden questions must expect an entry."),
            )
            .with("answerable", answerable),
            CalibrationError::OutOfReach { best } => Self::conflict(
                Code::PrecisionOutOfReach,
                "No threshold reaches this precision on the golden questions.",
            )
            .with("best", json!(best.map(ThresholdView::from))),
        }
    }
}

/// Finds a threshold, and stores it on request.
async fn find(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<ThresholdBody>,
    app: web::Data<App>,
) -> Result<Json<ThresholdReport>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let Ready { golden, asked, permit } = asking::ready(&app, Staff::from(supervisor.clone()), company).await?;
    let ladders = asking::each(&app, &asked, golden, |asked, golden, meanings| {
        (golden.expect, asked.search(&asked.settings).ladder(&golden.question, meanings))
    });
    let (ladders, current) = (ladders.await?, asked.settings.confidence_threshold);
    let is_applied = body.apply.unwrap_or_default();
    let found = background::run(move || {
        let found = calibrate(&ladders, &asked.holdings, body.precision);
        // Held until the work is done, even if the caller has disconnected.
        drop(permit);
        found
    });
    let (found, reason) = match found.await? {
        Ok(found) => (Ok(found), None),
        Err(error) if is_applied => return Err(error.into()),
        Err(CalibrationError::TooFew { .. }) => (Err(None), Some("too_few_questions")),
        Err(CalibrationError::OutOfReach { best }) => (Err(best), Some("out_of_reach")),
    };
    if let (Ok(Calibrated { threshold, .. }), true) = (found, is_applied) {
        let change = SettingsChange { confidence_threshold: Change::To(threshold), ..SettingsChange::default() };
        let change = move |store: &mut CompanyStore<'_, Office>| settings::change(store, change);
        let changed = app.office_write(supervisor, Place::Company(company), Action::SettingsChanged, change);
        changed.await?.ok_or(Refused::CompanyNotFound)?;
    }
    Ok(Json(ThresholdReport {
        threshold: found.ok().map(|found| found.threshold),
        reason,
        reached: found.map_or_else(|best| best, Some).map(ThresholdView::from),
        current,
        applied: is_applied,
    }))
}
