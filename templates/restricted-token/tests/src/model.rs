//! The register against a model: random sequences of calls, made on the chain and on plain Rust. Both must refuse the
//! same calls for the same reasons and know the same of everybody. The model gives each holder its part of a dividend
//! at once, where the contract counts per share; it counts holders anew, where the contract counts as they come and go.

use ::attester::{Attester, Wallet};
use ::register::{Holding, Policy, Position, Refused, RegisterClient};
use dusk_sdk::finance::caps::Limits as Most;
use dusk_sdk::finance::lots::Lot;
use dusk_sdk::finance::operators::Grant;
use dusk_sdk::finance::*;
use dusk_sdk::parts::pausing;
use dusk_sdk::testing::*;
use dusk_sdk::zk::native::Scalar;
use dusk_sdk::{Dusk, Field};

use crate::people::{Statement, eligible, policy, wallet, who};

/// Calls in the sequence.
const CALLS: u64 = 500;
const SUPPLY: u64 = 97;
/// 0 is the issuer and the first compliance officer. The last three are unknown at first: recoveries go to them.
const PEOPLE: usize = 8;
const NAMES: [&str; PEOPLE] = ["issuer", "alice", "bob", "carol", "dave", "eve", "frank", "grace"];
/// Holders of credentials, who prove for any of these accounts.
const HOLDERS: usize = 2;
/// The most that a holder may receive by proofs.
const PROVEN_LIMIT: u64 = 30;
const COUNTRIES: [u16; 2] = [276, 528];

#[dusk_sdk::test]
fn random_calls_agree_with_the_model(chain: Chain) -> TestResult {
    let people = chain.accounts(NAMES);
    let shares = chain.deploy(&people[0], register::init("Model".into(), SUPPLY, 0))?;
    let attester = Attester::new(Scalar::from(99));
    let accepted = Policy { limit: PROVEN_LIMIT, ..policy(&attester) };
    shares.by(&people[0]).set_policy(Some(accepted.clone())).succeeds();
    let holders = [1, 2].map(|key| wallet(&attester, key, eligible()));
    let scope = shares.terms(people[0].account())?.scope;
    let tags = holders.each_ref().map(|holder| holder.tag(scope));
    let world = World { chain: &chain, shares, people: &people, attester, accepted, holders, tags };
    let (mut model, mut dice, mut accepted) = (Model::new(), Dice(1), 0);
    for (person, limit) in [(1, 60), (2, 40), (3, 50)] {
        let list = Call::List { person, limit };
        model.apply(0, list, 0).map_err(|refused| Failure::new(format!("{refused:?}")))?;
        world.apply(0, list, None)?;
    }
    for number in 0..CALLS {
        // The next block: each call has one.
        let height = chain.height() + 1;
        let (by, call) = model.choose(&mut dice, height);
        let expected = model.apply(by, call, height);
        accepted += u64::from(expected.is_ok());
        let fate = if expected.is_ok() { "succeeds" } else { "is refused" };
        println!("call {number}: {call:?} by {by}, which {fate}");
        world.apply(by, call, expected.err())?;
        model.check();
        if number % 25 == 0 {
            world.compare(&model, height)?;
        }
    }
    world.compare(&model, chain.height())?;
    assert!(accepted > CALLS / 4, "only {accepted} calls were accepted, which tries little");
    Ok(())
}

/// People are numbers here.
#[derive(Debug, Clone, Copy)]
enum Call {
    Transfer { to: usize, amount: u64 },
    TransferFrom { owner: usize, to: usize, amount: u64 },
    Approve { spender: usize, allowed: u64, blocks: u64 },
    Admit { holder: usize },
    SetPolicy,
    Force { from: usize, to: usize, amount: u64 },
    MoveDividends { from: usize, to: usize },
    Recover { from: usize, to: usize },
    Issue { to: usize, amount: u64 },
    Redeem { from: usize, amount: u64 },
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
    FreezePart { person: usize, amount: u64 },
    Lock { person: usize, amount: u64, blocks: u64 },
    Identify { person: usize, holder: usize },
    SetCountry { person: usize, country: u16 },
    SetCaps { holders: Option<u32>, share: Option<u16> },
    Pause,
    Resume,
    Distribute { lux: u64 },
    Claim,
}

