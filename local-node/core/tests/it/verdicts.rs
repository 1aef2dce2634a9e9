//! Every message is judged exactly once, and what is refused says why.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{PublicKey, SecretKey};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{
    BlockBody, Config, Consensus, Input as ConsensusInput, MIN_STAKE, Millis, Offence, Output as Wish, Provisioners,
    Stake, StepTimes, TipContext,
};
use local_node_core::{
    ChainBlock, Core, CoreConfig, IngressId, Input, LedgerRequest, MAX_SERVED_ITEMS, Output, PeerId, Position, Record,
    Restart, Serve, Target, Verdict, Want,
};
use local_node_types::bloom::Bloom;
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Fault, Hash, Header, RatificationResult, Statement, StepName, Vote,
};
use local_node_types::message::{
    GetBlocks, GetResource, Inventory, InventoryItem, Message, Quorum, SignedBy, Validation,
};

pub(crate) const NOW: Millis = Millis::from_secs(1_000_000);
const PEER: PeerId = PeerId(3);

pub(crate) fn point(number: u64) -> PublicKey {
    PublicKey::from(&SecretKey::from(BlsScalar::from(number)))
}

fn provisioners() -> Arc<Provisioners> {
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    Arc::new((1..5).map(|number| (point(number), stake)).collect())
}

pub(crate) fn genesis() -> Header {
    Header { hash: Header::default().compute_hash(), ..Header::default() }
}

/// An observer that knows genesis only.
pub(crate) struct Node {
    pub(crate) core: Core,
    next: u64,
}

impl Node {
    pub(crate) fn new() -> (Self, Vec<Output>) {
        Self::with_records(Vec::new())
    }

    /// A node that starts again with these records.
    fn with_records(records: Vec<Record>) -> (Self, Vec<Output>) {
        Self::start(records, Vec::new())
    }

    /// A node that votes with the key of a provisioner.
    fn with_key(number: u64) -> Self {
        Self::start(Vec::new(), vec![SecretKey::from(BlsScalar::from(number))]).0
    }

    fn start(records: Vec<Record>, keys: Vec<SecretKey>) -> (Self, Vec<Output>) {
        let last_final = ChainBlock { header: genesis(), provisioners: provisioners() };
        let position = Position(records.len() as u64);
        let restart = Restart { before: None, last_final, unsettled: Vec::new(), records, position };
        let mut out = Vec::new();
        let config = CoreConfig::new(Config::local(Millis::from_secs(1)));
        let core = Core::new(config, Box::new(Keyring::new(keys)), restart, NOW, &mut out);
        (Self { core, next: 0 }, out)
    }

    /// Gives a message of a peer.
    pub(crate) fn send(&mut self, now: Millis, from: PeerId, message: Message, out: &mut Vec<Output>) -> IngressId {
        self.next += 1;
        let ingress = IngressId(self.next);
        self.core.handle(now, Input::Message { ingress, from, message: Box::new(message) }, out);
        ingress
    }

    /// Gives a message; its only verdict, and what else came of it.
    fn give(&mut self, now: Millis, message: Message) -> (Verdict, Vec<Output>) {
        let mut out = Vec::new();
        let ingress = self.send(now, PEER, message, &mut out);
        let mut verdicts = Vec::new();
        out.retain(|output| match output {
            Output::Judge { ingress: of, verdict } => {
                assert_eq!(*of, ingress);
                verdicts.push(verdict.clone());
                false
            }
            _ => true,
        });
        assert_eq!(verdicts.len(), 1, "{verdicts:?}");
        (verdicts.remove(0), out)
    }
}

fn vote(prev_block_hash: Hash, round: u64, signer: u64) -> Message {
    let signed = SignedBy { signer: BlsKey::from(&point(signer)), signature: BlsSignature([3; 48]) };
    let header = ConsensusHeader { prev_block_hash, round, iteration: 0 };
    Message::Validation(Box::new(Validation { header, vote: Vote::NoCandidate, signed }))
}

fn quorum(prev_block_hash: Hash, round: u64) -> Message {
    let header = ConsensusHeader { prev_block_hash, round, iteration: 0 };
    let result = RatificationResult::Success(Vote::Valid([1; 32]));
    Message::Quorum(Box::new(Quorum { header, attestation: Attestation { result, ..Attestation::default() } }))
}

fn attested(header: Header) -> Message {
    let hash = header.compute_hash();
    let result = RatificationResult::Success(Vote::Valid(hash));
    let attestation = Attestation { result, ..Attestation::default() };
    Message::Block(Box::new(Block { header: Header { hash, attestation, ..header }, ..Block::default() }))
}

