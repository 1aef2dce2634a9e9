//! Dividends in DUSK, and their arithmetic.
//!
//! A dividend is a whole number of LUX for each share, rounded down. The remainder, fewer LUX than there are shares, is
//! carried to the next dividend. So an account's part is an exact product, no account gets too much, and
//! `distributed = Σ claimable + Σ paid + carried` holds after every call.
//!
//! A dividend does not walk over the accounts. The rule counts the LUX that one share has earned since the beginning.
//! An account stores the count up to which it has added its part to its earnings, and adds the rest before its number
//! of shares changes.

use super::officer::Officer;
use super::rule::{Changed, Move, Rule, Tied};
use crate::amount::Dusk;
use crate::env::emit;
use crate::money;
use crate::prelude::{String, ensure, error, event, vec};
use crate::principal::Principal;

/// The function through which a contract that holds shares receives its dividends: see [`money::accept`].
pub const RECEIVE: &str = "receive";

/// The rule that keeps the dividends of all shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dividends {
    distributed: u64,
    /// The total that one share has earned since the beginning.
    per_share: u64,
    /// The remainder of the division by the number of shares.
    carried: u64,
}

/// The earnings of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Earned {
    /// LUX that it may claim, as far as they have been taken over.
    taken_over: u64,
    /// The total that one share had earned when they were taken over.
    seen_per_share: u64,
}

/// The issuer paid in a dividend.
#[event]
pub struct Distributed {
    /// The amount.
    pub amount: Dusk,
    /// The LUX that each share earns, including the amount carried before.
    pub each: Dusk,
    /// The amount carried to the next dividend: less than a LUX for each share.
    pub carried: Dusk,
}

/// The contract paid a holder its dividends.
#[event]
pub struct Claimed {
    /// The holder.
    pub by: Principal,
    /// The amount.
    pub amount: Dusk,
}

/// An officer gave the earnings of an account to another account.
#[event]
pub struct DividendsMoved {
    /// The account that had earned it.
    pub from: Principal,
    /// The account that may claim it.
    pub to: Principal,
    /// The amount.
    pub amount: Dusk,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// The errors of dividends.
#[error(first = 9190)]
pub enum Refused {
    /// The dividend is zero.
    NoDividend,
    /// There is no share to pay a dividend for.
    NoShares,
    /// Only `left` more can ever be distributed: the sum of all dividends must fit into 64 bits.
    DividendTooLarge {
        /// The amount.
        left: Dusk,
    },
    /// There are no dividends to claim.
    NothingToClaim,
}

impl Dividends {
    /// The sum of all dividends so far.
    #[must_use]
    pub fn distributed(&self) -> Dusk {
        Dusk::from_lux(self.distributed)
    }

    /// The amount carried to the next dividend.
    #[must_use]
    pub fn carried(&self) -> Dusk {
        Dusk::from_lux(self.carried)
    }

    /// The amount that an account with this number of shares may claim.
    #[must_use]
    pub fn claimable(&self, earned: &Earned, shares: u64) -> Dusk {
        Dusk::from_lux(self.lux(earned, shares))
    }

    /// Takes the deposit of the transaction, and distributes it among all shares. Returns the amount that each share
    /// earns. Check the caller first.
    ///
    /// # Errors
    /// [`Refused::NoDividend`], [`Refused::NoShares`], [`Refused::DividendTooLarge`].
    pub fn distribute(&mut self, amount: Dusk, supply: u64) -> Result<Dusk, Refused> {
        let each = Dusk::from_lux(self.share_out(amount.lux(), supply)?);
        money::take_deposit(amount);
        emit(Distributed { amount, each, carried: self.carried() });
        Ok(each)
    }

    /// Pays a holder all its dividends. Changes the state first, and moves the money last. Pays a contract through its
    /// function [`RECEIVE`].
    ///
    /// A contract cannot receive a payment while a method runs that changes its state, so such a method cannot claim.
    /// Let anybody claim for a contract: the dividends go to the contract, whoever calls.
    ///
    /// # Errors
    /// [`Refused::NothingToClaim`].
    pub fn claim(&self, by: Principal, earned: &mut Earned, shares: u64) -> Result<Dusk, Refused> {
        let amount = Dusk::from_lux(self.take(earned, shares));
        ensure!(!amount.is_zero(), Refused::NothingToClaim);
        match by {
            Principal::Account(account) => money::pay(account, amount),
            Principal::Contract(contract) => money::pay_contract(contract, amount, RECEIVE, vec![]),
        }
        emit(Claimed { by, amount });
        Ok(amount)
    }

