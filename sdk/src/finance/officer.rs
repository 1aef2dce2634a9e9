//! The caller of an officer's act, below the ledger and the offices: the ledger takes one, and the offices make one.

use crate::principal::Principal;

/// The caller, who is a compliance officer. Only [`Offices::officer`](super::Offices::officer) makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Officer(pub(super) Principal);

impl Officer {
    /// The officer's account.
    #[must_use]
    pub fn who(self) -> Principal {
        self.0
    }
}
