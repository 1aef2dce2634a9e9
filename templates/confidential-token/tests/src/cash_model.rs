//! The cash against a model: a random sequence of calls, made on the chain and on a table of notes. After every call
//! the notes of both owners are those of the table, and the DUSK that the contract has is their sum and what is locked.
//! Calls that are sent again need no new proof, so they make the sequence long without making it slow.

use ::agent::AgentClient;
use ::cash::Refused;
use circuits::{CashPay, Payment};
use dusk_sdk::contract::Refusal as _;
use dusk_sdk::finance::confidential::locks;
use dusk_sdk::finance::confidential::pool::{self, Locking, Spending};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;
use dusk_sdk::{Dusk, Field};

use crate::cash::{Deposit, Till};
use crate::model::Dice;
use crate::people::ALICE;

/// Calls in the sequence.
const CALLS: u64 = 300;
/// The outcomes that the sequence must have: an accepted call of each kind that can succeed, by the beginning
/// of its text, and each reason of a refusal.
const OUTCOMES: [&str; 13] = [
    "Deposit {",
    "DepositAgain {",
    "Pay {",
    "Lock {",
    "Release {",
    "Cancel {",
    "Expire {",
    "Mine",
    "the sum is conserved",
    "AlreadySpent",
    "UnknownLock",
    "DeadlinePassed",
    "BeforeDeadline",
];
/// The largest amount of a call.
const MOST: usize = 40;
/// How many blocks a lock stays.
const DEADLINE_BLOCKS: u64 = 10;

#[dusk_sdk::test]
fn random_calls_of_the_cash_agree_with_the_model(chain: Chain) -> TestResult {
    let till = Till::open(&chain)?;
    let agent = chain.deploy(&till.depositor, ::agent::init())?;
    let account = chain.account("account");
    let paid_before = chain.balance(&account);
    let (deposits, payments, locks) = (Vec::new(), Vec::new(), Vec::new());
    let mut bank = Bank { till, agent, account, deposits, payments, locks };
    let mut model = Model::default();
    model.notes[ALICE].push(100);
    let (mut dice, mut accepted, mut outcomes) = (Dice(19), 0, Vec::new());
    for number in 0..CALLS {
        // The next block: each call that is sent has one.
        let height = chain.height() + 1;
        let call = model.choose(&mut dice, height);
        let expected = model.apply(call, height);
        accepted += u64::from(expected.is_ok());
        println!("call {number}: {call:?}, {expected:?}");
        outcomes.push(match &expected {
            Ok(()) => format!("{call:?}"),
            Err(why) => why.clone(),
        });
        agree(bank.apply(&chain, call), expected)?;
        assert_eq!(bank.till.values(), model.notes, "the notes of both owners");
        let (cash, supply) = (&bank.till.cash, Dusk::from_lux(model.supply()));
        let status = cash.status()?;
        assert_eq!((status.supply, chain.balance(cash.id())), (supply, supply), "all of it is backed");
        assert_eq!(status.locked, model.locked());
    }
    assert_eq!(chain.balance(&bank.account) - paid_before, Dusk::from_lux(model.left), "what has left");
    assert!(accepted > CALLS / 2, "only {accepted} calls were accepted, which tries little");
    let occurs = |wanted: &str| outcomes.iter().any(|outcome: &String| outcome.contains(wanted));
    let missing: Vec<&str> = OUTCOMES.into_iter().filter(|wanted| !occurs(wanted)).collect();
    assert!(missing.is_empty(), "the sequence lacks these outcomes: {missing:?}");
    Ok(())
}

/// Owners, deposits, payments and locks are numbers here. `Again` is an earlier order with its proof, sent once more.
#[derive(Debug, Clone, Copy)]
enum Call {
    Deposit { to: usize, amount: u64 },
    DepositAgain { deposit: usize },
    Pay { from: usize, to: usize, amount: u64, leaves: u64 },
    PayAgain { payment: usize },
    Lock { from: usize, to: usize, amount: u64 },
    Release { lock: usize },
    Cancel { lock: usize },
    Expire { lock: usize },
    Mine,
}

/// A lock as one would write it on a page.
#[derive(Clone, Copy)]
struct Lock {
    from: usize,
    to: usize,
    amount: u64,
    deadline: u64,
    open: bool,
}

