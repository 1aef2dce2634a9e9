//! Admission of holders: accounts on an allow-list, and accounts that a proof admits for a day.
//!
//! The contract verifies the proof; this part decides how long the proof admits an account. An admission ends with its
//! day, with every change of its attester, and with every change of the policy.
//!
//! An officer may *bar* a holder: then no proof admits the holder.

use alloc::vec::Vec;

use super::attesters::{self, Attester, Attesters};
use super::calendar::Calendar;
use super::limits::Limit;
use super::officer::Officer;
use super::rule::{Kept, Rule, Tied};
use crate::env::emit;
use crate::field::Field;
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// The rule that admits holders of shares.
#[derive(Debug, Clone, Default)]
pub struct Admissions {
    /// The calendar, for the day of today.
    pub calendar: Calendar,
    /// The attesters, who vouch for holders.
    pub attesters: Attesters,
    /// The number of policies so far. Each has its own number, also when it says the same as one before.
    number: u64,
    /// Whether proofs are accepted.
    open: bool,
}

/// The entries that admit an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Listing {
    listed: bool,
    admission: Option<Admission>,
}

/// The admission of an account by a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The last day.
    pub until: u32,
    policy: u64,
    attester: u32,
}

/// Whether a holder is barred, so that no proof admits the holder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bar {
    barred: bool,
}

/// An officer added an account to the allow-list.
#[event]
pub struct Listed {
    /// The account.
    pub account: Principal,
    /// The number of shares up to which it may receive.
    pub limit: u64,
    /// The officer.
    pub by: Principal,
}

/// An officer changed the number of shares up to which an account may receive.
#[event]
pub struct LimitChanged {
    /// The account.
    pub account: Principal,
    /// The new number of shares.
    pub limit: u64,
    /// The officer.
    pub by: Principal,
}

/// An officer removed an account from the allow-list, and barred it with its person.
#[event]
pub struct Unlisted {
    /// The account.
    pub account: Principal,
    /// The officer.
    pub by: Principal,
}

/// A holder was barred: an account with its person, or a person.
#[event]
pub struct Barred {
    /// The person, if it is known.
    pub tag: Field,
    /// The officer.
    pub by: Principal,
}

/// The bar of a holder was lifted.
#[event]
pub struct Lifted {
    /// The account, if the officer named one.
    pub account: Option<Principal>,
    /// The person, if the officer named the person or one of its accounts.
    pub tag: Option<Field>,
    /// The officer.
    pub by: Principal,
}

/// A proof admitted an account.
#[event]
pub struct Admitted {
    /// The account.
    pub account: Principal,
    /// The person, the same for all its accounts.
    pub tag: Field,
    /// The last day of the admission, unless attester or policy change before.
    pub until: u32,
}

/// The errors of admissions.
#[error(first = 9110)]
pub enum Refused {
    /// The sender is neither on the allow-list nor admitted by a proof.
    SenderNotAdmitted,
    /// The receiver is neither on the allow-list nor admitted by a proof.
    ReceiverNotAdmitted,
    /// An account that is neither on the allow-list nor admitted by a proof cannot claim.
    ClaimantNotAdmitted,
    /// The account is on the allow-list already.
    AlreadyListed,
    /// The account is not on the allow-list.
    NotListed,
    /// An officer has barred the account or its person.
    Barred,
    /// The account or the person is barred already.
    AlreadyBarred,
    /// Neither the account nor its person is barred.
    NotBarred,
    /// No proofs are accepted: there is no policy.
    NoPolicy,
    /// The recovery goes to an account that is on the allow-list, or barred.
    ToListed,
}

impl Admissions {
    /// The number of policies so far.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether proofs are accepted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Begins a policy: from now on the contract accepts proofs for these topics by these attesters. All earlier
    /// admissions end.
    ///
    /// # Errors
    /// Those of [`Attesters::set`].
    pub fn open(&mut self, topics: Vec<u32>, attesters: Vec<Attester>, height: u64) -> Result<(), attesters::Refused> {
        self.attesters.set(topics, attesters, self.calendar.today(height))?;
        (self.open, self.number) = (true, self.number + 1);
        Ok(())
    }

