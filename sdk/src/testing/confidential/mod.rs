//! The parties of a [confidential asset](crate::finance::confidential) in tests: holders, the auditor, and the public
//! state of the asset. All of it is in memory.
//!
//! A holder's program uses a [`Wallet`](crate::finance::wallet::Wallet). Tests need two things that a wallet refuses:
//!
//! - **The same acts again.** The parties draw no randomness, so two tests that begin alike make the same statements,
//!   and one proof serves both.
//! - **False acts.** A [`Party`] spends notes that it does not have, spends them twice, or sends them to nobody. The
//!   statement is then false, and a test shows that the circuit or the contract refuses it.
//!
//! Wallets and parties make witnesses of the same types by the same code. Use parties only in tests: their ephemeral
//! keys follow from a counter, so a party that a test creates again uses the same keys again.

mod auditor;
mod ledger;
mod order;
mod party;

pub use auditor::{Auditor, Known, Read};
pub use ledger::Ledger;
pub use order::ordered;
pub use party::{Owned, Party};
