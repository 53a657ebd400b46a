use std::{
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use super::*;

fn code(text: &str) -> CompanyCode {
    CompanyCode::parse(text).unwrap()
}

/// How many waiters one key may have.
const WAITING: usize = 9;

fn semaphore(all: usize, each: usize, alone: usize) -> FairSemaphore {
    FairSemaphore::new(Share { all, each, alone, waiting: WAITING })
}

fn poll(future: Pin<&mut impl Future<Output = Result<Permit, StoreError>>>) -> Option<Permit> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output.unwrap()),
        Poll::Pending => None,
    }
}

#[test]
fn a_company_holds_one_permit_and_the_others_take_turns() {
    let permits = semaphore(2, 1, 1);
    let (busy, calm, late) = (code("BUSY1"), code("CALM1"), code("LATE1"));
    let mut first = pin!(permits.acquire(busy));
    let first = poll(first.as_mut()).unwrap();
    let mut second = pin!(permits.acquire(busy));
    let mut third = pin!(permits.acquire(busy));
    assert!(poll(second.as_mut()).is_none(), "it holds one already");
    assert!(poll(third.as_mut()).is_none());
    let other = poll(pin!(permits.acquire(calm))).expect("a permit is kept for others");
    let mut latest = pin!(permits.acquire(late));
    assert!(poll(latest.as_mut()).is_none(), "none is free");
    drop(other);
    let latest = poll(latest.as_mut()).expect("before a company that holds one");
    drop(first);
    let second = poll(second.as_mut()).expect("now it has none");
    drop((second, latest));
    assert!(poll(third.as_mut()).is_some());
}

#[test]
fn one_company_leaves_permits_and_not_everybody_may_wait() {
    let permits = semaphore(3, 2, 2);
    let busy = code("BUSY1");
    let enter = || Box::pin(permits.acquire(busy));
    let held = [poll(enter().as_mut()).unwrap(), poll(enter().as_mut()).unwrap()];
    let mut waiting: Vec<_> = (0..=WAITING).map(|_| enter()).collect();
    waiting.iter_mut().take(WAITING).for_each(|one| assert!(poll(one.as_mut()).is_none()));
    let mut last = waiting.pop().unwrap();
    let Poll::Ready(Err(refused)) = last.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("more wait than allowed")
    };
    assert_eq!(refused.fault(), Fault::Unavailable);
    assert!(poll(pin!(permits.acquire(code("CALM1")))).is_some());
    drop(held);
    assert_eq!(waiting.iter_mut().filter_map(|one| poll(one.as_mut())).count(), WAITING, "one after the other");
}

#[test]
fn a_company_has_more_permits_while_it_is_alone() {
    let permits = semaphore(9, 1, 3);
    let (busy, calm) = (code("BUSY1"), code("CALM1"));
    let mut entered: Vec<_> = (0..4).map(|_| Box::pin(permits.acquire(busy))).collect();
    let mut held: Vec<_> = entered.iter_mut().filter_map(|one| poll(one.as_mut())).collect();
    assert_eq!(held.len(), 3);
    let other = poll(pin!(permits.acquire(calm))).unwrap();
    drop(held.pop());
    assert!(poll(entered[3].as_mut()).is_none(), "two companies are there, and it holds two permits");
    drop((held, other));
    assert!(poll(entered[3].as_mut()).is_some());
}

#[test]
fn a_company_is_not_alone_while_another_waits() {
    let permits = semaphore(2, 1, 2);
    let (busy, calm) = (code("BUSY1"), code("CALM1"));
    let enter = |company| Box::pin(permits.acquire(company));
    let [first, second] = [0, 1].map(|_| poll(enter(busy).as_mut()).unwrap());
    let mut waiting = [enter(calm), enter(calm), enter(busy)];
    waiting.iter_mut().for_each(|one| assert!(poll(one.as_mut()).is_none()));
    // Calm's requests wait for longer than a request counts as recent.
    for later in [2, 4] {
        permits.lock().note_request(busy, Instant::now() + later * RECENT);
    }
    let [one, another, more] = &mut waiting;
    drop(first);
    drop(poll(one.as_mut()).expect("calm is next"));
    assert!(poll(more.as_mut()).is_none(), "busy holds one, and calm waits");
    let another = poll(another.as_mut()).expect("calm is next again");
    drop((second, another));
    assert!(poll(more.as_mut()).is_some());
}

#[test]
fn who_went_away_takes_no_place_in_a_line() {
    let permits = semaphore(1, 1, 1);
    let busy = code("BUSY1");
    let held = poll(pin!(permits.acquire(busy))).unwrap();
    let enter = || Box::pin(permits.acquire(busy));
    let mut gone: Vec<_> = (0..WAITING).map(|_| enter()).collect();
    gone.iter_mut().for_each(|one| assert!(poll(one.as_mut()).is_none()));
    drop(gone);
    let mut next = enter();
    assert!(poll(next.as_mut()).is_none());
    drop(held);
    drop(poll(next.as_mut()).expect("nothing is ahead of it"));
    let state = permits.lock();
    assert!(state.free == 1 && state.waiters.is_idle());
}

#[test]
fn a_turn_holds_no_permit_while_it_waits_for_something_else() {
    let permits = semaphore(1, 1, 1);
    let (busy, calm) = (code("BUSY1"), code("CALM1"));
    let (finish, finished) = oneshot::channel::<()>();
    let mut work = pin!(async {
        let mut permit = PausablePermit::acquire(&permits, busy).await?;
        permit.release_during(async { finished.await.map_err(|_| full()) }).await?;
        permits.acquire(busy).await
    });
    assert!(poll(work.as_mut()).is_none());
    let other = poll(pin!(permits.acquire(calm))).expect("the permit was released");
    finish.send(()).unwrap();
    assert!(poll(work.as_mut()).is_none(), "behind the company that came meanwhile");
    drop(other);
    assert!(poll(work.as_mut()).is_none(), "the work holds the permit again");
    assert!(poll(pin!(permits.acquire(calm))).is_none());
}

#[test]
fn who_came_a_while_ago_is_gone() {
    let permits = semaphore(9, 1, 3);
    let mut state = permits.lock();
    let start = Instant::now();
    let mut alone = |company, millis| {
        state.note_request(code(company), start + Duration::from_millis(millis));
        state.last.unwrap().1.is_none()
    };
    assert!(alone("BUSY1", 0) && alone("BUSY1", 5));
    assert!(!alone("CALM1", 10) && !alone("BUSY1", 20) && !alone("BUSY1", 1_000));
    assert!(alone("BUSY1", 1_021) && alone("BUSY1", 1_022));
}

#[test]
fn whoever_goes_away_takes_no_permit_along() {
    let permits = semaphore(1, 1, 1);
    let held = poll(pin!(permits.acquire(code("A1")))).unwrap();
    {
        let mut gone = pin!(permits.acquire(code("B1")));
        assert!(poll(gone.as_mut()).is_none());
    }
    drop(held);
    let mut next = Box::pin(permits.acquire(code("C1")));
    assert!(poll(next.as_mut()).is_some(), "the permit of a cancelled waiter is free");
    let held = poll(pin!(permits.acquire(code("A1")))).unwrap();
    let mut granted = Box::pin(permits.acquire(code("B1")));
    assert!(poll(granted.as_mut()).is_none());
    drop(held);
    drop(granted);
    assert!(
        poll(pin!(permits.acquire(code("C1")))).is_some(),
        "nor does a waiter that was cancelled after its permit was sent"
    );
    let state = permits.lock();
    assert!(state.free == 1 && state.waiters.is_idle());
}
