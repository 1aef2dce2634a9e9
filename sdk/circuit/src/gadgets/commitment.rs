//! Pedersen commitments, and equal sums of amounts.

use super::curve::{Multiplier, add_multiple};
use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::native;
use crate::value::{Point, Scalar, Unsigned};

/// The Pedersen commitment to a value: `value · GENERATOR + blinding · GENERATOR_NUMS`, the same as [`native::commit`].
///
/// One row for each bit of both, and two more: 318 for a `U64`, 506 for a `Scalar`. The second multiple starts at the
/// result of the first. [`Point::multiple_of`] explains why each multiple is determined.
///
/// The commitment hides the value, if the blinding is random and used once. It binds a value below the order of
/// JubJub's subgroup.
#[track_caller]
#[must_use]
pub fn commit(cs: &mut ConstraintSystem, value: impl Multiplier, blinding: Scalar) -> Point {
    cs.gadget("commitment", |cs| open(cs, "commitment", value, blinding, None))
}

/// Asserts that a commitment is one to this value with this blinding. Costs as much as [`commit`].
#[track_caller]
pub fn assert_commits(
    cs: &mut ConstraintSystem,
    name: &'static str,
    commitment: Point,
    value: impl Multiplier,
    blinding: Scalar,
) {
    cs.gadget("commitment", |cs| {
        open(cs, name, value, blinding, Some(commitment));
    });
}

#[track_caller]
fn open(
    cs: &mut ConstraintSystem,
    name: &'static str,
    value: impl Multiplier,
    blinding: Scalar,
    commitment: Option<Point>,
) -> Point {
    let value = add_multiple(cs, name, Point::IDENTITY, &native::Point::GENERATOR, value, None);
    add_multiple(cs, name, value, &native::Point::GENERATOR_NUMS, blinding, commitment)
}

/// Asserts that the sum of the inputs equals that of the outputs. One row for four amounts, and one more for each two
/// beyond.
///
/// The sums are integer sums, because neither reaches the order of the field.
///
/// # Panics
/// If there are so many amounts that a sum could reach it: more than 2^20, or more than 16 of 250 bits.
#[track_caller]
pub fn assert_balanced<const BITS: usize>(
    cs: &mut ConstraintSystem,
    name: &'static str,
    inputs: &[Unsigned<BITS>],
    outputs: &[Unsigned<BITS>],
) {
    let most = 1_usize << 254_usize.saturating_sub(BITS).min(20);
    assert!(
        inputs.len().max(outputs.len()) <= most,
        "the sum of more than {most} amounts of {BITS} bits could overflow"
    );
    let sum = inputs.iter().fold(Linear::new(), |sum, amount| sum.plus(*amount, 1));
    let difference = outputs.iter().fold(sum, |sum, amount| sum.minus(*amount, 1));
    cs.gadget("balance", |cs| difference.assert_zero(cs, name));
}