impl Call {
    fn random(dice: &mut Dice) -> Self {
        let (person, other, amount) = (dice.roll(PEOPLE), dice.roll(PEOPLE), dice.roll(40) as u64);
        let (holder, blocks) = (dice.roll(HOLDERS), dice.roll(30) as u64);
        match dice.roll(48) {
            0..8 => Self::Transfer { to: person, amount },
            8 => Self::TransferFrom { owner: other, to: person, amount: amount / 2 },
            9 => Self::Approve { spender: person, allowed: amount, blocks },
            10..12 => Self::Admit { holder },
            12 => Self::SetPolicy,
            13..15 => Self::Force { from: other, to: person, amount },
            15 => Self::MoveDividends { from: other, to: person },
            16 => Self::Recover { from: other, to: person },
            17 => Self::Issue { to: person, amount },
            18 => Self::Redeem { from: person, amount: amount / 2 },
            19..22 => Self::List { person, limit: 2 * amount },
            22 => Self::Unlist { person },
            23..25 => Self::Lift { person },
            25 => Self::SetLimit { person, limit: 2 * amount },
            26 => Self::Freeze { person },
            27..29 => Self::Unfreeze { person },
            29 => Self::FreezeHolder { holder },
            30..32 => Self::UnfreezeHolder { holder },
            32 => Self::BarHolder { holder },
            33..35 => Self::LiftHolder { holder },
            35 => Self::FreezePart { person, amount: amount / 2 },
            36..38 => Self::Lock { person, amount: amount / 2, blocks },
            38 => Self::Identify { person, holder },
            39 => Self::SetCountry { person, country: COUNTRIES[holder] },
            40 => Self::SetCaps { holders: Some(4 + holder as u32), share: None },
            41 => Self::SetCaps { holders: None, share: Some(5_000) },
            42 => Self::SetCaps { holders: None, share: None },
            43 => Self::Pause,
            44 => Self::Resume,
            45..47 => Self::Distribute { lux: amount * amount },
            _ => Self::Claim,
        }
    }

    /// Mostly somebody who may.
    fn caller(self, dice: &mut Dice, model: &Model) -> usize {
        match self {
            Self::Transfer { .. } | Self::TransferFrom { .. } | Self::Approve { .. } => dice.roll(PEOPLE),
            Self::Admit { .. } | Self::Claim => dice.roll(PEOPLE),
            _ if dice.roll(8) == 0 => dice.roll(PEOPLE),
            _ => model.issuer,
        }
    }
}

/// What officers have decided about an account or a holder.
#[derive(Clone, Copy, Default)]
struct Standing {
    frozen: bool,
    barred: bool,
    country: u16,
}

/// An account as one would write it on a page.
#[derive(Clone, Default)]
struct Person {
    shares: u64,
    limit: Option<u64>,
    /// The holder behind it.
    tied: Option<usize>,
    /// The policy under which a proof has admitted it.
    proven: Option<u64>,
    standing: Standing,
    part: u64,
    lots: Vec<(u64, u64)>,
    grants: Vec<(usize, u64, u64)>,
    claimable: u64,
    known: bool,
    successor: Option<usize>,
}

/// A register as one would write it on a page.
#[derive(Clone)]
struct Model {
    people: Vec<Person>,
    holders: [Standing; HOLDERS],
    issuer: usize,
    policies: u64,
    caps: (Option<u32>, Option<u16>),
    paused: bool,
    supply: u64,
    distributed: u64,
    carried: u64,
    paid: u64,
}

impl Model {
    fn new() -> Self {
        let issuer = Person { shares: SUPPLY, limit: Some(SUPPLY), known: true, ..Person::default() };
        let mut people = vec![Person::default(); PEOPLE];
        people[0] = issuer;
        Self {
            people,
            holders: [Standing::default(); HOLDERS],
            issuer: 0,
            policies: 1,
            caps: (None, None),
            paused: false,
            supply: SUPPLY,
            distributed: 0,
            carried: 0,
            paid: 0,
        }
    }

    /// Who calls what next. Half of the calls are as they fall; for the others the dice get a few tries to find one
    /// that is accepted, because most are not.
    fn choose(&self, dice: &mut Dice, height: u64) -> (usize, Call) {
        let tries = [1, 8][dice.roll(2)];
        let mut roll = || {
            let call = Call::random(dice);
            (call.caller(dice, self), call)
        };
        let mut chosen = roll();
        for _ in 1..tries {
            if self.clone().apply(chosen.0, chosen.1, height).is_ok() {
                break;
            }
            chosen = roll();
        }
        chosen
    }

