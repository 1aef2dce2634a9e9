//! Tests of the contracts on a chain.
#![cfg(test)]

mod attesters;
mod bounds;
mod calls;
mod conform;
mod eligibility;
mod events;
mod gas;
mod life;
mod model;
mod officers;
mod page;
mod people;
mod recovery;
mod refusals;
mod register;
mod threats;
