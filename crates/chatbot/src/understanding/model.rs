//! Weighs the words of a text where no phrase decides.
//!
//! Each feature of a text, such as a pair of neighbouring words, has a weight for each intent. The weights come from
//! `data/intents/weights.tsv`, which the example `train_understanding` writes.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    hash::Passed,
    heard::Heard,
    reading::Intent,
    tables::{Mark, TABLES},
    words::Words,
};
use crate::Step;

/// A line for each feature: its name, and a weight for each intent in the order of [`Intent::ALL`].
const WEIGHTS: &str = include_str!("../../data/intents/weights.tsv");

/// Number of intents.
const INTENTS: usize = Intent::ALL.len();

/// What a weight of 1 is in the file.
const UNIT: f32 = 20.0;

/// The least likelihood of another intent that is taken in place of a question, of nothing, and of what a phrase says.
const OVER_QUESTION: f32 = 0.6;
const OVER_NOTHING: f32 = 0.4;
const OVER_PHRASE: f32 = 0.8;

/// The same in an answer to a question of the bot.
const IN_ANSWER: f32 = 0.8;

/// A text is weighed by its first words.
const MOST: usize = 60;

/// Words with at least this many letters have their beginning as a feature.
const LONG: usize = 6;

/// How many letters the beginning of a word has.
const BEGINNING: usize = 4;

/// The number of a feature.
type Number = u64;

/// Spreads the bits of a number over all of it.
const MIXED: Number = 0x517c_c1b7_2722_0a95;

struct Model {
    weights: HashMap<Number, [i16; INTENTS], Passed>,
}

static MODEL: LazyLock<Model> = LazyLock::new(Model::read);

impl Model {
    fn read() -> Self {
        let mut weights = HashMap::default();
        for line in WEIGHTS.lines() {
            let Some((name, numbers)) = line.split_once('\t') else { continue };
            let mut parsed = [0; INTENTS];
            for (weight, number) in parsed.iter_mut().zip(numbers.split('\t')) {
                *weight = number.parse().unwrap_or(0);
            }
            weights.insert(Parts::parse(name).number(), parsed);
        }
        Self { weights }
    }
}

/// Returns the intent that a text has by the weights of its words, if it is likely enough to replace one that a phrase
/// or weak signs speak for.
///
/// The weights come from texts that answer no question of the bot, so in an answer only a few intents are taken.
pub(super) fn intent(words: &Words, heard: &Heard, first: Intent, step: Option<Step>) -> Option<Intent> {
    let least = match first {
        Intent::Question | Intent::Nothing if step.is_some() => IN_ANSWER,
        Intent::Question => OVER_QUESTION,
        Intent::Nothing => OVER_NOTHING,
        // The phrase can be a mention: `my bloody chain broke`.
        Intent::AboutBot | Intent::Frustration | Intent::Abuse => OVER_PHRASE,
        _ => return None,
    };
    let likely = Intent::ALL.into_iter().zip(weigh(words, heard));
    let (best, share) = likely.max_by(|one, other| one.1.total_cmp(&other.1))?;
    // A denied sign, such as `I don't want a person`, is full of the words of its intent.
    let is_denied = heard.is_denied(best, &(0..heard.tokens.len()));
    let counts =
        step.is_none() || matches!(best, Intent::Frustration | Intent::Abuse | Intent::Person | Intent::AboutBot);
    (best != first && share >= least && counts && !is_denied).then_some(best)
}

fn weigh(words: &Words, heard: &Heard) -> [f32; INTENTS] {
    let mut sums = [0_i32; INTENTS];
    each_feature(words, heard, |parts| {
        if let Some(weights) = MODEL.weights.get(&parts.number()) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += i32::from(*weight);
            }
        }
    });
    let most = sums.iter().copied().max().unwrap_or(0);
    let shares = sums.map(|sum| (f32::from(i16::try_from(sum - most).unwrap_or(i16::MIN)) / UNIT).exp());
    let whole: f32 = shares.iter().sum();
    shares.map(|share| share / whole)
}

/// A part of the name of a feature: a word, or the kind of one.
#[derive(Debug, Clone, Copy)]
struct Part<'p> {
    text: &'p str,
    number: Number,
}

