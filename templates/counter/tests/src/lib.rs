//! Tests of the contracts on a chain: one module for each contract.
#![cfg(test)]

mod counter;
