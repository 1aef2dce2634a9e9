//! Damaged proofs of every act, and good ones of another circuit, about another contract or another chain.

use ::holdings::Refused as Refusal;
use circuits::{Draw, DrawPrivate, DrawPublic};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::notes;
use dusk_sdk::finance::confidential::pool::Spending;
use dusk_sdk::finance::confidential::snapshots::Pinned;
use dusk_sdk::finance::wallet::{Event, Identity, Place, Seen, Wallet};
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{ALICE, BOB, CAROL, Company, HOLDERS, failing};
use crate::foreign::invalid;
use crate::threats::{not_proven, one};

/// A proof with a flipped bit, and half of it, filled up with zeros: an argument of another length is no proof at all.
fn damaged<C>(proof: &Proof<C>) -> [Proof<C>; 2] {
    let (mut flipped, mut half) = (*proof.as_bytes(), *proof.as_bytes());
    flipped[500] ^= 1;
    half[PROOF_BYTES / 2..].fill(0);
    [flipped, half].map(Proof::from_bytes)
}

/// A proof as one of another circuit.
fn taken<C, D>(proof: &Proof<C>) -> Proof<D> {
    Proof::from_bytes(*proof.as_bytes())
}

#[dusk_sdk::test]
fn a_damaged_proof_and_one_of_another_circuit_show_nothing(chain: Chain) -> TestResult {
    let mut company = Company::open(&chain)?;
    let (number, poll) = company.poll()?;
    let (declared, dividend) = company.declare()?;
    let issuing = company.minting(CAROL, 5)?;
    let sending = company.transfer([ALICE, BOB], 5)?;
    let voting = one(company.ballots(BOB, number, &poll, 1)?);
    let claiming = one(company.claims(BOB, declared, &dividend)?);
    let (by, officer) = (company.holdings.by(&company.relayer), company.holdings.by(&company.issuer));
    for proof in damaged(&issuing.proof) {
        officer.issue(issuing.call, proof).refused(invalid());
    }
    for proof in damaged(&sending.proof) {
        by.confidential_transfer(sending.call, proof).refused(invalid());
    }
    for proof in damaged(&voting.proof) {
        by.vote(voting.call, proof).refused(not_proven());
    }
    for proof in damaged(&claiming.proof) {
        by.claim(claiming.call, proof).refused(invalid());
    }
    // Good proofs of other circuits.
    officer.issue(issuing.call, taken(&sending.proof)).refused(invalid());
    by.confidential_transfer(sending.call, taken(&issuing.proof)).refused(invalid());
    by.vote(voting.call, taken(&claiming.proof)).refused(not_proven());
    by.claim(claiming.call, taken(&voting.proof)).refused(invalid());
    by.vote(voting.call, voting.proof).succeeds();
    by.claim(claiming.call, claiming.proof).succeeds();
    company.pass(poll.ends.max(dividend.ends));
    let counting = company.count(number)?;
    for proof in damaged(&counting.proof) {
        by.tally(number, counting.call, proof).refused(not_proven());
    }
    let summing = company.sum(declared)?;
    for proof in damaged(&summing.proof) {
        by.close(declared, summing.call, proof).refused(invalid());
    }
    by.tally(number, counting.call, counting.proof).succeeds();
    by.close(declared, summing.call, summing.proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn every_act_is_for_one_contract(chain: Chain) -> TestResult {
    let (mut company, other) = (Company::open(&chain)?, Company::open(&chain)?);
    let (number, dividend) = company.declare()?;
    assert_eq!(other.declare()?.0, number);
    let issuing = company.minting(CAROL, 5)?;
    let sending = company.transfer([ALICE, BOB], 5)?;
    let claiming = one(company.claims(BOB, number, &dividend)?);
    other.holdings.by(&other.issuer).issue(issuing.call, issuing.proof).refused(invalid());
    let by = other.holdings.by(&other.relayer);
    let unknown = Refusal::Pool(notes::Refused::UnknownNoteRoot.into());
    by.confidential_transfer(sending.call, sending.proof).refused(unknown);
    let moved = Spending { note_root: other.holdings.status()?.note_root, ..sending.call };
    by.confidential_transfer(moved, sending.proof).refused(invalid());
    by.claim(claiming.call, claiming.proof).refused(invalid());
    Ok(())
}

/// A good proof of a claim about the same contract on another chain, where alice had a note at the snapshot.
#[dusk_sdk::test]
fn a_claim_is_for_one_chain(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let (number, dividend) = company.declare()?;
    let identity = Identity { contract: company.holdings.id(), chain: chain.chain_id() + 1, account: 0 };
    let mut alice = Wallet::for_tests(HOLDERS, identity);
    let (key, own) = (company.auditor.key(), alice.address());
    let order = failing(alice.mint(&key, &own, 60))?.order;
    let place = Place { height: 1, transaction: [1; 32] };
    let event = Event::Note { position: 0, commitment: order.commitment, cipher: order.note };
    failing(alice.scan(&[Seen { place, event }]))?;
    let [note_root, nullifier_root, _] = alice.roots();
    let height = dividend.snapshot;
    let snapshot = Pinned { height, note_root, nullifier_root, notes: 1, nullifiers: 0, supply: 60 };
    let made = failing(alice.claims(&key, &snapshot, number, &dividend, &own))?.remove(0);
    let (call, bound) = (made.claim, made.claim.bound(Field::default()));
    let (public, private) = (DrawPublic { act: made.act, bound }, DrawPrivate { secret: made.secret });
    let proof = chain.prove_once::<Draw>(&public, &private)?;
    company.holdings.by(&company.relayer).claim(call, proof).refused(invalid());
    Ok(())
}
