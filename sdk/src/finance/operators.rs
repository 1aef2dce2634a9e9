//! What others may do with a holder's shares: operators, who move all of them, and spenders with an allowance. Both end
//! at a height.

use alloc::vec::Vec;

use super::rule::{Kept, Rule, Tied};
use crate::env::emit;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The most operators and spenders of one holder.
pub const MAX_GRANTS: u32 = 16;

/// The rule that keeps them. It refuses no move: [`Grants::spend`] does, before the move.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operators;

/// What one holder has allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    grants: Vec<Grant>,
}

/// What one operator or spender may do.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Grant {
    /// Who.
    pub spender: Principal,
    /// How many shares it may still move. `None`: all.
    pub allowed: Option<u64>,
    /// The last height at which it may.
    pub until: u64,
}

/// A holder set what a spender may move.
#[event]
pub struct Approved {
    /// Whose shares.
    pub owner: Principal,
    /// Who may move them.
    pub spender: Principal,
    /// How many from now on.
    pub allowed: u64,
    /// The last height.
    pub until: u64,
}

/// A holder made somebody its operator, or takes that back.
#[event]
pub struct OperatorChanged {
    /// Whose shares.
    pub owner: Principal,
    /// Who may move all of them.
    pub operator: Principal,
    /// The last height. `None`: it is no operator any more.
    pub until: Option<u64>,
}

/// Why operators and allowances refuse.
#[error(first = 9170)]
pub enum Refused {
    /// The spender may move only `allowed`.
    AllowanceExceeded {
        /// How many.
        allowed: u64,
    },
    /// The allowance is not what the caller expected, but `allowed`: look again, then decide.
    AllowanceChanged {
        /// How many.
        allowed: u64,
    },
    /// What the spender or operator may do ended at the height `until`.
    Expired {
        /// The last height.
        until: u64,
    },
    /// The last height has passed.
    EndsInThePast,
    /// The holder has as many operators and spenders as it may have.
    TooManyGrants {
        /// How many.
        limit: u32,
    },
    /// Nobody is its own operator or spender.
    Oneself,
}

impl Grants {
    /// What a spender may still move at a height. `None`: everything, as an operator.
    #[must_use]
    pub fn allowance(&self, spender: Principal, height: u64) -> Option<u64> {
        self.find(spender).filter(|grant| height <= grant.until).map_or(Some(0), |grant| grant.allowed)
    }

    /// The operators and spenders, also those whose time has ended.
    #[must_use]
    pub fn list(&self) -> &[Grant] {
        &self.grants
    }

    /// Sets what a spender may move, provided that it is `expected` now. So a spender who uses the old allowance just
    /// before it changes cannot use the new one as well. Zero takes it back.
    ///
    /// # Errors
    /// [`Refused::AllowanceChanged`], [`Refused::EndsInThePast`], [`Refused::TooManyGrants`], [`Refused::Oneself`].
    pub fn approve(&mut self, owner: Principal, grant: Grant, expected: u64, height: u64) -> Result<(), Refused> {
        let current = self.allowance(grant.spender, height).unwrap_or(u64::MAX);
        ensure!(current == expected, Refused::AllowanceChanged { allowed: current });
        let allowed = grant.allowed.unwrap_or(u64::MAX);
        self.set(owner, grant, allowed > 0, height)?;
        emit(Approved { owner, spender: grant.spender, allowed, until: grant.until });
        Ok(())
    }

    /// Makes somebody an operator until a height, or takes that back.
    ///
    /// # Errors
    /// [`Refused::EndsInThePast`], [`Refused::TooManyGrants`], [`Refused::Oneself`].
    pub fn set_operator(
        &mut self,
        owner: Principal,
        operator: Principal,
        until: Option<u64>,
        height: u64,
    ) -> Result<(), Refused> {
        let grant = Grant { spender: operator, allowed: None, until: until.unwrap_or(u64::MAX) };
        self.set(owner, grant, until.is_some(), height)?;
        emit(OperatorChanged { owner, operator, until });
        Ok(())
    }

