//! Reads the open questions of a company, in groups.

use knowledge::unanswered::{self, Group, Groups};
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, MissId,
    access::{Office, Refused, Supervisor},
};

use crate::{app::App, background, fair::PausablePermit, http::error::ApiError};

/// Returns the group that has this question.
pub(super) async fn group(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    id: i64,
) -> Result<Option<Group>, ApiError> {
    grouped(app, supervisor, company, move |groups| groups.with(MissId::new(id))).await
}

/// Reads the open questions, and groups them outside of the transaction. It computes in the company's share.
pub(super) async fn grouped<T: Send + 'static>(
    app: &App,
    supervisor: Supervisor,
    company: CompanyCode,
    choose: impl FnOnce(Groups) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (model, now) = (app.encoder.grouping_model_id().map(str::to_owned), app.now());
    let read = move |store: &mut CompanyStore<'_, Office>| unanswered::open(store, model.as_deref(), now);
    let misses = app.office_read(supervisor, Place::Company(company), read).await?.ok_or(Refused::CompanyNotFound)?;
    let permit = PausablePermit::acquire(&app.turn_permits, company).await?;
    let chosen = background::run(move || choose(Groups::of(misses))).await?;
    drop(permit);
    Ok(chosen)
}
