//! A present or former note of the wallet.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::codec::{Reader, Strange, Writer};
use super::view::Place;
use crate::Field;
use crate::finance::confidential::Note;

/// A note of this wallet's owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    /// Its position in the tree.
    pub position: u64,
    /// The note.
    pub note: Note,
    /// The sender's memo: 31 bytes or a hash; 0 if there is none.
    pub memo: Field,
    /// Its nullifier.
    pub nullifier: Field,
    /// The place of the event that added it.
    pub created: Place,
    /// The place of the event that spent it.
    pub spent: Option<Place>,
    /// The height up to which a pending transfer of this wallet reserves it.
    pub reserved_until: Option<u64>,
}

impl Held {
    /// Whether it can be chosen for a transfer at a height.
    #[must_use]
    pub fn is_free(&self, height: u64) -> bool {
        self.spent.is_none() && self.reserved_until.is_none_or(|until| until < height)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u64(self.position);
        writer.u64(self.note.value);
        writer.field(self.note.owner);
        writer.field(self.note.rho);
        writer.field(self.memo);
        writer.field(self.nullifier);
        self.created.write(writer);
        writer.option(self.spent, |writer, place| place.write(writer));
        writer.option(self.reserved_until, Writer::u64);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Strange> {
        Ok(Self {
            position: reader.u64()?,
            note: Note { value: reader.u64()?, owner: reader.field()?, rho: reader.field()? },
            memo: reader.field()?,
            nullifier: reader.field()?,
            created: Place::read(reader)?,
            spent: reader.option(Place::read)?,
            reserved_until: reader.option(Reader::u64)?,
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.note.zeroize();
        self.memo.zeroize();
    }
}

impl ZeroizeOnDrop for Held {}

impl core::fmt::Debug for Held {
    /// Shows the position only: the rest is secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Held").field("position", &self.position).finish_non_exhaustive()
    }
}
