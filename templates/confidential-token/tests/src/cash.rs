//! Tests of the cash. They are its specification.

use ::cash::{CashClient, Refused, Withdrawn};
use circuits::{
    CashDeposit, CashDepositPrivate, CashDepositPublic, CashPay, CashPayPrivate, CashPayPublic,
    CashReservePrivate, CashReservePublic, Payment,
};
use dusk_sdk::finance::confidential::locks::{self, LockId, MAX_LOCK_BLOCKS};
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
use dusk_sdk::finance::confidential::{AuditorKey, NoteCipher, auditor, notes, nullifiers, pool};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::zk::{PROOF_BYTES, Proof};
use dusk_sdk::{Dusk, Field};
use play::Act;

use crate::people::{ALICE, BOB, SEED, Seed, keys_of, prove, scalar, sealed};
use crate::threats::{other, spoilt_cipher, spoilt_note, unprovable};

/// A deposit with its proof.
pub(crate) type Deposit = (Minting, Proof<CashDeposit>);
type Depositing = Act<Minting, CashDepositPublic, CashDepositPrivate>;
type Paying = Act<Spending, CashPayPublic, CashPayPrivate>;
type Reserving = Act<Locking, CashReservePublic, CashReservePrivate>;

/// A refusal of the pool or of its parts.
fn refused(refusal: impl Into<pool::Refused>) -> Refused {
    refusal.into().into()
}

/// The cash with two owners of notes.
pub(crate) struct Till {
    chain: Chain,
    pub(crate) cash: CashClient<Deployed>,
    ledger: Ledger,
    parties: [Party; 2],
    pub(crate) depositor: Signer,
    pub(crate) relayer: Signer,
    seed: Seed,
    drawn: u64,
}

impl Till {
    /// Alice has 100 LUX.
    pub(crate) fn open(chain: &Chain) -> Result<Self, Failure> {
        let mut till = Self::empty(chain, SEED)?;
        till.deposit(ALICE, 100)?;
        Ok(till)
    }

    /// Nobody has anything. All secrets follow from the seed.
    pub(crate) fn empty(chain: &Chain, seed: Seed) -> Result<Self, Failure> {
        let [depositor, relayer] = chain.accounts(["depositor", "relayer"]);
        let auditor = Auditor::new(Scalar::from(99));
        let cash = chain.deploy(&depositor, ::cash::init(auditor.key()))?;
        let ledger = Ledger::new(cash.terms()?.asset);
        let parties = [ALICE, BOB].map(|number| Party::new(keys_of(&seed, number), ledger.asset));
        Ok(Self { chain: chain.clone(), cash, ledger, parties, depositor, relayer, seed, drawn: 0 })
    }

    /// Somebody deposits DUSK for an owner of notes.
    pub(crate) fn deposit(&mut self, to: usize, amount: u64) -> Result<(), Failure> {
        let deposit = self.proved_deposit(to, amount)?;
        self.submit_deposit(&deposit)
    }

    /// A deposit with its proof, which is not sent.
    pub(crate) fn proved_deposit(&mut self, to: usize, amount: u64) -> Result<Deposit, Failure> {
        self.drawn += 2;
        let fresh = [self.drawn, self.drawn + 1].map(|number| scalar(&self.seed, number));
        let act = self.depositing(to, amount, fresh)?;
        Ok((act.call, prove(&self.chain, &act)?))
    }

    /// Somebody submits a deposit, and attaches its amount.
    pub(crate) fn submit_deposit(&mut self, (order, proof): &Deposit) -> Result<(), Failure> {
        let by = self.cash.by(self.depositor.depositing(Dusk::from_lux(order.value)));
        by.deposit(*order, *proof).into_result()?;
        self.note(order.commitment, &order.note);
        Ok(())
    }

    /// Everybody notes a new note.
    pub(crate) fn note(&mut self, commitment: Field, cipher: &NoteCipher) {
        let position = self.ledger.add(commitment);
        for party in &mut self.parties {
            party.found(position, commitment, cipher);
        }
    }

    fn spent(&mut self, nullifiers: [Field; 2]) {
        for nullifier in nullifiers {
            self.ledger.spend(nullifier);
            self.parties.iter_mut().for_each(|party| party.spent(nullifier));
        }
    }

