//! All patterns as one automaton, which reads a text once.

use std::{collections::HashMap, ops::Range};

use super::reading::Language;
use super::{
    hash::Passed,
    pattern::{Part, Pattern},
    spelling::{Vocabulary, WordId},
    token::Token,
    words::Break,
};

/// How many words a gap takes at most.
const GAP: u8 = 3;

/// How many ignored words may follow each other inside a pattern.
const FILLERS: u8 = 4;

type StateId = u32;

/// A place where a pattern was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    /// The number of the pattern.
    pub(super) pattern: usize,
    /// The tokens.
    pub(super) tokens: Range<usize>,
    /// Whether there is a comma inside.
    pub(super) has_comma: bool,
}

/// The patterns while they are added.
#[derive(Debug, Default)]
pub(super) struct Builder {
    states: Vec<State>,
    /// Targets by state and word.
    edges: HashMap<(StateId, WordId), Vec<StateId>>,
    /// The state behind a part at a state, so that patterns with the same beginning share it.
    behind: HashMap<(StateId, String), StateId>,
    roots: HashMap<&'static str, StateId>,
}

#[derive(Debug, Default, Clone)]
struct State {
    language: u8,
    is_gap: bool,
    /// The words that lead on, by [`bit`]. Most states have few, so most lookups of an edge are spared.
    next: u64,
    /// States that are reached without a word.
    free: Vec<StateId>,
    patterns: Vec<usize>,
}

impl Builder {
    /// Adds a pattern with its number. The classes are those of its file.
    ///
    /// Returns the name of a class that does not exist as an error.
    pub(super) fn add(
        &mut self,
        number: usize,
        pattern: &Pattern,
        language: Language,
        classes: &HashMap<String, Vec<Vec<Part>>>,
        vocabulary: &mut Vocabulary,
    ) -> Result<(), String> {
        let mut state = match self.roots.get(language.as_str()) {
            Some(&root) => root,
            None => {
                let root = self.state(language.bit(), false);
                self.roots.insert(language.as_str(), root);
                root
            }
        };
        let mut path = Path { builder: self, classes, vocabulary, language: language.bit() };
        for part in &pattern.parts {
            state = path.step(state, part)?;
        }
        if let Some(state) = self.get_mut(state)
            && !state.patterns.contains(&number)
        {
            state.patterns.push(number);
        }
        Ok(())
    }

    fn state(&mut self, language: u8, is_gap: bool) -> StateId {
        self.states.push(State { language, is_gap, ..State::default() });
        StateId::try_from(self.states.len() - 1).unwrap_or(StateId::MAX)
    }

    fn get_mut(&mut self, state: StateId) -> Option<&mut State> {
        usize::try_from(state).ok().and_then(|at| self.states.get_mut(at))
    }

    fn connect(&mut self, from: StateId, word: WordId, to: StateId) {
        let targets = self.edges.entry((from, word)).or_default();
        if !targets.contains(&to) {
            targets.push(to);
        }
    }

    /// Finishes the automaton.
    pub(super) fn finish(self) -> Automaton {
        let reach: Vec<Vec<StateId>> = (0..self.states.len()).map(|at| self.reachable(at)).collect();
        let mut outgoing: HashMap<StateId, Vec<(WordId, &[StateId])>> = HashMap::new();
        for ((from, word), targets) in &self.edges {
            outgoing.entry(*from).or_default().push((*word, targets));
        }
        let mut edges: HashMap<(StateId, WordId), Vec<StateId>> = HashMap::new();
        let mut states = Vec::with_capacity(self.states.len());
        for (from, reached) in (0..).zip(&reach) {
            let mut state = State { free: Vec::new(), patterns: Vec::new(), ..self.at(from).clone() };
            for &other in reached {
                // A gap stays a state of its own, since it counts words.
                if other != from && self.at(other).is_gap {
                    state.free.push(other);
                    continue;
                }
                state.patterns.extend(&self.at(other).patterns);
                for (word, targets) in outgoing.get(&other).into_iter().flatten() {
                    let all = edges.entry((from, *word)).or_default();
                    all.extend(targets.iter().filter(|target| !all.contains(target)).copied().collect::<Vec<_>>());
                }
            }
            state.patterns.sort_unstable();
            state.patterns.dedup();
            states.push(state);
        }
        let roots: Vec<StateId> = self.roots.into_values().collect();
        let mut automaton = Automaton { states, ..Automaton::default() };
        for ((from, word), targets) in edges {
            if roots.contains(&from) {
                automaton.starts.entry(word).or_default().extend(targets);
            } else {
                if let Some(state) = usize::try_from(from).ok().and_then(|at| automaton.states.get_mut(at)) {
                    state.next |= bit(word);
                }
                automaton.edges.insert(key(from, word), targets);
            }
        }
        automaton
    }

