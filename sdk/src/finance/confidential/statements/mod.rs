//! What holders, the issuer and the auditor prove: gadgets around which a circuit is a few lines.
//!
//! A statement is a struct of public values with a method that asserts it about private ones. [`Policy`] asks the
//! registry; a circuit without it is for assets that anybody may hold. Everything that goes along with an act
//! (ciphertexts of receivers, memo, fee, relayer) is one more public input, its [`binding`](crate::zk::binding).
//!
//! ```
//! use dusk_sdk::finance::confidential::statements::{Party, Policy, Transfer, TransferSecret};
//! use dusk_sdk::zk::*;
//!
//! /// A holder moves an amount to another one.
//! ///
//! /// 1. What [`Transfer`] states.
//! /// 2. What [`Policy`] states about both parties.
//! /// 3. What goes along is bound.
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
//! A circuit of up to 32,764 rows is proven with 2^15: a proof of a transfer or of a lock with the registry takes as
//! long as one without.

mod acts;
mod admit;
mod affirm;
mod claim;
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