    fn apply(&mut self, by: usize, call: Call, height: u64) -> Result<(), Refused> {
        let office = if by == self.issuer { Ok(()) } else { Err(offices::Refused::NotOfficer) };
        match call {
            Call::Transfer { to, amount } => self.shift(Some(by), Some(to), amount, true, height)?,
            Call::TransferFrom { owner, to, amount } => {
                self.present(by)?;
                self.present(owner)?;
                let grants = &mut self.people[owner].grants;
                let Some(grant) = grants.iter_mut().find(|grant| grant.0 == by) else {
                    return Err(operators::Refused::AllowanceExceeded { allowed: 0 }.into());
                };
                refuse_if(height > grant.2, operators::Refused::Expired { until: grant.2 })?;
                refuse_if(amount > grant.1, operators::Refused::AllowanceExceeded { allowed: grant.1 })?;
                grant.1 -= amount;
                grants.retain(|grant| grant.1 > 0);
                self.shift(Some(owner), Some(to), amount, true, height)?;
            }
            Call::Approve { spender, allowed, blocks } => {
                self.present(by)?;
                let person = &mut self.people[by];
                let current = person.grants.iter().find(|grant| grant.0 == spender && height <= grant.2);
                let current = current.map_or(0, |grant| grant.1);
                refuse_if(current > 0, operators::Refused::AllowanceChanged { allowed: current })?;
                refuse_if(spender == by, operators::Refused::Oneself)?;
                person.grants.retain(|grant| grant.0 != spender && grant.2 >= height);
                if allowed > 0 {
                    person.grants.push((spender, allowed, height + blocks));
                }
                person.known = true;
            }
            Call::Admit { holder } => {
                self.present(by)?;
                refuse_if(self.people[by].limit.is_some(), admission::Refused::AlreadyListed)?;
                refuse_if(
                    self.people[by].tied.is_some_and(|tied| tied != holder),
                    ledger::Refused::OtherPerson,
                )?;
                let (own, person) = (self.standing(by), self.holders[holder]);
                refuse_if(own.frozen || person.frozen, freezes::Refused::SenderFrozen)?;
                refuse_if(own.barred || person.barred, admission::Refused::Barred)?;
                self.tie(by, holder);
                self.people[by].proven = Some(self.policies);
            }
            Call::SetPolicy => {
                office?;
                self.policies += 1;
            }
            Call::Force { from, to, amount } => {
                office?;
                self.shift(Some(from), Some(to), amount, false, height)?;
            }
            Call::MoveDividends { from, to } => {
                office?;
                self.present(to)?;
                self.can_receive(to)?;
                self.present(from)?;
                let lux = std::mem::take(&mut self.people[from].claimable);
                refuse_if(lux == 0, dividends::Refused::NothingToClaim)?;
                self.people[to].claimable += lux;
            }
            Call::Recover { from, to } => {
                office?;
                refuse_if(from == to, ledger::Refused::SameAccount)?;
                self.present(from)?;
                self.present(to)?;
                if self.people[to].known {
                    let (standing, person) = (self.standing(to), &self.people[to]);
                    let listed = person.limit.is_some() || standing.barred;
                    refuse_if(listed, admission::Refused::ToListed)?;
                    refuse_if(standing.frozen || person.part > 0, freezes::Refused::ToFrozen)?;
                    return Err(ledger::Refused::ToKnown.into());
                }
                refuse_if(!self.people[from].known, ledger::Refused::NothingToRecover)?;
                let lost = Person { successor: Some(to), known: true, ..Person::default() };
                self.people[to] = std::mem::replace(&mut self.people[from], lost);
                if self.issuer == from {
                    self.issuer = to;
                }
            }
            Call::Issue { to, amount } => {
                office?;
                self.shift(None, Some(to), amount, false, height)?;
            }
            Call::Redeem { from, amount } => {
                office?;
                self.shift(Some(from), None, amount, false, height)?;
            }
            Call::List { person, limit } => {
                office?;
                self.present(person)?;
                refuse_if(self.people[person].limit.is_some(), admission::Refused::AlreadyListed)?;
                (self.people[person].limit, self.people[person].known) = (Some(limit), true);
                self.standing_mut(person).barred = false;
            }
            Call::Unlist { person } => {
                office?;
                self.present(person)?;
                let off = self.people[person].limit.is_none() && self.standing(person).barred;
                refuse_if(off, admission::Refused::NotListed)?;
                (self.people[person].limit, self.people[person].known) = (None, true);
                self.standing_mut(person).barred = true;
            }
            Call::Lift { person } => {
                office?;
                self.present(person)?;
                refuse_if(!self.standing(person).barred, admission::Refused::NotBarred)?;
                self.standing_mut(person).barred = false;
            }
            Call::SetLimit { person, limit } => {
                office?;
                self.present(person)?;
                refuse_if(self.people[person].limit.is_none(), admission::Refused::NotListed)?;
                self.people[person].limit = Some(limit);
            }
            Call::Freeze { person } => {
                office?;
                self.present(person)?;
                refuse_if(self.standing(person).frozen, freezes::Refused::AlreadyFrozen)?;
                self.people[person].known = true;
                self.standing_mut(person).frozen = true;
            }
            Call::Unfreeze { person } => {
                office?;
                self.present(person)?;
                refuse_if(!self.standing(person).frozen, freezes::Refused::NotFrozen)?;
                self.standing_mut(person).frozen = false;
            }
            Call::FreezeHolder { holder } => {
                office?;
                refuse_if(self.holders[holder].frozen, freezes::Refused::AlreadyFrozen)?;
                self.holders[holder].frozen = true;
            }
            Call::UnfreezeHolder { holder } => {
                office?;
                refuse_if(!self.holders[holder].frozen, freezes::Refused::NotFrozen)?;
                self.holders[holder].frozen = false;
            }
            Call::BarHolder { holder } => {
                office?;
                refuse_if(self.holders[holder].barred, admission::Refused::AlreadyBarred)?;
                self.holders[holder].barred = true;
            }
            Call::LiftHolder { holder } => {
                office?;
                refuse_if(!self.holders[holder].barred, admission::Refused::NotBarred)?;
                self.holders[holder].barred = false;
            }
            Call::FreezePart { person, amount } => {
                office?;
                self.present(person)?;
                refuse_if(self.people[person].part == amount, freezes::Refused::SamePart)?;
                (self.people[person].part, self.people[person].known) = (amount, true);
            }
            Call::Lock { person, amount, blocks } => {
                office?;
                self.present(person)?;
                let until = height + blocks;
                refuse_if(until <= height, lots::Refused::EndsInThePast)?;
                let free = self.people[person].shares - self.locked(person, height);
                refuse_if(amount == 0 || amount > free, lots::Refused::NotFree { free })?;
                self.add_lot(person, amount, until, height)?;
            }
            Call::Identify { person, holder } => {
                office?;
                self.present(person)?;
                let other = self.people[person].tied.is_some_and(|tied| tied != holder);
                refuse_if(other, ledger::Refused::OtherPerson)?;
                self.tie(person, holder);
            }
            Call::SetCountry { person, country } => {
                office?;
                self.present(person)?;
                self.people[person].known = true;
                self.standing_mut(person).country = country;
            }
            Call::SetCaps { holders, share } => {
                office?;
                self.caps = (holders, share);
            }
            Call::Pause => {
                office?;
                refuse_if(self.paused, pausing::Refused::Paused)?;
                self.paused = true;
            }
            Call::Resume => {
                office?;
                refuse_if(!self.paused, pausing::Refused::NotPaused)?;
                self.paused = false;
            }
            Call::Distribute { lux } => {
                refuse_if(by != self.issuer, offices::Refused::NotIssuer)?;
                refuse_if(lux == 0, dividends::Refused::NoDividend)?;
                refuse_if(self.supply == 0, dividends::Refused::NoShares)?;
                let open = self.carried + lux;
                for person in &mut self.people {
                    person.claimable += person.shares * (open / self.supply);
                }
                self.carried = open % self.supply;
                self.distributed += lux;
            }
            Call::Claim => {
                self.present(by)?;
                refuse_if(self.paused, pausing::Refused::Paused)?;
                refuse_if(!self.admits(by), admission::Refused::ClaimantNotAdmitted)?;
                refuse_if(self.standing(by).frozen, freezes::Refused::ClaimantFrozen)?;
                refuse_if(self.people[by].claimable == 0, dividends::Refused::NothingToClaim)?;
                self.paid += std::mem::take(&mut self.people[by].claimable);
            }
        }
        Ok(())
    }

