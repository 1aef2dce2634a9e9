//! The configuration of a node, and the errors of its start.

use std::path::PathBuf;
use std::time::Duration;

use local_node_core::mempool::Limits;
use local_node_kadcast::udp::UdpError;
use local_node_types::rules::Profile;

use crate::accounts::KeyPair;
use crate::executor::ExecutorError;
use crate::genesis::Allocation;
use crate::ledger::LedgerError;
use crate::network::NetworkConfig;
use crate::reader::MAX_CALL_TIME;
use crate::store::StoreError;

/// The chain id of a local chain.
pub const LOCAL_CHAIN_ID: u8 = 0;

/// How long a candidate may be filled, unless the node is configured otherwise.
pub const BUILD_TIME: Duration = Duration::from_secs(3);

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BlockTime {
    /// As soon as a transaction waits, and one empty block after the last one, so that it becomes final.
    #[default]
    Instant,
    /// One block in that time, whole seconds.
    Every(Duration),
}

/// The configuration of a node.
#[derive(Debug, Clone)]
pub struct Config {
    /// The chain's id. Transactions are signed for it.
    pub chain_id: u8,
    /// The rules that transactions and contracts follow.
    pub rules: Profile,
    /// When blocks are made.
    pub block_time: BlockTime,
    /// The time of block 0, in seconds since 1970; `None`: now. Nodes of one network must agree on it.
    pub genesis_time: Option<u64>,
    /// The state at genesis; `None`: that of the development accounts.
    pub allocation: Option<Allocation>,
    /// The keys that this node proposes and votes with; `None`: those of the development accounts that have stakes.
    pub voters: Option<Vec<KeyPair>>,
    /// The network that it takes part in; `None`: it runs alone.
    pub network: Option<NetworkConfig>,
    /// The bounds of the mempool.
    pub mempool: Limits,
    /// How long transactions are taken into a candidate. One that still runs then begins the next block.
    pub build_time: Duration,
    /// How long a question, a simulation or the first transaction of a block may run.
    pub call_time: Duration,
    /// The folder in which the chain lives beyond the process; `None`: the chain is in memory and ends with the node. A
    /// folder that holds a chain goes on with it, if it is the chain that this configuration describes.
    pub data: Option<PathBuf>,
    /// Where compiled modules are kept between runs, which makes the start faster; `None`: nowhere. Nobody else may be
    /// able to write to that folder.
    pub module_cache: Option<PathBuf>,
    /// The folder for proofs of work of network addresses, which makes the start faster; `None`: the node searches for
    /// its proof at each start.
    pub identities: Option<PathBuf>,
}

impl Default for Config {
    /// A lone node of a local chain that makes blocks on demand.
    fn default() -> Self {
        Self {
            chain_id: LOCAL_CHAIN_ID,
            rules: Profile::Local,
            block_time: BlockTime::Instant,
            genesis_time: None,
            allocation: None,
            voters: None,
            network: None,
            mempool: Limits::default(),
            build_time: BUILD_TIME,
            call_time: MAX_CALL_TIME,
            data: None,
            module_cache: None,
            identities: None,
        }
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The virtual machine does not start.
    #[error("the virtual machine does not start")]
    Vm(#[from] local_node_vm::VmError),
    /// The genesis state cannot be made.
    #[error("the genesis state cannot be made")]
    Genesis(#[from] ExecutorError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger cannot be opened.
    #[error("the chain cannot be opened")]
    Ledger(#[from] LedgerError),
    /// The block time is not a whole number of seconds, or none.
    #[error("a block time of {0:?} is not possible: use whole seconds, at least 1, or blocks on demand")]
    BlockTime(Duration),
    /// Nobody could make a block.
    #[error("the node has no provisioner key, so it cannot make a block: use the key of an account with a stake")]
    NoVoters,
    /// Nodes of a network make blocks in a fixed time.
    #[error("nodes of a network cannot make blocks on demand: use a block time in seconds")]
    BlocksOnDemand,
    /// Nodes of a network begin with the same block 0.
    #[error("nodes of a network have to agree on the time of block 0, and this one has none")]
    NoGenesisTime,
    /// The network cannot be entered.
    #[error(transparent)]
    Network(#[from] UdpError),
    /// The operating system gives no thread.
    #[error("the operating system provides no thread for the node")]
    Thread(#[source] std::io::Error),
    /// It panicked while it started.
    #[error("the node panicked while it started: {0}; please report this fault of the node")]
    Panicked(String),
}
