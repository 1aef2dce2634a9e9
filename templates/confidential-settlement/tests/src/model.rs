//! The settlement against a model: a random sequence of calls, made on a chain and on plain Rust. The model is two
//! tables of balances and a list of deals. Both must accept the same calls, and refuse the same calls for the same
//! reasons. The notes of wallets and the auditors' decryptions must give the tables of balances.

use ::settlement::Refused;
use dusk_sdk::finance::confidential::{locks, registry};
use dusk_sdk::testing::*;

use crate::market::{DEADLINE_BLOCKS, ISSUED, MONEY, Market, PEOPLE, SHARES, Trade, refused};

/// Calls in the sequence.
const CALLS: u64 = 300;
/// The largest amounts of a deal.
const MOST: [usize; 2] = [15, 700];

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let mut market = Market::open(&chain)?;
    let (mut model, mut dice, mut accepted, mut settled) = (Model::new(), Dice(17), 0, 0);
    let mut trades = Vec::new();
    for number in 0..CALLS {
        let height = chain.height() + 1;
        let call = model.choose(&mut dice, height);
        let expected = model.apply(call, height);
        accepted += u64::from(expected.is_ok());
        settled += u64::from(expected.is_ok() && matches!(call, Call::Settle { .. }));
        println!("call {number}: {call:?}: {expected:?}");
        let found = apply(&mut market, &mut trades, call);
        agree(found, expected)?;
        if number % 25 == 0 || number == CALLS - 1 {
            model.compare(&market)?;
        }
    }
    println!("{accepted} of {CALLS} calls were accepted, of which {settled} settle");
    assert!(
        accepted > CALLS / 3 && settled >= 5,
        "{accepted} accepted, {settled} settled: this tries little"
    );
    Ok(())
}

/// People and deals are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Instruct { parties: [usize; 2], amounts: [u64; 2] },
    Affirm { deal: usize, leg: usize },
    Reject { deal: usize, leg: usize },
    Lock { deal: usize, leg: usize },
    Settle { deal: usize },
    GiveBack { deal: usize },
    Cancel { deal: usize, leg: usize },
    Send { side: usize, parties: [usize; 2], amount: u64 },
    Issue { side: usize, to: usize, amount: u64 },
    SetActive { side: usize, who: usize, active: bool },
    Mine { blocks: u64 },
}

/// Why a call does not go through.
#[derive(Debug, Clone)]
enum Why {
    /// The settlement refuses.
    Settlement(Refused),
    /// An asset refuses.
    Asset(locks::Refused),
    /// The registry of an asset refuses.
    Registry(registry::Refused),
    /// The settlement fails because an asset refuses to release.
    NotLocked,
}

/// A deal as one would write it on a page.
#[derive(Clone)]
struct Deal {
    parties: [usize; 2],
    amounts: [u64; 2],
    deadline: u64,
    affirmed: [bool; 2],
    locked: [bool; 2],
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Open,
    Settled,
    Ended,
}

/// The market as one would write it on a page.
#[derive(Clone)]
struct Model {
    /// The notes of each person by value, for both assets. A spend takes the two largest.
    notes: [Vec<Vec<u64>>; 2],
    /// The issued amount of each asset.
    issued: [u64; 2],
    /// The people who are not frozen in an asset.
    active: [[bool; PEOPLE]; 2],
    deals: Vec<Deal>,
}

impl Model {
    fn new() -> Self {
        let mut notes = [vec![Vec::new(); PEOPLE], vec![Vec::new(); PEOPLE]];
        for side in [SHARES, MONEY] {
            notes[side][side].push(ISSUED[side]);
        }
        Self { notes, issued: ISSUED, active: [[true; PEOPLE]; 2], deals: Vec::new() }
    }

    /// The next call. Somebody who does not have an amount makes no proof, and so no call. Nor is there a proof if the
    /// sender or the receiver is frozen.
    fn choose(&self, dice: &mut Dice, height: u64) -> Call {
        loop {
            let call = self.random(dice);
            let possible = match call {
                Call::Lock { deal, leg } => {
                    let it = &self.deals[deal];
                    it.amounts[leg] <= self.within_reach(leg, it.parties[leg]) && self.active(leg, it.parties)
                }
                Call::Send { side, parties, amount } => {
                    amount <= self.within_reach(side, parties[0]) && self.active(side, parties)
                }
                Call::Issue { side, to, .. } => self.active[side][to],
                _ => true,
            };
            // Half of the calls that would be refused are left out.
            if possible && (self.clone().apply(call, height).is_ok() || dice.roll(2) == 0) {
                return call;
            }
        }
    }

