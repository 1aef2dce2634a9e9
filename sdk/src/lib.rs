//! Write, test and call confidential smart contracts for Dusk in Rust.
//!
//! # A contract
//!
//! A contract is a module with one struct, its state. `init` creates the state, once, at deployment. Methods with
//! `&self` read it (queries), methods with `&mut self` change it (transactions). Returning `Err` reverts the call, with
//! all its changes and events. The macro generates everything else: exports, decoding, schema, data driver, typed
//! clients.
//!
//! ```
//! use dusk_sdk::prelude::*;
//!
//! /// A vault that its maker can empty.
//! #[contract]
//! pub mod vault {
//!     use super::*;
//!
//!     pub struct Vault {
//!         maker: Account,
//!         held: u64,
//!     }
//!
//!     #[event]
//!     pub struct Taken {
//!         pub amount: u64,
//!     }
//!
//!     #[error]
//!     pub enum Refused {
//!         /// Only the maker may take anything.
//!         NotMaker,
//!         /// The vault holds only `held`.
//!         Insufficient { held: u64 },
//!     }
//!
//!     impl Vault {
//!         pub fn init(held: u64) -> Self {
//!             Self { maker: sender(), held }
//!         }
//!
//!         pub fn held(&self) -> u64 {
//!             self.held
//!         }
//!
//!         pub fn take(&mut self, amount: u64) -> Result<(), Refused> {
//!             ensure!(sender() == self.maker, Refused::NotMaker);
//!             ensure!(amount <= self.held, Refused::Insufficient { held: self.held });
//!             self.held -= amount;
//!             emit(Taken { amount });
//!             Ok(())
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # Modules
//!
//! | module | used by | contents |
//! |---|---|---|
//! | [`prelude`] | contracts | the imports of a contract |
//! | [`env`](mod@env) | contracts | the call and the chain: sender, height, gas; emitting events |
//! | [`crypto`] | contracts | hashes, signatures and proofs that the host computes |
//! | [`client`] | contracts | calls from contract to contract |
//! | [`money`] | contracts | receiving and paying DUSK |
//! | [`parts`] | contracts | ownership, roles, pausing, upgrades: values that a contract stores as fields |
//! | `finance` (feature) | contracts | compliance of shares: rules, officers' acts, recovery, dividends, snapshots |
//! | `finance::confidential` (feature) | circuits, contracts | hidden holdings, amounts and parties |
//! | `finance::wallet` (feature) | tools | the holder's and the auditor's side of confidential assets |
//! | `zk` (feature) | circuits, contracts | circuits, their gadgets, and the verification of their proofs |
//! | `testing` (feature) | tests | a chain for each test, typed calls, assertions |
//! | `interface` (feature) | tools | the description of a contract; conversion to and from JSON |
//! | `driver` (feature) | tools | the data driver |
//! | [`wire`], [`contract`](mod@contract) | all | encodings, and the traits that the macros implement |
//!
//! # One source, four builds
//!
//! A contract's crate has no features and no crate type. The features of *this* crate select the build:
//!
//! | build | result |
//! |---|---|
//! | none | plain `cargo check`, rust-analyzer, unit tests; functions that need a chain panic with an explanation |
//! | `abi`, to wasm | the contract: exports, allocator, panic handler |
//! | `driver`, to wasm | the data driver, which converts between JSON and the contract's encodings |
//! | `testing` | the typed client of tests |
//!
//! Further features are optional, so that a contract compiles only what it uses: `finance` for compliance, `zk` for
//! circuits, `confidential` for confidential assets (it enables the first two), `audit` for tests that audit circuits,
//! and `signatures` for BLS and Schnorr signatures: their types, the functions of [`crypto`] that verify them, and keys
//! for tests. The types of the chain that every contract uses ([`ContractId`], the types of [`money`]) are the SDK's
//! own. Their encodings equal those in `dusk-core`.
//!
//! # Invariants
//!
//! - **State.** The whole memory of a contract is its state. A failed call leaves it unchanged.
//! - **Arguments** are validated before a method runs: bounded, of the right type, with one representation for
//!   each [`Account`] and [`Field`].
//! - **Results.** `Result<T, E>` is `T` on the wire; an `E` becomes the text of a panic ([`contract::Refusal`]).
//! - **Re-entrancy.** While a method that changes the state runs, every call into the contract reverts; while a query
//!   runs, only queries are allowed. Change the state first and call other contracts last: a callee may call back.
//! - **Callers.** [`env::sender`] is the account that called *this* contract directly, [`env::caller`] the account or
//!   contract that did. A contract that an account calls cannot use the account's rights.
//!
//! Deliberately absent: floats, clocks (contracts see heights), and any way to catch an `Err` and keep the changes of
//! the failed call.
#![no_std]

extern crate alloc;
extern crate self as dusk_sdk;
#[cfg(any(feature = "testing", feature = "driver", feature = "wallet", test))]
extern crate std;

mod account;
mod amount;
mod arguments;
mod base58;
pub mod client;
pub mod contract;
mod contract_id;
pub mod crypto;
#[cfg(feature = "driver")]
pub mod driver;
pub mod env;
mod field;
#[cfg(feature = "finance")]
pub mod finance;
#[cfg(feature = "json")]
pub mod interface;
#[cfg(feature = "json")]
mod json;
mod macros;
pub mod money;
pub mod parts;
mod principal;
mod returned;
mod runtime;
#[cfg(feature = "signatures")]
mod signatures;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod transfers;
mod value;
pub mod wire;
#[cfg(feature = "zk")]
pub mod zk;

