//! Emergency blocks: one key decides alone, late enough, and the chain goes on.

use std::sync::Arc;

use dusk_core::BlsScalar;
use dusk_core::signatures::bls::{BlsVersion, PublicKey, SecretKey};
use local_node_consensus::signing::Keyring;
use local_node_consensus::{Config, EMERGENCY_BLOCK_ITERATION, MIN_STAKE, Millis, Offence, Provisioners, Stake};
use local_node_core::{
    Answer, ChainBlock, Core, CoreConfig, Event, IngressId, Input, LedgerRequest, Output, PeerId, Position, Restart,
    Serve, Verdict,
};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{Attestation, Block, ConsensusHeader, Header, Label, RatificationResult, Vote};
use local_node_types::message::{Message, Quorum, SignedBy, Validation};

use crate::verdicts::{genesis, point};

const PEER: PeerId = PeerId(3);
/// The number of the key whose emergency blocks count. It has no stake.
const KEY: u64 = 9;

fn config() -> Config {
    Config { emergency_key: BlsKey::from(&point(KEY)), ..Config::local(Millis::from_secs(1)) }
}

/// When the block after genesis may be an emergency block, in seconds.
fn due() -> u64 {
    config().min_emergency_block_time().as_secs()
}

fn provisioners() -> Arc<Provisioners> {
    let stake = Stake { value: MIN_STAKE, eligible_since: 0 };
    Arc::new((1..5).map(|number| (point(number), stake)).collect())
}

/// A block of one key after `parent`.
fn signed(parent: &Header, number: u64, change: impl FnOnce(&mut Header)) -> Header {
    let secret = SecretKey::from(BlsScalar::from(number));
    let generator = BlsKey::from(&PublicKey::from(&secret));
    let keys = Keyring::new(vec![secret]);
    let sign = |bytes: &[u8]| keys.sign(&generator, bytes, BlsVersion::V2).expect("it is held");
    let mut header = Header {
        version: 1,
        height: parent.height + 1,
        timestamp: parent.timestamp + due(),
        prev_block_hash: parent.hash,
        seed: sign(parent.seed.as_bytes()),
        generator,
        iteration: EMERGENCY_BLOCK_ITERATION,
        ..Header::default()
    };
    change(&mut header);
    header.hash = header.compute_hash();
    header.signature = sign(&header.hash);
    header
}

fn block(header: Header) -> Message {
    Message::Block(Box::new(Block { header, ..Block::default() }))
}

struct Node {
    core: Core,
    now: Millis,
    next: u64,
}

impl Node {
    /// A node with these keys whose clock is where an emergency block is just due.
    fn new(keys: impl Iterator<Item = u64>) -> Self {
        let last_final = ChainBlock { header: genesis(), provisioners: provisioners() };
        let restart =
            Restart { before: None, last_final, unsettled: Vec::new(), records: Vec::new(), position: Position(0) };
        let now = Millis::from_secs(due());
        let keys = keys.map(|number| SecretKey::from(BlsScalar::from(number))).collect();
        let core = Core::new(CoreConfig::new(config()), Box::new(Keyring::new(keys)), restart, now, &mut Vec::new());
        Self { core, now, next: 0 }
    }

