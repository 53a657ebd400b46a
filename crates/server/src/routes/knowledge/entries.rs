//! `knowledge/entries/`: the entries of what a company knows, one by one.

use actix_web::web::{self, Json};
use chatbot::settings::Change;
use knowledge::{
    Chunk, Draft, EntryChange, EntryList, EntryPosition, ListedEntry,
    entries::{self, CreateError, DeleteError, EntryFilter, UpdateError, Words},
    entry,
    golden::Proposal,
    markup, plain,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::CompanyStore;
use tenancy::{
    access::{Desk, Office, Refused, Staff, Supervisor},
    audit::Action,
    text::is_blank,
};

use super::{
    super::endpoint::{Endpoint, at},
    golden::guard,
    pages,
    target::{Target, company_id, no_target, shared},
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        created::Created,
        describe::parameter,
        error::ApiError,
        params::Params,
        paths::PathText,
        rules::{Resettable as _, Text, Texts, boolean, integer, text, texts},
    },
    views::{AsText, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/entries/")
            .get("Lists the entries of a company's knowledge, by document, in the document's order.", list)
            .about(
                "Those of the shared library follow, with `shared` true, if the company uses it; only superadmins change \
                 them. For the next page, send `next` as `cursor`. With `q`, one call looks at 2,000 entries of each \
                 knowledge at most: a page can then have fewer rows than `limit`, or none, and still a `next`.",
            )
            .query(parameter(
                "q",
                "Words of id, section, question, alternatives and answer, in any order and spelling. More than 50 different \
                 ones find nothing.",
                json!({ "type": "string" }),
            ))
            .query(parameter(
                "document",
                "Only entries of the document with exactly this title.",
                json!({ "type": "string" }),
            ))
            .query(pages::limit())
            .query(pages::cursor())
            .query(company_id())
            .query(shared())
            .refuses(ApiError::invalid_parameter("cursor"))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound)
            .post("Adds an entry at the end of its document, which is made if there is none.", create)
            .about(
                "`alternatives` are other ways to ask the question: they find the entry as the question does. HTML becomes \
                 plain text. The next message is answered with the entry. If another entry has the same question, \
                 `warnings` says so. The id `export` is taken, because it is in the path of the export.",
            )
            .query(guard::force())
            .refuses(CreateError::Taken)
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
        at("/api/knowledge/entries/{chunk_id}/")
            .patch("Changes the fields of an entry that are sent.", update)
            .about(
                "In another `document`, the entry becomes the last one. Null, or a blank value of a form, leaves it \
                 without `alternatives`. HTML becomes plain text; a text that is sent back as it is stays. If the question \
                 is sent and another entry has it too, `warnings` says so. An entry with the id `export`, which a load \
                 can bring, is changed and removed by another load only.",
            )
            .query(company_id())
            .query(shared())
            .query(guard::force())
            .refuses(UpdateError::NotFound)
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound)
            .delete("Removes an entry, and its document if that has no other entry.", remove)
            .query(company_id())
            .query(shared())
            .query(guard::force())
            .refuses(DeleteError::NotFound)
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
    ]
}

/// Reads a text in one line of at most so many characters. HTML becomes plain text, which is what is measured.
pub(super) fn line(max: usize) -> Text {
    text().max(max).measured(|html| length(&plain::line(html)))
}

pub(super) fn answer() -> Text {
    text().max(entry::MAX_ANSWER).measured(|html| length(&plain::answer(html)))
}

/// Returns the length of a text without the spaces that disarm tags, so that a stored text can be sent back.
fn length(plain: &str) -> usize {
    if is_blank(plain) { 0 } else { markup::length(plain.trim()) }
}

pub(super) fn alternatives() -> Texts {
    texts(line(entry::MAX_QUESTION)).at_most(entry::MAX_ALTERNATIVES)
}

