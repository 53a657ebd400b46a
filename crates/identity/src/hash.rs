use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Password;

/// Separates these digests from every other use of SHA-256 over a password.
const PREHASH_KEY: &[u8] = b"switchboard password prehash v1";

/// A stored password hash; shows nothing of itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a hash back from a row.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The hash as rows keep it: bcrypt's own text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// A bcrypt cost outside 4 to 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bcrypt cost lies between 4 and 31")]
pub struct InvalidCost;

/// The machine had no randomness for a salt.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashError(#[source] bcrypt::BcryptError);

/// The one slow comparison of a sign-in.
///
/// A seam, so that tests can count how often a flow pays for it.
pub trait Verify {
    /// Whether the password fits the hash. Without a hash the answer is no, and
    /// takes the same time.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool;
}

/// Hashes and checks passwords with bcrypt; CPU only, and slow by intent.
///
/// What bcrypt sees is the base64 form of `HMAC-SHA256(password)`: 43 bytes
/// without a NUL, so that no byte of a long password is ignored.
///
/// The decoy has the configured cost. After a change of cost, accounts with
/// older hashes answer faster or slower than unknown ones until their password
/// is next set.
#[derive(Debug, Clone)]
pub struct Hasher {
    cost: u32,
    decoy: PasswordHash,
}

impl Hasher {
    /// The cost unless configured: about a quarter of a second.
    pub const DEFAULT_COST: u32 = 12;

    /// A hasher of a cost between 4 and 31; each step doubles the time.
    ///
    /// # Errors
    /// Any other cost.
    pub fn new(cost: u32) -> Result<Self, InvalidCost> {
        if !(4..=31).contains(&cost) {
            return Err(InvalidCost);
        }
        // Well-formed, of nobody: made up instead of computed, so that a start
        // does not pay for a hash.
        let decoy = PasswordHash(format!("$2b${cost:02}$ZGVjb3kgc2FsdCBvZiBzdudecoyhashdecoyhashdecoyhashdece"));
        Ok(Self { cost, decoy })
    }

    /// Hashes a password under a fresh salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        bcrypt::non_truncating_hash(prehash(password), self.cost).map(PasswordHash).map_err(HashError)
    }

    /// A hash of the configured cost that belongs to nobody.
    pub fn decoy(&self) -> &PasswordHash {
        &self.decoy
    }
}

impl Verify for Hasher {
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let input = prehash(password);
        let compare = |hash: &PasswordHash| bcrypt::non_truncating_verify(&input, hash.as_str());
        let fits = compare(hash.unwrap_or(&self.decoy)).unwrap_or_else(|_| {
            // A row whose hash cannot be read: pay all the same.
            let _ = std::hint::black_box(compare(&self.decoy));
            false
        });
        fits && hash.is_some()
    }
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
    fn a_cost_out_of_range_is_refused() {
        for cost in [0, 3, 32, u32::MAX] {
            assert!(Hasher::new(cost).is_err());
        }
    }
}
