//! Delivery against cash: the second leg is backed by DUSK, and anybody may hold it. Attacks on the cash alone are in
//! `cash_threats`.

use ::cash::{CashClient, Refused, Withdrawn};
use ::settlement::{GivenBack, Refused as NotSettled, Settled, State};
use circuits::{
    CashDepositPrivate, CashDepositPublic, CashPay, CashPayPrivate, CashPayPublic, CashReserve,
    CashReservePrivate, CashReservePublic, Terms,
};
use dusk_sdk::finance::confidential::locks::{self, LockId, LockReleased};
use dusk_sdk::finance::confidential::pool::{self, Locking, Minting, Spending};
use dusk_sdk::finance::confidential::{AuditorKey, NoteCipher, auditor};
use dusk_sdk::testing::confidential::{Auditor, Ledger, Party};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{ContractId, Dusk, Field};
use play::{Act, Deal};

use crate::gas::SETTLEMENT_GAS;
use crate::market::{
    ALICE, BOB, CAROL, DEADLINE_BLOCKS, MONEY, Market, PEOPLE, SHARES, Seed, Trade, keys_of, prove, scalar,
};

/// Alice delivers ten shares to bob, who pays 400 LUX.
const PARTIES: [usize; 2] = [ALICE, BOB];
const AMOUNTS: [u64; 2] = [10, 400];
/// Bob's first deposit.
pub(crate) const DEPOSIT: u64 = 5_000;

type Depositing = Act<Minting, CashDepositPublic, CashDepositPrivate>;
/// A payment or a withdrawal that is not proved yet.
pub(crate) type Paying = Act<Spending, CashPayPublic, CashPayPrivate>;
/// A lock that is not proved yet.
pub(crate) type Reserving = Act<Locking, CashReservePublic, CashReservePrivate>;

/// A refusal of the pool or of its parts.
pub(crate) fn refused(refusal: impl Into<pool::Refused>) -> Refused {
    Refused::Pool(refusal.into())
}

pub(crate) fn lux(amount: u64) -> Dusk {
    Dusk::from_lux(amount)
}

/// The cash, with everybody who follows it.
pub(crate) struct Till {
    chain: Chain,
    pub(crate) cash: CashClient<Deployed>,
    pub(crate) terms: Terms,
    pub(crate) ledger: Ledger,
    auditor: Auditor,
    pub(crate) parties: Vec<Party>,
    pub(crate) depositor: Signer,
    pub(crate) relayer: Signer,
    seed: Seed,
    /// How many random scalars were drawn.
    drawn: u64,
}

impl Till {
    /// Nobody has anything. All secrets follow from the seed.
    pub(crate) fn empty(chain: &Chain, seed: Seed) -> Result<Self, Failure> {
        let [depositor, relayer] = chain.accounts(["depositor", "relayer"]);
        let auditor = Auditor::new(Scalar::from(97));
        let cash = chain.deploy(&depositor, ::cash::init(auditor.key()))?;
        let (chain, terms) = (chain.clone(), cash.terms()?);
        let ledger = Ledger::new(terms.asset);
        let parties = (0..PEOPLE).map(|person| Party::new(keys_of(&seed, person), terms.asset)).collect();
        Ok(Self { chain, cash, terms, ledger, auditor, parties, depositor, relayer, seed, drawn: 500 })
    }

    /// Somebody deposits DUSK for an owner of notes.
    pub(crate) fn deposit(&mut self, to: usize, amount: u64) -> Result<(), Failure> {
        let act = self.depositing(to, amount)?;
        let proof = prove(&self.chain, &act)?;
        self.cash.by(self.depositor.depositing(lux(amount))).deposit(act.call, proof).into_result()?;
        self.note(act.call.commitment, act.call.note);
        Ok(())
    }

    /// A deposit that is not proved yet.
    pub(crate) fn depositing(&mut self, to: usize, amount: u64) -> Result<Depositing, Failure> {
        self.drawn += 2;
        let fresh = [self.drawn, self.drawn + 1].map(|number| scalar(&self.seed, number));
        let to = self.parties[to].address();
        Ok(play::deposit(self.ledger.mint(&self.terms.auditor, &to, amount, fresh)?))
    }

