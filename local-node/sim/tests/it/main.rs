//! Tests of the simulator: a fixed set of seeds, and planted bugs that the checkers have to see.

mod command;
mod drift;
mod failures;
mod forks;
mod lies;
#[cfg(feature = "vm")]
mod machines;
mod measurements;
mod member;
mod model;
mod orders;
mod planted;
mod rescue;
mod runs;
mod seeds;
mod settling;
