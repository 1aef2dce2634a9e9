//! The register against a model: random sequences of calls, made on the chain and on plain Rust. Both must refuse the
//! same calls for the same reasons and know the same of everybody. The model gives each holder its part of a dividend
//! at once, where the contract counts per share; so their agreement tries that arithmetic. After every call the
//! contract must have exactly the DUSK that the model says it owes, and nobody may have got more than its share.

use ::attester::{Attester, Wallet};
use ::register::{DAY_EPOCHS, Holding, Policy, Position, Refused, RegisterClient};
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{Dusk, Field};

use crate::people::{Statement, eligible, policy, wallet};

/// Sequences, and calls in each of them.
const SEEDS: std::ops::Range<u64> = 1..6;
const CALLS: u64 = 48;
const SUPPLY: u64 = 97;
/// 0 is the issuer and the compliance officer.
const PEOPLE: usize = 4;
/// Holders of credentials, who prove for any of these accounts.
const HOLDERS: usize = 2;
/// The most that a holder may receive by proofs.
const PROVEN_LIMIT: u64 = 30;

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let people = chain.accounts(["issuer", "alice", "bob", "carol"]);
    for seed in SEEDS {
        let shares = chain.deploy(&people[0], register::init("Model".into(), SUPPLY, 0))?;
        let attester = Attester::new(Scalar::from(99));
        let accepted = Policy { limit: PROVEN_LIMIT, ..policy(&attester) };
        shares.by(&people[0]).set_policy(Some(accepted)).succeeds();
        let holders = [1, 2].map(|key| wallet(&attester, key, eligible()));
        let scope = shares.terms(people[0].account())?.scope;
        let tags = holders.each_ref().map(|holder| holder.tag(scope));
        let world = World { chain: &chain, shares, people: &people, attester, accepted, holders, tags };
        let mut model = Model::new();
        for (person, limit) in [(1, 60), (2, 40)] {
            let list = Call::List { person, limit };
            model.apply(0, list).map_err(|refused| Failure::new(format!("{refused:?}")))?;
            world.apply(0, list, None)?;
        }
        let mut dice = Dice(seed);
        let mut accepted = 0;
        for number in 0..CALLS {
            let (by, call) = model.choose(&mut dice);
            let expected = model.apply(by, call);
            accepted += u64::from(expected.is_ok());
            let fate = if expected.is_ok() { "succeeds" } else { "is refused" };
            println!("seed {seed}, call {number}: {call:?} by {by}, which {fate}");
            world.apply(by, call, expected.err())?;
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
    Admit { holder: usize },
    SetPolicy,
    Force { from: usize, to: usize, amount: u64 },
    List { person: usize, limit: u64 },
    Unlist { person: usize },
    Lift { person: usize },
    SetLimit { person: usize, limit: u64 },
    Freeze { person: usize },
    Unfreeze { person: usize },
    FreezeHolder { holder: usize },
    UnfreezeHolder { holder: usize },
    BarHolder { holder: usize },
    LiftHolder { holder: usize },
    Distribute { lux: u64 },
    Claim,
}

impl Call {
    fn random(dice: &mut Dice) -> Self {
        let (person, other, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), dice.roll(40) as u64);
        let holder = dice.roll(HOLDERS);
        match dice.roll(34) {
            0..8 => Self::Transfer { to: person, amount },
            8..12 => Self::Admit { holder },
            12..14 => Self::Force { from: other, to: person, amount },
            14..16 => Self::List { person, limit: 2 * amount },
            16..18 => Self::Unlist { person },
            18..20 => Self::Lift { person },
            20 => Self::SetLimit { person, limit: 2 * amount },
            21 => Self::Freeze { person },
            22..24 => Self::Unfreeze { person },
            24 => Self::FreezeHolder { holder },
            25 => Self::UnfreezeHolder { holder },
            26 => Self::SetPolicy,
            27 => Self::BarHolder { holder },
            28 => Self::LiftHolder { holder },
            29..32 => Self::Distribute { lux: amount * amount },
            _ => Self::Claim,
        }
    }

    /// Mostly somebody who may.
    fn caller(self, dice: &mut Dice) -> usize {
        match self {
            Self::Transfer { .. } | Self::Admit { .. } | Self::Claim => dice.roll(PEOPLE),
            _ => dice.roll(2 * PEOPLE).saturating_sub(PEOPLE),
        }
    }
}

/// What officers have decided about an account or a holder.
#[derive(Clone, Copy, Default)]
struct Standing {
    frozen: bool,
    barred: bool,
}

/// An account as one would write it on a page.
#[derive(Clone, Copy, Default)]
struct Person {
    shares: u64,
    limit: u64,
    listed: bool,
    /// Who has proved for it, and under which policy.
    proven: Option<(usize, u64)>,
    standing: Standing,
}

