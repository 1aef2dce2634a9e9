//! The register against a model: random sequences of calls, made on the chain and on plain Rust. Both must refuse the
//! same calls for the same reasons and know the same of everybody. The model gives each holder its part of a dividend at
//! once, where the contract counts per share; so their agreement tries that arithmetic. After every call the contract
//! must have exactly the DUSK that the model says it owes, and nobody may have got more than its share.

use ::attester::Attester;
use ::register::{Policy, Position, Refused, RegisterClient};
use dusk_sdk::Dusk;
use dusk_sdk::testing::*;
use dusk_sdk::zk::plain::Scalar;

use crate::people::{Statement, eligible, policy, wallet};

/// Sequences, and calls in each of them.
const SEEDS: std::ops::Range<u64> = 1..6;
const CALLS: u64 = 48;
const SUPPLY: u64 = 97;
/// 0 is the issuer and the compliance officer.
const PEOPLE: usize = 4;
/// The most that may be received by proofs.
const PROVEN_LIMIT: u64 = 30;

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let people = chain.accounts(["issuer", "alice", "bob", "carol"]);
    for seed in SEEDS {
        let shares = chain.deploy(&people[0], register::init("Model".into(), SUPPLY, 0))?;
        let attester = Attester::new(Scalar::from(99));
        let accepted = Policy { limit: PROVEN_LIMIT, ..policy(&attester) };
        shares.by(&people[0]).set_policy(Some(accepted)).succeeds();
        let world = World { chain: &chain, shares, people: &people, attester };
        let mut model = Model::new();
        for (person, limit) in [(1, 60), (2, 40)] {
            let list = Call::List { person, limit };
            model.apply(0, list).map_err(|refused| Failure::new(format!("{refused:?}")))?;
            world.apply(0, 0, list, None)?;
        }
        let mut dice = Dice(seed);
        let mut accepted = 0;
        for number in 0..CALLS {
            let (by, call) = model.choose(&mut dice);
            let expected = model.apply(by, call);
            accepted += u64::from(expected.is_ok());
            let fate = if expected.is_ok() { "succeeds" } else { "is refused" };
            println!("seed {seed}, call {number}: {call:?} by {by}, which {fate}");
            world.apply(number, by, call, expected.err())?;
            model.check();
            assert_eq!(chain.balance(world.shares.id()), Dusk::from_lux(model.owed() + model.carried));
        }
        world.compare(&model, seed)?;
        assert!(accepted > CALLS / 4, "seed {seed}: only {accepted} calls were accepted, which tries little");
    }
    Ok(())
}

/// People are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Transfer { to: usize, amount: u64 },
    Prove { to: usize, amount: u64 },
    Force { from: usize, to: usize, amount: u64 },
    List { person: usize, limit: u64 },
    Unlist { person: usize },
    SetLimit { person: usize, limit: u64 },
    Freeze { person: usize },
    Unfreeze { person: usize },
    Distribute { lux: u64 },
    Claim,
}

impl Call {
    fn random(dice: &mut Dice) -> Self {
        let (person, other, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), dice.roll(40) as u64);
        match dice.roll(24) {
            0..7 => Self::Transfer { to: person, amount },
            7..9 => Self::Prove { to: person, amount },
            9..11 => Self::Force { from: other, to: person, amount },
            11..13 => Self::List { person, limit: 2 * amount },
            13 => Self::Unlist { person },
            14 => Self::SetLimit { person, limit: 2 * amount },
            15 => Self::Freeze { person },
            16..18 => Self::Unfreeze { person },
            18..21 => Self::Distribute { lux: amount * amount },
            _ => Self::Claim,
        }
    }

    /// Mostly somebody who may.
    fn caller(self, dice: &mut Dice) -> usize {
        match self {
            Self::Transfer { .. } | Self::Prove { .. } | Self::Claim => dice.roll(PEOPLE),
            _ => dice.roll(2 * PEOPLE).saturating_sub(PEOPLE),
        }
    }
}

/// A register as one would write it on a page. A person who was never listed has no position.
#[derive(Clone)]
struct Model {
    positions: [Option<Position>; PEOPLE],
    /// What each may still claim, and what each was paid, in LUX.
    claimable: [u64; PEOPLE],
    paid: [u64; PEOPLE],
    /// What each is due without any rounding: the sum of dividend × shares, to be divided by the supply.
    due: [u128; PEOPLE],
    distributed: u64,
    carried: u64,
}

impl Model {
    fn new() -> Self {
        let issuer = Position { shares: SUPPLY, limit: SUPPLY, listed: true, ..Position::default() };
        Self {
            positions: [Some(issuer), None, None, None],
            claimable: [0; PEOPLE],
            paid: [0; PEOPLE],
            due: [0; PEOPLE],
            distributed: 0,
            carried: 0,
        }
    }

