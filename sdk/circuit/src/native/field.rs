//! Elements of the circuits' field.

use core::fmt;

use bytecheck::CheckBytes;
use dusk_bls12_381::BlsScalar;
use rkyv::{Archive, Deserialize, Fallible, Serialize};

use super::hex;

/// The order of the field, least significant limb first.
const MODULUS: [u64; 4] = [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// An element of the scalar field of BLS12-381: hashes, commitments, nullifiers and the public inputs of proofs.
///
/// Its encoding is that of a `BlsScalar` in `dusk-core`. An element that was decoded from an argument has one
/// representation only. A `BlsScalar` may have two, so a nullifier in a set of such scalars could be spent twice. In
/// JSON it is the hexadecimal text of its 32 bytes, least significant first.
///
/// ```
/// use dusk_sdk_circuit::native::Field;
/// assert_eq!(Field::from(2) + Field::from(3), Field::from(5));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Field(BlsScalar);

impl Field {
    /// Creates the element with these bytes, least significant first.
    ///
    /// # Errors
    /// [`NotAField`] if the number is not below the order of the field.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAField> {
        let mut number = [0; 4];
        for (limb, bytes) in number.iter_mut().zip(bytes.as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        if is_reduced(&number) { Ok(Self::from_limbs(&number)) } else { Err(NotAField) }
    }

    /// Reduces a number to an element; the least significant limb is first.
    ///
    /// `BlsScalar::from_raw` has the same result, but adds a second copy of the multiplication: 2 KB in a contract.
    ///
    /// ```
    /// use dusk_sdk_circuit::native::Field;
    /// assert_eq!(Field::from_limbs(&[7, 0, 0, 0]), Field::from(7));
    /// ```
    #[inline(never)]
    #[must_use]
    pub fn from_limbs(number: &[u64; 4]) -> Self {
        // The Montgomery form is the product with the square of 2^256.
        const SQUARE: BlsScalar = BlsScalar::from_raw(BlsScalar::from_raw([1, 0, 0, 0]).0);
        Self(BlsScalar::mul(&BlsScalar(*number), &SQUARE))
    }

    /// The 32 bytes of the element, least significant first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The element as a number, if it is below 2^64.
    ///
    /// ```
    /// use dusk_sdk_circuit::native::Field;
    /// assert_eq!(Field::from(7).to_u64(), Some(7));
    /// assert_eq!((-Field::from(7)).to_u64(), None);
    /// ```
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        let bytes = self.to_bytes();
        let (low, high) = bytes.split_first_chunk()?;
        high.iter().all(|byte| *byte == 0).then(|| u64::from_le_bytes(*low))
    }

    /// The scalar of `dusk-core`.
    #[must_use]
    pub fn scalar(&self) -> BlsScalar {
        self.0
    }
}

#[cfg(feature = "zk")]
impl zeroize::Zeroize for Field {
    fn zeroize(&mut self) {
        self.0.0.zeroize();
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
        Self::from_limbs(&[number, 0, 0, 0])
    }
}

impl core::ops::Neg for Field {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
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
        hex::write(f, &self.to_bytes())
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An encoded [`Field`]: the four limbs of its Montgomery form, as in an archived `BlsScalar`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ArchivedField([u64; 4]);

impl Archive for Field {
    type Archived = ArchivedField;
    type Resolver = ();

    unsafe fn resolve(&self, _: usize, (): (), out: *mut ArchivedField) {
        // SAFETY: the caller passes a place for an archived field element.
        unsafe { copy(&self.0.0, &raw mut (*out).0) };
    }
}

/// Copies an element. Contracts copy many when they encode values: a call takes a quarter of the bytes of the copy.
///
/// # Safety
/// `to` is aligned and may be written.
#[inline(never)]
unsafe fn copy(from: &[u64; 4], to: *mut [u64; 4]) {
    // SAFETY: guaranteed by the caller.
    unsafe { to.write(*from) };
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
    type Error = NotAField;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut C) -> Result<&'a Self, NotAField> {
        // SAFETY: the caller passes an aligned address with enough bytes, and any bytes are valid limbs.
        let field = unsafe { &*value };
        if is_reduced(&field.0) { Ok(field) } else { Err(NotAField) }
    }
}

/// Whether a number is below the order of the field. A function of its own: contracts check every element of every
/// argument by it.
#[inline(never)]
fn is_reduced(number: &[u64; 4]) -> bool {
    number.iter().rev().lt(MODULUS.iter().rev())
}

/// The error of bytes that are not a field element: the number is not below the order of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAField;

impl fmt::Display for NotAField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number above the order of the field")
    }
}

impl core::error::Error for NotAField {}
