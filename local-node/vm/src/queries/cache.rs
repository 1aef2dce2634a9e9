//! Answers that were given before.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Answers in each of the two generations.
const MAX_GENERATION: usize = 16_384;

/// A key: BLAKE3 over the query, the version of its rules and its argument.
pub(crate) type Key = [u8; 32];

/// A bounded cache of answers, shared by all sessions.
///
/// It holds two generations. A full young one becomes the old one, and what was old is forgotten, unless it was asked
/// for meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Answers(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Vec<u8>>,
    old: HashMap<Key, Vec<u8>>,
}

impl Answers {
    /// An answer given before.
    pub(crate) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = generations.young.get(key) {
            return Some(answer.clone());
        }
        let answer = generations.old.remove(key)?;
        generations.put(*key, answer.clone());
        Some(answer)
    }

    /// Remembers an answer.
    pub(crate) fn put(&self, key: Key, answer: Vec<u8>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(key, answer);
    }
}

impl Generations {
    fn put(&mut self, key: Key, answer: Vec<u8>) {
        if self.young.len() >= MAX_GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> Key {
        *blake3::hash(&n.to_le_bytes()).as_bytes()
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let answers = Answers::default();
        for n in 0..3 * MAX_GENERATION {
            answers.put(key(n), vec![1]);
            assert_eq!(answers.get(&key(0)), Some(vec![1]));
        }
        assert_eq!(answers.get(&key(1)), None);
        assert_eq!(answers.get(&key(3 * MAX_GENERATION - 1)), Some(vec![1]));
        let generations = answers.0.lock().unwrap();
        assert!(generations.young.len() <= MAX_GENERATION && generations.old.len() <= MAX_GENERATION);
    }
}
