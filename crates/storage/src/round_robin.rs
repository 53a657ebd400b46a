//! Round-robin over waiting work, by key.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hash,
};

/// Work that waits in one queue per key, and how many items of each key are active.
///
/// Items leave in round-robin order of their keys, and in order of arrival within a key. So an item waits for
/// at most one item of every other key per place in its own queue, however many items the other keys have
/// queued. This is the fair queueing of network gateways (Nagle, RFC 970).
///
/// It takes no lock and never blocks. The queue in front of the database threads and the server's fair
/// semaphore each keep one behind a mutex.
#[derive(Debug)]
pub struct RoundRobin<K, T> {
    /// Every key with waiting or active items.
    keys: HashMap<K, PerKey<T>>,
    /// The keys with waiting items, each once, in the order in which they are served.
    order: VecDeque<K>,
    waiting: usize,
}

#[derive(Debug)]
struct PerKey<T> {
    queue: VecDeque<T>,
    active: usize,
}

impl<K: Copy + Eq + Hash, T> RoundRobin<K, T> {
    /// Returns an empty one.
    pub fn new() -> Self {
        Self { keys: HashMap::new(), order: VecDeque::new(), waiting: 0 }
    }

    /// Queues an item behind the others of its key.
    ///
    /// # Errors
    /// Returns the item if `limit` items of its key are waiting already. Before it refuses, it drops the
    /// waiting items of that key for which `is_live` is false.
    pub fn push(&mut self, key: K, item: T, limit: usize, is_live: impl FnMut(&T) -> bool) -> Result<(), T> {
        let per_key = match self.keys.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if limit == 0 => return Err(item),
            Entry::Vacant(entry) => entry.insert(PerKey { queue: VecDeque::new(), active: 0 }),
        };
        let before = per_key.queue.len();
        if before >= limit {
            // With a limit of 0 there is no place to gain.
            if limit > 0 {
                per_key.queue.retain(is_live);
                self.waiting -= before - per_key.queue.len();
            }
            if per_key.queue.len() >= limit {
                return Err(item);
            }
        }
        // A key that had waiting items keeps its place in the order, even if all of them were dropped.
        if before == 0 {
            self.order.push_back(key);
        }
        per_key.queue.push_back(item);
        self.waiting += 1;
        Ok(())
    }

    /// Takes the oldest item of the next key that has fewer than `limit` active items. The item counts as
    /// active until [`RoundRobin::finish`].
    pub fn take(&mut self, limit: usize) -> Option<(K, T)> {
        let may_start = |key: &K| self.keys.get(key).is_some_and(|per_key| per_key.active < limit);
        let position = self.order.iter().position(may_start)?;
        let key = self.order.remove(position)?;
        let per_key = self.keys.get_mut(&key)?;
        let item = per_key.queue.pop_front()?;
        per_key.active += 1;
        if !per_key.queue.is_empty() {
            self.order.push_back(key);
        }
        self.waiting -= 1;
        Some((key, item))
    }

    /// Removes the waiting items for which `is_over` is true, and returns them.
    pub fn remove(&mut self, mut is_over: impl FnMut(&T) -> bool) -> Vec<T> {
        let (keys, mut removed) = (&mut self.keys, Vec::new());
        self.order.retain(|key| {
            let Some(per_key) = keys.get_mut(key) else { return false };
            if per_key.queue.iter().any(&mut is_over) {
                let (over, left) = per_key.queue.drain(..).partition::<VecDeque<_>, _>(&mut is_over);
                removed.extend(over);
                per_key.queue = left;
            }
            let has_waiting = !per_key.queue.is_empty();
            if !has_waiting && per_key.active == 0 {
                keys.remove(key);
            }
            has_waiting
        });
        self.waiting -= removed.len();
        removed
    }

    /// Notes that an active item of this key is done.
    pub fn finish(&mut self, key: K) {
        if let Entry::Occupied(mut entry) = self.keys.entry(key) {
            let per_key = entry.get_mut();
            per_key.active = per_key.active.saturating_sub(1);
            if per_key.active == 0 && per_key.queue.is_empty() {
                entry.remove();
            }
        }
    }

    /// Returns how many items are waiting.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Returns how many keys have waiting items.
    pub fn waiting_keys(&self) -> usize {
        self.order.len()
    }

    /// Returns whether no item is waiting or active. It then holds no key.
    pub fn is_idle(&self) -> bool {
        self.keys.is_empty()
    }
}

