//! Points of the curve JubJub, and their scalars.

use alloc::string::String;
use core::fmt;
use core::ops::{Add, Mul, Neg, Sub};

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::{GENERATOR, GENERATOR_NUMS, JubJubAffine, JubJubExtended, JubJubScalar};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Field, hex, subgroup};

/// A point of JubJub in the subgroup of prime order, including the neutral point: keys, commitments, ciphertexts.
///
/// In JSON it is the hexadecimal text of its 32 bytes: the ordinate, least significant byte first, with the lowest bit
/// of the abscissa as the highest bit. These are the bytes of a `JubJubAffine`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point(JubJubAffine);

/// The reason why there is no such point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAPoint {
    /// The ordinate is not below the order of the field.
    #[error("the bytes are not a point: their number is above the order of the field")]
    Encoding,
    /// There is no such point on the curve.
    #[error("the point is not on the curve JubJub")]
    OffCurve,
    /// It is on the curve, but outside the subgroup of prime order.
    #[error(
        "the point is on the curve JubJub, but outside the subgroup of prime order; keys and commitments never are"
    )]
    OutsideSubgroup,
}

impl Point {
    /// The generator of keys, ciphertexts, and of the values in commitments: `dusk_jubjub::GENERATOR`.
    pub const GENERATOR: Self = Self(GENERATOR);
    /// The generator for the blinding of commitments: `dusk_jubjub::GENERATOR_NUMS`. Nobody knows its discrete
    /// logarithm.
    pub const GENERATOR_NUMS: Self = Self(GENERATOR_NUMS);
    /// The neutral point.
    pub const IDENTITY: Self = Self(JubJubAffine::identity());

    /// Creates the point with these coordinates.
    ///
    /// # Errors
    /// [`NotAPoint`] if it is off the curve or outside the subgroup.
    pub fn from_coordinates(u: Field, v: Field) -> Result<Self, NotAPoint> {
        Self::checked(JubJubAffine::from_raw_unchecked(u.scalar(), v.scalar()))
    }

    /// Decodes the point with these bytes.
    ///
    /// # Errors
    /// [`NotAPoint`] if there is none in the subgroup.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAPoint> {
        Self::checked(decode(bytes)?)
    }

    fn checked(point: JubJubAffine) -> Result<Self, NotAPoint> {
        let (u, v) = (point.get_u(), point.get_v());
        if !subgroup::is_on_curve(&u, &v) {
            return Err(NotAPoint::OffCurve);
        }
        if subgroup::contains(&u, &v) { Ok(Self(point)) } else { Err(NotAPoint::OutsideSubgroup) }
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        JubJubAffine::to_bytes(&self.0)
    }

    /// The abscissa, which is unique within the subgroup.
    #[must_use]
    pub fn u(&self) -> Field {
        self.0.get_u().into()
    }

    /// The ordinate.
    #[must_use]
    pub fn v(&self) -> Field {
        self.0.get_v().into()
    }

    /// The point of `dusk-jubjub`.
    #[must_use]
    pub fn affine(&self) -> JubJubAffine {
        self.0
    }

    /// The point of `dusk-jubjub`, in the form that `dusk-core` uses in keys.
    #[must_use]
    pub fn extended(&self) -> JubJubExtended {
        self.0.into()
    }

    pub(super) fn of(point: JubJubExtended) -> Self {
        Self(point.into())
    }
}

/// The point on the curve with these bytes, in the subgroup or not.
fn decode(bytes: &[u8; 32]) -> Result<JubJubAffine, NotAPoint> {
    let mut ordinate = *bytes;
    ordinate[31] &= 0x7f;
    let ordinate: Option<BlsScalar> = BlsScalar::from_bytes(&ordinate).into();
    ordinate.ok_or(NotAPoint::Encoding)?;
    let point: Option<JubJubAffine> = JubJubAffine::from_bytes(*bytes).into();
    point.ok_or(NotAPoint::OffCurve)
}

impl TryFrom<JubJubAffine> for Point {
    type Error = NotAPoint;

