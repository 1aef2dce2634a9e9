#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub struct NotAModule;

#[contract(colour = "red")]
pub mod test {
    #[derive(Default)]
    pub struct State;
}

fn main() {}
