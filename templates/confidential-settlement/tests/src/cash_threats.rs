//! Attacks on the cash alone: notes that are spent twice or made up, deposits, payments and locks that are changed,
//! damaged or of another chain, and ciphertexts that the auditor cannot read.

use circuits::{CashDeposit, CashPay, CashReserve};
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::locks::{self, MAX_LOCK_BLOCKS};
use dusk_sdk::finance::confidential::pool::{self, Locking, Minting, Spending};
use dusk_sdk::finance::confidential::{
    AuditCipher, AuditorKey, NoteCipher, asset, auditor, notes, nullifiers,
};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::cash::{DEPOSIT, Paying, Reserving, Till, lux, refused};
use crate::foreign::{other, unprovable};
use crate::market::{ALICE, BOB, CAROL, DEADLINE_BLOCKS, keys, prove};

/// Bob has cash.
fn open(chain: &Chain) -> Result<Till, Failure> {
    let mut till = Till::empty(chain, [7; 64])?;
    till.deposit(BOB, DEPOSIT)?;
    Ok(till)
}

/// A payment to alice, which is not proved yet.
fn paying(till: &mut Till, from: usize, amount: u64) -> Result<Paying, Failure> {
    let (key, to) = (till.terms.auditor, till.parties[ALICE].address());
    let from = &mut till.parties[from];
    Ok(play::pay(from.transfer(&till.ledger, &key, &to, [amount, 0], Field::default())?))
}

/// A lock of 60 for alice, which is not proved yet. Its agent is no settlement contract.
fn locking(till: &mut Till, deadline: u64) -> Result<Reserving, Failure> {
    let (agent, key, to) = (till.cash.id(), till.terms.auditor, till.parties[ALICE].address());
    let instruction = Instruction { agent, instruction: 5.into(), deadline, blinding: 77.into() };
    let from = &mut till.parties[BOB];
    Ok(play::cash_reserve(from.lock(&till.ledger, &key, &to, 60, &instruction)?))
}

/// A proof with a flipped bit, and half of it, filled up with zeros: an argument of another length is no proof at all.
fn damaged<C>(proof: &Proof<C>) -> [Proof<C>; 2] {
    let (mut flipped, mut half) = (*proof.as_bytes(), *proof.as_bytes());
    flipped[500] ^= 1;
    half[PROOF_BYTES / 2..].fill(0);
    [flipped, half].map(Proof::from_bytes)
}

fn invalid() -> ::cash::Refused {
    refused(pool::Refused::ProofInvalid)
}

#[dusk_sdk::test]
fn cash_is_spent_once(chain: Chain) -> TestResult {
    let mut till = open(&chain)?;
    let account = chain.account("account");
    // Two withdrawals and a lock of one note, all with good proofs.
    let first = till.withdrawing(BOB, &account, 100)?;
    let second = till.withdrawing(BOB, &account, 200)?;
    let lock = locking(&mut till, chain.height() + DEADLINE_BLOCKS)?;
    let nullifier = first.call.nullifiers[0];
    assert_eq!([second.call.nullifiers[0], lock.call.nullifiers[0]], [nullifier; 2], "it is the note's");
    let [one, two] = [prove::<_, CashPay>(&chain, &first)?, prove::<_, CashPay>(&chain, &second)?];
    let of_lock = prove::<_, CashReserve>(&chain, &lock)?;
    let by = till.cash.by(&till.relayer);
    let withdraw = |amount, order, proof| by.withdraw(account.account(), lux(amount), order, proof);
    let twice = Spending { nullifiers: [nullifier; 2], ..first.call };
    withdraw(100, twice, one).refused(refused(nullifiers::Refused::SpentTwice));
    for end in [Field::default(), -Field::from(1)] {
        let reserved = Spending { nullifiers: [nullifier, end], ..first.call };
        withdraw(100, reserved, one).refused(refused(nullifiers::Refused::ReservedNullifier));
    }
    for note_root in [Field::default(), till.ledger.nullifier_root(), other(first.call.note_root)] {
        let strange = Spending { note_root, ..first.call };
        withdraw(100, strange, one).refused(refused(notes::Refused::UnknownNoteRoot));
    }
    withdraw(100, first.call, one).succeeds();
    let spent = || refused(nullifiers::Refused::AlreadySpent { nullifier });
    withdraw(100, first.call, one).refused(spent());
    withdraw(200, second.call, two).refused(spent());
    by.lock(lock.call, of_lock).refused(spent());
    assert_eq!((till.cash.total_supply()?, chain.balance(till.cash.id())), (lux(4_900), lux(4_900)));
    // Carol has no note: she pays nothing, not even a zero.
    let act = paying(&mut till, CAROL, 0)?;
    unprovable::<CashPay, _>(&chain, &act, "the first input is in the tree");
    Ok(())
}

