//! The values of all wires of a circuit for one witness.

use alloc::vec::Vec;
use core::fmt;

use dusk_bls12_381::BlsScalar;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::layout::Wire;

/// The value of each wire for one witness, and the public inputs in order. These values are as secret as the witness:
/// they are wiped when dropped, and never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    values: Vec<BlsScalar>,
    public: Vec<BlsScalar>,
}

impl Assignment {
    /// Creates an assignment from values and public inputs, as another process computed them. [`check`](crate::check)
    /// decides whether they fit a layout.
    #[must_use]
    pub fn from_parts(values: Vec<BlsScalar>, public: Vec<BlsScalar>) -> Self {
        Self { values, public }
    }

    /// The values, by wire index.
    #[must_use]
    pub fn values(&self) -> &[BlsScalar] {
        &self.values
    }

    /// The public inputs, in order.
    #[must_use]
    pub fn public(&self) -> &[BlsScalar] {
        &self.public
    }

    pub(crate) fn try_get(&self, wire: Wire) -> Option<&BlsScalar> {
        self.values.get(wire.index())
    }

    /// Makes room for the values of a circuit, before there are any.
    pub(crate) fn with_capacity(wires: usize) -> Self {
        Self { values: Vec::with_capacity(wires), public: Vec::new() }
    }

    pub(crate) fn push(&mut self, value: BlsScalar) {
        if self.values.len() == self.values.capacity() {
            // Growing in place would leave a copy that is not wiped.
            let mut larger = Vec::with_capacity((2 * self.values.len()).max(1024));
            larger.extend_from_slice(&self.values);
            wipe(&mut self.values);
            self.values = larger;
        }
        self.values.push(value);
    }

    pub(crate) fn publish(&mut self, value: BlsScalar) {
        self.public.push(value);
    }

    /// Replaces the value of a wire, as a dishonest prover would.
    pub fn replace(&mut self, wire: Wire, value: BlsScalar) {
        self.values[wire.index()] = value;
    }
}

/// The bytes of one value: the limbs of its Montgomery form, which is unique, least significant first. Tests send every
/// value of every witness, so none is converted.
const VALUE_BYTES: usize = 32;
/// The number of public inputs comes first.
const COUNT_BYTES: usize = 4;
/// The order of the field, as limbs.
const ORDER: [u64; 4] = [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// The reason why bytes are not an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentBytesError {
    /// They have another length than the stated numbers of values.
    #[error("the values cannot be read: {0} bytes do not hold the stated number of values")]
    Length(usize),
    /// A value is not below the order of the field.
    #[error("the values cannot be read: value {0} is not below the order of the field")]
    Order(usize),
}

/// The encoding for another process of the same machine. It is as secret as the values.
impl Assignment {
    /// Encodes the values; the bytes are wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Sufficient capacity from the start: growing would leave copies.
        let room = COUNT_BYTES + VALUE_BYTES * (self.values.len() + self.public.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.extend_from_slice(&u32::try_from(self.public.len()).unwrap_or(u32::MAX).to_le_bytes());
        for limb in self.public.iter().chain(&self.values).flat_map(|value| value.0) {
            bytes.extend_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    /// Overwrites an encoding. Projects compile this package with optimisations, but not their own packages, where this
    /// would take as long as a proof.
    #[inline(never)]
    pub fn wipe(bytes: &mut Vec<u8>) {
        // As a slice, which is overwritten as a whole; the elements of a `Vec` are, one by one.
        bytes.as_mut_slice().zeroize();
        bytes.spare_capacity_mut().zeroize();
        bytes.clear();
    }

    /// Decodes the values.
    ///
    /// # Errors
    /// [`AssignmentBytesError`] if the bytes were not made by [`Assignment::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AssignmentBytesError> {
        let (count, rest) =
            bytes.split_first_chunk::<COUNT_BYTES>().ok_or(AssignmentBytesError::Length(bytes.len()))?;
        let (values, []) = rest.as_chunks::<VALUE_BYTES>() else {
            return Err(AssignmentBytesError::Length(bytes.len()));
        };
        let count = usize::try_from(u32::from_le_bytes(*count)).ok();
        let (public, values) =
            count.and_then(|count| values.split_at_checked(count)).ok_or(AssignmentBytesError::Length(bytes.len()))?;
        let mut assignment =
            Self { values: Vec::with_capacity(values.len()), public: Vec::with_capacity(public.len()) };
        for (index, value) in public.iter().enumerate() {
            assignment.public.push(scalar(value).ok_or(AssignmentBytesError::Order(index))?);
        }
        for (index, value) in values.iter().enumerate() {
            assignment.values.push(scalar(value).ok_or(AssignmentBytesError::Order(public.len() + index))?);
        }
        Ok(assignment)
    }
}

fn scalar(bytes: &[u8; VALUE_BYTES]) -> Option<BlsScalar> {
    let (limbs, _) = bytes.as_chunks::<8>();
    let limbs: [u64; 4] = core::array::from_fn(|i| u64::from_le_bytes(limbs[i]));
    limbs.iter().rev().lt(ORDER.iter().rev()).then_some(BlsScalar(limbs))
}

impl Serialize for Assignment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_bytes())
    }
}

