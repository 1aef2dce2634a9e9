//! Attacks: most rows of the table of threats in the README.

use ::settlement::{CANCEL_GAS, GivenBack, Refused};
use circuits::{Answer, Enrol, Reserve};
use dusk_sdk::finance::confidential::locks::LockId;
use dusk_sdk::finance::confidential::pool::Locking;
use dusk_sdk::finance::confidential::{AuditCipher, NoteCipher, locks, notes, nullifiers, pool, registry};
use dusk_sdk::testing::confidential::Party;
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};
use dusk_sdk::{ContractId, Field};
use play::Deal;

use crate::market::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, MONEY, Market, PEOPLE, Proven, REASON, SHARES, holder, keys, prove,
    refused,
};

/// Alice delivers ten shares to bob, who pays 400.
const PARTIES: [usize; 2] = [ALICE, BOB];
const AMOUNTS: [u64; 2] = [10, 400];
/// As many strangers as the registry keeps roots.
const CROWD: usize = registry::ROOTS;
/// The first balances of everybody.
const BEFORE: ([u64; 3], [u64; 3]) = ([100, 0, 0], [0, 5_000, 0]);

fn balances(market: &Market) -> ([u64; 3], [u64; 3]) {
    (market.balances(SHARES), market.balances(MONEY))
}

#[dusk_sdk::test]
fn a_released_lock_cannot_be_cancelled(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    market.settle(&trade)?;
    chain.mine(2 * DEADLINE_BLOCKS);
    for leg in [SHARES, MONEY] {
        let by = market.sides[leg].asset.by(&market.relayer);
        by.cancel(market.id(&trade, leg)).refused(refused(locks::Refused::UnknownLock));
    }
    let by = market.settlement.by(&market.relayer);
    by.give_back(trade.name).refused(Refused::AlreadySettled);
    by.settle(trade.name).refused(Refused::AlreadySettled);
    by.reject(trade.name, 0, market.answer(&trade, SHARES, Answer::Reject)?).refused(Refused::AlreadySettled);
    market.agree()
}

#[dusk_sdk::test]
fn a_cancelled_lock_cannot_be_released(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    // After the deadline bob's leg is cancelled in its asset, and alice's by the settlement. Neither is released.
    let trade = market.locked(PARTIES, AMOUNTS)?;
    chain.mine(DEADLINE_BLOCKS);
    market.cancel(&trade, MONEY)?;
    let by = market.settlement.by(&market.relayer);
    by.settle(trade.name).refused(Refused::DeadlinePassed { deadline: trade.instruction.deadline });
    market.give_back(&trade)?;
    let by = market.settlement.by(&market.relayer);
    by.settle(trade.name).refused(Refused::AlreadyEnded);
    by.give_back(trade.name).refused(Refused::NothingLocked);
    assert_eq!(balances(&market), BEFORE);
    // A lock with a shorter deadline than the instruction's is cancelled by anybody; then neither leg settles.
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    market.lock(&trade, SHARES)?;
    let mut short = trade.clone();
    short.instruction.deadline = chain.height() + 2;
    let locking = market.reservation(&short, MONEY)?;
    market.submit_lock(MONEY, &locking)?;
    chain.mine(2);
    market.cancel(&trade, MONEY)?;
    market.settlement.by(&market.relayer).settle(trade.name).panics("E9350: UnknownLock");
    market.reject(&trade, SHARES)?;
    assert_eq!(balances(&market), BEFORE);
    market.agree()
}

#[dusk_sdk::test]
fn a_leg_is_locked_once(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    market.lock(&trade, SHARES)?;
    let again = market.reservation(&trade, SHARES)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.lock(again.call, again.root, again.proof).refused(refused(locks::Refused::AlreadyLocked));
    // Two locks of one leg are no settlement.
    market.settlement.by(&market.relayer).settle(trade.name).panics("E9350: UnknownLock");
    // Once the first is cancelled, the leg can be locked again.
    chain.mine(DEADLINE_BLOCKS);
    market.cancel(&trade, SHARES)?;
    assert_eq!(balances(&market), BEFORE);
    market.agree()
}

