//! Items that cannot depend on `cfg`.
#![allow(unused)]

use dusk_sdk::prelude::*;

#[contract]
pub mod test {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[cfg(unix)]
    #[event]
    pub struct Happened {
        value: u8,
    }

    impl State {
        #[cfg(unix)]
        pub fn method(&self) {}

        #[cfg_attr(unix, cfg(windows))]
        pub fn indirect(&self) {}

        pub fn argument(&self, #[cfg(unix)] value: u8) {}
    }

    #[cfg(unix)]
    impl State {
        pub fn block(&self) {}
    }
}

#[contract_type]
pub enum Kind {
    One,
    #[cfg(unix)]
    Two,
    Three {
        #[cfg(unix)]
        value: u8,
    },
}

#[error]
pub enum Refused {
    #[cfg(unix)]
    No,
    Never(#[cfg(unix)] u8),
}

fn main() {}