    fn present(&self, person: usize) -> Result<(), Refused> {
        refuse_if(self.people[person].successor.is_some(), ledger::Refused::Lost)
    }

    /// The decisions that hold for an account.
    fn standing(&self, person: usize) -> Standing {
        self.people[person].tied.map_or(self.people[person].standing, |holder| self.holders[holder])
    }

    fn standing_mut(&mut self, person: usize) -> &mut Standing {
        match self.people[person].tied {
            Some(holder) => &mut self.holders[holder],
            None => &mut self.people[person].standing,
        }
    }

    fn tie(&mut self, person: usize, holder: usize) {
        self.people[person].known = true;
        if self.people[person].tied.is_none() {
            let own = std::mem::take(&mut self.people[person].standing);
            let known = &mut self.holders[holder];
            known.frozen |= own.frozen;
            known.barred |= own.barred;
            if known.country == 0 {
                known.country = own.country;
            }
            self.people[person].tied = Some(holder);
        }
    }

    /// Whether a proof admits an account. No day ends in this sequence.
    fn is_let_in(&self, person: usize) -> bool {
        self.people[person].proven == Some(self.policies) && !self.standing(person).barred
    }

    fn admits(&self, person: usize) -> bool {
        self.people[person].limit.is_some() || self.is_let_in(person)
    }