/// Up to and in the block of the deadline the agent releases; from the next one on anybody cancels. Never both.
#[dusk_sdk::test]
fn release_and_cancellation_never_compete(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    let deadline = trade.instruction.deadline;
    chain.mine(deadline - 1 - chain.height());
    let before = chain.snapshot();
    let ids = [SHARES, MONEY].map(|leg| market.id(&trade, leg));
    let cancel = |leg: usize| market.sides[leg].asset.by(&market.relayer).cancel(ids[leg]);
    // In the block of the deadline.
    cancel(SHARES).refused(refused(locks::Refused::BeforeDeadline { deadline }));
    chain.revert(&before);
    market.settlement.by(&market.relayer).give_back(trade.name).refused(Refused::BeforeDeadline { deadline });
    chain.revert(&before);
    let settled = market.settlement.by(&market.relayer).settle(trade.name).succeeds();
    assert_eq!(settled.height(), deadline);
    chain.revert(&before);
    // In the next one.
    chain.mine(1);
    let before = chain.snapshot();
    let late = market.settlement.by(&market.relayer).settle(trade.name);
    late.refused(Refused::DeadlinePassed { deadline });
    chain.revert(&before);
    assert_eq!(cancel(SHARES).succeeds().height(), deadline + 1);
    cancel(MONEY).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn one_block_does_not_settle_and_give_back(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    let deadline = trade.instruction.deadline;
    let id = market.id(&trade, SHARES);
    let settle = || market.settlement.by(market.relayer.later()).settle(trade.name);
    let give_back = || market.settlement.by(market.issuer.later()).give_back(trade.name);
    let cancel = || market.sides[SHARES].asset.by(market.issuer.later()).cancel(id);
    chain.mine(deadline - 1 - chain.height());
    let before = chain.snapshot();
    // In the block of the deadline both legs settle, whoever comes first.
    let (back, cancelled, settled) = chain.in_one_block((give_back(), cancel(), settle()));
    back.refused(Refused::BeforeDeadline { deadline });
    cancelled.refused(refused(locks::Refused::BeforeDeadline { deadline }));
    assert_eq!(settled.succeeds().height(), deadline);
    chain.revert(&before);
    let (settled, back, cancelled) = chain.in_one_block((settle(), give_back(), cancel()));
    settled.succeeds();
    back.refused(Refused::AlreadySettled);
    cancelled.refused(refused(locks::Refused::UnknownLock));
    chain.revert(&before);
    // In the next block both legs go back, each by the call that comes first.
    chain.mine(1);
    let (late, cancelled, back) = chain.in_one_block((settle(), cancel(), give_back()));
    late.refused(Refused::DeadlinePassed { deadline });
    cancelled.succeeds();
    back.emits(GivenBack { name: trade.name, legs: [false, true] });
    for side in &market.sides {
        assert_eq!(side.asset.status()?.locks, 0);
    }
    Ok(())
}

#[dusk_sdk::test]
fn a_rejection_and_a_settlement_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    let proof = market.answer(&trade, SHARES, Answer::Reject)?;
    let settle = || market.settlement.by(market.relayer.later()).settle(trade.name);
    let reject = || market.settlement.by(market.relayer.later()).reject(trade.name, 0, proof);
    let before = chain.snapshot();
    let (rejected, settled) = chain.in_one_block((reject(), settle()));
    rejected.succeeds();
    settled.refused(Refused::AlreadyEnded);
    chain.revert(&before);
    let (settled, rejected) = chain.in_one_block((settle(), reject()));
    settled.succeeds();
    rejected.refused(Refused::AlreadySettled);
    Ok(())
}

