//! `knowledge/uploads/`: files with entries, which can be looked at before they are loaded.

use actix_web::web::{self, Bytes, Json};
use knowledge::{
    Chunk, entry,
    golden::Proposal,
    upload::{self, ApplyError, Change, Content, Diff, Outcome, Place, Problem, Stored, Upload, UploadError},
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
    golden::{GoldenOutcome, guard},
    target::{Target, company_id, is_set, no_target, shared},
};
use crate::{
    app::App,
    auth::Auth,
    background,
    http::{
        body::{MIB, Upload as File, Valid, body},
        describe::parameter,
        error::ApiError,
        params::Params,
        rules::{boolean, file, text, verbatim},
    },
};

/// Most entries in one reply.
const MOST: usize = 500;

/// The title of a document without any other name.
const UNTITLED: &str = "Upload";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/uploads/")
            .post("Loads a file with entries, or says what that would change.", load)
            .about(
                "Read are the FAQ of load-rag-documents, a JSON list of entries or of pairs of question and answer, and CSV \
                 with commas, semicolons or tabs whose first line names the columns; in UTF-8, UTF-16 or Latin-1. HTML \
                 becomes plain text, unless the file has `plain_text` with the value true beside `documents`, as an export \
                 has it. The file is the whole content of each document that it names, and other documents stay as they \
                 are. An entry without `chunk_id` is the one with the same question in its document. If no entry of the file \
                 has alternatives, those of the stored entries stay. The id of an entry in a document that the file does not \
                 name is an error. `problems` names what is wrong or strange by line and row, at most 100, errors before \
                 notes. A file with an error is not loaded, and as long as an entry cannot be loaded, none is shown as \
                 removed. `entries` are those that are added, changed or removed, at most 500. An entry with the id `export` \
                 is changed and removed by another load only.",
            )
            .query(parameter("dry_run", "`true` to change nothing; also in the body.", json!({ "type": "string" })))
            .query(company_id())
            .query(shared())
            .query(guard::force())
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(UploadError::NoColumns)
            .refuses(ApplyError::Refused(vec![example()]))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
    ]
}

body! {
    /// A file with entries, or its content as text.
    struct KnowledgeUploadBody [10 * MIB] {
        file: Option<File> = file().optional(),
        text: Option<String> = verbatim().optional(),
        /// The title of the document for entries that name none; by default, the name of the file.
        document: Option<String> = text().max(entry::MAX_DOCUMENT).optional(),
        company_id: Option<String> = text().max(20).optional(),
        shared: Option<bool> = boolean().optional(),
        /// Whether to change nothing.
        dry_run: Option<bool> = boolean().optional().not_null(),
        /// Whether to load it even if golden questions are lost.
        force: Option<bool> = boolean().optional(),
    }
}

/// What an upload changes.
#[derive(Serialize, JsonSchema)]
struct UploadReport {
    /// Whether nothing was changed yet.
    dry_run: bool,
    added: usize,
    changed: usize,
    removed: usize,
    unchanged: usize,
    /// Whether there is an error, and so the file cannot be loaded.
    has_errors: bool,
    problems: Vec<ProblemView>,
    entries: Vec<UploadedEntry>,
    /// Golden questions that pass now and would not afterwards, at most 20. With one, the file is loaded only with
    /// `force`. Always empty once it is loaded.
    golden_lost: Vec<GoldenOutcome>,
}

/// Something that is wrong or strange in an upload.
#[derive(Serialize, JsonSchema)]
struct ProblemView {
    /// The line, from 1.
    line: usize,
    /// The number of the entry among those of the file, from 1; null outside entries. A JSON file can have all entries in
    /// one line.
    row: Option<usize>,
    message: String,
    /// `error` if it prevents the upload from being loaded, else `note`.
    severity: &'static str,
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        let severity = if problem.is_error { "error" } else { "note" };
        let Place { line, row } = problem.place;
        Self { line, row, message: problem.message.clone(), severity }
    }
}

fn example() -> Problem {
    let place = Place { line: 2, row: Some(1) };
    Problem { place, message: "answer: This field is required.".to_owned(), is_error: true }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(problems) => {
                let problems: Vec<_> = problems.iter().map(ProblemView::from).collect();
                Self::field("file", "There are entries that cannot be loaded.").with("problems", json!(problems))
            }
            ApplyError::Store(error) => error.into(),
        }
    }
}

