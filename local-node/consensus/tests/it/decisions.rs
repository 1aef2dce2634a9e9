//! Promises of a decision: the whole header of the block follows the rules, also for a node in no committee.

use local_node_consensus::committee::Committees;
use local_node_consensus::signing::Keyring;
use local_node_consensus::{Config, Consensus, Input, Millis, Output, TimerId};
use local_node_types::ledger::{
    Attestation, Block, FailedIteration, Header, RatificationResult, StepName, StepVotes, Vote,
};
use local_node_types::message::{Message, Quorum, ratification_bytes, validation_bytes};

use crate::support::{Chain, GENESIS_TIME, build, key, provisioners, secret};

const STAKERS: u64 = 6;
const NOW: Millis = Millis::from_secs(GENESIS_TIME);

/// A change of a header.
type Change = Box<dyn FnOnce(&mut Header)>;

fn config() -> Config {
    Config::local(Millis(0))
}

fn chain() -> Chain {
    Chain::new(provisioners(STAKERS))
}

/// The candidate of the first iteration.
fn candidate() -> Block {
    let mut node = Consensus::new(config(), (1..=STAKERS).map(secret).collect());
    let mut inputs = vec![Input::NewTip(Box::new(chain().context()))];
    while let Some(input) = inputs.pop() {
        for output in node.step(NOW, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(Message::Candidate(block)) => return *block,
                _ => {}
            }
        }
    }
    panic!("the generator of the first iteration proposes");
}

/// A change of the header that its generator has signed and all members of both committees have voted for.
fn attested(change: impl FnOnce(&mut Header)) -> (Block, Message) {
    let keyring = Keyring::new((1..=STAKERS).map(secret).collect());
    let version = config().profile.at(1).fork().bls_version();
    let mut block = candidate();
    change(&mut block.header);
    block.header.hash = block.header.compute_hash();
    block.header.signature = keyring.sign(&block.header.generator, &block.header.hash, version).expect("a known key");

    let (header, vote) = (block.header.consensus_header(), Vote::Valid(block.header.hash));
    let mut committees = Committees::new(provisioners(STAKERS), chain().tip().seed, 1);
    let mut votes = |step, bytes: &[u8]| {
        let committee = committees.voting(0, step);
        let keys: Vec<_> = committee.members().iter().map(|member| member.key).collect();
        let signature = keyring.sign_together(&keys, bytes, version).expect("known keys");
        StepVotes { bitset: (1 << keys.len()) - 1, signature }
    };
    let attestation = Attestation {
        result: RatificationResult::Success(vote),
        validation: votes(StepName::Validation, &validation_bytes(&header, &vote)),
        ratification: votes(StepName::Ratification, &ratification_bytes(&header, &vote)),
    };
    (block, Message::Quorum(Box::new(Quorum { header, attestation })))
}

/// A node without keys that has heard of the genesis block.
fn observer() -> Consensus {
    let mut node = Consensus::new(config(), Vec::new());
    let _ = node.step(NOW, Input::NewTip(Box::new(chain().context())));
    node
}

fn decided(outputs: &[Output]) -> Option<Block> {
    outputs.iter().find_map(|output| match output {
        Output::Decide(decision) => Some(decision.block.clone()),
        _ => None,
    })
}

/// The decisions of an observer that hears of the block and its quorum, in both orders.
fn heard(block: &Block, quorum: &Message) -> [Option<Block>; 2] {
    let candidate = Message::Candidate(Box::new(block.clone()));
    [vec![candidate.clone(), quorum.clone()], vec![quorum.clone(), candidate]].map(|messages| {
        let mut node = observer();
        let mut all = Vec::new();
        for message in messages {
            all.extend(node.step(NOW, Input::Message(message)));
        }
        decided(&all)
    })
}

#[test]
fn a_good_block_is_decided_by_a_node_in_no_committee() {
    let (block, quorum) = attested(|_| {});
    for found in heard(&block, &quorum) {
        assert_eq!(found.expect("decided").header.hash, block.header.hash);
    }
}

#[test]
fn an_attested_block_whose_header_breaks_a_rule_is_not_decided() {
    // A generator named here would be slashed for an iteration that nobody has voted on.
    let innocent = Some(FailedIteration {
        attestation: Attestation { result: RatificationResult::Fail(Vote::NoCandidate), ..Attestation::default() },
        generator: key(3),
    });
    let changes: [Change; 4] = [
        Box::new(move |header| header.failed_iterations = vec![innocent].try_into().expect("one iteration")),
        Box::new(|header| header.seed.0[3] ^= 1),
        Box::new(|header| header.timestamp -= 1),
        Box::new(|header| header.version = 9),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (block, quorum) = attested(change);
        assert_eq!(heard(&block, &quorum), [None, None], "change {number}");
    }
}

#[test]
fn a_block_ahead_of_the_clock_is_decided_when_its_time_comes() {
    let (block, quorum) = attested(|header| header.timestamp += 4);
    let mut node = observer();
    let mut outputs = node.step(NOW, Input::Message(Message::Candidate(Box::new(block.clone()))));
    outputs.extend(node.step(NOW, Input::Message(quorum)));
    assert_eq!(decided(&outputs), None);
    let mut timer: Option<(TimerId, Millis)> = None;
    for _ in 0..100 {
        for output in outputs.drain(..) {
            match output {
                Output::SetTimer { id, at } => timer = Some((id, at)),
                Output::Decide(decision) => {
                    assert_eq!(decision.block.header.hash, block.header.hash);
                    return;
                }
                _ => {}
            }
        }
        let (id, at) = timer.take().expect("a timer is armed while nothing happens");
        outputs = node.step(at, Input::Timer(id));
    }
    panic!("the block was not decided in a hundred timeouts");
}
