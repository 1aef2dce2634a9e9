//! Foreign and damaged input for every call with a proof: proofs about the same contract on another chain, damaged
//! proofs, proofs of another circuit, and registrations for another asset or with other ciphertexts.

use ::asset::Refused;
use circuits::{
    CashDeposit, CashPay, CashPayPrivate, CashPayPublic, CashReserve, Confiscate, Disclose, Enrol, Enrolment,
    Issue, Payment, Reserve, Terms,
};
use dusk_sdk::finance::confidential::pool::{self, Locking, Seizing, Spending};
use dusk_sdk::finance::confidential::{ViewCipher, notes, registry};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::{Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};
use dusk_sdk::{ContractId, Dusk, Field};
use play::Act;

use crate::cash::Till;
use crate::people::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, PEOPLE, REASON, Scene, keys, prove};
use crate::threats::{disclose, other, refused};

/// The asset of a contract on another chain.
fn elsewhere(chain: &Chain, contract: ContractId) -> Field {
    dusk_sdk::finance::confidential::asset(contract, chain.chain_id() + 1)
}

/// A proof with a flipped bit, and half of it, filled up with zeros: an argument of another length is no proof at all.
fn damaged<C>(proof: &Proof<C>) -> [Proof<C>; 2] {
    let (mut flipped, mut half) = (*proof.as_bytes(), *proof.as_bytes());
    flipped[500] ^= 1;
    half[PROOF_BYTES / 2..].fill(0);
    [flipped, half].map(Proof::from_bytes)
}

/// A refusal of the cash's pool or of its parts.
fn of_cash(refusal: impl Into<pool::Refused>) -> ::cash::Refused {
    let refusal: pool::Refused = refusal.into();
    refusal.into()
}

/// A lock for an instruction of this agent.
fn instruction(chain: &Chain, agent: ContractId) -> Instruction {
    let deadline = chain.height() + DEADLINE_BLOCKS;
    Instruction { agent, instruction: 5.into(), deadline, blinding: 77.into() }
}

/// Good proofs about the same contract on another chain, where alice has a note: of a registration, an issue, a
/// transfer, a lock, a seizure and a disclosure. The history of notes there is another one, and a proof from there does
/// not hold under a root of here.
#[dusk_sdk::test]
fn every_act_is_for_one_chain(chain: Chain) -> TestResult {
    let scene = Scene::open(&chain)?;
    let terms = Terms { asset: elsewhere(&chain, scene.asset.id()), ..scene.terms()? };
    let (by, officer) = (scene.asset.by(&scene.relayer), scene.asset.by(&scene.officer));
    let invalid = || refused(pool::Refused::ProofInvalid);
    let unknown = || refused(notes::Refused::UnknownNoteRoot);
    let mut stranger = Party::new(keys(PEOPLE), terms.asset);
    let act = play::enrol(&terms, stranger.register(&terms.auditor)?);
    by.register(act.call, prove::<_, Enrol>(&chain, &act)?).refused(invalid());

    let mut ledger = scene.ledger.clone();
    ledger.asset = terms.asset;
    let (root, here) = (ledger.holder_root(), scene.ledger.note_root());
    let mut alice = Party::new(keys(ALICE), terms.asset);
    let act = play::issue(
        &terms,
        ledger.mint(&terms.auditor, &alice.address(), ISSUED, [1, 2].map(Scalar::from))?,
    )?;
    officer.issue(act.call, root, prove::<_, Issue>(&chain, &act)?).refused(invalid());
    let position = ledger.add(act.call.commitment);
    assert!(alice.found(position, act.call.commitment, &act.call.note), "it was issued there");

    let (to, owned) = (keys(BOB).address(), alice.notes()[0]);
    let act = play::send(&terms, alice.transfer(&ledger, &terms.auditor, &to, [30, 0], Field::default())?)?;
    let (order, proof) = (act.call, prove::<_, circuits::Send>(&chain, &act)?);
    by.confidential_transfer(order, root, proof).refused(unknown());
    let moved = Spending { note_root: here, ..order };
    by.confidential_transfer(moved, root, proof).refused(invalid());

    let instruction = instruction(&chain, scene.agent.id());
    let act = play::reserve(&terms, alice.lock(&ledger, &terms.auditor, &to, 30, &instruction)?)?;
    let (order, proof) = (act.call, prove::<_, Reserve>(&chain, &act)?);
    by.lock(order, root, proof).refused(unknown());
    by.lock(Locking { note_root: here, ..order }, root, proof).refused(invalid());

    let (view, fresh) = (alice.keys().spend.view(), [3, 4].map(Scalar::from));
    let seized = ledger.seize(&terms.auditor, &view, (owned.note, position), &to, fresh)?;
    let act = play::seize(&terms, seized, REASON)?;
    let (order, proof) = (act.call, prove::<_, Confiscate>(&chain, &act)?);
    officer.seize(order, root, REASON.into(), proof).refused(unknown());
    let moved = Seizing { note_root: here, ..order };
    officer.seize(moved, root, REASON.into(), proof).refused(invalid());

    let pinned = officer.take_snapshot().succeeds().value();
    let act = disclose(&ledger, pinned.height, &alice, &owned, 10)?;
    by.disclose(act.call, prove::<_, Disclose>(&chain, &act)?).refused(Refused::NotProven);
    scene.agree()
}