/// Everything that the provisioners say in the first iteration after genesis.
fn all_said() -> Vec<Message> {
    let keys = (1..5).map(|number| SecretKey::from(BlsScalar::from(number))).collect();
    let mut consensus = Consensus::new(Config::local(Millis::from_secs(1)), keys);
    let tip = TipContext { header: genesis(), provisioners: provisioners(), before: None, resume: None };
    let (mut said, mut inputs) = (Vec::new(), vec![ConsensusInput::NewTip(Box::new(tip))]);
    while let Some(input) = inputs.pop() {
        for wish in consensus.step(NOW, input) {
            match wish {
                Wish::Build(request) => {
                    let (transactions, faults) = (Vec::new(), Vec::new());
                    let (state_root, event_bloom, gas_limit) = ([1; 32], Bloom::default(), 3_000_000_000);
                    let body = Box::new(BlockBody { transactions, faults, state_root, event_bloom, gas_limit });
                    inputs.push(ConsensusInput::Built { request: request.id, body });
                }
                Wish::Broadcast(message) => said.push(message),
                _ => {}
            }
        }
    }
    said
}

#[test]
fn a_vote_that_waited_for_its_step_is_passed_on_once() {
    let said = all_said();
    let vote = said.iter().find_map(|message| match message {
        Message::Ratification(vote) => Some(vote.clone()),
        _ => None,
    });
    let quorum = said.iter().find(|message| matches!(message, Message::Quorum(_))).expect("all have voted").clone();
    let (vote, mut again) = vote.map(|vote| (vote.clone(), vote)).expect("they ratify");
    let (mut node, _) = Node::new();
    assert_eq!(node.give(NOW, Message::Ratification(vote)).0, Verdict::Relay(None));
    // The iteration ends without this node having come to the step.
    assert_eq!(node.give(NOW, quorum).0, Verdict::Relay(None));
    again.timestamp += 1;
    assert_eq!(node.give(NOW, Message::Ratification(again)).0, Verdict::Ignore);
}

#[test]
fn votes_are_judged_while_the_ledger_executes_the_candidate() {
    let said = all_said();
    let votes: Vec<_> = said
        .iter()
        .filter_map(|message| match message {
            Message::Validation(vote) => Some(vote.clone()),
            _ => None,
        })
        .collect();
    let candidate = said.iter().find(|message| matches!(message, Message::Candidate(_))).expect("one proposes");
    let own = votes[0].signed.signer;
    let member = (1..5).find(|number| BlsKey::from(&point(*number)) == own).expect("a provisioner votes");
    let mut node = Node::with_key(member);
    let (verdict, out) = node.give(NOW, candidate.clone());
    assert_eq!(verdict, Verdict::Relay(None));
    let is_verification = |output: &Output| matches!(output, Output::Ledger { request: LedgerRequest::Verify(_), .. });
    assert_eq!(out.iter().filter(|output| is_verification(output)).count(), 1);
    // The ledger says nothing meanwhile, and this node does not vote on the candidate.
    let (mut others, mut own_votes) = (0, 0);
    for vote in votes.into_iter().filter(|vote| vote.signed.signer != own) {
        let (verdict, out) = node.give(NOW, Message::Validation(vote));
        assert_eq!(verdict, Verdict::Relay(None));
        others += 1;
        let is_vote = |message: &Message| matches!(message, Message::Validation(_));
        own_votes += out.iter().filter(|it| matches!(it, Output::Send { message, .. } if is_vote(message))).count();
    }
    assert!(others > 0, "several provisioners vote");
    assert_eq!(own_votes, 0);
}

#[test]
fn a_node_that_starts_asks_for_blocks_and_keeps_its_iteration() {
    let (node, out) = Node::new();
    let after = Want::HashesAfter(genesis().hash);
    assert!(out.iter().any(|output| matches!(output, Output::Ask { to: Target::Some(_), want } if *want == after)));
    assert!(out.iter().any(|output| matches!(output, Output::Persist { position: Position(1), .. })));
    assert!(node.core.deadline().is_some());
}

#[test]
fn steps_take_as_long_after_a_restart_as_before() {
    let proposal = |records| {
        let (node, _) = Node::with_records(records);
        // The slot opened long ago.
        node.core.deadline().expect("the step has a timeout").since(NOW)
    };
    let timeouts = Config::local(Millis::from_secs(1)).timeouts;
    assert_eq!(proposal(vec![]), timeouts.max);
    let mut times = StepTimes::default();
    times.record(StepName::Proposal, Millis(1_000));
    let mut earlier = StepTimes::default();
    earlier.record(StepName::Proposal, Millis(3_000));
    assert_eq!(proposal(vec![Record::StepTimes(earlier), Record::StepTimes(times)]), Millis(1_000));
}

#[test]
fn faults_that_wait_for_a_block_outlive_a_restart() {
    let header = ConsensusHeader { prev_block_hash: genesis().hash, round: 1, iteration: 0 };
    let (signer, signature) = (BlsKey::from(&point(1)), BlsSignature([3; 48]));
    let says = |payload| Statement { header, signer, signature, payload };
    let fault = Fault::DoubleValidationVote(Box::new([says(Vote::NoCandidate), says(Vote::Valid([1; 32]))]));
    let record = || Record::Fault(Box::new(fault.clone()));
    let (node, _) = Node::with_records(vec![record(), record()]);
    assert_eq!(node.core.load().faults, 1);
}

