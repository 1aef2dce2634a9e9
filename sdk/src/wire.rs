//! The encoding of arguments, results and events: rkyv 0.7 with 32-bit relative pointers, root at the end.
//!
//! A contract, its data driver and its tests use the same writer and the same checks, so that they cannot disagree.
//! Decoded bytes are untrusted: the decoder always validates them and bounds their nesting.

use alloc::vec::Vec;
use core::alloc::Layout;
use core::fmt;
use core::ptr::NonNull;

use bytecheck::CheckBytes;
use rkyv::ser::{ScratchSpace, Serializer};
use rkyv::validation::check_archived_root_with_context;
use rkyv::validation::validators::ArchiveValidator;
use rkyv::vec::{ArchivedVec, VecResolver};
use rkyv::{AlignedVec, Archive, Deserialize, Fallible, Infallible, Serialize};

/// The maximum length of an argument, a result or an event's data: the size of the argument buffer.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The maximum nesting of values. The decoder rejects a deeper argument before it exhausts the stack.
pub const MAX_DEPTH: usize = 64;

/// A value with an encoding.
///
/// Every type with the rkyv traits implements it. The values of contracts implement [`Value`](crate::Value) as well,
/// which adds the JSON form.
pub trait Wire: Sized {
    /// Writes the value to the beginning of `buffer` and returns its length in bytes.
    ///
    /// # Errors
    /// [`Overflow`] if it does not fit.
    fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, Overflow>;

    /// Reads a value from bytes at an address aligned to 16.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes do not encode such a value.
    fn decode_aligned(bytes: &[u8]) -> Result<Self, Malformed>;

    /// Writes the value to a vector.
    ///
    /// # Errors
    /// [`Overflow`] if it is larger than [`MAX_VALUE_BYTES`].
    fn encode(&self) -> Result<Vec<u8>, Overflow> {
        written(&mut |buffer| self.encode_into(buffer))
    }

    /// Reads a value from bytes at any address.
    ///
    /// # Errors
    /// [`Malformed`] if the bytes do not encode such a value.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut aligned = AlignedVec::with_capacity(bytes.len());
        aligned.extend_from_slice(bytes);
        Self::decode_aligned(&aligned)
    }
}

/// A vector of what is written to a buffer. It is not generic, so a contract has it once for all types.
#[inline(never)]
fn written(write: &mut dyn FnMut(&mut [u8]) -> Result<usize, Overflow>) -> Result<Vec<u8>, Overflow> {
    let mut buffer = alloc::vec![0; MAX_VALUE_BYTES];
    let length = write(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

impl<T> Wire for T
where
    T: Archive + for<'a> Serialize<Writer<'a>>,
    T::Archived: for<'a> CheckBytes<ArchiveValidator<'a>> + Deserialize<T, Infallible>,
{
    fn encode_into(&self, buffer: &mut [u8]) -> Result<usize, Overflow> {
        write(self, buffer)
    }

    fn decode_aligned(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut validator = ArchiveValidator::with_max_depth(bytes, MAX_DEPTH);
        let archived = check_archived_root_with_context::<T, _>(bytes, &mut validator).map_err(|_| Malformed)?;
        match archived.deserialize(&mut Infallible) {
            Ok(value) => Ok(value),
            Err(never) => match never {},
        }
    }
}

/// Writes a value to the beginning of `buffer` and returns its length in bytes, as [`Wire::encode_into`] does. It takes
/// also what is only written, and never read.
pub(crate) fn write<T: for<'a> Serialize<Writer<'a>>>(value: &T, buffer: &mut [u8]) -> Result<usize, Overflow> {
    let mut writer = Writer { buffer, length: 0 };
    writer.serialize_value(value)?;
    Ok(writer.length)
}

/// Bytes that are encoded as a `Vec<u8>`, copied as they are: rkyv encodes those of a vector one by one.
#[derive(Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Archive for Bytes<'_> {
    type Archived = ArchivedVec<u8>;
    type Resolver = VecResolver;

    unsafe fn resolve(&self, place: usize, resolver: VecResolver, out: *mut ArchivedVec<u8>) {
        // SAFETY: the caller passes the place of an archived vector, and the resolver of `serialize`.
        unsafe { ArchivedVec::resolve_from_len(self.0.len(), place, resolver, out) };
    }
}

impl<S: Serializer + ?Sized> Serialize<S> for Bytes<'_> {
    fn serialize(&self, serializer: &mut S) -> Result<VecResolver, S::Error> {
        // SAFETY: an archived byte is the byte.
        unsafe { ArchivedVec::serialize_copy_from_slice(self.0, serializer) }
    }
}