    /// Somebody pays somebody, whatever remains.
    fn pay(&mut self, [from, to]: [usize; 2], amount: u64) -> Result<(), Failure> {
        let to = self.parties[to].address();
        let (key, from) = (self.terms.auditor, &mut self.parties[from]);
        let act = play::pay(from.transfer(&self.ledger, &key, &to, [amount, 0], Field::default())?);
        let proof = prove(&self.chain, &act)?;
        self.cash.by(&self.relayer).confidential_transfer(act.call, proof).into_result()?;
        self.spent(&act.call);
        Ok(())
    }

    /// A withdrawal that is not proved yet.
    pub(crate) fn withdrawing(&mut self, from: usize, to: &Signer, amount: u64) -> Result<Paying, Failure> {
        let own = self.parties[from].address();
        let (key, from) = (self.terms.auditor, &mut self.parties[from]);
        let paid = from.transfer(&self.ledger, &key, &own, [0, amount], Field::default())?;
        Ok(play::withdraw(paid, to.account(), lux(amount)))
    }

    /// The lock of the second leg, which is not proved yet.
    pub(crate) fn reserving(&mut self, settlement: ContractId, trade: &Trade) -> Result<Reserving, Failure> {
        let deal = &trade.deals[MONEY];
        let lock = deal.lock((settlement, trade.name), trade.instruction.deadline);
        let (key, from) = (self.terms.auditor, &mut self.parties[trade.payers[MONEY]]);
        Ok(play::cash_reserve(from.lock(&self.ledger, &key, &deal.receiver, deal.amount, &lock)?))
    }

    /// Everybody notes a lock.
    fn locked(&mut self, order: &Locking) {
        self.spend(order.nullifiers);
        self.note(order.change, order.notes[2]);
    }

    /// Everybody notes that two notes became two others.
    fn spent(&mut self, order: &Spending) {
        self.spend(order.nullifiers);
        for output in [0, 1] {
            self.note(order.commitments[output], order.notes[output]);
        }
    }

    fn spend(&mut self, nullifiers: [Field; 2]) {
        for nullifier in nullifiers {
            self.ledger.spend(nullifier);
            self.parties.iter_mut().for_each(|party| party.spent(nullifier));
        }
    }

    /// Everybody notes a new note.
    fn note(&mut self, commitment: Field, cipher: NoteCipher) {
        let position = self.ledger.add(commitment);
        for party in &mut self.parties {
            party.found(position, commitment, &cipher);
        }
    }

    fn balances(&self) -> [u64; PEOPLE] {
        core::array::from_fn(|person| self.parties[person].balance())
    }

    /// The trees of wallets are those of the contract, which has the DUSK that it says.
    fn agree(&self, supply: u64) -> TestResult {
        let status = self.cash.status()?;
        assert_eq!(status.note_root, self.ledger.note_root(), "the tree of notes");
        assert_eq!(status.nullifier_root, self.ledger.nullifier_root(), "the tree of nullifiers");
        assert_eq!((status.supply, self.chain.balance(self.cash.id())), (lux(supply), lux(supply)));
        Ok(())
    }
}

/// A market of shares, and the cash that they are paid with.
struct Exchange {
    market: Market,
    till: Till,
}

impl Exchange {
    /// Alice has all shares, and bob has cash.
    fn open(chain: &Chain) -> Result<Self, Failure> {
        let (market, mut till) = (Market::open(chain)?, Till::empty(chain, [7; 64])?);
        till.deposit(BOB, DEPOSIT)?;
        Ok(Self { market, till })
    }

    /// An instruction that both parties have agreed on elsewhere, that is submitted, and that both affirm.
    fn affirmed(&mut self, amounts: [u64; 2]) -> Result<Trade, Failure> {
        let trade = against(&mut self.market, &self.till, PARTIES, amounts);
        self.market.instruct(&trade)?;
        for leg in [SHARES, MONEY] {
            self.market.affirm(&trade, leg)?;
        }
        Ok(trade)
    }

