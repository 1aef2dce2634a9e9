//! The macros of dusk-sdk: contracts, their events, errors and types, circuits, and tests.
//!
//! Use them through `dusk_sdk`, which documents them. The generated code is thin and calls `dusk_sdk`. The features of
//! `dusk_sdk` alone decide which parts of it are compiled (exports, data driver, test client), so a user's crate has no
//! features. Every macro has the same steps: parse, model, validate, expand. Mistakes are collected and reported
//! together, each at its place. The user's code stays in the program, so that the rest of the crate still type-checks.

mod circuit;
mod codec;
mod contract;
mod diagnostics;
mod event;
mod refusal;
#[cfg(test)]
mod snapshots;
mod source;
mod test;
mod types;
mod value;

use proc_macro::TokenStream;

/// `dusk_sdk::contract`.
#[proc_macro_attribute]
pub fn contract(options: TokenStream, item: TokenStream) -> TokenStream {
    let primary = std::env::var_os("CARGO_PRIMARY_PACKAGE").is_some();
    contract::expand(options.into(), &item.into(), primary).into()
}

/// `dusk_sdk::event`.
#[proc_macro_attribute]
pub fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    event::expand(options.into(), &item.into()).into()
}

/// `dusk_sdk::error`.
#[proc_macro_attribute]
pub fn error(options: TokenStream, item: TokenStream) -> TokenStream {
    refusal::expand(options.into(), &item.into()).into()
}

/// `dusk_sdk::contract_type`.
#[proc_macro_attribute]
pub fn contract_type(options: TokenStream, item: TokenStream) -> TokenStream {
    value::expand(options.into(), &item.into()).into()
}

/// `dusk_sdk::zk::circuit`.
#[proc_macro_attribute]
pub fn circuit(options: TokenStream, item: TokenStream) -> TokenStream {
    circuit::expand(&options.into(), &item.into()).into()
}

/// `dusk_sdk::zk::circuit_type`.
#[proc_macro_attribute]
pub fn circuit_type(options: TokenStream, item: TokenStream) -> TokenStream {
    circuit::expand_type(&options.into(), &item.into()).into()
}

/// `dusk_sdk::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(&options.into(), &item.into()).into()
}