/// The error of a value that does not fit into the argument buffer of [`MAX_VALUE_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is larger than the argument buffer of 65536 bytes")
    }
}

impl core::error::Error for Overflow {}

/// The error of bytes that do not encode a value of the requested type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are not a value of this type")
    }
}

impl core::error::Error for Malformed {}

/// Writes rkyv values to a buffer of fixed size.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl Fallible for Writer<'_> {
    type Error = Overflow;
}

impl Serializer for Writer<'_> {
    fn pos(&self) -> usize {
        self.length
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Overflow> {
        let end = self.length + bytes.len();
        self.buffer.get_mut(self.length..end).ok_or(Overflow)?.copy_from_slice(bytes);
        self.length = end;
        Ok(())
    }
}

impl ScratchSpace for Writer<'_> {
    unsafe fn push_scratch(&mut self, layout: Layout) -> Result<NonNull<[u8]>, Overflow> {
        // SAFETY: the caller guarantees that the size of `layout` is not zero.
        let start = unsafe { alloc::alloc::alloc(layout) };
        let start = NonNull::new(start).ok_or(Overflow)?;
        Ok(NonNull::slice_from_raw_parts(start, layout.size()))
    }

    unsafe fn pop_scratch(&mut self, start: NonNull<u8>, layout: Layout) -> Result<(), Overflow> {
        // SAFETY: the caller guarantees that `push_scratch` has returned this for the same layout.
        unsafe { alloc::alloc::dealloc(start.as_ptr(), layout) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;

    #[test]
    fn plain_values_have_the_bytes_of_the_production_encoding() {
        assert!(().encode().unwrap().is_empty());
        assert_eq!(7u64.encode().unwrap(), 7u64.to_le_bytes());
        assert_eq!(true.encode().unwrap(), [1]);
        assert_eq!(Some(7u32).encode().unwrap(), [1, 0, 0, 0, 7, 0, 0, 0]);
        assert_eq!(None::<u32>.encode().unwrap(), [0; 8]);
        assert_eq!(String::from("dusk").encode().unwrap(), *b"dusk\0\0\0\x04");
        assert_eq!(vec![1u8, 2, 3].encode().unwrap(), [1, 2, 3, 0, 0xfc, 0xff, 0xff, 0xff, 3, 0, 0, 0]);
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        assert_eq!(vec![0u8; MAX_VALUE_BYTES - 8].encode().unwrap().len(), MAX_VALUE_BYTES);
        assert_eq!(vec![0u8; MAX_VALUE_BYTES - 7].encode(), Err(Overflow));
        assert_eq!(1u64.encode_into(&mut [0; 7]), Err(Overflow));
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert_eq!(u64::decode(&[0; 7]), Err(Malformed));
        assert_eq!(bool::decode(&[2]), Err(Malformed));
        assert_eq!(String::decode(&[0xff; 8]), Err(Malformed));
        // A vector that claims 2^32 - 1 elements, and one whose pointer is before the buffer.
        assert_eq!(Vec::<u64>::decode(&[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), Err(Malformed));
        assert_eq!(Vec::<u8>::decode(&[0, 0, 0, 0x80, 1, 0, 0, 0]), Err(Malformed));
    }

    #[test]
    fn borrowed_bytes_are_encoded_as_owned_ones() {
        let mut buffer = vec![0; 256];
        let (bytes, numbers) = ([1, 2, 3, 4, 5, 6], vec![7u64, 8]);
        let length = write(&(Bytes(&bytes), Bytes(&[]), numbers.clone()), &mut buffer).unwrap();
        assert_eq!(buffer[..length], (bytes.to_vec(), Vec::<u8>::new(), numbers).encode().unwrap());
        assert_eq!(write(&Bytes(&bytes), &mut buffer[..13]), Err(Overflow));
    }

    #[test]
    fn bytes_at_any_address_are_read() {
        let mut bytes = vec![0];
        bytes.extend(42u64.encode().unwrap());
        assert_eq!(u64::decode(&bytes[1..]), Ok(42));
    }
}
