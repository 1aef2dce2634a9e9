//! The issuer and the compliance officers. Every office is handed over in two steps: its holder offers it to an
//! account, and that account takes it.
//!
//! The acts of officers take an [`Officer`], which only [`Offices::officer`] makes. So a contract cannot forget to
//! check the caller.

use alloc::vec::Vec;

use super::ledger;
use super::officer::Officer;
use crate::env::{caller, emit};
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The maximum number of compliance officers.
pub const MAX_OFFICERS: u32 = 16;

/// The holders of the offices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offices {
    issuer: Principal,
    officers: Vec<Principal>,
    /// At most one offer of each office.
    offers: Vec<Offer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    office: Office,
    from: Principal,
    to: Principal,
}

/// An office.
#[contract_type]
#[derive(Copy, Eq)]
pub enum Office {
    /// Appoints officers and pays dividends.
    Issuer,
    /// Admits holders, freezes and moves shares, and recovers lost accounts.
    Officer,
}

/// The issuer appointed a compliance officer.
#[event]
pub struct Appointed {
    /// The new officer.
    pub officer: Principal,
}

/// The issuer dismissed a compliance officer.
#[event]
pub struct Dismissed {
    /// The former officer.
    pub officer: Principal,
}

/// The holder of an office offered it to an account.
#[event]
pub struct OfficeOffered {
    /// The office.
    pub office: Office,
    /// The present holder.
    pub from: Principal,
    /// The account that may take it. `None`: the offer is withdrawn.
    pub to: Option<Principal>,
}

/// An office has a new holder, by an offer or by a recovery.
#[event]
pub struct OfficeTaken {
    /// The office.
    pub office: Office,
    /// The former holder.
    pub from: Principal,
    /// The new holder.
    pub to: Principal,
}

/// The errors of offices.
#[error(first = 9160)]
pub enum Refused {
    /// Only the issuer may do this.
    NotIssuer,
    /// Only a compliance officer may do this.
    NotOfficer,
    /// The account is a compliance officer already.
    AlreadyOfficer,
    /// The account is not a compliance officer.
    UnknownOfficer,
    /// The number of officers has reached its limit.
    TooManyOfficers {
        /// The limit.
        limit: u32,
    },
    /// The office was not offered to the caller.
    NotOffered,
}

