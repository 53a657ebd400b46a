//! What the patterns found in a text.

use std::ops::Range;

use super::reading::{Intent, Language};
use super::{
    automaton::Match,
    tables::{Lead, Mark, Meaning, TABLES, When},
    token::{Token, tokens},
    words::{Break, Words},
};
use crate::Step;

/// How many words for the answers to steps are looked at.
const NAMED: usize = 16;

/// A phrase of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) intent: Intent,
    pub(super) language: Language,
    pub(super) tokens: Range<usize>,
    begins: bool,
    ends: bool,
}

/// What the patterns found in a text.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) tokens: Vec<Token>,
    pub(super) has_question_mark: bool,
    /// Phrases that count wherever they stand.
    said: Vec<Phrase>,
    /// Phrases that count if nothing else is said.
    alone: Vec<Phrase>,
    /// Phrases that are no sign of an intent.
    denied: Vec<(Intent, Range<usize>)>,
    leads: Vec<(Lead, Range<usize>)>,
    /// The steps whose answers are named, such as the phone number.
    named: Vec<(Step, Range<usize>)>,
    /// For each token, what it is, as bits.
    marks: Vec<u8>,
    /// For each token, whether a clause begins with it, and whether one ends before it.
    begins: Vec<bool>,
    ends: Vec<bool>,
    /// For each token, whether it belongs to a value.
    taken: Vec<bool>,
}

/// How the phrases that count alone cover a text.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// The phrases from the beginning on, without gaps between them.
    pub(super) phrases: Vec<Phrase>,
    /// The first token behind them.
    pub(super) end: usize,
    /// Whether they cover the text, apart from ignored words and values.
    pub(super) is_complete: bool,
}

impl Heard {
    /// Runs the patterns over a text.
    pub(super) fn of(words: &Words, step: Option<Step>, prefers_nepali: bool) -> Self {
        let mut heard = Self { has_question_mark: words.has_question_mark, ..Self::default() };
        heard.tokens = tokens(words, &TABLES.vocabulary);
        heard.taken = vec![false; heard.tokens.len()];
        heard.marks = vec![0; heard.tokens.len()];
        for found in TABLES.automaton.run(&heard.tokens) {
            heard.note(found, step);
        }
        // Equal phrases of several languages stay in the order of the files, but Hindi and Nepali share
        // many, and a company in Nepal hears Nepali.
        let rank = |phrase: &Phrase| match phrase.language {
            Language::Nepali if prefers_nepali => Language::Hindi.place(),
            Language::Hindi if prefers_nepali => Language::Nepali.place(),
            other => other.place(),
        };
        let order = |one: &Phrase| (one.tokens.start, usize::MAX - one.tokens.end, rank(one));
        heard.said.sort_by_key(order);
        heard.alone.sort_by_key(order);
        heard
    }

    fn note(&mut self, found: Match, step: Option<Step>) {
        let Some(entry) = TABLES.entries.get(found.pattern) else { return };
        let counts = match entry.when {
            When::Always => true,
            When::Asked => step.is_some(),
            When::Unasked => step.is_none(),
        };
        // Many names are one letter away from a word of another language.
        let is_slip = |one: &Token| !one.is_known && one.known.iter().any(Option::is_some);
        let has_slip = || self.tokens.get(found.tokens.clone()).is_none_or(|all| all.iter().any(is_slip));
        let is_anger = matches!(entry.meaning, Meaning::Says(Intent::Frustration | Intent::Abuse));
        let may_be_name = (step == Some(Step::Name) || is_anger && found.tokens.len() == 1)
            && entry.language != Language::English
            && has_slip();
        if !counts || may_be_name {
            return;
        }
        let phrase = |intent| Phrase {
            intent,
            language: entry.language,
            tokens: found.tokens.clone(),
            begins: entry.begins,
            ends: entry.ends,
        };
        match entry.meaning {
            Meaning::Says(intent) => self.said.push(phrase(intent)),
            Meaning::Alone(intent) => self.alone.push(phrase(intent)),
            Meaning::Not(intent)
                if !found.has_comma
                    && (!entry.begins || self.is_first(found.tokens.start))
                    && (!entry.ends || self.is_last(found.tokens.end)) =>
            {
                self.denied.push((intent, found.tokens));
            }
            Meaning::Not(_) => {}
            // `James` is no slip for `names`.
            Meaning::Before(lead)
                if (found.tokens.len() > 1 || !has_slip()) && (!entry.begins || self.is_first(found.tokens.start)) =>
            {
                self.leads.push((lead, found.tokens));
            }
            Meaning::Before(_) => {}
            Meaning::Names(step) => self.named.push((step, found.tokens)),
            Meaning::Is(mark) => {
                self.marks.get_mut(found.tokens).into_iter().flatten().for_each(|marks| *marks |= mark.bit());
            }
        }
    }

