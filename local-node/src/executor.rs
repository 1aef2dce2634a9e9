//! Execution of blocks: the one place where transactions change the chain's state.
//!
//! [`Executor::open`] begins a block, [`BlockExecution::run`] runs its transactions one by one,
//! [`BlockExecution::close`] pays the rewards and gives the [`ExecutedBlock`], which is not part of the chain before it
//! is committed. Building a candidate and verifying one are the same steps, so they cannot disagree. Order (the book,
//! "Consensus", section "Faults and slashes"): the stake contract's `before_state_transition`, slashes, transactions,
//! rewards, the transfer contract's `update_root`; before the fork Boreas the slashes came after the rewards.

mod error;
mod executed;
mod execution;
mod params;

use std::sync::LazyLock;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use local_node_types::keys::DUSK_KEY;
use local_node_types::rules::{Profile, Rules};
use local_node_vm::{BlockEnv, Receipt, Session, StateRoot, Vm, VmError};

pub use self::error::{ExecutorError, RunError};
pub use self::executed::{Committed, ExecutedBlock, TransactionReceipt};
pub use self::execution::BlockExecution;
pub use self::params::{BlockParams, Payees};

/// The rules at a height of a local chain.
///
/// Under the profile of a public network these are the rules that the network has today, not those that it had when it
/// was as young as this chain.
#[must_use]
pub const fn rules_at(profile: Profile, height: u64) -> Rules {
    match profile {
        Profile::Local => profile.at(height),
        Profile::Testnet | Profile::Mainnet => profile.latest_at(height),
    }
}

/// The key that gets the foundation's share of the rewards and owns the genesis contracts.
#[must_use]
pub fn foundation_key() -> &'static PublicKey {
    static KEY: LazyLock<PublicKey> = LazyLock::new(|| match DUSK_KEY.to_point() {
        Ok(key) => key,
        Err(error) => unreachable!("the key is a constant: {error}"),
    });
    &KEY
}

/// The rules of one chain, bound to the machine that runs it.
#[derive(Debug, Clone)]
pub struct Executor {
    vm: Vm,
    chain_id: u8,
    profile: Profile,
}

impl Executor {
    /// The executor of a chain.
    #[must_use]
    pub const fn new(vm: Vm, chain_id: u8, profile: Profile) -> Self {
        Self { vm, chain_id, profile }
    }

    /// The machine.
    #[must_use]
    pub const fn vm(&self) -> &Vm {
        &self.vm
    }

    /// The chain's id.
    #[must_use]
    pub const fn chain_id(&self) -> u8 {
        self.chain_id
    }

    /// The rules at a height.
    #[must_use]
    pub const fn rules(&self, height: u64) -> Rules {
        rules_at(self.profile, height)
    }

    /// A view of a committed state, as a contract sees it at a height. Its changes are forgotten.
    ///
    /// # Errors
    /// When the state is not there any more, or the machine fails.
    pub fn view(&self, root: StateRoot, height: u64) -> Result<Session, VmError> {
        self.vm.session(Some(root), BlockEnv { chain_id: self.chain_id, rules: self.rules(height) })
    }

    /// As [`view`](Self::view), for somebody who asks: the machine bounds what the views for all who ask hold together.
    ///
    /// # Errors
    /// When the state is not there any more, or the machine fails.
    pub fn query_view(&self, root: StateRoot, height: u64) -> Result<Session, VmError> {
        self.vm.query_session(Some(root), BlockEnv { chain_id: self.chain_id, rules: self.rules(height) })
    }

    /// Begins a block on a committed state.
    ///
    /// # Errors
    /// When the state is not there, or the chain's own part of the block fails.
    pub fn open(&self, base: StateRoot, params: BlockParams) -> Result<BlockExecution, ExecutorError> {
        self.begin(self.view(base, params.height)?, params)
    }

    /// As [`open`](Self::open), for a block that shows somebody what a transaction would do.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_for_query(&self, base: StateRoot, params: BlockParams) -> Result<BlockExecution, ExecutorError> {
        self.begin(self.query_view(base, params.height)?, params)
    }

    fn begin(&self, session: Session, params: BlockParams) -> Result<BlockExecution, ExecutorError> {
        let rules = self.rules(params.height);
        BlockExecution::begin(session, rules, params)
    }
}

/// Calls a genesis contract in the chain's own name, without a gas limit.
pub(crate) fn host_call<A>(
    session: &mut Session,
    contract: ContractId,
    function: &'static str,
    argument: &A,
) -> Result<Receipt, ExecutorError>
where
    A: rkyv::Serialize<rkyv::ser::serializers::AllocSerializer<1024>>,
{
    let argument = rkyv::to_bytes::<_, 1024>(argument).map_err(|_| ExecutorError::Encoding(function))?;
    session.call(contract, function, &argument, u64::MAX).map_err(|error| ExecutorError::Refused { function, error })
}
