//! Ids of contracts.

use core::cmp::Ordering;
use core::convert::Infallible;
use core::fmt;

use bytecheck::CheckBytes;
use rkyv::{Archive, Deserialize, Fallible, Serialize};

/// The id of a contract on the chain: 32 bytes, which the deployment determines.
///
/// Its encoding is that of the id in `dusk-core`. Its text form is its 64 hexadecimal digits.
///
/// ```
/// # use dusk_sdk::ContractId;
/// assert_eq!(ContractId::from_bytes([7; 32]).to_string(), "07".repeat(32));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct ContractId([u8; Self::BYTES]);

impl ContractId {
    /// The length of an id.
    pub const BYTES: usize = 32;

    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// The bytes of the id, by reference.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl PartialOrd for ContractId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of the bytes, as text sorts its digits. It is a function of its own: the compiler would copy it into every
/// search of a map, and it is long.
impl Ord for ContractId {
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        let (own, other) = (self.0.as_chunks::<8>().0, other.0.as_chunks::<8>().0);
        own.iter()
            .zip(other)
            .find(|(own, other)| own != other)
            .map_or(Ordering::Equal, |(own, other)| u64::from_be_bytes(*own).cmp(&u64::from_be_bytes(*other)))
    }
}

/// Its own archived form: rkyv's would be copied byte by byte.
impl Archive for ContractId {
    type Archived = Self;
    type Resolver = ();

    unsafe fn resolve(&self, _: usize, (): (), out: *mut Self) {
        // SAFETY: the caller passes a place for an id.
        unsafe { out.write(*self) };
    }
}

impl<S: Fallible + ?Sized> Serialize<S> for ContractId {
    fn serialize(&self, _: &mut S) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<D: Fallible + ?Sized> Deserialize<Self, D> for ContractId {
    fn deserialize(&self, _: &mut D) -> Result<Self, D::Error> {
        Ok(*self)
    }
}

impl<C: ?Sized> CheckBytes<C> for ContractId {
    type Error = Infallible;

    unsafe fn check_bytes<'a>(value: *const Self, _: &mut C) -> Result<&'a Self, Infallible> {
        // SAFETY: the caller passes an address with enough bytes, and any bytes are an id.
        Ok(unsafe { &*value })
    }
}

impl From<[u8; Self::BYTES]> for ContractId {
    fn from(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for ContractId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<[u8; Self::BYTES]> for ContractId {
    fn eq(&self, bytes: &[u8; Self::BYTES]) -> bool {
        self.0 == *bytes
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_are_ordered_by_their_bytes(own: [u8; 32], other: [u8; 32], same in 0usize..=32) {
            let mut other = other;
            other[..same].copy_from_slice(&own[..same]);
            let ids = [own, other].map(ContractId::from_bytes);
            prop_assert_eq!(ids[0].cmp(&ids[1]), own.cmp(&other));
        }
    }
}
