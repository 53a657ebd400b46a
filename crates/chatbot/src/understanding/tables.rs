//! The phrases of all languages, read from the files in `data/intents`.

use std::{collections::HashMap, sync::LazyLock};

use super::reading::{Intent, Language};
use super::{
    automaton::{Automaton, Builder},
    hash::Passed,
    pattern::{Part, Pattern},
    spelling::{Vocabulary, WordId},
};
use crate::Step;

/// The files, in the order in which equal phrases are attributed to languages.
const FILES: [(Language, &str); 6] = [
    (Language::English, include_str!("../../data/intents/en.txt")),
    (Language::German, include_str!("../../data/intents/de.txt")),
    (Language::Spanish, include_str!("../../data/intents/es.txt")),
    (Language::French, include_str!("../../data/intents/fr.txt")),
    (Language::Hindi, include_str!("../../data/intents/hi.txt")),
    (Language::Nepali, include_str!("../../data/intents/ne.txt")),
];

/// What is behind a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// A name.
    Name,
    /// A name, or something else.
    MaybeName,
    /// A name, unless the clause asks something.
    NameWithoutVerb,
    /// The answer to the step, or a name where none is asked for.
    Answer,
    /// A country.
    Country,
    /// An address.
    Address,
    /// A phone number.
    Phone,
    /// The name of the writer, at the end of a letter.
    Signature,
}

/// What a word is, apart from intents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Something that companies are asked about.
    Topic,
    /// A part of a postal address.
    Place,
    /// No part of a name in a sentence.
    NoName,
    /// A number behind it is no phone number.
    OtherNumber,
    /// It begins a question.
    Asking,
    /// A given name too, although it says something.
    AlsoName,
    /// It begins a text that tells something of the visitor.
    Telling,
}

impl Mark {
    /// Returns a bit of its own.
    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Topic => 1,
            Self::Place => 2,
            Self::NoName => 4,
            Self::OtherNumber => 8,
            Self::Asking => 16,
            Self::AlsoName => 32,
            Self::Telling => 64,
        }
    }
}

/// What a pattern says about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The text has the intent.
    Says(Intent),
    /// The text has the intent if nothing else of substance is in it.
    Alone(Intent),
    /// What the pattern covers is no sign of the intent.
    Not(Intent),
    /// A value follows.
    Before(Lead),
    /// The words are of a kind.
    Is(Mark),
    /// The words name what a step asks for.
    Names(Step),
}

/// When a pattern counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always.
    Always,
    /// While the answer to a step is waited for.
    Asked,
    /// While none is waited for.
    Unasked,
}

/// A pattern's entry.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) meaning: Meaning,
    pub(super) when: When,
    pub(super) language: Language,
    pub(super) begins: bool,
    pub(super) ends: bool,
}

/// Everything that is read from the files.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) vocabulary: Vocabulary,
    pub(super) automaton: Automaton,
    pub(super) entries: Vec<Entry>,
    /// The kinds of words, which the weights know, with a sign in front.
    pub(super) kinds: HashMap<WordId, String, Passed>,
    /// What signs mean in texts without words.
    signs: Vec<(Intent, char)>,
    /// For each language its name in English, and a sentence in it.
    about: Vec<(Language, &'static str, &'static str)>,
    /// The lines that could not be read.
    faults: Vec<String>,
}

/// The tables, which are read at the first use.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

/// What the lines of a section are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Language,
    Classes,
    ShortForms,
    Ignored,
    Joints,
    Known,
    Kinds,
    Signs,
    Patterns(Meaning, When),
}

