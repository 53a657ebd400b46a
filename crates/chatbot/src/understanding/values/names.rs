//! Names inside of a text.

use std::ops::Range;

use icu_properties::{CodePointSetData, props::ExtendedPictographic};

use super::{leads_on, slice};
use crate::{
    Step,
    intake::{country, name},
    understanding::{
        everyday::Count,
        heard::{Cover, Heard},
        reading::{Intent, Language},
        tables::{Lead, Mark},
        token::Token,
        words::{Break, Words},
    },
};

/// A name in a sentence has at most this many words, apart from particles, unless it is written as a name.
const WORDS: usize = 4;

/// A name that is written as one has at most this many words.
const MOST: usize = 8;

/// Small words inside of names.
const PARTICLES: &str = "al bin da das de del della der den di do dos du el ibn la las le los van vom von zu zum zur";

/// Two spellings of a name differ by at most this many letters.
const SPELLINGS: usize = 2;

/// Returns the name behind a phrase such as `my name is`.
///
/// Phrases that have other uses, such as `I am`, count if a name is asked for, or if what follows is
/// written as one. `It is` introduces what the step asks for.
pub(in crate::understanding) fn stated(
    text: &str,
    words: &Words,
    heard: &mut Heard,
    step: Option<Step>,
) -> Option<String> {
    if let Some(name) = respelled(text, words, heard) {
        return Some(name);
    }
    if let Some(name) = signed(text, words, heard) {
        return Some(name);
    }
    let is_asked = step == Some(Step::Name);
    let about_name = heard.leads().iter().find(|(lead, _)| *lead == Lead::NameWithoutVerb).map(|(_, at)| at.end);
    let leads: Vec<_> = heard
        .leads()
        .iter()
        .filter(|(lead, at)| match lead {
            Lead::Name | Lead::MaybeName | Lead::NameWithoutVerb => true,
            // `I misspelled my name, it is Ann`
            Lead::Answer => is_asked || step.is_none() || about_name.is_some_and(|end| end <= at.start),
            Lead::Country | Lead::Address | Lead::Phone | Lead::Signature => false,
        })
        .cloned()
        .collect();
    for (lead, place) in leads.into_iter().rev() {
        let is_open = matches!(lead, Lead::MaybeName | Lead::Answer);
        // Where a name is asked for, one word is enough: `Name John Doe`.
        let is_label = is_asked && lead != Lead::Name && place.len() == 1;
        let is_asked_about = lead == Lead::NameWithoutVerb && is_behind_asking(heard, place.start);
        if is_asked_about || !is_label && !leads_on(heard, &place) {
            continue;
        }
        let value = place.end..place.end + run(text, words, heard, place.end, !is_open);
        let value = in_full(text, words, heard, value);
        let Some(name) = slice(text, words, heard, &value).and_then(read) else { continue };
        let is_sure = !is_open || is_asked || is_capitalised(&name) || is_whole(heard, &place, &value);
        let is_country = is_open && country::alone(&name).is_some();
        // `I am bleeding`
        let is_told = is_open && !is_capitalised(&name) && Count::of(words, heard, value.clone()).is_common();
        if is_sure && !is_country && !is_told {
            heard.take(place.start..value.end);
            return Some(name);
        }
    }
    None
}

/// Reads a name. Quotes and emoji inside of it are dropped: they are no part of it.
fn read(text: &str) -> Option<String> {
    let quotes = ['"', '\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2018}'];
    let mut is_joined = false;
    let is_part = |c: &char| {
        let is_dropped = quotes.contains(c) || is_emoji(*c) || is_joined && *c == '\u{200d}';
        is_joined = is_dropped;
        !is_dropped
    };
    let plain: String = text.chars().filter(is_part).collect();
    let plain = if plain == text { plain } else { plain.split_whitespace().collect::<Vec<_>>().join(" ") };
    name::read(&plain).ok().map(std::borrow::Cow::into_owned)
}

/// Whether a character is a sign of an emoji.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{fe0f}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}')
        || CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Whether a word before a token in its clause asks something: `why is my name important`, `do you deliver to`.
pub(super) fn is_behind_asking(heard: &Heard, start: usize) -> bool {
    let is_same_clause = |at: &usize| heard.tokens.get(at + 1).is_some_and(|next| next.before == Break::Nothing);
    (0..start).rev().take_while(is_same_clause).any(|at| heard.is(Mark::Asking, at))
}