    /// Trusts an attester, in place of the one with the key `instead`.
    ///
    /// # Errors
    /// Those of [`Attesters::trust`] and [`Attesters::replace`].
    pub fn trust(&mut self, attester: Attester, instead: Option<Field>, height: u64) -> Result<(), attesters::Refused> {
        let today = self.calendar.today(height);
        match instead {
            Some(key) => self.attesters.replace(key, attester, today),
            None => self.attesters.trust(attester, today),
        }
    }

    /// Ends all admissions, because the requirements have changed. The contract accepts proofs as before.
    pub fn renew(&mut self) {
        self.number += 1;
    }

    /// Ends the policy: the contract accepts no proofs. All admissions end.
    pub fn close(&mut self) {
        (self.open, self.number) = (false, self.number + 1);
    }

    /// The admission that a proof for this attester gives now, and the attester.
    ///
    /// # Errors
    /// [`Refused::NoPolicy`], and those of [`Attesters::require`].
    pub fn admission<E>(&self, attester: Option<Field>, height: u64) -> Result<(Admission, &Attester), E>
    where
        E: From<Refused> + From<attesters::Refused>,
    {
        ensure!(self.open, Refused::NoPolicy.into());
        let until = self.calendar.today(height);
        let (number, attester) = self.attesters.require(attester, until)?;
        Ok((Admission { until, policy: self.number, attester: number }, attester))
    }

    /// Whether an admission still holds.
    #[must_use]
    pub fn holds(&self, admission: Admission, height: u64) -> bool {
        let today = self.calendar.today(height);
        self.open
            && admission.policy == self.number
            && today <= admission.until
            && self.attesters.trusts(admission.attester, today)
    }

    /// The admission of an account by a proof, if it holds.
    #[must_use]
    pub fn proven(&self, kept: Kept<'_, Self>, height: u64) -> Option<Admission> {
        kept.account.admission.filter(|admission| !kept.holder.barred && self.holds(*admission, height))
    }

    /// Checks that an account may claim its earnings: the list or a proof admits it.
    ///
    /// # Errors
    /// [`Refused::ClaimantNotAdmitted`].
    pub fn require_claiming(&self, kept: Kept<'_, Self>, height: u64) -> Result<(), Refused> {
        ensure!(self.admits(kept, height), Refused::ClaimantNotAdmitted);
        Ok(())
    }

    /// Whether the list or a proof admits an account.
    #[must_use]
    pub fn admits(&self, kept: Kept<'_, Self>, height: u64) -> bool {
        kept.account.listed || self.proven(kept, height).is_some()
    }
}

impl Listing {
    /// Whether the account is on the allow-list.
    #[must_use]
    pub fn is_listed(self) -> bool {
        self.listed
    }

    /// Puts the account on the allow-list with a limit, and lifts the bar.
    ///
    /// # Errors
    /// [`Refused::AlreadyListed`].
    pub fn list(
        &mut self,
        by: Officer,
        account: Principal,
        bar: &mut Bar,
        own: &mut Limit,
        limit: u64,
    ) -> Result<(), Refused> {
        ensure!(!self.listed, Refused::AlreadyListed);
        (self.listed, bar.barred, *own) = (true, false, Limit(Some(limit)));
        emit(Listed { account, limit, by: by.who() });
        Ok(())
    }

    /// Changes the limit of a listed account. The account keeps shares above the limit.
    ///
    /// # Errors
    /// [`Refused::NotListed`].
    pub fn set_limit(self, by: Officer, account: Principal, own: &mut Limit, limit: u64) -> Result<(), Refused> {
        ensure!(self.listed, Refused::NotListed);
        *own = Limit(Some(limit));
        emit(LimitChanged { account, limit, by: by.who() });
        Ok(())
    }

    /// Removes the account from the allow-list, and bars it with its person. The account need not be on the list.
    ///
    /// # Errors
    /// [`Refused::NotListed`] if it is barred already.
    pub fn unlist(&mut self, by: Officer, account: Principal, bar: &mut Bar, own: &mut Limit) -> Result<(), Refused> {
        ensure!(self.listed || !bar.barred, Refused::NotListed);
        (self.listed, bar.barred, *own) = (false, true, Limit(None));
        emit(Unlisted { account, by: by.who() });
        Ok(())
    }

    /// Admits an account by a proof that the contract has verified.
    pub fn admit(&mut self, account: Principal, tag: Field, admission: Admission) {
        self.admission = Some(admission);
        emit(Admitted { account, tag, until: admission.until });
    }
}

