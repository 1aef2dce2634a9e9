//! What the contracts promise, as tests on a chain.
#![cfg(test)]

mod allowlist;
mod issuer;
mod privacy;
mod threats;
