//! The parties of a settlement outside of the chain: holders with their keys and notes, and the auditor; what they read
//! in events, and what they prove. Everything is in memory, for tests and for the program `play`.

mod acts;
mod auditor;
mod ledger;
mod party;

pub use acts::*;
pub use auditor::{Auditor, Read};
pub use ledger::Ledger;
pub use party::{Owned, Party};
