//! The run: acts in an order that gives every property a chance to break.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Act, Holding, Outcome, Property, Report, Restricted, Violation};

/// Runs all properties against a token. At least one of the first three holders must have shares, and another one of
/// them must be able to receive some.
///
/// # Errors
/// [`Violation`] at the first property that does not hold.
pub fn restricted<T: Restricted>(token: &T) -> Result<Report, Violation> {
    let mut run = Run { token, report: Report::default() };
    run.supply()?;
    run.issues()?;
    run.checks()?;
    run.limits()?;
    run.caps()?;
    run.parts()?;
    run.freezes()?;
    run.forces()?;
    run.dividends()?;
    run.checks()?;
    run.recoveries()?;
    Ok(run.report)
}

struct Run<'a, T> {
    token: &'a T,
    report: Report,
}

/// The freeze of a part in this run.
const PART: u64 = 5;

impl<T: Restricted> Run<'_, T> {
    fn holds(&mut self, property: Property, holds: bool, seen: impl FnOnce() -> String) -> Result<(), Violation> {
        if !self.report.tried.contains(&property) {
            self.report.tried.push(property);
        }
        if holds { Ok(()) } else { Err(Violation::Broken { property, seen: seen() }) }
    }

    fn all(&self) -> Result<Vec<Holding>, Violation> {
        (0..self.token.holders()).map(|holder| Ok(self.token.holding(holder)?)).collect()
    }

    fn supply(&mut self) -> Result<(), Violation> {
        let (supply, all) = (self.token.supply()?, self.all()?);
        let sum: u128 = all.iter().map(|holding| u128::from(holding.shares)).sum();
        let property = Property::SupplyIsTheSum;
        self.holds(property, u128::from(supply) == sum, || format!("the supply is {supply}, the sum {sum}"))
    }

    /// Makes an act, and checks what holds after every act. `None`: the token has no such act.
    fn act(&mut self, act: Act) -> Result<Option<Result<(), String>>, Violation> {
        let before = self.all()?;
        let outcome = match self.token.act(act)? {
            Outcome::Absent => return Ok(None),
            Outcome::Refused(reason) => Err(reason),
            Outcome::Done(events) => {
                if act.is_officers() {
                    let seen = || format!("{act:?} emitted nothing");
                    self.holds(Property::OfficersAreSeen, !events.is_empty(), seen)?;
                }
                Ok(())
            }
        };
        self.supply()?;
        // A recovery moves what a holder had, also above a limit.
        if !matches!(act, Act::Recover { .. }) {
            for (holder, (old, new)) in before.iter().zip(self.all()?).enumerate() {
                let holds = new.shares <= new.limit.max(old.shares);
                let seen = || format!("{act:?} gave holder {holder} {} of {}", new.shares, new.limit);
                self.holds(Property::LimitHolds, holds, seen)?;
            }
        }
        Ok(Some(outcome))
    }

    fn done(&mut self, act: Act) -> Result<bool, Violation> {
        Ok(matches!(self.act(act)?, Some(Ok(()))))
    }

    fn checks(&mut self) -> Result<(), Violation> {
        for from in 0..self.token.holders() {
            for to in 0..self.token.holders() {
                self.agree(from, to)?;
            }
        }
        Ok(())
    }

    /// The check and the transfer agree for a pair, for amounts at the edges of all that may refuse.
    fn agree(&mut self, from: usize, to: usize) -> Result<(), Violation> {
        let (sender, receiver) = (self.token.holding(from)?, self.token.holding(to)?);
        let room = receiver.limit.saturating_sub(receiver.shares);
        let edges = [sender.free, sender.shares, room].map(|edge| edge.saturating_add(1));
        for amount in [0, 1, u64::MAX].into_iter().chain(edges) {
            let Some(told) = self.token.check(from, to, amount)? else { return Ok(()) };
            let Some(done) = self.act(Act::Transfer { from, to, amount })? else { return Ok(()) };
            let seen = || format!("{amount} from {from} to {to}: the check said {told:?}, then {done:?}");
            self.holds(Property::CheckAgrees, told == done, seen)?;
            if done.is_ok() {
                self.act(Act::Transfer { from: to, to: from, amount })?;
            }
        }
        Ok(())
    }

    fn issues(&mut self) -> Result<(), Violation> {
        for to in 0..self.token.holders() {
            if self.done(Act::Issue { to, amount: 3 })? {
                self.act(Act::Redeem { from: to, amount: 3 })?;
            }
        }
        Ok(())
    }

    fn limits(&mut self) -> Result<(), Violation> {
        for holder in 0..self.token.holders() {
            let Holding { limit, shares, .. } = self.token.holding(holder)?;
            let Some(over) = limit.checked_sub(shares).and_then(|room| room.checked_add(1)) else { continue };
            if self.done(Act::Issue { to: holder, amount: over })? {
                self.act(Act::Redeem { from: holder, amount: over })?;
            }
            for from in 0..self.token.holders() {
                self.act(Act::Force { from, to: holder, amount: over })?;
            }
        }
        Ok(())
    }

    /// Caps at what there is: no act adds a share, or a holder.
    fn caps(&mut self) -> Result<(), Violation> {
        let supply = self.token.supply()?;
        if self.done(Act::CapSupply { most: Some(supply) })? {
            for to in 0..self.token.holders() {
                let issued = self.done(Act::Issue { to, amount: 1 })?;
                self.holds(Property::CapHolds, !issued, || format!("an issue passed the cap of {supply} shares"))?;
            }
            self.act(Act::CapSupply { most: None })?;
        }
        let (Some(from), most) = (self.rich()?, self.count()?) else { return Ok(()) };
        if self.done(Act::CapHolders { most: Some(most) })? {
            for to in 0..self.token.holders() {
                if self.token.holding(to)?.shares == 0 {
                    self.act(Act::Force { from, to, amount: 1 })?;
                    self.act(Act::Issue { to, amount: 1 })?;
                    self.act(Act::Transfer { from, to, amount: 1 })?;
                    let holders = self.count()?;
                    self.holds(Property::CapHolds, holders <= most, || format!("{holders} of {most} holders"))?;
                    self.agree(from, to)?;
                }
            }
            self.act(Act::CapHolders { most: None })?;
        }
        Ok(())
    }

    /// A holder that can send shares and keeps some.
    fn rich(&self) -> Result<Option<usize>, Violation> {
        for holder in 0..self.token.holders() {
            let Holding { free, frozen, .. } = self.token.holding(holder)?;
            if free > PART && !frozen {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }

    /// The number of holders with shares.
    fn count(&self) -> Result<u32, Violation> {
        let holders = self.all()?.iter().filter(|holding| holding.shares > 0).count();
        Ok(u32::try_from(holders).unwrap_or(u32::MAX))
    }

    /// A pair of which the first can send two shares to the second.
    fn pair(&self) -> Result<Option<(usize, usize)>, Violation> {
        for from in 0..self.token.holders() {
            for to in 0..self.token.holders() {
                let (sender, receiver) = (self.token.holding(from)?, self.token.holding(to)?);
                let room = receiver.limit.saturating_sub(receiver.shares);
                let able = sender.free > 2 * PART && !sender.frozen && !receiver.frozen && room > 2 * PART;
                if from != to && able {
                    return Ok(Some((from, to)));
                }
            }
        }
        Ok(None)
    }

    fn parts(&mut self) -> Result<(), Violation> {
        let Some((from, to)) = self.pair()? else { return Ok(()) };
        let before = self.token.holding(from)?;
        if !self.done(Act::FreezePart { holder: from, amount: before.shares - 1 })? {
            return Ok(());
        }
        let spent = self.done(Act::Transfer { from, to, amount: 2 })?;
        self.holds(Property::FrozenPartStays, !spent, || "a frozen share was spent".into())?;
        let free = self.token.holding(from)?.free;
        self.holds(Property::FrozenPartStays, free <= 1, || format!("{free} of one share are free"))?;
        self.agree(from, to)?;
        // An officer takes frozen shares as well, and frees none of the others.
        if self.done(Act::Force { from, to, amount: 2 })? {
            let free = self.token.holding(from)?.free;
            self.holds(Property::ForceKeepsLocks, free == 0, || format!("a forced move freed {free} frozen shares"))?;
        }
        self.act(Act::FreezePart { holder: from, amount: 0 })?;
        Ok(())
    }

    fn freezes(&mut self) -> Result<(), Violation> {
        let Some((from, to)) = self.pair()? else { return Ok(()) };
        if !self.done(Act::Freeze { holder: from })? {
            return Ok(());
        }
        let sent = self.done(Act::Transfer { from, to, amount: 1 })?;
        let received = self.done(Act::Transfer { from: to, to: from, amount: 1 })?;
        let seen = || format!("a frozen account: sent {sent}, received {received}");
        self.holds(Property::FreezeHolds, !sent && !received, seen)?;
        self.agree(from, to)?;
        self.agree(to, from)?;
        self.act(Act::Unfreeze { holder: from })?;
        Ok(())
    }

    fn forces(&mut self) -> Result<(), Violation> {
        let Some((from, to)) = self.pair()? else { return Ok(()) };
        let frozen = self.done(Act::Freeze { holder: from })?;
        let free = self.token.holding(from)?.free;
        let locked = self.done(Act::Lock { holder: from, amount: free - 1 })?;
        let (old, receiver) = (self.token.holding(from)?, self.token.holding(to)?);
        // Two more than are free: they come from what is locked.
        let amount = (old.free + 2).min(old.shares);
        if self.done(Act::Force { from, to, amount })? {
            let (new, next) = (self.token.holding(from)?, self.token.holding(to)?);
            let property = Property::ForceKeepsLocks;
            self.holds(property, !frozen || new.frozen, || "a forced move lifted a freeze".into())?;
            let bound = |holding: &Holding| holding.shares - holding.free;
            let (before, after) = (bound(&old) + bound(&receiver), bound(&new) + bound(&next));
            let seen = || format!("{before} shares were bound, and {after} after a forced move");
            self.holds(property, !locked || after >= before, seen)?;
        }
        self.act(Act::Unfreeze { holder: from })?;
        Ok(())
    }

    fn dividends(&mut self) -> Result<(), Violation> {
        let sum = |all: &[Holding]| all.iter().map(|holding| u128::from(holding.claimable)).sum::<u128>();
        let (before, mut paid_in) = (sum(&self.all()?), 0);
        for lux in [1, 7, 1_000] {
            if !self.done(Act::Distribute { lux })? {
                return Ok(());
            }
            paid_in += u128::from(lux);
            let more = sum(&self.all()?).saturating_sub(before);
            // The remainder from before the run is shared out as well: fewer LUX than there are shares.
            let most = paid_in + u128::from(self.token.supply()?.saturating_sub(1));
            let seen = || format!("{paid_in} LUX became {more}");
            self.holds(Property::DividendsMintNothing, more <= most, seen)?;
        }
        Ok(())
    }

    fn recoveries(&mut self) -> Result<(), Violation> {
        let Some((from, _)) = self.pair()? else { return Ok(()) };
        let to = self.token.holders() - 1;
        // The lock covers fewer shares than the frozen part, which hides it: the free shares without the part show it.
        self.act(Act::Lock { holder: from, amount: 1 })?;
        let unlocked = self.token.holding(from)?.free;
        let has_part = self.done(Act::FreezePart { holder: from, amount: PART })?;
        self.act(Act::Freeze { holder: from })?;
        let allowing = self.owner_beside(from, to)?;
        let allowed = match allowing {
            Some((owner, _)) => self.done(Act::Approve { owner, spender: from, amount: 2 })?,
            None => false,
        };
        let old = self.token.holding(from)?;
        if !self.done(Act::Recover { from, to })? {
            return Ok(());
        }
        let (left, new) = (self.token.holding(from)?, self.token.holding(to)?);
        let property = Property::RecoveryMovesAll;
        self.holds(property, new == old, || format!("{old:?} became {new:?}"))?;
        let nothing = left.shares == 0 && left.claimable == 0;
        self.holds(property, nothing, || format!("{left:?} was left behind"))?;
        if has_part && self.done(Act::FreezePart { holder: to, amount: 0 })? {
            let free = self.token.holding(to)?.free;
            let seen = || format!("{unlocked} shares were not locked, and {free} after the recovery");
            self.holds(property, free == unlocked, seen)?;
        }
        let received = self.done(Act::Issue { to: from, amount: 1 })?;
        self.holds(property, !received, || "the lost account received a share".into())?;
        match allowing {
            Some((owner, receiver)) if allowed => self.allowances(owner, receiver, (from, to)),
            _ => Ok(()),
        }
    }

    /// A holder that can send three shares to another one, neither of them one of these two. It is given three more
    /// where too few of its own are free.
    fn owner_beside(&mut self, lost: usize, new: usize) -> Result<Option<(usize, usize)>, Violation> {
        let others: Vec<_> = (0..self.token.holders()).filter(|holder| ![lost, new].contains(holder)).collect();
        for owner in others.iter().copied() {
            for receiver in others.iter().copied().filter(|receiver| *receiver != owner) {
                let Holding { frozen, limit, shares, .. } = self.token.holding(receiver)?;
                if frozen || limit.saturating_sub(shares) < 3 || self.token.holding(owner)?.frozen {
                    continue;
                }
                if self.token.holding(owner)?.free < 3 {
                    self.act(Act::Issue { to: owner, amount: 3 })?;
                }
                if self.token.holding(owner)?.free >= 3 {
                    return Ok(Some((owner, receiver)));
                }
            }
        }
        Ok(None)
    }

    /// The new account gets the lost account's allowance of two shares from an owner.
    fn allowances(&mut self, owner: usize, receiver: usize, recovered: (usize, usize)) -> Result<(), Violation> {
        let (lost, new) = recovered;
        let property = Property::RecoveryMovesAllowances;
        let spend = |by, amount| Act::Spend { by, from: owner, to: receiver, amount };
        let used = self.done(spend(lost, 1))?;
        self.holds(property, !used, || "the lost account used what it had been allowed".into())?;
        let used = self.done(spend(new, 1))?;
        self.holds(property, used, || "what the lost account had been allowed was lost".into())?;
        let more = self.done(spend(new, 2))?;
        self.holds(property, !more, || "what was allowed once was used twice".into())
    }
}
