//! Countries and their calling codes.

mod table;

use std::{collections::HashSet, iter};

use phonenumber::metadata::DATABASE;
use tenancy::text;

use self::table::{Known, TABLE, words};
use super::digits;
use crate::{phrase, settings::buttons::MORE_COUNTRIES};

/// Number of countries in the first reply.
const OFFERED: usize = 8;

/// A country that visitors can choose from a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// Calling code with its plus.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    /// Flag as emoji.
    pub flag: &'static str,
}

const fn country(code: &'static str, name: &'static str, flag: &'static str) -> Country {
    Country { code, name, flag }
}

/// The countries, in the order in which they are offered and searched.
pub const COUNTRIES: [Country; 15] = [
    country("+977", "Nepal", "\u{1F1F3}\u{1F1F5}"),
    country("+91", "India", "\u{1F1EE}\u{1F1F3}"),
    country("+1", "United States/Canada", "\u{1F1FA}\u{1F1F8}\u{1F1E8}\u{1F1E6}"),
    country("+44", "United Kingdom", "\u{1F1EC}\u{1F1E7}"),
    country("+61", "Australia", "\u{1F1E6}\u{1F1FA}"),
    country("+49", "Germany", "\u{1F1E9}\u{1F1EA}"),
    country("+33", "France", "\u{1F1EB}\u{1F1F7}"),
    country("+31", "Netherlands", "\u{1F1F3}\u{1F1F1}"),
    country("+64", "New Zealand", "\u{1F1F3}\u{1F1FF}"),
    country("+65", "Singapore", "\u{1F1F8}\u{1F1EC}"),
    country("+353", "Ireland", "\u{1F1EE}\u{1F1EA}"),
    country("+81", "Japan", "\u{1F1EF}\u{1F1F5}"),
    country("+86", "China", "\u{1F1E8}\u{1F1F3}"),
    country("+880", "Bangladesh", "\u{1F1E7}\u{1F1E9}"),
    country("+94", "Sri Lanka", "\u{1F1F1}\u{1F1F0}"),
];

/// What a text says about a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// One calling code, with its plus.
    Code(String),
    /// Several countries, or one that is only near to the text. These are their English names.
    Unsure(Vec<&'static str>),
    /// No country.
    Nothing,
}

/// ISO codes that are English words. In lower case they are no codes.
const NO_CODES: &str = "am and are as at be by can cod do gin hm in is it jam me my no per pm so to";

/// Words around a country's name or calling code, at either end of a message.
const AROUND: &str = "a am area aus based calling citizen code come country currently dans de dialing dialling do en \
    estoy from here hi i ich id ill im in is it its je komme lebe live living me mein mi mobile my nation no number of \
    ok phone please say soy suis sure thank thanks that the this vivo we well wohne yes you";

/// Countries that people are named after. Alone they are names where a name is asked for.
const GIVEN_NAMES: &str = "america asia bharat chad cuba dominica francia georgia india ireland israel italia jersey \
    jordan kenya malta martinique montserrat samoa trinidad";

/// Abbreviations that nobody is named by.
const ABBREVIATIONS: &str = "us usa uk uae";

/// The beginning of a word of a country's name has at least this many letters.
const BEGINNING: usize = 3;

/// Words out of a country's name that are not offered have at least this many letters.
const WHOLE_WORDS: usize = 4;

/// How many countries an unsure reading names at most.
const NAMED: usize = 4;

/// Reads the country that a message names: by calling code, flag, name or ISO code.
///
/// A code after a plus or `00` has precedence over flags, and these over names. Names are compared
/// without case, accents and punctuation. A message that is nothing but the name may have one slip of
/// typing.
pub fn read(text: &str) -> Reading {
    let seen = text::visible(text);
    if let Some(code) = marked_code_in(&seen).or_else(|| bare_code(&seen)) {
        return Reading::Code(code);
    }
    let flags = flags_in(text);
    if !flags.is_empty() {
        return settle(&flags);
    }
    let words = words(&seen);
    let bare = without_frame(&words);
    let exact = exactly(seen.trim(), bare);
    if !exact.is_empty() {
        return settle(&exact);
    }
    // Short names and those that are also English words count only alone.
    let mentioned = TABLE
        .mentioned(&words, |name| (name.chars().count() > 3 && name != "island") || name == "usa" || name == "uae");
    let mentioned = if mentioned.is_empty() { codes_in_sentence(&seen) } else { mentioned };
    if !mentioned.is_empty() {
        let is_denied = words.iter().any(|word| matches!(word.as_str(), "not" | "dont" | "nicht" | "kein" | "never"));
        return if is_denied { unsure(&mentioned) } else { settle(&mentioned) };
    }
    let near = TABLE.misspelled(&bare.concat());
    if !near.is_empty() {
        return settle(&near);
    }
    nearest(bare)
}