    /// Takes the earnings of an account, for another account: pass the result to [`Earned::give`].
    ///
    /// # Errors
    /// [`Refused::NothingToClaim`].
    pub fn seize(&self, earned: &mut Earned, shares: u64) -> Result<u64, Refused> {
        let lux = self.take(earned, shares);
        ensure!(lux > 0, Refused::NothingToClaim);
        Ok(lux)
    }

    fn share_out(&mut self, lux: u64, shares: u64) -> Result<u64, Refused> {
        ensure!(lux > 0, Refused::NoDividend);
        ensure!(shares > 0, Refused::NoShares);
        let left = Dusk::from_lux(u64::MAX - self.distributed);
        self.distributed = self.distributed.checked_add(lux).ok_or(Refused::DividendTooLarge { left })?;
        // Neither sum is above `distributed`, which fits.
        let open = self.carried + lux;
        let each = open / shares;
        self.per_share += each;
        self.carried = open % shares;
        Ok(each)
    }

    /// Cannot overflow: all accounts' parts together are at most what was distributed.
    fn lux(&self, earned: &Earned, shares: u64) -> u64 {
        earned.taken_over + shares * (self.per_share - earned.seen_per_share)
    }

    fn take(&self, earned: &mut Earned, shares: u64) -> u64 {
        let lux = self.lux(earned, shares);
        *earned = Earned { taken_over: 0, seen_per_share: self.per_share };
        lux
    }

    fn take_over(&self, earned: &mut Earned, shares: u64) {
        *earned = Earned { taken_over: self.lux(earned, shares), seen_per_share: self.per_share };
    }
}

impl Earned {
    /// Adds the earnings that [`Dividends::seize`] took from another account.
    pub fn give(&mut self, by: Officer, from: Principal, to: Principal, lux: u64, reason: String) {
        self.taken_over += lux;
        emit(DividendsMoved { from, to, amount: Dusk::from_lux(lux), by: by.who(), reason });
    }
}

impl Rule for Dividends {
    type Refusal = super::ledger::Refused;
    type Account = Earned;
    type Holder = ();

    fn sent(&mut self, order: &Move, from: Changed<'_, Self>) {
        self.take_over(from.account, order.from.map_or(0, |side| side.shares));
    }

    fn received(&mut self, order: &Move, to: Changed<'_, Self>) {
        self.take_over(to.account, order.to.map_or(0, |side| side.shares));
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use super::super::rule::Act;
    use super::super::testing::order;
    use super::*;

    #[test]
    fn what_does_not_divide_is_carried() {
        let mut dividends = Dividends::default();
        assert_eq!(dividends.share_out(10, 4), Ok(2));
        assert_eq!(dividends.carried, 2);
        assert_eq!(dividends.share_out(1, 4), Ok(0));
        assert_eq!(dividends.share_out(1, 4), Ok(1), "the carried 3 and this one are one for each share");
        assert_eq!((dividends.distributed, dividends.per_share, dividends.carried), (12, 3, 0));
    }

    #[test]
    fn the_largest_amounts_fit() {
        let mut dividends = Dividends::default();
        let mut holder = Earned::default();
        assert_eq!(dividends.share_out(u64::MAX, 1), Ok(u64::MAX));
        assert_eq!(dividends.share_out(1, 1), Err(Refused::DividendTooLarge { left: Dusk::ZERO }));
        assert_eq!(dividends.take(&mut holder, 1), u64::MAX);
        assert_eq!(dividends.take(&mut holder, 1), 0, "once");

        let mut dividends = Dividends::default();
        assert_eq!(dividends.share_out(u64::MAX - 1, u64::MAX), Ok(0));
        assert_eq!(dividends.share_out(1, u64::MAX), Ok(1));
        assert_eq!((dividends.lux(&Earned::default(), u64::MAX), dividends.carried), (u64::MAX, 0));
        assert_eq!(dividends.share_out(0, 1), Err(Refused::NoDividend));
        assert_eq!(Dividends::default().share_out(1, 0), Err(Refused::NoShares));
    }

    #[test]
    fn a_dividend_stays_with_who_held_the_shares() {
        let mut dividends = Dividends::default();
        let (mut from, mut to) = (Earned::default(), Earned::default());
        dividends.share_out(100, 10).unwrap();
        let order = order(Act::Transfer, 10, 0, 10);
        dividends.sent(&order, Changed { account: &mut from, holder: &() });
        dividends.received(&order, Changed { account: &mut to, holder: &() });
        dividends.share_out(10, 10).unwrap();
        assert_eq!((dividends.lux(&from, 0), dividends.lux(&to, 10)), (100, 10));
    }
}