impl Bar {
    /// Whether the holder is barred.
    #[must_use]
    pub fn is_barred(self) -> bool {
        self.barred
    }

    /// Bars a person, known or not.
    ///
    /// # Errors
    /// [`Refused::AlreadyBarred`].
    pub fn bar(&mut self, by: Officer, tag: Field) -> Result<(), Refused> {
        ensure!(!self.barred, Refused::AlreadyBarred);
        self.barred = true;
        emit(Barred { tag, by: by.who() });
        Ok(())
    }

    /// Lifts the bar of a holder.
    ///
    /// # Errors
    /// [`Refused::NotBarred`].
    pub fn lift(&mut self, by: Officer, account: Option<Principal>, tag: Option<Field>) -> Result<(), Refused> {
        ensure!(self.barred, Refused::NotBarred);
        self.barred = false;
        emit(Lifted { account, tag, by: by.who() });
        Ok(())
    }
}

impl Rule for Admissions {
    type Refusal = Refused;
    type Account = Listing;
    type Holder = Bar;

    fn can_send(&self, height: u64, from: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(self.admits(from, height), Refused::SenderNotAdmitted);
        Ok(())
    }

    fn can_receive(&self, height: u64, to: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(self.admits(to, height), Refused::ReceiverNotAdmitted);
        Ok(())
    }

    fn can_succeed(&self, to: Kept<'_, Self>) -> Result<(), Refused> {
        ensure!(!to.account.listed && !to.holder.barred, Refused::ToListed);
        Ok(())
    }

    fn tie(&mut self, tied: Tied<'_, Self>) {
        tied.person.barred |= tied.holder.barred;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::testing::{kept, person};
    use super::*;

    #[error]
    enum Either {
        #[from]
        Admission(Refused),
        #[from]
        Attesters(attesters::Refused),
    }

    fn attester(number: u8) -> Attester {
        Attester { key: person(number), revoked: person(0), topics: vec![], until: u32::MAX }
    }

    fn opened() -> Admissions {
        let mut admissions = Admissions::default();
        admissions.calendar.correct(100, 10, 0).unwrap();
        admissions.open(vec![], vec![attester(1), attester(2)], 0).unwrap();
        admissions
    }

    fn admit(admissions: &Admissions, by: u8) -> Listing {
        let (admission, _) = admissions.admission::<Either>(Some(person(by)), 0).unwrap();
        Listing { listed: false, admission: Some(admission) }
    }

    #[test]
    fn a_proof_admits_for_its_day() {
        let admissions = opened();
        let (account, free) = (admit(&admissions, 1), Bar::default());
        assert!(admissions.admits(kept(&account, &free), 8_639));
        assert_eq!(admissions.can_send(8_640, kept(&account, &free)), Err(Refused::SenderNotAdmitted));
        assert_eq!(admissions.can_receive(0, kept(&account, &Bar { barred: true })), Err(Refused::ReceiverNotAdmitted));
        let listed = Listing { listed: true, admission: None };
        assert!(admissions.admits(kept(&listed, &Bar { barred: true }), 8_640), "the list needs no proof");
    }

    #[test]
    fn an_admission_ends_with_its_attester_alone_and_with_every_policy() {
        let mut admissions = opened();
        let (first, second, free) = (admit(&admissions, 1), admit(&admissions, 2), Bar::default());
        admissions.attesters.distrust(person(1)).unwrap();
        assert!(!admissions.admits(kept(&first, &free), 0) && admissions.admits(kept(&second, &free), 0));
        let gone = admissions.admission::<Either>(Some(person(1)), 0);
        assert!(matches!(gone, Err(Either::Attesters(attesters::Refused::UnknownAttester))));
        admissions.open(vec![], vec![attester(2)], 0).unwrap();
        assert!(!admissions.admits(kept(&second, &free), 0));
        let third = admit(&admissions, 2);
        admissions.close();
        assert!(!admissions.admits(kept(&third, &free), 0));
        assert!(matches!(admissions.admission::<Either>(None, 0), Err(Either::Admission(Refused::NoPolicy))));
    }

    #[test]
    fn a_bar_of_the_account_or_of_the_person_is_one_of_both() {
        for (account, person) in [(true, false), (false, true)] {
            let mut known = Bar { barred: person };
            Admissions::default().tie(Tied { shares: 0, holder: Bar { barred: account }, person: &mut known, held: 0 });
            assert!(known.is_barred());
        }
    }
}
