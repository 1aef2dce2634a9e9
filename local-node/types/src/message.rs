//! The messages between nodes.
//!
//! A [`Frame`] is what Kadcast carries: protocol version, topic, payload. Source: the book, "The network", section
//! "Messages".

mod consensus;
mod exchange;

pub use consensus::{
    Quorum, QuorumType, Ratification, SignedBy, Validation, ValidationQuorum, ValidationResult, ratification_bytes,
    validation_bytes,
};
pub use exchange::{GetBlocks, GetResource, Inventory, InventoryItem, MAX_INVENTORY_ITEMS};

use std::fmt;

use crate::codec::{Decode, DecodeError, Encode, Reader};
use crate::ledger::{Block, ConsensusHeader, KnownTransactions, LedgerTransaction, StepName};

/// A version of the network protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incompatible changes.
    pub major: u8,
    /// Compatible changes.
    pub minor: u16,
    /// Corrections.
    pub patch: u16,
}

/// The version that we speak.
pub const PROTOCOL_VERSION: Version = Version { major: 1, minor: 0, patch: 0 };

impl Version {
    /// Whether this node takes messages of this version: it has to satisfy the requirement `^1.0.0`, as that of
    /// Kadcast's datagrams does.
    #[must_use]
    pub fn is_compatible(self) -> bool {
        self.major == PROTOCOL_VERSION.major && self >= PROTOCOL_VERSION
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Encode for Version {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.major);
        out.extend(self.minor.to_le_bytes());
        out.extend(self.patch.to_le_bytes());
    }
}

impl Decode for Version {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { major: reader.u8()?, minor: reader.u16()?, patch: reader.u16()? })
    }
}

/// A message of one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Asks for things by their names.
    GetResource(GetResource),
    /// Asks for the names of the blocks after one.
    GetBlocks(GetBlocks),
    /// A transaction.
    Transaction(LedgerTransaction),
    /// A block with its attestation.
    Block(Box<Block>),
    /// Asks for the names of all waiting transactions. The number keeps two requests from looking the same.
    GetMempool(u64),
    /// Names of things that the sender has.
    Inventory(Inventory),
    /// A proposed block, its attestation empty.
    Candidate(Box<Block>),
    /// A vote on a candidate.
    Validation(Box<Validation>),
    /// A vote on the result of the validation.
    Ratification(Box<Ratification>),
    /// The end of an iteration.
    Quorum(Box<Quorum>),
    /// The result of a validation, sent on request.
    ValidationQuorum(Box<ValidationQuorum>),
}

/// Topics.
const TRANSACTION: u8 = 10;
const BLOCK: u8 = 11;
const CANDIDATE: u8 = 16;

impl Message {
    /// The byte that names the kind of message on the wire.
    #[must_use]
    pub const fn topic(&self) -> u8 {
        match self {
            Self::GetResource(_) => 8,
            Self::GetBlocks(_) => 9,
            Self::Transaction(_) => TRANSACTION,
            Self::Block(_) => BLOCK,
            Self::GetMempool(_) => 13,
            Self::Inventory(_) => 14,
            Self::Candidate(_) => CANDIDATE,
            Self::Validation(_) => 17,
            Self::Ratification(_) => 18,
            Self::Quorum(_) => 19,
            Self::ValidationQuorum(_) => 20,
        }
    }

    /// The iteration and step that a consensus message belongs to; `None` for all other messages.
    #[must_use]
    pub const fn consensus_step(&self) -> Option<(ConsensusHeader, StepName)> {
        Some(match self {
            Self::Candidate(block) => (block.header.consensus_header(), StepName::Proposal),
            Self::Validation(vote) => (vote.header, StepName::Validation),
            Self::ValidationQuorum(quorum) => (quorum.header, StepName::Validation),
            Self::Ratification(vote) => (vote.header, StepName::Ratification),
            Self::Quorum(quorum) => (quorum.header, StepName::Ratification),
            _ => return None,
        })
    }

