//! `knowledge/golden/run/`: asks all golden questions.

use std::sync::Arc;

use actix_web::web::{self, Json};
use chatbot::BotSettings;
use knowledge::golden::{Outcome, Report, Row};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::access::{Refused, Staff, Supervisor};

use super::{
    super::{
        super::{
            endpoint::{Endpoint, at},
            which_company::which_company,
        },
        asking::{self, Ready},
    },
    GoldenOutcome,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        error::ApiError,
        params::Params,
        rules::{ratio, text},
    },
};

pub(super) fn endpoint() -> Endpoint {
    at("/api/knowledge/golden/run/")
        .post("Asks all golden questions, and says which get what is expected. Stores nothing.", run)
        .about(
            "Each question is asked as by `POST /api/knowledge/ask/`. Without `threshold`, that of the company counts; with it, \
             `flips` tells whether a question passes at one of the two thresholds only. `recall` and `wrong` are shares \
             of the questions that expect an entry: answered with it, and with another one. `false_answers` is the \
             share of the questions that expect `clarify` and are answered. They are null without such questions. A \
             question whose entry was removed is `missing`, and has failed.",
        )
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
}

body! {
    /// The threshold to try.
    struct RunGoldenBody {
        threshold: Option<f64> = ratio().optional(),
        company_id: Option<String> = text().max(20).optional(),
    }
}

/// How a company's golden questions do.
#[derive(Serialize, JsonSchema)]
struct GoldenReport {
    threshold: f64,
    passed: usize,
    failed: usize,
    /// The share of the questions that expect an entry and are answered with it.
    recall: Option<f64>,
    /// The share of the questions that expect an entry and are answered with another one.
    wrong: Option<f64>,
    /// The share of the questions that expect `clarify` and are answered.
    false_answers: Option<f64>,
    /// The number of questions whose entry was removed.
    missing: usize,
    rows: Vec<GoldenRow>,
}

/// What came of a golden question at the threshold.
#[derive(Serialize, JsonSchema)]
struct GoldenRow {
    #[serde(flatten)]
    outcome: GoldenOutcome,
    /// The confidence of the answer; without one, the best that was found.
    confidence: f64,
    passed: bool,
    /// Whether it passes at one of the two thresholds only; null if none was sent.
    flips: Option<bool>,
}

impl From<Row> for GoldenRow {
    fn from(row: Row) -> Self {
        let (confidence, passed, flips) = (row.said.confidence, row.is_passed(), row.flips);
        Self { outcome: row.into(), confidence, passed, flips }
    }
}

/// Asks all questions.
async fn run(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<RunGoldenBody>,
    app: web::Data<App>,
) -> Result<Json<GoldenReport>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let Ready { golden, asked, permit } = asking::ready(&app, Staff::from(supervisor), company).await?;
    let own = asked.settings.confidence_threshold;
    let threshold = body.threshold.unwrap_or(own);
    let tried = Arc::new(BotSettings { confidence_threshold: threshold, ..asked.settings.clone() });
    let is_tried = body.threshold.is_some();
    let rows = asking::each(&app, &asked, golden, move |asked, golden, meanings| {
        let said = asked.search(&tried).said(&golden.question, meanings);
        let other = is_tried.then(|| asked.search(&asked.settings).said(&golden.question, meanings));
        Row::new(golden, said, other.as_ref(), &asked.holdings)
    });
    let report = Report { rows: rows.await? };
    drop(permit);
    Ok(Json(GoldenReport {
        threshold,
        passed: report.passed(),
        failed: report.rows.len() - report.passed(),
        recall: report.recall(),
        wrong: report.wrong(),
        false_answers: report.false_answers(),
        missing: report.count(Outcome::Missing),
        rows: report.rows.into_iter().map(GoldenRow::from).collect(),
    }))
}
