//! Lock-ups: a height for all shares, and lots of an account with heights of their own.
//!
//! Transfers move only unlocked shares. Officers move locked shares as well: free shares first, then lots, the earliest
//! end first. A lot keeps its height with its next holder.

use alloc::vec::Vec;

use super::officer::Officer;
use super::rule::{Act, Changed, Kept, Move, Rule, Tied};
use crate::env::emit;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The maximum number of lots of an account. A transfer walks the lots of its sender.
pub const MAX_LOTS: u32 = 16;

/// The rule about lock-ups.
#[derive(Debug, Clone, Default)]
pub struct Lots {
    until: u64,
    /// Lots on their way from one account to another. Empty between calls.
    moving: Vec<Lot>,
}

/// Shares that are locked.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Lot {
    /// The number of shares.
    pub amount: u64,
    /// The first height at which they may move.
    pub until: u64,
}

/// The lots of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locked {
    /// Ordered by height; no two have the same.
    lots: Vec<Lot>,
    /// The lock-up of all shares does not bind it: it places them.
    treasury: bool,
}

/// An officer locked shares of an account.
#[event]
pub struct LockedUp {
    /// The holder of the shares.
    pub account: Principal,
    /// The number of shares.
    pub amount: u64,
    /// The first height at which they may move.
    pub until: u64,
    /// The officer.
    pub by: Principal,
}

/// The errors of lock-ups.
#[error(first = 9130)]
pub enum Refused {
    /// All shares are locked up until the height `until`.
    LockedUp {
        /// The height.
        until: u64,
    },
    /// A part of the shares is locked; only `free` may move.
    LotsLocked {
        /// The number of shares.
        free: u64,
    },
    /// The account would have more lots than `limit`.
    TooManyLots {
        /// The limit.
        limit: u32,
    },
    /// The lock-up would end at a height that has passed.
    EndsInThePast,
    /// Only `free` shares are not locked yet.
    NotFree {
        /// The number of shares.
        free: u64,
    },
}

impl Lots {
    /// Locks up all shares until a height, except for those of the [treasury](Locked::treasury).
    #[must_use]
    pub fn new(until: u64) -> Self {
        Self { until, moving: Vec::new() }
    }

    /// The first height at which all shares may move.
    #[must_use]
    pub fn until(&self) -> u64 {
        self.until
    }
}

impl Locked {
    /// An account that places shares, to which the lock-up of all shares does not apply.
    #[must_use]
    pub fn treasury() -> Self {
        Self { lots: Vec::new(), treasury: true }
    }

    /// The lots that are locked at a height.
    pub fn lots(&self, height: u64) -> impl Iterator<Item = Lot> + '_ {
        self.lots.iter().copied().filter(move |lot| lot.until > height)
    }

    /// The number of shares that are locked at a height.
    #[must_use]
    pub fn shares(&self, height: u64) -> u64 {
        self.lots(height).map(|lot| lot.amount).sum()
    }

    /// Locks some of an account's free shares.
    ///
    /// # Errors
    /// [`Refused::EndsInThePast`], [`Refused::NotFree`], [`Refused::TooManyLots`].
    pub fn lock(&mut self, by: Officer, account: Principal, shares: u64, lot: Lot, height: u64) -> Result<(), Refused> {
        self.check(shares, lot, height)?;
        self.add(lot, height);
        emit(LockedUp { account, amount: lot.amount, until: lot.until, by: by.who() });
        Ok(())
    }

    fn check(&self, shares: u64, lot: Lot, height: u64) -> Result<(), Refused> {
        ensure!(lot.until > height, Refused::EndsInThePast);
        let free = shares.saturating_sub(self.shares(height));
        ensure!(lot.amount > 0 && lot.amount <= free, Refused::NotFree { free });
        self.has_room(&[lot], height)
    }

    fn has_room(&self, more: &[Lot], height: u64) -> Result<(), Refused> {
        let known = |lot: &&Lot| self.lots.iter().any(|own| own.until == lot.until);
        let lots = self.lots(height).count() + more.iter().filter(|lot| !known(lot)).count();
        ensure!(lots <= MAX_LOTS as usize, Refused::TooManyLots { limit: MAX_LOTS });
        Ok(())
    }

    fn add(&mut self, lot: Lot, height: u64) {
        self.lots.retain(|own| own.until > height);
        match self.lots.binary_search_by_key(&lot.until, |own| own.until) {
            Ok(at) => self.lots[at].amount += lot.amount,
            Err(at) => self.lots.insert(at, lot),
        }
    }

    /// The lots that a move by an officer takes along.
    fn taken(&self, shares: u64, amount: u64, height: u64) -> Vec<Lot> {
        let mut left = amount.saturating_sub(shares.saturating_sub(self.shares(height)));
        let mut taken = Vec::new();
        for lot in self.lots(height) {
            let amount = lot.amount.min(left);
            if amount > 0 {
                taken.push(Lot { amount, ..lot });
                left -= amount;
            }
        }
        taken
    }
}

impl Rule for Lots {
    type Refusal = Refused;
    type Account = Locked;
    type Holder = ();

    fn can_send(&self, height: u64, from: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(from.account.treasury || height >= self.until, Refused::LockedUp { until: self.until });
        Ok(())
    }

    fn check(&self, order: &Move, from: Option<Kept<'_, Self>>, to: Option<Kept<'_, Self>>) -> Result<(), Refused> {
        let (Some(side), Some(kept)) = (order.from, from) else { return Ok(()) };
        if order.act == Act::Transfer {
            let free = side.shares.saturating_sub(kept.account.shares(order.height));
            ensure!(order.amount <= free, Refused::LotsLocked { free });
        } else if let Some(to) = to {
            to.account.has_room(&kept.account.taken(side.shares, order.amount, order.height), order.height)?;
        }
        Ok(())
    }

