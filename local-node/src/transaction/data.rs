//! The checks of the data that a transaction carries: a call, a deployment, blobs, a memo.

use dusk_core::TxPreconditionError;
use dusk_core::transfer::Transaction;
use local_node_types::rules::{GAS_PER_BLOB, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, MIN_DEPLOY_GAS_PRICE, Rules};
use local_node_vm::{check_preconditions, validate};

use super::{MAX_ARGUMENT_BYTES, TransactionError};

/// Checks that gas price and gas limit suffice for what is charged before a deployment or blobs are looked at.
pub(super) fn check_charges(transaction: &Transaction) -> Result<(), TransactionError> {
    let (price, limit) = (transaction.gas_price(), transaction.gas_limit());
    let charged = transaction
        .deploy_check(GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS_PRICE, MIN_DEPLOY_GAS)
        .and_then(|()| transaction.blob_check(GAS_PER_BLOB).map(drop));
    charged.map_err(|error| match error {
        TxPreconditionError::DeployLowPrice(least) => TransactionError::GasPriceTooLow { price, least },
        TxPreconditionError::DeployLowLimit(least) | TxPreconditionError::BlobLowLimit(least) => {
            TransactionError::GasLimitTooLow { limit, least }
        }
        TxPreconditionError::BlobEmpty => TransactionError::BlobCount { count: 0 },
        TxPreconditionError::BlobTooMany(count) => TransactionError::BlobCount { count },
        _ => TransactionError::Overflow,
    })
}

/// Checks a module that is to be deployed. The chain itself would charge the whole gas limit for a bad one.
pub(super) fn check_module(transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
    let Some(deploy) = transaction.deploy() else { return Ok(()) };
    if *blake3::hash(&deploy.bytecode.bytes).as_bytes() != deploy.bytecode.hash {
        return Err(TransactionError::BytecodeHash);
    }
    validate(&deploy.bytecode.bytes, rules)?;
    Ok(())
}

/// Checks that the rules allow what the transaction does.
pub(super) fn check_features(transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
    check_preconditions(transaction, rules).map_err(|problem| TransactionError::Forbidden {
        what: problem.to_string(),
        profile: rules.profile().name(),
        height: rules.height(),
    })
}

/// Checks that the transaction without its bytecode and blobs is a possible argument of the transfer contract.
pub(super) fn check_argument(transaction: &Transaction) -> Result<(), TransactionError> {
    let stripped = transaction.strip_off_bytecode().or_else(|| transaction.blob_to_memo());
    let archived = rkyv::to_bytes::<_, 4096>(stripped.as_ref().unwrap_or(transaction))
        .map_err(|error| TransactionError::Malformed(error.to_string()))?;
    if archived.len() > MAX_ARGUMENT_BYTES {
        return Err(TransactionError::ArgumentsTooLarge { bytes: archived.len() });
    }
    Ok(())
}
