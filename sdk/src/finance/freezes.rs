//! Freezes: of an account with all accounts of its person, and of a part of an account's shares.
//!
//! A frozen holder neither sends nor receives. A frozen part is a number of shares that the account must keep. It may
//! be larger than the holding; then it also covers shares that the account receives later. Officers can move frozen
//! shares, which does not change the freezes.

use super::ledger;
use super::officer::Officer;
use super::rule::{Act, Kept, Move, Rule, Tied};
use crate::env::emit;
use crate::field::Field;
use crate::prelude::{String, ensure, error, event};
use crate::principal::Principal;

/// The rule about freezes. It has no settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Freezes;

/// Whether a holder is frozen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freeze {
    frozen: bool,
}

/// The number of an account's shares that are frozen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    shares: u64,
}

/// A holder was frozen: an account, or a person with all its accounts.
#[event]
pub struct Frozen {
    /// The account, if the officer named one.
    pub account: Option<Principal>,
    /// The person, if the officer named the person or one of its accounts.
    pub tag: Option<Field>,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// An officer ended the freeze of a holder.
#[event]
pub struct Unfrozen {
    /// The account, if the officer named one.
    pub account: Option<Principal>,
    /// The person, if the officer named the person or one of its accounts.
    pub tag: Option<Field>,
    /// The officer.
    pub by: Principal,
}

/// An officer changed the number of an account's frozen shares.
#[event]
pub struct PartFrozen {
    /// The holder of the shares.
    pub account: Principal,
    /// The new number of frozen shares.
    pub amount: u64,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// The errors of freezes.
#[error(first = 9120)]
pub enum Refused {
    /// The sender is frozen.
    SenderFrozen,
    /// The receiver is frozen.
    ReceiverFrozen,
    /// A part of the shares is frozen; only `free` may move.
    PartFrozen {
        /// The number of shares.
        free: u64,
    },
    /// The account or the person is frozen already.
    AlreadyFrozen,
    /// The account or the person is not frozen.
    NotFrozen,
    /// The recovery goes to an account that is frozen.
    ToFrozen,
    /// A frozen account cannot claim.
    ClaimantFrozen,
    /// The number of frozen shares is the same already.
    SamePart,
}

impl Freeze {
    /// Whether the holder is frozen.
    #[must_use]
    pub fn is_frozen(self) -> bool {
        self.frozen
    }

    /// Freezes a holder, known or not.
    ///
    /// # Errors
    /// [`Refused::AlreadyFrozen`], and [`ledger::Refused::ReasonLength`].
    pub fn freeze<E>(
        &mut self,
        by: Officer,
        account: Option<Principal>,
        tag: Option<Field>,
        reason: String,
    ) -> Result<(), E>
    where
        E: From<Refused> + From<ledger::Refused>,
    {
        ledger::check_reason(&reason)?;
        ensure!(!self.frozen, Refused::AlreadyFrozen.into());
        self.frozen = true;
        emit(Frozen { account, tag, by: by.who(), reason });
        Ok(())
    }

    /// Ends a freeze.
    ///
    /// # Errors
    /// [`Refused::NotFrozen`].
    pub fn unfreeze(&mut self, by: Officer, account: Option<Principal>, tag: Option<Field>) -> Result<(), Refused> {
        ensure!(self.frozen, Refused::NotFrozen);
        self.frozen = false;
        emit(Unfrozen { account, tag, by: by.who() });
        Ok(())
    }

    /// Checks that the holder may claim its earnings.
    ///
    /// # Errors
    /// [`Refused::ClaimantFrozen`].
    pub fn require_claiming(self) -> Result<(), Refused> {
        ensure!(!self.frozen, Refused::ClaimantFrozen);
        Ok(())
    }
}

impl Part {
    /// The number of frozen shares.
    #[must_use]
    pub fn shares(self) -> u64 {
        self.shares
    }

    /// Sets the number of an account's frozen shares. Zero ends the freeze.
    ///
    /// # Errors
    /// [`Refused::SamePart`], and [`ledger::Refused::ReasonLength`].
    pub fn set<E>(&mut self, by: Officer, account: Principal, amount: u64, reason: String) -> Result<(), E>
    where
        E: From<Refused> + From<ledger::Refused>,
    {
        ledger::check_reason(&reason)?;
        ensure!(self.shares != amount, Refused::SamePart.into());
        self.shares = amount;
        emit(PartFrozen { account, amount, by: by.who(), reason });
        Ok(())
    }
}

impl Rule for Freezes {
    type Refusal = Refused;
    type Account = Part;
    type Holder = Freeze;

    fn can_send(&self, _: u64, from: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(!from.holder.frozen, Refused::SenderFrozen);
        Ok(())
    }

    fn can_receive(&self, _: u64, to: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(!to.holder.frozen, Refused::ReceiverFrozen);
        Ok(())
    }

    fn can_succeed(&self, to: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(!to.holder.frozen && to.account.shares == 0, Refused::ToFrozen);
        Ok(())
    }

    fn check(&self, order: &Move, from: Option<Kept<'_, Self>>, _: Option<Kept<'_, Self>>) -> Result<(), Refused> {
        if let (Act::Transfer, Some(side), Some(kept)) = (order.act, order.from, from) {
            let free = side.shares.saturating_sub(kept.account.shares);
            ensure!(order.amount <= free, Refused::PartFrozen { free });
        }
        Ok(())
    }

    fn tie(&mut self, tied: Tied<'_, Self>) {
        tied.person.frozen |= tied.holder.frozen;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kept, order};
    use super::*;

    #[test]
    fn a_frozen_part_cannot_be_spent_and_officers_move_it() {
        let (part, free) = (Part { shares: 30 }, Freeze::default());
        let from = Some(kept::<Freezes>(&part, &free));
        assert_eq!(Freezes.check(&order(Act::Transfer, 100, 0, 70), from, None), Ok(()));
        assert_eq!(Freezes.check(&order(Act::Transfer, 100, 0, 71), from, None), Err(Refused::PartFrozen { free: 70 }));
        assert_eq!(Freezes.check(&order(Act::Transfer, 20, 0, 1), from, None), Err(Refused::PartFrozen { free: 0 }));
        assert_eq!(Freezes.check(&order(Act::Force, 100, 0, 100), from, None), Ok(()));
    }

    #[test]
    fn a_freeze_of_the_account_or_of_the_person_is_one_of_both() {
        for (account, person) in [(true, false), (false, true)] {
            let mut known = Freeze { frozen: person };
            let holder = Freeze { frozen: account };
            Freezes.tie(Tied { shares: 1, holder, person: &mut known, held: 0 });
            assert!(known.is_frozen());
        }
    }

    #[test]
    fn a_frozen_account_takes_nobodys_place() {
        let (none, free, frozen) = (Part::default(), Freeze::default(), Freeze { frozen: true });
        assert_eq!(Freezes.can_succeed(kept(&none, &free)), Ok(()));
        assert_eq!(Freezes.can_succeed(kept(&none, &frozen)), Err(Refused::ToFrozen));
        assert_eq!(Freezes.can_succeed(kept(&Part { shares: 1 }, &free)), Err(Refused::ToFrozen));
    }
}