    fn sent(&mut self, order: &Move, from: Changed<'_, Self>) {
        let (false, Some(side)) = (order.act == Act::Transfer, order.from) else { return };
        let taken = from.account.taken(side.shares, order.amount, order.height);
        for lot in &taken {
            if let Some(own) = from.account.lots.iter_mut().find(|own| own.until == lot.until) {
                own.amount -= lot.amount;
            }
        }
        from.account.lots.retain(|lot| lot.amount > 0);
        // Redeemed shares arrive nowhere.
        if order.to.is_some() {
            self.moving = taken;
        }
    }

    fn received(&mut self, order: &Move, to: Changed<'_, Self>) {
        for lot in core::mem::take(&mut self.moving) {
            to.account.add(lot, order.height);
        }
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kept, order};
    use super::*;

    fn locked(lots: &[(u64, u64)]) -> Locked {
        let mut locked = Locked::default();
        for (amount, until) in lots {
            locked.add(Lot { amount: *amount, until: *until }, 0);
        }
        locked
    }

    #[test]
    fn what_is_locked_stays_until_its_height() {
        let account = locked(&[(30, 10), (20, 20)]);
        let check = |height, amount| {
            let order = Move { height, ..order(Act::Transfer, 100, 0, amount) };
            Lots::default().check(&order, Some(kept(&account, &())), None)
        };
        assert_eq!(check(9, 50), Ok(()));
        assert_eq!(check(9, 51), Err(Refused::LotsLocked { free: 50 }));
        assert_eq!(check(10, 80), Ok(()));
        assert_eq!(check(19, 81), Err(Refused::LotsLocked { free: 80 }));
        assert_eq!(check(20, 100), Ok(()));
    }

    #[test]
    fn a_lot_keeps_its_height_with_its_next_holder() {
        let mut rule = Lots::default();
        let (mut from, mut to) = (locked(&[(30, 10), (20, 20)]), locked(&[(5, 10)]));
        let order = order(Act::Force, 60, 7, 45);
        rule.check(&order, Some(kept(&from, &())), Some(kept(&to, &()))).unwrap();
        rule.sent(&order, Changed { account: &mut from, holder: &() });
        rule.received(&order, Changed { account: &mut to, holder: &() });
        assert_eq!(from, locked(&[(15, 20)]).clone(), "ten were free, thirty ended first, and five of the others");
        assert_eq!(to, locked(&[(35, 10), (5, 20)]));
        assert!(rule.moving.is_empty());
    }

    #[test]
    fn a_forced_move_needs_room_for_the_lots_that_it_takes() {
        let all: Vec<(u64, u64)> = (1..=u64::from(MAX_LOTS)).map(|until| (1, 10 + until)).collect();
        let (from, full) = (locked(&[(30, 10), (20, 11)]), locked(&all));
        let check = |act, amount, height| {
            let order = Move { height, ..order(act, 60, 16, amount) };
            Lots::default().check(&order, Some(kept(&from, &())), Some(kept(&full, &())))
        };
        let refused = Err(Refused::TooManyLots { limit: MAX_LOTS });
        assert_eq!(check(Act::Force, 10, 0), Ok(()), "ten are free");
        assert_eq!(check(Act::Force, 11, 0), refused);
        assert_eq!(check(Act::Force, 60, 10), Ok(()), "the first lot has ended, and the second one is known");
        assert_eq!(check(Act::Transfer, 10, 0), Ok(()), "a transfer takes no lots");
    }

    #[test]
    fn what_is_redeemed_arrives_nowhere() {
        let mut rule = Lots::default();
        let mut from = locked(&[(30, 10)]);
        let order = Move { to: None, ..order(Act::Redeem, 40, 0, 20) };
        rule.sent(&order, Changed { account: &mut from, holder: &() });
        assert_eq!((from.shares(0), rule.moving.len()), (20, 0));
    }

    #[test]
    fn lots_have_a_bound_and_an_end_ahead() {
        let mut account = Locked::default();
        for until in 1..=u64::from(MAX_LOTS) {
            let lot = Lot { amount: 1, until };
            account.check(100, lot, 0).unwrap();
            account.add(lot, 0);
        }
        let check = |amount, until, height| account.check(100, Lot { amount, until }, height);
        assert_eq!(check(1, 100, 0), Err(Refused::TooManyLots { limit: MAX_LOTS }));
        assert_eq!(check(1, 16, 0), Ok(()), "the same height is the same lot");
        assert_eq!(check(1, 100, 1), Ok(()), "what has ended makes room");
        assert_eq!(check(1, 5, 5), Err(Refused::EndsInThePast));
        assert_eq!(check(85, 16, 0), Err(Refused::NotFree { free: 84 }));
        assert_eq!(check(0, 16, 0), Err(Refused::NotFree { free: 84 }));
        assert_eq!(check(u64::MAX, u64::MAX, 0), Err(Refused::NotFree { free: 84 }));
    }

    #[test]
    fn the_lock_up_of_all_shares_does_not_bind_the_treasury() {
        let rule = Lots::new(10);
        let (holder, treasury) = (Locked::default(), Locked::treasury());
        assert_eq!(rule.can_send(9, kept(&holder, &())), Err(Refused::LockedUp { until: 10 }));
        assert_eq!(rule.can_send(10, kept(&holder, &())), Ok(()));
        assert_eq!(rule.can_send(9, kept(&treasury, &())), Ok(()));
    }
}
