//! Votes, attestations and blocks that our state machine makes, judged by the production crates, and the other way.

use dusk_consensus::build_validation_payload;
use dusk_consensus::commons::RoundUpdate;
use dusk_consensus::quorum::verifiers::verify_quorum_votes;
use dusk_core::signatures::bls::PublicKey;
use dusk_node_data::StepName as TheirStep;
use dusk_node_data::bls::PublicKey as TheirKey;
use dusk_node_data::hard_fork::set_aegis_activation_height;
use dusk_node_data::ledger as theirs;
use dusk_node_data::message::payload as their_payload;
use dusk_node_data::message::{ConsensusHeader as TheirHeader, Message as TheirMessage, Payload, SignedStepMessage};
use local_node_consensus::{BeforeTip, Config, Consensus, Input, Millis, Output, TipContext};
use local_node_types::codec::{Decode, Encode};
use local_node_types::ledger::{Attestation, Block, ConsensusHeader, Seed, StepName, Vote};
use local_node_types::message::{Frame, Message};
use local_node_types::rules::Profile;

use super::sortition::{their_committee, their_provisioners};
use super::{read, written};
use crate::support::{Chain, GENESIS_TIME, build, provisioners, secret};

/// The last heights of rounds with signatures of version 1 and of version 2 on the main network, minus one.
const TIPS: [u64; 2] = [0, 4_500_000];

fn config() -> Config {
    // The production crates have one activation height for the whole process.
    set_aegis_activation_height(3_590_904);
    Config { profile: Profile::Mainnet, ..Config::local(Millis(0)) }
}

fn chain(stakers: u64, tip: u64) -> Chain {
    Chain::from_height(provisioners(stakers), tip)
}

/// The messages and the decision of a node with all keys for one block.
fn round_of(stakers: u64, tip: u64) -> (Vec<Message>, Block) {
    let mut consensus = Consensus::new(config(), (1..=stakers).map(secret).collect());
    let now = Millis::from_secs(GENESIS_TIME);
    let mut inputs = vec![Input::NewTip(Box::new(chain(stakers, tip).context()))];
    let (mut said, mut decided) = (Vec::new(), None);
    while let Some(input) = inputs.pop() {
        for output in consensus.step(now, input) {
            match output {
                Output::Build(request) => inputs.push(Input::Built { request: request.id, body: build(&request) }),
                Output::Broadcast(message) => said.push(message),
                Output::Decide(decision) => decided = Some(decision.block),
                _ => {}
            }
        }
    }
    (said, decided.expect("own votes suffice"))
}

fn their_header(header: &ConsensusHeader) -> TheirHeader {
    read(&header.encoded()).expect("they read our header")
}

/// Their verdict on both steps of an attestation.
fn they_accept(attestation: &Attestation, header: &ConsensusHeader, chain: &Chain) -> bool {
    let theirs: theirs::Attestation = read(&attestation.encoded()).expect("they read our attestation");
    let provisioners = their_provisioners(&chain.provisioners);
    let steps = [(StepName::Validation, theirs.validation), (StepName::Ratification, theirs.ratification)];
    steps.into_iter().all(|(step, votes)| {
        let (seed, iteration) = (*chain.tip().seed.as_bytes(), header.iteration);
        let committee = their_committee(&provisioners, seed, header.round, iteration, step);
        let step = if step == StepName::Validation { TheirStep::Validation } else { TheirStep::Ratification };
        verify_quorum_votes(&their_header(header), step, theirs.result.vote(), &votes, &committee).is_ok()
    })
}

#[test]
fn production_verifies_what_we_say() {
    for tip in TIPS {
        let (said, block) = round_of(6, tip);
        let count = |kind: fn(&Message) -> bool| said.iter().filter(|message| kind(message)).count();
        assert_eq!(count(|message| matches!(message, Message::Candidate(_))), 1);
        assert_eq!(count(|message| matches!(message, Message::Quorum(_))), 1);
        assert!(count(|message| matches!(message, Message::Validation(_))) >= 4);
        for message in &said {
            let theirs: TheirMessage = read(&Frame::from(message.clone()).encoded()).expect("they read our message");
            match &theirs.payload {
                Payload::Candidate(candidate) => {
                    candidate.verify_signature().expect("the candidate's signature");
                    assert_eq!(candidate.candidate.header().hash, block.header.hash);
                }
                Payload::Validation(vote) => vote.verify_signature().expect("a vote's signature"),
                Payload::Ratification(vote) => vote.verify_signature().expect("a vote's signature"),
                Payload::Quorum(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        let (attestation, header) = (block.header.attestation, block.header.consensus_header());
        assert!(they_accept(&attestation, &header, &chain(6, tip)));
        let mut forged = attestation;
        forged.validation.bitset &= !1;
        assert!(!they_accept(&forged, &header, &chain(6, tip)));
    }
}

#[test]
fn production_casts_the_same_votes() {
    for tip in TIPS {
        let (said, block) = round_of(4, tip);
        let header: theirs::Header = read(&chain(4, tip).tip().encoded()).expect("they read our header");
        let mut compared = 0;
        for number in 1..=4 {
            let public = TheirKey::new(PublicKey::from(&secret(number)));
            let update = RoundUpdate::new(public, secret(number), &header, Default::default(), Vec::new());
            let vote = build_validation_payload(their_payload::Vote::Valid(block.header.hash), &update, 0);
            let vote = Message::Validation(Box::new(Decode::decode_all(&written(&vote)).expect("we read their vote")));
            compared += usize::from(said.contains(&vote));
        }
        let ours = said.iter().filter(|message| matches!(message, Message::Validation(_))).count();
        assert_eq!(compared, ours);
        assert!(ours >= 2);
    }
}

#[test]
fn a_candidate_and_votes_of_production_make_our_node_decide() {
    for tip in TIPS {
        // Their votes, brought in as messages, are all that the node has: it holds no key.
        let (said, block) = round_of(6, tip);
        let mut consensus = Consensus::new(config(), Vec::new());
        let now = Millis::from_secs(GENESIS_TIME);
        // A node that decides a block has verified its certificate, so it knows what the tip was decided with.
        let before = BeforeTip { seed: Seed::default(), provisioners: provisioners(6) };
        let context = TipContext { before: Some(before), ..chain(6, tip).context() };
        let _ = consensus.step(now, Input::NewTip(Box::new(context)));
        let mut messages = Vec::new();
        for message in said.into_iter().filter(|message| !matches!(message, Message::Quorum(_))) {
            let theirs: TheirMessage = read(&Frame::from(message).encoded()).expect("they read our message");
            messages.push(Frame::decode_all(&written(&theirs)).expect("we read theirs").message);
        }
        let outputs = consensus.step(now, Input::Messages(messages));
        let decided = outputs.iter().find_map(|output| match output {
            Output::Decide(decision) => Some(&decision.block),
            _ => None,
        });
        let decided = decided.expect("the votes suffice");
        assert_eq!(decided.header.hash, block.header.hash);
        assert!(matches!(decided.header.attestation.result.vote(), Vote::Valid(_)));
        let header = decided.header.consensus_header();
        assert!(they_accept(&decided.header.attestation, &header, &chain(6, tip)));
    }
}
