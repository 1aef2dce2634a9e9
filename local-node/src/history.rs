//! What blocks can be found by, besides their heights and hashes.
//!
//! A block is about [`Subject`]s: contracts that emitted something, accounts whose money moved, memos, shielded
//! transactions, blobs. The store keeps for each subject the heights of the blocks that are about it, so that no question
//! has to walk the chain. What a block is about follows from the block alone; a store can forget it and find it again.

use std::collections::BTreeSet;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::withdraw::WithdrawReceiver;
use dusk_core::transfer::{
    CONTRACT_TO_ACCOUNT_TOPIC, CONVERT_TOPIC, ContractToAccountEvent, ConvertEvent, MINT_TOPIC, MOONLIGHT_TOPIC,
    RefundAddress, TRANSFER_CONTRACT, Transaction, WITHDRAW_TOPIC, WithdrawEvent,
};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Hash;

use crate::reader::decode;
use crate::store::{SpentTransaction, StoredBlock};

/// Something that blocks can be about, as the key of an index: a hash of what kind of thing it is, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(pub [u8; 32]);

impl Subject {
    /// What a contract emitted.
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

/// What a block is about.
#[must_use]
pub fn subjects(block: &StoredBlock) -> BTreeSet<Subject> {
    let mut found = BTreeSet::new();
    for spent in &block.transactions {
        found.extend(spent.events.iter().map(|event| Subject::contract(&event.source)));
        let flows = Flows::of(spent);
        found.extend(flows.from.iter().chain(&flows.to).map(Subject::account));
        let protocol = spent.transaction.protocol();
        found.extend(protocol.memo().filter(|memo| !memo.is_empty()).map(Subject::memo));
        if matches!(protocol, Transaction::Phoenix(_)) {
            found.insert(Subject::phoenix());
        }
        found.extend(protocol.blob().into_iter().flatten().map(|blob| Subject::blob(&blob.hash)));
    }
    found.extend(block.events.iter().map(|event| Subject::contract(&event.source)));
    found
}

/// Whose public money a transaction moved, as the transfer contract's events tell it.
///
/// As production counts it: who sent a public transaction always paid; who is refunded what the sender paid for gas did
/// not get anything, unless it is somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flows {
    /// Who paid.
    pub from: BTreeSet<BlsKey>,
    /// Who got something.
    pub to: BTreeSet<BlsKey>,
}

impl Flows {
    /// The flows of a transaction in a block.
    #[must_use]
    pub fn of(spent: &SpentTransaction) -> Self {
        let mut flows = Self::default();
        for event in spent.events.iter().filter(|event| event.source == TRANSFER_CONTRACT && !event.reverted) {
            match event.topic.as_str() {
                // What this event tells stands in the transaction, decoded.
                MOONLIGHT_TOPIC => flows.add_payment(spent),
                CONVERT_TOPIC => {
                    flows.receive(decode::<ConvertEvent>(&event.data).map(|it| it.receiver));
                }
                WITHDRAW_TOPIC | MINT_TOPIC => {
                    flows.receive(decode::<WithdrawEvent>(&event.data).map(|it| it.receiver));
                }
                CONTRACT_TO_ACCOUNT_TOPIC => {
                    let decoded = decode::<ContractToAccountEvent>(&event.data);
                    flows.to.extend(decoded.map(|it| BlsKey::from(&it.receiver)));
                }
                _ => {}
            }
        }
        flows
    }

    /// Whether any public money moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from.is_empty() && self.to.is_empty()
    }

    fn add_payment(&mut self, spent: &SpentTransaction) {
        let Transaction::Moonlight(inner) = spent.transaction.protocol() else { return };
        let sender = BlsKey::from(inner.sender());
        self.from.insert(sender);
        match inner.receiver() {
            Some(receiver) => {
                self.to.insert(BlsKey::from(receiver));
            }
            None if spent.events.len() == 1 => {
                self.to.insert(sender);
            }
            None => {}
        }
        let refunded: Option<&PublicKey> = match spent.transaction.protocol().refund_address() {
            RefundAddress::Moonlight(key) if key != inner.sender() => Some(key),
            _ => None,
        };
        let unspent = inner.gas_limit().saturating_sub(spent.gas_spent);
        self.to.extend(refunded.filter(|_| unspent > 0).map(BlsKey::from));
    }

    fn receive(&mut self, receiver: Option<WithdrawReceiver>) {
        if let Some(WithdrawReceiver::Moonlight(key)) = receiver {
            self.to.insert(BlsKey::from(&key));
        }
    }
}
