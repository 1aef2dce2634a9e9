//! Transactions from outside: checks without the chain's state.
//!
//! [`Policy::check`] takes bytes of any origin and gives a [`ValidTransaction`], or says what is wrong with them. The
//! cheapest checks come first: size, form, chain, fees, gas, and the signature last. Checks of what depends on accounts
//! (nonce, balance) belong to the [`mempool`](local_node_core::mempool). Source: the book, "Transactions and fees",
//! section "Mempool".
//!
//! | module | holds |
//! |---|---|
//! | `public` | the checks of public (Moonlight) transactions |
//! | `reading` | reading them with the points of their keys |
//! | `signature` | the check of their signatures, one by one and together |
//! | `keys`, `curve` | keys as points, and arithmetic with them |
//! | `checks` | many transactions at a time |
//! | `data` | the checks of what a transaction carries: call, deployment, blobs |

mod checks;
mod curve;
mod data;
mod error;
mod keys;
mod known;
mod public;
mod reading;
mod signature;

use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_core::mempool::most_spent;
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::{BLOCK_GAS_LIMIT, MIN_GAS_LIMIT, Rules};
use local_node_vm::{Vm, verify_blobs};

pub use local_node_core::mempool::ValidTransaction;

pub(crate) use self::checks::{Checks, MAX_CLIENT_CHECKS, Received};
pub use self::error::TransactionError;
use self::known::Known;

/// The most bytes that a block may have.
pub const MAX_BLOCK_BYTES: usize = 1024 * 1024;
/// The least bytes that a block header has.
pub const MIN_HEADER_BYTES: usize = 863;
/// The most bytes that a transaction may have, in the form in which a block holds it.
pub const MAX_TRANSACTION_BYTES: usize = MAX_BLOCK_BYTES - MIN_HEADER_BYTES;
/// The most bytes of an argument of a contract. A transaction without its bytecode is an argument.
pub const MAX_ARGUMENT_BYTES: usize = 64 * 1024;

/// A node's rules for every transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The chain that it must be for.
    pub chain_id: u8,
    /// The least gas limit.
    pub min_gas_limit: u64,
    /// The most gas that a block may spend, hence a transaction.
    pub block_gas_limit: u64,
}

impl Policy {
    /// The production limits for a chain.
    #[must_use]
    pub const fn of_chain(chain_id: u8) -> Self {
        Self { chain_id, min_gas_limit: MIN_GAS_LIMIT, block_gas_limit: BLOCK_GAS_LIMIT }
    }

    /// Reads and checks a transaction for a block under `rules`. It costs some milliseconds of computation, most of
    /// them for decoding keys and for the signature, which the machine remembers, so that no block verifies it again.
    ///
    /// # Errors
    /// The error of the first check that fails.
    pub fn check(&self, bytes: &[u8], rules: Rules, vm: &Vm) -> Result<ValidTransaction, TransactionError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: bytes.len() });
        }
        self.check_decoded(decode(bytes)?, rules, vm)
    }

    /// As [`check`](Self::check), for a transaction that was read already.
    ///
    /// # Errors
    /// The error of the first check that fails.
    pub fn check_decoded(
        &self,
        transaction: Transaction,
        rules: Rules,
        vm: &Vm,
    ) -> Result<ValidTransaction, TransactionError> {
        let checked = self.check_unsigned(transaction, rules)?;
        public::verify_signature(public::of(checked.protocol())?, rules, vm)?;
        verify_blobs(checked.protocol())?;
        Ok(checked)
    }

    /// Everything but signature and blobs.
    fn check_unsigned(&self, transaction: Transaction, rules: Rules) -> Result<ValidTransaction, TransactionError> {
        self.check_terms(&transaction, rules)?;
        let checked = ValidTransaction::trusted(transaction, rules)?;
        if checked.ledger_bytes() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: checked.ledger_bytes() });
        }
        data::check_module(checked.protocol(), rules)?;
        Ok(checked)
    }

    /// Everything but size and signature.
    ///
    /// # Errors
    /// The error of the first check that fails.
    pub fn check_terms(&self, transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
        let inner = public::of(transaction)?;
        if inner.chain_id() != self.chain_id {
            return Err(TransactionError::WrongChain { expected: self.chain_id, found: inner.chain_id() });
        }
        self.check_gas(transaction)?;
        most_spent(inner)?;
        data::check_features(transaction, rules)?;
        data::check_argument(transaction)
    }

    fn check_gas(&self, transaction: &Transaction) -> Result<(), TransactionError> {
        let (price, limit) = (transaction.gas_price(), transaction.gas_limit());
        if price < 1 {
            return Err(TransactionError::GasPriceTooLow { price, least: 1 });
        }
        if limit < self.min_gas_limit {
            return Err(TransactionError::GasLimitTooLow { limit, least: self.min_gas_limit });
        }
        if limit > self.block_gas_limit {
            return Err(TransactionError::GasLimitTooHigh { limit, most: self.block_gas_limit });
        }
        data::check_charges(transaction)
    }
}

/// Reads a transaction in any envelope that clients and nodes use today. Blocks hold it in the form of their height,
/// whatever form it came in.
///
/// # Errors
/// When the bytes are no transaction.
pub fn decode(bytes: &[u8]) -> Result<Transaction, TransactionError> {
    let malformed = |error| TransactionError::Malformed(format!("{error:?}"));
    let decoded = Transaction::decode_any(bytes).map_err(malformed)?;
    if decoded.format == TransactionFormat::PreAegis {
        return Err(TransactionError::Malformed("it has the form from before the fork Aegis".into()));
    }
    Ok(decoded.transaction)
}

/// The node's own reader of public transactions, with the keys that it has read. Fuzz targets compare it with the
/// chain's decoder; it is no part of the interface.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct QuickReader(keys::Keys);

impl QuickReader {
    /// The transaction that these protocol bytes encode. `None` leaves them to the chain's decoder.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Option<LedgerTransaction> {
        reading::read(bytes, &self.0).map(reading::ReadTransaction::for_ledger)
    }

    /// Whether the sender has signed the transaction, in version 2: checked alone, and twice together. `None` as for
    /// [`read`](Self::read).
    #[must_use]
    pub fn is_signed(&self, bytes: &[u8]) -> Option<[Vec<bool>; 2]> {
        let read = reading::read(bytes, &self.0)?;
        let message = public::of(&read.transaction).ok()?.signature_message();
        let claim = || signature::Claim::new(&read.sender, &read.signature, message.clone());
        Some([signature::check_all(&[claim()]), signature::check_all(&[claim(), claim()])])
    }
}

#[cfg(test)]
mod tests;
