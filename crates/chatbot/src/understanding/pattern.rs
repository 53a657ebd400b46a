//! The notation of patterns.
//!
//! A pattern is words in a row. `(a|b c)` is one of several, `[a|b]` one of several or none, `<name>` a
//! class of phrases that the file defines, `..` up to three words. `^` at the beginning and `$` at the
//! end tie the pattern to the beginning and the end of a clause.

use std::fmt;

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A word as it is written.
    Word(String),
    /// One of several rows of parts.
    One(Vec<Vec<Part>>),
    /// One of several rows of parts, or nothing.
    Maybe(Vec<Vec<Part>>),
    /// A class by its name.
    Class(String),
    /// Up to three words.
    Gap,
}

/// A pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Its parts.
    pub(super) parts: Vec<Part>,
    /// Whether it begins a clause.
    pub(super) begins: bool,
    /// Whether it ends a clause.
    pub(super) ends: bool,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Pattern {
    /// Reads one pattern.
    ///
    /// # Errors
    /// Fails if a parenthesis is not closed, a row is empty, or a gap has no words around it.
    pub(super) fn parse(line: &str) -> Result<Self, Malformed> {
        let line = line.trim();
        let (begins, line) = line.strip_prefix('^').map_or((false, line), |rest| (true, rest));
        let (ends, line) = line.strip_suffix('$').map_or((false, line), |rest| (true, rest));
        let mut reader = Reader { rest: line };
        let mut rows = reader.rows(None)?;
        let Some(parts) = rows.pop().filter(|parts| rows.is_empty() && !parts.is_empty()) else {
            return Err(Malformed("a pattern is one row of words"));
        };
        if parts.first() == Some(&Part::Gap) || parts.last() == Some(&Part::Gap) {
            return Err(Malformed("a gap has words around it"));
        }
        Ok(Self { parts, begins, ends })
    }

    /// Reads the phrases of a class, separated by `|`.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub(super) fn parse_class(line: &str) -> Result<Vec<Vec<Part>>, Malformed> {
        Reader { rest: line }.rows(None)
    }
}

struct Reader<'l> {
    rest: &'l str,
}

impl Reader<'_> {
    /// Reads rows up to a closing sign, or to the end.
    fn rows(&mut self, close: Option<char>) -> Result<Vec<Vec<Part>>, Malformed> {
        let (mut rows, mut row) = (Vec::new(), Vec::new());
        loop {
            self.rest = self.rest.trim_start();
            let Some(c) = self.rest.chars().next() else {
                if close.is_some() {
                    return Err(Malformed("a parenthesis is not closed"));
                }
                break;
            };
            match c {
                _ if Some(c) == close => {
                    self.skip(c);
                    break;
                }
                '|' => {
                    self.skip(c);
                    rows.push(std::mem::take(&mut row));
                }
                '(' => {
                    self.skip(c);
                    row.push(Part::One(self.rows(Some(')'))?));
                }
                '[' => {
                    self.skip(c);
                    row.push(Part::Maybe(self.rows(Some(']'))?));
                }
                ')' | ']' => return Err(Malformed("a parenthesis is not opened")),
                '<' => {
                    let (name, rest) = self
                        .rest
                        .get(1..)
                        .and_then(|rest| rest.split_once('>'))
                        .ok_or(Malformed("a class is <name>"))?;
                    row.push(Part::Class(name.trim().to_owned()));
                    self.rest = rest;
                }
                _ => {
                    let end =
                        self.rest.find(|c: char| c.is_whitespace() || "|()[]<".contains(c)).unwrap_or(self.rest.len());
                    let (word, rest) = self.rest.split_at(end);
                    row.push(if word == ".." { Part::Gap } else { Part::Word(word.to_owned()) });
                    self.rest = rest;
                }
            }
        }
        rows.push(row);
        if rows.iter().any(Vec::is_empty) { Err(Malformed("a row is empty")) } else { Ok(rows) }
    }

    fn skip(&mut self, c: char) {
        self.rest = self.rest.strip_prefix(c).unwrap_or(self.rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str) -> Part {
        Part::Word(word.to_owned())
    }

    #[test]
    fn a_line_is_read_into_its_parts() {
        let pattern = Pattern::parse("^ i (want|need) [to see] .. <person> $").unwrap();
        assert_eq!((pattern.begins, pattern.ends), (true, true));
        let parts = [
            word("i"),
            Part::One(vec![vec![word("want")], vec![word("need")]]),
            Part::Maybe(vec![vec![word("to"), word("see")]]),
            Part::Gap,
            Part::Class("person".to_owned()),
        ];
        assert_eq!(pattern.parts, parts);
        assert_eq!(Pattern::parse_class("a b | c").unwrap(), [vec![word("a"), word("b")], vec![word("c")]]);
    }

    #[test]
    fn malformed_lines_are_refused() {
        for line in ["", "^$", "a | b", "(a", "a)", "[a", "(a|)", "<a", ".. a", "a .."] {
            assert!(Pattern::parse(line).is_err(), "{line}");
        }
    }
}
