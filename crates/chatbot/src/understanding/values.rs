//! Takes the values for fields of the profile out of a text.

pub(super) mod emails;
pub(super) mod names;
pub(super) mod numbers;

use std::{borrow::Cow, ops::Range};

use super::{
    everyday::Count,
    heard::Heard,
    tables::{Lead, Mark},
    words::{Break, Words},
};
use crate::{Step, intake::country};

/// How the names of streets end that are one word.
const STREETS: [&str; 8] = ["strasse", "str", "weg", "gasse", "platz", "allee", "straat", "gatan"];

/// How many words a country's name takes at most when it is not asked for.
const COUNTRY_WORDS: usize = 5;

/// Returns a text with some places blanked. All other places stay where they were.
pub(super) fn without<'t>(text: &'t str, places: &[Range<usize>]) -> Cow<'t, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut rest = String::with_capacity(text.len());
    let mut end = 0;
    for place in places.iter().filter(|place| !place.is_empty()) {
        rest.push_str(text.get(end..place.start).unwrap_or_default());
        // The comma keeps the words around the value apart.
        rest.push(',');
        rest.extend(std::iter::repeat_n(' ', place.len() - 1));
        end = place.end;
    }
    rest.push_str(text.get(end..).unwrap_or_default());
    Cow::Owned(rest)
}

/// Returns the calling code of the country that a text names when none is asked for: behind a phrase
/// such as `I live in`.
pub(super) fn stated_country(text: &str, words: &Words, heard: &mut Heard) -> Option<String> {
    let leads: Vec<_> =
        heard.leads().iter().filter(|(lead, _)| *lead == Lead::Country).map(|(_, at)| at.clone()).collect();
    for lead in leads.into_iter().rev().filter(|lead| leads_on(heard, lead)).collect::<Vec<_>>() {
        let value = behind(heard, &lead, COUNTRY_WORDS);
        let Some(named) = slice(text, words, heard, &value) else { continue };
        if let country::Reading::Code(code) = country::read(named) {
            heard.take(lead.start..value.end);
            return Some(code);
        }
    }
    None
}

/// Returns the address behind a phrase such as `my address is`, up to the end of its sentence.
pub(super) fn stated_address(text: &str, words: &Words, heard: &mut Heard) -> Option<String> {
    let lead = heard
        .leads()
        .iter()
        .find(|(lead, at)| {
            // `Do you deliver to Austria?` gives no address.
            *lead == Lead::Address && leads_on(heard, at) && !names::is_behind_asking(heard, at.start)
        })
        .map(|(_, at)| at.clone())?;
    let sentence = (lead.end..heard.tokens.len())
        .take_while(|&at| at == lead.end || heard.tokens.get(at).is_some_and(|token| token.before != Break::Sentence));
    let value = lead.end..lead.end + sentence.count();
    let address = slice(text, words, heard, &value)?.to_owned();
    heard.take(lead.start..value.end);
    Some(address)
}

/// Returns the whole text from its first word with substance on, as an address; `None` if it can be none.
pub(super) fn address(text: &str, words: &Words, heard: &Heard, start: usize) -> Option<String> {
    let is_passed = |at: &usize| heard.is_value(*at) || heard.tokens.get(*at).is_some_and(|token| token.is_joint);
    let start = start + (start..heard.tokens.len()).take_while(is_passed).count();
    let leads = heard.leads().iter().filter(|(lead, _)| matches!(lead, Lead::Address | Lead::Country | Lead::Answer));
    let start = leads.filter(|(_, at)| at.start <= start).map(|(_, at)| at.end).chain([start]).max()?;
    let from = words.get(heard.tokens.get(start)?.word)?.place.start;
    let address = text.get(from..)?.trim().trim_end_matches([',', ';']).trim_end();
    let is_common = |at: usize| heard.is(Mark::NoName, at) && !heard.is(Mark::Place, at) || heard.is_empty(at);
    let all = || start..heard.tokens.len();
    let is_place = |at: usize| heard.is(Mark::Place, at) || heard.tokens.get(at).is_some_and(|token| token.is_number);
    // `and with a child seat`
    let is_prose = Count::of(words, heard, all()).is_prose() && !all().any(is_place);
    let is_named = !is_prose && !all().all(is_common) || country::alone(address).is_some();
    (is_named && has_letters(address)).then(|| address.to_owned())
}

/// Whether a text is a street with a number, and no sentence.
pub(super) fn is_street(words: &Words, heard: &Heard) -> bool {
    let all = 0..heard.tokens.len();
    let is_street = |at: usize| {
        let word = heard.tokens.get(at).map(|token| words.folded(token.word)).unwrap_or_default();
        heard.is(Mark::Place, at) || STREETS.iter().any(|end| word.len() > end.len() && word.ends_with(end))
    };
    let count = Count::of(words, heard, all.clone());
    heard.tokens.iter().any(|token| token.is_number)
        && all.clone().any(is_street)
        && count.everyday < count.all
        && !heard.has_question_mark
        && !heard.first().is_some_and(|at| heard.is(Mark::Telling, at))
}

/// Whether a text has as many letters as the shortest names of places: three, or two that are no Latin ones.
fn has_letters(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    letters.map(|c| if c.is_ascii() { 2 } else { 3 }).sum::<u32>() >= 5 || country::alone(text).is_some()
}

/// Returns the calling code that an answer to the question for the country names.
pub(super) fn country(text: &str, step: Option<Step>) -> Option<String> {
    let trimmed = text.trim();
    if step.is_some() && country::is_code(trimmed) {
        return Some(trimmed.to_owned());
    }
    match (step, country::read(text)) {
        (Some(Step::CountryCode), country::Reading::Code(code)) => Some(code),
        (Some(Step::Name | Step::Phone), _) => country::alone(text),
        _ => None,
    }
}

/// Whether a value follows a phrase: in the same sentence, and behind a colon if the phrase is one word
/// that is also used otherwise, such as `address`.
fn leads_on(heard: &Heard, lead: &Range<usize>) -> bool {
    let next = heard.tokens.get(lead.end);
    next.is_some_and(|next| next.before != Break::Sentence && (lead.len() > 1 || next.before == Break::Comma))
}

/// Returns the tokens behind a phrase, up to the end of its clause.
fn behind(heard: &Heard, lead: &Range<usize>, most: usize) -> Range<usize> {
    let is_inside = |at: &usize| {
        let token = heard.tokens.get(*at);
        *at == lead.end || token.is_some_and(|token| token.before == Break::Nothing && !token.is_joint)
    };
    lead.end..lead.end + (lead.end..heard.tokens.len()).take_while(is_inside).take(most).count()
}

/// Returns the part of a text that some tokens stand for.
fn slice<'t>(text: &'t str, words: &Words, heard: &Heard, tokens: &Range<usize>) -> Option<&'t str> {
    let place = |at: usize| heard.tokens.get(at).and_then(|token| words.get(token.word)).map(|word| &word.place);
    let last = tokens.end.checked_sub(1).filter(|last| *last >= tokens.start)?;
    text.get(place(tokens.start)?.start..place(last)?.end)
}
