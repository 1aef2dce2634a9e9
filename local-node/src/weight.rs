//! Estimates of the memory of a chain's parts, in bytes, which the bounds of queues and answers count.

use dusk_core::transfer::Transaction;
use local_node_types::ledger::Header;

use crate::block::{SpentTransaction, StoredBlock, event_bytes};

/// The bytes of a transaction besides its variable parts.
const RECORD_BYTES: usize = 512;

/// A transaction, with the blobs that it brings.
pub(crate) fn transaction(transaction: &Transaction) -> usize {
    let call = transaction.call().map_or(0, |call| call.fn_name.len() + call.fn_args.len());
    let deploy = transaction.deploy().map_or(0, |deploy| {
        deploy.bytecode.bytes.len() + deploy.owner.len() + deploy.init_args.as_ref().map_or(0, Vec::len)
    });
    let blobs = transaction.blob().into_iter().flatten();
    let blobs: usize = blobs.map(|blob| size_of_val(blob) + blob.data.as_ref().map_or(0, size_of_val)).sum();
    RECORD_BYTES + call + deploy + blobs + transaction.memo().map_or(0, <[u8]>::len)
}

/// A transaction in a block, and what came of it.
pub(crate) fn spent(spent: &SpentTransaction) -> usize {
    let result = spent.result.as_ref().map_or(0, Vec::len);
    transaction(spent.transaction.protocol()) + result + event_bytes(&spent.events)
}

/// A block with its transactions and events.
pub(crate) fn block(block: &StoredBlock) -> usize {
    size_of::<Header>() + block.transactions.iter().map(|it| spent(it)).sum::<usize>() + event_bytes(&block.events)
}
