//! Permits for work that many want at once, given to companies in turn.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tenancy::{CompanyCode, Fault, StoreError};

/// How many may wait for one company's turn before more are refused.
const MOST: usize = 1_000;

/// For how long another company is taken to be there still.
const PRESENT: Duration = Duration::from_secs(1);

/// A number of permits, of which a company holds at most so many at a time.
///
/// Who waits holds no thread. Companies take turns, so one that asks for much delays another by
/// what it is doing and not by what it still wants.
#[derive(Clone)]
pub(crate) struct Permits {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    each: usize,
    alone: usize,
    /// Who came last, and when somebody else had come before.
    last: Option<(CompanyCode, Option<Instant>)>,
    /// Permits that companies hold.
    held: HashMap<CompanyCode, usize>,
    waiting: HashMap<CompanyCode, VecDeque<oneshot::Sender<Permit>>>,
    /// Companies of which somebody waits, the next one first.
    round: VecDeque<CompanyCode>,
}

/// A permit that was given; dropping it gives it to the next.
pub(crate) struct Permit {
    /// `None` once it was given back.
    permits: Option<Permits>,
    company: CompanyCode,
}

impl Permits {
    /// So many permits, of which each company may hold some: as many as `alone` says while no
    /// other has come for a second.
    pub(crate) fn new(free: usize, each: usize, alone: usize) -> Self {
        let (held, waiting) = (HashMap::new(), HashMap::new());
        let state = State { free, each, alone, last: None, held, waiting, round: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// Too many wait for one of this company's already.
    pub(crate) async fn enter(&self, company: CompanyCode) -> Result<Permit, StoreError> {
        let given = {
            let mut state = self.lock();
            state.came(company, Instant::now());
            let given = state.wait(company)?;
            self.give(&mut state);
            given
        };
        // The sender stays in the state until it has sent.
        given.await.map_err(|_| full())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, state: &mut State) {
        while state.free > 0
            && let Some((company, waiting)) = state.next()
        {
            let permit = Permit { permits: Some(self.clone()), company };
            match waiting.send(permit) {
                Ok(()) => {
                    state.free -= 1;
                    *state.held.entry(company).or_default() += 1;
                }
                // It went away meanwhile, and what comes back was never taken.
                Err(unsent) => unsent.into_inner().permits = None,
            }
        }
    }
}

/// Work under a permit that it puts down while it waits for something slow.
pub(crate) struct Turn<'a> {
    permits: &'a Permits,
    company: CompanyCode,
    held: Option<Permit>,
}

impl<'a> Turn<'a> {
    /// Waits for a permit, and has begun.
    ///
    /// # Errors
    /// As [`Permits::enter`].
    pub(crate) async fn begin(permits: &'a Permits, company: CompanyCode) -> Result<Self, StoreError> {
        Ok(Self { permits, company, held: Some(permits.enter(company).await?) })
    }

    /// Puts the permit down for the time of this work, and waits for another one behind it.
    ///
    /// # Errors
    /// Those of the work, and of [`Permits::enter`].
    pub(crate) async fn beside<T, E: From<StoreError>>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.end();
        let done = work.await?;
        self.held = Some(self.permits.enter(self.company).await?);
        Ok(done)
    }

    /// Gives the permit back for good.
    pub(crate) fn end(&mut self) {
        self.held = None;
    }
}

impl State {
    /// Notes who came. Only the last two that differ matter: whether there is more than one.
    fn came(&mut self, company: CompanyCode, now: Instant) {
        self.last = match self.last {
            None => Some((company, None)),
            Some((last, _)) if last != company => Some((company, Some(now))),
            Some((_, Some(changed))) if now.saturating_duration_since(changed) > PRESENT => Some((company, None)),
            Some(unchanged) => Some(unchanged),
        };
    }

    fn wait(&mut self, company: CompanyCode) -> Result<oneshot::Receiver<Permit>, StoreError> {
        let waiting = self.waiting.entry(company).or_default();
        if waiting.len() >= MOST {
            return Err(full());
        }
        if waiting.is_empty() {
            self.round.push_back(company);
        }
        let (give, given) = oneshot::channel();
        waiting.push_back(give);
        Ok(given)
    }

