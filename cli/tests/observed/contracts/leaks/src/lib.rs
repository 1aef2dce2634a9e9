//! A contract that shows a private amount in each way that there is, for the observer test.
//!
//! The amount reaches it as two arguments, a pad and the masked amount. Each alone looks random, so no argument shows
//! the amount; the contract's use of both shows it.
#![no_std]

use dusk_sdk::prelude::*;

/// Shows a private amount.
#[contract]
pub mod leaks {
    use super::*;

    /// Bytes of a page of the state.
    const PAGE_BYTES: usize = 65_536;
    /// Pages that the store has.
    const PAGES: usize = 6;
    /// Commitments that need more memory than a contract has to spare.
    const MANY: usize = 16_384;

    /// What is kept.
    pub struct Leaks {
        commitments: Vec<Field>,
        store: Vec<u8>,
    }

    /// An amount was shown.
    #[event]
    pub struct Shown {
        /// The amount.
        pub amount: u64,
    }

    /// Values were listed.
    #[event]
    pub struct Listed {
        /// The values.
        pub values: Vec<u8>,
    }

    /// A commitment was kept.
    #[event]
    pub struct Kept {
        /// The commitment.
        pub commitment: Field,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// The amount is too much.
        TooMuch {
            /// The amount.
            amount: u64,
        },
    }

    impl Leaks {
        /// Opens an empty store.
        pub fn init() -> Self {
            Self { commitments: Vec::new(), store: vec![0; PAGES * PAGE_BYTES] }
        }

        /// How many commitments there are.
        pub fn kept(&self) -> u32 {
            self.commitments.len() as u32
        }

        /// Shows nothing: keeps a commitment.
        pub fn keep(&mut self, commitment: Field) {
            self.commitments.push(commitment);
            emit(Kept { commitment });
        }

        /// Shows nothing: takes a ciphertext.
        pub fn take(&mut self, ciphertext: Vec<u8>) {
            drop(ciphertext);
        }

        /// Shows the amount in its argument.
        pub fn argument(&mut self, amount: u64) {
            let _ = amount;
        }

        /// Shows the amount in an event.
        pub fn event(&mut self, pad: u64, masked: u64) {
            emit(Shown { amount: pad ^ masked });
        }

        /// Shows the amount in the gas.
        pub fn gas(&mut self, pad: u64, masked: u64) {
            let amount = pad ^ masked;
            if amount > 500 {
                for byte in &mut self.store[..200] {
                    *byte = byte.wrapping_add(1);
                }
            }
        }

        /// Shows the amount in the result.
        pub fn result(&mut self, pad: u64, masked: u64) -> u64 {
            pad ^ masked
        }

        /// Shows the amount in the text of the error.
        pub fn error(&mut self, pad: u64, masked: u64) -> Result<(), Refused> {
            Err(Refused::TooMuch { amount: pad ^ masked })
        }

        /// Shows the amount in the number of pages that change.
        pub fn pages(&mut self, pad: u64, masked: u64) {
            let pages = if pad ^ masked > 500 { PAGES } else { 1 };
            for page in 0..pages {
                self.store[page * PAGE_BYTES + PAGE_BYTES / 2] += 1;
            }
        }

        /// Shows the amount in the length of an event.
        pub fn size(&mut self, pad: u64, masked: u64) {
            let values = if pad ^ masked > 500 { vec![7; 40] } else { vec![7; 20] };
            emit(Listed { values });
        }

        /// Shows the amount in the number of events.
        pub fn repeats(&mut self, pad: u64, masked: u64) {
            let times = if pad ^ masked > 500 { 2 } else { 1 };
            for _ in 0..times {
                emit(Listed { values: vec![7; 20] });
            }
        }

        /// Shows the amount in the length of the memory.
        pub fn grow(&mut self, pad: u64, masked: u64) {
            self.store[0] = self.store[0].wrapping_add(1);
            if pad ^ masked > 500 {
                self.commitments.reserve(MANY);
            }
        }

        /// Shows the amount in the argument of a call of another contract.
        pub fn inner(&mut self, to: ContractId, pad: u64, masked: u64) {
            callee::at(to).take(pad ^ masked);
        }

        /// Shows the amount in the content of the state alone.
        pub fn content(&mut self, pad: u64, masked: u64) {
            self.store[..8].copy_from_slice(&(pad ^ masked).to_le_bytes());
        }
    }
}
