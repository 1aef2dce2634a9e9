//! The statements that holders, the issuer and the auditor prove, as gadgets: a circuit needs only a few further lines.
//!
//! A statement is a struct of public values, with a method that asserts it about private values. [`Policy`] states
//! facts about the registry; a circuit without it is for assets that anybody may hold. [`BlockedCountries`] states that
//! the parties do not live in certain countries. With its 12 public inputs, it has 26 rows for a receiver and 40 for
//! both parties. The [`binding`](crate::zk::binding) of all further data of an act (ciphertexts of receivers, memo,
//! fee, relayer) is one more public input.
//!
//! ```
//! use dusk_sdk::finance::confidential::statements::{Party, Policy, Transfer, TransferSecret};
//! use dusk_sdk::zk::*;
//!
//! /// A holder moves an amount to another one.
//! ///
//! /// 1. The statement of [`Transfer`].
//! /// 2. The statement of [`Policy`] about both parties.
//! /// 3. The proof is bound to the further data of the order.
//! #[circuit]
//! pub fn send(
//!     cs: &mut ConstraintSystem,
//!     #[public] act: Transfer,
//!     #[public] policy: Policy,
//!     #[public] _bound: Field,
//!     #[private] secret: TransferSecret,
//!     #[private] sender: Party,
//!     #[private] receiver: Party,
//! ) {
//!     let moved = act.assert(cs, &secret);
//!     policy.assert_parties(cs, &sender, &receiver, moved);
//! }
//!
//! assert_eq!(layout::<Send>().rows.len(), 31_339);
//! ```
//!
//! # Rows
//!
//! | statement | rows | with the registry |
//! |---|---|---|
//! | [`Register`] | 3,471 | |
//! | [`Register`] with [`Admit`] | 14,481 | |
//! | [`Mint`] | 2,927 | 8,155 |
//! | [`Transfer`] | 21,468 | 31,339 |
//! | [`Lock`] | 22,604 | 32,475 |
//! | [`Seize`] | 12,173 | 17,401 |
//! | [`Held`], with a least amount | 18,704 | |
//! | [`Affirm`] | 1,703 | |
//! | [`Vote`] | 30,736 | |
//! | [`Tally`] | 14,755 | |
//! | [`Claim`] | 23,529 | |
//! | [`Total`] | 1,854 | |
//!
//! The size of a proof is a power of two, here 2^15 for up to 32,764 rows. So a proof of a transfer or of a lock with
//! the registry takes as long as one without.

mod acts;
mod admit;
mod affirm;
mod claim;
mod countries;
mod notes;
mod policy;
mod spend;
mod values;
mod vote;

#[cfg(test)]
mod tests;

pub use acts::{
    Held, HeldNative, HeldSecret, HeldSecretNative, Holding, Mint, MintNative, MintSecret, MintSecretNative, Register,
    RegisterNative, RegisterSecret, RegisterSecretNative, Seize, SeizeNative, SeizeSecret, SeizeSecretNative,
};
pub use admit::{Admit, AdmitNative, AdmitSecret, AdmitSecretNative};
pub use affirm::{Affirm, AffirmNative, AffirmSecret, AffirmSecretNative};
pub use claim::{Claim, ClaimNative, ClaimSecret, ClaimSecretNative};
pub use countries::BlockedCountries;
pub use notes::{Input, InputNative};
pub use policy::{Party, PartyNative, Policy, PolicyNative};
pub use spend::{
    Lock, LockNative, LockSecret, LockSecretNative, Moved, Transfer, TransferNative, TransferSecret,
    TransferSecretNative,
};
pub use values::{AuditCipher, AuditorKey, Coordinates, Holder, ViewCipher};
pub use vote::{
    Ballot, Counted, Tally, TallyNative, TallySecret, TallySecretNative, Total, TotalNative, TotalSecret,
    TotalSecretNative, Vote, VoteNative, VoteSecret, VoteSecretNative,
};
