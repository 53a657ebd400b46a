//! Phone numbers of visitors.

use phonenumber::{country, metadata::DATABASE};

use super::digits;

/// Calling code of Nepal, which has its own rules.
const NEPAL: &str = "977";

/// No country has numbers with more digits than this.
const LONGEST: usize = 20;

tenancy::word_enum! {
    /// A mobile network of Nepal.
    pub enum Provider {
        /// Nepal Telecom.
        Ntc => "NTC",
        /// Ncell.
        Ncell => "Ncell",
    }
}

impl Provider {
    /// The first three digits of its numbers.
    const fn prefixes(self) -> [&'static str; 6] {
        match self {
            Self::Ntc => ["984", "985", "986", "974", "975", "976"],
            Self::Ncell => ["980", "981", "982", "970", "971", "972"],
        }
    }
}

/// The result of checking a phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCheck {
    /// Whether it is accepted.
    pub valid: bool,
    /// The reason why it is not accepted, or its network; empty for a valid number outside Nepal.
    pub message: String,
    /// The network of a valid number in Nepal.
    pub provider: Option<Provider>,
    /// `<code>-<national digits>` if it is accepted, else `None`.
    pub stored: Option<String>,
}

impl PhoneCheck {
    fn valid(code: &str, national: &str) -> Self {
        Self { valid: true, message: String::new(), provider: None, stored: Some(format!("{code}-{national}")) }
    }

    fn refused(message: String) -> Self {
        Self { valid: false, message, provider: None, stored: None }
    }
}

/// Checks a number as typed against the country of a calling code.
///
/// The code may have zeros instead of its plus, or neither.
pub fn check(phone: &str, code: &str) -> PhoneCheck {
    let typed: String = phone.chars().filter_map(|c| if c == '+' { Some(c) } else { digits::ascii(c) }).collect();
    let calling: String = code.chars().filter_map(digits::ascii).skip_while(|&digit| digit == '0').collect();
    match calling.as_str() {
        NEPAL => check_in_nepal(&typed),
        // A code without digits still distinguishes numbers, so it is kept.
        "" => by_length(&typed, "", code.trim()),
        _ => by_library(&typed, &calling).unwrap_or_else(|| by_length(&typed, &calling, &format!("+{calling}"))),
    }
}

/// Returns the stored form of a number: the normal form if it is accepted, else as typed.
pub fn normalise(phone: &str, code: &str) -> String {
    check(phone, code).stored.unwrap_or_else(|| phone.to_owned())
}

fn check_in_nepal(typed: &str) -> PhoneCheck {
    let national = without_code(typed, NEPAL);
    let count = national.bytes().filter(u8::is_ascii_digit).count();
    if count != 10 {
        return PhoneCheck::refused(format!("A phone number in Nepal has 10 digits, not {count}."));
    }
    if national.contains('+') {
        return only_digits();
    }
    let provider = Provider::ALL
        .into_iter()
        .find(|provider| provider.prefixes().iter().any(|prefix| national.starts_with(prefix)));
    match provider {
        Some(provider) => PhoneCheck {
            message: format!("Valid {} number.", provider.as_str()),
            provider: Some(provider),
            ..PhoneCheck::valid("+977", national)
        },
        None => PhoneCheck::refused(format!(
            "A phone number in Nepal does not begin with {}. It begins with {} (NTC) or {} (Ncell).",
            national.get(..3).unwrap_or(national),
            Provider::Ntc.prefixes().join(", "),
            Provider::Ncell.prefixes().join(", "),
        )),
    }
}

/// Checks a number by the library. Returns `None` if it is not valid in the country.
fn by_library(typed: &str, calling: &str) -> Option<PhoneCheck> {
    let code: u16 = calling.parse().ok()?;
    let main_region: country::Id = DATABASE.region(&code)?.first()?.parse().ok()?;
    let number = typed.strip_prefix('+').unwrap_or(typed);
    if number.len() > LONGEST || number.is_empty() || number.contains('+') {
        return None;
    }
    let number = phonenumber::parse(Some(main_region), typed).ok()?;
    let is_valid = number.code().value() == code && number.is_valid();
    is_valid.then(|| PhoneCheck::valid(&format!("+{calling}"), &number.national().to_string()))
}

/// Checks a number that the library does not accept: 6 to 15 digits.
fn by_length(typed: &str, calling: &str, code: &str) -> PhoneCheck {
    let national = without_code(typed, calling).trim_start_matches('0');
    if national.contains('+') {
        return only_digits();
    }
    match national.len() {
        6..=15 => PhoneCheck::valid(code, national),
        count => PhoneCheck::refused(format!("A phone number has 6 to 15 digits, not {count}.")),
    }
}

fn only_digits() -> PhoneCheck {
    PhoneCheck::refused("Only digits are allowed after the country code.".to_owned())
}

