//! The crate as its users see it.

mod alternatives;
mod amounts;
mod audit;
mod audit_aliases;
mod audit_counterexample;
mod audit_inputs;
mod audit_points;
mod audit_rules;
mod audit_soundness;
mod audit_whole;
mod catalogue;
mod credentials;
mod curve;
mod every_row;
mod forgeries;
mod hashes;
mod layouts;
mod numbers;
mod profile;
mod secrets;
mod signatures;
mod stock;
mod support;
mod trees;
mod witnesses;
