//! Amounts of DUSK.

use alloc::string::String;
use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Mul, Sub, SubAssign};
use core::str::FromStr;

use bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Serialize};

use crate::runtime::fail::fail;
use crate::text::{push, push_decimal_u64};
use crate::value::Value;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

/// LUX in one DUSK.
const LUX_PER_DUSK: u64 = 1_000_000_000;
/// The decimal places of an amount in DUSK.
const PLACES: usize = 9;

/// An amount of DUSK, stored in LUX, the smallest unit: one DUSK is 10⁹ LUX.
///
/// The encoding is the number of LUX, as in the chain's own contracts. In JSON an amount is a string with the digits of
/// this number, as in production's documents. Addition, subtraction and multiplication revert the call if the result is
/// out of range; the `checked_…` functions return `None`.
///
/// ```
/// # use dusk_sdk::Dusk;
/// let price = Dusk::new(2) + Dusk::from_lux(500_000_000);
/// assert_eq!(price.to_string(), "2.5 DUSK");
/// assert_eq!("2.5 DUSK".parse(), Ok(price));
/// assert_eq!(price.lux(), 2_500_000_000);
/// assert_eq!(price.checked_sub(Dusk::new(3)), None);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Archive, Serialize, Deserialize)]
#[archive_attr(
    derive(CheckBytes, PartialEq, Eq, PartialOrd, Ord),
    repr(transparent),
    doc = "An amount on the wire: 64 bits.",
    allow(missing_debug_implementations, reason = "it is read through `Dusk` alone")
)]
pub struct Dusk(u64);

impl Dusk {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAX: Self = Self(u64::MAX);

    /// An amount of whole DUSK.
    ///
    /// # Panics
    /// If it is more than [`Dusk::MAX`], about 18.4·10⁹ DUSK.
    #[must_use]
    pub const fn new(dusk: u64) -> Self {
        match dusk.checked_mul(LUX_PER_DUSK) {
            Some(lux) => Self(lux),
            None => panic!("more DUSK than an amount can hold"),
        }
    }

    /// An amount in LUX (10⁻⁹ DUSK).
    #[must_use]
    pub const fn from_lux(lux: u64) -> Self {
        Self(lux)
    }

    /// The amount in LUX (10⁻⁹ DUSK).
    #[must_use]
    pub const fn lux(self) -> u64 {
        self.0
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` if it is out of range.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(lux) => Some(Self(lux)),
            None => None,
        }
    }

    /// The difference, or `None` if `other` is larger.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(lux) => Some(Self(lux)),
            None => None,
        }
    }

    /// The product, or `None` if it is out of range.
    #[must_use]
    pub const fn checked_mul(self, times: u64) -> Option<Self> {
        match self.0.checked_mul(times) {
            Some(lux) => Some(Self(lux)),
            None => None,
        }
    }

    /// The fraction `numerator / denominator` of the amount, rounded down to a whole LUX. The intermediate product
    /// cannot overflow. `None` if the denominator is 0 or the result is out of range.
    ///
    /// ```
    /// # use dusk_sdk::Dusk;
    /// assert_eq!(Dusk::new(10).part(1, 3), Some(Dusk::from_lux(3_333_333_333)));
    /// ```
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "it is compared before")]
    pub const fn part(self, numerator: u64, denominator: u64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let lux = self.0 as u128 * numerator as u128 / denominator as u128;
        if lux > u64::MAX as u128 { None } else { Some(Self(lux as u64)) }
    }
}

impl Add for Dusk {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or_else(|| fail("the sum of two amounts of DUSK is too large"))
    }
}

impl AddAssign for Dusk {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Dusk {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or_else(|| fail("more DUSK is taken away than there is"))
    }
}

impl SubAssign for Dusk {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<u64> for Dusk {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        self.checked_mul(times).unwrap_or_else(|| fail("the multiple of an amount of DUSK is too large"))
    }
}

impl Sum for Dusk {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Dusk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / LUX_PER_DUSK, self.0 % LUX_PER_DUSK);
        if rest == 0 {
            return write!(f, "{whole} DUSK");
        }
        let places = alloc::format!("{rest:0PLACES$}");
        write!(f, "{whole}.{} DUSK", places.trim_end_matches('0'))
    }
}

impl fmt::Debug for Dusk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of parsing a text that is not an amount of DUSK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAmount;

