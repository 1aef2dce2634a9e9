//! Attesters who come and go while holders prove.

use ::attester::Attester;
use ::register::{Policy, Refused};
use dusk_sdk::finance::*;
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;

use crate::people::{Scene, trusted, who};

#[dusk_sdk::test]
fn an_attester_is_removed_between_proof_and_call(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, bob, .. } = &scene;
    let (first, second) = (trusted(&scene.attester), Attester::new(Scalar::from(98)));
    shares.by(officer).trust(trusted(&second), None).succeeds();
    let statement = scene.statement(&scene.holder())?;
    let (tag, proof) = (statement.public.tag, statement.prove(&chain)?);
    let admit = || shares.by(bob.later()).admit_by(first.key, tag, proof);
    let distrust = || shares.by(officer.later()).distrust(first.key);
    let before = chain.snapshot();

    // The removal comes first, in the same block.
    let (removed, late) = chain.in_one_block((distrust(), admit()));
    removed.succeeds();
    late.refused(attesters::Refused::UnknownAttester.into());
    // The other attester is the first one now: the proof is not of its word.
    shares.by(bob).admit(tag, proof).refused(Refused::NotEligible);
    assert_eq!(shares.position(who(bob))?.tag, None);

    // The proof comes first: it ties the account to its holder, and the admission ends with the block.
    chain.revert(&before);
    let (early, removed) = chain.in_one_block((admit(), distrust()));
    early.succeeds();
    removed.succeeds();
    let position = shares.position(who(bob))?;
    assert_eq!((position.tag, position.proven_until), (Some(tag), None));
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());

    // An attester who comes back is another entry: its earlier admissions have ended, and need new proofs.
    shares.by(officer).trust(first.clone(), None).succeeds();
    scene.send(bob, 1).refused(admission::Refused::ReceiverNotAdmitted.into());
    shares.by(bob).admit_by(first.key, tag, proof).succeeds();
    scene.send(bob, 1).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_policy_has_the_bounds_of_its_attesters(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let Scene { shares, officer, .. } = &scene;
    let (policy, own) = (scene.policy(), trusted(&scene.attester));
    let set = |policy: Policy| shares.by(officer).set_policy(Some(policy));
    let twice = vec![own.clone(), own.clone()];
    set(Policy { attesters: twice, ..policy.clone() }).refused(attesters::Refused::KnownAttester.into());
    let many = vec![0; 17];
    set(Policy { topics: many, ..policy.clone() })
        .refused(attesters::Refused::TooManyTopics { limit: 16 }.into());
    let ended = attesters::Attester { until: policy.today - 1, ..own.clone() };
    set(Policy { attesters: vec![ended], ..policy.clone() })
        .refused(attesters::Refused::EndsBeforeToday.into());
    assert_eq!(shares.policy()?, Some(policy.clone()), "what is refused changes nothing");
    // Nobody vouches: there is a policy, and no proof is accepted.
    set(Policy { attesters: vec![], ..policy }).succeeds();
    let terms = shares.terms(officer.account());
    assert!(terms.is_err_and(|failure| failure.is(&attesters::Refused::UnknownAttester)));
    Ok(())
}
