//! Compliance for shares, fund units and bonds, as parts that a contract stores as fields.
//!
//! # Model
//!
//! A [`Ledger`] stores the shares of each account. Its type parameter is the composition of [rules](Rule) that judge
//! every move. A rule is a value with settings of its own, a check, and a hook after the move. It declares the data
//! that it needs for each account, and the ledger stores this data in the account's record.
//!
//! ```text
//!   check ─────────────────────────┐
//!   transfer, force, issue, redeem ┴► one judge ► can_send, can_receive, check of every rule ► refusal, or the move
//!                                                                                                 │
//!                                     sent, received of every rule ◄──────────────────────────────┘
//! ```
//!
//! - **A check agrees with the act**: both call the same judge.
//! - **A recovery leaves nothing behind**: it moves the record, with the data of every rule. The new account finds the
//!   grants to the lost one, because a [`Spender`](operators::Spender) has the names of both.
//! - **Work does not grow with the number of holders**: a move looks up two records, and at most two persons. A list
//!   that outsiders can lengthen has a bound, or no function walks it.
//! - **The composition is typed** and calls no other contract.
//! - **Officers' acts take an [`Officer`]**, which only [`Offices::officer`] makes of the caller.
//!
//! # Parts
//!
//! | module | part | refuses with codes from |
//! |---|---|---|
//! | [`ledger`] | holdings; transfer, issue, redemption, forced transfer, recovery of a lost key | 9100 |
//! | [`admission`] | allow-list, admission by proofs, bars | 9110 |
//! | [`freezes`] | freezes of a holder and of a part of a holding | 9120 |
//! | [`lots`] | lock-up of all shares, and lots with heights of their own | 9130 |
//! | [`limits`] | limits for an account and for a person | 9140 |
//! | [`caps`] | caps of the supply, of holders in total and by country, of one holder's share | 9150 |
//! | [`offices`] | issuer and officers, handed over in two steps | 9160 |
//! | [`operators`] | operators and allowances with an end | 9170 |
//! | [`documents`] | name, hash and address of documents | 9180 |
//! | [`dividends`] | dividends in DUSK | 9190 |
//! | [`snapshots`] | the holdings at a height | 9200 |
//! | [`calendar`] | the day of today, from the height | 9210 |
//! | [`attesters`] | the parties that vouch for holders: topics, rotation, end | 9220 |
//! | [`batch`] | many acts in one call | 9230 |
//! | [`interfaces`] | names of interfaces, for a query `supports` | |
//! | `confidential` (feature) | notes in place of balances: hidden holdings, amounts and parties | 9300 to 9399 |
//! | `wallet` (feature, not in contracts) | keys, files, scans and witnesses of holders and auditors | |
//!
//! [`Pausing`](crate::parts::pausing::Pausing) is a rule as well. Every part has its own errors and events; list the
//! events in `#[contract(events(…))]`. The template `restricted-token` composes all of them.
//!
//! # Absent
//!
//! - Snapshots of earlier heights: a snapshot shows the holdings at the moment when an officer takes it.

pub mod admission;
pub mod attesters;
pub mod batch;
pub mod calendar;
pub mod caps;
#[cfg(feature = "confidential")]
pub mod confidential;
pub mod dividends;
pub mod documents;
pub mod freezes;
pub mod interfaces;
pub mod ledger;
pub mod limits;
pub mod lots;
mod officer;
pub mod offices;
pub mod operators;
mod pause;
mod rule;
pub mod snapshots;
#[cfg(test)]
mod testing;
#[cfg(all(feature = "wallet", not(target_family = "wasm")))]
pub mod wallet;

pub use admission::Admissions;
pub use attesters::Attesters;
pub use calendar::Calendar;
pub use caps::Caps;
pub use dividends::Dividends;
pub use documents::Documents;
pub use freezes::Freezes;
pub use ledger::{Edit, Ledger};
pub use limits::Limits;
pub use lots::Lots;
pub use officer::Officer;
pub use offices::Offices;
pub use operators::Operators;
pub use rule::{Act, Changed, Kept, Move, Rule, Side, Tied};
pub use snapshots::Snapshots;
