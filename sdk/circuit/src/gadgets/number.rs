//! Numbers: comparison, arithmetic without overflow, bits.

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use super::logic::{self, Select};
use super::range::{self, Halves, bounded_sum, limbs, power, shifted};
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::native;
use crate::value::{Bits, Bool, Field, Unsigned, Width};

impl<const BITS: usize> From<Unsigned<BITS>> for Field {
    fn from(number: Unsigned<BITS>) -> Self {
        number.field()
    }
}

impl<const BITS: usize> From<Bool> for Unsigned<BITS> {
    fn from(bit: Bool) -> Self {
        Self::of(bit.wire())
    }
}

impl<const BITS: usize> Select for Unsigned<BITS> {
    fn select(cs: &mut ConstraintSystem, bit: Bool, yes: Self, no: Self) -> Self {
        Self(logic::wire(cs, bit, yes.wire(), no.wire()))
    }
}

impl<const BITS: usize> Unsigned<BITS> {
    /// The number 0.
    pub const ZERO: Self = Self::of(crate::Wire::ZERO);
    /// The number 1.
    pub const ONE: Self = Self::of(crate::Wire::ONE);

    /// The number on this wire, which constraints bound already. The only way to a value without a range of its own.
    const fn of(wire: crate::Wire) -> Self {
        const { assert!(BITS >= 1 && BITS <= range::MAX_BITS, "numbers have between 1 and 250 bits") };
        Self(wire)
    }

    /// A constant. One row at the circuit's first use of it.
    #[track_caller]
    #[must_use]
    pub fn constant(cs: &mut ConstraintSystem, value: <Bits<BITS> as Width>::Native) -> Self
    where
        Bits<BITS>: Width,
    {
        Self(cs.constant(Bits::<BITS>::field(value).scalar()))
    }

    /// The same number in a width that is at least as large. No row.
    #[must_use]
    pub fn widen<const MORE: usize>(self) -> Unsigned<MORE> {
        const { assert!(MORE >= BITS && MORE <= range::MAX_BITS, "a number is widened to a larger width, up to 250 bits") };
        Unsigned(self.0)
    }

    /// The same number in a smaller width. Asserts that it fits. The rows of [`Unsigned::constrain`].
    #[track_caller]
    #[must_use]
    pub fn narrow<const FEWER: usize>(self, cs: &mut ConstraintSystem) -> Unsigned<FEWER> {
        Unsigned::constrain(cs, self)
    }

    /// Asserts `self = other`. One row.
    #[track_caller]
    pub fn assert_eq(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        self.field().assert_eq(cs, name, other);
    }

    /// Asserts `self ≠ other`. Two rows.
    #[track_caller]
    pub fn assert_ne(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        self.field().assert_ne(cs, name, other);
    }

    /// Whether `self = other`. Four rows.
    #[track_caller]
    #[must_use]
    pub fn eq(self, cs: &mut ConstraintSystem, other: Self) -> Bool {
        self.field().eq(cs, other)
    }

    /// Asserts `self < other`. The rows of the range: 9 for 64 bits.
    ///
    /// `other − self − 1` is below 2 to the power `BITS`. If `self` were not less, the difference would be negative,
    /// and so larger than all numbers of this width.
    #[track_caller]
    pub fn assert_lt(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        let difference = Linear::new().plus(other, 1).minus(self, 1).constant(-native::Field::from(1));
        cs.gadget("less than", |cs| bounded_sum(cs, name, difference, BITS));
    }

    /// Asserts `self ≤ other`. The rows of the range: 9 for 64 bits.
    #[track_caller]
    pub fn assert_le(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        let difference = Linear::new().plus(other, 1).minus(self, 1);
        cs.gadget("at most", |cs| bounded_sum(cs, name, difference, BITS));
    }

    /// Asserts `self ≥ other`. The rows of the range: 9 for 64 bits.
    #[track_caller]
    pub fn assert_ge(self, cs: &mut ConstraintSystem, name: &'static str, other: Self) {
        other.assert_le(cs, name, self);
    }

