//! The rules of the share: two parts of the SDK, and a rule of our own.

use dusk_sdk::finance::*;
use dusk_sdk::prelude::*;

// ANCHOR: refused
/// The errors of the contract.
#[error]
pub enum Refused {
    /// An account must hold no shares, or at least `least`.
    SmallHolding { least: u64 },
    #[from]
    Ledger(ledger::Refused),
    #[from]
    Admission(admission::Refused),
    #[from]
    Freezes(freezes::Refused),
    #[from]
    Offices(offices::Refused),
}
// ANCHOR_END: refused

// ANCHOR: own
/// A rule of our own: an account holds no shares, or at least `least`.
#[derive(Debug, Default)]
pub struct Minimum {
    pub least: u64,
}

impl Rule for Minimum {
    type Refusal = Refused;
    /// The rule stores no data for accounts and holders.
    type Account = ();
    type Holder = ();

    fn check(
        &self,
        order: &Move,
        _: Option<Kept<'_, Self>>,
        _: Option<Kept<'_, Self>>,
    ) -> Result<(), Refused> {
        let least = self.least;
        // A forced transfer may leave fewer: a court order does not consider this minimum.
        let left =
            order.from.filter(|_| order.act == Act::Transfer).map_or(0, |from| from.shares - order.amount);
        let gets = order.to.map_or(0, |to| to.shares.saturating_add(order.amount));
        for holding in [left, gets] {
            ensure!(holding == 0 || holding >= least, Refused::SmallHolding { least });
        }
        Ok(())
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}
// ANCHOR_END: own

// ANCHOR: rules
dusk_sdk::rules! {
    /// The rules of each class, in the order of their checks.
    pub struct Rules, Account, Holder refuse with Refused {
        admissions: Admissions,
        freezes: Freezes,
        minimum: Minimum,
    }
}
// ANCHOR_END: rules
