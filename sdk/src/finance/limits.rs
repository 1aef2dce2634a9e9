//! Limits of receiving: for an account, and for a person with all its accounts.
//!
//! An account with a limit of its own may receive until it holds that number of shares. All other accounts of a person
//! share the limit for persons: they may receive until all accounts of the person together hold that number.

use super::rule::{Kept, Move, Rule, Tied};
use crate::prelude::{ensure, error};

/// The rule about limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The limit for a person, unless the account has a limit of its own.
    pub person: u64,
}

/// The limit of one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// The errors of limits.
#[error(first = 9140)]
pub enum Refused {
    /// The receiver may receive only `room` more.
    LimitExceeded {
        /// The number of shares.
        room: u64,
    },
}

impl Limits {
    /// How many shares the receiver of a move may still receive. A move between accounts of one person that share
    /// its limit gives it no more than it has. A move from an account with a limit of its own does: that account
    /// has room again.
    fn room(&self, order: &Move, from: Option<Limit>, to: Limit) -> u64 {
        let Some(side) = order.to else { return u64::MAX };
        if let Limit(Some(limit)) = to {
            return limit.saturating_sub(side.shares);
        }
        match (from, order.from) {
            (Some(Limit(None)), _) if order.is_within_person() => u64::MAX,
            (Some(_), Some(own)) if order.is_within_person() => {
                self.person.saturating_sub(side.held.saturating_sub(own.shares))
            }
            _ => self.person.saturating_sub(side.held),
        }
    }
}

impl Rule for Limits {
    type Refusal = Refused;
    type Account = Limit;
    type Holder = ();

    fn check(&self, order: &Move, from: Option<Kept<'_, Self>>, to: Option<Kept<'_, Self>>) -> Result<(), Refused> {
        if let Some(to) = to {
            let room = self.room(order, from.map(|from| *from.account), *to.account);
            ensure!(order.amount <= room, Refused::LimitExceeded { room });
        }
        Ok(())
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}

#[cfg(test)]
mod tests {
    use super::super::rule::{Act, Side};
    use super::super::testing::{kept, order, person};
    use super::*;

    const RULE: Limits = Limits { person: 100 };

    fn check(order: &Move, from: Limit, to: Limit) -> Result<(), Refused> {
        RULE.check(order, Some(kept(&from, &())), Some(kept(&to, &())))
    }

    #[test]
    fn an_account_with_a_limit_receives_up_to_it() {
        let order = |amount| order(Act::Transfer, 1_000, 40, amount);
        assert_eq!(check(&order(10), Limit(None), Limit(Some(50))), Ok(()));
        assert_eq!(check(&order(11), Limit(None), Limit(Some(50))), Err(Refused::LimitExceeded { room: 10 }));
        assert_eq!(check(&order(1), Limit(None), Limit(Some(3))), Err(Refused::LimitExceeded { room: 0 }));
    }

    #[test]
    fn the_accounts_of_a_person_share_one_limit() {
        let order = order(Act::Transfer, 1_000, 40, 31);
        let side = Side { person: Some(person(1)), held: 70, ..order.to.unwrap() };
        let order = Move { to: Some(side), ..order };
        assert_eq!(check(&order, Limit(None), Limit(None)), Err(Refused::LimitExceeded { room: 30 }));
        assert_eq!(check(&Move { amount: 30, ..order }, Limit(None), Limit(None)), Ok(()));
    }

    #[test]
    fn what_moves_within_a_person_needs_no_room_unless_room_arises_elsewhere() {
        let order = order(Act::Transfer, 80, 40, 80);
        let of = |side: Option<Side>| Some(Side { person: Some(person(1)), held: 120, ..side.unwrap() });
        let order = Move { from: of(order.from), to: of(order.to), ..order };
        assert_eq!(check(&order, Limit(None), Limit(None)), Ok(()));
        assert_eq!(check(&order, Limit(Some(80)), Limit(None)), Err(Refused::LimitExceeded { room: 60 }));
    }
}
