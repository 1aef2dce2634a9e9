//! The bytes of a wallet's content: numbers of fixed width, least significant byte first, and lists after their length.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::Field;

/// Writes values one after the other. Memory that it leaves behind when it grows is wiped.
#[derive(Default)]
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.0.capacity()).max(1024)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, number: u8) {
        self.bytes(&[number]);
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    pub(super) fn field(&mut self, field: Field) {
        self.bytes(&field.to_bytes());
    }

    /// A list: its length, then each item.
    pub(super) fn list<T>(&mut self, items: impl ExactSizeIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) {
        self.u64(items.len() as u64);
        for each in items {
            item(self, each);
        }
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.u8(u8::from(value.is_some()));
        if let Some(value) = value {
            some(self, value);
        }
    }

    pub(super) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// The error of bytes that no writer has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strange;

/// Reads what [`Writer`] has written.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Strange> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Strange)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Strange> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Strange> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Strange> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn field(&mut self) -> Result<Field, Strange> {
        Field::from_bytes(&self.array()?).map_err(|_| Strange)
    }

    /// A list. No memory is taken in advance: the length may be a lie.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Strange>) -> Result<Vec<T>, Strange> {
        let length = self.u64()?;
        // Each item has a byte at least.
        if length > self.0.len() as u64 {
            return Err(Strange);
        }
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn option<T>(
        &mut self,
        some: impl FnOnce(&mut Self) -> Result<T, Strange>,
    ) -> Result<Option<T>, Strange> {
        match self.u8()? {
            0 => Ok(None),
            1 => some(self).map(Some),
            _ => Err(Strange),
        }
    }

    /// The end: nothing may follow.
    pub(super) fn end(self) -> Result<(), Strange> {
        if self.0.is_empty() { Ok(()) } else { Err(Strange) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_others_are_refused() {
        let mut writer = Writer::default();
        writer.u8(1);
        writer.u32(2);
        writer.u64(3);
        writer.field(Field::from(4));
        writer.list([5u8, 6].iter(), |writer, item| writer.u8(*item));
        writer.option(Some(7), Writer::u8);
        writer.option(None, Writer::u8);
        let bytes = writer.finish();
        let read = |bytes: &[u8]| -> Result<_, Strange> {
            let mut reader = Reader::new(bytes);
            let read = (
                reader.u8()?,
                reader.u32()?,
                reader.u64()?,
                reader.field()?,
                reader.list(Reader::u8)?,
                reader.option(Reader::u8)?,
                reader.option(Reader::u8)?,
            );
            reader.end()?;
            Ok(read)
        };
        let expected = (1, 2, 3, Field::from(4), alloc::vec![5, 6], Some(7), None);
        assert_eq!(read(&bytes), Ok(expected));
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), Err(Strange), "{length}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(read(&longer), Err(Strange));
        assert_eq!(Reader::new(&[0xff; 8]).list(Reader::u8), Err(Strange));
        assert_eq!(Reader::new(&[2]).option(Reader::u8), Err(Strange));
        assert_eq!(Reader::new(&[0xff; 32]).field(), Err(Strange));
    }
}