pub use account::{Account, Owner};
pub use amount::{Dusk, NotAnAmount};
pub use contract_id::ContractId;
/// Makes a function a test on a chain of its own: `fn name(chain: Chain) -> TestResult`.
///
/// [`testing`] describes the functions of tests. With `#[dusk_sdk::test(observer)]` the test is `fn name(chain: Chain,
/// private: &Private) -> TestResult`: it runs with two sets of private values, and fails if the chain shows a
/// difference ([`testing::Private`]).
#[cfg(feature = "testing")]
pub use dusk_sdk_macros::test;

/// Makes a module a contract: see the [crate's documentation](crate) for an overview.
///
/// The module contains one plain struct, the state; its `impl` blocks contain the functions. Only `pub` methods are
/// exported; others are helpers. The documentation of the module, its functions and types becomes part of the schema.
///
/// - `pub fn init(…) -> Self` (or `-> Result<Self, E>`) is the constructor. Without it the state must implement
///   `Default`.
/// - `pub fn name(&self, …)` is a query, `pub fn name(&mut self, …)` a transaction. A function takes at most eight
///   arguments; arguments and results are owned [`Value`]s.
/// - A method that returns a `Result`, under this or any other name, may revert: its error is an enum under
///   [`#[error]`](macro@error). A `Result` inside another type (`Option<Result<…>>`) is a value and reverts nothing.
/// - The macro exports only methods that it finds in the source. It rejects a macro call among the items or methods of
///   the module, and methods in other modules, because the exports would silently lack their functions.
/// - Any Rust name is allowed, except for names that begin with `__dusk`. Callers see `r#type` as `type`.
///
/// For callers the macro adds: a function `init` that takes the constructor's arguments (for `chain.deploy`), a type
/// `<State>Client`, a function `at(id)` for calls from contract to contract, and a re-export of the module's public
/// items beside the module.
///
/// Options:
///
/// - `#[contract(events(path, …))]` on the module lists events that are declared outside of it, so that the schema
///   contains them.
/// - `#[contract(feeds = Item)]` on a query declares the type of the items that it [feeds](env::feed). The schema marks
///   the query as a feeder, and clients call it as one. It returns nothing.
/// - `#[contract(raw_result)]` on a method that returns a `Result` gives callers the `Result` itself, for existing
///   interfaces. **Its `Err` does not revert**: earlier changes of the method stay. Its error is a [`Value`].
pub use dusk_sdk_macros::contract;
/// Makes a struct or an enum a [`Value`]: a type of arguments, results and events, and of keys and values of maps.
///
/// The macro derives the encoding, and `Clone`, `Debug` and `PartialEq` unless you do. It fixes the archived layout
/// (`repr(C)`), so that the layout cannot change with the compiler. `#[contract_type(layout = "rust")]` leaves the
/// layout to the compiler, which matches types of contracts that were not written with this crate.
///
/// A type may contain itself through a `Vec` or a map. Fields and variants cannot depend on `cfg`, because caller and
/// callee could disagree about the bytes.
///
/// In JSON a struct is an object, a struct with one unnamed field is the field's value, and one with several is a list.
/// An enum has the form that `serde` gives it: `"Plain"`, or `{"Named":{"id":1}}`. The fields of the variant
/// `Pair(bool, u8)` are named `0` and `1`.
///
/// ```
/// # use dusk_sdk::prelude::*;
/// #[contract_type]
/// #[derive(Copy, Eq, PartialOrd, Ord)]
/// pub enum Side {
///     Buy,
///     Sell,
/// }
/// ```
pub use dusk_sdk_macros::contract_type;
/// Makes an enum the errors with which a contract reverts calls.
///
/// Each variant has a code: 1, 2, … in order, or the number in an attribute `#[code(7)]`. All errors of a contract need
/// distinct codes: start a second enum at `#[error(first = 100)]`. Callers recognise errors by code; do not reuse
/// codes.
///
/// ```
/// # use dusk_sdk::prelude::*;
/// use dusk_sdk::contract::Refusal;
///
/// #[error]
/// pub enum Refused {
///     /// The account holds only `held`.
///     Insufficient { held: u64 },
///     #[code(9)]
///     Closed,
/// }
/// assert_eq!(Refused::Insufficient { held: 3 }.to_text(), r#"E1: Insufficient {"held":3}"#);
/// assert_eq!(Refused::Closed.to_text(), "E9: Closed");
/// ```
///
/// A variant under `#[from]` contains another error, for instance that of one of the [`parts`], and has its codes and
/// texts. `?` converts the inner error:
///
/// ```
/// # use dusk_sdk::prelude::*;
/// use dusk_sdk::contract::Refusal;
/// use dusk_sdk::parts::pausing;
///
/// #[error]
/// pub enum Refused {
///     Closed,
///     /// While the contract is paused.
///     #[from]
///     Pausing(pausing::Refused),
/// }
/// assert_eq!(Refused::from(pausing::Refused::Paused).to_text(), pausing::Refused::Paused.to_text());
/// ```
pub use dusk_sdk_macros::error;
/// Makes a struct an event for [`env::emit`]. The struct is a [`Value`], as under
/// [`#[contract_type]`](macro@contract_type).
///
/// Its topic is its name, or the text in `#[event(topic = "…")]`. Each emission costs 4 gas for each byte of the topic.
pub use dusk_sdk_macros::event;
pub use field::Field;
pub use principal::Principal;
pub use value::Value;

/// The imports of a contract: `use dusk_sdk::prelude::*;`.
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
    pub use crate::{
        Account, ContractId, Dusk, Field, Owner, Principal, contract, contract_type, ensure, error, event, log,
    };
}

/// Items for the code that the macros generate. Not for users.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