    /// Uses up an allowance before a move of the holder's shares.
    ///
    /// # Errors
    /// [`Refused::AllowanceExceeded`], [`Refused::Expired`].
    pub fn spend(&mut self, spender: Principal, amount: u64, height: u64) -> Result<(), Refused> {
        let found = self.grants.iter_mut().find(|grant| grant.spender == spender);
        let Some(grant) = found else { return Err(Refused::AllowanceExceeded { allowed: 0 }) };
        ensure!(height <= grant.until, Refused::Expired { until: grant.until });
        if let Some(allowed) = grant.allowed {
            ensure!(amount <= allowed, Refused::AllowanceExceeded { allowed });
            grant.allowed = Some(allowed - amount);
        }
        self.grants.retain(|grant| grant.allowed != Some(0));
        Ok(())
    }

    fn find(&self, spender: Principal) -> Option<Grant> {
        self.grants.iter().copied().find(|grant| grant.spender == spender)
    }

    fn set(&mut self, owner: Principal, grant: Grant, keep: bool, height: u64) -> Result<(), Refused> {
        ensure!(grant.spender != owner, Refused::Oneself);
        self.grants.retain(|own| own.spender != grant.spender && own.until >= height);
        if keep {
            ensure!(grant.until >= height, Refused::EndsInThePast);
            ensure!(self.grants.len() < MAX_GRANTS as usize, Refused::TooManyGrants { limit: MAX_GRANTS });
            self.grants.push(grant);
        }
        Ok(())
    }
}

impl Rule for Operators {
    type Refusal = super::ledger::Refused;
    type Account = Grants;
    type Holder = ();

    fn can_succeed(&self, _: Kept<'_, Self>) -> Result<(), Self::Refusal> {
        Ok(())
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use super::super::testing::who;
    use super::*;

    fn grant(spender: u8, allowed: Option<u64>, until: u64) -> Grant {
        Grant { spender: who(spender), allowed, until }
    }

    #[test]
    fn an_allowance_is_used_up_and_ends() {
        let mut grants = Grants::default();
        grants.set(who(1), grant(2, Some(10), 5), true, 0).unwrap();
        grants.spend(who(2), 4, 5).unwrap();
        assert_eq!(grants.allowance(who(2), 5), Some(6));
        assert_eq!(grants.spend(who(2), 7, 5), Err(Refused::AllowanceExceeded { allowed: 6 }));
        assert_eq!(grants.spend(who(3), 1, 5), Err(Refused::AllowanceExceeded { allowed: 0 }));
        assert_eq!(grants.spend(who(2), 1, 6), Err(Refused::Expired { until: 5 }));
        assert_eq!(grants.allowance(who(2), 6), Some(0));
        grants.spend(who(2), 6, 5).unwrap();
        assert!(grants.list().is_empty(), "what is used up is forgotten");
    }

    #[test]
    fn an_operator_moves_everything_until_its_height() {
        let mut grants = Grants::default();
        grants.set(who(1), grant(2, None, 5), true, 0).unwrap();
        for _ in 0..2 {
            grants.spend(who(2), u64::MAX, 5).unwrap();
        }
        assert_eq!(grants.spend(who(2), 1, 6), Err(Refused::Expired { until: 5 }));
        assert_eq!(grants.set(who(1), grant(2, None, 4), true, 5), Err(Refused::EndsInThePast));
        assert_eq!(grants.set(who(1), grant(1, None, 9), true, 5), Err(Refused::Oneself));
    }

    #[test]
    fn grants_have_a_bound_and_those_that_ended_make_room() {
        let mut grants = Grants::default();
        for spender in 0..16 {
            grants.set(who(99), grant(spender, Some(1), 5), true, 0).unwrap();
        }
        let full = Err(Refused::TooManyGrants { limit: MAX_GRANTS });
        assert_eq!(grants.set(who(99), grant(50, Some(1), 9), true, 5), full);
        assert_eq!(grants.set(who(99), grant(50, Some(1), 9), true, 6), Ok(()));
        assert_eq!(grants.list().len(), 1);
    }
}
