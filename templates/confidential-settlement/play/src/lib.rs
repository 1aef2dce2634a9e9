//! Code that the program `play` and the tests share: proofs of parties for the contracts, from the witnesses of
//! `dusk_sdk::finance::wallet`.

mod acts;

pub use acts::*;
