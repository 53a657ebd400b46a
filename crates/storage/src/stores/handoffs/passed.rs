//! The transfers of a handoff.

use std::collections::HashMap;

use diesel::prelude::*;
use handoff::{AgentRef, Transfer};
use tenancy::{AgentId, CompanyCode, HandoffId, StoreError};

use crate::{
    conn::Db,
    error::IntoStoreError as _,
    schema::{agents, transfers},
    types::At,
};

/// Returns the last transfers of a handoff, oldest first.
pub(super) fn newest(
    conn: &mut Db,
    company: CompanyCode,
    handoff: HandoffId,
    limit: i64,
) -> Result<Vec<Transfer>, StoreError> {
    let rows: Vec<(Option<i64>, Option<i64>, At)> = transfers::table
        .filter(transfers::company_id.eq(company.as_str()).and(transfers::handoff_id.eq(handoff.get())))
        .order(transfers::id.desc())
        .limit(limit)
        .select((transfers::from_agent_id, transfers::to_agent_id, transfers::created_at))
        .load(conn)
        .into_store_error()?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = rows.iter().flat_map(|(from, to, _)| [*from, *to]).flatten().collect();
    let names: Vec<(i64, String)> = agents::table
        .filter(agents::company_id.eq(company.as_str()).and(agents::id.eq_any(ids)))
        .select((agents::id, agents::name))
        .load(conn)
        .into_store_error()?;
    let names: HashMap<i64, String> = names.into_iter().collect();
    let agent = |id: Option<i64>| {
        let id = id?;
        names.get(&id).map(|name| AgentRef { id: AgentId::new(id), name: name.clone() })
    };
    let passed = |(from, to, At(at))| Transfer { from: agent(from), to: agent(to), at };
    Ok(rows.into_iter().rev().map(passed).collect())
}
