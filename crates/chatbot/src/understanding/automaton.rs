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
    start: usize,
    gap: u8,
    fillers: u8,
    has_comma: bool,
}

impl Automaton {
    /// Returns every place where a pattern is. The time is linear in the number of tokens.
    pub(super) fn run(&self, tokens: &[Token]) -> Vec<Match> {
        let mut found = Found { matches: Vec::new(), open: Vec::new() };
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if token.before == Break::Sentence {
                open.clear();
            }
            for &one in &open {
                self.advance(one, at, token, &mut found);
            }
            for id in token.known.iter().flatten() {
                for &state in self.starts.get(id).into_iter().flatten() {
                    self.enter(Open { state, start: at, gap: 0, fillers: 0, has_comma: false }, at, &mut found);
                }
            }
            open.clear();
            std::mem::swap(&mut open, &mut found.open);
        }
        found.matches
    }

    fn advance(&self, one: Open, at: usize, token: &Token, found: &mut Found) {
        let has_comma = one.has_comma || token.before != Break::Nothing;
        let Some(state) = self.state(one.state) else { return };
        for id in token.known.iter().flatten().filter(|id| state.next & bit(**id) != 0) {
            for &state in self.edges.get(&key(one.state, *id)).into_iter().flatten() {
                self.enter(Open { state, gap: 0, fillers: 0, has_comma, ..one }, at, found);
            }
        }
        if token.fillers & state.language != 0 && one.fillers < FILLERS {
            found.open.push(Open { fillers: one.fillers + 1, has_comma, ..one });
        } else if one.gap > 0 && token.before == Break::Nothing && !token.is_joint {
            found.open.push(Open { gap: one.gap - 1, fillers: 0, ..one });
        }
    }

    fn enter(&self, one: Open, at: usize, found: &mut Found) {
        let Some(state) = self.state(one.state) else { return };
        for &pattern in &state.patterns {
            found.matches.push(Match { pattern, tokens: one.start..at + 1, has_comma: one.has_comma });
        }
        found.open.push(one);
        found.open.extend(state.free.iter().map(|&gap| Open { state: gap, gap: GAP, ..one }));
    }

    fn state(&self, state: StateId) -> Option<&State> {
        usize::try_from(state).ok().and_then(|at| self.states.get(at))
    }
}

struct Found {
    matches: Vec<Match>,
    open: Vec<Open>,
}

/// Returns one of 64 bits for a word.
fn bit(word: WordId) -> u64 {
    1 << (word % 64)
}

fn key(state: StateId, word: WordId) -> u64 {
    u64::from(state) << 32 | u64::from(word)
}
