//! The inputs and outputs of the state machine.

use std::sync::Arc;

use local_node_types::bloom::Bloom;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, ConsensusHeader, Fault, Hash, Header, LedgerTransaction, Seed, StepName, Vote};
use local_node_types::message::{Inventory, Message, ValidationResult};

use crate::faults::Slash;
use crate::parameters::Millis;
use crate::provisioners::Provisioners;

/// Names a timer. A timer that has been replaced or cancelled is ignored when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u64);

/// Names a request of the state machine. Answers to requests that have become meaningless are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A provisioner and the credits with which it voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voter {
    /// The provisioner.
    pub key: BlsKey,
    /// Its credits, those of both committees together where both count.
    pub credits: u32,
}

/// An input of the state machine.
#[derive(Debug, Clone)]
pub enum Input {
    /// The chain has a new tip, for whatever reason: decided, synchronised, reverted, or the node has just started. The
    /// round of the old tip ends, the round of this one begins.
    NewTip(Box<TipContext>),
    /// The round may begin, where [`Start::OnGo`](crate::Start::OnGo) holds it back. Ignored at any other time.
    Go,
    /// A message came from another node. Messages that are not the consensus' own are ignored.
    Message(Message),
    /// Several messages came. As one after the other, but signatures are verified together where that is possible.
    Messages(Vec<Message>),
    /// A timer fired.
    Timer(TimerId),
    /// Answers [`Output::Build`].
    Built {
        /// The request.
        request: RequestId,
        /// The contents of the block.
        body: Box<BlockBody>,
    },
    /// Answers [`Output::Build`]: there will be no block.
    BuildFailed {
        /// The request.
        request: RequestId,
    },
    /// Answers [`Output::Verify`].
    Verified {
        /// The request.
        request: RequestId,
        /// The result.
        verdict: Verdict,
    },
}

/// A tip, and what else a round needs to know of the chain.
#[derive(Debug, Clone)]
pub struct TipContext {
    /// The tip's header, with its attestation (empty at genesis).
    pub header: Header,
    /// The provisioners after the tip. They decide the next block.
    pub provisioners: Arc<Provisioners>,
    /// The attestation of the tip itself; `None` if the tip is genesis.
    pub before: Option<BeforeTip>,
    /// The iteration that [`Persist::Iteration`] last recorded for this very tip, when the node restarts within a
    /// round. Within one life the state machine remembers it by itself, and so it does after
    /// [`Consensus::restore`](crate::Consensus::restore). The votes have to be restored as well: the round goes on in
    /// this very iteration.
    pub resume: Option<u8>,
}

/// The attestation of the tip.
#[derive(Debug, Clone)]
pub struct BeforeTip {
    /// The seed of the block before the tip.
    pub seed: Seed,
    /// The provisioners after the block before the tip.
    pub provisioners: Arc<Provisioners>,
}

/// The contents of a block that the node builds. The state machine makes and signs the header.
#[derive(Debug, Clone)]
pub struct BlockBody {
    /// The transactions in the order of their execution, in the ledger's format for the height.
    pub transactions: Vec<LedgerTransaction>,
    /// Proofs of misbehaviour.
    pub faults: Vec<Fault>,
    /// The state root after the block.
    pub state_root: Hash,
    /// The filter over the block's events.
    pub event_bloom: Bloom,
    /// The gas limit of the block.
    pub gas_limit: u64,
}

/// The node's verdict on a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid: a valid vote is cast.
    Valid,
    /// Not valid: an invalid vote is cast.
    Invalid,
    /// Cannot be said (the chain has moved on, storage fails): no vote is cast.
    Abstain,
    /// Data outside the generator's signature, such as the data of blobs, is invalid. Any relaying node may
    /// have altered it, so no vote is cast; the copy is dropped, and another one asked for.
    Altered,
}

