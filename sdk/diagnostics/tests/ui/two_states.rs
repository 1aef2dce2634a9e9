#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct First;

    pub struct Second;

    pub struct Third {
        field: u8,
    }
}

fn main() {}
