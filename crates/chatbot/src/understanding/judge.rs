//! Decides which intent a text has.

use super::{
    heard::{Cover, Heard, Phrase},
    tables::Mark,
};
use crate::{
    Step,
    understanding::reading::{Intent, Language},
};

/// Intents that a phrase says wherever it stands, in the order of precedence over questions.
const BEFORE_QUESTIONS: [Intent; 5] =
    [Intent::Person, Intent::Abuse, Intent::Frustration, Intent::Why, Intent::AboutBot];

/// Intents of whole texts, in the order of precedence among each other.
const SMALL_TALK: [Intent; 5] = [Intent::Goodbye, Intent::Refusal, Intent::Thanks, Intent::Agreement, Intent::Greeting];

/// How many other words may follow a greeting: `hi Kit`.
const ADDRESSED: usize = 3;

/// Returns the intent of a text, and the language of the words that gave it.
pub(super) fn intent(heard: &Heard, cover: &Cover, step: Option<Step>) -> (Intent, Language) {
    let covered = |intent: Intent| cover.phrases.iter().find(|phrase| cover.is_complete && phrase.intent == intent);
    // Who tells of a misfortune asks for help with it: `what a mess, my flight was cancelled`.
    let is_misfortune = heard.is_denied(Intent::Frustration, &(0..heard.tokens.len()));
    let counts =
        |intent: Intent| intent != Intent::Frustration || !is_misfortune || heard.said(Intent::Question).is_none();
    let said = |intent: Intent| heard.said(intent).or_else(|| covered(intent)).map(|phrase| (intent, phrase.language));
    if let Some(found) = BEFORE_QUESTIONS.into_iter().filter(|intent| counts(*intent)).find_map(said) {
        return found;
    }
    if let Some(found) = [Intent::Question].into_iter().chain(SMALL_TALK).find_map(covered) {
        return (found.intent, found.language);
    }
    if let Some(phrase) = refusal(heard, step) {
        return (Intent::Refusal, phrase.language);
    }
    if let Some(language) = question(heard, cover, step) {
        return (Intent::Question, language);
    }
    let said = |intent: &Intent| *intent != Intent::Refusal || !(step == Some(Step::Address) && is_address(heard));
    if tells(heard, cover) {
        return (Intent::Question, Language::English);
    }
    let later = SMALL_TALK.into_iter().filter(said).find_map(|intent| heard.said(intent));
    if let Some(phrase) = later.or_else(|| addressed(heard, cover, step)) {
        return (phrase.intent, phrase.language);
    }
    (Intent::Nothing, Language::English)
}

/// Returns the phrase that refuses to answer a step, unless another clause asks something.
fn refusal(heard: &Heard, step: Option<Step>) -> Option<&Phrase> {
    let step = step?;
    if step == Step::Address && is_address(heard) {
        return None;
    }
    let phrase = heard.said(Intent::Refusal)?;
    let end = heard.clause_end(phrase.tokens.end.saturating_sub(1));
    let asks = heard
        .all_said(Intent::Question)
        .any(|question| question.tokens.start >= end || question.tokens.end <= phrase.tokens.start);
    (!asks).then_some(phrase)
}

/// Whether a text has a number or a word of postal addresses.
fn is_address(heard: &Heard) -> bool {
    heard.tokens.iter().enumerate().any(|(at, token)| token.is_number || heard.is(Mark::Place, at))
}

/// Returns the language of a question.
fn question(heard: &Heard, cover: &Cover, step: Option<Step>) -> Option<Language> {
    if let Some(phrase) = heard.said(Intent::Question) {
        return Some(phrase.language);
    }
    let rest: Vec<usize> = (cover.end..heard.tokens.len()).filter(|&at| !heard.is_empty(at)).collect();
    let token = |at: &usize| heard.tokens.get(*at);
    let known = rest.iter().filter(|at| token(at).is_some_and(|token| token.is_known)).count();
    let topics = rest.iter().filter(|at| heard.is(Mark::Topic, **at)).count();
    let asks = match step {
        None => topics > 0 || heard.has_question_mark && !rest.is_empty(),
        Some(Step::Address) if is_address(heard) => false,
        // An unknown word can be a name, and a name can be that of a topic.
        Some(_) => {
            topics > 0 && (topics > 1 || known == rest.len())
                || heard.has_question_mark && (known > 0 && rest.len() > 1 || rest.len() > 3)
        }
    };
    asks.then_some(Language::English)
}

/// Whether a text goes on behind a greeting and tells something: `good morning, our room is cold`.
fn tells(heard: &Heard, cover: &Cover) -> bool {
    let rest = || (cover.end..heard.tokens.len()).filter(|&at| !heard.is_empty(at));
    let greets = cover.phrases.last().is_some_and(|phrase| phrase.intent == Intent::Greeting);
    greets
        && !(0..heard.tokens.len()).any(|at| heard.is_value(at))
        && rest().count() > ADDRESSED
        && rest().next().is_some_and(|at| heard.is(Mark::Telling, at))
}

/// Returns the phrase at the beginning of a text that only addresses somebody besides.
fn addressed<'c>(heard: &Heard, cover: &'c Cover, step: Option<Step>) -> Option<&'c Phrase> {
    let rest = || (cover.end..heard.tokens.len()).filter(|&at| !heard.is_empty(at));
    let is_name =
        rest().count() <= ADDRESSED && rest().all(|at| !heard.is(Mark::Topic, at) && !heard.is(Mark::NoName, at));
    let first = cover.phrases.last()?;
    let greets = matches!(first.intent, Intent::Greeting | Intent::Thanks | Intent::Goodbye);
    (greets && is_name && step.is_none()).then_some(first)
}