    /// The payer locks the cash.
    fn lock_cash(&mut self, trade: &Trade) -> Result<Locking, Failure> {
        let act = self.till.reserving(self.market.settlement.id(), trade)?;
        let proof = prove(&self.market.chain, &act)?;
        self.till.cash.by(&self.till.relayer).lock(act.call, proof).into_result()?;
        self.till.locked(&act.call);
        Ok(act.call)
    }

    /// The balances of both.
    fn balances(&self) -> ([u64; PEOPLE], [u64; PEOPLE]) {
        (self.market.balances(SHARES), self.till.balances())
    }

    /// Everybody notes that the cash of a lock came back to its sender.
    fn cash_is_back(&mut self, locked: &Locking) {
        self.till.note(locked.cancelled, locked.notes[1]);
    }
}

/// The terms on which both parties agree: shares against cash.
pub(crate) fn against(market: &mut Market, till: &Till, parties: [usize; 2], amounts: [u64; 2]) -> Trade {
    let deadline = market.chain.height() + 1 + DEADLINE_BLOCKS;
    let [shares, money] = market.trade(parties, amounts).deals;
    let cash = Deal { contract: till.cash.id(), asset: till.terms.asset, ..money };
    market.as_agreed([shares, cash], parties, deadline)
}

#[dusk_sdk::test]
fn shares_settle_against_cash_in_one_transaction(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let trade = it.affirmed(AMOUNTS)?;
    it.market.lock(&trade, SHARES)?;
    let cash = it.lock_cash(&trade)?;
    assert_eq!(it.balances(), ([90, 0, 0], [0, 4_600, 0]), "locked is nobody's");
    it.till.agree(DEPOSIT)?;
    // The auditor of the cash reads how much is locked, and for whom.
    let read = cash.cipher.open(it.till.auditor.reading())?;
    assert_eq!((read.values[0], read.owner), (400, it.till.parties[ALICE].owner()));

    let (name, id) = (trade.name, cash.id);
    let settle = it.market.settlement.by(&it.market.relayer).settle(name);
    settle.emits(Settled { name }).emits_from(it.till.cash.id(), LockReleased { id });
    let shares = it.market.id(&trade, SHARES);
    let lock = it.market.sides[SHARES].locks.remove(&shares).ok_or_else(|| Failure::new("it is locked"))?;
    it.market.sides[SHARES].close(lock.released, lock.notes[0]);
    it.till.note(cash.released, cash.notes[0]);
    assert_eq!(it.balances(), ([90, 10, 0], [400, 4_600, 0]));
    let record = it.market.settlement.record(name)?.ok_or_else(|| Failure::new("it is there"))?;
    assert_eq!((record.state, it.till.cash.status()?.locks), (State::Settled, 0));
    it.market.agree()?;

    // Alice pays carol a part of it, and gets the rest in DUSK.
    it.till.pay([ALICE, CAROL], 150)?;
    let account = chain.account("account");
    let act = it.till.withdrawing(ALICE, &account, 250)?;
    let (before, proof) = (chain.balance(&account), prove::<_, CashPay>(&chain, &act)?);
    let (to, amount) = (account.account(), lux(250));
    let paid = it.till.cash.by(&it.till.relayer).withdraw(to, amount, act.call, proof);
    paid.emits(Withdrawn { to, amount });
    it.till.spent(&act.call);
    assert_eq!((it.till.balances(), chain.balance(&account) - before), ([0, 4_600, 150], amount));
    it.till.agree(DEPOSIT - 250)
}

