//! A summary of texts in their own sentences.

use std::collections::{HashMap, HashSet};

/// Maximum number of sentences.
const MOST: usize = 3;

/// Maximum length of a sentence, in Unicode scalar values.
const LONGEST: usize = 200;

/// Length of the shortest word that counts, in Unicode scalar values. Shorter ones are mostly grammar.
const SHORTEST_WORD: usize = 4;

/// Returns the sentences that have the most words in common with the others, in their order. Of equal ones the later
/// ones count, since they are nearer to what the person is called for.
pub(super) fn of(texts: &[&str]) -> String {
    let mut seen = HashSet::new();
    let sentences: Vec<_> = texts
        .iter()
        .flat_map(|text| sentences(text))
        .map(|sentence| (sentence, words(sentence)))
        .filter(|(_, words)| !words.is_empty())
        .filter(|(_, words)| seen.insert(words.clone()))
        .collect();
    let mut frequencies: HashMap<&str, usize> = HashMap::new();
    for word in sentences.iter().flat_map(|(_, words)| words) {
        *frequencies.entry(word).or_default() += 1;
    }
    let weight = |words: &[String]| -> usize {
        let different: HashSet<_> = words.iter().map(String::as_str).collect();
        different.iter().filter_map(|word| frequencies.get(word)).sum()
    };
    let mut ranked: Vec<_> = sentences.iter().enumerate().map(|(at, (_, words))| (weight(words), at)).collect();
    ranked.sort_unstable();
    let mut best: Vec<_> = ranked.into_iter().rev().take(MOST).map(|(_, at)| at).collect();
    best.sort_unstable();
    let chosen = best.into_iter().filter_map(|at| sentences.get(at)).map(|(sentence, _)| cut(sentence));
    chosen.collect::<Vec<_>>().join(" ")
}

/// Splits a text after full stops, question marks, exclamation marks and line breaks.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, '.' | '?' | '!' | '\n' | '\u{3002}' | '\u{ff1f}' | '\u{ff01}' | '\u{964}');
    text.split_inclusive(ends).map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// Returns the words that count, in lower case.
fn words(sentence: &str) -> Vec<String> {
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // Texts without spaces between words are one word.
    words.filter(|word| word.chars().count() >= SHORTEST_WORD || !word.is_ascii()).map(str::to_lowercase).collect()
}

fn cut(sentence: &str) -> String {
    sentence.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sentences_that_say_most_are_kept_in_their_order() {
        let texts = [
            "Hi. My order 4711 of a mountain bike has not arrived.",
            "ok",
            "Where is the mountain bike? I am sad.",
            "The order was paid in May!",
            "Thanks",
        ];
        assert_eq!(
            of(&texts),
            "My order 4711 of a mountain bike has not arrived. Where is the mountain bike? The order was paid in May!"
        );
    }

    #[test]
    fn what_is_repeated_is_said_once() {
        assert_eq!(of(&["Where is my order?", "where is my ORDER", "WHERE is my order!"]), "Where is my order?");
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["ok", "?"]), "");
    }

    proptest! {
        #[test]
        fn a_summary_has_three_sentences_of_the_text_at_most(texts in prop::collection::vec(".{0,300}", 0..8)) {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            prop_assert!(of(&texts).chars().count() <= MOST * (LONGEST + 1));
        }
    }
}
