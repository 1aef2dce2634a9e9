//! Several nodes, simulated: safety and liveness with faults.

use local_node_consensus::{Config, Millis};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{ConsensusHeader, Fault, RatificationResult, Vote};
use local_node_types::message::{Message, SignedBy, Validation, validation_bytes};

use crate::support::sim::{CALM, Faults, Sim};
use crate::support::{Rng, key, secret};

const FIVE: [&[u64]; 5] = [&[1], &[2], &[3], &[4], &[5]];

fn config() -> Config {
    Config::local(Millis::from_secs(1))
}

fn highest(sim: &Sim) -> u64 {
    sim.heights().into_iter().max().unwrap_or_default()
}

#[test]
fn nodes_agree_on_a_block_each_slot() {
    let mut sim = Sim::new(1, config(), &FIVE, CALM);
    sim.run(10_000);
    assert!(sim.heights().iter().all(|height| *height >= 8), "{:?}", sim.heights());
    for node in &sim.nodes {
        assert!(node.chain.blocks[1..].iter().all(|block| block.header.iteration == 0));
        assert_eq!(node.chain.final_height() as u64 + 1, node.chain.tip().height);
        assert!(node.misbehaviour.is_empty());
    }
}

#[test]
fn the_same_seed_gives_the_same_chain() {
    let tip = |seed| {
        let faults = Faults { loss: 10, duplication: 10, delay: 300 };
        let mut sim = Sim::new(seed, config(), &FIVE[..4], faults);
        sim.run(6_000);
        (sim.heights(), sim.nodes[0].chain.tip().hash)
    };
    assert_eq!(tip(7), tip(7));
}

#[test]
fn a_node_with_several_keys_and_one_without_any() {
    let mut sim = Sim::new(2, config(), &[&[1, 2, 3], &[4, 5], &[]], CALM);
    sim.run(6_000);
    assert!(sim.heights().iter().all(|height| *height >= 4), "{:?}", sim.heights());
}

#[test]
fn lost_late_and_doubled_messages_do_no_harm() {
    for seed in 0..4 {
        let faults = Faults { loss: 10, duplication: 20, delay: 400 };
        let mut sim = Sim::new(seed, config(), &FIVE, faults);
        sim.run(12_000);
        sim.faults = CALM;
        sim.run_to(highest(&sim) + 2, 30_000);
        assert!(sim.nodes.iter().all(|node| node.misbehaviour.is_empty()));
    }
}

#[test]
fn a_crashed_node_is_done_without_and_catches_up() {
    let mut sim = Sim::new(3, config(), &FIVE, CALM);
    sim.run(3_000);
    sim.crash(4);
    sim.run_to(highest(&sim) + 6, 120_000);
    // Its turns to propose have failed, with proof that no candidate came, and nobody else's have.
    let failed = sim.nodes[0].chain.blocks.iter().flat_map(|block| block.header.failed_iterations.proven());
    let is_absence = |result| result == RatificationResult::Fail(Vote::NoCandidate);
    let absent: Vec<BlsKey> = failed
        .filter(|(_, failed)| is_absence(failed.attestation.result))
        .map(|(_, failed)| failed.generator)
        .collect();
    assert!(!absent.is_empty() && absent.iter().all(|generator| *generator == key(5)), "{absent:?}");

    sim.restart(4);
    sim.run_to(highest(&sim) + 2, 60_000);
}

#[test]
fn a_restarted_node_does_not_vote_twice() {
    // The simulation asserts that no node casts a second vote for a step.
    let mut sim = Sim::new(4, config(), &FIVE, Faults { loss: 0, duplication: 0, delay: 200 });
    for pause in [1_050, 1_130, 1_170, 1_290, 1_310, 1_400] {
        sim.run(pause);
        sim.crash(0);
        sim.restart(0);
    }
    sim.run_to(highest(&sim) + 2, 30_000);
}

#[test]
fn without_a_quorum_nothing_is_decided_and_afterwards_all_is_well() {
    let mut sim = Sim::new(5, config(), &FIVE, CALM);
    sim.run(3_000);
    // Neither half has two thirds of the credits.
    sim.groups = vec![0, 0, 0, 1, 1];
    let before = sim.final_heights();
    sim.run(30_000);
    assert!(sim.final_heights().iter().zip(&before).all(|(now, before)| *now <= before + 2));
    sim.groups = vec![0; 5];
    sim.run_to(highest(&sim) + 2, 60_000);
}

