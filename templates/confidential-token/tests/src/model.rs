//! The asset against a model: a random sequence of calls, made on the chain and on plain Rust. The model is a table of
//! balances, as a register without secrets would keep it. Both must accept the same calls and refuse the same calls for
//! the same reasons. The auditor's decryption must give the table of balances, and the supply must be its sum.

use ::asset::Refused;
use dusk_sdk::contract::Refusal as _;
use dusk_sdk::finance::confidential::{locks, pool, registry};
use dusk_sdk::parts::pausing;
use dusk_sdk::testing::*;

use crate::people::{DEADLINE_BLOCKS, PEOPLE, Scene};

/// Calls in the sequence.
const CALLS: u64 = 300;
/// The outcomes that the sequence must have: accepted calls, by the beginning of their text, and each reason
/// of a refusal. An accepted `Resume` shows that `Pause` was accepted too.
const OUTCOMES: [&str; 24] = [
    "Issue {",
    "Send {",
    "Redeem {",
    "Seize {",
    "Freeze {",
    "Unfreeze {",
    "Block {",
    "Unblock {",
    "Lock {",
    "Release {",
    "Cancel {",
    "Expire {",
    "TakeSnapshot",
    "Resume",
    "the sender is active",
    "the receiver is active",
    SENDER_BLOCKED,
    RECEIVER_BLOCKED,
    "SameEntry",
    "(Paused)",
    "NotPaused",
    "UnknownLock",
    "DeadlinePassed",
    "BeforeDeadline",
];
/// The largest amount of a call.
const MOST: usize = 40;
/// The countries of the holders.
const COUNTRIES: [u16; PEOPLE] = [408, 528, 756, 840];

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let mut scene = Scene::open(&chain)?;
    for (person, country) in COUNTRIES.into_iter().enumerate().filter(|(_, country)| *country != 528) {
        scene.relocate(person, country)?;
    }
    let (mut model, mut dice, mut accepted, mut outcomes) = (Model::new(&scene), Dice(17), 0, Vec::new());
    for number in 0..CALLS {
        // The next block: each call has one.
        let height = chain.height() + 1;
        let call = model.choose(&mut dice, height);
        let expected = model.apply(call, height);
        accepted += u64::from(expected.is_ok());
        let fate = if expected.is_ok() { "succeeds" } else { "is refused" };
        println!("call {number}: {call:?}, which {fate}");
        outcomes.push(match &expected {
            Ok(()) => format!("{call:?}"),
            Err(why) => format!("{why:?}"),
        });
        agree(apply(&mut scene, call), expected)?;
        assert_eq!(scene.asset.total_supply()?, model.supply(), "the supply is the sum of all notes");
        if number % 25 == 0 {
            model.compare(&scene);
        }
    }
    model.compare(&scene);
    assert!(accepted > CALLS / 2, "only {accepted} calls were accepted, which tries little");
    let occurs = |wanted: &str| outcomes.iter().any(|outcome: &String| outcome.contains(wanted));
    let missing: Vec<&str> = OUTCOMES.into_iter().filter(|wanted| !occurs(wanted)).collect();
    assert!(missing.is_empty(), "the sequence lacks these outcomes: {missing:?}");
    Ok(())
}

/// People and locks are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Issue { to: usize, amount: u64 },
    Send { from: usize, to: usize, amount: u64 },
    Redeem { from: usize, amount: u64 },
    Seize { from: usize, to: usize },
    Freeze { who: usize },
    Unfreeze { who: usize },
    Block { who: usize },
    Unblock { who: usize },
    Lock { from: usize, to: usize, amount: u64 },
    Release { lock: usize },
    Cancel { lock: usize },
    Expire { lock: usize },
    Mine { blocks: u64 },
    TakeSnapshot,
    Pause,
    Resume,
}

impl Call {
    fn random(dice: &mut Dice, locks: usize) -> Self {
        let (from, to, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), 1 + dice.roll(MOST) as u64);
        let lock = dice.roll(locks.max(1));
        match dice.roll(72) {
            0..4 => Self::Issue { to, amount },
            4..16 => Self::Send { from, to, amount },
            16..19 => Self::Redeem { from, amount },
            19..22 => Self::Seize { from, to },
            22..25 => Self::Freeze { who: from },
            25..33 => Self::Unfreeze { who: from },
            33..43 => Self::Lock { from, to, amount },
            43..48 => Self::Release { lock },
            48..51 => Self::Cancel { lock },
            51..56 => Self::Expire { lock },
            56..59 => Self::Mine { blocks: DEADLINE_BLOCKS / 3 },
            59..60 => Self::TakeSnapshot,
            60..62 => Self::Pause,
            62..67 => Self::Resume,
            67..68 => Self::Block { who: from },
            _ => Self::Unblock { who: from },
        }
    }
}