    /// Whether a token is the first one of a sentence or of a part of it.
    fn is_first(&self, at: usize) -> bool {
        let is_joint = |before: usize| self.tokens.get(before).is_some_and(|token| token.is_joint);
        self.tokens.get(at).is_some_and(|token| token.before != Break::Nothing)
            || at.checked_sub(1).is_none_or(is_joint)
    }

    /// Whether a sentence or a part of it ends before a token, apart from ignored words.
    fn is_last(&self, end: usize) -> bool {
        let rest = self.tokens.iter().skip(end).find(|token| token.fillers == 0 || token.before != Break::Nothing);
        // A number that no pattern knows can be a phone number.
        rest.is_none_or(|token| token.before != Break::Nothing || token.is_joint || token.is_number && !token.is_known)
    }

    /// Whether a greeting ends before a token.
    pub(super) fn is_greeting_before(&self, at: usize) -> bool {
        self.alone.iter().any(|phrase| phrase.intent == Intent::Greeting && phrase.tokens.end == at)
    }

    /// Whether a token belongs to a value.
    pub(super) fn is_value(&self, at: usize) -> bool {
        self.taken.get(at).copied().unwrap_or(false)
    }

    /// Whether there is a word that no pattern knows and that belongs to no value.
    pub(super) fn has_unknown(&self) -> bool {
        self.tokens.iter().enumerate().any(|(at, token)| !token.is_known && !self.is_value(at))
    }

    /// Whether a token is a known word.
    pub(super) fn is_word(&self, at: usize, word: &str) -> bool {
        let known = self.tokens.get(at).into_iter().flat_map(|token| token.known.iter().flatten());
        known.into_iter().any(|&id| TABLES.vocabulary.name(id) == Some(word))
    }

    /// Adds a phrase that counts if nothing else is said.
    pub(super) fn add_alone(&mut self, intent: Intent, tokens: Range<usize>) {
        let at = self.alone.partition_point(|phrase| phrase.tokens.start <= tokens.start);
        self.alone.insert(at, Phrase { intent, language: Language::English, tokens, begins: false, ends: false });
    }

    /// Adds a phrase that counts wherever it stands.
    pub(super) fn add_said(&mut self, intent: Intent, tokens: Range<usize>) {
        self.said.push(Phrase { intent, language: Language::English, tokens, begins: false, ends: false });
    }

    /// Returns the tokens of some words.
    pub(super) fn tokens_of(&self, words: &Range<usize>) -> Option<Range<usize>> {
        let start = self.tokens.iter().position(|token| token.word == words.start)?;
        let length = self.tokens.iter().skip(start).take_while(|token| token.word < words.end).count();
        Some(start..start + length)
    }

    /// Notes that some tokens belong to a value.
    pub(super) fn take(&mut self, tokens: Range<usize>) {
        for taken in self.taken.get_mut(tokens).into_iter().flatten() {
            *taken = true;
        }
    }

