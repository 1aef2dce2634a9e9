//! What the contract promises, as tests on a chain.
#![cfg(test)]

mod company;
mod gas;
mod model;
mod observer;
mod payouts;
mod refusals;
mod threats;
mod votes;
