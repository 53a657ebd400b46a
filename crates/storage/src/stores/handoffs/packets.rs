//! What was known when handoffs were opened, for lists.

use std::collections::HashMap;

use diesel::prelude::*;
use handoff::opening::OpeningPacket;
use tenancy::{CompanyCode, HandoffId, StoreError};

use crate::{conn::Db, error::IntoStoreError as _, schema::handoffs, types::Json};

/// How many ids one statement names. The number of parameters of a statement is limited.
const ROWS: usize = 500;

/// Reads the packets of handoffs of a company, or of any companies. Handoffs without a packet are left out.
pub(super) fn of(
    conn: &mut Db,
    company: Option<CompanyCode>,
    ids: &[HandoffId],
) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError> {
    let mut packets = HashMap::with_capacity(ids.len());
    for batch in ids.chunks(ROWS) {
        let ids: Vec<i64> = batch.iter().map(|id| id.get()).collect();
        let mut query = handoffs::table.into_boxed();
        if let Some(code) = company {
            query = query.filter(handoffs::company_id.eq(code.to_string()));
        }
        let rows: Vec<(i64, Option<Json>)> = query
            .filter(handoffs::id.eq_any(ids))
            .select((handoffs::id, handoffs::packet))
            .load(conn)
            .into_store_error()?;
        for (id, packet) in rows {
            if let Some(packet) = packet {
                packets.insert(HandoffId::new(id), packet.read()?);
            }
        }
    }
    Ok(packets)
}
