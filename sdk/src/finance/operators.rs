//! Grants to move a holder's shares: operators may move all of them, and spenders an allowance. Both grants end at a
//! height.
//!
//! A grant names an account. If that account loses its key and another account takes its place, the other account has
//! the grant: a [`Spender`] has the names of both.

use alloc::vec::Vec;

use super::rule::{Kept, Rule, Tied};
use crate::env::emit;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The maximum number of operators and spenders of one holder.
pub const MAX_GRANTS: u32 = 16;

/// The rule that keeps the grants. It refuses no move: [`Grants::spend`] refuses before the move.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operators;

/// The grants of one holder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    grants: Vec<Grant>,
}

/// The grant to one operator or spender.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Grant {
    /// The operator or spender.
    pub spender: Principal,
    /// The number of shares that it may still move. `None`: all shares.
    pub allowed: Option<u64>,
    /// The last height at which it may move them.
    pub until: u64,
}

/// The user of a grant: an account, and the lost accounts whose place it has taken. [`Ledger`](super::Ledger::spender)
/// makes it. Without recoveries, convert an account with `into()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spender {
    pub(super) now: Principal,
    /// Bounded by [`MAX_RECOVERIES`](super::ledger::MAX_RECOVERIES).
    pub(super) before: Vec<Principal>,
}

impl Spender {
    /// The present account.
    #[must_use]
    pub fn who(&self) -> Principal {
        self.now
    }

    /// Whether this is the account, or one of the lost accounts.
    #[must_use]
    pub fn is(&self, name: Principal) -> bool {
        self.now == name || self.before.contains(&name)
    }
}

impl From<Principal> for Spender {
    fn from(now: Principal) -> Self {
        Self { now, before: Vec::new() }
    }
}

/// A holder set the allowance of a spender.
#[event]
pub struct Approved {
    /// The holder of the shares.
    pub owner: Principal,
    /// The spender.
    pub spender: Principal,
    /// The new allowance, in shares.
    pub allowed: u64,
    /// The last height of the allowance.
    pub until: u64,
}

/// A holder made an account its operator, or ended this.
#[event]
pub struct OperatorChanged {
    /// The holder of the shares.
    pub owner: Principal,
    /// The operator, who may move all of them.
    pub operator: Principal,
    /// The last height. `None`: the account is no longer an operator.
    pub until: Option<u64>,
}

/// The errors of operators and allowances.
#[error(first = 9170)]
pub enum Refused {
    /// The spender may move only `allowed`.
    AllowanceExceeded {
        /// The number of shares.
        allowed: u64,
    },
    /// The allowance is `allowed`, and not the expected one: check it, then decide again.
    AllowanceChanged {
        /// The number of shares.
        allowed: u64,
    },
    /// The grant to the spender or operator ended at the height `until`.
    Expired {
        /// The last height of the allowance.
        until: u64,
    },
    /// The last height has passed.
    EndsInThePast,
    /// The holder has reached the maximum number of operators and spenders.
    TooManyGrants {
        /// The limit.
        limit: u32,
    },
    /// An account cannot be its own operator or spender.
    Oneself,
}

impl Grants {
    /// The number of shares that a spender may still move at a height. `None`: all shares, as an operator.
    #[must_use]
    pub fn allowance(&self, spender: &Spender, height: u64) -> Option<u64> {
        self.find(spender, height).map_or(Some(0), |at| self.grants[at].allowed)
    }

    /// The operators and spenders, including those whose grants have ended.
    #[must_use]
    pub fn list(&self) -> &[Grant] {
        &self.grants
    }

    /// Sets the allowance of a spender, if it is `expected` now. So a spender who uses the old allowance just before
    /// the change cannot use the new one as well. Zero ends the allowance.
    ///
    /// # Errors
    /// [`Refused::AllowanceChanged`], [`Refused::EndsInThePast`], [`Refused::TooManyGrants`], [`Refused::Oneself`].
    pub fn approve(
        &mut self,
        owner: Principal,
        spender: &Spender,
        expected: u64,
        allowed: u64,
        until: u64,
        height: u64,
    ) -> Result<(), Refused> {
        let current = self.allowance(spender, height).unwrap_or(u64::MAX);
        ensure!(current == expected, Refused::AllowanceChanged { allowed: current });
        let grant = Grant { spender: spender.now, allowed: Some(allowed), until };
        self.set(owner, spender, grant, allowed > 0, height)?;
        emit(Approved { owner, spender: spender.now, allowed, until });
        Ok(())
    }

    /// Makes an account an operator until a height, or ends this.
    ///
    /// # Errors
    /// [`Refused::EndsInThePast`], [`Refused::TooManyGrants`], [`Refused::Oneself`].
    pub fn set_operator(
        &mut self,
        owner: Principal,
        operator: &Spender,
        until: Option<u64>,
        height: u64,
    ) -> Result<(), Refused> {
        let grant = Grant { spender: operator.now, allowed: None, until: until.unwrap_or(u64::MAX) };
        self.set(owner, operator, grant, until.is_some(), height)?;
        emit(OperatorChanged { owner, operator: operator.now, until });
        Ok(())
    }