/// Asks the node for the body of a block: transactions from the mempool, executed on the tip.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// Names the request.
    pub id: RequestId,
    /// The height of the block.
    pub round: u64,
    /// The iteration.
    pub iteration: u8,
    /// The key that proposes; it earns the generator's reward.
    pub generator: BlsKey,
    /// The state root to build on.
    pub prev_state_root: Hash,
    /// The voters for the tip. They earn the voters' rewards; empty after genesis.
    pub voters: Vec<Voter>,
    /// Whom the block punishes for failed iterations. Slashes for faults are for the node to add.
    pub slashes: Vec<Slash>,
    /// The most bytes that the encoded transactions and faults may take together.
    pub max_body_bytes: usize,
    /// When the other nodes stop waiting: they do not take a block that is ready later, or only shortly before. `None`
    /// when there are no other nodes.
    pub deadline: Option<Millis>,
}

/// Asks the node to verify a candidate whose header is already known to be good: faults, format of transactions, state
/// transition, blobs.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// Names the request.
    pub id: RequestId,
    /// The candidate.
    pub block: Box<Block>,
    /// The voters for the tip, according to the candidate's certificate.
    pub voters: Vec<Voter>,
    /// Whom the block punishes, for failed iterations and for faults.
    pub slashes: Vec<Slash>,
}

/// A record that must be on disk before any later output of the same list is sent.
#[derive(Debug, Clone)]
pub enum Persist {
    /// The round on this tip has come to this iteration. A restarted node resumes after it, so that it never votes
    /// twice.
    Iteration {
        /// The hash of the tip.
        prev_block_hash: Hash,
        /// The height of the block that the round decides.
        round: u64,
        /// The iteration.
        iteration: u8,
    },
    /// This node's keys vote like this in a step. A restarted node casts no other vote there, also where emergency mode
    /// keeps the step open.
    Vote {
        /// The iteration.
        header: ConsensusHeader,
        /// The step.
        step: StepName,
        /// The vote.
        vote: Vote,
    },
    /// A candidate that other nodes may ask for, by hash or by iteration.
    Candidate(Box<Block>),
    /// A validation result that other nodes may ask for.
    ValidationResult(ConsensusHeader, ValidationResult),
}

/// A block that the network has agreed on.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The block with its attestation. Both its header and its attestation have been verified; the data of its blobs
    /// only where this node has verified the candidate.
    pub block: Block,
    /// The request by which this node built or verified the block, if it did. Its transactions need not be
    /// executed again.
    pub request: Option<RequestId>,
}

/// Why a message is refused. A node checks each of these before it relays, except in messages of later rounds: their
/// committees are not known. So an honest node that is behind passes on votes and candidates of provisioners that were
/// not drawn, and votes with altered results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offence {
    /// A signature does not hold.
    Signature,
    /// Votes that are said to prove something do not.
    Proof,
    /// The validation result in a vote in ratification does not hold. The signature of the vote does not cover the
    /// result.
    Result,
    /// The parts of the message contradict each other, or exceed a bound.
    Contents,
    /// The signer was not drawn for the step.
    Stranger,
}

/// The result of a message ([`Consensus::receive`](crate::Consensus::receive)).
#[derive(Debug, Clone)]
#[must_use = "the outputs have to be carried out"]
pub struct Reception {
    /// The outputs. With an [`Output::Relay`] the message is to be passed on.
    pub outputs: Vec<Output>,
    /// Why the message is refused, if it is.
    pub offence: Option<Offence>,
}

/// The outputs of the state machine, in this order.
#[derive(Debug, Clone)]
pub enum Output {
    /// Tell other nodes something of this node's own.
    Broadcast(Message),
    /// Pass on one of the messages that this very call brought in, unless it was passed on before: it may come again
    /// and be good again. It has been verified as far as it can be. A vote in ratification may carry another proof of
    /// the same validation result than it came with.
    Relay(Message),
    /// Ask other nodes for something.
    Request(Inventory),
    /// Fire a timer at a moment, or at once if it has passed.
    SetTimer {
        /// Names the timer.
        id: TimerId,
        /// When.
        at: Millis,
    },
    /// Forget a timer.
    CancelTimer(TimerId),
    /// Make the body of a block.
    Build(Box<BuildRequest>),
    /// Verify a candidate.
    Verify(Box<VerifyRequest>),
    /// Write to disk.
    Persist(Persist),
    /// Accept a block. The next round begins with [`Input::NewTip`]. A second decision in one round, at a lower
    /// iteration, replaces the first.
    Decide(Box<Decision>),
    /// A provisioner contradicted itself, and here is the proof.
    Misbehaviour(Box<Fault>),
}
