//! Write, test and call confidential smart contracts for Dusk in Rust.
//!
//! # A contract
//!
//! A contract is a module with one struct, its state. `init` makes the state, once, at deployment. Methods with `&self`
//! read it (queries), methods with `&mut self` change it (transactions). `Err` refuses the call and undoes all that it
//! did. Everything else (exports, decoding, schema, data driver, typed clients) is made by the macro.
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
//!         /// Only the maker may.
//!         NotMaker,
//!         /// There is only so much.
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
//! # What lives where
//!
//! | module | for | holds |
//! |---|---|---|
//! | [`prelude`] | contracts | what a contract imports |
//! | [`env`](mod@env) | contracts | the sender, the height, events: what a contract asks and tells the chain |
//! | [`crypto`] | contracts | hashes, signatures and proofs that the host computes |
//! | [`client`] | contracts | calls from contract to contract |
//! | [`money`] | contracts | DUSK in and out |
//! | [`parts`] | contracts | ownership, roles, pausing, upgrades: values that a contract holds as fields |
//! | `zk` (feature) | circuits, contracts | circuits, their gadgets, and the verification of their proofs |
//! | `testing` (feature) | tests | a chain for each test, typed calls, assertions |
//! | `interface` (feature) | tools | the description of a contract, JSON and back |
//! | `driver` (feature) | tools | the data driver |
//! | [`wire`], [`contract`](mod@contract) | all | encodings, and the traits that the macros implement |
//!
//! # One source, four builds
//!
//! A contract's crate has no features and no crate type. The features of *this* crate decide what becomes of it:
//!
//! | build | what it is |
//! |---|---|
//! | none | plain `cargo check`, rust-analyzer, unit tests; what needs a chain panics and says so |
//! | `abi`, to wasm | the contract: exports, allocator, panic handler |
//! | `driver`, to wasm | the data driver, which converts between JSON and the contract's encodings |
//! | `testing` | the typed client of tests |
//!
//! # Rules that hold
//!
//! - **State.** The whole memory of a contract is its state. A call that fails leaves it as it was.
//! - **Arguments** are validated before a method sees them: bounded, of the right type, with one representation for
//!   each [`Account`] and [`Field`].
//! - **Results** go by value: `Result<T, E>` is `T` on the wire, and `E` is the text of a panic ([`contract::Refusal`]).
//! - **Re-entry.** While a method that changes the state runs, every call into the contract is refused; while a query
//!   runs, only queries are let in. Change first and call last: a contract that was called may call back.
//! - **Accounts.** [`env::sender`] is the account that called *this* contract directly, [`env::caller`] the account or the
//!   contract that did. A contract between cannot use the rights of an account.
//!
//! Deliberately absent: floats, clocks (contracts see heights), and any way to swallow a refusal and keep what it did.
#![no_std]

extern crate alloc;
extern crate self as dusk_sdk;
#[cfg(any(feature = "testing", feature = "driver", test))]
extern crate std;

mod account;
mod amount;
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
#[cfg(feature = "json")]
mod json;
mod macros;
pub mod money;
pub mod parts;
mod principal;
mod returned;
mod runtime;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod value;
pub mod wire;
#[cfg(feature = "zk")]
pub mod zk;

pub use account::{Account, Owner};
pub use amount::{Dusk, NotAnAmount};
pub use dusk_core::abi::ContractId;
/// Makes a function a test on a chain of its own: `fn name(chain: Chain) -> TestResult`.
///
/// See [`testing`] for what a test can do.
#[cfg(feature = "testing")]
pub use dusk_sdk_macros::test;

/// Makes a module a contract: see the [crate's documentation](crate) for the whole picture.
///
/// The module holds one plain struct, the state; its `impl` blocks hold the functions. Only `pub` methods are exported;
/// others are helpers. The documentation of the module, its functions and types goes into the schema.
///
/// - `pub fn init(…) -> Self` (or `-> Result<Self, E>`) is the constructor. Without it the state must implement
///   `Default`.
/// - `pub fn name(&self, …)` is a query, `pub fn name(&mut self, …)` a transaction. At most eight arguments; arguments and
///   results are owned [`Value`]s.
/// - A method that returns a `Result`, under this or any other name, may refuse: its error is an enum under
///   [`#[error]`](macro@error). A `Result` inside of another type (`Option<Result<…>>`) is a value and refuses nothing.
/// - The macro exports only methods that it sees in the source. It refuses a macro call among the items or the methods of
///   the module, and methods in other modules, because their functions would silently be missing.
/// - Any Rust name is allowed, except for names that begin with `__dusk`. Callers see `r#type` as `type`.
///
/// For callers the macro adds: a function `init` that takes the constructor's arguments (for `chain.deploy`), a type
/// `<State>Client`, a function `at(id)` for calls from contract to contract, and an export of the module's public items to
/// where the module stands.
///
/// Options:
///
/// - `#[contract(events(path, …))]` on the module names events that are declared outside of it, so that the schema has them.
/// - `#[contract(feeds = Item)]` on a query says what it [feeds](env::feed). The schema and the clients know then, and it is called
///   as a feed. It returns nothing.
/// - `#[contract(raw_result)]` on a method that returns a `Result` gives callers the `Result` itself, for interfaces that exist
///   already. **Its `Err` does not revert**: what the method did until then stays. Its error is a [`Value`].
pub use dusk_sdk_macros::contract;
/// Makes a struct or an enum a [`Value`]: what contracts and callers exchange, and keys and values of maps.
///
/// It derives the encoding, and `Clone`, `Debug` and `PartialEq` where you do not. The archived layout is fixed
/// (`repr(C)`), so that it cannot change with the compiler; `#[contract_type(layout = "rust")]` leaves it to the compiler,
/// which matches types of contracts that were not written with this crate.
///
/// A type may contain itself through a `Vec` or a map. Fields and variants cannot depend on `cfg`, because the two sides of a
/// call would disagree about the bytes.
///
/// In JSON a struct is an object, a struct with one unnamed field is that field, one with several is their list, and an enum is as `serde` writes it: `"Plain"`, or
/// `{"Named":{"id":1}}`. The fields of `Pair(bool, u8)` are named `0` and `1`.
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
/// Makes an enum the reasons for which calls are refused.
///
/// Each variant has a code: 1, 2, … in order, or as `#[code(7)]` before the variant says. All errors of a contract need
/// distinct codes: begin a second enum at `#[error(first = 100)]`. Codes are what callers recognise; do not reuse them.
///
/// ```
/// # use dusk_sdk::prelude::*;
/// use dusk_sdk::contract::Refusal;
///
/// #[error]
/// pub enum Refused {
///     /// There is only so much.
///     Insufficient { held: u64 },
///     #[code(9)]
///     Closed,
/// }
/// assert_eq!(Refused::Insufficient { held: 3 }.to_text(), r#"E1: Insufficient {"held":3}"#);
/// assert_eq!(Refused::Closed.to_text(), "E9: Closed");
/// ```
///
/// A variant under `#[from]` holds another error, for instance that of one of the [`parts`], and has its codes and texts. `?` makes
/// the one of the other:
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
/// Makes a struct an event, to be given to [`env::emit`]. It is a [`Value`] as under
/// [`#[contract_type]`](macro@contract_type).
///
/// Its topic is its name, or what `#[event(topic = "…")]` says. The topic costs 4 gas for each byte, every time.
pub use dusk_sdk_macros::event;
pub use field::Field;
pub use principal::Principal;
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
    pub use crate::{
        Account, ContractId, Dusk, Field, Owner, Principal, contract, contract_type, ensure, error, event, log,
    };
}

/// What the macros use. Not for people.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
