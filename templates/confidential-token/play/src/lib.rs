//! Code that the programs and tests of this template share: proofs of parties for its contracts, from the witnesses of
//! `dusk_sdk::finance::wallet`; and an attester, with the credentials that it signs.

mod acts;
mod attester;
mod steps;

use std::error::Error;

pub use acts::*;
pub use attester::{Attested, Attester, blocked};
pub use steps::*;

/// The result of a step, or the reason why it fails.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;
