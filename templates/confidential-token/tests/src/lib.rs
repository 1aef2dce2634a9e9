//! Tests of the contracts on a chain.
#![cfg(test)]

mod alone;
mod asset;
mod cash;
mod cash_model;
mod credentials;
mod disclosures;
mod foreign;
mod gas;
mod locks;
mod model;
mod observer;
mod officers;
mod people;
mod proofs;
mod refusals;
mod roots;
mod threats;
mod wire;