    /// Who calls what next. Half of the calls are as they fall; for the others the dice get a few tries to find one that
    /// is accepted, because most are not.
    fn choose(&self, dice: &mut Dice) -> (usize, Call) {
        let tries = [1, 8][dice.roll(2)];
        let mut roll = || {
            let call = Call::random(dice);
            (call.caller(dice), call)
        };
        let mut chosen = roll();
        for _ in 1..tries {
            if self.clone().apply(chosen.0, chosen.1).is_ok() {
                break;
            }
            chosen = roll();
        }
        chosen
    }

    fn apply(&mut self, by: usize, call: Call) -> Result<(), Refused> {
        let office = if by == 0 { Ok(()) } else { Err(Refused::NotOfficer) };
        let issuer = if by == 0 { Ok(()) } else { Err(Refused::NotIssuer) };
        match call {
            Call::Transfer { to, amount } => {
                self.check_sender(by)?;
                let limit = self.listed(to).map(|receiver| receiver.limit);
                self.shift(by, to, amount, limit)?;
            }
            Call::Prove { to, amount } => {
                self.check_sender(by)?;
                refuse_if(self.listed(to).is_some(), Refused::AlreadyListed)?;
                self.shift(by, to, amount, Some(PROVEN_LIMIT))?;
                let receiver = self.known(to)?;
                (receiver.proven, receiver.limit) = (true, PROVEN_LIMIT);
            }
            Call::Force { from, to, amount } => {
                office?;
                let limit = self.listed(to).map(|receiver| receiver.limit);
                self.shift(from, to, amount, limit)?;
            }
            Call::List { person, limit } => {
                office?;
                let position = self.positions[person].get_or_insert_default();
                refuse_if(position.listed, Refused::AlreadyListed)?;
                (position.listed, position.limit) = (true, limit);
            }
            Call::Unlist { person } => {
                office?;
                let position = self.admitted(person, Refused::NotListed)?;
                (position.listed, position.proven) = (false, false);
            }
            Call::SetLimit { person, limit } => {
                office?;
                self.listed(person).ok_or(Refused::NotListed)?.limit = limit;
            }
            Call::Freeze { person } => {
                office?;
                let position = self.known(person)?;
                refuse_if(position.frozen, Refused::AlreadyFrozen)?;
                position.frozen = true;
            }
            Call::Unfreeze { person } => {
                office?;
                let position = self.known(person)?;
                refuse_if(!position.frozen, Refused::NotFrozen)?;
                position.frozen = false;
            }
            Call::Distribute { lux } => {
                issuer?;
                refuse_if(lux == 0, Refused::ZeroAmount)?;
                let open = self.carried + lux;
                for (person, position) in self.positions.iter().enumerate() {
                    let shares = position.map_or(0, |position| position.shares);
                    self.claimable[person] += shares * (open / SUPPLY);
                    self.due[person] += u128::from(shares) * u128::from(open);
                }
                self.carried = open % SUPPLY;
                self.distributed += lux;
            }
            Call::Claim => {
                let position = self.admitted(by, Refused::ClaimantNotListed)?;
                refuse_if(position.frozen, Refused::ClaimantFrozen)?;
                refuse_if(self.claimable[by] == 0, Refused::NothingToClaim)?;
                self.paid[by] += std::mem::take(&mut self.claimable[by]);
            }
        }
        Ok(())
    }

    fn known(&mut self, person: usize) -> Result<&mut Position, Refused> {
        self.positions[person].as_mut().ok_or(Refused::UnknownHolder)
    }

    fn listed(&mut self, person: usize) -> Option<&mut Position> {
        self.positions[person].as_mut().filter(|position| position.listed)
    }

    /// A position that the list or a proof has let in.
    fn admitted(&mut self, person: usize, otherwise: Refused) -> Result<&mut Position, Refused> {
        let position = self.positions[person].as_mut();
        position.filter(|position| position.listed || position.proven).ok_or(otherwise)
    }

    fn check_sender(&mut self, person: usize) -> Result<(), Refused> {
        refuse_if(self.admitted(person, Refused::SenderNotListed)?.frozen, Refused::SenderFrozen)
    }

