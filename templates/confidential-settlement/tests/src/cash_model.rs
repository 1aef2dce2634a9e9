//! The cash against a model: a random sequence of calls, made on the chain and on a table of notes. After every call
//! the notes of all owners are those of the table, and the DUSK that the contract has is their sum and what is locked.
//! Calls that are sent again need no new proof, so they make the sequence long without making it slow. The agent of the
//! locks never releases; the tests in `cash` settle.

use circuits::CashPay;
use dusk_sdk::Field;
use dusk_sdk::contract::Refusal as _;
use dusk_sdk::finance::confidential::locks;
use dusk_sdk::finance::confidential::pool::{Locking, Spending};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::*;
use dusk_sdk::zk::Proof;

use crate::cash::{Deposit, Till, lux, refused};
use crate::market::{ALICE, PEOPLE, prove};
use crate::model::Dice;

/// Calls in the sequence. Each kind of call is among them, and each reason of a refusal.
const CALLS: u64 = 300;
/// The largest amount of a call.
const MOST: usize = 40;
/// How many blocks a lock stays.
const LOCK_BLOCKS: u64 = 10;

#[dusk_sdk::test]
fn random_calls_of_the_cash_agree_with_the_model(chain: Chain) -> TestResult {
    let mut till = Till::empty(&chain, [7; 64])?;
    till.deposit(ALICE, 100)?;
    let account = chain.account("account");
    let paid_before = chain.balance(&account);
    let (deposits, payments, locks) = (Vec::new(), Vec::new(), Vec::new());
    let mut bank = Bank { till, account, deposits, payments, locks };
    let mut model = Model::default();
    model.notes[ALICE].push(100);
    let (mut dice, mut accepted) = (Dice(11), 0);
    for number in 0..CALLS {
        // The next block: each call that is sent has one.
        let height = chain.height() + 1;
        let call = model.choose(&mut dice, height);
        let expected = model.apply(call, height);
        accepted += u64::from(expected.is_ok());
        println!("call {number}: {call:?}, {expected:?}");
        agree(bank.apply(&chain, call), expected)?;
        assert_eq!(bank.till.values(), model.notes, "the notes of all owners");
        let status = bank.till.cash.status()?;
        let backed = (status.supply, chain.balance(bank.till.cash.id()));
        assert_eq!(backed, (lux(model.supply()), lux(model.supply())), "all of it is backed");
        assert_eq!(status.locks, model.locked());
    }
    bank.till.agree(model.supply())?;
    assert_eq!(chain.balance(&bank.account) - paid_before, lux(model.left), "what has left");
    assert!(accepted > CALLS / 2, "only {accepted} calls were accepted, which tries little");
    Ok(())
}

/// Owners, deposits, payments and locks are numbers here. `Again` is an earlier order with its proof, sent once more.
#[derive(Debug, Clone, Copy)]
enum Call {
    Deposit { to: usize, amount: u64 },
    DepositAgain { deposit: usize },
    Pay { from: usize, to: usize, amount: u64 },
    PayAgain { payment: usize },
    Withdraw { from: usize, amount: u64 },
    Lock { from: usize, to: usize, amount: u64 },
    Cancel { lock: usize },
    Release { lock: usize },
    Mine,
}

/// A lock as one would write it on a page.
#[derive(Clone, Copy)]
struct Lock {
    from: usize,
    amount: u64,
    deadline: u64,
    open: bool,
}