body! {
    /// An entry to be added.
    struct CreateEntryBody {
        question: String = line(entry::MAX_QUESTION),
        answer: String = answer(),
        document: String = line(entry::MAX_DOCUMENT),
        section: Option<String> = line(entry::MAX_SECTION).optional(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional(),
        chunk_id: Option<String> = text().max(entry::MAX_CHUNK_ID).optional(),
        company_id: Option<String> = text().max(20).optional(),
        shared: Option<bool> = boolean().optional(),
        force: Option<bool> = boolean().optional(),
    }
}

body! {
    /// The changes to an entry. Fields that are not sent stay as they are.
    struct UpdateEntryBody {
        question: Option<String> = line(entry::MAX_QUESTION).optional().not_blank().not_null(),
        answer: Option<String> = answer().optional().not_blank().not_null(),
        document: Option<String> = line(entry::MAX_DOCUMENT).optional().not_blank().not_null(),
        section: Option<String> = line(entry::MAX_SECTION).optional().not_null(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional().not_null(),
        company_id: Option<String> = text().max(20).optional(),
        shared: Option<bool> = boolean().optional(),
        force: Option<bool> = boolean().optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct EntryListPage {
    results: Vec<EntryView>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
}

/// An entry of a company's knowledge, or of the shared library.
#[derive(Serialize, JsonSchema)]
pub(super) struct EntryView {
    chunk_id: String,
    /// The title of its document.
    document: String,
    section: String,
    question: String,
    /// Other ways to ask the question.
    alternatives: Vec<String>,
    answer: String,
    /// The page of the source, 0 if unknown.
    page: i64,
    /// When it was loaded or changed last.
    updated_at: TimestampText,
    shared: bool,
}

impl EntryView {
    pub(super) fn new(listed: ListedEntry, shared: bool) -> Self {
        let chunk = listed.chunk;
        Self {
            chunk_id: chunk.chunk_id,
            document: chunk.document.title,
            section: chunk.section,
            question: chunk.question,
            alternatives: chunk.alternatives,
            answer: chunk.answer,
            page: chunk.page,
            updated_at: AsText(listed.updated_at),
            shared,
        }
    }
}

/// An entry as it was stored.
#[derive(Serialize, JsonSchema)]
struct StoredEntry {
    #[serde(flatten)]
    entry: EntryView,
    /// What is strange about it: that another entry has the same question. Not there if nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct DeletedEntry {
    message: &'static str,
}

/// Lists a page of the entries.
async fn list(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<Json<EntryListPage>, ApiError> {
    let filter = EntryFilter {
        words: params.text("q").and_then(Words::of),
        document: params.text("document").map(str::to_owned),
    };
    let read = move |store: &mut dyn EntryList, after: Option<EntryPosition>, limit: usize| {
        let page = entries::page(store, &filter, after, limit)?;
        Ok((page.rows, page.next))
    };
    let pages = pages::read(&app, staff, &params, read).await?;
    let results = pages.rows.into_iter().map(|(row, shared)| EntryView::new(row, shared)).collect();
    Ok(Json(EntryListPage { results, next: pages.next }))
}

/// Adds an entry.
async fn create(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<CreateEntryBody>,
    app: web::Data<App>,
) -> Result<Created<StoredEntry>, ApiError> {
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
    let is_forced = guard::is_forced(&params, body.force)?;
    let warnings = warnings(&app, target, supervisor.clone(), body.question.clone(), None).await?;
    let now = app.now();
    let draft = Draft {
        document: body.document,
        chunk_id: body.chunk_id.filter(|id| !id.is_empty()),
        section: body.section.unwrap_or_default(),
        question: body.question,
        alternatives: list_of(body.alternatives).unwrap_or_default(),
        answer: body.answer,
        page: body.page.unwrap_or_default(),
    };
    let proposed = draft.clone();
    let propose = move |_, chunks: &[Chunk]| Proposal::creation(proposed, chunks);
    let create = move |store: &mut CompanyStore<'_, Office>| entries::create(store, draft, now);
    let created = guard::publish(&app, target, supervisor, Action::EntryCreated, is_forced, propose, create).await?;
    Ok(Created(StoredEntry { entry: EntryView::new(created, target == Target::Library), warnings }))
}

/// Changes an entry.
async fn update(
    Auth(supervisor): Auth<Supervisor>,
    PathText(chunk_id): PathText,
    params: Params,
    Valid(body): Valid<UpdateEntryBody>,
    app: web::Data<App>,
) -> Result<Json<StoredEntry>, ApiError> {
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
    let is_forced = guard::is_forced(&params, body.force)?;
    let warnings = match &body.question {
        Some(question) => warnings(&app, target, supervisor.clone(), question.clone(), Some(chunk_id.clone())).await?,
        None => Vec::new(),
    };
    let now = app.now();
    let change = EntryChange {
        document: body.document,
        section: body.section,
        question: body.question,
        alternatives: list_of(body.alternatives),
        answer: body.answer,
        page: body.page,
    };
    let proposed = (chunk_id.clone(), change.clone());
    let propose = move |_, chunks: &[Chunk]| Proposal::update(&proposed.0, proposed.1, chunks);
    let update = move |store: &mut CompanyStore<'_, Office>| entries::update(store, &chunk_id, change, now);
    let updated = guard::publish(&app, target, supervisor, Action::EntryUpdated, is_forced, propose, update).await?;
    Ok(Json(StoredEntry { entry: EntryView::new(updated, target == Target::Library), warnings }))
}

/// Returns what is strange about an entry with this question, which has the id if it is stored already. It is read before
/// the change, because a change that is stored must not fail afterwards.
async fn warnings(
    app: &App,
    target: Target,
    supervisor: Supervisor,
    question: String,
    chunk_id: Option<String>,
) -> Result<Vec<String>, ApiError> {
    let read = move |store: &mut CompanyStore<'_, Desk>| entries::with_question(store, &question, chunk_id.as_deref());
    let other = target.read(app, Staff::from(supervisor), read).await?;
    Ok(other.map(|id| format!("The question is also that of the entry {id}.")).into_iter().collect())
}

/// Removes an entry.
async fn remove(
    Auth(supervisor): Auth<Supervisor>,
    PathText(chunk_id): PathText,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<DeletedEntry>, ApiError> {
    let target = Target::written(&supervisor, &params, None, None)?;
    let is_forced = guard::is_forced(&params, None)?;
    let now = app.now();
    let deleted = chunk_id.clone();
    let propose = move |_, _: &[Chunk]| Some(Proposal::deletion(deleted));
    let remove = move |store: &mut CompanyStore<'_, Office>| entries::delete(store, &chunk_id, now);
    guard::publish(&app, target, supervisor, Action::EntryDeleted, is_forced, propose, remove).await?;
    Ok(Json(DeletedEntry { message: "Entry deleted" }))
}

pub(super) fn list_of(change: Change<Vec<String>>) -> Option<Vec<String>> {
    match change {
        Change::Keep => None,
        Change::Reset => Some(Vec::new()),
        Change::To(list) => Some(list),
    }
}