impl<'de> Deserialize<'de> for Assignment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Assignment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of an assignment")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Assignment, E> {
                Assignment::from_bytes(bytes).map_err(E::custom)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

fn wipe(values: &mut [BlsScalar]) {
    values.iter_mut().for_each(|value| value.0.zeroize());
}

impl Drop for Assignment {
    fn drop(&mut self) {
        wipe(&mut self.values);
    }
}

impl ZeroizeOnDrop for Assignment {}

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assignment({} values, {} public)", self.values.len(), self.public.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Assignment {
        let [zero, one] = [BlsScalar::zero(), BlsScalar::one()];
        Assignment::from_parts(alloc::vec![zero, one, -one], alloc::vec![BlsScalar::from(7)])
    }

    #[test]
    fn an_assignment_is_read_as_it_was_written() {
        for assignment in [some(), Assignment::default()] {
            assert!(Assignment::from_bytes(&assignment.to_bytes()).unwrap() == assignment);
            let nested = postcard::to_allocvec(&assignment).unwrap();
            assert!(postcard::from_bytes::<Assignment>(&nested).unwrap() == assignment);
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        let bytes = some().to_bytes();
        for length in (0..bytes.len()).filter(|length| (length % VALUE_BYTES) != COUNT_BYTES) {
            assert_eq!(Assignment::from_bytes(&bytes[..length]), Err(AssignmentBytesError::Length(length)));
        }
        for count in [5, u32::MAX] {
            let mut counted = bytes.to_vec();
            counted[..COUNT_BYTES].copy_from_slice(&count.to_le_bytes());
            assert_eq!(Assignment::from_bytes(&counted), Err(AssignmentBytesError::Length(bytes.len())));
        }
        // The order itself, and everything above, in the first and in the last value.
        for place in [0, 3] {
            for above in [ORDER, [0, 0, 0, ORDER[3] + 1], [u64::MAX; 4]] {
                let mut larger = bytes.to_vec();
                for (limb, at) in above.iter().zip((COUNT_BYTES + place * VALUE_BYTES..).step_by(8)) {
                    larger[at..at + 8].copy_from_slice(&limb.to_le_bytes());
                }
                assert_eq!(Assignment::from_bytes(&larger), Err(AssignmentBytesError::Order(place)));
            }
        }
        assert_eq!(scalar(&[0; VALUE_BYTES]), Some(BlsScalar::zero()));
    }

    #[test]
    fn the_order_is_that_of_the_field() {
        let mut bytes = (-BlsScalar::one()).to_bytes();
        bytes[0] += 1;
        let (limbs, _) = bytes.as_chunks::<8>();
        assert_eq!(ORDER, core::array::from_fn(|i| u64::from_le_bytes(limbs[i])));
    }
}