#[dusk_sdk::test]
fn neither_shares_nor_cash_move_alone(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let before = ([100, 0, 0], [0, DEPOSIT, 0]);
    for locked in [SHARES, MONEY] {
        let trade = it.affirmed(AMOUNTS)?;
        let mut legs = [false; 2];
        legs[locked] = true;
        let cash = if locked == MONEY { Some(it.lock_cash(&trade)?) } else { None };
        if locked == SHARES {
            it.market.lock(&trade, SHARES)?;
        }
        let settle = it.market.settlement.by(&it.market.relayer).settle(trade.name);
        settle.panics("call of release failed: E9350: UnknownLock");
        chain.mine(DEADLINE_BLOCKS);
        let back = it.market.settlement.by(&it.market.relayer).give_back(trade.name);
        back.emits(GivenBack { name: trade.name, legs });
        it.market.returned_to(&trade);
        if let Some(cash) = cash {
            it.cash_is_back(&cash);
        }
        assert_eq!(it.balances(), before, "nothing has moved");
        it.till.agree(DEPOSIT)?;
    }
    it.market.agree()
}

#[dusk_sdk::test]
fn a_rejection_gives_shares_and_cash_back_at_once(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    for leg in [SHARES, MONEY] {
        let trade = it.affirmed(AMOUNTS)?;
        it.market.lock(&trade, SHARES)?;
        let cash = it.lock_cash(&trade)?;
        it.market.reject(&trade, leg)?;
        it.cash_is_back(&cash);
        assert_eq!(it.balances(), ([100, 0, 0], [0, DEPOSIT, 0]));
        it.market.settlement.by(&it.market.relayer).settle(trade.name).refused(NotSettled::AlreadyEnded);
    }
    it.till.agree(DEPOSIT)
}

/// A lock of cash is released or cancelled, and either once: also after the deadline, and without the settlement.
#[dusk_sdk::test]
fn a_lock_of_cash_ends_once(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let trade = it.affirmed(AMOUNTS)?;
    it.market.lock(&trade, SHARES)?;
    let (name, deadline, locked) = (trade.name, trade.instruction.deadline, it.lock_cash(&trade)?);
    let settlement = it.market.settlement.by(&it.market.relayer);
    let cash = it.till.cash.by(&it.till.relayer);
    let before = chain.snapshot();
    settlement.settle(name).succeeds();
    settlement.settle(name).refused(NotSettled::AlreadySettled);
    chain.mine(DEADLINE_BLOCKS);
    cash.cancel(locked.id).refused(refused(locks::Refused::UnknownLock));
    chain.revert(&before);
    // Nobody has settled. After the deadline nobody can, and anybody cancels.
    chain.mine(DEADLINE_BLOCKS);
    settlement.settle(name).refused(NotSettled::DeadlinePassed { deadline });
    cash.cancel(locked.id).succeeds();
    cash.cancel(locked.id).refused(refused(locks::Refused::UnknownLock));
    settlement.give_back(name).emits(GivenBack { name, legs: [true, false] });
    it.market.returned_to(&trade);
    it.cash_is_back(&locked);
    assert_eq!(it.balances(), ([100, 0, 0], [0, DEPOSIT, 0]));
    it.till.agree(DEPOSIT)
}

#[dusk_sdk::test]
fn a_lock_of_cash_is_what_the_instruction_says(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let trade = it.affirmed(AMOUNTS)?;
    let at = it.market.settlement.id();
    let act = it.till.reserving(at, &trade)?;
    let (call, proof) = (act.call, prove::<_, CashReserve>(&chain, &act)?);
    assert_eq!(call.id, it.market.settlement.lock_id(trade.name, 1)?);
    let by = it.till.cash.by(&it.till.relayer);
    // Less, or for somebody else: the leg is another one, and no proof fits that of the instruction.
    let changes: [fn(&mut Deal); 2] =
        [|deal| deal.amount = 399, |deal| deal.receiver = keys_of(&[7; 64], CAROL).address()];
    for change in changes {
        let mut other = trade.clone();
        change(&mut other.deals[MONEY]);
        let less = it.till.reserving(at, &other)?;
        let of_less = prove::<_, CashReserve>(&chain, &less)?;
        let moved = Locking { id: call.id, ..less.call };
        by.lock(moved, of_less).refused(refused(pool::Refused::ProofInvalid));
    }
    for changed in [
        Locking { deadline: call.deadline + 1, ..call },
        Locking { id: LockId { agent: it.till.cash.id(), ..call.id }, ..call },
        Locking { id: LockId { instruction: Field::from(1), ..call.id }, ..call },
        Locking { released: call.cancelled, ..call },
        Locking { notes: [call.notes[1], call.notes[0], call.notes[2]], ..call },
    ] {
        by.lock(changed, proof).refused(refused(pool::Refused::ProofInvalid));
    }
    by.lock(call, proof).succeeds();
    // Nobody but the settlement ends it before the deadline.
    by.release(call.id).refused(refused(locks::Refused::NotTheAgent));
    let deadline = call.deadline;
    by.cancel(call.id).refused(refused(locks::Refused::BeforeDeadline { deadline }));
    Ok(())
}

