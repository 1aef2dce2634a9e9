//! One owner. Ownership is transferred in two steps: the new owner must accept the offer, so that the contract cannot
//! go to an address for which nobody has a key.

use crate::env::{caller, emit};
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// The owner of a contract, and the account or contract to which ownership is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    owner: Option<Principal>,
    offered: Option<Principal>,
}

/// Ownership was offered. `from` owns the contract until `to` accepts.
#[event]
pub struct OwnershipOffered {
    /// The present owner.
    pub from: Principal,
    /// The account or contract that may accept. `None`: the offer was withdrawn.
    pub to: Option<Principal>,
}

/// The contract has a new owner.
#[event]
pub struct OwnershipChanged {
    /// The former owner.
    pub from: Principal,
    /// The new owner. `None`: nobody, for good.
    pub to: Option<Principal>,
}

/// The errors of ownership.
#[error(first = 9000)]
pub enum Refused {
    /// Only the owner may do this.
    NotOwner,
    /// Ownership is not offered to the caller.
    NotOffered,
}

impl Ownership {
    /// Makes this account or contract the owner.
    pub fn new(owner: impl Into<Principal>) -> Self {
        Self { owner: Some(owner.into()), offered: None }
    }

    /// The owner of the contract. `None` after the owner has renounced.
    #[must_use]
    pub fn owner(&self) -> Option<Principal> {
        self.owner
    }

    /// The account or contract to which ownership is offered.
    #[must_use]
    pub fn offered_to(&self) -> Option<Principal> {
        self.offered
    }

    /// Checks that the owner calls, and returns the owner.
    ///
    /// # Errors
    /// [`Refused::NotOwner`].
    pub fn require(&self) -> Result<Principal, Refused> {
        let caller = caller();
        ensure!(self.owner == Some(caller), Refused::NotOwner);
        Ok(caller)
    }

    /// Lets the owner offer the ownership, or withdraw the offer with `None`. A later offer replaces an earlier one.
    ///
    /// # Errors
    /// [`Refused::NotOwner`].
    pub fn offer(&mut self, to: Option<Principal>) -> Result<(), Refused> {
        let from = self.require()?;
        self.offered = to;
        emit(OwnershipOffered { from, to });
        Ok(())
    }

    /// Lets the account or contract with the offer become the owner.
    ///
    /// # Errors
    /// [`Refused::NotOffered`] if the offer is to another one, or if there is no offer.
    pub fn accept(&mut self) -> Result<(), Refused> {
        let to = caller();
        let (Some(from), Some(offered)) = (self.owner, self.offered) else { return Err(Refused::NotOffered) };
        ensure!(offered == to, Refused::NotOffered);
        *self = Self::new(to);
        emit(OwnershipChanged { from, to: Some(to) });
        Ok(())
    }

    /// Lets the owner give up ownership for good: nobody will own the contract again, and nobody can call the functions
    /// that require the owner.
    ///
    /// # Errors
    /// [`Refused::NotOwner`].
    pub fn renounce(&mut self) -> Result<(), Refused> {
        let from = self.require()?;
        *self = Self { owner: None, offered: None };
        emit(OwnershipChanged { from, to: None });
        Ok(())
    }
}
