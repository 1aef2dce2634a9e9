//! The inputs and outputs of the core.

use std::sync::Arc;

use dusk_core::transfer::moonlight::AccountData;
use local_node_consensus::{
    BeforeTip, BlockBody, BuildRequest, Config, Offence, Persist, Provisioners, StepTimes, Verdict as Judgement,
    VerifyRequest,
};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, Fault, Hash, Header, Label};
use local_node_types::message::{Inventory, InventoryItem, Message};

use crate::mempool::{Limits, PoolError, Queue, Removal, TxId, ValidTransaction};

/// The most items that a peer is given, or taken from, in one go (production answers as many).
pub const MAX_SERVED_ITEMS: usize = 100;

/// Names a message that came in. The driver never gives the same name twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IngressId(pub u64);

/// Names a peer, as the driver tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// Names a request to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId(pub u64);

/// A place in the log of records. The first record has position 1; position 0 is durable from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

/// The settings of a chain and of a node.
#[derive(Debug, Clone, Copy)]
pub struct CoreConfig {
    /// The rules of the consensus.
    pub consensus: Config,
    /// The bounds of the mempool.
    pub pool: Limits,
    /// A rule that is broken on purpose, so that tests can show that their checkers see it.
    #[doc(hidden)]
    pub planted: Option<Planted>,
}

impl CoreConfig {
    /// A core with these rules and a mempool of the usual bounds.
    #[must_use]
    pub fn new(consensus: Config) -> Self {
        Self { consensus, pool: Limits::default(), planted: None }
    }
}

/// A bug that tests plant. No shipped code sets one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// The higher iteration wins.
    ForkChoiceTurned,
    /// Faults are taken as they come.
    FaultUnchecked,
    /// Labels that reverted blocks have set stay.
    LabelsKept,
    /// Blocks of peers are taken without their quorums.
    QuorumUnchecked,
    /// The transactions of reverted blocks do not wait again.
    TransactionsLost,
    /// Anybody's emergency blocks are taken.
    EmergencyUnchecked,
    /// A message passes on whenever it is good, also again.
    PassedOnForgotten,
    /// After a restart it is not known on which blocks this node has ratified one.
    LockForgotten,
}

/// A block of the chain from which the core starts.
#[derive(Debug, Clone)]
pub struct ChainBlock {
    /// The header, with its attestation.
    pub header: Header,
    /// The provisioners after the block.
    pub provisioners: Arc<Provisioners>,
}

/// The data on a node's disk when it starts.
#[derive(Debug, Clone)]
pub struct Restart {
    /// The attestation of the last final block; `None` if that is genesis.
    pub before: Option<BeforeTip>,
    /// The last final block.
    pub last_final: ChainBlock,
    /// The blocks after it, lowest first.
    pub unsettled: Vec<ChainBlock>,
    /// The records that are durable, in the order of their positions. Those of rounds that are final may be missing.
    pub records: Vec<Record>,
    /// The position of the last record that is durable.
    pub position: Position,
}

/// An input of the core.
#[derive(Debug, Clone)]
pub enum Input {
    /// A message came from a peer. It is judged exactly once, by [`Output::Judge`].
    Message {
        /// Names the message.
        ingress: IngressId,
        /// The sender.
        from: PeerId,
        /// The message.
        message: Box<Message>,
    },
    /// Answers [`Output::Ledger`]. Answers to requests that were cancelled are ignored.
    Ledger {
        /// The request.
        id: LedgerId,
        /// The result.
        answer: Answer,
    },
    /// All records up to this position are on disk.
    Durable(Position),
    /// [`Core::deadline`](crate::Core::deadline) has come. At any other time nothing happens.
    Timer,
    /// The round may begin, where [`Start::OnGo`](local_node_consensus::Start::OnGo) holds it back.
    Go,
    /// A transaction came that no block holds and that passed the checks which need no state. [`Output::Taken`] says
    /// what became of it.
    Transaction {
        /// The transaction.
        transaction: ValidTransaction,
        /// Its sender's account at the tip.
        account: AccountData,
        /// Where it comes from.
        origin: Origin,
    },
    /// Answers [`Output::ReadAccount`].
    Account {
        /// The transaction.
        id: TxId,
        /// Its sender's account at the tip, or why it cannot wait any more; `None` when that cannot be told now.
        account: Option<Result<AccountData, PoolError>>,
    },
}

