#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract_type]
pub struct Generic<T> {
    value: T,
}

#[contract_type(layout = "packed")]
pub struct Layout;

#[contract_type]
pub union Union {
    a: u8,
}

#[contract_type]
pub enum Never {}

#[contract_type]
pub struct Conditional {
    #[cfg(test)]
    value: u8,
}

#[contract_type]
pub struct Floats {
    ratio: f32,
    sizes: Vec<usize>,
}

fn main() {}
