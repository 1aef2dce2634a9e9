//! The proofs of misbehaviour that blocks hold, so that none counts twice.

use local_node_types::ledger::Fault;
use redb::{TableError, WriteTransaction};

use super::tables::FAULTS;
use super::{Store, StoreError};

/// The key that faults about the same two statements share, in any order ([`Fault::same_as`]).
#[must_use]
pub fn fault_identity(fault: &Fault) -> [u8; 32] {
    let mut statements = fault.signatures().map(|(_, _, bytes)| bytes);
    statements.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for statement in statements {
        hasher.update(&(statement.len() as u64).to_le_bytes()).update(&statement);
    }
    hasher.finalize().into()
}

/// Takes note of the faults of a block.
pub(super) fn put(transaction: &WriteTransaction, height: u64, faults: &[Fault]) -> Result<(), StoreError> {
    // Most blocks have none, and an older file has no table for them.
    if faults.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(FAULTS)?;
    for fault in faults {
        table.insert(&fault_identity(fault), height)?;
    }
    Ok(())
}

/// Forgets the faults of a block that is taken back.
pub(super) fn remove(transaction: &WriteTransaction, faults: &[Fault]) -> Result<(), StoreError> {
    if faults.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(FAULTS)?;
    for fault in faults {
        table.remove(&fault_identity(fault))?;
    }
    Ok(())
}

impl Store {
    /// Whether a block holds a fault of this [identity](fault_identity).
    ///
    /// # Errors
    /// When the chain cannot be read.
    pub fn has_fault(&self, identity: &[u8; 32]) -> Result<bool, StoreError> {
        match self.0.begin_read()?.open_table(FAULTS) {
            Ok(table) => Ok(table.get(identity)?.is_some()),
            Err(TableError::TableDoesNotExist(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
