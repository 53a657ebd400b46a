//! `load-rag-documents/`: knowledge in, for a company or for the shared library.

use actix_web::{HttpResponse, web};
use knowledge::{
    Entries, FaqError, faq,
    load::{self, LoadMode},
};
use serde::Serialize;
use serde_json::{Map, Value};
use storage::Place;
use tenancy::{
    CompanyCode,
    access::{Refused, Superadmin, Supervisor},
};

use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Body, Fields, MIB, Raw, Valid},
        error::ApiError,
        field_errors::{FieldError, FieldErrors},
        params::Params,
        routes::at,
        rules::{Rule as _, Single as _, boolean, choice, file, text},
    },
};

/// The bundled sample, which the superadmin can load into the shared library.
const SAMPLE: &str = include_str!("../../assets/sample_faq.json");

pub(super) fn register(config: &mut web::ServiceConfig) {
    config.service(at("/api/chatbot/load-rag-documents/").get(load_sample).post(load));
}

/// An FAQ in one of its three forms, with what to do with it.
struct LoadBody {
    faq: Map<String, Value>,
    company_id: Option<String>,
    shared: Option<bool>,
    mode: Option<LoadMode>,
}

impl Body for LoadBody {
    const LIMIT: usize = 10 * MIB;
    const NAMES: Option<&'static [&'static str]> = None;

    fn read(mut fields: Fields<'_>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let company_id = text().max(20).optional().read(&mut fields, "company_id");
        let company_id = errors.keep("company_id", company_id);
        let shared = boolean().optional().read(&mut fields, "shared");
        let shared = errors.keep("shared", shared);
        let mode = choice(LoadMode::parse).optional().read(&mut fields, "mode");
        let mode = errors.keep("mode", mode);
        let faq = match fields.take("file") {
            Some(sent @ Raw::File(_)) => {
                let sent = rules_of_a_file(sent);
                errors.keep("file", sent)
            }
            // A category may be called `file` too.
            Some(Raw::Json(category)) => {
                let mut faq = fields.into_object();
                faq.insert("file".to_owned(), category);
                Some(faq)
            }
            Some(Raw::Text(_)) | None => Some(fields.into_object()),
        };
        match (faq, company_id, shared, mode) {
            (Some(faq), Some(company_id), Some(shared), Some(mode)) => {
                Ok(Self { faq: unwrapped(faq), company_id: company_id.filter(|id| !id.is_empty()), shared, mode })
            }
            _ => Err(errors),
        }
    }
}

fn rules_of_a_file(sent: Raw) -> Result<Map<String, Value>, FieldError> {
    let upload = file().accept(sent)?;
    match serde_json::from_slice(&upload.bytes) {
        Ok(Value::Object(faq)) => Ok(faq),
        Ok(_) | Err(_) => Err(FieldError::new("The file is not a JSON object.")),
    }
}

/// A top-level `documents` object is the FAQ; without one the whole body is.
fn unwrapped(mut body: Map<String, Value>) -> Map<String, Value> {
    match body.remove("documents") {
        Some(Value::Object(documents)) => documents,
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(documents)) => documents,
            Ok(_) | Err(_) => body,
        },
        Some(_) | None => body,
    }
}

#[derive(Serialize)]
struct Loaded {
    message: &'static str,
    documents_count: usize,
    company_id: Option<String>,
    shared: bool,
    mode: &'static str,
}

/// Loads an FAQ, all of it or nothing.
async fn load(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<LoadBody>,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let mode = match (body.mode, params.text("mode")) {
        (Some(mode), _) => mode,
        (None, Some(word)) => LoadMode::parse(word)
            .ok_or_else(|| ApiError::field("mode", format!("\"{word}\" is not a valid choice.")))?,
        (None, None) => LoadMode::Replace,
    };
    let shared = body.shared.unwrap_or_else(|| matches!(params.text("shared"), Some("true" | "True" | "1")));
    let named = body.company_id.as_deref().or(params.text("company_id"));
    let (company, shared) = match &supervisor {
        Supervisor::Admin(admin) => (tenancy::access::Caller::scope(admin).company(), false),
        Supervisor::Superadmin(_) if shared => (CompanyCode::shared_library(), true),
        Supervisor::Superadmin(_) => {
            let named = named.ok_or_else(|| ApiError::bad_request("company_id or shared is required"))?;
            (CompanyCode::parse(named).map_err(|_| Refused::CompanyNotFound)?, false)
        }
    };
    let entries = faq::parse(Value::Object(body.faq))?;
    let count = entries.len();
    if count == 0 {
        // A replacement by nothing is far more often a mistake in the body than a wish.
        return Err(ApiError::field("documents", "No documents were found."));
    }
    match supervisor {
        Supervisor::Superadmin(superadmin) if shared => load_shared(&app, superadmin, entries, mode).await?,
        supervisor => {
            let now = app.now();
            let loaded = app
                .office_write(supervisor, Place::Company(company), move |store| load::faq(store, &entries, mode, now));
            loaded.await?.ok_or(Refused::CompanyNotFound)?;
        }
    }
    Ok(HttpResponse::Ok().json(Loaded {
        message: "Documents loaded successfully",
        documents_count: count,
        company_id: (!shared).then(|| company.to_string()),
        shared,
        mode: mode.as_str(),
    }))
}

async fn load_shared(app: &App, superadmin: Superadmin, entries: Entries, mode: LoadMode) -> Result<(), ApiError> {
    let now = app.now();
    let loaded = app.platform(superadmin, move |platform| {
        let mut library = platform.office(CompanyCode::shared_library())?;
        load::faq(&mut library, &entries, mode, now).map_err(Refused::from)
    });
    loaded.await?;
    Ok(())
}

#[derive(Serialize)]
struct SampleLoaded {
    message: &'static str,
    documents_count: usize,
}

/// Loads the bundled sample into the shared library again; what else is there stays.
async fn load_sample(Auth(superadmin): Auth<Superadmin>, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let entries = sample().map_err(ApiError::internal)?;
    let count = entries.len();
    load_shared(&app, superadmin, entries, LoadMode::Merge).await?;
    Ok(HttpResponse::Ok().json(SampleLoaded { message: "Documents loaded successfully", documents_count: count }))
}

#[derive(Debug, thiserror::Error)]
enum SampleError {
    #[error("the bundled sample is not JSON")]
    Json(#[from] serde_json::Error),
    #[error("the bundled sample is not an FAQ: {0:?}")]
    Faq(Vec<String>),
}

fn sample() -> Result<Entries, SampleError> {
    let faq = serde_json::from_str(SAMPLE)?;
    faq::parse(faq).map_err(|error| SampleError::Faq(error.into_messages()))
}

impl From<FaqError> for ApiError {
    fn from(error: FaqError) -> Self {
        let messages = error.into_messages().into_iter().map(Into::into).collect();
        Self::fields(FieldErrors::of("documents", FieldError::Messages(messages)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sample_has_113_entries() {
        assert_eq!(sample().unwrap().len(), 113);
    }
}