    /// A deposit that is not proved yet.
    fn depositing(&self, to: usize, amount: u64, fresh: [Scalar; 2]) -> Result<Depositing, Failure> {
        let (auditor, to) = (self.cash.terms()?.auditor, self.parties[to].address());
        Ok(play::deposit(self.ledger.mint(&auditor, &to, amount, fresh)?))
    }

    /// A payment that is not proved yet.
    pub(crate) fn paying(
        &mut self,
        [from, to]: [usize; 2],
        amount: u64,
        payment: &Payment,
    ) -> Result<Paying, Failure> {
        let (auditor, to) = (self.cash.terms()?.auditor, self.parties[to].address());
        let (from, leaves) = (&mut self.parties[from], payment.total());
        let paid = from.transfer(&self.ledger, &auditor, &to, [amount, leaves], Field::default())?;
        Ok(play::pay(paid, payment))
    }

    /// Alice pays bob, and what the payment says.
    pub(crate) fn pay(&mut self, amount: u64, payment: Payment) -> Result<Sent<(), Refused>, Failure> {
        let act = self.paying([ALICE, BOB], amount, &payment)?;
        let proof = prove(&self.chain, &act)?;
        let sent = self.cash.by(&self.relayer).confidential_transfer(act.call, payment, proof);
        self.paid(&act.call);
        Ok(sent)
    }

    /// Somebody pays somebody, and what the payment says. Returns what was sent to the contract.
    pub(crate) fn transfer(
        &mut self,
        people: [usize; 2],
        amount: u64,
        payment: Payment,
    ) -> Result<(Spending, Proof<CashPay>), Failure> {
        let act = self.paying(people, amount, &payment)?;
        let proof = prove(&self.chain, &act)?;
        self.cash.by(&self.relayer).confidential_transfer(act.call, payment, proof).into_result()?;
        self.paid(&act.call);
        Ok((act.call, proof))
    }

    /// Everybody notes that two notes became two others.
    fn paid(&mut self, order: &Spending) {
        self.spent(order.nullifiers);
        for output in [0, 1] {
            self.note(order.commitments[output], &order.notes[output]);
        }
    }

    /// Anybody submits a payment of which nothing leaves.
    fn submit(&self, order: Spending, proof: Proof<CashPay>) -> Sent<(), Refused> {
        self.cash.by(&self.relayer).confidential_transfer(order, Payment::NONE, proof)
    }

    /// Makes a payment one of other values, whether they are right or not.
    fn reseal(&self, people: [usize; 2], act: &mut Paying, values: [u64; 2]) -> TestResult {
        let people = people.map(|number| self.parties[number].owner());
        let (asset, key) = (self.ledger.asset, self.cash.terms()?.auditor);
        let (cipher, commitments) = sealed(asset, &key, &act.private.secret.ephemeral, people, values);
        (act.call.cipher, act.public.act.cipher) = (cipher, cipher);
        act.call.commitments = commitments;
        act.public.act.commitments = commitments.into();
        act.private.secret.values = values.into();
        Ok(())
    }

    /// Somebody locks an amount.
    pub(crate) fn lock(
        &mut self,
        people: [usize; 2],
        amount: u64,
        instruction: &Instruction,
    ) -> Result<Locking, Failure> {
        let act = self.reserving(people, amount, instruction)?;
        let proof = prove(&self.chain, &act)?;
        self.cash.by(&self.relayer).lock(act.call, proof).into_result()?;
        self.spent(act.call.nullifiers);
        self.note(act.call.change, &act.call.notes[2]);
        Ok(act.call)
    }

    /// A lock that is not proved yet.
    pub(crate) fn reserving(
        &mut self,
        [from, to]: [usize; 2],
        amount: u64,
        instruction: &Instruction,
    ) -> Result<Reserving, Failure> {
        let (auditor, to) = (self.cash.terms()?.auditor, self.parties[to].address());
        let from = &mut self.parties[from];
        Ok(play::cash_reserve(from.lock(&self.ledger, &auditor, &to, amount, instruction)?))
    }

    fn balances(&self) -> [u64; 2] {
        [ALICE, BOB].map(|number| self.parties[number].balance())
    }

