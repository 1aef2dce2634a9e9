//! The order in which a block takes transactions.

use std::collections::{BTreeMap, VecDeque};

use local_node_types::keys::BlsKey;

use super::ValidTransaction;

/// Waiting transactions, the best paying first, but never one before its predecessors.
///
/// The order is the production block builder's: by gas price and then by id, from the highest; a transaction whose
/// predecessor has not run yet is set aside, and comes next as soon as the predecessor has run. One whose predecessor
/// does not run does not come at all.
#[derive(Debug, Clone)]
pub struct Queue {
    by_price: VecDeque<ValidTransaction>,
    unblocked: VecDeque<ValidTransaction>,
    aside: BTreeMap<BlsKey, BTreeMap<u64, ValidTransaction>>,
    next_nonces: BTreeMap<BlsKey, u64>,
}

impl Queue {
    /// A queue of transactions that come with the best paying first. The lowest nonce of each account can run.
    #[must_use]
    pub fn new(by_price: impl Iterator<Item = ValidTransaction>) -> Self {
        let by_price: VecDeque<_> = by_price.collect();
        let mut next_nonces = BTreeMap::new();
        for transaction in &by_price {
            let lowest = next_nonces.entry(transaction.sender()).or_insert(u64::MAX);
            *lowest = transaction.nonce().min(*lowest);
        }
        Self { by_price, unblocked: VecDeque::new(), aside: BTreeMap::new(), next_nonces }
    }

    /// The next transaction that can run.
    #[expect(clippy::should_implement_trait, reason = "the caller tells between two calls what became of the last")]
    pub fn next(&mut self) -> Option<ValidTransaction> {
        if let Some(transaction) = self.unblocked.pop_front() {
            return Some(transaction);
        }
        loop {
            let transaction = self.by_price.pop_front()?;
            if self.next_nonces.get(&transaction.sender()) == Some(&transaction.nonce()) {
                return Some(transaction);
            }
            self.aside.entry(transaction.sender()).or_default().insert(transaction.nonce(), transaction);
        }
    }

    /// Says that a transaction has run, so that its successor can.
    pub fn ran(&mut self, transaction: &ValidTransaction) {
        let next = transaction.nonce().saturating_add(1);
        self.next_nonces.insert(transaction.sender(), next);
        let successor = self.aside.get_mut(&transaction.sender()).and_then(|nonces| nonces.remove(&next));
        self.unblocked.extend(successor);
    }
}
