//! Recognises a text that a client sends twice, as a call and over a socket.
//!
//! Some clients send each message both ways and give it no id. Two arrivals of one text from one party in one session,
//! one on each transport and within [`WINDOW`], are one message. Each arrival is paired at most once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tenancy::{AgentId, SessionId, Timestamp, UserId};
use ulid::Ulid;

/// How far apart the two arrivals of a message can be.
const WINDOW: Duration = Duration::from_secs(3);

/// How a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As the body of a request.
    Call,
    /// As a frame.
    Socket,
}

impl Transport {
    /// Returns whether the same text may arrive on the other transport without naming the same files. Clients that send
    /// a message both ways put its files into the call alone.
    pub(crate) fn can_be_paired(self, has_files: bool) -> bool {
        self == Self::Call || !has_files
    }
}

/// Who sends a message, in which session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// The visitor of the session.
    Visitor(SessionId),
    /// An agent.
    Agent(SessionId, AgentId),
    /// An admin.
    Admin(SessionId, UserId),
}

/// What an arrival is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A message of its own, to be stored with this idempotency key.
    First {
        /// The key by which a later call finds the answer; `None` if only a frame can follow, which needs no answer.
        key: Option<String>,
        /// The number of the arrival.
        number: u64,
    },
    /// A call with the message of an earlier frame.
    SecondCall {
        /// The idempotency key of the frame.
        key: String,
        /// The `context` of the frame.
        context: String,
    },
    /// A frame with the message of an earlier call.
    SecondFrame,
}

/// An arrival that has not been paired.
struct Alone {
    number: u64,
    transport: Transport,
    at: Timestamp,
    key: Option<String>,
    context: String,
}

#[derive(Default)]
struct Kept {
    next: u64,
    alone: HashMap<(Party, String), Vec<Alone>>,
    /// All kept arrivals in order of their time, so that old ones are forgotten.
    order: VecDeque<(Timestamp, (Party, String))>,
}

/// The latest arrivals in this process.
#[derive(Default)]
pub(crate) struct Pairs {
    kept: Mutex<Kept>,
}

impl Pairs {
    /// Notes an arrival without an idempotency key, and tells whether it is the second one of its message.
    pub(crate) fn arrive(
        &self,
        party: Party,
        text: &str,
        context: &str,
        transport: Transport,
        now: Timestamp,
    ) -> Arrival {
        let mut kept = self.lock();
        kept.forget(now.minus(WINDOW));
        let message = (party, text.to_owned());
        if let Some(first) = kept.take(&message, transport) {
            let context = first.context;
            return first.key.map_or(Arrival::SecondFrame, |key| Arrival::SecondCall { key, context });
        }
        kept.next += 1;
        let (number, context) = (kept.next, context.to_owned());
        let key = (transport == Transport::Socket).then(|| format!("frame-{}", Ulid::generate()));
        kept.alone.entry(message.clone()).or_default().push(Alone {
            number,
            transport,
            at: now,
            key: key.clone(),
            context,
        });
        kept.order.push_back((now, message));
        Arrival::First { key, number }
    }

    /// Forgets an arrival whose message was not stored.
    pub(crate) fn withdraw(&self, party: Party, text: &str, number: u64) {
        let mut kept = self.lock();
        let message = (party, text.to_owned());
        kept.drop_where(&message, |alone| alone.number == number);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Takes the oldest arrival of a message on the other transport.
    fn take(&mut self, message: &(Party, String), transport: Transport) -> Option<Alone> {
        let arrivals = self.alone.get_mut(message)?;
        let at = arrivals.iter().position(|alone| alone.transport != transport)?;
        let first = arrivals.remove(at);
        if arrivals.is_empty() {
            self.alone.remove(message);
        }
        Some(first)
    }

    fn forget(&mut self, before: Timestamp) {
        while let Some((_, message)) = self.order.pop_front_if(|(at, _)| *at < before) {
            self.drop_where(&message, |alone| alone.at < before);
        }
    }

    fn drop_where(&mut self, message: &(Party, String), is_dropped: impl Fn(&Alone) -> bool) {
        if let Some(arrivals) = self.alone.get_mut(message) {
            arrivals.retain(|alone| !is_dropped(alone));
            if arrivals.is_empty() {
                self.alone.remove(message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor() -> Party {
        Party::Visitor(SessionId::parse("TES001_1").unwrap())
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn is_first(arrival: &Arrival) -> bool {
        matches!(arrival, Arrival::First { .. })
    }

    #[test]
    fn one_text_on_both_transports_is_one_message_and_is_paired_once() {
        let pairs = Pairs::default();
        let arrive = |transport, millis| pairs.arrive(visitor(), "Hi", "c", transport, at(millis));
        let Arrival::First { key: Some(key), .. } = arrive(Transport::Socket, 0) else { panic!("not the first") };
        let second = arrive(Transport::Call, 3000);
        assert_eq!(second, Arrival::SecondCall { key, context: "c".into() });
        assert!(is_first(&arrive(Transport::Call, 3000)));
        assert_eq!(arrive(Transport::Socket, 3000), Arrival::SecondFrame);
    }

    #[test]
    fn one_transport_another_party_or_a_later_time_is_another_message() {
        let pairs = Pairs::default();
        let staff = |user| Party::Agent(SessionId::parse("TES001_1").unwrap(), AgentId::new(user));
        for transport in [Transport::Call, Transport::Call] {
            assert!(is_first(&pairs.arrive(staff(1), "Hi", "", transport, at(0))));
        }
        for (party, text) in [(staff(2), "Hi"), (visitor(), "Hi"), (staff(1), "Hello")] {
            assert!(is_first(&pairs.arrive(party, text, "", Transport::Socket, at(0))));
        }
        assert!(is_first(&pairs.arrive(staff(1), "Hi", "", Transport::Socket, at(3001))));
    }

    #[test]
    fn a_message_that_was_not_stored_pairs_with_nothing() {
        let pairs = Pairs::default();
        let Arrival::First { number, .. } = pairs.arrive(visitor(), "Hi", "", Transport::Call, at(0)) else {
            panic!("not the first")
        };
        pairs.withdraw(visitor(), "Hi", number);
        assert!(is_first(&pairs.arrive(visitor(), "Hi", "", Transport::Socket, at(0))));
    }

    #[test]
    fn old_arrivals_take_no_room() {
        let pairs = Pairs::default();
        for second in 0..100 {
            pairs.arrive(visitor(), &second.to_string(), "", Transport::Call, at(second * 1000));
        }
        let kept = pairs.lock();
        assert_eq!((kept.order.len(), kept.alone.len()), (4, 4));
    }
}
