//! What the benchmarks share: the program, a node's interface, and figures beside their marks.

pub(crate) mod chain;
pub(crate) mod command;
pub(crate) mod figures;