/// A register as one would write it on a page.
#[derive(Clone)]
struct Model {
    people: [Person; PEOPLE],
    holders: [Standing; HOLDERS],
    /// How often the policy was set.
    policies: u64,
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
        let issuer = Person { shares: SUPPLY, limit: SUPPLY, listed: true, ..Person::default() };
        let nobody = Person::default();
        Self {
            people: [issuer, nobody, nobody, nobody],
            holders: [Standing::default(); HOLDERS],
            policies: 1,
            claimable: [0; PEOPLE],
            paid: [0; PEOPLE],
            due: [0; PEOPLE],
            distributed: 0,
            carried: 0,
        }
    }

    /// Who calls what next. Half of the calls are as they fall; for the others the dice get a few tries to find one
    /// that is accepted, because most are not.
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
                refuse_if(self.limit(by).is_none(), Refused::SenderNotAdmitted)?;
                refuse_if(self.standing(by).frozen, Refused::SenderFrozen)?;
                self.shift(by, to, amount)?;
            }
            Call::Admit { holder } => {
                refuse_if(self.people[by].listed, Refused::AlreadyListed)?;
                refuse_if(self.holder(by).is_some_and(|own| own != holder), Refused::OtherHolder)?;
                let (own, holders) = (*self.standing(by), self.holders[holder]);
                refuse_if(own.frozen, Refused::SenderFrozen)?;
                refuse_if(own.barred, Refused::Barred)?;
                refuse_if(holders.frozen, Refused::SenderFrozen)?;
                refuse_if(holders.barred, Refused::Barred)?;
                self.people[by].proven = Some((holder, self.policies));
            }
            Call::SetPolicy => {
                office?;
                self.policies += 1;
            }
            Call::Force { from, to, amount } => {
                office?;
                self.shift(from, to, amount)?;
            }
            Call::List { person, limit } => {
                office?;
                refuse_if(self.people[person].listed, Refused::AlreadyListed)?;
                (self.people[person].listed, self.people[person].limit) = (true, limit);
                self.standing(person).barred = false;
            }
            Call::Unlist { person } => {
                office?;
                refuse_if(!self.people[person].listed && self.standing(person).barred, Refused::NotListed)?;
                self.people[person].listed = false;
                self.standing(person).barred = true;
            }
            Call::Lift { person } => {
                office?;
                refuse_if(!self.standing(person).barred, Refused::NotBarred)?;
                self.standing(person).barred = false;
            }
            Call::SetLimit { person, limit } => {
                office?;
                refuse_if(!self.people[person].listed, Refused::NotListed)?;
                self.people[person].limit = limit;
            }
            Call::Freeze { person } => {
                office?;
                refuse_if(self.standing(person).frozen, Refused::AlreadyFrozen)?;
                self.standing(person).frozen = true;
            }
            Call::Unfreeze { person } => {
                office?;
                refuse_if(!self.standing(person).frozen, Refused::NotFrozen)?;
                self.standing(person).frozen = false;
            }
            Call::FreezeHolder { holder } => {
                office?;
                refuse_if(self.holders[holder].frozen, Refused::AlreadyFrozen)?;
                self.holders[holder].frozen = true;
            }
            Call::UnfreezeHolder { holder } => {
                office?;
                refuse_if(!self.holders[holder].frozen, Refused::NotFrozen)?;
                self.holders[holder].frozen = false;
            }
            Call::BarHolder { holder } => {
                office?;
                refuse_if(self.holders[holder].barred, Refused::AlreadyBarred)?;
                self.holders[holder].barred = true;
            }
            Call::LiftHolder { holder } => {
                office?;
                refuse_if(!self.holders[holder].barred, Refused::NotBarred)?;
                self.holders[holder].barred = false;
            }
            Call::Distribute { lux } => {
                issuer?;
                refuse_if(lux == 0, Refused::ZeroAmount)?;
                let open = self.carried + lux;
                for (person, Person { shares, .. }) in self.people.iter().copied().enumerate() {
                    self.claimable[person] += shares * (open / SUPPLY);
                    self.due[person] += u128::from(shares) * u128::from(open);
                }
                self.carried = open % SUPPLY;
                self.distributed += lux;
            }
            Call::Claim => {
                refuse_if(self.limit(by).is_none(), Refused::ClaimantNotAdmitted)?;
                refuse_if(self.standing(by).frozen, Refused::ClaimantFrozen)?;
                refuse_if(self.claimable[by] == 0, Refused::NothingToClaim)?;
                self.paid[by] += std::mem::take(&mut self.claimable[by]);
            }
        }
        Ok(())
    }

    /// Who has proved for an account.
    fn holder(&self, person: usize) -> Option<usize> {
        self.people[person].proven.map(|(holder, _)| holder)
    }

    /// The decisions that hold for an account.
    fn standing(&mut self, person: usize) -> &mut Standing {
        match self.holder(person) {
            Some(holder) => &mut self.holders[holder],
            None => &mut self.people[person].standing,
        }
    }

    /// Whether a proof admits an account. No day ends in these sequences.
    fn is_let_in(&self, person: usize) -> bool {
        self.people[person]
            .proven
            .is_some_and(|(holder, policy)| policy == self.policies && !self.holders[holder].barred)
    }

    /// Up to how many shares an account may receive, if it may at all.
    fn limit(&self, person: usize) -> Option<u64> {
        if self.people[person].listed {
            return Some(self.people[person].limit);
        }
        self.is_let_in(person).then_some(PROVEN_LIMIT)
    }

    /// What all accounts of a holder hold.
    fn held_by(&self, holder: usize) -> u64 {
        (0..PEOPLE)
            .filter(|person| self.holder(*person) == Some(holder))
            .map(|person| self.people[person].shares)
            .sum()
    }

    fn shift(&mut self, from: usize, to: usize, amount: u64) -> Result<(), Refused> {
        refuse_if(amount == 0, Refused::ZeroAmount)?;
        refuse_if(from == to, Refused::SameAccount)?;
        let limit = self.limit(to).ok_or(Refused::ReceiverNotAdmitted)?;
        refuse_if(self.standing(to).frozen, Refused::ReceiverFrozen)?;
        let shares = self.people[from].shares;
        refuse_if(amount > shares, Refused::Insufficient { shares })?;
        let holder = self.holder(to).filter(|_| !self.people[to].listed);
        let is_own = holder.is_some() && self.holder(from) == holder;
        if !is_own || self.people[from].listed {
            let held = holder.map_or(self.people[to].shares, |holder| self.held_by(holder));
            let room = limit.saturating_sub(held - if is_own { shares } else { 0 });
            refuse_if(amount > room, Refused::LimitExceeded { room })?;
        }
        self.people[from].shares -= amount;
        self.people[to].shares += amount;
        Ok(())
    }

    /// What holders may still claim, in LUX.
    fn owed(&self) -> u64 {
        self.claimable.iter().sum()
    }

    /// No share and no LUX comes from nowhere or gets lost, and nobody gets more than its share.
    fn check(&self) {
        assert_eq!(self.people.iter().map(|person| person.shares).sum::<u64>(), SUPPLY);
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
    accepted: Policy,
    holders: [Wallet; HOLDERS],
    tags: [Field; HOLDERS],
}

