//! `knowledge/ask/`: what would be answered to a question, and why.

use actix_web::web::{self, Json};
use chatbot::settings::SettingsRecord as _;
use knowledge::{
    KnowledgeBase as _, Origin,
    index::{Evidence, Ranking},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{CompanyStore, Place};
use tenancy::{
    StoreError,
    access::{ActingAs as _, Desk, Housekeeper, Refused, Staff},
};

use super::super::{
    chat::CitationView,
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
        rules::{ratio, text},
    },
    turn,
};

/// Candidates of each knowledge.
const CANDIDATES: usize = 10;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/ask/")
            .post("Shows what would be answered to a question, and what else came near. Stores nothing.", ask)
            .about(
                "The question is searched as one of a visitor who has asked nothing before. Without `threshold`, that of the \
                 company counts. `would` is `answer` if an entry is at or above it, else `clarify`, with what would be \
                 offered in `suggestions`. `candidates` has at most ten entries of the company, and ten of the shared \
                 library if the company uses it, each in the order of the search: by `score`, except that an entry with the very \
                 question is the first, and the entry with the most of the words is among the first four. Scores are \
                 comparable within one of the two only.",
            )
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
    ]
}

body! {
    /// A question, and the threshold to try.
    struct AskBody {
        question: String = text().max(2000),
        threshold: Option<f64> = ratio().optional(),
        company_id: Option<String> = text().max(20).optional(),
    }
}

/// What would be answered, and why.
#[derive(Serialize, JsonSchema)]
struct AskReport {
    #[schemars(extend("enum" = ["answer", "clarify"]))]
    would: &'static str,
    threshold: f64,
    /// The confidence of the answer; without one, the best that was found.
    confidence: f64,
    answer: Option<String>,
    citations: Vec<CitationView>,
    suggestions: Vec<String>,
    candidates: Vec<CandidateRow>,
    /// The evidence for the first candidate of the company, and for that of the shared library.
    evidence: Vec<EvidenceRow>,
}

/// An entry that came near.
#[derive(Serialize, JsonSchema)]
struct CandidateRow {
    chunk_id: String,
    document: String,
    question: String,
    score: f32,
    shared: bool,
}

/// What speaks for the first candidate of a knowledge.
#[derive(Serialize, JsonSchema)]
struct EvidenceRow {
    shared: bool,
    confidence: f64,
    /// `exact` if the question equals a stored one; else what was compared.
    #[schemars(extend("enum" = ["exact", "words", "meaning"]))]
    compared: &'static str,
    /// The features of the confidence by name. None for `exact`.
    features: std::collections::BTreeMap<&'static str, f64>,
}

impl EvidenceRow {
    fn new(origin: Origin, ranking: &Ranking) -> Self {
        let (compared, features) = match ranking.evidence() {
            Evidence::Exact => ("exact", Vec::new()),
            Evidence::Words(it) => (
                "words",
                vec![("score", it.score), ("margin", it.margin), ("coverage", it.coverage), ("overlap", it.overlap)],
            ),
            Evidence::Meaning(it) => (
                "meaning",
                vec![
                    ("score", it.score),
                    ("margin", it.margin),
                    ("share", it.share),
                    ("similarity", it.similarity),
                    ("similarity_margin", it.similarity_margin),
                    ("coverage", it.coverage),
                ],
            ),
        };
        let features = features.into_iter().collect();
        Self { shared: origin == Origin::Shared, confidence: ranking.confidence(), compared, features }
    }
}

/// Shows what would be answered to a question.
async fn ask(
    Auth(staff): Auth<Staff>,
    params: Params,
    Valid(body): Valid<AskBody>,
    app: web::Data<App>,
) -> Result<Json<AskReport>, ApiError> {
    let company = which_company(staff.company(), body.company_id.as_deref(), &params)?;
    let read = app.desk_read(staff, Place::Company(company), move |store: &mut CompanyStore<'_, Desk>| {
        let keeper = Housekeeper::from(store.caller().clone());
        Ok::<_, StoreError>((keeper, store.settings()?, store.version()?))
    });
    let (keeper, mut settings, version) = read.await?.ok_or(Refused::CompanyNotFound)?;
    settings.confidence_threshold = body.threshold.unwrap_or(settings.confidence_threshold);
    let question = body.question;
    let (found, rankings) = turn::examine(&app, &keeper, version, &settings, &question, CANDIDATES).await?;
    let answered = chatbot::quoted(&found, &question);
    let best = rankings.iter().map(|(_, ranking)| ranking.confidence()).fold(0.0, f64::max);
    let (answer, confidence, citations) = match answered {
        Some(answered) => (Some(answered.answer), answered.confidence, answered.citations),
        None => (None, best, Vec::new()),
    };
    Ok(Json(AskReport {
        would: if answer.is_some() { "answer" } else { "clarify" },
        threshold: settings.confidence_threshold,
        confidence,
        answer,
        citations: citations.into_iter().map(CitationView::from).collect(),
        suggestions: found.offered(&question).to_vec(),
        evidence: rankings.iter().map(|(origin, ranking)| EvidenceRow::new(*origin, ranking)).collect(),
        candidates: rankings.into_iter().flat_map(candidates).collect(),
    }))
}

fn candidates((origin, ranking): (Origin, Ranking)) -> impl Iterator<Item = CandidateRow> {
    ranking.into_passages().into_iter().map(move |passage| CandidateRow {
        chunk_id: passage.chunk.chunk_id.clone(),
        document: passage.chunk.document.title.clone(),
        question: passage.chunk.question.clone(),
        score: passage.score,
        shared: origin == Origin::Shared,
    })
}
