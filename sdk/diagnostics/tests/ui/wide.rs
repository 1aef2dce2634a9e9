//! Types that are too wide or lie too close.
#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract_type]
pub struct Tuple {
    value: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8),
}

#[contract_type]
#[repr(C, packed)]
pub struct Packed {
    value: u8,
}

#[contract_type]
pub struct Endless {
    inside: Option<Endless>,
}

fn main() {}
