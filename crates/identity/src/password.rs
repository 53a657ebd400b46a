//! Passwords: what a person may choose, and what the server makes up.

use rand::seq::IndexedRandom;
use secrecy::{ExposeSecret, SecretString};

use crate::Email;

/// The fewest characters of a chosen password.
pub const MIN_CHARS: usize = 8;
/// The most characters of a chosen password.
pub const MAX_CHARS: usize = 128;

const GENERATED_CHARS: usize = 16;
/// ASCII letters and digits without the look-alikes `0 O o 1 l I`: 56 of them,
/// so 16 are 92 bits.
const ALPHABET: &[u8; 56] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";

/// Lower case, sorted by bytes, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// A readable password.
///
/// It is wiped when dropped and has no `Debug`, so that no log line can show it.
#[derive(Clone)]
pub struct Password(SecretString);

/// A password that satisfied the policy; the only kind first login stores.
#[derive(Clone)]
pub struct Chosen(Password);

/// Why a password that a person chose is refused.
///
/// The texts are the wire's field errors, literally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Fewer than [`MIN_CHARS`] Unicode scalar values.
    #[error("Ensure this field has at least 8 characters.")]
    TooShort,
    /// More than [`MAX_CHARS`] Unicode scalar values.
    #[error("Ensure this field has no more than 128 characters.")]
    TooLong,
    /// On the list of very common passwords, case ignored.
    #[error("This password is too common.")]
    TooCommon,
    /// The account's e-mail, case ignored.
    #[error("This password must not be the same as the e-mail.")]
    SameAsEmail,
}

/// Why no password was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The policy refuses it.
    #[error("the new password is refused")]
    Refused(#[source] PasswordRefusal),
    /// The repetition differs.
    #[error("the new passwords do not match")]
    Mismatch,
}

impl Password {
    /// Takes a password as somebody sent it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Makes up a password of 16 characters, each drawn evenly from an alphabet
    /// without look-alikes, with the thread's cryptographic generator.
    pub fn generate() -> Self {
        let mut rng = rand::rng();
        let mut text = String::with_capacity(GENERATED_CHARS);
        text.extend((0..GENERATED_CHARS).filter_map(|_| ALPHABET.choose(&mut rng)).copied().map(char::from));
        Self::new(text)
    }

    /// The readable text: to hash it, or to show a made-up one this once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Applies the policy to a password for the account with this address.
    ///
    /// # Errors
    /// The first rule it breaks, in the order of [`PasswordRefusal`].
    pub fn check(&self, email: &str) -> Result<(), PasswordRefusal> {
        let text = self.expose();
        // One more than the limit is enough to know.
        let chars = text.chars().take(MAX_CHARS + 1).count();
        if chars < MIN_CHARS {
            return Err(PasswordRefusal::TooShort);
        }
        if chars > MAX_CHARS {
            return Err(PasswordRefusal::TooLong);
        }
        let folded = Email::fold(text);
        if COMMON.lines().any(|common| common == folded) {
            return Err(PasswordRefusal::TooCommon);
        }
        if folded == Email::fold(email) {
            return Err(PasswordRefusal::SameAsEmail);
        }
        Ok(())
    }
}

impl Chosen {
    /// Accepts a new password that was typed twice.
    ///
    /// # Errors
    /// The policy's refusal before a mismatch: a field is judged before the
    /// fields are compared.
    pub fn new(password: Password, repeated: &Password, email: &str) -> Result<Self, ChoiceError> {
        password.check(email).map_err(ChoiceError::Refused)?;
        if password.expose() != repeated.expose() {
            return Err(ChoiceError::Mismatch);
        }
        Ok(Self(password))
    }

    /// The password, to be hashed.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn check(text: &str) -> Result<(), PasswordRefusal> {
        Password::new(text).check("Ann.Ray@t.com")
    }

    #[test]
    fn the_policy_counts_characters_and_knows_common_ones() {
        assert_eq!(check("short77"), Err(PasswordRefusal::TooShort));
        assert_eq!(check("\u{e4}\u{f6}\u{fc}\u{df}77"), Err(PasswordRefusal::TooShort));
        assert_eq!(check(&"\u{1F600}".repeat(128)), Ok(()));
        assert_eq!(check(&"x".repeat(129)), Err(PasswordRefusal::TooLong));
        for common in ["password", "PassWord123", "12345678", "qwertyuiop", "iloveyou", "Welcome123", "admin123"] {
            assert_eq!(check(common), Err(PasswordRefusal::TooCommon), "{common}");
        }
        assert_eq!(check("ann.ray@T.COM"), Err(PasswordRefusal::SameAsEmail));
        for fine in ["newpassword123", "mynewpassword123", "NewPassword123", "password1234x", "not an e-mail"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
    }

    #[test]
    fn the_common_list_is_lower_case_without_repetition_and_matters_in_every_line() {
        let lines: Vec<_> = COMMON.lines().collect();
        assert!(lines.len() > 2000, "{}", lines.len());
        assert!(lines.windows(2).all(|pair| pair[0] < pair[1]));
        for line in lines {
            assert_eq!(line.to_lowercase(), line);
            assert!(line.chars().count() >= MIN_CHARS && line.trim() == line, "{line}");
        }
    }

    #[test]
    fn a_choice_is_judged_before_it_is_compared() {
        let choose = |new: &str, again: &str| Chosen::new(Password::new(new), &Password::new(again), "ann@t.com").err();
        assert_eq!(choose("a fine secret", "a fine secret"), None);
        assert_eq!(choose("a fine secret", "A fine secret"), Some(ChoiceError::Mismatch));
        assert_eq!(choose("short", "other"), Some(ChoiceError::Refused(PasswordRefusal::TooShort)));
    }

    #[test]
    fn made_up_passwords_have_no_look_alikes_and_use_the_whole_alphabet() {
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let password = Password::generate();
            assert_eq!(password.expose().len(), 16);
            assert_eq!(password.check("ann@t.com"), Ok(()));
            seen.extend(password.expose().chars());
        }
        assert!("0Oo1lI".chars().all(|c| !seen.contains(&c)));
        // 3200 draws miss a given one of 56 once in about 10^25 runs.
        assert_eq!(seen.len(), 56);
    }
}