#[dusk_sdk::test]
fn a_damaged_proof_shows_nothing(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let sending = scene.sending(ALICE, BOB, 30)?;
    let redeeming = scene.redeeming(ALICE, 10)?;
    let locking = scene.reserving(ALICE, BOB, 30)?;
    let seizing = scene.seizing(ALICE, CAROL)?;
    let fresh = scene.draw();
    let issuing = scene.issuing(BOB, 10, fresh)?;
    let (terms, root) = (scene.terms()?, scene.ledger.holder_root());
    let (by, officer) = (scene.asset.by(&scene.relayer), scene.asset.by(&scene.officer));
    let invalid = || refused(pool::Refused::ProofInvalid);
    let mut stranger = Party::new(keys(PEOPLE), terms.asset);
    let act = play::enrol(&terms, stranger.register(&terms.auditor)?);
    for proof in damaged(&prove::<_, Enrol>(&chain, &act)?) {
        by.register(act.call, proof).refused(invalid());
    }
    for proof in damaged(&prove::<_, Issue>(&chain, &issuing)?) {
        officer.issue(issuing.call, root, proof).refused(invalid());
    }
    for proof in damaged(&prove::<_, circuits::Send>(&chain, &sending)?) {
        by.confidential_transfer(sending.call, root, proof).refused(invalid());
    }
    for proof in damaged(&prove::<_, circuits::Send>(&chain, &redeeming)?) {
        by.redeem(10, "invoice 12".into(), redeeming.call, root, proof).refused(invalid());
    }
    for proof in damaged(&prove::<_, Reserve>(&chain, &locking)?) {
        by.lock(locking.call, root, proof).refused(invalid());
    }
    for proof in damaged(&prove::<_, Confiscate>(&chain, &seizing)?) {
        officer.seize(seizing.call, root, REASON.into(), proof).refused(invalid());
    }
    let pinned = officer.take_snapshot().succeeds().value();
    let alice = &scene.parties[ALICE];
    let act = disclose(&scene.ledger, pinned.height, alice, &alice.notes()[0], 10)?;
    for proof in damaged(&prove::<_, Disclose>(&chain, &act)?) {
        by.disclose(act.call, proof).refused(Refused::NotProven);
    }
    assert!(!scene.asset.is_spent(sending.call.nullifiers[0])?, "nothing has moved");
    scene.agree()
}

