//! Tests of the simulator: a fixed set of seeds, and planted bugs that the checkers have to see.

mod forks;
mod planted;
mod seeds;