/// Returns the name in `it is Anna not Ann`, whose two parts are nearly the same.
fn respelled(text: &str, words: &Words, heard: &mut Heard) -> Option<String> {
    let not = (1..heard.tokens.len()).find(|&at| heard.is_word(at, "not"))?;
    let is_unknown = |at: &usize| heard.tokens.get(*at).is_some_and(|token| !token.is_known && !token.is_number);
    let before = not - (0..not).rev().take_while(is_unknown).count()..not;
    let behind = not + 1..not + 1 + (not + 1..heard.tokens.len()).take_while(is_unknown).count();
    let (new, old) = (slice(text, words, heard, &before)?, slice(text, words, heard, &behind)?);
    let distance = strsim::osa_distance(&new.to_lowercase(), &old.to_lowercase());
    let name = read(new).filter(|_| (1..=SPELLINGS).contains(&distance))?;
    heard.take(0..heard.tokens.len());
    Some(name)
}

/// Returns the name at the end of a letter, behind `kind regards`.
fn signed(text: &str, words: &Words, heard: &mut Heard) -> Option<String> {
    let lead = heard.leads().iter().rev().find(|(lead, _)| *lead == Lead::Signature).map(|(_, at)| at.clone())?;
    let value = lead.end..heard.tokens.len();
    let is_one = value.len() <= WORDS && run(text, words, heard, value.start, true) == value.len();
    let name = slice(text, words, heard, &value).filter(|name| is_one && is_capitalised(name)).and_then(read)?;
    heard.take(lead.start..value.end);
    Some(name)
}

/// Returns the tokens of the whole name behind a part of it: `Bond, James Bond`.
fn in_full(text: &str, words: &Words, heard: &Heard, value: Range<usize>) -> Range<usize> {
    let is_apart = heard.tokens.get(value.end).is_some_and(|token| token.before == Break::Comma);
    let whole = value.end..value.end + run(text, words, heard, value.end, false);
    let read = |tokens: &Range<usize>| slice(text, words, heard, tokens).map(str::to_lowercase);
    let ends = |whole: String, part: String| whole.strip_suffix(&part).is_some_and(|first| first.ends_with(' '));
    let repeats = is_apart && read(&whole).zip(read(&value)).is_some_and(|(whole, part)| ends(whole, part));
    if repeats { whole } else { value }
}

/// Returns how many words from a token on can be a name in a sentence.
fn run(text: &str, words: &Words, heard: &Heard, start: usize, is_certain: bool) -> usize {
    let is_part = |at: &usize| {
        let Some(token) = heard.tokens.get(*at) else { return false };
        let is_apart = *at > start && token.before != Break::Nothing;
        !is_apart
            && token.fillers & Language::English.bit() == 0
            && !token.is_joint
            && !token.is_number
            && !heard.is(Mark::NoName, *at)
    };
    let length = (start..heard.tokens.len()).take_while(is_part).count();
    let name = slice(text, words, heard, &(start..start + length)).unwrap_or_default();
    let is_particle = |word: &&str| PARTICLES.split(' ').any(|particle| particle == *word);
    let (particles, others): (Vec<_>, Vec<_>) = name.split_whitespace().partition(is_particle);
    let is_written_as_name = || particles.len() + others.len() <= MOST && is_capitalised(&others.join(" "));
    if others.len() <= WORDS || is_certain || is_written_as_name() { length } else { 0 }
}

/// Whether a name ends its clause, and no word of it is one that patterns know.
///
/// Behind a greeting the clause may go on: `hi, I am tom and`.
fn is_whole(heard: &Heard, lead: &Range<usize>, value: &Range<usize>) -> bool {
    let is_greeted = heard.is_greeting_before(lead.start);
    let ends = |token: &Token| token.before != Break::Nothing || is_greeted && heard.is_word(value.end, "and");
    heard.tokens.get(value.end).is_none_or(ends)
        && value.len() <= 2
        && value.clone().all(|at| heard.tokens.get(at).is_some_and(|token| !token.is_known))
}

fn is_capitalised(name: &str) -> bool {
    name.split_whitespace()
        .all(|word| word.starts_with(|c: char| c.is_uppercase() || !c.is_lowercase() && !c.is_uppercase()))
        && name.chars().any(char::is_lowercase)
}

