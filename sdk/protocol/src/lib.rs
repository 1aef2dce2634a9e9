//! What contracts, their tests and tools exchange: ABI documents, receipts of calls, the protocol of the test host.
//!
//! Every test of a contract compiles this crate, so it holds documents only: no codec of the chain, no cryptography.
//!
//! | module | holds |
//! |---|---|
//! | [`abi`] | the description of a contract that tools read (`abi.json`) |
//! | [`execution`] | the results of calls: events, errors, traces |
//! | [`host`] | the protocol between a contract's tests and the test host |
//! | [`observation`] | what the chain shows of a transaction, and what a comparison of runs gave |

pub use piecrust_uplink::ContractId;

pub mod abi;
pub mod execution;
pub mod host;
pub mod observation;
