//! Write, test and call confidential smart contracts for Dusk in Rust.
#![no_std]

extern crate alloc;
extern crate self as dusk_sdk;
#[cfg(any(feature = "testing", feature = "driver", test))]
extern crate std;

mod account;
mod arguments;
mod base58;
pub mod client;
pub mod contract;
pub mod crypto;
#[cfg(feature = "driver")]
pub mod driver;
pub mod env;
mod field;
#[cfg(feature = "json")]
pub mod interface;
mod macros;
mod runtime;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod value;
pub mod wire;

pub use account::{Account, Owner};
pub use dusk_core::abi::ContractId;
#[cfg(feature = "testing")]
pub use dusk_sdk_macros::test;
pub use dusk_sdk_macros::{contract, contract_type, error, event};
pub use field::Field;
pub use value::Value;

/// What a contract imports: `use dusk_sdk::prelude::*;`.
pub mod prelude {
    pub use alloc::borrow::ToOwned;
    pub use alloc::boxed::Box;
    pub use alloc::collections::{BTreeMap, BTreeSet};
    pub use alloc::format;
    pub use alloc::string::{String, ToString};
    pub use alloc::vec;
    pub use alloc::vec::Vec;

    pub use crate::env::{
        block_height, caller, chain_id, emit, feed, gas_limit, gas_spent, origin, owner, owner_of, self_id, sender,
    };
    pub use crate::{Account, ContractId, Field, Owner, contract, contract_type, ensure, error, event};
}

/// What the macros use. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use alloc::string::String;
    pub use alloc::vec;
    pub use alloc::vec::Vec;

    pub use rkyv;
    #[cfg(feature = "json")]
    pub use serde_json::Value as Json;

    pub use crate::runtime::entry;
    pub use crate::text::Members;

    pub fn assert_value<T: crate::Value>() {}
    pub fn assert_event<T: crate::contract::Event>() {}
    pub fn assert_refusal<T: crate::contract::Refusal>() {}
    pub fn assert_constructible<T: Constructible>() {}

    /// A state that a contract can begin with.
    #[diagnostic::on_unimplemented(
        message = "the contract has no constructor, and its state `{Self}` has no default",
        label = "add `pub fn init(…) -> Self` to its methods, or derive Default"
    )]
    pub trait Constructible {}
    impl<T: Default> Constructible for T {}
}
