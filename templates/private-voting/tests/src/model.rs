//! The contract against a model: a random sequence of calls, made on a chain and on plain Rust. The model is a table of
//! balances, and what each poll and each dividend should give. Both must accept the same calls, and refuse the same
//! calls for the same reasons. The notes of wallets and the teller's decryption must be those of the model.

use ::holdings::Refused as Refusal;
use dusk_sdk::Field;
use dusk_sdk::finance::confidential::dividends::{self, Claiming, Dividend};
use dusk_sdk::finance::confidential::polls::{self, Poll, Voting};
use dusk_sdk::finance::confidential::pool::Spending;
use dusk_sdk::finance::wallet::Choice;
use dusk_sdk::testing::*;
use dusk_sdk::zk::{PROOF_BYTES, Proof};

use crate::company::{Company, PEOPLE, Proven, SHARES};

/// Calls in the sequence.
const CALLS: u64 = 300;

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let company = Company::open(&chain)?;
    let mut world = World { company, transfer: None, polls: Vec::new(), dividends: Vec::new() };
    let (mut model, mut dice) = (Model { balances: SHARES, supply: 100, ..Model::default() }, Dice(11));
    let (mut accepted, mut tallied) = (0, 0);
    for number in 0..CALLS {
        let call = model.choose(&mut dice, &world);
        let expected = model.apply(&call, &world);
        accepted += u64::from(expected.is_ok());
        tallied += u64::from(expected.is_ok() && matches!(call, Call::Tally { .. } | Call::Close { .. }));
        let found = world.apply(&call);
        println!("call {number}: {call:?}: {expected:?}");
        agree(found, &expected)?;
        if expected.is_ok() {
            model.compare(&call, &world)?;
        }
        if number % 50 == 0 || number == CALLS - 1 {
            assert_eq!(world.company.balances(), model.balances, "what people hold");
            assert_eq!(world.company.holdings.status()?.supply, model.supply, "the public supply");
            world.company.agree()?;
        }
    }
    println!("{accepted} of {CALLS} calls were accepted, of which {tallied} open sums");
    assert!(accepted > CALLS / 3 && tallied >= 4, "{accepted} accepted, {tallied} opened: this tries little");
    Ok(())
}

/// People, polls and dividends are numbers here.
#[derive(Debug, Clone)]
enum Call {
    Send { parties: [usize; 2], amount: u64 },
    SendAgain,
    Issue { to: usize, amount: u64 },
    Ask,
    Vote { poll: usize, who: usize, choice: u8 },
    Tally { poll: usize },
    Declare,
    Claim { dividend: usize, who: usize },
    Close { dividend: usize },
    Mine { blocks: u64 },
}

/// Why a call does not go through.
#[derive(Debug, Clone)]
enum Why {
    Polls(polls::Refused),
    Dividends(dividends::Refused),
    /// The note has acted.
    Acted,
    /// The note was spent.
    Spent,
}

/// The notes of people at a snapshot, and whether they have voted or claimed.
#[derive(Debug, Clone)]
struct Count {
    ends: u64,
    notes: [Vec<u64>; PEOPLE],
    acted: [bool; PEOPLE],
    /// The weights of choices, or the sum that was paid in the first place.
    sums: [u64; 8],
    pot: u64,
    open: bool,
}

/// The company as one would write it on a page.
#[derive(Clone, Default)]
struct Model {
    balances: [u64; PEOPLE],
    supply: u64,
    polls: Vec<Count>,
    dividends: Vec<Count>,
}

/// The chain, and what was sent to it.
struct World {
    company: Company,
    /// The last transfer.
    transfer: Option<Spending>,
    polls: Vec<(Poll, Vec<Sent<Voting>>)>,
    dividends: Vec<(Dividend, Vec<Sent<Claiming>>)>,
}

/// A call of somebody that was accepted, to be sent again.
type Sent<Call> = (usize, Call);

/// A proof that shows nothing: for calls that are refused before it is verified.
fn nothing<C>() -> Proof<C> {
    Proof::from_bytes([0; PROOF_BYTES])
}

/// Blocks that a poll or a dividend of the model has.
const BLOCKS: u64 = 12;

