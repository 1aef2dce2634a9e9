//! The crate as its users see it, and beside the stock crate.

mod circuits;
mod proofs;
mod stock;