/// The circuit of the cash states the same about a transfer, but nothing about the registry. A proof of it would be one
/// for holders who are frozen.
#[dusk_sdk::test]
fn a_proof_of_another_circuit_is_refused(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    let Act { call, public, private } = scene.sending(ALICE, BOB, 30)?;
    let public = CashPayPublic { act: public.act, bound: public.bound };
    let private = CashPayPrivate { secret: private.secret.clone() };
    let without = prove::<_, CashPay>(&chain, &Act { call, public, private })?;
    let taken = Proof::<circuits::Send>::from_bytes(*without.as_bytes());
    let sent = scene.asset.by(&scene.relayer).confidential_transfer(call, scene.ledger.holder_root(), taken);
    sent.refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

#[dusk_sdk::test]
fn a_registration_is_for_one_asset_and_one_ciphertext(chain: Chain) -> TestResult {
    let (scene, twin) = (Scene::empty(&chain)?, Scene::empty(&chain)?);
    let terms = scene.terms()?;
    let mut stranger = Party::new(keys(PEOPLE), terms.asset);
    let act = play::enrol(&terms, stranger.register(&terms.auditor)?);
    let again = play::enrol(&terms, stranger.register(&terms.auditor)?);
    let (call, proof) = (act.call, prove::<_, Enrol>(&chain, &act)?);
    let invalid = || refused(pool::Refused::ProofInvalid);
    twin.asset.by(&twin.relayer).register(call, proof).refused(invalid());
    let ViewCipher { ephemeral: [u, v], fields: [ak, nk] } = call.view;
    let views = [
        again.call.view,
        ViewCipher { ephemeral: [v, u], ..call.view },
        ViewCipher { fields: [other(ak), nk], ..call.view },
        ViewCipher { fields: [ak, other(nk)], ..call.view },
    ];
    let by = scene.asset.by(&scene.relayer);
    for view in views {
        by.register(Enrolment { view, ..call }, proof).refused(invalid());
    }
    let of_another = Enrolment { owner: keys(BOB).address().owner, ..call };
    by.register(of_another, proof).refused(invalid());
    by.register(call, proof).succeeds();
    // Another good registration of the same owner.
    let proof = prove::<_, Enrol>(&chain, &again)?;
    by.register(again.call, proof).refused(refused(registry::Refused::AlreadyRegistered));
    Ok(())
}

/// The same attacks on the cash: of a deposit, a payment and a lock on another chain, and with damaged proofs.
#[dusk_sdk::test]
fn cash_is_for_one_chain_and_a_damaged_proof_pays_nothing(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    let (here, asset) = (till.cash.status()?, elsewhere(&chain, till.cash.id()));
    let (key, to) = (till.cash.terms()?.auditor, keys(BOB).address());
    let (mut ledger, mut alice) = (Ledger::new(asset), Party::new(keys(ALICE), asset));
    let invalid = || of_cash(pool::Refused::ProofInvalid);
    let unknown = || of_cash(notes::Refused::UnknownNoteRoot);
    let by = till.cash.by(&till.relayer);

    let fresh = [1, 2].map(Scalar::from);
    let act = play::deposit(ledger.mint(&key, &alice.address(), 100, fresh)?);
    let (order, proof) = (act.call, prove::<_, CashDeposit>(&chain, &act)?);
    let depositor = till.cash.by(till.depositor.depositing(Dusk::from_lux(100)));
    depositor.deposit(order, proof).refused(invalid());
    for proof in damaged(&proof) {
        depositor.deposit(order, proof).refused(invalid());
    }
    assert!(
        alice.found(ledger.add(order.commitment), order.commitment, &order.note),
        "it was accepted there"
    );

    let paid = alice.transfer(&ledger, &key, &to, [30, 0], Field::default())?;
    let act = play::pay(paid, &Payment::NONE);
    let (order, proof) = (act.call, prove::<_, CashPay>(&chain, &act)?);
    by.confidential_transfer(order, Payment::NONE, proof).refused(unknown());
    let moved = Spending { note_root: here.note_root, ..order };
    by.confidential_transfer(moved, Payment::NONE, proof).refused(invalid());

    let locked = alice.lock(&ledger, &key, &to, 30, &instruction(&chain, till.cash.id()))?;
    let act = play::cash_reserve(locked);
    let (order, proof) = (act.call, prove::<_, CashReserve>(&chain, &act)?);
    by.lock(order, proof).refused(unknown());
    by.lock(Locking { note_root: here.note_root, ..order }, proof).refused(invalid());
    assert_eq!(till.cash.status()?, here, "nothing has changed");

    // Alice has a note here as well.
    let act = till.paying([ALICE, BOB], 30, &Payment::NONE)?;
    for proof in damaged(&prove::<_, CashPay>(&chain, &act)?) {
        by.confidential_transfer(act.call, Payment::NONE, proof).refused(invalid());
    }
    let instruction = instruction(&chain, till.cash.id());
    let act = till.reserving([ALICE, BOB], 30, &instruction)?;
    for proof in damaged(&prove::<_, CashReserve>(&chain, &act)?) {
        by.lock(act.call, proof).refused(invalid());
    }
    assert_eq!(till.cash.status()?, here, "nothing has changed");
    Ok(())
}
