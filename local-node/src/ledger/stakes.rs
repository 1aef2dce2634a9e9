//! The stakes, as the stake contract keeps them.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{STAKE_CONTRACT, StakeData, StakeKeys};
use local_node_consensus::{Provisioners, Stake};
use local_node_types::rules::FEEDER_GAS_LIMIT;
use local_node_vm::StateRoot;
use rkyv::Deserialize as _;

use super::LedgerError;
use crate::executor::Executor;

/// A stake and who may move it.
pub type StakeEntry = (StakeKeys, StakeData);

/// All stakes in a committed state.
///
/// # Errors
/// When the state is not there any more, the machine fails, or the contract's answer does not decode.
pub fn stakes(executor: &Executor, root: StateRoot, height: u64) -> Result<Vec<StakeEntry>, LedgerError> {
    let mut session = executor.view(root, height)?;
    let mut entries = Vec::new();
    let mut malformed = false;
    session.feed(STAKE_CONTRACT, "stakes", &[], FEEDER_GAS_LIMIT, &mut |item| match decode(item) {
        Some(entry) => entries.push(entry),
        None => malformed = true,
    })?;
    if malformed { Err(LedgerError::Stakes) } else { Ok(entries) }
}

/// Those who can propose and vote after a block.
pub(super) fn provisioners(executor: &Executor, root: StateRoot, height: u64) -> Result<Provisioners, LedgerError> {
    let staked = stakes(executor, root, height)?.into_iter().filter_map(|(keys, data)| {
        let amount = data.amount?;
        Some((keys.account, Stake { value: amount.value, eligible_since: amount.eligibility }))
    });
    Ok(staked.collect::<Vec<(PublicKey, Stake)>>().into_iter().collect())
}

fn decode(item: &[u8]) -> Option<StakeEntry> {
    // Archived values are read in place and must be aligned.
    let mut aligned = rkyv::AlignedVec::with_capacity(item.len());
    aligned.extend_from_slice(item);
    let archived = rkyv::check_archived_root::<StakeEntry>(&aligned).ok()?;
    archived.deserialize(&mut rkyv::Infallible).ok()
}
