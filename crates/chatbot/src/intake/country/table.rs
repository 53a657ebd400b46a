//! The countries of the world and their names, from Unicode CLDR.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::LazyLock,
};

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use phonenumber::metadata::DATABASE;

/// Made by `data/countries.mjs`.
const CLDR: &str = include_str!("../../../data/countries.tsv");

/// Everyday names that CLDR does not have, by ISO code.
const EVERYDAY: [(&str, &str); 20] = [
    ("AE", "UAE|Emirates"),
    ("BA", "Bosnia"),
    ("CD", "DR Congo|Democratic Republic of the Congo|Zaire"),
    ("CV", "Cabo Verde"),
    ("DE", "Federal Republic of Germany|BRD"),
    ("GB", "Great Britain|Britain|England|Scotland|Wales|Northern Ireland|Großbritannien|Gran Bretaña|Grande-Bretagne"),
    ("IN", "Bharat|Hindustan"),
    ("KN", "Saint Kitts|St Kitts"),
    ("KR", "Republic of Korea"),
    ("MK", "Macedonia"),
    ("MM", "Burma"),
    ("NL", "Holland|The Netherlands"),
    ("PS", "State of Palestine"),
    ("RU", "Russian Federation"),
    ("SZ", "Swaziland"),
    ("TL", "East Timor"),
    ("TT", "Trinidad|Tobago"),
    ("US", "United States of America|America|The States|Amerika|América"),
    ("VA", "Vatican|Holy See"),
    ("VN", "Viet Nam"),
];

/// The longest name, in words.
const LONGEST: usize = 10;

/// Names with fewer letters have no tolerance for slips.
const SLIP_FROM: usize = 5;

/// A country with a calling code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// ISO 3166 alpha-2.
    pub(super) iso: &'static str,
    /// English name.
    pub(super) name: &'static str,
    /// Calling code without its plus.
    pub(super) code: u16,
    /// The folded words of the English name.
    words: Vec<String>,
}

/// All countries, with the ways to find them.
pub(super) struct Table {
    known: Vec<Known>,
    iso: HashMap<&'static str, usize>,
    /// Folded names. A name of several countries has all of them.
    names: BTreeMap<String, Vec<usize>>,
    /// Length of the longest folded name.
    longest: usize,
}

/// The table, which is read at the first use.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