    fn random(&self, dice: &mut Dice) -> Call {
        let first = dice.roll(PEOPLE);
        let parties = [first, (first + 1 + dice.roll(PEOPLE - 1)) % PEOPLE];
        let amounts = MOST.map(|most| 1 + dice.roll(most) as u64);
        let (leg, kind) = (dice.roll(2), dice.roll(100));
        // A freeze is short: nobody locks, and few deals settle.
        if let Some((side, who)) = self.frozen()
            && dice.roll(4) == 0
        {
            return Call::SetActive { side, who, active: true };
        }
        let Some(newest) = self.deals.len().checked_sub(1) else {
            return Call::Instruct { parties, amounts };
        };
        // Mostly one of the last deals, and often its next step.
        let deal = newest - dice.roll(3).min(newest);
        if self.deals[deal].state == State::Open && dice.roll(5) < 2 {
            return self.next_step(deal);
        }
        match kind {
            0..6 => Call::Instruct { parties, amounts },
            6..25 => Call::Affirm { deal, leg },
            25..28 => Call::Reject { deal, leg },
            28..35 => Call::Lock { deal, leg },
            35..65 => Call::Settle { deal },
            65..78 => Call::GiveBack { deal },
            78..90 => Call::Cancel { deal, leg },
            90..92 => Call::Send { side: leg, parties, amount: amounts[leg] },
            92 => Call::Issue { side: leg, to: first, amount: amounts[leg] },
            93..95 => Call::SetActive { side: leg, who: first, active: kind == 94 },
            _ => Call::Mine { blocks: DEADLINE_BLOCKS / 10 },
        }
    }

    /// The next call of a deal.
    fn next_step(&self, deal: usize) -> Call {
        let Deal { affirmed, locked, .. } = self.deals[deal];
        let missing = |done: [bool; 2]| done.iter().position(|done| !done);
        match (missing(affirmed), missing(locked)) {
            (Some(leg), _) => Call::Affirm { deal, leg },
            (None, Some(leg)) => Call::Lock { deal, leg },
            (None, None) => Call::Settle { deal },
        }
    }

    /// Somebody who is frozen in an asset.
    fn frozen(&self) -> Option<(usize, usize)> {
        let frozen = |side: usize| Some((side, self.active[side].iter().position(|active| !active)?));
        frozen(SHARES).or_else(|| frozen(MONEY))
    }

    /// Whether nobody of them is frozen in an asset.
    fn active(&self, side: usize, parties: [usize; 2]) -> bool {
        parties.iter().all(|person| self.active[side][*person])
    }

    fn within_reach(&self, side: usize, person: usize) -> u64 {
        self.notes[side][person].iter().rev().take(2).sum()
    }

    fn apply(&mut self, call: Call, height: u64) -> Result<(), Why> {
        match call {
            Call::Instruct { parties, amounts } => {
                let deadline = height + DEADLINE_BLOCKS;
                let (affirmed, locked) = ([false; 2], [false; 2]);
                self.deals.push(Deal { parties, amounts, deadline, affirmed, locked, state: State::Open });
            }
            Call::Affirm { deal, leg } => {
                let deal = self.open(deal, height)?;
                if deal.affirmed[leg] {
                    return Err(Why::Settlement(Refused::AlreadyAffirmed));
                }
                deal.affirmed[leg] = true;
            }
            Call::Reject { deal, .. } => {
                self.open(deal, height)?.state = State::Ended;
                self.return_legs(deal);
            }
            Call::Lock { deal, leg } => {
                let Deal { parties, amounts, deadline, locked, .. } = self.deals[deal];
                if locked[leg] {
                    return Err(Why::Asset(locks::Refused::AlreadyLocked));
                }
                if height > deadline {
                    return Err(Why::Asset(locks::Refused::DeadlinePassed { deadline }));
                }
                self.spend(leg, parties[leg], amounts[leg]);
                self.deals[deal].locked[leg] = true;
            }
            Call::Settle { deal: number } => {
                let deal = self.open(number, height)?;
                if let Some(side) = deal.affirmed.iter().position(|affirmed| !affirmed) {
                    return Err(Why::Settlement(Refused::NotAffirmed { side: side as u8 }));
                }
                if deal.locked != [true; 2] {
                    return Err(Why::NotLocked);
                }
                (deal.state, deal.locked) = (State::Settled, [false; 2]);
                let Deal { parties, amounts, .. } = self.deals[number];
                for leg in [SHARES, MONEY] {
                    self.give(leg, parties[1 - leg], amounts[leg]);
                }
            }
            Call::GiveBack { deal: number } => {
                let deal = &mut self.deals[number];
                let deadline = deal.deadline;
                match deal.state {
                    State::Settled => return Err(Why::Settlement(Refused::AlreadySettled)),
                    State::Open if height <= deadline => {
                        return Err(Why::Settlement(Refused::BeforeDeadline { deadline }));
                    }
                    _ if deal.locked == [false; 2] => return Err(Why::Settlement(Refused::NothingLocked)),
                    _ => deal.state = State::Ended,
                }
                self.return_legs(number);
            }
            Call::Cancel { deal: number, leg } => {
                let Deal { parties, amounts, deadline, locked, .. } = self.deals[number];
                if !locked[leg] {
                    return Err(Why::Asset(locks::Refused::UnknownLock));
                }
                if height <= deadline {
                    return Err(Why::Asset(locks::Refused::BeforeDeadline { deadline }));
                }
                self.deals[number].locked[leg] = false;
                self.give(leg, parties[leg], amounts[leg]);
            }
            Call::Send { side, parties: [from, to], amount } => {
                self.spend(side, from, amount);
                self.give(side, to, amount);
            }
            Call::Issue { side, to, amount } => {
                self.issued[side] += amount;
                self.give(side, to, amount);
            }
            Call::SetActive { side, who, active } => {
                if core::mem::replace(&mut self.active[side][who], active) == active {
                    return Err(Why::Registry(registry::Refused::SameEntry));
                }
            }
            Call::Mine { .. } => {}
        }
        Ok(())
    }

