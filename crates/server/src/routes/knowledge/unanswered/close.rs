//! `knowledge/unanswered/{id}/close/`: a group needs no answer, or an entry answers it already.

use actix_web::web::{self, Json};
use chatbot::settings::Change;
use knowledge::{
    Chunk, entry,
    golden::Proposal,
    unanswered::{self, Addition, CloseError, ExtendError, Group},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, StoreError,
    access::{Desk, Office, Refused, Staff, Supervisor},
    audit::Action,
};

use super::{
    super::{
        super::{
            endpoint::{Endpoint, at},
            which_company::which_company,
        },
        entries::{EntryView, alternatives, list_of},
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
        error::ApiError,
        params::Params,
        paths::PathId,
        rules::{Resettable as _, boolean, text},
    },
};

pub(super) fn endpoint() -> Endpoint {
    at("/api/knowledge/unanswered/{id:[0-9]+}/close/")
        .post("Closes a group, because it needs no answer or because an entry answers it already.", close)
        .about(
            "`id` is that of any open question of the group. What is asked later opens a new group. With `chunk_id`, the \
             entry with this id gets the wordings of the group as alternative questions, in the same step: those that \
             occur most often first, up to 20 alternatives in all; wordings that it has are not added again. Wordings \
             that need a question before them, as \"And on Sunday?\" does, are not added; if the group has no others, \
             `alternatives` is required. With `alternatives`, these are added instead of the group's. The entry is one \
             of the company. If the change is refused, the group stays open.",
        )
        .query(company_id())
        .query(guard::force())
        .refuses(CloseError::NotFound)
        .refuses(contradiction())
        .refuses(ExtendError::NoEntry)
        .refuses(ExtendError::NoQuestion)
        .refuses(ExtendError::Full)
        .refuses(guard::refusal(&[guard::example()]))
        .refuses(ApiError::required("company_id"))
        .refuses(Refused::CompanyNotFound)
}

body! {
    /// Why a group is closed: it needs no answer, which is also what an empty body means, or an entry answers it.
    struct CloseGroupBody {
        ignore: Option<bool> = boolean().optional(),
        chunk_id: Option<String> = text().max(entry::MAX_CHUNK_ID).optional(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        company_id: Option<String> = text().max(20).optional(),
        force: Option<bool> = boolean().optional(),
    }
}

/// The number of questions that were closed and, with `chunk_id`, the entry that answers them.
#[derive(Serialize, JsonSchema)]
struct ClosedQuestions {
    closed: usize,
    #[serde(flatten)]
    extended: Option<ExtendedEntry>,
}

/// The entry that answers a group, as it is now.
#[derive(Serialize, JsonSchema)]
struct ExtendedEntry {
    entry: EntryView,
    /// The wordings that were added.
    added: Vec<String>,
    /// The wordings for which there was no room.
    left_out: Vec<String>,
}

/// Returns the refusal of a call that ignores a group and names an entry for it, or does neither.
fn contradiction() -> ApiError {
    ApiError::non_field("Send ignore, or the chunk_id of the entry that answers the group.")
}

/// Closes a group.
async fn close(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    params: Params,
    Valid(body): Valid<CloseGroupBody>,
    app: web::Data<App>,
) -> Result<Json<ClosedQuestions>, ApiError> {
    let company = which_company(supervisor.company(), body.company_id.as_deref(), &params)?;
    let chunk_id = body.chunk_id.filter(|id| !id.is_empty());
    let wordings = list_of(body.alternatives).unwrap_or_default();
    let is_contradictory = match body.ignore {
        Some(true) => chunk_id.is_some() || !wordings.is_empty(),
        Some(false) => chunk_id.is_none(),
        None => chunk_id.is_none() && !wordings.is_empty(),
    };
    if is_contradictory {
        return Err(contradiction());
    }
    let is_forced = guard::is_forced(&params, body.force)?;
    let group = group(&app, supervisor.clone(), company, id).await?.ok_or(CloseError::NotFound)?;
    match chunk_id {
        Some(chunk_id) => extend(&app, supervisor, company, group, chunk_id, wordings, is_forced).await.map(Json),
        None => ignore(&app, supervisor, company, group).await.map(Json),
    }
}

/// Closes a group that needs no answer.
async fn ignore(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    group: Group,
) -> Result<ClosedQuestions, ApiError> {
    let now = app.now();
    let close = move |store: &mut CompanyStore<'_, Office>| unanswered::close(store, &group, now);
    let closed = app.office_write(supervisor, Place::Company(company), Action::QuestionsClosed, close);
    let closed = closed.await?.ok_or(Refused::CompanyNotFound)?;
    Ok(ClosedQuestions { closed, extended: None })
}

/// Closes a group into an entry that answers it.
async fn extend(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    group: Group,
    chunk_id: String,
    wordings: Vec<String>,
    is_forced: bool,
) -> Result<ClosedQuestions, ApiError> {
    let wordings = if wordings.is_empty() { group.publishable() } else { wordings };
    if wordings.is_empty() {
        return Err(ExtendError::NoQuestion.into());
    }
    let target = Target::Company(company);
    check_holder(app, target, supervisor.clone(), chunk_id.clone(), wordings.clone()).await?;
    let now = app.now();
    let proposed = (chunk_id.clone(), wordings.clone());
    let propose = move |_, chunks: &[Chunk]| {
        let (chunk_id, wordings) = proposed;
        let chunk = chunks.iter().find(|chunk| chunk.chunk_id == chunk_id)?;
        Proposal::update(&chunk_id, Addition::of(chunk, &wordings).change(chunk), chunks)
    };
    let extend =
        move |store: &mut CompanyStore<'_, Office>| unanswered::close_into(store, &group, &chunk_id, &wordings, now);
    let extended = guard::publish(app, target, supervisor, Action::EntryUpdated, is_forced, propose, extend).await?;
    let Addition { added, left_out } = extended.addition;
    let entry = EntryView::new(extended.entry, false);
    Ok(ClosedQuestions { closed: extended.closed, extended: Some(ExtendedEntry { entry, added, left_out }) })
}

/// Refuses wordings of another entry. That is read before the change, as the warnings of entries are.
async fn check_holder(
    app: &App,
    target: Target,
    supervisor: Supervisor,
    chunk_id: String,
    wordings: Vec<String>,
) -> Result<(), ApiError> {
    let read = move |store: &mut CompanyStore<'_, Desk>| {
        let chunks = knowledge::KnowledgeBase::chunks(store)?;
        let held = unanswered::holder(&chunks, &wordings, &chunk_id);
        Ok::<_, StoreError>(held.map(|(wording, holder)| (wording.to_owned(), holder.to_owned())))
    };
    match target.read(app, Staff::from(supervisor), read).await? {
        Some((wording, chunk_id)) => Err(ExtendError::Held { wording, chunk_id }.into()),
        None => Ok(()),
    }
}
