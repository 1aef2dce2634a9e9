//! Documents that contracts, their tests and tools exchange: ABIs, receipts of calls, the protocol of the test host.
//!
//! Every test of a contract compiles this crate, so it contains only documents: no codec of the chain, no cryptography.
//!
//! | module | contents |
//! |---|---|
//! | [`abi`] | the description of a contract that tools read (`abi.json`) |
//! | [`execution`] | the results of calls: events, errors, traces |
//! | [`host`] | the protocol between a contract's tests and the test host |
//! | [`observation`] | the data that the chain shows of a transaction, and the result of a comparison of runs |

pub use piecrust_uplink::ContractId;

pub mod abi;
mod bytes;
pub mod execution;
pub mod host;
pub mod observation;