/// Removes a leading calling code, with or without its plus.
fn without_code<'t>(typed: &'t str, calling: &str) -> &'t str {
    let number = typed.strip_prefix('+').unwrap_or(typed);
    match number.strip_prefix(calling) {
        Some(national) if !calling.is_empty() => national,
        _ => typed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(phone: &str, code: &str) -> Option<String> {
        check(phone, code).stored
    }

    #[test]
    fn numbers_of_nepal_name_their_network() {
        for (provider, word) in [(Provider::Ntc, "NTC"), (Provider::Ncell, "Ncell")] {
            for prefix in provider.prefixes() {
                let check = check(&format!("{prefix}1234567"), "+977");
                assert_eq!((check.valid, check.provider), (true, Some(provider)), "{prefix}");
                assert!(check.message.contains(word), "{prefix}");
                assert_eq!(check.stored, Some(format!("+977-{prefix}1234567")));
            }
        }
    }

    #[test]
    fn nepal_takes_ten_digits_however_they_are_written() {
        for typed in [
            "9841234567",
            "984-123-4567",
            "+977 984 1234567",
            "977-9841234567",
            "\u{96f}\u{96e}\u{96a}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}",
            "my number is 9841234567!",
        ] {
            assert_eq!(stored(typed, "+977").as_deref(), Some("+977-9841234567"), "{typed}");
        }
    }

    #[test]
    fn nepal_refuses_with_the_reason() {
        for (typed, reason) in [
            ("984123456", "not 9."),
            ("98412345678", "not 11."),
            ("", "not 0."),
            ("call me", "not 0."),
            ("09841234567", "not 11."),
            ("9991234567", "begin with 999"),
            ("984+1234567", "Only digits"),
        ] {
            let check = check(typed, "+977");
            assert!(!check.valid && check.stored.is_none() && check.provider.is_none(), "{typed}");
            assert!(check.message.contains(reason), "{typed}: {}", check.message);
        }
        let wrong = check("9991234567", "+977").message;
        assert!(wrong.contains("984") && wrong.contains("972") && wrong.contains("Ncell"), "{wrong}");
    }

    #[test]
    fn the_library_finds_the_normal_form() {
        for (typed, code, normal) in [
            ("07911 123456", "+44", "+44-7911123456"),
            ("+44 (0)7911 123456", "+44", "+44-7911123456"),
            ("447911123456", "+44", "+44-7911123456"),
            ("1 (202) 555-0123", "+1", "+1-2025550123"),
            ("098765 43210", "+91", "+91-9876543210"),
            ("\u{ff10}30 123456", "+49", "+49-30123456"),
            // Italian numbers keep their zero.
            ("06 6982 1234", "+39", "+39-0669821234"),
        ] {
            assert_eq!(stored(typed, code).unwrap_or_default(), normal, "{typed} in {code}");
        }
    }

    #[test]
    fn what_the_library_refuses_may_pass_by_length() {
        for (typed, code, kept) in [
            ("5551234567", "+1", Some("+1-5551234567")),
            ("+15551234567", "+1", Some("+1-5551234567")),
            ("15551234567", "+1", Some("+1-5551234567")),
            ("00123456", "+49", Some("+49-123456")),
            ("1234567", "+210", Some("+210-1234567")),
            ("123456", "nowhere", Some("nowhere-123456")),
            ("12345", "+210", None),
            ("1234567890123456", "+210", None),
            ("+33123456", "+210", None),
            ("123+456", "+210", None),
        ] {
            assert_eq!(stored(typed, code).as_deref(), kept, "{typed} in {code}");
        }
        assert!(check("12345", "+1").message.contains("not 4."));
        assert!(check("+123+456", "+33").message.contains("Only digits"));
        assert_eq!(check("5551234567", "+1").message, "");
        assert_eq!(check("5551234567", "+1").provider, None);
    }

    #[test]
    fn a_calling_code_counts_however_it_is_written() {
        for code in ["+977", "977", "00977", " + 977 ", "\u{ff19}77"] {
            assert_eq!(stored("9841234567", code).as_deref(), Some("+977-9841234567"), "{code}");
        }
    }

    #[test]
    fn a_refused_number_is_kept_as_typed() {
        assert_eq!(normalise("12-34", "+977"), "12-34");
        assert_eq!(normalise("984-1234567", "+977"), "+977-9841234567");
    }

    proptest! {
        #[test]
        fn the_long_standing_rule_is_never_narrowed(national in "[1-9][0-9]{5,14}", code in 1_u16..1000) {
            prop_assume!(code != 977);
            let code = code.to_string();
            prop_assume!(!national.starts_with(&code));
            prop_assert!(check(&national, &code).valid);
        }

        #[test]
        fn a_stored_number_is_code_and_digits(
            phone in "\\PC{0,40}|[+0-9 ()-]{0,30}",
            code in "\\+?[1-9][0-9]{0,4}",
        ) {
            let check = check(&phone, &code);
            prop_assert_eq!(check.valid, check.stored.is_some());
            if let Some(stored) = check.stored {
                let (before, national) = stored.split_once('-').unwrap();
                prop_assert_eq!(before.trim_start_matches('+'), code.trim_start_matches('+'));
                prop_assert!((1..=20).contains(&national.len()) && national.bytes().all(|b| b.is_ascii_digit()));
            } else {
                prop_assert!(!check.message.is_empty());
            }
        }
    }
}