/// The cash as one would write it on a page.
#[derive(Default, Clone)]
struct Model {
    /// The notes of both owners, by value.
    notes: [Vec<u64>; 2],
    /// The owner and the amount of each new deposit.
    deposits: Vec<(usize, u64)>,
    /// The number of accepted payments.
    payments: usize,
    locks: Vec<Lock>,
    /// The amount that was paid to the account.
    left: u64,
}

impl Model {
    /// The next call: by an owner who has a note, or about a deposit, a payment or a lock that there is or was.
    fn choose(&self, dice: &mut Dice, height: u64) -> Call {
        loop {
            let call = self.random(dice);
            let possible = match call {
                Call::Pay { from, .. } | Call::Lock { from, .. } => !self.notes[from].is_empty(),
                Call::DepositAgain { .. } => !self.deposits.is_empty(),
                Call::PayAgain { .. } => self.payments > 0,
                Call::Release { .. } | Call::Cancel { .. } | Call::Expire { .. } => !self.locks.is_empty(),
                Call::Deposit { .. } | Call::Mine => true,
            };
            // Half of the calls that would be refused are left out.
            if possible && (self.clone().apply(call, height).is_ok() || dice.roll(2) == 0) {
                return call;
            }
        }
    }

    fn random(&self, dice: &mut Dice) -> Call {
        let (from, to, amount) = (dice.roll(2), dice.roll(2), 1 + dice.roll(MOST) as u64);
        let leaves = dice.roll(10) as u64;
        // One of the last locks.
        let lock = self.locks.len().saturating_sub(1 + dice.roll(4));
        let deposit = dice.roll(self.deposits.len().max(1));
        let payment = dice.roll(self.payments.max(1));
        match dice.roll(64) {
            0..2 => Call::Deposit { to, amount },
            2..10 => Call::DepositAgain { deposit },
            10..14 => Call::Pay { from, to, amount, leaves },
            14..18 => Call::Lock { from, to, amount },
            18..28 => Call::Release { lock },
            28..34 => Call::Cancel { lock },
            34..42 => Call::Expire { lock },
            42..56 => Call::PayAgain { payment },
            _ => Call::Mine,
        }
    }

    /// The error contains this text, if there is one.
    fn apply(&mut self, call: Call, height: u64) -> Result<(), String> {
        match call {
            Call::Deposit { to, amount } => {
                self.deposits.push((to, amount));
                self.give(to, amount);
            }
            Call::DepositAgain { deposit } => {
                let (to, amount) = self.deposits[deposit];
                self.give(to, amount);
            }
            Call::Pay { from, to, amount, leaves } => {
                self.spend(from, amount + leaves)?;
                self.give(to, amount);
                self.left += leaves;
                self.payments += 1;
            }
            // The error names the nullifier, which is not on the page.
            Call::PayAgain { .. } => return Err("AlreadySpent".into()),
            Call::Lock { from, to, amount } => {
                self.spend(from, amount)?;
                let deadline = height + DEADLINE_BLOCKS;
                self.locks.push(Lock { from, to, amount, deadline, open: true });
            }
            Call::Release { lock } => {
                let Lock { to, amount, deadline, .. } = *self.open(lock)?;
                if height > deadline {
                    return Err(text(locks::Refused::DeadlinePassed { deadline }));
                }
                self.locks[lock].open = false;
                self.give(to, amount);
            }
            Call::Cancel { lock } => {
                let Lock { from, amount, .. } = *self.open(lock)?;
                self.locks[lock].open = false;
                self.give(from, amount);
            }
            Call::Expire { lock } => {
                let Lock { from, amount, deadline, .. } = *self.open(lock)?;
                if height <= deadline {
                    return Err(text(locks::Refused::BeforeDeadline { deadline }));
                }
                self.locks[lock].open = false;
                self.give(from, amount);
            }
            Call::Mine => {}
        }
        Ok(())
    }

