use std::sync::Arc;

use identity::Origin;
use proptest::prelude::*;
use tenancy::UserId;

use super::{super::bucket_name::Subject, *};

const QUOTA: Quota = Quota { calls: 3, window: Duration::from_secs(60) };

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
}

fn name(user: i64) -> BucketName {
    BucketName::Staff(UserId::new(user))
}

fn now_or_never<T>(answer: Answer<'_, T>) -> T {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match { answer }.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("memory never waits"),
    }
}

fn take(buckets: &MemoryBuckets, user: i64, now: Timestamp) -> Taken {
    now_or_never(buckets.take(&name(user), QUOTA, now))
}

fn kept(buckets: &MemoryBuckets) -> usize {
    buckets.calls.iter().chain(&buckets.sign_ins).map(|shard| shard.lock().unwrap().buckets.len()).sum()
}

fn level(remaining: u32, reset: u64) -> Level {
    Level { limit: 3, remaining, reset: Duration::from_secs(reset) }
}

#[test]
fn a_full_bucket_refuses_until_its_oldest_call_leaves_the_window() {
    let buckets = MemoryBuckets::new();
    assert_eq!(take(&buckets, 1, at(0)), Taken::Counted(level(2, 60)));
    assert_eq!(take(&buckets, 1, at(10)), Taken::Counted(level(1, 50)));
    assert_eq!(take(&buckets, 1, at(20)), Taken::Counted(level(0, 40)));
    assert_eq!(take(&buckets, 1, at(59)), Taken::Refused(level(0, 1)));
    assert_eq!(take(&buckets, 1, at(60)), Taken::Counted(level(0, 10)));
    assert_eq!(take(&buckets, 1, at(60)), Taken::Refused(level(0, 10)));
    assert_eq!(take(&buckets, 2, at(60)), Taken::Counted(level(2, 60)));
}

#[test]
fn looking_counts_nothing_and_a_call_given_back_makes_room() {
    let buckets = MemoryBuckets::new();
    let look = |now| now_or_never(buckets.look(&name(1), QUOTA, now));
    assert_eq!(look(at(0)), level(3, 0));
    for now in [at(0), at(1), at(2)] {
        take(&buckets, 1, now);
    }
    assert_eq!(look(at(2)), level(0, 58));
    let give_back = |taken, now| now_or_never(buckets.give_back(&name(1), QUOTA, taken, now));
    assert_eq!(give_back(at(1), at(3)), level(1, 57));
    assert_eq!(look(at(60)), level(2, 2));
    assert_eq!(give_back(at(0), at(61)), level(2, 1), "the window has passed it");
    assert_eq!(now_or_never(buckets.give_back(&name(9), QUOTA, at(61), at(61))), level(3, 0));
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out_for_longer_than_the_window() {
    let buckets = MemoryBuckets::new();
    for _ in 0..3 {
        take(&buckets, 1, at(10_000));
    }
    assert_eq!(take(&buckets, 1, at(100)), Taken::Refused(level(0, 60)));
    assert_eq!(take(&buckets, 1, at(160)), Taken::Counted(level(2, 60)));
}

#[test]
fn idle_keys_are_dropped() {
    let buckets = MemoryBuckets::new();
    for user in 0..1_000 {
        take(&buckets, user, at(0));
    }
    assert_eq!(kept(&buckets), 1_000);
    // Every shard is swept when it is next used.
    for user in 1_000..2_000 {
        take(&buckets, user, at(60));
    }
    assert_eq!(kept(&buckets), 1_000);
}

#[test]
fn a_full_shard_drops_what_is_idle_sooner() {
    let mut shard = Shard::default();
    let long = Quota { calls: 10, window: Duration::from_mins(15) };
    let kept = BucketName::Public(Origin::of(None));
    shard.take(&kept, long, at(0));
    for user in 0..40_000 {
        shard.take(&name(user), QUOTA, at(1));
    }
    assert_eq!(shard.buckets.len(), MOST);
    assert!(shard.buckets.contains_key(&kept));
}

#[test]
fn calls_push_out_no_failed_sign_in() {
    let buckets = MemoryBuckets::new();
    let failures = Quota { calls: 10, window: Duration::from_mins(15) };
    let failed = |user| BucketName::SignInElsewhere(Subject::Account(UserId::new(user)));
    for user in 0..200 {
        now_or_never(buckets.take(&failed(user), failures, at(0)));
    }
    let room = i64::try_from(SHARDS * MOST).unwrap();
    for user in 0..room + room / 8 {
        take(&buckets, user, at(1));
    }
    for user in 0..200 {
        assert_eq!(now_or_never(buckets.look(&failed(user), failures, at(1))).remaining, 9);
    }
}

#[test]
fn callers_at_once_never_take_more_than_the_quota() {
    let buckets = Arc::new(MemoryBuckets::new());
    let taken = || (0..100).filter(|_| matches!(take(&buckets, 1, at(0)), Taken::Counted(_))).count();
    let counted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(taken)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(counted, 3);
}

proptest! {
    #[test]
    fn no_window_holds_more_than_the_quota_and_no_call_is_refused_below_it(
        steps in proptest::collection::vec(0_u64..40, 1..80),
    ) {
        let buckets = MemoryBuckets::new();
        let (mut now, mut counted) = (0, Vec::new());
        for step in steps {
            now += step;
            let within = counted.iter().filter(|then| *then + 60 > now).count();
            match take(&buckets, 1, at(now)) {
                Taken::Counted(level) => {
                    prop_assert!(within < 3);
                    prop_assert_eq!(usize::try_from(level.remaining).unwrap(), 2 - within);
                    counted.push(now);
                }
                Taken::Refused(level) => {
                    prop_assert_eq!(within, 3);
                    let oldest = counted[counted.len() - 3];
                    prop_assert_eq!(level.reset, Duration::from_secs(oldest + 60 - now));
                }
            }
        }
    }
}
