//! The holdings of shares, and all their changes.
//!
//! One function judges all moves. [`Ledger::check`] returns its result, and [`Ledger::transfer`], [`Ledger::force`],
//! [`Ledger::issue`] and [`Ledger::redeem`] make the moves that it allows. So a check and the act cannot disagree.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Bound;

use super::officer::Officer;
use super::operators::Spender;
use super::rule::{Act, Changed, Kept, Move, Rule, Side, Tied};
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// The maximum length of a reason, in bytes.
pub const MAX_REASON_BYTES: u32 = 256;

/// The maximum number of accounts that one holder may lose one after the other. Every use of a grant walks them.
pub const MAX_RECOVERIES: u32 = 16;

/// Holdings, and the data of all rules. The shares of all accounts sum to [`supply`](Ledger::supply).
pub struct Ledger<R: Rule> {
    records: BTreeMap<Principal, Record<R>>,
    persons: BTreeMap<Field, Person<R>>,
    supply: u64,
    /// The rules, with their settings.
    pub rules: R,
}

/// An account or a contract.
struct Record<R: Rule> {
    shares: u64,
    person: Option<Field>,
    /// The account that has taken its place, because its key was lost.
    successor: Option<Principal>,
    /// The accounts whose place it has taken, the first one lost first.
    predecessors: Vec<Principal>,
    account: R::Account,
    /// Counts while it has no person.
    holder: R::Holder,
}

/// A person with one or more accounts.
struct Person<R: Rule> {
    held: u64,
    holder: R::Holder,
}

impl<R: Rule> Default for Record<R> {
    fn default() -> Self {
        Self {
            shares: 0,
            person: None,
            successor: None,
            predecessors: Vec::new(),
            account: R::Account::default(),
            holder: R::Holder::default(),
        }
    }
}

impl<R: Rule> Default for Person<R> {
    fn default() -> Self {
        Self { held: 0, holder: R::Holder::default() }
    }
}

/// Shares moved. Every change of a holding has an event of this type, or an [`Issued`] or [`Redeemed`].
#[event]
pub struct Transferred {
    /// The former holder.
    pub from: Principal,
    /// The new holder.
    pub to: Principal,
    /// The number of shares.
    pub amount: u64,
    /// The holder, a spender or an operator of the holder, or an officer.
    pub by: Principal,
}