#[dusk_sdk::test]
fn a_freeze_and_a_waiting_lock_of_one_block_have_an_order(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let it = &market.sides[SHARES];
    let alice = it.parties[ALICE].owner();
    let freeze = || it.asset.by(market.issuer.later()).set_active(alice, false, REASON.into());
    let lock = || it.asset.by(market.relayer.later()).lock(call, root, proof);
    let before = chain.snapshot();
    let (frozen, locked) = chain.in_one_block((freeze(), lock()));
    frozen.succeeds();
    locked.refused(refused(registry::Refused::UnknownRegistryRoot));
    assert_eq!(it.asset.status()?.locks, 0);
    chain.revert(&before);
    let (locked, frozen) = chain.in_one_block((lock(), freeze()));
    locked.succeeds();
    frozen.succeeds();
    assert_eq!(it.asset.status()?.locks, 1);
    Ok(())
}

#[dusk_sdk::test]
fn a_lock_that_is_never_settled_comes_back(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    // Bob affirms and never pays. After the deadline alice has her shares again, without him and the settlement.
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    market.lock(&trade, SHARES)?;
    chain.mine(DEADLINE_BLOCKS);
    market.cancel(&trade, SHARES)?;
    assert_eq!(balances(&market), BEFORE);
    // A lock for an instruction that nobody has submitted comes back as well.
    let trade = market.trade(PARTIES, AMOUNTS);
    market.lock(&trade, SHARES)?;
    market.settlement.by(&market.relayer).settle(trade.name).refused(Refused::UnknownInstruction);
    chain.mine(DEADLINE_BLOCKS);
    market.cancel(&trade, SHARES)?;
    // Nothing is locked for longer than the parts allow.
    let trade = market.trade(PARTIES, AMOUNTS);
    let mut far = trade.clone();
    far.instruction.deadline = chain.height() + 2 + locks::MAX_LOCK_BLOCKS;
    let Proven { call, root, proof } = market.reservation(&far, SHARES)?;
    let limit = locks::MAX_LOCK_BLOCKS;
    let lock = || market.sides[SHARES].asset.by(&market.relayer).lock(call, root, proof);
    lock().refused(refused(locks::Refused::DeadlineTooFar { limit }));
    let mut past = trade;
    past.instruction.deadline = chain.height();
    let deadline = past.instruction.deadline;
    let Proven { call, root, proof } = market.reservation(&past, SHARES)?;
    let lock = market.sides[SHARES].asset.by(&market.relayer).lock(call, root, proof);
    lock.refused(refused(locks::Refused::DeadlinePassed { deadline }));
    assert_eq!(balances(&market), BEFORE);
    Ok(())
}