    fn can_receive(&self, to: usize) -> Result<(), Refused> {
        refuse_if(!self.admits(to), admission::Refused::ReceiverNotAdmitted)?;
        refuse_if(self.standing(to).frozen, freezes::Refused::ReceiverFrozen)
    }

    /// What all accounts of whoever is behind an account hold.
    fn held(&self, person: usize) -> u64 {
        match self.people[person].tied {
            Some(holder) => self.held_by(holder),
            None => self.people[person].shares,
        }
    }

    fn held_by(&self, holder: usize) -> u64 {
        self.people.iter().filter(|person| person.tied == Some(holder)).map(|person| person.shares).sum()
    }

    /// Holders, counted anew: in all, or in a country.
    fn count(&self, country: Option<u16>) -> u32 {
        let is_in = |standing: Standing| country.is_none_or(|country| standing.country == country);
        let persons = (0..HOLDERS).filter(|holder| self.held_by(*holder) > 0 && is_in(self.holders[*holder]));
        let others = self.people.iter();
        let others = others.filter(|other| other.tied.is_none() && other.shares > 0 && is_in(other.standing));
        u32::try_from(persons.count() + others.count()).expect("there are few people")
    }

    fn locked(&self, person: usize, height: u64) -> u64 {
        self.people[person].lots.iter().filter(|lot| lot.1 > height).map(|lot| lot.0).sum()
    }

    fn add_lot(&mut self, person: usize, amount: u64, until: u64, height: u64) -> Result<(), Refused> {
        let lots = &mut self.people[person].lots;
        lots.retain(|lot| lot.1 > height);
        match lots.iter_mut().find(|lot| lot.1 == until) {
            Some(lot) => lot.0 += amount,
            None => lots.push((amount, until)),
        }
        lots.sort_by_key(|lot| lot.1);
        refuse_if(lots.len() > 16, lots::Refused::TooManyLots { limit: 16 })
    }

