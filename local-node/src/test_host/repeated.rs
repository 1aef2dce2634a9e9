//! Results of blocks and queries that tests repeat.
//!
//! Tests of a contract begin alike: they deploy it with the same arguments, send the same first calls and ask the same
//! first questions. The results follow from the state, the height and the bytes alone, so the machine computes them
//! once. Most blocks of a test come once, and a block holds its state: at the first time a block is only noted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use local_node_vm::StateRoot;

/// The most keys that are noted, of 32 bytes. When there are more, all are forgotten.
const MAX_NOTED: usize = 65_536;

/// The inputs of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// For a state, a height, and what is sent or asked there.
    pub(super) fn new(root: &StateRoot, height: u64, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(root).update(&height.to_le_bytes());
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(hasher.finalize().into())
    }
}

/// The known results of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<T> {
    /// The result.
    Known(T),
    /// It came before: the result should be kept.
    Again,
    /// Nothing.
    First,
}

/// Results by their keys.
#[derive(Debug)]
pub(super) struct Repeated<T> {
    most: usize,
    results: Mutex<Results<T>>,
}

#[derive(Debug)]
struct Results<T> {
    noted: HashSet<Key>,
    kept: HashMap<Key, T>,
}

impl<T: Clone> Repeated<T> {
    /// Keeps so many results, the first ones: tests begin alike.
    pub(super) fn keeping(most: usize) -> Self {
        Self { most, results: Mutex::new(Results { noted: HashSet::new(), kept: HashMap::new() }) }
    }

    /// The known results of a key; the use is noted.
    pub(super) fn look(&self, key: &Key) -> Seen<T> {
        let mut results = self.lock();
        if let Some(known) = results.kept.get(key) {
            return Seen::Known(known.clone());
        }
        if results.noted.contains(key) {
            return Seen::Again;
        }
        if results.noted.len() >= MAX_NOTED {
            results.noted.clear();
        }
        results.noted.insert(*key);
        Seen::First
    }

    /// Keeps the result of a key that came again.
    pub(super) fn keep(&self, key: Key, result: T) {
        let mut results = self.lock();
        if results.kept.len() < self.most {
            results.kept.insert(key, result);
        }
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, Results<T>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The latest results by their keys: the runs of an observer test begin alike, and one comes soon after the other.
#[derive(Debug)]
pub(super) struct Latest<T> {
    most: usize,
    results: Mutex<InOrder<T>>,
}

#[derive(Debug)]
struct InOrder<T> {
    kept: HashMap<Key, T>,
    /// The keys, the oldest first.
    order: VecDeque<Key>,
}

impl<T: Clone> Latest<T> {
    /// Keeps so many results.
    pub(super) fn keeping(most: usize) -> Self {
        Self { most, results: Mutex::new(InOrder { kept: HashMap::new(), order: VecDeque::new() }) }
    }

    /// The result of a key.
    pub(super) fn get(&self, key: &Key) -> Option<T> {
        self.lock().kept.get(key).cloned()
    }

    /// Keeps the result of a key. The oldest result makes room for it.
    pub(super) fn keep(&self, key: Key, result: T) {
        let mut results = self.lock();
        if results.kept.contains_key(&key) {
            return;
        }
        results.kept.insert(key, result);
        results.order.push_back(key);
        let oldest = if results.order.len() > self.most { results.order.pop_front() } else { None };
        let dropped = oldest.and_then(|key| results.kept.remove(&key));
        drop(results);
        // With a block goes its state, which the machine forgets under locks of its own.
        drop(dropped);
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, InOrder<T>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        Key([number; 32])
    }

    #[test]
    fn what_came_twice_is_known_the_third_time() {
        let repeated = Repeated::keeping(1);
        assert_eq!(repeated.look(&key(1)), Seen::First);
        assert_eq!(repeated.look(&key(2)), Seen::First);
        assert_eq!(repeated.look(&key(1)), Seen::Again);
        repeated.keep(key(1), "one");
        assert_eq!(repeated.look(&key(1)), Seen::Known("one"));
        // There is room for one.
        repeated.keep(key(2), "two");
        assert_eq!(repeated.look(&key(2)), Seen::Again);
        assert_eq!(repeated.look(&key(1)), Seen::Known("one"));
    }

    #[test]
    fn the_latest_results_are_kept() {
        let latest = Latest::keeping(2);
        assert_eq!(latest.get(&key(1)), None);
        latest.keep(key(1), "one");
        latest.keep(key(2), "two");
        // It is there already, and does not become younger.
        latest.keep(key(1), "one");
        assert_eq!([1, 2].map(|number| latest.get(&key(number))), [Some("one"), Some("two")]);
        latest.keep(key(3), "three");
        assert_eq!([1, 2, 3].map(|number| latest.get(&key(number))), [None, Some("two"), Some("three")]);
    }

    #[test]
    fn whatever_a_result_follows_from_is_in_the_key() {
        let (root, other) = ([1; 32], [2; 32]);
        let keys = [
            Key::new(&root, 1, &[b"ab", b"c"]),
            Key::new(&other, 1, &[b"ab", b"c"]),
            Key::new(&root, 2, &[b"ab", b"c"]),
            Key::new(&root, 1, &[b"a", b"bc"]),
            Key::new(&root, 1, &[b"abc"]),
            Key::new(&root, 1, &[b"ab", b"c", b""]),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