/// An officer moved shares. Follows the [`Transferred`] of the move.
#[event]
pub struct ForceTransferred {
    /// The former holder.
    pub from: Principal,
    /// The new holder.
    pub to: Principal,
    /// The number of shares.
    pub amount: u64,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// An officer created shares.
#[event]
pub struct Issued {
    /// The new holder.
    pub to: Principal,
    /// The number of shares.
    pub amount: u64,
    /// The officer.
    pub by: Principal,
}

/// An officer destroyed shares.
#[event]
pub struct Redeemed {
    /// The former holder.
    pub from: Principal,
    /// The number of shares.
    pub amount: u64,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// An officer gave everything of an account with a lost key to another account. Follows the [`Transferred`] of its
/// shares.
#[event]
pub struct Recovered {
    /// The account whose key was lost.
    pub from: Principal,
    /// The account that takes its place.
    pub to: Principal,
    /// The person behind both, if there is one.
    pub person: Option<Field>,
    /// The officer.
    pub by: Principal,
    /// The reason.
    pub reason: String,
}

/// An officer, or a proof, tied an account to a person.
#[event]
pub struct Identified {
    /// The account.
    pub account: Principal,
    /// The person.
    pub person: Field,
    /// The officer, or the account with the proof.
    pub by: Principal,
}

/// The errors of the ledger.
#[error(first = 9100)]
pub enum Refused {
    /// The amount is zero.
    ZeroAmount,
    /// Sender and receiver are the same.
    SameAccount,
    /// The sender holds only `shares`.
    Insufficient {
        /// The number of shares.
        shares: u64,
    },
    /// The key of this account was lost, and another account has taken its place.
    Lost,
    /// Only `left` more shares can be issued, because a supply has 64 bits.
    SupplyFull {
        /// The number of shares.
        left: u64,
    },
    /// The reason is empty or has more than `limit` bytes.
    ReasonLength {
        /// In bytes.
        limit: u32,
    },
    /// The account is tied to another person.
    OtherPerson,
    /// There is nothing to recover: the ledger does not know the account.
    NothingToRecover,
    /// The recovery goes to an account that the ledger knows, or that has an office. Its own holding, freezes, limits
    /// and offices would mix with those of the lost account.
    ToKnown,
    /// The recovery goes to a contract, which has no key.
    ToContract,
    /// The holder has reached the maximum number of lost accounts.
    #[code(9099)]
    TooManyRecoveries {
        /// The limit.
        limit: u32,
    },
}

impl<R: Rule + Default> Default for Ledger<R> {
    fn default() -> Self {
        Self { records: BTreeMap::new(), persons: BTreeMap::new(), supply: 0, rules: R::default() }
    }
}

impl<R: Rule> Ledger<R>
where
    R::Refusal: From<Refused>,
{
    /// A ledger without shares, with these rules.
    pub fn new(rules: R) -> Self {
        Self { records: BTreeMap::new(), persons: BTreeMap::new(), supply: 0, rules }
    }

    /// The number of all shares.
    #[must_use]
    pub fn supply(&self) -> u64 {
        self.supply
    }

    /// The shares of an account.
    #[must_use]
    pub fn shares(&self, of: Principal) -> u64 {
        self.records.get(&of).map_or(0, |record| record.shares)
    }

    /// The shares of all accounts of the person behind an account; without a person, its own.
    #[must_use]
    pub fn held(&self, of: Principal) -> u64 {
        self.records.get(&of).map_or(0, |record| record.person.map_or(record.shares, |person| self.held_by(person)))
    }

    /// The person behind an account.
    #[must_use]
    pub fn person_of(&self, account: Principal) -> Option<Field> {
        self.records.get(&account).and_then(|record| record.person)
    }

    /// The shares of all accounts of a person.
    #[must_use]
    pub fn held_by(&self, person: Field) -> u64 {
        self.persons.get(&person).map_or(0, |person| person.held)
    }

    /// The account that has taken the place of one whose key was lost.
    #[must_use]
    pub fn successor(&self, of: Principal) -> Option<Principal> {
        self.records.get(&of).and_then(|record| record.successor)
    }

    /// An account as a spender of other holders' shares. It also uses the grants to the accounts whose place it has
    /// taken.
    ///
    /// # Errors
    /// [`Refused::Lost`].
    #[inline(never)]
    pub fn spender(&self, account: Principal) -> Result<Spender, Refused> {
        self.require_present(account)?;
        let before = self.records.get(&account).map_or_else(Vec::new, |record| record.predecessors.clone());
        Ok(Spender { now: account, before })
    }

    /// The account that now has the place of this one: itself, unless its key was lost.
    #[must_use]
    pub fn present(&self, mut account: Principal) -> Principal {
        // A chain has no more links than its last account has predecessors.
        for _ in 0..MAX_RECOVERIES {
            let Some(next) = self.successor(account) else { break };
            account = next;
        }
        account
    }

    /// Reads the data of the rules for an account, known or not.
    pub fn with<T>(&self, of: Principal, read: impl FnOnce(&R, u64, Kept<'_, R>) -> T) -> T {
        let nobody = Record::default();
        let record = self.records.get(&of).unwrap_or(&nobody);
        read(&self.rules, record.shares, self.kept(record))
    }

    /// The data of the rules for a person. `None` if the ledger does not know the person.
    #[must_use]
    pub fn person(&self, person: Field) -> Option<&R::Holder> {
        self.persons.get(&person).map(|person| &person.holder)
    }

    /// The data of the rules for a person, to change it. The ledger need not know the person yet.
    pub fn person_mut(&mut self, person: Field) -> &mut R::Holder {
        &mut self.persons.entry(person).or_default().holder
    }

    /// The data of the rules for an account, to change it, with the rules, its shares, and the data of its holder.
    ///
    /// # Errors
    /// [`Refused::Lost`].
    #[inline(never)]
    pub fn edit(&mut self, account: Principal) -> Result<Edit<'_, R>, Refused> {
        let record = self.records.entry(account).or_default();
        ensure!(record.successor.is_none(), Refused::Lost);
        let holder = match record.person {
            Some(person) => &mut self.persons.entry(person).or_default().holder,
            None => &mut record.holder,
        };
        let Record { shares, person, account, .. } = record;
        Ok(Edit { rules: &mut self.rules, shares: *shares, person: *person, account, holder })
    }

    /// The accounts after `after`, in order, with their shares and the data of the rules. Their number has no bound, so
    /// use this only in feeders.
    pub fn accounts(&self, after: Option<Principal>) -> impl Iterator<Item = (Principal, u64, &R::Account)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let records = self.records.range((from, Bound::Unbounded));
        records.map(|(account, record)| (*account, record.shares, &record.account))
    }

    /// Whether an account may send at all.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn can_send(&self, from: Principal) -> Result<(), R::Refusal> {
        self.require_present(from)?;
        self.with(from, |rules, _, kept| rules.can_send(block_height(), kept))
    }

