//! Checks of a transaction without the state.

use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::{TRANSFER_CONTRACT, Transaction};
use local_node_types::rules::{
    Feature, Fork, GAS_PER_BLOB, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, MIN_DEPLOY_GAS_PRICE, Rules,
};
use wasmparser::{Parser, Payload};

use super::Precondition;

/// Checks the preconditions in production's order. The answer is the least charge for blobs.
pub(super) fn check(tx: &Transaction, rules: Rules) -> Result<Option<u64>, Precondition> {
    if rules.active(Feature::DisablePhoenix) && matches!(tx, Transaction::Phoenix(_)) {
        return Err(Precondition::PhoenixDisabled);
    }
    tx.phoenix_fee_check().map_err(Precondition::Fee)?;
    if rules.fork() >= Fork::Aegis {
        tx.phoenix_refund_check().map_err(Precondition::Fee)?;
    }
    tx.deploy_check(GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS_PRICE, MIN_DEPLOY_GAS).map_err(Precondition::Fee)?;
    if let Some(deploy) = tx.deploy() {
        check_width(&deploy.bytecode.bytes, rules)?;
    }
    let foreign = |contract| contract != TRANSFER_CONTRACT && contract != STAKE_CONTRACT;
    if rules.active(Feature::DisableThirdParty) && tx.call().is_some_and(|call| foreign(call.contract)) {
        return Err(Precondition::ThirdPartyDisabled);
    }
    let blob_charge = tx.blob_check(GAS_PER_BLOB).map_err(Precondition::Fee)?;
    if blob_charge.is_some() && !rules.active(Feature::Blob) {
        return Err(Precondition::BlobsDisabled);
    }
    Ok(blob_charge)
}

fn check_width(bytecode: &[u8], rules: Rules) -> Result<(), Precondition> {
    let disabled = (rules.active(Feature::DisableWasm32), rules.active(Feature::DisableWasm64));
    match (disabled, has_64_bit_memory(bytecode)) {
        ((true, true), _) => Err(Precondition::DeploymentDisabled),
        ((true, false), false) => Err(Precondition::Wasm32Disabled),
        ((false, true), true) => Err(Precondition::Wasm64Disabled),
        _ => Ok(()),
    }
}

/// Whether the first memory section has a memory with 64-bit addresses; bytes that are no module have none.
fn has_64_bit_memory(bytecode: &[u8]) -> bool {
    let mut payloads = Parser::new(0).parse_all(bytecode).flatten();
    payloads
        .find_map(|payload| match payload {
            Payload::MemorySection(section) => {
                Some(section.into_iter().any(|memory| memory.is_ok_and(|memory| memory.memory64)))
            }
            _ => None,
        })
        .unwrap_or(false)
}
