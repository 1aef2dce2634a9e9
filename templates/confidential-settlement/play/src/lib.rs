//! What the program `play` and the tests share: what parties prove to the contracts, from the witnesses of
//! `dusk_sdk::finance::wallet`.

mod acts;

pub use acts::*;
