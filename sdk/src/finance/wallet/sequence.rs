//! Items that the chain numbers from 0 on, taken in any order.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// The maximum number of items that a wallet keeps ahead of a gap, so that a node with invented numbers cannot fill the
/// memory.
pub const MAX_ITEMS_AHEAD: usize = 1 << 17;
/// The most gaps that are listed at a time.
const MAX_GAPS: usize = 64;

/// Items by their numbers: those without a gap before them, and those ahead of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sequence<T> {
    whole: Vec<T>,
    ahead: BTreeMap<u64, T>,
}

/// The state of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It is new.
    New,
    /// The same item was there.
    Known,
}

/// The reason why an item is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Another item has the number.
    Other,
    /// The number is beyond the most that there can be.
    Beyond,
    /// [`MAX_ITEMS_AHEAD`] items wait for a gap to be filled.
    TooManyAhead,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "another event has this number",
            Self::Beyond => "the contract cannot hold so many",
            Self::TooManyAhead => "too many events come after missing ones; scan the missing ones first",
        })
    }
}

impl<T> Default for Sequence<T> {
    fn default() -> Self {
        Self { whole: Vec::new(), ahead: BTreeMap::new() }
    }
}

impl<T: PartialEq> Sequence<T> {
    /// Takes an item. `capacity` is how many there can be.
    pub(super) fn put(&mut self, number: u64, item: T, capacity: u64) -> Result<Put, Refused> {
        if number >= capacity {
            return Err(Refused::Beyond);
        }
        if let Some(known) = self.get(number) {
            return if *known == item { Ok(Put::Known) } else { Err(Refused::Other) };
        }
        if number == self.whole.len() as u64 {
            self.whole.push(item);
            while let Some(next) = self.ahead.remove(&(self.whole.len() as u64)) {
                self.whole.push(next);
            }
            return Ok(Put::New);
        }
        if self.ahead.len() >= MAX_ITEMS_AHEAD {
            return Err(Refused::TooManyAhead);
        }
        self.ahead.insert(number, item);
        Ok(Put::New)
    }
}

impl<T> Sequence<T> {
    /// The item with a number.
    pub(super) fn get(&self, number: u64) -> Option<&T> {
        let whole = usize::try_from(number).ok().and_then(|index| self.whole.get(index));
        whole.or_else(|| self.ahead.get(&number))
    }

    /// The items before the first gap.
    pub(super) fn whole(&self) -> &[T] {
        &self.whole
    }

    /// All items with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        (0..).zip(&self.whole).chain(self.ahead.iter().map(|(number, item)| (*number, item)))
    }

    /// The numbers that are missing before the last known one, at most [`MAX_GAPS`] ranges of them.
    pub(super) fn gaps(&self) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut next = self.whole.len() as u64;
        for number in self.ahead.keys() {
            if *number > next {
                gaps.push(next..*number);
                if gaps.len() == MAX_GAPS {
                    break;
                }
            }
            next = number + 1;
        }
        gaps
    }

    /// Removes items that do not hold, and with each of those before the first gap all after it.
    pub(super) fn retain(&mut self, mut holds: impl FnMut(&T) -> bool) {
        self.ahead.retain(|_, item| holds(item));
        let keep = self.whole.iter().position(|item| !holds(item)).unwrap_or(self.whole.len());
        let first = keep as u64;
        for (number, item) in (first..).zip(self.whole.drain(keep..)) {
            if holds(&item) {
                self.ahead.insert(number, item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_are_known_and_strange_items_refused() {
        let mut items = Sequence::default();
        assert_eq!(items.put(2, 'c', 10), Ok(Put::New));
        assert_eq!(items.put(5, 'f', 10), Ok(Put::New));
        assert_eq!(items.gaps(), vec![0..2, 3..5]);
        assert_eq!(items.put(2, 'c', 10), Ok(Put::Known));
        assert_eq!(items.put(2, 'x', 10), Err(Refused::Other));
        assert_eq!(items.put(10, 'x', 10), Err(Refused::Beyond));
        assert_eq!(items.put(u64::MAX, 'x', 10), Err(Refused::Beyond));
        for (number, item) in [(0, 'a'), (1, 'b')] {
            assert_eq!(items.put(number, item, 10), Ok(Put::New));
        }
        assert_eq!(items.whole(), ['a', 'b', 'c']);
        let gap = 3..5;
        assert_eq!((items.gaps(), items.iter().count()), (vec![gap], 4));
        items.retain(|item| *item != 'b');
        assert_eq!(items.whole(), ['a']);
        assert_eq!(items.gaps(), vec![1..2, 3..5]);
    }

    #[test]
    fn memory_has_a_bound() {
        let mut items = Sequence::default();
        for number in 1..=MAX_ITEMS_AHEAD as u64 {
            assert_eq!(items.put(number, (), u64::MAX), Ok(Put::New));
        }
        assert_eq!(items.put(u64::MAX - 1, (), u64::MAX), Err(Refused::TooManyAhead));
        assert_eq!(items.put(0, (), u64::MAX), Ok(Put::New));
        assert_eq!(items.gaps(), vec![]);
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same(order in Just((0..40u64).collect::<Vec<_>>()).prop_shuffle(), again in 0usize..40) {
            let mut items = Sequence::default();
            for number in order.iter().chain(&order[..again]) {
                items.put(*number, number * 3, 40).unwrap();
            }
            let expected: Vec<_> = (0..40).map(|number| number * 3).collect();
            prop_assert_eq!(items.whole(), expected);
            prop_assert!(items.gaps().is_empty());
        }
    }
}
