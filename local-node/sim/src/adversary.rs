//! Nodes that follow other rules: the simulator alters the outputs of an honest core before they leave.

use local_node_consensus::signing::Signer;
use local_node_core::{Output, PeerId, Position, Target};
use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{
    BLOCK_VERSION, Block, ConsensusHeader, Fault, Header, RatificationResult, Statement, StepName, StepVotes, Vote,
};
use local_node_types::message::{
    Message, Ratification, SignedBy, Validation, ValidationResult, ratification_bytes, validation_bytes,
};

use crate::keys::version;
use crate::ledger::Ledger;
use crate::lies::{Lie, Lies, Told};
use crate::marks::Mark;
use crate::rng::Rng;

/// An adversary's deviation from the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Sends one candidate or vote to one half of the nodes, and another to the other half.
    Equivocate,
    /// Keeps its candidates to itself.
    WithholdCandidates,
    /// Keeps its votes to itself.
    WithholdVotes,
    /// Tells that iterations ended otherwise than their votes say.
    Retag,
    /// Sends what it has to send to one node only.
    SendToOne,
    /// Puts made-up faults of others into its candidates.
    ForgeFaults,
    /// Gives peers made-up blocks after its tip, whose attestations nobody has signed.
    FalseBranch,
    /// Gives peers blocks with attestations that do not hold.
    SpoilBlocks,
    /// Sends its candidates and votes just after the others have given up waiting.
    SendLate,
    /// Runs with the keys of another node, which is honest, beside its own.
    DuplicateKey,
    /// Loses its log whenever it stops, and with it what it has voted.
    ForgetVotes,
    /// Lies in the headers of its candidates, in another way each time.
    LieInHeader,
}

impl Attack {
    /// Draws one. Those that a plan draws last are not among them.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Self {
        let all = [
            Self::Equivocate,
            Self::WithholdCandidates,
            Self::WithholdVotes,
            Self::Retag,
            Self::SendToOne,
            Self::ForgeFaults,
            Self::FalseBranch,
            Self::SpoilBlocks,
            Self::SendLate,
            Self::DuplicateKey,
            Self::ForgetVotes,
        ];
        all[rng.place(all.len())]
    }
}

/// The adversary's knowledge when it alters a message.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Its keys.
    pub signer: &'a dyn Signer,
    /// Its chain.
    pub ledger: &'a Ledger,
    /// How many nodes there are.
    pub nodes: usize,
    /// The candidates in whose headers it has lied, by the hashes that they state.
    pub lies: &'a mut Lies,
    /// Chance.
    pub rng: &'a mut Rng,
}

/// Returns the outputs in place of one output, and the mark of the adversary's deed, if there is one.
pub fn alter(attack: Attack, output: Output, around: &mut Surroundings<'_>) -> (Vec<Output>, Option<Mark>) {
    let Output::Send { after, to: Target::All, message } = output else { return (vec![output], None) };
    let is_candidate = matches!(*message, Message::Candidate(_));
    let is_vote = matches!(*message, Message::Validation(_) | Message::Ratification(_));
    let other = match attack {
        Attack::WithholdCandidates if is_candidate => return (Vec::new(), Some(Mark::WithheldCandidate)),
        Attack::WithholdVotes if is_vote => return (Vec::new(), Some(Mark::WithheldVote)),
        Attack::SendToOne => {
            let peer = around.rng.place(around.nodes) as u64;
            return (vec![Output::Send { after, to: Target::Peer(PeerId(peer)), message }], Some(Mark::SentToOne));
        }
        Attack::Equivocate => contradict(&message, around.signer),
        Attack::Retag => {
            let done = matches!(*message, Message::Quorum(_)).then_some(Mark::Retagged);
            return (vec![Output::Send { after, to: Target::All, message: Box::new(retag(*message)) }], done);
        }
        Attack::ForgeFaults => {
            let forged = forge_fault(&message, around);
            return instead(after, message, forged, Mark::ForgedFault);
        }
        Attack::LieInHeader => {
            let told = lie(&message, around);
            return instead(after, message, told, Mark::LiedInHeader);
        }
        _ => None,
    };
    match other {
        Some(other) => (halves(after, &message, &other, around.nodes), Some(Mark::Equivocated)),
        None => (vec![Output::Send { after, to: Target::All, message }], None),
    }
}

/// Another message for all nodes, if there is one.
fn instead(
    after: Position,
    message: Box<Message>,
    altered: Option<Message>,
    mark: Mark,
) -> (Vec<Output>, Option<Mark>) {
    let done = altered.is_some().then_some(mark);
    let message = altered.map_or(message, Box::new);
    (vec![Output::Send { after, to: Target::All, message }], done)
}

/// One message for one half of the nodes, the other for the other half; one node hears both.
fn halves(after: Position, one: &Message, other: &Message, nodes: usize) -> Vec<Output> {
    let send = |node: usize, message: &Message| Output::Send {
        after,
        to: Target::Peer(PeerId(node as u64)),
        message: Box::new(message.clone()),
    };
    let mut sent: Vec<_> = (0..nodes).map(|node| send(node, if node % 2 == 0 { one } else { other })).collect();
    sent.push(send(0, other));
    sent
}