    fn try_from(point: JubJubAffine) -> Result<Self, NotAPoint> {
        Self::checked(point)
    }
}

impl TryFrom<JubJubExtended> for Point {
    type Error = NotAPoint;

    fn try_from(point: JubJubExtended) -> Result<Self, NotAPoint> {
        Self::checked(point.into())
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::of(self.extended() + other.extended())
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::of(self.extended() - other.extended())
    }
}

impl Neg for Point {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Mul<&Scalar> for Point {
    type Output = Self;

    fn mul(self, scalar: &Scalar) -> Self {
        Self::of(self.extended() * scalar.0)
    }
}

impl Zeroize for Point {
    /// Sets it to the neutral point.
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.to_bytes())
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let strange = || D::Error::invalid_value(Unexpected::Str(&text), &"a point: 64 hexadecimal digits");
        let bytes = hex::decode(&text).ok_or_else(strange)?;
        Self::from_bytes(&bytes).map_err(D::Error::custom)
    }
}

/// A number below the order of JubJub's subgroup: secret keys, blindings, nonces. It is wiped when dropped, and never
/// printed.
///
/// In JSON it is the hexadecimal text of its 32 bytes, least significant first, or a small number.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Scalar(JubJubScalar);

/// The error of bytes that are not a scalar: the number is not below the order of JubJub's subgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number above the order of JubJub's subgroup")]
pub struct NotAScalar;

impl Scalar {
    /// Decodes the scalar with these bytes, least significant first.
    ///
    /// # Errors
    /// [`NotAScalar`] if the number is not below the order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAScalar> {
        Option::from(JubJubScalar::from_bytes(bytes)).map(Self).ok_or(NotAScalar)
    }

    /// Reduces the number with these bytes, least significant first. 64 random bytes give a nearly uniformly
    /// distributed scalar.
    #[must_use]
    pub fn from_bytes_wide(bytes: &[u8; 64]) -> Self {
        Self(JubJubScalar::from_bytes_wide(bytes))
    }

    /// Its 32 bytes, least significant first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The point that this secret shares with somebody who sent these bytes of a point: `8·self·point`.
    ///
    /// The factor 8 takes every point of the curve into the subgroup of prime order. So the bytes may come from an
    /// adversary, and the test for the subgroup, which takes as long as the multiplication, is not needed. The result
    /// is the neutral point if the point has small order.
    ///
    /// # Errors
    /// [`NotAPoint::Encoding`] and [`NotAPoint::OffCurve`].
    pub fn shared(&self, point: &[u8; 32]) -> Result<Point, NotAPoint> {
        let eightfold = JubJubExtended::from(decode(point)?).double().double().double();
        Ok(Point::of(eightfold * self.0))
    }

    /// The scalar of `dusk-jubjub`.
    #[must_use]
    pub fn scalar(&self) -> &JubJubScalar {
        &self.0
    }

    /// The same number as a field element: the order of the subgroup is below that of the field.
    #[must_use]
    pub fn field(&self) -> Field {
        self.in_field().into()
    }

    pub(crate) fn in_field(&self) -> BlsScalar {
        Option::from(BlsScalar::from_bytes(&self.0.to_bytes())).unwrap_or_default()
    }
}

impl From<JubJubScalar> for Scalar {
    fn from(scalar: JubJubScalar) -> Self {
        Self(scalar)
    }
}

impl From<u64> for Scalar {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl Zeroize for Scalar {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl Drop for Scalar {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Scalar {}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Hex<'a>(&'a Scalar);

        impl fmt::Display for Hex<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(f, &self.0.to_bytes())
            }
        }

        serializer.collect_str(&Hex(self))
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scalar of JubJub: 64 hexadecimal digits, or a number")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::from(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                u64::try_from(number).map(Scalar::from).map_err(|_| E::custom("a scalar is not negative"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                // The text may be a secret: the error does not repeat it.
                let bytes = hex::decode(text).ok_or_else(|| E::custom("a scalar has 64 hexadecimal digits"))?;
                Scalar::from_bytes(&bytes).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Text)
    }
}
