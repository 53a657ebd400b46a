//! `knowledge/unanswered/{id}/answer/`: a new entry answers a group.

use actix_web::web;
use chatbot::settings::Change;
use knowledge::{
    Chunk, Draft,
    entries::CreateError,
    entry,
    golden::Proposal,
    unanswered::{self, AnswerError},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::CompanyStore;
use tenancy::{
    access::{Office, Refused, Supervisor},
    audit::Action,
};

use super::{
    super::{
        super::{
            endpoint::{Endpoint, at},
            which_company::which_company,
        },
        entries::{self, EntryView, alternatives, line, list_of},
        golden::guard,
        target::{Target, company_id},
    },
    open::group,
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
        rules::{Resettable as _, boolean, integer, text},
    },
};

pub(super) fn endpoint() -> Endpoint {
    at("/api/knowledge/unanswered/{id:[0-9]+}/answer/")
        .post("Adds an entry that answers a group, and closes the group.", answer)
        .about(
            "The entry is added as by `POST /api/knowledge/entries/`. Without `question`, it asks what the group \
             asks most often in words that need no question before them; if there are none, as in \"And on Sunday?\", \
             `question` is required. If the entry is refused, the group stays open.",
        )
        .query(company_id())
        .query(guard::force())
        .refuses(AnswerError::NotFound)
        .refuses(AnswerError::NoQuestion)
        .refuses(CreateError::Taken)
        .refuses(guard::refusal(&[guard::example()]))
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
}

body! {
    /// The entry that answers a group of questions.
    struct AnswerGroupBody {
        answer: String = entries::answer(),
        document: String = line(entry::MAX_DOCUMENT),
        question: Option<String> = line(entry::MAX_QUESTION).optional(),
        section: Option<String> = line(entry::MAX_SECTION).optional(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional(),
        chunk_id: Option<String> = text().max(entry::MAX_CHUNK_ID).optional(),
        company_id: Option<String> = text().max(20).optional(),
        force: Option<bool> = boolean().optional(),
    }
}

/// An entry that answers a group of questions, and the number of questions that were closed.
#[derive(Serialize, JsonSchema)]
struct AnsweredGroup {
    entry: EntryView,
    closed: usize,
}

/// Adds an entry that answers a group, and closes the group.
async fn answer(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    Valid(body): Valid<AnswerGroupBody>,
    app: web::Data<App>,
) -> Result<Created<AnsweredGroup>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let is_forced = guard::is_forced(&params, body.force)?;
    let group = group(&app, supervisor.clone(), company, id).await?.ok_or(AnswerError::NotFound)?;
    let question = body.question.filter(|question| !question.is_empty());
    let question = question.or_else(|| group.publishable().into_iter().next()).ok_or(AnswerError::NoQuestion)?;
    let now = app.now();
    let draft = Draft {
        document: body.document,
        chunk_id: body.chunk_id.filter(|id| !id.is_empty()),
        section: body.section.unwrap_or_default(),
        question,
        alternatives: list_of(body.alternatives).unwrap_or_default(),
        answer: body.answer,
        page: body.page.unwrap_or_default(),
    };
    let proposed = draft.clone();
    let propose = move |_, chunks: &[Chunk]| Proposal::creation(proposed, chunks);
    let answer = move |store: &mut CompanyStore<'_, Office>| unanswered::answer(store, &group, draft, now);
    let target = Target::Company(company);
    let answered = guard::publish(&app, target, supervisor, Action::EntryCreated, is_forced, propose, answer);
    let (created, closed) = answered.await?;
    Ok(Created(AnsweredGroup { entry: EntryView::new(created, false), closed }))
}
