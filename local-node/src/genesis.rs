//! The state before the first block, and block 0.
//!
//! Source: the book, "Transactions and fees", section "Genesis". The contracts are the production ones, deployed by the
//! production procedure, so the same allocation gives the same state root as there.

mod file;

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{STAKE_CONTRACT, StakeAmount, StakeData, StakeKeys};
use dusk_core::transfer::TRANSFER_CONTRACT;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Header;
use local_node_types::rules::{LUX_PER_DUSK, Profile};
use local_node_vm::{BlockEnv, StateRoot, Vm};

pub use self::file::{
    GENESIS_FILE_VERSION, GenesisFile, GenesisFileError, MAX_BLOCK_TIME_SECONDS, MAX_GENESIS_ENTRIES,
    MAX_GENESIS_FILE_BYTES,
};
use crate::accounts::{DevAccount, STAKERS};
use crate::executor::{ExecutorError, foundation_key, host_call, rules_at};

/// The balance of each development account at genesis, in LUX.
pub const DEV_BALANCE: u64 = 1_000_000 * LUX_PER_DUSK;
/// The stake of each development account that has one, in LUX.
pub const DEV_STAKE: u64 = 100_000 * LUX_PER_DUSK;

/// Money that is there from the beginning.
#[derive(Debug, Clone, Default)]
pub struct Allocation {
    /// Public accounts and their LUX.
    pub accounts: Vec<(PublicKey, u64)>,
    /// Provisioners and the LUX that they have staked. They are eligible at once.
    pub stakes: Vec<(PublicKey, u64)>,
}

impl Allocation {
    /// The development accounts', the first [`STAKERS`] of which have stakes.
    #[must_use]
    pub fn development(accounts: &[DevAccount]) -> Self {
        Self {
            accounts: accounts.iter().map(|account| (*account.public_key(), DEV_BALANCE)).collect(),
            stakes: accounts.iter().take(STAKERS).map(|account| (*account.public_key(), DEV_STAKE)).collect(),
        }
    }

    /// BLAKE3 over all of it, to tell one chain from another.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for list in [&self.accounts, &self.stakes] {
            hasher.update(&(list.len() as u64).to_le_bytes());
            for (key, lux) in list {
                hasher.update(&BlsKey::from(key).0).update(&lux.to_le_bytes());
            }
        }
        hasher.finalize().into()
    }

    /// All of it, in LUX.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.accounts.iter().chain(&self.stakes).map(|(_, lux)| u128::from(*lux)).sum()
    }
}

/// Makes the genesis state and gives its root.
///
/// # Errors
/// When the virtual machine fails; the contracts themselves accept every allocation.
pub fn state(vm: &Vm, chain_id: u8, rules: Profile, allocation: &Allocation) -> Result<StateRoot, ExecutorError> {
    let rules = rules_at(rules, 0);
    let mut session = vm.session(None, BlockEnv { chain_id: local_node_vm::genesis::CHAIN_ID, rules })?;
    local_node_vm::genesis::install(&mut session, foundation_key(), foundation_key())?;
    let empty = session.commit()?;
    let mut session = vm.session(Some(empty), BlockEnv { chain_id, rules })?;
    for (account, balance) in &allocation.accounts {
        host_call(&mut session, TRANSFER_CONTRACT, "add_account_balance", &(*account, *balance))?;
    }
    for (provisioner, value) in &allocation.stakes {
        let amount = StakeAmount { value: *value, locked: 0, eligibility: 0 };
        let stake = StakeData { amount: Some(amount), ..StakeData::default() };
        host_call(&mut session, STAKE_CONTRACT, "insert_stake", &(StakeKeys::single_key(*provisioner), stake))?;
    }
    let staked: u64 = allocation.stakes.iter().map(|(_, lux)| lux).sum();
    if staked > 0 {
        host_call(&mut session, TRANSFER_CONTRACT, "add_contract_balance", &(STAKE_CONTRACT, staked))?;
    }
    let root = session.commit()?;
    vm.discard(&empty);
    Ok(root)
}

/// The header of block 0: everything is zero but the time, in seconds since 1970, and the state root.
#[must_use]
pub fn header(timestamp: u64, state_root: StateRoot) -> Header {
    let mut header = Header { timestamp, state_root, ..Header::default() };
    header.hash = header.compute_hash();
    header
}