/// Another message for the same step, as well signed.
fn contradict(message: &Message, signer: &dyn Signer) -> Option<Message> {
    let opposite = |vote: Vote| if vote == Vote::NoCandidate { Vote::Invalid([1; 32]) } else { Vote::NoCandidate };
    match message {
        Message::Validation(first) => {
            let (header, vote) = (first.header, opposite(first.vote));
            let signed = sign(signer, &first.signed, &header, &validation_bytes(&header, &vote))?;
            Some(Message::Validation(Box::new(Validation { header, vote, signed })))
        }
        Message::Ratification(first) if first.vote != Vote::NoQuorum => {
            let (header, vote) = (first.header, Vote::NoQuorum);
            let signed = sign(signer, &first.signed, &header, &ratification_bytes(&header, &vote))?;
            let validation = ValidationResult::new(vote, StepVotes::default());
            Some(Message::Ratification(Box::new(Ratification { vote, validation, signed, ..**first })))
        }
        Message::Candidate(first) => {
            let mut block = Block::clone(first);
            block.header.timestamp += 1;
            resign(&mut block, signer)?;
            Some(Message::Candidate(Box::new(block)))
        }
        _ => None,
    }
}

fn sign(signer: &dyn Signer, first: &SignedBy, header: &ConsensusHeader, bytes: &[u8]) -> Option<SignedBy> {
    let signature = signer.sign(&first.signer, bytes, version(header.round))?;
    Some(SignedBy { signer: first.signer, signature })
}

/// Gives a block its hash and its generator's signature; nothing when that key is not held.
pub(crate) fn resign(block: &mut Block, signer: &dyn Signer) -> Option<()> {
    let header = &mut block.header;
    header.hash = header.compute_hash();
    header.signature = signer.sign(&header.generator, &header.hash, version(header.height))?;
    Some(())
}

fn retag(message: Message) -> Message {
    let Message::Quorum(mut quorum) = message else { return message };
    let result = &mut quorum.attestation.result;
    *result = match *result {
        RatificationResult::Success(vote) => RatificationResult::Fail(vote),
        RatificationResult::Fail(_) => RatificationResult::Success(Vote::Valid([7; 32])),
    };
    Message::Quorum(quorum)
}

/// The candidate with a fault of somebody else that nobody has signed.
fn forge_fault(message: &Message, around: &Surroundings<'_>) -> Option<Message> {
    let Message::Candidate(first) = message else { return None };
    let mut block = Block::clone(first);
    let tip = &around.ledger.tip().block.header;
    let victim = *around.ledger.tip().provisioners.iter().map(|(key, _)| key).find(|key| !around.signer.holds(key))?;
    let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
    let signature = BlsSignature([5; 48]);
    let statement = |payload| Statement { header, signer: victim, signature, payload };
    let pair = Box::new([statement(Vote::NoCandidate), statement(Vote::Valid([3; 32]))]);
    block.faults.push(Fault::DoubleValidationVote(pair));
    block.header.fault_root = block.compute_fault_root();
    block.header.state_root = around.ledger.root_after(&block);
    resign(&mut block, around.signer)?;
    Some(Message::Candidate(Box::new(block)))
}

/// The candidate with a header that lies.
fn lie(message: &Message, around: &mut Surroundings<'_>) -> Option<Message> {
    let Message::Candidate(honest) = message else { return None };
    let lies = Lie::rarest(around.lies);
    let first = around.rng.place(lies.len());
    let mut in_turn = lies.iter().cycle().skip(first).take(lies.len());
    let tell = |lie: &Lie| Some((*lie, lie.tell(honest, around.ledger, around.signer)?));
    let (lie, block) = in_turn.find_map(tell)?;
    around.lies.insert(block.header.hash, Told { lie, about: block.header.consensus_header() });
    Some(Message::Candidate(Box::new(block)))
}

/// A block after the tip that nobody has voted for, but that says so.
#[must_use]
pub fn false_block(ledger: &Ledger) -> Block {
    let tip = &ledger.tip().block.header;
    let header = Header {
        version: BLOCK_VERSION,
        height: tip.height + 1,
        timestamp: tip.timestamp + 1,
        prev_block_hash: tip.hash,
        prev_block_cert: tip.attestation,
        ..Header::default()
    };
    let mut block = Block { header, ..Block::default() };
    block.header.state_root = ledger.root_after(&block);
    block.header.hash = block.header.compute_hash();
    block.header.attestation.result = RatificationResult::Success(Vote::Valid(block.header.hash));
    block
}

/// The vote of a message, as the checkers note it.
#[must_use]
pub fn vote_of(message: &Message) -> Option<(ConsensusHeader, StepName, Vote, SignedBy)> {
    match message {
        Message::Validation(vote) => Some((vote.header, StepName::Validation, vote.vote, vote.signed)),
        Message::Ratification(vote) => Some((vote.header, StepName::Ratification, vote.vote, vote.signed)),
        _ => None,
    }
}
