//! The parties of a [confidential asset](crate::finance::confidential) in tests: holders, the auditor, and what
//! everybody knows of the chain. All of it is in memory.
//!
//! A program of a holder uses a [`Wallet`](crate::finance::wallet::Wallet). Tests want two things that it refuses:
//!
//! - **The same acts again.** No randomness is drawn, so two tests that begin alike make the same statements, and one
//!   proof serves both.
//! - **False acts.** A [`Party`] spends what it does not have, twice, or to nobody. The statement is then false, and a
//!   test shows who refuses it.
//!
//! Both make witnesses of the same types by the same code. Nothing here is for a network: ephemeral keys are counted,
//! and a party that was made again uses them twice.

mod auditor;
mod ledger;
mod order;
mod party;

pub use auditor::{Auditor, Known, Read};
pub use ledger::Ledger;
pub use order::ordered;
pub use party::{Owned, Party};
