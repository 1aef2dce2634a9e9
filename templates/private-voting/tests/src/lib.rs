//! Tests of the contract on a chain.
#![cfg(test)]

mod company;
mod damaged;
mod foreign;
mod gas;
mod model;
mod observer;
mod payouts;
mod refusals;
mod threats;
mod votes;
