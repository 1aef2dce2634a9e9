#![allow(unused)]

use dusk_sdk::prelude::*;

#[error]
pub struct NotAnEnum;

#[error]
pub enum Empty {}

#[error]
pub enum Generic<T> {
    A(T),
}

#[error]
pub enum Same {
    #[code(3)]
    A,
    #[code(2)]
    B,
    C,
}

#[error]
pub enum Discriminants {
    A = 5,
}

#[error]
pub enum Word {
    #[code(seven)]
    A,
}

#[error(first = "one")]
pub enum First {
    A,
}

fn main() {}