/// Returns the calling code of the country that a text consists of, where something else is asked for.
///
/// One word counts only as it is spelled. It is no country if people are named so.
pub(crate) fn alone(text: &str) -> Option<String> {
    let seen = text::visible(text);
    let flags = flags_in(text);
    let words = words(&seen);
    let bare = without_frame(&words);
    let known = match bare {
        [] => flags,
        [one] if is_one_of(GIVEN_NAMES, one) => return None,
        [one] if is_one_of(ABBREVIATIONS, one) => exactly(one, bare),
        [first, .., last] if first.chars().count() == 1 && last.chars().count() == 1 => {
            // `U. S. A.`
            Some(bare.concat())
                .filter(|joined| is_one_of(ABBREVIATIONS, joined))
                .map(|joined| exactly(&joined, bare))?
        }
        _ => Some(TABLE.named(bare))
            .filter(|named| !named.is_empty() || bare.len() == 1)
            .unwrap_or_else(|| TABLE.misspelled(&bare.concat())),
    };
    match settle(&known) {
        Reading::Code(code) => Some(code),
        Reading::Unsure(_) | Reading::Nothing => None,
    }
}

/// Returns the calling code of a field's whole value: a calling code with or without its plus, or a
/// country as [`read`] understands it. ISO codes count in any case.
pub fn code_of(value: &str) -> Option<String> {
    let value = value.trim();
    TABLE.by_iso(&value.to_uppercase()).map(Known::calling_code).or_else(|| code_in(value))
}

/// Returns the calling code of the one country that a message names, as [`read`] understands it.
pub(crate) fn code_in(text: &str) -> Option<String> {
    match read(text) {
        Reading::Code(code) => Some(code),
        Reading::Unsure(_) | Reading::Nothing => None,
    }
}

/// Returns the name of the country of a calling code, which has no plus.
pub(super) fn name_of(code: u16) -> Option<&'static str> {
    let listed =
        COUNTRIES.iter().find(|country| country.code.strip_prefix('+').is_some_and(|own| own.parse() == Ok(code)));
    listed.map(|country| country.name).or_else(|| TABLE.by_code(code).map(|known| known.name))
}

impl Known {
    fn calling_code(&self) -> String {
        format!("+{}", self.code)
    }
}

/// Returns the one calling code of some countries, or their names.
fn settle(known: &[&Known]) -> Reading {
    match known {
        [] => Reading::Nothing,
        [first, others @ ..] if others.iter().all(|other| other.code == first.code) => {
            Reading::Code(first.calling_code())
        }
        _ => unsure(known),
    }
}

fn unsure(known: &[&Known]) -> Reading {
    let mut names: Vec<_> = known.iter().map(|known| known.name).collect();
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(*name));
    names.truncate(NAMED);
    Reading::Unsure(names)
}

/// Returns the countries that a whole text names, by ISO code or name.
fn exactly<'k>(text: &str, bare: &[String]) -> Vec<&'k Known> {
    let code = text.trim_matches(|c: char| !c.is_alphanumeric()).replace('.', "");
    let lower = code.to_lowercase();
    let is_word = is_one_of(NO_CODES, &lower) && code != code.to_uppercase();
    match TABLE.by_iso(&code.to_uppercase()) {
        Some(known) if !is_word => vec![known],
        _ => TABLE.named(bare),
    }
}

/// Returns the countries of the ISO codes in a sentence. They count in upper case and only if the
/// sentence has lower case too, and is no English word in capitals.
fn codes_in_sentence<'k>(text: &str) -> Vec<&'k Known> {
    if !text.chars().any(char::is_lowercase) {
        return Vec::new();
    }
    let tokens = text.split(|c: char| c.is_whitespace() || ",;:!?()/\"".contains(c));
    let tokens =
        tokens.map(|token| token.replace('.', "")).filter(|token| token.bytes().all(|b| b.is_ascii_uppercase()));
    let known = tokens.filter_map(|token| match token.as_str() {
        "UK" => TABLE.by_iso("GB"),
        "US" => TABLE.by_iso("US"),
        "ID" | "TV" | "PC" => None,
        _ if token.len() != 2 || is_one_of(NO_CODES, &token.to_lowercase()) => None,
        _ => TABLE.by_iso(&token),
    });
    known.collect()
}

/// Returns the countries that have the text as a part of their name: one of the offered countries is
/// chosen by it, also by the beginning of a word of its name. Others are only suggested.
fn nearest(bare: &[String]) -> Reading {
    let length = bare.concat().chars().count();
    if length < BEGINNING {
        return Reading::Nothing;
    }
    let begun: Vec<_> = COUNTRIES.iter().filter(|country| is_begun(country.name, bare)).collect();
    if let [one] = begun.as_slice() {
        return Reading::Code(one.code.to_owned());
    }
    let partly = if length < WHOLE_WORDS { Vec::new() } else { TABLE.partly(bare) };
    match (partly.as_slice(), begun.as_slice()) {
        ([], []) => Reading::Nothing,
        ([], begun) => Reading::Unsure(begun.iter().map(|country| country.name).take(NAMED).collect()),
        (partly, _) => unsure(partly),
    }
}