    /// Whether `self < other`. The rows of the range, and one: 10 for 64 bits.
    ///
    /// `self − other + 2^BITS·less` is below 2 to the power `BITS` for only one of the two values of the bit `less`.
    #[track_caller]
    #[must_use]
    pub fn lt(self, cs: &mut ConstraintSystem, other: Self) -> Bool {
        let one = BlsScalar::one();
        cs.gadget("less than", |cs| {
            let less = cs.hint([self.0, other.0], |[a, b]| if negative(&(a - b)) { one } else { BlsScalar::zero() });
            let less = Bool::constrain(cs, less);
            let sum = Linear::new().plus(self, 1).minus(other, 1).term(less.wire(), power(BITS));
            bounded_sum(cs, "is less exactly where the difference is negative", sum, BITS);
            less
        })
    }

    /// Whether `self ≤ other`. The rows of the range, and one: 10 for 64 bits.
    ///
    /// `other − self + 2^BITS·(1 − most)` is below 2 to the power `BITS` for only one of the two values of the bit
    /// `most`.
    #[track_caller]
    #[must_use]
    pub fn le(self, cs: &mut ConstraintSystem, other: Self) -> Bool {
        let one = BlsScalar::one();
        cs.gadget("at most", |cs| {
            let most = cs.hint([self.0, other.0], |[a, b]| if negative(&(b - a)) { BlsScalar::zero() } else { one });
            let most = Bool::constrain(cs, most);
            let sum = Linear::new().plus(other, 1).minus(self, 1).term(most.wire(), -power(BITS));
            let sum = sum.constant(power(BITS));
            bounded_sum(cs, "is at most exactly where the difference is not negative", sum, BITS);
            most
        })
    }

    /// Whether `self ≥ other`. The rows of the range, and one: 10 for 64 bits.
    #[track_caller]
    #[must_use]
    pub fn ge(self, cs: &mut ConstraintSystem, other: Self) -> Bool {
        other.le(cs, self)
    }

    /// Returns `self + other`, and asserts that it fits. The rows of the range: 9 for 64 bits.
    #[track_caller]
    #[must_use]
    pub fn add(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        let sum = Linear::new().plus(self, 1).plus(other, 1);
        Self(cs.gadget("sum", |cs| bounded_sum(cs, Self::FITS, sum, BITS)).wire())
    }

    /// Returns `self − other`, and asserts that it is not negative. The rows of the range: 9 for 64 bits.
    #[track_caller]
    #[must_use]
    pub fn sub(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        let sum = Linear::new().plus(self, 1).minus(other, 1);
        Self(cs.gadget("difference", |cs| bounded_sum(cs, "is not negative", sum, BITS)).wire())
    }

    /// Returns `self · other` for up to 128 bits, and asserts that it fits. The rows of the range, and one: 10 for 64
    /// bits; 47 for 128 bits.
    ///
    /// Up to 127 bits the product of two numbers is below the order of the field, so it cannot wrap around. For 128
    /// bits, `other` is `high·2^64 + low`. `self·high` must be below 2^64, and neither this product nor `self·low` can
    /// wrap around.
    #[track_caller]
    #[must_use]
    pub fn mul(self, cs: &mut ConstraintSystem, other: Self) -> Self {
        const { assert!(BITS <= 128, "numbers of up to 128 bits are multiplied") };
        cs.gadget("product", |cs| {
            if BITS < 128 {
                let product = self.field().mul(cs, other);
                range::assert_bits(cs, Self::FITS, product.wire(), BITS);
                return Self(product.wire());
            }
            let [high, low] = cs.hints([other.0], |[value]| [shifted(&value, 64), range::part(&value, 0, 64)]);
            range::assert_bits(cs, "the upper half of a factor", high, 64);
            range::assert_bits(cs, "the lower half of a factor", low, 64);
            Linear::new().minus(other, 1).term(high, power(64)).plus(low, 1).assert_zero(cs, "the halves of a factor");
            let upper = self.field().mul(cs, high);
            range::assert_bits(cs, Self::FITS, upper.wire(), 64);
            let lower = self.field().mul(cs, low);
            let sum = Linear::new().term(upper.wire(), power(64)).plus(lower, 1);
            Self(bounded_sum(cs, Self::FITS, sum, BITS).wire())
        })
    }

