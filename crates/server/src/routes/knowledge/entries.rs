//! `knowledge/entries/`: the entries of what a company knows, one by one.

use actix_web::web::{self, Json};
use chatbot::settings::Change;
use knowledge::{
    Draft, EntryChange, EntryList, EntryPosition, ListedEntry,
    entries::{self, CreateError, DeleteError, EntryFilter, UpdateError, Words},
    entry,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::CompanyStore;
use tenancy::{
    access::{Office, Refused, Staff, Supervisor},
    audit::Action,
};

use super::{
    super::endpoint::{Endpoint, at},
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
        rules::{Resettable as _, Texts, boolean, integer, text, texts},
    },
    views::{AsText, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/entries/")
            .get("Lists the entries of a company's knowledge, by document, in the document's order.", list)
            .about(
                "Those of the shared library follow, with `shared` true, if the company uses it; only superadmins change \
                 them. For the next page, send `next` as `cursor`. With `q`, one call looks at 2,000 entries at most: a \
                 page can then have fewer rows than `limit`, or none, and still a `next`.",
            )
            .query(parameter(
                "q",
                "Words of id, section, question, alternatives and answer, in any order and spelling.",
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
                "`alternatives` are other ways to ask the question: they find the entry as the question does. The next \
                 message is answered with the entry.",
            )
            .refuses(CreateError::Taken)
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
        at("/api/knowledge/entries/{chunk_id}/")
            .patch("Changes the fields of an entry that are sent.", update)
            .about(
                "In another `document`, the entry becomes the last one. Null, or a blank value of a form, leaves it \
                 without `alternatives`.",
            )
            .query(company_id())
            .query(shared())
            .refuses(UpdateError::NotFound)
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound)
            .delete("Removes an entry, and its document if that has no other entry.", remove)
            .query(company_id())
            .query(shared())
            .refuses(DeleteError::NotFound)
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
    ]
}

pub(super) fn alternatives() -> Texts {
    texts(text().max(entry::MAX_QUESTION)).at_most(entry::MAX_ALTERNATIVES)
}

body! {
    /// An entry to be added.
    struct CreateEntryBody {
        question: String = text().max(entry::MAX_QUESTION),
        answer: String = text().max(entry::MAX_ANSWER),
        document: String = text().max(entry::MAX_DOCUMENT),
        section: Option<String> = text().max(entry::MAX_SECTION).optional(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional(),
        chunk_id: Option<String> = text().max(entry::MAX_CHUNK_ID).optional(),
        company_id: Option<String> = text().max(20).optional(),
        shared: Option<bool> = boolean().optional(),
    }
}

body! {
    /// The changes to an entry. Fields that are not sent stay as they are.
    struct UpdateEntryBody {
        question: Option<String> = text().max(entry::MAX_QUESTION).optional().not_blank().not_null(),
        answer: Option<String> = text().max(entry::MAX_ANSWER).optional().not_blank().not_null(),
        document: Option<String> = text().max(entry::MAX_DOCUMENT).optional().not_blank().not_null(),
        section: Option<String> = text().max(entry::MAX_SECTION).optional().not_null(),
        alternatives: Change<Vec<String>> = alternatives().or_reset(),
        page: Option<i64> = integer().optional().not_null(),
        company_id: Option<String> = text().max(20).optional(),
        shared: Option<bool> = boolean().optional(),
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
) -> Result<Created<EntryView>, ApiError> {
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
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
    let create = move |store: &mut CompanyStore<'_, Office>| entries::create(store, draft, now);
    let created = target.write(&app, supervisor, Action::EntryCreated, create).await?;
    app.job_enqueued.notify_one();
    Ok(Created(EntryView::new(created, target == Target::Library)))
}

/// Changes an entry.
async fn update(
    Auth(supervisor): Auth<Supervisor>,
    PathText(chunk_id): PathText,
    params: Params,
    Valid(body): Valid<UpdateEntryBody>,
    app: web::Data<App>,
) -> Result<Json<EntryView>, ApiError> {
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
    let now = app.now();
    let change = EntryChange {
        document: body.document,
        section: body.section,
        question: body.question,
        alternatives: list_of(body.alternatives),
        answer: body.answer,
        page: body.page,
    };
    let update = move |store: &mut CompanyStore<'_, Office>| entries::update(store, &chunk_id, change, now);
    let updated = target.write(&app, supervisor, Action::EntryUpdated, update).await?;
    app.job_enqueued.notify_one();
    Ok(Json(EntryView::new(updated, target == Target::Library)))
}

/// Removes an entry.
async fn remove(
    Auth(supervisor): Auth<Supervisor>,
    PathText(chunk_id): PathText,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<DeletedEntry>, ApiError> {
    let target = Target::written(&supervisor, &params, None, None)?;
    let now = app.now();
    let remove = move |store: &mut CompanyStore<'_, Office>| entries::delete(store, &chunk_id, now);
    target.write(&app, supervisor, Action::EntryDeleted, remove).await?;
    app.job_enqueued.notify_one();
    Ok(Json(DeletedEntry { message: "Entry deleted" }))
}

pub(super) fn list_of(change: Change<Vec<String>>) -> Option<Vec<String>> {
    match change {
        Change::Keep => None,
        Change::Reset => Some(Vec::new()),
        Change::To(list) => Some(list),
    }
}