impl<K: Copy + Eq + Hash, T> Default for RoundRobin<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Items = RoundRobin<char, u32>;

    fn filled(items: &[(char, u32)]) -> Items {
        let mut all = Items::new();
        items.iter().for_each(|(key, item)| all.push(*key, *item, usize::MAX, |_| true).unwrap());
        all
    }

    /// What is left, each item finished before the next one is taken.
    fn rest(all: &mut Items) -> Vec<u32> {
        std::iter::from_fn(|| {
            let (key, item) = all.take(usize::MAX)?;
            all.finish(key);
            Some(item)
        })
        .collect()
    }

    #[test]
    fn keys_alternate_and_each_keeps_its_order() {
        let mut all = filled(&[('b', 1), ('b', 2), ('b', 3), ('a', 4), ('b', 5), ('c', 6), ('a', 7)]);
        assert_eq!((all.waiting(), all.waiting_keys()), (7, 3));
        assert_eq!(rest(&mut all), [1, 4, 6, 2, 7, 3, 5]);
        assert!(all.is_idle() && all.waiting() == 0 && all.waiting_keys() == 0);
    }

    #[test]
    fn removed_items_leave_the_others_in_their_order() {
        let mut all = filled(&[('b', 1), ('b', 2), ('a', 4), ('b', 3), ('c', 6), ('a', 7)]);
        assert_eq!(all.remove(|item| [1, 6, 7].contains(item)), [1, 7, 6]);
        assert_eq!((all.waiting(), all.waiting_keys()), (3, 2));
        assert_eq!(rest(&mut all), [2, 4, 3]);
        assert!(all.is_idle());
    }

    #[test]
    fn a_key_at_its_limit_is_passed_over_and_keeps_its_place() {
        let mut all = filled(&[('a', 1), ('a', 2), ('b', 3), ('b', 4)]);
        assert_eq!([all.take(1), all.take(1), all.take(1)], [Some(('a', 1)), Some(('b', 3)), None]);
        all.finish('b');
        assert_eq!(all.take(1), Some(('b', 4)));
        all.finish('a');
        assert_eq!(all.take(1), Some(('a', 2)));
        assert_eq!(all.take(usize::MAX), None);
        assert!(!all.is_idle(), "two items are active");
        all.finish('a');
        all.finish('b');
        assert!(all.is_idle());
    }

    #[test]
    fn finishing_what_was_never_taken_changes_nothing() {
        let mut all = filled(&[('a', 1)]);
        all.finish('a');
        all.finish('b');
        assert_eq!(all.take(1), Some(('a', 1)));
    }

    #[test]
    fn a_full_key_refuses_items_unless_dead_ones_make_room() {
        let mut all = filled(&[('a', 1), ('a', 2), ('b', 3)]);
        assert_eq!(all.push('a', 4, 2, |_| true), Err(4));
        assert_eq!(all.push('a', 4, 2, |item| *item != 1), Ok(()));
        assert_eq!(all.waiting(), 3);
        assert_eq!(all.push('a', 5, 2, |item| *item > 3), Ok(()));
        assert_eq!(all.push('a', 6, 2, |_| false), Ok(()), "all others are dead");
        assert_eq!(rest(&mut all), [6, 3], "the key has kept its place in the order");
    }

    #[test]
    fn a_limit_of_zero_refuses_everything_and_leaves_no_key() {
        let mut all = Items::new();
        assert_eq!(all.push('a', 1, 0, |_| true), Err(1));
        assert!(all.is_idle());
        let mut all = filled(&[('a', 1)]);
        assert_eq!(all.push('a', 2, 0, |_| false), Err(2));
        assert_eq!(rest(&mut all), [1]);
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Push(char),
        Take(usize),
        Finish(char),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let key = || prop::sample::select(vec!['a', 'b', 'c']);
        let step =
            prop_oneof![key().prop_map(Step::Push), (1_usize..4).prop_map(Step::Take), key().prop_map(Step::Finish),];
        prop::collection::vec(step, 0..80)
    }

    proptest! {
        #[test]
        fn an_item_waits_for_at_most_one_item_of_each_other_key_per_place(
            keys in prop::collection::vec(prop::sample::select(vec!['a', 'b', 'c', 'd']), 1..60),
        ) {
            let items: Vec<(char, u32)> = keys.iter().copied().zip(0..).collect();
            let order = rest(&mut filled(&items));
            prop_assert_eq!(order.len(), items.len());
            for (place, item) in order.iter().enumerate() {
                let key = keys[usize::try_from(*item).unwrap()];
                let ahead = items.iter().filter(|(other, at)| *other == key && at < item).count();
                prop_assert!(place <= 4 * (ahead + 1), "{item} of {key} came at place {place}");
            }
        }

        #[test]
        fn counts_agree_with_what_went_in_and_out(steps in steps()) {
            const LIMIT: usize = 5;
            let mut all = RoundRobin::new();
            let (mut queues, mut active) = (HashMap::<char, VecDeque<u32>>::new(), HashMap::<char, usize>::new());
            for (step, number) in steps.into_iter().zip(0..) {
                match step {
                    Step::Push(key) => {
                        let queue = queues.entry(key).or_default();
                        prop_assert_eq!(all.push(key, number, LIMIT, |_| true).is_ok(), queue.len() < LIMIT);
                        if queue.len() < LIMIT {
                            queue.push_back(number);
                        }
                    }
                    Step::Take(limit) => match all.take(limit) {
                        Some((key, item)) => {
                            prop_assert_eq!(queues.get_mut(&key).and_then(VecDeque::pop_front), Some(item));
                            let active = active.entry(key).or_default();
                            prop_assert!(*active < limit);
                            *active += 1;
                        }
                        None => {
                            let free = |key| active.get(key).is_none_or(|active| *active < limit);
                            prop_assert!(!queues.iter().any(|(key, queue)| !queue.is_empty() && free(key)));
                        }
                    },
                    Step::Finish(key) => {
                        all.finish(key);
                        let active = active.entry(key).or_default();
                        *active = active.saturating_sub(1);
                    }
                }
                let waiting: usize = queues.values().map(VecDeque::len).sum();
                prop_assert_eq!(all.waiting(), waiting);
                prop_assert_eq!(all.waiting_keys(), queues.values().filter(|queue| !queue.is_empty()).count());
                prop_assert_eq!(all.is_idle(), waiting == 0 && active.values().all(|active| *active == 0));
            }
        }
    }
}