impl Section {
    fn parse(header: &str) -> Option<Self> {
        let (header, when) = match header.strip_suffix(" when asked") {
            Some(rest) => (rest, When::Asked),
            None => header.strip_suffix(" when not asked").map_or((header, When::Always), |rest| (rest, When::Unasked)),
        };
        let meaning = match header {
            "language" => return Some(Self::Language),
            "classes" => return Some(Self::Classes),
            "short forms" => return Some(Self::ShortForms),
            "ignored" => return Some(Self::Ignored),
            "joints" => return Some(Self::Joints),
            "known" => return Some(Self::Known),
            "kinds" => return Some(Self::Kinds),
            "signs" => return Some(Self::Signs),
            "before name" => Meaning::Before(Lead::Name),
            "before maybe name" => Meaning::Before(Lead::MaybeName),
            "before name without verb" => Meaning::Before(Lead::NameWithoutVerb),
            "before answer" => Meaning::Before(Lead::Answer),
            "before country" => Meaning::Before(Lead::Country),
            "before address" => Meaning::Before(Lead::Address),
            "before phone" => Meaning::Before(Lead::Phone),
            "before signature" => Meaning::Before(Lead::Signature),
            "topics" => Meaning::Is(Mark::Topic),
            "places" => Meaning::Is(Mark::Place),
            "no names" => Meaning::Is(Mark::NoName),
            "asking" => Meaning::Is(Mark::Asking),
            "also names" => Meaning::Is(Mark::AlsoName),
            "telling" => Meaning::Is(Mark::Telling),
            "other numbers" => Meaning::Is(Mark::OtherNumber),
            _ if header.starts_with("words for ") => Meaning::Names(Step::parse(header.strip_prefix("words for ")?)?),
            _ => match (header.strip_prefix("not "), header.strip_suffix(" alone")) {
                (Some(intent), _) => Meaning::Not(Intent::parse(intent)?),
                (None, Some(intent)) => Meaning::Alone(Intent::parse(intent)?),
                (None, None) => Meaning::Says(Intent::parse(header)?),
            },
        };
        Some(Self::Patterns(meaning, when))
    }
}

