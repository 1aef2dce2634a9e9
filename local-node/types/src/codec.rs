//! Reading and writing the chain's binary forms.
//!
//! Integers are little-endian. A [`Reader`] never allocates from a length that it has not compared with a limit and
//! with the bytes that are really there, so hostile input costs no more than its own size. Source: the book,
//! "Consensus", section "Structures", and "The network", section "Messages".
//!
//! ```
//! use local_node_types::codec::{Decode, DecodeError, Encode};
//! use local_node_types::ledger::Vote;
//!
//! assert_eq!(Vote::NoQuorum.encoded(), [3]);
//! assert_eq!(Vote::decode_all(&[3]), Ok(Vote::NoQuorum));
//! // A valid vote names a candidate by its hash of 32 bytes; here they are missing.
//! assert_eq!(Vote::decode_all(&[1]), Err(DecodeError::Truncated { at: 1, wanted: 32, left: 0 }));
//! ```

/// Why bytes are not what they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ended early.
    #[error("the input ends at byte {at}: {wanted} more bytes were expected, {left} are left")]
    Truncated {
        /// Where reading stopped.
        at: usize,
        /// How many bytes the field needs.
        wanted: usize,
        /// How many there are.
        left: usize,
    },
    /// A tag or code has no meaning.
    #[error("{tag} at byte {at} is not a {what}")]
    UnknownTag {
        /// The type that the tag should name.
        what: &'static str,
        /// The tag.
        tag: u32,
        /// Where it stands.
        at: usize,
    },
    /// A list or field is longer than the protocol allows.
    #[error("{found} {what}: at most {most} are allowed")]
    TooMany {
        /// The name of the limited quantity.
        what: &'static str,
        /// How much the input announces.
        found: u64,
        /// The limit.
        most: u64,
    },
    /// Bytes follow the end of the value.
    #[error("{0} bytes follow the end of the value")]
    Trailing(usize),
    /// The bytes of a transaction do not decode.
    #[error("the transaction at byte {at} does not decode: {problem:?}")]
    Transaction {
        /// Where its protocol bytes begin.
        at: usize,
        /// The error of the decoder.
        problem: dusk_bytes::Error,
    },
}

/// A value that has one binary form.
pub trait Encode {
    /// Appends the binary form to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// The binary form.
    #[must_use]
    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// A value that can be read from its binary form.
pub trait Decode: Sized {
    /// Reads the value and moves the reader behind it.
    ///
    /// # Errors
    /// When the bytes are not the binary form of such a value.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads a value that fills `bytes` exactly.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and when bytes are left over.
    fn decode_all(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        match reader.remaining() {
            0 => Ok(value),
            left => Err(DecodeError::Trailing(left)),
        }
    }
}

/// A cursor over input bytes.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes have been read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let left = self.remaining();
        if count > left {
            return Err(DecodeError::Truncated { at: self.at, wanted: count, left });
        }
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// One byte.
    ///
    /// # Errors
    /// When none is left.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes as a number.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    /// A field with its length (`u32`) before it, of at most `most` bytes.
    ///
    /// # Errors
    /// When the announced length is above `most` or above what is left.
    pub fn sized(&mut self, what: &'static str, most: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.bounded(what, most)?;
        self.take(length)
    }

    /// The number of items (`u32`) of a list whose items take `least_bytes` each at least.
    ///
    /// # Errors
    /// When the announced number is above `most`, or could not fit in what is left.
    pub fn count(&mut self, what: &'static str, most: usize, least_bytes: usize) -> Result<usize, DecodeError> {
        let count = self.bounded(what, most)?;
        let (wanted, left) = (count.saturating_mul(least_bytes), self.remaining());
        if wanted > left {
            return Err(DecodeError::Truncated { at: self.at, wanted, left });
        }
        Ok(count)
    }

    fn bounded(&mut self, what: &'static str, most: usize) -> Result<usize, DecodeError> {
        let found = self.u32()?;
        usize::try_from(found).ok().filter(|&length| length <= most).ok_or(DecodeError::TooMany {
            what,
            found: found.into(),
            most: most as u64,
        })
    }

    /// The error for a tag that was just read and has no meaning.
    /// The error for a tag, which was the last byte read, that stands for nothing.
    #[must_use]
    pub fn unknown_tag(&self, what: &'static str, tag: u8) -> DecodeError {
        DecodeError::UnknownTag { what, tag: tag.into(), at: self.at.saturating_sub(1) }
    }
}

/// Writes the number of items of a list as `u32`.
///
/// # Panics
/// When there are 2³² items or more, which no list in memory of ours has.
pub(crate) fn encode_count(count: usize, out: &mut Vec<u8>) {
    let count = u32::try_from(count).expect("a list has fewer than 2^32 items");
    out.extend(count.to_le_bytes());
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self);
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_there_and_no_more() {
        let mut reader = Reader::new(&[1, 2, 0, 3, 0, 0, 0]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u32(), Ok(3));
        assert_eq!(reader.u8(), Err(DecodeError::Truncated { at: 7, wanted: 1, left: 0 }));
    }

    #[test]
    fn a_length_beyond_its_limit_or_the_input_is_refused() {
        let announce = |length: u32| [length.to_le_bytes().as_slice(), &[9, 9]].concat();
        assert_eq!(Reader::new(&announce(2)).sized("bytes", 2), Ok([9, 9].as_slice()));
        assert!(matches!(Reader::new(&announce(3)).sized("bytes", 2), Err(DecodeError::TooMany { .. })));
        assert!(matches!(Reader::new(&announce(3)).sized("bytes", 9), Err(DecodeError::Truncated { .. })));
        assert!(matches!(Reader::new(&announce(u32::MAX)).sized("bytes", 9), Err(DecodeError::TooMany { .. })));
    }

    #[test]
    fn a_count_that_cannot_fit_is_refused_before_anything_is_made() {
        let announce = |count: u32| [count.to_le_bytes().as_slice(), &[0; 64]].concat();
        assert_eq!(Reader::new(&announce(2)).count("items", 10, 32), Ok(2));
        assert!(matches!(Reader::new(&announce(3)).count("items", 10, 32), Err(DecodeError::Truncated { .. })));
        assert!(matches!(Reader::new(&announce(11)).count("items", 10, 1), Err(DecodeError::TooMany { .. })));
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_eq!(<[u8; 2]>::decode_all(&[1, 2]), Ok([1, 2]));
        assert_eq!(<[u8; 2]>::decode_all(&[1, 2, 3]), Err(DecodeError::Trailing(1)));
    }
}