    fn shift(
        &mut self,
        from: Option<usize>,
        to: Option<usize>,
        amount: u64,
        willing: bool,
        height: u64,
    ) -> Result<(), Refused> {
        refuse_if(amount == 0, ledger::Refused::ZeroAmount)?;
        refuse_if(from == to, ledger::Refused::SameAccount)?;
        for side in [from, to].into_iter().flatten() {
            self.present(side)?;
        }
        if let (Some(from), true) = (from, willing) {
            refuse_if(self.paused, pausing::Refused::Paused)?;
            refuse_if(!self.admits(from), admission::Refused::SenderNotAdmitted)?;
            refuse_if(self.standing(from).frozen, freezes::Refused::SenderFrozen)?;
        }
        if let Some(to) = to {
            self.can_receive(to)?;
        }
        let mut taken = Vec::new();
        if let Some(from) = from {
            let Person { shares, part, ref lots, .. } = self.people[from];
            refuse_if(amount > shares, ledger::Refused::Insufficient { shares })?;
            let free = shares - self.locked(from, height);
            if willing {
                refuse_if(amount > free, lots::Refused::LotsLocked { free })?;
                let free = shares.saturating_sub(part);
                refuse_if(amount > free, freezes::Refused::PartFrozen { free })?;
            } else {
                let mut left = amount.saturating_sub(free);
                for (amount, until) in lots.iter().filter(|lot| lot.1 > height) {
                    let part = left.min(*amount);
                    left -= part;
                    taken.push((part, *until));
                }
                taken.retain(|lot| lot.0 > 0);
            }
        }
        if let Some(to) = to {
            let mut next = self.clone();
            for (amount, until) in &taken {
                next.add_lot(to, *amount, *until, height)?;
            }
            self.check_limit(from, to, amount)?;
            self.check_caps(from, to, amount)?;
            if !taken.is_empty() {
                *self = next;
            }
            self.people[to].shares += amount;
            self.people[to].known = true;
        }
        match from {
            Some(from) => {
                self.people[from].shares -= amount;
                for lot in &mut self.people[from].lots {
                    lot.0 -= taken.iter().find(|taken| taken.1 == lot.1).map_or(0, |taken| taken.0);
                }
                self.people[from].lots.retain(|lot| lot.0 > 0);
            }
            None => self.supply += amount,
        }
        if to.is_none() {
            self.supply -= amount;
        }
        Ok(())
    }

    fn is_own(&self, from: Option<usize>, to: usize) -> bool {
        self.people[to].tied.is_some() && from.and_then(|from| self.people[from].tied) == self.people[to].tied
    }

    fn check_limit(&self, from: Option<usize>, to: usize, amount: u64) -> Result<(), Refused> {
        let room = match self.people[to].limit {
            Some(limit) => limit.saturating_sub(self.people[to].shares),
            None if self.is_own(from, to) => {
                let from = &self.people[from.expect("it is one of its own")];
                if from.limit.is_none() {
                    return Ok(());
                }
                PROVEN_LIMIT.saturating_sub(self.held(to) - from.shares)
            }
            None => PROVEN_LIMIT.saturating_sub(self.held(to)),
        };
        refuse_if(amount > room, limits::Refused::LimitExceeded { room })
    }

    fn check_caps(&self, from: Option<usize>, to: usize, amount: u64) -> Result<(), Refused> {
        if self.is_own(from, to) {
            return Ok(());
        }
        if let (Some(most), 0) = (self.caps.0, self.held(to)) {
            let leaves = from.is_some_and(|from| self.held(from) == amount);
            refuse_if(self.count(None) - u32::from(leaves) >= most, caps::Refused::TooManyHolders { most })?;
        }
        if let Some(most) = self.caps.1 {
            let supply = self.supply + if from.is_none() { amount } else { 0 };
            let large = (self.held(to) + amount) * 10_000 > supply * u64::from(most);
            refuse_if(large, caps::Refused::ShareTooLarge { most })?;
        }
        Ok(())
    }

    /// What holders may still claim, in LUX.
    fn owed(&self) -> u64 {
        self.people.iter().map(|person| person.claimable).sum()
    }

    /// No share and no LUX comes from nowhere or gets lost.
    fn check(&self) {
        assert_eq!(self.people.iter().map(|person| person.shares).sum::<u64>(), self.supply);
        assert_eq!(self.owed() + self.paid + self.carried, self.distributed);
    }
}

