//! What the contracts promise, as tests on a chain.
#![cfg(test)]

mod eligibility;
mod model;
mod people;
mod register;
mod threats;