    fn give(&mut self, message: Message) -> (Verdict, Vec<Output>) {
        self.next += 1;
        let (ingress, mut out) = (IngressId(self.next), Vec::new());
        self.core.handle(self.now, Input::Message { ingress, from: PEER, message: Box::new(message) }, &mut out);
        let verdicts: Vec<_> = out
            .iter()
            .filter_map(|output| match output {
                Output::Judge { ingress: of, verdict } if *of == ingress => Some(verdict.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(verdicts.len(), 1, "each message is judged once");
        (verdicts[0].clone(), out)
    }

    /// Lets the ledger accept the block that it is asked to.
    fn accept(&mut self, out: &[Output]) -> Vec<Output> {
        let id = out.iter().find_map(|output| match output {
            Output::Ledger { id, request: LedgerRequest::Accept { .. } } => Some(*id),
            _ => None,
        });
        let (id, mut out) = (id.expect("a block is to be accepted"), Vec::new());
        let answer = Answer::Accepted { provisioners: provisioners(), accounts: Vec::new() };
        self.core.handle(self.now, Input::Ledger { id, answer }, &mut out);
        out
    }
}

#[test]
fn an_emergency_block_is_accepted_and_passed_on_once() {
    let mut node = Node::new(std::iter::empty());
    let header = signed(&genesis(), KEY, |_| {});
    // Anybody may have written something in place of the attestation.
    let scribbled = |byte| {
        let attestation = Attestation { validation: votes(byte), ..Attestation::default() };
        block(Header { attestation, ..header.clone() })
    };
    let (verdict, out) = node.give(scribbled(1));
    assert_eq!(verdict, Verdict::Relay(Some(Box::new(block(header.clone())))));
    let (again, _) = node.give(scribbled(2));
    assert_eq!(again, Verdict::Ignore);
    let out = node.accept(&out);
    let accepted = out.iter().find_map(|output| match output {
        Output::Event(Event::Accepted { header, label, .. }) => Some((header.as_ref().clone(), *label)),
        _ => None,
    });
    assert_eq!(accepted, Some((header.clone(), Label::Accepted(100))));
    assert_eq!(node.give(scribbled(3)).0, Verdict::Ignore);

    // A peer that is still in the round gets the block; one in the next round does not.
    let vote = |header: ConsensusHeader| {
        let signed = SignedBy { signer: BlsKey::from(&point(1)), signature: BlsSignature([3; 48]) };
        Message::Validation(Box::new(Validation { header, vote: Vote::NoCandidate, signed }))
    };
    let asks = |prev_block_hash, round| ConsensusHeader { prev_block_hash, round, iteration: 49 };
    let served = |out: &[Output]| {
        let given =
            out.iter().filter(|output| matches!(output, Output::Serve { to: PEER, serve: Serve::Items(_), .. }));
        given.count()
    };
    assert_eq!(served(&node.give(vote(asks(genesis().hash, 1))).1), 1);
    assert_eq!(served(&node.give(vote(asks(header.hash, 2))).1), 0);
}

fn votes(byte: u8) -> local_node_types::ledger::StepVotes {
    local_node_types::ledger::StepVotes { bitset: u64::from(byte), signature: BlsSignature([byte; 48]) }
}

#[test]
fn a_forged_emergency_block_is_refused() {
    let stranger = |change: fn(&mut Header)| block(signed(&genesis(), 1, change));
    let own = |change: fn(&mut Header)| block(signed(&genesis(), KEY, change));
    let unsigned = {
        let mut header = signed(&genesis(), KEY, |_| {});
        header.signature = BlsSignature([7; 48]);
        block(header)
    };
    let altered = {
        let mut header = signed(&genesis(), KEY, |_| {});
        header.gas_limit = 7;
        block(header)
    };
    let cases = [
        ("another key", stranger(|_| {}), Some(Offence::Proof)),
        (
            "a drawn generator that claims the key",
            stranger(|it| it.generator = BlsKey::from(&point(KEY))),
            Some(Offence::Proof),
        ),
        ("no signature", unsigned, Some(Offence::Proof)),
        ("a field that is not signed", altered, Some(Offence::Contents)),
        ("before all iterations can have ended", own(|it| it.timestamp -= 1), Some(Offence::Proof)),
        ("in a real iteration", own(|it| it.iteration = 49), Some(Offence::Contents)),
        ("with a seed of somebody's choice", own(|it| it.seed = BlsSignature([7; 48])), Some(Offence::Proof)),
        ("ahead of the clock", own(|it| it.timestamp += 60), None),
        ("on another block", own(|it| it.prev_block_hash = [9; 32]), None),
        ("of another height", own(|it| it.height = 5), Some(Offence::Proof)),
    ];
    for (name, message, offence) in cases {
        let mut node = Node::new(std::iter::empty());
        let (verdict, out) = node.give(message);
        assert_eq!(verdict, offence.map_or(Verdict::Ignore, Verdict::Reject), "{name}");
        assert!(!out.iter().any(|output| matches!(output, Output::Ledger { .. })), "{name}");
    }
}

#[test]
fn committees_have_no_part_in_emergency_blocks() {
    let header = signed(&genesis(), KEY, |_| {});
    let mut node = Node::new(1..5);
    // Nobody votes on it as a candidate.
    let candidate = Message::Candidate(Box::new(Block { header: header.clone(), ..Block::default() }));
    let (verdict, out) = node.give(candidate);
    assert!(!matches!(verdict, Verdict::Relay(_)), "{verdict:?}");
    assert!(!out.iter().any(|output| matches!(output, Output::Send { .. } | Output::Ledger { .. })), "{out:?}");
    // No quorum can be about it.
    let result = RatificationResult::Success(Vote::Valid(header.hash));
    let attestation = Attestation { result, validation: votes(255), ratification: votes(255) };
    let quorum = Message::Quorum(Box::new(Quorum { header: header.consensus_header(), attestation }));
    let (verdict, out) = node.give(quorum);
    assert!(!matches!(verdict, Verdict::Relay(_)), "{verdict:?}");
    assert!(!out.iter().any(|output| matches!(output, Output::Ledger { .. })), "{out:?}");
}

#[test]
fn rounds_go_on_after_an_emergency_block() {
    let mut node = Node::new(1..5);
    let first = signed(&genesis(), KEY, |_| {});
    let (_, out) = node.give(block(first.clone()));
    node.accept(&out);
    assert_eq!((node.core.tip().0.hash, node.core.position()), (first.hash, Some((2, 0))));
    // A second emergency block takes as long again.
    node.now = node.now.plus(config().min_emergency_block_time());
    let early = signed(&first, KEY, |it| it.timestamp -= 1);
    assert_eq!(node.give(block(early)).0, Verdict::Reject(Offence::Proof));
    let second = signed(&first, KEY, |_| {});
    let (verdict, out) = node.give(block(second.clone()));
    assert!(matches!(verdict, Verdict::Relay(_)));
    node.accept(&out);
    assert_eq!((node.core.tip().0.hash, node.core.position()), (second.hash, Some((3, 0))));
}