impl<'p> Part<'p> {
    fn of(text: &'p str) -> Self {
        let mix = |hash: Number, byte: u8| (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(MIXED);
        Self { text, number: text.bytes().fold(0, mix) }
    }
}

/// The parts of the name of a feature; empty ones are no part of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'p>([Part<'p>; 3]);

impl<'p> Parts<'p> {
    fn one(kind: &'p str, part: Part<'p>) -> Self {
        Self([Part::of(kind), part, Part::of("")])
    }

    /// Returns the name of the feature.
    pub(super) fn name(&self) -> String {
        let texts: Vec<&str> = self.0.iter().map(|part| part.text).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }

    fn parse(name: &'p str) -> Self {
        let mut parts = name.split(' ').map(Part::of);
        Self([(); 3].map(|()| parts.next().unwrap_or(Part::of(""))))
    }

    /// Returns the number of the feature.
    fn number(&self) -> Number {
        self.0.iter().fold(0, |hash: Number, part| (hash.rotate_left(21) ^ part.number).wrapping_mul(MIXED))
    }
}

/// Calls `each` with every feature of a text.
pub(super) fn each_feature(words: &Words, heard: &Heard, mut each: impl FnMut(Parts<'_>)) {
    let mut folded = words.iter().map(|(_, word)| word);
    let mut last = None;
    // For each token its word, and its kind or else its word again.
    let mut tokens: Vec<(Part<'_>, Part<'_>)> = Vec::with_capacity(heard.tokens.len().min(MOST));
    for (at, token) in heard.tokens.iter().enumerate().take(MOST) {
        let written = if last == Some(token.word) { "" } else { folded.next().unwrap_or_default() };
        last = Some(token.word);
        let known = token.known.iter().flatten().next();
        let word = known.and_then(|id| TABLES.vocabulary.name(*id)).unwrap_or(written);
        let kind = match known.and_then(|id| TABLES.kinds.get(id)) {
            Some(kind) => kind,
            None if token.is_number => "#number",
            None if heard.is(Mark::Topic, at) => "#topic",
            None if known.is_none() && !token.is_known => "#unknown",
            None => word,
        };
        let part = Part::of(word);
        tokens.push((part, if kind == word { part } else { Part::of(kind) }));
    }
    each(Parts::one("all", Part::of("")));
    if heard.has_question_mark {
        each(Parts::one("?", Part::of("")));
    }
    let length = match tokens.len() {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4..=5 => "4",
        6..=9 => "6",
        10..=16 => "10",
        _ => "17",
    };
    each(Parts::one("length", Part::of(length)));
    let pair = Part::of("p");
    let (mut before, end) = ((Part::of("^"), Part::of("^")), Part::of("$"));
    for (at, &one) in tokens.iter().enumerate() {
        let (word, kind) = one;
        let has_kind = kind.text != word.text;
        each(Parts::one("w", word));
        if has_kind {
            each(Parts::one("w", kind));
            each(Parts([pair, before.1, kind]));
        }
        if before.1.text != before.0.text || !has_kind {
            each(Parts([pair, before.0, word]));
        }
        if at + 1 == tokens.len() {
            each(Parts([pair, kind, end]));
        }
        if !has_kind
            && let Some((end, _)) = word.text.char_indices().nth(BEGINNING)
            && let Some((beginning, rest)) = word.text.split_at_checked(end)
            && rest.chars().count() >= LONG - BEGINNING
        {
            each(Parts::one("b", Part::of(beginning)));
        }
        before = one;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_weight_for_each_intent() {
        for line in WEIGHTS.lines() {
            let numbers: Vec<_> = line.split('\t').skip(1).map(str::parse::<i16>).collect();
            assert!(numbers.len() == INTENTS && numbers.iter().all(Result::is_ok), "{line}");
        }
        // No two features share a number.
        assert_eq!(MODEL.weights.len(), WEIGHTS.lines().count());
    }

    #[test]
    fn wordings_that_no_pattern_names_are_weighed() {
        let intent = |text: &str| {
            let words = Words::of(text);
            intent(&words, &Heard::of(&words, None, false), Intent::Nothing, None)
        };
        assert_eq!(intent("the answers that I get here are a sad joke"), Some(Intent::Frustration));
        assert_eq!(intent("do you carry saddles"), Some(Intent::Question));
        assert_eq!(intent("our kitten sleeps under the table"), None);
    }
}
