//! The rules of the share.

use dusk_sdk::finance::*;
use dusk_sdk::prelude::*;

/// Why a call was refused.
#[error]
pub enum Refused {
    #[from]
    Ledger(ledger::Refused),
    #[from]
    Admission(admission::Refused),
    #[from]
    Offices(offices::Refused),
    #[from]
    Operators(operators::Refused),
    #[from]
    Dividends(dividends::Refused),
}

dusk_sdk::rules! {
    /// Listed accounts may hold; grants and dividends are kept.
    pub struct Rules, Account, Holder refuse with Refused {
        admissions: Admissions,
        operators: Operators,
        dividends: Dividends,
    }
}
