//! Splits a text into folded words.

use std::ops::Range;

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// The longest folded word, in bytes. The rest of a longer one is ignored.
const LONGEST: usize = 48;

/// Abbreviations whose dot does not end a sentence.
const TITLES: [&str; 10] = ["mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "jr", "sr"];

/// What separates a word from the word before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Break {
    /// White space, emoji or another sign without meaning.
    Nothing,
    /// A comma, a colon, a parenthesis or a dash.
    Comma,
    /// The end of a sentence or of a line.
    Sentence,
}

/// A word of a text.
#[derive(Debug)]
pub(super) struct Word {
    folded: Range<usize>,
    /// Where it is in the text, in bytes.
    pub(super) place: Range<usize>,
    /// What is before it. The first word begins a sentence.
    pub(super) before: Break,
}

/// The words of a text, in lower case and without accents and apostrophes.
#[derive(Debug, Default)]
pub(super) struct Words {
    folded: String,
    all: Vec<Word>,
    /// Whether the text has a question mark.
    pub(super) has_question_mark: bool,
}

impl Words {
    /// Splits a text.
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self {
            folded: String::with_capacity(text.len()),
            all: Vec::with_capacity(text.len() / 5 + 1),
            ..Self::default()
        };
        let (mut open, mut before, mut last) = (None, Break::Sentence, ' ');
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map_or(' ', |(_, next)| *next);
            if is_word_char(c, open.is_some()) {
                let (start, _) = *open.get_or_insert((words.folded.len(), at));
                if words.folded.len() < start + LONGEST {
                    fold(c, &mut words.folded);
                }
            } else if !is_apostrophe(c) && !is_unseen(c) || open.is_none() {
                if let Some((start, place)) = open.take()
                    && words.folded.len() > start
                {
                    words.all.push(Word { folded: start..words.folded.len(), place: place..at, before });
                    before = Break::Nothing;
                }
                words.has_question_mark |= matches!(c, '?' | '\u{ff1f}' | '\u{61f}' | '\u{bf}');
                before = before.max(words.break_of(last, c, next));
            }
            last = c;
        }
        if let Some((start, place)) = open
            && words.folded.len() > start
        {
            words.all.push(Word { folded: start..words.folded.len(), place: place..text.len(), before });
        }
        words
    }

    /// Returns the words in their order, each with its folded form.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Word, &str)> {
        self.all.iter().map(|word| (word, self.folded.get(word.folded.clone()).unwrap_or_default()))
    }

    /// Returns a word by its position.
    pub(super) fn get(&self, at: usize) -> Option<&Word> {
        self.all.get(at)
    }

    /// Returns the folded form of a word.
    pub(super) fn folded(&self, at: usize) -> &str {
        self.all.get(at).and_then(|word| self.folded.get(word.folded.clone())).unwrap_or_default()
    }

    fn break_of(&self, last: char, c: char, next: char) -> Break {
        match c {
            '.' if next.is_alphanumeric() || self.ends_with_abbreviation() => Break::Nothing,
            '.' | '!' | '?' | ';' | '\n' | '\r' | '\u{2026}' | '\u{964}' | '\u{3002}' | '\u{ff1f}' | '\u{61f}' => {
                Break::Sentence
            }
            ',' | ':' | '(' | ')' | '\u{2013}' | '\u{2014}' | '\u{60c}' | '\u{3001}' => Break::Comma,
            '-' if last.is_whitespace() || next.is_whitespace() => Break::Comma,
            _ => Break::Nothing,
        }
    }

    fn ends_with_abbreviation(&self) -> bool {
        self.iter().last().is_some_and(|(_, word)| {
            TITLES.contains(&word) || word.chars().nth(1).is_none() && word.starts_with(char::is_alphabetic)
        })
    }
}

/// Returns the folded words of a phrase.
pub(super) fn folded(phrase: &str) -> Vec<String> {
    Words::of(phrase).iter().map(|(_, word)| word.to_owned()).collect()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{b4}' | '`')
}

/// Whether a character only selects the form of its neighbour.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{20e3}')
}

fn is_word_char(c: char, inside: bool) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let is_mark = || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    c.is_alphanumeric() || inside && !is_unseen(c) && is_mark()
}

/// Appends a character in lower case and without accents. Devanagari loses its dots below, and one sign
/// stands for both kinds of nasal vowels, since people type either.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    for lower in c.to_lowercase() {
        match lower {
            '\u{300}'..='\u{36f}' | '\u{93c}' => {}
            '\u{901}' => out.push('\u{902}'),
            '\u{df}' => out.push_str("ss"),
            '\u{e6}' => out.push_str("ae"),
            '\u{153}' => out.push_str("oe"),
            '\u{f8}' => out.push('o'),
            '\u{142}' => out.push('l'),
            '\u{131}' => out.push('i'),
            _ => out.push(base(lower)),
        }
    }
}

/// Returns the letter under all accents.
fn base(c: char) -> char {
    let table = CanonicalDecompositionBorrowed::new();
    let mut base = c;
    loop {
        match table.decompose(base) {
            Decomposed::Expansion(first, _) | Decomposed::Singleton(first)
                if !matches!(base, '\u{ac00}'..='\u{d7a3}') =>
            {
                base = first;
            }
            _ => return base,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str) -> Vec<(Break, String)> {
        Words::of(text).iter().map(|(word, folded)| (word.before, folded.to_owned())).collect()
    }

    #[test]
    fn words_lose_case_accents_and_apostrophes() {
        assert_eq!(folded("Don\u{2019}t SHOUT, \u{c9}cole!"), ["dont", "shout", "ecole"]);
        assert_eq!(folded("Stra\u{df}e t\u{fc}r o\u{308} \u{1f600}hi\u{fe0f}"), ["strasse", "tur", "o", "hi"]);
        assert_eq!(
            folded("\u{939}\u{93e}\u{901} \u{95e}\u{94b}\u{928}"),
            ["\u{939}\u{93e}\u{902}", "\u{92b}\u{94b}\u{928}"]
        );
        assert_eq!(folded(" \u{1f44b}\u{1f3fd} ... -"), [""; 0]);
    }

    #[test]
    fn punctuation_ends_sentences_and_separates_parts() {
        let [nothing, comma, sentence] = [Break::Nothing, Break::Comma, Break::Sentence];
        for (text, breaks) in [
            ("a b, c. d?e", vec![sentence, nothing, comma, nothing, sentence]),
            ("Mr. Ray met J. Doe. Then", vec![sentence, nothing, nothing, nothing, nothing, sentence]),
            ("check-in - now\nx3.5", vec![sentence, nothing, comma, sentence, nothing]),
        ] {
            let found: Vec<_> = broken(text).into_iter().map(|(before, _)| before).collect();
            assert_eq!(found, breaks, "{text}");
        }
    }

    #[test]
    fn a_word_knows_its_place() {
        let text = "\u{e9}t\u{e9} it's 5";
        let words = Words::of(text);
        let places: Vec<_> = words.iter().map(|(word, _)| &text[word.place.clone()]).collect();
        assert_eq!(places, ["\u{e9}t\u{e9}", "it's", "5"]);
    }

    #[test]
    fn very_long_words_are_cut() {
        assert_eq!(folded(&"a".repeat(2000))[0].len(), LONGEST);
    }
}
