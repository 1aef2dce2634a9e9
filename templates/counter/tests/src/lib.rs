//! What the contracts promise, as tests on a chain: one module for each contract.
#![cfg(test)]

mod counter;
