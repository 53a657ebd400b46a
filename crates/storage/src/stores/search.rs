//! Searching, with the same results on both databases. SQLite folds only ASCII, so texts are folded here.

use chatbot::{ascii_digit, profile::spellings};
use tenancy::text;

/// Maximum length of a searched part, in Unicode scalar values. No stored text is longer, so a longer part matches
/// nothing anyway. SQLite refuses patterns of more than 50,000 bytes.
const LONGEST: usize = 5_000;

/// Maximum number of words in a search over profiles. No name has as many, so more words match nothing.
const MOST_WORDS: usize = 50;

/// Fewer digits are a number in a name, not a part of a phone number.
const FEWEST_DIGITS: usize = 3;

/// Folds case. A final sigma becomes an ordinary one, because a searched part may end in the middle of a word,
/// where the stored text has an ordinary sigma.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase().replace('\u{3c2}', "\u{3c3}")
}

/// Folds case, accents, compatibility forms and the digits of all scripts, and drops characters that are not shown.
pub(super) fn plain(text: &str) -> String {
    text::folded(text).chars().map(|c| ascii_digit(c).unwrap_or(c)).collect()
}

/// Returns the text that searches over profiles look in.
pub(super) fn profile_key(name: &str, phone: &str, email: Option<&str>) -> String {
    let mut key = plain(&format!("{name}\n{phone}\n{}", email.unwrap_or("")));
    for spelling in spellings(phone) {
        key.push('\n');
        key.push_str(&spelling);
    }
    key
}

/// A part of a search: at least one of these, of which the text contains every part. The parts are folded.
pub(super) type Term = Vec<Vec<String>>;

/// Splits a search over profiles into its words, which may match in any order. `None` matches nothing.
///
/// Words that together may be a phone number are one term: each of them matches, or their digits match without a gap.
pub(super) fn terms(search: &str) -> Option<Vec<Term>> {
    let search = plain(search);
    let words: Vec<&str> = search.split_whitespace().collect();
    if words.is_empty() || words.len() > MOST_WORDS {
        return None;
    }
    let mut terms = Vec::new();
    for run in words.chunk_by(|one, next| may_be_phone(one) && may_be_phone(next)) {
        let literal: Vec<String> = run.iter().map(|word| shortened(word)).collect();
        let mut term = vec![literal];
        if run.iter().all(|word| may_be_phone(word)) {
            let digits: String = run.concat().chars().filter(char::is_ascii_digit).collect();
            // Two usual prefixes of international calls. The stored text has the number without them.
            let international = ["00", "011"].into_iter().filter_map(|prefix| digits.strip_prefix(prefix));
            let spellings = std::iter::once(digits.as_str()).chain(international);
            term.extend(spellings.filter(|digits| digits.len() >= FEWEST_DIGITS).map(|digits| vec![shortened(digits)]));
        }
        terms.push(term);
    }
    Some(terms)
}

/// Tells whether a key of [`profile_key`] has every term of a search.
pub(super) fn has_all(terms: &[Term], key: &str) -> bool {
    terms.iter().all(|term| term.iter().any(|parts| parts.iter().all(|part| key.contains(part.as_str()))))
}

fn may_be_phone(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || "+-()./\u{2010}\u{2013}".contains(c))
}

/// Returns the LIKE pattern for folded texts that contain `part`. Its escape character is the backslash.
pub(super) fn contains(part: &str) -> String {
    pattern(&folded(part))
}

fn shortened(folded: &str) -> String {
    folded.chars().take(LONGEST).collect()
}

/// Returns the LIKE pattern for texts that contain this folded part.
pub(super) fn pattern(folded: &str) -> String {
    let mut pattern = String::from("%");
    for c in folded.chars().take(LONGEST) {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a search finds a profile, as the databases evaluate it.
    fn finds(search: &str, name: &str, phone: &str) -> bool {
        let key = profile_key(name, phone, Some("Zoe.\u{d6}zil@Example.com"));
        terms(search).is_some_and(|terms| has_all(&terms, &key))
    }

    #[test]
    fn a_part_is_folded_as_the_whole_is() {
        for part in ["\u{39f}\u{394}\u{3a5}\u{3a3}", "\u{3c3}\u{3b5}\u{3a5}\u{3c2}", "\u{3a3}"] {
            let whole = folded("\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3}");
            assert!(whole.contains(&folded(part)), "{part} in {whole}");
            assert!(plain(&whole).contains(&plain(part)), "{part}");
        }
    }

    #[test]
    fn names_are_found_without_their_case_accents_and_order() {
        for (name, searches) in [
            (
                "Ren\u{e9} M\u{fc}ller",
                "rene muller|MULLER RENE|Rene\u{301}|m\u{fc}l  ren|\u{ff52}\u{ff45}\u{ff4e}\u{ff45}",
            ),
            ("Rene Muller", "Ren\u{e9}|M\u{dc}LLER"),
            ("Hans Stra\u{df}e", "STRASSE|stra\u{1e9e}e|strasse hans|Stra\u{df}e"),
            ("\u{130}pek I\u{15f}\u{131}k", "ipek|IPEK|\u{130}PEK|isik|\u{131}\u{15f}\u{131}k|ISIK"),
            ("Anna   Maria\u{a0}Rossi", "anna maria rossi|rossi anna|Anna\u{a0}Maria"),
            ("\u{5e9}\u{5b8}\u{5dc}\u{5d5}\u{5b9}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            ("Agent \u{967}\u{968}", "agent 12|12"),
            ("50%_\\ Off", "%|_|\\|50% off"),
            ("Zoe", "ozil@example.COM|zoe.\u{f6}zil"),
        ] {
            for search in searches.split('|') {
                assert!(finds(search, name, "+977-9841234567"), "{search} in {name}");
            }
        }
        for search in ["anna", "rene anna", "\u{301}", "\u{200b}", &"rene ".repeat(51)] {
            assert!(!finds(search, "Ren\u{e9} M\u{fc}ller", "+977-9841234567"), "{search}");
        }
    }

    #[test]
    fn a_phone_is_found_in_every_spelling() {
        for search in [
            "0151 7777777",
            "+49 151 7777777",
            "491517777777",
            "0049 151 7777777",
            "011 49 151 7777777",
            "+49 (0)151 / 777-7777",
            "(0151) 777.77.77",
            "\u{660}\u{661}\u{665}\u{661} \u{667}\u{667}\u{667}\u{667}\u{667}\u{667}\u{667}",
            "anna 0151 7777777 rossi",
            " 49 151",
            "+49-1517777777",
        ] {
            assert!(finds(search, "Anna Rossi", "+49-1517777777"), "{search}");
        }
        for search in ["0152 7777777", "+48 151 7777777", "0151 77777777", "bea 0151 7777777"] {
            assert!(!finds(search, "Anna Rossi", "+49-1517777777"), "{search}");
        }
    }

    #[test]
    fn wildcards_stand_for_themselves() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
    }

    #[test]
    fn the_longest_pattern_is_within_the_limit_of_sqlite() {
        for long in ["%", "\u{1f600}"] {
            assert!(contains(&long.repeat(100_000)).len() < 50_000);
            let terms = terms(&long.repeat(100_000)).unwrap();
            assert!(terms.iter().flatten().flatten().all(|part| pattern(part).len() < 50_000));
        }
    }
}