    /// Uses up an allowance before a move of the holder's shares.
    ///
    /// # Errors
    /// [`Refused::AllowanceExceeded`], [`Refused::Expired`].
    pub fn spend(&mut self, spender: &Spender, amount: u64, height: u64) -> Result<(), Refused> {
        let Some(at) = self.find(spender, height) else {
            let ended = self.grants.iter().find(|grant| spender.is(grant.spender));
            return Err(match ended {
                Some(grant) => Refused::Expired { until: grant.until },
                None => Refused::AllowanceExceeded { allowed: 0 },
            });
        };
        if let Some(allowed) = self.grants[at].allowed {
            ensure!(amount <= allowed, Refused::AllowanceExceeded { allowed });
            if allowed == amount {
                self.grants.remove(at);
            } else {
                self.grants[at].allowed = Some(allowed - amount);
            }
        }
        Ok(())
    }

    /// The first grant of a spender that has not ended. An account that others had allowed something to before it took
    /// the place of a lost one has a grant under either name: it uses one after the other.
    fn find(&self, spender: &Spender, height: u64) -> Option<usize> {
        self.grants.iter().position(|grant| height <= grant.until && spender.is(grant.spender))
    }

    fn set(
        &mut self,
        owner: Principal,
        spender: &Spender,
        grant: Grant,
        keep: bool,
        height: u64,
    ) -> Result<(), Refused> {
        ensure!(grant.spender != owner, Refused::Oneself);
        self.grants.retain(|own| own.until >= height && !spender.is(own.spender));
        if keep {
            ensure!(grant.until >= height, Refused::EndsInThePast);
            ensure!(self.grants.len() < MAX_GRANTS as usize, Refused::TooManyGrants { limit: MAX_GRANTS });
            self.grants.push(grant);
        }
        Ok(())
    }
}

impl Rule for Operators {
    type Refusal = Refused;
    type Account = Grants;
    type Holder = ();

    fn can_succeed(&self, _: Kept<'_, Self>) -> Result<(), Self::Refusal> {
        Ok(())
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::testing::who;
    use super::*;

    fn grant(spender: u8, allowed: Option<u64>, until: u64) -> Grant {
        Grant { spender: who(spender), allowed, until }
    }

    /// Lets a holder give a grant at a height.
    fn set(grants: &mut Grants, owner: u8, grant: Grant, height: u64) -> Result<(), Refused> {
        grants.set(who(owner), &grant.spender.into(), grant, true, height)
    }

    #[test]
    fn an_allowance_is_used_up_and_ends() {
        let (mut grants, spender, other) = (Grants::default(), who(2).into(), who(3).into());
        set(&mut grants, 1, grant(2, Some(10), 5), 0).unwrap();
        grants.spend(&spender, 4, 5).unwrap();
        assert_eq!(grants.allowance(&spender, 5), Some(6));
        assert_eq!(grants.spend(&spender, 7, 5), Err(Refused::AllowanceExceeded { allowed: 6 }));
        assert_eq!(grants.spend(&other, 1, 5), Err(Refused::AllowanceExceeded { allowed: 0 }));
        assert_eq!(grants.spend(&spender, 1, 6), Err(Refused::Expired { until: 5 }));
        assert_eq!(grants.allowance(&spender, 6), Some(0));
        grants.spend(&spender, 6, 5).unwrap();
        assert!(grants.list().is_empty(), "what is used up is forgotten");
    }

    #[test]
    fn an_operator_moves_everything_until_its_height() {
        let mut grants = Grants::default();
        set(&mut grants, 1, grant(2, None, 5), 0).unwrap();
        for _ in 0..2 {
            grants.spend(&who(2).into(), u64::MAX, 5).unwrap();
        }
        assert_eq!(grants.spend(&who(2).into(), 1, 6), Err(Refused::Expired { until: 5 }));
        assert_eq!(set(&mut grants, 1, grant(2, None, 4), 5), Err(Refused::EndsInThePast));
        assert_eq!(set(&mut grants, 1, grant(1, None, 9), 5), Err(Refused::Oneself));
    }

    #[test]
    fn grants_have_a_bound_and_those_that_ended_make_room() {
        let mut grants = Grants::default();
        for spender in 0..16 {
            set(&mut grants, 99, grant(spender, Some(1), 5), 0).unwrap();
        }
        let full = Err(Refused::TooManyGrants { limit: MAX_GRANTS });
        assert_eq!(set(&mut grants, 99, grant(50, Some(1), 9), 5), full);
        assert_eq!(set(&mut grants, 99, grant(50, Some(1), 9), 6), Ok(()));
        assert_eq!(grants.list().len(), 1);
    }

    #[test]
    fn a_grant_is_the_accounts_that_took_the_place_of_the_one_it_names() {
        let mut grants = Grants::default();
        set(&mut grants, 1, grant(2, Some(10), 9), 0).unwrap();
        set(&mut grants, 1, grant(4, Some(3), 9), 0).unwrap();
        // The fourth account has taken the place of the third, and that one the place of the second.
        let spender = Spender { now: who(4), before: vec![who(2), who(3)] };
        assert_eq!(grants.spend(&spender, 11, 0), Err(Refused::AllowanceExceeded { allowed: 10 }));
        grants.spend(&spender, 10, 0).unwrap();
        assert_eq!(grants.allowance(&spender, 0), Some(3), "what it had under its own name comes next");
        // The owner takes back all of it at once.
        set(&mut grants, 1, grant(2, Some(5), 9), 0).unwrap();
        grants.set(who(1), &spender, grant(4, Some(0), 9), false, 0).unwrap();
        assert!(grants.list().is_empty());
    }
}
