//! Ciphertexts that can be added. Their reader, the teller, opens sums.
//!
//! A number `n` is encrypted for a key `K = k·G` as the points `r·G` and `n·G + r·K` (ElGamal in the exponent). The sum
//! of ciphertexts for one key is a ciphertext of the sum of the numbers. A ballot encrypts one number for each choice,
//! each for a key of its own, and all with one `r`. The keys must be independent of each other, like those of a
//! [`TellerKey`].
//!
//! The teller finds a number by trying: [`Logarithms`](crate::zk::native::Logarithms). The chain cannot tell a sum from
//! one of its parts, so a teller is able to open single ciphertexts, too.

use core::fmt;

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::native::{Logarithms, NotAPoint, Point, PointSum, Scalar};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::keys::wide;
use crate::field::Field;
use crate::prelude::contract_type;

/// The maximum number of choices of a poll. Every ballot has this number of ciphertexts.
pub const MAX_CHOICES: usize = 8;

/// The context of the derivation, which no other program uses.
const TELLER_CONTEXT: &str = "cargo-dusk 2026 confidential teller key";

/// A point of the curve as coordinates: circuits and contracts need no square root.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct Coordinates {
    /// The abscissa.
    pub u: Field,
    /// The ordinate.
    pub v: Field,
}

/// An encrypted number.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// `r·G`.
    pub ephemeral: Coordinates,
    /// `n·G + r·K`.
    pub masked: Coordinates,
}

/// The encrypted numbers of all choices. In a vote all but one of them are zero.
#[contract_type]
#[derive(Copy, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// `r·G`.
    pub ephemeral: Coordinates,
    /// `n·G + r·K` of each choice, with its key.
    pub masked: [Coordinates; 8],
}

/// The secret of a teller: a key for each choice of polls, and one for the sums of dividends. It is wiped when dropped,
/// and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct TellerKey {
    choices: [Scalar; MAX_CHOICES],
    sum: Scalar,
}

/// The sums of ballots, as a contract keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ballots {
    ephemeral: PointSum,
    masked: [PointSum; MAX_CHOICES],
}

/// The sum of encrypted numbers, as a contract keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counter {
    ephemeral: PointSum,
    masked: PointSum,
}

impl Coordinates {
    /// The coordinates of a point.
    #[must_use]
    pub fn new(point: &Point) -> Self {
        Self { u: point.u(), v: point.v() }
    }

    /// The point.
    ///
    /// # Errors
    /// [`NotAPoint`] if there is none with these coordinates in the subgroup.
    pub fn point(&self) -> Result<Point, NotAPoint> {
        Point::from_coordinates(self.u, self.v)
    }
}

impl Coordinates {
    /// Whether it is a point of the curve JubJub, `v² − u² = 1 − (10240/10241)·u²·v²`, in the subgroup or not.
    pub(super) fn is_on_curve(&self) -> bool {
        let [u, v] = [self.u, self.v].map(|it| it.scalar().square());
        let left = (v - u - BlsScalar::one()) * BlsScalar::from(10_241);
        left + u * v * BlsScalar::from(10_240) == BlsScalar::zero()
    }
}

impl Counted {
    /// Encrypts a number. The scalar must be random, and must not be used twice.
    #[must_use]
    pub fn seal(key: &Point, ephemeral: &Scalar, number: u64) -> Self {
        Self { ephemeral: ephemeral_point(ephemeral), masked: masked(key, ephemeral, number) }
    }
}

impl Ballot {
    /// Encrypts a weight for one choice, and zero for the others. The scalar must be random, and must not be used
    /// twice.
    #[must_use]
    pub fn seal(keys: &[Point; MAX_CHOICES], ephemeral: &Scalar, choice: u8, weight: u64) -> Self {
        let of = |at: usize| if at == usize::from(choice) { weight } else { 0 };
        Self {
            ephemeral: ephemeral_point(ephemeral),
            masked: core::array::from_fn(|at| masked(&keys[at], ephemeral, of(at))),
        }
    }
}

impl TellerKey {
    /// The key of the account with this number, from the seed of a mnemonic.
    #[must_use]
    pub fn from_seed(seed: &[u8; 64], account: u32) -> Self {
        let scalar =
            |place: u8| Scalar::from_bytes_wide(&wide(TELLER_CONTEXT, &[seed, &account.to_le_bytes(), &[place]]));
        let mut places = 0..u8::MAX;
        Self { choices: core::array::from_fn(|_| scalar(places.next().unwrap_or_default())), sum: scalar(u8::MAX) }
    }

    /// The public keys for the choices of a poll.
    #[must_use]
    pub fn choices(&self) -> [Coordinates; MAX_CHOICES] {
        core::array::from_fn(|at| ephemeral_point(&self.choices[at]))
    }

    /// The public key for the sum of a dividend.
    #[must_use]
    pub fn sum(&self) -> Coordinates {
        ephemeral_point(&self.sum)
    }

    /// The secrets, for the witness of a tally.
    #[must_use]
    pub fn choice_secrets(&self) -> &[Scalar; MAX_CHOICES] {
        &self.choices
    }

    /// The secret, for the witness of a sum.
    #[must_use]
    pub fn sum_secret(&self) -> &Scalar {
        &self.sum
    }

    /// Opens the ballots of a poll, and returns the weight of each choice. `None` if a weight is above the limit of
    /// `reach`, or if the ballots are for other keys.
    #[must_use]
    pub fn count(&self, ballots: &Ballot, reach: &Logarithms) -> Option<[u64; MAX_CHOICES]> {
        let mut counts = [0; MAX_CHOICES];
        for ((count, masked), secret) in counts.iter_mut().zip(&ballots.masked).zip(&self.choices) {
            *count = open(&ballots.ephemeral, masked, secret, reach)?;
        }
        Some(counts)
    }