#[dusk_sdk::test]
fn a_lock_is_what_the_instruction_says(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    // Another amount, another receiver, another blinding: no proof fits the leg.
    let changes: [fn(&mut Deal); 3] = [
        |deal| deal.amount = 9,
        |deal| deal.receiver = keys(CAROL).address(),
        |deal| deal.blinding = Field::from(8),
    ];
    let id = market.id(&trade, SHARES);
    for change in changes {
        let mut other = trade.clone();
        change(&mut other.deals[SHARES]);
        let Proven { call, root, proof } = market.reservation(&other, SHARES)?;
        assert_ne!(call.id.leg, id.leg);
        let by = market.sides[SHARES].asset.by(&market.relayer);
        by.lock(Locking { id, ..call }, root, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    // A leg of the other asset cannot be locked here.
    let other = Deal { asset: market.sides[MONEY].terms.asset, ..trade.deals[SHARES] };
    let (at, leg) = (market.settlement.id(), other.leg().commitment);
    let mut act = market.sides[SHARES].reserving(at, &trade, SHARES)?;
    act.public.act.leg = leg;
    let failure = prove::<_, Reserve>(&chain, &act).err().expect("there is no such proof");
    assert!(failure.to_string().contains("the leg is what is locked"), "{failure}");
    Ok(())
}

#[dusk_sdk::test]
fn a_relayer_changes_nothing(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let (spoilt, one) = (NoteCipher { ephemeral: [1; 32], ..call.notes[0] }, Field::from(1));
    let audit = AuditCipher { fields: [one, one], ..call.cipher };
    let [receiver, sender, change] = call.notes;
    let changes = [
        Locking { deadline: call.deadline + 1, ..call },
        Locking { id: LockId { agent: ContractId::from_bytes([3; 32]), ..call.id }, ..call },
        Locking { id: LockId { instruction: one, ..call.id }, ..call },
        Locking { id: LockId { leg: one, ..call.id }, ..call },
        Locking { released: call.cancelled, cancelled: call.released, ..call },
        Locking { released: one, ..call },
        Locking { cancelled: one, ..call },
        Locking { change: one, ..call },
        Locking { nullifiers: [call.nullifiers[1], call.nullifiers[0]], ..call },
        Locking { nullifiers: [call.nullifiers[0], Field::from(77)], ..call },
        Locking { notes: [spoilt, sender, change], ..call },
        Locking { notes: [receiver, spoilt, change], ..call },
        Locking { notes: [receiver, sender, spoilt], ..call },
        Locking { cipher: audit, ..call },
    ];
    let by = market.sides[SHARES].asset.by(&market.relayer);
    for changed in changes {
        by.lock(changed, root, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    // Nor does a flipped bit of the proof pass.
    let mut bytes = *proof.as_bytes();
    bytes[500] ^= 1;
    by.lock(call, root, Proof::<Reserve>::from_bytes(bytes)).refused(refused(pool::Refused::ProofInvalid));
    // Nor does half a proof, filled up with zeros: an argument of another length is no proof at all.
    let mut bytes = *proof.as_bytes();
    bytes[PROOF_BYTES / 2..].fill(0);
    by.lock(call, root, Proof::<Reserve>::from_bytes(bytes)).refused(refused(pool::Refused::ProofInvalid));
    by.lock(call, root, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn locked_money_is_not_spent_elsewhere(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    // Made before the lock, of the same note.
    let transfer = market.transfer(SHARES, [ALICE, CAROL], 5)?;
    let other = market.affirmed([ALICE, CAROL], AMOUNTS)?;
    let second = market.reservation(&other, SHARES)?;
    let first = market.reservation(&trade, SHARES)?;
    market.submit_lock(SHARES, &first)?;
    let nullifier = transfer.call.nullifiers[0];
    let spent = || refused(nullifiers::Refused::AlreadySpent { nullifier });
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.confidential_transfer(transfer.call, transfer.root, transfer.proof).refused(spent());
    by.lock(second.call, second.root, second.proof).refused(spent());
    // The same call again: its place is taken, and when it is free again, its notes are spent.
    by.lock(first.call, first.root, first.proof).refused(refused(locks::Refused::AlreadyLocked));
    market.reject(&trade, SHARES)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.lock(first.call, first.root, first.proof).refused(spent());
    Ok(())
}

#[dusk_sdk::test]
fn one_nullifier_twice_in_a_call_is_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    let lock = |nullifiers| by.lock(Locking { nullifiers, ..call }, root, proof);
    lock([call.nullifiers[0]; 2]).refused(refused(nullifiers::Refused::SpentTwice));
    let reserved = refused(nullifiers::Refused::ReservedNullifier);
    lock([call.nullifiers[0], Field::default()]).refused(reserved);
    Ok(())
}

#[dusk_sdk::test]
fn roots_of_other_trees_are_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let status = market.sides[SHARES].asset.status()?;
    let others =
        [market.sides[MONEY].ledger.note_root(), status.nullifier_root, status.registry_root, Field::from(1)];
    let by = market.sides[SHARES].asset.by(&market.relayer);
    for note_root in others {
        let lock = by.lock(Locking { note_root, ..call }, root, proof);
        lock.refused(refused(notes::Refused::UnknownNoteRoot));
    }
    for registry_root in [call.note_root, market.sides[MONEY].ledger.note_root(), Field::from(1)] {
        let lock = by.lock(call, registry_root, proof);
        lock.refused(refused(registry::Refused::UnknownRegistryRoot));
    }
    // An older root of the right tree is as good as the newest: a transfer of others does not spoil a proof.
    market.issue(SHARES, CAROL, 1)?;
    market.sides[SHARES].asset.by(&market.relayer).lock(call, root, proof).succeeds();
    Ok(())
}

/// A crowd is admitted while a lock waits. In one block it takes the place of one root. A lock whose root is stale
/// costs its payer a new proof, and the deal settles.
#[dusk_sdk::test]
fn a_crowd_of_holders_does_not_stop_a_deal(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let deals = market.trade(PARTIES, AMOUNTS).deals;
    let trade = market.as_agreed(deals, PARTIES, chain.height() + 4 * CROWD as u64);
    market.instruct(&trade)?;
    for leg in [SHARES, MONEY] {
        market.affirm(&trade, leg)?;
    }
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    let it = &market.sides[SHARES];
    let mut crowd = Vec::new();
    for person in PEOPLE..PEOPLE + CROWD {
        let mut stranger = Party::new(keys(person), it.terms.asset);
        let act = play::enrol(&it.terms, stranger.register(&it.terms.auditor)?);
        crowd.push((act.call, holder(act.call.owner), prove::<_, Enrol>(&chain, &act)?));
    }
    let by = it.asset.by(&market.relayer);
    let (officer, before) = (it.asset.by(market.issuer.later()), chain.snapshot());
    let calls: Vec<_> =
        crowd.iter().map(|(enrolment, entry, proof)| officer.admit(*enrolment, *entry, *proof)).collect();
    for admitted in chain.in_one_block(calls) {
        admitted.into_result()?;
    }
    by.lock(call, root, proof).succeeds();
    chain.revert(&before);
    // One in each block: the last of them takes the place of the root in the proof.
    let officer = it.asset.by(&market.issuer);
    for (enrolment, entry, proof) in &crowd {
        officer.admit(*enrolment, *entry, *proof).into_result()?;
    }
    by.lock(call, root, proof).refused(refused(registry::Refused::UnknownRegistryRoot));
    let it = &mut market.sides[SHARES];
    for (_, entry, _) in &crowd {
        it.ledger.set_holder(it.ledger.holders(), *entry);
    }
    for leg in [SHARES, MONEY] {
        market.lock(&trade, leg)?;
    }
    market.settle(&trade)?;
    assert_eq!(balances(&market), ([90, 10, 0], [400, 4_600, 0]));
    market.agree()
}

/// The root of a block that the chain has taken back is none.
#[dusk_sdk::test]
fn a_root_of_a_block_that_was_taken_back_is_refused(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let (before, ledger) = (chain.snapshot(), market.sides[SHARES].ledger.clone());
    market.issue(SHARES, CAROL, 1)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    chain.revert(&before);
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.lock(call, root, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    // The same lock, with a proof about the tree of now.
    market.sides[SHARES].ledger = ledger;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    by.lock(call, root, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_proof_is_for_one_asset(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let shares = market.reservation(&trade, SHARES)?;
    let money = market.reservation(&trade, MONEY)?;
    let by = market.sides[MONEY].asset.by(&market.relayer);
    let call = Locking { note_root: money.call.note_root, ..shares.call };
    by.lock(call, money.root, shares.proof).refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

#[dusk_sdk::test]
fn only_the_agent_releases(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    let id = market.id(&trade, SHARES);
    for somebody in [&market.issuer, &market.relayer] {
        let by = market.sides[SHARES].asset.by(somebody);
        by.release(id).refused(refused(locks::Refused::NotTheAgent));
    }
    // Another settlement contract is not the agent, whatever it is instructed.
    let other = chain.deploy(&market.relayer, ::settlement::init())?;
    let name = other.by(&market.relayer).instruct(trade.instruction).succeeds().value();
    assert_ne!(name, trade.name, "an instruction has another name at another contract");
    let affirmation = market.answer(&trade, SHARES, Answer::Affirm)?;
    other.by(&market.relayer).affirm(name, 0, affirmation).refused(Refused::NotTheReceiver);
    Ok(())
}

#[dusk_sdk::test]
fn nobody_affirms_or_rejects_for_another(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.trade(PARTIES, AMOUNTS);
    market.instruct(&trade)?;
    // Alice delivers the shares, and bob receives them. Nobody but bob can answer for this leg.
    for somebody in [ALICE, CAROL] {
        let failure = market.answer_of(&trade, SHARES, Answer::Affirm, somebody).expect_err("no such proof");
        assert!(failure.to_string().contains("the leg is for the prover"), "{failure}");
    }
    let affirmation = market.answer(&trade, SHARES, Answer::Affirm)?;
    let by = market.settlement.by(&market.relayer);
    by.reject(trade.name, 0, affirmation).refused(Refused::NotTheReceiver);
    by.affirm(trade.name, 1, affirmation).refused(Refused::NotTheReceiver);
    // Another instruction with the same legs is another instruction.
    let deadline = trade.instruction.deadline + 1;
    let later = market.as_agreed(trade.deals, trade.payers, deadline);
    market.instruct(&later)?;
    let by = market.settlement.by(&market.relayer);
    by.affirm(later.name, 0, affirmation).refused(Refused::NotTheReceiver);
    by.affirm(trade.name, 0, affirmation).succeeds();
    Ok(())
}

/// A leg for an asset that is not the one which the instruction names is affirmed by nobody.
#[dusk_sdk::test]
fn an_affirmation_is_about_the_named_assets(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let mut trade = market.trade(PARTIES, AMOUNTS);
    // The commitment is to shares, and the instruction names another contract.
    trade.instruction.legs[SHARES].asset = market.settlement.id();
    let trade = market.as_agreed_with(&trade);
    market.instruct(&trade)?;
    let failure = market.answer(&trade, SHARES, Answer::Affirm).expect_err("there is no such proof");
    assert!(failure.to_string().contains("the leg is for the prover"), "{failure}");
    Ok(())
}

/// A contract that is no asset cannot keep the other leg.
#[dusk_sdk::test]
fn a_bad_asset_does_not_keep_the_other_leg(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let mut deals = market.trade(PARTIES, AMOUNTS).deals;
    let nowhere = ContractId::from_bytes([9; 32]);
    deals[MONEY].contract = nowhere;
    deals[MONEY].asset = dusk_sdk::finance::confidential::asset(nowhere, chain.chain_id());
    let deadline = chain.height() + 1 + DEADLINE_BLOCKS;
    let trade = market.as_agreed(deals, PARTIES, deadline);
    market.instruct(&trade)?;
    market.affirm(&trade, SHARES)?;
    market.affirm(&trade, MONEY)?;
    market.lock(&trade, SHARES)?;
    market.settlement.by(&market.relayer).settle(trade.name).panics("call of release failed");
    chain.mine(DEADLINE_BLOCKS);
    let gas = market.settlement.by(&market.relayer).give_back(trade.name);
    assert!(gas.gas() < 3 * CANCEL_GAS, "{} gas", gas.gas());
    gas.succeeds();
    market.returned_to(&trade);
    assert_eq!(balances(&market), BEFORE);
    Ok(())
}

#[dusk_sdk::test]
fn a_freeze_comes_between_proof_and_lock(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    let Proven { call, root, proof } = market.reservation(&trade, SHARES)?;
    market.set_active(SHARES, ALICE, false)?;
    let by = market.sides[SHARES].asset.by(&market.relayer);
    by.lock(call, root, proof).refused(refused(registry::Refused::UnknownRegistryRoot));
    let failure = market.reservation(&trade, SHARES).err().expect("there is no such proof");
    assert!(failure.to_string().contains("the sender is active"), "{failure}");
    // Nor is anything locked for somebody who is frozen.
    market.set_active(SHARES, ALICE, true)?;
    market.set_active(SHARES, BOB, false)?;
    let failure = market.reservation(&trade, SHARES).err().expect("there is no such proof");
    assert!(failure.to_string().contains("the receiver is active"), "{failure}");
    Ok(())
}

/// A freeze between lock and settlement does not undo the deal, but its holder cannot move what it gets.
#[dusk_sdk::test]
fn a_freeze_after_the_lock_binds_what_is_received(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.locked(PARTIES, AMOUNTS)?;
    market.set_active(SHARES, BOB, false)?;
    market.settle(&trade)?;
    assert_eq!(balances(&market), ([90, 10, 0], [400, 4_600, 0]));
    let failure = market.send(SHARES, [BOB, CAROL], 1).expect_err("bob is frozen");
    assert!(failure.to_string().contains("the sender is active"), "{failure}");
    Ok(())
}

/// A sender that spoils the receiver's ciphertext has paid all the same: the auditor can tell the receiver the note.
#[dusk_sdk::test]
fn a_spoilt_ciphertext_loses_nothing(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let trade = market.affirmed(PARTIES, AMOUNTS)?;
    market.lock(&trade, MONEY)?;
    let at = market.settlement.id();
    let it = &mut market.sides[SHARES];
    let mut act = it.reserving(at, &trade, SHARES)?;
    // Alice writes what bob cannot read, and proves just that.
    act.call.notes[0].fields[3] = Field::from(1);
    act.public = it.terms.reserve(&act.call, it.ledger.holder_root());
    let (root, proof) = (it.ledger.holder_root(), prove(&chain, &act)?);
    market.submit_lock(SHARES, &Proven { call: act.call, root, proof })?;
    let known = market.sides[SHARES].auditor.pending(act.call.released).expect("the auditor reads all");
    market.settle(&trade)?;
    let it = &mut market.sides[SHARES];
    assert_eq!(it.parties[BOB].balance(), 0, "bob's wallet has not found it");
    // The auditor seals the note for bob again, and tells the position.
    let cipher = NoteCipher::seal(&it.parties[BOB].address(), &Scalar::from(5), &known, Field::default())?;
    assert!(it.parties[BOB].found(it.ledger.count() - 1, act.call.released, &cipher));
    market.send(SHARES, [BOB, CAROL], 10)?;
    assert_eq!(market.balances(SHARES), [90, 0, 10]);
    Ok(())
}

/// More than there is, or less than nothing, cannot be locked.
#[dusk_sdk::test]
fn nothing_is_made_by_wrapping(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    for amount in [101, u64::MAX, u64::MAX - 99] {
        let trade = market.trade(PARTIES, [amount, 1]);
        let failure = market.reservation(&trade, SHARES).err().expect("there is no such proof");
        assert!(failure.to_string().contains("the sum is conserved"), "{failure}");
    }
    Ok(())
}

/// Two settlements look alike to the chain, for all amounts: the same gas, and other random elements.
#[dusk_sdk::test]
fn settlements_look_alike(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let before = chain.snapshot();
    let mut seen = Vec::new();
    for amounts in [[1, 1], [100, 5_000]] {
        chain.revert(&before);
        let trade = market.affirmed(PARTIES, amounts)?;
        let mut gas = Vec::new();
        for leg in [SHARES, MONEY] {
            let Proven { call, root, proof } = market.reservation(&trade, leg)?;
            let locked = market.sides[leg].asset.by(&market.relayer).lock(call, root, proof).succeeds();
            assert_eq!(
                locked.topics().len(),
                5,
                "two nullifiers, the lock, its note, and what the auditor reads"
            );
            gas.push(locked.gas());
        }
        gas.push(market.settlement.by(&market.relayer).settle(trade.name).succeeds().gas());
        seen.push(gas);
    }
    // Nullifiers come to random places of their tree, which costs some hashes more or less.
    for (one, other) in seen[0].iter().zip(&seen[1]) {
        assert!(one.abs_diff(*other) * 10 < *one, "{seen:?}");
    }
    Ok(())
}
