//! The keyed hashes of a chain.
//!
//! ```text
//! key        = HMAC(secret, "switchboard audit log v1")
//! mac(n)     = HMAC(key, "entry", seal(n-1), chain, n, at, actor, action, object, reason)
//! seal(n)    = HMAC(key, "head", chain, n, mac(n))            with an empty mac for n = 0
//! ```
//!
//! Rows store `mac(n)`. The head stores `n` and `seal(n)`. No row stores the seal of an earlier length, so
//! someone who sees only the current tables cannot shorten a chain and write the head that matched it. Someone
//! who kept an earlier head can: it was readable while it was the head, and it stays for a while in the
//! database's write-ahead log, in dead rows and in backups. To detect that, the installation's chain notes the
//! macs of other chains' rows ([`NOTED_EVERY`](super::recorder::NOTED_EVERY)). A seal cannot be computed from
//! a mac without the key.
//!
//! Each field is hashed with its length in front, and an absent field is marked as absent. So two different
//! entries are never hashed as the same bytes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Separates this key from other keys that are derived from the same secret.
const KEY_LABEL: &[u8] = b"switchboard audit log v1";

/// The seal key of all chains of an installation.
#[derive(Clone)]
pub(super) struct SealKey(Hmac<Sha256>);

/// All columns of a row except its mac.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sealed<'r> {
    pub(super) chain: &'r str,
    pub(super) seq: i64,
    pub(super) at_micros: i64,
    pub(super) actor_kind: &'r str,
    pub(super) actor_user: Option<i64>,
    pub(super) action: &'r str,
    pub(super) object_kind: &'r str,
    pub(super) object_id: Option<&'r str>,
    pub(super) reason: Option<&'r str>,
}

impl SealKey {
    /// Derives the key from the installation's secret.
    pub(super) fn derive(secret: &[u8]) -> Self {
        let key = keyed(secret).chain_update(KEY_LABEL).finalize().into_bytes();
        Self(keyed(&key))
    }

    /// Computes the seal of a chain of `count` rows whose last row has this mac.
    pub(super) fn seal(&self, chain: &str, count: i64, last_mac: &[u8]) -> Vec<u8> {
        let mut mac = self.0.clone();
        field(&mut mac, b"head");
        field(&mut mac, chain.as_bytes());
        field(&mut mac, &count.to_be_bytes());
        field(&mut mac, last_mac);
        mac.finalize().into_bytes().to_vec()
    }

    /// Computes the mac of a row behind a chain with this seal.
    pub(super) fn mac(&self, seal: &[u8], row: &Sealed<'_>) -> [u8; 32] {
        let mut mac = self.0.clone();
        field(&mut mac, b"entry");
        field(&mut mac, seal);
        field(&mut mac, row.chain.as_bytes());
        field(&mut mac, &row.seq.to_be_bytes());
        field(&mut mac, &row.at_micros.to_be_bytes());
        field(&mut mac, row.actor_kind.as_bytes());
        optional(&mut mac, row.actor_user.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        field(&mut mac, row.action.as_bytes());
        field(&mut mac, row.object_kind.as_bytes());
        optional(&mut mac, row.object_id.map(str::as_bytes));
        optional(&mut mac, row.reason.map(str::as_bytes));
        mac.finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("any key length")
}

fn field(mac: &mut Hmac<Sha256>, bytes: &[u8]) {
    // No field is anywhere near 2^64 bytes long.
    mac.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    mac.update(bytes);
}

fn optional(mac: &mut Hmac<Sha256>, bytes: Option<&[u8]>) {
    match bytes {
        None => field(mac, b"absent"),
        Some(bytes) => {
            field(mac, b"present");
            field(mac, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ROW: Sealed<'static> = Sealed {
        chain: "TES001",
        seq: 1,
        at_micros: 7,
        actor_kind: "admin",
        actor_user: Some(3),
        action: "agent_created",
        object_kind: "agent",
        object_id: Some("5"),
        reason: None,
    };

    #[test]
    fn no_two_entries_hash_alike() {
        let key = SealKey::derive(b"secret");
        let rows = [
            ROW,
            Sealed { chain: "TES002", ..ROW },
            Sealed { seq: 2, ..ROW },
            Sealed { at_micros: 8, ..ROW },
            Sealed { actor_kind: "agent", ..ROW },
            Sealed { actor_user: None, ..ROW },
            Sealed { actor_user: Some(4), ..ROW },
            Sealed { action: "agent_deleted", ..ROW },
            // The same letters, split differently.
            Sealed { object_kind: "agen", object_id: Some("t5"), ..ROW },
            Sealed { object_id: None, reason: Some("5"), ..ROW },
            Sealed { object_id: Some("absent"), ..ROW },
            Sealed { object_id: None, ..ROW },
            Sealed { reason: Some(""), ..ROW },
        ];
        let macs: BTreeSet<_> = rows.iter().map(|row| key.mac(b"seal", row)).collect();
        assert_eq!(macs.len(), rows.len());
        assert!(!macs.contains(&key.mac(b"other", &ROW)));
        assert!(!macs.contains(&SealKey::derive(b"secreu").mac(b"seal", &ROW)));
    }

    #[test]
    fn a_seal_is_of_one_chain_length_and_end() {
        let key = SealKey::derive(b"secret");
        let seals = [("A", 0, ""), ("A", 1, ""), ("B", 0, ""), ("A", 0, "m")];
        let seals: BTreeSet<_> = seals.iter().map(|(chain, n, mac)| key.seal(chain, *n, mac.as_bytes())).collect();
        assert_eq!(seals.len(), 4);
    }
}
