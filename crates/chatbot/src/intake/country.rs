//! Countries and their calling codes.

use phonenumber::metadata::DATABASE;

use crate::phrase;

/// The button that lists the other countries.
const MORE: &str = "Show more countries";

/// Number of countries in the first reply.
const OFFERED: usize = 8;

/// A country that visitors can choose from a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// Calling code with its plus.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    /// Flag as emoji.
    pub flag: &'static str,
}

const fn country(code: &'static str, name: &'static str, flag: &'static str) -> Country {
    Country { code, name, flag }
}

/// The countries, in the order in which they are offered and searched.
pub const COUNTRIES: [Country; 15] = [
    country("+977", "Nepal", "\u{1F1F3}\u{1F1F5}"),
    country("+91", "India", "\u{1F1EE}\u{1F1F3}"),
    country("+1", "United States/Canada", "\u{1F1FA}\u{1F1F8}\u{1F1E8}\u{1F1E6}"),
    country("+44", "United Kingdom", "\u{1F1EC}\u{1F1E7}"),
    country("+61", "Australia", "\u{1F1E6}\u{1F1FA}"),
    country("+49", "Germany", "\u{1F1E9}\u{1F1EA}"),
    country("+33", "France", "\u{1F1EB}\u{1F1F7}"),
    country("+31", "Netherlands", "\u{1F1F3}\u{1F1F1}"),
    country("+64", "New Zealand", "\u{1F1F3}\u{1F1FF}"),
    country("+65", "Singapore", "\u{1F1F8}\u{1F1EC}"),
    country("+353", "Ireland", "\u{1F1EE}\u{1F1EA}"),
    country("+81", "Japan", "\u{1F1EF}\u{1F1F5}"),
    country("+86", "China", "\u{1F1E8}\u{1F1F3}"),
    country("+880", "Bangladesh", "\u{1F1E7}\u{1F1E9}"),
    country("+94", "Sri Lanka", "\u{1F1F1}\u{1F1F0}"),
];

/// Returns the calling code that a text names, or the default.
///
/// The first of [`COUNTRIES`] whose code or name is in the text has precedence over any other
/// assigned code after a plus.
pub fn code_in(text: &str, default: &str) -> String {
    let lower = text.to_lowercase();
    let listed =
        COUNTRIES.iter().find(|country| text.contains(country.code) || lower.contains(&country.name.to_lowercase()));
    match listed {
        Some(country) => country.code.to_owned(),
        None => assigned_code_in(text).unwrap_or_else(|| default.to_owned()),
    }
}

/// Whether a text is exactly a calling code: a plus and an assigned number.
pub fn is_code(text: &str) -> bool {
    assigned_code_in(text).is_some_and(|code| code == text)
}

/// Returns buttons for the first countries, and one for more.
pub(crate) fn first_suggestions() -> Vec<String> {
    COUNTRIES.iter().take(OFFERED).map(button).chain([MORE.to_owned()]).collect()
}

/// Returns buttons for the other countries.
pub(crate) fn more_suggestions() -> Vec<String> {
    COUNTRIES.iter().skip(OFFERED).map(button).collect()
}

/// Whether a text is the button for more countries.
pub(crate) fn wants_more(text: &str) -> bool {
    phrase::equals(&phrase::normalize(MORE), text)
}

fn button(country: &Country) -> String {
    format!("{} {} {}", country.code, country.flag, country.name)
}

/// Returns the first plus that is followed by an assigned code, with the code.
///
/// No code is a prefix of another one, and none begins with a zero.
fn assigned_code_in(text: &str) -> Option<String> {
    text.split('+').skip(1).filter(|after| !after.starts_with('0')).find_map(|after| {
        (1..=3).find_map(|len| {
            let digits = after.get(..len).filter(|head| head.bytes().all(|b| b.is_ascii_digit()))?;
            is_assigned(digits.parse().ok()?).then(|| format!("+{digits}"))
        })
    })
}

fn is_assigned(code: u16) -> bool {
    DATABASE.region(&code).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_names_a_country_by_code_or_name() {
        for (text, code) in [
            ("+1 United States", "+1"),
            ("+1", "+1"),
            ("+977 \u{1F1F3}\u{1F1F5} Nepal", "+977"),
            ("I live in INDIA", "+91"),
            ("united states/canada", "+1"),
            ("sri lanka", "+94"),
            ("+353", "+353"),
            ("+3531", "+353"),
            ("+8801", "+880"),
            ("my code is +64", "+64"),
            // The order of the list decides, not the order in the text.
            ("from China to Nepal", "+977"),
            ("Japan +44", "+44"),
        ] {
            assert_eq!(code_in(text, "+61"), code, "{text}");
        }
    }

    #[test]
    fn an_assigned_code_outside_the_list_counts_after_a_plus() {
        for (text, code) in [
            ("+352", "+352"),
            ("Luxembourg (+352)", "+352"),
            ("+79161234567", "+7"),
            ("+ +210 +358 40", "+358"),
            ("+210", "+977"),
            ("+0", "+977"),
            ("+051", "+977"),
            ("+007 +51", "+51"),
            ("+", "+977"),
            ("352", "+977"),
            ("nowhere", "+977"),
            ("+\u{e9}1+39", "+39"),
        ] {
            assert_eq!(code_in(text, "+977"), code, "{text}");
        }
    }

    #[test]
    fn a_code_is_a_plus_and_an_assigned_number() {
        assert!(is_code("+977") && is_code("+1") && is_code("+352"));
        for text in ["", "+", "977", "+9771", "+210", "+0", "+051", "+1 ", " +1", "++1", "Nepal"] {
            assert!(!is_code(text), "{text}");
        }
    }

    #[test]
    fn no_assigned_code_is_the_beginning_of_another() {
        for code in (1..=999).filter(|&code| is_assigned(code)) {
            assert!(code < 10 || !is_assigned(code / 10) && !is_assigned(code / 100), "+{code}");
        }
    }

    #[test]
    fn every_button_names_its_country() {
        let buttons: Vec<_> = first_suggestions().into_iter().chain(more_suggestions()).collect();
        assert_eq!(buttons.len(), 16);
        assert_eq!(buttons[0], "+977 \u{1F1F3}\u{1F1F5} Nepal");
        assert_eq!(buttons[8], "Show more countries");
        assert!(wants_more("  show MORE countries") && !wants_more("show more"));
        for (button, country) in buttons.iter().filter(|&button| button != MORE).zip(COUNTRIES) {
            assert_eq!(code_in(button, ""), country.code);
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_code(text in "\\PC{0,40}|[+0-9 a-z]{0,20}") {
            let code = code_in(&text, "+977");
            let digits = code.strip_prefix('+').unwrap();
            prop_assert!(is_assigned(digits.parse().unwrap()));
        }
    }
}
