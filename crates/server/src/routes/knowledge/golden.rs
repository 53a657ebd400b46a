//! `knowledge/golden/`: a company's golden questions, which are its test set.

pub(super) mod guard;
mod run;
mod threshold;

use actix_web::web::{self, Json};
use chatbot::settings::SettingsRecord as _;
use knowledge::{
    EntryList as _, entry,
    golden::{self, AddError, ChangeError, Expect, Golden, GoldenQuestions as _, Outcome, RemoveError, Row},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, GoldenId, StoreError,
    access::{Desk, Housekeeper, Office, Refused, Staff, Supervisor},
    audit::Action,
};

use super::{
    super::{
        endpoint::{Endpoint, at},
        which_company::which_company,
    },
    pages::{self, number},
    target::company_id,
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        created::Created,
        error::ApiError,
        params::Params,
        paths::PathId,
        rules::text,
    },
    views::{AsText, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/golden/")
            .get("Lists a company's golden questions, in the order in which they were added.", list)
            .about("For the next page, send `next` as `cursor`.")
            .query(pages::limit())
            .query(pages::cursor())
            .query(company_id())
            .refuses(ApiError::invalid_parameter("cursor"))
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound)
            .post("Adds a golden question: a question, and what is to come of it.", add)
            .about(
                "`expect` is the `chunk_id` of the entry that answers the question, or `clarify` if the bot is to ask \
                 back. The entry is one of the company, or of the shared library if the company uses it; of two with \
                 one id, the company's. The same question twice is refused, and so are more than 500. From then on, a \
                 change of the company's knowledge with which the bot would no longer say what is expected is refused \
                 with 409 `golden_lost`, unless `force` is sent with it.",
            )
            .query(company_id())
            .refuses(AddError::NoEntry)
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
        at("/api/knowledge/golden/{id:[0-9]+}/")
            .patch("Changes what a golden question asks, or what is to come of it.", change)
            .about(
                "A field that is not sent stays as it is, and the question keeps its place in the list. What is sent is \
                 refused as by `POST /api/knowledge/golden/`.",
            )
            .query(company_id())
            .refuses(ChangeError::NotFound)
            .refuses(ChangeError::NoEntry)
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound)
            .delete("Removes a golden question.", remove)
            .query(company_id())
            .refuses(RemoveError::NotFound)
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
        run::endpoint(),
        threshold::endpoint(),
    ]
}

body! {
    /// A question, and what is to come of it.
    struct AddGoldenBody {
        question: String = text().max(golden::MAX_QUESTION),
        expect: String = text().max(entry::MAX_CHUNK_ID),
        company_id: Option<String> = text().max(20).optional(),
    }
}

