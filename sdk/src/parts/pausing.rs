//! A switch that stops parts of a contract. The contract decides who may use it, by [ownership](super::ownership) or a
//! [role](super::roles).

use crate::env::{caller, emit};
use crate::prelude::{ensure, error, event};
use crate::principal::Principal;

/// Whether the contract is paused. Initially it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pausing {
    paused: bool,
}

/// The contract was paused.
#[event]
pub struct Paused {
    /// The account or contract that paused it.
    pub by: Principal,
}

/// The contract was resumed.
#[event]
pub struct Resumed {
    /// The account or contract that resumed it.
    pub by: Principal,
}

/// The errors of pausing.
#[error(first = 9020)]
pub enum Refused {
    /// The contract is paused.
    Paused,
    /// The contract is not paused.
    NotPaused,
}

impl Pausing {
    /// Whether the contract is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Checks that the contract is not paused.
    ///
    /// # Errors
    /// [`Refused::Paused`].
    pub fn require_running(&self) -> Result<(), Refused> {
        ensure!(!self.paused, Refused::Paused);
        Ok(())
    }

    /// Checks that the contract is paused.
    ///
    /// # Errors
    /// [`Refused::NotPaused`].
    pub fn require_paused(&self) -> Result<(), Refused> {
        ensure!(self.paused, Refused::NotPaused);
        Ok(())
    }

    /// Pauses the contract. Check the caller first.
    ///
    /// # Errors
    /// [`Refused::Paused`] if it is paused already.
    pub fn pause(&mut self) -> Result<(), Refused> {
        self.require_running()?;
        self.paused = true;
        emit(Paused { by: caller() });
        Ok(())
    }

    /// Resumes the contract. Check the caller first.
    ///
    /// # Errors
    /// [`Refused::NotPaused`] if it is not paused.
    pub fn resume(&mut self) -> Result<(), Refused> {
        self.require_paused()?;
        self.paused = false;
        emit(Resumed { by: caller() });
        Ok(())
    }
}
