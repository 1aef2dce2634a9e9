//! What the contract promises, as tests on a chain.
#![cfg(test)]

mod company;
mod foreign;
mod gas;
mod model;
mod observer;
mod payouts;
mod refusals;
mod threats;
mod votes;
