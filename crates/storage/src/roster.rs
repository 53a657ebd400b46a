//! Who is connected to which process, for the processes that share a PostgreSQL database.

use std::{collections::HashMap, time::Duration};

use diesel::{
    QueryableByName, RunQueryDsl as _,
    connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _},
    sql_query,
    sql_types::{Array, BigInt, Nullable, Text},
};
use tenancy::{Fault, StoreError};

use crate::{
    channel::NotShared,
    conn::{self, Db, Purpose},
    error::IntoStoreError as _,
    scope::Door,
    target::Target,
};

/// The name of its connections in the lists of the database.
const APPLICATION: &str = "switchboard presence";

/// The row of this process, and what the others have written.
///
/// Each process writes one text. It counts for a time, by the clock of the database, and each writing begins that time
/// anew. A process that is killed is forgotten when the time is over.
pub struct Roster {
    conn: diesel::PgConnection,
    process: String,
    life: Duration,
    /// What this process has written last.
    written: Option<String>,
    /// What the others have written, by process, with its revision.
    others: HashMap<String, (i64, String)>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    /// `None` if it was read before.
    #[diesel(sql_type = Nullable<Text>)]
    connected: Option<String>,
}

impl Roster {
    /// Connects as a process, whose name no other has. What it writes counts for `life`.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] if the database cannot be reached, [`Fault::Broken`] on SQLite.
    pub fn open(target: &Target, process: String, life: Duration) -> Result<Self, StoreError> {
        let opened = conn::open(target, Purpose::Write).map_err(|error| StoreError::new(Fault::Unavailable, error))?;
        let Db::Pg(mut conn) = opened else { return Err(StoreError::new(Fault::Broken, NotShared)) };
        // The rows need not survive a crash, so nobody waits for the disk.
        let setup = format!("SET application_name = '{APPLICATION}'; SET synchronous_commit = off");
        conn.batch_execute(&setup).into_store_error()?;
        let mut roster = Self { conn, process, life, written: None, others: HashMap::new() };
        roster.in_lobby(|roster| {
            // What killed processes have left.
            let delete = sql_query("DELETE FROM processes WHERE expires_at < now() - INTERVAL '1 minute'");
            delete.execute(&mut roster.conn).map(drop).into_store_error()
        })?;
        Ok(roster)
    }

    /// Writes who is connected to this process, and returns what the others have written, in any order.
    ///
    /// # Errors
    /// [`StoreError`]. The connection should not be used again.
    pub fn exchange(&mut self, connected: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.in_lobby(|roster| roster.write(connected).and_then(|()| roster.read()))?;
        let mut before = std::mem::take(&mut self.others);
        for Row { id, revision, connected } in rows {
            let text = connected.or_else(|| before.remove(&id).map(|(_, text)| text)).unwrap_or_default();
            self.others.insert(id, (revision, text));
        }
        Ok(self.others.values().map(|(_, text)| text.clone()).collect())
    }

    /// Removes this process, so that the others need not wait until it is forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leave(mut self) -> Result<(), StoreError> {
        self.in_lobby(|roster| {
            let delete = sql_query("DELETE FROM processes WHERE id = $1").bind::<Text, _>(&roster.process);
            delete.execute(&mut roster.conn).map(drop).into_store_error()
        })
    }

    /// Runs statements in a transaction of the lobby.
    fn in_lobby<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let begin = format!("BEGIN; {}", Door::Lobby.settings());
        AnsiTransactionManager::begin_transaction_sql(&mut self.conn, &begin).into_store_error()?;
        let output = run(self)?;
        AnsiTransactionManager::commit_transaction(&mut self.conn).into_store_error()?;
        Ok(output)
    }

    /// Writes the row of this process. A text that has not changed is not written again, unless the row is gone.
    fn write(&mut self, connected: &str) -> Result<(), StoreError> {
        let millis = i64::try_from(self.life.as_millis()).unwrap_or(i64::MAX);
        let has_changed = self.written.as_deref() != Some(connected);
        if !has_changed {
            let prolong = "UPDATE processes SET expires_at = now() + $2 * INTERVAL '1 millisecond' WHERE id = $1";
            let prolong = sql_query(prolong).bind::<Text, _>(&self.process).bind::<BigInt, _>(millis);
            if prolong.execute(&mut self.conn).into_store_error()? > 0 {
                return Ok(());
            }
        }
        sql_query(
            "INSERT INTO processes (id, revision, connected, expires_at) \
             VALUES ($1, 1, $3, now() + $2 * INTERVAL '1 millisecond') \
             ON CONFLICT (id) DO UPDATE SET revision = processes.revision + 1, connected = EXCLUDED.connected, \
             expires_at = EXCLUDED.expires_at",
        )
        .bind::<Text, _>(&self.process)
        .bind::<BigInt, _>(millis)
        .bind::<Text, _>(connected)
        .execute(&mut self.conn)
        .into_store_error()?;
        self.written = Some(connected.to_owned());
        Ok(())
    }

    fn read(&mut self) -> Result<Vec<Row>, StoreError> {
        let (known, revisions): (Vec<&str>, Vec<i64>) =
            self.others.iter().map(|(id, (revision, _))| (id.as_str(), *revision)).unzip();
        sql_query(
            "SELECT p.id, p.revision, CASE WHEN k.id IS NULL THEN p.connected END AS connected FROM processes p \
             LEFT JOIN unnest($2, $3) AS k (id, revision) ON k.id = p.id AND k.revision = p.revision \
             WHERE p.id <> $1 AND p.expires_at > now()",
        )
        .bind::<Text, _>(&self.process)
        .bind::<Array<Text>, _>(known)
        .bind::<Array<BigInt>, _>(revisions)
        .load(&mut self.conn)
        .into_store_error()
    }
}