    /// Opens the sum of a dividend. `None` as for [`count`](Self::count).
    #[must_use]
    pub fn total(&self, sum: &Counted, reach: &Logarithms) -> Option<u64> {
        open(&sum.ephemeral, &sum.masked, &self.sum, reach)
    }
}

impl Ballots {
    /// Adds a ballot that a proof has shown to be right.
    pub(super) fn add(&mut self, ballot: &Ballot) {
        add(&mut self.ephemeral, &ballot.ephemeral);
        self.masked.iter_mut().zip(&ballot.masked).for_each(|(sum, masked)| add(sum, masked));
    }

    pub(super) fn sum(&self) -> Ballot {
        Ballot { ephemeral: read(&self.ephemeral), masked: core::array::from_fn(|at| read(&self.masked[at])) }
    }
}

impl Counter {
    /// Adds a number that a proof has shown to be right.
    pub(super) fn add(&mut self, counted: &Counted) {
        add(&mut self.ephemeral, &counted.ephemeral);
        add(&mut self.masked, &counted.masked);
    }

    pub(super) fn sum(&self) -> Counted {
        Counted { ephemeral: read(&self.ephemeral), masked: read(&self.masked) }
    }
}

fn add(sum: &mut PointSum, point: &Coordinates) {
    sum.add_unchecked(point.u, point.v);
}

fn read(sum: &PointSum) -> Coordinates {
    let [u, v] = sum.coordinates();
    Coordinates { u, v }
}

fn ephemeral_point(ephemeral: &Scalar) -> Coordinates {
    Coordinates::new(&(Point::GENERATOR * ephemeral))
}

fn masked(key: &Point, ephemeral: &Scalar, number: u64) -> Coordinates {
    Coordinates::new(&(Point::GENERATOR * &Scalar::from(number) + *key * ephemeral))
}

fn open(ephemeral: &Coordinates, masked: &Coordinates, secret: &Scalar, reach: &Logarithms) -> Option<u64> {
    let (ephemeral, masked) = (ephemeral.point().ok()?, masked.point().ok()?);
    reach.of(&(masked - ephemeral * secret))
}

/// Values of circuits are wiped when dropped, although these are public.
macro_rules! wiped {
    ($($ty:ty: $($field:ident),+);+) => {$(
        impl Zeroize for $ty {
            fn zeroize(&mut self) {
                let Self { $($field),+ } = self;
                $($field.zeroize();)+
            }
        }
    )+};
}

wiped!(Coordinates: u, v; Counted: ephemeral, masked; Ballot: ephemeral, masked);

impl fmt::Debug for TellerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TellerKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn teller() -> TellerKey {
        TellerKey::from_seed(&[4; 64], 0)
    }

    fn points(keys: [Coordinates; MAX_CHOICES]) -> [Point; MAX_CHOICES] {
        keys.map(|key| key.point().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        /// The teller counts what was voted, and another one does not.
        #[test]
        fn ballots_add_up(votes in prop::collection::vec((0_u8..8, 0_u64..1_000, any::<u64>()), 0..6)) {
            let (teller, keys) = (teller(), points(teller().choices()));
            let (mut ballots, mut counts) = (Ballots::default(), [0; MAX_CHOICES]);
            for (choice, weight, ephemeral) in &votes {
                ballots.add(&Ballot::seal(&keys, &Scalar::from(*ephemeral), *choice, *weight));
                counts[usize::from(*choice)] += weight;
            }
            let reach = Logarithms::up_to(6_000);
            prop_assert_eq!(teller.count(&ballots.sum(), &reach), Some(counts));
            let other = TellerKey::from_seed(&[4; 64], 1);
            prop_assert!(votes.is_empty() || other.count(&ballots.sum(), &reach) != Some(counts));
        }
    }

    #[test]
    fn amounts_add_up() {
        let (teller, mut counter) = (teller(), Counter::default());
        let key = teller.sum().point().unwrap();
        for amount in [5, 0, 70] {
            counter.add(&Counted::seal(&key, &Scalar::from(amount + 9), amount));
        }
        assert_eq!(teller.total(&counter.sum(), &Logarithms::up_to(100)), Some(75));
        assert_eq!(teller.total(&counter.sum(), &Logarithms::up_to(74)), None);
        let strange = Coordinates { u: 1.into(), v: 1.into() };
        let sum = Counted { masked: strange, ..counter.sum() };
        assert_eq!(teller.total(&sum, &Logarithms::up_to(100)), None);
    }

    #[test]
    fn the_curve_is_that_of_the_points() {
        for number in [0, 1, 2, 77] {
            let point = Point::GENERATOR * &Scalar::from(number);
            assert!(Coordinates::new(&point).is_on_curve());
            assert!(!Coordinates { u: point.u() + Field::from(1), v: point.v() }.is_on_curve());
        }
        assert!(Coordinates { u: 0.into(), v: -Field::from(1) }.is_on_curve(), "the point of order two");
    }

    #[test]
    fn every_choice_has_another_key_and_none_is_printed() {
        let teller = teller();
        let mut keys = teller.choices().map(|key| key.u).to_vec();
        keys.push(teller.sum().u);
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), MAX_CHOICES + 1);
        assert_eq!(alloc::format!("{teller:?}"), "TellerKey(..)");
        assert_eq!(teller.choice_secrets().each_ref().map(ephemeral_point), teller.choices());
        assert_eq!(ephemeral_point(teller.sum_secret()), teller.sum());
    }
}
