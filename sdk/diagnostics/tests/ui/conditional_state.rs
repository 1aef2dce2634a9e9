//! A state that depends on `cfg`.

use dusk_sdk::prelude::*;

#[contract]
pub mod state {
    use super::*;

    #[cfg(unix)]
    #[derive(Default)]
    pub struct State;
}

fn main() {}
