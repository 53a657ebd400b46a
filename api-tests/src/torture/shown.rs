//! What a client was shown of a session, and what is stored.

use std::collections::HashMap;

use serde_json::Value;

/// A message as clients see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seq: i64,
    id: i64,
    pub(super) sender: String,
    text: String,
    pub(super) key: Option<String>,
}

/// A message that a client has sent, and the `seq` that the server named when it acknowledged it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) key: String,
    pub(super) text: String,
    /// `user` or `agent`.
    pub(super) sender: &'static str,
    pub(super) seq: i64,
}

/// All messages of a session as staff read them at the end.
#[derive(Debug)]
pub(super) struct History(pub(super) Vec<Row>);

impl Row {
    /// Reads a frame.
    pub(super) fn of_frame(frame: &Value) -> Self {
        Self::read(frame, "message_id", "sender_type", "message")
    }

    /// Reads a row of a page.
    pub(super) fn of_page(row: &Value) -> Self {
        Self::read(row, "id", "message_type", "content")
    }

    fn read(value: &Value, id: &str, sender: &str, text: &str) -> Self {
        let string = |key: &str| value[key].as_str().map(str::to_owned);
        Self {
            seq: value["seq"].as_i64().expect("a position"),
            id: value[id].as_i64().expect("an id"),
            sender: string(sender).expect("a sender"),
            text: string(text).unwrap_or_default(),
            key: string("client_message_id"),
        }
    }
}

impl History {
    /// Returns the `seq` of the last message.
    pub(super) fn head(&self) -> i64 {
        self.0.last().map_or(0, |row| row.seq)
    }

    /// Returns how the history itself breaks the promise: its order, or what clients have sent and it lacks or repeats.
    pub(super) fn flaws(&self, sent: &[&Sent]) -> Vec<String> {
        let mut flaws = Vec::new();
        if let Some((seq, row)) = (1..).zip(&self.0).find(|(seq, row)| row.seq != *seq) {
            flaws.push(format!("the history has no message {seq} but {row:?}"));
        }
        let mut stored: HashMap<(&str, &str), Vec<&Row>> = HashMap::new();
        for row in &self.0 {
            if let Some(key) = &row.key {
                stored.entry((&row.sender, key)).or_default().push(row);
            }
        }
        for sent in sent {
            match stored.remove(&(sent.sender, sent.key.as_str())).as_deref() {
                Some([row]) if row.seq == sent.seq && row.text == sent.text => {}
                other => flaws.push(format!("{sent:?} was acknowledged, and is stored as {other:?}")),
            }
        }
        flaws.extend(stored.into_values().map(|rows| format!("nobody has sent {rows:?}")));
        flaws
    }

    /// Returns the first difference between this history and what a client was shown.
    pub(super) fn difference(&self, shown: &[Row]) -> Option<String> {
        let longest = self.0.len().max(shown.len());
        let at = (0..longest).find(|at| self.0.get(*at) != shown.get(*at))?;
        Some(format!("the client was shown {:?}, and stored is {:?}", shown.get(at), self.0.get(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64, key: &str) -> Row {
        Row { seq, id: seq, sender: "user".to_owned(), text: "Hello".to_owned(), key: Some(key.to_owned()) }
    }

    fn sent(key: &str, seq: i64) -> Sent {
        Sent { key: key.to_owned(), text: "Hello".to_owned(), sender: "user", seq }
    }

    #[test]
    fn a_history_has_every_message_once_and_nothing_else() {
        let history = History(vec![row(1, "a"), row(2, "b")]);
        let (a, b, elsewhere) = (sent("a", 1), sent("b", 2), sent("b", 1));
        assert_eq!(history.flaws(&[&a, &b]), [""; 0]);
        assert_eq!(history.flaws(&[&a]).len(), 1);
        assert_eq!(history.flaws(&[&a, &elsewhere]).len(), 1);
        assert_eq!(History(vec![row(1, "a"), row(3, "b")]).flaws(&[&a, &sent("b", 3)]).len(), 1);
        assert_eq!(History(vec![row(1, "a"), row(2, "a")]).flaws(&[&a]).len(), 1);
        assert_eq!(History(vec![row(1, "a")]).flaws(&[&a, &b]).len(), 1);
    }

    #[test]
    fn the_first_difference_is_found() {
        let history = History(vec![row(1, "a"), row(2, "b")]);
        assert_eq!(history.difference(&[row(1, "a"), row(2, "b")]), None);
        for shown in [vec![row(1, "a")], vec![row(2, "b"), row(1, "a")], vec![row(1, "a"), row(1, "a"), row(2, "b")]] {
            assert!(history.difference(&shown).is_some(), "{shown:?}");
        }
    }
}