/// The cash as one would write it on a page.
#[derive(Default, Clone)]
struct Model {
    /// The notes of each owner, by value.
    notes: [Vec<u64>; PEOPLE],
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
                Call::Pay { from, .. } | Call::Withdraw { from, .. } | Call::Lock { from, .. } => {
                    !self.notes[from].is_empty()
                }
                Call::DepositAgain { .. } => !self.deposits.is_empty(),
                Call::PayAgain { .. } => self.payments > 0,
                Call::Cancel { .. } | Call::Release { .. } => !self.locks.is_empty(),
                Call::Deposit { .. } | Call::Mine => true,
            };
            // Half of the calls that would be refused are left out.
            if possible && (self.clone().apply(call, height).is_ok() || dice.roll(2) == 0) {
                return call;
            }
        }
    }

    fn random(&self, dice: &mut Dice) -> Call {
        let (from, to, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), 1 + dice.roll(MOST) as u64);
        // One of the last locks.
        let lock = self.locks.len().saturating_sub(1 + dice.roll(3));
        let deposit = dice.roll(self.deposits.len().max(1));
        let payment = dice.roll(self.payments.max(1));
        match dice.roll(64) {
            0..2 => Call::Deposit { to, amount },
            2..14 => Call::DepositAgain { deposit },
            14..17 => Call::Pay { from, to, amount },
            17..20 => Call::Withdraw { from, amount },
            20..23 => Call::Lock { from, to, amount },
            23..35 => Call::Cancel { lock },
            35..41 => Call::Release { lock },
            41..53 => Call::PayAgain { payment },
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
            Call::Pay { from, to, amount } => {
                self.spend(from, amount)?;
                self.give(to, amount);
                self.payments += 1;
            }
            // The error names the nullifier, which is not on the page.
            Call::PayAgain { .. } => return Err("AlreadySpent".into()),
            Call::Withdraw { from, amount } => {
                self.spend(from, amount)?;
                self.left += amount;
            }
            Call::Lock { from, amount, .. } => {
                self.spend(from, amount)?;
                self.locks.push(Lock { from, amount, deadline: height + LOCK_BLOCKS, open: true });
            }
            Call::Cancel { lock } => {
                let Lock { from, amount, deadline, open } = self.locks[lock];
                if !open {
                    return Err(text(locks::Refused::UnknownLock));
                }
                if height <= deadline {
                    return Err(text(locks::Refused::BeforeDeadline { deadline }));
                }
                self.locks[lock].open = false;
                self.give(from, amount);
            }
            // The account that submits is not the agent.
            Call::Release { .. } => return Err(text(locks::Refused::NotTheAgent)),
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
    refused(refusal).to_text()
}

/// The cash on a chain, and an account outside.
struct Bank {
    till: Till,
    account: Signer,
    deposits: Vec<Deposit>,
    payments: Vec<(Spending, Proof<CashPay>)>,
    locks: Vec<Locking>,
}

impl Bank {
    fn apply(&mut self, chain: &Chain, call: Call) -> Result<(), Failure> {
        let Self { till, account, deposits, payments, locks } = self;
        let by = till.cash.by(&till.relayer);
        match call {
            Call::Deposit { to, amount } => {
                let deposit = till.proved_deposit(to, amount)?;
                deposits.push(deposit);
                till.submit_deposit(&deposit)
            }
            Call::DepositAgain { deposit } => till.submit_deposit(&deposits[deposit]),
            Call::Pay { from, to, amount } => {
                payments.push(till.pay([from, to], amount)?);
                Ok(())
            }
            Call::PayAgain { payment } => {
                let (order, proof) = payments[payment];
                by.confidential_transfer(order, proof).into_result().map(|_| ())
            }
            Call::Withdraw { from, amount } => {
                let act = till.withdrawing(from, account, amount)?;
                let proof = prove(chain, &act)?;
                by.withdraw(account.account(), lux(amount), act.call, proof).into_result()?;
                till.spent(&act.call);
                Ok(())
            }
            Call::Lock { from, to, amount } => {
                let number = locks.len() as u64;
                let instruction = Instruction {
                    agent: till.cash.id(),
                    instruction: Field::from(number),
                    deadline: chain.height() + 1 + LOCK_BLOCKS,
                    blinding: Field::from(1_000 + number),
                };
                let order = till.lock([from, to], amount, &instruction)?;
                locks.push(order);
                Ok(())
            }
            Call::Cancel { lock } => {
                let order = locks[lock];
                by.cancel(order.id).into_result()?;
                till.note(order.cancelled, order.notes[1]);
                Ok(())
            }
            Call::Release { lock } => by.release(locks[lock].id).into_result().map(|_| ()),
            Call::Mine => {
                chain.mine(LOCK_BLOCKS / 2);
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
