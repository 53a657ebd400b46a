//! Password hashes, and the one slow comparison of a sign-in.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Password;

/// Separates these digests from any other use of HMAC-SHA256 over a password.
const PREHASH_KEY: &[u8] = b"switchboard password prehash v1";

/// A stored password hash. Its `Debug` output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a hash read from a row.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the hash as stored in rows, in the text format of bcrypt.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// The error for a bcrypt cost outside 4 to 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bcrypt cost lies between 4 and 31")]
pub struct InvalidCost;

/// The error of hashing, when the system has no randomness for a salt.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError(#[source] bcrypt::BcryptError);

/// The one slow comparison of a sign-in.
///
/// It is a trait so that tests can count the comparisons of a flow.
pub trait Verify {
    /// Returns whether the password matches the hash. Without a hash the answer is no, and it takes
    /// the same time.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool;

    /// Spends what a comparison with this hash took less than one at the cost `highest`, so that both
    /// take the same time. Verifiers that take no time have nothing to add.
    fn equalise(&self, password: &Password, hash: Option<&PasswordHash>, highest: u32) {
        let _ = (password, hash, highest);
    }
}

/// Hashes and verifies passwords with bcrypt. It only uses the CPU, and is slow on purpose.
///
/// The input of bcrypt is the base64 form of `HMAC-SHA256(password)`: 43 bytes without a NUL, so that
/// every byte of a long password counts.
///
/// An unknown login is compared with a decoy hash of the configured cost. While stored hashes have
/// different costs, every comparison is followed by [`Verify::equalise`], so that the time does not
/// depend on the account. A successful sign-in replaces a hash of another cost.
#[derive(Debug, Clone)]
pub struct Hasher {
    cost: u32,
    decoy: PasswordHash,
}

impl Hasher {
    /// The default cost: about a quarter of a second for each hash.
    pub const DEFAULT_COST: u32 = 12;

    /// Returns a hasher with a cost between 4 and 31. Each step doubles the time.
    ///
    /// # Errors
    /// Fails for any other cost.
    pub fn new(cost: u32) -> Result<Self, InvalidCost> {
        if !(4..=31).contains(&cost) {
            return Err(InvalidCost);
        }
        Ok(Self { cost, decoy: decoy_of(cost) })
    }

    /// Hashes a password with a new random salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        bcrypt::non_truncating_hash(prehash(password), self.cost).map(PasswordHash).map_err(HashError)
    }

    /// Returns whether a stored hash has another cost than new ones, so that it should be replaced.
    pub fn is_outdated(&self, hash: &PasswordHash) -> bool {
        cost_of(hash) != Some(self.cost)
    }

    /// Returns the decoy: a hash of the configured cost that belongs to no account.
    pub fn decoy(&self) -> &PasswordHash {
        &self.decoy
    }
}

impl Verify for Hasher {
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let input = prehash(password);
        let compare = |hash: &PasswordHash| bcrypt::non_truncating_verify(&input, hash.as_str());
        let fits = compare(hash.unwrap_or(&self.decoy)).unwrap_or_else(|_| {
            // The stored hash is malformed. Spend the time of a comparison anyway.
            let _ = std::hint::black_box(compare(&self.decoy));
            false
        });
        fits && hash.is_some()
    }

    fn equalise(&self, password: &Password, hash: Option<&PasswordHash>, highest: u32) {
        let spent = hash.and_then(cost_of).unwrap_or(self.cost);
        let input = prehash(password);
        for cost in missing_costs(spent, highest.max(self.cost)) {
            let _ = std::hint::black_box(bcrypt::non_truncating_verify(&input, decoy_of(cost).as_str()));
        }
    }
}

/// Returns a well-formed hash of no known password. It is a constant instead of a computed hash, so that
/// it costs no hash.
fn decoy_of(cost: u32) -> PasswordHash {
    PasswordHash(format!("$2b${cost:02}$ZGVjb3kgc2FsdCBvZiBzdudecoyhashdecoyhashdecoyhashdece"))
}

/// Returns the cost of a well-formed hash.
fn cost_of(hash: &PasswordHash) -> Option<u32> {
    hash.as_str().parse().ok().map(|parts: bcrypt::HashParts| parts.get_cost())
}

/// Returns the costs of the comparisons that together with one at `spent` take as long as one at
/// `highest`. Each step doubles the time, so it is one comparison at each cost from `spent` to the one
/// below `highest`.
fn missing_costs(spent: u32, highest: u32) -> std::ops::Range<u32> {
    spent..highest
}

fn prehash(password: &Password) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(PREHASH_KEY).expect("any key length");
    mac.update(password.expose().as_bytes());
    STANDARD_NO_PAD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        Hasher::new(4).unwrap()
    }

    #[test]
    fn every_byte_counts_also_beyond_72() {
        let hasher = hasher();
        let long = "p".repeat(500);
        let hash = hasher.hash(&Password::new(format!("{long}a"))).unwrap();
        assert!(hasher.verify(&Password::new(format!("{long}a")), Some(&hash)));
        assert!(!hasher.verify(&Password::new(format!("{long}b")), Some(&hash)));
        let nul = hasher.hash(&Password::new("one\u{0}two")).unwrap();
        assert!(!hasher.verify(&Password::new("one\u{0}three"), Some(&nul)));
    }

    #[test]
    fn the_decoy_is_a_whole_hash_of_the_same_cost() {
        for cost in [4, 5] {
            let hasher = Hasher::new(cost).unwrap();
            let parts: bcrypt::HashParts = hasher.decoy().as_str().parse().unwrap();
            assert_eq!(parts.get_cost(), cost);
            assert!(matches!(bcrypt::non_truncating_verify("x", hasher.decoy().as_str()), Ok(false)));
        }
        assert!(!hasher().verify(&Password::new("anything"), None));
        assert!(!hasher().verify(&Password::new("anything"), Some(&PasswordHash::from_stored("broken".into()))));
    }

    #[test]
    fn the_same_password_hashes_differently_and_the_hash_never_prints() {
        let password = Password::new("a fine secret");
        let (one, two) = (hasher().hash(&password).unwrap(), hasher().hash(&password).unwrap());
        assert_ne!(one, two);
        assert!(one.as_str().starts_with("$2b$04$"));
        assert_eq!(format!("{one:?}"), "PasswordHash(..)");
    }

    #[test]
    fn every_mixture_of_costs_takes_the_time_of_the_highest() {
        for highest in 4..=31 {
            for spent in 4..=highest {
                let time = missing_costs(spent, highest).map(|cost| 1_u64 << cost).sum::<u64>() + (1 << spent);
                assert_eq!(time, 1 << highest, "{spent} and {highest}");
            }
            assert!(missing_costs(highest, 4).is_empty());
        }
    }

    #[test]
    fn a_hash_of_another_cost_is_outdated() {
        let hash = hasher().hash(&Password::new("a fine secret")).unwrap();
        assert!(!hasher().is_outdated(&hash));
        assert!(Hasher::new(5).unwrap().is_outdated(&hash));
        assert!(hasher().is_outdated(&PasswordHash::from_stored("broken".into())));
    }

    #[test]
    fn a_cost_out_of_range_is_refused() {
        for cost in [0, 3, 32, u32::MAX] {
            assert!(Hasher::new(cost).is_err());
        }
    }
}
