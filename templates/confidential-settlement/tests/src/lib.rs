//! Tests of the contracts on a chain.
#![cfg(test)]

mod assets;
mod attested;
mod attester;
mod cash;
mod cash_threats;
mod foreign;
mod gas;
mod market;
mod model;
mod observer;
mod refusals;
mod settlement;
mod threats;