/// The constraint that refuses an act of a sender in a blocked country.
const SENDER_BLOCKED: &str = "the sender's country is not blocked";
/// The constraint that refuses an act for a receiver in a blocked country.
const RECEIVER_BLOCKED: &str = "the receiver's country is not blocked";

/// Why a call does not go through.
#[derive(Debug, Clone, PartialEq)]
enum Why {
    /// No proof can be made: this constraint does not hold.
    Unprovable(&'static str),
    /// The contract refuses.
    Refused(Refused),
}

impl Why {
    fn refused(refused: impl Into<Refused>) -> Self {
        Self::Refused(refused.into())
    }

    /// A refusal of the pool's parts.
    fn pool(refused: impl Into<pool::Refused>) -> Self {
        Self::refused(refused.into())
    }
}

/// A lock as one would write it on a page.
#[derive(Clone)]
struct Lock {
    from: usize,
    to: usize,
    amount: u64,
    deadline: u64,
    open: bool,
}

/// The asset as one would write it on a page.
#[derive(Clone)]
struct Model {
    /// The notes of each holder, by value.
    notes: Vec<Vec<u64>>,
    frozen: Vec<bool>,
    /// Whether the country of a holder is blocked.
    blocked: Vec<bool>,
    locks: Vec<Lock>,
    paused: bool,
}

impl Model {
    fn new(scene: &Scene) -> Self {
        let notes = (0..PEOPLE).map(|person| scene.values(person)).collect();
        let no = vec![false; PEOPLE];
        Self { notes, frozen: no.clone(), blocked: no, locks: Vec::new(), paused: false }
    }

    /// All notes, and what is locked.
    fn supply(&self) -> u64 {
        let held: u64 = self.notes.iter().flatten().sum();
        held + self.locks.iter().filter(|lock| lock.open).map(|lock| lock.amount).sum::<u64>()
    }

    /// The next call. Most calls are chosen such that the holder has the amount: a wallet does not try others.
    fn choose(&self, dice: &mut Dice, height: u64) -> Call {
        loop {
            let call = Call::random(dice, self.locks.len());
            let possible = match call {
                Call::Send { from, amount, .. }
                | Call::Redeem { from, amount }
                | Call::Lock { from, amount, .. } => amount <= self.within_reach(from),
                Call::Seize { from, to } => !self.notes[from].is_empty() && from != to,
                Call::Release { lock } | Call::Cancel { lock } | Call::Expire { lock } => {
                    lock < self.locks.len()
                }
                _ => true,
            };
            // Half of the calls that would be refused are left out.
            if possible && (self.clone().apply(call, height).is_ok() || dice.roll(2) == 0) {
                return call;
            }
        }
    }

    /// The largest amount of a transfer: it has two inputs.
    fn within_reach(&self, person: usize) -> u64 {
        self.notes[person].iter().rev().take(2).sum()
    }

    fn apply(&mut self, call: Call, height: u64) -> Result<(), Why> {
        match call {
            Call::Issue { to, amount } => {
                refuse_if(self.frozen[to], Why::Unprovable("the receiver is active"))?;
                refuse_if(self.blocked[to], Why::Unprovable(RECEIVER_BLOCKED))?;
                self.give(to, amount);
            }
            Call::Send { from, to, amount } => {
                self.spend(from, Some(to), amount)?;
                self.give(to, amount);
            }
            Call::Redeem { from, amount } => self.spend(from, None, amount)?,
            Call::Seize { from, to } => {
                refuse_if(self.frozen[to], Why::Unprovable("the receiver is active"))?;
                let amount = self.notes[from].pop().expect("it was chosen because there is one");
                self.give(to, amount);
            }
            Call::Freeze { who } => {
                refuse_if(self.frozen[who], Why::pool(registry::Refused::SameEntry))?;
                self.frozen[who] = true;
            }
            Call::Unfreeze { who } => {
                refuse_if(!self.frozen[who], Why::pool(registry::Refused::SameEntry))?;
                self.frozen[who] = false;
            }
            Call::Block { who } => self.blocked[who] = true,
            Call::Unblock { who } => self.blocked[who] = false,
            Call::Lock { from, to, amount } => {
                self.spend(from, Some(to), amount)?;
                let deadline = height + DEADLINE_BLOCKS;
                self.locks.push(Lock { from, to, amount, deadline, open: true });
            }
            Call::Release { lock } => {
                let Lock { to, amount, .. } = self.close(lock, |lock| {
                    refuse_if(
                        height > lock.deadline,
                        Why::pool(locks::Refused::DeadlinePassed { deadline: lock.deadline }),
                    )
                })?;
                self.give(to, amount);
            }
            Call::Cancel { lock } => {
                let Lock { from, amount, .. } = self.close(lock, |_| Ok(()))?;
                self.give(from, amount);
            }
            Call::Expire { lock } => {
                let Lock { from, amount, .. } = self.close(lock, |lock| {
                    refuse_if(
                        height <= lock.deadline,
                        Why::pool(locks::Refused::BeforeDeadline { deadline: lock.deadline }),
                    )
                })?;
                self.give(from, amount);
            }
            Call::Mine { .. } | Call::TakeSnapshot => {}
            Call::Pause => {
                refuse_if(self.paused, Why::refused(pausing::Refused::Paused))?;
                self.paused = true;
            }
            Call::Resume => {
                refuse_if(!self.paused, Why::refused(pausing::Refused::NotPaused))?;
                self.paused = false;
            }
        }
        Ok(())
    }

