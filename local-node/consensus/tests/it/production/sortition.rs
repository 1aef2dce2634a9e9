//! Sortition and committees.

use dusk_consensus::user::committee::Committee as TheirCommittee;
use dusk_consensus::user::provisioners::Provisioners as TheirProvisioners;
use dusk_consensus::user::sortition::Config as TheirConfig;
use dusk_consensus::user::stake::Stake as TheirStake;
use dusk_node_data::bls::{PublicKey as TheirKey, PublicKeyBytes};
use dusk_node_data::{StepName as TheirStep, ledger as theirs};
use local_node_consensus::committee::{Committee, Committees};
use local_node_consensus::sortition::Draw;
use local_node_consensus::{Provisioners, Stake};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::StepName;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{DUSK, public};

pub(crate) fn their_provisioners(ours: &Provisioners) -> TheirProvisioners {
    let mut theirs = TheirProvisioners::empty();
    for (_, provisioner) in ours.iter() {
        let stake = TheirStake::new(provisioner.stake.value, provisioner.stake.eligible_since);
        theirs.add_provisioner(TheirKey::new(provisioner.point), stake);
    }
    theirs
}

pub(crate) const fn their_step(step: StepName) -> TheirStep {
    match step {
        StepName::Proposal => TheirStep::Proposal,
        StepName::Validation => TheirStep::Validation,
        StepName::Ratification => TheirStep::Ratification,
    }
}

fn same_members(ours: &Committee, theirs: &TheirCommittee) -> bool {
    let ours = ours.members().iter().map(|member| (*member.key.as_bytes(), member.credits as usize));
    ours.eq(theirs.members().iter().map(|(key, credits)| (*key.bytes().inner(), *credits)))
}

/// Their committee for a step, with the exclusions that the protocol demands.
pub(crate) fn their_committee(
    theirs: &TheirProvisioners,
    seed: [u8; 48],
    round: u64,
    iteration: u8,
    step: StepName,
) -> TheirCommittee {
    let seed = theirs::Seed::from(seed);
    let mut excluded: Vec<PublicKeyBytes> = Vec::new();
    if step != StepName::Proposal {
        excluded.push(theirs.get_generator(iteration, seed, round));
        if iteration < 49 {
            excluded.push(theirs.get_generator(iteration + 1, seed, round));
        }
    }
    TheirCommittee::new(theirs, &TheirConfig::new(seed, round, iteration, their_step(step), excluded))
}

#[test]
fn committees_match_the_vectors_of_the_consensus_chapter() {
    // Stakes of 1000 to 4000 DUSK go to the keys of the crate's own tests; in the order of keys they are 1000, 4000,
    // 2000, 3000. Any keys in that order draw the same.
    let mut keys: Vec<_> = (1..=4).map(public).collect();
    keys.sort_by_key(|key| BlsKey::from(key));
    let stakes = [1000, 4000, 2000, 3000].map(|dusk| Stake { value: dusk * DUSK, eligible_since: 0 });
    let provisioners: Provisioners = keys.iter().copied().zip(stakes).collect();
    let credits = |seed: [u8; 48], step, credits, excluded: &[BlsKey]| -> Vec<u32> {
        let seed = BlsSignature(seed);
        let draw = Draw { seed: &seed, round: 1, step, credits, excluded };
        Committee::draw(&provisioners, &draw).members().iter().map(|member| member.credits).collect()
    };
    assert_eq!(credits([0; 48], 1, 64, &[]), [4, 29, 9, 22]);
    assert_eq!(credits([3; 48], 8, 45, &[]), [6, 13, 11, 15]);

    let seed = BlsSignature([3; 48]);
    let generator = Draw { seed: &seed, round: 7, step: 6, credits: 1, excluded: &[] }.extract(&provisioners);
    assert_eq!(credits([3; 48], 8, 45, &generator), [8, 13, 24]);
}

#[test]
fn two_provisioners_are_never_excluded_together() {
    // Production stops with an error where both of two provisioners are generators in a row.
    let provisioners: Provisioners =
        (1..=2).map(|number| (public(number), Stake { value: 1000 * DUSK, eligible_since: 0 })).collect();
    for round in 1..20 {
        let mut committees = Committees::new(provisioners.clone().into(), BlsSignature([5; 48]), round);
        for iteration in 0..50 {
            let generators = [committees.generator(iteration), committees.generator(iteration + 1)];
            let members = committees.voting(iteration, StepName::Validation).members().len();
            let expected = if iteration < 49 && generators[0] != generators[1] { 2 } else { 1 };
            assert_eq!(members, expected, "{iteration}");
        }
        assert_eq!(committees.generator(50), None);
        assert!(committees.voting(50, StepName::Ratification).members().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_committees_are_drawn(
        stakes in vec((1_u64..3_000_000, 0_u64..40), 3..24),
        seed in any::<[u8; 24]>(),
        round in 20_u64..60,
        iteration in 0_u8..50,
    ) {
        let seed: [u8; 48] = [seed, seed].concat().try_into().expect("48 bytes");
        // Every third provisioner is below the minimum.
        let stake = |place: usize, (value, eligible_since): (u64, u64)| Stake {
            value: if place % 3 == 2 { value } else { 1000 * DUSK + value * DUSK / 7 },
            eligible_since: if place < 4 { 0 } else { eligible_since },
        };
        let ours: Provisioners = (1..)
            .zip(stakes.into_iter().enumerate())
            .map(|(number, (place, drawn))| (public(number), stake(place, drawn)))
            .collect();
        let theirs = their_provisioners(&ours);
        // With three eligible provisioners exclusions cannot empty the set.
        prop_assume!(ours.eligible(round).count() >= 3);
        let mut committees = Committees::new(ours.clone().into(), BlsSignature(seed), round);
        let generator = theirs.get_generator(iteration, theirs::Seed::from(seed), round);
        prop_assert_eq!(committees.generator(iteration).map(|key| *key.as_bytes()), Some(*generator.inner()));
        for step in [StepName::Validation, StepName::Ratification] {
            let expected = their_committee(&theirs, seed, round, iteration, step);
            let drawn = committees.voting(iteration, step);
            prop_assert!(same_members(&drawn, &expected));
            for bitset in [0, 1, u64::MAX, 0b1010_1010, 1 << 63] {
                let cluster = expected.intersect(bitset);
                prop_assert_eq!(drawn.credits(bitset) as usize, expected.total_occurrences(&cluster));
            }
        }
    }
}
