//! The rules of the share: two parts of the SDK, and one of our own.

use dusk_sdk::finance::*;
use dusk_sdk::prelude::*;

// ANCHOR: refused
/// Why a call was refused.
#[error]
pub enum Refused {
    /// Who holds shares holds at least `least`.
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
/// A rule of our own: nobody holds a few shares. An account holds none, or at least `least`.
#[derive(Debug, Default)]
pub struct Minimum {
    pub least: u64,
}

impl Rule for Minimum {
    type Refusal = Refused;
    /// It keeps nothing for an account, and nothing for a holder.
    type Account = ();
    type Holder = ();

    fn check(
        &self,
        order: &Move,
        _: Option<Kept<'_, Self>>,
        _: Option<Kept<'_, Self>>,
    ) -> Result<(), Refused> {
        let least = self.least;
        // An officer may leave a few: a court does not count lots.
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
    /// The rules of each class, in the order in which they are asked.
    pub struct Rules, Account, Holder refuse with Refused {
        admissions: Admissions,
        freezes: Freezes,
        minimum: Minimum,
    }
}
// ANCHOR_END: rules
