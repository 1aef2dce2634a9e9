//! The parties of an asset outside of the chain: holders with their keys and notes, the auditor, an attester; what they
//! read in events, and what they prove.
//!
//! It keeps everything in memory, for tests and for the program `play`.

mod acts;
mod attester;
mod auditor;
mod ledger;
mod party;

pub use acts::*;
pub use attester::{Attested, Attester, blocked};
pub use auditor::{Auditor, Known, Read};
pub use ledger::Ledger;
pub use party::{Owned, Party};
