//! Short texts between the processes that share a PostgreSQL database.

use diesel::{
    QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{Array, Integer, Text},
};
use tenancy::{Fault, StoreError};

use crate::{
    conn::{self, Db, Purpose},
    error::IntoStoreError as _,
    target::Target,
};

/// The name of the channel. Each database of a PostgreSQL server has channels of its own.
const NAME: &str = "switchboard";
/// The name of its connections in the lists of the database.
pub(crate) const APPLICATION: &str = "switchboard relay";

/// A connection that sends texts to the other processes on the same database, and receives theirs.
///
/// A text that is sent while another process is not connected is lost.
pub struct Channel {
    conn: diesel::PgConnection,
    /// The number with which the database marks what this connection sends.
    process: i32,
}

#[derive(QueryableByName)]
struct Process {
    #[diesel(sql_type = Integer)]
    id: i32,
}

#[derive(Debug, thiserror::Error)]
#[error("only PostgreSQL connects processes")]
pub(crate) struct NotShared;

impl Channel {
    /// Longest text, in bytes.
    pub const LONGEST: usize = 7_900;

    /// Connects to the channel.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] if the database cannot be reached, [`Fault::Broken`] on SQLite.
    pub fn open(target: &Target) -> Result<Self, StoreError> {
        let opened = conn::open(target, Purpose::Read).map_err(|error| StoreError::new(Fault::Unavailable, error))?;
        let Db::Pg(mut conn) = opened else { return Err(StoreError::new(Fault::Broken, NotShared)) };
        // A text need not survive a crash, so nobody waits for the disk.
        let setup = format!("SET application_name = '{APPLICATION}'; SET synchronous_commit = off; LISTEN {NAME}");
        conn.batch_execute(&setup).into_store_error()?;
        let Process { id } = sql_query("SELECT pg_backend_pid() AS id").get_result(&mut conn).into_store_error()?;
        Ok(Self { conn, process: id })
    }

    /// Sends texts, all in one statement.
    ///
    /// # Errors
    /// [`StoreError`]. The connection should not be used again.
    pub fn send(&mut self, texts: &[String]) -> Result<(), StoreError> {
        sql_query("SELECT pg_notify($1, text) FROM unnest($2) AS text")
            .bind::<Text, _>(NAME)
            .bind::<Array<Text>, _>(texts)
            .execute(&mut self.conn)
            .map(drop)
            .into_store_error()
    }

    /// Returns the texts of other processes that have arrived. It does not wait for any.
    ///
    /// # Errors
    /// [`StoreError`]. The connection should not be used again.
    pub fn receive(&mut self) -> Result<Vec<String>, StoreError> {
        let mut texts = Vec::new();
        for arrived in self.conn.notifications_iter() {
            let arrived = arrived.into_store_error()?;
            if arrived.process_id != self.process {
                texts.push(arrived.payload);
            }
        }
        Ok(texts)
    }
}
