//! The protocol's constants, and what a chain may set for itself.

use local_node_types::keys::{BlsKey, DUSK_KEY};
use local_node_types::rules::Profile;

/// A moment or a duration in milliseconds; moments count from 1970.
///
/// The state machine never reads a clock: its driver says what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

impl Millis {
    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// This much later.
    #[must_use]
    pub const fn plus(self, duration: Self) -> Self {
        Self(self.0.saturating_add(duration.0))
    }

    /// The time from `earlier` to here; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

/// Iterations of a round.
pub const MAX_ITERATIONS: u8 = 50;
/// Credits of the committee that proposes.
pub const PROPOSAL_CREDITS: u32 = 1;
/// Credits of each committee that votes.
pub const VOTING_CREDITS: u32 = 64;
/// Credits of both voting committees together.
pub const TOTAL_CREDITS: u32 = 2 * VOTING_CREDITS;
/// Credits that call a candidate valid.
pub const SUPERMAJORITY: u32 = VOTING_CREDITS - VOTING_CREDITS / 3;
/// Credits for every other result.
pub const MAJORITY: u32 = VOTING_CREDITS / 2 + 1;
/// From this iteration on, failed iterations are neither reported nor slashed.
pub const RELAX_ITERATION: u8 = 8;
/// From this iteration on, only votes for a valid candidate count, and past iterations stay open.
pub const EMERGENCY_ITERATION: u8 = 16;
/// The iteration that an emergency block states.
pub const EMERGENCY_BLOCK_ITERATION: u8 = u8::MAX;
/// How far a block's timestamp may be ahead of the local clock.
pub const CLOCK_MARGIN: Millis = Millis::from_secs(3);
/// The most bytes of a block.
pub const MAX_BLOCK_BYTES: usize = 1024 * 1024;
/// How many rounds ahead messages are kept.
pub const MAX_ROUND_DISTANCE: u64 = 10;
/// The least stake that takes part, in LUX.
pub const MIN_STAKE: u64 = dusk_core::stake::DEFAULT_MINIMUM_STAKE;
/// LUX that a drawn provisioner's weight loses.
pub const CREDIT_WEIGHT: u64 = 1_000_000_000;
/// Blocks of an epoch.
pub const EPOCH: u64 = dusk_core::stake::EPOCH;

/// Whether an iteration runs in emergency mode.
#[must_use]
pub const fn is_emergency(iteration: u8) -> bool {
    iteration >= EMERGENCY_ITERATION
}

/// How long steps may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The shortest timeout of a step.
    pub min: Millis,
    /// The longest, and the one to begin with.
    pub max: Millis,
    /// The increase of a step's timeout for the rest of the round when it expires.
    pub increase: Millis,
    /// Averages of elapsed times are rounded up to a multiple of this.
    pub granularity: Millis,
}

impl Timeouts {
    /// The production network's: 7 to 40 seconds, 2 more after each expiry.
    pub const PRODUCTION: Self = Self {
        min: Millis::from_secs(7),
        max: Millis::from_secs(40),
        increase: Millis::from_secs(2),
        granularity: Millis::from_secs(1),
    };
}

/// When a round begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// As soon as the tip is known; the slot is waited for.
    #[default]
    AtOnce,
    /// When [`Input::Go`](crate::Input::Go) says so: blocks on demand.
    OnGo,
}

/// The settings of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The rules, which say what version of signatures a height has.
    pub profile: Profile,
    /// The least time between the timestamps of two blocks. Whole seconds; production has 10, a local chain may have 0.
    pub min_block_time: Millis,
    /// How long steps may take.
    pub timeouts: Timeouts,
    /// When a round begins.
    pub start: Start,
    /// Whether there are no other nodes: nothing is broadcast, and the votes of this node's keys are signed together.
    /// The attestation has the same bytes either way, because it only holds the sum of the signatures.
    pub alone: bool,
    /// The key whose emergency blocks are accepted.
    pub emergency_key: BlsKey,
    /// A wrong number of credits that calls a candidate valid, so that tests can show that their checkers see it.
    #[doc(hidden)]
    pub planted_quorum: Option<u32>,
    /// Whether nodes that run apart do not look for each other, so that tests can show what that does.
    #[doc(hidden)]
    pub planted_drift: bool,
    /// Whether the place, the time and the seed of a header go unchecked, so that tests can show that their checkers
    /// see it.
    #[doc(hidden)]
    pub planted_header: bool,
}

impl Config {
    /// As the production network.
    #[must_use]
    pub const fn production(profile: Profile) -> Self {
        Self {
            profile,
            min_block_time: Millis::from_secs(10),
            timeouts: Timeouts::PRODUCTION,
            start: Start::AtOnce,
            alone: false,
            emergency_key: DUSK_KEY,
            planted_quorum: None,
            planted_drift: false,
            planted_header: false,
        }
    }

    /// A local chain with this time between blocks, rounded up to whole seconds; zero is allowed.
    ///
    /// Timeouts are to the block time what they are in production (0.7 to 4 block times, 0.2 more after each expiry),
    /// but never below those for one second.
    #[must_use]
    pub const fn local(block_time: Millis) -> Self {
        let block_time = Millis(block_time.0.div_ceil(1000) * 1000);
        let unit = if block_time.0 > 1000 { block_time.0 } else { 1000 };
        Self {
            profile: Profile::Local,
            min_block_time: block_time,
            timeouts: Timeouts {
                min: Millis(unit / 10 * 7),
                max: Millis(unit * 4),
                increase: Millis(unit / 5),
                granularity: Millis(unit / 10),
            },
            start: Start::AtOnce,
            alone: false,
            emergency_key: DUSK_KEY,
            planted_quorum: None,
            planted_drift: false,
            planted_header: false,
        }
    }

    /// The least time before an emergency block: all steps of all iterations and of one more at their longest. 6120
    /// seconds in production.
    #[must_use]
    pub const fn min_emergency_block_time(&self) -> Millis {
        Millis(self.timeouts.max.0 * 3 * (MAX_ITERATIONS as u64 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorums_are_the_protocols() {
        assert_eq!((SUPERMAJORITY, MAJORITY, TOTAL_CREDITS), (43, 33, 128));
    }

    #[test]
    fn production_times() {
        let config = Config::production(Profile::Mainnet);
        assert_eq!(config.min_emergency_block_time(), Millis::from_secs(6120));
        let scaled = Config::local(Millis::from_secs(10));
        assert_eq!((scaled.timeouts, scaled.min_block_time), (config.timeouts, config.min_block_time));
    }

    #[test]
    fn local_times_scale_and_have_a_floor() {
        assert_eq!(Config::local(Millis(0)).min_block_time, Millis(0));
        assert_eq!(Config::local(Millis(0)).timeouts.min, Millis(700));
        assert_eq!(Config::local(Millis(1)).min_block_time, Millis(1000));
        assert_eq!(Config::local(Millis::from_secs(20)).timeouts.max, Millis::from_secs(80));
    }
}
