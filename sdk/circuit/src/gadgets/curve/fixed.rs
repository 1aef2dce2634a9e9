//! Multiples of fixed points.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{JubJubAffine, JubJubExtended, batch_normalize};
use zeroize::Zeroizing;

use super::{bit, trace, value};
use crate::constraint_system::ConstraintSystem;
use crate::gadgets::range::shifted;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::native;
use crate::value::{Point, Scalar, Unsigned};

/// Factors of points: values with constraints that bound them, by a power of two and by the order of the subgroup.
///
/// Only the SDK's types implement it. A factor that may reach the order has the same multiples as another one, so two
/// secrets would have one key:
///
/// ```compile_fail,E0277
/// # use dusk_sdk_circuit::{Field, Multiplier, Wire};
/// #[derive(Clone, Copy)]
/// struct Unbounded(Field);
///
/// impl Multiplier for Unbounded {
///     fn wire(self) -> Wire {
///         self.0.wire()
///     }
///
///     fn bits(self) -> usize {
///         252
///     }
/// }
/// ```
pub trait Multiplier: Bounded {
    /// The wire of the value.
    fn wire(self) -> Wire;

    /// The maximum number of bits: at most 252.
    fn bits(self) -> usize;
}

/// The types whose own constraints keep them below the order of the subgroup.
pub trait Bounded: Copy {}

impl Bounded for Scalar {}

impl<const BITS: usize> Bounded for Unsigned<BITS> {}

impl Multiplier for Scalar {
    fn wire(self) -> Wire {
        self.0
    }

    fn bits(self) -> usize {
        Self::BITS
    }
}

impl<const BITS: usize> Multiplier for Unsigned<BITS> {
    fn wire(self) -> Wire {
        Self::wire(self)
    }

    fn bits(self) -> usize {
        BITS
    }
}

impl Point {
    /// `scalar · fixed`. 253 rows for a [`Scalar`]: one for each bit, and one.
    ///
    /// 1. Each row adds −1, 0 or 1 times a doubling of the fixed point. It doubles an accumulator and adds the same
    ///    digit to it.
    /// 2. The accumulator starts at 0 and ends at the scalar; the point starts at the neutral point and ends at the
    ///    result.
    ///
    /// So the result is `s·fixed` for an integer `s` with `|s| < 2^252` that equals the scalar modulo the order p of
    /// the field. 2^253 is below p, so only the scalar itself is such an integer. Its digits are not unique, because
    /// they have signs. But the result is unique, and no other row reads the intermediate values. The gadget of
    /// `dusk-plonk` takes 256 digits, which leaves a prover several integers for one scalar.
    #[track_caller]
    #[must_use]
    pub fn multiple_of(cs: &mut ConstraintSystem, fixed: &native::Point, scalar: impl Multiplier) -> Self {
        cs.gadget("multiple of a fixed point", |cs| {
            add_multiple(cs, "multiple of a fixed point", Self::IDENTITY, fixed, scalar, None)
        })
    }
}

impl Scalar {
    /// The public key of a secret key: `self · GENERATOR`. 253 rows; see [`Point::multiple_of`].
    #[track_caller]
    #[must_use]
    pub fn public_key(self, cs: &mut ConstraintSystem) -> Point {
        cs.gadget("public key", |cs| {
            add_multiple(cs, "public key", Point::IDENTITY, &native::Point::GENERATOR, self, None)
        })
    }

    /// Asserts that it is the secret key of a public key. 253 rows; see [`Point::multiple_of`].
    #[track_caller]
    pub fn assert_owns(self, cs: &mut ConstraintSystem, name: &'static str, key: Point) {
        cs.gadget("key ownership", |cs| {
            add_multiple(cs, name, Point::IDENTITY, &native::Point::GENERATOR, self, Some(key));
        });
    }
}

/// `start + scalar · fixed`. With `end`, it asserts that the result is `end`. One row for each bit, and one.
#[track_caller]
pub(crate) fn add_multiple(
    cs: &mut ConstraintSystem,
    name: &'static str,
    start: Point,
    fixed: &native::Point,
    scalar: impl Multiplier,
    end: Option<Point>,
) -> Point {
    let (scalar, bits) = (scalar.wire(), scalar.bits());
    assert!((1..=Scalar::BITS).contains(&bits), "a multiplier of {bits} bits: it must have between 1 and 252");
    // The doubling that each row adds, the largest first.
    let mut doublings: Vec<JubJubExtended> = Vec::with_capacity(bits);
    let mut doubling = fixed.extended();
    for _ in 0..bits {
        doublings.push(doubling);
        doubling = doubling.double();
    }
    doublings.reverse();
    let doublings: Vec<JubJubAffine> = batch_normalize(&mut doublings).collect();

    let sums = value(cs, start).zip(cs.value(scalar)).map(|(mut sum, scalar)| {
        let mut sums = Zeroizing::new(Vec::with_capacity(bits));
        for (doubling, place) in doublings.iter().zip((0..bits).rev()) {
            if bit(&scalar, place) {
                sum += *doubling;
            }
            sums.push(sum);
        }
        sums
    });
    let sums = trace(cs, bits, sums);
    let (mut at, mut number) = (start, Wire::ZERO);
    for ((row, doubling), sum) in doublings.iter().enumerate().zip(sums) {
        let place = bits - 1 - row;
        let product = doubling.get_u() * doubling.get_v();
        let helper = cs.hint([scalar], |[scalar]| if bit(&scalar, place) { product } else { BlsScalar::zero() });
        cs.gate(name, Gate::fixed_add([at.u, at.v, helper, number], doubling));
        at = sum;
        if place > 0 {
            number = cs.hint([scalar], |[scalar]| shifted(&scalar, place));
        }
    }
    let end = end.unwrap_or(at);
    cs.gate(name, Gate::idle([end.u, end.v, Wire::ZERO, scalar]));
    end
}
