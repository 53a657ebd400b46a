//! The vectors of a company's entries.

use std::collections::{HashMap, HashSet};

use diesel::{dsl::auto_type, prelude::*};
use encoder::Vector;
use knowledge::{EntryVectors, TextHash, Version};
use tenancy::{StoreError, access::Caller};

use super::knowledge::raise_version;
use crate::{
    conn::each_db,
    error::{IntoStoreError as _, decode_enum},
    schema::entry_vectors,
    store::CompanyStore,
};

/// Rows per statement.
const BATCH: usize = 1_000;

// Diesel would insert the rows one by one on SQLite if a column could be left to its default.
#[derive(Insertable)]
#[diesel(table_name = entry_vectors, treat_none_as_default_value = false)]
struct NewVector<'a> {
    company_id: &'a str,
    model: &'a str,
    text_hash: &'a [u8],
    vector: Vec<u8>,
}

/// Selects the vectors of a company. Every query of them starts here.
#[auto_type]
fn own_vectors<'a>(code: &'a str) -> _ {
    entry_vectors::table.filter(entry_vectors::company_id.eq(code))
}

impl<C: Caller> EntryVectors for CompanyStore<'_, C> {
    fn vectors(&mut self, model: &str) -> Result<HashMap<TextHash, Vector>, StoreError> {
        let code = self.code();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = own_vectors(code.as_str())
            .filter(entry_vectors::model.eq(model))
            .select((entry_vectors::text_hash, entry_vectors::vector))
            .load(self.conn)
            .into_store_error()?;
        rows.iter()
            .map(|(hash, vector)| Ok((text_hash(hash)?, decode_enum(Vector::from_bytes(vector), "vector")?)))
            .collect()
    }

    fn vector_hashes(&mut self, model: &str) -> Result<HashSet<TextHash>, StoreError> {
        let code = self.code();
        let rows: Vec<Vec<u8>> = own_vectors(code.as_str())
            .filter(entry_vectors::model.eq(model))
            .select(entry_vectors::text_hash)
            .load(self.conn)
            .into_store_error()?;
        rows.iter().map(|hash| text_hash(hash)).collect()
    }

    fn put_vectors(&mut self, model: &str, vectors: &[(TextHash, Vector)]) -> Result<(), StoreError> {
        let code = self.code();
        let rows: Vec<_> = vectors
            .iter()
            .map(|(hash, vector)| NewVector {
                company_id: code.as_str(),
                model,
                text_hash: hash.as_bytes(),
                vector: vector.to_bytes(),
            })
            .collect();
        for batch in rows.chunks(BATCH) {
            each_db!(self.conn, c => diesel::insert_into(entry_vectors::table)
                .values(batch)
                .on_conflict_do_nothing()
                .execute(c))
            .into_store_error()?;
        }
        Ok(())
    }

    fn drop_other_vectors(&mut self, model: &str, keep: &HashSet<TextHash>) -> Result<(), StoreError> {
        let code = self.code();
        let own = || own_vectors(code.as_str());
        diesel::delete(own().filter(entry_vectors::model.ne(model))).execute(self.conn).into_store_error()?;
        let unused: Vec<_> = self.vector_hashes(model)?.difference(keep).copied().collect();
        for batch in unused.chunks(BATCH) {
            let hashes: Vec<&[u8]> = batch.iter().map(|hash| hash.as_bytes().as_slice()).collect();
            diesel::delete(own().filter(entry_vectors::text_hash.eq_any(hashes)))
                .execute(self.conn)
                .into_store_error()?;
        }
        Ok(())
    }

    fn publish_vectors(&mut self) -> Result<Version, StoreError> {
        let code = self.code();
        raise_version(self.conn, code.as_str())
    }
}

fn text_hash(bytes: &[u8]) -> Result<TextHash, StoreError> {
    decode_enum(TextHash::from_bytes(bytes), "hash of a text")
}
