//! Transactions of the named accounts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dusk_core::transfer::moonlight::{Payload, Transaction};
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::Rules;
use local_node_vm::Vm;

use crate::accounts::DevAccount;

/// The most transactions that are remembered.
const MAX_TRANSACTIONS: usize = 1024;
/// The most bytes that the payload of a remembered transaction may have.
const MAX_PAYLOAD_BYTES: usize = 128 * 1024;

/// Signs, and remembers what it has signed: signing takes longer than running, and tests of one contract begin alike.
#[derive(Debug, Default)]
pub(super) struct Signer(Mutex<HashMap<[u8; 32], LedgerTransaction>>);

impl Signer {
    /// The account's transaction with this payload, whose encoding is `bytes`, for a block under `rules`. The machine
    /// takes the signature as good.
    pub(super) fn sign(
        &self,
        account: &DevAccount,
        payload: Payload,
        bytes: &[u8],
        vm: &Vm,
        rules: Rules,
    ) -> Result<LedgerTransaction, String> {
        let format = rules.fork().ledger_format();
        let key = *blake3::hash(bytes).as_bytes();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known.reformatted(format));
        }
        let signed = Transaction::sign_payload(account.secret_key(), payload).map_err(|error| error.to_string())?;
        vm.remember_valid_signature(&signed.signature_message(), signed.sender(), signed.signature(), rules);
        let transaction = LedgerTransaction::new(signed.into(), format);
        if bytes.len() <= MAX_PAYLOAD_BYTES {
            let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if remembered.len() >= MAX_TRANSACTIONS {
                remembered.clear();
            }
            remembered.insert(key, transaction.clone());
        }
        Ok(transaction)
    }
}
