//! Every refusal of the asset.

use dusk_sdk::finance::confidential::{auditor, countries, pool, registry, snapshots};
use dusk_sdk::finance::{calendar, documents, offices};
use dusk_sdk::parts::pausing;
use dusk_sdk::prelude::*;

/// The errors of the contract. Callers rely on the codes: add new errors at the end.
#[error]
pub enum Refused {
    /// The name is empty or has more than `limit` bytes.
    NameLength { limit: u32 },
    /// The reference of a redemption is empty or has more than `limit` bytes.
    ReferenceLength { limit: u32 },
    /// The proof does not show this for this asset, auditor, snapshot or attester.
    NotProven,
    /// No credentials are accepted.
    NoAttester,
    /// The credential does not hold today.
    Expired,
    /// As many people have been admitted by credentials as officers have allowed.
    NoRegistrationsLeft,
    /// Notes, nullifiers, locks, the supply; the registry of holders and the auditor.
    #[from]
    Pool(pool::Refused),
    /// Snapshots.
    #[from]
    Snapshots(snapshots::Refused),
    /// The offices.
    #[from]
    Offices(offices::Refused),
    /// The pause.
    #[from]
    Pausing(pausing::Refused),
    /// The day.
    #[from]
    Calendar(calendar::Refused),
    /// Documents.
    #[from]
    Documents(documents::Refused),
    /// Blocked countries.
    #[from]
    Countries(countries::Refused),
}

impl From<registry::Refused> for Refused {
    fn from(refused: registry::Refused) -> Self {
        Self::Pool(refused.into())
    }
}

impl From<auditor::Refused> for Refused {
    fn from(refused: auditor::Refused) -> Self {
        Self::Pool(refused.into())
    }
}
