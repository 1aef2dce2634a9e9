//! The register on a page: plain Rust, as one would write it down. It gives each holder its part of a dividend at once,
//! where the contract counts per share; it counts holders anew, where the contract counts as they come and go.

use std::collections::BTreeMap;

use ::register::Refused;
use dusk_sdk::finance::offices::Office;
use dusk_sdk::finance::*;
use dusk_sdk::parts::pausing;

use crate::calls::{Call, Dice};

pub(crate) const SUPPLY: u64 = 97;
/// 0 is the issuer and the first compliance officer. The last three are unknown at first: recoveries go to them.
pub(crate) const PEOPLE: usize = 8;
/// Holders of credentials, who prove for any of these accounts.
pub(crate) const HOLDERS: usize = 2;
/// Attesters who have attested all of them. The first one is of the policy.
pub(crate) const ATTESTERS: usize = 2;
/// The most that a holder may receive by proofs.
pub(crate) const PROVEN_LIMIT: u64 = 30;
/// Decisions of officers about an account or a holder.
#[derive(Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) frozen: bool,
    pub(crate) barred: bool,
    pub(crate) country: u16,
}

/// An account as one would write it on a page.
#[derive(Clone, Default)]
pub(crate) struct Person {
    pub(crate) shares: u64,
    pub(crate) limit: Option<u64>,
    /// The holder behind it.
    pub(crate) tied: Option<usize>,
    /// The proof that has admitted it.
    pub(crate) proven: Option<Proven>,
    standing: Standing,
    pub(crate) part: u64,
    pub(crate) lots: Vec<(u64, u64)>,
    /// Whom it has allowed how much, until when.
    pub(crate) grants: Vec<(usize, Option<u64>, u64)>,
    pub(crate) claimable: u64,
    known: bool,
    pub(crate) successor: Option<usize>,
}

/// An admission: the number of the policy, the entry of the attester, the last day.
#[derive(Clone, Copy)]
pub(crate) struct Proven {
    policy: u64,
    entry: u32,
    pub(crate) until: u32,
}

/// A register as one would write it on a page.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) people: Vec<Person>,
    pub(crate) holders: [Standing; HOLDERS],
    pub(crate) issuer: usize,
    pub(crate) officers: Vec<usize>,
    /// Which office, by whom, to whom.
    offers: Vec<(Office, usize, usize)>,
    policies: u64,
    /// Whether proofs are accepted.
    pub(crate) open: bool,
    pub(crate) today: u32,
    /// The list of blocked countries.
    pub(crate) blocked: usize,
    /// The attesters, each with the number of its entry.
    pub(crate) attesters: Vec<(usize, u32)>,
    entries: u32,
    pub(crate) caps: caps::Limits,
    country_caps: BTreeMap<u16, Option<u32>>,
    /// Names, hashes, and the heights at which they were set.
    pub(crate) documents: Vec<(usize, u8, u64)>,
    /// The heights of snapshots, and the shares of everybody.
    pub(crate) snapshots: Vec<(u64, Vec<u64>)>,
    pub(crate) paused: bool,
    pub(crate) supply: u64,
    pub(crate) distributed: u64,
    pub(crate) carried: u64,
    paid: u64,
}

impl Model {
    pub(crate) fn new(today: u32) -> Self {
        let issuer = Person { shares: SUPPLY, limit: Some(SUPPLY), known: true, ..Person::default() };
        let mut people = vec![Person::default(); PEOPLE];
        people[0] = issuer;
        Self {
            people,
            holders: [Standing::default(); HOLDERS],
            issuer: 0,
            officers: vec![0],
            offers: Vec::new(),
            policies: 1,
            open: true,
            today,
            blocked: 0,
            attesters: vec![(0, 1)],
            entries: 1,
            caps: caps::Limits::default(),
            country_caps: BTreeMap::new(),
            documents: Vec::new(),
            snapshots: Vec::new(),
            paused: false,
            supply: SUPPLY,
            distributed: 0,
            carried: 0,
            paid: 0,
        }
    }