    fn leave(&mut self, company: CompanyCode) {
        if let Some(held) = self.held.get_mut(&company) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.held.remove(&company);
            }
        }
    }

    /// Takes whose turn it is out of the waiting.
    fn next(&mut self) -> Option<(CompanyCode, oneshot::Sender<Permit>)> {
        let is_alone = self.last.is_none_or(|(_, changed)| changed.is_none());
        let each = if is_alone { self.alone } else { self.each };
        let may_have = |company: &CompanyCode| self.held.get(company).is_none_or(|held| *held < each);
        let at = self.round.iter().position(may_have)?;
        let company = self.round.remove(at)?;
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

fn full() -> StoreError {
    #[derive(Debug, thiserror::Error)]
    #[error("too many requests of this company wait for their turn")]
    struct Full;

    StoreError::new(Fault::Unavailable, Full)
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(permits) = self.permits.take() else { return };
        let mut state = permits.lock();
        state.free += 1;
        state.leave(self.company);
        permits.give(&mut state);
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

    fn poll(future: Pin<&mut impl Future<Output = Result<Permit, StoreError>>>) -> Option<Permit> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output.unwrap()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_company_holds_one_permit_and_the_others_take_turns() {
        let permits = Permits::new(2, 1, 1);
        let (busy, calm, late) = (code("BUSY1"), code("CALM1"), code("LATE1"));
        let mut first = pin!(permits.enter(busy));
        let first = poll(first.as_mut()).unwrap();
        let mut second = pin!(permits.enter(busy));
        let mut third = pin!(permits.enter(busy));
        assert!(poll(second.as_mut()).is_none(), "it holds one already");
        assert!(poll(third.as_mut()).is_none());
        let other = poll(pin!(permits.enter(calm))).expect("a permit is kept for others");
        let mut latest = pin!(permits.enter(late));
        assert!(poll(latest.as_mut()).is_none(), "none is free");
        drop(other);
        let latest = poll(latest.as_mut()).expect("before those who hold one");
        drop(first);
        let second = poll(second.as_mut()).expect("now it has none");
        drop((second, latest));
        assert!(poll(third.as_mut()).is_some());
    }

    #[test]
    fn one_company_leaves_permits_and_not_everybody_may_wait() {
        let permits = Permits::new(3, 2, 2);
        let busy = code("BUSY1");
        let enter = || Box::pin(permits.enter(busy));
        let held = [poll(enter().as_mut()).unwrap(), poll(enter().as_mut()).unwrap()];
        let mut waiting: Vec<_> = (0..=MOST).map(|_| enter()).collect();
        waiting.iter_mut().take(MOST).for_each(|one| assert!(poll(one.as_mut()).is_none()));
        let mut last = waiting.pop().unwrap();
        let Poll::Ready(Err(refused)) = last.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("more wait than may")
        };
        assert_eq!(refused.fault(), Fault::Unavailable);
        assert!(poll(pin!(permits.enter(code("CALM1")))).is_some());
        drop(held);
        assert_eq!(waiting.iter_mut().filter_map(|one| poll(one.as_mut())).count(), MOST, "each in its turn");
    }

    #[test]
    fn a_company_has_more_permits_while_it_is_alone() {
        let permits = Permits::new(9, 1, 3);
        let (busy, calm) = (code("BUSY1"), code("CALM1"));
        let mut entered: Vec<_> = (0..4).map(|_| Box::pin(permits.enter(busy))).collect();
        let mut held: Vec<_> = entered.iter_mut().filter_map(|one| poll(one.as_mut())).collect();
        assert_eq!(held.len(), 3);
        let other = poll(pin!(permits.enter(calm))).unwrap();
        drop(held.pop());
        assert!(poll(entered[3].as_mut()).is_none(), "two companies are there, and it holds two permits");
        drop((held, other));
        assert!(poll(entered[3].as_mut()).is_some());
    }

    #[test]
    fn a_turn_holds_no_permit_while_it_waits_for_something_else() {
        let permits = Permits::new(1, 1, 1);
        let (busy, calm) = (code("BUSY1"), code("CALM1"));
        let (finish, finished) = oneshot::channel::<()>();
        let mut work = pin!(async {
            let mut turn = Turn::begin(&permits, busy).await?;
            turn.beside(async { finished.await.map_err(|_| full()) }).await?;
            permits.enter(busy).await
        });
        assert!(poll(work.as_mut()).is_none());
        let other = poll(pin!(permits.enter(calm))).expect("the permit was put down");
        finish.send(()).unwrap();
        assert!(poll(work.as_mut()).is_none(), "behind whoever came meanwhile");
        drop(other);
        assert!(poll(work.as_mut()).is_none(), "the turn has the permit again");
        assert!(poll(pin!(permits.enter(calm))).is_none());
    }

    #[test]
    fn who_came_a_while_ago_is_gone() {
        let permits = Permits::new(9, 1, 3);
        let mut state = permits.lock();
        let start = Instant::now();
        let mut alone = |company, millis| {
            state.came(code(company), start + Duration::from_millis(millis));
            state.last.unwrap().1.is_none()
        };
        assert!(alone("BUSY1", 0) && alone("BUSY1", 5));
        assert!(!alone("CALM1", 10) && !alone("BUSY1", 20) && !alone("BUSY1", 1_000));
        assert!(alone("BUSY1", 1_021) && alone("BUSY1", 1_022));
    }

    #[test]
    fn whoever_goes_away_takes_no_permit_along() {
        let permits = Permits::new(1, 1, 1);
        let held = poll(pin!(permits.enter(code("A1")))).unwrap();
        {
            let mut gone = pin!(permits.enter(code("B1")));
            assert!(poll(gone.as_mut()).is_none());
        }
        drop(held);
        let mut told = Box::pin(permits.enter(code("C1")));
        assert!(poll(told.as_mut()).is_some(), "the permit of one that went away is free");
        let held = poll(pin!(permits.enter(code("A1")))).unwrap();
        let mut granted = Box::pin(permits.enter(code("B1")));
        assert!(poll(granted.as_mut()).is_none());
        drop(held);
        drop(granted);
        assert!(poll(pin!(permits.enter(code("C1")))).is_some(), "nor does one that was given a permit unseen");
        let state = permits.lock();
        assert!(state.free == 1 && state.waiting.is_empty() && state.round.is_empty() && state.held.is_empty());
    }
}