    /// Whether a token has no substance of its own: it is ignored or belongs to a value.
    pub(super) fn is_empty(&self, at: usize) -> bool {
        self.taken.get(at).copied().unwrap_or(true) || self.tokens.get(at).is_none_or(|token| token.fillers != 0)
    }

    /// Whether English patterns ignore a token.
    pub(super) fn is_ignored_in_english(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.fillers & Language::English.bit() != 0)
    }

    /// Returns the phrases before values, in the order of the text.
    pub(super) fn leads(&self) -> &[(Lead, Range<usize>)] {
        &self.leads
    }

    /// Returns the step whose answer is named, if it is one only.
    pub(super) fn named(&self) -> Option<Step> {
        let is_part = |tokens: &Range<usize>| {
            // `e-mail address` names no address.
            self.named
                .iter()
                .any(|(_, other)| other.len() > tokens.len() && other.start <= tokens.start && tokens.end <= other.end)
        };
        let mut steps = self.named.iter().take(NAMED).filter(|(_, tokens)| !is_part(tokens)).map(|(step, _)| *step);
        let first = steps.next()?;
        steps.all(|step| step == first).then_some(first)
    }

    /// Whether a token is of a kind.
    pub(super) fn is(&self, mark: Mark, at: usize) -> bool {
        self.marks.get(at).is_some_and(|marks| marks & mark.bit() != 0)
    }

    /// Whether some tokens are denied to be a sign of an intent.
    pub(super) fn is_denied(&self, intent: Intent, tokens: &Range<usize>) -> bool {
        let overlaps = |other: &Range<usize>| other.start < tokens.end && tokens.start < other.end;
        self.denied.iter().any(|(denied, other)| *denied == intent && overlaps(other))
    }

    /// Returns the longest phrase that says an intent.
    pub(super) fn said(&self, intent: Intent) -> Option<&Phrase> {
        // The first of equally long ones is returned.
        self.all_said(intent).rev().max_by_key(|phrase| phrase.tokens.len())
    }

    /// Returns all phrases that say an intent.
    pub(super) fn all_said(&self, intent: Intent) -> impl DoubleEndedIterator<Item = &Phrase> {
        let is_set = |all: &[bool], at: usize| all.get(at).copied().unwrap_or(false);
        let counts = move |phrase: &&Phrase| {
            phrase.intent == intent
                && (!phrase.begins || is_set(&self.begins, phrase.tokens.start))
                && (!phrase.ends || is_set(&self.ends, phrase.tokens.end))
                && !self.is_denied(intent, &phrase.tokens)
                && !self.is_taken(&phrase.tokens)
        };
        self.said.iter().filter(counts)
    }

    /// Whether a clause begins with a token, apart from ignored words. [`Heard::find_clauses`] must have run.
    pub(super) fn begins_clause(&self, at: usize) -> bool {
        self.begins.get(at).copied().unwrap_or(false)
    }

    /// Returns the first token that is not ignored.
    pub(super) fn first(&self) -> Option<usize> {
        self.tokens.iter().position(|token| token.fillers == 0)
    }

    /// Returns the end of the clause that a token is in.
    pub(super) fn clause_end(&self, at: usize) -> usize {
        let is_inside =
            |at: &usize| self.tokens.get(*at).is_some_and(|token| token.before == Break::Nothing && !token.is_joint);
        at + 1 + (at + 1..self.tokens.len()).take_while(is_inside).count()
    }

    /// Returns how the phrases that count alone cover the text.
    ///
    /// A phrase of ignored words alone, such as a polite word that also means yes, counts only if there
    /// is nothing else.
    pub(super) fn cover(&self) -> Cover {
        let cover = self.cover_by(|phrase| !phrase.tokens.clone().all(|at| self.is_empty(at)));
        if cover.phrases.is_empty() && cover.is_complete { self.cover_by(|_| true) } else { cover }
    }

    fn cover_by(&self, counts: impl Fn(&Phrase) -> bool) -> Cover {
        let length = self.tokens.len();
        let is_denied = |phrase: &Phrase| self.is_denied(phrase.intent, &phrase.tokens);
        let is_taken = |phrase: &Phrase| self.is_taken(&phrase.tokens);
        let counts = |phrase: &&Phrase| counts(phrase) && !is_denied(phrase) && !is_taken(phrase);
        let alone: Vec<Phrase> = self.alone.iter().filter(counts).cloned().collect();
        let mut leads_on = vec![false; length + 1];
        let reaches = |leads_on: &[bool], at: usize| leads_on.get(at).copied().unwrap_or(false);
        if let Some(last) = leads_on.last_mut() {
            *last = true;
        }
        for at in (0..length).rev() {
            let covered = self.is_passed(at) && reaches(&leads_on, at + 1)
                || starting(&alone, at).any(|phrase| reaches(&leads_on, phrase.tokens.end));
            if let Some(leads) = leads_on.get_mut(at) {
                *leads = covered;
            }
        }
        let is_complete = reaches(&leads_on, 0);
        let (mut phrases, mut at) = (Vec::new(), 0);
        while at < length {
            let next = starting(&alone, at).find(|phrase| !is_complete || reaches(&leads_on, phrase.tokens.end));
            match next {
                Some(phrase) => {
                    phrases.push(phrase.clone());
                    at = phrase.tokens.end;
                }
                None if self.is_passed(at) => at += 1,
                None => break,
            }
        }
        Cover { phrases, end: at, is_complete }
    }

    /// Whether a token is empty, or joins two phrases.
    fn is_passed(&self, at: usize) -> bool {
        self.is_empty(at) || at > 0 && self.tokens.get(at).is_some_and(|token| token.is_joint)
    }

    /// Whether one of some tokens belongs to a value.
    fn is_taken(&self, tokens: &Range<usize>) -> bool {
        tokens.clone().any(|at| self.is_value(at))
    }

    /// Finds where clauses begin and end: at punctuation, at joints, and around phrases such as
    /// greetings. Values that were taken are no part of a clause.
    pub(super) fn find_clauses(&mut self) {
        let length = self.tokens.len();
        let (mut begins, mut ends) = (vec![false; length + 1], vec![false; length + 1]);
        let is_set = |all: &[bool], at: usize| all.get(at).copied().unwrap_or(false);
        let set = |all: &mut [bool], at: usize| {
            if let Some(one) = all.get_mut(at) {
                *one = true;
            }
        };
        let is_broken = |at: usize| self.tokens.get(at).is_none_or(|token| token.before != Break::Nothing);
        let is_joint = |at: usize| self.tokens.get(at).is_some_and(|token| token.is_joint);
        set(&mut begins, 0);
        for at in 0..length {
            let follows = at
                .checked_sub(1)
                .is_some_and(|before| is_joint(before) || self.is_empty(before) && is_set(&begins, before));
            if follows || is_broken(at) {
                set(&mut begins, at);
            }
            if is_set(&begins, at) {
                starting(&self.alone, at).for_each(|phrase| set(&mut begins, phrase.tokens.end));
            }
        }
        for at in (0..=length).rev() {
            let precedes = self.is_empty(at) && is_set(&ends, at + 1)
                || starting(&self.alone, at).any(|phrase| is_set(&ends, phrase.tokens.end));
            if is_broken(at) || is_joint(at) || precedes {
                set(&mut ends, at);
            }
        }
        (self.begins, self.ends) = (begins, ends);
    }
}

/// Returns the phrases that start at a token, the longest first.
fn starting(alone: &[Phrase], at: usize) -> impl Iterator<Item = &Phrase> {
    let first = alone.partition_point(|phrase| phrase.tokens.start < at);
    alone.iter().skip(first).take_while(move |phrase| phrase.tokens.start == at)
}
