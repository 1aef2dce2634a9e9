//! Tests of the contracts on a chain.
#![cfg(test)]

mod allowlist;
mod issuer;
mod privacy;
mod threats;