/// Returns the name that a text consists of, apart from a greeting before it and thanks behind it.
pub(in crate::understanding) fn whole(text: &str, words: &Words, heard: &Heard, cover: &Cover) -> Option<String> {
    let is_polite =
        |intent: Intent| matches!(intent, Intent::Greeting | Intent::Thanks | Intent::Agreement | Intent::Refusal);
    let is_part = |tokens: &Range<usize>| begins_name(text, words, heard, tokens);
    let polite = cover.phrases.iter().take_while(|phrase| is_polite(phrase.intent) && !is_part(&phrase.tokens)).last();
    let begin = polite.map_or(0, |phrase| phrase.tokens.end);
    let start = (begin..heard.tokens.len()).find(|&at| {
        let is_unknown = !heard.is_value(at) && !heard.tokens.get(at).is_some_and(|token| token.is_known);
        !heard.is_empty(at) || is_unknown || is_part(&(at..at + 1))
    })?;
    let end_of = |least: Break| {
        (start + 1..heard.tokens.len())
            .find(|&at| heard.tokens.get(at).is_some_and(|token| token.before >= least))
            .unwrap_or(heard.tokens.len())
    };
    let (sentence, part) = (start..end_of(Break::Sentence), start..end_of(Break::Comma));
    if part.end < sentence.end
        && let Some(name) = inverted(text, words, heard, &part, &sentence)
    {
        return Some(name);
    }
    let take = |tokens: Range<usize>| {
        let tokens = tokens.start..tokens.end - trailing(text, words, heard, &tokens);
        let common = tokens.clone().filter(|&at| heard.is(Mark::NoName, at)).count();
        let is_sentence = common > 0 && (common == tokens.len() || tokens.len() > 2 && common > 1);
        let is_known = |at: usize| heard.tokens.get(at).is_some_and(|token| token.is_known);
        let is_phrase = tokens.len() > 2 && tokens.clone().all(is_known);
        let name = slice(text, words, heard, &tokens).filter(|_| !is_sentence)?;
        let count = Count::of(words, heard, tokens.clone());
        let is_unlikely = is_phrase || count.is_common() || heard.has_question_mark;
        // Few names consist of everyday words or are asked, and these are written as names: `leave a message`.
        if is_unlikely && !is_capitalised(name) || count.is_common() && count.all == 1 {
            return None;
        }
        read(with_dot(text, name))
    };
    take(sentence).or_else(|| take(part))
}

/// Whether a phrase is the first part of a name, such as `Jo` in `Jo Lee`, although it says something.
fn begins_name(text: &str, words: &Words, heard: &Heard, phrase: &Range<usize>) -> bool {
    let is_name = |at: &usize| heard.tokens.get(*at).is_some_and(|token| token.before == Break::Nothing);
    let behind = phrase.end..phrase.end + (phrase.end..heard.tokens.len()).take_while(is_name).count();
    let is_capital = |tokens: &Range<usize>| slice(text, words, heard, tokens).map(is_capitalised);
    !behind.is_empty()
        && phrase.clone().all(|at| heard.is(Mark::AlsoName, at))
        && is_capital(phrase) == is_capital(&behind)
}

/// Returns the name in `Doe, John`, with its parts in the usual order.
fn inverted(text: &str, words: &Words, heard: &Heard, part: &Range<usize>, sentence: &Range<usize>) -> Option<String> {
    let given = part.end..sentence.end;
    let is_single = part.len() == 1 && (1..=2).contains(&given.len());
    let is_name = |at: usize| {
        heard.tokens.get(at).is_some_and(|token| !token.is_number && (at == part.end || token.before == Break::Nothing))
            && !heard.is(Mark::NoName, at)
    };
    if !is_single || !given.clone().all(is_name) {
        return None;
    }
    let (family, given) = (slice(text, words, heard, part)?, slice(text, words, heard, &given)?);
    if country::alone(given).is_some() {
        return None;
    }
    read(&format!("{given} {family}"))
}

/// Returns how many words at the end are no part of a name: `Tom here`. A name may be written like a common word:
/// `Nick Human`.
fn trailing(text: &str, words: &Words, heard: &Heard, tokens: &Range<usize>) -> usize {
    let is_written_as_name = |at: usize| {
        let word = slice(text, words, heard, &(at..at + 1)).unwrap_or_default();
        word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase)
    };
    let is_behind = |at: &usize| {
        let is_common = heard.is(Mark::NoName, *at) || heard.is_ignored_in_english(*at);
        *at > tokens.start && is_common && !is_written_as_name(*at)
    };
    tokens.clone().rev().take_while(is_behind).count()
}

/// Returns a name with the dot of the abbreviation at its end.
fn with_dot<'t>(text: &'t str, name: &'t str) -> &'t str {
    let last = name.rsplit(' ').next().unwrap_or_default();
    let is_short = ["Jr", "Sr"].contains(&last);
    let dotted = text.find(name).and_then(|at| text.get(at..at + name.len() + 1));
    dotted.filter(|dotted| is_short && dotted.ends_with('.')).unwrap_or(name)
}