impl Table {
    fn read() -> Self {
        let mut table = Self { known: Vec::new(), iso: HashMap::new(), names: BTreeMap::new(), longest: 0 };
        for line in CLDR.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (Some(iso), Some(alpha3), Some(names)) = (columns.next(), columns.next(), columns.next()) else {
                continue;
            };
            // A few territories without inhabitants have no numbers.
            let Some(code) = DATABASE.by_id(iso).map(phonenumber::Metadata::country_code) else { continue };
            let at = table.known.len();
            let name = names.split('|').next().unwrap_or(iso);
            table.known.push(Known { iso, name, code, words: words(name) });
            table.iso.insert(iso, at);
            table.iso.insert(alpha3, at);
            names.split('|').for_each(|name| table.add(name, at));
        }
        for (iso, names) in EVERYDAY {
            if let Some(&at) = table.iso.get(iso) {
                names.split('|').for_each(|name| table.add(name, at));
            }
        }
        table
    }

    fn add(&mut self, name: &str, at: usize) {
        // "Myanmar (Burma)" is also "Myanmar".
        let short = name.split_once(" (").map(|(before, _)| before);
        let saint = name.strip_prefix("St. ").map(|rest| format!("Saint {rest}"));
        for name in [Some(name), short, saint.as_deref()].into_iter().flatten() {
            let key = words(name).concat();
            let length = key.chars().count();
            // Other abbreviations of two letters are codes of other countries.
            if length < 2 || length == 2 && key.is_ascii() && key != "uk" {
                continue;
            }
            self.longest = self.longest.max(length);
            let all = self.names.entry(key).or_default();
            if !all.contains(&at) {
                all.push(at);
            }
        }
    }

    /// Returns all countries in the order of their ISO codes.
    #[cfg(test)]
    pub(super) fn all(&self) -> &[Known] {
        &self.known
    }

    /// Returns the country of an ISO code in upper case, alpha-2 or alpha-3.
    pub(super) fn by_iso(&self, code: &str) -> Option<&Known> {
        self.known.get(*self.iso.get(code)?)
    }

    /// Returns the first country of a calling code by the numbering plan's own order.
    pub(super) fn by_code(&self, code: u16) -> Option<&Known> {
        DATABASE.region(&code)?.first().and_then(|iso| self.by_iso(iso))
    }

    /// Returns the countries that have exactly this name, given in folded words.
    pub(super) fn named(&self, words: &[String]) -> Vec<&Known> {
        self.of(self.names.get(&words.concat()))
    }

    /// Returns the countries whose names are in a sentence. Of overlapping names the longest counts.
    pub(super) fn mentioned(&self, words: &[String], may_count: impl Fn(&str) -> bool) -> Vec<&Known> {
        let (mut found, mut start) = (Vec::new(), 0);
        while let Some(first) = words.get(start) {
            if !self.begins(first) {
                start += 1;
                continue;
            }
            let longest = (1..=LONGEST).rev().find_map(|length| {
                let name = words.get(start..start + length)?.concat();
                Some((length, self.names.get(&name).filter(|_| may_count(&name))?))
            });
            let before = start.checked_sub(1).and_then(|before| words.get(before));
            let is_other = before.is_some_and(|before| is_elsewhere(before, first));
            let Some((length, all)) = longest.filter(|_| !is_other) else {
                start += 1;
                continue;
            };
            found.extend(self.of(Some(all)));
            start += length;
        }
        found
    }

    /// Whether a folded name begins with a word.
    fn begins(&self, word: &str) -> bool {
        let next = self.names.range::<str, _>((Bound::Included(word), Bound::Unbounded)).next();
        next.is_some_and(|(name, _)| name.starts_with(word))
    }

    /// Returns the countries whose name differs from a folded one by one slip of typing.
    pub(super) fn misspelled(&self, name: &str) -> Vec<&Known> {
        let length = name.chars().count();
        if length > self.longest + 1 {
            return Vec::new();
        }
        let near = self.names.iter().filter(|(known, _)| {
            let other = known.chars().count();
            length >= SLIP_FROM
                && other >= SLIP_FROM
                && length.abs_diff(other) <= 1
                && strsim::osa_distance(known, name) <= 1
        });
        near.flat_map(|(_, all)| self.of(Some(all))).collect()
    }

    /// Returns the countries that have these words as a part of their English name, in order.
    pub(super) fn partly(&self, part: &[String]) -> Vec<&Known> {
        let has = |known: &&Known| known.words.windows(part.len().max(1)).any(|window| window == part);
        self.known.iter().filter(has).collect()
    }

    fn of(&self, all: Option<&Vec<usize>>) -> Vec<&Known> {
        all.into_iter().flatten().filter_map(|&at| self.known.get(at)).collect()
    }
}

/// Whether the word before a name makes it another place's: New Jersey, Latin America.
fn is_elsewhere(before: &str, name: &str) -> bool {
    before == "new" || name == "america" && matches!(before, "south" | "latin" | "central" | "north")
}

/// Returns the words of a text without case, accents and punctuation.
pub(super) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('&', " and ").replace(['\'', '\u{2019}'], "");
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(&lower).into_owned();
    let mut folded = String::with_capacity(decomposed.len());
    for c in decomposed.chars() {
        match c {
            '\u{300}'..='\u{36f}' => {}
            '\u{df}' => folded.push_str("ss"),
            '\u{e6}' => folded.push_str("ae"),
            '\u{153}' => folded.push_str("oe"),
            '\u{f8}' => folded.push('o'),
            '\u{142}' => folded.push('l'),
            '\u{111}' => folded.push('d'),
            '\u{131}' => folded.push('i'),
            _ if is_word(c) => folded.push(c),
            _ => folded.push(' '),
        }
    }
    folded.split_whitespace().map(str::to_owned).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}
