//! The index of blocks by content, beside heights and hashes.
//!
//! A block has [`IndexKey`]s: contracts that emitted something, accounts whose money moved, memos, shielded
//! transactions, blobs. The store keeps the heights of the blocks under each key, so that no question has to walk the
//! chain. The keys of a block follow from the block alone, so the store computes them again when it takes a block back.

use std::collections::BTreeSet;

use dusk_core::abi::ContractId;
use dusk_core::transfer::Transaction;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Hash;

use crate::block::{Flows, StoredBlock};

/// Something that blocks can be about, as the key of an index: a hash of what kind of thing it is, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexKey(pub [u8; 32]);

impl IndexKey {
    /// The events of a contract.
    #[must_use]
    pub fn contract(id: &ContractId) -> Self {
        Self::of(b"contract", id.as_bytes())
    }

    /// Money that an account paid or got.
    #[must_use]
    pub fn account(key: &BlsKey) -> Self {
        Self::of(b"account", &key.0)
    }

    /// A memo.
    #[must_use]
    pub fn memo(memo: &[u8]) -> Self {
        Self::of(b"memo", memo)
    }

    /// Any shielded transaction.
    #[must_use]
    pub fn phoenix() -> Self {
        Self::of(b"phoenix", &[])
    }

    /// A blob, by its versioned hash.
    #[must_use]
    pub fn blob(hash: &Hash) -> Self {
        Self::of(b"blob", hash)
    }

    fn of(kind: &[u8], which: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        // No kind is the beginning of another one followed by a zero.
        hasher.update(kind).update(&[0]).update(which);
        Self(*hasher.finalize().as_bytes())
    }
}

/// The keys of a block.
#[must_use]
pub fn index_keys(block: &StoredBlock) -> BTreeSet<IndexKey> {
    let mut found = BTreeSet::new();
    for spent in &block.transactions {
        found.extend(spent.events.iter().map(|event| IndexKey::contract(&event.source)));
        let flows = Flows::of(spent);
        found.extend(flows.from.iter().chain(&flows.to).map(IndexKey::account));
        let protocol = spent.transaction.protocol();
        found.extend(protocol.memo().filter(|memo| !memo.is_empty()).map(IndexKey::memo));
        if matches!(protocol, Transaction::Phoenix(_)) {
            found.insert(IndexKey::phoenix());
        }
        found.extend(protocol.blob().into_iter().flatten().map(|blob| IndexKey::blob(&blob.hash)));
    }
    found.extend(block.events.iter().map(|event| IndexKey::contract(&event.source)));
    found
}
