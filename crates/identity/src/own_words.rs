//! The words of an account that must not be its password.

use tenancy::text;

use crate::{
    accounts::Account,
    password::{ChosenPassword, PasswordPolicyError},
};

/// Fewer letters are no word: a password may contain them by chance.
const FEWEST_LETTERS: usize = 2;

/// Apostrophes join the parts of a name. Other punctuation separates them.
const APOSTROPHES: [char; 3] = ['\'', '\u{2019}', '\u{2bc}'];

/// The names of a person and of its company, without case, accents and punctuation.
pub struct OwnWords(Vec<String>);

impl OwnWords {
    /// Collects the words of an account: those of its names and of its company's name, each name as a whole,
    /// the username, the local part of the e-mail address, and the company's code.
    pub fn of(account: &Account) -> Self {
        let names = &account.names;
        let whole = format!("{} {}", names.first, names.last);
        let contact = account.contact.iter().map(|contact| contact.name.as_str());
        let company = account.company.iter().flat_map(|company| [company.name.as_str(), company.code.as_str()]);
        let username = account.username.split('@').next();
        let names = [whole.as_str(), account.email.local_part()].into_iter().chain(username);
        let mut words = Vec::new();
        for name in names.chain(contact).chain(company) {
            let name = text::folded(name).replace(APOSTROPHES, "");
            words.push(letters_and_digits(&name));
            words.extend(name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
        words.retain(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST_LETTERS);
        words.sort_unstable();
        words.dedup();
        Self(words)
    }

    /// Checks that a chosen password is not one of these words.
    ///
    /// # Errors
    /// [`PasswordPolicyError::SimilarToName`].
    pub fn check(&self, chosen: &ChosenPassword) -> Result<(), PasswordPolicyError> {
        if self.are(chosen.password().expose()) { Err(PasswordPolicyError::SimilarToName) } else { Ok(()) }
    }

    /// Returns whether a password is one of these words: nothing is left without it but digits and punctuation.
    fn are(&self, password: &str) -> bool {
        let password = letters_and_digits(&text::folded(password));
        let rest = |word: &String| password.replace(word.as_str(), "");
        self.0.iter().any(|word| password.contains(word) && !rest(word).contains(char::is_alphabetic))
    }
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{Accounts as _, Contact, PersonName, Role},
        testing::World,
    };
    use tenancy::access;

    fn words_of(name: &str, email: &str, company: &str) -> OwnWords {
        let mut world = World::default();
        let company = world.company(company);
        let user = world.account(Role::Admin, email, Some(company), false);
        let row = world.stored_mut(user);
        row.names = PersonName::split(name);
        row.contact = Some(Contact { name: name.into(), ..Contact::default() });
        let version = world.credentials(user).version;
        let staff = access::staff(&mut world, user, version).unwrap();
        let now = world.now;
        OwnWords::of(&world.own_account(&staff, now).unwrap().unwrap())
    }

    #[test]
    fn a_name_with_digits_and_punctuation_is_still_the_name() {
        let words = words_of("Zo\u{eb} O'Brien-M\u{fc}ller", "zoe.b7@mail.example", "Tesla Motors");
        for own in [
            "Tesla2026!",
            "tesla",
            "!!MOTORS!!",
            "Tesla-Motors-1",
            "TeslaMotors",
            "teslatesla1",
            "T\u{e9}sla 2026",
            "TES00199",
            "123Zoe456",
            "zo\u{eb}1234",
            "O'Brien#1",
            "obrien2026",
            "M\u{dc}LLER2026",
            "zoeobrienmuller",
            "zoe.b7!!",
            "1.Zoe.B7.1",
        ] {
            assert!(words.are(own), "{own}");
        }
        for fine in [
            "newpassword123",
            "mynewpassword123",
            "my tesla 2026",
            "teslas2026",
            "tes20261",
            "tesla motors in zurich",
            "zoes2026",
            "12345678",
            "",
        ] {
            assert!(!words.are(fine), "{fine}");
        }
    }

    #[test]
    fn single_letters_and_numbers_are_no_words() {
        let words = words_of("A 2026", "b@mail.example", "X 99999999");
        for fine in ["a1234567", "20262026", "b!!!!!!!!", "99999999", "x9999999"] {
            assert!(!words.are(fine), "{fine}");
        }
        let words = words_of("\u{738b}\u{4f1f}", "c@mail.example", "\u{5929}\u{6d25}");
        assert!(words.are("\u{738b}\u{4f1f}123456") && words.are("\u{5929}\u{6d25}2026!!"));
    }
}
