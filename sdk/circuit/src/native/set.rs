//! Sets of numbers.

use alloc::vec::Vec;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

use super::Field;

/// A set of at most `MOST` numbers, for instance countries. In JSON it is a list of them.
///
/// In a circuit it is the polynomial with the numbers as roots; see [`Set`](crate::Set).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Set<const MOST: usize>(Vec<u64>);

impl<const MOST: usize> Zeroize for Set<MOST> {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// The error of too many numbers for a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{given} numbers, and the set has {most} at most")]
pub struct TooMany {
    /// The given count.
    pub given: usize,
    /// The maximum.
    pub most: usize,
}

impl<const MOST: usize> Set<MOST> {
    /// Creates the set of these numbers, given in any order.
    ///
    /// # Errors
    /// [`TooMany`] if there are more than `MOST` different ones.
    pub fn new(numbers: impl IntoIterator<Item = u64>) -> Result<Self, TooMany> {
        let mut numbers: Vec<u64> = numbers.into_iter().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let given = numbers.len();
        if given > MOST { Err(TooMany { given, most: MOST }) } else { Ok(Self(numbers)) }
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    /// The numbers, the smallest first.
    #[must_use]
    pub fn numbers(&self) -> &[u64] {
        &self.0
    }

    /// The polynomial with these roots: its `MOST` coefficients below the leading one, which is 1, the constant first.
    /// Unused places have the root −1, which is not a number.
    pub(crate) fn polynomial(&self) -> [Field; MOST] {
        let mut coefficients = [Field::default(); MOST];
        let none = Field::default() - Field::from(1);
        for degree in 0..MOST {
            let root = self.0.get(degree).map_or(none, |number| Field::from(*number));
            // Multiplies by (x − root), from the highest coefficient down; the leading coefficient, 1, moves up by one
            // place.
            let above = if degree == 0 { Field::default() } else { coefficients[degree - 1] };
            coefficients[degree] = above - root;
            for at in (0..degree).rev() {
                let below = if at == 0 { Field::default() } else { coefficients[at - 1] };
                coefficients[at] = below - root * coefficients[at];
            }
        }
        coefficients
    }
}

impl<const MOST: usize> Serialize for Set<MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Set<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::<u64>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
