//! Statements about typed values, as methods and functions.

mod field;
mod linear;
mod logic;
mod number;
pub(crate) mod range;

pub use linear::Linear;
pub use logic::Select;
