//! A thermostat that tells what it does, and why it does not.
#![no_std]

use dusk_sdk::prelude::*;

/// Keeps a target temperature within bounds, in tenths of a degree.
#[contract]
pub mod thermostat {
    use super::*;

    /// The state.
    pub struct Thermostat {
        keeper: Account,
        target: i16,
        changes: u32,
    }

    /// The coldest target.
    pub const LOWEST: i16 = 50;
    /// The hottest target.
    pub const HIGHEST: i16 = 300;

    /// The target changed. Its topic on the chain is its name, `TargetChanged`.
    #[event]
    pub struct TargetChanged {
        /// Who changed it.
        pub by: Account,
        /// The target before.
        pub from: i16,
        /// The target now.
        pub to: i16,
    }

    /// A topic costs gas for each byte of it; this event has a short one.
    #[event(topic = "frost")]
    pub struct FrostProtection;

    /// The errors of a change of the target. Their codes are 1, 2, … in this order.
    #[error]
    pub enum Refused {
        /// A target lies between `lowest` and `highest`. Fields tell the caller what would do.
        OutOfRange { lowest: i16, highest: i16 },
        /// It is the target already.
        Unchanged,
    }

    /// The errors of permissions. A second error type of the same contract begins at another code.
    #[error(first = 100)]
    pub enum Forbidden {
        /// Only the keeper may.
        NotKeeper,
        /// Ask for one change or more; there were `changes`. The code stays 900 whatever comes before it.
        #[code(900)]
        NoSuchChange { changes: u32 },
    }

    impl Thermostat {
        /// The deployer keeps it.
        pub fn init(target: i16) -> Result<Self, Refused> {
            ensure!((LOWEST..=HIGHEST).contains(&target), OUT_OF_RANGE);
            Ok(Self { keeper: sender(), target, changes: 0 })
        }

        /// The target.
        pub fn target(&self) -> i16 {
            self.target
        }

        /// A query can refuse, too.
        pub fn was_changed(&self, times: u32) -> Result<bool, Forbidden> {
            ensure!(times > 0, Forbidden::NoSuchChange { changes: self.changes });
            Ok(self.changes >= times)
        }

        /// Anybody may change the target. An event that was emitted before a refusal is undone with the rest.
        pub fn set(&mut self, to: i16) -> Result<(), Refused> {
            let from = self.target;
            self.target = to;
            emit(TargetChanged { by: sender(), from, to });
            if to < 80 {
                emit(FrostProtection);
            }
            ensure!((LOWEST..=HIGHEST).contains(&to), OUT_OF_RANGE);
            ensure!(from != to, Refused::Unchanged);
            self.changes += 1;
            Ok(())
        }

        /// Only the keeper may hand it over.
        pub fn hand_over(&mut self, keeper: Account) -> Result<(), Forbidden> {
            ensure!(sender() == self.keeper, Forbidden::NotKeeper);
            self.keeper = keeper;
            Ok(())
        }
    }

    const OUT_OF_RANGE: Refused = Refused::OutOfRange { lowest: LOWEST, highest: HIGHEST };
}
