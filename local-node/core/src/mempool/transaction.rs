//! Transactions that have passed all checks that need no state.

use std::fmt;
use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::moonlight;
use local_node_types::codec::Encode as _;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::Rules;

/// The id of a transaction: its hash as a scalar, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxId(pub [u8; 32]);

impl TxId {
    /// The id of a transaction. The format of its bytes does not matter.
    #[must_use]
    pub fn of(transaction: &LedgerTransaction) -> Self {
        Self(transaction.id())
    }
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxId({self})")
    }
}

/// Why a transaction cannot wait here, whatever the state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// It is not a public transaction.
    #[error("shielded (Phoenix) transactions do not wait in this mempool")]
    Shielded,
    /// Value, deposit and fee do not fit 64 bits together.
    #[error("value, deposit and highest fee overflow 64 bits")]
    Overflow,
}

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

    /// The account that signed it and pays for it.
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

    /// Takes a transaction whose signature is known to be good, because it was made here or checked before, for a block
    /// under `rules`.
    ///
    /// # Errors
    /// When it is not a public transaction or its amounts overflow.
    pub fn trusted(transaction: Transaction, rules: Rules) -> Result<Self, TermsError> {
        Self::of_block(LedgerTransaction::new(transaction, rules.fork().ledger_format()))
    }

    /// Takes a transaction as a block holds it. Its signature is known to be good.
    ///
    /// # Errors
    /// When it is not a public transaction or its amounts overflow.
    pub fn of_block(transaction: LedgerTransaction) -> Result<Self, TermsError> {
        let Transaction::Moonlight(inner) = transaction.protocol() else { return Err(TermsError::Shielded) };
        let (nonce, most_spent, sender) = (inner.nonce(), most_spent(inner)?, BlsKey::from(inner.sender()));
        let (id, ledger_bytes) = (TxId::of(&transaction), transaction.encoded().len());
        Ok(Self(Arc::new(Parts { id, sender, transaction, nonce, most_spent, ledger_bytes })))
    }
}

/// The most LUX that a public transaction can take from its sender.
///
/// # Errors
/// [`TermsError::Overflow`] when it does not fit 64 bits.
pub fn most_spent(transaction: &moonlight::Transaction) -> Result<u64, TermsError> {
    transaction
        .gas_limit()
        .checked_mul(transaction.gas_price())
        .and_then(|fee| fee.checked_add(transaction.value()))
        .and_then(|sum| sum.checked_add(transaction.deposit()))
        .ok_or(TermsError::Overflow)
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