    /// Whether an account may receive at all.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn can_receive(&self, to: Principal) -> Result<(), R::Refusal> {
        self.require_present(to)?;
        self.with(to, |rules, _, kept| rules.can_receive(block_height(), kept))
    }

    /// Whether a transfer would be accepted now: [`transfer`](Ledger::transfer) is refused for the same reason.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self, from: Principal, to: Principal, amount: u64) -> Result<(), R::Refusal> {
        self.judge(Act::Transfer, Some(from), Some(to), amount).map(drop)
    }

    /// Moves a holder's shares. `by` is the holder, or a spender or operator of the holder; check this first.
    ///
    /// # Errors
    /// The reason why the move is refused.
    pub fn transfer(&mut self, from: Principal, to: Principal, amount: u64, by: Principal) -> Result<(), R::Refusal> {
        let order = self.judge(Act::Transfer, Some(from), Some(to), amount)?;
        self.apply(&order);
        emit(Transferred { from, to, amount, by });
        Ok(())
    }

    /// Moves shares of any holder. The receiver must be allowed to receive them, within its limits.
    ///
    /// # Errors
    /// The reason why the move is refused.
    pub fn force(
        &mut self,
        by: Officer,
        from: Principal,
        to: Principal,
        amount: u64,
        reason: String,
    ) -> Result<(), R::Refusal> {
        check_reason(&reason)?;
        let order = self.judge(Act::Force, Some(from), Some(to), amount)?;
        self.apply(&order);
        let by = by.who();
        emit(Transferred { from, to, amount, by });
        emit(ForceTransferred { from, to, amount, by, reason });
        Ok(())
    }

    /// Creates shares.
    ///
    /// # Errors
    /// The reason why the ledger refuses.
    pub fn issue(&mut self, by: Officer, to: Principal, amount: u64) -> Result<(), R::Refusal> {
        let order = self.judge(Act::Issue, None, Some(to), amount)?;
        self.apply(&order);
        emit(Issued { to, amount, by: by.who() });
        Ok(())
    }

    /// Destroys shares of a holder.
    ///
    /// # Errors
    /// The reason why the ledger refuses.
    pub fn redeem(&mut self, by: Officer, from: Principal, amount: u64, reason: String) -> Result<(), R::Refusal> {
        check_reason(&reason)?;
        let order = self.judge(Act::Redeem, Some(from), None, amount)?;
        self.apply(&order);
        emit(Redeemed { from, amount, by: by.who(), reason });
        Ok(())
    }

    /// Gives everything of an account with a lost key to another account: the shares, the person, and the data of all
    /// rules. The other account can also use the grants of other holders to the lost account: the grants do not change,
    /// and [`Ledger::spender`] finds them. The ledger must never have known the other account. The old account can
    /// never act again. The ledger does not ask the rules, because nothing changes for the holder.
    ///
    /// # Errors
    /// [`Refused::SameAccount`], [`Refused::ToContract`], [`Refused::Lost`], [`Refused::NothingToRecover`],
    /// [`Refused::ReasonLength`], [`Refused::TooManyRecoveries`]; if the other account is known, the reason of the rule
    /// that knows it, or [`Refused::ToKnown`].
    pub fn recover(&mut self, by: Officer, from: Principal, to: Principal, reason: String) -> Result<(), R::Refusal> {
        check_reason(&reason)?;
        ensure!(from != to, Refused::SameAccount.into());
        ensure!(to.account().is_some(), Refused::ToContract.into());
        self.require_present(from)?;
        self.require_present(to)?;
        if let Some(known) = self.records.get(&to) {
            self.rules.can_succeed(self.kept(known))?;
            return Err(Refused::ToKnown.into());
        }
        let Some(old) = self.records.get_mut(&from) else { return Err(Refused::NothingToRecover.into()) };
        let limit = MAX_RECOVERIES;
        ensure!(old.predecessors.len() < limit as usize, Refused::TooManyRecoveries { limit }.into());
        let mut record = core::mem::replace(old, Record { successor: Some(to), ..Record::default() });
        record.predecessors.push(from);
        let (amount, person, by) = (record.shares, record.person, by.who());
        self.records.insert(to, record);
        if amount > 0 {
            emit(Transferred { from, to, amount, by });
        }
        emit(Recovered { from, to, person, by, reason });
        Ok(())
    }

    /// Ties an account to a person, for good. Its shares count as the person's. Decisions about the person apply to the
    /// account, and earlier decisions about the account apply to the person.
    ///
    /// # Errors
    /// [`Refused::OtherPerson`], [`Refused::Lost`].
    pub fn tie(&mut self, account: Principal, person: Field, by: Principal) -> Result<(), Refused> {
        let record = self.records.entry(account).or_default();
        ensure!(record.successor.is_none(), Refused::Lost);
        ensure!(record.person.is_none_or(|tied| tied == person), Refused::OtherPerson);
        if record.person.is_none() {
            record.person = Some(person);
            let known = self.persons.entry(person).or_default();
            let holder = core::mem::take(&mut record.holder);
            self.rules.tie(Tied { shares: record.shares, holder, person: &mut known.holder, held: known.held });
            known.held += record.shares;
            emit(Identified { account, person, by });
        }
        Ok(())
    }

    /// Checks that no other account has taken the place of this one.
    ///
    /// # Errors
    /// [`Refused::Lost`].
    #[inline(never)]
    pub fn require_present(&self, account: Principal) -> Result<(), Refused> {
        ensure!(self.successor(account).is_none(), Refused::Lost);
        Ok(())
    }

    fn kept<'a>(&'a self, record: &'a Record<R>) -> Kept<'a, R> {
        let person = record.person.and_then(|person| self.persons.get(&person));
        Kept { account: &record.account, holder: person.map_or(&record.holder, |person| &person.holder) }
    }

    /// The one judge of moves.
    #[inline(never)]
    fn judge(&self, act: Act, from: Option<Principal>, to: Option<Principal>, amount: u64) -> Result<Move, R::Refusal> {
        ensure!(amount > 0, Refused::ZeroAmount.into());
        ensure!(from.is_none() || from != to, Refused::SameAccount.into());
        let height = block_height();
        let nobody = Record::default();
        let find = |who: Principal| -> Result<(Side, Kept<'_, R>), Refused> {
            let record = self.records.get(&who).unwrap_or(&nobody);
            ensure!(record.successor.is_none(), Refused::Lost);
            let held = record.person.map_or(record.shares, |person| self.held_by(person));
            Ok((Side { who, person: record.person, shares: record.shares, held }, self.kept(record)))
        };
        let (from, to) = (from.map(find).transpose()?, to.map(find).transpose()?);
        if let (Act::Transfer, Some((_, kept))) = (act, from) {
            self.rules.can_send(height, kept)?;
        }
        if let Some((_, kept)) = to {
            self.rules.can_receive(height, kept)?;
        }
        match from {
            Some((Side { shares, .. }, _)) => ensure!(amount <= shares, Refused::Insufficient { shares }.into()),
            None => {
                let left = u64::MAX - self.supply;
                ensure!(amount <= left, Refused::SupplyFull { left }.into());
            }
        }
        let side = |found: (Side, _)| found.0;
        let order = Move { act, from: from.map(side), to: to.map(side), amount, supply: self.supply, height };
        self.rules.check(&order, from.map(|found| found.1), to.map(|found| found.1))?;
        Ok(order)
    }

    /// Makes a move that was judged. No sum overflows: no holding is above the supply, which fits.
    #[inline(never)]
    fn apply(&mut self, order: &Move) {
        let Move { from, to, amount, supply, .. } = *order;
        match (from, to) {
            (None, _) => self.supply = supply + amount,
            (_, None) => self.supply = supply - amount,
            _ => {}
        }
        if let Some(Side { who, shares, .. }) = from {
            self.change(who, shares - amount, |rules, changed| rules.sent(order, changed));
        }
        if let Some(Side { who, shares, .. }) = to {
            self.change(who, shares + amount, |rules, changed| rules.received(order, changed));
        }
    }

    fn change(&mut self, who: Principal, shares: u64, follow: impl FnOnce(&mut R, Changed<'_, R>)) {
        let record = self.records.entry(who).or_default();
        let holder = match record.person {
            Some(person) => {
                let known = self.persons.entry(person).or_default();
                known.held = known.held - record.shares + shares;
                &known.holder
            }
            None => &record.holder,
        };
        follow(&mut self.rules, Changed { account: &mut record.account, holder });
        record.shares = shares;
    }
}

