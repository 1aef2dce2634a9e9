//! The stakes, as the stake contract keeps them.

use std::sync::Arc;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{STAKE_CONTRACT, StakeData, StakeKeys};
use local_node_consensus::{Provisioners, Stake};
use local_node_types::keys::BlsKey;
use local_node_types::rules::FEEDER_GAS_LIMIT;
use local_node_vm::StateRoot;
use rkyv::validation::validators::DefaultValidator;
use rkyv::{Archive, CheckBytes, Deserialize, Infallible};
use tracing::trace;

use super::LedgerError;
use crate::archive::decode;
use crate::executor::Executor;

/// A stake and who may move it.
pub type StakeEntry = (StakeKeys, StakeData);

/// All stakes in a committed state.
///
/// # Errors
/// When the state is not there any more, the machine fails, or the contract's answer does not decode.
pub fn stakes(executor: &Executor, root: StateRoot, height: u64) -> Result<Vec<StakeEntry>, LedgerError> {
    feed(executor, root, height, "stakes")
}

/// Those whose stakes the last block changed, with the stakes that they had before.
pub(super) fn changed(
    executor: &Executor,
    root: StateRoot,
    height: u64,
) -> Result<Vec<(PublicKey, Option<Stake>)>, LedgerError> {
    let changed: Vec<(PublicKey, Option<StakeData>)> = feed(executor, root, height, "prev_state_changes")?;
    Ok(changed.into_iter().map(|(key, data)| (key, data.and_then(|data| stake(&data)))).collect())
}

/// Those who can propose and vote after a block.
pub(super) fn provisioners(executor: &Executor, root: StateRoot, height: u64) -> Result<Provisioners, LedgerError> {
    let entries = stakes(executor, root, height)?;
    Ok(entries.into_iter().filter_map(|(keys, data)| Some((keys.account, stake(&data)?))).collect())
}

/// Those who can propose and vote after a block, given those before it: only what the block changed is read, so that a
/// block costs the same whatever the number of provisioners.
pub(super) fn after(
    executor: &Executor,
    root: StateRoot,
    height: u64,
    before: &Arc<Provisioners>,
) -> Result<Arc<Provisioners>, LedgerError> {
    let changed = changed(executor, root, height)?;
    if changed.is_empty() {
        return Ok(Arc::clone(before));
    }
    let mut session = executor.view(root, height)?;
    let mut after: Option<Provisioners> = None;
    for (key, _) in changed {
        let argument = rkyv::to_bytes::<_, 256>(&key).map_err(|_| LedgerError::Stakes)?;
        let receipt = session.call(STAKE_CONTRACT, "get_stake", &argument, FEEDER_GAS_LIMIT)?;
        trace!(function = "get_stake", gas = receipt.gas_spent, "the stake contract is asked");
        let data: Option<StakeData> = decode(&receipt.data).map_err(|_| LedgerError::Stakes)?;
        let (now, id) = (data.as_ref().and_then(stake), BlsKey::from(&key));
        if before.get(&id).map(|known| known.stake) == now {
            continue;
        }
        let after = after.get_or_insert_with(|| Provisioners::clone(before));
        match now {
            Some(now) => after.insert(key, now),
            None => after.remove(&id),
        }
    }
    Ok(after.map_or_else(|| Arc::clone(before), Arc::new))
}

fn stake(data: &StakeData) -> Option<Stake> {
    let amount = data.amount?;
    Some(Stake { value: amount.value, eligible_since: amount.eligibility })
}

fn feed<T>(executor: &Executor, root: StateRoot, height: u64, function: &str) -> Result<Vec<T>, LedgerError>
where
    T: Archive,
    T::Archived: for<'a> CheckBytes<DefaultValidator<'a>> + Deserialize<T, Infallible>,
{
    let mut session = executor.view(root, height)?;
    let mut entries = Vec::new();
    let mut malformed = false;
    let receipt = session.feed(STAKE_CONTRACT, function, &[], FEEDER_GAS_LIMIT, &mut |item| match decode(item) {
        Ok(entry) => entries.push(entry),
        Err(_) => malformed = true,
    })?;
    trace!(function, gas = receipt.gas_spent, "the stake contract is asked");
    if malformed { Err(LedgerError::Stakes) } else { Ok(entries) }
}
