//! Observer tests. Each runs with other holders, amounts and memos, and with other random values: arguments, events,
//! gas, changed pages and sizes must be the same, except for the declared places.

use ::asset::{Attestation, Person};
use circuits::{EligiblePublic, Payment, occasion, scope};
use dusk_sdk::Dusk;
use dusk_sdk::finance::confidential::pool;
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::ordered;
use dusk_sdk::testing::*;
use play::{Act, Attester, blocked};

use crate::cash::Till;
use crate::people::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, LEVEL, PEOPLE, Scene, TODAY, prove, scalar};
use crate::threats::disclose;

/// The holder to whom an officer has notes seized. It is public.
const CUSTODIAN: usize = 3;
/// The amount that is redeemed, and withdrawn. It is public.
const LEAVES: u64 = 10;
/// The owner of a registration, which is a hash of random keys, and its reading key.
const REGISTER: [&str; 5] = [
    "register.enrolment.owner",
    "register.enrolment.reading",
    "HolderRegistered.owner",
    "Registered.address",
    "HolderAdmitted.holder.owner",
];
/// The ciphertexts of notes, for the auditor and for receivers.
const CIPHERS: [&str; 2] = ["AuditCipher", "NoteCipher"];
/// Commitments to new notes, and nullifiers of spent ones.
const NOTES: [&str; 2] = ["NoteAdded.commitment", "NullifierSpent.nullifier"];
/// A new note of a public amount.
const ISSUE: [&str; 1] = ["issue.order.commitment"];
const DEPOSIT: [&str; 1] = ["deposit.order.commitment"];
/// The root of commitments, two nullifiers, and two commitments.
const TRANSFER: [&str; 4] = [
    "confidential_transfer.order.note_root",
    "confidential_transfer.order.nullifiers",
    "confidential_transfer.order.commitments",
    "ConfidentialTransfer.nullifiers",
];
const REDEEM: [&str; 3] = ["redeem.order.note_root", "redeem.order.nullifiers", "redeem.order.commitments"];
const SEIZE: [&str; 4] = [
    "seize.order.note_root",
    "seize.order.nullifier",
    "seize.order.commitment",
    "ConfidentialSeizure.nullifier",
];
/// The root of commitments, and the nullifier of an act, which nobody can link to the note that it shows.
const DISCLOSE: [&str; 4] = [
    "take_snapshot().note_root",
    "HoldingsPinned.snapshot.note_root",
    "disclose.disclosure.act_nullifier",
    "AmountDisclosed.disclosure.act_nullifier",
];
/// Both possible notes of a lock, and its leg: a commitment to amount and receiver with a random blinding.
const LOCK: [&str; 11] = [
    "lock.order.note_root",
    "lock.order.nullifiers",
    "lock.order.released",
    "lock.order.cancelled",
    "lock.order.change",
    "lock.order.id.leg",
    "AmountLocked.id.leg",
    "AmountLocked.pending.released",
    "AmountLocked.pending.cancelled",
    "ConfidentialLock.id.leg",
    "ConfidentialLock.nullifiers",
];
/// The leg of a lock that ends.
const ENDS: [&str; 4] = ["release.id.leg", "LockReleased.id.leg", "cancel.id.leg", "LockCancelled.id.leg"];

/// Declares that these types and places are random.
fn declare(private: &Private, types: &[&str], places: &[&[&str]]) {
    types.iter().for_each(|name| private.declare_random_type(name));
    places.iter().copied().flatten().for_each(|place| private.declare_random(place));
}

/// Declares that a contract sorts a list by random elements: owners or nullifiers. Their order is random and public. It
/// changes the gas of these functions, up to a limit, and the positions in the state. Few orders are possible, so two
/// runs often have the same one by chance, and a position then seems to follow from private values alone. So the
/// content of the state is not compared. It is a function of the arguments, which are compared, as are the length of
/// the state and the changed pages. The tests with `ordered` need no such declaration.
fn sorts(private: &Private, contract: &str, functions: &[(&str, u64)]) {
    let state = format!("{contract}.state");
    private.declare_public(&state, "positions follow the order of random elements, which is public");
    functions.iter().for_each(|(function, most)| private.declare_random_gas(function, *most));
}

