//! Passwords: the policy for chosen ones, and generated ones.

use rand::seq::IndexedRandom;
use secrecy::{ExposeSecret, SecretString};

use crate::Email;

/// Minimum length of a chosen password, in Unicode scalar values.
pub const MIN_CHARS: usize = 8;
/// Maximum length of a chosen password, in Unicode scalar values.
pub const MAX_CHARS: usize = 128;

const GENERATED_CHARS: usize = 16;
/// ASCII letters and digits without the look-alikes `0 O o 1 l I`. These are 56 characters, so a
/// password of 16 has about 93 bits of entropy.
const ALPHABET: &[u8; 56] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz";

/// Common passwords in lower case, one on each line, sorted by bytes.
const COMMON: &str = include_str!("common_passwords.txt");

/// A readable password.
///
/// Its memory is wiped when it is dropped. It has no `Debug`, so that no log line can show it.
#[derive(Clone)]
pub struct Password(SecretString);

/// A chosen password that satisfies the policy. Callers who replace their password choose one.
#[derive(Clone)]
pub struct ChosenPassword(Password);

/// Why a chosen password does not satisfy the policy.
///
/// The texts are sent to clients as field errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordPolicyError {
    /// The password has fewer than [`MIN_CHARS`] Unicode scalar values.
    #[error("Ensure this field has at least 8 characters.")]
    TooShort,
    /// The password has more than [`MAX_CHARS`] Unicode scalar values.
    #[error("Ensure this field has no more than 128 characters.")]
    TooLong,
    /// The password is on the list of common passwords, ignoring case.
    #[error("This password is too common.")]
    TooCommon,
    /// The password is the account's e-mail address, ignoring case.
    #[error("This password must not be the same as the e-mail.")]
    SameAsEmail,
    /// The password is a name of the person or of the company, with nothing but digits and punctuation around
    /// it.
    #[error("This password is too similar to the name.")]
    SimilarToName,
    /// The password is the one that it should replace.
    #[error("This password must not be the same as the current one.")]
    SameAsCurrent,
}

/// Why a new password was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The password does not satisfy the policy.
    #[error("the new password does not satisfy the policy")]
    Policy(#[source] PasswordPolicyError),
    /// The repeated password differs.
    #[error("the new passwords do not match")]
    Mismatch,
}

impl Password {
    /// Wraps a password as sent by a client.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Generates a password of 16 characters. Each is drawn uniformly from an alphabet without
    /// look-alikes, with the thread's cryptographic random number generator.
    pub fn generate() -> Self {
        let mut rng = rand::rng();
        let mut text = String::with_capacity(GENERATED_CHARS);
        text.extend((0..GENERATED_CHARS).filter_map(|_| ALPHABET.choose(&mut rng)).copied().map(char::from));
        Self::new(text)
    }

    /// Returns the readable text, to hash it or to show a generated password once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Checks the password against the policy, for the account with this e-mail address.
    ///
    /// # Errors
    /// The first rule that the password breaks, in the order of [`PasswordPolicyError`].
    pub fn check(&self, email: &str) -> Result<(), PasswordPolicyError> {
        let text = self.expose();
        // Counting one more than the limit is enough.
        let chars = text.chars().take(MAX_CHARS + 1).count();
        if chars < MIN_CHARS {
            return Err(PasswordPolicyError::TooShort);
        }
        if chars > MAX_CHARS {
            return Err(PasswordPolicyError::TooLong);
        }
        let folded = Email::fold(text);
        if COMMON.lines().any(|common| common == folded) {
            return Err(PasswordPolicyError::TooCommon);
        }
        if folded == Email::fold(email) {
            return Err(PasswordPolicyError::SameAsEmail);
        }
        Ok(())
    }
}

impl ChosenPassword {
    /// Accepts a new password for the account with this e-mail address.
    ///
    /// # Errors
    /// As [`Password::check`].
    pub fn new(password: Password, email: &str) -> Result<Self, PasswordPolicyError> {
        password.check(email)?;
        Ok(Self(password))
    }

    /// Accepts a new password and its repetition.
    ///
    /// # Errors
    /// [`ChoiceError`]. The policy is checked before the two are compared.
    pub fn repeated(password: Password, repeated: &Password, email: &str) -> Result<Self, ChoiceError> {
        let chosen = Self::new(password, email).map_err(ChoiceError::Policy)?;
        if chosen.0.expose() == repeated.expose() { Ok(chosen) } else { Err(ChoiceError::Mismatch) }
    }

    /// Checks that the password is not the one that it replaces.
    ///
    /// # Errors
    /// [`PasswordPolicyError::SameAsCurrent`].
    pub fn replaces(&self, current: &Password) -> Result<(), PasswordPolicyError> {
        if self.0.expose() == current.expose() { Err(PasswordPolicyError::SameAsCurrent) } else { Ok(()) }
    }

    /// Returns the password, to hash it.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn check(text: &str) -> Result<(), PasswordPolicyError> {
        Password::new(text).check("Ann.Ray@t.com")
    }

    #[test]
    fn the_policy_counts_characters_and_knows_common_ones() {
        assert_eq!(check("short77"), Err(PasswordPolicyError::TooShort));
        assert_eq!(check("\u{e4}\u{f6}\u{fc}\u{df}77"), Err(PasswordPolicyError::TooShort));
        assert_eq!(check(&"\u{1F600}".repeat(128)), Ok(()));
        assert_eq!(check(&"x".repeat(129)), Err(PasswordPolicyError::TooLong));
        for common in ["password", "PassWord123", "12345678", "qwertyuiop", "iloveyou", "Welcome123", "admin123"] {
            assert_eq!(check(common), Err(PasswordPolicyError::TooCommon), "{common}");
        }
        assert_eq!(check("ann.ray@T.COM"), Err(PasswordPolicyError::SameAsEmail));
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
        let choose = |new: &str, again: &str| {
            ChosenPassword::repeated(Password::new(new), &Password::new(again), "ann@t.com").err()
        };
        assert_eq!(choose("a fine secret", "a fine secret"), None);
        let chosen = ChosenPassword::new(Password::new("a fine secret"), "ann@t.com");
        let replaces = |current: &str| chosen.as_ref().ok().map(|chosen| chosen.replaces(&Password::new(current)));
        assert_eq!(replaces("a fine secret"), Some(Err(PasswordPolicyError::SameAsCurrent)));
        assert_eq!(replaces("A fine secret"), Some(Ok(())));
        assert_eq!(choose("a fine secret", "A fine secret"), Some(ChoiceError::Mismatch));
        assert_eq!(choose("short", "other"), Some(ChoiceError::Policy(PasswordPolicyError::TooShort)));
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
        // 3200 draws miss a given character of 56 in about one of 10^25 runs.
        assert_eq!(seen.len(), 56);
    }
}
