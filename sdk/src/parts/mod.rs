//! Parts that many contracts need: each is a small value that a contract holds as a field of its state.
//!
//! | part | gives |
//! |---|---|
//! | [`ownership`] | one owner, who hands over in two steps |
//! | [`roles`] | roles with members and admins |
//! | [`pausing`] | a switch that stops what should be stoppable |
//! | [`proxy`] | a contract in front of another, which can be replaced by a third that takes over its state |
//!
//! A part exports nothing by itself: the contract decides which of its functions callers have, under which names. A
//! part emits its own events; name them in `#[contract(events(…))]`, so that the schema has them. It refuses with its own error, whose
//! codes begin at 9000; hold it in a variant under `#[from]`.
//!
//! A guard against re-entry is not among the parts because every contract has it: while a method with `&mut self` runs, every call
//! into the contract is refused (see [`dusk_sdk`](crate)).
//!
//! ```
//! # use dusk_sdk::prelude::*;
//! use dusk_sdk::parts::ownership::{self, Ownership};
//! use dusk_sdk::parts::pausing::{self, Pausing};
//!
//! #[contract(events(ownership::OwnershipOffered, ownership::OwnershipChanged, pausing::Paused, pausing::Resumed))]
//! pub mod bell {
//!     use super::*;
//!
//!     pub struct Bell {
//!         owner: Ownership,
//!         pausing: Pausing,
//!         rung: u64,
//!     }
//!
//!     /// Why a call was refused.
//!     #[error]
//!     pub enum Refused {
//!         #[from]
//!         Ownership(ownership::Refused),
//!         #[from]
//!         Pausing(pausing::Refused),
//!     }
//!
//!     impl Bell {
//!         pub fn init() -> Self {
//!             Self { owner: Ownership::new(caller()), pausing: Pausing::default(), rung: 0 }
//!         }
//!
//!         pub fn ring(&mut self) -> Result<(), Refused> {
//!             self.pausing.require_running()?;
//!             self.rung += 1;
//!             Ok(())
//!         }
//!
//!         pub fn pause(&mut self) -> Result<(), Refused> {
//!             self.owner.require()?;
//!             self.pausing.pause()?;
//!             Ok(())
//!         }
//!     }
//! }
//! # fn main() {}
//! ```

pub mod ownership;
pub mod pausing;
pub mod proxy;
pub mod roles;