/// A line of a file, with its section.
type Line = (Section, usize, &'static str);

/// Returns the words that are a whole phrase of a row, without its optional parts.
fn single_words<'p>(row: &'p [Part], classes: &'p HashMap<String, Vec<Vec<Part>>>) -> Vec<&'p str> {
    let mut needed = row.iter().filter(|part| !matches!(part, Part::Maybe(_)));
    let (Some(only), None) = (needed.next(), needed.next()) else { return Vec::new() };
    let rows = match only {
        Part::Word(word) => return vec![word],
        Part::One(rows) => Some(rows),
        Part::Class(name) => classes.get(name),
        Part::Maybe(_) | Part::Gap => None,
    };
    rows.into_iter().flatten().flat_map(|row| single_words(row, classes)).collect()
}

impl Tables {
    fn read() -> Self {
        let mut tables = Self::default();
        let files: Vec<_> = FILES.iter().map(|(language, text)| (*language, tables.lines(*language, text))).collect();
        // Short forms are replaced in patterns too, so those of all languages come first.
        for (language, lines) in &files {
            for (_, number, line) in lines.iter().filter(|(section, ..)| *section == Section::ShortForms) {
                match line.split_once('=') {
                    Some((short, long)) => {
                        short.split_whitespace().for_each(|short| tables.vocabulary.abbreviate(short, long));
                    }
                    None => tables.fault(*language, *number, "a short form is short = long"),
                }
            }
        }
        let mut builder = Builder::default();
        for (language, lines) in &files {
            tables.read_file(*language, lines, &mut builder);
        }
        tables.automaton = builder.finish();
        tables.vocabulary.finish();
        tables
    }

    fn lines(&mut self, language: Language, text: &'static str) -> Vec<Line> {
        let (mut lines, mut section) = (Vec::new(), None);
        for (line, number) in text.lines().zip(1..) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some(header) = line.strip_prefix("==") {
                section = Section::parse(header.trim());
                if section.is_none() {
                    self.fault(language, number, "there is no such section");
                }
            } else if let (Some(section), false) = (section, line.is_empty()) {
                lines.push((section, number, line));
            }
        }
        lines
    }

    fn read_file(&mut self, language: Language, lines: &[Line], builder: &mut Builder) {
        let mut classes: HashMap<String, Vec<Vec<Part>>> = HashMap::new();
        let (mut name, mut sentence, mut kinds) = (None, None, Vec::new());
        for &(section, number, line) in lines {
            let pair = line.split_once('=').map(|(before, after)| (before.trim(), after.trim()));
            match (section, pair) {
                (Section::Language, Some(("name", value))) => name = Some(value),
                (Section::Language, Some(("sentence", value))) => sentence = Some(value),
                (Section::Classes, Some((class, phrases))) => match Pattern::parse_class(phrases) {
                    Ok(rows) => {
                        classes.entry(class.trim_matches(['<', '>']).to_owned()).or_default().extend(rows);
                    }
                    Err(why) => self.fault(language, number, why.0),
                },
                (Section::Signs, Some((intent, signs))) => match Intent::parse(intent) {
                    Some(intent) => {
                        let signs = signs.chars().filter(|c| !c.is_whitespace());
                        self.signs.extend(signs.map(|sign| (intent, sign)));
                    }
                    None => self.fault(language, number, "there is no such intent"),
                },
                (Section::Kinds, Some((kind, phrases))) => match Pattern::parse_class(phrases) {
                    Ok(rows) => kinds.push((kind, rows)),
                    Err(why) => self.fault(language, number, why.0),
                },
                (Section::Language | Section::Classes | Section::Signs | Section::Kinds, _) => {
                    self.fault(language, number, "this line is name = value")
                }
                (Section::Ignored, _) => {
                    line.split_whitespace().for_each(|word| self.vocabulary.ignore(word, language))
                }
                (Section::Joints, _) => line.split_whitespace().for_each(|word| self.vocabulary.join(word)),
                (Section::Known, _) => {
                    self.vocabulary.respect(line);
                }
                (Section::ShortForms | Section::Patterns(..), _) => {}
            }
        }
        for (kind, rows) in kinds {
            for word in rows.iter().flat_map(|row| single_words(row, &classes)) {
                if let [id] = self.vocabulary.learn_all(word)[..] {
                    self.kinds.entry(id).or_insert_with(|| format!("#{kind}"));
                }
            }
        }
        self.about.extend(name.zip(sentence).map(|(name, sentence)| (language, name, sentence)));
        for &(section, number, line) in lines {
            let Section::Patterns(meaning, when) = section else { continue };
            let added = Pattern::parse(line).map_err(|why| why.0.to_owned()).and_then(|pattern| {
                let at = self.entries.len();
                self.entries.push(Entry { meaning, when, language, begins: pattern.begins, ends: pattern.ends });
                builder.add(at, &pattern, language, &classes, &mut self.vocabulary)?;
                if matches!(meaning, Meaning::Alone(_)) {
                    let ids = single_words(&pattern.parts, &classes).into_iter();
                    let ids: Vec<_> = ids.flat_map(|word| self.vocabulary.learn_all(word)).collect();
                    ids.into_iter().for_each(|id| self.vocabulary.call(id));
                }
                Ok(())
            });
            if let Err(why) = added {
                self.fault(language, number, &why);
            }
        }
    }

    fn fault(&mut self, language: Language, line: usize, why: &str) {
        self.faults.push(format!("{}.txt:{line}: {why}", language.as_str()));
    }

    /// Returns what a text without words means.
    pub(super) fn sign(&self, text: &str) -> Option<Intent> {
        text.chars().find_map(|c| self.signs.iter().find(|(_, sign)| *sign == c)).map(|(intent, _)| *intent)
    }

    /// Returns the English name of a language, and the sentence in it that says that the bot answers in
    /// English.
    pub(super) fn about(&self, language: Language) -> (&'static str, &'static str) {
        let about = self.about.iter().find(|(known, ..)| *known == language);
        about.map_or(("English", "I answer in English."), |&(_, name, sentence)| (name, sentence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        assert_eq!(TABLES.faults, [""; 0]);
        let languages: Vec<_> = TABLES.about.iter().map(|(language, ..)| *language).collect();
        assert_eq!(languages, Language::ALL);
    }

    /// A line in two sections would count as both.
    #[test]
    fn no_phrase_stands_in_two_intents() {
        for (language, text) in FILES {
            let mut seen: HashMap<&str, Section> = HashMap::new();
            for (section, number, line) in Tables::default().lines(language, text) {
                let Section::Patterns(Meaning::Says(_) | Meaning::Alone(_), _) = section else { continue };
                let before = seen.insert(line, section);
                assert_eq!(before, None, "{}.txt:{number}: {line}", language.as_str());
            }
        }
    }
}
