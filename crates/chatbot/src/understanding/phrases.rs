//! The company's own phrases for a wish for a person.

use std::ops::Range;

use super::{
    heard::Heard,
    reading::{Awaited, Intent},
    tables::Mark,
    words::{self, Words},
};
use crate::Step;

/// A word that stands for a person in the built-in patterns.
const PERSON: &str = "human";

/// Words before a phrase that make it a mention: `your customer service`.
const MENTIONING: &str = "your my his her their our the this that these those in of from by with for about as at and \
    or is was are were";

/// Words behind a phrase that make it a mention: `customer service said`.
const TELLING: &str = "is was are were said told says did does has had will would never";

/// Words shortly before a phrase that deny it.
const DENYING: &str = "not no never without dont doesnt isnt nicht kein keine keinen sin pas sans";

/// How many words before a phrase can deny it.
const DENIED_WITHIN: usize = 4;

/// A phrase that stands in a text more often is looked at this many times.
const LOOKED_AT: usize = 2;

/// Notes the company's phrases in a text.
///
/// A phrase asks for a person, unless the text asks about it, mentions it or denies it.
pub(super) fn note(text: &str, words: &Words, awaited: &Awaited<'_>, heard: &mut Heard) {
    if awaited.person_phrases.is_empty() || heard.said(Intent::Person).is_some() {
        return;
    }
    let folded: Vec<&str> = words.iter().map(|(_, word)| word).collect();
    for phrase in awaited.person_phrases {
        if !may_be_in(phrase, &folded) {
            continue;
        }
        let phrase = words::folded(phrase);
        let Some(length) = Some(phrase.len()).filter(|length| (1..=folded.len()).contains(length)) else { continue };
        let windows = folded.windows(length).enumerate().filter(|(_, window)| *window == phrase.as_slice());
        for (start, _) in windows.take(LOOKED_AT) {
            let place = start..start + length;
            let Some(tokens) = heard.tokens_of(&place) else { continue };
            let before = folded.get(start.saturating_sub(DENIED_WITHIN)..start).unwrap_or_default();
            let is_denied = before.iter().any(|word| is_one_of(DENYING, word));
            if is_denied || heard.is_denied(Intent::Person, &tokens) {
                continue;
            }
            heard.add_alone(Intent::Person, tokens.clone());
            if is_wish(text, words, &folded, &place, &tokens, awaited, heard) {
                heard.add_said(Intent::Person, tokens);
            }
        }
    }
}

/// Whether a text may have a phrase. Most phrases are plain words, and the text has not even the first one.
fn may_be_in(phrase: &str, folded: &[&str]) -> bool {
    let is_plain = phrase.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
    let has = |first: &str| folded.iter().any(|word| word.eq_ignore_ascii_case(first));
    !is_plain || phrase.split_ascii_whitespace().next().is_some_and(has)
}

fn is_wish(
    text: &str,
    words: &Words,
    folded: &[&str],
    place: &Range<usize>,
    tokens: &Range<usize>,
    awaited: &Awaited<'_>,
    heard: &Heard,
) -> bool {
    let asks_for_it = || {
        let start = words.get(place.start).map_or(0, |word| word.place.start);
        let end = words.get(place.end - 1).map_or(text.len(), |word| word.place.end);
        let parts = [text.get(..start).unwrap_or_default(), PERSON, text.get(end..).unwrap_or_default()];
        let words = Words::of(&parts.concat());
        let mut other = Heard::of(&words, awaited.step, false);
        other.find_clauses();
        other.said(Intent::Person).is_some()
    };
    let before = place.start.checked_sub(1).and_then(|at| folded.get(at));
    let is_mentioned = before.is_some_and(|word| is_one_of(MENTIONING, word))
        || folded.get(place.end).is_some_and(|word| is_one_of(TELLING, word))
        || heard.has_question_mark
        || heard.said(Intent::Question).is_some();
    // The phrase can be a part of a name or of a street.
    let is_name = matches!(awaited.step, Some(Step::Name | Step::Address))
        && (0..heard.tokens.len()).filter(|at| !tokens.contains(at)).any(|at| {
            let token = heard.tokens.get(at);
            token.is_some_and(|token| !token.is_known || token.is_number) || heard.is(Mark::Place, at)
        });
    !is_name && (!is_mentioned || asks_for_it())
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}
