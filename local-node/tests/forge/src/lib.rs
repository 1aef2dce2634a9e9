//! A till that counts what it takes.
#![no_std]
#![cfg(target_family = "wasm")]

extern crate alloc;

#[dusk_forge::contract]
mod till {
    use alloc::vec::Vec;

    use dusk_core::abi;

    /// The state.
    pub struct Till {
        sums: Vec<u64>,
    }

    impl Till {
        /// Begins empty.
        pub const fn new() -> Self {
            Self { sums: Vec::new() }
        }

        /// The sum of all that was taken.
        pub fn sum(&self) -> u64 {
            self.sums.iter().sum()
        }

        /// Takes an amount; 13 is refused.
        pub fn take(&mut self, amount: u64) -> u64 {
            self.sums.push(amount);
            assert!(amount != 13, "no thirteens");
            abi::emit("taken", amount);
            self.sum()
        }

        /// Takes what several factors make.
        pub fn take_product(&mut self, factor: u64, other: u64) -> u64 {
            self.take(factor * other)
        }

        /// All that was taken.
        #[contract(feeds = "u64")]
        pub fn all(&self) {
            for amount in &self.sums {
                abi::feed(*amount);
            }
        }
    }
}