    /// Spends the two largest notes, and gives the change back.
    fn spend(&mut self, from: usize, amount: u64) -> Result<(), String> {
        let sum: u64 = self.notes[from].iter().rev().take(2).sum();
        let change = sum.checked_sub(amount).ok_or("the sum is conserved")?;
        let left = self.notes[from].len().saturating_sub(2);
        self.notes[from].truncate(left);
        self.give(from, change);
        Ok(())
    }

    fn give(&mut self, to: usize, amount: u64) {
        if amount > 0 {
            self.notes[to].push(amount);
            self.notes[to].sort_unstable();
        }
    }

    fn open(&self, lock: usize) -> Result<&Lock, String> {
        let lock = &self.locks[lock];
        if lock.open { Ok(lock) } else { Err(text(locks::Refused::UnknownLock)) }
    }

    /// How many locks are pending.
    fn locked(&self) -> u64 {
        self.locks.iter().filter(|lock| lock.open).count() as u64
    }

    /// All notes, and what is locked.
    fn supply(&self) -> u64 {
        let locked = self.locks.iter().filter(|lock| lock.open).map(|lock| lock.amount);
        self.notes.iter().flatten().copied().chain(locked).sum()
    }
}

/// A refusal as the chain gives it.
fn text(refusal: locks::Refused) -> String {
    Refused::from(pool::Refused::from(refusal)).to_text()
}

/// The cash on a chain, with its agent, and an account outside.
struct Bank {
    till: Till,
    agent: AgentClient<Deployed>,
    account: Signer,
    deposits: Vec<Deposit>,
    payments: Vec<(Spending, Payment, Proof<CashPay>)>,
    locks: Vec<Locking>,
}

impl Bank {
    fn apply(&mut self, chain: &Chain, call: Call) -> Result<(), Failure> {
        let Self { till, agent, account, deposits, payments, locks } = self;
        match call {
            Call::Deposit { to, amount } => {
                let deposit = till.proved_deposit(to, amount)?;
                deposits.push(deposit);
                till.submit_deposit(&deposit)
            }
            Call::DepositAgain { deposit } => till.submit_deposit(&deposits[deposit]),
            Call::Pay { from, to, amount, leaves } => {
                let paid = (leaves > 0).then(|| (account.account(), Dusk::from_lux(leaves)));
                let payment = Payment { to: paid, relayer: None };
                let (order, proof) = till.transfer([from, to], amount, payment)?;
                payments.push((order, payment, proof));
                Ok(())
            }
            Call::PayAgain { payment } => {
                let (order, payment, proof) = payments[payment];
                till.cash.by(&till.relayer).confidential_transfer(order, payment, proof).into_result()
            }
            Call::Lock { from, to, amount } => {
                let number = locks.len() as u64;
                let instruction = Instruction {
                    agent: agent.id(),
                    instruction: Field::from(number),
                    deadline: chain.height() + 1 + DEADLINE_BLOCKS,
                    blinding: Field::from(1_000 + number),
                };
                locks.push(till.lock([from, to], amount, &instruction)?);
                Ok(())
            }
            Call::Release { lock } => {
                let order = locks[lock];
                agent.by(&till.depositor).release(till.cash.id(), order.id).into_result()?;
                till.note(order.released, &order.notes[0]);
                Ok(())
            }
            Call::Cancel { lock } => {
                let order = locks[lock];
                agent.by(&till.depositor).cancel(till.cash.id(), order.id).into_result()?;
                till.note(order.cancelled, &order.notes[1]);
                Ok(())
            }
            Call::Expire { lock } => {
                let order = locks[lock];
                till.cash.by(&till.relayer).cancel(order.id).into_result()?;
                till.note(order.cancelled, &order.notes[1]);
                Ok(())
            }
            Call::Mine => {
                chain.mine(DEADLINE_BLOCKS / 2);
                Ok(())
            }
        }
    }
}

/// That the chain does what the model says.
fn agree(found: Result<(), Failure>, expected: Result<(), String>) -> TestResult {
    match (&found, &expected) {
        (Ok(()), Ok(())) => Ok(()),
        // The text with which the contract refuses, or that of the prover.
        (Err(failure), Err(why)) if failure.refusal().unwrap_or(&failure.to_string()).contains(why) => Ok(()),
        _ => Err(Failure::new(format!("the model says {expected:?}, and the chain {found:?}"))),
    }
}
