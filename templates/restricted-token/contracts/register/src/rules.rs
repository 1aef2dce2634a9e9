//! The rules of the share, in the order in which they are asked, and every refusal of the register.

use dusk_sdk::finance::*;
use dusk_sdk::parts::pausing::{self, Pausing};
use dusk_sdk::prelude::*;

/// The errors of the contract. Callers rely on the codes: add new errors at the end.
#[error]
pub enum Refused {
    /// The name is empty or has more than `limit` bytes.
    NameLength { limit: u32 },
    /// The proof does not show an eligible holder with this tag, for this account, in this epoch, under this policy.
    NotEligible,
    /// Holders would have to be born after today.
    BornAfterToday,
    /// Holdings and moves.
    #[from]
    Ledger(ledger::Refused),
    /// Who may hold shares.
    #[from]
    Admission(admission::Refused),
    /// Freezes.
    #[from]
    Freezes(freezes::Refused),
    /// Lock-ups.
    #[from]
    Lots(lots::Refused),
    /// Limits of accounts and persons.
    #[from]
    Limits(limits::Refused),
    /// Caps of the supply, of holders, of a holder's share.
    #[from]
    Caps(caps::Refused),
    /// The offices.
    #[from]
    Offices(offices::Refused),
    /// Operators and allowances.
    #[from]
    Operators(operators::Refused),
    /// Documents.
    #[from]
    Documents(documents::Refused),
    /// Dividends.
    #[from]
    Dividends(dividends::Refused),
    /// Snapshots.
    #[from]
    Snapshots(snapshots::Refused),
    /// The day.
    #[from]
    Calendar(calendar::Refused),
    /// Attesters.
    #[from]
    Attesters(attesters::Refused),
    /// Batches.
    #[from]
    Batch(batch::Refused),
    /// The pause.
    #[from]
    Pausing(pausing::Refused),
}

dusk_sdk::rules! {
    /// The rules of the share. Those at the end refuse nothing: they keep what belongs to an account.
    pub struct Rules, Account, Holder refuse with Refused {
        pausing: Pausing,
        lots: Lots,
        admissions: Admissions,
        freezes: Freezes,
        limits: Limits,
        caps: Caps,
        operators: Operators,
        dividends: Dividends,
        snapshots: Snapshots,
    }
}