    /// The next caller and call. Half of the calls are as they fall; for the others the dice get some tries to find one
    /// that is accepted, because most are not.
    pub(crate) fn choose(&self, dice: &mut Dice, height: u64) -> (usize, Call) {
        let tries = [1, 8][dice.roll(2)];
        let mut roll = || {
            let call = Call::random(dice, self);
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

    /// Makes a call, or changes nothing.
    pub(crate) fn apply(&mut self, by: usize, call: Call, height: u64) -> Result<(), Refused> {
        let mut next = self.clone();
        next.make(by, call, height)?;
        *self = next;
        Ok(())
    }

    fn make(&mut self, by: usize, call: Call, height: u64) -> Result<(), Refused> {
        let office = if self.officers.contains(&by) { Ok(()) } else { Err(offices::Refused::NotOfficer) };
        let issuing = if by == self.issuer { Ok(()) } else { Err(offices::Refused::NotIssuer) };
        match call {
            Call::Transfer { to, amount } => self.shift(Some(by), Some(to), amount, true, height)?,
            Call::TransferBatch { items } => {
                for (to, amount) in items {
                    self.shift(Some(by), Some(to), amount, true, height)?;
                }
            }
            Call::TransferFrom { owner, to, amount } => {
                self.present(by)?;
                self.present(owner)?;
                self.spend(by, owner, amount, height)?;
                self.shift(Some(owner), Some(to), amount, true, height)?;
            }
            Call::Approve { spender, allowed, blocks } => {
                self.present(spender)?;
                self.present(by)?;
                let current = self.grant(by, spender, height);
                let current = current.map_or(0, |at| self.people[by].grants[at].1.unwrap_or(u64::MAX));
                refuse_if(current > 0, operators::Refused::AllowanceChanged { allowed: current })?;
                self.allow(by, spender, (allowed > 0).then_some((Some(allowed), height + blocks)), height)?;
            }
            Call::SetOperator { operator, blocks } => {
                self.present(operator)?;
                self.present(by)?;
                self.allow(by, operator, blocks.map(|blocks| (None, height + blocks)), height)?;
            }
            Call::Admit { holder, attester } => {
                refuse_if(!self.open, admission::Refused::NoPolicy)?;
                let Some(entry) = self.attesters.iter().find(|known| known.0 == attester) else {
                    return Err(attesters::Refused::UnknownAttester.into());
                };
                let proven = Proven { policy: self.policies, entry: entry.1, until: self.today };
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
                self.people[by].proven = Some(proven);
            }
            Call::SetPolicy => {
                office?;
                self.policies += 1;
                self.entries += 1;
                (self.open, self.blocked, self.attesters) = (true, 0, vec![(0, self.entries)]);
            }
            Call::EndPolicy => {
                office?;
                self.policies += 1;
                self.open = false;
            }
            Call::SetToday { day } => {
                office?;
                refuse_if(day < self.today, calendar::Refused::Backwards { today: self.today })?;
                self.today = day;
            }
            Call::SetBlocked { list } => {
                office?;
                self.policies += 1;
                self.blocked = list;
            }
            Call::Trust { attester, instead } => {
                office?;
                if let Some(instead) = instead {
                    self.distrust(instead)?;
                }
                let known = self.attesters.iter().any(|known| known.0 == attester);
                refuse_if(known, attesters::Refused::KnownAttester)?;
                self.entries += 1;
                self.attesters.push((attester, self.entries));
            }
            Call::Distrust { attester } => {
                office?;
                self.distrust(attester)?;
            }
            Call::Force { from, to, amount } => {
                office?;
                self.shift(Some(from), Some(to), amount, false, height)?;
            }
            Call::MoveDividends { from, to } => {
                office?;
                refuse_if(from == to, ledger::Refused::SameAccount)?;
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
                let (from_office, to_office) = (self.has_office(from), self.has_office(to));
                refuse_if(!self.people[from].known && !from_office, ledger::Refused::NothingToRecover)?;
                refuse_if(to_office, ledger::Refused::ToKnown)?;
                let lost = Person { successor: Some(to), known: true, ..Person::default() };
                self.people[to] = std::mem::replace(&mut self.people[from], lost);
                self.people[to].known = true;
                for grant in self.people.iter_mut().flat_map(|person| &mut person.grants) {
                    grant.0 = if grant.0 == from { to } else { grant.0 };
                }
                for (_, shares) in &mut self.snapshots {
                    shares[to] = std::mem::take(&mut shares[from]);
                }
                self.offers.retain(|offer| offer.1 != from);
                for offer in &mut self.offers {
                    offer.2 = if offer.2 == from { to } else { offer.2 };
                }
                if self.issuer == from {
                    self.issuer = to;
                }
                if self.officers.contains(&from) {
                    self.replace_officer(from, to);
                }
            }
            Call::Issue { to, amount } => {
                office?;
                self.shift(None, Some(to), amount, false, height)?;
            }
            Call::IssueLocked { to, amount, blocks } => {
                office?;
                self.shift(None, Some(to), amount, false, height)?;
                self.lock(to, amount, height + blocks, height)?;
            }
            Call::Redeem { from, amount } => {
                office?;
                self.shift(Some(from), None, amount, false, height)?;
            }
            Call::List { person, limit } => {
                office?;
                self.list(person, limit)?;
            }
            Call::ListBatch { items } => {
                office?;
                for (person, limit) in items {
                    self.list(person, limit)?;
                }
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
                self.lock(person, amount, height + blocks, height)?;
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
                self.caps = caps::Limits { supply: None, holders, share };
            }
            Call::CapSupply { supply } => {
                office?;
                self.caps = caps::Limits { supply: Some(supply), ..caps::Limits::default() };
            }
            Call::SetCountryCap { country, most } => {
                office?;
                self.country_caps.insert(country, most);
            }
            Call::SetDocument { name, hash } => {
                office?;
                match self.documents.iter_mut().find(|document| document.0 == name) {
                    Some(document) => *document = (name, hash, height),
                    None => self.documents.push((name, hash, height)),
                }
            }
            Call::RemoveDocument { name } => {
                office?;
                let known = self.documents.iter().any(|document| document.0 == name);
                refuse_if(!known, documents::Refused::UnknownDocument)?;
                self.documents.retain(|document| document.0 != name);
            }
            Call::TakeSnapshot => {
                office?;
                self.snapshots.push((height, self.people.iter().map(|person| person.shares).collect()));
            }
            Call::Appoint { person } => {
                self.present(person)?;
                issuing?;
                refuse_if(self.officers.contains(&person), offices::Refused::AlreadyOfficer)?;
                self.officers.push(person);
            }
            Call::Dismiss { person } => {
                issuing?;
                refuse_if(!self.officers.contains(&person), offices::Refused::UnknownOfficer)?;
                self.officers.retain(|officer| *officer != person);
                self.offers.retain(|offer| (offer.0, offer.1) != (Office::Officer, person));
            }
            Call::OfferOffice { office: which, to } => {
                match which {
                    Office::Issuer => issuing?,
                    Office::Officer => office?,
                }
                self.offers.retain(|offer| (offer.0, offer.1) != (which, by));
                self.offers.extend(to.map(|to| (which, by, to)));
            }
            Call::TakeOffice { office: which } => {
                self.present(by)?;
                let found = self.offers.iter().position(|offer| (offer.0, offer.2) == (which, by));
                let Some(at) = found else { return Err(offices::Refused::NotOffered.into()) };
                let twice = which == Office::Officer && self.officers.contains(&by);
                refuse_if(twice, offices::Refused::AlreadyOfficer)?;
                let from = self.offers.remove(at).1;
                match which {
                    Office::Issuer => self.issuer = by,
                    Office::Officer => self.replace_officer(from, by),
                }
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
                issuing?;
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

    /// The grant that a spender uses next.
    fn grant(&self, owner: usize, spender: usize, height: u64) -> Option<usize> {
        self.people[owner].grants.iter().position(|grant| grant.0 == spender && height <= grant.2)
    }

    fn spend(&mut self, by: usize, owner: usize, amount: u64, height: u64) -> Result<(), Refused> {
        let Some(at) = self.grant(owner, by, height) else {
            let ended = self.people[owner].grants.iter().find(|grant| grant.0 == by);
            return Err(match ended {
                Some(grant) => operators::Refused::Expired { until: grant.2 },
                None => operators::Refused::AllowanceExceeded { allowed: 0 },
            }
            .into());
        };
        let grants = &mut self.people[owner].grants;
        if let Some(allowed) = grants[at].1 {
            refuse_if(amount > allowed, operators::Refused::AllowanceExceeded { allowed })?;
            grants[at].1 = Some(allowed - amount);
        }
        grants.retain(|grant| grant.1 != Some(0));
        Ok(())
    }

    fn allow(
        &mut self,
        owner: usize,
        spender: usize,
        grant: Option<(Option<u64>, u64)>,
        height: u64,
    ) -> Result<(), Refused> {
        refuse_if(spender == owner, operators::Refused::Oneself)?;
        let person = &mut self.people[owner];
        person.grants.retain(|grant| grant.0 != spender && grant.2 >= height);
        person.grants.extend(grant.map(|(allowed, until)| (spender, allowed, until)));
        person.known = true;
        Ok(())
    }

    fn distrust(&mut self, attester: usize) -> Result<(), Refused> {
        let known = self.attesters.iter().any(|known| known.0 == attester);
        refuse_if(!known, attesters::Refused::UnknownAttester)?;
        self.attesters.retain(|known| known.0 != attester);
        Ok(())
    }

    fn list(&mut self, person: usize, limit: u64) -> Result<(), Refused> {
        self.present(person)?;
        refuse_if(self.people[person].limit.is_some(), admission::Refused::AlreadyListed)?;
        (self.people[person].limit, self.people[person].known) = (Some(limit), true);
        self.standing_mut(person).barred = false;
        Ok(())
    }

    fn has_office(&self, person: usize) -> bool {
        self.issuer == person || self.officers.contains(&person)
    }

    fn replace_officer(&mut self, from: usize, to: usize) {
        self.officers.retain(|officer| ![from, to].contains(officer));
        self.officers.push(to);
    }

    fn present(&self, person: usize) -> Result<(), Refused> {
        refuse_if(self.people[person].successor.is_some(), ledger::Refused::Lost)
    }

    /// The decisions that hold for an account.
    pub(crate) fn standing(&self, person: usize) -> Standing {
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

    /// The proof that admits an account, if it still does.
    pub(crate) fn proven(&self, person: usize) -> Option<Proven> {
        let entry = |entry| self.attesters.iter().any(|attester| attester.1 == entry);
        let holds = |by: &Proven| {
            self.open && by.policy == self.policies && self.today <= by.until && entry(by.entry)
        };
        self.people[person].proven.filter(|by| holds(by) && !self.standing(person).barred)
    }

    fn admits(&self, person: usize) -> bool {
        self.people[person].limit.is_some() || self.proven(person).is_some()
    }

    fn can_receive(&self, to: usize) -> Result<(), Refused> {
        refuse_if(!self.admits(to), admission::Refused::ReceiverNotAdmitted)?;
        refuse_if(self.standing(to).frozen, freezes::Refused::ReceiverFrozen)
    }

    /// The shares of all accounts of the holder behind an account.
    fn held(&self, person: usize) -> u64 {
        match self.people[person].tied {
            Some(holder) => self.held_by(holder),
            None => self.people[person].shares,
        }
    }

    pub(crate) fn held_by(&self, holder: usize) -> u64 {
        self.people.iter().filter(|person| person.tied == Some(holder)).map(|person| person.shares).sum()
    }

    /// Holders, counted anew: in all, or in a country.
    pub(crate) fn count(&self, country: Option<u16>) -> u32 {
        let is_in = |standing: Standing| country.is_none_or(|country| standing.country == country);
        let persons = (0..HOLDERS).filter(|holder| self.held_by(*holder) > 0 && is_in(self.holders[*holder]));
        let others = self.people.iter();
        let others = others.filter(|other| other.tied.is_none() && other.shares > 0 && is_in(other.standing));
        u32::try_from(persons.count() + others.count()).expect("there are few people")
    }

    pub(crate) fn locked(&self, person: usize, height: u64) -> u64 {
        self.people[person].lots.iter().filter(|lot| lot.1 > height).map(|lot| lot.0).sum()
    }

    fn lock(&mut self, person: usize, amount: u64, until: u64, height: u64) -> Result<(), Refused> {
        self.present(person)?;
        refuse_if(until <= height, lots::Refused::EndsInThePast)?;
        let free = self.people[person].shares - self.locked(person, height);
        refuse_if(amount == 0 || amount > free, lots::Refused::NotFree { free })?;
        self.add_lot(person, amount, until, height)
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
        if let (None, Some(most)) = (from, self.caps.supply) {
            let left = most.saturating_sub(self.supply);
            refuse_if(amount > left, caps::Refused::SupplyCapped { left })?;
        }
        if self.is_own(from, to) {
            return Ok(());
        }
        if let (Some(most), 0) = (self.caps.holders, self.held(to)) {
            let leaves = from.is_some_and(|from| self.held(from) == amount);
            refuse_if(self.count(None) - u32::from(leaves) >= most, caps::Refused::TooManyHolders { most })?;
        }
        let country = self.standing(to).country;
        if let (Some(Some(most)), 0) = (self.country_caps.get(&country).copied(), self.held(to)) {
            let leaves =
                from.is_some_and(|from| self.held(from) == amount && self.standing(from).country == country);
            let full = self.count(Some(country)) - u32::from(leaves) >= most;
            refuse_if(full, caps::Refused::TooManyInCountry { country, most })?;
        }
        if let Some(most) = self.caps.share {
            let supply = self.supply + if from.is_none() { amount } else { 0 };
            let large = (self.held(to) + amount) * 10_000 > supply * u64::from(most);
            refuse_if(large, caps::Refused::ShareTooLarge { most })?;
        }
        Ok(())
    }

    /// The amount that holders may still claim, in LUX.
    pub(crate) fn owed(&self) -> u64 {
        self.people.iter().map(|person| person.claimable).sum()
    }

    /// No share and no LUX comes from nowhere or gets lost.
    pub(crate) fn check(&self) {
        assert_eq!(self.people.iter().map(|person| person.shares).sum::<u64>(), self.supply);
        assert_eq!(self.owed() + self.paid + self.carried, self.distributed);
    }
}

fn refuse_if(condition: bool, refusal: impl Into<Refused>) -> Result<(), Refused> {
    if condition { Err(refusal.into()) } else { Ok(()) }
}
