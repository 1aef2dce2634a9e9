//! Variants that cannot stand under `#[from]`.

use dusk_sdk::prelude::*;

#[error]
pub enum Inner {
    Closed,
}

#[error]
pub enum Faulty {
    #[from]
    Named { inner: Inner },
    #[from]
    Nothing,
    #[from]
    #[code(7)]
    Coded(Inner),
    #[from]
    Twice(Inner),
}

#[error]
pub enum NotAnError {
    #[from]
    Number(u64),
}

fn main() {}
