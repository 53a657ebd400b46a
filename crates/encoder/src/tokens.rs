//! Splits a text into the pieces that the model knows: the uncased `WordPiece` of BERT.

use std::collections::HashMap;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// Words of more characters are unknown.
const MAX_WORD: usize = 100;

/// The mark of a piece that continues a word.
const CONTINUED: &str = "##";

/// The vocabulary of a model.
#[derive(Debug)]
pub struct Vocabulary {
    pieces: HashMap<Box<str>, u32>,
    unknown: u32,
    start: u32,
    end: u32,
}

impl Vocabulary {
    /// Makes a vocabulary of pieces in the order of their numbers; `None` without the special pieces.
    pub fn new<'p>(pieces: impl Iterator<Item = &'p str>) -> Option<Self> {
        let pieces: HashMap<Box<str>, u32> = pieces.zip(0..).map(|(piece, number)| (piece.into(), number)).collect();
        let special = |piece: &str| pieces.get(piece).copied();
        let (unknown, start, end) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Some(Self { pieces, unknown, start, end })
    }

    /// Returns the rank of a whole word, a lower one for more frequent words; `None` if the model has no such word.
    pub fn rank(&self, word: &str) -> Option<u32> {
        self.pieces.get(word).copied()
    }

    /// Returns the whole words that consist of letters, in no order, with their rank.
    pub fn words(&self) -> impl Iterator<Item = (&str, u32)> {
        let is_word = |piece: &str| piece.chars().all(char::is_alphabetic);
        self.pieces.iter().filter(move |(piece, _)| is_word(piece)).map(|(piece, &rank)| (&**piece, rank))
    }

    /// Returns the numbers of a text's pieces between the start and the end, at most `limit` in all.
    ///
    /// What comes after that is not read.
    pub fn split(&self, text: &str, limit: usize) -> Vec<u32> {
        let most = limit.saturating_sub(1).max(1);
        let mut numbers = vec![self.start];
        let mut words = Words::default();
        for c in DecomposingNormalizerBorrowed::new_nfd().normalize_iter(text.chars().map(plain)) {
            if numbers.len() >= most {
                break;
            }
            match words.kind(c) {
                Kind::Dropped => {}
                Kind::Letter => words
                    .word
                    .extend(c.to_lowercase().filter(|&c| words.categories.get(c) != GeneralCategory::NonspacingMark)),
                Kind::Space => self.take(&mut words.word, &mut numbers),
                Kind::Alone => {
                    self.take(&mut words.word, &mut numbers);
                    words.word.push(c);
                    self.take(&mut words.word, &mut numbers);
                }
            }
        }
        self.take(&mut words.word, &mut numbers);
        numbers.truncate(most);
        numbers.push(self.end);
        numbers
    }

    /// Takes the longest known pieces from the front of a word until nothing is left, and empties it.
    fn take(&self, word: &mut String, numbers: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let before = numbers.len();
        let mut rest = word.as_str();
        let mut key = String::with_capacity(word.len() + CONTINUED.len());
        if word.chars().nth(MAX_WORD).is_some() {
            rest = "";
            numbers.push(self.unknown);
        }
        while !rest.is_empty() {
            let mark = if numbers.len() == before { "" } else { CONTINUED };
            let ends = rest.char_indices().rev().map(|(at, c)| at + c.len_utf8());
            let longest = ends.filter_map(|end| rest.split_at_checked(end)).find_map(|(piece, rest)| {
                key.clear();
                key.push_str(mark);
                key.push_str(piece);
                Some((self.pieces.get(key.as_str()).copied()?, rest))
            });
            match longest {
                Some((number, left)) => {
                    numbers.push(number);
                    rest = left;
                }
                None => {
                    numbers.truncate(before);
                    numbers.push(self.unknown);
                    rest = "";
                }
            }
        }
        word.clear();
    }
}

/// The word that is being read.
struct Words {
    word: String,
    categories: CodePointMapDataBorrowed<'static, GeneralCategory>,
}

impl Default for Words {
    fn default() -> Self {
        Self { word: String::new(), categories: CodePointMapData::<GeneralCategory>::new() }
    }
}

/// What a character does to the word before it.
enum Kind {
    /// It is ignored.
    Dropped,
    /// It belongs to the word.
    Letter,
    /// It ends the word.
    Space,
    /// It ends the word and is a word of its own.
    Alone,
}

impl Words {
    fn kind(&self, c: char) -> Kind {
        if c.is_ascii_alphanumeric() {
            return Kind::Letter;
        }
        if c.is_whitespace() {
            return Kind::Space;
        }
        if c.is_ascii_punctuation() || is_ideograph(c) {
            return Kind::Alone;
        }
        let category = self.categories.get(c);
        if c == '\u{fffd}' || category == GeneralCategory::NonspacingMark {
            return Kind::Dropped;
        }
        if GeneralCategoryGroup::Other.contains(category) {
            return Kind::Dropped;
        }
        if GeneralCategoryGroup::Punctuation.contains(category) { Kind::Alone } else { Kind::Letter }
    }
}

/// Makes white space of the control characters that separate lines and words.
fn plain(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }
}

/// Tells whether a character is a Chinese, Japanese or Korean ideograph, each of which is a word.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ceaf}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vocabulary() -> Vocabulary {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "open", "##ing", "when", "?", "cafe", "\u{5e97}", "a", "##b"];
        Vocabulary::new(pieces.into_iter()).unwrap()
    }

    #[test]
    fn the_longest_pieces_are_taken() {
        assert_eq!(vocabulary().split("When OPENING?", 16), [2, 6, 4, 5, 7, 3]);
        assert_eq!(vocabulary().split(" caf\u{e9} \u{5e97}\u{5e97} abb ", 16), [2, 8, 9, 9, 10, 11, 11, 3]);
    }

    #[test]
    fn a_word_with_an_unknown_part_is_unknown_as_a_whole() {
        assert_eq!(vocabulary().split("opened when", 16), [2, 1, 6, 3]);
        assert_eq!(vocabulary().split(&"a".repeat(101), 16), [2, 1, 3]);
    }

    #[test]
    fn a_vocabulary_without_special_pieces_is_none() {
        assert!(Vocabulary::new(["open", "[UNK]"].into_iter()).is_none());
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_row_between_start_and_end(text in "\\PC{0,80}", limit in 0_usize..40) {
            let numbers = vocabulary().split(&text, limit);
            prop_assert!(numbers.len() <= limit.max(2));
            prop_assert_eq!(numbers.first(), Some(&2));
            prop_assert_eq!(numbers.last(), Some(&3));
        }
    }
}
