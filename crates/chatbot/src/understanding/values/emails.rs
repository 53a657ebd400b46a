//! E-mail addresses inside of a text, also spelled ones.

use std::ops::Range;

use tenancy::Email;

use crate::{
    Step,
    understanding::{tables::TABLES, words},
};

/// What people write or say for the sign in the middle. These have no other use.
const AT: &str = "@ \u{ff20} \u{fe6b} (at) [at] {at} <at> arroba arobase arobas klammeraffe at-zeichen";

/// What people write or say for a dot, also in brackets.
const DOT: &str = "dot punkt punto point";

/// Other signs in front of the middle, and the words for them.
const SIGNS: [(&str, &str); 8] = [
    ("underscore", "_"),
    ("unterstrich", "_"),
    ("dash", "-"),
    ("hyphen", "-"),
    ("minus", "-"),
    ("bindestrich", "-"),
    ("guion", "-"),
    ("tiret", "-"),
];

/// Returns the one e-mail address in a text, and where addresses are.
pub(in crate::understanding) fn find(text: &str, step: Option<Step>) -> (Option<String>, Vec<Range<usize>>) {
    let is_at = |c: char| matches!(c, '@' | '\u{ff20}' | '\u{fe6b}');
    let mut places = Vec::new();
    if text.contains(is_at) {
        let mut start = 0;
        for word in text.split_inclusive(|c: char| c.is_whitespace() || ",;<>()\"".contains(c)) {
            if word.contains(is_at) {
                places.push(start..start + word.trim_end().len());
            }
            start += word.len();
        }
        if let Some(email) = Email::find(text) {
            return (Some(email), places);
        }
    }
    match spelled(text, step) {
        Some((email, place)) => (Some(email), vec![place]),
        None => (None, places),
    }
}

/// A piece of a text: a word, or the sign in the middle of an address.
struct Piece<'t> {
    text: &'t str,
    place: Range<usize>,
    /// Whether the text goes on in the same part of a sentence.
    is_joined: bool,
}

/// Returns the address in `ann dot ray at example dot com`, and its place.
fn spelled(text: &str, step: Option<Step>) -> Option<(String, Range<usize>)> {
    if !text.split(|c: char| !c.is_alphanumeric() && c != '@').any(may_be_middle) {
        return None;
    }
    let pieces = pieces(text);
    let middles = (1..pieces.len()).filter(|&at| pieces.get(at).is_some_and(|piece| is_middle(piece.text)));
    let mut found = middles.filter_map(|at| around(&pieces, at, step));
    // Two addresses are not one.
    found.next().filter(|_| found.next().is_none())
}

/// Whether a word can stand for the sign in the middle, so that it is worth to look closer.
fn may_be_middle(word: &str) -> bool {
    let begins = |with: &str| word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    word.len() == 2 && begins("at")
        || word.contains(['@', '\u{ff20}', '\u{fe6b}'])
        || begins("arro")
        || begins("arob")
        || begins("klam")
}

/// Returns the address around a sign in the middle.
fn around(pieces: &[Piece<'_>], middle: usize, step: Option<Step>) -> Option<(String, Range<usize>)> {
    let piece = |at: usize| pieces.get(at);
    let is_joined = |at: usize| piece(at).is_some_and(|piece| piece.is_joined);
    let mut start = middle.checked_sub(1).filter(|&at| is_joined(at))?;
    let mut local = piece(start)?.text.to_owned();
    while let Some(before) = start.checked_sub(2).filter(|&at| is_joined(at) && is_joined(at + 1))
        && let Some(sign) = piece(start - 1).and_then(|piece| sign(piece.text))
    {
        local = format!("{}{sign}{local}", piece(before)?.text);
        start = before;
    }
    let mut end = middle + 1;
    let mut domain = piece(end).filter(|_| is_joined(middle))?.text.to_owned();
    let mut is_spelled = false;
    while is_joined(end)
        && is_joined(end + 1)
        && piece(end + 1).is_some_and(|piece| sign(piece.text) == Some("."))
        && let Some(next) = piece(end + 2)
    {
        domain = format!("{domain}.{}", next.text);
        (end, is_spelled) = (end + 2, true);
    }
    let is_sure = is_one_of(AT, &piece(middle)?.text.to_lowercase());
    // `look at example.com` is no address; `ann at example dot com` is one.
    let counts = is_sure || step == Some(Step::Email) || is_spelled && !is_known(piece(start)?.text);
    let email = format!("{local}@{domain}");
    let has_name = domain.contains('.') && domain.chars().next_back().is_some_and(char::is_alphabetic);
    let place = piece(start)?.place.start..piece(end)?.place.end;
    (counts && has_name && Email::is_valid(&email)).then_some((email, place))
}

/// Whether the patterns know a word, so that it is hardly the name of a mailbox.
fn is_known(word: &str) -> bool {
    let mut is_known = false;
    for word in words::folded(word) {
        TABLES.vocabulary.find(&word, |_, known| is_known |= known);
    }
    is_known
}

fn is_middle(piece: &str) -> bool {
    let piece = piece.to_lowercase();
    piece == "at" || is_one_of(AT, &piece)
}

/// Returns the sign that a piece stands for in front of the middle.
fn sign(piece: &str) -> Option<&'static str> {
    let piece = piece.to_lowercase();
    let bare = piece.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>']);
    let other = SIGNS.iter().find(|(word, _)| *word == bare).map(|(_, sign)| *sign);
    other.or_else(|| is_one_of(DOT, bare).then_some("."))
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// Splits a text at spaces, at brackets and around the sign in the middle.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut push = |start: usize, end: usize, is_joined: bool| {
        if let Some(piece) = text.get(start..end).filter(|piece| !piece.is_empty()) {
            pieces.push(Piece { text: piece, place: start..end, is_joined });
        } else if let Some(last) = pieces.last_mut() {
            last.is_joined &= is_joined;
        }
    };
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match c {
            '(' | '[' | '{' | '<' => {
                push(start, at, true);
                start = at;
            }
            ')' | ']' | '}' | '>' => {
                push(start, end, true);
                start = end;
            }
            '@' | '\u{ff20}' | '\u{fe6b}' => {
                push(start, at, true);
                push(at, end, true);
                start = end;
            }
            _ if c.is_whitespace() => {
                let word = text.get(start..at).unwrap_or_default();
                let bare = word.trim_end_matches([',', ';', ':', '!', '?', '.']);
                push(start, start + bare.len(), bare.len() == word.len());
                start = end;
            }
            _ => {}
        }
    }
    let word = text.get(start..).unwrap_or_default();
    push(start, start + word.trim_end_matches([',', ';', ':', '!', '?', '.']).len(), false);
    pieces
}