fn refuse_if(condition: bool, refusal: impl Into<Refused>) -> Result<(), Refused> {
    if condition { Err(refusal.into()) } else { Ok(()) }
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
        let id = |person: usize| who(&self.people[person]);
        let reason = || String::from("as rolled");
        let height = self.chain.height() + 1;
        let sent = match call {
            Call::Transfer { to, amount } => shares.transfer(id(to), amount),
            Call::TransferFrom { owner, to, amount } => shares.transfer_from(id(owner), id(to), amount),
            Call::Approve { spender, allowed, blocks } => {
                shares.approve(id(spender), 0, allowed, height + blocks)
            }
            Call::SetPolicy => shares.set_policy(Some(self.accepted.clone())),
            Call::Force { from, to, amount } => shares.force_transfer(id(from), id(to), amount, reason()),
            Call::MoveDividends { from, to } => shares.move_dividends(id(from), id(to), reason()),
            Call::Recover { from, to } => shares.recover(id(from), id(to), reason()),
            Call::Issue { to, amount } => shares.issue(id(to), amount, 0),
            Call::Redeem { from, amount } => shares.redeem(id(from), amount, reason()),
            Call::List { person, limit } => shares.list(id(person), limit),
            Call::Unlist { person } => shares.unlist(id(person)),
            Call::Lift { person } => shares.lift(id(person)),
            Call::SetLimit { person, limit } => shares.set_limit(id(person), limit),
            Call::Freeze { person } => shares.freeze(id(person), reason()),
            Call::Unfreeze { person } => shares.unfreeze(id(person)),
            Call::FreezeHolder { holder } => shares.freeze_holder(self.tags[holder], reason()),
            Call::UnfreezeHolder { holder } => shares.unfreeze_holder(self.tags[holder]),
            Call::BarHolder { holder } => shares.bar_holder(self.tags[holder]),
            Call::LiftHolder { holder } => shares.lift_holder(self.tags[holder]),
            Call::FreezePart { person, amount } => shares.freeze_part(id(person), amount, reason()),
            Call::Lock { person, amount, blocks } => shares.lock(id(person), amount, height + blocks),
            Call::Identify { person, holder } => shares.identify(id(person), self.tags[holder]),
            Call::SetCountry { person, country } => shares.set_country(id(person), country),
            Call::SetCaps { holders, share } => shares.set_caps(Most { supply: None, holders, share }),
            Call::Pause => shares.pause(),
            Call::Resume => shares.resume(),
            // These return something.
            Call::Admit { holder } => {
                let terms = self.shares.terms(self.people[by].account())?;
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

    fn compare(&self, model: &Model, height: u64) -> TestResult {
        for (person, expected) in model.people.iter().enumerate() {
            let position = self.shares.position(who(&self.people[person]))?;
            let (standing, locked) = (model.standing(person), model.locked(person, height));
            let proven = model.is_let_in(person);
            let expected = Position {
                shares: expected.shares,
                free: expected.shares.saturating_sub(locked.max(expected.part)),
                limit: expected.limit.or(proven.then_some(PROVEN_LIMIT)).unwrap_or_default(),
                listed: expected.limit.is_some(),
                proven_until: proven.then_some(self.accepted.today),
                barred: standing.barred,
                frozen: standing.frozen,
                frozen_part: expected.part,
                lots: expected
                    .lots
                    .iter()
                    .filter(|lot| lot.1 > height)
                    .map(|lot| Lot { amount: lot.0, until: lot.1 })
                    .collect(),
                grants: expected
                    .grants
                    .iter()
                    .map(|grant| Grant {
                        spender: who(&self.people[grant.0]),
                        allowed: Some(grant.1),
                        until: grant.2,
                    })
                    .collect(),
                country: standing.country,
                tag: expected.tied.map(|holder| self.tags[holder]),
                claimable: Dusk::from_lux(expected.claimable),
                successor: expected.successor.map(|successor| who(&self.people[successor])),
            };
            assert_eq!(position, expected, "person {person}");
        }
        for (holder, tag) in self.tags.into_iter().enumerate() {
            let Standing { frozen, barred, country } = model.holders[holder];
            let expected = Holding { shares: model.held_by(holder), frozen, barred, country };
            assert_eq!(self.shares.holder(tag)?, expected, "holder {holder}");
        }
        let status = self.shares.status()?;
        assert_eq!((status.supply, status.paused), (model.supply, model.paused));
        assert_eq!((status.issuer, status.holders), (who(&self.people[model.issuer]), model.count(None)));
        for country in status.countries {
            assert_eq!(country.holders, model.count(Some(country.country)), "country {}", country.country);
        }
        let counted = [status.distributed, status.carried];
        assert_eq!(counted, [model.distributed, model.carried].map(Dusk::from_lux));
        let balance = self.chain.balance(self.shares.id());
        assert_eq!(balance, Dusk::from_lux(model.owed() + model.carried), "the contract has what it owes");
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
