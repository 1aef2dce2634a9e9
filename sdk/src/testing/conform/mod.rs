//! Properties of restricted tokens, run against any implementation.
//!
//! A test implements [`Restricted`] for its contract: queries of holdings, and the acts. [`restricted`] makes the acts
//! and checks the [properties](Property) after each. The properties come from faults of public implementations: locks
//! that a recovery releases, caps that a forced transfer breaks, checks that allow transfers which then fail.
//!
//! A token need not have every act. [`Report`] lists the tested properties.
//!
//! ```text
//! #[dusk_sdk::test]
//! fn conforms(chain: Chain) -> TestResult {
//!     let report = conform::restricted(&Register::open(&chain)?)?;
//!     assert_eq!(report.skipped(), []);
//!     Ok(())
//! }
//! ```

mod paper;
mod run;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use run::restricted;

use super::failure::Failure;

/// A token under test. Holders are numbers from zero. The token decides which of them may hold shares. The token must
/// not know the last holder yet, so that a recovery can go there.
pub trait Restricted {
    /// The number of holders, at least four. Only they hold shares.
    fn holders(&self) -> usize;

    /// The holding of a holder.
    ///
    /// # Errors
    /// If the token cannot be asked.
    fn holding(&self, holder: usize) -> Result<Holding, Failure>;

    /// All shares.
    ///
    /// # Errors
    /// If the token cannot be asked.
    fn supply(&self) -> Result<u64, Failure>;

    /// Asks whether a transfer would be accepted. `None`: the token has no such query. `Some(Err(reason))`: it would be
    /// refused.
    ///
    /// # Errors
    /// If the token cannot be asked.
    fn check(&self, from: usize, to: usize, amount: u64) -> Result<Option<Result<(), String>>, Failure>;

    /// Makes an act.
    ///
    /// # Errors
    /// If the token fails otherwise than by a refusal.
    fn act(&self, act: Act) -> Result<Outcome, Failure>;
}

/// The holding of a holder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// Its shares.
    pub shares: u64,
    /// The number of its shares that are neither locked nor frozen as a part.
    pub free: u64,
    /// The largest number of shares up to which it may receive. [`u64::MAX`]: there is no limit.
    pub limit: u64,
    /// Whether the whole account is frozen.
    pub frozen: bool,
    /// The dividends that it may claim, in LUX.
    pub claimable: u64,
}

/// An act on a token. The first three are a holder's, the others an officer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what they are")]
pub enum Act {
    /// The holder moves its shares.
    Transfer { from: usize, to: usize, amount: u64 },
    /// A holder sets how many of its shares a spender may move.
    Approve { owner: usize, spender: usize, amount: u64 },
    /// The spender moves them.
    Spend { by: usize, from: usize, to: usize, amount: u64 },
    /// An officer moves them.
    Force { from: usize, to: usize, amount: u64 },
    /// An officer creates shares.
    Issue { to: usize, amount: u64 },
    /// An officer destroys shares.
    Redeem { from: usize, amount: u64 },
    /// An officer freezes an account.
    Freeze { holder: usize },
    /// An officer ends the freeze of an account.
    Unfreeze { holder: usize },
    /// An officer sets how many shares are frozen.
    FreezePart { holder: usize, amount: u64 },
    /// An officer locks shares for longer than the run takes.
    Lock { holder: usize, amount: u64 },
    /// An officer gives everything to a new account.
    Recover { from: usize, to: usize },
    /// The issuer pays in a dividend, in LUX.
    Distribute { lux: u64 },
    /// An officer caps the supply. `None` ends the cap.
    CapSupply { most: Option<u64> },
    /// An officer caps the number of holders. `None` ends the cap.
    CapHolders { most: Option<u32> },
}

impl Act {
    /// Whether an officer makes it.
    #[must_use]
    pub fn is_officers(self) -> bool {
        !matches!(self, Self::Transfer { .. } | Self::Approve { .. } | Self::Spend { .. })
    }
}

/// The outcome of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, with events of these topics.
    Done(Vec<String>),
    /// It was refused, for this reason.
    Refused(String),
    /// The token has no such act.
    Absent,
}

/// A property of every restricted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Property {
    /// The supply is the sum of all holdings.
    SupplyIsTheSum,
    /// A check and the transfer agree for every pair and amount, also in the reason.
    CheckAgrees,
    /// No act lifts a holding above its limit.
    LimitHolds,
    /// No act lifts the supply, or the number of holders, above its cap.
    CapHolds,
    /// A frozen part cannot be spent.
    FrozenPartStays,
    /// A frozen account neither sends nor receives.
    FreezeHolds,
    /// A forced move keeps freezes, also that of a part, and locked shares stay locked with their next holder.
    ForceKeepsLocks,
    /// A recovery releases nothing, loses nothing, and leaves nothing behind. The lost account receives no more shares.
    RecoveryMovesAll,
    /// After a recovery, the new account has the allowances of the lost one: nobody else has them, and they do not
    /// grow.
    RecoveryMovesAllowances,
    /// An officer's act is in an event.
    OfficersAreSeen,
    /// A dividend gives holders no more than was paid in.
    DividendsMintNothing,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SupplyIsTheSum,
        Self::CheckAgrees,
        Self::LimitHolds,
        Self::CapHolds,
        Self::FrozenPartStays,
        Self::FreezeHolds,
        Self::ForceKeepsLocks,
        Self::RecoveryMovesAll,
        Self::RecoveryMovesAllowances,
        Self::OfficersAreSeen,
        Self::DividendsMintNothing,
    ];
}

/// The properties that a run has tested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    tried: Vec<Property>,
}

impl Report {
    /// The untested properties, because the token lacks an act or a query for them.
    #[must_use]
    pub fn skipped(&self) -> Vec<Property> {
        Property::ALL.into_iter().filter(|property| !self.tried.contains(property)).collect()
    }
}

/// A property does not hold, or the token failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Violation {
    /// A property does not hold.
    Broken {
        /// The property.
        property: Property,
        /// A description of the fault.
        seen: String,
    },
    /// The token failed otherwise than by a refusal.
    Failed(Failure),
}

impl From<Failure> for Violation {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { property, seen } => write!(f, "{property:?} does not hold: {seen}"),
            Self::Failed(failure) => write!(f, "the token failed: {failure}"),
        }
    }
}

impl core::error::Error for Violation {}
