//! Write, test and call confidential smart contracts for Dusk in Rust.
