//! How settled a block is.

use std::fmt;

use crate::codec::{Decode, DecodeError, Encode, Reader};

/// How settled a block is (the book, "Consensus", section "Finality").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// In the chain; iterations before it are unaccounted for. It confirms after this many stable blocks.
    Accepted(u64),
    /// In the chain, all iterations before it are proven to have failed. It confirms after this many stable blocks.
    Attested(u64),
    /// Enough stable blocks followed; the number of blocks that it took.
    Confirmed(u64),
    /// Cannot be reverted any more; the number of blocks that it took.
    Final(u64),
}

impl Label {
    /// Whether the block cannot be reverted any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Final(_))
    }

    const fn parts(self) -> (u8, u64) {
        match self {
            Self::Accepted(number) => (0, number),
            Self::Attested(number) => (1, number),
            Self::Confirmed(number) => (2, number),
            Self::Final(number) => (3, number),
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted(_) => "accepted",
            Self::Attested(_) => "attested",
            Self::Confirmed(_) => "confirmed",
            Self::Final(_) => "final",
        })
    }
}

impl Encode for Label {
    fn encode(&self, out: &mut Vec<u8>) {
        let (tag, number) = self.parts();
        out.push(tag);
        out.extend(number.to_le_bytes());
    }
}

impl Decode for Label {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let label = match reader.u8()? {
            0 => Self::Accepted,
            1 => Self::Attested,
            2 => Self::Confirmed,
            3 => Self::Final,
            tag => return Err(reader.unknown_tag("label", tag)),
        };
        reader.u64().map(label)
    }
}
