//! Rules about moves of shares, and their composition.

use crate::field::Field;
use crate::principal::Principal;

/// The kind of a move of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The holder moves them, or a spender or operator on its behalf.
    Transfer,
    /// An officer moves them, against the holder's will or without its key.
    Force,
    /// An officer creates shares.
    Issue,
    /// An officer destroys shares.
    Redeem,
}

/// One side of a move, before the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The account or contract.
    pub who: Principal,
    /// The person behind it, if a proof or an officer has tied it to one.
    pub person: Option<Field>,
    /// The shares of this account or contract.
    pub shares: u64,
    /// The shares of all accounts of its person; without a person, its own.
    pub held: u64,
}

/// A move of shares that rules judge. An issue has no sender, and a redemption no receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The kind of the move.
    pub act: Act,
    /// The sender.
    pub from: Option<Side>,
    /// The receiver.
    pub to: Option<Side>,
    /// The number of shares: at least one, and at most the sender's shares.
    pub amount: u64,
    /// The number of all shares before the move.
    pub supply: u64,
    /// The height of the block.
    pub height: u64,
}

impl Move {
    /// Whether both sides belong to one person. Then the move does not change the holding of a person.
    #[must_use]
    pub fn is_within_person(&self) -> bool {
        let person = |side: Option<Side>| side.and_then(|side| side.person);
        person(self.from).is_some_and(|from| person(self.to) == Some(from))
    }
}

/// The data of a rule for one account: that of the account, and that of the holder behind it.
#[derive(Debug)]
pub struct Kept<'a, R: Rule + ?Sized> {
    /// The data of the account.
    pub account: &'a R::Account,
    /// The data of the person behind it, or of the account itself if it has no person.
    pub holder: &'a R::Holder,
}

impl<R: Rule + ?Sized> Clone for Kept<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Rule + ?Sized> Copy for Kept<'_, R> {}

/// The data of a rule after a move: it may change that of the account.
#[derive(Debug)]
pub struct Changed<'a, R: Rule + ?Sized> {
    /// The data of the account.
    pub account: &'a mut R::Account,
    /// The data of the holder.
    pub holder: &'a R::Holder,
}

/// The input of a rule when an account is tied to a person.
#[derive(Debug)]
pub struct Tied<'a, R: Rule + ?Sized> {
    /// The shares of the account.
    pub shares: u64,
    /// The holder's data of the account until now.
    pub holder: R::Holder,
    /// The data of the person, which applies to the account from now on.
    pub person: &'a mut R::Holder,
    /// The shares of the person until now.
    pub held: u64,
}

/// A rule about moves of shares.
///
/// A rule contains its settings. Its data **for each account** has the type [`Account`](Rule::Account), and its data
/// for each holder the type [`Holder`](Rule::Holder). The [ledger](super::Ledger) stores the data of all rules in one
/// record for each account. So a move looks up two records, however many rules there are. The recovery of a lost key
/// moves the record as a whole, so no rule can leave anything behind.
///
/// Compose rules by [`rules!`](crate::rules). Rules read no chain: the height is part of the [`Move`].
pub trait Rule {
    /// Its errors.
    type Refusal;
    /// Its data for each account. The default is the data of an unknown account.
    type Account: Default;
    /// Its data for each holder: for a person with all its accounts, or for an account without a person.
    type Holder: Default;

    /// Whether an account may send at all. The ledger asks it only for [`Act::Transfer`], because officers can move all
    /// shares.
    ///
    /// # Errors
    /// The reason why it may not.
    fn can_send(&self, _height: u64, _from: Kept<'_, Self>) -> Result<(), Self::Refusal> {
        Ok(())
    }

    /// Whether an account may receive at all. The ledger asks it for every move with a receiver.
    ///
    /// # Errors
    /// The reason why it may not.
    fn can_receive(&self, _height: u64, _to: Kept<'_, Self>) -> Result<(), Self::Refusal> {
        Ok(())
    }

    /// Whether an account that this rule knows may take the place of an account with a lost key.
    ///
    /// # Errors
    /// The reason why it may not.
    fn can_succeed(&self, _to: Kept<'_, Self>) -> Result<(), Self::Refusal> {
        Ok(())
    }

    /// Judges a move whose sides may send and receive.
    ///
    /// # Errors
    /// The reason why it is refused.
    fn check(
        &self,
        _order: &Move,
        _from: Option<Kept<'_, Self>>,
        _to: Option<Kept<'_, Self>>,
    ) -> Result<(), Self::Refusal> {
        Ok(())
    }

