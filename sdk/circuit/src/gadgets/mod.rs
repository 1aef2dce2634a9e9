//! Statements about typed values, as methods and functions.

pub(crate) mod curve;
mod field;
mod linear;
mod logic;
mod number;
pub(crate) mod poseidon;
pub(crate) mod range;

pub use curve::Multiplier;
pub use linear::Linear;
pub use logic::Select;
pub use poseidon::hash;
