//! Transactions that passed the checks.

use std::fmt;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::Transaction;
use local_node_types::codec::Encode as _;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::Rules;

use super::{TransactionError, public};
use crate::block::TxId;

/// A transaction that passed every check that needs no state. Cheap to clone.
#[derive(Clone)]
pub struct ValidTransaction(Arc<Parts>);

struct Parts {
    id: TxId,
    sender: BlsKey,
    transaction: LedgerTransaction,
    nonce: u64,
    most_spent: u64,
    ledger_bytes: usize,
}

impl ValidTransaction {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TxId {
        self.0.id
    }

    /// Who signed it and pays for it.
    #[must_use]
    pub fn sender(&self) -> BlsKey {
        self.0.sender
    }

    /// The sender's key.
    #[must_use]
    pub fn sender_key(&self) -> &PublicKey {
        match self.protocol().moonlight_sender() {
            Some(key) => key,
            None => unreachable!("only public transactions pass the checks"),
        }
    }

    /// Its place in the order of the sender's transactions, from 1.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.0.nonce
    }

    /// The most LUX that it can take from its sender: value, deposit and the fee of its whole gas limit.
    #[must_use]
    pub fn most_spent(&self) -> u64 {
        self.0.most_spent
    }

    /// LUX for each unit of gas.
    #[must_use]
    pub fn gas_price(&self) -> u64 {
        self.protocol().gas_price()
    }

    /// The most gas that it may spend.
    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.protocol().gas_limit()
    }

    /// How many bytes it takes in a block.
    #[must_use]
    pub fn ledger_bytes(&self) -> usize {
        self.0.ledger_bytes
    }

    /// The transaction as a block holds it.
    #[must_use]
    pub fn transaction(&self) -> &LedgerTransaction {
        &self.0.transaction
    }

    /// The transaction itself.
    #[must_use]
    pub fn protocol(&self) -> &Transaction {
        self.0.transaction.protocol()
    }

    /// Takes a transaction whose signature is known to be good, because it was made here or checked before.
    ///
    /// # Errors
    /// When it is not a public transaction or its amounts overflow.
    pub fn trusted(transaction: Transaction, rules: Rules) -> Result<Self, TransactionError> {
        let inner = public::of(&transaction)?;
        let (nonce, most_spent, sender) = (inner.nonce(), public::most_spent(inner)?, BlsKey::from(inner.sender()));
        let transaction = LedgerTransaction::new(transaction, rules.fork().ledger_format());
        let (id, ledger_bytes) = (TxId::of(&transaction), transaction.encoded().len());
        Ok(Self(Arc::new(Parts { id, sender, transaction, nonce, most_spent, ledger_bytes })))
    }
}

impl fmt::Debug for ValidTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidTransaction")
            .field("id", &self.id())
            .field("sender", &self.sender())
            .field("nonce", &self.nonce())
            .field("gas_price", &self.gas_price())
            .field("gas_limit", &self.gas_limit())
            .finish_non_exhaustive()
    }
}
