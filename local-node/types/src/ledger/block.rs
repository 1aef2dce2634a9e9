//! A block.

use super::{Fault, Hash, Header, LedgerTransaction};
use crate::codec::{Decode, DecodeError, Encode, Reader, encode_count};
use crate::merkle;

/// The most transactions in a block.
pub const MAX_TRANSACTIONS: usize = 1000;
/// The most faults in a block.
pub const MAX_FAULTS: usize = 100;
/// The fewest bytes that a transaction takes: its envelope.
const LEAST_TRANSACTION_BYTES: usize = 12;
/// The fewest bytes that a fault takes.
const LEAST_FAULT_BYTES: usize = 373;

/// A block: header, transactions, faults.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions in the order of their execution.
    pub transactions: Vec<LedgerTransaction>,
    /// Proofs of misbehaviour.
    pub faults: Vec<Fault>,
}

impl Block {
    /// The Merkle root over the transactions, as the header should state it.
    #[must_use]
    pub fn compute_tx_root(&self) -> Hash {
        merkle::root(&self.transactions.iter().map(LedgerTransaction::digest).collect::<Vec<_>>())
    }

    /// The Merkle root over the faults, as the header should state it.
    #[must_use]
    pub fn compute_fault_root(&self) -> Hash {
        merkle::root(&self.faults.iter().map(Fault::digest).collect::<Vec<_>>())
    }
}

impl Encode for Block {
    fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(out);
        encode_count(self.transactions.len(), out);
        self.transactions.iter().for_each(|transaction| transaction.encode(out));
        encode_count(self.faults.len(), out);
        self.faults.iter().for_each(|fault| fault.encode(out));
    }
}

impl Decode for Block {
    /// Reads a block. A hash of 32 zero bytes stands for "compute it", as in production.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut header = Header::decode(reader)?;
        if header.hash == Hash::default() {
            header.hash = header.compute_hash();
        }
        let count = reader.count("transactions in a block", MAX_TRANSACTIONS, LEAST_TRANSACTION_BYTES)?;
        let transactions = (0..count).map(|_| LedgerTransaction::decode(reader)).collect::<Result<_, _>>()?;
        let count = reader.count("faults in a block", MAX_FAULTS, LEAST_FAULT_BYTES)?;
        let faults = (0..count).map(|_| Fault::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { header, transactions, faults })
    }
}
