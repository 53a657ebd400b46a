//! Decimal digits of all scripts.

use icu_properties::{CodePointMapData, props::GeneralCategory};

/// The longest run of digits in Unicode, that of the mathematical digits.
const LONGEST_RUN: u32 = 50;

/// Returns the ASCII digit of the same value as a decimal digit of any script.
pub fn ascii(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c).filter(char::is_ascii_digit);
    }
    if !is_decimal(c) {
        return None;
    }
    // The digits 0 to 9 of a script have consecutive code points, and adjacent runs are complete,
    // so the position in the run modulo 10 is the value.
    let before = |back: &u32| u32::from(c).checked_sub(*back).and_then(char::from_u32).is_some_and(is_decimal);
    let place = (1..LONGEST_RUN).take_while(before).count() % 10;
    u32::try_from(place).ok().and_then(|place| char::from_digit(place, 10))
}

fn is_decimal(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_count() {
        for (digits, value) in [
            ("0123456789", "0123456789"),
            ("\u{966}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}\u{96e}\u{96f}", "0123456789"),
            ("\u{660}\u{665}\u{669}\u{6f0}\u{6f9}", "05909"),
            ("\u{ff10}\u{ff19}", "09"),
            ("\u{1d7ce}\u{1d7d7}\u{1d7d8}\u{1d7ff}", "0909"),
        ] {
            assert_eq!(digits.chars().filter_map(ascii).collect::<String>(), value);
        }
    }

    #[test]
    fn other_characters_are_no_digits() {
        assert_eq!("a+-\u{b2}\u{bd}\u{2460}\u{2167}\u{4e00}".chars().filter_map(ascii).count(), 0);
    }

    #[test]
    fn digits_come_in_rows_of_ten() {
        let rows = ('\u{0}'..=char::MAX).filter_map(ascii).collect::<String>();
        assert_eq!(rows, "0123456789".repeat(rows.len() / 10));
    }
}
