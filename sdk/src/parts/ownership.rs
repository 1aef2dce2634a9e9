//! One owner, who hands over in two steps: who is offered the contract has to accept, so that it cannot go to an address
//! that nobody holds.

use crate::env::{caller, emit};
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// Who owns the contract, and to whom it is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    owner: Option<Principal>,
    offered: Option<Principal>,
}

/// The contract was offered. It belongs to `from` until `to` accepts.
#[event]
pub struct OwnershipOffered {
    /// Who owns it.
    pub from: Principal,
    /// Who may accept. `None`: an offer was taken back.
    pub to: Option<Principal>,
}

/// The contract has another owner.
#[event]
pub struct OwnershipChanged {
    /// Who owned it.
    pub from: Principal,
    /// Who owns it. `None`: nobody, for ever.
    pub to: Option<Principal>,
}

/// Why ownership refuses.
#[error(first = 9000)]
pub enum Refused {
    /// Only the owner may do this.
    NotOwner,
    /// The contract is not offered to who calls.
    NotOffered,
}

impl Ownership {
    /// The contract belongs to this account or contract.
    pub fn new(owner: impl Into<Principal>) -> Self {
        Self { owner: Some(owner.into()), offered: None }
    }

    /// Who owns the contract. `None` after the owner has renounced.
    #[must_use]
    pub fn owner(&self) -> Option<Principal> {
        self.owner
    }

    /// To whom the contract is offered.
    #[must_use]
    pub fn offered_to(&self) -> Option<Principal> {
        self.offered
    }

    /// Goes on only if the owner calls, and gives the owner.
    ///
    /// # Errors
    /// [`Refused::NotOwner`].
    pub fn require(&self) -> Result<Principal, Refused> {
        let caller = caller();
        ensure!(self.owner == Some(caller), Refused::NotOwner);
        Ok(caller)
    }

    /// The owner offers the contract, or with `None` takes the offer back. A later offer replaces an earlier one.
    ///
    /// # Errors
    /// [`Refused::NotOwner`].
    pub fn offer(&mut self, to: Option<Principal>) -> Result<(), Refused> {
        let from = self.require()?;
        self.offered = to;
        emit(OwnershipOffered { from, to });
        Ok(())
    }

    /// Who was offered the contract takes it.
    ///
    /// # Errors
    /// [`Refused::NotOffered`] when it is offered to somebody else, or to nobody.
    pub fn accept(&mut self) -> Result<(), Refused> {
        let to = caller();
        let (Some(from), Some(offered)) = (self.owner, self.offered) else { return Err(Refused::NotOffered) };
        ensure!(offered == to, Refused::NotOffered);
        *self = Self::new(to);
        emit(OwnershipChanged { from, to: Some(to) });
        Ok(())
    }

    /// The owner gives the contract up: nobody will ever own it again, and what only the owner may do is done for the last time.
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
