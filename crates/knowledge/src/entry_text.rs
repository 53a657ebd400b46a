//! What is encoded of an entry.

use encoder::Vector;
use sha2::{Digest as _, Sha256};

use crate::{Chunk, TextHash, markup};

/// The weights of the three vectors of an entry, in the order of [`EntryText::texts`].
const WEIGHTS: [f32; 3] = [0.7, 0.15, 0.15];

/// The texts of an entry that are encoded, and their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryText {
    /// The hash of all three texts.
    pub hash: TextHash,
    /// Question and answer, the question alone, the answer alone.
    pub texts: [String; 3],
}

/// Returns the texts of an entry of a company with this name: first as it is, then with each alternative in place of
/// the question. Each has a vector of its own.
///
/// The company speaks of itself in the first person: visitors rarely say its name, and a name that every entry has
/// would make all of them alike.
pub fn entry_texts(chunk: &Chunk, company: &str) -> Vec<EntryText> {
    let answer = in_first_person(&markup::without_breaks(&chunk.answer), company);
    chunk.questions().map(|question| with(question, &answer, company)).collect()
}

/// Returns the one at a place in [`entry_texts`].
pub fn entry_text(chunk: &Chunk, company: &str, at: usize) -> Option<EntryText> {
    let answer = in_first_person(&markup::without_breaks(&chunk.answer), company);
    chunk.questions().nth(at).map(|question| with(question, &answer, company))
}

fn with(question: &str, answer: &str, company: &str) -> EntryText {
    let question = in_first_person(question, company);
    let texts = [format!("{question} {answer}"), question, answer.to_owned()];
    EntryText { hash: hash(&texts), texts }
}

/// Returns the vector of an entry, from the vectors of its [`EntryText::texts`].
pub fn combine(vectors: &[Vector; 3]) -> Vector {
    Vector::sum(WEIGHTS.into_iter().zip(vectors))
}

fn hash(texts: &[String]) -> TextHash {
    let mut hasher = Sha256::new();
    for text in texts {
        // A text that ends elsewhere gives another hash.
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut bytes = [0; TextHash::BYTES];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    TextHash::new(bytes)
}

/// Replaces each mention of the company's name by "we", and by "our" if it is a possessive.
pub(crate) fn in_first_person(text: &str, name: &str) -> String {
    let name = name.trim();
    if name.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return text.to_owned();
    }
    let mut replaced = String::with_capacity(text.len());
    let (mut rest, mut is_inside) = (text, false);
    while let Some(c) = rest.chars().next() {
        if !is_inside && let Some((word, after)) = mention(rest, name) {
            replaced.push_str(word);
            rest = after;
        } else {
            replaced.push(c);
            (rest, is_inside) = (rest.get(c.len_utf8()..).unwrap_or_default(), c.is_alphanumeric());
        }
    }
    replaced
}

/// Returns what replaces the name at the start of a text, and the text after it. `None` if the text does not begin
/// with the name as whole words, in any case.
fn mention<'t>(text: &'t str, name: &str) -> Option<(&'static str, &'t str)> {
    let after = strip_name(text, name)?;
    let is_end = |rest: &str| !rest.starts_with(char::is_alphanumeric);
    if let Some(rest) = after.strip_prefix(['\'', '\u{2019}']) {
        if let Some(rest) = rest.strip_prefix(['s', 'S']).filter(|rest| is_end(rest)) {
            return Some(("our", rest));
        }
        if name.ends_with(['s', 'S']) && is_end(rest) {
            return Some(("our", rest));
        }
    }
    is_end(after).then_some(("we", after))
}

fn strip_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut wanted = name.chars().flat_map(char::to_lowercase).peekable();
    let mut rest = text.chars();
    while wanted.peek().is_some() {
        for c in rest.next()?.to_lowercase() {
            if wanted.next() != Some(c) {
                return None;
            }
        }
    }
    Some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tenancy::DocumentId;

    use super::*;
    use crate::Document;

    fn chunk(question: &str, answer: &str) -> Chunk {
        Chunk {
            document: Document { id: DocumentId::new(1), title: "FAQ".to_owned() },
            chunk_id: "1".to_owned(),
            section: "General".to_owned(),
            question: question.to_owned(),
            alternatives: Vec::new(),
            answer: answer.to_owned(),
            page: 0,
            position: 1,
        }
    }

    #[test]
    fn question_and_answer_are_encoded_together_and_alone() {
        let entries = entry_texts(&chunk("Open on Sunday?", "No.<br>Never."), "Tesla");
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].texts, ["Open on Sunday? No. Never.", "Open on Sunday?", "No. Never."]);
    }

    #[test]
    fn each_alternative_is_encoded_as_if_it_were_the_question() {
        let asked = |question: &str| chunk(question, "No.");
        let both = Chunk { alternatives: vec!["Weekends?".to_owned()], ..asked("Open on Sunday?") };
        let alone = ["Open on Sunday?", "Weekends?"].map(|question| entry_texts(&asked(question), "Tesla").remove(0));
        assert_eq!(entry_texts(&both, "Tesla"), alone);
        assert_eq!([0, 1].map(|at| entry_text(&both, "Tesla", at).unwrap()), alone);
        assert_eq!(entry_text(&both, "Tesla", 2), None);
    }

    #[test]
    fn the_companys_name_becomes_the_first_person() {
        let said = |text: &str, name: &str| in_first_person(text, name);
        assert_eq!(said("Does BRIGHT Smile take cards?", "Bright smile"), "Does we take cards?");
        assert_eq!(said("Bright Smile's hours, Bright Smile\u{2019}s rooms", "Bright Smile"), "our hours, our rooms");
        assert_eq!(said("Brooks' shoes, and Brooks.", "Brooks"), "our shoes, and we.");
        assert_eq!(said("Brightness, aBright", "Bright"), "Brightness, aBright");
        assert_eq!(said("\u{c9}t\u{e9}-vous", "\u{e9}T\u{c9}"), "we-vous");
        assert_eq!(said("a b", "b"), "a b");
        assert_eq!(said("any text", " "), "any text");
        assert_eq!(said("Yahoo! is Yahoo!", "Yahoo!"), "we is we");
    }

    #[test]
    fn texts_that_differ_have_different_hashes() {
        let hash = |question, answer, name| entry_texts(&chunk(question, answer), name)[0].hash;
        let first = hash("ab", "c", "Tesla");
        assert_eq!(hash("ab", "c", "SpaceX"), first);
        assert_ne!(hash("a", "bc", "Tesla"), first);
        assert_ne!(hash("ab", "C", "Tesla"), first);
        assert_ne!(hash("Is ab open?", "c", "ab"), hash("Is ab open?", "c", "Tesla"));
    }

    #[test]
    fn the_combined_vector_is_near_its_parts() {
        let unit = |at: usize| {
            let mut values = [0.0; 384];
            values[at] = 1.0;
            Vector::unit(&values)
        };
        let parts = [unit(0), unit(1), unit(2)];
        let combined = combine(&parts);
        for (part, weight) in parts.iter().zip(WEIGHTS) {
            assert!((combined.dot(part) - weight).abs() < 0.01, "{weight}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_name_are_read(text in "\\PC{0,60}", name in "\\PC{0,8}") {
            prop_assert!(in_first_person(&text, &name).len() <= text.len().max(1) * 3);
        }

        #[test]
        fn a_text_without_the_name_stays(text in "[a-m ']{0,40}") {
            prop_assert_eq!(in_first_person(&text, "Zebra"), text);
        }
    }
}
