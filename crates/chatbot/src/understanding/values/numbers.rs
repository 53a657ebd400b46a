//! Phone numbers inside of a text.

use std::ops::Range;

use crate::intake::{
    digits,
    phone::{self, PhoneCheck},
};

/// A phone number in a text.
#[derive(Debug)]
pub(in crate::understanding) struct Number {
    /// The accepted number.
    pub(in crate::understanding) check: PhoneCheck,
    /// Where it is.
    pub(in crate::understanding) place: Range<usize>,
    /// Whether it has no calling code of its own.
    pub(in crate::understanding) is_local: bool,
}

/// Shorter numbers count only where a number is asked for.
const SHORTEST: usize = 7;

/// How many digits a number of a country that is not known has.
const LOCAL: std::ops::RangeInclusive<usize> = 8..=13;

/// Whether a text may have a phone number.
pub(in crate::understanding) fn may_be_in(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().filter(u8::is_ascii_digit).count() >= 5;
    }
    text.chars().filter(|&c| digits::ascii(c).is_some()).count() >= 5
}

/// Returns the first phone number that is accepted. One without a code of its own has this calling code.
pub(in crate::understanding) fn find(text: &str, calling_code: &str, is_asked: bool) -> Option<Number> {
    if !may_be_in(text) {
        return None;
    }
    runs(text).into_iter().find_map(|place| accepted(text, place, calling_code, is_asked))
}

/// Returns the place of a number that may be a local one of any country.
pub(in crate::understanding) fn of_any_country(text: &str) -> Option<Range<usize>> {
    let is_likely = |place: &Range<usize>| {
        let number = text.get(place.clone()).unwrap_or_default();
        let digits = number.chars().filter(|&c| digits::ascii(c).is_some()).count();
        LOCAL.contains(&digits) && !is_date(number)
    };
    may_be_in(text).then(|| runs(text).into_iter().find(is_likely)).flatten()
}

fn accepted(text: &str, place: Range<usize>, calling_code: &str, is_asked: bool) -> Option<Number> {
    let number = text.get(place.clone())?;
    let digits: String = number.chars().filter_map(digits::ascii).collect();
    if digits.len() < SHORTEST && !is_asked || digits.len() < 5 || !is_asked && is_date(number) {
        return None;
    }
    let check = phone::check(number, calling_code);
    let has_code = number.starts_with(['+', '\u{ff0b}']) || digits.starts_with("00");
    let is_local = !has_code;
    let counts = check.valid && (is_asked || has_code || check.is_certain);
    counts.then_some(Number { check, place, is_local })
}

/// Returns the runs of digits and of the signs between them.
fn runs(text: &str) -> Vec<Range<usize>> {
    let (mut runs, mut open, mut last) = (Vec::new(), None::<Range<usize>>, ' ');
    for (at, c) in text.char_indices() {
        let is_digit = digits::ascii(c).is_some();
        let begins = is_digit || matches!(c, '+' | '\u{ff0b}' | '(');
        match &mut open {
            Some(run) if is_digit => run.end = at + c.len_utf8(),
            Some(_) if " -./()+\u{a0}\u{2009}\u{202f}\u{2010}\u{2011}\u{2013}".contains(c) => {}
            Some(_) => runs.extend(open.take()),
            None if begins && !last.is_alphanumeric() && !matches!(last, '#' | '.' | '_') => {
                open = Some(at..at + c.len_utf8());
            }
            None => {}
        }
        last = c;
    }
    runs.extend(open);
    runs
}

/// Whether a number is written as a date: two or four digits, two, and two or four.
fn is_date(number: &str) -> bool {
    let parts: Vec<usize> = number.split(['-', '.', '/']).map(str::len).collect();
    matches!(parts.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4])
}