/// An entry that an upload changes.
#[derive(Serialize, JsonSchema)]
struct UploadedEntry {
    /// The line of the upload; null for a removed entry.
    line: Option<usize>,
    /// Its number among the entries of the upload, from 1; null for a removed entry.
    row: Option<usize>,
    #[schemars(extend("enum" = Change::WORDS))]
    change: &'static str,
    /// The id; null for a new entry that has none yet.
    chunk_id: Option<String>,
    document: String,
    section: String,
    question: String,
    alternatives: Vec<String>,
    answer: String,
    page: i64,
}

impl UploadedEntry {
    fn new(outcome: Outcome, is_dry_run: bool) -> Self {
        let entry = outcome.entry;
        Self {
            line: outcome.place.map(|place| place.line),
            row: outcome.place.and_then(|place| place.row),
            change: outcome.change.as_str(),
            chunk_id: (!(is_dry_run && outcome.has_new_id)).then_some(entry.chunk_id),
            document: entry.document,
            section: entry.section,
            question: entry.question,
            alternatives: entry.alternatives,
            answer: entry.answer,
            page: entry.page,
        }
    }
}

impl UploadReport {
    fn new(diff: Diff, dry_run: bool, golden_lost: Vec<GoldenOutcome>) -> Self {
        Self {
            dry_run,
            added: diff.count(Change::Added),
            changed: diff.count(Change::Changed),
            removed: diff.count(Change::Removed),
            unchanged: diff.count(Change::Unchanged),
            has_errors: diff.has_errors,
            problems: diff.problems.iter().map(ProblemView::from).collect(),
            entries: diff
                .outcomes
                .into_iter()
                .filter(|outcome| outcome.change != Change::Unchanged)
                .take(MOST)
                .map(|outcome| UploadedEntry::new(outcome, dry_run))
                .collect(),
            golden_lost,
        }
    }
}

/// Loads a file, or says what that would change.
async fn load(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<KnowledgeUploadBody>,
    app: web::Data<App>,
) -> Result<Json<UploadReport>, ApiError> {
    let is_dry_run = is_set(&params, "dry_run")? || body.dry_run.unwrap_or_default();
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
    let is_forced = guard::is_forced(&params, body.force)?;
    let content = read(body).await?;
    let staff = Staff::from(supervisor.clone());
    let stored = target.read(&app, staff.clone(), |store| upload::stored(store)).await?;
    // The content is kept: if the knowledge changes meanwhile, it is compared again.
    let compare = move || (upload::compare(content.clone(), stored), content);
    let (diff, content) = background::run(compare).await?;
    let proposed = content.clone();
    let propose = move |version, chunks: &[Chunk]| {
        Proposal::upload(&upload::compare(proposed, Stored::new(version, chunks.to_vec())))
    };
    if is_dry_run {
        let compared = guard::compare(&app, target, staff, propose).await?;
        let lost = compared.map_or_else(Vec::new, |compared| compared.lost);
        return Ok(Json(UploadReport::new(diff, true, lost)));
    }
    if diff.has_errors {
        return Err(ApplyError::Refused(diff.problems).into());
    }
    let now = app.now();
    let apply = move |store: &mut CompanyStore<'_, Office>| upload::apply(store, content, diff, now);
    let diff = guard::publish(&app, target, supervisor, Action::KnowledgeLoaded, is_forced, propose, apply).await?;
    Ok(Json(UploadReport::new(diff, false, Vec::new())))
}

/// Reads the file on a thread of its own.
async fn read(body: KnowledgeUploadBody) -> Result<Content, ApiError> {
    let (bytes, name) = match (body.file, body.text) {
        (Some(file), _) => (file.bytes, title(&file.name)),
        (None, Some(text)) => (Bytes::from(text), UNTITLED.to_owned()),
        (None, None) => return Err(ApiError::field("file", "No file was submitted.")),
    };
    let document = body.document.filter(|title| !title.is_empty()).unwrap_or(name);
    let read = move || upload::read(Upload { bytes: &bytes, document: &document });
    Ok(background::run(read).await??)
}

/// Returns the name of a file without folders and extension.
fn title(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem: String = stem.chars().filter(|c| !c.is_control()).take(entry::MAX_DOCUMENT).collect();
    let stem = stem.trim();
    if stem.is_empty() { UNTITLED.to_owned() } else { stem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_after_its_file() {
        for (name, expected) in [
            ("faq.json", "faq"),
            ("C:\\docs\\My FAQ.v2.csv", "My FAQ.v2"),
            ("a/b", "b"),
            (".csv", "Upload"),
            ("", "Upload"),
        ] {
            assert_eq!(title(name), expected, "{name}");
        }
    }
}