    /// Spends the two largest notes, and gives the change back.
    fn spend(&mut self, from: usize, to: Option<usize>, amount: u64) -> Result<(), Why> {
        refuse_if(self.frozen[from], Why::Unprovable("the sender is active"))?;
        refuse_if(to.is_some_and(|to| self.frozen[to]), Why::Unprovable("the receiver is active"))?;
        refuse_if(self.blocked[from], Why::Unprovable(SENDER_BLOCKED))?;
        refuse_if(to.is_some_and(|to| self.blocked[to]), Why::Unprovable(RECEIVER_BLOCKED))?;
        refuse_if(self.paused, Why::refused(pausing::Refused::Paused))?;
        let spent: u64 = (0..2).filter_map(|_| self.notes[from].pop()).sum();
        self.give(from, spent - amount);
        Ok(())
    }

    fn give(&mut self, to: usize, amount: u64) {
        if amount > 0 {
            self.notes[to].push(amount);
            self.notes[to].sort_unstable();
        }
    }

    fn close(&mut self, lock: usize, rule: impl FnOnce(&Lock) -> Result<(), Why>) -> Result<Lock, Why> {
        let lock = &mut self.locks[lock];
        refuse_if(!lock.open, Why::pool(locks::Refused::UnknownLock))?;
        rule(lock)?;
        lock.open = false;
        Ok(lock.clone())
    }

    /// Compares this with the notes that holders find by their keys, and with the auditor's decryption.
    fn compare(&self, scene: &Scene) {
        for person in 0..PEOPLE {
            assert_eq!(scene.values(person), self.notes[person], "the notes of holder {person}");
            let sum: u64 = self.notes[person].iter().sum();
            assert_eq!(scene.audited(person), sum, "what the auditor reads of holder {person}");
        }
        let blocked = scene.terms().expect("the contract answers").blocked;
        assert_eq!(COUNTRIES.map(|country| blocked.contains(country)), self.blocked[..], "blocked countries");
    }
}

fn refuse_if(condition: bool, why: Why) -> Result<(), Why> {
    if condition { Err(why) } else { Ok(()) }
}

/// Makes a call on the chain.
fn apply(scene: &mut Scene, call: Call) -> Result<(), Failure> {
    match call {
        Call::Issue { to, amount } => scene.issue(to, amount),
        Call::Send { from, to, amount } => scene.send(from, to, amount),
        Call::Redeem { from, amount } => scene.redeem(from, amount),
        Call::Seize { from, to } => scene.seize(from, to),
        Call::Freeze { who } => scene.freeze(who),
        Call::Unfreeze { who } => scene.unfreeze(who),
        Call::Block { who } => scene.block(COUNTRIES[who], true),
        Call::Unblock { who } => scene.block(COUNTRIES[who], false),
        Call::Lock { from, to, amount } => scene.lock(from, to, amount),
        Call::Release { lock } => scene.release(lock),
        Call::Cancel { lock } => scene.cancel(lock),
        Call::Expire { lock } => scene.cancel_by_anybody(lock),
        Call::Mine { blocks } => {
            scene.chain.mine(blocks);
            Ok(())
        }
        Call::TakeSnapshot => scene.take_snapshot(),
        Call::Pause => scene.pause(),
        Call::Resume => scene.resume(),
    }
}

/// That the chain does what the model says.
fn agree(found: Result<(), Failure>, expected: Result<(), Why>) -> TestResult {
    match (&found, &expected) {
        (Ok(()), Ok(())) => Ok(()),
        // An agent that calls the asset fails with the text of the asset's refusal.
        (Err(failure), Err(Why::Refused(refused)))
            if failure.refusal().is_some_and(|text| text.contains(&refused.to_text())) =>
        {
            Ok(())
        }
        (Err(failure), Err(Why::Unprovable(constraint))) if failure.to_string().contains(constraint) => {
            Ok(())
        }
        _ => Err(Failure::new(format!("the model says {expected:?}, and the chain {found:?}"))),
    }
}

/// Numbers that look random, the same in each run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// One of so many sides.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
