//! Two contracts in one package.

use dusk_sdk::prelude::*;

#[contract]
pub mod counter {
    use super::*;

    #[derive(Default)]
    pub struct Counter;
}

#[contract]
pub mod other {
    use super::*;

    #[derive(Default)]
    pub struct Other;
}

fn main() {}
