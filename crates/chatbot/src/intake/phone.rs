//! Phone numbers of visitors.

use phonenumber::{country, metadata::DATABASE};
use tenancy::text;

use super::digits;

/// Calling code of Nepal, which has its own rules.
const NEPAL: &str = "977";

/// No country has numbers with more digits than this.
const LONGEST: usize = 20;

/// A number outside Nepal has at least this many digits.
const SHORTEST: usize = 6;

const NO_NUMBER: &str = "There is no phone number in this text.";

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
    /// The calling code it was checked against: its own one if it has one. With its plus.
    pub country_code: String,
    /// Whether the numbering plan of the country has this number. Other numbers are accepted by their
    /// length alone.
    pub is_certain: bool,
}

impl PhoneCheck {
    fn valid(code: &str, national: &str) -> Self {
        Self {
            valid: true,
            message: String::new(),
            provider: None,
            stored: Some(format!("{code}-{national}")),
            country_code: code.to_owned(),
            is_certain: false,
        }
    }

    fn refused(code: &str, message: String) -> Self {
        let country_code = code.to_owned();
        Self { valid: false, message, provider: None, stored: None, country_code, is_certain: false }
    }
}

/// Reads the number in a text and checks it against its own country, or else that of a calling code.
///
/// The number ends where words begin. A leading `00` is a plus. The code may have zeros instead of its
/// plus, or neither.
pub fn check(phone: &str, code: &str) -> PhoneCheck {
    let number = number_in(phone);
    let calling: String = code.chars().filter_map(digits::ascii).skip_while(|&digit| digit == '0').collect();
    // A code without digits still distinguishes numbers, so it is kept.
    let shown = if calling.is_empty() { code.trim().to_owned() } else { format!("+{calling}") };
    if !number.bytes().any(|b| b.is_ascii_digit()) {
        return PhoneCheck::refused(&shown, NO_NUMBER.to_owned());
    }
    let chosen = |typed: &str| match calling.as_str() {
        NEPAL => check_in_nepal(typed),
        "" => by_length(typed, "", &shown),
        _ => by_library(typed, &calling).unwrap_or_else(|| by_length(typed, &calling, &shown)),
    };
    let Some((own, international)) = own_code(&number) else { return chosen(&number) };
    let checked = match own.as_str() {
        NEPAL => check_in_nepal(&international),
        _ => by_library(&international, &own).unwrap_or_else(|| by_length(&international, &own, &format!("+{own}"))),
    };
    if checked.is_certain || own == calling {
        return checked;
    }
    // A plus in front of a local number, or zeros in front of one, look like a code too.
    let local = number.trim_start_matches('+');
    match chosen(local) {
        other if other.valid && (calling == NEPAL || number.starts_with("00") && !checked.valid) => other,
        _ => checked,
    }
}

/// Reads the number in a text as [`check`] does. Returns its normal form if it is accepted, else the
/// text as typed, and the calling code that applies.
pub fn normalise(phone: &str, code: &str) -> (String, String) {
    let check = check(phone, code);
    match check.stored {
        Some(stored) => (stored, check.country_code),
        None => (phone.to_owned(), code.to_owned()),
    }
}

/// Returns the digits and pluses of the number in a text, with ASCII digits.
///
/// Letters and a few signs end a number. The first run with enough digits is the number, or the first
/// one with digits at all.
fn number_in(text: &str) -> String {
    let seen = text::visible(text);
    let (mut runs, mut last) = (vec![String::new()], None);
    let mut chars = seen.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = if matches!(c, '+' | '\u{ff0b}') { Some('+') } else { digits::ascii(c) };
        // A comma inside a number only groups its digits.
        let ends = c.is_alphabetic()
            || matches!(c, '#' | ';' | '\n' | '\r')
            || matches!(c, ',' | '\u{3001}') && chars.peek().is_none_or(|next| next.is_whitespace());
        if ends && last != Some(true) {
            runs.push(String::new());
        }
        last = Some(ends);
        if let (Some(digit), Some(run)) = (digit, runs.last_mut()) {
            run.push(digit);
        }
    }
    let digits = |run: &&String| run.bytes().filter(u8::is_ascii_digit).count();
    let whole = runs.iter().find(|run| digits(run) >= SHORTEST);
    whole.or_else(|| runs.iter().find(|run| digits(run) > 0)).cloned().unwrap_or_default()
}

/// Returns the calling code that a number brings, and the number with a plus.
fn own_code(number: &str) -> Option<(String, String)> {
    let international = match number.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None if number.starts_with('+') => number.to_owned(),
        None => return None,
    };
    let digits = international.strip_prefix('+')?;
    let assigned = |length: &usize| {
        let code = digits.get(..*length)?;
        // A second plus is not part of a code, although Rust parses it.
        let is_code = !code.starts_with(['0', '+']) && DATABASE.region(&code.parse::<u16>().ok()?).is_some();
        is_code.then(|| code.to_owned())
    };
    let own = (1..=3).find_map(|length| assigned(&length))?;
    Some((own, international))
}

fn check_in_nepal(typed: &str) -> PhoneCheck {
    let national = without_code(typed, NEPAL);
    let refused = |message| PhoneCheck::refused("+977", message);
    let count = national.bytes().filter(u8::is_ascii_digit).count();
    if count != 10 {
        return refused(format!("A phone number in Nepal has 10 digits, not {count}."));
    }
    if national.contains('+') {
        return only_digits("+977");
    }
    let provider = Provider::ALL
        .into_iter()
        .find(|provider| provider.prefixes().iter().any(|prefix| national.starts_with(prefix)));
    match provider {
        Some(provider) => PhoneCheck {
            message: format!("Valid {} number.", provider.as_str()),
            provider: Some(provider),
            is_certain: true,
            ..PhoneCheck::valid("+977", national)
        },
        None => refused(format!(
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
    is_valid.then(|| PhoneCheck {
        is_certain: true,
        ..PhoneCheck::valid(&format!("+{calling}"), &number.national().to_string())
    })
}

/// Checks a number that the library does not accept: 6 to 15 digits, without a repeated calling code.
fn by_length(typed: &str, calling: &str, code: &str) -> PhoneCheck {
    let national = without_code(typed, calling).trim_start_matches('0');
    if national.contains('+') {
        return only_digits(code);
    }
    let place = calling.parse().ok().and_then(super::country::name_of);
    let place = place.map(|name| format!(" in {name}")).unwrap_or_default();
    match national.len() {
        SHORTEST..=15 if repeats_code(national, calling) => {
            PhoneCheck::refused(code, format!("This phone number{place} has its country code {code} twice."))
        }
        SHORTEST..=15 => PhoneCheck::valid(code, national),
        count => PhoneCheck::refused(code, format!("A phone number{place} has 6 to 15 digits, not {count}.")),
    }
}

/// Whether the digits behind a calling code begin with that code again, followed by a valid number.
fn repeats_code(national: &str, calling: &str) -> bool {
    national.strip_prefix(calling).is_some_and(|rest| !calling.is_empty() && by_library(rest, calling).is_some())
}

/// Says why a visitor's answer is no phone number. Digits of something else, such as `Elm Street 4`, are not counted.
pub(super) fn rejection(text: &str, code: &str) -> String {
    let digits = text.chars().filter(|&c| digits::ascii(c).is_some()).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if digits < letters && digits < SHORTEST { NO_NUMBER.to_owned() } else { check(text, code).message }
}

fn only_digits(code: &str) -> PhoneCheck {
    PhoneCheck::refused(code, "Only digits are allowed after the country code.".to_owned())
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
mod tests;