/// Four holders register and are admitted, in any order. An owner is a pseudonym.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_registers(chain: Chain, private: &Private) -> TestResult {
    declare(private, &["ViewCipher"], &[&REGISTER, &["admit.holder.owner"]]);
    // A search among four owners. The calls take 12 and 2.5 million.
    sorts(private, "asset", &[("register", 1_000), ("admit", 1_000)]);
    let mut scene = Scene::empty_of(&chain, private.random_bytes())?;
    let first = private.one_of(&[ALICE, BOB, CAROL, CUSTODIAN]);
    for number in 0..PEOPLE {
        scene.enrol((first + number) % PEOPLE)?;
    }
    Ok(())
}

/// The credential does not show the person, where it lives, or how long the credential holds.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_has_a_credential(chain: Chain, private: &Private) -> TestResult {
    declare(private, &["ViewCipher"], &[&REGISTER, &["admit_by_credential.person.owner"]]);
    let seed = private.random_bytes();
    let mut scene = Scene::empty_of(&chain, seed)?;
    let attester = Attester::new(scalar(&seed, 1_000));
    let sanctions = blocked(&[408, 840])?;
    let (revoked, blocked) = (attester.revoked().root(), sanctions.root());
    let attestation = Attestation { attester: attester.key(), revoked, blocked, level: LEVEL };
    scene.asset.by(&scene.officer).set_attestation(Some(attestation)).succeeds();
    let who = private.one_of(&[ALICE, BOB, CAROL]);
    let (residence, level) = (private.one_of(&[528, 276, 56]), private.one_of(&[LEVEL, LEVEL + 1]));
    let expires = TODAY + 100 + private.one_of(&[0, 1, 100]);
    let attested = attester.attest(scalar(&seed, 1_001), residence, level, expires);
    let (owner, at) = (scene.register(who)?, (scene.asset.id(), chain.chain_id()));
    let tag = attested.tag(scope(at.0, at.1));
    let person = Person { owner, tag, until: TODAY + 100 };
    let public = EligiblePublic {
        attester: attester.key(),
        revoked,
        blocked,
        until: person.until,
        level: LEVEL,
        scope: scope(at.0, at.1),
        tag,
        occasion: occasion(at.0, at.1, owner),
    };
    let act = Act { call: (), public, private: attested.private(attester.revoked(), &sanctions)? };
    let proof = prove::<_, circuits::Eligible>(&chain, &act)?;
    scene.asset.by(&scene.relayer).admit_by_credential(person, proof).succeeds();
    Ok(())
}

/// A holder sends, redeems or discloses, or an officer seizes; a redemption is refused. Each act is the first one after
/// an issue of a public amount.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    declare(private, &CIPHERS, &[&NOTES, &ISSUE, &TRANSFER, &REDEEM, &SEIZE, &DISCLOSE]);
    let [from, to] = two_of(private, &[ALICE, BOB, CAROL]);
    let mut scene = holders(&chain, private)?;
    scene.issue(from, ISSUED)?;
    // Wallets do not learn of acts that are taken back.
    let (before, root) = (chain.snapshot(), scene.ledger.holder_root());
    let (terms, address) = (scene.terms()?, scene.parties[to].address());
    let (amount, memo) = (private.between(0, ISSUED), private.field());
    let act = ordered(|| scene.sending_to(&terms, from, &address, amount, memo), |act| act.call.nullifiers)?;
    let proof = prove(&chain, &act)?;
    scene.asset.by(&scene.relayer).confidential_transfer(act.call, root, proof).succeeds();
    chain.revert(&before);

    let act = ordered(|| scene.redeeming(from, LEAVES), |act| act.call.nullifiers)?;
    let (by, proof) = (scene.asset.by(&scene.relayer), prove(&chain, &act)?);
    let redeem = |amount| by.redeem(amount, "invoice 12".into(), act.call, root, proof);
    redeem(LEAVES + 1).refused(pool::Refused::ProofInvalid.into());
    redeem(LEAVES).succeeds();
    chain.revert(&before);

    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds().value();
    let holder = &scene.parties[from];
    let act = disclose(&scene.ledger, pinned.height, holder, &holder.notes()[0], LEAVES)?;
    let proof = prove(&chain, &act)?;
    scene.asset.by(&scene.relayer).disclose(act.call, proof).succeeds();
    chain.revert(&before);

    scene.seize(from, CUSTODIAN)
}