    /// Returns a state and those that it reaches without a word. What is behind a gap is reached through
    /// the gap.
    fn reachable(&self, from: usize) -> Vec<StateId> {
        let mut reached = vec![StateId::try_from(from).unwrap_or(StateId::MAX)];
        let mut next = 0;
        while let Some(&state) = reached.get(next) {
            next += 1;
            if next > 1 && self.at(state).is_gap {
                continue;
            }
            for &free in &self.at(state).free {
                if !reached.contains(&free) {
                    reached.push(free);
                }
            }
        }
        reached
    }

    fn at(&self, state: StateId) -> &State {
        static NONE: State = State { language: 0, is_gap: false, next: 0, free: Vec::new(), patterns: Vec::new() };
        usize::try_from(state).ok().and_then(|at| self.states.get(at)).unwrap_or(&NONE)
    }
}

/// Adds the parts of one pattern.
struct Path<'b> {
    builder: &'b mut Builder,
    classes: &'b HashMap<String, Vec<Vec<Part>>>,
    vocabulary: &'b mut Vocabulary,
    language: u8,
}

impl Path<'_> {
    /// Returns the state behind a part.
    fn step(&mut self, from: StateId, part: &Part) -> Result<StateId, String> {
        let name = format!("{part:?}");
        if let Some(&known) = self.builder.behind.get(&(from, name.clone())) {
            return Ok(known);
        }
        let to = self.builder.state(self.language, *part == Part::Gap);
        self.builder.behind.insert((from, name), to);
        self.link(from, part, to)?;
        Ok(to)
    }

    fn link(&mut self, from: StateId, part: &Part, to: StateId) -> Result<(), String> {
        match part {
            Part::Word(word) => {
                let ids = self.vocabulary.learn_all(word);
                let Some((last, first)) = ids.split_last() else { return Err(format!("{word} is no word")) };
                let mut state = from;
                for id in first {
                    state = self.word(state, *id);
                }
                self.builder.connect(state, *last, to);
            }
            Part::One(rows) => self.rows(from, rows, to)?,
            Part::Maybe(rows) => {
                self.free(from, to);
                self.rows(from, rows, to)?;
            }
            Part::Class(name) => {
                let classes = self.classes;
                let rows = classes.get(name).ok_or_else(|| format!("there is no class <{name}>"))?;
                self.rows(from, rows, to)?;
            }
            Part::Gap => self.free(from, to),
        }
        Ok(())
    }

    fn rows(&mut self, from: StateId, rows: &[Vec<Part>], to: StateId) -> Result<(), String> {
        for row in rows {
            let Some((last, first)) = row.split_last() else { continue };
            let mut state = from;
            for part in first {
                state = self.step(state, part)?;
            }
            self.link(state, last, to)?;
        }
        Ok(())
    }

    fn word(&mut self, from: StateId, word: WordId) -> StateId {
        let name = word.to_string();
        if let Some(&known) = self.builder.behind.get(&(from, name.clone())) {
            return known;
        }
        let to = self.builder.state(self.language, false);
        self.builder.behind.insert((from, name), to);
        self.builder.connect(from, word, to);
        to
    }

    fn free(&mut self, from: StateId, to: StateId) {
        if let Some(state) = self.builder.get_mut(from) {
            state.free.push(to);
        }
    }
}

/// All patterns, ready to read texts.
#[derive(Debug, Default)]
pub(super) struct Automaton {
    states: Vec<State>,
    starts: HashMap<WordId, Vec<StateId>, Passed>,
    edges: HashMap<u64, Vec<StateId>, Passed>,
}

