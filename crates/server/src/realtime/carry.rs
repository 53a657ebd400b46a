//! Carries pokes between a hub and the other processes.

use std::time::Duration;

use tenancy::StoreError;

use super::{
    Hub,
    relay::{Outgoing, Relay},
};

/// How often the relay is asked for pokes of other processes.
const PERIOD: Duration = Duration::from_millis(20);
/// How long the first and the longest pause before a new connection is.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Carries pokes until `outgoing` is closed. A lost connection is replaced; the pauses between attempts grow.
pub(crate) fn carry<R: Relay>(hub: &Hub, outgoing: &Outgoing, connect: impl Fn() -> Result<R, StoreError>) {
    let mut pause = PAUSES.0;
    while !outgoing.has_ended() {
        let lost = connect().and_then(|mut relay| {
            pause = PAUSES.0;
            // What the others have sent before was missed.
            hub.miss();
            carry_on(hub, outgoing, &mut relay)
        });
        let Err(error) = lost else { return };
        tracing::warn!(error = crate::logging::chain(&error), "other processes are not connected");
        outgoing.pause(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn carry_on(hub: &Hub, outgoing: &Outgoing, relay: &mut impl Relay) -> Result<(), StoreError> {
    while !outgoing.has_ended() {
        let pokes = outgoing.take_within(PERIOD);
        if !pokes.is_empty()
            && let Err(error) = relay.send(&pokes)
        {
            outgoing.add(pokes);
            return Err(error);
        }
        hub.receive(&relay.receive()?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        cell::{Cell, RefCell},
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
    };

    use tenancy::Fault;

    use super::*;
    use crate::realtime::relay::Poke;

    /// A relay that loses its connection with the first pokes, and ends after the second ones.
    struct Unsteady<'a> {
        is_first: &'a Cell<bool>,
        sent: &'a RefCell<Vec<Poke>>,
        outgoing: &'a Outgoing,
    }

    impl Relay for Unsteady<'_> {
        fn send(&mut self, pokes: &[Poke]) -> Result<(), StoreError> {
            if self.is_first.replace(false) {
                return Err(StoreError::new(Fault::Unavailable, "lost"));
            }
            self.sent.borrow_mut().extend(pokes);
            self.outgoing.close();
            Ok(())
        }

        fn receive(&mut self) -> Result<Vec<Poke>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_lost_connection_is_replaced_and_no_poke_is_lost() {
        let (hub, attempts) = (Arc::new(Hub::default()), AtomicU32::new(0));
        let (outgoing, sent, is_first) = (Outgoing::default(), RefCell::default(), Cell::new(true));
        outgoing.add([Poke::Staff(None)]);
        carry(&hub, &outgoing, || match attempts.fetch_add(1, Ordering::Relaxed) {
            1 => Err(StoreError::new(Fault::Unavailable, "not yet")),
            _ => Ok(Unsteady { is_first: &is_first, sent: &sent, outgoing: &outgoing }),
        });
        assert_eq!((attempts.load(Ordering::Relaxed), sent.into_inner()), (3, vec![Poke::Staff(None)]));
    }
}
