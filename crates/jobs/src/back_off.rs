//! How long a failed job waits.

use std::time::Duration;

/// The wait after the first failure.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait between two attempts.
pub const LONGEST_BACK_OFF: Duration = Duration::from_mins(30);

/// Returns how long a job waits after this many attempts have failed in a row. The wait doubles with each attempt,
/// up to [`LONGEST_BACK_OFF`].
pub fn back_off(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1);
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    FIRST.saturating_mul(factor).min(LONGEST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wait_doubles_until_it_reaches_its_bound() {
        let waits = [1, 2, 3, 9, 10].map(|attempts| back_off(attempts).as_secs());
        assert_eq!(waits, [5, 10, 20, 1_280, 1_800]);
        assert_eq!(back_off(0), FIRST);
    }

    proptest! {
        #[test]
        fn the_wait_never_falls_and_is_bounded(attempts in 0_u32..u32::MAX) {
            prop_assert!(back_off(attempts) <= back_off(attempts + 1));
            prop_assert!((FIRST..=LONGEST_BACK_OFF).contains(&back_off(attempts)));
        }
    }
}