#[test]
fn what_no_honest_node_sends_is_refused() {
    let tip = genesis().hash;
    let cases = [
        (vote(tip, 1, 9), Offence::Stranger),
        (quorum(tip, 1), Offence::Proof),
        (attested(Header { height: 1, prev_block_hash: tip, ..Header::default() }), Offence::Proof),
        (Message::Block(Box::default()), Offence::Contents),
        (
            Message::Block(Box::new(Block {
                header: Header { height: 1, prev_block_hash: tip, ..Header::default() },
                ..Block::default()
            })),
            Offence::Contents,
        ),
    ];
    for (message, offence) in cases {
        let (mut node, _) = Node::new();
        let is_old = matches!(&message, Message::Block(block) if block.header.height == 0);
        let expected = if is_old { Verdict::Ignore } else { Verdict::Reject(offence) };
        assert_eq!(node.give(NOW, message.clone()).0, expected, "{message:?}");
    }
}

#[test]
fn a_peer_that_goes_on_is_dropped() {
    let (mut node, _) = Node::new();
    let dropped: Vec<bool> = (0..4)
        .map(|_| node.give(NOW, quorum(genesis().hash, 1)).1)
        .map(|out| out.iter().any(|output| matches!(output, Output::Drop(PEER))))
        .collect();
    assert_eq!(dropped, [false, false, false, true]);
}

#[test]
fn what_cannot_be_judged_says_nothing_about_the_sender() {
    let (mut node, _) = Node::new();
    for message in [
        vote([7; 32], 1, 1),
        vote(genesis().hash, 0, 1),
        vote([7; 32], 1000, 1),
        quorum([7; 32], 1000),
        Message::GetMempool(1),
        attested(Header { height: 9, prev_block_hash: [8; 32], ..Header::default() }),
    ] {
        assert_eq!(node.give(NOW, message.clone()).0, Verdict::Ignore, "{message:?}");
    }
}

#[test]
fn a_quorum_of_another_branch_is_held_and_judged_in_the_end() {
    let (mut node, _) = Node::new();
    assert_eq!(node.give(NOW, quorum([7; 32], 1)).0, Verdict::Hold);
    let held = IngressId(node.next);
    let mut judged = Vec::new();
    let mut asked = false;
    let end = NOW.plus(Millis::from_secs(10));
    while let Some(at) = node.core.deadline().filter(|at| *at <= end) {
        let mut out = Vec::new();
        node.core.handle(at, Input::Timer, &mut out);
        for output in out {
            match output {
                Output::Judge { ingress, verdict } => judged.push((ingress, verdict)),
                // Somebody builds on a block that this node does not know.
                Output::Ask { to: Target::Peer(PEER), want: Want::HashesAfter(_) } => asked = true,
                _ => {}
            }
        }
    }
    assert_eq!(judged, [(held, Verdict::Ignore)]);
    assert!(asked);
}

#[test]
fn held_messages_of_one_peer_are_bounded() {
    let (mut node, _) = Node::new();
    let held = (0..300).filter(|_| node.give(NOW, quorum([7; 32], 1)).0 == Verdict::Hold).count();
    assert_eq!((held, node.core.load().held.0), (128, 128));
}

#[test]
fn requests_are_served_within_bounds() {
    let (mut node, _) = Node::new();
    let ask = |items: usize, expires_at| {
        let items = vec![InventoryItem::BlockFromHeight(1); items];
        Message::GetResource(GetResource {
            inventory: Inventory { items, max_entries: 0 },
            requester: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            expires_at,
            hops: 0,
        })
    };
    let served = |out: Vec<Output>| {
        out.into_iter().find_map(|output| match output {
            Output::Serve { to: PEER, serve, .. } => Some(serve),
            _ => None,
        })
    };
    let later = NOW.as_secs() + 5;
    assert_eq!(served(node.give(NOW, ask(1, NOW.as_secs() - 1)).1), None);
    let Some(Serve::Items(items)) = served(node.give(NOW, ask(5000, later)).1) else { panic!("nothing was served") };
    assert_eq!(items.len(), MAX_SERVED_ITEMS);
    let times = (0..10).filter(|_| served(node.give(NOW, ask(100, later)).1).is_some()).count();
    assert_eq!(times, 3);
    let hashes = node.give(NOW.plus(Millis(100)), Message::GetBlocks(GetBlocks { locator: [1; 32], nonce: 0 })).1;
    assert_eq!(served(hashes), Some(Serve::HashesAfter([1; 32])));
}

#[test]
fn named_blocks_are_asked_of_whoever_named_them() {
    let (mut node, _) = Node::new();
    let items: Vec<_> = (0..200).map(|number| InventoryItem::BlockFromHash([number; 32])).collect();
    let (verdict, out) = node.give(NOW, Message::Inventory(Inventory { items, max_entries: 0 }));
    assert_eq!(verdict, Verdict::Ignore);
    let asked: Vec<_> = out
        .iter()
        .filter_map(|output| match output {
            Output::Ask { to, want: Want::Items(inventory) } => Some((*to, inventory.items.len())),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [(Target::Peer(PEER), 16)]);
    assert_eq!(node.core.load().wanted, MAX_SERVED_ITEMS);
}
