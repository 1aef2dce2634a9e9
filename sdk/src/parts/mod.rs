//! Building blocks that many contracts need: each is a small value that a contract stores as a field of its state.
//!
//! | part | provides |
//! |---|---|
//! | [`ownership`] | one owner, with transfer in two steps |
//! | [`roles`] | roles with members and admins |
//! | [`pausing`] | a switch that stops parts of a contract |
//! | [`proxy`] | upgrades: a front whose implementation can be replaced, with its state |
//!
//! A part exports no functions: the contract decides which of its functions callers may use, under which names. A part
//! emits its own events; list them in `#[contract(events(…))]`, so that the schema contains them. It has its own error
//! enum with codes from 9000 on; put it into a variant under `#[from]`.
//!
//! There is no part against re-entrancy because every contract is protected: while a method with `&mut self` runs,
//! every call into the contract reverts (see [`dusk_sdk`](crate)).
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
