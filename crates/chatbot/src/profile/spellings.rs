//! The ways in which a phone number may be written.

use phonenumber::metadata::DATABASE;

use crate::intake::digits;

/// Shorter runs of digits identify no phone.
const SHORTEST: usize = 6;

/// Returns the ASCII digits of a text in any script.
fn digits(text: &str) -> String {
    text.chars().filter_map(digits::ascii).collect()
}

/// Returns texts of digits such that every usual spelling of a stored phone number is part of one of them.
///
/// They are the number with its calling code, and with the prefix that is dialled inside its country after the code.
pub fn spellings(stored: &str) -> Vec<String> {
    let Some(("+", code, national)) = stored.split_once('-').map(|(code, national)| {
        let (plus, code) = code.split_at_checked(1).unwrap_or(("", code));
        (plus, digits(code), digits(national))
    }) else {
        return vec![digits(stored)];
    };
    let regions = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code)).unwrap_or_default();
    let prefix = regions.iter().find_map(|region| region.national_prefix()).filter(|prefix| *prefix != code);
    let dialled = prefix.map(|prefix| format!("{code}{prefix}{national}"));
    std::iter::once(format!("{code}{national}")).chain(dialled).collect()
}

/// Returns the digits that two spellings of one stored number share, empty for what is no phone number.
pub fn phone_key(stored: &str) -> String {
    let digits = digits(stored);
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    if digits.len() < SHORTEST { String::new() } else { digits.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_part_of_one_text() {
        for (stored, typed) in [
            ("+49-1517777777", "01517777777 491517777777 4901517777777 7777777"),
            ("+36-201234567", "06201234567 36201234567 3606201234567"),
            ("+7-9123456789", "89123456789 79123456789"),
            ("+39-0669821234", "0669821234 390669821234"),
            ("+1-2025550123", "12025550123 2025550123"),
            ("+977-9841234567", "09841234567 9779841234567"),
            ("+210-123456", "210123456"),
            ("12-34", "1234"),
            ("nowhere-123456", "123456"),
        ] {
            let texts = spellings(stored);
            for typed in typed.split(' ') {
                assert!(texts.iter().any(|text| text.contains(typed)), "{typed} in {texts:?}");
            }
        }
    }

    #[test]
    fn a_key_is_the_number_with_its_code() {
        for (stored, key) in [
            ("+49-1517777777", "491517777777"),
            ("0049 151 7777777", "491517777777"),
            ("\u{967}\u{968}\u{969}\u{967}\u{968}\u{969}", "123123"),
            ("12-34", ""),
            ("whatever", ""),
        ] {
            assert_eq!(phone_key(stored), key, "{stored}");
        }
    }
}
