//! Places for slow work, given to companies in turn.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tenancy::CompanyCode;

/// A number of places, of which a company holds at most one at a time.
///
/// Who waits holds no thread. Companies take turns, so one that asks for much delays another by
/// what it is doing and not by what it still wants.
#[derive(Clone)]
pub(crate) struct Places {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    busy: HashSet<CompanyCode>,
    waiting: HashMap<CompanyCode, VecDeque<oneshot::Sender<Place>>>,
    /// Companies of which somebody waits, the next one first.
    round: VecDeque<CompanyCode>,
}

/// A place that was given; dropping it gives it to the next.
pub(crate) struct Place {
    /// `None` once it was given back.
    places: Option<Places>,
    company: CompanyCode,
}

impl Places {
    /// So many free places.
    pub(crate) fn new(free: usize) -> Self {
        let state = State { free, busy: HashSet::new(), waiting: HashMap::new(), round: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self, company: CompanyCode) -> Place {
        let (give, given) = oneshot::channel();
        {
            let mut state = self.lock();
            state.wait(company, give);
            self.give(&mut state);
        }
        // The sender stays in the state until it has sent.
        given.await.unwrap_or(Place { places: None, company })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, state: &mut State) {
        while state.free > 0
            && let Some((company, waiting)) = state.next()
        {
            let place = Place { places: Some(self.clone()), company };
            match waiting.send(place) {
                Ok(()) => {
                    state.free -= 1;
                    state.busy.insert(company);
                }
                // It went away meanwhile, and what comes back was never taken.
                Err(unsent) => unsent.into_inner().places = None,
            }
        }
    }
}

impl State {
    fn wait(&mut self, company: CompanyCode, give: oneshot::Sender<Place>) {
        let waiting = self.waiting.entry(company).or_default();
        if waiting.is_empty() {
            self.round.push_back(company);
        }
        waiting.push_back(give);
    }

    /// Takes whose turn it is out of the waiting.
    fn next(&mut self) -> Option<(CompanyCode, oneshot::Sender<Place>)> {
        let place = self.round.iter().position(|company| !self.busy.contains(company))?;
        let company = self.round.remove(place)?;
        let waiting = self.waiting.get_mut(&company)?;
        let next = waiting.pop_front()?;
        if waiting.is_empty() {
            self.waiting.remove(&company);
        } else {
            self.round.push_back(company);
        }
        Some((company, next))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(places) = self.places.take() else { return };
        let mut state = places.lock();
        state.free += 1;
        state.busy.remove(&self.company);
        places.give(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::{Pin, pin},
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn code(text: &str) -> CompanyCode {
        CompanyCode::parse(text).unwrap()
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_company_holds_one_place_and_the_others_take_turns() {
        let places = Places::new(2);
        let (busy, calm, late) = (code("BUSY1"), code("CALM1"), code("LATE1"));
        let mut first = pin!(places.enter(busy));
        let first = poll(first.as_mut()).unwrap();
        let mut second = pin!(places.enter(busy));
        let mut third = pin!(places.enter(busy));
        assert!(poll(second.as_mut()).is_none(), "it holds one already");
        assert!(poll(third.as_mut()).is_none());
        let other = poll(pin!(places.enter(calm))).expect("a place is kept for others");
        let mut latest = pin!(places.enter(late));
        assert!(poll(latest.as_mut()).is_none(), "none is free");
        drop(other);
        let latest = poll(latest.as_mut()).expect("before those who hold one");
        drop(first);
        let second = poll(second.as_mut()).expect("now it has none");
        drop((second, latest));
        assert!(poll(third.as_mut()).is_some());
    }

    #[test]
    fn whoever_goes_away_takes_no_place_along() {
        let places = Places::new(1);
        let held = poll(pin!(places.enter(code("A1")))).unwrap();
        {
            let mut gone = pin!(places.enter(code("B1")));
            assert!(poll(gone.as_mut()).is_none());
        }
        drop(held);
        let mut told = Box::pin(places.enter(code("C1")));
        assert!(poll(told.as_mut()).is_some(), "the place of one that went away is free");
        let held = poll(pin!(places.enter(code("A1")))).unwrap();
        let mut granted = Box::pin(places.enter(code("B1")));
        assert!(poll(granted.as_mut()).is_none());
        drop(held);
        drop(granted);
        assert!(poll(pin!(places.enter(code("C1")))).is_some(), "nor does one that was given a place unseen");
        let state = places.lock();
        assert!(state.free == 1 && state.waiting.is_empty() && state.round.is_empty() && state.busy.is_empty());
    }
}
