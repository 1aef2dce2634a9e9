//! Gadgets: statements about typed values, as methods and functions.

mod commitment;
mod credential;
mod curve;
mod elgamal;
mod field;
mod inputs;
mod linear;
mod logic;
mod merkle;
mod nullifier;
mod number;
pub(crate) mod poseidon;
pub(crate) mod range;
mod schnorr;
mod set;

pub use commitment::{assert_balanced, assert_commits, commit};
pub use credential::Credential;
pub use curve::Multiplier;
pub use elgamal::Ciphertext;
pub use linear::Linear;
pub use logic::Select;
pub use merkle::{MerklePath, NonMembership};
pub use nullifier::nullifier;
pub use poseidon::{expand, hash};
pub use schnorr::Signature;
pub use set::Set;
