//! Numbers of field elements.

use alloc::collections::BTreeMap;
use core::ops::Bound;

use super::Field;

/// An element as a number, the most significant limb first: keys are in the order of the numbers. A comparison of bytes
/// would be longer in a contract, whose words have the least significant byte first.
pub(super) type Key = [u64; 4];

/// A number for each of some field elements: a position, or an index into a list.
///
/// A contract needs many such maps: nullifiers, owners, tags, locks. With one type for all of them, it contains the
/// code of one search tree; each further type would add about 5 KB.
///
/// ```
/// use dusk_sdk_circuit::native::Places;
/// let mut places = Places::default();
/// assert_eq!(places.set(7.into(), 1), None);
/// assert_eq!(places.set(7.into(), 2), Some(1));
/// assert_eq!((places.get(7.into()), places.get(8.into())), (Some(2), None));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<Key, u64>);

impl Places {
    /// The number of elements in the map.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no element has a number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of an element.
    #[must_use]
    pub fn get(&self, element: Field) -> Option<u64> {
        self.find(&key(element))
    }

    /// Sets the number of an element, and returns the earlier one.
    pub fn set(&mut self, element: Field, number: u64) -> Option<u64> {
        self.insert(key(element), number)
    }

    // Functions of their own, each with one instance of the tree's code.

    #[inline(never)]
    pub(super) fn find(&self, key: &Key) -> Option<u64> {
        self.0.get(key).copied()
    }

    #[inline(never)]
    pub(super) fn insert(&mut self, key: Key, number: u64) -> Option<u64> {
        self.0.insert(key, number)
    }

    /// The largest key below this one, with its number.
    pub(super) fn before(&self, key: &Key) -> Option<(Key, u64)> {
        self.neighbour(Bound::Unbounded, Bound::Excluded(key))
    }

    /// The smallest key above this one, with its number.
    pub(super) fn after(&self, key: &Key) -> Option<(Key, u64)> {
        self.neighbour(Bound::Excluded(key), Bound::Unbounded)
    }

    /// The key at the only end of a range.
    #[inline(never)]
    fn neighbour(&self, from: Bound<&Key>, to: Bound<&Key>) -> Option<(Key, u64)> {
        let mut range = self.0.range::<Key, _>((from, to));
        let found = if matches!(from, Bound::Unbounded) { range.next_back() } else { range.next() };
        found.map(|(key, number)| (*key, *number))
    }
}

/// The key of an element.
#[inline(never)]
pub(super) fn key(element: Field) -> Key {
    let mut key = [0; 4];
    for (limb, bytes) in key.iter_mut().rev().zip(element.to_bytes().as_chunks().0) {
        *limb = u64::from_le_bytes(*bytes);
    }
    key
}

/// The element with a key.
#[inline(never)]
pub(super) fn element(key: Key) -> Field {
    let mut bytes = [0; 32];
    for (limb, bytes) in key.iter().rev().zip(bytes.as_chunks_mut().0) {
        *bytes = limb.to_le_bytes();
    }
    // Keys are always numbers of elements.
    Field::from_bytes(&bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_those_in_the_order_of_numbers() {
        let mut places = Places::default();
        for (number, element) in [(0, 5), (1, 300), (2, 7)] {
            places.set(Field::from(element), number);
        }
        let before = |element: u64| places.before(&key(element.into())).map(|(_, number)| number);
        let after = |element: u64| places.after(&key(element.into())).map(|(_, number)| number);
        assert_eq!([5, 6, 7, 300, 301].map(before), [None, Some(0), Some(0), Some(2), Some(1)]);
        assert_eq!([4, 5, 7, 299, 300].map(after), [Some(0), Some(2), Some(1), Some(1), None]);
        assert_eq!(places.after(&key(7.into())).map(|(key, _)| element(key)), Some(300.into()));
        assert_eq!((places.len(), places.is_empty(), Places::default().is_empty()), (3, false, true));
    }
}
