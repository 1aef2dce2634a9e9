//! Integers below 2^256, and intervals of field elements.

use dusk_bls12_381::BlsScalar;

/// An integer below 2^256. The derived order is numeric, because the high half comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Int {
    high: u128,
    low: u128,
}

/// The order of the field.
pub(super) const MODULUS: Int =
    Int { high: 0x73ed_a753_299d_7d48_3339_d808_09a1_d805, low: 0x53bd_a402_fffe_5bfe_ffff_ffff_0000_0001 };

impl Int {
    pub(super) const ZERO: Self = Self::new(0);
    pub(super) const ONE: Self = Self::new(1);

    pub(super) const fn new(low: u128) -> Self {
        Self { high: 0, low }
    }

    /// The representative in `0..p`.
    pub(super) fn of(value: &BlsScalar) -> Self {
        let [a, b, c, d] = value.reduce().0.map(u128::from);
        Self { high: d << 64 | c, low: b << 64 | a }
    }

    /// The field element, if the integer is below p.
    pub(super) fn scalar(self) -> BlsScalar {
        debug_assert!(self < MODULUS);
        BlsScalar::from_raw(self.limbs())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a limb is the low half")]
    fn limbs(self) -> [u64; 4] {
        [self.low as u64, (self.low >> 64) as u64, self.high as u64, (self.high >> 64) as u64]
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.checked_add(other.high)?.checked_add(u128::from(carry))?;
        Some(Self { high, low })
    }

    /// The difference, if it is not negative.
    pub(super) fn sub(self, other: Self) -> Option<Self> {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.checked_sub(other.high)?.checked_sub(u128::from(borrow))?;
        Some(Self { high, low })
    }

    /// The integer without its lowest bits.
    pub(super) fn shifted(self, bits: usize) -> Self {
        match bits {
            0 => self,
            1..128 => Self { high: self.high >> bits, low: self.low >> bits | self.high << (128 - bits) },
            128..256 => Self { high: 0, low: self.high >> (bits - 128) },
            _ => Self::ZERO,
        }
    }

    /// The field element, for an integer of any size.
    pub(super) fn reduced(self) -> BlsScalar {
        let mut rest = self;
        while let Some(less) = rest.sub(MODULUS) {
            rest = less;
        }
        rest.scalar()
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        let (a, b) = (self.limbs(), other.limbs());
        let mut limbs = [0u64; 8];
        for (i, a) in a.iter().enumerate() {
            let mut carry = 0u128;
            for (j, b) in b.iter().enumerate() {
                let sum = u128::from(*a) * u128::from(*b) + u128::from(limbs[i + j]) + carry;
                #[expect(clippy::cast_possible_truncation, reason = "the rest is carried")]
                let low = sum as u64;
                (limbs[i + j], carry) = (low, sum >> 64);
            }
            #[expect(clippy::cast_possible_truncation, reason = "a carry fits a limb")]
            let last = carry as u64;
            limbs[i + 4] = last;
        }
        let [a, b, c, d, high @ ..] = limbs;
        let half = |low: u64, high: u64| u128::from(high) << 64 | u128::from(low);
        (high == [0; 4]).then(|| Self { high: half(c, d), low: half(a, b) })
    }
}

/// A factor as the integer closest to zero that represents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) negative: bool,
    pub(super) size: Int,
}

impl Signed {
    pub(super) fn of(value: &BlsScalar) -> Self {
        let int = Int::of(value);
        match MODULUS.sub(int) {
            Some(other) if other < int => Self { negative: true, size: other },
            _ => Self { negative: false, size: int },
        }
    }
}

/// The elements `low, low + 1, …, low + width`: an interval modulo p, which may wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: BlsScalar,
    /// The number of elements less one; below p.
    pub(super) width: Int,
}

impl Interval {
    pub(super) fn full() -> Self {
        Self { low: BlsScalar::zero(), width: MODULUS.sub(Int::ONE).unwrap_or(Int::ZERO) }
    }

    pub(super) fn constant(value: BlsScalar) -> Self {
        Self { low: value, width: Int::ZERO }
    }

    pub(super) fn up_to(width: Int) -> Self {
        Self { low: BlsScalar::zero(), width }
    }

    pub(super) fn is_full(&self) -> bool {
        self.width.add(Int::ONE).is_none_or(|count| count >= MODULUS)
    }

    pub(super) fn value(&self) -> Option<BlsScalar> {
        (self.width == Int::ZERO).then_some(self.low)
    }

    pub(super) fn high(&self) -> BlsScalar {
        self.low + self.width.scalar()
    }

    pub(super) fn contains(&self, value: &BlsScalar) -> bool {
        Int::of(&(value - self.low)) <= self.width
    }

    /// All sums of two elements, one of each interval; `None` if they may be all elements.
    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        let width = self.width.add(other.width)?;
        let interval = Self { low: self.low + other.low, width };
        (width < MODULUS && !interval.is_full()).then_some(interval)
    }

    /// All multiples by a nonzero factor; `None` if they may be all elements.
    pub(super) fn times(&self, factor: &BlsScalar) -> Option<Self> {
        if self.width == Int::ZERO {
            return Some(Self::constant(self.low * factor));
        }
        let signed = Signed::of(factor);
        let width = self.width.mul(signed.size)?;
        let low = if signed.negative { self.high() * factor } else { self.low * factor };
        let interval = Self { low, width };
        (width < MODULUS && !interval.is_full()).then_some(interval)
    }

    /// All products of two elements, one of each interval, if both intervals contain only small non-negative numbers.
    pub(super) fn product(&self, other: &Self) -> Option<Self> {
        let bounds = |interval: &Self| {
            let low = Int::of(&interval.low);
            let high = low.add(interval.width)?;
            (high < MODULUS).then_some((low, high))
        };
        let ((a, b), (c, d)) = (bounds(self)?, bounds(other)?);
        let (low, high) = (a.mul(c)?, b.mul(d)?);
        (high < MODULUS).then_some(())?;
        let interval = Self { low: low.scalar(), width: high.sub(low)? };
        (!interval.is_full()).then_some(interval)
    }

    /// An interval that contains the intersection of both, if it is smaller than this one. `None` also if the
    /// intersection is empty: then no values satisfy the circuit, and nothing follows.
    pub(super) fn narrowed(&self, other: &Self) -> Option<Self> {
        let offset = Int::of(&(other.low - self.low));
        let end = offset.add(other.width)?;
        let (from, to) = if end < MODULUS {
            if offset > self.width {
                return None;
            }
            (offset, end.min(self.width))
        } else if offset > self.width {
            (Int::ZERO, end.sub(MODULUS)?.min(self.width))
        } else {
            // The intersection has two pieces: the smaller of the two intervals contains them.
            return (other.width < self.width).then_some(*other);
        };
        let width = to.sub(from)?;
        (width < self.width).then(|| Self { low: self.low + from.scalar(), width })
    }

    /// The interval without an element, if the element is one of its ends.
    pub(super) fn without(&self, value: &BlsScalar) -> Option<Self> {
        let width = self.width.sub(Int::ONE)?;
        if *value == self.low {
            return Some(Self { low: self.low + BlsScalar::one(), width });
        }
        (*value == self.high()).then_some(Self { low: self.low, width })
    }
}
