//! The circuits: the statements that issuers and holders prove.
#![no_std]

mod voucher;
pub use voucher::*;

mod bond;
pub use bond::*;