    /// Follows a move out of an account. The move has passed every rule.
    fn sent(&mut self, _order: &Move, _from: Changed<'_, Self>) {}

    /// Follows a move into an account, after [`sent`](Rule::sent).
    fn received(&mut self, _order: &Move, _to: Changed<'_, Self>) {}

    /// Merges the data of an account into that of its person. The merge must not release anything: if one of the two is
    /// frozen, so is the result.
    fn tie(&mut self, tied: Tied<'_, Self>);
}

/// Composes [rules](crate::finance::Rule) into one: a struct with a field for each rule, and structs with the same
/// fields for their data of each account and each holder. The rules judge in this order; the first refusal ends a call.
///
/// ```
/// # use dusk_sdk::prelude::*;
/// use dusk_sdk::finance::{Freezes, Limits, freezes, ledger, limits};
///
/// #[error]
/// pub enum Refused {
///     #[from]
///     Ledger(ledger::Refused),
///     #[from]
///     Freezes(freezes::Refused),
///     #[from]
///     Limits(limits::Refused),
/// }
///
/// dusk_sdk::rules! {
///     /// The rules of this share.
///     pub struct Rules, Account, Holder refuse with Refused {
///         freezes: Freezes,
///         limits: Limits,
///     }
/// }
/// ```
#[macro_export]
macro_rules! rules {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $rules:ident, $account:ident, $holder:ident refuse with $refusal:ty {
            $($(#[$part_attribute:meta])* $part:ident: $rule:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        $visible struct $rules {
            $($(#[$part_attribute])* pub $part: $rule,)+
        }

        /// The data of the rules for each account.
        #[derive(Debug, Default)]
        $visible struct $account {
            $(
                /// The data of the rule of this name.
                pub $part: <$rule as $crate::finance::Rule>::Account,
            )+
        }

        /// The data of the rules for each holder.
        #[derive(Debug, Default)]
        $visible struct $holder {
            $(
                /// The data of the rule of this name.
                pub $part: <$rule as $crate::finance::Rule>::Holder,
            )+
        }

        impl $crate::finance::Rule for $rules {
            type Refusal = $refusal;
            type Account = $account;
            type Holder = $holder;

            fn can_send(
                &self,
                height: u64,
                from: $crate::finance::Kept<'_, Self>,
            ) -> ::core::result::Result<(), $refusal> {
                $({
                    let from = $crate::finance::Kept { account: &from.account.$part, holder: &from.holder.$part };
                    $crate::finance::Rule::can_send(&self.$part, height, from)?;
                })+
                Ok(())
            }

            fn can_receive(
                &self,
                height: u64,
                to: $crate::finance::Kept<'_, Self>,
            ) -> ::core::result::Result<(), $refusal> {
                $({
                    let to = $crate::finance::Kept { account: &to.account.$part, holder: &to.holder.$part };
                    $crate::finance::Rule::can_receive(&self.$part, height, to)?;
                })+
                Ok(())
            }

            fn can_succeed(&self, to: $crate::finance::Kept<'_, Self>) -> ::core::result::Result<(), $refusal> {
                $({
                    let to = $crate::finance::Kept { account: &to.account.$part, holder: &to.holder.$part };
                    $crate::finance::Rule::can_succeed(&self.$part, to)?;
                })+
                Ok(())
            }

            fn check(
                &self,
                order: &$crate::finance::Move,
                from: ::core::option::Option<$crate::finance::Kept<'_, Self>>,
                to: ::core::option::Option<$crate::finance::Kept<'_, Self>>,
            ) -> ::core::result::Result<(), $refusal> {
                $({
                    fn part<'a>(kept: $crate::finance::Kept<'a, $rules>) -> $crate::finance::Kept<'a, $rule> {
                        $crate::finance::Kept { account: &kept.account.$part, holder: &kept.holder.$part }
                    }
                    $crate::finance::Rule::check(&self.$part, order, from.map(part), to.map(part))?;
                })+
                Ok(())
            }

            fn sent(&mut self, order: &$crate::finance::Move, from: $crate::finance::Changed<'_, Self>) {
                $({
                    let from = $crate::finance::Changed {
                        account: &mut from.account.$part,
                        holder: &from.holder.$part,
                    };
                    $crate::finance::Rule::sent(&mut self.$part, order, from);
                })+
            }

            fn received(&mut self, order: &$crate::finance::Move, to: $crate::finance::Changed<'_, Self>) {
                $({
                    let to = $crate::finance::Changed { account: &mut to.account.$part, holder: &to.holder.$part };
                    $crate::finance::Rule::received(&mut self.$part, order, to);
                })+
            }

            fn tie(&mut self, tied: $crate::finance::Tied<'_, Self>) {
                let $crate::finance::Tied { shares, holder, person, held } = tied;
                $({
                    let tied =
                        $crate::finance::Tied { shares, holder: holder.$part, person: &mut person.$part, held };
                    $crate::finance::Rule::tie(&mut self.$part, tied);
                })+
            }
        }
    };
}