/// Holders send what they have received. The number of their notes does not show.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_on_what_it_has_received(chain: Chain, private: &Private) -> TestResult {
    declare(private, &CIPHERS, &[&NOTES, &ISSUE, &TRANSFER]);
    // Two leaves of the tree of nullifiers share nodes or not, by their places: up to two nodes of some 75,000. A call
    // takes 14 million.
    sorts(private, "asset", &[("confidential_transfer", 160_000)]);
    let mut scene = holders(&chain, private)?;
    let [first, second, third] =
        private.one_of(&[[ALICE, BOB, CAROL], [CAROL, ALICE, BOB], [BOB, ALICE, CAROL]]);
    scene.issue(first, ISSUED)?;
    scene.send(first, second, private.between(30, 60))?;
    scene.send(second, third, private.between(10, 20))?;
    scene.send(third, first, private.between(1, 5))?;
    scene.send(first, private.one_of(&[first, second, third]), private.between(1, 40))
}

/// A holder locks. The agent releases the lock or cancels it, or anybody does after the deadline.
#[dusk_sdk::test(observer)]
fn nobody_learns_what_is_locked_for_whom(chain: Chain, private: &Private) -> TestResult {
    declare(private, &CIPHERS, &[&NOTES, &ISSUE, &LOCK, &ENDS]);
    let mut scene = holders(&chain, private)?;
    let (from, to) = (private.one_of(&[ALICE, BOB, CAROL]), private.one_of(&[ALICE, BOB, CAROL]));
    scene.issue(from, ISSUED)?;
    let amount = private.between(0, ISSUED);
    let act = ordered(|| scene.reserving(from, to, amount), |act| act.call.nullifiers)?;
    let (id, proof) = (act.call.id, prove(&chain, &act)?);
    scene.asset.by(&scene.relayer).lock(act.call, scene.ledger.holder_root(), proof).succeeds();
    let (before, asset, agent) = (chain.snapshot(), scene.asset.id(), scene.agent.by(&scene.officer));
    agent.release(asset, id).succeeds();
    chain.revert(&before);
    agent.cancel(asset, id).succeeds();
    chain.revert(&before);
    chain.mine(DEADLINE_BLOCKS);
    scene.asset.by(&scene.relayer).cancel(id).succeeds();
    Ok(())
}

/// An owner of cash pays, withdraws or locks. The deposit, the withdrawal with its account, and the fee are public.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_pays_cash_to_whom(chain: Chain, private: &Private) -> TestResult {
    declare(private, &CIPHERS, &[&NOTES, &DEPOSIT, &TRANSFER, &LOCK, &ENDS]);
    let mut till = Till::empty(&chain, private.random_bytes())?;
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    let parties = two_of(private, &[ALICE, BOB]);
    till.deposit(parties[0], ISSUED)?;
    let before = chain.snapshot();
    let [account, relayer] = [&chain.account("account"), &till.relayer].map(Signer::account);
    let paid = |to, amount| Some((to, Dusk::from_lux(amount)));
    for payment in [Payment::NONE, Payment { to: paid(account, LEAVES), relayer: paid(relayer, 1) }] {
        let amount = private.between(0, ISSUED - LEAVES - 1);
        let act = ordered(|| till.paying(parties, amount, &payment), |act| act.call.nullifiers)?;
        let proof = prove(&chain, &act)?;
        till.cash.by(&till.relayer).confidential_transfer(act.call, payment, proof).succeeds();
        chain.revert(&before);
    }

    let (amount, deadline) = (private.between(0, ISSUED), chain.height() + 1 + DEADLINE_BLOCKS);
    let blinding = private.random_field();
    let instruction = Instruction { agent: agent.id(), instruction: 5.into(), deadline, blinding };
    let act = ordered(|| till.reserving(parties, amount, &instruction), |act| act.call.nullifiers)?;
    let proof = prove(&chain, &act)?;
    till.cash.by(&till.relayer).lock(act.call, proof).succeeds();
    let (locked, agent) = (chain.snapshot(), agent.by(&till.depositor));
    agent.release(till.cash.id(), act.call.id).succeeds();
    chain.revert(&locked);
    agent.cancel(till.cash.id(), act.call.id).succeeds();
    Ok(())
}

/// An asset with all holders, who have nothing.
fn holders(chain: &Chain, private: &Private) -> Result<Scene, Failure> {
    let mut scene = Scene::empty_of(chain, private.random_bytes())?;
    for number in 0..PEOPLE {
        scene.enrol(number)?;
    }
    Ok(scene)
}

/// Two different ones, as a private choice.
fn two_of(private: &Private, people: &[usize]) -> [usize; 2] {
    let first = private.one_of(people);
    let others: Vec<_> = people.iter().copied().filter(|other| *other != first).collect();
    let second = if others.len() == 1 { others[0] } else { private.one_of(&others) };
    [first, second]
}
