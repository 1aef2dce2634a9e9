//! Calls of the transfer contract that contracts may not make while a transaction runs.

use dusk_core::abi::ContractId;
use dusk_core::transfer::withdraw::{Withdraw, WithdrawReceiver, WithdrawReplayToken};
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use local_node_types::rules::{Feature, Fork, Rules};

use crate::host::CallHook;

const PHOENIX_DISABLED: &str = "phoenix is not enabled in the VM";

/// The hook for a transaction; only those that make a call need one.
pub(super) fn hook(tx: &Transaction, rules: Rules) -> Option<CallHook> {
    tx.call()?;
    let phoenix_disabled = rules.active(Feature::DisablePhoenix);
    let nullifiers_checked = rules.fork() >= Fork::Boreas;
    if !phoenix_disabled && !nullifiers_checked {
        return None;
    }
    let nullifiers = tx.nullifiers().len();
    Some(Box::new(move |callee, function, argument| {
        if phoenix_disabled {
            refuse_phoenix(callee, function, argument)?;
        }
        if nullifiers_checked {
            check_nullifiers(callee, function, argument, nullifiers)?;
        }
        Ok(())
    }))
}

/// With Phoenix switched off nothing may be withdrawn to it or by its means, nor converted.
fn refuse_phoenix(callee: &ContractId, function: &str, argument: &[u8]) -> Result<(), String> {
    if *callee != TRANSFER_CONTRACT {
        return Ok(());
    }
    let uses_phoenix = match function {
        "convert" => true,
        "mint" | "withdraw" => {
            let withdraw = decode(argument)?;
            matches!(withdraw.receiver(), WithdrawReceiver::Phoenix(_))
                || matches!(withdraw.token(), WithdrawReplayToken::Phoenix(_))
        }
        _ => false,
    };
    if uses_phoenix { Err(PHOENIX_DISABLED.to_owned()) } else { Ok(()) }
}

/// A withdrawal by Phoenix nullifiers names as many as the transaction has.
fn check_nullifiers(callee: &ContractId, function: &str, argument: &[u8], expected: usize) -> Result<(), String> {
    if *callee != TRANSFER_CONTRACT || function != "withdraw" {
        return Ok(());
    }
    match decode(argument)?.token() {
        WithdrawReplayToken::Phoenix(nullifiers) if nullifiers.len() != expected => {
            Err(format!("nullifier count mismatch: withdrawal has {}, transaction has {expected}", nullifiers.len()))
        }
        _ => Ok(()),
    }
}

fn decode(argument: &[u8]) -> Result<Withdraw, String> {
    rkyv::from_bytes(argument).map_err(|_| "failed to deserialize withdrawal arguments".to_owned())
}