/// Where a transaction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a client of this node: others have to hear of it.
    Client,
    /// From a peer, which has told others.
    Peer,
}

/// Accounts as they are after a change of the chain.
pub type Accounts = Vec<(BlsKey, AccountData)>;

/// The answer of the ledger.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The body of a block. It holds those of the given faults that no block holds already.
    Built {
        /// The body.
        body: Box<BlockBody>,
        /// Transactions that can never run, with the reason.
        unfit: Vec<(TxId, Removal)>,
        /// A transaction that has to be the first one of the next block.
        postponed: Option<TxId>,
    },
    /// No body can be made.
    NotBuilt,
    /// The ledger's verdict on a candidate.
    Verified(Judgement),
    /// The block is on disk, and the chain's tip.
    Accepted {
        /// The provisioners after the block.
        provisioners: Arc<Provisioners>,
        /// The accounts of its senders after the block.
        accounts: Accounts,
    },
    /// The block does not lead to what its header states; the chain has not changed.
    NotAccepted,
    /// Data outside the block's hash, such as the data of blobs, is invalid; the chain has not changed. Another
    /// copy of the block may be good.
    Altered,
    /// The chain ends at the given block now.
    Reverted {
        /// The blocks that were taken back, lowest first.
        blocks: Vec<Block>,
        /// The accounts of their senders as they are now.
        accounts: Accounts,
    },
    /// The ledger cannot do it now, for a reason that lies in this node; the chain has not changed.
    Failed,
}

/// A request to the ledger. Accepting and reverting come one at a time, in order.
#[derive(Debug, Clone)]
pub enum LedgerRequest {
    /// Make the body of a block on the tip.
    Build {
        /// The request. Its slashes are those for failed iterations only.
        request: Box<BuildRequest>,
        /// Faults that hold, to go into the block; the ledger leaves out those that a block holds already, and adds
        /// the slashes for the others.
        faults: Vec<Fault>,
        /// The transactions that wait, in their order.
        queue: Queue,
    },
    /// Verify a candidate whose header and faults hold. That no block holds its faults already is for the ledger to
    /// check.
    Verify(Box<VerifyRequest>),
    /// Accept a block that follows the tip, whose header, attestation and faults hold, and write it to disk with all
    /// labels.
    Accept {
        /// The block.
        block: Box<Block>,
        /// The request by which it was built or verified, if it was: it need not be executed again.
        executed: Option<LedgerId>,
        /// The label of the block.
        label: Label,
        /// New labels of blocks before it, by height.
        relabelled: Vec<(u64, Label)>,
    },
    /// Take back all blocks above one, which is never below the last final block.
    Revert {
        /// The height of the block that becomes the tip.
        height: u64,
        /// The labels of the unsettled blocks that stay, folded anew, by height.
        relabelled: Vec<(u64, Label)>,
    },
}

/// Data to write to disk, in the order of positions.
#[derive(Debug, Clone)]
pub enum Record {
    /// A record of the consensus, or data that it may be asked for.
    Consensus(Persist),
    /// A proof of misbehaviour that waits for a block.
    Fault(Box<Fault>),
    /// How long steps took lately. The last of these records counts.
    StepTimes(StepTimes),
}

/// Whom something is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// All nodes, by broadcast.
    All,
    /// One peer.
    Peer(PeerId),
    /// As many peers as this, drawn by the driver.
    Some(u8),
}

/// A request to peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The hashes of the blocks after this one.
    HashesAfter(Hash),
    /// Things by their names.
    Items(Inventory),
}

