//! Elements of the field that circuits compute in.

use alloc::string::String;
use core::fmt;

use bytecheck::CheckBytes;
use dusk_core::BlsScalar;
use rkyv::{Archive, Deserialize, Fallible, Serialize};

use crate::text::push_hex;
use crate::value::Value;
use crate::wire::Malformed;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    interface::{JsonError, Type, Types},
};

/// The order of the field, least significant limb first.
const MODULUS: [u64; 4] = [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// An element of the scalar field of BLS12-381: hashes, commitments, nullifiers and the public inputs of proofs.
///
/// It is written to the wire as `dusk-core` writes a `BlsScalar`. An element that was read from an argument has one
/// representation only; the plain scalar may have two, and a set of nullifiers of such scalars can be spent twice.
/// In JSON it is the hexadecimal text of its 32 bytes, least significant first.
///
/// ```
/// use dusk_sdk::Field;
/// assert_eq!(Field::from(2) + Field::from(3), Field::from(5));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Field(BlsScalar);

impl Field {
    /// The element with these bytes, least significant first.
    ///
    /// # Errors
    /// [`Malformed`] when the number is not below the order of the field.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, Malformed> {
        Option::from(BlsScalar::from_bytes(bytes)).map(Self).ok_or(Malformed)
    }

    /// The 32 bytes of the element, least significant first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The scalar of `dusk-core`.
    #[must_use]
    pub fn scalar(&self) -> BlsScalar {
        self.0
    }
}

impl From<BlsScalar> for Field {
    fn from(scalar: BlsScalar) -> Self {
        Self(scalar)
    }
}

impl From<Field> for BlsScalar {
    fn from(field: Field) -> Self {
        field.0
    }
}

impl From<u64> for Field {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

impl core::ops::Add for Field {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl core::ops::Sub for Field {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl core::ops::Mul for Field {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A [`Field`] on the wire: the four limbs of its Montgomery form, as in an archived `BlsScalar`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ArchivedField([u64; 4]);

const _: () = assert!(size_of::<ArchivedField>() == size_of::<<BlsScalar as Archive>::Archived>());
const _: () = assert!(align_of::<ArchivedField>() == align_of::<<BlsScalar as Archive>::Archived>());

impl Archive for Field {
    type Archived = ArchivedField;
    type Resolver = ();

    unsafe fn resolve(&self, _: usize, (): (), out: *mut ArchivedField) {
        // SAFETY: the caller gives a place for an archived field element.
        unsafe { (&raw mut (*out).0).write(self.0.0) };
    }
}

impl<S: Fallible + ?Sized> Serialize<S> for Field {
    fn serialize(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<D: Fallible + ?Sized> Deserialize<Field, D> for ArchivedField {
    fn deserialize(&self, _: &mut D) -> Result<Field, D::Error> {
        Ok(Field(BlsScalar(self.0)))
    }
}

impl<C: ?Sized> CheckBytes<C> for ArchivedField {
    type Error = Malformed;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut C) -> Result<&'a Self, Malformed> {
        // SAFETY: the caller gives an aligned address with enough bytes, and any bytes are valid limbs.
        let field = unsafe { &*value };
        if field.0.iter().rev().lt(MODULUS.iter().rev()) { Ok(field) } else { Err(Malformed) }
    }
}

impl Value for Field {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        push_hex(out, &self.to_bytes());
        out.push('"');
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let bytes = crate::interface::hex_array(json)?;
        Self::from_bytes(&bytes).map_err(|_| JsonError::expected("a field element (below the order)", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    #[test]
    fn a_field_element_is_a_scalar_on_the_wire() {
        for scalar in [BlsScalar::zero(), BlsScalar::one(), BlsScalar::from(7), -BlsScalar::one()] {
            let field = Field::from(scalar);
            assert_eq!(field.encode().unwrap(), scalar.encode().unwrap());
            assert_eq!(Field::decode(&scalar.encode().unwrap()), Ok(field));
            assert_eq!(Field::from_bytes(&scalar.to_bytes()), Ok(field));
        }
    }

    #[test]
    fn the_second_dress_of_a_scalar_is_refused() {
        let zero_again = MODULUS.map(u64::to_le_bytes).concat();
        assert_eq!(Field::decode(&zero_again), Err(Malformed));
        assert_eq!(Field::decode(&[0xff; 32]), Err(Malformed));
        assert!(BlsScalar::decode(&zero_again).is_ok());
    }
}
