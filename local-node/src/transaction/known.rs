//! Transactions by their bytes, so that blocks which hold them need not decode them again.
//!
//! Decoding takes longer than all else that a node does with a transaction of its mempool, because keys are points of a
//! curve in compressed form.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use local_node_types::ledger::LedgerTransaction;

use super::ValidTransaction;

/// The most transactions that are remembered: those of some blocks. The oldest gives way.
const MAX_KNOWN: usize = 8_192;
/// The most bytes of a transaction that is remembered. Larger ones are few in a block.
const MAX_KNOWN_BYTES: usize = 4 * 1024;

/// Transactions that passed the checks, the last ones.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Transactions>);

#[derive(Debug, Default)]
struct Transactions {
    by_bytes: HashMap<[u8; 32], LedgerTransaction>,
    order: VecDeque<[u8; 32]>,
}

impl Known {
    /// Remembers a transaction in the form in which blocks hold it.
    pub(crate) fn remember(&self, transaction: &ValidTransaction) {
        let has_blobs = transaction.protocol().blob().is_some();
        if has_blobs || transaction.ledger_bytes() > MAX_KNOWN_BYTES {
            return;
        }
        let transaction = transaction.transaction();
        let key = key(&transaction.protocol_bytes());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.by_bytes.insert(key, transaction.clone()).is_none() {
            known.order.push_back(key);
        }
        while known.order.len() > MAX_KNOWN {
            if let Some(oldest) = known.order.pop_front() {
                known.by_bytes.remove(&oldest);
            }
        }
    }

    /// The transaction that these protocol bytes encode.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<LedgerTransaction> {
        if bytes.len() > MAX_KNOWN_BYTES {
            return None;
        }
        let key = key(bytes);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_bytes.get(&key).cloned()
    }
}

fn key(bytes: &[u8]) -> [u8; 32] {
    blake3::hash(bytes).into()
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::SecretKey;
    use dusk_core::transfer::Transaction;
    use dusk_core::transfer::data::TransactionData;
    use local_node_types::codec::{Decode as _, Encode as _};
    use local_node_types::ledger::Block;
    use local_node_types::message::{Frame, Message};
    use local_node_types::rules::Profile;

    use super::*;

    fn transaction(nonce: u64) -> ValidTransaction {
        let key = SecretKey::from(BlsScalar::from(7));
        let transaction = Transaction::moonlight(&key, None, 1, 0, 3_000_000, 1, nonce, 0, None::<TransactionData>);
        ValidTransaction::trusted(transaction.expect("it has no memo"), Profile::Local.at(1)).expect("it is public")
    }

    #[test]
    fn a_block_shares_the_transactions_that_are_known() {
        let (first, second) = (transaction(1), transaction(2));
        let known = Known::default();
        known.remember(&first);
        let transactions = vec![first.transaction().clone(), second.transaction().clone()];
        let block = Block { transactions, ..Block::default() };
        let bytes = Frame::from(Message::Candidate(Box::new(block))).encoded();
        let read = Frame::decode_known(&bytes, &|bytes| known.find(bytes)).expect("it is a frame");
        assert_eq!(read, Frame::decode_all(&bytes).expect("it is a frame"));
        let Message::Candidate(block) = read.message else { panic!("it is a candidate") };
        let is_shared = |place: usize, one: &ValidTransaction| {
            std::ptr::eq(block.transactions[place].protocol(), one.transaction().protocol())
        };
        assert!(is_shared(0, &first));
        assert!(!is_shared(1, &second));
        // Truncated bytes are refused, as by the plain decoder.
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(Frame::decode_known(cut, &|bytes| known.find(bytes)), Frame::decode_all(cut));
        let more = [&bytes[..], &[0]].concat();
        assert_eq!(Frame::decode_known(&more, &|bytes| known.find(bytes)), Frame::decode_all(&more));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let known = Known::default();
        let first = transaction(1);
        known.remember(&first);
        known.remember(&first);
        let mut inner = known.0.lock().unwrap();
        assert_eq!((inner.by_bytes.len(), inner.order.len()), (1, 1));
        let filler = (0..MAX_KNOWN as u64).map(|number| key(&number.to_le_bytes()));
        inner.order.extend(filler);
        drop(inner);
        known.remember(&transaction(2));
        assert!(known.find(&first.transaction().protocol_bytes()).is_none());
        assert!(known.find(&transaction(2).transaction().protocol_bytes()).is_some());
        assert_eq!(known.0.lock().unwrap().order.len(), MAX_KNOWN);
    }
}