#[test]
fn emergency_mode_ends_a_long_drought() {
    let mut sim = Sim::new(6, config(), &FIVE[..4], CALM);
    sim.run(2_500);
    sim.groups = vec![0, 1, 2, 3];
    // Everyone alone: past iteration 16, where all iterations stay open.
    sim.run(220_000);
    let iterations: Vec<_> = sim.nodes.iter().filter_map(|node| node.consensus.position()).collect();
    assert!(iterations.iter().all(|(_, iteration)| *iteration > 16), "{iterations:?}");
    sim.groups = vec![0; 4];
    sim.run_to(highest(&sim) + 2, 120_000);
    let drought = sim.nodes[0].chain.blocks.iter().max_by_key(|block| block.header.iteration).unwrap();
    assert!(drought.header.iteration > 16);
}

#[test]
fn open_consensus_takes_a_success_whenever_it_comes() {
    let mut sim = Sim::new(8, config(), &FIVE[..4], CALM);
    sim.run(2_500);
    sim.groups = vec![0, 1, 2, 3];
    sim.run(700_000);
    let last: Vec<_> = sim.nodes.iter().filter_map(|node| node.consensus.position()).collect();
    assert!(last.iter().all(|(_, iteration)| *iteration == 49), "{last:?}");
    // A peer that comes back asks for what it missed: here, everyone restarts within the round.
    sim.groups = vec![0; 4];
    for node in 0..4 {
        sim.crash(node);
        sim.restart(node);
    }
    sim.run_to(highest(&sim) + 2, 300_000);
}

#[test]
fn a_generator_that_withholds_its_block_costs_an_iteration() {
    let mut sim = Sim::new(9, config(), &FIVE, CALM);
    sim.silent_proposers = vec![2];
    sim.run_to(12, 120_000);
    let chain = &sim.nodes[0].chain;
    let skipped: Vec<_> = chain.blocks.iter().filter(|block| block.header.iteration > 0).collect();
    assert!(!skipped.is_empty());
    for block in skipped {
        let failed = block.header.failed_iterations.items()[0].expect("the failure is proven");
        assert_eq!(failed.generator, key(3));
    }
    assert!(chain.blocks[1..].iter().all(|block| block.header.generator != key(3)));
}

#[test]
fn two_votes_of_one_member_are_proven_and_only_one_counts() {
    let mut sim = Sim::new(10, config(), &FIVE, CALM);
    sim.run(2_980);
    let tip = sim.nodes[0].chain.tip().clone();
    let header = ConsensusHeader { prev_block_hash: tip.hash, round: tip.height + 1, iteration: 0 };
    let version = sim.config.profile.at(header.round).fork().bls_version();
    let vote = |number, vote| {
        let bytes = validation_bytes(&header, &vote);
        let keyring = local_node_consensus::signing::Keyring::new(vec![secret(number)]);
        let signature = keyring.sign(&key(number), &bytes, version).unwrap();
        Message::Validation(Box::new(Validation { header, vote, signed: SignedBy { signer: key(number), signature } }))
    };
    // The first votes wait for the step, the second ones come when it has begun, and before the round is over.
    (1..=5).for_each(|number| sim.inject(&vote(number, Vote::Invalid([1; 32]))));
    sim.run(30);
    (1..=5).for_each(|number| sim.inject(&vote(number, Vote::Invalid([2; 32]))));
    sim.run_to(header.round + 1, 60_000);
    let faults: Vec<_> = sim.nodes.iter().flat_map(|node| &node.misbehaviour).collect();
    assert!(!faults.is_empty());
    for fault in faults {
        assert!(matches!(fault, Fault::DoubleValidationVote(_)));
        let proven = local_node_consensus::faults::check_fault(fault, header.round, sim.config.profile);
        assert_eq!(proven.map(|about| (about.round, about.iteration)), Ok((header.round, 0)));
    }
}

#[test]
fn crashes_and_splits_at_random_are_survived() {
    for seed in 100..103 {
        let faults = Faults { loss: 5, duplication: 10, delay: 200 };
        let mut sim = Sim::new(seed, config(), &FIVE, faults);
        let mut rng = Rng(seed);
        for _ in 0..12 {
            match rng.below(4) {
                0 => sim.groups = (0..5).map(|_| u8::from(rng.percent(30))).collect(),
                1 => sim.groups = vec![0; 5],
                2 => {
                    let node = rng.place(5);
                    if sim.nodes[node].up {
                        sim.crash(node);
                    } else {
                        sim.restart(node);
                    }
                }
                _ => {}
            }
            sim.run(500 + rng.below(2_000));
        }
        sim.groups = vec![0; 5];
        sim.faults = CALM;
        for node in 0..5 {
            if !sim.nodes[node].up {
                sim.restart(node);
            }
        }
        sim.run_to(highest(&sim) + 2, 90_000);
        assert!(sim.nodes.iter().all(|node| node.misbehaviour.is_empty()), "seed {seed}");
    }
}