/// The data of one account, to change it.
#[derive(Debug)]
pub struct Edit<'a, R: Rule> {
    /// The rules, with their settings.
    pub rules: &'a mut R,
    /// The shares of the account.
    pub shares: u64,
    /// Its person.
    pub person: Option<Field>,
    /// The data of the rules for it.
    pub account: &'a mut R::Account,
    /// The data of the rules for its holder.
    pub holder: &'a mut R::Holder,
}

impl<R: Rule> fmt::Debug for Ledger<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("supply", &self.supply).finish_non_exhaustive()
    }
}

/// Checks the reason of an officer's act.
///
/// # Errors
/// [`Refused::ReasonLength`].
#[inline(never)]
pub fn check_reason(reason: &str) -> Result<(), Refused> {
    let fits = !reason.is_empty() && reason.len() <= MAX_REASON_BYTES as usize;
    ensure!(fits, Refused::ReasonLength { limit: MAX_REASON_BYTES });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_a_length() {
        let refused = || Err(Refused::ReasonLength { limit: MAX_REASON_BYTES });
        assert_eq!([check_reason("r"), check_reason(&"r".repeat(256))], [Ok(()), Ok(())]);
        assert_eq!([check_reason(""), check_reason(&"r".repeat(257))], [refused(), refused()]);
        assert_eq!(check_reason(&"é".repeat(129)), refused(), "bytes count, not letters");
    }
}