#[dusk_sdk::test]
fn a_relayer_changes_no_deposit_and_no_payment_of_cash(chain: Chain) -> TestResult {
    let mut till = open(&chain)?;
    let act = paying(&mut till, BOB, 30)?;
    let (order, proof) = (act.call, prove::<_, CashPay>(&chain, &act)?);
    let [first, second] = order.notes;
    let spoilt = NoteCipher { ephemeral: [1; 32], ..first };
    let AuditCipher { ephemeral: [u, v], fields: [values, owner] } = order.cipher;
    let changes = [
        Spending { notes: [second, first], ..order },
        Spending { notes: [spoilt, second], ..order },
        Spending { notes: [first, spoilt], ..order },
        Spending { commitments: [order.commitments[1], order.commitments[0]], ..order },
        Spending { nullifiers: [order.nullifiers[1], order.nullifiers[0]], ..order },
        Spending { cipher: AuditCipher { ephemeral: [v, u], ..order.cipher }, ..order },
        Spending { cipher: AuditCipher { fields: [other(values), owner], ..order.cipher }, ..order },
        Spending { cipher: AuditCipher { fields: [values, other(owner)], ..order.cipher }, ..order },
    ];
    let by = till.cash.by(&till.relayer);
    for changed in changes {
        by.confidential_transfer(changed, proof).refused(invalid());
    }
    for proof in damaged(&proof) {
        by.confidential_transfer(order, proof).refused(invalid());
    }
    by.confidential_transfer(order, proof).succeeds();

    let act = till.depositing(ALICE, 50)?;
    let (deposit, proof) = (act.call, prove::<_, CashDeposit>(&chain, &act)?);
    let by = till.cash.by(till.depositor.depositing(lux(50)));
    let changes = [
        Minting { note: first, ..deposit },
        Minting { cipher: order.cipher, ..deposit },
        Minting { commitment: order.commitments[0], ..deposit },
    ];
    for changed in changes {
        by.deposit(changed, proof).refused(invalid());
    }
    for proof in damaged(&proof) {
        by.deposit(deposit, proof).refused(invalid());
    }
    by.deposit(Minting { value: 0, ..deposit }, proof).refused(refused(pool::Refused::ZeroAmount));
    let full = Minting { value: u64::MAX, ..deposit };
    by.deposit(full, proof).refused(refused(pool::Refused::SupplyOverflow));
    by.deposit(deposit, proof).succeeds();
    assert_eq!(till.cash.total_supply()?, lux(DEPOSIT + 50));
    Ok(())
}

#[dusk_sdk::test]
fn a_relayer_changes_no_lock_of_cash(chain: Chain) -> TestResult {
    let mut till = open(&chain)?;
    let act = locking(&mut till, chain.height() + DEADLINE_BLOCKS)?;
    let (order, proof) = (act.call, prove::<_, CashReserve>(&chain, &act)?);
    let by = till.cash.by(&till.relayer);
    let far = Locking { deadline: chain.height() + MAX_LOCK_BLOCKS + 10, ..order };
    by.lock(far, proof).refused(refused(locks::Refused::DeadlineTooFar { limit: MAX_LOCK_BLOCKS }));
    let past = Locking { deadline: 1, ..order };
    by.lock(past, proof).refused(refused(locks::Refused::DeadlinePassed { deadline: 1 }));
    let [receiver, sender, change] = order.notes;
    let spoilt = NoteCipher { ephemeral: [1; 32], ..sender };
    let AuditCipher { fields: [values, owner], .. } = order.cipher;
    let changes = [
        Locking { notes: [receiver, spoilt, change], ..order },
        Locking { notes: [receiver, sender, spoilt], ..order },
        Locking { cancelled: order.released, ..order },
        Locking { change: order.cancelled, ..order },
        Locking { cipher: AuditCipher { fields: [other(values), owner], ..order.cipher }, ..order },
        Locking { cipher: AuditCipher { fields: [values, other(owner)], ..order.cipher }, ..order },
    ];
    for changed in changes {
        by.lock(changed, proof).refused(invalid());
    }
    for proof in damaged(&proof) {
        by.lock(order, proof).refused(invalid());
    }
    by.lock(order, proof).succeeds();
    by.lock(order, proof).refused(refused(locks::Refused::AlreadyLocked));
    Ok(())
}

