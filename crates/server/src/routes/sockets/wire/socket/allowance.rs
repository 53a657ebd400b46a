//! How many frames a client may send.

use std::time::Duration;

use tokio::time::Instant;

/// The time after which another frame is allowed.
pub(super) const EVERY: Duration = Duration::from_millis(100);
/// Number of frames that a client may send at once.
pub(super) const BURST: u32 = 40;
/// Number of refused frames after which a connection is closed.
const MOST_REFUSED: u32 = 100;
/// How long a refused frame counts.
const MEMORY: Duration = Duration::from_secs(10);
/// How often a client is told that its frames are refused.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How many frames a client may still send.
#[derive(Debug)]
pub(super) struct Allowance {
    /// When the allowance is full again.
    full_at: Instant,
    refused: u32,
    last_refused: Option<Instant>,
    told: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Allowed,
    Refused { is_told: bool },
    Abused,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self { full_at: now, refused: 0, last_refused: None, told: None }
    }

    pub(super) fn take(&mut self, now: Instant) -> Taken {
        let full_at = self.full_at.max(now) + EVERY;
        if full_at.duration_since(now) <= EVERY * BURST {
            self.full_at = full_at;
            return Taken::Allowed;
        }
        if self.last_refused.is_none_or(|last| now.duration_since(last) > MEMORY) {
            self.refused = 0;
        }
        self.refused += 1;
        self.last_refused = Some(now);
        if self.refused > MOST_REFUSED {
            return Taken::Abused;
        }
        let is_told = self.told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY);
        if is_told {
            self.told = Some(now);
        }
        Taken::Refused { is_told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_send_a_burst_and_then_ten_frames_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert!((0..BURST).all(|_| allowance.take(start) == Taken::Allowed));
        assert_eq!(allowance.take(start), Taken::Refused { is_told: true });
        assert_eq!(allowance.take(start), Taken::Refused { is_told: false });
        let later = start + Duration::from_secs(1);
        assert!((0..10).all(|_| allowance.take(later) == Taken::Allowed));
        assert_eq!(allowance.take(later), Taken::Refused { is_told: true });
    }

    #[test]
    fn a_client_that_goes_on_is_closed_and_one_that_pauses_is_not() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let mut flood = |at: Instant| (0..BURST + MOST_REFUSED).all(|_| allowance.take(at) != Taken::Abused);
        assert!(flood(start));
        assert!(flood(start + MEMORY * 2));
        assert!(!flood(start + MEMORY * 2));
    }
}