impl World<'_> {
    fn apply(&self, by: usize, call: Call, refusal: Option<Refused>) -> TestResult {
        let shares = self.shares.by(&self.people[by]);
        let account = |person: usize| self.people[person].account();
        let reason = || String::from("as rolled");
        let sent = match call {
            Call::Transfer { to, amount } => shares.transfer(account(to), amount),
            Call::SetPolicy => shares.set_policy(Some(self.accepted)),
            Call::Force { from, to, amount } => {
                shares.force_transfer(account(from), account(to), amount, reason())
            }
            Call::List { person, limit } => shares.list(account(person), limit),
            Call::Unlist { person } => shares.unlist(account(person)),
            Call::Lift { person } => shares.lift(account(person)),
            Call::SetLimit { person, limit } => shares.set_limit(account(person), limit),
            Call::Freeze { person } => shares.freeze(account(person), reason()),
            Call::Unfreeze { person } => shares.unfreeze(account(person)),
            Call::FreezeHolder { holder } => shares.freeze_holder(self.tags[holder], reason()),
            Call::UnfreezeHolder { holder } => shares.unfreeze_holder(self.tags[holder]),
            Call::BarHolder { holder } => shares.bar_holder(self.tags[holder]),
            Call::LiftHolder { holder } => shares.lift_holder(self.tags[holder]),
            // These return something.
            Call::Admit { holder } => {
                let terms = self.shares.terms(account(by))?;
                let statement = Statement::of(&self.attester, &self.holders[holder], terms)?;
                let proof = statement.prove(self.chain)?;
                judge(shares.admit(statement.public.tag, proof), refusal);
                return Ok(());
            }
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
        for (person, expected) in model.people.iter().enumerate() {
            let position = self.shares.position(self.people[person].account())?;
            let Standing { frozen, barred } = *model.clone().standing(person);
            let expected = Position {
                shares: expected.shares,
                limit: model.limit(person).unwrap_or_default(),
                listed: expected.listed,
                proven_until: model.is_let_in(person).then_some(DAY_EPOCHS - 1),
                barred,
                frozen,
                tag: model.holder(person).map(|holder| self.tags[holder]),
                claimable: Dusk::from_lux(model.claimable[person]),
            };
            assert_eq!(position, expected, "seed {seed}, person {person}");
        }
        for (holder, tag) in self.tags.into_iter().enumerate() {
            let Standing { frozen, barred } = model.holders[holder];
            let expected = Holding { shares: model.held_by(holder), frozen, barred };
            assert_eq!(self.shares.holder(tag)?, expected, "seed {seed}, holder {holder}");
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