impl Offices {
    /// The issuer, who is the first compliance officer.
    #[must_use]
    pub fn new(issuer: Principal) -> Self {
        Self { issuer, officers: alloc::vec![issuer], offers: Vec::new() }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> Principal {
        self.issuer
    }

    /// Whether an account is a compliance officer.
    #[must_use]
    pub fn is_officer(&self, who: Principal) -> bool {
        self.officers.contains(&who)
    }

    /// Whether an account is the issuer or a compliance officer.
    #[must_use]
    pub fn has_office(&self, who: Principal) -> bool {
        self.issuer == who || self.is_officer(who)
    }

    /// Checks that the issuer calls, and returns it.
    ///
    /// # Errors
    /// [`Refused::NotIssuer`].
    #[inline(never)]
    pub fn require_issuer(&self) -> Result<Principal, Refused> {
        let by = caller();
        ensure!(by == self.issuer, Refused::NotIssuer);
        Ok(by)
    }

    /// Checks that a compliance officer calls.
    ///
    /// # Errors
    /// [`Refused::NotOfficer`].
    #[inline(never)]
    pub fn officer(&self) -> Result<Officer, Refused> {
        let by = caller();
        ensure!(self.is_officer(by), Refused::NotOfficer);
        Ok(Officer(by))
    }

    /// Appoints a compliance officer. Only the issuer may call it.
    ///
    /// # Errors
    /// [`Refused::NotIssuer`], [`Refused::AlreadyOfficer`], [`Refused::TooManyOfficers`].
    pub fn appoint(&mut self, officer: Principal) -> Result<(), Refused> {
        self.require_issuer()?;
        ensure!(!self.is_officer(officer), Refused::AlreadyOfficer);
        let limit = MAX_OFFICERS;
        ensure!(self.officers.len() < limit as usize, Refused::TooManyOfficers { limit });
        self.officers.push(officer);
        emit(Appointed { officer });
        Ok(())
    }

    /// Dismisses a compliance officer. Only the issuer may call it.
    ///
    /// # Errors
    /// [`Refused::NotIssuer`], [`Refused::UnknownOfficer`].
    pub fn dismiss(&mut self, officer: Principal) -> Result<(), Refused> {
        self.require_issuer()?;
        ensure!(self.is_officer(officer), Refused::UnknownOfficer);
        self.officers.retain(|own| *own != officer);
        self.offers.retain(|offer| offer.office != Office::Officer || offer.from != officer);
        emit(Dismissed { officer });
        Ok(())
    }

    /// Offers the caller's office to an account, or withdraws the offer. The caller keeps the office until the account
    /// takes it.
    ///
    /// # Errors
    /// [`Refused::NotIssuer`], [`Refused::NotOfficer`].
    pub fn offer(&mut self, office: Office, to: Option<Principal>) -> Result<(), Refused> {
        let from = match office {
            Office::Issuer => self.require_issuer()?,
            Office::Officer => self.officer()?.who(),
        };
        self.offers.retain(|offer| offer.office != office || offer.from != from);
        if let Some(to) = to {
            self.offers.push(Offer { office, from, to });
        }
        emit(OfficeOffered { office, from, to });
        Ok(())
    }

    /// Takes an office that was offered to the caller.
    ///
    /// # Errors
    /// [`Refused::NotOffered`], [`Refused::AlreadyOfficer`].
    pub fn take(&mut self, office: Office) -> Result<(), Refused> {
        let to = caller();
        let found = self.offers.iter().position(|offer| offer.office == office && offer.to == to);
        let Some(at) = found else { return Err(Refused::NotOffered) };
        ensure!(office == Office::Issuer || !self.is_officer(to), Refused::AlreadyOfficer);
        let from = self.offers.remove(at).from;
        self.replace(office, from, to);
        Ok(())
    }

    /// Gives the offices of an account with a lost key to the account in its place. Offers by the lost account end.
    /// Offers to the lost account go to the other one, which must have no office itself: the offices would mix.
    ///
    /// # Errors
    /// [`ledger::Refused::ToKnown`].
    pub fn recover(&mut self, _by: Officer, from: Principal, to: Principal) -> Result<(), ledger::Refused> {
        ensure!(!self.has_office(to), ledger::Refused::ToKnown);
        self.offers.retain(|offer| offer.from != from);
        for offer in &mut self.offers {
            if offer.to == from {
                offer.to = to;
            }
        }
        if self.issuer == from {
            self.replace(Office::Issuer, from, to);
        }
        if self.is_officer(from) {
            self.replace(Office::Officer, from, to);
        }
        Ok(())
    }

    fn replace(&mut self, office: Office, from: Principal, to: Principal) {
        match office {
            Office::Issuer => self.issuer = to,
            Office::Officer => {
                self.officers.retain(|own| *own != from && *own != to);
                self.officers.push(to);
            }
        }
        emit(OfficeTaken { office, from, to });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::who;
    use super::*;

    #[test]
    fn offers_by_a_lost_account_end_and_offers_to_it_move() {
        let mut offices = Offices::new(who(1));
        let offer = |from, to| Offer { office: Office::Officer, from: who(from), to: who(to) };
        offices.offers = alloc::vec![offer(1, 2), offer(2, 3)];
        offices.recover(Officer(who(1)), who(2), who(4)).unwrap();
        assert_eq!(offices.offers, [offer(1, 4)]);
    }

    #[test]
    fn an_account_with_an_office_takes_nobodys_place() {
        let mut offices = Offices::new(who(1));
        offices.officers.push(who(2));
        assert!(offices.has_office(who(1)) && offices.has_office(who(2)) && !offices.has_office(who(3)));
        // The issuer need not be an officer.
        offices.officers.retain(|officer| *officer != who(1));
        for to in [1, 2] {
            assert_eq!(offices.recover(Officer(who(2)), who(3), who(to)), Err(ledger::Refused::ToKnown));
        }
    }
}