    fn encode_payload(&self, out: &mut Vec<u8>) {
        match self {
            Self::GetResource(request) => request.encode(out),
            Self::GetBlocks(request) => request.encode(out),
            Self::Transaction(transaction) => transaction.encode(out),
            Self::Block(block) | Self::Candidate(block) => block.encode(out),
            Self::GetMempool(nonce) => out.extend(nonce.to_le_bytes()),
            Self::Inventory(inventory) => inventory.encode(out),
            Self::Validation(vote) => vote.encode(out),
            Self::Ratification(vote) => vote.encode(out),
            Self::Quorum(quorum) => quorum.encode(out),
            Self::ValidationQuorum(quorum) => quorum.encode(out),
        }
    }

    fn decode_payload(topic: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match topic {
            8 => Self::GetResource(Decode::decode(reader)?),
            9 => Self::GetBlocks(Decode::decode(reader)?),
            TRANSACTION => Self::Transaction(Decode::decode(reader)?),
            BLOCK => Self::Block(Box::new(Decode::decode(reader)?)),
            13 => Self::GetMempool(reader.u64()?),
            14 => Self::Inventory(Decode::decode(reader)?),
            CANDIDATE => Self::Candidate(Box::new(Decode::decode(reader)?)),
            17 => Self::Validation(Box::new(Decode::decode(reader)?)),
            18 => Self::Ratification(Box::new(Decode::decode(reader)?)),
            19 => Self::Quorum(Box::new(Decode::decode(reader)?)),
            20 => Self::ValidationQuorum(Box::new(Decode::decode(reader)?)),
            _ => return Err(reader.unknown_tag("topic", topic)),
        })
    }
}

/// A message as it travels.
///
/// ```
/// use local_node_types::codec::{Decode, Encode};
/// use local_node_types::message::{Frame, Message};
///
/// let bytes = Frame::from(Message::GetMempool(7)).encoded();
/// assert_eq!(bytes[..6], [1, 0, 0, 0, 0, 13]);
/// assert_eq!(Frame::decode_all(&bytes)?.message, Message::GetMempool(7));
/// # Ok::<(), local_node_types::codec::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The version that the sender speaks.
    pub version: Version,
    /// The message.
    pub message: Message,
}

impl From<Message> for Frame {
    fn from(message: Message) -> Self {
        Self { version: PROTOCOL_VERSION, message }
    }
}

impl Encode for Frame {
    fn encode(&self, out: &mut Vec<u8>) {
        self.version.encode(out);
        out.push(self.message.topic());
        self.message.encode_payload(out);
    }
}

/// The byte of a frame that names the kind of its message.
const TOPIC_PLACE: usize = 5;

impl Frame {
    /// Whether bytes that come from outside state that they are a transaction.
    #[must_use]
    pub fn is_of_transaction(bytes: &[u8]) -> bool {
        bytes.get(TOPIC_PLACE) == Some(&TRANSACTION)
    }

    /// As [`Decode::decode_all`]. Transactions that are known are not decoded again, in a block or alone.
    ///
    /// # Errors
    /// When the bytes are not a frame.
    pub fn decode_known(bytes: &[u8], known: KnownTransactions<'_>) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = Version::decode(&mut reader)?;
        let message = match reader.u8()? {
            TRANSACTION => Message::Transaction(LedgerTransaction::decode_counting(&mut reader, known)?.0),
            BLOCK => Message::Block(Box::new(Block::decode_known(&mut reader, known)?)),
            CANDIDATE => Message::Candidate(Box::new(Block::decode_known(&mut reader, known)?)),
            topic => Message::decode_payload(topic, &mut reader)?,
        };
        match reader.remaining() {
            0 => Ok(Self { version, message }),
            left => Err(DecodeError::Trailing(left)),
        }
    }
}

impl Decode for Frame {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = Version::decode(reader)?;
        let topic = reader.u8()?;
        Ok(Self { version, message: Message::decode_payload(topic, reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_the_same_major_number_are_compatible() {
        let is_compatible = |major, minor, patch| Version { major, minor, patch }.is_compatible();
        assert!(PROTOCOL_VERSION.is_compatible());
        assert!(is_compatible(1, 0, 1) && is_compatible(1, 7, 0) && is_compatible(1, u16::MAX, u16::MAX));
        assert!(!is_compatible(0, 0, 0) && !is_compatible(0, 9, 9));
        assert!(!is_compatible(2, 0, 0) && !is_compatible(u8::MAX, 0, 0));
        assert_eq!(Version { major: 2, minor: 0, patch: 17 }.to_string(), "2.0.17");
    }
}