    /// `limit`: up to how many shares the receiver may receive, if it may at all.
    fn shift(&mut self, from: usize, to: usize, amount: u64, limit: Option<u64>) -> Result<(), Refused> {
        refuse_if(amount == 0, Refused::ZeroAmount)?;
        refuse_if(from == to, Refused::SameAccount)?;
        let limit = limit.ok_or(Refused::ReceiverNotListed)?;
        let receiver = self.positions[to].unwrap_or_default();
        refuse_if(receiver.frozen, Refused::ReceiverFrozen)?;
        let shares = self.positions[from].map_or(0, |position| position.shares);
        refuse_if(amount > shares, Refused::Insufficient { shares })?;
        let room = limit.saturating_sub(receiver.shares);
        refuse_if(amount > room, Refused::LimitExceeded { room })?;
        self.known(from)?.shares -= amount;
        self.positions[to].get_or_insert_default().shares += amount;
        Ok(())
    }

    /// What holders may still claim, in LUX.
    fn owed(&self) -> u64 {
        self.claimable.iter().sum()
    }

    /// No share and no LUX comes from nowhere or gets lost, and nobody gets more than its share.
    fn check(&self) {
        assert_eq!(self.positions.iter().flatten().map(|position| position.shares).sum::<u64>(), SUPPLY);
        assert_eq!(self.owed() + self.paid.iter().sum::<u64>() + self.carried, self.distributed);
        for person in 0..PEOPLE {
            let got = u128::from(self.claimable[person] + self.paid[person]);
            assert!(got * u128::from(SUPPLY) <= self.due[person], "person {person} has got {got}");
        }
    }
}

fn refuse_if(condition: bool, refusal: Refused) -> Result<(), Refused> {
    if condition { Err(refusal) } else { Ok(()) }
}

/// The register on the chain.
struct World<'a> {
    chain: &'a Chain,
    shares: RegisterClient<Deployed>,
    people: &'a [Signer; PEOPLE],
    attester: Attester,
}

impl World<'_> {
    fn apply(&self, number: u64, by: usize, call: Call, refusal: Option<Refused>) -> TestResult {
        let shares = self.shares.by(&self.people[by]);
        let account = |person: usize| self.people[person].account();
        let reason = || String::from("as rolled");
        let sent = match call {
            Call::Transfer { to, amount } => shares.transfer(account(to), amount),
            Call::Prove { to, amount } => {
                // Somebody who has not proved yet.
                let holder = wallet(&self.attester, 1 + number, eligible());
                let terms = self.shares.terms(account(by), account(to))?;
                let statement = Statement::of(&self.attester, &holder, terms)?;
                let proof = statement.prove(self.chain)?;
                shares.transfer_proven(account(to), amount, statement.public.nullifier, proof)
            }
            Call::Force { from, to, amount } => {
                shares.force_transfer(account(from), account(to), amount, reason())
            }
            Call::List { person, limit } => shares.list(account(person), limit),
            Call::Unlist { person } => shares.unlist(account(person)),
            Call::SetLimit { person, limit } => shares.set_limit(account(person), limit),
            Call::Freeze { person } => shares.freeze(account(person), reason()),
            Call::Unfreeze { person } => shares.unfreeze(account(person)),
            // These two return an amount.
            Call::Distribute { lux } => {
                let amount = Dusk::from_lux(lux);
                let attaching = self.shares.by(self.people[by].depositing(amount));
                judge(attaching.distribute(amount), refusal);
                return Ok(());
            }
            Call::Claim => {
                self.claim(by, refusal);
                return Ok(());
            }
        };
        judge(sent, refusal);
        Ok(())
    }

    /// What the contract says that it pays, the account gets.
    fn claim(&self, by: usize, refusal: Option<Refused>) {
        let claimant = &self.people[by];
        let before = self.chain.balance(claimant);
        let sent = self.shares.by(claimant).claim();
        match refusal {
            Some(refusal) => drop(sent.refused(refusal)),
            None => {
                let claimed = sent.succeeds();
                assert_eq!(self.chain.balance(claimant), before - claimed.fee() + claimed.value());
            }
        }
    }

    fn compare(&self, model: &Model, seed: u64) -> TestResult {
        for (person, expected) in model.positions.iter().enumerate() {
            let position = self.shares.position(self.people[person].account())?;
            let claimable = Dusk::from_lux(model.claimable[person]);
            let expected = Position { claimable, ..expected.unwrap_or_default() };
            assert_eq!(position, expected, "seed {seed}, person {person}");
        }
        let counted = [self.shares.distributed()?, self.shares.carried()?];
        assert_eq!(counted, [model.distributed, model.carried].map(Dusk::from_lux));
        assert_eq!(self.shares.supply()?, SUPPLY);
        Ok(())
    }
}

fn judge<T>(sent: Sent<T, Refused>, refusal: Option<Refused>) {
    match refusal {
        Some(refusal) => drop(sent.refused(refusal)),
        None => drop(sent.succeeds()),
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}