    fn open(&mut self, deal: usize, height: u64) -> Result<&mut Deal, Why> {
        let deal = &mut self.deals[deal];
        let deadline = deal.deadline;
        match deal.state {
            State::Settled => Err(Why::Settlement(Refused::AlreadySettled)),
            State::Ended => Err(Why::Settlement(Refused::AlreadyEnded)),
            State::Open if height > deadline => Err(Why::Settlement(Refused::DeadlinePassed { deadline })),
            State::Open => Ok(deal),
        }
    }

    fn return_legs(&mut self, number: usize) {
        let Deal { parties, amounts, locked, .. } = self.deals[number];
        self.deals[number].locked = [false; 2];
        for leg in [SHARES, MONEY].into_iter().filter(|leg| locked[*leg]) {
            self.give(leg, parties[leg], amounts[leg]);
        }
    }

    fn spend(&mut self, side: usize, from: usize, amount: u64) {
        let notes = &mut self.notes[side][from];
        let spent: u64 = (0..2).filter_map(|_| notes.pop()).sum();
        self.give(side, from, spent - amount);
    }

    fn give(&mut self, side: usize, to: usize, amount: u64) {
        if amount > 0 {
            self.notes[side][to].push(amount);
            self.notes[side][to].sort_unstable();
        }
    }

    /// Compares this with the notes of wallets, with the auditors' decryptions, and with the public supply.
    fn compare(&self, market: &Market) -> Result<(), Failure> {
        for side in [SHARES, MONEY] {
            let balances = market.balances(side);
            for (person, notes) in self.notes[side].iter().enumerate() {
                assert_eq!(
                    balances[person],
                    notes.iter().sum::<u64>(),
                    "what {person} holds of asset {side}"
                );
            }
            let locked = self.deals.iter().filter(|deal| deal.locked[side]).map(|deal| deal.amounts[side]);
            assert_eq!(
                balances.iter().sum::<u64>() + locked.sum::<u64>(),
                self.issued[side],
                "nothing is made or lost"
            );
        }
        market.agree()
    }
}

/// Makes a call on the chain.
fn apply(market: &mut Market, trades: &mut Vec<Trade>, call: Call) -> Result<(), Failure> {
    match call {
        Call::Instruct { parties, amounts } => {
            trades.push(market.trade(parties, amounts));
            market.instruct(&trades[trades.len() - 1])
        }
        Call::Affirm { deal, leg } => market.affirm(&trades[deal], leg),
        Call::Reject { deal, leg } => market.reject(&trades[deal], leg),
        Call::Lock { deal, leg } => market.lock(&trades[deal], leg),
        Call::Settle { deal } => market.settle(&trades[deal]),
        Call::GiveBack { deal } => market.give_back(&trades[deal]),
        Call::Cancel { deal, leg } => market.cancel(&trades[deal], leg),
        Call::Send { side, parties, amount } => market.send(side, parties, amount),
        Call::Issue { side, to, amount } => market.issue(side, to, amount),
        Call::SetActive { side, who, active } => market.set_active(side, who, active),
        Call::Mine { blocks } => {
            market.chain.mine(blocks);
            Ok(())
        }
    }
}

/// That the chain does what the model says.
fn agree(found: Result<(), Failure>, expected: Result<(), Why>) -> TestResult {
    let same = match (&found, &expected) {
        (Ok(()), Ok(())) => true,
        (Err(failure), Err(Why::Settlement(refusal))) => failure.is(refusal),
        (Err(failure), Err(Why::Asset(refusal))) => failure.is(&refused(refusal.clone())),
        (Err(failure), Err(Why::Registry(refusal))) => failure.is(&refused(refusal.clone())),
        (Err(failure), Err(Why::NotLocked)) => failure.to_string().contains("UnknownLock"),
        _ => false,
    };
    if same {
        Ok(())
    } else {
        Err(Failure::new(format!("the model says {expected:?}, and the chain {found:?}")))
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
