//! A block.

use super::{Fault, Hash, Header, KnownTransactions, LedgerTransaction};
use crate::codec::{Decode, DecodeError, Encode, Reader, encode_count};
use crate::merkle;
use crate::rules::{BLOCK_GAS_LIMIT, GAS_PER_BLOB};

/// The most transactions in a block.
pub const MAX_TRANSACTIONS: usize = 1000;
/// The most blobs in a block: each costs gas, and a block has a limit of gas.
pub const MAX_BLOCK_BLOBS: usize = (BLOCK_GAS_LIMIT / GAS_PER_BLOB) as usize;
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
        Self::decode_known(reader, &|_| None)
    }
}

impl Block {
    /// As [`Decode::decode`]. Transactions whose bytes `known` has a transaction for are not decoded again, which takes
    /// about a millisecond each.
    ///
    /// # Errors
    /// When the bytes are not a block.
    pub fn decode_known(reader: &mut Reader<'_>, known: KnownTransactions<'_>) -> Result<Self, DecodeError> {
        let mut header = Header::decode(reader)?;
        if header.hash == Hash::default() {
            header.hash = header.compute_hash();
        }
        let count = reader.count("transactions in a block", MAX_TRANSACTIONS, LEAST_TRANSACTION_BYTES)?;
        let transactions = decode_transactions(count, reader, known)?;
        let count = reader.count("faults in a block", MAX_FAULTS, LEAST_FAULT_BYTES)?;
        let faults = (0..count).map(|_| Fault::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { header, transactions, faults })
    }
}

/// Reads so many transactions, and stops at the first blob that no block has the gas for.
fn decode_transactions(
    count: usize,
    reader: &mut Reader<'_>,
    known: KnownTransactions<'_>,
) -> Result<Vec<LedgerTransaction>, DecodeError> {
    let (mut transactions, mut blobs) = (Vec::with_capacity(count), 0);
    for _ in 0..count {
        let (transaction, more) = LedgerTransaction::decode_counting(reader, known)?;
        blobs += more;
        if blobs > MAX_BLOCK_BLOBS {
            let (found, most) = (blobs as u64, MAX_BLOCK_BLOBS as u64);
            return Err(DecodeError::TooMany { what: "blobs in a block", found, most });
        }
        transactions.push(transaction);
    }
    Ok(transactions)
}
