//! The parts that benchmarks share: the program, a node's interface, figures and their targets.

pub(crate) mod chain;
pub(crate) mod command;
pub(crate) mod figures;
