//! Tests of locks: nobody can spend a locked amount until the agent releases it, or it goes back.

use ::bond::Refused;
use circuits::{Reserve, ReservePrivate, ReservePublic};
use dusk_sdk::finance::confidential::locks::LockId;
use dusk_sdk::finance::confidential::{locks, pool};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::*;
use dusk_sdk::{ContractId, Field};

use crate::bond::{Scene, policy};

/// An error of the locks as an error of the bond.
fn refused(refused: locks::Refused) -> Refused {
    pool::Refused::from(refused).into()
}

impl Scene {
    /// Alice locks 400 for bob. An agent is a contract; the test needs only its id, so nobody has deployed it.
    fn lock(&mut self, deadline: u64) -> Result<LockId, Failure> {
        let agent = ContractId::from_bytes([7; 32]);
        // The agent chooses the names of its instructions. The blinding hides amount and receiver from the chain.
        let instruction =
            Instruction { agent, instruction: Field::from(1), blinding: Field::from(2), deadline };
        let witness = self.alice.lock(&self.key, self.bob.address(), 400, &instruction)?;
        let [sender, receiver] = witness.parties()?;
        let public = ReservePublic {
            act: witness.act,
            policy: policy(witness.registry_root),
            bound: witness.order.bound(Field::default()),
        };
        let private = ReservePrivate { secret: witness.secret, sender, receiver };
        let proof = self.chain.prove::<Reserve>(&public, &private)?;
        let id = witness.order.id;
        self.bond.by(&self.relayer).lock(witness.order, witness.registry_root, proof).succeeds();
        self.scan()?;
        Ok(id)
    }
}

#[dusk_sdk::test]
fn a_lock_comes_back_after_its_deadline(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let deadline = chain.height() + 10;
    let id = scene.lock(deadline)?;
    assert_eq!((scene.alice.balance().total, scene.bob.balance().total), (600, 0), "400 are nobody's");
    assert_eq!(scene.bond.total_supply()?, 1_000, "the supply includes them");

    scene.bond.by(&scene.issuer).release(id).refused(refused(locks::Refused::NotTheAgent));
    scene.bond.by(&scene.relayer).cancel(id).refused(refused(locks::Refused::BeforeDeadline { deadline }));
    chain.mine(10);
    scene.bond.by(&scene.relayer).cancel(id).succeeds();
    scene.scan()?;
    assert_eq!((scene.alice.balance().total, scene.bob.balance().total), (1_000, 0));
    scene.bond.by(&scene.relayer).cancel(id).refused(refused(locks::Refused::UnknownLock));
    Ok(())
}
