//! What the chain shows to everybody. Each test runs with other holders, amounts and memos, and with other random
//! values: arguments, events, gas, changed pages and sizes must be the same, except for what is declared here.

use ::asset::{Attestation, Person};
use circuits::{EligiblePublic, Payment, occasion, scope};
use dusk_sdk::Dusk;
use dusk_sdk::testing::*;
use play::{Act, Attester, Instruction, blocked};

use crate::cash::Till;
use crate::people::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, ISSUED, LEVEL, PEOPLE, Scene, TODAY, holder, prove, scalar,
};

/// The holder to whom an officer has notes seized. It is public.
const CUSTODIAN: usize = 3;
/// What is redeemed, and withdrawn. It is public.
const LEAVES: u64 = 10;
/// The most that the gas of a call depends on the places of its nullifiers in their tree, which are random.
const PLACES_GAS: u64 = 1_000_000;

/// Who registers and is admitted first, second, … is nobody's business: an owner is a pseudonym.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_registers(chain: Chain, private: &Private) -> TestResult {
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

/// Holders send, redeem and disclose, and an officer issues and seizes.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_sends_to_whom_how_much(chain: Chain, private: &Private) -> TestResult {
    let mut scene = Scene::empty_of(&chain, private.random_bytes())?;
    for number in 0..PEOPLE {
        scene.enrol(number)?;
    }
    let [from, to] = two_of(private, &[ALICE, BOB, CAROL]);
    scene.issue(from, ISSUED)?;
    let (terms, address) = (scene.terms()?, scene.parties[to].address());
    let (amount, memo) = (private.between(2 * LEAVES, ISSUED - 2 * LEAVES), private.field());
    let act = play::send(&scene.ledger, &terms, &mut scene.parties[from], &address, amount, memo)?;
    let proof = prove(&chain, &act)?;
    scene.submit((act.call, proof))?;
    scene.send(to, from, private.between(1, LEAVES))?;
    scene.redeem(private.one_of(&[from, to]), LEAVES)?;

    let pinned = scene.asset.by(&scene.officer).take_snapshot().succeeds().value();
    let who = private.one_of(&[from, to]);
    let note = *scene.parties[who].notes().last().expect("both hold more than they have sent and redeemed");
    let act = play::disclose(&scene.ledger, pinned.height, &scene.parties[who], &note, 7.into(), 1)?;
    let proof = prove(&chain, &act)?;
    scene.asset.by(&scene.relayer).disclose(act.call, proof).succeeds();
    scene.seize(private.one_of(&[from, to]), CUSTODIAN)
}

/// Holders lock for others; one lock is released, one cancelled by its agent, one by anybody after the deadline.
#[dusk_sdk::test(observer)]
fn nobody_learns_what_is_locked_for_whom(chain: Chain, private: &Private) -> TestResult {
    let mut scene = Scene::empty_of(&chain, private.random_bytes())?;
    for number in 0..PEOPLE {
        scene.enrol(number)?;
    }
    let holder = private.one_of(&[ALICE, BOB, CAROL]);
    scene.issue(holder, ISSUED)?;
    for lock in 0..3 {
        let to = private.one_of(&[ALICE, BOB, CAROL, CUSTODIAN]);
        scene.lock(holder, to, private.between(1, 20))?;
        match lock {
            0 => scene.release(lock)?,
            1 => scene.cancel(lock)?,
            _ => {
                chain.mine(DEADLINE_BLOCKS);
                scene.cancel_by_anybody(lock)?;
            }
        }
    }
    Ok(())
}

/// Between a deposit and a withdrawal nothing shows. What is withdrawn, to whom, and the relayer's fee are public.
#[dusk_sdk::test(observer)]
fn nobody_learns_who_pays_cash_to_whom(chain: Chain, private: &Private) -> TestResult {
    let mut till = Till::empty(&chain, private.random_bytes())?;
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    let [from, to] = two_of(private, &[ALICE, BOB]);
    till.deposit(from, ISSUED)?;
    till.pay_from(from, to, private.between(3 * LEAVES, ISSUED - 3 * LEAVES), Payment::NONE)?.succeeds();
    let paid = |amount| Dusk::from_lux(amount);
    let account = chain.account("account").account();
    let relayer = (till.relayer.account(), paid(1));
    let payment = Payment { to: Some((account, paid(LEAVES))), relayer: Some(relayer) };
    let [from, to] = two_of(private, &[ALICE, BOB]);
    till.pay_from(from, to, private.between(0, 5), payment)?.succeeds();
    for lock in 0..2_u64 {
        let instruction = Instruction {
            agent: agent.id(),
            name: lock.into(),
            deadline: chain.height() + 20,
            blinding: private.random_field(),
        };
        let [from, to] = two_of(private, &[ALICE, BOB]);
        let order = till.lock([from, to], private.between(1, 5), &instruction)?;
        let by = agent.by(&till.depositor);
        if lock == 0 {
            by.release(till.cash.id(), order.id).succeeds();
            till.note(order.released, &order.notes[0]);
        } else {
            by.cancel(till.cash.id(), order.id).succeeds();
            till.note(order.cancelled, &order.notes[1]);
        }
    }
    Ok(())
}

/// Two different ones, as a private choice.
fn two_of(private: &Private, people: &[usize]) -> [usize; 2] {
    let first = private.one_of(people);
    let others: Vec<_> = people.iter().copied().filter(|other| *other != first).collect();
    let second = if others.len() == 1 { others[0] } else { private.one_of(&others) };
    [first, second]
}