/// The answer to a peer's request, from data on disk. It goes to that peer alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serve {
    /// The hashes of at most [`MAX_SERVED_ITEMS`](crate::MAX_SERVED_ITEMS) blocks that follow this one; nothing when
    /// it is not on the chain.
    HashesAfter(Hash),
    /// Those of the things that there are.
    Items(Vec<InventoryItem>),
}

/// The core's verdict on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet; another verdict follows.
    Hold,
    /// It is good, and new: pass it on. With a message, that one in its place.
    Relay(Option<Box<Message>>),
    /// It is of no use to others, or cannot be judged. It says nothing about the sender.
    Ignore,
    /// No honest node sends it.
    Reject(Offence),
}

/// Why the chain changes to another branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The first block of the other branch is final there.
    Final,
    /// The tip has a better sibling, and nobody here has ratified a block on the tip.
    BetterTip,
    /// The first block of the other branch is better, and the chain has stalled.
    Stall,
    /// The branch that was changed to breaks a rule: the old one comes back.
    Rollback,
}

/// An event for other parts of the node. Events are facts: their order is that of the chain.
#[derive(Debug, Clone)]
pub enum Event {
    /// The chain has a new tip.
    Accepted {
        /// The tip's header.
        header: Box<Header>,
        /// Its label.
        label: Label,
        /// New labels of blocks before it, by height.
        relabelled: Vec<(u64, Label)>,
    },
    /// Blocks were taken back. Their transactions wait again.
    Reverted {
        /// The blocks, lowest first.
        blocks: Vec<Block>,
        /// Why.
        cause: Cause,
        /// The labels of the unsettled blocks that stay, by height.
        labels: Vec<(u64, Label)>,
    },
    /// All blocks up to this one are final.
    Final {
        /// The height.
        height: u64,
        /// The hash of the block at this height.
        hash: Hash,
    },
    /// A peer has another final block than this node. The chains have parted; nothing here heals that.
    Parted {
        /// The height.
        height: u64,
        /// The peer's block.
        theirs: Hash,
    },
    /// A transaction waits in the mempool now.
    Admitted(ValidTransaction),
    /// A transaction waits outside the mempool for one that must come before it.
    Deferred(TxId),
    /// A transaction has left the mempool without a block, or was given up before it entered it.
    Removed {
        /// The transaction.
        id: TxId,
        /// Why.
        reason: Removal,
    },
    /// No block came for long.
    Stalled,
    /// The ledger could neither go on nor back. The driver has to stop the node.
    Broken,
}

/// The outputs of the core, in this order.
#[derive(Debug, Clone)]
pub enum Output {
    /// Append a record to the log.
    Persist {
        /// Its position: one more than the last one.
        position: Position,
        /// The record.
        record: Record,
    },
    /// Send a message of this node's own when the log is durable up to a position, not before.
    Send {
        /// The position.
        after: Position,
        /// To whom.
        to: Target,
        /// The message.
        message: Box<Message>,
    },
    /// Judge a message.
    Judge {
        /// Names the message.
        ingress: IngressId,
        /// The core's verdict on it.
        verdict: Verdict,
    },
    /// Ask the ledger.
    Ledger {
        /// Names the request.
        id: LedgerId,
        /// The request.
        request: LedgerRequest,
    },
    /// The answer to a request is of no use any more.
    Cancel(LedgerId),
    /// Ask peers for something.
    Ask {
        /// Whom.
        to: Target,
        /// For what.
        want: Want,
    },
    /// Answer a message.
    Serve {
        /// The message.
        ingress: IngressId,
        /// The sender.
        to: PeerId,
        /// The requested data.
        serve: Serve,
    },
    /// Have nothing to do with a peer any more.
    Drop(PeerId),
    /// Tell those who listen.
    Event(Event),
    /// The result of an [`Input::Transaction`]: it waits now, in the mempool or for its predecessors, or is refused.
    Taken {
        /// The transaction.
        id: TxId,
        /// Why it is refused, if it is.
        taken: Result<(), PoolError>,
    },
    /// Read the account of a transaction's sender, and look whether a block holds the transaction.
    ReadAccount(ValidTransaction),
}
