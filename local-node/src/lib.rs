//! A full node in small: ledger, mempool, consensus, HTTP; one process, real blocks.

pub mod accounts;
pub mod ledger;
pub mod mempool;
pub mod transaction;
