//! Tests of the contracts on a chain: one module for each contract, and one for its model.
#![cfg(test)]

mod conform;
mod model;
mod refusals;
mod token;