    /// The values of the notes of both, the largest last.
    pub(crate) fn values(&self) -> [Vec<u64>; 2] {
        let values = |party: &Party| party.notes().iter().map(|owned| owned.note.value).collect();
        [ALICE, BOB].map(|number| values(&self.parties[number]))
    }
}

#[dusk_sdk::test]
fn deposits_make_notes_and_withdrawals_pay_accounts(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    assert_eq!((till.balances(), till.cash.total_supply()?), ([100, 0], Dusk::from_lux(100)));
    assert_eq!(chain.balance(till.cash.id()), Dusk::from_lux(100));
    till.pay(30, Payment::NONE)?.succeeds();
    assert_eq!(till.balances(), [70, 30]);

    // An account gets 20, and the relayer 1 for submitting it.
    let account = chain.account("account");
    let paid = |amount| Dusk::from_lux(amount);
    let payment =
        Payment { to: Some((account.account(), paid(20))), relayer: Some((till.relayer.account(), paid(1))) };
    let before = chain.balance(&account);
    till.pay(0, payment)?.emits(Withdrawn { payment });
    assert_eq!(till.balances(), [49, 30]);
    assert_eq!(chain.balance(&account) - before, paid(20));
    // The contract has what the notes say.
    assert_eq!((till.cash.total_supply()?, chain.balance(till.cash.id())), (paid(79), paid(79)));
    let status = till.cash.status()?;
    assert_eq!(
        (status.note_root, status.nullifier_root),
        (till.ledger.note_root(), till.ledger.nullifier_root())
    );
    Ok(())
}