/// A pattern that has been read in part.
#[derive(Debug, Clone, Copy)]
struct Open {
    state: StateId,
    /// The first token.
    start: u32,
    gap: u8,
    fillers: u8,
    has_comma: bool,
}

/// How a token fits patterns.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    /// The bits of the words that it can be.
    words: u64,
    /// The languages that ignore it.
    fillers: u8,
    /// Whether it can be in a gap.
    fits_gap: bool,
}

impl Fit {
    /// Returns how a token fits patterns that have begun before it. Nothing fits if there is none.
    fn of(token: Option<&Token>) -> Self {
        let Some(token) = token.filter(|token| token.before != Break::Sentence) else { return Self::default() };
        Self {
            words: token.known.iter().flatten().fold(0, |all, &id| all | bit(id)),
            fillers: token.fillers,
            fits_gap: token.before == Break::Nothing && !token.is_joint,
        }
    }

    /// Whether a pattern may go on with the token.
    fn continues(self, one: Open, state: &State) -> bool {
        self.words & state.next != 0
            || self.fillers & state.language != 0 && one.fillers < FILLERS
            || self.fits_gap && one.gap > 0
    }
}

impl Automaton {
    /// Returns every place where a pattern is. The time is linear in the number of tokens.
    pub(super) fn run(&self, tokens: &[Token]) -> Vec<Match> {
        let mut found = Found { matches: Vec::new(), open: Vec::new(), at: 0, next: Fit::default() };
        let (mut open, mut fit): (Vec<Open>, _) = (Vec::new(), Fit::of(tokens.first()));
        for (at, token) in tokens.iter().enumerate() {
            (found.at, found.next) = (at, Fit::of(tokens.get(at + 1)));
            for &one in &open {
                self.advance(one, token, fit, &mut found);
            }
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            for id in token.known.iter().flatten() {
                for &state in self.starts.get(id).into_iter().flatten() {
                    self.enter(Open { state, start, gap: 0, fillers: 0, has_comma: false }, &mut found);
                }
            }
            open.clear();
            std::mem::swap(&mut open, &mut found.open);
            fit = found.next;
        }
        found.matches
    }

    fn advance(&self, one: Open, token: &Token, fit: Fit, found: &mut Found) {
        let has_comma = one.has_comma || token.before != Break::Nothing;
        let Some(state) = self.state(one.state) else { return };
        if state.next & fit.words != 0 {
            for id in token.known.iter().flatten().filter(|id| state.next & bit(**id) != 0) {
                for &state in self.edges.get(&key(one.state, *id)).into_iter().flatten() {
                    self.enter(Open { state, gap: 0, fillers: 0, has_comma, ..one }, found);
                }
            }
        }
        if fit.fillers & state.language != 0 && one.fillers < FILLERS {
            found.keep(Open { fillers: one.fillers + 1, has_comma, ..one }, state);
        } else if one.gap > 0 && fit.fits_gap {
            found.keep(Open { gap: one.gap - 1, fillers: 0, ..one }, state);
        }
    }

    fn enter(&self, one: Open, found: &mut Found) {
        let Some(state) = self.state(one.state) else { return };
        let start = usize::try_from(one.start).unwrap_or(usize::MAX);
        for &pattern in &state.patterns {
            let tokens = start..found.at + 1;
            found.matches.push(Match { pattern, tokens, has_comma: one.has_comma });
        }
        found.keep(one, state);
        for &gap in &state.free {
            if let Some(state) = self.state(gap) {
                found.keep(Open { state: gap, gap: GAP, ..one }, state);
            }
        }
    }

    fn state(&self, state: StateId) -> Option<&State> {
        usize::try_from(state).ok().and_then(|at| self.states.get(at))
    }
}

struct Found {
    matches: Vec<Match>,
    open: Vec<Open>,
    /// The present token.
    at: usize,
    /// How the next token fits patterns.
    next: Fit,
}

impl Found {
    /// Keeps a pattern that has been read in part, if it may go on with the next token.
    fn keep(&mut self, one: Open, state: &State) {
        if self.next.continues(one, state) {
            self.open.push(one);
        }
    }
}

/// Returns one of 64 bits for a word.
fn bit(word: WordId) -> u64 {
    1 << (word % 64)
}

fn key(state: StateId, word: WordId) -> u64 {
    u64::from(state) << 32 | u64::from(word)
}