/// Whether a name has these words in order, of the last one at least the beginning.
fn is_begun(name: &str, part: &[String]) -> bool {
    let Some((last, whole)) = part.split_last() else { return false };
    words(name).windows(part.len()).any(|window| {
        window.split_last().is_some_and(|(word, before)| before == whole && word.starts_with(last.as_str()))
    })
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Returns the words without those that only frame a name.
fn without_frame(words: &[String]) -> &[String] {
    let frames = |word: &String| is_one_of(AROUND, word);
    let start = words.iter().position(|word| !frames(word)).unwrap_or(words.len());
    let end = words.iter().rposition(|word| !frames(word)).map_or(start, |last| last + 1);
    words.get(start..end).unwrap_or_default()
}

/// Returns the countries of the flags in a text, also of the flags of England, Scotland and Wales.
fn flags_in<'k>(text: &str) -> Vec<&'k Known> {
    let letter =
        |c: char, base: char| u32::from(c).checked_sub(u32::from(base)).and_then(|place| char::from_u32(place + 65));
    let (mut codes, mut half, mut chars) = (Vec::new(), None, text.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, half.take()) {
            ('\u{1f1e6}'..='\u{1f1ff}', None) => half = letter(c, '\u{1f1e6}'),
            ('\u{1f1e6}'..='\u{1f1ff}', Some(first)) => {
                codes.push(String::from_iter([Some(first), letter(c, '\u{1f1e6}')].into_iter().flatten()))
            }
            ('\u{1f3f4}', _) => {
                let tags = iter::from_fn(|| chars.next_if(|c| matches!(c, '\u{e0061}'..='\u{e007a}')));
                codes.push(tags.filter_map(|tag| letter(tag, '\u{e0061}')).take(2).collect());
            }
            _ => {}
        }
    }
    codes.iter().filter_map(|code| TABLE.by_iso(code)).collect()
}

/// Returns the first assigned code behind a plus or `00`.
fn marked_code_in(text: &str) -> Option<String> {
    let digits: String =
        text.chars().map(|c| if c == '\u{ff0b}' { '+' } else { digits::ascii(c).unwrap_or(c) }).collect();
    assigned_code_in(&digits).or_else(|| {
        let zeros = digits.match_indices("00").find(|(at, _)| {
            let before = digits.get(..*at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| !c.is_ascii_digit())
        });
        assigned_code_in(&format!("+{}", digits.get(zeros?.0 + 2..)?.trim_start()))
    })
}

/// Returns the assigned code that a text consists of, apart from words such as `country code`.
fn bare_code(text: &str) -> Option<String> {
    let words = words(text);
    let digits: String = match without_frame(&words) {
        [only] => only.chars().map(digits::ascii).collect::<Option<_>>()?,
        _ => return None,
    };
    let is_short = (1..=3).contains(&digits.len());
    let code = digits.parse().ok().filter(|_| is_short && !digits.starts_with('0'))?;
    is_assigned(code).then(|| format!("+{digits}"))
}

/// Whether a text is exactly a calling code: a plus and an assigned number.
pub fn is_code(text: &str) -> bool {
    assigned_code_in(text).is_some_and(|code| code == text)
}

/// Returns buttons for the first countries, and the one for more.
pub(crate) fn first_suggestions(more: &str) -> Vec<String> {
    COUNTRIES.iter().take(OFFERED).map(button).chain([more.to_owned()]).collect()
}

/// Returns buttons for the other countries.
pub(crate) fn more_suggestions() -> Vec<String> {
    COUNTRIES.iter().skip(OFFERED).map(button).collect()
}

/// Whether a text is the button for more countries.
pub(crate) fn wants_more(text: &str) -> bool {
    phrase::equals(&phrase::normalize(text), MORE_COUNTRIES)
}

fn button(country: &Country) -> String {
    format!("{} {} {}", country.code, country.flag, country.name)
}

/// Returns the first plus that is followed by an assigned code, with the code.
///
/// No code is a prefix of another one, and none begins with a zero.
fn assigned_code_in(text: &str) -> Option<String> {
    text.split('+').skip(1).map(str::trim_start).filter(|after| !after.starts_with('0')).find_map(|after| {
        (1..=3).find_map(|len| {
            let digits = after.get(..len).filter(|head| head.bytes().all(|b| b.is_ascii_digit()))?;
            is_assigned(digits.parse().ok()?).then(|| format!("+{digits}"))
        })
    })
}

fn is_assigned(code: u16) -> bool {
    DATABASE.region(&code).is_some()
}

#[cfg(test)]
mod tests;
