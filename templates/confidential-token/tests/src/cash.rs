//! What the cash promises. Read it as its specification.

use ::cash::{CashClient, Refused, Withdrawn};
use circuits::{
    CashDepositPrivate, CashDepositPublic, CashPayPrivate, CashPayPublic, CashReservePrivate,
    CashReservePublic, Payment,
};
use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
use dusk_sdk::finance::confidential::{AuditorKey, auditor, pool};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{Dusk, Field};
use play::Act;

use crate::people::{ALICE, BOB, SEED, Seed, keys_of, prove, scalar};

type Depositing = Act<Minting, CashDepositPublic, CashDepositPrivate>;
type Paying = Act<Spending, CashPayPublic, CashPayPrivate>;
type Reserving = Act<Locking, CashReservePublic, CashReservePrivate>;

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
        self.drawn += 2;
        let fresh = [self.drawn, self.drawn + 1].map(|number| scalar(&self.seed, number));
        let act = self.depositing(to, amount, fresh)?;
        let proof = prove(&self.chain, &act)?;
        let by = self.cash.by(self.depositor.depositing(Dusk::from_lux(amount)));
        by.deposit(act.call, proof).into_result()?;
        self.note(act.call.commitment, &act.call.note);
        Ok(())
    }

    fn note(&mut self, commitment: Field, cipher: &dusk_sdk::finance::confidential::NoteCipher) {
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
        self.spent(act.call.nullifiers);
        for output in [0, 1] {
            self.note(act.call.commitments[output], &act.call.notes[output]);
        }
        Ok(sent)
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
    // Without the amount, or with less.
    till.cash.by(&till.depositor).deposit(act.call, proof).panics("");
    till.cash.by(till.depositor.depositing(Dusk::from_lux(49))).deposit(act.call, proof).panics("");
    let more = pool::Minting { value: 60, ..act.call };
    let by = till.cash.by(till.depositor.depositing(Dusk::from_lux(60)));
    by.deposit(more, proof).refused(pool::Refused::ProofInvalid.into());
    let nothing = pool::Minting { value: 0, ..act.call };
    till.cash.by(&till.depositor).deposit(nothing, proof).refused(pool::Refused::ZeroAmount.into());
    assert_eq!(chain.balance(till.cash.id()), Dusk::from_lux(100));
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
    opened.refused(pool::Refused::from(auditor::Refused::AuditorKeyNeutral).into());
    Ok(())
}