impl Model {
    /// The next call. Somebody who did not hold anything makes no proof, and so no call.
    fn choose(&self, dice: &mut Dice, world: &World) -> Call {
        let now = world.company.chain.height() + 1;
        loop {
            let first = dice.roll(PEOPLE);
            let parties = [first, (first + 1 + dice.roll(PEOPLE - 1)) % PEOPLE];
            let amount = 1 + dice.roll(20) as u64;
            let (polls, dividends) = (self.polls.len(), self.dividends.len());
            let last = |dice: &mut Dice, count: usize| count - 1 - dice.roll(2).min(count - 1);
            let call = match dice.roll(100) {
                0..4 => Call::Send { parties, amount },
                4..9 => Call::Ask,
                9..13 => Call::Declare,
                13..45 if polls > 0 => {
                    Call::Vote { poll: last(dice, polls), who: first, choice: dice.roll(3) as u8 }
                }
                45..57 if polls > 0 => Call::Tally { poll: last(dice, polls) },
                57..77 if dividends > 0 => Call::Claim { dividend: last(dice, dividends), who: first },
                77..87 if dividends > 0 => Call::Close { dividend: last(dice, dividends) },
                87 => Call::Issue { to: first, amount },
                88..90 if world.transfer.is_some() => Call::SendAgain,
                _ => Call::Mine { blocks: 1 + dice.roll(2) as u64 },
            };
            let possible = match &call {
                Call::Send { parties: [from, _], amount } => {
                    matches!(world.company.wallets[*from].choose(*amount), Ok(Choice::Spend(_)))
                }
                Call::Vote { poll, who, .. } => self.polls[*poll].fits(*who, now),
                Call::Claim { dividend, who } => {
                    let dividend = &self.dividends[*dividend];
                    dividend.parts(*who) > 0 && dividend.fits(*who, now)
                }
                _ => true,
            };
            if possible {
                return call;
            }
        }
    }

    fn apply(&mut self, call: &Call, world: &World) -> Result<(), Why> {
        let now = world.company.chain.height() + 1;
        match *call {
            Call::Send { parties: [from, to], amount } => {
                self.balances[from] -= amount;
                self.balances[to] += amount;
            }
            Call::SendAgain => return Err(Why::Spent),
            Call::Issue { to, amount } => {
                self.balances[to] += amount;
                self.supply += amount;
            }
            // Two calls: the snapshot, and the poll or the dividend in the next block.
            Call::Ask => self.polls.push(Count::new(world, now + BLOCKS, 0)),
            Call::Declare => {
                let pot = self.supply * 3 / 40;
                self.dividends.push(Count::new(world, now + BLOCKS, pot));
                self.supply += pot;
            }
            Call::Vote { poll, who, choice } => {
                let poll = &mut self.polls[poll];
                poll.act(who, now).map_err(|late| match late {
                    Some(ends) => Why::Polls(polls::Refused::PollEnded { ends }),
                    None => Why::Acted,
                })?;
                poll.sums[usize::from(choice)] += poll.notes[who].iter().sum::<u64>();
            }
            Call::Tally { poll } => {
                let poll = &mut self.polls[poll];
                let ends = poll.ends;
                if now <= ends {
                    return Err(Why::Polls(polls::Refused::PollRuns { ends }));
                }
                if !core::mem::take(&mut poll.open) {
                    return Err(Why::Polls(polls::Refused::AlreadyTallied));
                }
            }
            Call::Claim { dividend, who } => {
                let dividend = &mut self.dividends[dividend];
                dividend.act(who, now).map_err(|late| match late {
                    Some(ends) => Why::Dividends(dividends::Refused::DividendEnded { ends }),
                    None => Why::Acted,
                })?;
                let parts = dividend.parts(who);
                dividend.sums[0] += parts;
                self.balances[who] += parts;
            }
            Call::Close { dividend } => {
                let dividend = &mut self.dividends[dividend];
                let ends = dividend.ends;
                if now <= ends {
                    return Err(Why::Dividends(dividends::Refused::DividendRuns { ends }));
                }
                if !core::mem::take(&mut dividend.open) {
                    return Err(Why::Dividends(dividends::Refused::AlreadyClosed));
                }
                self.supply -= dividend.pot - dividend.sums[0];
            }
            Call::Mine { .. } => {}
        }
        Ok(())
    }
}

impl Model {
    /// Compares the opened sums with the votes and the payments.
    fn compare(&self, call: &Call, world: &World) -> Result<(), Failure> {
        let holdings = &world.company.holdings;
        match *call {
            Call::Tally { poll } => {
                let outcome = holdings.poll(poll as u32)?.outcome.expect("it was tallied");
                assert_eq!(outcome.counts, self.polls[poll].sums, "the tally of poll {poll}");
            }
            Call::Close { dividend } => {
                let paid = holdings.dividend(dividend as u32)?.paid;
                assert_eq!(paid, Some(self.dividends[dividend].sums[0]), "the sum of dividend {dividend}");
            }
            _ => {}
        }
        Ok(())
    }
}

impl Count {
    fn new(world: &World, ends: u64, pot: u64) -> Self {
        let notes = core::array::from_fn(|person| {
            world.company.wallets[person].unspent().map(|held| held.note.value).collect()
        });
        Self { ends, notes, acted: [false; PEOPLE], sums: [0; 8], pot, open: true }
    }

    /// The parts of all notes of somebody.
    fn parts(&self, who: usize) -> u64 {
        self.notes[who].iter().map(|value| value * 3 / 40).sum()
    }

    /// Whether somebody held a note, and has a block for each one before the end, or none.
    fn fits(&self, who: usize, now: u64) -> bool {
        let blocks = self.notes[who].len() as u64;
        blocks > 0 && (now > self.ends || now + blocks <= self.ends + 1)
    }

