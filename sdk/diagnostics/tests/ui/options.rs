//! Options that cannot stand in `#[contract(…)]` on a method.
#![allow(unused)]
use dusk_sdk::prelude::*;

#[contract]
pub mod faulty {
    use super::*;

    #[derive(Default)]
    pub struct Faulty;

    impl Faulty {
        #[contract(feeds = u64)]
        pub fn changes(&mut self) {}

        #[contract(feeds = u64)]
        pub fn returns(&self) -> u64 {
            1
        }

        #[contract(feeds = &str)]
        pub fn borrows(&self) {}

        #[contract(raw_result)]
        pub fn cannot_fail(&self) -> u64 {
            1
        }

        #[contract(payable)]
        pub fn pays(&mut self) {}

        #[contract(feeds = u64)]
        fn hidden(&self) {}
    }
}

fn main() {}