impl fmt::Display for NotAnAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount: write `2.5 DUSK` with at most 9 decimal places, or `100 LUX`")
    }
}

impl core::error::Error for NotAnAmount {}

/// Parses `2.5 DUSK` or `100 LUX`. The unit is required: a number without one could be wrong by a factor of 10⁹.
impl FromStr for Dusk {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let digits = |text: &str| -> Result<u64, NotAnAmount> {
            // `parse` would accept a sign.
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(NotAnAmount);
            }
            text.parse().map_err(|_| NotAnAmount)
        };
        if let Some(lux) = text.strip_suffix("LUX") {
            return digits(lux.trim_end()).map(Self);
        }
        let dusk = text.strip_suffix("DUSK").ok_or(NotAnAmount)?.trim_end();
        let (whole, places) = dusk.split_once('.').unwrap_or((dusk, "0"));
        if places.len() > PLACES {
            return Err(NotAnAmount);
        }
        let scale = (places.len()..PLACES).fold(1, |scale, _| scale * 10);
        let whole = digits(whole)?.checked_mul(LUX_PER_DUSK).ok_or(NotAnAmount)?;
        whole.checked_add(digits(places)? * scale).map(Self).ok_or(NotAnAmount)
    }
}

impl Value for Dusk {
    fn write_json(&self, out: &mut String) {
        push(out, "\"");
        push_decimal_u64(out, self.0);
        push(out, "\"");
    }

    /// Accepts a number of LUX, as a number or a string of digits, or a string with a unit: `"2.5 DUSK"`.
    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let text = json.as_str().and_then(|text| text.parse().ok());
        text.map_or_else(|| u64::read_json(json).map(Self), Ok)
            .map_err(|_| JsonError::expected("an amount (\"2.5 DUSK\", \"100 LUX\", or a number of LUX)", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Amount
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;
    use crate::wire::Wire;

    proptest! {
        #[test]
        fn amounts_are_read_as_they_are_shown(lux: u64) {
            let amount = Dusk::from_lux(lux);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            prop_assert_eq!(alloc::format!("{lux} LUX").parse(), Ok(amount));
            prop_assert_eq!(amount.encode().unwrap(), lux.to_le_bytes());
            prop_assert_eq!(Dusk::decode(&lux.to_le_bytes()), Ok(amount));
        }

        #[test]
        fn a_part_is_never_more_than_the_whole(lux: u64, of: u64, whole in 1..u64::MAX) {
            let part = Dusk::from_lux(lux).part(of.min(whole), whole);
            prop_assert!(part.is_some_and(|part| part.lux() <= lux));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "1",
            "DUSK",
            ".5 DUSK",
            "1. DUSK",
            "-1 DUSK",
            "+1 LUX",
            "1.5 LUX",
            "1.0000000001 DUSK",
            "1e3 DUSK",
            "18446744074 DUSK",
        ] {
            assert_eq!(text.parse::<Dusk>(), Err(NotAnAmount), "{text}");
        }
        assert_eq!("18446744073.709551615 DUSK".parse(), Ok(Dusk::MAX));
        assert_eq!(Dusk::MAX.part(2, 1), None);
        assert_eq!(Dusk::MAX.part(1, 0), None);
    }

    #[test]
    fn arithmetic_does_not_wrap() {
        use std::panic::catch_unwind;
        assert!(catch_unwind(|| Dusk::MAX + Dusk::from_lux(1)).is_err());
        assert!(catch_unwind(|| Dusk::ZERO - Dusk::from_lux(1)).is_err());
        assert!(catch_unwind(|| Dusk::MAX * 2).is_err());
        assert_eq!([Dusk::new(1), Dusk::new(2)].into_iter().sum::<Dusk>(), Dusk::new(3));
    }

    #[test]
    fn json_has_lux_as_text() {
        let mut out = String::new();
        Dusk::new(2).write_json(&mut out);
        assert_eq!(out, "\"2000000000\"");
        for text in ["\"2000000000\"", "2000000000", "\"2 DUSK\"", "\"2000000000 LUX\""] {
            assert_eq!(Dusk::read_json(&serde_json::from_str(text).unwrap()), Ok(Dusk::new(2)), "{text}");
        }
        assert!(Dusk::read_json(&serde_json::from_str("2.5").unwrap()).is_err());
    }
}
