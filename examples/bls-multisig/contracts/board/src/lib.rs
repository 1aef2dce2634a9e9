//! A board that decides by signatures: any `needed` of its members, in one BLS signature.
#![no_std]

use dusk_sdk::prelude::*;

/// A board whose resolutions pass when enough members have signed them.
///
/// The members sign outside of the chain and their signatures are added up into one. Whoever has it may hand it in and
/// pay for it.
#[contract]
pub mod board {
    use super::*;
    use dusk_sdk::crypto::{MultisigSignature, verify_bls_multisig};

    /// The most members, so that the price of a verification has a bound.
    pub const MAX_MEMBERS: u32 = 32;
    /// The most bytes of a resolution.
    pub const MAX_TEXT_BYTES: u32 = 1_000;

    /// The state.
    pub struct Board {
        members: BTreeSet<Account>,
        needed: u32,
        passed: Vec<String>,
    }

    /// A resolution passed.
    #[event]
    pub struct Passed {
        /// Its number: 0, 1, …
        pub number: u64,
        /// What was decided.
        pub text: String,
        /// How many members signed.
        pub signers: u32,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// A board has 1 to `limit` members.
        Members { limit: u32 },
        /// At least one member must sign, and at most all of them.
        Needed { members: u32 },
        /// A resolution has 1 to `limit` bytes.
        TextLength { limit: u32 },
        /// The next resolution is `next`: this number has passed, or is not up yet.
        WrongNumber { next: u64 },
        /// `needed` members must sign.
        TooFew { needed: u32 },
        /// This account is not on the board.
        NotMember { account: Account },
        /// The signature is not of these members, or not of this resolution.
        BadSignature,
    }

    impl Board {
        /// A board where any `needed` of the members decide.
        pub fn init(members: BTreeSet<Account>, needed: u32) -> Result<Self, Refused> {
            let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            ensure!((1..=MAX_MEMBERS).contains(&count), Refused::Members { limit: MAX_MEMBERS });
            ensure!((1..=count).contains(&needed), Refused::Needed { members: count });
            Ok(Self { members, needed, passed: Vec::new() })
        }

        /// The number of the next resolution.
        pub fn next(&self) -> u64 {
            self.passed.len() as u64
        }

        /// A resolution that has passed.
        pub fn resolution(&self, number: u64) -> Option<String> {
            self.passed.get(usize::try_from(number).ok()?).cloned()
        }

        /// Passes a resolution that `signers` have signed together. Anybody may hand it in.
        pub fn pass(
            &mut self,
            number: u64,
            text: String,
            signers: BTreeSet<Account>,
            signature: MultisigSignature,
        ) -> Result<(), Refused> {
            let (next, needed) = (self.next(), self.needed);
            let fits = !text.is_empty() && text.len() <= MAX_TEXT_BYTES as usize;
            ensure!(fits, Refused::TextLength { limit: MAX_TEXT_BYTES });
            ensure!(number == next, Refused::WrongNumber { next });
            // A set: nobody counts twice.
            ensure!(signers.len() >= needed as usize, Refused::TooFew { needed });
            if let Some(&account) = signers.difference(&self.members).next() {
                return Err(Refused::NotMember { account });
            }
            let keys: Vec<Account> = signers.into_iter().collect();
            let message = message(chain_id(), self_id(), number, &text);
            ensure!(verify_bls_multisig(&message, &keys, signature), Refused::BadSignature);
            emit(Passed { number, text: text.clone(), signers: keys.len() as u32 });
            self.passed.push(text);
            Ok(())
        }
    }
}

/// What the members sign. The chain, the contract and the number are part of it: no signature is good for a second
/// board, a second chain, or a second time.
pub fn message(chain: u8, board: ContractId, number: u64, text: &str) -> Vec<u8> {
    [b"board resolution", &[chain][..], &board.to_bytes(), &number.to_le_bytes(), text.as_bytes()].concat()
}
