//! The roots that proofs may be about: a holder's proof stays valid for some blocks, after any act of others. If its
//! root becomes stale, the holder makes a new proof, and has lost nothing.

use circuits::{Enrol, Issue};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::{notes, registry};
use dusk_sdk::testing::confidential::Party;
use dusk_sdk::testing::*;

use crate::people::{ALICE, BOB, CAROL, ISSUED, PEOPLE, Scene, holder, keys, prove};
use crate::threats::refused;

/// As many strangers as the registry keeps roots.
const CROWD: usize = registry::ROOTS;

impl Scene {
    /// Strangers register in one block, and nobody is asked. Returns their owners.
    fn register_crowd(&self) -> Result<Vec<Field>, Failure> {
        let terms = self.terms()?;
        let mut registrations = Vec::new();
        for number in PEOPLE..PEOPLE + CROWD {
            let mut stranger = Party::new(keys(number), terms.asset);
            let act = play::enrol(&terms, stranger.register(&terms.auditor)?);
            registrations.push((act.call, prove::<_, Enrol>(&self.chain, &act)?));
        }
        let by = self.asset.by(self.relayer.later());
        let calls: Vec<_> = registrations.iter().map(|(call, proof)| by.register(*call, *proof)).collect();
        for registered in self.chain.in_one_block(calls) {
            registered.into_result()?;
        }
        Ok(registrations.into_iter().map(|(call, _)| call.owner).collect())
    }
}

#[dusk_sdk::test]
fn a_crowd_of_holders_does_not_end_a_waiting_proof(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let waiting = scene.transfer(ALICE, BOB, 30)?;
    let before = scene.asset.status()?.registry_root;
    // Anybody registers, but no registration changes the root.
    let strangers = scene.register_crowd()?;
    assert_eq!(scene.asset.status()?.registry_root, before);
    // Those who are admitted in one block take the place of one root.
    let by = scene.asset.by(scene.officer.later());
    let calls: Vec<_> = strangers.iter().map(|owner| by.admit(holder(*owner))).collect();
    for admitted in chain.in_one_block(calls) {
        admitted.into_result()?;
    }
    assert_ne!(scene.asset.status()?.registry_root, before);
    // The wallets know the registry as it was before, and the proof is about that.
    scene.submit(waiting)?;
    assert_eq!(scene.values(BOB), [30]);
    Ok(())
}

/// The root between two acts of a block is none: the block has one place among the roots of notes.
#[dusk_sdk::test]
fn acts_of_one_block_take_the_place_of_one_root(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let waiting = scene.transfer(ALICE, BOB, 30)?;
    let (before, registry_root) = (scene.ledger.note_root(), scene.ledger.holder_root());
    let mut issues = Vec::new();
    for to in [BOB, CAROL] {
        let fresh = scene.draw();
        let act = scene.issuing(to, 5, fresh)?;
        issues.push((act.call, prove::<_, Issue>(&chain, &act)?));
    }
    let by = scene.asset.by(scene.officer.later());
    let calls: Vec<_> = issues.iter().map(|(order, proof)| by.issue(*order, registry_root, *proof)).collect();
    for issued in chain.in_one_block(calls) {
        issued.into_result()?;
    }
    scene.issued(&issues[0].0)?;
    let between = scene.ledger.note_root();
    scene.issued(&issues[1].0)?;
    for (root, is_known) in [(before, true), (between, false), (scene.ledger.note_root(), true)] {
        assert_eq!(scene.asset.accepts(root, registry_root)?, is_known);
    }
    scene.submit(waiting)?;
    assert_eq!(scene.values(BOB), [5, 30]);
    scene.agree()
}

#[dusk_sdk::test]
fn a_stale_root_of_the_registry_costs_a_new_proof(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    let root = scene.ledger.holder_root();
    // One admission in each block: the last of them takes the place of the root in the proof.
    for (admitted, owner) in scene.register_crowd()?.into_iter().enumerate() {
        assert!(scene.asset.accepts(order.note_root, root)?, "after {admitted} admissions");
        scene.asset.by(&scene.officer).admit(holder(owner)).into_result()?;
        scene.admitted(holder(owner))?;
    }
    let by = scene.asset.by(&scene.relayer);
    let stale = by.confidential_transfer(order, root, proof);
    stale.refused(refused(registry::Refused::UnknownRegistryRoot));
    assert!(!scene.asset.accepts(order.note_root, root)?);
    assert!(!scene.asset.is_spent(order.nullifiers[0])?);
    // The same note, with a proof about the registry of now.
    let (again, proof) = scene.transfer(ALICE, BOB, 30)?;
    assert_eq!(again.nullifiers[0], order.nullifiers[0]);
    scene.submit((again, proof))?;
    assert_eq!((scene.values(ALICE), scene.values(BOB)), (vec![ISSUED - 30], vec![30]));
    Ok(())
}

#[dusk_sdk::test]
fn a_root_of_a_block_that_was_taken_back_is_refused(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let (before, ledger) = (chain.snapshot(), scene.ledger.clone());
    scene.issue(BOB, 5)?;
    let (order, proof) = scene.transfer(ALICE, BOB, 30)?;
    // The block of the issue is not in the chain any more, and with it the root of the proof.
    chain.revert(&before);
    let by = scene.asset.by(&scene.relayer);
    let stale = by.confidential_transfer(order, ledger.holder_root(), proof);
    stale.refused(refused(notes::Refused::UnknownNoteRoot));
    assert!(!scene.asset.is_spent(order.nullifiers[0])?);
    // Alice's note is older. She spends it with a proof about the tree of now.
    scene.ledger = ledger;
    scene.send(ALICE, BOB, 30)?;
    assert_eq!(scene.values(ALICE), [ISSUED - 30]);
    scene.agree()
}
