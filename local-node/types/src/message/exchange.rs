//! Messages by which nodes exchange blocks and transactions.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::codec::{Decode, DecodeError, Encode, Reader, encode_count};
use crate::ledger::{ConsensusHeader, Hash};

/// The most items in an inventory.
pub const MAX_INVENTORY_ITEMS: usize = 10_000;
/// The fewest bytes that an item takes.
const LEAST_ITEM_BYTES: usize = 9;

/// The name of something that a node may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InventoryItem {
    /// A waiting transaction by its id.
    MempoolTransaction(Hash),
    /// A block by its hash.
    BlockFromHash(Hash),
    /// A block by its height.
    BlockFromHeight(u64),
    /// A candidate by its hash.
    CandidateFromHash(Hash),
    /// The candidate of an iteration.
    CandidateFromIteration(ConsensusHeader),
    /// The validation result of an iteration.
    ValidationResult(ConsensusHeader),
}

impl Encode for InventoryItem {
    fn encode(&self, out: &mut Vec<u8>) {
        let mut tagged = |tag, parameter: &[u8]| {
            out.push(tag);
            out.extend(parameter);
        };
        match self {
            Self::MempoolTransaction(id) => tagged(0, id),
            Self::BlockFromHash(hash) => tagged(1, hash),
            Self::BlockFromHeight(height) => tagged(2, &height.to_le_bytes()),
            Self::CandidateFromHash(hash) => tagged(3, hash),
            Self::CandidateFromIteration(header) => tagged(4, &header.encoded()),
            Self::ValidationResult(header) => tagged(5, &header.encoded()),
        }
    }
}

impl Decode for InventoryItem {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => reader.array().map(Self::MempoolTransaction),
            1 => reader.array().map(Self::BlockFromHash),
            2 => reader.u64().map(Self::BlockFromHeight),
            3 => reader.array().map(Self::CandidateFromHash),
            4 => ConsensusHeader::decode(reader).map(Self::CandidateFromIteration),
            5 => ConsensusHeader::decode(reader).map(Self::ValidationResult),
            tag => Err(reader.unknown_tag("inventory item", tag)),
        }
    }
}

/// Names of things, and how many of them the receiver should take at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// The names.
    pub items: Vec<InventoryItem>,
    /// How many of them count; 0 leaves it to the receiver.
    pub max_entries: u16,
}

impl From<InventoryItem> for Inventory {
    fn from(item: InventoryItem) -> Self {
        Self { items: vec![item], max_entries: 1 }
    }
}

impl Encode for Inventory {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_count(self.items.len(), out);
        self.items.iter().for_each(|item| item.encode(out));
        out.extend(self.max_entries.to_le_bytes());
    }
}

impl Decode for Inventory {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count("inventory items", MAX_INVENTORY_ITEMS, LEAST_ITEM_BYTES)?;
        let items = (0..count).map(|_| InventoryItem::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { items, max_entries: reader.u16()? })
    }
}

/// Asks for the names of the blocks after one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetBlocks {
    /// The hash of the last block that the asker has.
    pub locator: Hash,
    /// Keeps two requests from looking the same.
    pub nonce: u64,
}

impl Encode for GetBlocks {
    fn encode(&self, out: &mut Vec<u8>) {
        self.locator.encode(out);
        out.extend(self.nonce.to_le_bytes());
    }
}

impl Decode for GetBlocks {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { locator: reader.array()?, nonce: reader.u64()? })
    }
}

/// Asks for things by their names, on behalf of one node, until a time, over a number of hops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetResource {
    /// The requested items.
    pub inventory: Inventory,
    /// Where to send it.
    pub requester: SocketAddr,
    /// Until when, in seconds since 1970.
    pub expires_at: u64,
    /// Over how many more hops the request may travel.
    pub hops: u16,
}

impl Encode for GetResource {
    fn encode(&self, out: &mut Vec<u8>) {
        self.inventory.encode(out);
        match self.requester {
            SocketAddr::V4(address) => {
                out.push(4);
                out.extend(address.ip().octets());
            }
            SocketAddr::V6(address) => {
                out.push(6);
                out.extend(address.ip().octets());
            }
        }
        out.extend(self.requester.port().to_le_bytes());
        out.extend(self.expires_at.to_le_bytes());
        out.extend(self.hops.to_le_bytes());
    }
}

impl Decode for GetResource {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let inventory = Inventory::decode(reader)?;
        let requester = match reader.u8()? {
            4 => SocketAddr::from((Ipv4Addr::from(reader.array::<4>()?), reader.u16()?)),
            6 => SocketAddr::from((Ipv6Addr::from(reader.array::<16>()?), reader.u16()?)),
            tag => return Err(reader.unknown_tag("address", tag)),
        };
        Ok(Self { inventory, requester, expires_at: reader.u64()?, hops: reader.u16()? })
    }
}