/// Good proofs about the same contract on another chain, where alice has a note: a deposit, a payment and a lock. The
/// history of notes there is another one, and a proof from there does not hold under a root of here.
#[dusk_sdk::test]
fn cash_is_for_one_chain(chain: Chain) -> TestResult {
    let till = open(&chain)?;
    let (here, there) = (till.cash.status()?.note_root, asset(till.cash.id(), chain.chain_id() + 1));
    let (key, to) = (till.terms.auditor, keys(BOB).address());
    let (mut ledger, mut alice) = (Ledger::new(there), Party::new(keys(ALICE), there));
    let unknown = || refused(notes::Refused::UnknownNoteRoot);
    let by = till.cash.by(&till.relayer);
    let fresh = [1, 2].map(Scalar::from);
    let act = play::deposit(ledger.mint(&key, &alice.address(), 100, fresh)?);
    let depositor = till.cash.by(till.depositor.depositing(lux(100)));
    depositor.deposit(act.call, prove::<_, CashDeposit>(&chain, &act)?).refused(invalid());
    let Minting { commitment, note, .. } = act.call;
    assert!(alice.found(ledger.add(commitment), commitment, &note), "it was accepted there");

    let act = play::pay(alice.transfer(&ledger, &key, &to, [30, 0], Field::default())?);
    let (order, proof) = (act.call, prove::<_, CashPay>(&chain, &act)?);
    by.confidential_transfer(order, proof).refused(unknown());
    by.confidential_transfer(Spending { note_root: here, ..order }, proof).refused(invalid());

    let deadline = chain.height() + DEADLINE_BLOCKS;
    let instruction =
        Instruction { agent: till.cash.id(), instruction: 5.into(), deadline, blinding: 77.into() };
    let act = play::cash_reserve(alice.lock(&ledger, &key, &to, 30, &instruction)?);
    let (order, proof) = (act.call, prove::<_, CashReserve>(&chain, &act)?);
    by.lock(order, proof).refused(unknown());
    by.lock(Locking { note_root: here, ..order }, proof).refused(invalid());
    assert_eq!(till.cash.total_supply()?, lux(DEPOSIT));
    Ok(())
}

#[dusk_sdk::test]
fn cash_that_its_auditor_cannot_read_is_refused(chain: Chain) -> TestResult {
    let mut till = open(&chain)?;
    let mut act = till.depositing(ALICE, 50)?;
    act.public.act.cipher.fields[1] = other(act.public.act.cipher.fields[1]);
    unprovable::<CashDeposit, _>(&chain, &act, "the auditor reads the owner");
    let mut act = paying(&mut till, BOB, 30)?;
    act.public.act.cipher.fields[0] = other(act.public.act.cipher.fields[0]);
    unprovable::<CashPay, _>(&chain, &act, "the auditor reads the values");
    let mut act = locking(&mut till, chain.height() + DEADLINE_BLOCKS)?;
    act.public.act.cipher.fields[0] = other(act.public.act.cipher.fields[0]);
    unprovable::<CashReserve, _>(&chain, &act, "the auditor reads the values");
    // A good proof for the key of somebody who is not the auditor, and a key that is no point.
    till.terms.auditor = Auditor::new(Scalar::from(96)).key();
    let act = paying(&mut till, BOB, 30)?;
    let proof = prove::<_, CashPay>(&chain, &act)?;
    till.cash.by(&till.relayer).confidential_transfer(act.call, proof).refused(invalid());
    let none = AuditorKey { u: Field::from(1), v: Field::from(2) };
    let opened = chain.try_deploy(&till.depositor, ::cash::init(none));
    opened.refused(refused(auditor::Refused::AuditorKeyInvalid));
    Ok(())
}