    /// The quotient and the remainder of `self` by `divisor`, for up to 126 bits. Asserts that the divisor is not zero.
    /// The rows of three ranges, and one: 28 for 64 bits.
    ///
    /// 1. `self = quotient·divisor + remainder`, which cannot wrap around.
    /// 2. `remainder < divisor`. So the divisor is not zero, and the pair is unique.
    #[track_caller]
    #[must_use]
    pub fn div_rem(self, cs: &mut ConstraintSystem, divisor: Self) -> (Self, Self) {
        const { assert!(BITS <= 126, "numbers of up to 126 bits are divided") };
        cs.gadget("division", |cs| {
            let [quotient, remainder] = cs.hints([self.0, divisor.0], |[number, divisor]| {
                let (number, divisor) = (integer(&number), integer(&divisor));
                let quotient = number.checked_div(divisor).unwrap_or(0);
                [quotient, number.wrapping_sub(quotient.wrapping_mul(divisor))]
                    .map(|it| Bits::<128>::field(it).scalar())
            });
            range::assert_bits(cs, "the quotient fits", quotient, BITS);
            range::assert_bits(cs, "the remainder fits", remainder, BITS);
            let one = BlsScalar::one();
            let gate = Gate::new().ab(quotient, divisor.0, one).c(remainder, one).d(self.0, -one);
            cs.gate("quotient times divisor and remainder", gate);
            let (quotient, remainder) = (Self(quotient), Self(remainder));
            remainder.assert_lt(cs, "the remainder is below the divisor", divisor);
            (quotient, remainder)
        })
    }

    /// The bits of the number, least significant first. Three rows for each two bits.
    #[track_caller]
    #[must_use]
    pub fn bits(self, cs: &mut ConstraintSystem) -> [Bool; BITS] {
        cs.gadget("bits", |cs| range::bits(cs, "the bits are those of the number", self.0))
    }

    /// The number with these bits, least significant first. One row for each two bits.
    #[track_caller]
    #[must_use]
    pub fn from_bits(cs: &mut ConstraintSystem, bits: [Bool; BITS]) -> Self {
        const { assert!(BITS >= 1 && BITS <= range::MAX_BITS, "numbers have between 1 and 250 bits") };
        Self(range::sum_of_bits(&bits).value_named(cs, "number of bits").wire())
    }
}

impl Field {
    /// The bits of the element's canonical number, which is below the order of the field, least significant first. 420
    /// rows the first time, 418 after.
    ///
    /// 255 bits can represent a field element as two different numbers. Therefore the halves of the number are compared
    /// with the order of the field.
    #[track_caller]
    #[must_use]
    pub fn bits(self, cs: &mut ConstraintSystem) -> [Bool; 255] {
        cs.gadget("bits", |cs| {
            let bits = core::array::from_fn(|place| {
                let bit = cs.hint([self.0], |[value]| range::part(&value, place, 1));
                Bool::constrain(cs, bit)
            });
            let (low, high) = bits.split_at(128);
            let low = range::sum_of_bits(low).value_named(cs, "lower bits").wire();
            let high = range::sum_of_bits(high).value_named(cs, "upper bits").wire();
            let sum = Linear::new().minus(self, 1).plus(low, 1).term(high, power(128));
            sum.assert_zero(cs, "the bits are those of the element");
            let order = Halves::order(cs);
            Halves { high, low }.assert_below(cs, "the bits are below the order of the field", order);
            bits
        })
    }
}

/// Whether a difference of numbers is negative.
fn negative(difference: &BlsScalar) -> bool {
    shifted(difference, range::MAX_BITS) != BlsScalar::zero()
}

fn integer(value: &BlsScalar) -> u128 {
    let [low, high, ..] = limbs(value);
    (u128::from(high) << 64) | u128::from(low)
}