body! {
    /// The changes to a golden question. Fields that are not sent stay as they are.
    struct ChangeGoldenBody {
        question: Option<String> = text().max(golden::MAX_QUESTION).optional().not_blank().not_null(),
        expect: Option<String> = text().max(entry::MAX_CHUNK_ID).optional().not_blank().not_null(),
        company_id: Option<String> = text().max(20).optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct GoldenPage {
    results: Vec<GoldenView>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
}

/// A golden question.
#[derive(Serialize, JsonSchema)]
struct GoldenView {
    id: i64,
    question: String,
    /// The id of the entry that answers it, or `clarify` if the bot is to ask back.
    expect: String,
    created_at: TimestampText,
}

impl From<Golden> for GoldenView {
    fn from(golden: Golden) -> Self {
        Self {
            id: golden.id.get(),
            expect: golden.expect.as_str().to_owned(),
            question: golden.question,
            created_at: AsText(golden.created_at),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct RemovedGolden {
    message: &'static str,
}

/// What came of a golden question.
#[derive(Serialize, JsonSchema)]
pub(super) struct GoldenOutcome {
    id: i64,
    question: String,
    expect: String,
    /// What would be said.
    #[schemars(extend("enum" = ["answer", "clarify"]))]
    would: &'static str,
    /// The entry that is quoted; null without an answer. Of several, the expected one if it is among them, else the first.
    chunk_id: Option<String>,
    #[schemars(extend("enum" = Outcome::WORDS))]
    outcome: &'static str,
}

impl From<Row> for GoldenOutcome {
    fn from(row: Row) -> Self {
        let is_passed = row.is_passed();
        let Row { golden, said, outcome, flips: _ } = row;
        let would = if said.is_answer() { "answer" } else { "clarify" };
        let expected = golden.expect.entry().filter(|_| is_passed).map(str::to_owned);
        let first = || said.quoted.into_iter().next().map(|quoted| quoted.chunk_id);
        Self {
            id: golden.id.get(),
            expect: golden.expect.as_str().to_owned(),
            chunk_id: expected.or_else(first),
            question: golden.question,
            would,
            outcome: outcome.as_str(),
        }
    }
}

/// Lists a page of the questions.
async fn list(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<Json<GoldenPage>, ApiError> {
    let company = which_company(staff.company(), None, &params)?;
    let after = params.text("cursor").map(|text| number(text).ok_or_else(|| ApiError::invalid_parameter("cursor")));
    let (after, limit) = (after.transpose()?.map(GoldenId::new), pages::limit_of(&params)?);
    // One more than the page shows tells whether there is a next page.
    let read = move |store: &mut CompanyStore<'_, Desk>| store.golden_after(after, limit + 1);
    let mut rows = app.desk_read(staff, Place::Company(company), read).await?.ok_or(Refused::CompanyNotFound)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|golden| golden.id.to_string());
    Ok(Json(GoldenPage { results: rows.into_iter().map(GoldenView::from).collect(), next }))
}

/// Adds a question.
async fn add(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<AddGoldenBody>,
    app: web::Data<App>,
) -> Result<Created<GoldenView>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let (question, expect) = (body.question, Expect::of(body.expect));
    let is_shared = is_shared(&app, Staff::from(supervisor.clone()), company, &expect).await?;
    let now = app.now();
    let add = move |store: &mut CompanyStore<'_, Office>| golden::add(store, question, expect, is_shared, now);
    let added = app.office_write(supervisor, Place::Company(company), Action::GoldenAdded, add).await?;
    Ok(Created(added.ok_or(Refused::CompanyNotFound)?.into()))
}

/// Returns whether an entry of the shared library is expected, and the company uses the library.
async fn is_shared(app: &App, staff: Staff, company: CompanyCode, expect: &Expect) -> Result<bool, ApiError> {
    let Some(chunk_id) = expect.entry().map(str::to_owned) else { return Ok(false) };
    let read = |store: &mut CompanyStore<'_, Desk>| store.settings();
    let settings = app.desk_read(staff, Place::Company(company), read).await?.ok_or(Refused::CompanyNotFound)?;
    if !settings.use_shared_library {
        return Ok(false);
    }
    let read = move |store: &mut CompanyStore<'_, Housekeeper>| Ok::<_, StoreError>(store.entry(&chunk_id)?.is_some());
    Ok(app.db.read_for(company, app.indexes.librarian(), read).await?)
}

/// Changes a question.
async fn change(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    Valid(body): Valid<ChangeGoldenBody>,
    app: web::Data<App>,
) -> Result<Json<GoldenView>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let (id, question, expect) = (GoldenId::new(id), body.question, body.expect.map(Expect::of));
    let is_shared = match &expect {
        Some(expect) => is_shared(&app, Staff::from(supervisor.clone()), company, expect).await?,
        None => false,
    };
    let change = move |store: &mut CompanyStore<'_, Office>| golden::change(store, id, question, expect, is_shared);
    let changed = app.office_write(supervisor, Place::Company(company), Action::GoldenChanged, change).await?;
    Ok(Json(changed.ok_or(Refused::CompanyNotFound)?.into()))
}

/// Removes a question.
async fn remove(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<RemovedGolden>, ApiError> {
    let company = which_company(supervisor.company(), None, &params)?;
    let remove = move |store: &mut CompanyStore<'_, Office>| golden::remove(store, GoldenId::new(id));
    let removed = app.office_write(supervisor, Place::Company(company), Action::GoldenRemoved, remove).await?;
    removed.ok_or(Refused::CompanyNotFound)?;
    Ok(Json(RemovedGolden { message: "Golden question deleted" }))
}