    /// Somebody acts with all that it held. The error is the end if it has passed, and none if it has acted.
    fn act(&mut self, who: usize, now: u64) -> Result<(), Option<u64>> {
        if now > self.ends {
            return Err(Some(self.ends));
        }
        if core::mem::replace(&mut self.acted[who], true) { Err(None) } else { Ok(()) }
    }
}

impl World {
    /// Makes a call on the chain.
    fn apply(&mut self, call: &Call) -> Result<(), Failure> {
        let Self { company, transfer, polls, dividends } = self;
        match *call {
            Call::Send { parties, amount } => *transfer = Some(company.send(parties, amount)?),
            Call::SendAgain => {
                let order = transfer.expect("there was a transfer");
                let by = company.holdings.by(&company.relayer);
                return by.confidential_transfer(order, nothing()).into_result().map(|_| ());
            }
            Call::Issue { to, amount } => company.issue(to, amount)?,
            Call::Ask => {
                let ends = company.chain.height() + 1 + BLOCKS;
                let poll = Poll { ends, ..company.asked(&company.pin()?) };
                company.holdings.by(&company.issuer).open_poll(poll).into_result()?;
                polls.push((poll, Vec::new()));
            }
            Call::Declare => {
                let ends = company.chain.height() + 1 + BLOCKS;
                let dividend = Dividend { ends, ..company.planned(&company.pin()?) };
                company.holdings.by(&company.issuer).declare_dividend(dividend).into_result()?;
                dividends.push((dividend, Vec::new()));
            }
            Call::Vote { poll: number, who, choice } => {
                let (poll, sent) = &mut polls[number];
                let by = company.holdings.by(&company.relayer);
                if let Some((_, again)) = sent.iter().find(|(other, _)| *other == who) {
                    return by.vote(*again, nothing()).into_result();
                }
                if company.chain.height() + 1 > poll.ends {
                    let ballot = company.holdings.poll(number as u32)?.ballots;
                    let late = Voting { poll: number as u32, act_nullifier: Field::from(1), ballot };
                    return by.vote(late, nothing()).into_result();
                }
                for Proven { call, proof } in company.ballots(who, number as u32, poll, choice)? {
                    company.holdings.by(&company.relayer).vote(call, proof).into_result()?;
                    sent.push((who, call));
                }
            }
            Call::Tally { poll } => {
                let standing = company.holdings.poll(poll as u32)?;
                let open = company.chain.height() + 1 > standing.poll.ends && standing.outcome.is_none();
                let by = company.holdings.by(&company.relayer);
                if !open {
                    return by.tally(poll as u32, [0; 8], nothing()).into_result().map(|_| ());
                }
                let Proven { call, proof } = company.count(poll as u32)?;
                company.holdings.by(&company.relayer).tally(poll as u32, call, proof).into_result()?;
            }
            Call::Claim { dividend: number, who } => {
                let (dividend, sent) = &mut dividends[number];
                let late = company.chain.height() + 1 > dividend.ends;
                let mut again = sent.iter().filter(|(other, _)| late || *other == who);
                if let Some((_, again)) = again.next() {
                    let by = company.holdings.by(&company.relayer);
                    return by.claim(*again, nothing()).into_result().map(|_| ());
                }
                for Proven { call, proof } in company.claims(who, number as u32, dividend)? {
                    company.holdings.by(&company.relayer).claim(call, proof).into_result()?;
                    sent.push((who, call));
                    company.read(&[], &[(call.commitment, call.note)], Some(call.cipher))?;
                }
            }
            Call::Close { dividend } => {
                let payout = company.holdings.dividend(dividend as u32)?;
                let open = company.chain.height() + 1 > payout.dividend.ends && payout.paid.is_none();
                let by = company.holdings.by(&company.relayer);
                if !open {
                    return by.close(dividend as u32, 0, nothing()).into_result().map(|_| ());
                }
                let Proven { call, proof } = company.sum(dividend as u32)?;
                company.holdings.by(&company.relayer).close(dividend as u32, call, proof).into_result()?;
            }
            Call::Mine { blocks } => {
                company.chain.mine(blocks);
            }
        }
        Ok(())
    }
}

/// That the chain does what the model says.
fn agree(found: Result<(), Failure>, expected: &Result<(), Why>) -> TestResult {
    let same = match (&found, expected) {
        (Ok(()), Ok(())) => true,
        (Err(failure), Err(Why::Polls(refusal))) => failure.is(&Refusal::Polls(refusal.clone())),
        (Err(failure), Err(Why::Dividends(refusal))) => failure.is(&Refusal::Dividends(refusal.clone())),
        (Err(failure), Err(Why::Acted)) => failure.to_string().contains("AlreadyActed"),
        (Err(failure), Err(Why::Spent)) => failure.to_string().contains("AlreadySpent"),
        _ => false,
    };
    let told = || Failure::new(format!("the model says {expected:?}, and the chain {found:?}"));
    if same { Ok(()) } else { Err(told()) }
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}