#[dusk_sdk::test]
fn cash_is_backed_and_withdrawn_by_its_owner(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let act = it.till.depositing(CAROL, 50)?;
    let proof = prove(&chain, &act)?;
    let nothing = it.till.cash.by(&it.till.relayer).deposit(act.call, proof);
    nothing.panics("There is no deposit in the transaction");
    let less = it.till.cash.by(it.till.depositor.depositing(lux(49))).deposit(act.call, proof);
    less.panics("The value to deposit doesn't match the value in the transaction");
    let more = Minting { value: 60, ..act.call };
    let deposit = it.till.cash.by(it.till.depositor.depositing(lux(60))).deposit(more, proof);
    deposit.refused(refused(pool::Refused::ProofInvalid));
    // A withdrawal is for one account and one amount, of no more than there is.
    let [account, thief] = chain.accounts(["account", "thief"]);
    let act = it.till.withdrawing(BOB, &account, 100)?;
    let (order, proof) = (act.call, prove::<_, CashPay>(&chain, &act)?);
    let (by, to) = (it.till.cash.by(&thief), account.account());
    by.withdraw(thief.account(), lux(100), order, proof).refused(refused(pool::Refused::ProofInvalid));
    by.withdraw(to, lux(101), order, proof).refused(refused(pool::Refused::ProofInvalid));
    by.withdraw(to, lux(0), order, proof).refused(Refused::NothingWithdrawn);
    by.confidential_transfer(order, proof).refused(refused(pool::Refused::ProofInvalid));
    let too_much = pool::Refused::SupplyTooSmall { supply: DEPOSIT };
    by.withdraw(to, lux(DEPOSIT + 1), order, proof).refused(refused(too_much));
    let more = it.till.withdrawing(BOB, &account, DEPOSIT + 1)?;
    let refusal = prove::<_, CashPay>(&chain, &more).expect_err("there is no such amount");
    assert_eq!(refusal.constraint(), Some("the sum is conserved"), "{refusal}");
    by.withdraw(to, lux(100), order, proof).succeeds();
    it.till.spent(&order);
    it.till.agree(DEPOSIT - 100)?;
    // An auditor's key that hides nothing is none.
    let nobody = AuditorKey { u: Field::from(0), v: Field::from(1) };
    let opened = chain.try_deploy(&thief, ::cash::init(nobody));
    opened.refused(refused(auditor::Refused::AuditorKeyNeutral));
    Ok(())
}

#[dusk_sdk::test]
fn a_settlement_against_cash_costs_little(chain: Chain) -> TestResult {
    let mut it = Exchange::open(&chain)?;
    let trade = it.affirmed(AMOUNTS)?;
    it.market.lock(&trade, SHARES)?;
    let act = it.till.reserving(it.market.settlement.id(), &trade)?;
    let proof = prove(&chain, &act)?;
    let lock = it.till.cash.by(&it.till.relayer).lock(act.call, proof).succeeds().gas();
    let settle = it.market.settlement.by(&it.market.relayer).settle(trade.name).succeeds().gas();
    println!("gas of a lock of cash {lock}, of settle {settle}");
    assert!(settle + 2 * lock < SETTLEMENT_GAS, "settle {settle}, lock {lock}");
    Ok(())
}
