//! The cash against a model: a random sequence of calls, made on the chain and on a table of notes. After every call
//! the notes of both owners are those of the table, and the DUSK that the contract has is their sum and what is locked.

use ::agent::AgentClient;
use ::cash::Refused;
use circuits::Payment;
use dusk_sdk::contract::Refusal as _;
use dusk_sdk::finance::confidential::locks;
use dusk_sdk::finance::confidential::pool::{self, Locking};
use dusk_sdk::finance::wallet::Instruction;
use dusk_sdk::testing::*;
use dusk_sdk::{Dusk, Field};

use crate::cash::Till;
use crate::model::Dice;
use crate::people::{ALICE, BOB};

/// Calls in the sequence. Each kind of call is among them, and each reason of a refusal.
const CALLS: u64 = 36;
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
    let (mut bank, mut model) = (Bank { till, agent, account, locks: Vec::new() }, Model::default());
    model.notes[ALICE].push(100);
    let (mut dice, mut accepted) = (Dice(2_683), 0);
    for number in 0..CALLS {
        // The next block: each call that is sent has one.
        let height = chain.height() + 1;
        let call = model.choose(&mut dice);
        let expected = model.apply(call, height);
        accepted += u64::from(expected.is_ok());
        println!("call {number}: {call:?}, {expected:?}");
        agree(bank.apply(&chain, call), expected)?;
        assert_eq!(bank.till.values(), model.notes, "the notes of both owners");
        let (cash, supply) = (&bank.till.cash, Dusk::from_lux(model.supply()));
        assert_eq!((cash.total_supply()?, chain.balance(cash.id())), (supply, supply), "all of it is backed");
        assert_eq!(cash.status()?.locked, model.locked());
    }
    assert_eq!(chain.balance(&bank.account) - paid_before, Dusk::from_lux(model.left), "what has left");
    assert!(accepted > CALLS / 2, "only {accepted} calls were accepted, which tries little");
    Ok(())
}

/// Owners and locks are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Deposit { to: usize, amount: u64 },
    Pay { from: usize, to: usize, amount: u64, leaves: u64 },
    Lock { from: usize, to: usize, amount: u64 },
    Release { lock: usize },
    Cancel { lock: usize },
    Expire { lock: usize },
    Mine,
}

/// A lock as one would write it on a page.
struct Lock {
    from: usize,
    to: usize,
    amount: u64,
    deadline: u64,
    open: bool,
}

/// The cash as one would write it on a page.
#[derive(Default)]
struct Model {
    /// The notes of both owners, by value.
    notes: [Vec<u64>; 2],
    locks: Vec<Lock>,
    /// The amount that was paid to the account.
    left: u64,
}

impl Model {
    /// A call that a wallet would make: by an owner who has a note, or about a lock that there is or was.
    fn choose(&self, dice: &mut Dice) -> Call {
        loop {
            let (from, to, amount) = (dice.roll(2), dice.roll(2), 1 + dice.roll(MOST) as u64);
            let (leaves, lock) = (dice.roll(10) as u64, dice.roll(self.locks.len().max(1)));
            let call = match dice.roll(20) {
                0..4 => Call::Deposit { to, amount },
                4..9 => Call::Pay { from, to, amount, leaves },
                9..13 => Call::Lock { from, to, amount },
                13..15 => Call::Release { lock },
                15 => Call::Cancel { lock },
                16..18 => Call::Expire { lock },
                _ => Call::Mine,
            };
            let possible = match call {
                Call::Pay { from, .. } | Call::Lock { from, .. } => !self.notes[from].is_empty(),
                Call::Release { lock } | Call::Cancel { lock } | Call::Expire { lock } => {
                    lock < self.locks.len()
                }
                Call::Deposit { .. } | Call::Mine => true,
            };
            if possible {
                return call;
            }
        }
    }

    /// The error contains this text, if there is one.
    fn apply(&mut self, call: Call, height: u64) -> Result<(), String> {
        match call {
            Call::Deposit { to, amount } => self.give(to, amount),
            Call::Pay { from, to, amount, leaves } => {
                self.spend(from, amount + leaves)?;
                self.give(to, amount);
                self.left += leaves;
            }
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
    locks: Vec<Locking>,
}

impl Bank {
    fn apply(&mut self, chain: &Chain, call: Call) -> Result<(), Failure> {
        let Self { till, agent, account, locks } = self;
        match call {
            Call::Deposit { to, amount } => till.deposit(to, amount),
            Call::Pay { from, to, amount, leaves } => {
                let paid = (leaves > 0).then(|| (account.account(), Dusk::from_lux(leaves)));
                till.transfer([from, to], amount, Payment { to: paid, relayer: None })
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
