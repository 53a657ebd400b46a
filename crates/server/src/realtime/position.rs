//! How far a connection has sent the messages of its session, and what it does next.

/// The position of the last message that a connection has sent, or passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position(i64);

/// What a connection does about a message, or about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing: all of it was sent before.
    Nothing,
    /// Sends the message, which is the next one.
    Send,
    /// Reads the messages after its position.
    Read,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// With the messages that were read, if there are any.
    Continued,
    /// With the newest messages, because the client names a message that was never stored.
    AheadOfAll,
    /// With the newest messages, because the client has missed too many.
    TooFarBehind,
}

impl Position {
    /// Returns the position of the message at `seq`.
    pub(crate) fn at(seq: i64) -> Self {
        Self(seq)
    }

    /// Returns the `seq` after which a connection reads.
    pub(crate) fn seq(self) -> i64 {
        self.0
    }

    /// Decides about a message that was just stored. Messages may arrive in another order than they were stored.
    pub(crate) fn stored(self, seq: i64) -> Due {
        match seq.saturating_sub(self.0) {
            ..=0 => Due::Nothing,
            1 => Due::Send,
            _ => Due::Read,
        }
    }

    /// Decides about a change of the session. `head` is the last message, if only messages have changed.
    pub(crate) fn changed(self, head: Option<i64>) -> Due {
        if head.is_some_and(|head| head <= self.0) { Due::Nothing } else { Due::Read }
    }

    /// Notes that the message at `seq` was sent, or that the caller may not see it.
    pub(crate) fn pass(&mut self, seq: i64) {
        self.0 = self.0.max(seq);
    }

    /// Notes that messages that were read after the position were sent. `last` is the last one of them, and `head` the
    /// last one of the session. Returns whether there are more to read.
    pub(crate) fn pass_read(&mut self, last: Option<i64>, head: i64, has_more: bool) -> bool {
        // The last ones may be such that the caller may not see them.
        self.pass(if has_more { last.unwrap_or(self.0) } else { head });
        has_more
    }
}

impl Beginning {
    /// Decides how a connection begins whose client has the messages up to `after`. It has read those after it, and
    /// `has_more` is whether there are more. `head` is the last message of the session.
    pub(crate) fn of(after: Option<i64>, head: i64, has_more: bool) -> Self {
        match after {
            Some(after) if after > head => Self::AheadOfAll,
            Some(_) if has_more => Self::TooFarBehind,
            _ => Self::Continued,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_message_is_sent_and_a_gap_is_read() {
        let mut position = Position::at(4);
        assert_eq!([3, 4, 5, 6].map(|seq| position.stored(seq)), [Due::Nothing, Due::Nothing, Due::Send, Due::Read]);
        position.pass(5);
        position.pass(3);
        assert_eq!((position.seq(), position.stored(6)), (5, Due::Send));
        assert_eq!([Some(5), Some(6), None].map(|head| position.changed(head)), [Due::Nothing, Due::Read, Due::Read]);
    }

    #[test]
    fn a_batch_ends_at_its_last_message_or_at_the_head() {
        let mut position = Position::at(4);
        assert!(position.pass_read(Some(6), 9, true));
        assert_eq!(position.seq(), 6);
        assert!(!position.pass_read(Some(8), 9, false));
        assert_eq!(position.seq(), 9);
    }

    #[test]
    fn a_client_continues_unless_it_is_ahead_or_too_far_behind() {
        assert_eq!(Beginning::of(None, 5, false), Beginning::Continued);
        assert_eq!(Beginning::of(Some(5), 5, false), Beginning::Continued);
        assert_eq!(Beginning::of(Some(6), 5, false), Beginning::AheadOfAll);
        assert_eq!(Beginning::of(Some(1), 5, true), Beginning::TooFarBehind);
    }
}