#[dusk_sdk::test]
fn a_payment_is_for_its_account_its_relayer_and_its_amounts(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    let [account, thief] = chain.accounts(["account", "thief"]);
    let some = |who: &Signer, amount| Some((who.account(), Dusk::from_lux(amount)));
    let payment = Payment { to: some(&account, 20), relayer: some(&till.relayer, 1) };
    let act = till.paying([ALICE, BOB], 0, &payment)?;
    let proof = prove(&chain, &act)?;
    // Another relayer copies it from the mempool, with its own account or without.
    till.cash.by(&thief).confidential_transfer(act.call, payment, proof).refused(Refused::NotTheRelayer);
    let changed = [
        Payment { relayer: some(&thief, 1), ..payment },
        Payment { relayer: None, to: some(&account, 21) },
        Payment { to: some(&thief, 20), relayer: None },
        Payment { to: some(&thief, 21), relayer: None },
        Payment { to: some(&account, u64::MAX), relayer: some(&thief, u64::MAX) },
    ];
    let invalid = Refused::from(pool::Refused::ProofInvalid);
    let too_much = Refused::from(pool::Refused::SupplyTooSmall { supply: 100 });
    for (case, changed) in changed.into_iter().enumerate() {
        let sent = till.cash.by(&thief).confidential_transfer(act.call, changed, proof);
        sent.refused(if case == 4 { too_much.clone() } else { invalid.clone() });
    }
    till.cash.by(&till.relayer).confidential_transfer(act.call, payment, proof).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn a_note_of_cash_is_backed(chain: Chain) -> TestResult {
    let till = Till::open(&chain)?;
    let act = till.depositing(BOB, 50, [7, 8].map(Scalar::from))?;
    let proof = prove(&chain, &act)?;
    // Without the amount, with less, or with more.
    let none = "There is no deposit in the transaction";
    till.cash.by(&till.depositor).deposit(act.call, proof).panics(none);
    let differs = "The value to deposit doesn't match the value in the transaction";
    for attached in [49, 51] {
        let by = till.cash.by(till.depositor.depositing(Dusk::from_lux(attached)));
        by.deposit(act.call, proof).panics(differs);
    }
    let more = pool::Minting { value: 60, ..act.call };
    let by = till.cash.by(till.depositor.depositing(Dusk::from_lux(60)));
    by.deposit(more, proof).refused(pool::Refused::ProofInvalid.into());
    let nothing = pool::Minting { value: 0, ..act.call };
    till.cash.by(&till.depositor).deposit(nothing, proof).refused(pool::Refused::ZeroAmount.into());
    let full = pool::Minting { value: u64::MAX, ..act.call };
    till.cash.by(&till.depositor).deposit(full, proof).refused(refused(pool::Refused::SupplyOverflow));
    // Nobody changes for whom it is, or what is read of it.
    let notes = spoilt_note(act.call.note).map(|note| Minting { note, ..act.call });
    let ciphers = spoilt_cipher(act.call.cipher).map(|cipher| Minting { cipher, ..act.call });
    let elsewhere = Minting { commitment: other(act.call.commitment), ..act.call };
    let by = till.cash.by(till.depositor.depositing(Dusk::from_lux(50)));
    for changed in notes.into_iter().chain(ciphers).chain([elsewhere]) {
        by.deposit(changed, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    let supply = till.cash.total_supply()?;
    assert_eq!((supply, chain.balance(till.cash.id())), (Dusk::from_lux(100), Dusk::from_lux(100)));
    by.deposit(act.call, proof).succeeds();
    assert_eq!(chain.balance(till.cash.id()), Dusk::from_lux(150));
    Ok(())
}

#[dusk_sdk::test]
fn cash_is_spent_once(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    // A payment and a lock of one note, both with good proofs.
    let act = till.paying([ALICE, BOB], 30, &Payment::NONE)?;
    let (order, proof) = (act.call, prove(&chain, &act)?);
    let (agent, deadline) = (till.cash.id(), chain.height() + 100);
    let instruction = Instruction { agent, instruction: 5.into(), deadline, blinding: 77.into() };
    let locking = till.reserving([ALICE, BOB], 60, &instruction)?;
    let lock = prove(&chain, &locking)?;
    let nullifier = order.nullifiers[0];
    assert_eq!(locking.call.nullifiers[0], nullifier, "the nullifier is the note's");
    // One note stands for both inputs: the circuit allows that, because each of them is right.
    let mut twice = till.paying([ALICE, BOB], 190, &Payment::NONE)?;
    let inputs = &mut twice.private.secret.inputs;
    inputs[1] = inputs[0].clone();
    twice.public.act.nullifiers[1] = twice.public.act.nullifiers[0];
    twice.call.nullifiers[1] = twice.call.nullifiers[0];
    till.reseal([ALICE, BOB], &mut twice, [190, 10])?;
    let doubled = prove(&chain, &twice)?;
    till.submit(twice.call, doubled).refused(refused(nullifiers::Refused::SpentTwice));
    for end in [Field::default(), -Field::from(1)] {
        let reserved = Spending { nullifiers: [nullifier, end], ..order };
        till.submit(reserved, proof).refused(refused(nullifiers::Refused::ReservedNullifier));
    }
    till.submit(order, proof).succeeds();
    let spent = || refused(nullifiers::Refused::AlreadySpent { nullifier });
    till.submit(order, proof).refused(spent());
    till.cash.by(&till.relayer).lock(locking.call, lock).refused(spent());
    till.paid(&order);
    assert_eq!((till.balances(), till.cash.is_spent(nullifier)?), ([70, 30], true));
    // Nor is it made of nothing: a payment of more than there is has no proof.
    let act = till.paying([ALICE, BOB], 71, &Payment::NONE)?;
    unprovable::<CashPay, _>(&chain, &act, "the sum is conserved");
    let account = chain.account("account").account();
    let withdrawal = Payment { to: Some((account, Dusk::from_lux(71))), relayer: None };
    let act = till.paying([ALICE, BOB], 0, &withdrawal)?;
    unprovable::<CashPay, _>(&chain, &act, "the sum is conserved");
    Ok(())
}

#[dusk_sdk::test]
fn a_payment_is_for_one_cash_and_cannot_be_changed(chain: Chain) -> TestResult {
    let (mut till, twin) = (Till::open(&chain)?, Till::open(&chain)?);
    let act = till.paying([ALICE, BOB], 30, &Payment::NONE)?;
    let (order, proof) = (act.call, prove(&chain, &act)?);
    for note_root in [Field::default(), other(order.note_root), till.ledger.nullifier_root()] {
        let strange = Spending { note_root, ..order };
        till.submit(strange, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    }
    twin.submit(order, proof).refused(refused(notes::Refused::UnknownNoteRoot));
    let moved = Spending { note_root: twin.ledger.note_root(), ..order };
    twin.submit(moved, proof).refused(refused(pool::Refused::ProofInvalid));
    let [first, second] = order.notes;
    let for_receiver = spoilt_note(first).map(|note| Spending { notes: [note, second], ..order });
    let ciphers = spoilt_cipher(order.cipher).map(|cipher| Spending { cipher, ..order });
    let [paid, change] = order.commitments;
    let swapped = [
        Spending { notes: [second, first], ..order },
        Spending { commitments: [change, paid], ..order },
        Spending { nullifiers: [order.nullifiers[1], order.nullifiers[0]], ..order },
    ];
    for changed in for_receiver.into_iter().chain(ciphers).chain(swapped) {
        till.submit(changed, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    for place in [0, PROOF_BYTES - 1] {
        let mut bytes = *proof.as_bytes();
        bytes[place] ^= 1;
        till.submit(order, Proof::from_bytes(bytes)).refused(refused(pool::Refused::ProofInvalid));
    }
    // Acts of others in between do not make the proof stale.
    till.deposit(BOB, 5)?;
    till.submit(order, proof).succeeds();
    till.paid(&order);
    assert_eq!(till.balances(), [70, 35]);
    Ok(())
}

#[dusk_sdk::test]
fn cash_that_its_auditor_cannot_read_is_refused(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    let (agent, deadline) = (till.cash.id(), chain.height() + 100);
    let instruction = Instruction { agent, instruction: 5.into(), deadline, blinding: 77.into() };
    // Another owner than that of the note, or other values than those of the notes.
    let mut act = till.depositing(BOB, 50, [7, 8].map(Scalar::from))?;
    act.public.act.cipher.fields[1] = other(act.public.act.cipher.fields[1]);
    unprovable::<circuits::CashDeposit, _>(&chain, &act, "the auditor reads the owner");
    let mut act = till.paying([ALICE, BOB], 30, &Payment::NONE)?;
    act.public.act.cipher.fields[0] = other(act.public.act.cipher.fields[0]);
    unprovable::<CashPay, _>(&chain, &act, "the auditor reads the values");
    let mut act = till.reserving([ALICE, BOB], 60, &instruction)?;
    act.public.act.cipher.fields[0] = other(act.public.act.cipher.fields[0]);
    unprovable::<circuits::CashReserve, _>(&chain, &act, "the auditor reads the values");
    // A key that is not the auditor's.
    let (stranger, to) = (Auditor::new(Scalar::from(98)).key(), till.parties[BOB].address());
    let paid = till.parties[ALICE].transfer(&till.ledger, &stranger, &to, [30, 0], Field::default())?;
    let act = play::pay(paid, &Payment::NONE);
    let proof = prove(&chain, &act)?;
    till.submit(act.call, proof).refused(refused(pool::Refused::ProofInvalid));
    Ok(())
}

#[dusk_sdk::test]
fn a_lock_of_cash_is_for_its_agent_and_settled_once(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    // Each call below has a block of its own.
    let deadline = chain.height() + 100;
    let instruction = Instruction { agent: agent.id(), instruction: 5.into(), deadline, blinding: 77.into() };
    let act = till.reserving([ALICE, BOB], 60, &instruction)?;
    let (order, proof, id) = (act.call, prove(&chain, &act)?, act.call.id);
    let by = till.cash.by(&till.relayer);
    let far = Locking { deadline: chain.height() + MAX_LOCK_BLOCKS + 10, ..order };
    by.lock(far, proof).refused(refused(locks::Refused::DeadlineTooFar { limit: MAX_LOCK_BLOCKS }));
    let past = Locking { deadline: 1, ..order };
    by.lock(past, proof).refused(refused(locks::Refused::DeadlinePassed { deadline: 1 }));
    // Nothing that goes along can be changed.
    let [for_receiver, for_sender, for_change] = order.notes;
    let notes = spoilt_note(for_sender).map(|note| [for_receiver, note, for_change]);
    let notes = notes.map(|notes| Locking { notes, ..order });
    let ciphers = spoilt_cipher(order.cipher).map(|cipher| Locking { cipher, ..order });
    let others = [
        Locking { id: LockId { agent: till.cash.id(), ..id }, ..order },
        Locking { id: LockId { instruction: other(id.instruction), ..id }, ..order },
        Locking { id: LockId { leg: other(id.leg), ..id }, ..order },
        Locking { deadline: deadline + 1, ..order },
        Locking { cancelled: order.released, ..order },
        Locking { change: other(order.change), ..order },
    ];
    for changed in notes.into_iter().chain(ciphers).chain(others) {
        by.lock(changed, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    by.lock(order, proof).succeeds();
    by.lock(order, proof).refused(refused(locks::Refused::AlreadyLocked));
    // Only the agent releases it, and before the deadline only the agent cancels it.
    by.release(id).refused(refused(locks::Refused::NotTheAgent));
    by.cancel(id).refused(refused(locks::Refused::BeforeDeadline { deadline }));
    let second = chain.deploy(&till.relayer, ::agent::init())?;
    let strange = second.by(&till.relayer);
    strange.release(till.cash.id(), id).panics("call of release failed: E9352: NotTheAgent");
    strange.cancel(till.cash.id(), id).panics("call of cancel failed: E9354: BeforeDeadline");
    let (settles, cash) = (agent.by(&till.depositor), till.cash.id());
    let (unknown, locked) = (|| refused(locks::Refused::UnknownLock), chain.snapshot());
    settles.release(cash, id).succeeds();
    settles.cancel(cash, id).panics("call of cancel failed: E9350: UnknownLock");
    settles.release(cash, id).panics("call of release failed: E9350: UnknownLock");
    by.cancel(id).refused(unknown());
    chain.revert(&locked);
    // After the deadline it cannot be released, and anybody cancels it.
    chain.mine(deadline - chain.height());
    settles.release(cash, id).panics("call of release failed: E9353: DeadlinePassed");
    by.cancel(id).succeeds();
    by.cancel(id).refused(unknown());
    settles.release(cash, id).panics("call of release failed: E9350: UnknownLock");
    // The leg is a commitment to the locked amount.
    assert_eq!((till.cash.total_supply()?, chain.balance(cash)), (Dusk::from_lux(100), Dusk::from_lux(100)));
    let mut act = till.reserving([ALICE, BOB], 20, &instruction)?;
    act.public.act.leg = other(act.public.act.leg);
    unprovable::<circuits::CashReserve, _>(&chain, &act, "the leg is what is locked");
    Ok(())
}

#[dusk_sdk::test]
fn cash_is_locked_for_a_settlement(chain: Chain) -> TestResult {
    let mut till = Till::open(&chain)?;
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    let deadline = chain.height() + 20;
    let instruction = Instruction { agent: agent.id(), instruction: 5.into(), deadline, blinding: 77.into() };
    let act = till.reserving([ALICE, BOB], 60, &instruction)?;
    let proof = prove(&chain, &act)?;
    till.cash.by(&till.relayer).lock(act.call, proof).succeeds();
    till.spent(act.call.nullifiers);
    till.note(act.call.change, &act.call.notes[2]);
    assert!(till.cash.pending(act.call.id)?.is_some());
    assert_eq!((till.balances(), till.cash.total_supply()?), ([40, 0], Dusk::from_lux(100)));
    let before = chain.snapshot();
    agent.by(&till.depositor).release(till.cash.id(), act.call.id).succeeds();
    till.note(act.call.released, &act.call.notes[0]);
    assert_eq!(till.balances(), [40, 60]);
    assert!(till.cash.is_spent(act.call.nullifiers[0])?);
    chain.revert(&before);
    agent.by(&till.depositor).cancel(till.cash.id(), act.call.id).succeeds();
    Ok(())
}

#[dusk_sdk::test]
fn cash_has_an_auditor(chain: Chain) -> TestResult {
    let till = Till::open(&chain)?;
    // The neutral point.
    let nobody = AuditorKey { u: 0.into(), v: 1.into() };
    let opened = chain.try_deploy(&till.depositor, ::cash::init(nobody));
    opened.refused(refused(auditor::Refused::AuditorKeyNeutral));
    let off = AuditorKey { u: 1.into(), v: 1.into() };
    let opened = chain.try_deploy(&till.depositor, ::cash::init(off));
    opened.refused(refused(auditor::Refused::AuditorKeyInvalid));
    Ok(())
}
