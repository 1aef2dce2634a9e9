//! Sums of many points, and the discrete logarithms of small multiples of the generator.

use alloc::vec::Vec;
use core::fmt;

use dusk_jubjub::{GENERATOR, JubJubAffine, JubJubExtended, batch_normalize};

use super::{Field, Point, Scalar};

/// The most baby steps of [`Logarithms`]: 16 MiB.
const MAX_BABY_STEPS: u64 = 1 << 20;
/// How many points are normalised with one inversion.
const CHUNK: u64 = 1 << 10;

/// A growing sum of points of the subgroup.
///
/// It keeps projective coordinates, so an addition takes no inversion; only reading the coordinates takes one.
#[derive(Clone, Copy)]
pub struct PointSum(JubJubExtended);

impl PointSum {
    /// Adds the point with these coordinates. **Nothing is checked**: something else, such as a proof about the point,
    /// must have shown that it is in the subgroup.
    pub fn add_unchecked(&mut self, u: Field, v: Field) {
        self.0 += JubJubAffine::from_raw_unchecked(u.scalar(), v.scalar());
    }

    /// The coordinates of the sum.
    #[must_use]
    pub fn coordinates(&self) -> [Field; 2] {
        let point = JubJubAffine::from(self.0);
        [point.get_u().into(), point.get_v().into()]
    }
}

impl Default for PointSum {
    /// The sum of no points: the neutral point.
    fn default() -> Self {
        Self(JubJubExtended::identity())
    }
}

impl PartialEq for PointSum {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for PointSum {}

impl fmt::Debug for PointSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PointSum").field(&self.coordinates()).finish()
    }
}

/// Finds a number from its multiple of the generator, by baby steps and giant steps.
///
/// Time and memory grow with the square root of the largest number; above 2^40 only the time does, and in proportion to
/// the number.
#[derive(Clone)]
pub struct Logarithms {
    /// The first bytes of the abscissas of the first multiples, in order, with the numbers.
    steps: Vec<(u64, u64)>,
    most: u64,
}

impl Logarithms {
    /// Prepares for numbers of up to `most`.
    #[must_use]
    pub fn up_to(most: u64) -> Self {
        let count = most.isqrt().saturating_add(1).min(MAX_BABY_STEPS);
        let mut steps = Vec::new();
        let mut next = JubJubExtended::identity();
        walk(count, |size| {
            let points = multiples(&mut next, &GENERATOR, size);
            let first = steps.len() as u64;
            steps.extend((first..).zip(names(points)).map(|(number, name)| (name, number)));
            None::<()>
        });
        steps.sort_unstable();
        Self { steps, most }
    }

    /// The number whose multiple of the generator is this point, if it is at most `most`.
    #[must_use]
    pub fn of(&self, point: &Point) -> Option<u64> {
        let count = self.steps.len() as u64;
        let giant = -JubJubAffine::from(Point::GENERATOR.extended() * Scalar::from(count).scalar());
        let (mut next, mut taken) = (point.extended(), 0_u64);
        walk(self.most / count + 1, |size| {
            let points = multiples(&mut next, &giant, size);
            let found = (taken..).zip(names(points)).find_map(|(giants, name)| {
                let number = giants.checked_mul(count)?.checked_add(self.step(name)?)?;
                let fits = number <= self.most && Point::GENERATOR * &Scalar::from(number) == *point;
                fits.then_some(number)
            });
            taken += size;
            found
        })
    }

    fn step(&self, name: u64) -> Option<u64> {
        let place = self.steps.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        self.steps.get(place).map(|(_, number)| *number)
    }
}

impl fmt::Debug for Logarithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logarithms").field("most", &self.most).finish_non_exhaustive()
    }
}

/// Takes so many steps in chunks, until one finds something.
fn walk<T>(steps: u64, mut take: impl FnMut(u64) -> Option<T>) -> Option<T> {
    let mut left = steps;
    while left > 0 {
        let size = left.min(CHUNK);
        if let Some(found) = take(size) {
            return Some(found);
        }
        left -= size;
    }
    None
}

/// The next points, each a step further. `next` is left at the one after them.
fn multiples(next: &mut JubJubExtended, step: &JubJubAffine, size: u64) -> Vec<JubJubExtended> {
    let mut points = Vec::new();
    for _ in 0..size {
        points.push(*next);
        *next += *step;
    }
    points
}

/// The keys of points of the subgroup: the first bytes of their abscissas.
fn names(mut points: Vec<JubJubExtended>) -> Vec<u64> {
    let name = |point: JubJubAffine| {
        let bytes = point.get_u().to_bytes();
        u64::from_le_bytes(core::array::from_fn(|i| bytes[i]))
    };
    batch_normalize(&mut points).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiple(number: u64) -> Point {
        Point::GENERATOR * &Scalar::from(number)
    }

    #[test]
    fn numbers_are_found_up_to_the_most() {
        let some = Logarithms::up_to(5_000);
        for number in [0, 1, 69, 70, 71, 72, 4_999, 5_000] {
            assert_eq!(some.of(&multiple(number)), Some(number));
        }
        for other in [5_001, 1 << 40] {
            assert_eq!(some.of(&multiple(other)), None);
        }
        assert_eq!(some.of(&-multiple(3)), None);
        assert_eq!(Logarithms::up_to(0).of(&Point::IDENTITY), Some(0));
        assert_eq!(Logarithms::up_to(0).of(&multiple(1)), None);
    }

    #[test]
    fn large_numbers_take_more_chunks() {
        let some = Logarithms::up_to(1 << 24);
        assert_eq!(some.of(&multiple((1 << 24) - 5)), Some((1 << 24) - 5));
    }

    #[test]
    fn a_sum_is_that_of_its_points() {
        let mut sum = PointSum::default();
        assert_eq!(sum.coordinates(), [Point::IDENTITY.u(), Point::IDENTITY.v()]);
        for number in [5, 0, 9, 5] {
            let point = multiple(number);
            sum.add_unchecked(point.u(), point.v());
        }
        assert_eq!(sum.coordinates(), [multiple(19).u(), multiple(19).v()]);
    }
}
