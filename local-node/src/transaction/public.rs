//! The checks of public (Moonlight) transactions, the only kind that this node takes.

use dusk_core::transfer::Transaction as Protocol;
use dusk_core::transfer::moonlight::Transaction;
use local_node_types::rules::Rules;
use local_node_vm::Vm;

use super::{TransactionError, signature};

/// The public transaction that it is.
pub(super) fn of(transaction: &Protocol) -> Result<&Transaction, TransactionError> {
    match transaction {
        Protocol::Moonlight(inner) => Ok(inner),
        Protocol::Phoenix(_) => Err(TransactionError::Unsupported("shielded (Phoenix)")),
    }
}

/// Checks the sender's signature, and lets the machine remember a good one.
pub(super) fn verify_signature(inner: &Transaction, rules: Rules, vm: &Vm) -> Result<(), TransactionError> {
    let (message, key, signed) = (inner.signature_message(), inner.sender(), inner.signature());
    if !signature::is_valid(key, signed, &message, rules.fork().bls_version()) {
        return Err(TransactionError::BadSignature);
    }
    vm.remember_valid_signature(&message, key, signed, rules);
    Ok(())
}

/// Lets the machine remember a signature that was found good.
pub(super) fn remember_signature(inner: &Transaction, rules: Rules, vm: &Vm) {
    vm.remember_valid_signature(&inner.signature_message(), inner.sender(), inner.signature(), rules);
}
